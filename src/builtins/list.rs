//! The methods of `list`.

use crate::heap::Value;
use crate::value::drain::with_items;
use crate::value::list::{List, Missing};
use crate::value::sequence::{self, truth};
use crate::value::sort::sort_list;
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
    this(cx, args)?.insert(cx, integer(cx, args.at(1))?, args.at(2))?;
    Ok(Value::NONE)
}

fn pop<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let index = args.get(1).map_or(Ok(-1), |index| integer(cx, index))?;
    let taken =
        if index == -1 { list.pop(cx).ok_or(Missing { from_empty: true }) } else { list.take(cx, index) };
    taken.map_err(|Missing { from_empty }| {
        cx.raise(
            Builtin::IndexError,
            if from_empty { "pop from empty list" } else { "pop index out of range" },
        )
    })
}

fn remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if this(cx, args)?.remove(cx, args.at(1))? {
        Ok(Value::NONE)
    } else {
        Err(cx.value_error("list.remove(x): x not in list"))
    }
}

fn clear<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.clear(cx);
    Ok(Value::NONE)
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.copy(cx).map(Value::object)
}

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let count = this(cx, args)?.count(cx, args.at(1))?;
    Ok(cx.int(count as i64))
}

fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let len = list.len();
    let from = args.get(2).map_or(Ok(0), |from| bound(cx, from, len))?;
    let to = args.get(3).map_or(Ok(usize::MAX), |to| bound(cx, to, len))?;
    match list.position(cx, args.at(1), from, to)? {
        Some(place) => Ok(cx.int(place as i64)),
        // The message shows the value, and how it is shown may need code.
        None => Err(cx.needs_code()),
    }
}

fn reverse<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.reverse(cx);
    Ok(Value::NONE)
}

fn sort<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let list = this(cx, args)?;
    let reverse = args.get(2).map_or(Ok(false), |reverse| truth(cx, reverse))?;
    if args.get(1).is_some_and(|key| !key.is_none()) {
        return Err(cx.needs_code());
    }
    sort_list(cx, list, reverse).map(|()| Value::NONE)
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}
