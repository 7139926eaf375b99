//! Stable sorting of values whose order needs no code of the language.
//!
//! Where the keys are all of one simple type the standard library sorts. Otherwise it is a merge sort over natural runs that
//! compares as CPython's `list.sort` does up to 63 items (Objects/listobject.c, `count_run` and `binarysort`): which two
//! values the `TypeError` names, and where a NaN ends up, is output.

use std::cmp::Ordering;

use smallvec::SmallVec;

use crate::heap::{Kind, Value};

use super::algebra;
use super::class::class_flag;
use super::compare::{Comparison, compare_numbers, lists_at_once, same_key};
use super::context::{Context, Raised};
use super::list::List;
use super::recursion::COMPARISON;
use super::str::Str;
use super::tuple::Tuple;

/// How many items are sorted before Ctrl-C is looked for.
const AT_ONCE: usize = 1 << 20;
/// From how many items on they are sorted in more than one run (`MAX_MINRUN`).
const MIN_MERGE: usize = 64;

/// How often a list is sorted again that other threads change meanwhile.
const MAX_ATTEMPTS: usize = 10;

/// Sorts a list.
///
/// # Errors
/// As [`sort_values`]; `ValueError` if other threads do not leave it alone.
pub fn sort_list(cx: &Context, list: &List, reverse: bool) -> Result<(), Raised> {
    for _ in 0..MAX_ATTEMPTS {
        let held = cx.lock(list);
        let mut items = list.held_items(&held);
        let settled = !held.is_lock() || items.iter().all(|item| is_plain(*item, MAX_PLAIN_DEPTH));
        // Where comparing looks into other containers, no lock is held meanwhile.
        let held = Some(held).filter(|_| settled);
        let before = if settled { Vec::new() } else { items.clone() };
        let sorted = sort_values(cx, &mut items, reverse);
        if sorted.is_err() && cx.take_needs_code() {
            return Err(cx.needs_code());
        }
        let held = held.unwrap_or_else(|| cx.lock(list));
        if settled || list.is_just(&held, &before) {
            list.rewrite(cx, &held, items.iter());
            return sorted;
        }
        cx.take_pending();
    }
    Err(cx.value_error("list modified during sort"))
}

/// How deep tuples stand in each other that are sorted under a lock.
const MAX_PLAIN_DEPTH: u32 = 8;

/// Whether comparing it takes no look into an object that can change.
fn is_plain(value: Value<'_>, depth: u32) -> bool {
    match value.kind() {
        None | Some(Kind::Int | Kind::BigInt | Kind::Str | Kind::Bytes) => true,
        Some(Kind::Tuple) => value
            .get::<Tuple>()
            .is_some_and(|tuple| depth > 0 && tuple.items().iter().all(|item| is_plain(*item, depth - 1))),
        Some(_) => false,
    }
}

/// Sorts values.
///
/// # Errors
/// `TypeError` where two values have no order: then they are partly sorted. [`Context::needs_code`].
pub fn sort_values<'t>(cx: &'t Context, items: &mut [Value<'t>], reverse: bool) -> Result<(), Raised> {
    sort(cx, items, |item| *item, reverse)
}

/// Sorts items, the second of each pair, by their keys, the first.
///
/// # Errors
/// As [`sort_values`].
pub fn sort_by_keys<'t>(
    cx: &'t Context,
    items: &mut [(Value<'t>, Value<'t>)],
    reverse: bool,
) -> Result<(), Raised> {
    sort(cx, items, |(key, _)| *key, reverse)
}

fn sort<'t, T: Copy>(
    cx: &'t Context,
    items: &mut [T],
    key: impl Fn(&T) -> Value<'t>,
    reverse: bool,
) -> Result<(), Raised> {
    // Reversed before and after, so that equal items keep their order.
    if reverse {
        items.reverse();
    }
    let sorted = sort_ascending(cx, items, &key);
    if reverse {
        items.reverse();
    }
    sorted
}

fn sort_ascending<'t, T: Copy>(
    cx: &'t Context,
    items: &mut [T],
    key: &impl Fn(&T) -> Value<'t>,
) -> Result<(), Raised> {
    let Some(first) = items.first() else { return Ok(()) };
    if let Some(simple) = Simple::of(key(first)) {
        if items.iter().all(|item| Simple::of(key(item)) == Some(simple)) {
            return match simple {
                Simple::Small => sort_simple(cx, items, |a, b| smalls(key(a), key(b))),
                Simple::Float => sort_simple(cx, items, |a, b| floats(key(a), key(b))),
                Simple::Text => sort_simple(cx, items, |a, b| texts(key(a), key(b))),
            };
        }
    } else if let Some(columns) = columns(key(first))
        && items.iter().all(|item| has_columns(key(item), &columns))
    {
        return sort_simple(cx, items, |a, b| rows(&columns, key(a), key(b)));
    }
    let mut step = 0;
    merge_sort(items, &mut |a, b| {
        step += 1;
        cx.poll(step)?;
        holds(cx, Comparison::Lt, key(a), key(b))
    })
}

/// The types whose order needs no look at anything but two of their values. Not their subclasses, which may have an order of
/// their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Simple {
    Small,
    /// Without NaN.
    Float,
    Text,
}

impl Simple {
    #[inline]
    fn of(value: Value<'_>) -> Option<Simple> {
        if value.word().is_small() {
            return Some(Simple::Small);
        }
        match value.as_float() {
            Some(float) => (!float.is_nan()).then_some(Simple::Float),
            None => (value.kind() == Some(Kind::Str)).then_some(Simple::Text),
        }
    }

    #[inline]
    fn order(self, a: Value<'_>, b: Value<'_>) -> Ordering {
        match self {
            Simple::Small => smalls(a, b),
            Simple::Float => floats(a, b),
            Simple::Text => texts(a, b),
        }
    }
}

#[inline]
fn smalls(a: Value<'_>, b: Value<'_>) -> Ordering {
    a.word().as_small().cmp(&b.word().as_small())
}

#[inline]
fn floats(a: Value<'_>, b: Value<'_>) -> Ordering {
    a.as_float().partial_cmp(&b.as_float()).unwrap_or(Ordering::Equal)
}

#[inline]
fn texts(a: Value<'_>, b: Value<'_>) -> Ordering {
    a.get::<Str>().map(Str::as_bytes).cmp(&b.get::<Str>().map(Str::as_bytes))
}

/// The items of a tuple, not of a subclass.
fn row<'t>(value: Value<'t>) -> Option<&'t [Value<'t>]> {
    Some(value).filter(|value| value.kind() == Some(Kind::Tuple))?.get::<Tuple>().map(Tuple::items)
}

/// The types of a tuple's items, if all are simple.
fn columns(value: Value<'_>) -> Option<SmallVec<[Simple; 8]>> {
    row(value)?.iter().map(|item| Simple::of(*item)).collect()
}

fn has_columns(value: Value<'_>, columns: &[Simple]) -> bool {
    row(value).is_some_and(|items| {
        items.len() == columns.len()
            && items.iter().zip(columns).all(|(item, column)| Simple::of(*item) == Some(*column))
    })
}

/// Of tuples with these columns.
fn rows(columns: &[Simple], a: Value<'_>, b: Value<'_>) -> Ordering {
    let (a, b) = (row(a).unwrap_or_default(), row(b).unwrap_or_default());
    let orders = columns.iter().zip(a.iter().zip(b)).map(|(column, (a, b))| column.order(*a, *b));
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Sorts items whose order is simple: the standard library does, in parts if there are so many that it takes long.
fn sort_simple<T: Copy>(
    cx: &Context,
    items: &mut [T],
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<(), Raised> {
    if items.len() <= AT_ONCE {
        items.sort_by(order);
        return Ok(());
    }
    for part in items.chunks_mut(AT_ONCE) {
        cx.check_interrupt()?;
        part.sort_by(&order);
    }
    let mut step = 0;
    merge_sort(items, &mut |a, b| {
        step += 1;
        cx.poll(step)?;
        Ok(order(a, b).is_lt())
    })
}

/// `a < b` and its kind.
///
/// # Errors
/// `TypeError` where they have no order, `RecursionError`; [`Context::needs_code`].
pub fn holds<'t>(cx: &'t Context, op: Comparison, a: Value<'t>, b: Value<'t>) -> Result<bool, Raised> {
    if a.word().both_small(b.word()) {
        return Ok(op.holds(Some(a.word().as_small().cmp(&b.word().as_small()))));
    }
    // Not of a subclass, which may have its own order.
    if let (Some(Kind::Tuple), Some(Kind::Tuple)) = (a.kind(), b.kind())
        && let (Some(a), Some(b)) = (a.get::<Tuple>(), b.get::<Tuple>())
    {
        return cx.nested(&COMPARISON, || items_hold(cx, op, a.items(), b.items()));
    }
    if cx.class_of(a).has(class_flag::CUSTOM_ORDER) || cx.class_of(b).has(class_flag::CUSTOM_ORDER) {
        return Err(cx.needs_code());
    }
    if let Some(order) = compare_numbers(a, b) {
        return Ok(op.holds(order));
    }
    if let (Some(a), Some(b)) = (a.get::<Tuple>(), b.get::<Tuple>()) {
        return cx.nested(&COMPARISON, || items_hold(cx, op, a.items(), b.items()));
    }
    if let (Some(a), Some(b)) = (a.get::<List>(), b.get::<List>()) {
        let (a, b) = lists_at_once(cx, a, b);
        return cx.nested(&COMPARISON, || items_hold(cx, op, &a, &b));
    }
    if let Some(part) = algebra::compare(cx, op, a, b)? {
        return Ok(part);
    }
    if matches!(a.plain().kind(), Some(Kind::Str | Kind::Bytes | Kind::Slice))
        && let Some(order) = super::compare::order(cx, a, b)?
    {
        return Ok(op.holds(order));
    }
    Err(no_order(cx, op, a, b))
}

fn items_hold<'t>(cx: &'t Context, op: Comparison, a: &[Value<'t>], b: &[Value<'t>]) -> Result<bool, Raised> {
    for (step, (a, b)) in a.iter().zip(b).enumerate() {
        cx.poll(step)?;
        if a.is(*b) {
            continue;
        }
        if a.word().both_small(b.word()) || !same_key(cx, *a, *b)? {
            return holds(cx, op, *a, *b);
        }
    }
    Ok(op.holds(Some(a.len().cmp(&b.len()))))
}

/// The `TypeError` of two values that have no order.
#[cold]
pub fn no_order(cx: &Context, op: Comparison, a: Value<'_>, b: Value<'_>) -> Raised {
    cx.type_error(format_args!(
        "'{}' not supported between instances of '{}' and '{}'",
        op.symbol(),
        cx.type_name(a),
        cx.type_name(b)
    ))
}

/// Sorts with a comparison that may fail; then the items are partly sorted, but all there.
fn merge_sort<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let shortest = shortest_run(items.len());
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let rest = &mut items[start..];
        let mut run = count_run(rest, less)?;
        if run < shortest {
            let wanted = shortest.min(rest.len());
            insert_rest(&mut rest[..wanted], run, less)?;
            run = wanted;
        }
        runs.push((start, run));
        start += run;
        while let [.., (from, first), (_, second)] = runs[..]
            && (first <= second || start == items.len())
        {
            merge(&mut items[from..from + first + second], first, less)?;
            runs.pop();
            if let Some(last) = runs.last_mut() {
                last.1 = first + second;
            }
        }
    }
    Ok(())
}

/// The length below which a run is extended (`merge_compute_minrun`).
fn shortest_run(mut len: usize) -> usize {
    let mut odd = 0;
    while len >= MIN_MERGE {
        odd |= len & 1;
        len >>= 1;
    }
    len + odd
}

/// How many items at the front are in order; a descending run is reversed first, its equal items kept in their order.
fn count_run<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    let len = items.len();
    let mut run = 1;
    while run < len && !less(&items[run], &items[run - 1])? {
        run += 1;
    }
    if run >= len {
        return Ok(len);
    }
    if run > 1 {
        if less(&items[0], &items[run - 1])? {
            return Ok(run);
        }
        // All equal so far, and the next one is smaller.
        items[..run].reverse();
    }
    run += 1;
    let mut equal = 0;
    while run < len {
        if less(&items[run], &items[run - 1])? {
            items[run - equal - 1..run].reverse();
            equal = 0;
        } else if less(&items[run - 1], &items[run])? {
            break;
        } else {
            equal += 1;
        }
        run += 1;
    }
    items[run - equal - 1..run].reverse();
    items[..run].reverse();
    while run < len && !less(&items[run], &items[run - 1])? {
        run += 1;
    }
    Ok(run)
}

/// Sorts by binary insertion; the first `sorted` items are in order.
fn insert_rest<T: Copy, E>(
    items: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    for next in sorted..items.len() {
        let (mut left, mut right) = (0, next);
        while left < right {
            let middle = (left + right) / 2;
            if less(&items[next], &items[middle])? {
                right = middle;
            } else {
                left = middle + 1;
            }
        }
        items[left..=next].rotate_right(1);
    }
    Ok(())
}

/// Merges two runs, the first of which ends at `middle`.
fn merge<T: Copy, E>(
    items: &mut [T],
    middle: usize,
    less: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let first = items[..middle].to_vec();
    let (mut from_first, mut from_second) = (0, middle);
    let mut result = Ok(());
    while from_first < first.len() && from_second < items.len() {
        let place = from_first + from_second - middle;
        match less(&items[from_second], &first[from_first]) {
            Ok(true) => {
                items[place] = items[from_second];
                from_second += 1;
            }
            Ok(false) => {
                items[place] = first[from_first];
                from_first += 1;
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    let rest = &first[from_first..];
    let place = from_first + from_second - middle;
    items[place..place + rest.len()].copy_from_slice(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_sorted_stably() {
        let mut seed = 1u64;
        for len in [0, 1, 2, 63, 64, 65, 1000, 4096] {
            let mut items: Vec<(u64, usize)> = (0..len)
                .map(|index| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    ((seed >> 40) % 50, index)
                })
                .collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let sorted: Result<(), ()> = merge_sort(&mut items, &mut |a, b| Ok(a.0 < b.0));
            assert_eq!((sorted, items), (Ok(()), expected));
        }
    }

    #[test]
    fn a_failed_sort_loses_nothing() {
        for fail_at in 0..600 {
            let mut items: Vec<usize> = (0..200).map(|index| index * 7919 % 211).collect();
            let mut expected = items.clone();
            let mut calls = 0;
            let result = merge_sort(&mut items, &mut |a, b| {
                calls += 1;
                if calls > fail_at { Err(()) } else { Ok(a < b) }
            });
            assert_eq!(result, Err(()));
            items.sort_unstable();
            expected.sort_unstable();
            assert_eq!(items, expected);
        }
    }
}
