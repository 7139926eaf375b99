//! Numbers to numbers, numbers to text, and arguments that are to be numbers.

use dashu_int::IBig;

use crate::heap::{Kind, Value};
use crate::value::class::class_flag;
use crate::value::int::{self, Integer};
use crate::value::text::format_spec;
use crate::value::text::int::Int;
use crate::value::{Builtin, Context, Raised, Res, complex, float};

use super::from_integer;
use super::rounding::float_to_int;

/// The value of an integer that was read from text.
///
/// # Errors
/// `MemoryError`.
pub(crate) fn from_text(cx: &Context, value: Int) -> Res<'_> {
    from_integer(
        cx,
        match value {
            Int::Small(value) => Integer::Fixed(value),
            Int::Big(value) => Integer::Big(value),
        },
    )
}

/// The truth of a number; `None` if it is none.
#[inline]
pub fn truth(value: Value<'_>) -> Option<bool> {
    if let Some(truth) = value.as_bool() {
        return Some(truth);
    }
    if let Some(float) = float::value_of(value) {
        return Some(float != 0.0);
    }
    match int::fixed_of(value) {
        Some(fixed) => Some(fixed != 0),
        None if int::is_int(value) => Some(true),
        None => complex::value_of(value).map(|parts| parts.re != 0.0 || parts.im != 0.0),
    }
}

/// Appends `format(value, spec)` of a number; `None` if it is none. The specification is WTF-8, and not empty.
pub(crate) fn format_number(
    cx: &Context,
    out: &mut Vec<u8>,
    value: Value<'_>,
    spec: &[u8],
) -> Option<Result<(), Raised>> {
    let written = if let Some(small) = value.as_small() {
        format_spec::format_int(out, i128::from(small).into(), spec, "int", cx.max_digits())
    } else if let Some(float) = float::value_of(value) {
        format_spec::format_float(out, float, spec, cx.type_name(value))
    } else if let Some(parts) = complex::value_of(value) {
        format_spec::format_complex(out, parts.re, parts.im, spec, cx.type_name(value))
    } else {
        let integer = int::integer_of(value)?;
        format_spec::format_int(out, integer.as_text(), spec, cx.type_name(value), cx.max_digits())
    };
    Some(written.map_err(|error| cx.text_error(&error)))
}

/// The nearest float to an integer.
pub(super) fn integer_to_float(cx: &Context, value: &Integer) -> Result<f64, Raised> {
    value.as_text().to_float().map_err(|error| cx.text_error(&error))
}

/// A number as a float; anything else is a `TypeError`.
///
/// # Errors
/// `OverflowError` for an integer that is too large.
pub fn to_float(cx: &Context, value: Value<'_>) -> Result<f64, Raised> {
    if let Some(float) = float::value_of(value) {
        return Ok(float);
    }
    match int::integer_of(value) {
        Some(integer) => integer_to_float(cx, &integer),
        None => Err(not_real(cx, value)),
    }
}

/// A number as an int, towards zero: `value.__int__()`; `None` if it is none.
///
/// # Errors
/// `ValueError` for NaN, `OverflowError` for infinity.
pub fn to_int<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    match float::value_of(value) {
        Some(float) => float_to_int(cx, float).map(Some),
        None => super::integer::unary(cx, super::UnaryOp::Pos, value),
    }
}

#[cold]
fn not_real(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("must be real number, not {}", cx.type_name(value)))
}

/// An argument that is to be a real number.
///
/// # Errors
/// `TypeError`; [`Context::needs_code`] if its class may have a `__float__` or `__index__` of its own.
#[inline]
pub fn float_argument(cx: &Context, value: Value<'_>) -> Result<f64, Raised> {
    if let Some(float) = float::value_of(value) {
        return Ok(float);
    }
    let asked: &[&str] = if int::is_int(value) { &["__float__"] } else { &["__float__", "__index__"] };
    if defines(cx, value, asked) {
        return Err(cx.needs_code());
    }
    to_float(cx, value)
}

/// Whether the class of the value may have conversions that are written in the language.
fn is_custom(cx: &Context, value: Value<'_>) -> bool {
    value.kind() == Some(Kind::Instance) && cx.class_of(value).has(class_flag::CUSTOM_NUMBER)
}

/// Whether one of these special methods of the value's class is written in the language.
pub(crate) fn defines(cx: &Context, value: Value<'_>, names: &[&str]) -> bool {
    is_custom(cx, value)
        && names.iter().any(|name| {
            let defining = cx.class_of(value).defining(cx, cx.intern(name));
            defining.is_some_and(|(class, _)| !class.has(class_flag::BUILTIN))
        })
}

/// An argument that is to be an integer, of any size.
///
/// # Errors
/// `TypeError`; [`Context::needs_code`] if its class may have an `__index__` of its own.
pub fn index(cx: &Context, value: Value<'_>) -> Result<Integer, Raised> {
    match int::integer_of(value) {
        Some(integer) => Ok(integer),
        None if defines(cx, value, &["__index__"]) => Err(cx.needs_code()),
        None => Err(int::not_an_integer(cx, value)),
    }
}

/// An integer that was cut to the range of i64, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clamped {
    /// It fits.
    Fits(i64),
    /// It is below.
    Below,
    /// It is above.
    Above,
}

/// An argument that is to be an integer of 64 bits.
///
/// # Errors
/// As [`index`]; `OverflowError` if it is larger.
#[inline]
pub fn index_i64(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    match index_or_clamp(cx, value)? {
        Clamped::Fits(fits) => Ok(fits),
        _ => Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t")),
    }
}

/// An argument that is to be an integer, cut to the range of i64.
///
/// # Errors
/// As [`index`].
pub fn index_clamped(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    Ok(match index_or_clamp(cx, value)? {
        Clamped::Fits(fits) => fits,
        Clamped::Below => i64::MIN,
        Clamped::Above => i64::MAX,
    })
}

fn index_or_clamp(cx: &Context, value: Value<'_>) -> Result<Clamped, Raised> {
    if let Some(small) = value.as_small() {
        return Ok(Clamped::Fits(small));
    }
    let integer = index(cx, value)?;
    let fits = match &integer {
        Integer::Fixed(fixed) => i64::try_from(*fixed).ok(),
        Integer::Big(_) => None,
    };
    Ok(match (fits, integer) {
        (Some(fits), _) => Clamped::Fits(fits),
        (None, Integer::Fixed(fixed)) if fixed < 0 => Clamped::Below,
        (None, Integer::Big(big)) if big < IBig::ZERO => Clamped::Below,
        _ => Clamped::Above,
    })
}
