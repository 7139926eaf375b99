//! Floats to text and back: `repr`, the printf codes, `float("…")`, `round`. It knows nothing of format specifications.
//!
//! Digits come from the shortest-digits library, and from Rust's exact printing where those do not tell; how they are laid out follows
//! `format_float_short` in CPython's `Python/pystrtod.c`, so that every code and flag agrees to the letter.

use smallvec::{SmallVec, smallvec};

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
    /// What stands where there is no minus: `+`, a space, or 0 for nothing.
    pub(crate) plus: u8,
}

impl Flags {
    /// The sign that is written, if any.
    fn sign(self, minus: bool) -> Option<u8> {
        let sign = if minus { b'-' } else { self.plus };
        (sign != 0).then_some(sign)
    }
}

/// Exact digits of a binary64 never go further than this, significant ones and those after the point.
const MAX_SIGNIFICANT: usize = 800;
const MAX_FRACTION: usize = 1100;

/// So many significant digits survive the way through a normal binary64 and back: C's `DBL_DIG`.
const DECIMAL_DIGITS: usize = 15;

/// `repr(x)`: the shortest text that reads back as `x`.
pub(crate) fn repr(x: f64) -> String {
    format(x, Code::Shortest, 0, Flags { dot_zero: true, ..Flags::default() })
}

/// Appends `repr(x)`.
pub(crate) fn write_repr(out: &mut Vec<u8>, x: f64) {
    write(out, x, Code::Shortest, 0, Flags { dot_zero: true, ..Flags::default() });
}

/// `x` in the given layout, with a minus if it has one.
pub(crate) fn format(x: f64, code: Code, precision: usize, flags: Flags) -> String {
    let mut out = Vec::with_capacity(24);
    write(&mut out, x, code, precision, flags);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `x` in the given layout, with a sign if it has one.
pub(crate) fn write(out: &mut Vec<u8>, x: f64, code: Code, precision: usize, flags: Flags) {
    let start = out.len();
    if !x.is_finite() {
        out.extend(flags.sign(x < 0.0));
        out.extend_from_slice(if x.is_nan() { b"nan" } else { b"inf" });
    } else {
        let precision = if code == Code::General { precision.max(1) } else { precision };
        let digits = match code {
            Code::Exponent => significant(x, precision.saturating_add(1)),
            Code::General => significant(x, precision),
            Code::Fixed => fraction(x, precision),
            Code::Shortest => shortest(x),
        };
        lay_out(out, x.is_sign_negative(), &digits, code, precision, flags);
    }
    if flags.upper {
        out[start..].make_ascii_uppercase();
    }
}

/// Decimal digits without zeros at either end and where the point is: the value is `0.digits` times `10 ** point`.
struct Digits {
    digits: SmallVec<[u8; 32]>,
    point: isize,
}

impl Digits {
    fn zero() -> Digits {
        Digits { digits: smallvec![b'0'], point: 1 }
    }

    /// From `ddd.ddd`, with an exponent or not.
    fn parse(text: &str) -> Digits {
        // The longest exponent is `e-324`.
        let end = text.len().saturating_sub(5);
        let (number, exponent) = match text.as_bytes()[end..].iter().position(|byte| *byte == b'e') {
            Some(at) => (&text[..end + at], text[end + at + 1..].parse().unwrap_or(0)),
            None => (text, 0),
        };
        let number = number.as_bytes();
        let whole = number.iter().position(|&byte| byte == b'.').unwrap_or(number.len());
        let part = number.get(whole + 1..).unwrap_or_default();
        let zeros = number[..whole].iter().chain(part).take_while(|&&digit| digit == b'0').count();
        let mut digits = SmallVec::from_slice(&number[zeros.min(whole)..whole]);
        digits.extend_from_slice(&part[zeros.saturating_sub(whole)..]);
        let mut digits = Digits { digits, point: exponent + whole as isize - zeros as isize };
        digits.trim_zeros();
        digits
    }

    fn trim_zeros(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    /// Of the shortest digits of `x`: the exact value rounded to `count` digits, where that can be told from them.
    ///
    /// - Where all are kept, a normal number has no other digits among the first [`DECIMAL_DIGITS`].
    /// - Where some are dropped, no middle of two roundings lies between them and the exact value: it would be as short and
    ///   nearer, or shorter. So both are rounded alike, unless they are a middle themselves.
    fn round(mut self, x: f64, count: isize) -> Option<Digits> {
        let Ok(count) = usize::try_from(count) else {
            self.digits.clear();
            return Some(self);
        };
        let Some(dropped) = self.digits.get(count..).filter(|dropped| !dropped.is_empty()) else {
            return (count <= DECIMAL_DIGITS && x.is_normal()).then_some(self);
        };
        let up = match dropped {
            [b'5'] => return None,
            [first, ..] => *first >= b'5',
            [] => false,
        };
        self.digits.truncate(count);
        if !up {
            self.trim_zeros();
            return Some(self);
        }
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(b'1');
                self.point += 1;
            }
        }
        Some(self)
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
    let count = count.clamp(1, MAX_SIGNIFICANT);
    let rounded = shortest(x).round(x, count as isize);
    rounded.unwrap_or_else(|| Digits::parse(&format!("{:.*e}", count - 1, x.abs())))
}

/// `count` digits after the point, correctly rounded, ties to even.
fn fraction(x: f64, count: usize) -> Digits {
    if x == 0.0 {
        return Digits::zero();
    }
    let shortest = shortest(x);
    let kept = shortest.point + count.min(MAX_FRACTION) as isize;
    let rounded = shortest.round(x, kept);
    let exact = || Digits::parse(&format!("{:.*}", count.min(MAX_FRACTION), x.abs()));
    let mut digits = rounded.unwrap_or_else(exact);
    if digits.digits.is_empty() {
        digits.point = -(count as isize);
    }
    digits
}

/// Zeros, digits, point, zeros, exponent: CPython's `format_float_short`, with its names.
fn lay_out(out: &mut Vec<u8>, minus: bool, number: &Digits, code: Code, precision: usize, flags: Flags) {
    let digits = number.digits.as_slice();
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

    out.extend(flags.sign(minus && !(flags.no_negative_zero && matches!(digits, b"" | b"0"))));
    if point <= 0 {
        out.extend_from_slice(b"0.");
        zeros(out, -point);
    }
    if 0 < point && point <= length {
        out.extend_from_slice(&digits[..point as usize]);
        out.push(b'.');
        out.extend_from_slice(&digits[point as usize..]);
    } else {
        out.extend_from_slice(digits);
    }
    if length < point {
        zeros(out, point - length);
        out.push(b'.');
        zeros(out, end - point);
    } else {
        zeros(out, end - length);
    }
    if out.last() == Some(&b'.') && !flags.alternate {
        out.pop();
    }
    if use_exponent {
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        zeros(out, isize::from(exponent.abs() < 10));
        out.extend_from_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
    }
}

fn zeros(out: &mut Vec<u8>, count: isize) {
    out.resize(out.len() + count.max(0) as usize, b'0');
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
        Ok(digits) => read(&format(x, Code::Fixed, digits, Flags::default())),
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
    } else if kept == 0 && exact.digits.as_slice() > &b"5"[..] {
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
    fn shortest_digits_round_as_exact_ones() {
        let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
        let check = |x: f64| {
            let x = x.abs();
            for count in 0..24 {
                let exact = format!("{x:.count$}");
                assert_eq!(format(x, Code::Fixed, count, Flags::default()), exact, "{x:e} to {count}");
                let exact = Digits::parse(&format!("{x:.count$e}"));
                let rounded = significant(x, count + 1);
                assert_eq!((rounded.digits, rounded.point), (exact.digits, exact.point), "{x:e}, {count}");
            }
        };
        for round in 1..4000_u32 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let any = f64::from_bits(bits & !(1 << 63));
            if any.is_finite() {
                check(any);
            }
            check(f64::from(round) * 0.125);
            check(f64::from(round) / 1000.0 + 0.0005);
            check(((bits >> 40) + 1) as f64 / 65536.0);
            check(f64::from_bits(u64::from(round) + 1));
        }
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
