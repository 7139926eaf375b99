//! Built-in functions over iterables, and the constructors of the iterators that are classes.

use crate::heap::{Kind, Value};
use crate::value::class::class_flag;
use crate::value::compare::Comparison;
use crate::value::drain::{is_iterable, not_iterable, with_items, with_items_at_hand};
use crate::value::list::List;
use crate::value::record::Iter;
use crate::value::sequence::{self, truth};
use crate::value::slice::has_index;
use crate::value::sort::{holds, sort_values};
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, int, iterate, number};
use crate::vm::native::{Args, Arity, Row};

/// Functions.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("len(obj, /)", len).twin("builtin_len"),
    Row::leaf("sorted(iterable, /, *, key=None, reverse=False)", sorted)
        .twin("builtin_sorted")
        .arity(Arity::Unpacked)
        .hands_keywords_to("sort"),
    Row::leaf("min(*args, key=None, default=...)", min).twin("builtin_min"),
    Row::leaf("max(*args, key=None, default=...)", max).twin("builtin_max"),
    Row::leaf("sum(iterable, /, start=0)", sum).twin("builtin_sum"),
    Row::leaf("any(iterable, /)", any).twin("builtin_any"),
    Row::leaf("all(iterable, /)", all).twin("builtin_all"),
];

/// `enumerate(…)`
pub(crate) static NEW_ENUMERATE: Row = Row::leaf("enumerate(iterable, start=0)", new_enumerate)
    .twin("enumerate_new")
    .arity(Arity::Few("enumerate() missing required argument 'iterable'"));
/// `zip(…)`
pub(crate) static NEW_ZIP: Row = Row::leaf("zip(*iterables, strict=False)", new_zip).twin("zip_new");
/// `map(…)`
pub(crate) static NEW_MAP: Row = Row::leaf("map(*args)", new_map).twin("map_new");
/// `filter(…)`
pub(crate) static NEW_FILTER: Row = Row::leaf("filter(function, iterable, /)", new_filter).twin("filter_new");
/// `reversed(…)`
pub(crate) static NEW_REVERSED: Row =
    Row::leaf("reversed(sequence, /)", new_reversed).twin("reversed_new").arity(Arity::Unpacked);

/// The iterators that know how many items are left.
pub(crate) static COUNTED: &[Builtin] = &[
    Builtin::ListIterator,
    Builtin::ListReverseIterator,
    Builtin::TupleIterator,
    Builtin::StrIterator,
    Builtin::StrAsciiIterator,
    Builtin::BytesIterator,
    Builtin::RangeIterator,
    Builtin::LongRangeIterator,
    Builtin::DictKeyIterator,
    Builtin::DictValueIterator,
    Builtin::DictItemIterator,
    Builtin::DictReverseKeyIterator,
    Builtin::DictReverseValueIterator,
    Builtin::DictReverseItemIterator,
    Builtin::DequeIterator,
    Builtin::DequeReverseIterator,
    Builtin::SetIterator,
    Builtin::SequenceIterator,
    Builtin::Reversed,
];

/// Their rows.
pub(crate) static ITERATOR_ROWS: &[Row] = &[Row::leaf("__length_hint__(self, /)", length_hint)];

fn length_hint<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let left = args.at(0).get::<Iter>().map_or(0, iterate::remaining);
    Ok(cx.int(i64::try_from(left).unwrap_or(i64::MAX)))
}

fn len<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let object = args.at(0);
    if object.kind() == Some(Kind::Instance) || cx.class_of(object).has(class_flag::CUSTOM_BOOL) {
        let class = cx.class_of(object);
        let own = class.defining(cx, cx.intern("__len__"));
        if own.is_some_and(|(class, method)| !class.has(class_flag::BUILTIN) && !method.is_none()) {
            return Err(cx.needs_code());
        }
    }
    if let Some(len) = sequence::len(object) {
        return Ok(cx.int(len as i64));
    }
    if object.plain().kind() == Some(Kind::Range) {
        return Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t"));
    }
    Err(cx.type_error(format_args!("object of type '{}' has no len()", cx.type_name(object))))
}

fn sorted<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let reverse = args.get(2).map_or(Ok(false), |reverse| truth(cx, reverse))?;
    if args.get(1).is_some_and(|key| !key.is_none()) {
        return Err(cx.needs_code());
    }
    with_items(cx, args.at(0), |mut items| {
        sort_values(cx, &mut items, reverse)?;
        cx.list(&items)
    })
}

fn min<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    extreme(cx, args, "min", Comparison::Lt)
}

fn max<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    extreme(cx, args, "max", Comparison::Gt)
}

fn extreme<'t>(cx: &'t Context, args: Args<'t>, name: &str, op: Comparison) -> Res<'t> {
    let given = args.at(0).get::<Tuple>().map_or(&[][..], Tuple::items);
    let (key, default) = (args.get(1).filter(|key| !key.is_none()), args.get(2));
    let best = |items: Vec<Value<'t>>| {
        let mut items = items.into_iter();
        let Some(mut best) = items.next() else { return Ok(None) };
        for (step, item) in items.enumerate() {
            cx.poll(step)?;
            if holds(cx, op, item, best)? {
                best = item;
            }
        }
        Ok(Some(best))
    };
    match given {
        [] => Err(cx.type_error(format_args!("{name} expected at least 1 argument, got 0"))),
        [_, _, ..] if default.is_some() => Err(cx.type_error(format_args!(
            "Cannot specify a default for {name}() with multiple positional arguments"
        ))),
        _ if key.is_some() => Err(cx.needs_code()),
        [iterable] => match with_items_at_hand(cx, *iterable, best)?.or(default) {
            Some(best) => Ok(best),
            None => Err(cx.value_error(format_args!("{name}() iterable argument is empty"))),
        },
        items => best(items.to_vec()).map(|best| best.unwrap_or(Value::NONE)),
    }
}

fn sum<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let start = args.get(1).unwrap_or_else(|| cx.int(0));
    match start.plain().kind() {
        Some(Kind::Str) => {
            return Err(cx.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
        }
        Some(Kind::Bytes) => {
            return Err(cx.type_error("sum() can't sum bytes [use b''.join(seq) instead]"));
        }
        _ => {}
    }
    with_items_at_hand(cx, args.at(0), |items| {
        let (total, count) = sum_prefix(cx, &items, start)?;
        // The operator knows what to do with the rest, and what to say.
        if count < items.len() { Err(cx.needs_code()) } else { Ok(total) }
    })
}

/// Adds up numbers: the sum, and how many items are in it. What follows is for the operator of the language.
fn sum_prefix<'t>(
    cx: &'t Context,
    items: &[Value<'t>],
    start: Value<'t>,
) -> Result<(Value<'t>, usize), Raised> {
    if has_own_operators(cx, start) {
        return Ok((start, 0));
    }
    number::sum(cx, start, native_numbers(cx, items))
}

/// The first items, up to one whose class has operators of its own.
pub(super) fn native_numbers<'s, 't>(cx: &'t Context, items: &'s [Value<'t>]) -> &'s [Value<'t>] {
    let count = items.iter().position(|item| has_own_operators(cx, *item));
    &items[..count.unwrap_or(items.len())]
}

pub(super) fn has_own_operators(cx: &Context, value: Value<'_>) -> bool {
    value.header().is_some() && cx.class_of(value).has(class_flag::CUSTOM_NUMBER)
}

fn any<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    search(cx, args.at(0), true)
}

fn all<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    search(cx, args.at(0), false)
}

/// Whether the first item whose truth is `wanted` is there.
fn search<'t>(cx: &'t Context, iterable: Value<'t>, wanted: bool) -> Res<'t> {
    // An iterator is read no further than the answer: the twin does that.
    if iterable.plain().kind() == Some(Kind::Iter) {
        return Err(cx.needs_code());
    }
    with_items_at_hand(cx, iterable, |items| {
        for (step, item) in items.into_iter().enumerate() {
            cx.poll(step)?;
            if truth(cx, item)? == wanted {
                return Ok(Value::bool(wanted));
            }
        }
        Ok(Value::bool(!wanted))
    })
}

/// `iter(value)` where no code of the language is needed.
fn iterator<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    match iterate::iter(cx, value) {
        Some(iterator) => iterator,
        None if value.kind() == Some(Kind::Generator) => Ok(value),
        None if is_iterable(cx, value) => Err(cx.needs_code()),
        None => Err(not_iterable(cx, value)),
    }
}

fn iterators<'t>(cx: &'t Context, values: &[Value<'t>]) -> Result<Vec<Value<'t>>, Raised> {
    values.iter().map(|value| iterator(cx, *value)).collect()
}

fn new_enumerate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let start = match args.get(1) {
        None => cx.int(0),
        Some(start) => match int::integer_of(start) {
            Some(integer) => int::from_integer(cx, &integer)?,
            None if has_index(cx, start) => return Err(cx.needs_code()),
            None => return Err(int::not_an_integer(cx, start)),
        },
    };
    Ok(iterate::enumerate(cx, iterator(cx, args.at(0))?, start))
}

fn new_zip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let strict = args.get(1).map_or(Ok(false), |strict| truth(cx, strict))?;
    let iterables = args.at(0).get::<Tuple>().map_or(&[][..], Tuple::items);
    iterate::zip(cx, &iterators(cx, iterables)?, strict)
}

fn new_map<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args.at(0).get::<Tuple>().map_or(&[][..], Tuple::items) {
        [] | [_] => Err(cx.type_error("map() must have at least two arguments.")),
        [function, iterables @ ..] => make_map(cx, *function, &iterators(cx, iterables)?),
    }
}

/// A `map` object over iterators.
pub(super) fn make_map<'t>(cx: &'t Context, function: Value<'t>, iterators: &[Value<'t>]) -> Res<'t> {
    let iterators = cx.tuple(iterators)?;
    Ok(Value::object(Iter::new(cx, Builtin::Map, Some(function), Some(iterators), [0; 3])))
}

fn new_filter<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let iterator = iterator(cx, args.at(1))?;
    Ok(Value::object(Iter::new(cx, Builtin::Filter, Some(args.at(0)), Some(iterator), [0; 3])))
}

fn new_reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let sequence = args.at(0);
    let class = cx.class_of(sequence);
    if matches!(sequence.kind(), Some(Kind::Instance | Kind::Type)) {
        let own = |name: &str| class.defining(cx, cx.intern(name));
        match own("__reversed__") {
            Some((_, method)) if method.is_none() => return Err(not_reversible(cx, sequence)),
            Some((class, _)) if !class.has(class_flag::BUILTIN) => return Err(cx.needs_code()),
            _ => {}
        }
        if class.has(class_flag::CUSTOM_ITEM | class_flag::CUSTOM_BOOL)
            && !matches!(sequence.plain().kind(), Some(Kind::List | Kind::Dict))
            && own("__getitem__").is_some()
        {
            return Err(cx.needs_code());
        }
    }
    iterate::reversed(cx, sequence).unwrap_or_else(|| Err(not_reversible(cx, sequence)))
}

#[cold]
fn not_reversible(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("'{}' object is not reversible", cx.type_name(value)))
}

/// The items of a list or tuple.
pub(crate) fn items_of<'t>(cx: &Context, value: Value<'t>) -> Vec<Value<'t>> {
    match (value.get::<List>(), value.get::<Tuple>()) {
        (Some(list), _) => list.to_vec(cx),
        (None, Some(tuple)) => tuple.items().to_vec(),
        (None, None) => Vec::new(),
    }
}
