//! Sets as CPython combines them (Objects/setobject.c): which operand is walked decides the order of the result. Also the
//! views of dicts that act as sets, the union of dicts, and the comparison of sets.
//!
//! What is done to two sets, or to a set and a dict, is one step for the other threads: both are locked. A result that
//! nobody knows yet is filled under the same locks.

use crate::heap::{Held, Kind, Value};

use super::builtin::Builtin;
use super::compare::{Comparison, same_key};
use super::context::{Context, Raised, Res};
use super::dict::Dict;
use super::drain::{collect_native, with_items, with_items_at_hand};
use super::hash::hash;
use super::iterate::{View, view_class};
use super::record::MappingProxy;
use super::sequence::{Maybe, contains, hash_in_set, len, view_dict};
use super::set::Set;

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
        return first.union(cx, second).map(|union| Some(Value::object(union)));
    }
    if let (Some(first), Some(second)) = (a.get::<Set>(), b.get::<Set>()) {
        let kind = a.kind().unwrap_or(Kind::Set);
        let made = match op {
            SetOp::Or => {
                let (held, _other_held) = cx.lock_both(first, second);
                let union = first.held_copy(cx, &held, kind)?;
                union.merge(cx, &held, second)?;
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
    behind_proxies(value).plain()
}

/// What a read-only view of a mapping shows, or one of such a view.
pub fn behind_proxies(mut value: Value<'_>) -> Value<'_> {
    while let Some(mapping) = value.plain().get::<MappingProxy>().and_then(MappingProxy::mapping) {
        value = mapping;
    }
    value
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
        SetOp::And => intersection_update(cx, set, b)?,
        SetOp::Sub => difference_update(cx, set, b)?,
        SetOp::Xor => symmetric_difference_update(cx, set, b)?,
    }
    Ok(Some(a))
}

/// A plain dict: CPython takes the hashes it knows of such a one only.
fn exact_dict<'t>(cx: &Context, value: Value<'t>) -> Option<&'t Dict> {
    if cx.class_of(value).is(Builtin::Dict) { value.get::<Dict>() } else { None }
}

/// What a set is combined with.
#[derive(Clone, Copy)]
enum Hashed<'t> {
    Set(&'t Set),
    Dict(&'t Dict),
}

impl<'t> Hashed<'t> {
    /// A set or plain dict: the hashes of its keys are known.
    fn of(cx: &Context, value: Value<'t>) -> Option<Hashed<'t>> {
        match value.get::<Set>() {
            Some(set) => Some(Hashed::Set(set)),
            None => exact_dict(cx, value).map(Hashed::Dict),
        }
    }

    /// Locks a set and this.
    fn lock_with<'a>(self, cx: &Context, set: &'a Set) -> (Held<'a>, Held<'a>)
    where
        't: 'a,
    {
        match self {
            Hashed::Set(other) => cx.lock_both(set, other),
            Hashed::Dict(other) => cx.lock_both(set, other),
        }
    }

    fn len(self) -> usize {
        match self {
            Hashed::Set(set) => set.len(),
            Hashed::Dict(dict) => dict.len(),
        }
    }

    fn keys(self, held: &Held<'_>) -> Vec<(Value<'t>, i64)> {
        match self {
            Hashed::Set(set) => set.held_keys(held).collect(),
            Hashed::Dict(dict) => dict.held_keys(held).collect(),
        }
    }

    fn contains(self, cx: &Context, held: &Held<'_>, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        match self {
            Hashed::Set(set) => set.held_contains(cx, held, key, hash),
            Hashed::Dict(dict) => dict.held_contains(cx, held, key, hash),
        }
    }

    fn add_to(self, cx: &Context, held: &Held<'_>, set: &Set) -> Result<(), Raised> {
        match self {
            Hashed::Set(other) => set.merge(cx, held, other),
            Hashed::Dict(other) => set.merge_dict(cx, held, other),
        }
    }
}

/// `set.update` with one iterable.
///
/// # Errors
/// As [`binary`]; what was added before stays.
pub fn update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    if let Some(other) = Hashed::of(cx, other) {
        let (held, _other_held) = other.lock_with(cx, set);
        return other.add_to(cx, &held, set);
    }
    with_items(cx, other, |items| {
        let held = cx.lock(set);
        items.into_iter().enumerate().try_for_each(|(step, item)| {
            cx.poll(step)?;
            set.held_add(cx, &held, item, hash(cx, item)?).map(drop)
        })
    })
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
    with_common(cx, set, kind, other, |_, common| common)
}

/// `set.intersection_update` with one iterable.
///
/// # Errors
/// As [`binary`].
pub fn intersection_update<'t>(cx: &'t Context, set: &'t Set, other: Value<'t>) -> Result<(), Raised> {
    with_common(cx, set, Kind::Set, other, |held, common| set.take_over(cx, held, common))
}

/// Gives `finish` what is in both, while the set is locked.
fn with_common<'t, R>(
    cx: &'t Context,
    set: &'t Set,
    kind: Kind,
    other: Value<'t>,
    finish: impl FnOnce(&Held<'_>, &'t Set) -> R,
) -> Result<R, Raised> {
    if let Some(other) = other.get::<Set>() {
        let (held, _other_held) = cx.lock_both(set, other);
        if std::ptr::eq(set, other) {
            return Ok(finish(&held, set.held_copy(cx, &held, kind)?));
        }
        let common = Set::new_like(cx, kind);
        let (walked, asked) = if other.len() > set.len() { (set, other) } else { (other, set) };
        for (step, (key, hash)) in walked.held_keys(&held).enumerate() {
            cx.poll(step)?;
            if asked.held_contains(cx, &held, key, hash)? {
                common.held_add(cx, &held, key, hash)?;
            }
        }
        return Ok(finish(&held, common));
    }
    with_items_at_hand(cx, other, |items| {
        let held = cx.lock(set);
        let common = Set::new_like(cx, kind);
        for (step, item) in items.into_iter().enumerate() {
            cx.poll(step)?;
            let hash = hash(cx, item)?;
            if set.held_contains(cx, &held, item, hash)? {
                common.held_add(cx, &held, item, hash)?;
            }
        }
        Ok(finish(&held, common))
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
    let Some(other) = Hashed::of(cx, other) else {
        return with_items(cx, other, |items| {
            let held = cx.lock(set);
            let rest = set.held_copy(cx, &held, kind)?;
            remove_all(cx, &held, rest, items)?;
            Ok(rest)
        });
    };
    let (held, _other_held) = other.lock_with(cx, set);
    if set.len() >> 2 > other.len() {
        let rest = set.held_copy(cx, &held, kind)?;
        for (step, (key, hash)) in other.keys(&held).into_iter().enumerate() {
            cx.poll(step)?;
            rest.held_remove(cx, &held, key, hash)?;
        }
        rest.sweep_removed(cx, &held)?;
        return Ok(rest);
    }
    let rest = Set::new_like(cx, kind);
    for (step, (key, hash)) in set.held_keys(&held).enumerate() {
        cx.poll(step)?;
        if !other.contains(cx, &held, key, hash)? {
            rest.held_add(cx, &held, key, hash)?;
        }
    }
    Ok(rest)
}

/// `set.difference_update` with one iterable.
///
/// # Errors
/// As [`binary`]; what was removed before stays.
pub fn difference_update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    let Some(other) = other.get::<Set>() else {
        return with_items_at_hand(cx, other, |items| remove_all(cx, &cx.lock(set), set, items));
    };
    let (held, _other_held) = cx.lock_both(set, other);
    if std::ptr::eq(set, other) {
        set.held_clear(cx, &held);
        return Ok(());
    }
    for (step, (key, hash)) in other.held_keys(&held).enumerate() {
        cx.poll(step)?;
        set.held_remove(cx, &held, key, hash)?;
    }
    set.sweep_removed(cx, &held)
}

fn remove_all(cx: &Context, held: &Held<'_>, set: &Set, items: Vec<Value<'_>>) -> Result<(), Raised> {
    for (step, item) in items.into_iter().enumerate() {
        cx.poll(step)?;
        set.held_remove(cx, held, item, hash(cx, item)?)?;
    }
    set.sweep_removed(cx, held)
}

/// `set.symmetric_difference_update`
///
/// # Errors
/// As [`binary`].
pub fn symmetric_difference_update<'t>(cx: &'t Context, set: &Set, other: Value<'t>) -> Result<(), Raised> {
    let other = match Hashed::of(cx, other) {
        Some(other) => other,
        None => {
            let unique = Set::new_set(cx);
            update(cx, unique, other)?;
            Hashed::Set(unique)
        }
    };
    let (held, _other_held) = other.lock_with(cx, set);
    if matches!(other, Hashed::Set(other) if std::ptr::eq(set, other)) {
        set.held_clear(cx, &held);
        return Ok(());
    }
    flip(cx, &held, set, &other.keys(&held))
}

/// Removes the keys that are there and adds the others.
fn flip(cx: &Context, held: &Held<'_>, set: &Set, keys: &[(Value<'_>, i64)]) -> Result<(), Raised> {
    // Before anything is changed: whether a comparison needs code.
    for (step, (key, hash)) in keys.iter().enumerate() {
        cx.poll(step)?;
        set.held_contains(cx, held, *key, *hash)?;
    }
    for (step, (key, hash)) in keys.iter().enumerate() {
        cx.poll(step)?;
        if !set.held_remove(cx, held, *key, *hash)? {
            set.held_add(cx, held, *key, *hash)?;
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
    match Hashed::of(cx, other) {
        Some(other) => {
            let (held, _other_held) = other.lock_with(cx, set);
            other.add_to(cx, &held, result)?;
            flip(cx, &held, result, &Hashed::Set(set).keys(&held))?;
        }
        None => {
            update(cx, result, other)?;
            symmetric_difference_update(cx, result, Value::object(set))?;
        }
    }
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
        for (step, item) in items.into_iter().enumerate() {
            cx.poll(step)?;
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
        let (held, other_held) = cx.lock_both(a, b);
        let (small, large) = if a.len() > b.len() { (b, a) } else { (a, b) };
        let (rest, large) = (small.held_copy(cx, &held)?, large.held_copy(cx, &held)?);
        // The values are compared when nothing is locked any more.
        drop((held, other_held));
        for entry in large.entries() {
            let Some((key, value)) = entry.pair() else { continue };
            match rest.get_hashed(cx, key, entry.hash())? {
                Some(found) if same_key(cx, found, value)? => {
                    rest.remove(cx, key)?;
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
    is_part(cx, small, large, strict).map(Some)
}

/// `a == b` where at least one is a view that acts as a set; `None` if the other cannot be compared with it.
///
/// # Errors
/// [`Context::needs_code`].
pub fn equal_views(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<Option<bool>, Raised> {
    if !is_set_like(a) || !is_set_like(b) {
        return Ok(None);
    }
    Ok(Some(len(a) == len(b) && is_part(cx, a, b, false)?))
}

fn is_part(cx: &Context, small: Value<'_>, large: Value<'_>, strictly: bool) -> Result<bool, Raised> {
    if let (Some(small), Some(large)) = (small.get::<Set>(), large.get::<Set>()) {
        return small.is_part(cx, large, strictly);
    }
    let keys = collect_native(cx, small)?.unwrap_or_default();
    let large_len = len(large).unwrap_or(0);
    if keys.len() > large_len || strictly && keys.len() == large_len {
        return Ok(false);
    }
    for item in keys {
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
        let mut known = Vec::with_capacity(pairs.len());
        let mut outcome = Ok(());
        for (index, pair) in pairs.into_iter().enumerate() {
            cx.poll(index)?;
            match pair_of(cx, index, pair) {
                Ok(pair) => known.push(pair),
                Err(raised) => {
                    outcome = Err(raised);
                    break;
                }
            }
        }
        // In one step, and where a pair is none: those before it.
        let held = cx.lock(dict);
        for (key, value) in known {
            dict.set_hashed(cx, &held, key, hash(cx, key)?, value)?;
        }
        outcome
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
        let (held, _other_held) = cx.lock_both(asked, walked);
        for (step, (key, hash)) in walked.held_keys(&held).enumerate() {
            cx.poll(step)?;
            if asked.held_contains(cx, &held, key, hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    with_items_at_hand(cx, other, |items| {
        for (step, item) in items.into_iter().enumerate() {
            cx.poll(step)?;
            let found = match set.get::<Set>() {
                Some(set) => set.contains_hashed(cx, item, hash_in_set(cx, item)?)?,
                None => contains(cx, set, item)? == Some(true),
            };
            if found {
                return Ok(false);
            }
        }
        Ok(true)
    })
}
