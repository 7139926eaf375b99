//! The methods of `set` and `frozenset`.

use crate::heap::{Kind, Object, Value};
use crate::value::algebra::{
    difference as without, difference_update as remove_all, intersection as common,
    intersection_update as keep_common, is_disjoint, symmetric_difference as either,
    symmetric_difference_update as flip, update as add_all,
};
use crate::value::drain::with_items_at_hand;
use crate::value::sequence::hash_in_set;
use crate::value::set::Set;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};

use super::receiver::receiver;

/// Of `set`.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("add(self, object, /)", add).twin("set_add"),
    Row::leaf("clear(self, /)", clear),
    Row::leaf("copy(self, /)", copy),
    Row::leaf("difference(self, *others)", difference).twin("set_difference"),
    Row::leaf("difference_update(self, *others)", difference_update).twin("set_difference_update"),
    Row::leaf("discard(self, object, /)", discard).twin("set_discard"),
    Row::leaf("intersection(self, *others)", intersection).twin("set_intersection"),
    Row::leaf("intersection_update(self, *others)", intersection_update).twin("set_intersection_update"),
    Row::leaf("isdisjoint(self, other, /)", isdisjoint).twin("set_isdisjoint"),
    Row::leaf("issubset(self, other, /)", issubset).twin("set_issubset"),
    Row::leaf("issuperset(self, other, /)", issuperset).twin("set_issuperset"),
    Row::leaf("pop(self, /)", pop),
    Row::leaf("remove(self, object, /)", remove).twin("set_remove"),
    Row::leaf("symmetric_difference(self, other, /)", symmetric_difference).twin("set_symmetric_difference"),
    Row::leaf("symmetric_difference_update(self, other, /)", symmetric_difference_update)
        .twin("set_symmetric_difference_update"),
    Row::leaf("union(self, *others)", union).twin("set_union"),
    Row::leaf("update(self, *others)", update).twin("set_update"),
];

/// Of `frozenset`.
pub(crate) static FROZEN_ROWS: &[Row] = &[
    Row::leaf("copy(self, /)", copy),
    Row::leaf("difference(self, *others)", difference).twin("set_difference"),
    Row::leaf("intersection(self, *others)", intersection).twin("set_intersection"),
    Row::leaf("isdisjoint(self, other, /)", isdisjoint).twin("set_isdisjoint"),
    Row::leaf("issubset(self, other, /)", issubset).twin("set_issubset"),
    Row::leaf("issuperset(self, other, /)", issuperset).twin("set_issuperset"),
    Row::leaf("symmetric_difference(self, other, /)", symmetric_difference).twin("set_symmetric_difference"),
    Row::leaf("union(self, *others)", union).twin("set_union"),
];

/// `set(iterable)`
pub(crate) static NEW: Row = Row::leaf("set(iterable=(), /)", new).twin("set_new");

/// `frozenset(iterable)`
pub(crate) static NEW_FROZEN: Row = Row::leaf("frozenset(iterable=(), /)", new_frozen).twin("frozenset_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Set, Raised> {
    receiver(cx, args.at(0), "set")
}

/// The kind of a result: that of the set a method is called on.
fn kind(set: &Set) -> Kind {
    set.header().kind()
}

fn others<'t>(args: Args<'t>) -> &'t [Value<'t>] {
    match args.get(1) {
        Some(others) => rest(others),
        None => &[],
    }
}

fn rest(others: Value<'_>) -> &[Value<'_>] {
    others.get::<Tuple>().map_or(&[], Tuple::items)
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = Set::new_set(cx);
    if let Some(iterable) = args.get(0) {
        add_all(cx, set, iterable)?;
    }
    Ok(Value::object(set))
}

fn new_frozen<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = Set::new_frozen(cx);
    match args.get(0) {
        Some(iterable) if cx.class_of(iterable).is(Builtin::FrozenSet) => return Ok(iterable),
        Some(iterable) => add_all(cx, set, iterable)?,
        None => {}
    }
    Ok(Value::object(set))
}

fn add<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.add(cx, args.at(1))?;
    Ok(Value::NONE)
}

fn clear<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.clear(cx);
    Ok(Value::NONE)
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    if cx.class_of(args.at(0)).is(Builtin::FrozenSet) {
        return Ok(args.at(0));
    }
    set.copy(cx, kind(set)).map(Value::object)
}

/// Removes a key, given as what a set is asked for; says whether it was there.
fn take_out(cx: &Context, set: &Set, key: Value<'_>) -> Result<bool, Raised> {
    set.remove(cx, key, hash_in_set(cx, key)?)
}

fn discard<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    take_out(cx, this(cx, args)?, args.at(1))?;
    Ok(Value::NONE)
}

fn remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if take_out(cx, this(cx, args)?, args.at(1))? {
        return Ok(Value::NONE);
    }
    Err(cx.raise_with(Builtin::KeyError, &[args.at(1)]))
}

fn pop<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let popped = this(cx, args)?.pop(cx);
    popped.ok_or_else(|| cx.raise(Builtin::KeyError, "pop from an empty set"))
}

fn isdisjoint<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    is_disjoint(cx, args.at(0), args.at(1)).map(Value::bool)
}

fn issubset<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    let subset = match args.at(1).get::<Set>() {
        Some(other) => set.is_part(cx, other, false)?,
        None => common(cx, set, Kind::Set, args.at(1))?.len() == set.len(),
    };
    Ok(Value::bool(subset))
}

fn issuperset<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    if let Some(other) = args.at(1).get::<Set>() {
        return Ok(Value::bool(other.is_part(cx, set, false)?));
    }
    with_items_at_hand(cx, args.at(1), |items| {
        for (step, item) in items.into_iter().enumerate() {
            cx.poll(step)?;
            if !set.contains_hashed(cx, item, hash_in_set(cx, item)?)? {
                return Ok(Value::FALSE);
            }
        }
        Ok(Value::TRUE)
    })
}

fn union<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    let result = set.copy(cx, kind(set))?;
    for other in others(args) {
        add_all(cx, result, *other)?;
    }
    Ok(Value::object(result))
}

fn update<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    for other in others(args) {
        add_all(cx, set, *other)?;
    }
    Ok(Value::NONE)
}

fn intersection<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    let others = others(args);
    let Some((first, more)) = others.split_first() else {
        return set.copy(cx, kind(set)).map(Value::object);
    };
    let mut result = common(cx, set, kind(set), *first)?;
    for other in more {
        result = common(cx, result, kind(set), *other)?;
    }
    Ok(Value::object(result))
}

fn intersection_update<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    if let [other] = others(args) {
        keep_common(cx, set, *other)?;
    } else if let Some(result) = intersection(cx, args)?.get::<Set>() {
        set.take_over(cx, &cx.lock(set), result);
    }
    Ok(Value::NONE)
}

fn difference<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    let others = others(args);
    let Some((first, more)) = others.split_first() else {
        return set.copy(cx, kind(set)).map(Value::object);
    };
    let result = without(cx, set, kind(set), *first)?;
    for other in more {
        remove_all(cx, result, *other)?;
    }
    Ok(Value::object(result))
}

fn difference_update<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    for other in others(args) {
        remove_all(cx, set, *other)?;
    }
    Ok(Value::NONE)
}

fn symmetric_difference<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let set = this(cx, args)?;
    either(cx, set, kind(set), args.at(1)).map(Value::object)
}

fn symmetric_difference_update<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    flip(cx, this(cx, args)?, args.at(1))?;
    Ok(Value::NONE)
}
