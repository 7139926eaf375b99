//! Parameters of functions and lambdas, and type parameters.

use crate::ast::{Expr, ExprKind, Ident, Param, Params, TypeParam, TypeParamKind};
use crate::build::Build;
use crate::source::Span;

/// One item of a parameter list.
pub(crate) enum Item {
    Plain(Box<Param>),
    Slash(Span),
    Star(Span),
    /// With the span of its `*`.
    VarArgs(Span, Box<Param>),
    /// With the span of its `**`.
    VarKeywords(Box<Param>),
}

pub(crate) fn plain(name: Ident, annotation: Option<Expr>, default: Option<Expr>) -> Item {
    Item::Plain(Box::new(Param { name, annotation, default }))
}

pub(crate) fn slash(l: u32, r: u32) -> Item {
    Item::Slash(Span::new(l, r))
}

pub(crate) fn star(l: u32, r: u32) -> Item {
    Item::Star(Span::new(l, r))
}

pub(crate) fn var_args(l: u32, name: Ident, annotation: Option<Expr>) -> Item {
    Item::VarArgs(Span::new(l, l + 1), Box::new(Param { name, annotation, default: None }))
}

pub(crate) fn var_keywords(_: u32, name: Ident, annotation: Option<Expr>) -> Item {
    Item::VarKeywords(Box::new(Param { name, annotation, default: None }))
}

pub(crate) fn type_param(
    kind: TypeParamKind,
    name: Ident,
    bound: Option<Expr>,
    default: Option<Expr>,
    l: u32,
    r: u32,
) -> TypeParam {
    TypeParam { kind, name, bound, default, span: Span::new(l, r) }
}

/// A bound behind a star, with the place of its colon.
pub(crate) fn bound_of_many(
    cx: &mut Build<'_>,
    kind: TypeParamKind,
    name: Ident,
    bound: Expr,
    l: u32,
    colon: u32,
    r: u32,
) -> TypeParam {
    let what = if matches!(bound.kind, ExprKind::Tuple(_)) { "constraints" } else { "bound" };
    cx.complain(Span::new(colon, r), format!("cannot use {what} with {kind:?}"));
    type_param(kind, name, Some(bound), None, l, r)
}

/// `[]`
pub(crate) fn no_type_params(cx: &mut Build<'_>, l: u32, r: u32) -> Vec<TypeParam> {
    cx.complain(Span::new(l, r), "Type parameter list cannot be empty");
    Vec::new()
}

/// Sorts the items of a list and complains of their order.
pub(crate) fn assemble(cx: &mut Build<'_>, items: Vec<Item>, lambda: bool) -> Box<Params> {
    let mut params = Params::default();
    let mut slash_seen = false;
    let mut star: Option<Span> = None;
    let mut default_seen = false;
    for item in items {
        if let Some(kwarg) = &params.kwarg {
            let span = match &item {
                Item::Plain(param) => span_of(param),
                Item::Slash(span) | Item::Star(span) | Item::VarArgs(span, _) => *span,
                Item::VarKeywords(_) => double_star_behind(cx, kwarg.name.span.end),
            };
            cx.complain(span, "arguments cannot follow var-keyword argument");
        }
        match item {
            Item::Plain(param) if star.is_some() => params.kwonly.push(*param),
            Item::Plain(param) => {
                if param.default.is_none() && default_seen {
                    let message = "parameter without a default follows parameter with a default";
                    cx.complain(span_of(&param), message);
                }
                default_seen |= param.default.is_some();
                params.args.push(*param);
            }
            Item::Slash(span) => {
                if slash_seen {
                    cx.complain(span, "/ may appear only once");
                } else if star.is_some() {
                    cx.complain(span, "/ must be ahead of *");
                } else if params.args.is_empty() {
                    cx.complain(span, "at least one argument must precede /");
                }
                slash_seen = true;
                params.posonly.append(&mut params.args);
            }
            Item::Star(span) | Item::VarArgs(span, _) => {
                if star.is_some() {
                    cx.complain(span, "* argument may appear only once");
                }
                star = Some(span);
                if let Item::VarArgs(_, param) = item {
                    params.vararg = Some(*param);
                }
            }
            Item::VarKeywords(param) => {
                bare_star_needs_names(cx, star, &params, lambda);
                params.kwarg = Some(*param);
            }
        }
    }
    bare_star_needs_names(cx, star, &params, lambda);
    Box::new(params)
}

fn bare_star_needs_names(cx: &mut Build<'_>, star: Option<Span>, params: &Params, lambda: bool) {
    if let Some(span) = star
        && params.vararg.is_none()
        && params.kwonly.is_empty()
    {
        let span = if lambda { behind_star(cx, span.end) } else { span };
        cx.complain(span, "named arguments must follow bare *");
    }
}

/// A parameter with its annotation.
fn span_of(param: &Param) -> Span {
    param.annotation.as_ref().map_or(param.name.span, |annotation| param.name.span.to(annotation.span))
}

/// The `**` of a parameter behind another `**` parameter that ends at `end`.
fn double_star_behind(cx: &Build<'_>, end: u32) -> Span {
    let rest = cx.rest(end);
    let at = end + rest.find("**").unwrap_or(0) as u32;
    Span::new(at, at + 2)
}

/// For a lambda CPython shows what stands behind the bare star.
fn behind_star(cx: &Build<'_>, end: u32) -> Span {
    let rest = cx.rest(end);
    let next = rest.trim_start_matches([' ', '\t', ',']);
    let at = end + (rest.len() - next.len()) as u32;
    Span::new(at, at + if next.starts_with("**") { 2 } else { 1 })
}
