//! Floats as the integers they are made of: `float.hex`, `float.fromhex`, `as_integer_ratio`, `int(x)`.

use dashu_int::IBig;

use super::error::{Error, Kind, Result};
use super::float::trim_ascii;
use super::int::Int;

const FRACTION_BITS: u32 = 52;
const LEAST_EXPONENT: i64 = -1074;
const GREATEST_EXPONENT: i64 = 1024;

/// `x.hex()`
pub(crate) fn hex(x: f64) -> String {
    let sign = if x.is_sign_negative() && !x.is_nan() { "-" } else { "" };
    if !x.is_finite() {
        return super::float::repr(x);
    }
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let fraction = x.to_bits() & ((1 << FRACTION_BITS) - 1);
    let biased = (x.to_bits() >> FRACTION_BITS & 0x7FF) as i64;
    let (lead, exponent) = if biased == 0 { (0, -1022) } else { (1, biased - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

/// `float.fromhex("…")`
pub(crate) fn from_hex(text: &[u8]) -> Result<f64> {
    let text = trim_ascii(text);
    let (minus, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match body.to_ascii_lowercase().as_slice() {
        b"inf" | b"infinity" => f64::INFINITY,
        b"nan" => f64::NAN,
        body => {
            let parts =
                HexParts::parse(body).ok_or(Error::value("invalid hexadecimal floating-point string"))?;
            parts.value().ok_or(TOO_LARGE)?
        }
    };
    Ok(if minus { -magnitude } else { magnitude })
}

const TOO_LARGE: Error = Error::fixed(Kind::Overflow, "hexadecimal value too large to represent as a float");

/// A hexadecimal number: `head` with its top bit set (or zero) times two to the `exponent`, and whether more follows.
struct HexParts {
    head: u64,
    more: bool,
    exponent: i64,
}

impl HexParts {
    /// Lower-case `[0x]hex[.hex][p[+-]digits]`.
    fn parse(text: &[u8]) -> Option<HexParts> {
        let text = text.strip_prefix(b"0x").unwrap_or(text);
        let (number, exponent) = match text.iter().position(|&byte| byte == b'p') {
            Some(at) => (&text[..at], decimal_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (mut head, mut more, mut kept, mut after_point, mut digits) = (0u64, false, 0u32, 0i64, 0usize);
        let mut point = false;
        // How far the value of `head` is below that of all the digits seen.
        let mut dropped = 0i64;
        for &byte in number {
            let Some(digit) = char::from(byte).to_digit(16) else {
                if byte == b'.' && !point {
                    point = true;
                    continue;
                }
                return None;
            };
            digits += 1;
            after_point += i64::from(point);
            if kept < 16 {
                head = head << 4 | u64::from(digit);
                kept += u32::from(head != 0);
            } else {
                more |= digit != 0;
                dropped += 1;
            }
        }
        if digits == 0 {
            return None;
        }
        let exponent = exponent.saturating_add(4 * (dropped - after_point));
        let shift = if head == 0 { 0 } else { head.leading_zeros() };
        Some(HexParts { head: head << shift, more, exponent: exponent.saturating_sub(i64::from(shift)) })
    }

    /// The nearest float, ties to even; none if it is too large.
    fn value(&self) -> Option<f64> {
        if self.head == 0 {
            return Some(0.0);
        }
        // The value is 0.1xxx (binary) times two to the `top`.
        let top = self.exponent.saturating_add(64);
        if top > GREATEST_EXPONENT {
            return None;
        }
        let lowest = top.saturating_sub(53).max(LEAST_EXPONENT);
        let dropped = lowest.saturating_sub(self.exponent);
        if dropped > 64 {
            return Some(0.0);
        }
        let wide = u128::from(self.head);
        let kept = wide >> dropped;
        let rest = wide & ((1u128 << dropped) - 1);
        let half = 1u128 << (dropped - 1);
        let up = rest > half || rest == half && (self.more || kept & 1 == 1);
        // At most 53 bits after rounding (or 2**53): the product is exact, or overflows to infinity.
        let rounded = (kept + u128::from(up)) as f64;
        let value = scale(rounded, lowest);
        value.is_finite().then_some(value)
    }
}

/// `x * 2 ** exponent` where the result is exact or infinite.
fn scale(x: f64, exponent: i64) -> f64 {
    if exponent >= -1022 {
        let power = f64::from_bits(((exponent.min(1023) + 1023) as u64) << FRACTION_BITS);
        return x * power;
    }
    x * f64::from_bits(1 << (exponent - LEAST_EXPONENT).max(0))
}

fn decimal_exponent(text: &[u8]) -> Option<i64> {
    let (minus, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let fold = |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    // Far beyond any exponent, yet safe to add to.
    let size = digits.iter().fold(0, fold).min(i64::MAX / 4);
    Some(if minus { -size } else { size })
}

/// A finite `x` as an odd integer (or zero) times two to the power of the second.
fn odd_part(x: f64) -> (i64, i64) {
    if x == 0.0 {
        return (0, 0);
    }
    let fraction = (x.to_bits() & ((1 << FRACTION_BITS) - 1)) as i64;
    let biased = (x.to_bits() >> FRACTION_BITS & 0x7FF) as i64;
    let (mantissa, exponent) = match biased {
        0 => (fraction, LEAST_EXPONENT),
        _ => (fraction | 1 << FRACTION_BITS, biased - 1 + LEAST_EXPONENT),
    };
    let shift = mantissa.trailing_zeros();
    let odd = mantissa >> shift;
    (if x < 0.0 { -odd } else { odd }, exponent + i64::from(shift))
}

/// `x.as_integer_ratio()`: numerator and denominator in lowest terms.
pub(crate) fn as_integer_ratio(x: f64) -> Result<(Int, Int)> {
    if x.is_nan() {
        return Err(Error::value("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(Error::fixed(Kind::Overflow, "cannot convert Infinity to integer ratio"));
    }
    let (odd, exponent) = odd_part(x);
    let one = Int::Small(1);
    Ok(if exponent >= 0 {
        (shifted(odd, exponent), one)
    } else {
        (Int::Small(odd.into()), shifted(1, -exponent))
    })
}

/// `int(x)`: towards zero, exact.
pub(crate) fn to_int(x: f64) -> Result<Int> {
    if x.is_nan() {
        return Err(Error::value("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(Error::fixed(Kind::Overflow, "cannot convert float infinity to integer"));
    }
    // Below this a conversion in hardware is exact once the fraction is gone.
    if x.abs() < 1e38 {
        return Ok(Int::Small(x as i128));
    }
    let (odd, exponent) = odd_part(x);
    Ok(shifted(odd, exponent))
}

fn shifted(odd: i64, exponent: i64) -> Int {
    Int::from_big(IBig::from(odd) << usize::try_from(exponent).unwrap_or(0))
}
