//! The methods of `range`.

use crate::heap::Value;
use crate::value::class::class_flag;
use crate::value::range::{self, Range};
use crate::value::slice::has_index;
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, int, iterate};
use crate::vm::native::{Args, Row};

use super::receiver::{read_only, receiver};

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("count(self, value, /)", count).twin("range_count"),
    Row::leaf("index(self, value, /)", index).twin("range_index"),
    Row::getter("start", |cx, args| part(cx, args, 0)),
    Row::getter("stop", |cx, args| part(cx, args, 1)),
    Row::getter("step", |cx, args| part(cx, args, 2)),
    Row::setter("start", read_only),
    Row::setter("stop", read_only),
    Row::setter("step", read_only),
    Row::leaf("__reversed__(self, /)", reversed),
];

/// `range(…)`
pub(crate) static NEW: Row = Row::leaf("range(*args)", new).twin("range_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Range, Raised> {
    receiver(cx, args.at(0), "range")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let given = args.at(0).get::<Tuple>().map_or(&[][..], Tuple::items);
    let number = |index: usize| integer(cx, given[index]);
    let (start, stop, step) = match given.len() {
        1 => (cx.int(0), number(0)?, cx.int(1)),
        2 => (number(0)?, number(1)?, cx.int(1)),
        3 => (number(0)?, number(1)?, number(2)?),
        0 => return Err(cx.type_error("range expected at least 1 argument, got 0")),
        more => {
            return Err(cx.type_error(format_args!("range expected at most 3 arguments, got {more}")));
        }
    };
    if step.as_small() == Some(0) {
        return Err(cx.value_error("range() arg 3 must not be zero"));
    }
    Range::new(cx, start, stop, step).map(Value::object)
}

/// A plain integer.
fn integer<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    match int::integer_of(value) {
        _ if value.word().is_small() => Ok(value),
        Some(integer) => int::from_integer(cx, &integer),
        None if has_index(cx, value) => Err(cx.needs_code()),
        None => Err(int::not_an_integer(cx, value)),
    }
}

fn part<'t>(cx: &'t Context, args: Args<'t>, index: usize) -> Res<'t> {
    this(cx, args).map(|range| range.parts()[index])
}

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let found = range::position(cx, this(cx, args)?, args.at(1))?;
    Ok(cx.int(i64::from(found.is_some())))
}

fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let found = range::position(cx, this(cx, args)?, args.at(1))?;
    if let Some(index) = found {
        return Ok(index);
    }
    let value = args.at(1);
    if int::is_int(value) && !cx.class_of(value).has(class_flag::CUSTOM_REPR) {
        // The message shows the value.
        return Err(cx.needs_code());
    }
    Err(cx.value_error("sequence.index(x): x not in sequence"))
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}
