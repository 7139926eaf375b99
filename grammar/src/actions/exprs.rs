//! Expressions.

use crate::ast::{BinOp, BoolOp, CmpOp, Comprehension, Constant, Expr, ExprKind, Params, UnaryOp};
use crate::build::{Build, leaf};
use crate::numbers;
use crate::source::Span;

/// Adds to a list.
pub(crate) fn push<T>(mut list: Vec<T>, item: T) -> Vec<T> {
    list.push(item);
    list
}

/// A list that begins with `first`.
pub(crate) fn prepend<T>(first: T, mut rest: Vec<T>) -> Vec<T> {
    rest.insert(0, first);
    rest
}

pub(crate) fn number(cx: &mut Build<'_>, l: u32, r: u32) -> Expr {
    let constant = numbers::value(cx.slice(l, r), Span::new(l, r)).unwrap_or_else(|error| {
        cx.note(error);
        Constant::None
    });
    leaf(ExprKind::Constant(constant), l, r)
}

pub(crate) fn none(_: &mut Build<'_>, l: u32, r: u32) -> Expr {
    leaf(ExprKind::Constant(Constant::None), l, r)
}

pub(crate) fn truth(_: &mut Build<'_>, l: u32, r: u32) -> Expr {
    leaf(ExprKind::Constant(Constant::True), l, r)
}

pub(crate) fn falsehood(_: &mut Build<'_>, l: u32, r: u32) -> Expr {
    leaf(ExprKind::Constant(Constant::False), l, r)
}

pub(crate) fn ellipsis(_: &mut Build<'_>, l: u32, r: u32) -> Expr {
    leaf(ExprKind::Constant(Constant::Ellipsis), l, r)
}

pub(crate) fn group(cx: &mut Build<'_>, mut value: Expr) -> Expr {
    if matches!(value.kind, ExprKind::Starred(_)) {
        cx.complain(value.span, "cannot use starred expression here");
    }
    value.parenthesized = true;
    value
}

pub(crate) fn tuple(cx: &mut Build<'_>, first: Expr, rest: Vec<Expr>, l: u32, r: u32) -> Expr {
    cx.tuple(prepend(first, rest), l, r)
}

pub(crate) fn parenthesized_tuple(cx: &mut Build<'_>, items: Vec<Expr>, l: u32, r: u32) -> Expr {
    let mut tuple = cx.tuple(items, l, r);
    tuple.parenthesized = true;
    tuple
}

pub(crate) fn list(cx: &mut Build<'_>, items: Vec<Expr>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::List(items), l, r)
}

pub(crate) fn set(cx: &mut Build<'_>, items: Vec<Expr>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Set(items), l, r)
}

pub(crate) fn dict(cx: &mut Build<'_>, items: Vec<(Option<Expr>, Expr)>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Dict(items), l, r)
}

// Comprehensions.

pub(crate) fn comprehension(list: Vec<Comprehension>, target: Expr, iter: Expr) -> Vec<Comprehension> {
    push(list, Comprehension { target, iter, ifs: Vec::new() })
}

pub(crate) fn condition(mut list: Vec<Comprehension>, test: Expr) -> Vec<Comprehension> {
    if let Some(last) = list.last_mut() {
        last.ifs.push(test);
    }
    list
}

pub(crate) fn no_unpacking(cx: &mut Build<'_>, elt: &Expr) {
    if matches!(elt.kind, ExprKind::Starred(_)) {
        cx.complain(elt.span, "iterable unpacking cannot be used in comprehension");
    }
}

pub(crate) fn generator(
    cx: &mut Build<'_>,
    elt: Expr,
    generators: Vec<Comprehension>,
    l: u32,
    r: u32,
) -> Expr {
    no_unpacking(cx, &elt);
    let mut expr = cx.expr(ExprKind::GeneratorExp { elt: Box::new(elt), generators }, l, r);
    expr.parenthesized = true;
    expr
}

pub(crate) fn list_comp(
    cx: &mut Build<'_>,
    elt: Expr,
    generators: Vec<Comprehension>,
    l: u32,
    r: u32,
) -> Expr {
    no_unpacking(cx, &elt);
    cx.expr(ExprKind::ListComp { elt: Box::new(elt), generators }, l, r)
}

pub(crate) fn set_comp(
    cx: &mut Build<'_>,
    elt: Expr,
    generators: Vec<Comprehension>,
    l: u32,
    r: u32,
) -> Expr {
    no_unpacking(cx, &elt);
    cx.expr(ExprKind::SetComp { elt: Box::new(elt), generators }, l, r)
}

pub(crate) fn dict_comp(
    cx: &mut Build<'_>,
    key: Expr,
    value: Expr,
    generators: Vec<Comprehension>,
    l: u32,
    r: u32,
) -> Expr {
    cx.expr(ExprKind::DictComp { key: Box::new(key), value: Box::new(value), generators }, l, r)
}

pub(crate) fn dict_unpacking_comp(
    cx: &mut Build<'_>,
    value: Expr,
    _: Vec<Comprehension>,
    star: u32,
    star_end: u32,
) -> Expr {
    cx.complain(Span::new(star, star_end), "dict unpacking cannot be used in dict comprehension");
    value
}

// Operators.

pub(crate) fn starred(cx: &mut Build<'_>, value: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Starred(Box::new(value)), l, r)
}

pub(crate) fn yielded(cx: &mut Build<'_>, value: Option<Expr>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Yield(value.map(Box::new)), l, r)
}

pub(crate) fn yield_from(cx: &mut Build<'_>, value: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::YieldFrom(Box::new(value)), l, r)
}

/// `name := value`, the name from `l` to `m`.
pub(crate) fn named(cx: &mut Build<'_>, l: u32, m: u32, value: Expr, r: u32) -> Expr {
    let target = cx.ident(l, m);
    cx.expr(ExprKind::NamedExpr { target, value: Box::new(value) }, l, r)
}

pub(crate) fn conditional(cx: &mut Build<'_>, test: Expr, body: Expr, orelse: Expr, l: u32, r: u32) -> Expr {
    let kind = ExprKind::IfExp { test: Box::new(test), body: Box::new(body), orelse: Box::new(orelse) };
    cx.expr(kind, l, r)
}

pub(crate) fn lambda(cx: &mut Build<'_>, params: Box<Params>, body: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Lambda { params, body: Box::new(body) }, l, r)
}

pub(crate) fn or(cx: &mut Build<'_>, values: Vec<Expr>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::BoolOp { op: BoolOp::Or, values }, l, r)
}

pub(crate) fn and(cx: &mut Build<'_>, values: Vec<Expr>, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::BoolOp { op: BoolOp::And, values }, l, r)
}

pub(crate) fn unary(cx: &mut Build<'_>, op: UnaryOp, operand: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::UnaryOp { op, operand: Box::new(operand) }, l, r)
}

pub(crate) fn binary(cx: &mut Build<'_>, left: Expr, op: BinOp, right: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::BinOp { left: Box::new(left), op, right: Box::new(right) }, l, r)
}

/// A comparison that is being read: one operand more than operators.
pub(crate) struct CompareChain {
    left: Box<Expr>,
    ops: Vec<CmpOp>,
    comparators: Vec<Expr>,
}

pub(crate) fn comparison(left: Expr, op: CmpOp, right: Expr) -> CompareChain {
    CompareChain { left: Box::new(left), ops: vec![op], comparators: vec![right] }
}

pub(crate) fn next_comparison(mut chain: CompareChain, op: CmpOp, right: Expr) -> CompareChain {
    chain.ops.push(op);
    chain.comparators.push(right);
    chain
}

pub(crate) fn compare(cx: &mut Build<'_>, chain: CompareChain, l: u32, r: u32) -> Expr {
    let CompareChain { left, ops, comparators } = chain;
    cx.expr(ExprKind::Compare { left, ops, comparators }, l, r)
}

/// How tightly a left-associative operator binds.
fn tightness(op: BinOp) -> u8 {
    match op {
        BinOp::BitOr => 1,
        BinOp::BitXor => 2,
        BinOp::BitAnd => 3,
        BinOp::LShift | BinOp::RShift => 4,
        BinOp::Add | BinOp::Sub => 5,
        BinOp::Mult | BinOp::MatMult | BinOp::Div | BinOp::Mod | BinOp::FloorDiv => 6,
        BinOp::Pow => 7,
    }
}

/// An operand and where it stands with its parentheses.
pub(crate) struct Operand {
    expr: Expr,
    start: u32,
    end: u32,
}

/// A row of operands and operators that is being read; each operator binds tighter than the one before.
pub(crate) struct ArithChain {
    operands: Vec<Operand>,
    ops: Vec<BinOp>,
}

pub(crate) fn operand(expr: Expr, start: u32, end: u32) -> Operand {
    Operand { expr, start, end }
}

pub(crate) fn operation(left: Operand, op: BinOp, right: Operand) -> ArithChain {
    ArithChain { operands: vec![left, right], ops: vec![op] }
}

pub(crate) fn next_operation(
    cx: &mut Build<'_>,
    mut chain: ArithChain,
    op: BinOp,
    right: Operand,
) -> ArithChain {
    while chain.ops.last().is_some_and(|last| tightness(*last) >= tightness(op)) {
        chain.join_last(cx);
    }
    chain.ops.push(op);
    chain.operands.push(right);
    chain
}

pub(crate) fn arithmetic(cx: &mut Build<'_>, mut chain: ArithChain) -> Expr {
    while !chain.ops.is_empty() {
        chain.join_last(cx);
    }
    let Some(operand) = chain.operands.pop() else { return leaf(ExprKind::Constant(Constant::None), 0, 0) };
    operand.expr
}

impl ArithChain {
    /// Makes one operand of the last two.
    fn join_last(&mut self, cx: &mut Build<'_>) {
        let (Some(op), Some(right), Some(left)) = (self.ops.pop(), self.operands.pop(), self.operands.pop())
        else {
            return;
        };
        let (start, end) = (left.start, right.end);
        let expr = binary(cx, left.expr, op, right.expr, start, end);
        self.operands.push(Operand { expr, start, end });
    }
}

// Trailers.

pub(crate) fn attribute(cx: &mut Build<'_>, value: Expr, attr: crate::ast::Ident, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Attribute { value: Box::new(value), attr }, l, r)
}

pub(crate) fn subscript(cx: &mut Build<'_>, value: Expr, index: Expr, l: u32, r: u32) -> Expr {
    cx.expr(ExprKind::Subscript { value: Box::new(value), slice: Box::new(index) }, l, r)
}

/// `x[*a]` is `x[(*a,)]`.
pub(crate) fn single_subscript(cx: &mut Build<'_>, index: Expr) -> Expr {
    if !matches!(index.kind, ExprKind::Starred(_)) {
        return index;
    }
    let Span { start, end } = index.span;
    cx.tuple(vec![index], start, end)
}

pub(crate) fn slice(
    cx: &mut Build<'_>,
    lower: Option<Expr>,
    upper: Option<Expr>,
    step: Option<Expr>,
    l: u32,
    r: u32,
) -> Expr {
    let kind =
        ExprKind::Slice { lower: lower.map(Box::new), upper: upper.map(Box::new), step: step.map(Box::new) };
    cx.expr(kind, l, r)
}
