//! Where string literals end, and which part of an f-string the text is in.
//!
//! What a literal means (its escapes) is [`literals`](crate::literals)'.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::error::SyntaxError;
use crate::layout::count_lines;
use crate::source::Span;

/// The deepest nesting of f-strings in one another, as in CPython.
pub const MAX_FSTRING_NESTING: usize = 149;

/// The deepest nesting of replacement fields in format specs, as in CPython.
const MAX_FIELD_NESTING: usize = 3;

/// The complaint about a character that belongs to no token.
pub(crate) fn invalid_character(c: char, span: Span) -> SyntaxError {
    use GeneralCategory as C;
    let hidden = matches!(
        c.general_category(),
        C::Control
            | C::Format
            | C::Surrogate
            | C::PrivateUse
            | C::Unassigned
            | C::LineSeparator
            | C::ParagraphSeparator
            | C::SpaceSeparator
    );
    let code = c as u32;
    let message = if hidden {
        format!("invalid non-printable character U+{code:04X}")
    } else {
        format!("invalid character '{c}' (U+{code:04X})")
    };
    SyntaxError::new(span, message)
}

/// Finds the end of a string literal whose prefix and opening quotes stand at `opening`.
pub(crate) fn scan(text: &str, opening: Span, enclosing: Option<&FString>) -> Result<usize, SyntaxError> {
    let bytes = text.as_bytes();
    let quotes = Quotes::of(&text[opening.start as usize..opening.end as usize]);
    let mut at = opening.end as usize;
    loop {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(byte) if *byte == quotes.byte && quotes.closes(bytes, at) => return Ok(at + quotes.length),
            Some(b'\n' | b'\r') if quotes.length == 1 => break,
            Some(_) => at += 1,
            None => break,
        }
    }
    if let Some(fstring) = enclosing
        && fstring.quotes == quotes
    {
        let span = Span::new(opening.start, opening.start + 1);
        return Err(SyntaxError::new(span, "f-string: expecting '}'"));
    }
    Err(unterminated("string", quotes, opening, text, at.min(text.len())))
}

fn unterminated(what: &str, quotes: Quotes, opening: Span, text: &str, end: usize) -> SyntaxError {
    let read = &text[..end];
    let read = if end == text.len() { read.strip_suffix(['\n', '\r']).unwrap_or(read) } else { read };
    let kind = if quotes.length == 3 { "triple-quoted " } else { "" };
    let message = format!("unterminated {kind}{what} literal (detected at line {})", count_lines(read));
    SyntaxError::new(Span::new(opening.start, opening.start + 1), message)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Quotes {
    byte: u8,
    length: usize,
}

impl Quotes {
    /// The quotes at the end of an opening such as `rb'''`.
    fn of(opening: &str) -> Quotes {
        let byte = opening.bytes().next_back().unwrap_or(b'"');
        let length = opening.bytes().filter(|b| *b == byte).count();
        Quotes { byte, length }
    }

    fn closes(self, bytes: &[u8], at: usize) -> bool {
        bytes.len() >= at + self.length && bytes[at..at + self.length].iter().all(|b| *b == self.byte)
    }
}

/// An f-string that is being read.
#[derive(Debug)]
pub(crate) struct FString {
    opening: Span,
    quotes: Quotes,
    raw: bool,
    /// The open replacement fields, a nested format spec's last.
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    /// How many brackets are open inside it, its own brace included.
    level: usize,
    in_spec: bool,
}

/// A stretch of literal text of an f-string.
pub(crate) struct Piece {
    /// Where the text ends.
    pub(crate) text_end: usize,
    /// Where the token behind it ends.
    pub(crate) end: usize,
    /// What stands behind it.
    pub(crate) then: Then,
}

/// What ends a stretch of literal text.
pub(crate) enum Then {
    /// The closing quotes.
    End,
    /// The `{` of a replacement field.
    Field,
    /// The `}` behind a format spec.
    FieldEnd,
    /// A line end in the spec of a string with single quotes: the text ends, the field goes on.
    Line,
}

impl FString {
    pub(crate) fn new(span: Span, opening: &str) -> FString {
        let raw = opening.bytes().any(|b| b.eq_ignore_ascii_case(&b'r'));
        FString { opening: span, quotes: Quotes::of(opening), raw, fields: Vec::new() }
    }

    /// Whether literal text comes next (or else an expression).
    pub(crate) fn in_text(&self) -> bool {
        self.fields.last().is_none_or(|field| field.in_spec)
    }

    /// How many brackets are open directly inside the innermost field.
    pub(crate) fn field_level(&self) -> Option<usize> {
        self.fields.last().map(|field| field.level)
    }

    pub(crate) fn begin_field(&mut self, level: usize) {
        self.fields.push(Field { level, in_spec: false });
    }

    pub(crate) fn begin_spec(&mut self, colon: Span) -> Result<(), SyntaxError> {
        if self.fields.len() >= MAX_FIELD_NESTING {
            return Err(SyntaxError::new(colon, "f-string: expressions nested too deeply"));
        }
        self.set_spec(true);
        Ok(())
    }

    pub(crate) fn end_spec(&mut self) {
        self.set_spec(false);
    }

    fn set_spec(&mut self, in_spec: bool) {
        if let Some(field) = self.fields.last_mut() {
            field.in_spec = in_spec;
        }
    }

    pub(crate) fn end_field(&mut self) {
        self.fields.pop();
    }

    /// Reads literal text from `start` on.
    pub(crate) fn scan_text(&self, text: &str, start: usize) -> Result<Piece, SyntaxError> {
        let bytes = text.as_bytes();
        let in_spec = !self.fields.is_empty();
        let mut at = start;
        let piece = |at: usize, length: usize, then: Then| Ok(Piece { text_end: at, end: at + length, then });
        loop {
            let Some(byte) = bytes.get(at).copied() else {
                if in_spec && self.quotes.length == 1 {
                    return piece(at, 0, Then::Line);
                }
                return Err(unterminated("f-string", self.quotes, self.opening, text, at));
            };
            let doubled = bytes.get(at + 1) == Some(&byte);
            match byte {
                b'\\' => at = self.behind_escape(text, at),
                b'\n' | b'\r' if self.quotes.length == 1 => {
                    if in_spec {
                        return piece(at, 0, Then::Line);
                    }
                    return Err(unterminated("f-string", self.quotes, self.opening, text, at));
                }
                b'{' | b'}' if doubled && !in_spec => at += 2,
                b'{' => return piece(at, 1, Then::Field),
                b'}' if in_spec => return piece(at, 1, Then::FieldEnd),
                b'}' => {
                    let span = Span::new(at as u32, at as u32 + 1);
                    return Err(SyntaxError::new(span, "f-string: single '}' is not allowed"));
                }
                byte if byte == self.quotes.byte && self.quotes.closes(bytes, at) => {
                    return piece(at, self.quotes.length, Then::End);
                }
                _ => at += 1,
            }
        }
    }

    /// Where text goes on behind a backslash.
    fn behind_escape(&self, text: &str, at: usize) -> usize {
        let rest = &text.as_bytes()[at + 1..];
        match rest {
            [b'{' | b'}', ..] | [] => at + 1,
            [b'N', b'{', ..] if !self.raw => {
                let close = rest.iter().position(|b| matches!(b, b'}' | b'\n' | b'"' | b'\''));
                match close {
                    Some(n) if rest[n] == b'}' => at + 1 + n + 1,
                    Some(n) => at + 1 + n,
                    None => text.len(),
                }
            }
            [b'\r', b'\n', ..] => at + 3,
            _ => at + 2,
        }
    }
}
