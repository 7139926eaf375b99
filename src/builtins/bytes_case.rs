//! The methods of `bytes` about case, classes of characters, and padding: of ASCII only.

use crate::heap::Value;
use crate::value::bytes::{self, Bytes, MAX_LEN};
use crate::value::{Builtin, Context, Raised, Res, slice};
use crate::vm::native::Args;

use super::args::{this_bytes, width};
use super::str_case::sign_len;
use super::substring::{self, Alphabet};

/// Of each byte, what `map` makes of it and of whether a letter stands in front.
fn mapped<'t>(cx: &'t Context, args: Args<'t>, map: impl Fn(u8, bool) -> u8) -> Res<'t> {
    let bytes = this_bytes(cx, args)?.as_bytes();
    let mut after_letter = false;
    let mapped: Vec<u8> = bytes
        .iter()
        .map(|byte| {
            let image = map(*byte, after_letter);
            after_letter = byte.is_ascii_alphabetic();
            image
        })
        .collect();
    bytes::value(cx, &mapped)
}

pub(super) fn capitalize<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut capitalized = this_bytes(cx, args)?.as_bytes().to_ascii_lowercase();
    if let Some(first) = capitalized.first_mut() {
        first.make_ascii_uppercase();
    }
    bytes::value(cx, &capitalized)
}

pub(super) fn lower<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    mapped(cx, args, |byte, _| byte.to_ascii_lowercase())
}

pub(super) fn upper<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    mapped(cx, args, |byte, _| byte.to_ascii_uppercase())
}

pub(super) fn swapcase<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    mapped(cx, args, |byte, _| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte })
}

pub(super) fn title<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    mapped(
        cx,
        args,
        |byte, after_letter| {
            if after_letter { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() }
        },
    )
}

/// Whether there are bytes and all satisfy a test.
fn all<'t>(cx: &'t Context, args: Args<'t>, test: fn(&u8) -> bool) -> Res<'t> {
    let bytes = this_bytes(cx, args)?.as_bytes();
    Ok(Value::bool(!bytes.is_empty() && bytes.iter().all(test)))
}

pub(super) fn isalnum<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    all(cx, args, u8::is_ascii_alphanumeric)
}

pub(super) fn isalpha<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    all(cx, args, u8::is_ascii_alphabetic)
}

pub(super) fn isascii<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_bytes(cx, args)?.as_bytes().is_ascii()))
}

pub(super) fn isdigit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    all(cx, args, u8::is_ascii_digit)
}

pub(super) fn isspace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    all(cx, args, |byte| Alphabet::Bytes.is_space((*byte).into()))
}

pub(super) fn islower<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    one_case(cx, args, u8::is_ascii_lowercase, u8::is_ascii_uppercase)
}

pub(super) fn isupper<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    one_case(cx, args, u8::is_ascii_uppercase, u8::is_ascii_lowercase)
}

fn one_case<'t>(cx: &'t Context, args: Args<'t>, wanted: fn(&u8) -> bool, other: fn(&u8) -> bool) -> Res<'t> {
    let bytes = this_bytes(cx, args)?.as_bytes();
    Ok(Value::bool(bytes.iter().any(wanted) && !bytes.iter().any(other)))
}

pub(super) fn istitle<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (mut any, mut after_letter) = (false, false);
    for byte in this_bytes(cx, args)?.as_bytes() {
        if byte.is_ascii_uppercase() && after_letter || byte.is_ascii_lowercase() && !after_letter {
            return Ok(Value::FALSE);
        }
        after_letter = byte.is_ascii_alphabetic();
        any |= after_letter;
    }
    Ok(Value::bool(any))
}

pub(super) fn center<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, "center", substring::left_of_center)
}

pub(super) fn ljust<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, "ljust", |_, _| 0)
}

pub(super) fn rjust<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, "rjust", |padding, _| padding)
}

fn pad<'t>(cx: &'t Context, args: Args<'t>, name: &str, left: fn(usize, usize) -> usize) -> Res<'t> {
    let width = width(cx, args.at(1))?;
    let fill = args.get(2).map_or(Ok(b' '), |fill| fill_byte(cx, name, fill))?;
    let this = this_bytes(cx, args)?;
    let padding = width.saturating_sub(this.as_bytes().len());
    if padding == 0 {
        return Ok(Value::object(this));
    }
    let left = left(padding, width);
    filled(cx, width, |out| {
        out.fill(fill);
        out[left..left + this.as_bytes().len()].copy_from_slice(this.as_bytes());
    })
}

fn filled<'t>(cx: &'t Context, len: usize, fill: impl FnOnce(&mut [u8])) -> Res<'t> {
    Bytes::with(cx, Builtin::Bytes.shape(), len, fill).map(Value::object)
}

fn fill_byte(cx: &Context, name: &str, fill: Value<'_>) -> Result<u8, Raised> {
    match fill.get::<Bytes>().map(Bytes::as_bytes) {
        Some([byte]) => Ok(*byte),
        _ => Err(cx.type_error(format_args!(
            "{name}() argument 2 must be a byte string of length 1, not {}",
            cx.type_name(fill)
        ))),
    }
}

pub(super) fn zfill<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let width = width(cx, args.at(1))?;
    let this = this_bytes(cx, args)?;
    let digits = this.as_bytes();
    let padding = width.saturating_sub(digits.len());
    if padding == 0 {
        return Ok(Value::object(this));
    }
    let sign = sign_len(digits);
    filled(cx, width, |out| {
        out[..sign].copy_from_slice(&digits[..sign]);
        out[sign..sign + padding].fill(b'0');
        out[sign + padding..].copy_from_slice(&digits[sign..]);
    })
}

pub(super) fn expandtabs<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let tab_size = args.get(1).map_or(Ok(8), |size| slice::small_size(cx, size))?;
    let tab_size = usize::try_from(tab_size).unwrap_or(0);
    let bytes = this_bytes(cx, args)?.as_bytes();
    match substring::expand_tabs(bytes, Alphabet::Bytes, tab_size, MAX_LEN) {
        Some(expanded) => bytes::value(cx, &expanded),
        None => Err(cx.memory_error()),
    }
}
