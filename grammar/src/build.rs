//! What the actions of the grammar share: the text, the names seen so far, the first complaint, the constructors.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

use crate::MAX_DEPTH;
use crate::ast::{Arg, Comprehension, Constant, Expr, ExprKind, FStringPart, Ident, Name, Params};
use crate::error::SyntaxError;
use crate::source::Span;

/// The state of one parse.
pub(crate) struct Build<'s> {
    text: &'s str,
    names: FxHashMap<&'s str, Name>,
    error: Option<SyntaxError>,
}

impl<'s> Build<'s> {
    pub(crate) fn new(text: &'s str) -> Self {
        Self { text, names: FxHashMap::default(), error: None }
    }

    /// The first complaint.
    pub(crate) fn into_error(self) -> Option<SyntaxError> {
        self.error
    }

    /// Notes a complaint; the first one counts, and actions run in the order of the text.
    pub(crate) fn complain(&mut self, span: Span, message: impl Into<String>) {
        self.note(SyntaxError::new(span, message));
    }

    pub(crate) fn note(&mut self, error: SyntaxError) {
        self.error.get_or_insert(error);
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &'s str {
        &self.text[start as usize..end as usize]
    }

    /// The text from there on.
    pub(crate) fn rest(&self, start: u32) -> &'s str {
        &self.text[start as usize..]
    }

    /// The name that stands there, normalised; equal names share one allocation.
    pub(crate) fn name(&mut self, start: u32, end: u32) -> Name {
        let word = self.slice(start, end);
        self.names.entry(word).or_insert_with(|| normalised(word).as_ref().into()).clone()
    }

    pub(crate) fn ident(&mut self, start: u32, end: u32) -> Ident {
        Ident { name: self.name(start, end), span: Span::new(start, end) }
    }

    /// A dotted name, in which white space may stand around the dots.
    pub(crate) fn dotted(&mut self, start: u32, end: u32) -> Ident {
        let word = self.slice(start, end);
        if word.bytes().all(|b| b == b'.' || b == b'_' || b.is_ascii_alphanumeric() || b >= 0x80) {
            return self.ident(start, end);
        }
        // A line may be continued between the dots.
        let compact: String = word.chars().filter(|c| !c.is_whitespace() && *c != '\\').collect();
        Ident { name: normalised(&compact).as_ref().into(), span: Span::new(start, end) }
    }

    pub(crate) fn name_expr(&mut self, start: u32, end: u32) -> Expr {
        let name = self.name(start, end);
        leaf(ExprKind::Name(name), start, end)
    }

    pub(crate) fn tuple(&mut self, items: Vec<Expr>, start: u32, end: u32) -> Expr {
        self.expr(ExprKind::Tuple(items), start, end)
    }

    /// An expression with its depth; one that is too deep is complained of and replaced, so that no tree is ever
    /// deeper than the limit.
    pub(crate) fn expr(&mut self, kind: ExprKind, start: u32, end: u32) -> Expr {
        let depth = 1 + depth_below(&kind);
        if depth > MAX_DEPTH {
            self.complain(Span::new(start, end), "too many nested expressions");
            return leaf(ExprKind::Constant(Constant::None), start, end);
        }
        Expr { kind, span: Span::new(start, end), depth, parenthesized: false }
    }
}

/// An expression without parts.
pub(crate) fn leaf(kind: ExprKind, start: u32, end: u32) -> Expr {
    Expr { kind, span: Span::new(start, end), depth: 1, parenthesized: false }
}

fn normalised(word: &str) -> Cow<'_, str> {
    if word.is_ascii() { Cow::Borrowed(word) } else { Cow::Owned(word.nfkc().collect()) }
}

/// The greatest depth among the parts of an expression.
fn depth_below(kind: &ExprKind) -> u16 {
    match kind {
        ExprKind::Constant(_) | ExprKind::Name(_) => 0,
        ExprKind::JoinedStr(parts) => depth_of_pieces(parts),
        ExprKind::BoolOp { values: items, .. }
        | ExprKind::Set(items)
        | ExprKind::List(items)
        | ExprKind::Tuple(items) => depth_of_all(items),
        ExprKind::NamedExpr { value, .. }
        | ExprKind::UnaryOp { operand: value, .. }
        | ExprKind::YieldFrom(value)
        | ExprKind::Attribute { value, .. }
        | ExprKind::Starred(value) => value.depth,
        ExprKind::BinOp { left, right, .. } => left.depth.max(right.depth),
        ExprKind::Lambda { params, body } => depth_of_params(params).max(body.depth),
        ExprKind::IfExp { test, body, orelse } => test.depth.max(body.depth).max(orelse.depth),
        ExprKind::Dict(items) => {
            let key_depth = |key: &Option<Expr>| key.as_ref().map_or(0, |key| key.depth);
            items.iter().map(|(key, value)| key_depth(key).max(value.depth)).max().unwrap_or(0)
        }
        ExprKind::ListComp { elt, generators }
        | ExprKind::SetComp { elt, generators }
        | ExprKind::GeneratorExp { elt, generators } => elt.depth.max(depth_of_generators(generators)),
        ExprKind::DictComp { key, value, generators } => {
            key.depth.max(value.depth).max(depth_of_generators(generators))
        }
        ExprKind::Yield(value) => value.as_ref().map_or(0, |value| value.depth),
        ExprKind::Compare { left, comparators, .. } => left.depth.max(depth_of_all(comparators)),
        ExprKind::Call { func, args } => {
            let deepest = args.iter().map(|arg| match arg {
                Arg::Positional(value) | Arg::Keyword(_, value) | Arg::DoubleStarred(value) => value.depth,
            });
            deepest.max().unwrap_or(0).max(func.depth)
        }
        ExprKind::Subscript { value, slice } => value.depth.max(slice.depth),
        ExprKind::Slice { lower, upper, step } => {
            [lower, upper, step].into_iter().flatten().map(|bound| bound.depth).max().unwrap_or(0)
        }
    }
}

fn depth_of_all(items: &[Expr]) -> u16 {
    items.iter().map(|item| item.depth).max().unwrap_or(0)
}

fn depth_of_params(params: &Params) -> u16 {
    let all = params.posonly.iter().chain(&params.args).chain(&params.kwonly);
    all.filter_map(|param| param.default.as_ref()).map(|default| default.depth).max().unwrap_or(0)
}

fn depth_of_generators(generators: &[Comprehension]) -> u16 {
    let each = |part: &Comprehension| part.target.depth.max(part.iter.depth).max(depth_of_all(&part.ifs));
    generators.iter().map(each).max().unwrap_or(0)
}

fn depth_of_pieces(parts: &[FStringPart]) -> u16 {
    let each = |part: &FStringPart| match part {
        FStringPart::Literal(_) => 0,
        FStringPart::Replacement { value, spec, .. } => {
            value.depth.max(spec.as_deref().map_or(0, depth_of_pieces))
        }
    };
    parts.iter().map(each).max().unwrap_or(0)
}
