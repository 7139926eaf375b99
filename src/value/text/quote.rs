//! `repr` of strings and of bytes, and `ascii()`.

use super::{class, wtf8};

/// `repr` of a string: escapes make it valid UTF-8 even where the string is not.
pub(crate) fn repr_str(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let quote = quote_for(text);
    out.push(quote);
    for code_point in wtf8::code_points(text) {
        match char::from_u32(code_point) {
            Some(c) if c == quote || c == '\\' => out.extend(['\\', c]),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some(c) if class::is_printable(code_point) => out.push(c),
            _ => push_escape(&mut out, code_point),
        }
    }
    out.push(quote);
    out
}

/// Appends `repr` of a string.
pub(crate) fn write_repr_str(out: &mut Vec<u8>, text: &[u8]) {
    // Most have nothing to be escaped.
    if text.iter().all(|byte| matches!(byte, b' '..=b'&' | b'('..=b'[' | b']'..=b'~')) {
        out.push(b'\'');
        out.extend_from_slice(text);
        out.push(b'\'');
    } else {
        out.extend_from_slice(repr_str(text).as_bytes());
    }
}

/// `repr` of bytes, with its `b`.
pub(crate) fn repr_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 3);
    let quote = quote_for(bytes);
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match char::from(byte) {
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c @ ' '..='~' => out.push(c),
            _ => push_escape(&mut out, byte.into()),
        }
    }
    out.push(quote);
    out
}

/// `ascii()`: what is not ASCII in a `repr`, escaped.
pub(crate) fn escape_non_ascii(repr: &[u8]) -> String {
    let mut out = String::with_capacity(repr.len());
    for code_point in wtf8::code_points(repr) {
        match char::from_u32(code_point) {
            Some(c) if c.is_ascii() => out.push(c),
            _ => push_escape(&mut out, code_point),
        }
    }
    out
}

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that holds the code point.
pub(crate) fn push_escape(out: &mut String, code_point: u32) {
    let escape = match code_point {
        ..0x100 => format!("\\x{code_point:02x}"),
        0x100..0x1_0000 => format!("\\u{code_point:04x}"),
        _ => format!("\\U{code_point:08x}"),
    };
    out.push_str(&escape);
}

/// Double quotes only where that saves escaping single ones.
fn quote_for(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' }
}
