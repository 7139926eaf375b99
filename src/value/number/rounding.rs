//! `round`, `floor`, `ceil` and `trunc`.

use dashu_int::IBig;
use dashu_int::ops::UnsignedAbs;

use crate::heap::Value;
use crate::value::int::{self, Integer, MAX_BITS};
use crate::value::text::{float as text_float, float_hex};
use crate::value::{Context, Raised, float};

use super::convert::{from_text, index, index_clamped};
use super::from_integer;
use super::integer::{big_div_mod, bit_length, is_negative};

type Answer<'t> = Result<Option<Value<'t>>, Raised>;

/// `math.floor(value)`, `value.__floor__()`; `None` if it is no number.
///
/// # Errors
/// `ValueError` for NaN, `OverflowError` for infinity.
pub fn floor<'t>(cx: &'t Context, value: Value<'t>) -> Answer<'t> {
    whole(cx, value, f64::floor)
}

/// `math.ceil(value)`, `value.__ceil__()`; `None` if it is no number.
///
/// # Errors
/// As [`floor`].
pub fn ceil<'t>(cx: &'t Context, value: Value<'t>) -> Answer<'t> {
    whole(cx, value, f64::ceil)
}

/// `math.trunc(value)`, `value.__trunc__()`; `None` if it is no number.
///
/// # Errors
/// As [`floor`].
pub fn trunc<'t>(cx: &'t Context, value: Value<'t>) -> Answer<'t> {
    whole(cx, value, f64::trunc)
}

fn whole<'t>(cx: &'t Context, value: Value<'t>, rounding: fn(f64) -> f64) -> Answer<'t> {
    match float::value_of(value) {
        Some(float) => float_to_int(cx, rounding(float)).map(Some),
        None => super::integer::unary(cx, super::UnaryOp::Pos, value),
    }
}

pub(super) fn float_to_int(cx: &Context, value: f64) -> Result<Value<'_>, Raised> {
    if value.abs() < 1e14 {
        return Ok(cx.int(value as i64));
    }
    float_hex::to_int(value).map_err(|error| cx.text_error(&error)).and_then(|int| from_text(cx, int))
}

/// `round(value, digits)`; `None` if it is no number.
///
/// # Errors
/// As [`floor`]; `TypeError` if `digits` is no integer, [`Context::needs_code`] if its class is written in the language.
pub fn round<'t>(cx: &'t Context, value: Value<'t>, digits: Option<Value<'t>>) -> Answer<'t> {
    let digits = digits.filter(|digits| !digits.is_none());
    if let Some(float) = float::value_of(value) {
        return match digits {
            None => float_to_int(cx, round_ties_even(float)).map(Some),
            Some(digits) => {
                let digits = index_clamped(cx, digits)?;
                match text_float::round_half_even(float, digits) {
                    Ok(rounded) => Ok(Some(Value::float(rounded))),
                    Err(error) => Err(cx.text_error(&error)),
                }
            }
        };
    }
    let Some(integer) = int::integer_of(value) else { return Ok(None) };
    let digits = match digits {
        Some(digits) => index(cx, digits)?,
        None => Integer::Fixed(0),
    };
    if !is_negative(&digits) {
        return super::integer::unary(cx, super::UnaryOp::Pos, value);
    }
    let places = match digits {
        Integer::Fixed(digits) => usize::try_from(digits.unsigned_abs()).unwrap_or(usize::MAX),
        Integer::Big(_) => usize::MAX,
    };
    // Ten to that power is more than twice as large: nothing is left.
    if places > bit_length(&integer) || places > MAX_BITS {
        return Ok(Some(cx.int(0)));
    }
    from_integer(cx, round_integer(integer, places)).map(Some)
}

/// To a multiple of ten to the power of `places`, ties to even.
fn round_integer(value: Integer, places: usize) -> Integer {
    let value = value.into_big();
    let unit = IBig::from(10).pow(places);
    let (quotient, rest) = big_div_mod(&value, &unit);
    let twice = &rest + &rest;
    let is_odd = quotient.unsigned_abs() % 2u8 == 1;
    let up = twice > unit || (twice == unit && is_odd);
    Integer::Big(if up { value - rest + unit } else { value - rest })
}

fn round_ties_even(value: f64) -> f64 {
    value.round_ties_even()
}
