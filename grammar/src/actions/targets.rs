//! What may be assigned to or deleted, and CPython's words for what may not.

use crate::ast::{CmpOp, Constant, Expr, ExprKind};
use crate::build::Build;

/// What a target is for: the words differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `=`, `as`.
    Assign,
    /// `for … in`.
    Loop,
    /// `del`.
    Delete,
}

/// Complains of the first part of `target` that cannot be assigned to (or deleted).
pub(crate) fn check(cx: &mut Build<'_>, target: &Expr, used_for: Use) {
    let Some(fault) = first_fault(target, used_for) else { return };
    let verb = if used_for == Use::Delete { "delete" } else { "assign to" };
    let message = format!("cannot {verb} {}", describe(fault));
    cx.complain(fault.span, message);
}

/// The target of a `for`.
pub(crate) fn looped(cx: &mut Build<'_>, target: Expr) -> Expr {
    check(cx, &target, Use::Loop);
    target
}

/// Complains of the targets of `a = b = value`.
pub(crate) fn check_chain(cx: &mut Build<'_>, targets: &[Expr], value: &Expr) {
    for (index, target) in targets.iter().enumerate() {
        if is_bare_yield(target) {
            cx.complain(target.span, "assignment to yield expression not possible");
        } else if first_fault(target, Use::Assign).is_some() {
            if targets.len() == 1 && index == 0 {
                maybe_comparison(cx, target, value);
            }
            check(cx, target, Use::Assign);
        }
    }
}

/// CPython guesses that `f() = x` was to be `f() == x`.
fn maybe_comparison(cx: &mut Build<'_>, target: &Expr, value: &Expr) {
    let value_start = match &value.kind {
        ExprKind::Tuple(items) if !value.parenthesized => items.first(),
        _ => Some(value),
    };
    if !value_start.is_some_and(begins_with_operand) {
        return;
    }
    let last = match &target.kind {
        ExprKind::Tuple(items) if !target.parenthesized => items.last(),
        _ => Some(target),
    };
    let Some(last) = last else { return };
    if first_fault(last, Use::Assign).is_none() {
        // `f(), x = 1`: it reads `x = 1` first.
        if let (ExprKind::Name(_), false) = (&last.kind, last.span == target.span) {
            let end = value_start.map_or(value.span, |start| start.span);
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            cx.complain(last.span.to(end), message);
        }
        return;
    }
    let excluded =
        matches!(last.kind, ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::GeneratorExp { .. });
    let bare_singleton = is_singleton(last) && !last.parenthesized;
    if is_operand(last) && !excluded && !bare_singleton {
        let message =
            format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", describe(last));
        cx.complain(last.span, message);
    }
}

fn is_singleton(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Constant(Constant::None | Constant::True | Constant::False))
}

fn is_bare_yield(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)) && !expr.parenthesized
}

/// Whether it binds at least as tightly as `|`.
fn is_operand(expr: &Expr) -> bool {
    expr.parenthesized
        || !matches!(
            expr.kind,
            ExprKind::BoolOp { .. }
                | ExprKind::UnaryOp { op: crate::ast::UnaryOp::Not, .. }
                | ExprKind::Compare { .. }
                | ExprKind::IfExp { .. }
                | ExprKind::Lambda { .. }
                | ExprKind::Yield(_)
                | ExprKind::YieldFrom(_)
                | ExprKind::NamedExpr { .. }
                | ExprKind::Starred(_)
        )
}

/// Whether the text of `expr` begins with something that binds as tightly as `|`.
fn begins_with_operand(expr: &Expr) -> bool {
    let mut expr = expr;
    loop {
        if is_operand(expr) {
            return true;
        }
        expr = match &expr.kind {
            ExprKind::BoolOp { values, .. } if !values.is_empty() => &values[0],
            ExprKind::Compare { left, .. } => left,
            ExprKind::IfExp { body, .. } => body,
            _ => return false,
        };
    }
}

/// The first part that cannot be a target.
fn first_fault(target: &Expr, used_for: Use) -> Option<&Expr> {
    match &target.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => None,
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter().find_map(|item| first_fault(item, used_for))
        }
        ExprKind::Starred(value) if used_for != Use::Delete => first_fault(value, used_for),
        ExprKind::Compare { left, ops, .. } if used_for == Use::Loop && ops.first() == Some(&CmpOp::In) => {
            first_fault(left, used_for)
        }
        _ => Some(target),
    }
}

/// CPython's name for a kind of expression.
pub(crate) fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Attribute { .. } => "attribute",
        ExprKind::Subscript { .. } => "subscript",
        ExprKind::Starred(_) => "starred",
        ExprKind::Name(_) => "name",
        ExprKind::List(_) => "list",
        ExprKind::Tuple(_) => "tuple",
        ExprKind::Lambda { .. } => "lambda",
        ExprKind::Call { .. } => "function call",
        ExprKind::BoolOp { .. } | ExprKind::BinOp { .. } | ExprKind::UnaryOp { .. } => "expression",
        ExprKind::GeneratorExp { .. } => "generator expression",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "yield expression",
        ExprKind::ListComp { .. } => "list comprehension",
        ExprKind::SetComp { .. } => "set comprehension",
        ExprKind::DictComp { .. } => "dict comprehension",
        ExprKind::Dict(_) => "dict literal",
        ExprKind::Set(_) => "set display",
        ExprKind::JoinedStr(_) => "f-string expression",
        ExprKind::Constant(Constant::None) => "None",
        ExprKind::Constant(Constant::True) => "True",
        ExprKind::Constant(Constant::False) => "False",
        ExprKind::Constant(Constant::Ellipsis) => "ellipsis",
        ExprKind::Constant(_) => "literal",
        ExprKind::Compare { .. } => "comparison",
        ExprKind::IfExp { .. } => "conditional expression",
        ExprKind::NamedExpr { .. } => "named expression",
        ExprKind::Slice { .. } => "slice",
    }
}
