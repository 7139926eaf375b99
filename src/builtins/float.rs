//! `float`: its constructor and methods.

use crate::heap::{Kind, Value};
use crate::value::bytes::Bytes;
use crate::value::class::Type;
use crate::value::str::Str;
use crate::value::text::{self, float_hex};
use crate::value::{Builtin, Context, Raised, Res, float, int, number};
use crate::vm::native::{Args, Row};

/// `float(x)`
pub(crate) static NEW: Row = Row::leaf("float(x=0, /)", new).twin("float_new");

/// Methods of float.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__ceil__(self, /)", ceil),
    Row::leaf("__float__(self, /)", plain),
    Row::leaf("__floor__(self, /)", floor),
    Row::leaf("__int__(self, /)", trunc),
    Row::leaf("__round__(self, ndigits=None, /)", round).twin("float_round"),
    Row::leaf("__sizeof__(self, /)", size_of_float),
    Row::leaf("__trunc__(self, /)", trunc),
    Row::leaf("as_integer_ratio(self, /)", as_integer_ratio),
    Row::leaf("conjugate(self, /)", plain),
    Row::leaf("fromhex(cls, string, /)", from_hex).class_method().twin("float_fromhex"),
    Row::leaf("hex(self, /)", hex),
    Row::leaf("is_integer(self, /)", is_integer),
    Row::getter("real", plain),
    Row::getter("imag", imag),
];

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    args.get(0).map_or(Ok(Value::float(0.0)), |value| float_new(cx, value))
}

/// `float(value)`
///
/// # Errors
/// `TypeError`, `ValueError` and `OverflowError` in CPython's words; [`Context::needs_code`] if the class is written in the
/// language.
pub(crate) fn float_new<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    if value.as_float().is_some() {
        return Ok(value);
    }
    let is_number = int::is_int(value) || float::value_of(value).is_some();
    let asked: &[&str] = if is_number { &["__float__"] } else { &["__float__", "__index__"] };
    if number::defines(cx, value, asked) {
        return Err(cx.needs_code());
    }
    if is_number {
        return number::to_float(cx, value).map(Value::float);
    }
    let parsed = if let Some(string) = value.get::<Str>() {
        text::float::parse(string.as_bytes())
    } else if let Some(bytes) = value.get::<Bytes>() {
        text::float::parse_bytes(bytes.as_bytes())
    } else if value.kind() == Some(Kind::Instance) {
        // It may be a bytearray.
        return Err(cx.needs_code());
    } else {
        return Err(cx.type_error(format_args!(
            "float() argument must be a string or a real number, not '{}'",
            cx.type_name(value)
        )));
    };
    parsed.map(Value::float).map_err(|error| cx.text_error(&error))
}

/// The receiver of a method of float.
fn receiver(cx: &Context, args: Args<'_>) -> Result<f64, Raised> {
    number::to_float(cx, args.at(0))
}

fn plain<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver(cx, args).map(Value::float)
}

fn ceil<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    number::ceil(cx, args.at(0)).map(|whole| whole.unwrap_or(Value::NONE))
}

fn floor<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    number::floor(cx, args.at(0)).map(|whole| whole.unwrap_or(Value::NONE))
}

fn trunc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    number::trunc(cx, args.at(0)).map(|whole| whole.unwrap_or(Value::NONE))
}

fn round<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    number::round(cx, args.at(0), args.get(1)).map(|rounded| rounded.unwrap_or(Value::NONE))
}

/// The size in CPython.
fn size_of_float<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(cx.int(24))
}

fn imag<'t>(_: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::float(0.0))
}

fn is_integer<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = receiver(cx, args)?;
    Ok(Value::bool(value.is_finite() && value == value.floor()))
}

fn as_integer_ratio<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match float_hex::as_integer_ratio(receiver(cx, args)?) {
        Ok((above, below)) => cx.tuple(&[number::from_text(cx, above)?, number::from_text(cx, below)?]),
        Err(error) => Err(cx.text_error(&error)),
    }
}

fn hex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.str(&float_hex::hex(receiver(cx, args)?))
}

fn from_hex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if !args.at(0).get::<Type>().is_some_and(|class| class.is(Builtin::Float)) {
        return Err(cx.needs_code());
    }
    let Some(string) = args.at(1).get::<Str>() else {
        return Err(cx.type_error("bad argument type for built-in operation"));
    };
    match float_hex::from_hex(string.as_bytes()) {
        Ok(value) => Ok(Value::float(value)),
        Err(error) => Err(cx.text_error(&error)),
    }
}
