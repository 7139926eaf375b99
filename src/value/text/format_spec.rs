//! The format mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`, parsed and applied.
//!
//! Parsing and layout follow CPython's `Python/formatter_unicode.c`, errors and the order of their checks included.
//! The caller supplies values; it turns an empty specification into `str(value)` before it comes here.

use super::complex;
use super::error::{Error, Kind, Result, check_padding};
use super::float::{self, Code, Flags};
use super::int::{Base, IntRef};
use super::wtf8;

/// A parsed specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spec {
    fill: u32,
    align: u8,
    /// `+`, `-`, a space, or 0 for none.
    sign: u8,
    no_negative_zero: bool,
    alternate: bool,
    width: Option<usize>,
    grouping: Grouping,
    precision: Option<usize>,
    /// The type, a code point; 0 for none.
    kind: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grouping {
    None,
    Comma,
    Underscore,
    /// Underscores every four digits, for bases 2, 8 and 16.
    UnderscoreFour,
}

/// The largest precision of a float: C's `INT_MAX`.
const MAX_PRECISION: usize = i32::MAX as usize;

/// The largest number in a specification: C's `PY_SSIZE_T_MAX`.
const MAX_NUMBER: usize = isize::MAX as usize;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u32> {
        wtf8::next(self.text, self.at).map(|(code_point, _)| code_point)
    }

    fn accept(&mut self, wanted: impl Fn(u32) -> bool) -> Option<u32> {
        let (code_point, after) = wtf8::next(self.text, self.at)?;
        wanted(code_point).then(|| {
            self.at = after;
            code_point
        })
    }

    fn accept_byte(&mut self, wanted: u8) -> bool {
        self.accept(|code_point| code_point == u32::from(wanted)).is_some()
    }

    /// Decimal digits of any script, as in CPython.
    fn number(&mut self) -> Result<Option<usize>> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(super::class::decimal_value) {
            self.accept(|_| true);
            let grown = number.unwrap_or(0usize).checked_mul(10).and_then(|n| n.checked_add(digit as usize));
            let Some(grown) = grown.filter(|&n| n <= MAX_NUMBER) else {
                return Err(Error::value("Too many decimal digits in format string"));
            };
            number = Some(grown);
        }
        Ok(number)
    }
}

fn is_align(code_point: u32) -> bool {
    [b'<', b'>', b'=', b'^'].map(u32::from).contains(&code_point)
}

impl Spec {
    /// Parses `text` for a value of the type named `type_name`, whose default alignment is `align` and whose default
    /// type is `kind`.
    fn parse(text: &[u8], type_name: &str, kind: u32, align: u8) -> Result<Spec> {
        let mut parser = Parser { text, at: 0 };
        let default_align = align;
        let mut spec = Spec {
            fill: ' '.into(),
            align,
            sign: 0,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: Grouping::None,
            precision: None,
            kind,
        };
        let mut fill_given = false;
        let mut align_given = false;
        if let Some((fill, after)) = wtf8::next(text, 0)
            && let Some((align, end)) = wtf8::next(text, after).filter(|&(align, _)| is_align(align))
        {
            (spec.fill, spec.align, parser.at) = (fill, align as u8, end);
            (fill_given, align_given) = (true, true);
        } else if let Some(align) = parser.accept(is_align) {
            spec.align = align as u8;
            align_given = true;
        }
        let is_sign = |c: u32| [b' ', b'+', b'-'].map(u32::from).contains(&c);
        spec.sign = parser.accept(is_sign).map_or(0, |sign| sign as u8);
        spec.no_negative_zero = parser.accept_byte(b'z');
        spec.alternate = parser.accept_byte(b'#');
        if !fill_given && parser.accept_byte(b'0') {
            spec.fill = '0'.into();
            if !align_given && default_align == b'>' {
                spec.align = b'=';
            }
        }
        spec.width = parser.number()?;
        spec.grouping = parse_grouping(&mut parser)?;
        if parser.accept_byte(b'.') {
            spec.precision = parser.number()?;
            if spec.precision.is_none() {
                return Err(Error::value("Format specifier missing precision"));
            }
        }
        spec.parse_kind(&mut parser, type_name)?;
        Ok(spec)
    }

    fn parse_kind(&mut self, parser: &mut Parser<'_>, type_name: &str) -> Result<()> {
        if let Some(kind) = parser.accept(|_| true) {
            self.kind = kind;
        }
        if parser.peek().is_some() {
            let mut message = b"Invalid format specifier '".to_vec();
            message.extend_from_slice(parser.text);
            message.extend_from_slice(format!("' for object of type '{type_name}'").as_bytes());
            return Err(Error::new(Kind::Value, message));
        }
        let kind = u8::try_from(self.kind).unwrap_or(0xFF);
        match (self.grouping, kind) {
            (Grouping::None, _) | (_, b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0) => Ok(()),
            (Grouping::Underscore, b'b' | b'o' | b'x' | b'X') => {
                self.grouping = Grouping::UnderscoreFour;
                Ok(())
            }
            (grouping, _) => {
                let separator = grouping.separator();
                Err(Error::new(
                    Kind::Value,
                    format!("Cannot specify '{separator}' with '{}'.", show_kind(self.kind)),
                ))
            }
        }
    }

    fn unknown(&self, type_name: &str) -> Error {
        let code = show_kind(self.kind);
        Error::new(Kind::Value, format!("Unknown format code '{code}' for object of type '{type_name}'"))
    }
}

fn parse_grouping(parser: &mut Parser<'_>) -> Result<Grouping> {
    let comma = parser.accept_byte(b',');
    let underscore = parser.accept_byte(b'_');
    if underscore && (comma || parser.peek() == Some(','.into())) {
        return Err(Error::value("Cannot specify both ',' and '_'."));
    }
    Ok(match (comma, underscore) {
        (true, _) => Grouping::Comma,
        (_, true) => Grouping::Underscore,
        _ => Grouping::None,
    })
}

fn show_kind(kind: u32) -> String {
    match kind {
        33..128 => char::from(kind as u8).to_string(),
        _ => format!("\\x{kind:x}"),
    }
}

impl Grouping {
    fn separator(self) -> char {
        if self == Grouping::Comma { ',' } else { '_' }
    }

    fn size(self) -> usize {
        if self == Grouping::UnderscoreFour { 4 } else { 3 }
    }

    /// `digits` in groups, with zeros before them up to `width` characters, separators counted.
    fn apply(self, digits: &str, width: usize) -> String {
        if self == Grouping::None {
            let zeros = width.saturating_sub(digits.len());
            return "0".repeat(zeros) + digits;
        }
        let size = self.size();
        // As many digits as fill the width; a width that ends in a separator takes one digit more before it.
        let for_width = match width % (size + 1) {
            0 => width / (size + 1) * size + 1,
            rest => width / (size + 1) * size + rest,
        };
        let count = if width == 0 { digits.len() } else { digits.len().max(for_width) };
        let padded = "0".repeat(count - digits.len()) + digits;
        let mut out = String::with_capacity(count + count / size);
        for (at, digit) in padded.chars().enumerate() {
            if at > 0 && (count - at).is_multiple_of(size) {
                out.push(self.separator());
            }
            out.push(digit);
        }
        out
    }
}

/// The parts of a number, each of them possibly empty.
struct Number<'a> {
    minus: bool,
    prefix: &'a str,
    digits: &'a str,
    /// A point with what follows, an exponent, `inf`.
    rest: &'a [u8],
    /// How many characters `rest` has.
    rest_count: usize,
}

/// `|padding|sign|prefix|padding|digits|rest|padding|`
fn lay_out(spec: &Spec, number: &Number<'_>) -> Result<Vec<u8>> {
    let sign = match (spec.sign, number.minus) {
        (_, true) => "-",
        (b'+', false) => "+",
        (b' ', false) => " ",
        _ => "",
    };
    let fixed = sign.len() + number.prefix.len() + number.rest_count;
    let width = spec.width.unwrap_or(0);
    check_padding(width)?;
    let zeros_to =
        if spec.fill == u32::from('0') && spec.align == b'=' { width.saturating_sub(fixed) } else { 0 };
    let digits =
        if number.digits.is_empty() { String::new() } else { spec.grouping.apply(number.digits, zeros_to) };
    let padding = width.saturating_sub(fixed + digits.len());
    let (left, inner, right) = match spec.align {
        b'<' => (0, 0, padding),
        b'^' => (padding / 2, 0, padding - padding / 2),
        b'=' => (0, padding, 0),
        _ => (padding, 0, 0),
    };
    let fill = wtf8::from_code_point(spec.fill);
    let mut out = Vec::with_capacity(fixed + digits.len() + padding * fill.len());
    let pad = |out: &mut Vec<u8>, count: usize| out.extend(fill.repeat(count));
    pad(&mut out, left);
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(number.prefix.as_bytes());
    pad(&mut out, inner);
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(number.rest);
    pad(&mut out, right);
    Ok(out)
}

/// `format(text, spec)` of a str.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_str(text: &[u8], spec: &[u8]) -> Result<Vec<u8>> {
    if spec.is_empty() {
        return Ok(text.to_vec());
    }
    let spec = Spec::parse(spec, "str", 's'.into(), b'<')?;
    if spec.kind != u32::from('s') {
        return Err(spec.unknown("str"));
    }
    let error = match spec {
        Spec { sign: b' ', .. } => "Space not allowed in string format specifier",
        Spec { sign: b'+' | b'-', .. } => "Sign not allowed in string format specifier",
        Spec { no_negative_zero: true, .. } => {
            "Negative zero coercion (z) not allowed in string format specifier"
        }
        Spec { alternate: true, .. } => "Alternate form (#) not allowed in string format specifier",
        Spec { align: b'=', .. } => "'=' alignment not allowed in string format specifier",
        _ => "",
    };
    if !error.is_empty() {
        return Err(Error::value(error));
    }
    let cut = spec.precision.map_or(text.len(), |precision| wtf8::byte_offset(text, precision));
    let text = &text[..cut];
    lay_out(
        &spec,
        &Number { minus: false, prefix: "", digits: "", rest: text, rest_count: wtf8::count(text) },
    )
}

/// `format(value, spec)` of an int; `type_name` is `int`, or `bool`, or the name of a subclass.
///
/// # Errors
/// A `ValueError` or an `OverflowError` with CPython's words; a decimal beyond `max_digits` digits is one.
pub(crate) fn format_int(
    value: IntRef<'_>,
    spec: &[u8],
    type_name: &str,
    max_digits: usize,
) -> Result<Vec<u8>> {
    if spec.is_empty() {
        return value.to_decimal(max_digits).map(String::into_bytes);
    }
    let spec = Spec::parse(spec, type_name, 'd'.into(), b'>')?;
    match u8::try_from(spec.kind).unwrap_or(0xFF) {
        b'b' | b'c' | b'd' | b'o' | b'x' | b'X' | b'n' => int_as_int(value, &spec, max_digits),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => float_as_float(value.to_float()?, &spec),
        _ => Err(spec.unknown(type_name)),
    }
}

fn int_as_int(value: IntRef<'_>, spec: &Spec, max_digits: usize) -> Result<Vec<u8>> {
    if spec.precision.is_some() {
        return Err(Error::value("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(Error::value("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let upper = spec.kind == u32::from('X');
    let base = match u8::try_from(spec.kind) {
        Ok(b'c') => return int_as_character(value, spec),
        Ok(b'b') => Base::Binary,
        Ok(b'o') => Base::Octal,
        Ok(b'x' | b'X') => Base::Hex,
        _ => Base::Decimal,
    };
    let mut digits = value.digits(base, max_digits)?;
    let mut prefix = if spec.alternate { base.prefix() } else { "" };
    if upper {
        digits.make_ascii_uppercase();
        prefix = if spec.alternate { "0X" } else { "" };
    }
    lay_out(spec, &Number { minus: value.is_negative(), prefix, digits: &digits, rest: b"", rest_count: 0 })
}

fn int_as_character(value: IntRef<'_>, spec: &Spec) -> Result<Vec<u8>> {
    if spec.sign != 0 {
        return Err(Error::value("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(Error::value("Alternate form (#) not allowed with integer format specifier 'c'"));
    }
    let long = match value {
        IntRef::Small(value) => i64::try_from(value).ok(),
        IntRef::Big(value) => i64::try_from(value).ok(),
    };
    let Some(long) = long else {
        return Err(Error::fixed(Kind::Overflow, "Python int too large to convert to C long"));
    };
    let Some(code_point) = u32::try_from(long).ok().filter(|&code_point| code_point <= wtf8::MAX) else {
        return Err(Error::fixed(Kind::Overflow, "%c arg not in range(0x110000)"));
    };
    let text = wtf8::from_code_point(code_point);
    lay_out(spec, &Number { minus: false, prefix: "", digits: "", rest: &text, rest_count: 1 })
}

/// `format(value, spec)` of a float.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_float(value: f64, spec: &[u8], type_name: &str) -> Result<Vec<u8>> {
    if spec.is_empty() {
        return Ok(float::repr(value).into_bytes());
    }
    let spec = Spec::parse(spec, type_name, 0, b'>')?;
    match u8::try_from(spec.kind).unwrap_or(0xFF) {
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'%' => float_as_float(value, &spec),
        _ => Err(spec.unknown(type_name)),
    }
}

fn float_as_float(value: f64, spec: &Spec) -> Result<Vec<u8>> {
    if spec.precision.is_some_and(|precision| precision > MAX_PRECISION) {
        return Err(Error::value("precision too big"));
    }
    check_padding(spec.precision.unwrap_or(0))?;
    let text = float_text(value, spec, true);
    let (minus, digits, rest) = split_number(&text);
    lay_out(spec, &Number { minus, prefix: "", digits, rest: rest.as_bytes(), rest_count: rest.len() })
}

/// The text of a float with a minus if it has one; `dot_zero` is whether a whole one has `.0` where no type is given.
fn float_text(value: f64, spec: &Spec, dot_zero: bool) -> String {
    let kind = u8::try_from(spec.kind).unwrap_or(0);
    let percent = kind == b'%';
    let code = match kind {
        b'e' | b'E' => Code::Exponent,
        b'f' | b'F' | b'%' => Code::Fixed,
        0 if spec.precision.is_none() => Code::Shortest,
        _ => Code::General,
    };
    let flags = Flags {
        alternate: spec.alternate,
        dot_zero: dot_zero && kind == 0,
        no_negative_zero: spec.no_negative_zero,
        upper: kind.is_ascii_uppercase(),
    };
    let value = if percent { value * 100.0 } else { value };
    let mut text = float::format(value, code, spec.precision.unwrap_or(6), flags);
    if percent {
        text.push('%');
    }
    text
}

/// Minus, digits before the point, and the rest.
fn split_number(text: &str) -> (bool, &str, &str) {
    let (minus, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = body.split_at(digits);
    (minus, digits, rest)
}

/// `format(value, spec)` of a complex number.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_complex(re: f64, im: f64, spec: &[u8], type_name: &str) -> Result<Vec<u8>> {
    if spec.is_empty() {
        return Ok(complex::repr(re, im).into_bytes());
    }
    let spec = Spec::parse(spec, type_name, 0, b'>')?;
    match u8::try_from(spec.kind).unwrap_or(0xFF) {
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' => {}
        _ => return Err(spec.unknown(type_name)),
    }
    if spec.precision.is_some_and(|precision| precision > MAX_PRECISION) {
        return Err(Error::value("precision too big"));
    }
    if spec.fill == u32::from('0') {
        return Err(Error::value("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == b'=' {
        return Err(Error::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    check_padding(spec.precision.unwrap_or(0))?;
    // As in `repr`, a real part of zero is left out, and parentheses stand around both.
    let as_repr = spec.kind == 0;
    let only_imaginary = as_repr && re == 0.0 && re.is_sign_positive();
    let mut text = Vec::new();
    if !only_imaginary {
        text.extend(complex_part(re, &spec, spec.sign)?);
    }
    text.extend(complex_part(im, &spec, if only_imaginary { spec.sign } else { b'+' })?);
    text.push(b'j');
    if as_repr && !only_imaginary {
        text = [&b"("[..], &text, b")"].concat();
    }
    let number = Number { minus: false, prefix: "", digits: "", rest: &text, rest_count: text.len() };
    lay_out(&Spec { sign: 0, ..spec }, &number)
}

/// One part of a complex number, without padding.
fn complex_part(value: f64, spec: &Spec, sign: u8) -> Result<Vec<u8>> {
    let text = float_text(value, spec, false);
    let (minus, digits, rest) = split_number(&text);
    let number = Number { minus, prefix: "", digits, rest: rest.as_bytes(), rest_count: rest.len() };
    lay_out(&Spec { sign, width: None, ..*spec }, &number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_beyond_memory_are_refused() {
        let error = |result: Result<Vec<u8>>| result.unwrap_err().to_string();
        assert_eq!(error(format_str(b"", b"9223372036854775807")), "MemoryError: ");
        assert_eq!(error(format_int(1.into(), b"01073741825,", "int", 0)), "MemoryError: ");
        assert_eq!(error(format_float(1.0, b".2147483647f", "float")), "MemoryError: ");
        let too_many = "ValueError: Too many decimal digits in format string";
        assert_eq!(error(format_str(b"", b"9223372036854775808")), too_many);
    }
}
