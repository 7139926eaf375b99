//! Expressions as values.

use minipy_grammar::ast::{BoolOp, Constant, Expr, ExprKind, Ident, Name};
use minipy_grammar::{Source, Span};

use super::{Gen, fold};
use crate::builder::Target;
use crate::code::Const;
use crate::op::Op;
use crate::op::Reg;

impl Gen<'_> {
    /// Evaluates `expr` into `dst`.
    pub(super) fn expr(&mut self, expr: &Expr, dst: Reg) {
        if !self.live {
            return;
        }
        let span = expr.span;
        if let Some(value) = fold::fold(expr) {
            return self.load_const(&value, dst, span);
        }
        match &expr.kind {
            ExprKind::Constant(constant) => self.load_const(&fold::literal(constant), dst, span),
            ExprKind::Name(name) => self.load_name(name, dst, span),
            ExprKind::JoinedStr(parts) => self.fstring(parts, dst, span),
            ExprKind::BoolOp { op, values } => {
                self.in_steps(dst, span, |this, at| this.bool_op(*op, values, at, span));
            }
            ExprKind::NamedExpr { target, value } => self.named_expr(target, value, dst, span),
            ExprKind::BinOp { left, op, right } => self.binary(left, *op, right, dst, span),
            ExprKind::UnaryOp { op, operand } => self.unary(*op, operand, dst, span),
            ExprKind::Lambda { params, body } => self.lambda(expr, params, body, dst),
            ExprKind::IfExp { test, body, orelse } => self.if_expr(test, body, orelse, dst, span),
            ExprKind::Dict(items) => self.dict(items, dst, span),
            ExprKind::Set(items) => self.set(items, dst, span),
            ExprKind::List(items) => self.list(items, dst, span),
            ExprKind::Tuple(items) => self.tuple(items.iter(), dst, span),
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.comprehension(expr, dst),
            ExprKind::Yield(value) => {
                let mark = self.top;
                let src = match value {
                    Some(value) => self.operand(value, []),
                    None => self.push_none(span),
                };
                self.emit(Op::Yield { dst, src }, span);
                self.top = mark;
            }
            ExprKind::YieldFrom(value) => self.yield_from(value, dst, span),
            ExprKind::Compare { left, ops, comparators } => self.compare(left, ops, comparators, dst, span),
            ExprKind::Call { func, args } => self.call(func, args, dst, span),
            ExprKind::Attribute { value, attr } => {
                let mark = self.top;
                let obj = self.operand(value, []);
                let site = self.attribute_site(&attr.name);
                self.emit(Op::GetAttr { dst, obj, site }, self.attribute_span(expr));
                self.top = mark;
            }
            ExprKind::Subscript { value, slice } => {
                let mark = self.top;
                let obj = self.operand(value, [&**slice]);
                let key = self.operand(slice, []);
                self.emit(Op::GetItem { dst, obj, key }, span);
                self.top = mark;
            }
            ExprKind::Starred(_) => self.fail("can't use starred expression here", span),
            ExprKind::Slice { lower, upper, step } => {
                let mark = self.top;
                let base = self.scratch();
                for part in [lower, upper, step] {
                    match part {
                        Some(part) => self.push(part),
                        None => self.push_none(span),
                    };
                }
                self.emit(Op::BuildSlice { dst, base }, span);
                self.top = mark;
            }
        }
    }

    /// Evaluates for the effects only.
    pub(super) fn discard(&mut self, expr: &Expr) {
        if let ExprKind::Constant(_) = expr.kind {
            return;
        }
        if let ExprKind::NamedExpr { target, value } = &expr.kind {
            return self.bind_expr(&target.name, value, expr.span);
        }
        if let ExprKind::Name(name) = &expr.kind
            && self.local_of(name).is_some()
        {
            self.operand(expr, []);
            return;
        }
        let dst = self.scratch();
        self.expr(expr, dst);
    }

    pub(super) fn push_none(&mut self, span: Span) -> Reg {
        let dst = self.scratch();
        self.emit(Op::LoadNone { dst }, span);
        self.reserve()
    }

    pub(super) fn push_nones(&mut self, count: usize, span: Span) {
        for _ in 0..count {
            self.push_none(span);
        }
    }

    pub(super) fn attribute_site(&mut self, attr: &Name) -> crate::op::Site {
        let name = self.mangled(attr);
        self.code.site(&name)
    }

    /// What a traceback underlines of an attribute: where it spans lines, its name (as CPython).
    pub(super) fn attribute_span(&self, expr: &Expr) -> Span {
        match &expr.kind {
            ExprKind::Attribute { attr, .. } => attribute_part(self.shared.source, expr.span, attr),
            _ => expr.span,
        }
    }

    fn named_expr(&mut self, target: &Ident, value: &Expr, dst: Reg, span: Span) {
        if let Some(variable) = self.local_of(&target.name) {
            self.expr(value, variable.reg);
            self.mark_bound(variable);
            if variable.reg != dst {
                self.emit(Op::Move { dst, src: variable.reg }, span);
            }
            return;
        }
        self.in_steps(dst, span, |this, at| {
            this.expr(value, at);
            this.reserve();
            this.store_name(&target.name, at, span);
            this.top -= 1;
        });
    }

    fn if_expr(&mut self, test: &Expr, body: &Expr, orelse: &Expr, dst: Reg, span: Span) {
        let (otherwise, end) = (self.target(), self.target());
        self.jump_if(test, false, otherwise);
        self.expr(body, dst);
        self.jump_with(dst, end, span);
        self.place(otherwise);
        self.expr(orelse, dst);
        self.place(end);
    }

    /// Jumps with a value in `dst`, which is in use then.
    fn jump_with(&mut self, dst: Reg, target: Target, span: Span) {
        let mark = self.top;
        self.top = mark.max(usize::from(dst.0) + 1);
        self.jump(target, span);
        self.top = mark;
    }

    fn yield_from(&mut self, value: &Expr, dst: Reg, span: Span) {
        let mark = self.top;
        let src = self.operand(value, []);
        let iter = if usize::from(src.0) < mark { self.scratch() } else { src };
        self.emit(Op::GetYieldFromIter { dst: iter, src }, span);
        self.top = mark;
        self.reserve();
        let sent = self.push_none(span);
        self.emit(Op::YieldFrom { dst: sent, iter }, span);
        if sent != dst {
            self.emit(Op::Move { dst, src: sent }, span);
        }
        self.top = mark;
    }

    // `and` and `or`.

    fn bool_op(&mut self, op: BoolOp, values: &[Expr], dst: Reg, span: Span) {
        let end = self.target();
        if let Some((last, others)) = values.split_last() {
            for value in others {
                self.value_or_jump(value, dst, op == BoolOp::Or, end, span);
            }
            self.expr(last, dst);
        }
        self.place(end);
    }

    /// Goes to `target` with the value in `dst` if its truth is `sense`; goes on without a value otherwise.
    ///
    /// As in CPython 3.13, an operand that is itself an `and` or `or` is a value here, whose truth is asked again.
    fn value_or_jump(&mut self, expr: &Expr, dst: Reg, sense: bool, target: Target, span: Span) {
        self.expr(expr, dst);
        match fold::fold(expr) {
            Some(value) if fold::truth(&value) == sense => self.jump_with(dst, target, span),
            Some(_) => {}
            None => {
                self.reserve();
                self.branch_truth(dst, sense, target, span);
                self.top -= 1;
            }
        }
    }
}

/// The span of an attribute or of a call of one: its name only where object and name stand on different lines.
pub(super) fn attribute_part(source: &Source, whole: Span, attr: &Ident) -> Span {
    if source.line_of(whole.start) == source.line_of(attr.span.end) { whole } else { attr.span }
}

/// The string a literal stands for.
pub(super) fn string_literal(expr: &Expr) -> Option<&[u8]> {
    match &expr.kind {
        ExprKind::Constant(Constant::Str(text)) => Some(text),
        _ => None,
    }
}

/// A string constant.
pub(super) fn string(text: &[u8]) -> Const {
    Const::Str(text.into())
}
