//! Natives that only the prelude sees: with them the part of the containers that is written in the language reaches into
//! dicts, sets, lists and iterators. A key is found by code of the language, and then named by its hash and the object
//! itself; a native that changes something says whether what the code saw is still so.

use crate::heap::{Kind, Value};
use crate::value::algebra::{is_set_view, unproxied};
use crate::value::class::class_flag;
use crate::value::dict::Dict;
use crate::value::list::List;
use crate::value::record::{DictView, Iter};
use crate::value::sequence::{self, hash_in_set, truth};
use crate::value::set::Set;
use crate::value::sort::sort_by_keys;
use crate::value::{Builtin, Context, Raised, Res, drain, hash, int, iterate, number};
use crate::vm::native::{Args, Row};

use super::iterables::{has_own_operators, items_of, make_map, native_numbers};
use super::receiver::receiver;

pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_dict_candidates(dict, hash, /)", dict_candidates),
    Row::leaf("_dict_value(dict, hash, key, default, /)", dict_value),
    Row::leaf("_dict_replace(dict, hash, key, value, /)", dict_replace),
    Row::leaf("_dict_append(dict, hash, key, value, seen, /)", dict_append),
    Row::leaf("_dict_remove(dict, hash, key, default, /)", dict_remove),
    Row::leaf("_set_candidates(set, hash, /)", set_candidates),
    Row::leaf("_set_holds(set, hash, key, /)", set_holds),
    Row::leaf("_set_append(set, hash, key, seen, /)", set_append),
    Row::leaf("_set_remove(set, hash, key, /)", set_remove),
    Row::leaf("_set_like(set, contents, /)", set_like),
    Row::leaf("_own_set(set, /)", own_set),
    Row::leaf("_hashed_keys(container, /)", hashed_keys),
    Row::leaf("_set_take_over(set, contents, seen, /)", set_take_over),
    Row::leaf("_hash_in_set(object, /)", hash_of_item).twin("_hash_in_set_by_code"),
    Row::leaf("_hash_items(hashes, /)", hash_items),
    Row::leaf("_defines_hash(object, /)", defines_hash),
    Row::leaf("_iter(object, /)", iter),
    Row::leaf("_unproxied(object, /)", unproxy),
    Row::leaf("_viewed(view, /)", viewed),
    Row::leaf("_is_set_view(object, /)", is_view),
    Row::leaf("_get_item(object, key, /)", get_item).twin("getitem"),
    Row::leaf("_set_item(object, key, value, /)", set_item).twin("setitem"),
    Row::leaf("_del_item(object, key, /)", del_item).twin("delitem"),
    Row::leaf("_contains(object, item, /)", contains).twin("contains"),
    Row::leaf("_len(object, /)", len),
    Row::leaf("_repeat(sequence, times, /)", repeat),
    Row::leaf("_repeat_in_place(list, times, /)", repeat_in_place),
    Row::leaf("_scan(container, /)", scan),
    Row::leaf("_list_remove(list, item, /)", list_remove),
    Row::leaf("_list_take(list, /)", list_take),
    Row::leaf("_list_put(list, items, /)", list_put),
    Row::leaf("_sort_by_keys(items, keys, reverse, /)", sort_keys).twin("_sort_by_code"),
    Row::leaf("_sum_run(items, total, lost, /)", sum_run),
    Row::leaf("_make_map(function, iterators, /)", new_map),
    Row::leaf("_make_filter(function, iterator, /)", new_filter),
    Row::leaf("_make_enumerate(iterator, start, /)", new_enumerate),
    Row::leaf("_make_zip(iterators, strict, /)", new_zip),
    Row::leaf("_make_reversed(sequence, len, /)", new_reversed),
    Row::leaf("_iter_source(iterator, /)", |cx, args| {
        Ok(this_iter(cx, args)?.source().unwrap_or(Value::NONE))
    }),
    Row::leaf("_iter_extra(iterator, /)", |cx, args| Ok(this_iter(cx, args)?.extra().unwrap_or(Value::NONE))),
    Row::leaf("_iter_position(iterator, /)", |cx, args| Ok(cx.int(this_iter(cx, args)?.position()))),
    Row::leaf("_iter_limit(iterator, /)", |cx, args| Ok(cx.int(this_iter(cx, args)?.limit()))),
    Row::leaf("_iter_move(iterator, position, /)", iter_move),
    Row::leaf("_iter_ended(iterator, /)", |cx, args| {
        Ok(Value::bool(this_iter(cx, args)?.source().is_none()))
    }),
    Row::leaf("_iter_end(iterator, /)", iter_end),
    Row::leaf("_iter_count(iterator, /)", |cx, args| iterate::count(cx, this_iter(cx, args)?)),
];

fn this_dict<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Dict, Raised> {
    receiver(cx, args.at(0), "dict")
}

fn this_set<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Set, Raised> {
    receiver(cx, args.at(0), "set")
}

fn this_list<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t List, Raised> {
    receiver(cx, args.at(0), "list")
}

fn this_iter<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Iter, Raised> {
    receiver(cx, args.at(0), "iterator")
}

/// The second argument of the natives about a key.
fn hash_at(args: Args<'_>) -> i64 {
    int::i64_of(args.at(1)).unwrap_or(0)
}

fn dict_candidates<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.tuple(&this_dict(cx, args)?.candidates(hash_at(args)))
}

fn dict_value<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = this_dict(cx, args)?.get_identical(args.at(2), hash_at(args));
    Ok(value.unwrap_or_else(|| args.at(3)))
}

fn dict_replace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_dict(cx, args)?.replace_identical(cx, args.at(2), hash_at(args), args.at(3))))
}

fn dict_append<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let seen = items_of(cx, args.at(4));
    let added = this_dict(cx, args)?.add_unseen(cx, args.at(2), hash_at(args), args.at(3), &seen)?;
    Ok(Value::bool(added))
}

fn dict_remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let removed = this_dict(cx, args)?.remove_identical(cx, args.at(2), hash_at(args));
    Ok(removed.unwrap_or_else(|| args.at(3)))
}

fn set_candidates<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.tuple(&this_set(cx, args)?.candidates(hash_at(args)))
}

fn set_holds<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_set(cx, args)?.holds_identical(args.at(2), hash_at(args))))
}

fn set_append<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let seen = items_of(cx, args.at(3));
    this_set(cx, args)?.add_unseen(cx, args.at(2), hash_at(args), &seen).map(Value::bool)
}

fn set_remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_set(cx, args)?.remove_identical(cx, args.at(2), hash_at(args))))
}

/// A set, frozen if the first one is, that takes over the contents of the second, which nobody else knows.
fn set_like<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (like, contents) = (args.at(0).plain(), receiver::<Set>(cx, args.at(1), "set")?);
    let made = Set::new_like(cx, like.kind().unwrap_or(crate::heap::Kind::Set));
    made.take_over(cx, &cx.lock(made), contents);
    Ok(Value::object(made))
}

/// A new set of what a set or frozen set holds.
fn own_set<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver::<Set>(cx, args.at(0).plain(), "set")?.copy(cx, Kind::Set).map(Value::object)
}

/// The keys of a set or dict at one moment, each in a pair with its hash.
fn hashed_keys<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let container = args.at(0).plain();
    let keys: Vec<_> = match container.get::<Dict>() {
        Some(dict) => dict.held_keys(&cx.lock(dict)).collect(),
        None => {
            let set = receiver::<Set>(cx, container, "set")?;
            set.held_keys(&cx.lock(set)).collect()
        }
    };
    let pairs = keys.into_iter().map(|(key, hash)| cx.tuple(&[key, cx.int(hash)]));
    cx.list(&pairs.collect::<Result<Vec<_>, _>>()?)
}

/// Has a set take over the contents of another, which nobody else knows, if it still holds just what was seen; says whether
/// it does.
fn set_take_over<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (contents, seen) = (receiver::<Set>(cx, args.at(1), "set")?, items_of(cx, args.at(2)));
    Ok(Value::bool(this_set(cx, args)?.take_over_if(cx, contents, &seen)))
}

fn hash_of_item<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    hash_in_set(cx, args.at(0)).map(|hash| cx.int(hash))
}

fn hash_items<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let hashes = items_of(cx, args.at(0)).into_iter().map(|hash| Ok(int::i64_of(hash).unwrap_or(0)));
    hash::combine(hashes).map(|hash| cx.int(hash))
}

/// Whether the object's class defines `__hash__` in the language.
fn defines_hash<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(cx.class_of(args.at(0)).has(class_flag::CUSTOM_HASH)))
}

/// The native iterator of a built-in container, whatever a subclass says.
fn iter<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match iterate::iter(cx, args.at(0).plain()) {
        Some(iterator) => iterator,
        None => Err(drain::not_iterable(cx, args.at(0))),
    }
}

fn unproxy<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(unproxied(args.at(0)))
}

fn viewed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(receiver::<DictView>(cx, args.at(0), "dict_keys")?.dict().unwrap_or(Value::NONE))
}

fn is_view<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(is_set_view(args.at(0))))
}

fn get_item<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::get_item(cx, args.at(0), args.at(1)).map(|item| item.unwrap_or(Value::NONE))
}

fn set_item<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::set_item(cx, args.at(0), args.at(1), args.at(2)).map(|_| Value::NONE)
}

fn del_item<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::del_item(cx, args.at(0), args.at(1)).map(|_| Value::NONE)
}

fn contains<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::contains(cx, args.at(0), args.at(1)).map(|found| Value::bool(found == Some(true)))
}

fn len<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(sequence::len(args.at(0)).unwrap_or(0) as i64))
}

fn repeat<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::repeat(cx, args.at(0), args.at(1)).map(|made| made.unwrap_or(Value::NOT_IMPLEMENTED))
}

fn repeat_in_place<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    sequence::repeat_in_place(cx, args.at(0), args.at(1)).map(|made| made.unwrap_or(Value::NOT_IMPLEMENTED))
}

/// What gives the items of a built-in container to code that compares them. Where no other thread runs at the same time they
/// are taken one by one, and a comparison that changes the container shows, as in CPython. Otherwise they are those of one
/// moment, so that none that stays is missed.
fn scan<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let container = args.at(0).plain();
    if !cx.local().heap().is_parallel() || matches!(container.kind(), Some(Kind::Tuple | Kind::Range)) {
        return iter(cx, args);
    }
    cx.list(&drain::collect_native(cx, container)?.unwrap_or_default())
}

/// Removes the first item that is this very object; says whether there is one.
fn list_remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_list(cx, args)?.remove_identical(cx, args.at(1))))
}

/// Takes all items of a list that is being sorted.
fn list_take<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this_list(cx, args)?;
    let taken = List::with_capacity(cx, Builtin::List.shape(), 0)?;
    list.hand_over(cx, taken);
    Ok(Value::object(taken))
}

/// Gives them back; says whether the list was changed meanwhile.
fn list_put<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this_list(cx, args)?;
    let changed = list.take_over(cx, receiver::<List>(cx, args.at(1), "list")?);
    Ok(Value::bool(changed))
}

/// Sorts the items of a list by their keys (None: by themselves).
fn sort_keys<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this_list(cx, args)?;
    let items = list.to_vec(cx);
    let keys = if args.at(1).is_none() { items.clone() } else { items_of(cx, args.at(1)) };
    let mut pairs: Vec<_> = keys.into_iter().zip(items).collect();
    sort_by_keys(cx, &mut pairs, truth(cx, args.at(2))?)?;
    let sorted: Vec<_> = pairs.into_iter().map(|(_, item)| item).collect();
    list.replace(cx, &sorted)?;
    Ok(Value::NONE)
}

/// Adds a run of items to a total: the sum, what rounding has lost of it, and how many of the items are in it.
fn sum_run<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (items, total) = (items_of(cx, args.at(0)), args.at(1));
    let numbers = if has_own_operators(cx, total) { &[] } else { native_numbers(cx, &items) };
    let run = number::sum_run(cx, total, args.at(2).as_float().unwrap_or_default(), numbers)?;
    cx.tuple(&[run.total, Value::float(run.lost), cx.int(run.count as i64)])
}

fn new_map<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    make_map(cx, args.at(0), &items_of(cx, args.at(1)))
}

fn new_filter<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(Iter::new(cx, Builtin::Filter, Some(args.at(0)), Some(args.at(1)), [0; 3])))
}

fn new_enumerate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(iterate::enumerate(cx, args.at(0), args.at(1)))
}

fn new_zip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    iterate::zip(cx, &items_of(cx, args.at(0)), truth(cx, args.at(1))?)
}

fn new_reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let len = int::i64_of(args.at(1)).unwrap_or(0);
    Ok(Value::object(Iter::new(cx, Builtin::Reversed, Some(args.at(0)), None, [len, 0, 0])))
}

fn iter_move<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this_iter(cx, args)?.set_position(int::i64_of(args.at(1)).unwrap_or(0));
    Ok(Value::NONE)
}

fn iter_end<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this_iter(cx, args)?.set_source(cx, None);
    Ok(Value::NONE)
}
