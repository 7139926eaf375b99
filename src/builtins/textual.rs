//! Built-in functions about text: `ord`, `chr`, `ascii`, `format`, `repr`; and what the prelude needs for them.

use crate::value::bytes::Bytes;
use crate::value::dict::Dict;
use crate::value::drain::collect_native;
use crate::value::format::percent::percent;
use crate::value::format::template::{Source, format_template};
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::text::{quote, wtf8};
use crate::value::tuple::Tuple;
use crate::value::{Context, Res, format, int, repr, slice};
use crate::vm::native::{Args, Row};

use super::args::text;

/// The functions.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("ascii(obj, /)", ascii).twin("ascii_any").static_method(),
    Row::leaf("chr(i, /)", chr).twin("chr_any").static_method(),
    Row::leaf("format(value, format_spec='', /)", format_value).twin("format_any").static_method(),
    Row::leaf("ord(c, /)", ord).static_method(),
    Row::leaf("repr(obj, /)", repr_value).twin("repr_any").static_method(),
];

/// What the prelude needs.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_ascii_escape(text, /)", ascii_escape).static_method(),
    Row::leaf("_format_resume(template, args, mapping, answers, /)", format_resume).static_method(),
    Row::leaf("_own_items(container, /)", own_items).static_method(),
    Row::leaf("_percent_resume(format, args, answers, /)", percent_resume).static_method(),
];

fn ascii<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::ascii(cx, args.at(0))
}

fn repr_value<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::repr(cx, args.at(0))
}

fn format_value<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let spec = match args.get(1) {
        None => &[][..],
        Some(spec) => text(cx, spec, "format() argument 2")?.as_bytes(),
    };
    format::format(cx, args.at(0), spec)
}

fn ord<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = args.at(0);
    let (single, len) = if let Some(text) = value.get::<Str>() {
        (text.single(), text.char_count())
    } else if let Some(bytes) = value.get::<Bytes>().map(Bytes::as_bytes) {
        (if let [byte] = bytes { Some(u32::from(*byte)) } else { None }, bytes.len())
    } else {
        return Err(cx.type_error(format_args!(
            "ord() expected string of length 1, but {} found",
            cx.type_name(value)
        )));
    };
    match single {
        Some(code_point) => Ok(cx.int(code_point.into())),
        None => {
            Err(cx.type_error(format_args!("ord() expected a character, but string of length {len} found")))
        }
    }
}

fn chr<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = args.at(0);
    if !int::is_int(value) {
        return Err(if slice::has_index(cx, value) {
            cx.needs_code()
        } else {
            int::not_an_integer(cx, value)
        });
    }
    let code_point = int::i64_of(value).and_then(|value| u32::try_from(value).ok());
    match code_point.filter(|code_point| *code_point <= wtf8::MAX) {
        Some(code_point) => cx.wtf8(wtf8::encode(code_point, &mut [0; 4])),
        None => Err(cx.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ascii_escape<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.str(&quote::escape_non_ascii(text(cx, args.at(0), "")?.as_bytes()))
}

fn format_resume<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let source = Source { args: args.at(1).get::<Tuple>().map(Tuple::items), mapping: args.at(2) };
    format_template(cx, text(cx, args.at(0), "")?, source, args.at(3).get::<List>())
}

fn percent_resume<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    percent(cx, args.at(0), args.at(1), args.at(2).get::<List>())
}

/// The items of a built-in container, of a dict its pairs, whatever a subclass makes of iteration.
fn own_items<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let container = args.at(0).plain();
    if let Some(dict) = container.get::<Dict>() {
        let pairs = dict.items(cx).into_iter();
        let pairs = pairs.map(|(key, value)| cx.tuple(&[key, value])).collect::<Result<Vec<_>, _>>()?;
        return cx.list(&pairs);
    }
    cx.list(&collect_native(cx, container)?.unwrap_or_default())
}
