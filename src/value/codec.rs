//! `str.encode` and `bytes.decode`: the text side's codecs on objects, and their exceptions.

use crate::heap::Value;

use super::builtin::Builtin;
use super::bytes::{self, Bytes};
use super::context::{Context, Raised, Res};
use super::exception::Exception;
use super::str::Str;
use super::text::codec::{self, CodecError, Encoding};

/// `text.encode(encoding, errors)`
///
/// # Errors
/// `UnicodeEncodeError`, `LookupError`, `MemoryError`.
pub fn encode<'t>(cx: &'t Context, text: &'t Str, encoding: &str, errors: &str) -> Res<'t> {
    let known = known(cx, encoding)?;
    match codec::encode(text.as_bytes(), known, errors) {
        Ok(encoded) => bytes::value(cx, &encoded),
        Err(error) => Err(raise(cx, &error, Value::object(text))),
    }
}

/// `bytes.decode(encoding, errors)`
///
/// # Errors
/// `UnicodeDecodeError`, `LookupError`, `MemoryError`.
pub fn decode<'t>(cx: &'t Context, bytes: &'t Bytes, encoding: &str, errors: &str) -> Res<'t> {
    let known = known(cx, encoding)?;
    match codec::decode(bytes.as_bytes(), known, errors) {
        Ok(text) => cx.wtf8(&text),
        Err(error) => Err(raise(cx, &error, Value::object(bytes))),
    }
}

fn known(cx: &Context, encoding: &str) -> Result<Encoding, Raised> {
    Encoding::from_name(encoding)
        .ok_or_else(|| cx.raise(Builtin::LookupError, format_args!("unknown encoding: {encoding}")))
}

/// Raises what a codec's error deserves, about these bytes or this text.
#[cold]
pub(crate) fn raise_for(cx: &Context, error: &CodecError, object: &[u8]) -> Raised {
    let object = match error {
        CodecError::Encode(_) => cx.wtf8(object),
        _ => bytes::value(cx, object),
    };
    object.map_or_else(|raised| raised, |object| raise(cx, error, object))
}

#[cold]
fn raise(cx: &Context, error: &CodecError, object: Value<'_>) -> Raised {
    let made = match error {
        CodecError::Other(error) => return cx.text_error(error),
        CodecError::Encode(error) => unicode_error(
            cx,
            Builtin::UnicodeEncodeError,
            error.encoding,
            object,
            [error.start, error.end],
            error.reason,
        ),
        CodecError::Decode(error) => {
            let rest = object.get::<Bytes>().map_or(&[][..], |bytes| &bytes.as_bytes()[error.skipped..]);
            let object = if error.skipped == 0 { Ok(object) } else { bytes::value(cx, rest) };
            object.and_then(|object| {
                unicode_error(
                    cx,
                    Builtin::UnicodeDecodeError,
                    error.encoding,
                    object,
                    [error.start, error.end],
                    error.reason,
                )
            })
        }
    };
    made.map_or_else(|raised| raised, |exception| cx.raise_value(exception))
}

fn unicode_error<'t>(
    cx: &'t Context,
    class: Builtin,
    encoding: &str,
    object: Value<'_>,
    [start, end]: [usize; 2],
    reason: &str,
) -> Res<'t> {
    let (start, end) = (cx.int(start as i64), cx.int(end as i64));
    let fields = [
        ("encoding", cx.str(encoding)?),
        ("object", object),
        ("start", start),
        ("end", end),
        ("reason", cx.str(reason)?),
    ];
    let exception = Exception::new(cx, class.shape(), &fields.map(|(_, value)| value))?;
    for (name, value) in fields {
        exception.set_attribute(cx, name, value)?;
    }
    Ok(Value::object(exception))
}
