//! Integers to text and back in any base, and to floats. It knows nothing of format specifications.

use dashu_int::ops::{BitTest, UnsignedAbs};
use dashu_int::{IBig, Sign};

use super::error::{Error, Kind, Result};
use super::float::trim_ascii;
use super::{class, quote};

/// The limit on decimal digits that `sys.set_int_max_str_digits` starts from.
pub(crate) const DEFAULT_MAX_DIGITS: usize = 4300;

/// An integer of the language: what fits an `i128` is [`Int::Small`], always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Int {
    /// It fits.
    Small(i128),
    /// It does not.
    Big(IBig),
}

/// A borrowed [`Int`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum IntRef<'a> {
    /// It fits an `i128`.
    Small(i128),
    /// It may or may not.
    Big(&'a IBig),
}

impl Int {
    /// The canonical form of `value`.
    pub(crate) fn from_big(value: IBig) -> Int {
        match i128::try_from(&value) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(value),
        }
    }

    /// Borrows it.
    pub(crate) fn as_ref(&self) -> IntRef<'_> {
        match self {
            Int::Small(value) => IntRef::Small(*value),
            Int::Big(value) => IntRef::Big(value),
        }
    }
}

impl From<i128> for IntRef<'_> {
    fn from(value: i128) -> Self {
        IntRef::Small(value)
    }
}

impl<'a> From<&'a IBig> for IntRef<'a> {
    fn from(value: &'a IBig) -> Self {
        IntRef::Big(value)
    }
}

/// A base that is written with a prefix, or ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// `0b`
    Binary,
    /// `0o`
    Octal,
    /// No prefix.
    Decimal,
    /// `0x`
    Hex,
}

impl Base {
    /// The prefix with which the language writes it.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Base::Binary => "0b",
            Base::Octal => "0o",
            Base::Decimal => "",
            Base::Hex => "0x",
        }
    }
}

impl IntRef<'_> {
    /// Whether it is below zero.
    pub(crate) fn is_negative(self) -> bool {
        match self {
            IntRef::Small(value) => value < 0,
            IntRef::Big(value) => value.sign() == Sign::Negative,
        }
    }

    /// Appends the digits of the magnitude: no sign, no prefix, lower-case.
    ///
    /// # Errors
    /// A `ValueError` in base ten beyond `max_digits` digits; 0 is no limit.
    fn write_digits(self, out: &mut Vec<u8>, base: Base, max_digits: usize) -> Result<()> {
        let start = out.len();
        match self {
            IntRef::Small(value) => write_small(out, value.unsigned_abs(), base),
            IntRef::Big(value) => {
                let bits = bit_length(value);
                if base == Base::Decimal && max_digits > 0 && bits / 4 > max_digits {
                    return Err(too_many_digits_to_write(max_digits));
                }
                let text = match base {
                    Base::Binary => format!("{value:b}"),
                    Base::Octal => format!("{value:o}"),
                    Base::Decimal => value.to_string(),
                    Base::Hex => format!("{value:x}"),
                };
                out.extend_from_slice(text.strip_prefix('-').unwrap_or(&text).as_bytes());
            }
        }
        if base == Base::Decimal && max_digits > 0 && out.len() - start > max_digits {
            return Err(too_many_digits_to_write(max_digits));
        }
        Ok(())
    }

    /// Appends the number with what stands before its digits: a minus, or `plus` if that is not 0, and the base's prefix if it is
    /// `prefixed`. Returns where the digits begin.
    ///
    /// # Errors
    /// As [`write_digits`](Self::write_digits).
    pub(crate) fn write(
        self,
        out: &mut Vec<u8>,
        plus: u8,
        base: Base,
        prefixed: bool,
        max_digits: usize,
    ) -> Result<usize> {
        let sign = if self.is_negative() { b'-' } else { plus };
        if sign != 0 {
            out.push(sign);
        }
        if prefixed {
            out.extend_from_slice(base.prefix().as_bytes());
        }
        let digits = out.len();
        self.write_digits(out, base, max_digits)?;
        Ok(digits)
    }

    /// Appends `str(value)`.
    ///
    /// # Errors
    /// A `ValueError` beyond `max_digits` digits; 0 is no limit.
    pub(crate) fn write_decimal(self, out: &mut Vec<u8>, max_digits: usize) -> Result<()> {
        self.write(out, 0, Base::Decimal, false, max_digits).map(drop)
    }

    /// Appends `bin(value)`, `oct(value)`, `hex(value)`.
    pub(crate) fn write_prefixed(self, out: &mut Vec<u8>, base: Base) -> Result<()> {
        self.write(out, 0, base, true, 0).map(drop)
    }

    /// `float(value)`: the nearest float, ties to even.
    pub(crate) fn to_float(self) -> Result<f64> {
        let float = match self {
            IntRef::Small(value) => value as f64,
            IntRef::Big(value) => nearest_float(value),
        };
        if float.is_infinite() {
            return Err(Error::fixed(Kind::Overflow, "int too large to convert to float"));
        }
        Ok(float)
    }
}

/// The library's own conversion rounds some ties above 127 bits the wrong way (dashu-int 0.6.2).
fn nearest_float(value: &IBig) -> f64 {
    let magnitude = value.unsigned_abs();
    let bits = bit_length(value);
    if bits > 1024 {
        return f64::INFINITY;
    }
    // The 64 highest bits, and one that says whether any below them is set: enough to round by.
    let dropped = bits.saturating_sub(64);
    let more = magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped);
    let head = u64::try_from(&magnitude >> dropped).unwrap_or(u64::MAX);
    let rounded = (u128::from(head) << 1 | u128::from(more)) as f64 / 2.0;
    let scaled = rounded * 2f64.powi(dropped as i32);
    if value.sign() == Sign::Negative { -scaled } else { scaled }
}

fn bit_length(value: &IBig) -> usize {
    value.bit_len()
}

fn write_small(out: &mut Vec<u8>, magnitude: u128, base: Base) {
    match (base, u64::try_from(magnitude)) {
        // Machine words print several times faster than 128 bits do.
        (_, Ok(small)) => with_digits(small, base, |digits| out.extend_from_slice(digits)),
        (Base::Decimal, Err(_)) => out.extend_from_slice(itoa::Buffer::new().format(magnitude).as_bytes()),
        (Base::Binary, Err(_)) => out.extend(format!("{magnitude:b}").bytes()),
        (Base::Octal, Err(_)) => out.extend(format!("{magnitude:o}").bytes()),
        (Base::Hex, Err(_)) => out.extend(format!("{magnitude:x}").bytes()),
    }
}

/// Lends the digits of a number, lower-case.
#[inline(always)]
pub(super) fn with_digits<R>(number: u64, base: Base, work: impl FnOnce(&[u8]) -> R) -> R {
    let bits = match base {
        Base::Decimal => return work(itoa::Buffer::new().format(number).as_bytes()),
        Base::Binary => 1,
        Base::Octal => 3,
        Base::Hex => 4,
    };
    let mut digits = [0; u64::BITS as usize];
    let (mut first, mut rest) = (digits.len(), number);
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[rest as usize & ((1 << bits) - 1)];
        (first, rest) = (first - 1, rest >> bits);
        if rest == 0 {
            break;
        }
    }
    work(&digits[first..])
}

fn too_many_digits_to_write(max: usize) -> Error {
    let message = format!(
        "Exceeds the limit ({max} digits) for integer string conversion; \
         use sys.set_int_max_str_digits() to increase the limit"
    );
    Error::new(Kind::Value, message)
}

fn too_many_digits_to_read(max: usize, digits: usize) -> Error {
    let message = format!(
        "Exceeds the limit ({max} digits) for integer string conversion: value has {digits} digits; \
         use sys.set_int_max_str_digits() to increase the limit"
    );
    Error::new(Kind::Value, message)
}

/// `int("…", base)` of a string; base 0 goes by the prefix.
///
/// # Errors
/// A `ValueError` if the base is no base, the text no number, or it has more than `max_digits` digits (0: no limit) in
/// a base that is no power of two.
pub(crate) fn parse(text: &[u8], base: u32, max_digits: usize) -> Result<Int> {
    let ascii = class::to_ascii_digits(text);
    parse_ascii(&ascii, base, max_digits)?.ok_or_else(|| invalid(base, quote::repr_str(text)))
}

/// `int(b"…", base)` of a bytes object.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_bytes(text: &[u8], base: u32, max_digits: usize) -> Result<Int> {
    parse_ascii(text, base, max_digits)?.ok_or_else(|| invalid(base, quote::repr_bytes(text)))
}

fn invalid(base: u32, repr: String) -> Error {
    // CPython quotes 200 characters at most.
    let quoted: String = repr.chars().take(200).collect();
    Error::new(Kind::Value, format!("invalid literal for int() with base {base}: {quoted}"))
}

/// [`parse`] of what most texts are: a few digits, with or without a minus.
#[inline]
pub(crate) fn parse_short(text: &[u8], base: u32) -> Option<i64> {
    // So many digits of any base fit.
    const LONGEST: usize = 12;
    const _: () = assert!(36_u128.pow(LONGEST as u32) < 1 << 63);
    let (minus, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !(1..=LONGEST).contains(&digits.len()) || !(2..=36).contains(&base) {
        return None;
    }
    let mut value = 0;
    for digit in digits {
        let digit = match (digit, base) {
            (b'0'..=b'9', 10..) => i64::from(digit - b'0'),
            _ => char::from(*digit).to_digit(base)?.into(),
        };
        value = value * i64::from(base) + digit;
    }
    Some(if minus { -value } else { value })
}

fn parse_ascii(text: &[u8], base: u32, max_digits: usize) -> Result<Option<Int>> {
    if base == 1 || base > 36 {
        return Err(Error::value("int() base must be >= 2 and <= 36, or 0"));
    }
    let (minus, body) = match trim_ascii(text) {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (radix, digits, only_zero) = strip_prefix(body, base);
    let Some(digits) = plain_digits(digits, radix) else { return Ok(None) };
    if !radix.is_power_of_two() && max_digits > 0 && digits.len() > max_digits {
        return Err(too_many_digits_to_read(max_digits, digits.len()));
    }
    if only_zero && digits.bytes().any(|digit| digit != b'0') {
        return Ok(None);
    }
    // What fits is the common case; the library's reader takes the rest.
    if let Ok(small) = i128::from_str_radix(&digits, radix) {
        return Ok(Some(Int::Small(if minus { -small } else { small })));
    }
    let Ok(big) = IBig::from_str_radix(&digits, radix) else { return Ok(None) };
    Ok(Some(Int::from_big(if minus { -big } else { big })))
}

/// The base that counts, what follows its prefix, and whether only zero may follow (`0` before digits, in base 0).
fn strip_prefix(text: &[u8], base: u32) -> (u32, &[u8], bool) {
    let named = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        [b'0', ..] if base == 0 => return (10, text, true),
        _ if base == 0 => return (10, text, false),
        _ => return (base, text, false),
    };
    if base != 0 && base != named {
        return (base, text, false);
    }
    let digits = &text[2..];
    (named, digits.strip_prefix(b"_").unwrap_or(digits), false)
}

/// The digits without underscores, each of which must stand between two; none if there is anything else, or nothing.
fn plain_digits(text: &[u8], radix: u32) -> Option<std::borrow::Cow<'_, str>> {
    let is_digit = |byte: u8| char::from(byte).is_digit(radix);
    if text.iter().all(|&byte| is_digit(byte)) {
        return std::str::from_utf8(text).ok().filter(|digits| !digits.is_empty()).map(Into::into);
    }
    let mut out = String::with_capacity(text.len());
    for group in text.split(|&byte| byte == b'_') {
        if group.is_empty() || !group.iter().all(|&byte| is_digit(byte)) {
            return None;
        }
        out.extend(group.iter().copied().map(char::from));
    }
    Some(out.into())
}
