//! Complex numbers to text and back.

use super::error::{Error, Kind, Result};
use super::float::{self, Code, Flags, trim_ascii};
use super::{class, quote};

/// `repr(z)`: the shortest texts of both parts; a real part that is a plain zero is left out.
pub(crate) fn repr(re: f64, im: f64) -> String {
    let text = |part| float::format(part, Code::Shortest, 0, Flags::default());
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", text(im));
    }
    let imaginary = text(im);
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", text(re))
}

/// `complex("…")`: the parts.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn parse(text: &[u8]) -> Result<(f64, f64)> {
    let malformed = || Error::value("complex() arg is a malformed string");
    let ascii = class::to_ascii_digits(text);
    let plain = float::without_underscores(&ascii).ok_or_else(|| {
        Error::new(Kind::Value, format!("could not convert string to complex: {}", quote::repr_str(text)))
    })?;
    let text = trim_ascii(&plain);
    let inner = text.strip_prefix(b"(").map_or(Some(text), |inner| inner.strip_suffix(b")"));
    inner.and_then(|inner| parse_parts(trim_ascii(inner))).ok_or_else(malformed)
}

/// `real`, `imag j`, `real ± imag j`; the digits of the imaginary part may be missing.
fn parse_parts(text: &[u8]) -> Option<(f64, f64)> {
    let Some(imaginary) = text.strip_suffix(b"j").or_else(|| text.strip_suffix(b"J")) else {
        return Some((float::read_number(text)?, 0.0));
    };
    // The sign of the imaginary part is the last that does not belong to an exponent.
    let is_sign = |at: &usize| {
        matches!(imaginary[*at], b'+' | b'-') && (*at == 0 || !matches!(imaginary[at - 1], b'e' | b'E'))
    };
    let split = (0..imaginary.len()).rev().find(is_sign).unwrap_or(0);
    let (real, imaginary) = imaginary.split_at(split);
    let imaginary = match imaginary {
        b"" | b"+" => 1.0,
        b"-" => -1.0,
        digits => float::read_number(digits)?,
    };
    Some((if real.is_empty() { 0.0 } else { float::read_number(real)? }, imaginary))
}
