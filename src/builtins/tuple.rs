//! The methods of `tuple`.

use crate::value::compare::same_key;
use crate::value::drain::with_items;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};

use super::receiver::{bound, receiver};

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("count(self, value, /)", count).twin("tuple_count"),
    Row::leaf("index(self, value, start=0, stop=9223372036854775807, /)", index).twin("tuple_index"),
];

/// `tuple(iterable)`
pub(crate) static NEW: Row = Row::leaf("tuple(iterable=(), /)", new).twin("tuple_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Tuple, Raised> {
    receiver(cx, args.at(0), "tuple")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args.get(0) {
        Some(iterable) if cx.class_of(iterable).is(Builtin::Tuple) => Ok(iterable),
        Some(iterable) => with_items(cx, iterable, |items| cx.tuple(&items)),
        None => cx.tuple(&[]),
    }
}

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut found = 0;
    for (step, item) in this(cx, args)?.items().iter().enumerate() {
        cx.poll(step)?;
        found += i64::from(same_key(cx, *item, args.at(1))?);
    }
    Ok(cx.int(found))
}

fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let items = this(cx, args)?.items();
    let from = args.get(2).map_or(Ok(0), |from| bound(cx, from, items.len()))?;
    let to = args.get(3).map_or(Ok(items.len()), |to| bound(cx, to, items.len()))?;
    for (place, item) in items.iter().enumerate().take(to).skip(from) {
        cx.poll(place)?;
        if same_key(cx, *item, args.at(1))? {
            return Ok(cx.int(place as i64));
        }
    }
    Err(cx.value_error("tuple.index(x): x not in tuple"))
}
