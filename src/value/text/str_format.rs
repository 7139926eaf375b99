//! Templates of `str.format`: literal text and replacement fields, borrowed from the template.
//!
//! It follows CPython's `Objects/stringlib/unicode_format.h`. The caller looks up the values, converts and formats
//! them, and expands a specification that has fields in it with another [`pieces`], down to [`MAX_DEPTH`], with the same
//! [`Numbering`]. Errors come in the order in which CPython meets them if the caller takes one step at a time.

use super::error::{Error, Kind, Result};
use super::{class, wtf8};

/// How deep fields nest: the template's, and those in their specifications.
pub(crate) const MAX_DEPTH: usize = 2;

/// The error for fields nested deeper than [`MAX_DEPTH`].
pub(crate) const TOO_DEEP: Error = Error::value("Max string recursion exceeded");

/// The error of `str.format_map` for a field with a number or with no name.
pub(crate) const NO_POSITIONAL: Error = Error::value("Format string contains positional fields");

/// The error for a positional field beyond the arguments.
pub(crate) fn index_out_of_range(index: usize) -> Error {
    Error::new(Kind::Index, format!("Replacement index {index} out of range for positional args tuple"))
}

/// Iterates over the pieces of a template. After an error it ends.
pub(crate) fn pieces(template: &[u8]) -> Pieces<'_> {
    Pieces { text: template, at: 0 }
}

/// The iterator of [`pieces`].
#[derive(Clone, Debug)]
pub(crate) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
}

/// Literal text, braces unescaped, and the field that follows it, if one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// Possibly empty.
    pub(crate) literal: &'a [u8],
    /// None after an escaped brace and at the end.
    pub(crate) field: Option<Field<'a>>,
}

/// A replacement field: `{name!conversion:spec}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// The name with its accessors, see [`Field::name`].
    name: &'a [u8],
    /// The character after `!`.
    conversion: Option<u32>,
    /// The specification, as written.
    pub(crate) spec: &'a [u8],
    /// Whether the specification has braces in it and is a template itself.
    pub(crate) spec_is_template: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.text.len();
        }
        Some(piece)
    }
}

impl<'a> Pieces<'a> {
    fn piece(&mut self) -> Result<Piece<'a>> {
        let text = self.text;
        let start = self.at;
        let Some(length) = text[start..].iter().position(|byte| matches!(byte, b'{' | b'}')) else {
            self.at = text.len();
            return Ok(Piece { literal: &text[start..], field: None });
        };
        let brace = start + length;
        self.at = brace + 1;
        match (text[brace], text.get(brace + 1)) {
            (open @ (b'{' | b'}'), Some(&next)) if open == next => {
                self.at = brace + 2;
                Ok(Piece { literal: &text[start..=brace], field: None })
            }
            (b'}', _) => Err(Error::value("Single '}' encountered in format string")),
            (_, None) => Err(Error::value("Single '{' encountered in format string")),
            _ => {
                let field = self.field()?;
                Ok(Piece { literal: &text[start..brace], field: Some(field) })
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    /// What follows an opening brace, with the closing one.
    fn field(&mut self) -> Result<Field<'a>> {
        let start = self.at;
        let end = loop {
            match self.byte() {
                Some(b'{') => return Err(Error::value("unexpected '{' in field name")),
                // Within brackets anything goes; the closing one is read as an ordinary character.
                Some(b'[') => {
                    let rest = &self.text[self.at..];
                    self.at += rest.iter().position(|&byte| byte == b']').unwrap_or(rest.len());
                }
                Some(end @ (b'}' | b':' | b'!')) => break end,
                Some(_) => {}
                None => return Err(Error::value("expected '}' before end of string")),
            }
        };
        let mut field = Field { name: &self.text[start..self.at - 1], ..Field::default() };
        if end == b'}' {
            return Ok(field);
        }
        if end == b'!' {
            let Some((conversion, after)) = wtf8::next(self.text, self.at) else {
                return Err(Error::value("end of string while looking for conversion specifier"));
            };
            field.conversion = Some(conversion);
            self.at = after;
            match self.byte() {
                Some(b'}') => return Ok(field),
                Some(b':') | None => {}
                Some(_) => return Err(Error::value("expected ':' after conversion specifier")),
            }
        }
        let start = self.at;
        let mut open = 1;
        while let Some(byte) = self.byte() {
            match byte {
                b'{' => {
                    field.spec_is_template = true;
                    open += 1;
                }
                b'}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                field.spec = &self.text[start..self.at - 1];
                return Ok(field);
            }
        }
        Err(Error::value("unmatched '{' in format spec"))
    }
}

/// What a field's conversion applies to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

/// Where fields without a number get theirs from: one for a template and the specifications in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    manual: Option<bool>,
    next: usize,
}

/// Which argument a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First<'a> {
    /// A positional one.
    Index(usize),
    /// A keyword.
    Key(&'a [u8]),
}

impl<'a> Field<'a> {
    /// The argument that the field names, and what it asks of it.
    ///
    /// # Errors
    /// A `ValueError` where numbers and automatic numbering mix.
    pub(crate) fn name(&self, numbering: &mut Numbering) -> Result<(First<'a>, Accessors<'a>)> {
        let split = self.name.iter().position(|byte| matches!(byte, b'.' | b'['));
        let (first, rest) = self.name.split_at(split.unwrap_or(self.name.len()));
        let accessors = Accessors { text: rest };
        let index = integer(first)?;
        if index.is_none() && !first.is_empty() {
            return Ok((First::Key(first), accessors));
        }
        let manual = *numbering.manual.get_or_insert(index.is_some());
        match (manual, index) {
            (true, Some(index)) => Ok((First::Index(index), accessors)),
            (false, None) => {
                let index = numbering.next;
                numbering.next += 1;
                Ok((First::Index(index), accessors))
            }
            (true, None) => Err(Error::value(
                "cannot switch from manual field specification to automatic field numbering",
            )),
            (false, Some(_)) => Err(Error::value(
                "cannot switch from automatic field numbering to manual field specification",
            )),
        }
    }

    /// The conversion.
    ///
    /// # Errors
    /// A `ValueError` if there is no such one.
    pub(crate) fn conversion(&self) -> Result<Option<Conversion>> {
        let Some(code_point) = self.conversion else { return Ok(None) };
        match char::from_u32(code_point) {
            Some('s') => Ok(Some(Conversion::Str)),
            Some('r') => Ok(Some(Conversion::Repr)),
            Some('a') => Ok(Some(Conversion::Ascii)),
            Some(other @ '!'..='~') => {
                Err(Error::new(Kind::Value, format!("Unknown conversion specifier {other}")))
            }
            _ => Err(Error::new(Kind::Value, format!("Unknown conversion specifier \\x{code_point:x}"))),
        }
    }
}

/// One step from the argument to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accessor<'a> {
    /// `.name`
    Attribute(&'a [u8]),
    /// `[0]`
    Index(usize),
    /// `[key]`
    Key(&'a [u8]),
}

/// The steps of one field. After an error it ends.
#[derive(Clone, Debug)]
pub(crate) struct Accessors<'a> {
    text: &'a [u8],
}

impl<'a> Iterator for Accessors<'a> {
    type Item = Result<Accessor<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = std::mem::take(&mut self.text);
        let step = match text {
            [] => return None,
            [b'.', rest @ ..] => {
                let end = rest.iter().position(|byte| matches!(byte, b'.' | b'[')).unwrap_or(rest.len());
                self.text = &rest[end..];
                not_empty(&rest[..end]).map(Accessor::Attribute)
            }
            [b'[', rest @ ..] => match rest.iter().position(|&byte| byte == b']') {
                None => Err(Error::value("Missing ']' in format string")),
                Some(end) => {
                    self.text = &rest[end + 1..];
                    item(&rest[..end])
                }
            },
            _ => Err(Error::value("Only '.' or '[' may follow ']' in format field specifier")),
        };
        if step.is_err() {
            self.text = &[];
        }
        Some(step)
    }
}

fn item(name: &[u8]) -> Result<Accessor<'_>> {
    Ok(match integer(name)? {
        Some(index) => Accessor::Index(index),
        None => Accessor::Key(not_empty(name)?),
    })
}

fn not_empty(name: &[u8]) -> Result<&[u8]> {
    if name.is_empty() { Err(Error::value("Empty attribute in format string")) } else { Ok(name) }
}

/// The value of text that is all decimal digits.
fn integer(text: &[u8]) -> Result<Option<usize>> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut value = 0usize;
    for code_point in wtf8::code_points(text) {
        let Some(digit) = class::decimal_value(code_point) else { return Ok(None) };
        let grown = value.checked_mul(10).and_then(|value| value.checked_add(digit as usize));
        match grown.filter(|&value| value <= isize::MAX as usize) {
            Some(grown) => value = grown,
            None => return Err(Error::value("Too many decimal digits in format string")),
        }
    }
    Ok(Some(value))
}
