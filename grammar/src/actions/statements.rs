//! Simple statements.

use super::targets::{self, Use};
use crate::ast::{Alias, BinOp, Expr, ExprKind, Ident, ImportNames, Stmt, StmtKind};
use crate::build::Build;
use crate::source::Span;

fn stmt(kind: StmtKind, l: u32, r: u32) -> Box<Stmt> {
    Box::new(Stmt { kind, span: Span::new(l, r) })
}

pub(crate) fn expression(value: Expr, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Expr(value), l, r)
}

/// `a = b = value`: all but the last of the chain are targets.
pub(crate) fn assign(cx: &mut Build<'_>, mut targets: Vec<Expr>, l: u32, r: u32) -> Box<Stmt> {
    let Some(value) = targets.pop() else { return pass(l, r) };
    targets::check_chain(cx, &targets, &value);
    stmt(StmtKind::Assign { targets, value }, l, r)
}

pub(crate) fn aug_assign(
    cx: &mut Build<'_>,
    target: Expr,
    op: BinOp,
    value: Expr,
    l: u32,
    r: u32,
) -> Box<Stmt> {
    if !is_single_target(&target) {
        let message =
            format!("'{}' is an illegal expression for augmented assignment", targets::describe(&target));
        cx.complain(target.span, message);
    }
    stmt(StmtKind::AugAssign { target, op, value }, l, r)
}

pub(crate) fn ann_assign(
    cx: &mut Build<'_>,
    target: Expr,
    annotation: Expr,
    value: Option<Expr>,
    l: u32,
    r: u32,
) -> Box<Stmt> {
    match &target.kind {
        _ if is_single_target(&target) => {}
        ExprKind::List(_) => cx.complain(target.span, "only single target (not list) can be annotated"),
        ExprKind::Tuple(items) => {
            let whole = target.parenthesized || items.is_empty();
            let span = if whole { target.span } else { items[0].span };
            cx.complain(span, "only single target (not tuple) can be annotated");
        }
        _ => cx.complain(target.span, "illegal target for annotation"),
    }
    let simple = matches!(target.kind, ExprKind::Name(_)) && !target.parenthesized;
    stmt(StmtKind::AnnAssign { target, annotation, value, simple }, l, r)
}

fn is_single_target(target: &Expr) -> bool {
    matches!(target.kind, ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. })
}

pub(crate) fn ret(value: Option<Expr>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Return(value), l, r)
}

/// `del a, b`: a tuple without parentheses is a list of targets.
pub(crate) fn delete(cx: &mut Build<'_>, targets: Expr, l: u32, r: u32) -> Box<Stmt> {
    targets::check(cx, &targets, Use::Delete);
    let targets = match targets {
        Expr { kind: ExprKind::Tuple(items), parenthesized: false, .. } => items,
        target => vec![target],
    };
    stmt(StmtKind::Delete(targets), l, r)
}

pub(crate) fn pass(l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Pass, l, r)
}

pub(crate) fn brk(l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Break, l, r)
}

pub(crate) fn cont(l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Continue, l, r)
}

pub(crate) fn global(names: Vec<Ident>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Global(names), l, r)
}

pub(crate) fn nonlocal(names: Vec<Ident>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Nonlocal(names), l, r)
}

pub(crate) fn raise(exc: Option<Expr>, cause: Option<Expr>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Raise { exc, cause }, l, r)
}

pub(crate) fn assert(test: Expr, msg: Option<Expr>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Assert { test, msg }, l, r)
}

pub(crate) fn alias(mut list: Vec<Alias>, name: Ident, asname: Option<Ident>) -> Vec<Alias> {
    list.push(Alias { name, asname });
    list
}

pub(crate) fn import(names: Vec<Alias>, l: u32, r: u32) -> Box<Stmt> {
    stmt(StmtKind::Import(names), l, r)
}

pub(crate) fn import_star(l: u32, r: u32) -> ImportNames {
    ImportNames::Star(Span::new(l, r))
}

/// `from` the module with its leading dots.
pub(crate) fn import_from(module: (u32, Option<Ident>), names: ImportNames, l: u32, r: u32) -> Box<Stmt> {
    let (level, module) = module;
    stmt(StmtKind::ImportFrom { module, names, level }, l, r)
}
