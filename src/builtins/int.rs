//! `int`: its constructor and methods.

use dashu_int::ops::UnsignedAbs;
use dashu_int::{IBig, UBig};

use crate::heap::{Kind, Value};
use crate::value::bytes::Bytes;
use crate::value::int::{self, Integer, MAX_BITS};
use crate::value::number::{self, bit_length, from_integer, index, index_i64};
use crate::value::str::Str;
use crate::value::text;
use crate::value::{Builtin, Context, Raised, Res, float};
use crate::vm::native::{Args, Arity, Row};

/// `int(x, base)`
pub(crate) static NEW: Row = Row::leaf("int(x=0, /, base=10)", new).twin("int_new").arity(Arity::Counted);

/// Methods of int.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__ceil__(self, /)", plain),
    Row::leaf("__float__(self, /)", to_float),
    Row::leaf("__floor__(self, /)", plain),
    Row::leaf("__index__(self, /)", plain),
    Row::leaf("__int__(self, /)", plain),
    Row::leaf("__round__(self, ndigits=None, /)", round).twin("int_round"),
    Row::leaf("__sizeof__(self, /)", size_of_int),
    Row::leaf("__trunc__(self, /)", plain),
    Row::leaf("as_integer_ratio(self, /)", as_integer_ratio),
    Row::leaf("bit_count(self, /)", bit_count),
    Row::leaf("bit_length(self, /)", int_bit_length),
    Row::leaf("conjugate(self, /)", plain),
    Row::leaf("from_bytes(cls, bytes, byteorder='big', *, signed=False)", from_bytes)
        .class_method()
        .twin("int_from_bytes"),
    Row::leaf("is_integer(self, /)", is_integer),
    Row::leaf("to_bytes(self, length=1, byteorder='big', *, signed=False)", to_bytes).twin("int_to_bytes"),
    Row::getter("real", plain),
    Row::getter("imag", imag),
    Row::getter("numerator", plain),
    Row::getter("denominator", denominator),
];

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match (args.get(0), args.get(1)) {
        (None, None) => Ok(cx.int(0)),
        (None, Some(_)) => Err(cx.type_error("int() missing string argument")),
        (Some(value), None) => int_new(cx, value, None),
        (Some(value), Some(base)) => int_new(cx, value, Some(base)),
    }
}

/// `int(value)`, `int(value, base)`
///
/// # Errors
/// `TypeError` and `ValueError` in CPython's words; [`Context::needs_code`] if a class is written in the language.
pub(crate) fn int_new<'t>(cx: &'t Context, value: Value<'t>, base: Option<Value<'t>>) -> Res<'t> {
    let Some(base) = base else {
        return if value.as_small().is_some() { Ok(value) } else { convert(cx, value) };
    };
    let base = number::index_clamped(cx, base)?;
    if base != 0 && !(2..=36).contains(&base) {
        return Err(cx.value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    match parse(cx, value, base as u32) {
        Some(result) => result,
        None if value.kind() == Some(Kind::Instance) => Err(cx.needs_code()),
        None => Err(cx.type_error("int() can't convert non-string with explicit base")),
    }
}

fn convert<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    if value.kind() == Some(Kind::Str)
        && let Some(result) = parse(cx, value, 10)
    {
        return result;
    }
    let is_number = int::is_int(value) || float::value_of(value).is_some();
    let asked: &[&str] = if is_number { &["__int__"] } else { &["__int__", "__index__", "__trunc__"] };
    if number::defines(cx, value, asked) {
        return Err(cx.needs_code());
    }
    if let Some(result) = number::to_int(cx, value)? {
        return Ok(result);
    }
    match parse(cx, value, 10) {
        Some(result) => result,
        // It may be a bytearray.
        None if value.kind() == Some(Kind::Instance) => Err(cx.needs_code()),
        None => Err(cx.type_error(format_args!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            cx.type_name(value)
        ))),
    }
}

/// The integer that a str or bytes object spells; `None` if it is neither.
fn parse<'t>(cx: &'t Context, value: Value<'t>, base: u32) -> Option<Res<'t>> {
    let limit = cx.max_digits();
    let parsed = if let Some(string) = value.get::<Str>() {
        if let Some(short) = text::int::parse_short(string.as_bytes(), base) {
            return Some(Ok(cx.int(short)));
        }
        text::int::parse(string.as_bytes(), base, limit)
    } else {
        text::int::parse_bytes(value.get::<Bytes>()?.as_bytes(), base, limit)
    };
    Some(parsed.map_err(|error| cx.text_error(&error)).and_then(|int| number::from_text(cx, int)))
}

/// The receiver of a method of int.
fn receiver<'t>(cx: &Context, args: Args<'t>) -> Result<Integer, Raised> {
    index(cx, args.at(0))
}

fn plain<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver(cx, args).and_then(|int| from_integer(cx, int))
}

fn to_float<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    number::to_float(cx, args.at(0)).map(Value::float)
}

fn round<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match number::round(cx, args.at(0), args.get(1))? {
        Some(rounded) => Ok(rounded),
        None => plain(cx, args),
    }
}

/// The size in CPython, which stores 30 bits in a digit of 4 bytes.
fn size_of_int<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let digits = bit_length(&receiver(cx, args)?).div_ceil(30).max(1);
    Ok(cx.int(24 + 4 * digits as i64))
}

fn imag<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(cx.int(0))
}

fn denominator<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(cx.int(1))
}

fn is_integer<'t>(_: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::TRUE)
}

fn as_integer_ratio<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.tuple(&[plain(cx, args)?, cx.int(1)])
}

fn int_bit_length<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(bit_length(&receiver(cx, args)?) as i64))
}

fn bit_count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let ones = match receiver(cx, args)? {
        Integer::Fixed(value) => u64::from(value.unsigned_abs().count_ones()),
        Integer::Big(value) => {
            let magnitude = value.unsigned_abs();
            magnitude.as_words().iter().map(|word| u64::from(word.count_ones())).sum()
        }
    };
    Ok(cx.int(ones as i64))
}

/// Whether the low byte comes first; the argument is `"little"` or `"big"`.
fn is_little(cx: &Context, order: Option<Value<'_>>, function: &str) -> Result<bool, Raised> {
    let Some(order) = order else { return Ok(false) };
    let Some(text) = order.get::<Str>() else {
        return Err(cx.type_error(format_args!(
            "{function}() argument 'byteorder' must be str, not {}",
            cx.type_name(order)
        )));
    };
    match text.as_bytes() {
        b"little" => Ok(true),
        b"big" => Ok(false),
        _ => Err(cx.value_error("byteorder must be either 'little' or 'big'")),
    }
}

fn is_signed(cx: &Context, signed: Option<Value<'_>>) -> Result<bool, Raised> {
    signed.map_or(Ok(false), |signed| super::bool::truth(cx, signed))
}

fn to_bytes<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = receiver(cx, args)?;
    let length = args.get(1).map_or(Ok(1), |length| index_i64(cx, length))?;
    let little = is_little(cx, args.get(2), "to_bytes")?;
    let signed = is_signed(cx, args.get(3))?;
    let Ok(length) = usize::try_from(length) else {
        return Err(cx.value_error("length argument must be non-negative"));
    };
    if length > MAX_BITS {
        return Err(cx.memory_error());
    }
    let value = value.into_big();
    let negative = value < IBig::ZERO;
    if negative && !signed {
        return Err(cx.raise(Builtin::OverflowError, "can't convert negative int to unsigned"));
    }
    // Of a negative number the magnitude less one is what is inverted, so that -128 takes one byte.
    let magnitude = if negative { (-value - IBig::ONE).unsigned_abs() } else { value.unsigned_abs() };
    let bits = dashu_int::ops::BitTest::bit_len(&magnitude) + usize::from(signed);
    let is_empty = !negative && magnitude == UBig::ZERO;
    if bits > length.saturating_mul(8) && !is_empty {
        return Err(cx.raise(Builtin::OverflowError, "int too big to convert"));
    }
    let low = magnitude.to_le_bytes();
    Bytes::with(cx, Builtin::Bytes.shape(), length, |place| {
        place[..low.len().min(length)].copy_from_slice(&low[..low.len().min(length)]);
        if negative {
            place.iter_mut().for_each(|byte| *byte = !*byte);
        }
        if !little {
            place.reverse();
        }
    })
    .map(Value::object)
}

fn from_bytes<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let little = is_little(cx, args.get(2), "from_bytes")?;
    let signed = is_signed(cx, args.get(3))?;
    let is_int = args.at(0).get::<crate::value::class::Type>().is_some_and(|class| class.is(Builtin::Int));
    let Some(bytes) = args.at(1).get::<Bytes>().filter(|_| is_int) else {
        return Err(cx.needs_code());
    };
    let bytes = bytes.as_bytes();
    let magnitude = if little { UBig::from_le_bytes(bytes) } else { UBig::from_be_bytes(bytes) };
    let top = if little { bytes.last() } else { bytes.first() };
    let mut value = IBig::from(magnitude);
    if signed && top.is_some_and(|top| top & 0x80 != 0) {
        value -= IBig::ONE << (bytes.len() * 8);
    }
    int::big(cx, &value)
}
