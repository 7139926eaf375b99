//! The methods of `str` about case, classes of characters, and padding.

use crate::heap::Value;
use crate::value::str::{MAX_LEN, Str};
use crate::value::text::{case, class};
use crate::value::{Builtin, Context, Raised, Res, slice};
use crate::vm::native::Args;

use super::args::{this_str, width};
use super::substring::{self, Alphabet};

pub(super) fn capitalize<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.wtf8(&case::capitalize(this_str(cx, args)?.as_bytes()))
}

pub(super) fn casefold<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.wtf8(&case::casefold(this_str(cx, args)?.as_bytes()))
}

pub(super) fn lower<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    map_case(cx, this_str(cx, args)?, <[u8]>::make_ascii_lowercase, case::lower)
}

pub(super) fn upper<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    map_case(cx, this_str(cx, args)?, <[u8]>::make_ascii_uppercase, case::upper)
}

fn map_case<'t>(
    cx: &'t Context,
    string: &'t Str,
    ascii: fn(&mut [u8]),
    full: fn(&[u8]) -> Vec<u8>,
) -> Res<'t> {
    if !string.is_ascii() || string.byte_len() < 2 {
        return cx.wtf8(&full(string.as_bytes()));
    }
    let len = string.byte_len();
    let mapped = Str::with(cx, Builtin::Str.shape(), len, len, |out| {
        out.copy_from_slice(string.as_bytes());
        ascii(out);
    });
    mapped.map(Value::object)
}

pub(super) fn swapcase<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.wtf8(&case::swapcase(this_str(cx, args)?.as_bytes()))
}

pub(super) fn title<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.wtf8(&case::title(this_str(cx, args)?.as_bytes()))
}

/// Whether the whole string satisfies a test.
fn test<'t>(cx: &'t Context, args: Args<'t>, test: impl FnOnce(&[u8]) -> bool) -> Res<'t> {
    Ok(Value::bool(test(this_str(cx, args)?.as_bytes())))
}

pub(super) fn isalnum<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_alnum))
}

pub(super) fn isalpha<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_alpha))
}

pub(super) fn isascii<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this_str(cx, args)?.is_ascii()))
}

pub(super) fn isdecimal<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_decimal))
}

pub(super) fn isdigit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_digit))
}

pub(super) fn isidentifier<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, class::is_identifier)
}

pub(super) fn islower<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, class::all_lower)
}

pub(super) fn isnumeric<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_numeric))
}

pub(super) fn isprintable<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, class::all_printable)
}

pub(super) fn isspace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, |text| class::all(text, class::is_space))
}

pub(super) fn istitle<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, class::all_title)
}

pub(super) fn isupper<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    test(cx, args, class::all_upper)
}

pub(super) fn center<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, substring::left_of_center)
}

pub(super) fn ljust<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, |_, _| 0)
}

pub(super) fn rjust<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    pad(cx, args, |padding, _| padding)
}

/// Pads to a width; `left` says how much of the padding goes to the left.
fn pad<'t>(cx: &'t Context, args: Args<'t>, left: impl FnOnce(usize, usize) -> usize) -> Res<'t> {
    let width = width(cx, args.at(1))?;
    let fill = match args.get(2) {
        None => &b" "[..],
        Some(fill) => fill_character(cx, fill)?,
    };
    let string = this_str(cx, args)?;
    let padding = width.saturating_sub(string.char_count());
    if padding == 0 {
        return Ok(Value::object(string));
    }
    let left = left(padding, width);
    let added = padding.checked_mul(fill.len()).filter(|added| added + string.byte_len() <= MAX_LEN);
    let added = added.ok_or_else(|| cx.memory_error())?;
    let len = string.byte_len() + added;
    let padded = Str::with(cx, Builtin::Str.shape(), len, width, |out| {
        let (before, rest) = out.split_at_mut(left * fill.len());
        let (middle, after) = rest.split_at_mut(string.byte_len());
        middle.copy_from_slice(string.as_bytes());
        for place in [before, after] {
            match fill {
                [byte] => place.fill(*byte),
                _ => place.chunks_exact_mut(fill.len()).for_each(|place| place.copy_from_slice(fill)),
            }
        }
    });
    padded.map(Value::object)
}

fn fill_character<'t>(cx: &'t Context, fill: Value<'t>) -> Result<&'t [u8], Raised> {
    match fill.get::<Str>() {
        Some(fill) if fill.char_count() == 1 => Ok(fill.as_bytes()),
        Some(_) => Err(cx.type_error("The fill character must be exactly one character long")),
        None => Err(cx.type_error(format_args!(
            "The fill character must be a unicode character, not {}",
            cx.type_name(fill)
        ))),
    }
}

pub(super) fn zfill<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let width = width(cx, args.at(1))?;
    let string = this_str(cx, args)?;
    let padding = width.saturating_sub(string.char_count());
    if padding == 0 {
        return Ok(Value::object(string));
    }
    if padding > MAX_LEN - string.byte_len() {
        return Err(cx.memory_error());
    }
    let (sign, digits) = string.as_bytes().split_at(sign_len(string.as_bytes()));
    let padded = Str::with(cx, Builtin::Str.shape(), string.byte_len() + padding, width, |out| {
        let (before, rest) = out.split_at_mut(sign.len());
        let (zeros, after) = rest.split_at_mut(padding);
        before.copy_from_slice(sign);
        zeros.fill(b'0');
        after.copy_from_slice(digits);
    });
    padded.map(Value::object)
}

/// How long the sign is at the front of digits.
pub(super) fn sign_len(digits: &[u8]) -> usize {
    usize::from(matches!(digits.first(), Some(b'+' | b'-')))
}

pub(super) fn expandtabs<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let tab_size = args.get(1).map_or(Ok(8), |size| slice::small_size(cx, size))?;
    let tab_size = usize::try_from(tab_size).unwrap_or(0);
    let string = this_str(cx, args)?;
    match substring::expand_tabs(string.as_bytes(), Alphabet::Text, tab_size, MAX_LEN) {
        Some(expanded) => cx.wtf8(&expanded),
        None => Err(cx.memory_error()),
    }
}
