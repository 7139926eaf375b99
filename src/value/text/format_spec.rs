//! The format mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`, parsed and applied.
//!
//! Parsing and layout follow CPython's `Python/formatter_unicode.c`, errors and the order of their checks included.
//! The caller supplies values; it turns an empty specification into `str(value)` before it comes here.

use super::complex;
use super::error::{Error, Kind, Result, check_padding};
use super::float::{self, Code, Flags};
use super::int::{Base, IntRef, with_digits};
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
    #[inline]
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

    #[inline]
    fn accept_byte(&mut self, wanted: u8) -> bool {
        let found = self.text.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    /// Decimal digits of any script, as in CPython.
    #[inline(always)]
    fn number(&mut self) -> Result<Option<usize>> {
        // So many digits fit.
        const SHORT: usize = 18;
        let (start, mut number) = (self.at, 0);
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at)
            && self.at - start < SHORT
        {
            number = number * 10 + usize::from(digit - b'0');
            self.at += 1;
        }
        if let Some(b'0'..=b'9' | 0x80..) = self.text.get(self.at) {
            self.at = start;
            return self.long_number();
        }
        Ok((self.at > start).then_some(number))
    }

    #[cold]
    fn long_number(&mut self) -> Result<Option<usize>> {
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

#[inline]
fn is_align(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'=' | b'^')
}

/// A number of up to nine digits at a place, if one stands there, and the place behind it; nothing of a longer one.
#[inline(always)]
fn short_number(text: &[u8], start: usize) -> Option<(Option<usize>, usize)> {
    let (mut at, mut number) = (start, 0);
    while let Some(digit @ b'0'..=b'9') = text.get(at) {
        number = number * 10 + usize::from(digit - b'0');
        at += 1;
        if at - start > 9 {
            return None;
        }
    }
    Some(((at > start).then_some(number), at))
}

impl Spec {
    /// [`parse`](Spec::parse) of what most are: a width, a precision and a type, of which each may be missing.
    #[inline(always)]
    fn parse_short(text: &[u8], kind: u32, align: u8) -> Option<Spec> {
        let zero = text.first() == Some(&b'0');
        let (width, mut at) = short_number(text, zero.into())?;
        let mut precision = None;
        if text.get(at) == Some(&b'.') {
            (precision, at) = short_number(text, at + 1)?;
            precision?;
        }
        let kind = match text.get(at..)? {
            [] => kind,
            [letter] if b"bcdeEfFgGnosxX%".contains(letter) => (*letter).into(),
            _ => return None,
        };
        Some(Spec {
            fill: if zero { '0' } else { ' ' }.into(),
            align: if zero && align == b'>' { b'=' } else { align },
            sign: 0,
            no_negative_zero: false,
            alternate: false,
            width,
            grouping: Grouping::None,
            precision,
            kind,
        })
    }

    /// Parses `text` for a value of the type named `type_name`, whose default alignment is `align` and whose default
    /// type is `kind`.
    #[inline]
    fn parse(text: &[u8], type_name: &str, kind: u32, align: u8) -> Result<Spec> {
        match Spec::parse_short(text, kind, align) {
            Some(spec) => Ok(spec),
            None => Spec::parse_any(text, type_name, kind, align),
        }
    }

    #[inline(never)]
    fn parse_any(text: &[u8], type_name: &str, kind: u32, align: u8) -> Result<Spec> {
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
        let mut align_given = true;
        if let Some((fill, after)) = wtf8::next(text, 0)
            && let Some(align) = text.get(after).filter(|align| is_align(**align))
        {
            (spec.fill, spec.align, parser.at) = (fill, *align, after + 1);
            fill_given = true;
        } else if let Some(align) = text.first().filter(|align| is_align(**align)) {
            (spec.align, parser.at) = (*align, 1);
        } else {
            align_given = false;
        }
        if let Some(sign @ (b' ' | b'+' | b'-')) = text.get(parser.at) {
            spec.sign = *sign;
            parser.at += 1;
        }
        spec.no_negative_zero = parser.accept_byte(b'z');
        spec.alternate = parser.accept_byte(b'#');
        if !fill_given && parser.accept_byte(b'0') {
            spec.fill = '0'.into();
            if !align_given && default_align == b'>' {
                spec.align = b'=';
            }
        }
        spec.width = parser.number()?;
        if let Some(b',' | b'_') = text.get(parser.at) {
            spec.grouping = parse_grouping(&mut parser)?;
        }
        if parser.accept_byte(b'.') {
            spec.precision = parser.number()?;
            if spec.precision.is_none() {
                return Err(Error::value("Format specifier missing precision"));
            }
        }
        match &text[parser.at..] {
            // Most end so.
            [kind @ ..0x80] if spec.grouping == Grouping::None => spec.kind = (*kind).into(),
            _ => spec.parse_kind(&mut parser, type_name)?,
        }
        Ok(spec)
    }

    #[inline(never)]
    fn parse_kind(&mut self, parser: &mut Parser<'_>, type_name: &str) -> Result<()> {
        if let Some(kind) = parser.accept(|_| true) {
            self.kind = kind;
        }
        if parser.at < parser.text.len() {
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

    /// How much of the padding stands on the left, behind sign and prefix, and on the right.
    fn sides(&self, padding: usize) -> (usize, usize, usize) {
        match self.align {
            b'<' => (0, 0, padding),
            b'^' => (padding / 2, 0, padding - padding / 2),
            b'=' => (0, padding, 0),
            _ => (padding, 0, 0),
        }
    }

    /// What stands where there is no minus; 0 for nothing.
    fn plus(&self) -> u8 {
        if self.sign == b'-' { 0 } else { self.sign }
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

    /// Puts the digits `out[from..to]` in groups, with zeros before them up to `width` characters, separators counted.
    fn apply(self, out: &mut Vec<u8>, from: usize, to: usize, width: usize) {
        let digits = to - from;
        if self == Grouping::None {
            return insert(out, from, b"0", width.saturating_sub(digits));
        }
        let size = self.size();
        // As many digits as fill the width; a width that ends in a separator takes one digit more before it.
        let for_width = match width % (size + 1) {
            0 => width / (size + 1) * size + 1,
            rest => width / (size + 1) * size + rest,
        };
        let count = if width == 0 { digits } else { digits.max(for_width) };
        let separators = (count - 1) / size;
        insert(out, from, b"0", count - digits + separators);
        // The digits stand at the end of their place now, and go to the left as far as separators are left.
        let (mut source, mut target) = (from + separators, from);
        for left in (1..=count).rev() {
            out[target] = out[source];
            (source, target) = (source + 1, target + 1);
            if left > 1 && (left - 1).is_multiple_of(size) {
                out[target] = self.separator() as u8;
                target += 1;
            }
        }
    }
}

/// Inserts `unit` at a place of `out`, `count` times.
pub(super) fn insert(out: &mut Vec<u8>, at: usize, unit: &[u8], count: usize) {
    if count == 0 {
        return;
    }
    let (end, added) = (out.len(), unit.len() * count);
    if let [byte] = unit {
        out.resize(end + added, *byte);
        out.copy_within(at..end, at + added);
        out[at..at + added].fill(*byte);
        return;
    }
    out.resize(end + added, 0);
    out.copy_within(at..end, at + added);
    out[at..at + added].chunks_exact_mut(unit.len()).for_each(|place| place.copy_from_slice(unit));
}

/// A number or a text that was appended to what is written, and is to be laid out there.
struct Written {
    /// Where its sign and its prefix begin.
    start: usize,
    /// Where its digits begin.
    digits: usize,
    /// Where the rest begins: a point with what follows, an exponent, `inf`.
    rest: usize,
    /// How many characters the rest has.
    rest_count: usize,
}

impl Written {
    /// A number of ASCII characters whose sign and prefix are `out[start..digits]`.
    fn number(out: &[u8], start: usize, digits: usize) -> Written {
        let count = out[digits..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        Written { start, digits, rest: digits + count, rest_count: out.len() - digits - count }
    }

    /// Text without digits that are to be looked at.
    fn text(start: usize, count: usize) -> Written {
        Written { start, digits: start, rest: start, rest_count: count }
    }
}

/// `|padding|sign|prefix|padding|digits|rest|padding|`
fn lay_out(out: &mut Vec<u8>, spec: &Spec, number: &Written) -> Result<()> {
    let width = spec.width.unwrap_or(0);
    check_padding(width)?;
    let fixed = number.digits - number.start + number.rest_count;
    let zero_filled = spec.fill == u32::from('0') && spec.align == b'=';
    let mut digits = number.rest - number.digits;
    if digits > 0 && (zero_filled || spec.grouping != Grouping::None) {
        let zeros_to = if zero_filled { width.saturating_sub(fixed) } else { 0 };
        let before = out.len();
        spec.grouping.apply(out, number.digits, number.rest, zeros_to);
        digits += out.len() - before;
    }
    let padding = width.saturating_sub(fixed + digits);
    if padding == 0 {
        return Ok(());
    }
    let (left, inner, right) = spec.sides(padding);
    let mut fill = [0; 4];
    let fill = wtf8::encode(spec.fill, &mut fill);
    insert(out, out.len(), fill, right);
    insert(out, number.digits, fill, inner);
    insert(out, number.start, fill, left);
    Ok(())
}

/// Appends `format(text, spec)` of a str.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_str(out: &mut Vec<u8>, text: &[u8], spec: &[u8]) -> Result<()> {
    if spec.is_empty() {
        out.extend_from_slice(text);
        return Ok(());
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
    let (start, text) = (out.len(), &text[..cut]);
    out.extend_from_slice(text);
    lay_out(out, &spec, &Written::text(start, wtf8::count(text)))
}

/// Appends `format(value, spec)` of an int; `type_name` is `int`, or `bool`, or the name of a subclass.
///
/// # Errors
/// A `ValueError` or an `OverflowError` with CPython's words; a decimal beyond `max_digits` digits is one.
pub(crate) fn format_int(
    out: &mut Vec<u8>,
    value: IntRef<'_>,
    spec: &[u8],
    type_name: &str,
    max_digits: usize,
) -> Result<()> {
    if spec.is_empty() {
        return value.write_decimal(out, max_digits);
    }
    let spec = Spec::parse(spec, type_name, 'd'.into(), b'>')?;
    match u8::try_from(spec.kind).unwrap_or(0xFF) {
        b'b' | b'c' | b'd' | b'o' | b'x' | b'X' | b'n' => int_as_int(out, value, &spec, max_digits),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => float_as_float(out, value.to_float()?, &spec),
        _ => Err(spec.unknown(type_name)),
    }
}

fn int_as_int(out: &mut Vec<u8>, value: IntRef<'_>, spec: &Spec, max_digits: usize) -> Result<()> {
    if spec.precision.is_some() {
        return Err(Error::value("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(Error::value("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let upper = spec.kind == u32::from('X');
    let base = match u8::try_from(spec.kind) {
        Ok(b'c') => return int_as_character(out, value, spec),
        Ok(b'b') => Base::Binary,
        Ok(b'o') => Base::Octal,
        Ok(b'x' | b'X') => Base::Hex,
        _ => Base::Decimal,
    };
    if let IntRef::Small(small) = value
        && let Ok(magnitude) = u64::try_from(small.unsigned_abs())
        && spec.grouping == Grouping::None
        && !upper
    {
        let sign = if small < 0 { b'-' } else { spec.plus() };
        let prefix = if spec.alternate { base.prefix() } else { "" };
        return with_digits(magnitude, base, |digits| put(out, spec, sign, prefix, digits));
    }
    let start = out.len();
    let digits = value.write(out, spec.plus(), base, spec.alternate, max_digits)?;
    if upper {
        out[start..].make_ascii_uppercase();
    }
    let rest = out.len();
    lay_out(out, spec, &Written { start, digits, rest, rest_count: 0 })
}

/// Appends a number whose parts are ready, laid out.
fn put(out: &mut Vec<u8>, spec: &Spec, sign: u8, prefix: &str, digits: &[u8]) -> Result<()> {
    let width = spec.width.unwrap_or(0);
    check_padding(width)?;
    let fixed = usize::from(sign != 0) + prefix.len() + digits.len();
    let (left, inner, right) = spec.sides(width.saturating_sub(fixed));
    out.reserve(fixed.max(width));
    fill(out, spec.fill, left);
    if sign != 0 {
        out.push(sign);
    }
    out.extend_from_slice(prefix.as_bytes());
    fill(out, spec.fill, inner);
    out.extend_from_slice(digits);
    fill(out, spec.fill, right);
    Ok(())
}

/// Appends a code point so many times.
#[inline(always)]
fn fill(out: &mut Vec<u8>, code_point: u32, count: usize) {
    if count > 0 {
        match u8::try_from(code_point) {
            Ok(byte @ 0..0x80) => out.resize(out.len() + count, byte),
            _ => (0..count).for_each(|_| wtf8::push(out, code_point)),
        }
    }
}

fn int_as_character(out: &mut Vec<u8>, value: IntRef<'_>, spec: &Spec) -> Result<()> {
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
    let start = out.len();
    wtf8::push(out, code_point);
    lay_out(out, spec, &Written::text(start, 1))
}

/// Appends `format(value, spec)` of a float.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_float(out: &mut Vec<u8>, value: f64, spec: &[u8], type_name: &str) -> Result<()> {
    if spec.is_empty() {
        float::write_repr(out, value);
        return Ok(());
    }
    let spec = Spec::parse(spec, type_name, 0, b'>')?;
    match u8::try_from(spec.kind).unwrap_or(0xFF) {
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'%' => float_as_float(out, value, &spec),
        _ => Err(spec.unknown(type_name)),
    }
}

fn float_as_float(out: &mut Vec<u8>, value: f64, spec: &Spec) -> Result<()> {
    if spec.precision.is_some_and(|precision| precision > MAX_PRECISION) {
        return Err(Error::value("precision too big"));
    }
    check_padding(spec.precision.unwrap_or(0))?;
    write_float(out, value, spec, true)
}

/// Appends a float, laid out; `dot_zero` is whether a whole one has `.0` where no type is given.
fn write_float(out: &mut Vec<u8>, value: f64, spec: &Spec, dot_zero: bool) -> Result<()> {
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
        plus: spec.plus(),
    };
    let value = if percent { value * 100.0 } else { value };
    let start = out.len();
    float::write(out, value, code, spec.precision.unwrap_or(6), flags);
    if percent {
        out.push(b'%');
    }
    let has_sign = matches!(out[start], b'-' | b'+' | b' ');
    let number = Written::number(out, start, start + usize::from(has_sign));
    lay_out(out, spec, &number)
}

/// Appends `format(value, spec)` of a complex number.
///
/// # Errors
/// A `ValueError` with CPython's words.
pub(crate) fn format_complex(
    out: &mut Vec<u8>,
    re: f64,
    im: f64,
    spec: &[u8],
    type_name: &str,
) -> Result<()> {
    if spec.is_empty() {
        out.extend_from_slice(complex::repr(re, im).as_bytes());
        return Ok(());
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
    let in_parentheses = as_repr && !only_imaginary;
    let start = out.len();
    out.extend(in_parentheses.then_some(b'('));
    let part = Spec { width: None, ..spec };
    if !only_imaginary {
        write_float(out, re, &part, false)?;
    }
    write_float(out, im, &Spec { sign: if only_imaginary { spec.sign } else { b'+' }, ..part }, false)?;
    out.push(b'j');
    out.extend(in_parentheses.then_some(b')'));
    let count = out.len() - start;
    lay_out(out, &spec, &Written::text(start, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_beyond_memory_are_refused() {
        let error = |result: Result<()>| result.unwrap_err().to_string();
        let mut out = Vec::new();
        assert_eq!(error(format_str(&mut out, b"", b"9223372036854775807")), "MemoryError: ");
        assert_eq!(error(format_int(&mut out, 1.into(), b"01073741825,", "int", 0)), "MemoryError: ");
        assert_eq!(error(format_float(&mut out, 1.0, b".2147483647f", "float")), "MemoryError: ");
        let too_many = "ValueError: Too many decimal digits in format string";
        assert_eq!(error(format_str(&mut out, b"", b"9223372036854775808")), too_many);
    }
}
