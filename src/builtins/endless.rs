//! `itertools.count`, `cycle` and `repeat`: how they are made.

use crate::heap::Value;
use crate::value::drain::with_items;
use crate::value::iterate::endless;
use crate::value::record::Iter;
use crate::value::{Context, Res};
use crate::vm::native::{Args, Row};

use super::receiver::{integer, receiver};

/// `count(start, step)`; what are no integers of the word is counted in the language.
pub(crate) static NEW_COUNT: Row = Row::leaf("count(start=0, step=1)", count).twin("count_new");
/// `cycle(iterable)`; what needs code to be read is read in the language, item by item.
pub(crate) static NEW_CYCLE: Row = Row::leaf("cycle(iterable, /)", cycle).twin("cycle_new");
/// `repeat(object, times)`
pub(crate) static NEW_REPEAT: Row = Row::leaf("repeat(object, times=None)", repeat).twin("repeat_new");

/// Of `repeat`.
pub(crate) static REPEAT_ROWS: &[Row] = &[Row::leaf("__length_hint__(self, /)", length_hint)];

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let number = |place, default| args.get(place).map_or(Some(default), Value::as_small);
    match (number(0, 0), number(1, 1)) {
        (Some(start), Some(step)) => Ok(endless::count(cx, start, step)),
        _ => Err(cx.needs_code()),
    }
}

fn cycle<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    with_items(cx, args.at(0), |items| Ok(endless::cycle(cx, cx.tuple(&items)?)))
}

fn repeat<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let times = args.get(1).map(|times| integer(cx, times)).transpose()?;
    Ok(endless::repeat(cx, args.at(0), times))
}

fn length_hint<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match endless::repeat_state(receiver::<Iter>(cx, args.at(0), "repeat")?) {
        (_, Some(left)) => Ok(cx.int(left)),
        (_, None) => Err(cx.type_error("len() of unsized object")),
    }
}
