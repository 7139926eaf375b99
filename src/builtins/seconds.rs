//! Numbers of seconds, as timeouts and sleeps are given.

use crate::heap::Value;
use crate::value::int::{self, Integer};
use crate::value::{Builtin, Context, Raised};

/// Nanoseconds in a second.
pub(crate) const NANOSECONDS: i64 = 1_000_000_000;

/// The nanoseconds of a number of seconds, rounded away from zero (`_PyTime_FromSecondsObject` in CPython).
///
/// # Errors
/// `TypeError`, `ValueError` for NaN, `OverflowError` beyond 292 years.
pub(crate) fn nanoseconds(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    if let Some(seconds) = value.plain().as_float() {
        if seconds.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        let exact = seconds * NANOSECONDS as f64;
        let rounded = if exact >= 0.0 { exact.ceil() } else { exact.floor() };
        // The nearest floats inside the range of i64.
        if !(-9.223_372_036_854_775e18..=9.223_372_036_854_775e18).contains(&rounded) {
            return Err(too_large(cx));
        }
        return Ok(rounded as i64);
    }
    match int::integer_of(value) {
        Some(Integer::Fixed(seconds)) => seconds
            .checked_mul(NANOSECONDS.into())
            .and_then(|nanoseconds| i64::try_from(nanoseconds).ok())
            .ok_or_else(|| too_large(cx)),
        Some(Integer::Big(_)) => Err(too_large(cx)),
        None => Err(int::not_an_integer(cx, value)),
    }
}

fn too_large(cx: &Context) -> Raised {
    cx.raise(Builtin::OverflowError, "timestamp too large to convert to C PyTime_t")
}

/// A float of seconds.
pub(crate) fn seconds(nanoseconds: i128) -> f64 {
    // In two parts, so that the fraction keeps what precision a float has left.
    let whole = nanoseconds.div_euclid(NANOSECONDS.into());
    let rest = nanoseconds.rem_euclid(NANOSECONDS.into());
    whole as f64 + rest as f64 / NANOSECONDS as f64
}
