//! Compound statements.

use super::targets::{self, Use};
use crate::MAX_ELIFS;
use crate::ast::{
    Arg, ClassDef, ExceptHandler, Expr, ExprKind, FunctionDef, Ident, Params, Stmt, StmtKind, TypeParam,
    WithItem,
};
use crate::build::Build;
use crate::source::Span;

/// Adds a statement to a list.
pub(crate) fn push(mut list: Vec<Stmt>, statement: Box<Stmt>) -> Vec<Stmt> {
    list.push(*statement);
    list
}

/// A statement that ends with the last of these suites that is not empty.
fn compound(kind: StmtKind, l: u32, end: u32) -> Box<Stmt> {
    Box::new(Stmt { kind, span: Span::new(l, end) })
}

fn end_of(suite: &[Stmt]) -> u32 {
    suite.last().map_or(0, |last| last.span.end)
}

/// An `elif` and its suite.
pub(crate) struct Elif {
    start: u32,
    test: Expr,
    body: Vec<Stmt>,
}

pub(crate) fn elif(test: Expr, body: Vec<Stmt>, start: u32) -> Elif {
    Elif { start, test, body }
}

/// An `if` with its `elif`s, each of which nests in the one before.
pub(crate) fn if_else(
    cx: &mut Build<'_>,
    test: Expr,
    body: Vec<Stmt>,
    elifs: Vec<Elif>,
    orelse: Option<Vec<Stmt>>,
    l: u32,
) -> Box<Stmt> {
    let mut orelse = orelse.unwrap_or_default();
    if elifs.len() > MAX_ELIFS {
        let start = elifs[MAX_ELIFS].start;
        cx.complain(
            Span::new(start, start + 4),
            format!("more than {MAX_ELIFS} `elif` clauses in one statement"),
        );
    }
    for elif in elifs.into_iter().take(MAX_ELIFS).rev() {
        let Elif { start, test, body } = elif;
        let end = end_of(&body).max(end_of(&orelse));
        orelse = vec![*compound(StmtKind::If { test, body, orelse }, start, end)];
    }
    let end = end_of(&body).max(end_of(&orelse));
    compound(StmtKind::If { test, body, orelse }, l, end)
}

pub(crate) fn while_loop(test: Expr, body: Vec<Stmt>, orelse: Option<Vec<Stmt>>, l: u32) -> Box<Stmt> {
    let orelse = orelse.unwrap_or_default();
    let end = end_of(&body).max(end_of(&orelse));
    compound(StmtKind::While { test, body, orelse }, l, end)
}

pub(crate) fn for_loop(
    target: Expr,
    iter: Expr,
    body: Vec<Stmt>,
    orelse: Option<Vec<Stmt>>,
    l: u32,
) -> Box<Stmt> {
    let orelse = orelse.unwrap_or_default();
    let end = end_of(&body).max(end_of(&orelse));
    compound(StmtKind::For { target, iter, body, orelse }, l, end)
}

/// An `except` clause, whether it is `except*`, and the span of its keyword.
pub(crate) struct Handler {
    handler: ExceptHandler,
    star: bool,
    keyword: Span,
}

pub(crate) fn handler(
    typ: Option<Expr>,
    name: Option<Ident>,
    body: Vec<Stmt>,
    star: bool,
    l: u32,
    keyword_end: u32,
) -> Box<Handler> {
    let span = Span::new(l, end_of(&body));
    let handler = ExceptHandler { typ, name, body, span };
    Box::new(Handler { handler, star, keyword: Span::new(l, keyword_end) })
}

/// The `except` clauses of one statement.
pub(crate) struct Handlers {
    list: Vec<ExceptHandler>,
    star: bool,
}

#[expect(clippy::boxed_local, reason = "the parser's stack holds clauses boxed, to stay narrow")]
pub(crate) fn first_handler(first: Box<Handler>) -> Box<Handlers> {
    Box::new(Handlers { star: first.star, list: vec![first.handler] })
}

#[expect(clippy::boxed_local, reason = "the parser's stack holds clauses boxed, to stay narrow")]
pub(crate) fn next_handler(
    cx: &mut Build<'_>,
    mut handlers: Box<Handlers>,
    next: Box<Handler>,
) -> Box<Handlers> {
    if handlers.star != next.star {
        cx.complain(next.keyword, "cannot have both 'except' and 'except*' on the same 'try'");
    }
    handlers.list.push(next.handler);
    handlers
}

#[expect(clippy::boxed_local, reason = "the parser's stack holds clauses boxed, to stay narrow")]
pub(crate) fn try_except(
    body: Vec<Stmt>,
    handlers: Box<Handlers>,
    orelse: Option<Vec<Stmt>>,
    last: Option<Vec<Stmt>>,
    l: u32,
) -> Box<Stmt> {
    let (orelse, finalbody) = (orelse.unwrap_or_default(), last.unwrap_or_default());
    let Handlers { list: handlers, star } = *handlers;
    let handlers_end = handlers.last().map_or(0, |handler| handler.span.end);
    let end = handlers_end.max(end_of(&orelse)).max(end_of(&finalbody));
    compound(StmtKind::Try { body, handlers, orelse, finalbody, star }, l, end)
}

pub(crate) fn try_finally(body: Vec<Stmt>, finalbody: Vec<Stmt>, l: u32) -> Box<Stmt> {
    let end = end_of(&finalbody);
    let kind = StmtKind::Try { body, handlers: Vec::new(), orelse: Vec::new(), finalbody, star: false };
    compound(kind, l, end)
}

pub(crate) fn with(items: Vec<WithItem>, body: Vec<Stmt>, l: u32) -> Box<Stmt> {
    let end = end_of(&body);
    compound(StmtKind::With { items, body }, l, end)
}

pub(crate) fn with_item(
    cx: &mut Build<'_>,
    mut list: Vec<WithItem>,
    context: Expr,
    target: Option<Expr>,
) -> Vec<WithItem> {
    if let Some(target) = &target {
        targets::check(cx, target, Use::Assign);
    }
    list.push(WithItem { context, target });
    list
}

/// `with (a, b):` opens two managers, `with (a, *b):` a tuple.
pub(crate) fn with_parenthesized(cx: &mut Build<'_>, items: Vec<WithItem>, l: u32, r: u32) -> Vec<WithItem> {
    let is_item = |item: &WithItem| {
        item.context.parenthesized
            || !matches!(item.context.kind, ExprKind::Starred(_) | ExprKind::NamedExpr { .. })
    };
    if items.iter().all(is_item) {
        return items;
    }
    if items.iter().any(|item| item.target.is_some()) {
        let odd = items.iter().find(|item| !is_item(item)).map_or(Span::new(l, r), |item| item.context.span);
        cx.complain(odd, "invalid syntax");
        return items;
    }
    let trailing_comma = cx.slice(l, r).trim_end_matches([')', ' ']).ends_with(',');
    let mut contexts: Vec<Expr> = items.into_iter().map(|item| item.context).collect();
    if contexts.len() == 1 && !trailing_comma {
        let only = contexts.pop().map(|only| super::exprs::group(cx, only));
        return only.map(|context| WithItem { context, target: None }).into_iter().collect();
    }
    let mut tuple = cx.tuple(contexts, l, r);
    tuple.parenthesized = true;
    with_group(tuple)
}

/// A single manager that stands in parentheses.
pub(crate) fn with_group(mut context: Expr) -> Vec<WithItem> {
    context.parenthesized = true;
    vec![WithItem { context, target: None }]
}

/// The name of a definition with its type parameters.
pub(crate) struct GenericName {
    name: Ident,
    type_params: Vec<TypeParam>,
}

pub(crate) fn generic_name(name: Ident, type_params: Option<Vec<TypeParam>>) -> Box<GenericName> {
    Box::new(GenericName { name, type_params: type_params.unwrap_or_default() })
}

#[expect(clippy::boxed_local, reason = "the parser's stack holds names boxed, to stay narrow")]
pub(crate) fn function(
    decorators: Vec<Expr>,
    name: Box<GenericName>,
    params: Box<Params>,
    returns: Option<Expr>,
    body: Vec<Stmt>,
    l: u32,
) -> Box<Stmt> {
    let end = end_of(&body);
    let GenericName { name, type_params } = *name;
    let def = FunctionDef { name, type_params, params: *params, body, decorators, returns };
    compound(StmtKind::FunctionDef(Box::new(def)), l, end)
}

#[expect(clippy::boxed_local, reason = "the parser's stack holds names boxed, to stay narrow")]
pub(crate) fn class(
    decorators: Vec<Expr>,
    name: Box<GenericName>,
    args: Option<Vec<Arg>>,
    body: Vec<Stmt>,
    l: u32,
) -> Box<Stmt> {
    let end = end_of(&body);
    let args = args.unwrap_or_default();
    let GenericName { name, type_params } = *name;
    let def = ClassDef { name, type_params, args, body, decorators };
    compound(StmtKind::ClassDef(Box::new(def)), l, end)
}
