//! printf-style `%` formats of str and bytes: parsing into pieces, and rendering of one value.
//!
//! It follows `unicode_format_arg_parse` and `_PyBytes_FormatEx` in CPython. The caller walks [`pieces`]; for a
//! [`Conversion`] it does, in this order, so that errors come as in CPython:
//! 1. if [`Conversion::wants_mapping`], see that it formats with a mapping, and take [`Conversion::key`] from it, if there is one;
//! 2. for [`Amount::Argument`] take the next argument and call [`Conversion::set_width`], then the same for the precision;
//! 3. [`Conversion::complete`]; then take the value (the next argument), and ask for [`Conversion::kind`];
//! 4. call the `render_` method of that kind.

use super::error::{Error, Kind as Exception, Result, check_padding};
use super::float::{self, Code};
use super::format_spec::insert;
use super::int::{Base, IntRef};
use super::wtf8;

/// `%(…)` with something else than a mapping.
pub(crate) const WANTS_MAPPING: Error = Error::fixed(Exception::Type, "format requires a mapping");
/// `*` with something else than an int.
pub(crate) const STAR_WANTS_INT: Error = Error::fixed(Exception::Type, "* wants int");
/// No argument is left.
pub(crate) const NOT_ENOUGH: Error = Error::fixed(Exception::Type, "not enough arguments for format string");

/// What is formatted: the two differ in units and in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// `str % …`
    Str,
    /// `bytes % …`
    Bytes,
}

impl Target {
    /// Arguments are left at the end.
    pub(crate) fn not_all_converted(self) -> Error {
        Error::fixed(
            Exception::Type,
            match self {
                Target::Str => "not all arguments converted during string formatting",
                Target::Bytes => "not all arguments converted during bytes formatting",
            },
        )
    }
}

/// Iterates over the pieces of a format.
pub(crate) fn pieces(format: &[u8], target: Target) -> Pieces<'_> {
    Pieces { text: format, at: 0, target }
}

/// The iterator of [`pieces`].
#[derive(Clone, Debug)]
pub(crate) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    target: Target,
}

/// A piece of a format.
#[derive(Clone, Debug)]
pub(crate) enum Piece<'a> {
    /// Text as it is.
    Literal(&'a [u8]),
    /// A value goes here.
    Conversion(Conversion<'a>),
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Not given.
    None,
    /// A number.
    Given(usize),
    /// `*`
    Argument,
}

/// `%(key)#0- +10.3d`
#[derive(Clone, Debug)]
pub(crate) struct Conversion<'a> {
    /// Whether a `(` follows the `%`.
    pub(crate) wants_mapping: bool,
    /// The key in parentheses.
    pub(crate) key: Option<&'a [u8]>,
    /// The width.
    pub(crate) width: Amount,
    /// The precision.
    pub(crate) precision: Amount,
    left: bool,
    sign: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    target: Target,
    /// The conversion's character with what stands before it, or what is wrong with the format.
    code: Result<(u32, &'a [u8])>,
}

/// What a conversion wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `s` of a str: `str(value)`.
    Str,
    /// `s` and `b` of bytes: the value's bytes.
    Bytes,
    /// `r` of a str: `repr(value)`.
    Repr,
    /// `a`, and `r` of bytes: `ascii(value)`.
    Ascii,
    /// `d i u`: an int, or `int(value)` of another number.
    Decimal,
    /// `o x X`: an int, or `value.__index__()`.
    Integer,
    /// `e f g` and their capitals.
    Float,
    /// `c`: an int or one character.
    Character,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        match rest {
            [b'%', b'%', ..] => {
                self.at += 2;
                Some(Piece::Literal(&rest[..1]))
            }
            [b'%', ..] => {
                self.at += 1;
                Some(Piece::Conversion(self.conversion()))
            }
            _ => {
                let end = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
                self.at += end;
                Some(Piece::Literal(&rest[..end]))
            }
        }
    }
}

const INCOMPLETE: Error = Error::value("incomplete format");

impl<'a> Pieces<'a> {
    #[inline(always)]
    fn conversion(&mut self) -> Conversion<'a> {
        let mut conversion = Conversion {
            wants_mapping: false,
            key: None,
            width: Amount::None,
            precision: Amount::None,
            left: false,
            sign: false,
            blank: false,
            alternate: false,
            zero: false,
            target: self.target,
            code: Err(INCOMPLETE),
        };
        conversion.code = self.parse(&mut conversion);
        if conversion.code.is_err() {
            self.at = self.text.len();
        }
        conversion
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn parse(&mut self, conversion: &mut Conversion<'a>) -> Result<(u32, &'a [u8])> {
        if self.peek() == Some(b'(') {
            conversion.wants_mapping = true;
            conversion.key = Some(self.key()?);
        }
        loop {
            match self.peek() {
                Some(b'-') => conversion.left = true,
                Some(b'+') => conversion.sign = true,
                Some(b' ') => conversion.blank = true,
                Some(b'#') => conversion.alternate = true,
                Some(b'0') => conversion.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        conversion.width = self.amount(isize::MAX as usize, "width too big")?;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let too_big = match self.target {
                Target::Str => "precision too big",
                Target::Bytes => "prec too big",
            };
            conversion.precision = match self.amount(i32::MAX as usize, too_big)? {
                Amount::None => Amount::Given(0),
                amount => amount,
            };
        }
        if matches!(self.peek(), Some(b'h' | b'l' | b'L')) {
            self.at += 1;
        }
        let before = self.text.get(..self.at).unwrap_or_default();
        let (code, after) = match self.target {
            Target::Str => wtf8::next(self.text, self.at).ok_or(INCOMPLETE)?,
            Target::Bytes => (self.peek().ok_or(INCOMPLETE)?.into(), self.at + 1),
        };
        self.at = after;
        Ok((code, before))
    }

    /// The key in balanced parentheses.
    fn key(&mut self) -> Result<&'a [u8]> {
        let start = self.at + 1;
        let mut open = 0usize;
        for (offset, byte) in self.text[self.at..].iter().enumerate() {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                self.at += offset + 1;
                return Ok(&self.text[start..self.at - 1]);
            }
        }
        Err(Error::value("incomplete format key"))
    }

    fn amount(&mut self, max: usize, too_big: &'static str) -> Result<Amount> {
        if self.peek() == Some(b'*') {
            self.at += 1;
            return Ok(Amount::Argument);
        }
        let mut amount = Amount::None;
        let mut value = 0usize;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let grown = value.checked_mul(10).and_then(|value| value.checked_add((digit - b'0').into()));
            value = grown.filter(|&value| value <= max).ok_or(Error::value(too_big))?;
            amount = Amount::Given(value);
            self.at += 1;
        }
        Ok(amount)
    }
}

impl Conversion<'_> {
    /// Sets the width from the argument that a `*` stands for; a negative one aligns to the left.
    ///
    /// # Errors
    /// An `OverflowError`.
    pub(crate) fn set_width(&mut self, value: IntRef<'_>) -> Result<()> {
        let size = word(value).filter(|&size| size > i64::MIN);
        let size =
            size.ok_or(Error::fixed(Exception::Overflow, "Python int too large to convert to C ssize_t"))?;
        self.left |= size < 0;
        self.width = Amount::Given(size.unsigned_abs() as usize);
        Ok(())
    }

    /// Sets the precision from the argument that a `*` stands for; a negative one is 0.
    ///
    /// # Errors
    /// An `OverflowError`.
    pub(crate) fn set_precision(&mut self, value: IntRef<'_>) -> Result<()> {
        let size = word(value).and_then(|size| i32::try_from(size).ok());
        let size =
            size.ok_or(Error::fixed(Exception::Overflow, "Python int too large to convert to C int"))?;
        self.precision = Amount::Given(size.max(0) as usize);
        Ok(())
    }

    /// Whether the format is well-formed up to here.
    ///
    /// # Errors
    /// A `ValueError`.
    pub(crate) fn complete(&self) -> Result<()> {
        self.code.as_ref().map(|_| ()).map_err(Error::clone)
    }

    /// What kind of value it takes. CPython finds out after it has taken the value.
    ///
    /// # Errors
    /// A `ValueError` for a character that is none of the conversions.
    pub(crate) fn kind(&self) -> Result<Kind> {
        let &(code, before) = self.code.as_ref().map_err(Error::clone)?;
        let bytes = self.target == Target::Bytes;
        Ok(match u8::try_from(code).unwrap_or(0) {
            b's' if bytes => Kind::Bytes,
            b'b' if bytes => Kind::Bytes,
            b's' => Kind::Str,
            b'r' if bytes => Kind::Ascii,
            b'r' => Kind::Repr,
            b'a' => Kind::Ascii,
            b'd' | b'i' | b'u' => Kind::Decimal,
            b'o' | b'x' | b'X' => Kind::Integer,
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => Kind::Float,
            b'c' => Kind::Character,
            _ => {
                let shown = if bytes || (31..127).contains(&code) { code } else { '?'.into() };
                let mut message = b"unsupported format character '".to_vec();
                wtf8::push(&mut message, shown);
                let index = if bytes { before.len() } else { wtf8::count(before) };
                message.extend_from_slice(format!("' (0x{code:x}) at index {index}").as_bytes());
                return Err(Error::new(Exception::Value, message));
            }
        })
    }

    fn code(&self) -> u8 {
        let code = self.code.as_ref().ok().and_then(|&(code, _)| u8::try_from(code).ok());
        code.unwrap_or(b's')
    }

    /// The error for a value of the wrong type.
    pub(crate) fn wrong_type(&self, type_name: &str) -> Error {
        let code = char::from(self.code());
        let bytes = self.target == Target::Bytes;
        let message = match code {
            'i' if bytes => format!("%d format: a real number is required, not {type_name}"),
            'd' | 'i' | 'u' => format!("%{code} format: a real number is required, not {type_name}"),
            'o' | 'x' | 'X' => format!("%{code} format: an integer is required, not {type_name}"),
            'c' if bytes => "%c requires an integer in range(256) or a single byte".to_owned(),
            'c' => "%c requires int or char".to_owned(),
            's' | 'b' => format!(
                "%b requires a bytes-like object, or an object that implements __bytes__, not '{type_name}'"
            ),
            _ if bytes => format!("float argument required, not {type_name}"),
            _ => format!("must be real number, not {type_name}"),
        };
        Error::new(Exception::Type, message)
    }

    /// The float of an int for `e f g`.
    ///
    /// # Errors
    /// An `OverflowError`, or a `TypeError` for bytes.
    pub(crate) fn float(&self, value: IntRef<'_>, type_name: &str) -> Result<f64> {
        value
            .to_float()
            .map_err(|error| if self.target == Target::Bytes { self.wrong_type(type_name) } else { error })
    }

    /// The character of an int for `c`.
    ///
    /// # Errors
    /// An `OverflowError` outside the target's range.
    pub(crate) fn character(&self, value: IntRef<'_>) -> Result<u32> {
        let (limit, message) = match self.target {
            Target::Str => (wtf8::MAX, "%c arg not in range(0x110000)"),
            Target::Bytes => (0xFF, "%c arg not in range(256)"),
        };
        let code_point = word(value).and_then(|value| u32::try_from(value).ok());
        code_point.filter(|&value| value <= limit).ok_or(Error::fixed(Exception::Overflow, message))
    }

    /// Appends a character, a code point or a byte.
    pub(crate) fn render_character(&self, out: &mut Vec<u8>, character: u32) -> Result<()> {
        let start = out.len();
        match self.target {
            Target::Str => wtf8::push(out, character),
            Target::Bytes => out.push(character as u8),
        }
        self.pad(out, start, 1)
    }

    /// Appends text: the result of `str`, `repr` or `ascii`, or bytes.
    pub(crate) fn render_text(&self, out: &mut Vec<u8>, text: &[u8]) -> Result<()> {
        let cut = match (self.precision, self.target) {
            (Amount::Given(precision), Target::Str) => wtf8::byte_offset(text, precision),
            (Amount::Given(precision), Target::Bytes) => precision.min(text.len()),
            _ => text.len(),
        };
        let (start, text) = (out.len(), &text[..cut]);
        out.extend_from_slice(text);
        let count = if self.target == Target::Str { wtf8::count(text) } else { text.len() };
        self.pad(out, start, count)
    }

    /// Appends an integer in base 8, 10 or 16.
    ///
    /// # Errors
    /// A `ValueError` beyond `max_digits` decimal digits, an `OverflowError` for a precision beyond CPython's.
    pub(crate) fn render_int(&self, out: &mut Vec<u8>, value: IntRef<'_>, max_digits: usize) -> Result<()> {
        let precision = if let Amount::Given(precision) = self.precision { precision } else { 0 };
        if precision > i32::MAX as usize - 3 {
            return Err(Error::fixed(Exception::Overflow, "precision too large"));
        }
        check_padding(precision)?;
        let base = match self.code() {
            b'o' => Base::Octal,
            b'x' | b'X' => Base::Hex,
            _ => Base::Decimal,
        };
        let start = out.len();
        let digits = value.write(out, self.plus(), base, self.alternate, max_digits)?;
        insert(out, digits, b"0", precision.saturating_sub(out.len() - digits));
        if self.code() == b'X' {
            out[start..].make_ascii_uppercase();
        }
        self.pad_number(out, start, digits)
    }

    /// Appends a float.
    pub(crate) fn render_float(&self, out: &mut Vec<u8>, value: f64) -> Result<()> {
        let precision = if let Amount::Given(precision) = self.precision { precision } else { 6 };
        check_padding(precision)?;
        let letter = self.code();
        let code = match letter.to_ascii_lowercase() {
            b'e' => Code::Exponent,
            b'f' => Code::Fixed,
            _ => Code::General,
        };
        let flags = float::Flags {
            alternate: self.alternate,
            upper: letter.is_ascii_uppercase(),
            plus: self.plus(),
            ..Default::default()
        };
        let start = out.len();
        float::write(out, value, code, precision, flags);
        let has_sign = matches!(out[start], b'-' | b'+' | b' ');
        self.pad_number(out, start, start + usize::from(has_sign))
    }

    /// What stands where there is no minus; 0 for nothing.
    fn plus(&self) -> u8 {
        match self {
            Conversion { sign: true, .. } => b'+',
            Conversion { blank: true, .. } => b' ',
            _ => 0,
        }
    }

    /// Pads the number that was appended, whose sign and prefix are `out[start..digits]`.
    fn pad_number(&self, out: &mut Vec<u8>, start: usize, digits: usize) -> Result<()> {
        let count = out.len() - start;
        if !self.zero || self.left {
            return self.pad(out, start, count);
        }
        let Amount::Given(width) = self.width else { return Ok(()) };
        check_padding(width.saturating_sub(digits - start))?;
        insert(out, digits, b"0", width.saturating_sub(count));
        Ok(())
    }

    /// Pads the `count` characters that were appended from `start` on.
    fn pad(&self, out: &mut Vec<u8>, start: usize, count: usize) -> Result<()> {
        let Amount::Given(width) = self.width else { return Ok(()) };
        check_padding(width)?;
        insert(out, if self.left { out.len() } else { start }, b" ", width.saturating_sub(count));
        Ok(())
    }
}

fn word(value: IntRef<'_>) -> Option<i64> {
    match value {
        IntRef::Small(value) => i64::try_from(value).ok(),
        IntRef::Big(value) => i64::try_from(value).ok(),
    }
}
