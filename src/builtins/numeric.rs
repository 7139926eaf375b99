//! Built-in functions of numbers: `abs`, `bin`, `divmod`, `hex`, `oct`, `pow`, `round`.

use crate::heap::Value;
use crate::value::int::Integer;
use crate::value::number::{self, BinaryOp, UnaryOp};
use crate::value::text::int::{Base, IntRef};
use crate::value::{Context, Res};
use crate::vm::native::{Args, Row};

/// The functions.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("abs(x, /)", abs).twin("number_abs"),
    Row::leaf("bin(number, /)", bin).twin("number_bin"),
    Row::leaf("divmod(x, y, /)", divmod).twin("number_divmod"),
    Row::leaf("hex(number, /)", hex).twin("number_hex"),
    Row::leaf("oct(number, /)", oct).twin("number_oct"),
    Row::leaf("pow(base, exp, mod=None)", pow).twin("number_pow"),
    Row::leaf("round(number, ndigits=None)", round).twin("number_round"),
];

fn abs<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = args.at(0);
    if number::defines(cx, value, &["__abs__"]) {
        return Err(cx.needs_code());
    }
    match number::unary(cx, UnaryOp::Abs, value)? {
        Some(result) => Ok(result),
        None => Err(cx.type_error(format_args!("bad operand type for abs(): '{}'", cx.type_name(value)))),
    }
}

fn divmod<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (a, b) = (args.at(0), args.at(1));
    if [a, b].iter().any(|value| number::defines(cx, *value, &["__divmod__", "__rdivmod__"])) {
        return Err(cx.needs_code());
    }
    match number::binary(cx, BinaryOp::DivMod, a, b)? {
        Some(result) => Ok(result),
        None => Err(cx.type_error(format_args!(
            "unsupported operand type(s) for divmod(): '{}' and '{}'",
            cx.type_name(a),
            cx.type_name(b)
        ))),
    }
}

fn pow<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (base, exponent) = (args.at(0), args.at(1));
    let modulus = args.get(2).filter(|modulus| !modulus.is_none());
    let custom = |value| number::defines(cx, value, &["__pow__", "__rpow__"]);
    if [Some(base), Some(exponent), modulus].into_iter().flatten().any(custom) {
        return Err(cx.needs_code());
    }
    let result = match modulus {
        Some(modulus) => number::power_mod(cx, base, exponent, modulus)?,
        None => number::binary(cx, BinaryOp::Pow, base, exponent)?,
    };
    if let Some(result) = result {
        return Ok(result);
    }
    let (base, exponent) = (cx.type_name(base), cx.type_name(exponent));
    let what = "unsupported operand type(s) for ** or pow()";
    Err(match modulus {
        Some(modulus) => {
            cx.type_error(format_args!("{what}: '{base}', '{exponent}', '{}'", cx.type_name(modulus)))
        }
        None => cx.type_error(format_args!("{what}: '{base}' and '{exponent}'")),
    })
}

fn round<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = args.at(0);
    if number::defines(cx, value, &["__round__"]) {
        return Err(cx.needs_code());
    }
    match number::round(cx, value, args.get(1))? {
        Some(result) => Ok(result),
        None => {
            Err(cx.type_error(format_args!("type {} doesn't define __round__ method", cx.type_name(value))))
        }
    }
}

fn bin<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    prefixed(cx, args.at(0), Base::Binary)
}

fn oct<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    prefixed(cx, args.at(0), Base::Octal)
}

fn hex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    prefixed(cx, args.at(0), Base::Hex)
}

fn prefixed<'t>(cx: &'t Context, value: Value<'t>, base: Base) -> Res<'t> {
    let integer = number::index(cx, value)?;
    let text = match &integer {
        Integer::Fixed(value) => IntRef::Small(*value),
        Integer::Big(value) => IntRef::Big(value),
    };
    cx.written(|out| text.write_prefixed(out, base).map_err(|error| cx.text_error(&error)))
}
