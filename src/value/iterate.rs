//! Iteration over built-in iterables: making iterators, advancing them, and taking all items at once, as far as no code of
//! the language is needed.
//!
//! An [`Iter`] is of a built-in class, which says what its fields mean:
//!
//! | class | source | extra | position | limit | step |
//! | --- | --- | --- | --- | --- | --- |
//! | list, tuple, bytes | the sequence | | index of the next item | | |
//! | str | the string | | byte offset of the next character | | |
//! | list reversed | the list | | index of the next item | | |
//! | range, numbers of 64 bits | nothing | | the next number | the number after the last | the step |
//! | range, longer numbers | the range | | index of the next number | the length | 1 |
//! | dict, also reversed | the dict | | index of the next entry | how many are left, -1 after an error | the dict's length at first |
//! | deque, also reversed | the deque | | index of the next item | how many are left | the deque's version at first |
//! | set | the set | | index of the next entry | -1 after an error | the set's length at first |
//! | `reversed` | the sequence | | how many are left (of a str: in bytes) | | |
//! | `enumerate` | the iterator | the next number, if it is long | the next number | | depth, see [`native_depth`] |
//! | `zip` | tuple of iterators | | | 1 if strict | depth |
//! | `map` | the function | tuple of iterators | | | |
//! | `filter` | the function or None | the iterator | | | |
//! | `iterator` over `__getitem__` | the object | | index of the next item | | |
//! | `count` | | | the next number | | the step |
//! | `cycle` | the tuple of items | | index of the next item | | |
//! | `repeat` | the item | | | how many are left, or -1 | |
//! | `callable_iterator` | the callable | the sentinel | | | |

pub mod endless;
mod twin;

pub use twin::{next_to_map, next_twin};

use dashu_int::IBig;

use crate::heap::{Header, Kind, Object, Value};

use super::builtin::Builtin;
use super::bytes::Bytes;
use super::class::class_flag;
use super::context::{Context, Raised, Res};
use super::deque::Deque;
use super::dict::{Dict, DictTable, Entry};
use super::int;
use super::list::List;
use super::range::Range;
use super::record::{DictView, Iter, MappingProxy};
use super::recursion::ITERATORS;
use super::set::Set;
use super::str::Str;
use super::text::wtf8;
use super::tuple::Tuple;

/// `iter(value)` of a built-in iterable or of a native iterator, which is its own; `None` if it is none, or if its class
/// defines iteration in the language.
#[inline]
pub fn iter<'t>(cx: &'t Context, value: Value<'t>) -> Option<Res<'t>> {
    let header = value.header()?;
    let plain = if header.kind() == Kind::Instance {
        if cx.class_of(value).has(class_flag::CUSTOM_ITER) {
            return None;
        }
        value.plain()
    } else {
        value
    };
    let simple = |class| Some(Ok(Value::object(Iter::new(cx, class, Some(plain), None, [0, 0, 1]))));
    match plain.kind()? {
        Kind::List => simple(Builtin::ListIterator),
        Kind::Tuple => simple(Builtin::TupleIterator),
        Kind::Bytes => simple(Builtin::BytesIterator),
        Kind::Str if plain.get::<Str>().is_some_and(Str::is_ascii) => simple(Builtin::StrAsciiIterator),
        Kind::Str => simple(Builtin::StrIterator),
        Kind::Range => plain.get::<Range>().map(|range| range_iter(cx, range)),
        Kind::Dict => dict_iter(cx, plain, Builtin::DictKeyIterator),
        Kind::DictView => {
            let class = match view_class(plain) {
                View::Keys => Builtin::DictKeyIterator,
                View::Values => Builtin::DictValueIterator,
                View::Items => Builtin::DictItemIterator,
            };
            dict_iter(cx, plain.get::<DictView>()?.dict()?, class)
        }
        Kind::Deque => {
            plain.get::<Deque>().map(|deque| Ok(deque_iter(cx, plain, deque, Builtin::DequeIterator)))
        }
        Kind::Set | Kind::FrozenSet => {
            let len = plain.get::<Set>()?.len() as i64;
            let numbers = [0, len, len];
            Some(Ok(Value::object(Iter::new(cx, Builtin::SetIterator, Some(plain), None, numbers))))
        }
        Kind::MappingProxy => iter(cx, plain.get::<MappingProxy>()?.mapping()?),
        Kind::Iter => Some(Ok(value)),
        _ => None,
    }
}

/// `reversed(value)` of a built-in sequence or dict; `None` if it is none.
pub fn reversed<'t>(cx: &'t Context, value: Value<'t>) -> Option<Res<'t>> {
    let plain = value.plain();
    let made = |class, position| {
        Some(Ok(Value::object(Iter::new(cx, class, Some(plain), None, [position as i64, 0, -1]))))
    };
    match plain.kind()? {
        Kind::List => made(Builtin::ListReverseIterator, plain.get::<List>()?.len().wrapping_sub(1)),
        Kind::Tuple => made(Builtin::Reversed, plain.get::<Tuple>()?.len()),
        Kind::Bytes => made(Builtin::Reversed, plain.get::<Bytes>()?.as_bytes().len()),
        Kind::Str => made(Builtin::Reversed, plain.get::<Str>()?.byte_len()),
        Kind::Range => plain.get::<Range>().map(|range| reversed_range(cx, range)),
        Kind::Deque => {
            plain.get::<Deque>().map(|deque| Ok(deque_iter(cx, plain, deque, Builtin::DequeReverseIterator)))
        }
        Kind::Dict => dict_iter(cx, plain, Builtin::DictReverseKeyIterator),
        Kind::DictView => {
            let class = match view_class(plain) {
                View::Keys => Builtin::DictReverseKeyIterator,
                View::Values => Builtin::DictReverseValueIterator,
                View::Items => Builtin::DictReverseItemIterator,
            };
            dict_iter(cx, plain.get::<DictView>()?.dict()?, class)
        }
        Kind::MappingProxy => reversed(cx, plain.get::<MappingProxy>()?.mapping()?),
        _ => None,
    }
}

/// Which view of a dict it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// `dict.keys()`
    Keys,
    /// `dict.values()`
    Values,
    /// `dict.items()`
    Items,
}

/// Which view of a dict a value of kind `DictView` is.
pub fn view_class(view: Value<'_>) -> View {
    match view.header().map_or(0, Header::shape) {
        DICT_VALUES => View::Values,
        DICT_ITEMS => View::Items,
        _ => View::Keys,
    }
}

const DICT_VALUES: u32 = Builtin::DictValues.shape();
const DICT_ITEMS: u32 = Builtin::DictItems.shape();

fn dict_iter<'t>(cx: &'t Context, dict: Value<'t>, class: Builtin) -> Option<Res<'t>> {
    let dict_object = dict.get::<Dict>()?;
    let len = dict_object.len() as i64;
    let position = if is_reverse(class) {
        dict_object.table().map_or(0, |table| table.entries().len()) as i64 - 1
    } else {
        0
    };
    Some(Ok(Value::object(Iter::new(cx, class, Some(dict), None, [position, len, len]))))
}

const fn is_reverse(class: Builtin) -> bool {
    matches!(
        class,
        Builtin::DictReverseKeyIterator
            | Builtin::DictReverseValueIterator
            | Builtin::DictReverseItemIterator
    )
}

fn deque_iter<'t>(cx: &'t Context, value: Value<'t>, deque: &Deque, class: Builtin) -> Value<'t> {
    let (version, len) = (deque.version() as i64, deque.len() as i64);
    let first = if class == Builtin::DequeIterator { 0 } else { len - 1 };
    Value::object(Iter::new(cx, class, Some(value), None, [first, len, version]))
}

fn range_iter<'t>(cx: &'t Context, range: &'t Range) -> Res<'t> {
    if let Some((start, step, length)) = range.small()
        && let Some(end) = length.checked_mul(step).and_then(|span| start.checked_add(span))
    {
        return Ok(Value::object(Iter::new(cx, Builtin::RangeIterator, None, None, [start, end, step])));
    }
    let length = int::i64_of(range.parts()[3]).unwrap_or(i64::MAX);
    let source = Some(Value::object(range));
    Ok(Value::object(Iter::new(cx, Builtin::LongRangeIterator, source, None, [0, length, 1])))
}

fn reversed_range<'t>(cx: &'t Context, range: &'t Range) -> Res<'t> {
    let [start, _, step, length] = range.parts().map(to_big);
    let before = &start - &step;
    let last = &before + length * &step;
    let (last, before, back) = (int::big(cx, &last)?, int::big(cx, &before)?, int::big(cx, &-step)?);
    range_iter(cx, Range::new(cx, last, before, back)?)
}

fn to_big(value: Value<'_>) -> IBig {
    int::integer_of(value).map(int::Integer::into_big).unwrap_or_default()
}

const LIST: u32 = Builtin::ListIterator.shape();
const LIST_REVERSE: u32 = Builtin::ListReverseIterator.shape();
const TUPLE: u32 = Builtin::TupleIterator.shape();
const STR: u32 = Builtin::StrIterator.shape();
const STR_ASCII: u32 = Builtin::StrAsciiIterator.shape();
const BYTES: u32 = Builtin::BytesIterator.shape();
const RANGE: u32 = Builtin::RangeIterator.shape();
const LONG_RANGE: u32 = Builtin::LongRangeIterator.shape();
const DICT_KEY: u32 = Builtin::DictKeyIterator.shape();
const DICT_VALUE: u32 = Builtin::DictValueIterator.shape();
const DICT_ITEM: u32 = Builtin::DictItemIterator.shape();
const DICT_REVERSE_KEY: u32 = Builtin::DictReverseKeyIterator.shape();
const DICT_REVERSE_VALUE: u32 = Builtin::DictReverseValueIterator.shape();
const DICT_REVERSE_ITEM: u32 = Builtin::DictReverseItemIterator.shape();
const DEQUE: u32 = Builtin::DequeIterator.shape();
const DEQUE_REVERSE: u32 = Builtin::DequeReverseIterator.shape();
const SET: u32 = Builtin::SetIterator.shape();
const REVERSED: u32 = Builtin::Reversed.shape();
const ENUMERATE: u32 = Builtin::Enumerate.shape();
const ZIP: u32 = Builtin::Zip.shape();
const MAP: u32 = Builtin::Map.shape();
const FILTER: u32 = Builtin::Filter.shape();
const COUNT: u32 = Builtin::Count.shape();
const CYCLE: u32 = Builtin::Cycle.shape();
const REPEAT: u32 = Builtin::Repeat.shape();
const CALLABLE: u32 = Builtin::CallableIterator.shape();

/// The next item; `None` at the end.
///
/// # Errors
/// What the iteration raises; [`Context::needs_code`], with nothing changed, where code of the language is needed: then
/// [`next_twin`] names the function of the prelude that does it.
#[inline]
pub fn next<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    match it.header().shape() {
        LIST => Ok(next_of_list(cx, it)),
        RANGE => Ok(next_of_range(cx, it)),
        TUPLE => Ok(next_of_tuple(cx, it)),
        LIST_REVERSE => Ok(next_of_reversed_list(cx, it)),
        STR => next_of_str(cx, it),
        STR_ASCII => Ok(next_of_ascii(cx, it)),
        BYTES => Ok(next_of_bytes(cx, it)),
        LONG_RANGE => next_of_long_range(cx, it),
        DICT_KEY => Ok(next_entry(cx, it)?.map(|(key, _)| key)),
        DICT_VALUE => Ok(next_entry(cx, it)?.map(|(_, value)| value)),
        DICT_ITEM => in_tuple(cx, next_entry(cx, it)?),
        DICT_REVERSE_KEY => Ok(last_entry(cx, it)?.map(|(key, _)| key)),
        DICT_REVERSE_VALUE => Ok(last_entry(cx, it)?.map(|(_, value)| value)),
        DICT_REVERSE_ITEM => in_tuple(cx, last_entry(cx, it)?),
        DEQUE => next_of_deque(cx, it, 1),
        DEQUE_REVERSE => next_of_deque(cx, it, -1),
        SET => next_of_set(cx, it),
        REVERSED => next_of_reversed(cx, it),
        ENUMERATE => in_tuple(cx, pair_of_enumerate(cx, it)?),
        COUNT => endless::next_count(cx, it),
        CYCLE => Ok(endless::next_of_cycle(cx, it)),
        REPEAT => Ok(endless::next_of_repeat(cx, it)),
        ZIP => next_of_zip(cx, it),
        _ => Err(cx.needs_code()),
    }
}

#[inline]
fn next_of_list<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let position = it.position();
    match it.source()?.get::<List>()?.item(cx, position) {
        Some(item) => {
            it.set_position(position + 1);
            Some(item)
        }
        None => {
            it.set_source(cx, None);
            None
        }
    }
}

#[inline]
fn next_of_range<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    // A range is what programs count with: no two threads get the same number.
    let _held = cx.lock(it);
    let position = it.position();
    if position == it.limit() {
        return None;
    }
    it.set_position(position + it.step());
    Some(cx.int(position))
}

#[inline(never)]
fn next_of_long_range<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let position = it.position();
    if position == it.limit() {
        return Ok(None);
    }
    it.set_position(position + 1);
    let [start, _, step, _] = it.source().and_then(Value::get).map_or([Value::NONE; 4], Range::parts);
    int::big(cx, &(to_big(start) + IBig::from(position) * to_big(step))).map(Some)
}

#[inline]
fn next_of_tuple<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let position = it.position();
    match it.source()?.get::<Tuple>()?.items().get(position as usize) {
        Some(item) => {
            it.set_position(position + 1);
            Some(*item)
        }
        None => {
            it.set_source(cx, None);
            None
        }
    }
}

#[inline(never)]
fn next_of_reversed_list<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let position = it.position();
    let list = it.source()?.get::<List>()?;
    let item = if position < 0 { None } else { list.item(cx, position) };
    if item.is_some() {
        it.set_position(position - 1);
    } else {
        it.set_source(cx, None);
    }
    item
}

#[inline(never)]
fn next_of_str<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let Some(text) = it.source().and_then(|source| source.get::<Str>()) else { return Ok(None) };
    let at = it.position() as usize;
    match wtf8::next(text.as_bytes(), at) {
        Some((_, end)) => {
            it.set_position(end as i64);
            cx.wtf8(&text.as_bytes()[at..end]).map(Some)
        }
        None => {
            it.set_source(cx, None);
            Ok(None)
        }
    }
}

#[inline(never)]
fn next_of_ascii<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let position = it.position();
    match it.source()?.get::<Str>()?.as_bytes().get(position as usize) {
        Some(byte) => {
            it.set_position(position + 1);
            Some(cx.ascii(*byte))
        }
        None => {
            it.set_source(cx, None);
            None
        }
    }
}

#[inline(never)]
fn next_of_bytes<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let position = it.position();
    match it.source()?.get::<Bytes>()?.as_bytes().get(position as usize) {
        Some(byte) => {
            it.set_position(position + 1);
            Value::small(i64::from(*byte))
        }
        None => {
            it.set_source(cx, None);
            None
        }
    }
}

#[inline(never)]
fn next_entry<'t>(cx: &'t Context, it: &'t Iter) -> Result<Pair<'t>, Raised> {
    step_of_dict(cx, it, |table, position| {
        let (found, behind) = table.first_from(position as usize);
        (found, behind as i64)
    })
}

#[inline(never)]
fn last_entry<'t>(cx: &'t Context, it: &'t Iter) -> Result<Pair<'t>, Raised> {
    step_of_dict(cx, it, |table, position| {
        let entries = table.entries();
        let until = usize::try_from(position + 1).unwrap_or(0).min(entries.len());
        let mut rest = entries[..until].iter();
        (rest.by_ref().rev().find_map(Entry::pair), rest.len() as i64 - 1)
    })
}

/// A step of an iterator of a dict: `find` gives the next item from a position on, and the position behind it.
#[inline(always)]
fn step_of_dict<'t>(
    cx: &'t Context,
    it: &'t Iter,
    find: impl FnOnce(&'t DictTable, i64) -> (Pair<'t>, i64),
) -> Result<Pair<'t>, Raised> {
    let Some(dict) = it.source().and_then(|source| source.get::<Dict>()) else { return Ok(None) };
    // Position and limit change together: two threads with one iterator do not confuse it.
    let _held = cx.lock(it);
    let left = it.limit();
    if left < 0 || dict.len() as i64 != it.step() {
        return Err(changed(cx, it));
    }
    let position = it.position();
    let (found, position) = dict.table().map_or((None, position), |table| find(table, position));
    if found.is_none() || left == 0 {
        it.set_source(cx, None);
        if found.is_some() {
            return Err(cx.raise(Builtin::RuntimeError, "dictionary keys changed during iteration"));
        }
        return Ok(None);
    }
    it.set_position(position);
    it.set_limit(left - 1);
    Ok(found)
}

/// Whose dict has grown or shrunk: it ends for ever.
#[cold]
fn changed(cx: &Context, it: &Iter) -> Raised {
    it.set_limit(-1);
    cx.raise(Builtin::RuntimeError, "dictionary changed size during iteration")
}

#[inline(never)]
fn next_of_deque<'t>(cx: &'t Context, it: &'t Iter, step: i64) -> Result<Option<Value<'t>>, Raised> {
    let Some(deque) = it.source().and_then(|source| source.get::<Deque>()) else { return Ok(None) };
    let (position, left) = (it.position(), it.limit());
    let item = usize::try_from(position).ok().filter(|_| left > 0).and_then(|index| deque.get(cx, index));
    if deque.version() as i64 != it.step() {
        it.set_limit(0);
        return Err(cx.raise(Builtin::RuntimeError, "deque mutated during iteration"));
    }
    if item.is_some() {
        it.set_position(position + step);
        it.set_limit(left - 1);
    }
    Ok(item)
}

#[inline(never)]
fn next_of_set<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let Some(set) = it.source().and_then(|source| source.get::<Set>()) else { return Ok(None) };
    if it.limit() < 0 || set.len() as i64 != it.step() {
        it.set_limit(-1);
        return Err(cx.raise(Builtin::RuntimeError, "Set changed size during iteration"));
    }
    match set.table().and_then(|table| table.next_key(it.position() as usize)) {
        Some((key, after)) => {
            it.set_position(after as i64);
            it.set_limit((it.limit() - 1).max(0));
            Ok(Some(key))
        }
        None => {
            it.set_source(cx, None);
            Ok(None)
        }
    }
}

#[inline(never)]
fn next_of_reversed<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let Some(source) = it.source() else { return Ok(None) };
    let before = it.position() as usize;
    let item = if let Some(tuple) = source.get::<Tuple>() {
        before.checked_sub(1).and_then(|index| Some((*tuple.items().get(index)?, index)))
    } else if let Some(bytes) = source.get::<Bytes>() {
        before.checked_sub(1).and_then(|index| Some((cx.int((*bytes.as_bytes().get(index)?).into()), index)))
    } else if let Some(text) = source.get::<Str>() {
        match wtf8::previous(text.as_bytes(), before) {
            Some((_, start)) => Some((cx.wtf8(&text.as_bytes()[start..before])?, start)),
            None => None,
        }
    } else {
        return Err(cx.needs_code());
    };
    match item {
        Some((item, position)) => {
            it.set_position(position as i64);
            Ok(Some(item))
        }
        None => {
            it.set_source(cx, None);
            Ok(None)
        }
    }
}

/// How many native iterators stand in each other, or 0 if one of them needs code of the language: kept in the step of
/// `enumerate` and `zip`, so that either all of it is advanced natively or nothing.
pub fn native_depth(cx: &Context, iterator: Value<'_>) -> i64 {
    let Some(it) = iterator.get::<Iter>() else { return 0 };
    if cx.class_of(iterator).has(class_flag::CUSTOM_ITER) {
        return 0;
    }
    match it.header().shape() {
        LIST..=SET => 1,
        REVERSED => i64::from(it.source().is_none_or(|source| is_native_sequence(source))),
        ENUMERATE | ZIP if it.step() < ITERATORS.limit.into() => it.step(),
        _ => 0,
    }
}

fn is_native_sequence(value: Value<'_>) -> bool {
    matches!(value.kind(), Some(Kind::Tuple | Kind::Bytes | Kind::Str))
}

/// `enumerate` over an iterator, from an integer.
pub fn enumerate<'t>(cx: &'t Context, iterator: Value<'t>, start: Value<'t>) -> Value<'t> {
    let depth = native_depth(cx, iterator);
    let depth = if depth == 0 { 0 } else { depth + 1 };
    let (position, long) = match start.as_small() {
        Some(start) => (start, None),
        None => (0, Some(start)),
    };
    Value::object(Iter::new(cx, Builtin::Enumerate, Some(iterator), long, [position, 0, depth]))
}

/// `zip` over iterators.
///
/// # Errors
/// `MemoryError`.
pub fn zip<'t>(cx: &'t Context, iterators: &[Value<'t>], strict: bool) -> Res<'t> {
    let depths = iterators.iter().map(|iterator| native_depth(cx, *iterator));
    let depth = depths.fold(1, |most, depth| if most == 0 || depth == 0 { 0 } else { most.max(depth + 1) });
    let iterators = cx.tuple(iterators)?;
    Ok(Value::object(Iter::new(cx, Builtin::Zip, Some(iterators), None, [0, i64::from(strict), depth])))
}

#[inline(never)]
fn pair_of_enumerate<'t>(cx: &'t Context, it: &'t Iter) -> Result<Pair<'t>, Raised> {
    let inner = match it.source().and_then(|source| source.get::<Iter>()) {
        Some(inner) if it.step() != 0 => inner,
        _ => return Err(cx.needs_code()),
    };
    match next(cx, inner)? {
        Some(item) => Ok(Some((count(cx, it)?, item))),
        None => Ok(None),
    }
}

/// The next item of an iterator that makes pairs, taken apart; nothing of any other.
///
/// # Errors
/// As for [`next`].
#[inline]
pub fn next_pair<'t>(cx: &'t Context, it: &'t Iter) -> Option<Result<Pair<'t>, Raised>> {
    match it.header().shape() {
        DICT_ITEM => Some(next_entry(cx, it)),
        ENUMERATE => Some(pair_of_enumerate(cx, it)),
        ZIP => match it.source()?.get::<Tuple>()?.items() {
            [first, second] if it.step() != 0 && it.limit() == 0 => Some(pair_of_zip(cx, *first, *second)),
            _ => None,
        },
        _ => None,
    }
}

/// Two values, or the end of an iteration.
type Pair<'t> = Option<(Value<'t>, Value<'t>)>;

/// The number an `enumerate` object counts next; it counts on.
///
/// # Errors
/// `MemoryError`.
pub fn count<'t>(cx: &'t Context, it: &'t Iter) -> Res<'t> {
    match it.extra() {
        None => {
            let number = it.position();
            it.set_position(number + 1);
            Ok(cx.int(number))
        }
        Some(number) => {
            it.set_extra(cx, Some(int::big(cx, &(to_big(number) + 1))?));
            Ok(number)
        }
    }
}

#[inline(never)]
fn next_of_zip<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let inner = match it.source().and_then(|source| source.get::<Tuple>()) {
        Some(inner) if it.step() != 0 => inner.items(),
        _ => return Err(cx.needs_code()),
    };
    if let ([first, second], 0) = (inner, it.limit()) {
        return pair_of_zip(cx, *first, *second).and_then(|pair| in_tuple(cx, pair));
    }
    let mut items = Vec::with_capacity(inner.len());
    for (index, iterator) in inner.iter().enumerate() {
        match advance(cx, *iterator)? {
            Some(item) => items.push(item),
            None if it.limit() == 0 => return Ok(None),
            None if index > 0 => return Err(uneven(cx, index, "shorter")),
            None => {
                for (index, iterator) in inner.iter().enumerate().skip(1) {
                    if advance(cx, *iterator)?.is_some() {
                        return Err(uneven(cx, index, "longer"));
                    }
                }
                return Ok(None);
            }
        }
    }
    if items.is_empty() { Ok(None) } else { cx.tuple(&items).map(Some) }
}

#[inline(never)]
fn pair_of_zip<'t>(cx: &'t Context, first: Value<'t>, second: Value<'t>) -> Result<Pair<'t>, Raised> {
    let Some(first) = advance(cx, first)? else { return Ok(None) };
    let Some(second) = advance(cx, second)? else { return Ok(None) };
    Ok(Some((first, second)))
}

#[inline]
fn in_tuple<'t>(cx: &'t Context, pair: Pair<'t>) -> Result<Option<Value<'t>>, Raised> {
    pair.map(|(first, second)| cx.tuple(&[first, second])).transpose()
}

#[cold]
fn uneven(cx: &Context, index: usize, how: &str) -> Raised {
    let others = if index == 1 { " ".to_owned() } else { "s 1-".to_owned() };
    cx.value_error(format_args!("zip() argument {} is {how} than argument{others}{index}", index + 1))
}

fn advance<'t>(cx: &'t Context, iterator: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    match iterator.get::<Iter>() {
        Some(it) => next(cx, it),
        None => Err(cx.needs_code()),
    }
}

/// How many items a built-in container has or are left in a native iterator, if that is known without code of the language.
pub fn length_hint(value: Value<'_>) -> Option<usize> {
    match value.plain().get::<Iter>() {
        Some(it) => Some(remaining(it)),
        None => super::sequence::len(value),
    }
}

/// How many items are left in a native iterator, as `__length_hint__` says it.
pub fn remaining(it: &Iter) -> usize {
    let position = it.position();
    let shape = it.header().shape();
    if shape == RANGE || shape == LONG_RANGE {
        let left = i128::from(it.limit()) - i128::from(position);
        return usize::try_from(left / i128::from(it.step())).unwrap_or(0);
    }
    let Some(source) = it.source() else { return 0 };
    match shape {
        LIST | TUPLE | BYTES => {
            super::sequence::len(source).unwrap_or(0).saturating_sub(usize::try_from(position).unwrap_or(0))
        }
        LIST_REVERSE => {
            let left = usize::try_from(position + 1).unwrap_or(0);
            if super::sequence::len(source).unwrap_or(0) < left { 0 } else { left }
        }
        STR | STR_ASCII => source
            .get::<Str>()
            .map_or(0, |text| wtf8::count(text.as_bytes().get(position as usize..).unwrap_or_default())),
        DICT_KEY..=DICT_REVERSE_ITEM => {
            let same_size = source.get::<Dict>().is_some_and(|dict| dict.len() as i64 == it.step());
            if same_size { usize::try_from(it.limit()).unwrap_or(0) } else { 0 }
        }
        DEQUE | DEQUE_REVERSE => usize::try_from(it.limit()).unwrap_or(0),
        SET => {
            let same_size = source.get::<Set>().is_some_and(|set| set.len() as i64 == it.step());
            if same_size { usize::try_from(it.limit()).unwrap_or(0) } else { 0 }
        }
        REVERSED => match source.get::<Str>() {
            Some(text) => wtf8::count(text.as_bytes().get(..position as usize).unwrap_or_default()),
            None => usize::try_from(position).unwrap_or(0),
        },
        _ => 0,
    }
}
