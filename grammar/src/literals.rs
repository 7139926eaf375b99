//! What string and bytes literals mean: escapes decoded to WTF-8 or bytes.

use std::borrow::Cow;

use crate::error::SyntaxError;
use crate::source::Span;

/// The prefix of a literal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix {
    pub(crate) raw: bool,
    pub(crate) bytes: bool,
    /// Length of prefix and opening quotes.
    pub(crate) opening: usize,
    /// Length of the closing quotes.
    pub(crate) closing: usize,
}

impl Prefix {
    /// Reads prefix and quotes of a literal or of an f-string's opening.
    pub(crate) fn of(text: &str) -> Prefix {
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let has = |letter: u8| text.as_bytes()[..letters].iter().any(|b| b.to_ascii_lowercase() == letter);
        let rest = &text[letters..];
        let closing = if rest.starts_with("\"\"\"") || rest.starts_with("'''") { 3 } else { 1 };
        Prefix { raw: has(b'r'), bytes: has(b'b'), opening: letters + closing, closing }
    }
}

/// The bytes of a `b'…'` literal at `span` with this body.
pub(crate) fn bytes(body: &str, raw: bool, span: Span) -> Result<Vec<u8>, SyntaxError> {
    if !body.is_ascii() {
        return Err(SyntaxError::new(span, "bytes can only contain ASCII literal characters"));
    }
    let body = unix_lines(body);
    if raw || !body.contains('\\') {
        return Ok(body.into_owned().into_bytes());
    }
    let mut escapes = Escapes { text: &body, at: 0, out: Vec::with_capacity(body.len()) };
    match escapes.decode_bytes() {
        Ok(()) => Ok(escapes.out),
        Err(at) => Err(SyntaxError::new(span, format!("(value error) invalid \\x escape at position {at}"))),
    }
}

/// The WTF-8 of a string literal (or of a piece of an f-string) at `span` with this body.
pub(crate) fn string(body: &str, raw: bool, span: Span) -> Result<Vec<u8>, SyntaxError> {
    let body = unix_lines(body);
    if raw || !body.contains('\\') {
        return Ok(body.into_owned().into_bytes());
    }
    let mut escapes = Escapes { text: &body, at: 0, out: Vec::with_capacity(body.len()) };
    match escapes.decode_string() {
        Ok(()) => Ok(escapes.out),
        Err(fault) => Err(SyntaxError::new(span, escapes.codec_message(&fault))),
    }
}

/// The WTF-8 of literal text of an f-string, in which braces are doubled.
pub(crate) fn formatted(text: &str, raw: bool, span: Span) -> Result<Vec<u8>, SyntaxError> {
    if !text.contains(['{', '}']) {
        return string(text, raw, span);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(text.len());
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            // The braces of `\N{...}` are its own, and no other escape holds one.
            b'\\' if !raw && bytes[at + 1..].starts_with(b"N{") => {
                at += bytes[at..].iter().position(|b| *b == b'}').map_or(2, |n| n + 1);
            }
            b'\\' if !matches!(bytes.get(at + 1), Some(b'{' | b'}')) => at += 2,
            b'{' | b'}' if bytes.get(at + 1) == Some(&bytes[at]) => {
                out.extend_from_slice(&string(&text[start..=at], raw, span)?);
                at += 2;
                start = at;
            }
            _ => at += 1,
        }
    }
    out.extend_from_slice(&string(&text[start..], raw, span)?);
    Ok(out)
}

/// Text with every line end made `\n`.
pub(crate) fn unix_lines(body: &str) -> Cow<'_, str> {
    if body.contains('\r') {
        Cow::Owned(body.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(body)
    }
}

struct Escapes<'t> {
    text: &'t str,
    at: usize,
    out: Vec<u8>,
}

/// A bad escape: where it begins and ends in the text, and the codec's words.
struct Fault {
    start: usize,
    end: usize,
    reason: &'static str,
}

impl<'t> Escapes<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Copies up to the next backslash and steps behind it; its place, if there is one.
    fn next_backslash(&mut self) -> Option<usize> {
        let rest = self.rest();
        let length = rest.iter().position(|b| *b == b'\\').unwrap_or(rest.len());
        self.out.extend_from_slice(&rest[..length]);
        self.at += length;
        if length == rest.len() {
            return None;
        }
        self.at += 1;
        Some(self.at - 1)
    }

    /// The escapes that strings and bytes share; false if this is another one.
    fn simple(&mut self) -> bool {
        let Some(letter) = self.rest().first().copied() else { return false };
        let byte = match letter {
            b'\n' => {
                self.at += 1;
                return true;
            }
            b'\\' | b'\'' | b'"' => letter,
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            _ => return false,
        };
        self.at += 1;
        self.out.push(byte);
        true
    }

    /// Up to three octal digits.
    fn octal(&mut self) -> Option<u32> {
        let digits = self.rest().iter().take(3).take_while(|b| (b'0'..=b'7').contains(*b)).count();
        let value = self.rest()[..digits].iter().fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
        self.at += digits;
        (digits > 0).then_some(value)
    }

    fn decode_bytes(&mut self) -> Result<(), usize> {
        while let Some(start) = self.next_backslash() {
            if self.simple() {
                continue;
            }
            if let Some(value) = self.octal() {
                self.out.push(value as u8);
            } else if self.rest().first() == Some(&b'x') {
                let digits =
                    self.text.get(self.at + 1..self.at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
                self.out.push(digits.filter(|_| self.rest()[1] != b'+').ok_or(start)?);
                self.at += 3;
            } else {
                self.out.push(b'\\');
            }
        }
        Ok(())
    }

    fn decode_string(&mut self) -> Result<(), Fault> {
        while let Some(start) = self.next_backslash() {
            if self.simple() {
                continue;
            }
            if let Some(value) = self.octal() {
                self.push_code_point(value);
                continue;
            }
            match self.rest().first() {
                Some(b'x') => self.hex(start, 2, "truncated \\xXX escape")?,
                Some(b'u') => self.hex(start, 4, "truncated \\uXXXX escape")?,
                Some(b'U') => self.hex(start, 8, "truncated \\UXXXXXXXX escape")?,
                Some(b'N') => self.named(start)?,
                _ => self.out.push(b'\\'),
            }
        }
        Ok(())
    }

    fn hex(&mut self, start: usize, length: usize, reason: &'static str) -> Result<(), Fault> {
        self.at += 1;
        let digits = self.rest().iter().take(length).take_while(|b| b.is_ascii_hexdigit()).count();
        let hex = &self.text[self.at..self.at + digits];
        self.at += digits;
        if digits < length {
            return Err(Fault { start, end: self.at, reason });
        }
        let value = u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
        if value > 0x10FFFF {
            return Err(Fault { start, end: self.at, reason: "illegal Unicode character" });
        }
        self.push_code_point(value);
        Ok(())
    }

    fn named(&mut self, start: usize) -> Result<(), Fault> {
        self.at += 1;
        let rest = self.rest();
        let close = rest.iter().position(|b| *b == b'}');
        let (Some(b'{'), Some(close @ 2..)) = (rest.first(), close) else {
            let end = match (rest.first(), close) {
                (Some(b'{'), Some(close)) => self.at + close + 1,
                (Some(b'{'), None) => self.text.len(),
                _ => self.at,
            };
            return Err(Fault { start, end, reason: "malformed \\N character escape" });
        };
        let name = &self.text[self.at + 1..self.at + close];
        self.at += close + 1;
        let Some(c) = unicode_names2::character(name) else {
            return Err(Fault { start, end: self.at, reason: "unknown Unicode character name" });
        };
        self.push_code_point(c as u32);
        Ok(())
    }

    /// Adds a code point, a lone surrogate in three bytes as WTF-8 has it.
    fn push_code_point(&mut self, value: u32) {
        if let Some(c) = char::from_u32(value) {
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            let bits = |shift: u32| 0x80 | (value >> shift & 0x3F) as u8;
            self.out.extend_from_slice(&[0xE0 | (value >> 12) as u8, bits(6), bits(0)]);
        }
    }

    /// The message of CPython's codec. It counts in the bytes of a copy in which every character outside ASCII
    /// has become a ten-byte escape.
    fn codec_message(&self, fault: &Fault) -> String {
        let place =
            |end: usize| self.text[..end].chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum::<usize>();
        let (first, last) = (place(fault.start), place(fault.end).saturating_sub(1));
        let position =
            if first == last { format!("position {first}") } else { format!("position {first}-{last}") };
        let (byte, noun) = if first == last { (" byte 0x5c", "") } else { ("", " bytes") };
        format!(
            "(unicode error) 'unicodeescape' codec can't decode{byte}{noun} in {position}: {}",
            fault.reason
        )
    }
}
