//! `str()` of exceptions: their arguments, or what the classes with more to say make of them.

use std::io::Write as _;

use crate::heap::Value;

use super::{write_repr, write_str as write_any};
use crate::value::Builtin;
use crate::value::bytes::Bytes;
use crate::value::context::{Context, Raised};
use crate::value::exception::{Exception, ExceptionPart};
use crate::value::exception_fields;
use crate::value::int;
use crate::value::str::Str;
use crate::value::text::codec::{DecodeError, EncodeError};
use crate::value::text::{quote, wtf8};

/// Appends `str(value)`.
pub(super) fn write_str<'t>(
    cx: &'t Context,
    out: &mut Vec<u8>,
    value: Value<'t>,
    exception: &'t Exception,
) -> Result<(), Raised> {
    let class = cx.class_of(value);
    let is = |builtin| class.is_a(cx, builtin);
    if is(Builtin::KeyError)
        && let [key] = exception.args()
    {
        return write_repr(cx, out, *key);
    }
    let special = if is(Builtin::OSError) {
        os_error(cx, out, exception)?
    } else if is(Builtin::SyntaxError) {
        return syntax_error(cx, out, exception);
    } else if is(Builtin::UnicodeError) {
        unicode_error(cx, out, exception)
    } else if is(Builtin::ImportError) {
        import_error(cx, out, exception)
    } else {
        false
    };
    if special { Ok(()) } else { write_args(cx, out, exception) }
}

fn write_args<'t>(cx: &'t Context, out: &mut Vec<u8>, exception: &'t Exception) -> Result<(), Raised> {
    match (exception.args(), exception.part(ExceptionPart::Args)) {
        ([], _) => Ok(()),
        ([one], _) => write_any(cx, out, *one),
        (_, Some(args)) => write_repr(cx, out, args),
        (_, None) => Ok(()),
    }
}

/// An attribute, or the argument it is made from.
fn field<'t>(cx: &'t Context, exception: &'t Exception, name: &str, index: usize) -> Option<Value<'t>> {
    let value = exception.attribute(cx, name).or_else(|| exception.args().get(index).copied());
    value.filter(|value| !value.is_none())
}

fn os_error<'t>(cx: &'t Context, out: &mut Vec<u8>, exception: &'t Exception) -> Result<bool, Raised> {
    let [number, words, file, other] = ["errno", "strerror", "filename", "filename2"]
        .map(|name| exception_fields::field(cx, exception, name));
    let present = |value: &Value<'_>| !value.is_none();
    let file = file.filter(present);
    if file.is_none() && (number.is_none() || words.is_none()) {
        return Ok(false);
    }
    out.extend_from_slice(b"[Errno ");
    write_any(cx, out, number.unwrap_or(Value::NONE))?;
    out.extend_from_slice(b"] ");
    write_any(cx, out, words.unwrap_or(Value::NONE))?;
    if let Some(file) = file {
        out.extend_from_slice(b": ");
        write_repr(cx, out, file)?;
        if let Some(other) = other.filter(present) {
            out.extend_from_slice(b" -> ");
            write_repr(cx, out, other)?;
        }
    }
    Ok(true)
}

fn syntax_error<'t>(cx: &'t Context, out: &mut Vec<u8>, exception: &'t Exception) -> Result<(), Raised> {
    let field = |name| exception_fields::field(cx, exception, name);
    write_any(cx, out, field("msg").unwrap_or(Value::NONE))?;
    let line = field("lineno").and_then(int::i64_of);
    let file = field("filename").and_then(|file| file.get::<Str>()).map(Str::lossy);
    let file = file.as_ref().map(|file| file.rsplit('/').next().unwrap_or(file));
    // Writing to a vector cannot fail.
    let _ = match (file, line) {
        (Some(file), Some(line)) => write!(out, " ({file}, line {line})"),
        (Some(file), None) => write!(out, " ({file})"),
        (None, Some(line)) => write!(out, " (line {line})"),
        (None, None) => Ok(()),
    };
    Ok(())
}

fn import_error<'t>(cx: &'t Context, out: &mut Vec<u8>, exception: &'t Exception) -> bool {
    match exception_fields::field(cx, exception, "msg").and_then(|message| message.get::<Str>()) {
        Some(message) => {
            out.extend_from_slice(message.as_bytes());
            true
        }
        None => false,
    }
}

fn unicode_error<'t>(cx: &'t Context, out: &mut Vec<u8>, exception: &'t Exception) -> bool {
    let count = exception.args().len();
    // The translate error has no encoding in front.
    let shift = usize::from(count == 5);
    if !(4..=5).contains(&count) {
        return false;
    }
    let text = |name, index| {
        field(cx, exception, name, index)
            .and_then(|value| value.get::<Str>())
            .map(|text| text.lossy().into_owned())
    };
    let number = |name, index| {
        let number = field(cx, exception, name, index).and_then(int::i64_of)?;
        usize::try_from(number).ok()
    };
    let Some(object) = field(cx, exception, "object", shift) else { return false };
    let (Some(start), Some(end), Some(reason)) =
        (number("start", shift + 1), number("end", shift + 2), text("reason", shift + 3))
    else {
        return false;
    };
    let encoding = if shift == 1 { text("encoding", 0) } else { None };
    let message = match (object.get::<Bytes>(), object.get::<Str>(), encoding) {
        (Some(bytes), _, Some(encoding)) => {
            let error = DecodeError { encoding: &encoding, start, end, reason: &reason, skipped: 0 };
            error.message(bytes.as_bytes())
        }
        (_, Some(text), Some(encoding)) => {
            EncodeError { encoding: &encoding, start, end, reason: &reason }.message(text.as_bytes())
        }
        (_, Some(text), None) => translate_error(text, start, end, &reason),
        _ => return false,
    };
    out.extend_from_slice(message.as_bytes());
    true
}

fn translate_error(text: &Str, start: usize, end: usize, reason: &str) -> String {
    match wtf8::code_points(text.as_bytes()).nth(start).filter(|_| end == start + 1) {
        Some(code_point) => {
            let mut shown = String::new();
            quote::push_escape(&mut shown, code_point);
            format!("can't translate character '{shown}' in position {start}: {reason}")
        }
        None => {
            let last = end.saturating_sub(1);
            format!("can't translate characters in position {start}-{last}: {reason}")
        }
    }
}
