//! Strings to bytes and back: UTF-8, -16 and -32, latin-1 and ASCII, with CPython's error handlers, fields and words.
//!
//! It knows the built-in handlers only, without `namereplace`; a registered handler is the interpreter's affair.

use super::error::{Error, Kind};
use super::{quote, wtf8};

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `utf-8`
    Utf8,
    /// `utf-8-sig`: with a byte order mark, which decoding drops.
    Utf8Sig,
    /// `ascii`
    Ascii,
    /// `latin-1`
    Latin1,
    /// `utf-16` and its fixed orders.
    Utf16(Order),
    /// `utf-32` and its fixed orders.
    Utf32(Order),
}

/// The byte order of an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// A byte order mark tells; little where there is none.
    Marked,
    /// `-le`
    Little,
    /// `-be`
    Big,
}

/// The fields of a `UnicodeEncodeError`, but for its object: the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EncodeError<'a> {
    /// `encoding`
    pub(crate) encoding: &'a str,
    /// `start`, in code points.
    pub(crate) start: usize,
    /// `end`, in code points.
    pub(crate) end: usize,
    /// `reason`
    pub(crate) reason: &'a str,
}

/// The fields of a `UnicodeDecodeError`, but for its object: the bytes after `skipped` of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecodeError<'a> {
    /// `encoding`
    pub(crate) encoding: &'a str,
    /// `start`
    pub(crate) start: usize,
    /// `end`
    pub(crate) end: usize,
    /// `reason`
    pub(crate) reason: &'a str,
    /// The mark of `utf-8-sig` is not part of the object.
    pub(crate) skipped: usize,
}

/// What an encoding or decoding ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// A `UnicodeEncodeError`.
    Encode(EncodeError<'static>),
    /// A `UnicodeDecodeError`.
    Decode(DecodeError<'static>),
    /// An exception of another class.
    Other(Error),
}

type Result<T> = std::result::Result<T, CodecError>;

impl EncodeError<'_> {
    /// `str(error)` for the text that was encoded.
    pub(crate) fn message(&self, text: &[u8]) -> String {
        let EncodeError { encoding, start, end, reason } = self;
        match wtf8::code_points(text).nth(*start).filter(|_| *end == start + 1) {
            Some(code_point) => {
                let mut shown = String::new();
                quote::push_escape(&mut shown, code_point);
                format!("'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}")
            }
            None => {
                let last = end.saturating_sub(1);
                format!("'{encoding}' codec can't encode characters in position {start}-{last}: {reason}")
            }
        }
    }
}

impl DecodeError<'_> {
    /// `str(error)` for the bytes that were decoded.
    pub(crate) fn message(&self, bytes: &[u8]) -> String {
        let DecodeError { encoding, start, end, reason, skipped } = self;
        match bytes.get(start + skipped).filter(|_| *end == start + 1) {
            Some(byte) => {
                format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
            }
            None => {
                let last = end.saturating_sub(1);
                format!("'{encoding}' codec can't decode bytes in position {start}-{last}: {reason}")
            }
        }
    }
}

impl Encoding {
    /// The encoding with that name or alias, in any case, with any punctuation.
    pub(crate) fn from_name(name: &str) -> Option<Encoding> {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
        Some(match name.as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" => Encoding::Utf8,
            "utf_8_sig" => Encoding::Utf8Sig,
            "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "ansi_x3_4_1968" | "cp367" | "ibm367" => {
                Encoding::Ascii
            }
            "latin_1" | "latin1" | "latin" | "l1" | "iso8859_1" | "iso_8859_1" | "iso8859" | "8859"
            | "cp819" | "ibm819" => Encoding::Latin1,
            "utf_16" | "utf16" | "u16" => Encoding::Utf16(Order::Marked),
            "utf_16_le" | "utf_16le" => Encoding::Utf16(Order::Little),
            "utf_16_be" | "utf_16be" => Encoding::Utf16(Order::Big),
            "utf_32" | "utf32" | "u32" => Encoding::Utf32(Order::Marked),
            "utf_32_le" | "utf_32le" => Encoding::Utf32(Order::Little),
            "utf_32_be" | "utf_32be" => Encoding::Utf32(Order::Big),
            _ => return None,
        })
    }

    /// The name that stands in errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 | Encoding::Utf8Sig => "utf-8",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::Utf16(Order::Marked) => "utf-16",
            Encoding::Utf16(Order::Little) => "utf-16-le",
            Encoding::Utf16(Order::Big) => "utf-16-be",
            Encoding::Utf32(Order::Marked) => "utf-32",
            Encoding::Utf32(Order::Little) => "utf-32-le",
            Encoding::Utf32(Order::Big) => "utf-32-be",
        }
    }

    fn is_wide(self) -> bool {
        matches!(self, Encoding::Utf16(_) | Encoding::Utf32(_))
    }

    fn encodes(self, code_point: u32) -> bool {
        match self {
            Encoding::Ascii => code_point < 0x80,
            Encoding::Latin1 => code_point < 0x100,
            _ => !wtf8::is_surrogate(code_point),
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Encoding::Ascii => "ordinal not in range(128)",
            Encoding::Latin1 => "ordinal not in range(256)",
            _ => "surrogates not allowed",
        }
    }

    /// Appends a code point that the encoding has, or a surrogate.
    fn put(self, out: &mut Vec<u8>, code_point: u32) {
        let mut put16 = |unit: u16, order| match order {
            Order::Big => out.extend(unit.to_be_bytes()),
            _ => out.extend(unit.to_le_bytes()),
        };
        match self {
            Encoding::Ascii | Encoding::Latin1 => out.push(code_point as u8),
            Encoding::Utf8 | Encoding::Utf8Sig => wtf8::push(out, code_point),
            Encoding::Utf16(order) if code_point < 0x1_0000 => put16(code_point as u16, order),
            Encoding::Utf16(order) => {
                let above = code_point - 0x1_0000;
                put16(0xD800 | (above >> 10) as u16, order);
                put16(0xDC00 | (above & 0x3FF) as u16, order);
            }
            Encoding::Utf32(Order::Big) => out.extend(code_point.to_be_bytes()),
            Encoding::Utf32(_) => out.extend(code_point.to_le_bytes()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handler {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    XmlCharRefReplace,
    SurrogateEscape,
    SurrogatePass,
}

impl Handler {
    fn from_name(name: &str) -> Result<Handler> {
        Ok(match name {
            "strict" => Handler::Strict,
            "ignore" => Handler::Ignore,
            "replace" => Handler::Replace,
            "backslashreplace" => Handler::BackslashReplace,
            "xmlcharrefreplace" => Handler::XmlCharRefReplace,
            "surrogateescape" => Handler::SurrogateEscape,
            "surrogatepass" => Handler::SurrogatePass,
            _ => {
                let message = format!("unknown error handler name '{name}'");
                return Err(CodecError::Other(Error::new(Kind::Lookup, message)));
            }
        })
    }
}

/// `text.encode(encoding, errors)`; the handler's name is looked at when there is something to handle.
pub(crate) fn encode(text: &[u8], encoding: Encoding, errors: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() + 4);
    match encoding {
        Encoding::Utf8Sig | Encoding::Utf16(Order::Marked) | Encoding::Utf32(Order::Marked) => {
            encoding.put(&mut out, 0xFEFF);
        }
        _ => {}
    }
    let as_it_is = if encoding.is_wide() {
        false
    } else if matches!(encoding, Encoding::Utf8 | Encoding::Utf8Sig) {
        std::str::from_utf8(text).is_ok()
    } else {
        text.is_ascii()
    };
    if as_it_is {
        out.extend_from_slice(text);
        return Ok(out);
    }
    let (mut at, mut index) = (0, 0);
    while let Some((code_point, after)) = wtf8::next(text, at) {
        if encoding.encodes(code_point) {
            encoding.put(&mut out, code_point);
            (at, index) = (after, index + 1);
            continue;
        }
        // CPython hands over a run at a time, but single characters of the wide encodings.
        let mut run = vec![code_point];
        at = after;
        while let Some((next, after)) =
            wtf8::next(text, at).filter(|&(c, _)| !encoding.is_wide() && !encoding.encodes(c))
        {
            run.push(next);
            at = after;
        }
        replace_run(&mut out, encoding, Handler::from_name(errors)?, &run, index)?;
        index += run.len();
    }
    Ok(out)
}

fn replace_run(
    out: &mut Vec<u8>,
    encoding: Encoding,
    handler: Handler,
    run: &[u32],
    start: usize,
) -> Result<()> {
    let fail = |at: usize| {
        let error = EncodeError {
            encoding: encoding.name(),
            start: at,
            end: start + run.len(),
            reason: encoding.reason(),
        };
        Err(CodecError::Encode(error))
    };
    let single_bytes = matches!(encoding, Encoding::Ascii | Encoding::Latin1);
    for (offset, &code_point) in run.iter().enumerate() {
        let mut replacement = String::new();
        match handler {
            Handler::Strict => return fail(start),
            Handler::SurrogatePass if single_bytes => return fail(start),
            Handler::Ignore => {}
            Handler::Replace => replacement.push('?'),
            Handler::BackslashReplace => quote::push_escape(&mut replacement, code_point),
            Handler::XmlCharRefReplace => replacement = format!("&#{code_point};"),
            Handler::SurrogatePass => encoding.put(out, code_point),
            Handler::SurrogateEscape => match code_point {
                0xDC80..=0xDCFF if !encoding.is_wide() => out.push(code_point as u8),
                _ => return fail(start + offset),
            },
        }
        for byte in replacement.bytes() {
            encoding.put(out, byte.into());
        }
    }
    Ok(())
}

/// What stands at a place in the bytes.
enum Step {
    /// A code point and the place after it.
    CodePoint(u32, usize),
    /// Nothing valid up to that place, and why.
    Bad(usize, &'static str),
}

/// `bytes.decode(encoding, errors)`; the handler's name is looked at when there is something to handle.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding, errors: &str) -> Result<Vec<u8>> {
    let (encoding, start, skipped) = match (encoding, bytes) {
        (Encoding::Utf8Sig, [0xEF, 0xBB, 0xBF, ..]) => (Encoding::Utf8, 3, 3),
        (Encoding::Utf8Sig, _) => (Encoding::Utf8, 0, 0),
        (Encoding::Utf32(Order::Marked), [0xFF, 0xFE, 0, 0, ..]) => (Encoding::Utf32(Order::Little), 4, 0),
        (Encoding::Utf32(Order::Marked), [0, 0, 0xFE, 0xFF, ..]) => (Encoding::Utf32(Order::Big), 4, 0),
        (Encoding::Utf32(Order::Marked), _) => (Encoding::Utf32(Order::Little), 0, 0),
        (Encoding::Utf16(Order::Marked), [0xFF, 0xFE, ..]) => (Encoding::Utf16(Order::Little), 2, 0),
        (Encoding::Utf16(Order::Marked), [0xFE, 0xFF, ..]) => (Encoding::Utf16(Order::Big), 2, 0),
        (Encoding::Utf16(Order::Marked), _) => (Encoding::Utf16(Order::Little), 0, 0),
        (encoding, _) => (encoding, 0, 0),
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = start;
    while at < bytes.len() {
        if encoding == Encoding::Utf8 {
            let rest = &bytes[at..];
            let valid = std::str::from_utf8(rest).map_or_else(|error| error.valid_up_to(), str::len);
            out.extend_from_slice(&rest[..valid]);
            at += valid;
            if at == bytes.len() {
                break;
            }
        }
        let (end, reason) = match step(bytes, at, encoding) {
            Step::CodePoint(code_point, after) => {
                wtf8::push(&mut out, code_point);
                at = after;
                continue;
            }
            Step::Bad(end, reason) => (end, reason),
        };
        let error = DecodeError {
            encoding: encoding.name(),
            start: at - skipped,
            end: end - skipped,
            reason,
            skipped,
        };
        at = replace_bytes(&mut out, bytes, at, end, encoding, Handler::from_name(errors)?)
            .unwrap_or(Err(CodecError::Decode(error)))?;
    }
    Ok(out)
}

fn step(bytes: &[u8], at: usize, encoding: Encoding) -> Step {
    let rest = &bytes[at..];
    let bad = |length: usize, reason| Step::Bad(at + length.min(rest.len()), reason);
    let unit16 = |offset: usize, order| {
        let pair = [*rest.get(offset)?, *rest.get(offset + 1)?];
        Some(u32::from(if order == Order::Big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    };
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Sig => {
            match std::str::from_utf8(rest).map_err(|error| error.error_len()) {
                Err(Some(1)) if !matches!(rest[0], 0xC2..=0xF4) => bad(1, "invalid start byte"),
                Err(Some(length)) => bad(length, "invalid continuation byte"),
                _ => bad(rest.len(), "unexpected end of data"),
            }
        }
        Encoding::Ascii if rest[0] >= 0x80 => bad(1, "ordinal not in range(128)"),
        Encoding::Ascii | Encoding::Latin1 => Step::CodePoint(rest[0].into(), at + 1),
        Encoding::Utf16(order) => match (unit16(0, order), unit16(2, order)) {
            (None, _) => bad(rest.len(), "truncated data"),
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                Step::CodePoint(0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF), at + 4)
            }
            (Some(0xD800..=0xDBFF), None) => bad(rest.len(), "unexpected end of data"),
            (Some(0xD800..=0xDBFF), _) => bad(2, "illegal UTF-16 surrogate"),
            (Some(0xDC00..=0xDFFF), _) => bad(2, "illegal encoding"),
            (Some(unit), _) => Step::CodePoint(unit, at + 2),
        },
        Encoding::Utf32(order) => {
            let &[a, b, c, d, ..] = rest else { return bad(rest.len(), "truncated data") };
            let bytes = [a, b, c, d];
            let unit =
                if order == Order::Big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
            match unit {
                0xD800..=0xDFFF => bad(4, "code point in surrogate code point range(0xd800, 0xe000)"),
                0..=wtf8::MAX => Step::CodePoint(unit, at + 4),
                _ => bad(4, "code point not in range(0x110000)"),
            }
        }
    }
}

/// Appends what the handler makes of the bad bytes; where to go on, or none if it gives up.
fn replace_bytes(
    out: &mut Vec<u8>,
    bytes: &[u8],
    start: usize,
    end: usize,
    encoding: Encoding,
    handler: Handler,
) -> Option<Result<usize>> {
    let bad = &bytes[start..end];
    match handler {
        Handler::Strict => return None,
        Handler::Ignore => {}
        Handler::Replace => wtf8::push(out, 0xFFFD),
        Handler::BackslashReplace => {
            out.extend(bad.iter().flat_map(|byte| format!("\\x{byte:02x}").into_bytes()));
        }
        Handler::XmlCharRefReplace => {
            let message = "don't know how to handle UnicodeDecodeError in error callback";
            return Some(Err(CodecError::Other(Error::fixed(Kind::Type, message))));
        }
        Handler::SurrogateEscape => {
            let escaped = bad.iter().take(4).take_while(|&&byte| byte >= 0x80);
            let count = escaped.clone().count();
            if count == 0 {
                return None;
            }
            escaped.for_each(|&byte| wtf8::push(out, 0xDC00 + u32::from(byte)));
            return Some(Ok(start + count));
        }
        Handler::SurrogatePass => {
            let (code_point, length) = surrogate_at(&bytes[start..], encoding)?;
            wtf8::push(out, code_point);
            return Some(Ok(start + length));
        }
    }
    Some(Ok(end))
}

/// A surrogate in the encoding's own form, and how many bytes it takes.
fn surrogate_at(rest: &[u8], encoding: Encoding) -> Option<(u32, usize)> {
    let (code_point, length) = match (encoding, rest) {
        (Encoding::Utf8, &[0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF, ..]) => {
            (0xD000 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F), 3)
        }
        (Encoding::Utf16(Order::Big), &[a, b, ..]) => (u16::from_be_bytes([a, b]).into(), 2),
        (Encoding::Utf16(_), &[a, b, ..]) => (u16::from_le_bytes([a, b]).into(), 2),
        (Encoding::Utf32(Order::Big), &[a, b, c, d, ..]) => (u32::from_be_bytes([a, b, c, d]), 4),
        (Encoding::Utf32(_), &[a, b, c, d, ..]) => (u32::from_le_bytes([a, b, c, d]), 4),
        _ => return None,
    };
    wtf8::is_surrogate(code_point).then_some((code_point, length))
}
