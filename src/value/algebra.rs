//! Sets as CPython combines them (Objects/setobject.c): which operand is walked decides the order of the result. Also the
//! views of dicts that act as sets, the union of dicts, and the comparison of sets.

use crate::heap::{Kind, Value};

use super::builtin::Builtin;
use super::compare::{Comparison, same_key};
use super::context::{Context, Raised, Res};
use super::dict::Dict;
use super::drain::{items, with_items};
use super::hash::hash;
use super::iterate::{View, collect_native, view_class};
use super::record::MappingProxy;
use super::sequence::{Maybe, contains, hash_in_set, len, view_dict};
use super::set::{Set, SetEntry};

/// An operator of sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetOp {
    /// `|`
    Or,
    /// `&`
    And,
    /// `-`
    Sub,
    /// `^`
    Xor,
}

/// `a op b` of two sets, two dicts (`|` only), or a view that acts as a set and any iterable.
///
/// # Errors
/// `TypeError` for unhashable items and for what is not iterable; [`Context::needs_code`].
pub fn binary<'t>(cx: &'t Context, op: SetOp, a: Value<'t>, b: Value<'t>) -> Maybe<'t> {
    let (a, b) = (unproxied(a), unproxied(b));
    if let (SetOp::Or, Some(first), Some(second)) = (op, a.get::<Dict>(), b.get::<Dict>()) {
        let union = first.copy(cx)?;
        union.merge(cx, second)?;
        return Ok(Some(Value::object(union)));
    }
    if let (Some(first), Some(_)) = (a.get::<Set>(), b.get::<Set>()) {
        let kind = a.kind().unwrap_or(Kind::Set);
        let made = match op {
            SetOp::Or => {
                let union = first.copy(cx, kind)?;
                update(cx, union, b)?;
                union
            }
            SetOp::And => intersection(cx, first, kind, b)?,
            SetOp::Sub => difference(cx, first, kind, b)?,
            SetOp::Xor => symmetric_difference(cx, first, kind, b)?,
        };
        return Ok(Some(Value::object(made)));
    }
    if is_set_view(a) || is_set_view(b) {
        return combine_view(cx, op, a, b).map(Some);
    }
    Ok(None)
}

/// What a read-only view of a mapping shows; of an instance of a subclass, the built-in object.
pub fn unproxied(value: Value<'_>) -> Value<'_> {
    let plain = value.plain();
    plain.get::<MappingProxy>().and_then(MappingProxy::mapping).map_or(plain, Value::plain)
}

/// `a op= b` of a set and a set, or of a dict and (`|=` only) a mapping or an iterable of pairs.
///
/// # Errors
/// As [`binary`].
pub fn in_place<'t>(cx: &'t Context, op: SetOp, a: Value<'t>, b: Value<'t>) -> Maybe<'t> {
    if let (SetOp::Or, Some(dict)) = (op, a.get::<Dict>()) {
        update_dict(cx, dict, b)?;
        return Ok(Some(a));
    }
    if a.plain().kind() != Some(Kind::Set) {
        return Ok(None);
    }
    let (Some(set), Some(_)) = (a.get::<Set>(), b.get::<Set>()) else { return Ok(None) };
    let b = b.plain();
    match op {
        SetOp::Or => update(cx, set, b)?,
        SetOp::And => set.take_over(cx, intersection(cx, set, Kind::Set, b)?),
        SetOp::Sub => difference_update(cx, set, b)?,
        SetOp::Xor => symmetric_difference_update(cx, set, b)?,
    }
    Ok(Some(a))
}

/// A plain dict: CPython takes the hashes it knows of such a one only.
fn exact_dict<'t>(cx: &Context, value: Value<'t>) -> Option<&'t Dict> {
    if cx.class_of(value).is(Builtin::Dict) { value.get::<Dict>() } else { None }
}

/// `set.update` with one iterable.
///
/// # Errors
/// As [`binary`]; what was added before stays.
pub fn update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    if let Some(other) = other.get::<Set>() {
        return set.merge(cx, other);
    }
    if let Some(dict) = exact_dict(cx, other) {
        set.reserve(cx, dict.len())?;
        for entry in dict.entries() {
            if let Some((key, _)) = entry.pair() {
                set.add_hashed(cx, key, entry.hash())?;
            }
        }
        return Ok(());
    }
    with_items(cx, other, |items| items.into_iter().try_for_each(|item| set.add(cx, item).map(|_| ())))
}

/// The keys with their hashes.
fn live<'t>(set: &'t Set) -> impl Iterator<Item = (Value<'t>, i64)> {
    set.entries().iter().filter_map(|entry: &SetEntry| Some((entry.key()?, entry.hash())))
}

/// What is in both.
///
/// # Errors
/// As [`binary`].
pub fn intersection<'t>(
    cx: &'t Context,
    set: &'t Set,
    kind: Kind,
    other: Value<'t>,
) -> Result<&'t Set, Raised> {
    let result = Set::new_like(cx, kind);
    if let Some(other) = other.get::<Set>() {
        if std::ptr::eq(set, other) {
            return set.copy(cx, kind);
        }
        let (walked, asked) = if other.len() > set.len() { (set, other) } else { (other, set) };
        for (key, hash) in live(walked) {
            if asked.contains_hashed(cx, key, hash)? {
                result.add_hashed(cx, key, hash)?;
            }
        }
        return Ok(result);
    }
    with_items(cx, other, |items| {
        for item in items {
            let hash = hash(cx, item)?;
            if set.contains_hashed(cx, item, hash)? {
                result.add_hashed(cx, item, hash)?;
            }
        }
        Ok(result)
    })
}

/// What is in the set only.
///
/// # Errors
/// As [`binary`].
pub fn difference<'t>(
    cx: &'t Context,
    set: &'t Set,
    kind: Kind,
    other: Value<'t>,
) -> Result<&'t Set, Raised> {
    let (as_set, as_dict) = (other.get::<Set>(), exact_dict(cx, other));
    let other_len = as_set.map(Set::len).or(as_dict.map(Dict::len));
    if other_len.is_none_or(|other_len| set.len() >> 2 > other_len) {
        let copy = set.copy(cx, kind)?;
        difference_update(cx, copy, other)?;
        return Ok(copy);
    }
    let result = Set::new_like(cx, kind);
    for (key, hash) in live(set) {
        let found = match (as_set, as_dict) {
            (Some(other), _) => other.contains_hashed(cx, key, hash)?,
            (None, Some(dict)) => dict.find(cx, key, hash)?.is_some(),
            (None, None) => false,
        };
        if !found {
            result.add_hashed(cx, key, hash)?;
        }
    }
    Ok(result)
}

/// `set.difference_update` with one iterable.
///
/// # Errors
/// As [`binary`]; what was removed before stays.
pub fn difference_update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    match other.get::<Set>() {
        Some(other) if std::ptr::eq(set, other) => {
            set.clear(cx);
            return Ok(());
        }
        Some(other) => {
            for (key, hash) in live(other) {
                set.remove_hashed(cx, key, hash)?;
            }
        }
        None => with_items(cx, other, |items| {
            items.into_iter().try_for_each(|item| set.remove(cx, item).map(|_| ()))
        })?,
    }
    set.sweep_removed(cx)
}

/// `set.symmetric_difference_update`
///
/// # Errors
/// As [`binary`].
pub fn symmetric_difference_update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    let keys: Vec<(Value<'t>, i64)> = if let Some(other) = other.get::<Set>() {
        if std::ptr::eq(set, other) {
            set.clear(cx);
            return Ok(());
        }
        live(other).collect()
    } else if let Some(dict) = exact_dict(cx, other) {
        dict.entries().iter().filter_map(|entry| Some((entry.pair()?.0, entry.hash()))).collect()
    } else {
        let unique = Set::new_set(cx);
        update(cx, unique, other)?;
        live(unique).collect()
    };
    // Before anything is changed: whether a comparison needs code.
    for (key, hash) in &keys {
        set.contains_hashed(cx, *key, *hash)?;
    }
    for (key, hash) in keys {
        if !set.remove_hashed(cx, key, hash)? {
            set.add_hashed(cx, key, hash)?;
        }
    }
    Ok(())
}

/// What is in exactly one of both.
///
/// # Errors
/// As [`binary`].
pub fn symmetric_difference<'t>(
    cx: &'t Context,
    set: &'t Set,
    kind: Kind,
    other: Value<'t>,
) -> Result<&'t Set, Raised> {
    let result = Set::new_like(cx, kind);
    update(cx, result, other)?;
    symmetric_difference_update(cx, result, Value::object(set))?;
    Ok(result)
}

/// Whether it is a view of keys or of items.
pub fn is_set_view(value: Value<'_>) -> bool {
    value.kind() == Some(Kind::DictView) && view_class(value) != View::Values
}

fn set_of<'t>(cx: &'t Context, iterable: Value<'t>) -> Result<&'t Set, Raised> {
    let set = Set::new_set(cx);
    // Of a view of keys CPython takes the dict.
    let keys = view_dict(iterable).filter(|_| view_class(iterable) == View::Keys).map(Value::object);
    update(cx, set, keys.unwrap_or(iterable))?;
    Ok(set)
}

fn combine_view<'t>(cx: &'t Context, op: SetOp, a: Value<'t>, b: Value<'t>) -> Res<'t> {
    let made = match op {
        SetOp::And => return intersect_view(cx, a, b),
        SetOp::Or => {
            let union = set_of(cx, a)?;
            update(cx, union, b)?;
            union
        }
        SetOp::Sub => {
            let rest = set_of(cx, a)?;
            difference_update(cx, rest, b)?;
            rest
        }
        SetOp::Xor if is_items(a) && is_items(b) => return xor_items(cx, a, b),
        SetOp::Xor => {
            let rest = set_of(cx, a)?;
            symmetric_difference_update(cx, rest, b)?;
            rest
        }
    };
    Ok(Value::object(made))
}

fn is_items(value: Value<'_>) -> bool {
    value.kind() == Some(Kind::DictView) && view_class(value) == View::Items
}

fn intersect_view<'t>(cx: &'t Context, a: Value<'t>, b: Value<'t>) -> Res<'t> {
    let (mut view, mut other) = if is_set_view(a) { (a, b) } else { (b, a) };
    let size = |value| len(value).unwrap_or(0);
    if let Some(set) = other.get::<Set>()
        && size(view) <= set.len()
    {
        let kind = other.plain().kind().unwrap_or(Kind::Set);
        return intersection(cx, set, kind, view).map(Value::object);
    }
    if is_set_view(other) && size(other) > size(view) {
        (view, other) = (other, view);
    }
    let result = Set::new_set(cx);
    with_items(cx, other, |items| {
        for item in items {
            if contains(cx, view, item)? == Some(true) {
                result.add(cx, item)?;
            }
        }
        Ok(Value::object(result))
    })
}

fn xor_items<'t>(cx: &'t Context, a: Value<'t>, b: Value<'t>) -> Res<'t> {
    let result = Set::new_set(cx);
    if let (Some(a), Some(b)) = (view_dict(a), view_dict(b)) {
        let (small, large) = if a.len() > b.len() { (b, a) } else { (a, b) };
        let rest = small.copy(cx)?;
        for entry in large.entries() {
            let Some((key, value)) = entry.pair() else { continue };
            match rest.find(cx, key, entry.hash())? {
                Some(found) if same_key(cx, found.value().get().unwrap_or(Value::NONE), value)? => {
                    rest.remove_entry(cx, found);
                }
                _ => {
                    result.add(cx, cx.tuple(&[key, value])?)?;
                }
            }
        }
        for (key, value) in rest.iter() {
            result.add(cx, cx.tuple(&[key, value])?)?;
        }
    }
    Ok(Value::object(result))
}

/// Whether it can be compared as a set.
fn is_set_like(value: Value<'_>) -> bool {
    value.get::<Set>().is_some() || is_set_view(value)
}

/// `a < b` and its kind of sets and of views that act as sets: whether one is a part of the other.
///
/// # Errors
/// [`Context::needs_code`].
pub fn compare<'t>(
    cx: &'t Context,
    op: Comparison,
    a: Value<'t>,
    b: Value<'t>,
) -> Result<Option<bool>, Raised> {
    let (a, b) = (a.plain(), b.plain());
    if !is_set_like(a) || !is_set_like(b) {
        return Ok(None);
    }
    let (small, large, strict) = match op {
        Comparison::Lt => (a, b, true),
        Comparison::Le => (a, b, false),
        Comparison::Gt => (b, a, true),
        Comparison::Ge => (b, a, false),
        Comparison::Eq | Comparison::Ne => return Ok(None),
    };
    let sizes = len(small).cmp(&len(large));
    if sizes.is_gt() || strict && sizes.is_eq() {
        return Ok(Some(false));
    }
    is_part(cx, small, large).map(Some)
}

/// `a == b` where at least one is a view that acts as a set; `None` if the other cannot be compared with it.
///
/// # Errors
/// [`Context::needs_code`].
pub fn equal_views(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<Option<bool>, Raised> {
    if !is_set_like(a) || !is_set_like(b) {
        return Ok(None);
    }
    Ok(Some(len(a) == len(b) && is_part(cx, a, b)?))
}

fn is_part(cx: &Context, small: Value<'_>, large: Value<'_>) -> Result<bool, Raised> {
    if let (Some(small), Some(large)) = (small.get::<Set>(), large.get::<Set>()) {
        return small.is_subset(cx, large);
    }
    for item in collect_native(cx, small)?.unwrap_or_default() {
        if contains(cx, large, item)? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `dict.update` with one mapping or iterable of pairs.
///
/// # Errors
/// `TypeError`, `ValueError`; [`Context::needs_code`]: then what was set natively is set again by the twin.
pub fn update_dict<'t>(cx: &'t Context, dict: &Dict, other: Value<'t>) -> Result<(), Raised> {
    let class = cx.class_of(other);
    if let Some(from) = unproxied(other).get::<Dict>()
        && !class.has(super::class::class_flag::CUSTOM_ITER)
    {
        return dict.merge(cx, from);
    }
    if class.lookup_str(cx, "keys").is_some() || has_keys(cx, other) {
        return Err(cx.needs_code());
    }
    with_items(cx, other, |pairs| {
        for (index, pair) in pairs.into_iter().enumerate() {
            let (key, value) = pair_of(cx, index, pair)?;
            dict.set(cx, key, value)?;
        }
        Ok(())
    })
}

/// An attribute of the instance: `keys` need not stand in the class.
fn has_keys(cx: &Context, value: Value<'_>) -> bool {
    let instance = value.get::<super::instance::Instance>();
    instance.is_some_and(|instance| matches!(instance.attribute(cx, cx.intern("keys")), Ok(Some(_))))
}

fn pair_of<'t>(cx: &'t Context, index: usize, pair: Value<'t>) -> Result<(Value<'t>, Value<'t>), Raised> {
    let not_a_pair = || {
        cx.type_error(format_args!(
            "cannot convert dictionary update sequence element #{index} to a sequence"
        ))
    };
    super::drain::with_items_or(cx, pair, not_a_pair, |parts| match parts[..] {
        [key, value] => Ok((key, value)),
        _ => Err(cx.value_error(format_args!(
            "dictionary update sequence element #{index} has length {}; 2 is required",
            parts.len()
        ))),
    })
}

/// Whether no item of the iterable is in the set or the view.
///
/// # Errors
/// As [`binary`].
pub fn is_disjoint<'t>(cx: &'t Context, set: Value<'t>, other: Value<'t>) -> Result<bool, Raised> {
    let (set, other) = match (set.get::<Set>(), other.get::<Set>()) {
        (Some(first), Some(second)) if second.len() > first.len() => (other, set),
        _ => (set, other),
    };
    if let (Some(asked), Some(walked)) = (set.get::<Set>(), other.get::<Set>()) {
        for (key, hash) in live(walked) {
            if asked.contains_hashed(cx, key, hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    for item in items(cx, other)? {
        let found = match set.get::<Set>() {
            Some(set) => set.contains_hashed(cx, item, hash_in_set(cx, item)?)?,
            None => contains(cx, set, item)? == Some(true),
        };
        if found {
            return Ok(false);
        }
    }
    Ok(true)
}
