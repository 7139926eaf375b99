//! The methods of `slice`.

use crate::heap::Value;
use crate::value::range::slice_indices;
use crate::value::slice::{Slice, has_index};
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, int};
use crate::vm::native::{Args, Row};

use super::receiver::{read_only, receiver};

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("indices(self, length, /)", indices).twin("slice_indices"),
    Row::getter("start", |cx, args| part(cx, args, 0)),
    Row::getter("stop", |cx, args| part(cx, args, 1)),
    Row::getter("step", |cx, args| part(cx, args, 2)),
    Row::setter("start", read_only),
    Row::setter("stop", read_only),
    Row::setter("step", read_only),
];

/// `slice(…)`
pub(crate) static NEW: Row = Row::leaf("slice(*args)", new);

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Slice, Raised> {
    receiver(cx, args.at(0), "slice")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (start, stop, step) = match args.at(0).get::<Tuple>().map_or(&[][..], Tuple::items) {
        [stop] => (Value::NONE, *stop, Value::NONE),
        [start, stop] => (*start, *stop, Value::NONE),
        [start, stop, step] => (*start, *stop, *step),
        [] => return Err(cx.type_error("slice expected at least 1 argument, got 0")),
        more => {
            let given = more.len();
            return Err(cx.type_error(format_args!("slice expected at most 3 arguments, got {given}")));
        }
    };
    Ok(Value::object(Slice::new(cx, start, stop, step)))
}

fn part<'t>(cx: &'t Context, args: Args<'t>, index: usize) -> Res<'t> {
    this(cx, args).map(|slice| slice.parts()[index])
}

fn indices<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (slice, length) = (this(cx, args)?, args.at(1));
    let Some(length) = int::integer_of(length) else {
        let error = if has_index(cx, length) { cx.needs_code() } else { int::not_an_integer(cx, length) };
        return Err(error);
    };
    let length = length.into_big();
    if length < dashu_int::IBig::ZERO {
        return Err(cx.value_error("length should not be negative"));
    }
    let [start, stop, step] = slice_indices(cx, slice, &length)?;
    cx.tuple(&[int::big(cx, &start)?, int::big(cx, &stop)?, int::big(cx, &step)?])
}
