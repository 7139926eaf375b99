//! Arguments of the methods of strings and bytes, with CPython's words for what is wrong with them.

use crate::heap::Value;
use crate::value::bytes::{Bytes, not_bytes};
use crate::value::class::class_flag;
use crate::value::drain::{collect_native, is_iterable};
use crate::value::str::Str;
use crate::value::{Context, Raised, int, sequence, slice};
use crate::vm::native::Args;

/// `self` of a method of `str`.
///
/// # Errors
/// `TypeError`.
#[inline]
pub(super) fn this_str<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Str, Raised> {
    args.at(0).get::<Str>().ok_or_else(|| wrong_receiver(cx, "str", args.at(0)))
}

/// `self` of a method of `bytes`.
///
/// # Errors
/// `TypeError`.
#[inline]
pub(super) fn this_bytes<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Bytes, Raised> {
    args.at(0).get::<Bytes>().ok_or_else(|| wrong_receiver(cx, "bytes", args.at(0)))
}

#[cold]
fn wrong_receiver(cx: &Context, class: &str, value: Value<'_>) -> Raised {
    cx.type_error(format_args!(
        "descriptor requires a '{class}' object but received a '{}'",
        cx.type_name(value)
    ))
}

/// An argument that has to be a str; `what` names it: `find() argument 1`.
///
/// # Errors
/// `TypeError`.
pub(super) fn text<'t>(cx: &'t Context, value: Value<'t>, what: &str) -> Result<&'t Str, Raised> {
    value.get::<Str>().ok_or_else(|| must_be_str(cx, what, value))
}

/// The `TypeError` for an argument that is no str.
#[cold]
pub(super) fn must_be_str(cx: &Context, what: &str, value: Value<'_>) -> Raised {
    if what.is_empty() {
        return cx.type_error(format_args!("must be str, not {}", cx.type_name(value)));
    }
    // CPython's argument parser says it so.
    let given = if value.is_none() { "None" } else { cx.type_name(value) };
    cx.type_error(format_args!("{what} must be str, not {given}"))
}

/// The name of an encoding or an error handler; `default` where none is given.
///
/// # Errors
/// `TypeError`.
pub(super) fn name<'t>(
    cx: &'t Context,
    value: Option<Value<'t>>,
    what: &str,
    default: &'static str,
) -> Result<std::borrow::Cow<'t, str>, Raised> {
    match value {
        None => Ok(default.into()),
        Some(value) => Ok(text(cx, value, what)?.lossy()),
    }
}

/// An argument that has to be bytes.
///
/// # Errors
/// `TypeError`.
pub(super) fn run<'t>(cx: &'t Context, value: Value<'t>) -> Result<&'t [u8], Raised> {
    value.get::<Bytes>().map(Bytes::as_bytes).ok_or_else(|| not_bytes(cx, value))
}

/// An optional limit on how often something is done; negative is none.
///
/// # Errors
/// `TypeError`, `OverflowError`, [`Context::needs_code`].
pub(super) fn limit(cx: &Context, value: Option<Value<'_>>) -> Result<usize, Raised> {
    match value {
        None => Ok(usize::MAX),
        Some(value) => Ok(usize::try_from(slice::size(cx, value)?).unwrap_or(usize::MAX)),
    }
}

/// A width; negative is 0.
///
/// # Errors
/// As [`limit`].
pub(super) fn width(cx: &Context, value: Value<'_>) -> Result<usize, Raised> {
    Ok(usize::try_from(slice::size(cx, value)?).unwrap_or(0))
}

/// A truth value.
///
/// # Errors
/// [`Context::needs_code`].
pub(super) fn truth(cx: &Context, value: Value<'_>) -> Result<bool, Raised> {
    if value.header().is_some() && cx.class_of(value).has(class_flag::CUSTOM_BOOL) {
        return Err(cx.needs_code());
    }
    let plain = value.plain();
    if let Some(number) = int::fixed_of(plain) {
        return Ok(number != 0);
    }
    if let Some(number) = plain.as_float() {
        return Ok(number != 0.0);
    }
    Ok(!plain.is_none() && sequence::len(plain) != Some(0))
}

/// All items of an iterable; nothing where it is no iterable.
///
/// # Errors
/// [`Context::needs_code`], and what iterating raises.
pub(super) fn items<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Vec<Value<'t>>>, Raised> {
    if let Some(items) = collect_native(cx, value)? {
        return Ok(Some(items));
    }
    if is_iterable(cx, value) { Err(cx.needs_code()) } else { Ok(None) }
}
