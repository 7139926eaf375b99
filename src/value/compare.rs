//! Equality and order of built-in values, as far as no code of the language is needed.

use std::cmp::Ordering;

use crate::heap::{Held, Kind, Value, flag};

use super::algebra::{equal_views, unproxied};
use super::bytes::Bytes;
use super::class::class_flag;
use super::context::{Context, Raised};
use super::deque::Deque;
use super::dict::Dict;
use super::list::List;
use super::recursion::COMPARISON;
use super::set::Set;
use super::slice::Slice;
use super::str::Str;
use super::tuple::{Tuple, short_tuple};
use super::{float, int, number};

/// A comparison operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the operators")]
pub enum Comparison {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl Comparison {
    /// The special method.
    pub fn method(self) -> &'static str {
        match self {
            Comparison::Lt => "__lt__",
            Comparison::Le => "__le__",
            Comparison::Eq => "__eq__",
            Comparison::Ne => "__ne__",
            Comparison::Gt => "__gt__",
            Comparison::Ge => "__ge__",
        }
    }

    /// The comparison with the operands exchanged.
    pub fn reflected(self) -> Comparison {
        match self {
            Comparison::Lt => Comparison::Gt,
            Comparison::Le => Comparison::Ge,
            Comparison::Gt => Comparison::Lt,
            Comparison::Ge => Comparison::Le,
            same => same,
        }
    }

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Lt => "<",
            Comparison::Le => "<=",
            Comparison::Eq => "==",
            Comparison::Ne => "!=",
            Comparison::Gt => ">",
            Comparison::Ge => ">=",
        }
    }

    /// Whether it holds for an order; nothing is unordered.
    pub fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (Comparison::Ne, order) => order != Some(Ordering::Equal),
            (_, None) => false,
            (Comparison::Lt, Some(order)) => order.is_lt(),
            (Comparison::Le, Some(order)) => order.is_le(),
            (Comparison::Eq, Some(order)) => order.is_eq(),
            (Comparison::Gt, Some(order)) => order.is_gt(),
            (Comparison::Ge, Some(order)) => order.is_ge(),
        }
    }
}

/// Whether two dict keys are the same key: identical or equal.
///
/// # Errors
/// [`Context::needs_code`].
#[inline(always)]
pub fn same_key(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    if a.is(b) { Ok(true) } else { equal(cx, a, b) }
}

/// Whether two keys that are not one object, but have one hash, are the same key, if that shows at a glance: of strings, small
/// integers, and short tuples of those. It looks into nothing that changes.
#[inline(always)]
pub(super) fn same_at_a_glance(a: Value<'_>, b: Value<'_>) -> Option<bool> {
    match same_items(a, b) {
        None if a.kind() == Some(Kind::Tuple) => same_tuples(a, b),
        known => known,
    }
}

/// [`same_at_a_glance`] but of tuples.
#[inline(always)]
fn same_items(a: Value<'_>, b: Value<'_>) -> Option<bool> {
    if a.kind() == Some(Kind::Str) && b.kind() == Some(Kind::Str) {
        return Some(a.get::<Str>()?.as_bytes() == b.get::<Str>()?.as_bytes());
    }
    a.word().both_small(b.word()).then(|| a.is(b))
}

#[inline(never)]
fn same_tuples(a: Value<'_>, b: Value<'_>) -> Option<bool> {
    let (a, b) = (short_tuple(a)?, short_tuple(b)?);
    if a.len() != b.len() {
        return Some(false);
    }
    for (a, b) in a.iter().zip(b) {
        if !a.is(*b) && !same_items(*a, *b)? {
            return Some(false);
        }
    }
    Some(true)
}

/// [`same_key`] while an object is locked: nothing, if it cannot be told without a look into an object that another thread
/// may change, or without code of the language.
///
/// # Errors
/// As [`equal`], where no lock is held.
#[inline(always)]
pub fn same_under(cx: &Context, held: &Held<'_>, a: Value<'_>, b: Value<'_>) -> Result<Option<bool>, Raised> {
    if a.is(b) {
        return Ok(Some(true));
    }
    if held.is_lock() { Ok(same_at_once(cx, a, b, MAX_DEPTH_AT_ONCE)) } else { equal(cx, a, b).map(Some) }
}

/// [`same_under`] for what cannot go on without knowing.
///
/// # Errors
/// [`Context::needs_code`]; `RecursionError` where no lock is held.
#[inline(always)]
pub fn same_key_under(cx: &Context, held: &Held<'_>, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    if a.is(b) {
        return Ok(true);
    }
    if held.is_lock() {
        same_at_once(cx, a, b, MAX_DEPTH_AT_ONCE).ok_or_else(|| cx.needs_code())
    } else {
        equal(cx, a, b)
    }
}

/// How deep tuples stand in each other that are compared under a lock.
const MAX_DEPTH_AT_ONCE: u32 = 8;

fn same_at_once(cx: &Context, a: Value<'_>, b: Value<'_>, depth: u32) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    if let Some(same) = same_at_a_glance(a, b) {
        return Some(same);
    }
    if cx.class_of(a).has(class_flag::CUSTOM_EQ) || cx.class_of(b).has(class_flag::CUSTOM_EQ) {
        return None;
    }
    if let Some(order) = compare_numbers(a, b) {
        return Some(order == Some(Ordering::Equal));
    }
    if let Some(equal) = number::complex_equal(a, b) {
        return Some(equal);
    }
    let has_payload = |value: Value<'_>| value.header().is_some_and(|header| header.has(flag::PAYLOAD));
    if has_payload(a) || has_payload(b) {
        return None;
    }
    match (a.kind(), b.kind()) {
        (Some(Kind::Bytes), Some(Kind::Bytes)) => {
            Some(a.get::<Bytes>()?.as_bytes() == b.get::<Bytes>()?.as_bytes())
        }
        (Some(Kind::Tuple), Some(Kind::Tuple)) => {
            let (a, b) = (a.get::<Tuple>()?.items(), b.get::<Tuple>()?.items());
            if a.len() != b.len() {
                return Some(false);
            }
            let depth = depth.checked_sub(1)?;
            a.iter().zip(b).try_fold(true, |same, (a, b)| Some(same && same_at_once(cx, *a, *b, depth)?))
        }
        (Some(Kind::FrozenSet), Some(Kind::FrozenSet)) => {
            let depth = depth.checked_sub(1)?;
            a.get::<Set>()?.same_frozen(b.get::<Set>()?, |a, b| same_at_once(cx, a, b, depth))
        }
        (a, b) if a.is_some_and(looks_inside) || b.is_some_and(looks_inside) => None,
        _ => Some(false),
    }
}

/// Whether what is inside decides what such an object equals.
fn looks_inside(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::List
            | Kind::Dict
            | Kind::Set
            | Kind::FrozenSet
            | Kind::DictView
            | Kind::MappingProxy
            | Kind::Range
            | Kind::Slice
            | Kind::BoundMethod
            | Kind::Native
            | Kind::Code
    )
}

/// `a == b`.
///
/// # Errors
/// [`Context::needs_code`] if either class defines `__eq__`; `RecursionError`.
pub fn equal(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    if let Some(same) = same_at_a_glance(a, b) {
        return Ok(same);
    }
    if cx.class_of(a).has(class_flag::CUSTOM_EQ) || cx.class_of(b).has(class_flag::CUSTOM_EQ) {
        return Err(cx.needs_code());
    }
    if let Some(order) = compare_numbers(a, b) {
        return Ok(order == Some(Ordering::Equal));
    }
    if let Some(equal) = number::complex_equal(a, b) {
        return Ok(equal);
    }
    cx.nested(&COMPARISON, || equal_objects(cx, a, b))
}

fn equal_objects(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    if a.is(b) {
        return Ok(true);
    }
    let (a, b) = (a.plain(), b.plain());
    let (Some(kind), Some(other)) = (a.kind(), b.kind()) else { return Ok(a.is(b)) };
    if is_set(kind) && is_set(other) {
        return match (a.get::<Set>(), b.get::<Set>()) {
            (Some(a), Some(b)) => a.equals(cx, b),
            _ => Ok(false),
        };
    }
    if kind == Kind::MappingProxy || other == Kind::MappingProxy {
        return same_key(cx, unproxied(a), unproxied(b));
    }
    if (kind == Kind::DictView || other == Kind::DictView)
        && let Some(equal) = equal_views(cx, a, b)?
    {
        return Ok(equal);
    }
    if kind != other {
        return Ok(false);
    }
    if let (Some(a), Some(b)) = (a.get::<Str>(), b.get::<Str>()) {
        return Ok(a.as_bytes() == b.as_bytes());
    }
    if let (Some(a), Some(b)) = (a.get::<Bytes>(), b.get::<Bytes>()) {
        return Ok(a.as_bytes() == b.as_bytes());
    }
    if let (Some(a), Some(b)) = (a.get::<Tuple>(), b.get::<Tuple>()) {
        return equal_items(cx, a.items().iter().copied(), b.items().iter().copied());
    }
    if let (Some(a), Some(b)) = (a.get::<List>(), b.get::<List>()) {
        let (a, b) = lists_at_once(cx, a, b);
        return equal_items(cx, a.into_iter(), b.into_iter());
    }
    if let (Some(a), Some(b)) = (a.get::<Deque>(), b.get::<Deque>()) {
        return equal_items(cx, a.to_vec(cx).into_iter(), b.to_vec(cx).into_iter());
    }
    if let (Some(a), Some(b)) = (a.get::<Dict>(), b.get::<Dict>()) {
        return equal_dicts(cx, a, b);
    }
    match kind {
        Kind::Range => super::range::equal(cx, a, b),
        Kind::Slice => super::slice::equal(cx, a, b),
        Kind::BoundMethod | Kind::Native | Kind::Code => Ok(super::function::same(a, b)),
        _ => Ok(a.is(b)),
    }
}

/// The items of two lists at one moment.
pub(super) fn lists_at_once<'t>(cx: &Context, a: &'t List, b: &'t List) -> (Vec<Value<'t>>, Vec<Value<'t>>) {
    let (held, _other_held) = cx.lock_both(a, b);
    (a.held_items(&held), b.held_items(&held))
}

fn is_set(kind: Kind) -> bool {
    matches!(kind, Kind::Set | Kind::FrozenSet)
}

fn equal_items<'a, 'b>(
    cx: &Context,
    a: impl ExactSizeIterator<Item = Value<'a>>,
    b: impl ExactSizeIterator<Item = Value<'b>>,
) -> Result<bool, Raised> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (step, (a, b)) in a.zip(b).enumerate() {
        cx.poll(step)?;
        if !same_key(cx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_dicts(cx: &Context, a: &Dict, b: &Dict) -> Result<bool, Raised> {
    let (held, other_held) = cx.lock_both(a, b);
    if a.len() != b.len() {
        return Ok(false);
    }
    // The values are compared when nothing is locked any more, in dicts that nobody changes.
    let (a, b) = if held.is_lock() { (a.held_copy(cx, &held)?, b.held_copy(cx, &held)?) } else { (a, b) };
    drop((held, other_held));
    for (step, entry) in a.entries().iter().enumerate() {
        cx.poll(step)?;
        let Some((key, value)) = entry.pair() else { continue };
        match b.get_hashed(cx, key, entry.hash())? {
            Some(other) if same_key(cx, value, other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Compares two numbers: `None` if one is not a number, `Some(None)` if one is not a number in the float's sense.
#[inline]
pub fn compare_numbers(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    if a.word().both_small(b.word()) {
        return Some(Some(a.word().as_small().cmp(&b.word().as_small())));
    }
    match (float::value_of(a), float::value_of(b)) {
        (Some(a), Some(b)) => Some(a.partial_cmp(&b)),
        (Some(a), None) => int::compare_float(b, a).map(|order| order.map(Ordering::reverse)),
        (None, Some(b)) => int::compare_float(a, b),
        (None, None) => int::compare(a, b).map(Some),
    }
}

/// The order of two values of one built-in ordered type: numbers, str, bytes, tuples, lists. `None` where they have no
/// order (then `<` is a `TypeError`); `Some(None)` where no comparison holds (NaN).
///
/// # Errors
/// [`Context::needs_code`] if a class that is written in the language is met.
pub fn order(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<Option<Option<Ordering>>, Raised> {
    if let Some(order) = compare_numbers(a, b) {
        return Ok(Some(order));
    }
    if cx.class_of(a).has(class_flag::CUSTOM_ORDER) || cx.class_of(b).has(class_flag::CUSTOM_ORDER) {
        return Err(cx.needs_code());
    }
    if let (Some(a), Some(b)) = (a.get::<Str>(), b.get::<Str>()) {
        return Ok(Some(Some(a.as_bytes().cmp(b.as_bytes()))));
    }
    if let (Some(a), Some(b)) = (a.get::<Bytes>(), b.get::<Bytes>()) {
        return Ok(Some(Some(a.as_bytes().cmp(b.as_bytes()))));
    }
    if let (Some(a), Some(b)) = (a.get::<Tuple>(), b.get::<Tuple>()) {
        return order_items(cx, a.items(), b.items());
    }
    if let (Some(a), Some(b)) = (a.get::<List>(), b.get::<List>()) {
        let (a, b) = lists_at_once(cx, a, b);
        return order_items(cx, &a, &b);
    }
    if let (Some(a), Some(b)) = (a.get::<Deque>(), b.get::<Deque>()) {
        return order_items(cx, &a.to_vec(cx), &b.to_vec(cx));
    }
    if let (Some(a), Some(b)) = (a.get::<Slice>(), b.get::<Slice>()) {
        return order_items(cx, &a.parts(), &b.parts());
    }
    Ok(None)
}

fn order_items(cx: &Context, a: &[Value<'_>], b: &[Value<'_>]) -> Result<Option<Option<Ordering>>, Raised> {
    for (step, (a, b)) in a.iter().zip(b).enumerate() {
        cx.poll(step)?;
        if !a.is(*b) && !equal(cx, *a, *b)? {
            return match order(cx, *a, *b)? {
                // Which two items have no order is part of the message: the general way finds them.
                None => Err(cx.needs_code()),
                Some(None) => Ok(Some(None)),
                found => Ok(found),
            };
        }
    }
    Ok(Some(Some(a.len().cmp(&b.len()))))
}
