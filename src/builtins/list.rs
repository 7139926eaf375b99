//! The methods of `list`.

use crate::heap::Value;
use crate::value::compare::same_key;
use crate::value::drain::with_items;
use crate::value::list::List;
use crate::value::sequence::{self, place, truth};
use crate::value::sort::sort_values;
use crate::value::{Builtin, Context, Raised, Res, iterate};
use crate::vm::native::{Args, Row};

use super::receiver::{bound, integer, receiver};

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("append(self, object, /)", append),
    Row::leaf("extend(self, iterable, /)", extend).twin("list_extend"),
    Row::leaf("insert(self, index, object, /)", insert).twin("list_insert"),
    Row::leaf("pop(self, index=-1, /)", pop).twin("list_pop"),
    Row::leaf("remove(self, value, /)", remove).twin("list_remove"),
    Row::leaf("clear(self, /)", clear),
    Row::leaf("copy(self, /)", copy),
    Row::leaf("count(self, value, /)", count).twin("list_count"),
    Row::leaf("index(self, value, start=0, stop=9223372036854775807, /)", index).twin("list_index"),
    Row::leaf("reverse(self, /)", reverse),
    Row::leaf("sort(self, *, key=None, reverse=False)", sort).twin("list_sort"),
    Row::leaf("__reversed__(self, /)", reversed),
];

/// `list(iterable)`
pub(crate) static NEW: Row = Row::leaf("list(iterable=(), /)", new).twin("list_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t List, Raised> {
    receiver(cx, args.at(0), "list")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args.get(0) {
        Some(iterable) => with_items(cx, iterable, |items| cx.list(&items)),
        None => cx.list(&[]),
    }
}

fn append<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.push(cx, args.at(1))?;
    Ok(Value::NONE)
}

fn extend<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    sequence::extend(cx, args.at(0), args.at(1))?;
    Ok(Value::NONE)
}

fn insert<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let (len, index) = (list.len(), integer(cx, args.at(1))?);
    let index = if index < 0 { index.saturating_add(len as i64).max(0) } else { index };
    let place = usize::try_from(index).unwrap_or(usize::MAX).min(len);
    list.splice(cx, place, place, &[args.at(2)])?;
    Ok(Value::NONE)
}

fn pop<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let index = args.get(1).map_or(Ok(-1), |index| integer(cx, index))?;
    let item = if index == -1 {
        list.pop(cx)
    } else {
        match place(index, list.len()) {
            Some(place) => {
                let item = list.get(place);
                list.splice(cx, place, place + 1, &[])?;
                item
            }
            None => None,
        }
    };
    let why = if list.is_empty() { "pop from empty list" } else { "pop index out of range" };
    item.ok_or_else(|| cx.raise(Builtin::IndexError, why))
}

fn remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    match find(cx, list, args.at(1), 0, list.len())? {
        Some(place) => list.splice(cx, place, place + 1, &[]).map(|()| Value::NONE),
        None => Err(cx.value_error("list.remove(x): x not in list")),
    }
}

fn find(
    cx: &Context,
    list: &List,
    value: Value<'_>,
    from: usize,
    to: usize,
) -> Result<Option<usize>, Raised> {
    for (place, slot) in list.slots().iter().enumerate().take(to).skip(from) {
        if let Some(item) = slot.get()
            && same_key(cx, item, value)?
        {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn clear<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.clear(cx);
    Ok(Value::NONE)
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    List::from_slots(cx, &[this(cx, args)?.slots()]).map(Value::object)
}

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut found = 0;
    for item in this(cx, args)?.iter() {
        found += i64::from(same_key(cx, item, args.at(1))?);
    }
    Ok(cx.int(found))
}

fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let len = list.len();
    let from = args.get(2).map_or(Ok(0), |from| bound(cx, from, len))?;
    let to = args.get(3).map_or(Ok(len), |to| bound(cx, to, len))?;
    match find(cx, list, args.at(1), from, to)? {
        Some(place) => Ok(cx.int(place as i64)),
        // The message shows the value, and how it is shown may need code.
        None => Err(cx.needs_code()),
    }
}

fn reverse<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let mut items = list.to_vec();
    items.reverse();
    list.replace(cx, &items)?;
    Ok(Value::NONE)
}

fn sort<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let reverse = args.get(2).map_or(Ok(false), |reverse| truth(cx, reverse))?;
    if args.get(1).is_some_and(|key| !key.is_none()) {
        return Err(cx.needs_code());
    }
    let mut items = list.to_vec();
    let sorted = sort_values(cx, &mut items, reverse);
    if sorted.is_err() && cx.take_needs_code() {
        return Err(cx.needs_code());
    }
    let pending = if sorted.is_err() { cx.take_pending() } else { None };
    list.replace(cx, &items)?;
    match pending {
        Some(exception) => Err(cx.raise_value(exception)),
        None => sorted.map(|()| Value::NONE),
    }
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}
