//! What the operators do on containers: length, items, membership, concatenation, repetition. `Ok(None)` (or `false`, of a
//! store) says that the operands are not of the built-in types that define the operation.

use crate::heap::{Kind, Value};

use super::algebra::behind_proxies;
use super::builtin::Builtin;
use super::bytes::Bytes;
use super::class::class_flag;
use super::compare::same_key;
use super::context::{Context, Raised};
use super::deque::{Deque, End};
use super::dict::Dict;
use super::drain::{not_iterable, with_items_for};
use super::hash::hash;
use super::iterate::{View, view_class};
use super::list::List;
use super::range::Range;
use super::record::DictView;
use super::set::Set;
use super::slice::{Bounds, Slice, has_index, slice_bounds};
use super::str::Str;
use super::tuple::{self, Tuple};
use super::{bytes, int, range, str};

/// What an operation on two operands gives; `None` if it is not theirs.
pub type Maybe<'t> = Result<Option<Value<'t>>, Raised>;

/// How many items a built-in container has; `None` if it is none, or a range that is longer than an index can say.
#[inline]
pub fn len(value: Value<'_>) -> Option<usize> {
    let value = value.plain();
    match value.kind()? {
        Kind::List => value.get::<List>().map(List::len),
        Kind::Tuple => value.get::<Tuple>().map(Tuple::len),
        Kind::Deque => value.get::<Deque>().map(Deque::len),
        Kind::Str => value.get::<Str>().map(Str::char_count),
        Kind::Bytes => value.get::<Bytes>().map(|bytes| bytes.as_bytes().len()),
        Kind::Dict => value.get::<Dict>().map(Dict::len),
        Kind::Set | Kind::FrozenSet => value.get::<Set>().map(Set::len),
        Kind::Range => usize::try_from(int::i64_of(value.get::<Range>()?.parts()[3])?).ok(),
        Kind::DictView => len(value.get::<DictView>()?.dict()?),
        Kind::MappingProxy => len(behind_proxies(value)),
        _ => None,
    }
}

/// `a + b` of two lists, tuples, strings or bytes objects.
///
/// # Errors
/// `MemoryError`.
pub fn concat<'t>(cx: &'t Context, a: Value<'t>, b: Value<'t>) -> Maybe<'t> {
    if let (Some(a), Some(b)) = (a.get::<Str>(), b.get::<Str>()) {
        return str::concat(cx, a, b).map(Some);
    }
    if let (Some(a), Some(b)) = (a.get::<List>(), b.get::<List>()) {
        return a.concat(cx, b).map(|list| Some(Value::object(list)));
    }
    if let (Some(first), Some(second)) = (a.get::<Tuple>(), b.get::<Tuple>()) {
        if second.is_empty() && cx.class_of(a).is(Builtin::Tuple) {
            return Ok(Some(a));
        }
        if first.is_empty() && cx.class_of(b).is(Builtin::Tuple) {
            return Ok(Some(b));
        }
        return cx.tuple(&[first.items(), second.items()].concat()).map(Some);
    }
    if let (Some(a), Some(b)) = (a.get::<Bytes>(), b.get::<Bytes>()) {
        return bytes::concat(cx, a, b).map(Some);
    }
    if let (Some(first), Some(second)) = (a.get::<Deque>(), b.get::<Deque>()) {
        let made = like(cx, a, first)?;
        made.extend(cx, End::Back, &second.to_vec(cx))?;
        return Ok(Some(Value::object(made)));
    }
    Ok(None)
}

/// `sequence * times` of a list, tuple, string or bytes object.
///
/// # Errors
/// `MemoryError`, `OverflowError`; [`Context::needs_code`] if `times` defines `__index__`.
pub fn repeat<'t>(cx: &'t Context, sequence: Value<'t>, times: Value<'t>) -> Maybe<'t> {
    let plain = sequence.plain();
    if !matches!(plain.kind(), Some(Kind::List | Kind::Tuple | Kind::Str | Kind::Bytes | Kind::Deque)) {
        return Ok(None);
    }
    let Some(times) = count_of(cx, times)? else { return Ok(None) };
    if let Some(deque) = plain.get::<Deque>() {
        let made = like(cx, sequence, deque)?;
        made.repeat(cx, times)?;
        return Ok(Some(Value::object(made)));
    }
    if let Some(list) = plain.get::<List>() {
        return repeat_list(cx, &list.to_vec(cx), times).map(|list| Some(Value::object(list)));
    }
    if let Some(tuple) = plain.get::<Tuple>() {
        if (times == 1 || tuple.is_empty()) && cx.class_of(sequence).is(Builtin::Tuple) {
            return Ok(Some(sequence));
        }
        let items = tuple.items();
        let total = items.len().checked_mul(times).filter(|total| *total <= tuple::MAX_LEN);
        let total = total.ok_or_else(|| cx.memory_error())?;
        let repeated = (0..total).map(|index| items[index % items.len()]);
        return Tuple::with_shape(cx, Builtin::Tuple.shape(), repeated).map(|made| Some(Value::object(made)));
    }
    if let Some(text) = plain.get::<Str>() {
        return str::repeat(cx, text, times as i64).map(Some);
    }
    match plain.get::<Bytes>() {
        Some(text) => bytes::repeat(cx, text, times as i64).map(Some),
        None => Ok(None),
    }
}

/// A copy of a deque; of a subclass, its `copy` makes one.
fn like<'t>(cx: &'t Context, value: Value<'t>, deque: &Deque) -> Result<&'t Deque, Raised> {
    if !cx.class_of(value).is(Builtin::Deque) {
        return Err(cx.needs_code());
    }
    let made = Deque::new(cx, deque.limit());
    made.extend(cx, End::Back, &deque.to_vec(cx))?;
    Ok(made)
}

/// How often a sequence is to be repeated; `None` if the operand is no integer.
fn count_of(cx: &Context, times: Value<'_>) -> Result<Option<usize>, Raised> {
    match int::integer_of(times) {
        Some(int::Integer::Fixed(times)) if times <= 0 => Ok(Some(0)),
        Some(int::Integer::Fixed(times)) if times <= i64::MAX.into() => Ok(Some(times as usize)),
        Some(int::Integer::Big(times)) if times.sign() == dashu_int::Sign::Negative => Ok(Some(0)),
        Some(_) => Err(too_large(cx, Builtin::OverflowError, times)),
        None if has_index(cx, times) => Err(cx.needs_code()),
        None => Ok(None),
    }
}

#[cold]
fn too_large(cx: &Context, class: Builtin, value: Value<'_>) -> Raised {
    let message = format!("cannot fit '{}' into an index-sized integer", cx.type_name(value));
    cx.raise(class, message)
}

fn repeat_list<'t>(cx: &'t Context, items: &[Value<'t>], times: usize) -> Result<&'t List, Raised> {
    let total = items.len().checked_mul(times).ok_or_else(|| cx.memory_error())?;
    if let [item] = items {
        return List::from_iter(cx, (0..total).map(|_| *item));
    }
    List::from_iter(cx, (0..total).map(|index| items[index % items.len()]))
}

/// `list += iterable`, also of a deque
///
/// # Errors
/// As [`repeat`], and `TypeError` for what is not iterable.
pub fn extend<'t>(cx: &'t Context, list: Value<'t>, iterable: Value<'t>) -> Maybe<'t> {
    if let Some(target) = list.get::<Deque>() {
        super::drain::with_items(cx, iterable, |items| target.extend(cx, End::Back, &items))?;
        return Ok(Some(list));
    }
    let Some(target) = list.get::<List>() else { return Ok(None) };
    let otherwise = || not_iterable(cx, iterable);
    with_items_for(cx, target, iterable, otherwise, |held, items| target.extend_held(cx, held, items))?;
    Ok(Some(list))
}

/// `list *= times`, also of a deque
///
/// # Errors
/// As [`repeat`].
pub fn repeat_in_place<'t>(cx: &'t Context, list: Value<'t>, times: Value<'t>) -> Maybe<'t> {
    if let Some(target) = list.get::<Deque>() {
        let Some(times) = count_of(cx, times)? else { return Ok(None) };
        target.repeat(cx, times)?;
        return Ok(Some(list));
    }
    let Some(target) = list.get::<List>() else { return Ok(None) };
    let Some(times) = count_of(cx, times)? else { return Ok(None) };
    target.repeat(cx, times)?;
    Ok(Some(list))
}

/// Why `a + b` or `a * b` of a sequence and something else is a `TypeError`, where CPython has special words for it.
pub fn operand_error(cx: &Context, symbol: &str, a: Value<'_>, b: Value<'_>) -> Option<Raised> {
    let name = |value: Value<'_>| match value.plain().kind() {
        Some(Kind::List) => Some("list"),
        Some(Kind::Tuple) => Some("tuple"),
        Some(Kind::Str) => Some("str"),
        Some(Kind::Bytes) => Some("bytes"),
        Some(Kind::Deque) => Some("deque"),
        _ => None,
    };
    let message = match symbol {
        "+" if name(a)? == "bytes" => format!("can't concat {} to bytes", cx.type_name(b)),
        "+" => {
            let (sequence, other) = (name(a)?, cx.type_name(b));
            format!("can only concatenate {sequence} (not \"{other}\") to {sequence}")
        }
        "*" => {
            let other = if name(a).is_some() { b } else { name(b).map(|_| a)? };
            format!("can't multiply sequence by non-int of type '{}'", cx.type_name(other))
        }
        _ => return None,
    };
    Some(cx.type_error(message))
}

/// `item in container`
///
/// # Errors
/// [`Context::needs_code`]; `TypeError` for an unhashable item of a dict or for a str that is asked for another type.
#[inline]
pub fn contains<'t>(cx: &'t Context, container: Value<'t>, item: Value<'t>) -> Result<Option<bool>, Raised> {
    let container = container.plain();
    let Some(kind) = container.kind() else { return Ok(None) };
    match kind {
        Kind::Dict => container.get::<Dict>().map(|dict| Ok(dict.get(cx, item)?.is_some())).transpose(),
        Kind::Set | Kind::FrozenSet => {
            container.get::<Set>().map(|set| set_contains(cx, set, item)).transpose()
        }
        Kind::List => match container.get::<List>() {
            Some(list) => Ok(Some(list.position(cx, item, 0, usize::MAX)?.is_some())),
            None => Ok(None),
        },
        Kind::Tuple => match container.get::<Tuple>() {
            Some(tuple) => any_same(cx, tuple.items().iter().copied(), item).map(Some),
            None => Ok(None),
        },
        Kind::Deque => match container.get::<Deque>() {
            Some(deque) => any_same(cx, deque.to_vec(cx).into_iter(), item).map(Some),
            None => Ok(None),
        },
        Kind::Str => container.get::<Str>().map(|text| str::contains(cx, text, item)).transpose(),
        Kind::Bytes => container.get::<Bytes>().map(|text| bytes::contains(cx, text, item)).transpose(),
        Kind::Range => match container.get::<Range>() {
            Some(range) => range::position(cx, range, item).map(|found| Some(found.is_some())),
            None => Ok(None),
        },
        Kind::DictView => view_contains(cx, container, item),
        Kind::MappingProxy => contains(cx, behind_proxies(container), item),
        // How far it is read is up to the comparisons.
        Kind::Iter => Err(cx.needs_code()),
        _ => Ok(None),
    }
}

fn any_same<'t>(
    cx: &'t Context,
    items: impl Iterator<Item = Value<'t>>,
    item: Value<'t>,
) -> Result<bool, Raised> {
    for (step, other) in items.enumerate() {
        cx.poll(step)?;
        if same_key(cx, other, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A set is asked for as the frozenset it equals.
fn set_contains(cx: &Context, set: &Set, item: Value<'_>) -> Result<bool, Raised> {
    set.contains_hashed(cx, item, hash_in_set(cx, item)?)
}

/// The hash of what a set is asked for: a set, unhashable otherwise, has that of the frozenset it equals.
///
/// # Errors
/// As [`hash`].
pub fn hash_in_set(cx: &Context, item: Value<'_>) -> Result<i64, Raised> {
    match item.plain().get::<Set>() {
        Some(inner)
            if item.plain().kind() == Some(Kind::Set) && !cx.class_of(item).has(class_flag::CUSTOM_HASH) =>
        {
            let _held = cx.lock(inner);
            Ok(inner.frozen_hash())
        }
        _ => hash(cx, item),
    }
}

fn view_contains<'t>(cx: &'t Context, view: Value<'t>, item: Value<'t>) -> Result<Option<bool>, Raised> {
    let Some(dict) = view_dict(view) else { return Ok(None) };
    match view_class(view) {
        View::Keys => Ok(Some(dict.get(cx, item)?.is_some())),
        View::Values => any_same(cx, dict.values(cx).into_iter(), item).map(Some),
        View::Items => match item.get::<Tuple>().map(Tuple::items) {
            Some([key, value]) => match dict.get(cx, *key)? {
                Some(found) => same_key(cx, found, *value).map(Some),
                None => Ok(Some(false)),
            },
            _ => Ok(Some(false)),
        },
    }
}

/// The dict behind a view.
pub fn view_dict(view: Value<'_>) -> Option<&Dict> {
    view.get::<DictView>()?.dict()?.get()
}

/// The index that a key is; `None` if it is no integer.
///
/// # Errors
/// `IndexError` if it does not fit; [`Context::needs_code`] if it defines `__index__`.
#[inline]
pub fn index_of(cx: &Context, key: Value<'_>) -> Result<Option<i64>, Raised> {
    match key.as_small() {
        Some(index) => Ok(Some(index)),
        None => wide_index(cx, key),
    }
}

fn wide_index(cx: &Context, key: Value<'_>) -> Result<Option<i64>, Raised> {
    if let Some(index) = int::i64_of(key) {
        return Ok(Some(index));
    }
    if int::is_int(key) {
        return Err(too_large(cx, Builtin::IndexError, key));
    }
    if has_index(cx, key) { Err(cx.needs_code()) } else { Ok(None) }
}

/// The place of an index that may count from the end.
#[inline]
pub fn place(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(len as i64)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < len)
}

#[cold]
fn wrong_index(cx: &Context, sequence: &str, key: Value<'_>) -> Raised {
    cx.type_error(format_args!("{sequence} indices must be integers or slices, not {}", cx.type_name(key)))
}

/// `object[key]`
///
/// # Errors
/// `IndexError`, `KeyError`, `TypeError`; [`Context::needs_code`].
#[inline]
pub fn get_item<'t>(cx: &'t Context, object: Value<'t>, key: Value<'t>) -> Maybe<'t> {
    let plain = object.plain();
    let Some(kind) = plain.kind() else { return Ok(None) };
    match kind {
        Kind::List => match plain.get::<List>() {
            Some(list) => list_item(cx, list, key).map(Some),
            None => Ok(None),
        },
        Kind::Dict => match plain.get::<Dict>() {
            Some(dict) => match dict.get(cx, key)? {
                None => Err(missing(cx, object, key)),
                found => Ok(found),
            },
            None => Ok(None),
        },
        Kind::Tuple => match plain.get::<Tuple>() {
            Some(tuple) => tuple_item(cx, plain, tuple, key).map(Some),
            None => Ok(None),
        },
        Kind::Deque => match plain.get::<Deque>() {
            Some(deque) => deque_item(cx, deque, key).map(Some),
            None => Ok(None),
        },
        Kind::Str => plain.get::<Str>().map(|text| str::get_item(cx, text, key)).transpose(),
        Kind::Bytes => plain.get::<Bytes>().map(|text| bytes::get_item(cx, text, key)).transpose(),
        Kind::Range => match plain.get::<Range>() {
            Some(range) => range::get_item(cx, range, key).map(Some),
            None => Ok(None),
        },
        Kind::MappingProxy => get_item(cx, behind_proxies(plain), key),
        _ => Ok(None),
    }
}

#[cold]
fn missing(cx: &Context, dict: Value<'_>, key: Value<'_>) -> Raised {
    let class = cx.class_of(dict);
    if !class.has(class_flag::BUILTIN) && class.lookup_str(cx, "__missing__").is_some() {
        return cx.needs_code();
    }
    cx.raise_with(Builtin::KeyError, &[key])
}

#[inline]
fn list_item<'t>(cx: &'t Context, list: &'t List, key: Value<'t>) -> Result<Value<'t>, Raised> {
    if let Some(index) = key.as_small()
        && let Some(item) = list.item(cx, index)
    {
        return Ok(item);
    }
    if let Some(slice) = key.get::<Slice>() {
        return list.part(cx, Bounds::of(cx, slice)?).map(Value::object);
    }
    let Some(index) = index_of(cx, key)? else { return Err(wrong_index(cx, "list", key)) };
    list.item(cx, index).ok_or_else(|| cx.raise(Builtin::IndexError, "list index out of range"))
}

fn tuple_item<'t>(
    cx: &'t Context,
    object: Value<'t>,
    tuple: &'t Tuple,
    key: Value<'t>,
) -> Result<Value<'t>, Raised> {
    let items = tuple.items();
    if let Some(slice) = key.get::<Slice>() {
        let (start, _, step, count) = slice_bounds(cx, slice, items.len())?;
        if count == items.len() && step == 1 {
            return Ok(object);
        }
        let picked = (0..count).map(|at| items[(start + at as i64 * step) as usize]);
        return Tuple::with_shape(cx, Builtin::Tuple.shape(), picked).map(Value::object);
    }
    let Some(index) = index_of(cx, key)? else { return Err(wrong_index(cx, "tuple", key)) };
    let item = place(index, items.len()).map(|place| items[place]);
    item.ok_or_else(|| cx.raise(Builtin::IndexError, "tuple index out of range"))
}

fn deque_item<'t>(cx: &'t Context, deque: &'t Deque, key: Value<'t>) -> Result<Value<'t>, Raised> {
    let index = deque_index(cx, key)?;
    let item = place(index, deque.len()).and_then(|place| deque.get(cx, place));
    item.ok_or_else(|| outside(cx))
}

fn deque_index(cx: &Context, key: Value<'_>) -> Result<i64, Raised> {
    index_of(cx, key)?.ok_or_else(|| {
        cx.type_error(format_args!("sequence index must be integer, not '{}'", cx.type_name(key)))
    })
}

#[cold]
fn outside(cx: &Context) -> Raised {
    cx.raise(Builtin::IndexError, "deque index out of range")
}

/// `object[key] = value`; `false` if the object is not a built-in container that can be changed.
///
/// # Errors
/// `IndexError`, `TypeError`, `ValueError`, `MemoryError`; [`Context::needs_code`].
#[inline]
pub fn set_item<'t>(
    cx: &'t Context,
    object: Value<'t>,
    key: Value<'t>,
    value: Value<'t>,
) -> Result<bool, Raised> {
    if let Some(list) = object.get::<List>() {
        if let Some(index) = key.as_small()
            && list.set(cx, index, value)
        {
            return Ok(true);
        }
        set_in_list(cx, list, key, value)?;
        return Ok(true);
    }
    if let Some(dict) = object.get::<Dict>() {
        return dict.set(cx, key, value).map(|()| true);
    }
    let Some(deque) = object.get::<Deque>() else { return Ok(false) };
    let index = deque_index(cx, key)?;
    let done = place(index, deque.len()).is_some_and(|place| deque.set(cx, place, value));
    if done { Ok(true) } else { Err(outside(cx)) }
}

fn set_in_list<'t>(cx: &'t Context, list: &'t List, key: Value<'t>, value: Value<'t>) -> Result<(), Raised> {
    let Some(slice) = key.get::<Slice>() else {
        let Some(index) = index_of(cx, key)? else { return Err(wrong_index(cx, "list", key)) };
        if list.set(cx, index, value) {
            return Ok(());
        }
        return Err(cx.raise(Builtin::IndexError, "list assignment index out of range"));
    };
    let bounds = Bounds::of(cx, slice)?;
    let otherwise = || cx.type_error("must assign iterable to extended slice");
    with_items_for(cx, list, value, otherwise, |held, items| list.replace_part(cx, held, bounds, items))
}

/// `del object[key]`; `false` if the object is not a built-in container that can be changed.
///
/// # Errors
/// As [`set_item`], and `KeyError`.
pub fn del_item<'t>(cx: &'t Context, object: Value<'t>, key: Value<'t>) -> Result<bool, Raised> {
    if let Some(list) = object.get::<List>() {
        delete_from_list(cx, list, key)?;
        return Ok(true);
    }
    if let Some(dict) = object.get::<Dict>() {
        return match dict.remove(cx, key)? {
            Some(_) => Ok(true),
            None => Err(cx.raise_with(Builtin::KeyError, &[key])),
        };
    }
    let Some(deque) = object.get::<Deque>() else { return Ok(false) };
    let index = deque_index(cx, key)?;
    let done = place(index, deque.len()).is_some_and(|place| deque.remove(cx, place));
    if done { Ok(true) } else { Err(outside(cx)) }
}

fn delete_from_list<'t>(cx: &'t Context, list: &'t List, key: Value<'t>) -> Result<(), Raised> {
    let Some(slice) = key.get::<Slice>() else {
        let Some(index) = index_of(cx, key)? else { return Err(wrong_index(cx, "list", key)) };
        return match list.take(cx, index) {
            Ok(_) => Ok(()),
            Err(_) => Err(cx.raise(Builtin::IndexError, "list assignment index out of range")),
        };
    };
    list.remove_part(cx, Bounds::of(cx, slice)?)
}

/// Whether a value is true.
///
/// # Errors
/// [`Context::needs_code`] if its class defines `__bool__` or `__len__`.
#[inline]
pub fn truth(cx: &Context, value: Value<'_>) -> Result<bool, Raised> {
    if let Some(truth) = value.as_bool() {
        return Ok(truth);
    }
    if value.is_none() {
        return Ok(false);
    }
    if let Some(small) = value.as_small() {
        return Ok(small != 0);
    }
    if cx.class_of(value).has(class_flag::CUSTOM_BOOL) {
        return Err(cx.needs_code());
    }
    if let Some(float) = super::float::value_of(value) {
        return Ok(float != 0.0);
    }
    if let Some(fixed) = int::fixed_of(value) {
        return Ok(fixed != 0);
    }
    Ok(len(value).is_none_or(|len| len > 0))
}
