//! Floats to text and back: `repr`, the printf codes, `float("…")`, `round`. It knows nothing of format specifications.
//!
//! Digits come from Rust's exact printing and from the shortest-digits library; how they are laid out follows
//! `format_float_short` in CPython's `Python/pystrtod.c`, so that every code and flag agrees to the letter.

use super::error::{Error, Kind, Result};
use super::{class, quote};

/// How a float is laid out: the printf codes, and `repr`'s shortest digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// `e`: one digit, a point, `precision` digits, an exponent.
    Exponent,
    /// `f`: `precision` digits after the point.
    Fixed,
    /// `g`: `precision` significant digits, in whichever of the two is apt.
    General,
    /// The shortest digits that read back as the same float; the precision is not looked at.
    Shortest,
}

/// Switches of [`format`], all off by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    /// `#`: keep the point, and the trailing zeros of [`Code::General`].
    pub(crate) alternate: bool,
    /// Write an integral value with `.0`.
    pub(crate) dot_zero: bool,
    /// `z`: a result of zero loses its minus.
    pub(crate) no_negative_zero: bool,
    /// `E`, `INF`, `NAN`.
    pub(crate) upper: bool,
}

/// Exact digits of a binary64 never go further than this, significant ones and those after the point.
const MAX_SIGNIFICANT: usize = 800;
const MAX_FRACTION: usize = 1100;

/// `repr(x)`: the shortest text that reads back as `x`.
pub(crate) fn repr(x: f64) -> String {
    format(x, Code::Shortest, 0, Flags { dot_zero: true, ..Flags::default() })
}

/// `x` in the given layout, with a minus if it has one.
pub(crate) fn format(x: f64, code: Code, precision: usize, flags: Flags) -> String {
    let mut out = String::with_capacity(24);
    if !x.is_finite() {
        let word = if x.is_nan() { "nan" } else { "inf" };
        out.push_str(if x < 0.0 { "-" } else { "" });
        out.push_str(word);
    } else {
        let precision = if code == Code::General { precision.max(1) } else { precision };
        let digits = match code {
            Code::Exponent => significant(x, precision.saturating_add(1)),
            Code::General => significant(x, precision),
            Code::Fixed => fraction(x, precision),
            Code::Shortest => shortest(x),
        };
        lay_out(&mut out, x.is_sign_negative(), &digits, code, precision, flags);
    }
    if flags.upper {
        out.make_ascii_uppercase();
    }
    out
}

/// Decimal digits without trailing zeros and where the point is: the value is `0.digits` times `10 ** point`.
struct Digits {
    digits: String,
    point: isize,
}

impl Digits {
    fn zero() -> Digits {
        Digits { digits: "0".to_owned(), point: 1 }
    }

    /// From `ddd.ddd`, with an exponent or not.
    fn parse(text: &str) -> Digits {
        let (number, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let mut point = whole.len() as isize + exponent.parse::<isize>().unwrap_or(0);
        let mut digits = String::with_capacity(whole.len() + part.len());
        digits.push_str(whole);
        digits.push_str(part);
        digits.truncate(digits.trim_end_matches('0').len());
        let zeros = digits.len() - digits.trim_start_matches('0').len();
        digits.drain(..zeros);
        point -= zeros as isize;
        Digits { digits, point }
    }
}

/// The shortest digits that round to `x`.
fn shortest(x: f64) -> Digits {
    if x == 0.0 {
        return Digits::zero();
    }
    Digits::parse(zmij::Buffer::new().format_finite(x.abs()))
}

/// `count` significant digits, correctly rounded, ties to even.
fn significant(x: f64, count: usize) -> Digits {
    if x == 0.0 {
        return Digits::zero();
    }
    Digits::parse(&format!("{:.*e}", count.clamp(1, MAX_SIGNIFICANT) - 1, x.abs()))
}

/// `count` digits after the point, correctly rounded, ties to even.
fn fraction(x: f64, count: usize) -> Digits {
    if x == 0.0 {
        return Digits::zero();
    }
    let mut digits = Digits::parse(&format!("{:.*}", count.min(MAX_FRACTION), x.abs()));
    if digits.digits.is_empty() {
        digits.point = -(count as isize);
    }
    digits
}

/// Zeros, digits, point, zeros, exponent: CPython's `format_float_short`, with its names.
fn lay_out(out: &mut String, minus: bool, number: &Digits, code: Code, precision: usize, flags: Flags) {
    let digits = number.digits.as_str();
    let length = digits.len() as isize;
    let precision = precision as isize;
    let mut point = number.point;
    let mut end = length;
    let use_exponent = match code {
        Code::Exponent => true,
        Code::Fixed => false,
        Code::General => point <= -4 || point > precision - isize::from(flags.dot_zero),
        Code::Shortest => point <= -4 || point > 16,
    };
    match code {
        Code::Exponent => end = precision.saturating_add(1),
        Code::Fixed => end = point.saturating_add(precision),
        Code::General if flags.alternate => end = precision,
        Code::General | Code::Shortest => {}
    }
    let exponent = point - 1;
    if use_exponent {
        point = 1;
    }
    end = end.max(if !use_exponent && flags.dot_zero { point + 1 } else { point });

    if minus && !(flags.no_negative_zero && matches!(digits, "" | "0")) {
        out.push('-');
    }
    if point <= 0 {
        out.push_str("0.");
        zeros(out, -point);
    }
    if 0 < point && point <= length {
        out.push_str(&digits[..point as usize]);
        out.push('.');
        out.push_str(&digits[point as usize..]);
    } else {
        out.push_str(digits);
    }
    if length < point {
        zeros(out, point - length);
        out.push('.');
        zeros(out, end - point);
    } else {
        zeros(out, end - length);
    }
    if out.ends_with('.') && !flags.alternate {
        out.pop();
    }
    if use_exponent {
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
    }
}

fn zeros(out: &mut String, count: isize) {
    out.extend(std::iter::repeat_n('0', count.max(0) as usize));
}

/// `float("…")`: the text of a string.
pub(crate) fn parse(text: &[u8]) -> Result<f64> {
    let ascii = class::to_ascii_digits(text);
    parse_ascii(&ascii).ok_or_else(|| invalid(quote::repr_str(text)))
}

/// `float(b"…")`: the text of a bytes object.
pub(crate) fn parse_bytes(text: &[u8]) -> Result<f64> {
    parse_ascii(text).ok_or_else(|| invalid(quote::repr_bytes(text)))
}

fn invalid(repr: String) -> Error {
    Error::new(Kind::Value, format!("could not convert string to float: {repr}"))
}

fn parse_ascii(text: &[u8]) -> Option<f64> {
    read_number(trim_ascii(text))
}

/// A number with nothing around it.
pub(super) fn read_number(text: &[u8]) -> Option<f64> {
    let plain = match text.contains(&b'_') {
        true => std::borrow::Cow::Owned(without_underscores(text)?),
        false => std::borrow::Cow::Borrowed(text),
    };
    // Rust reads the grammar that `PyOS_string_to_double` reads, and rounds correctly as well.
    std::str::from_utf8(&plain).ok()?.parse().ok()
}

/// Without the white space that C's `isspace` knows, at both ends.
pub(super) fn trim_ascii(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// Without underscores, each of which must stand between two digits.
pub(super) fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut before = 0;
    for &byte in text {
        let joins = if byte == b'_' { before } else { byte };
        if (byte == b'_' || before == b'_') && !joins.is_ascii_digit() {
            return None;
        }
        if byte != b'_' {
            out.push(byte);
        }
        before = byte;
    }
    (before != b'_').then_some(out)
}

/// `round(x, digits)`: to that many digits after the point, correctly rounded, ties to even.
pub(crate) fn round_half_even(x: f64, digits: i64) -> Result<f64> {
    // Beyond these, CPython's `float___round___impl` need not look: all digits are kept, or none is.
    if !x.is_finite() || x == 0.0 || digits > 323 {
        return Ok(x);
    }
    if digits < -308 {
        return Ok(0.0 * x);
    }
    let rounded = match usize::try_from(digits) {
        Ok(digits) => read(&format!("{x:.digits$}")),
        Err(_) => round_before_point(x, digits.unsigned_abs() as isize),
    };
    if rounded.is_infinite() {
        return Err(Error::fixed(Kind::Overflow, "rounded value too large to represent"));
    }
    Ok(rounded)
}

/// `x` rounded to a multiple of `10 ** places`.
fn round_before_point(x: f64, places: isize) -> f64 {
    let exact = significant(x, MAX_SIGNIFICANT);
    let kept = exact.point - places;
    let rounded = if kept >= 1 {
        read(&format!("{:.*e}", kept as usize - 1, x.abs()))
    } else if kept == 0 && exact.digits.as_str() > "5" {
        // All digits go; a half goes to zero, which is even, and anything above it to one.
        read(&format!("1e{}", exact.point))
    } else {
        0.0
    };
    rounded.copysign(x)
}

/// Text that was printed by a line above.
fn read(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_errors() {
        let message = |text: &[u8]| parse(text).unwrap_err().to_string();
        assert_eq!(message(b"abc"), "ValueError: could not convert string to float: 'abc'");
        assert_eq!(message(b"\xED\xA0\x80"), "ValueError: could not convert string to float: '\\ud800'");
        assert_eq!(
            parse_bytes(b"x").unwrap_err().to_string(),
            "ValueError: could not convert string to float: b'x'"
        );
        assert_eq!(
            round_half_even(1.7e308, -308).unwrap_err().to_string(),
            "OverflowError: rounded value too large to represent"
        );
    }

    #[test]
    fn large_precisions_end() {
        let text = format(1.5, Code::Fixed, 100_000, Flags::default());
        assert_eq!(text.len(), 100_002);
        assert_eq!(format(5e-324, Code::Exponent, 70_000, Flags::default()).len(), 70_007);
        assert_eq!(
            format(0.0, Code::General, 70_000, Flags { alternate: true, ..Flags::default() }).len(),
            70_001
        );
    }
}
