//! `format(value, spec)`, `str % args` and `str.format`, as far as no code of the language is needed.
//!
//! `%` and `str.format` can be resumed: what only code of the language can do (an attribute, somebody's `__str__`) is a
//! [`Request`], its answer is put into a list, and formatting begins anew with the answers known so far.

pub mod percent;
pub mod template;

use crate::heap::Value;

use super::context::{Context, Raised, Res};
use super::list::List;
use super::number;
use super::repr::{is_custom, str_of, write_str};
use super::str::Str;
use super::text::error::Error;
use super::text::format_spec;

/// `format(value, spec)`
///
/// # Errors
/// [`Context::needs_code`] if the class finds `__format__` in a class written in the language, and what
/// [`format_builtin`] raises.
pub fn format<'t>(cx: &'t Context, value: Value<'t>, spec: &[u8]) -> Res<'t> {
    if has_own_format(cx, value) {
        return Err(cx.needs_code());
    }
    format_builtin(cx, value, spec)
}

/// Appends `format(value, spec)`.
///
/// # Errors
/// As [`format()`].
pub fn write_format(cx: &Context, out: &mut Vec<u8>, value: Value<'_>, spec: &[u8]) -> Result<(), Raised> {
    if has_own_format(cx, value) {
        return Err(cx.needs_code());
    }
    write_builtin(cx, out, value, spec)
}

fn has_own_format(cx: &Context, value: Value<'_>) -> bool {
    value.header().is_some() && is_custom(cx, cx.class_of(value), "__format__")
}

/// What the `__format__` of a built-in class does.
///
/// # Errors
/// `TypeError`, `ValueError`, [`Context::needs_code`] for somebody's `__str__`.
pub fn format_builtin<'t>(cx: &'t Context, value: Value<'t>, spec: &[u8]) -> Res<'t> {
    if spec.is_empty() {
        return str_of(cx, value);
    }
    cx.written(|out| write_builtin(cx, out, value, spec))
}

fn write_builtin(cx: &Context, out: &mut Vec<u8>, value: Value<'_>, spec: &[u8]) -> Result<(), Raised> {
    if spec.is_empty() {
        return write_str(cx, out, value);
    }
    if let Some(text) = value.get::<Str>() {
        return format_spec::format_str(out, text.as_bytes(), spec).map_err(|error| cx.text_error(&error));
    }
    number::format_number(cx, out, value, spec).unwrap_or_else(|| {
        let class = cx.type_name(value);
        Err(cx.type_error(format_args!("unsupported format string passed to {class}.__format__")))
    })
}

/// Something that only code of the language can do.
pub struct Request<'t> {
    /// `str`, `repr`, `ascii`, `format`, `attribute`, `item`, `int`, `index`, `float` or `bytes`.
    pub what: &'static str,
    /// Of what.
    pub value: Value<'t>,
    /// Specification, name or key; the words of the `TypeError` if there is no such number.
    pub detail: Value<'t>,
}

/// Why formatting stops before its end.
enum Stop<'t> {
    /// An exception is pending.
    Raised,
    /// An answer is needed.
    Ask(Request<'t>),
}

impl From<Raised> for Stop<'_> {
    fn from(_: Raised) -> Self {
        Stop::Raised
    }
}

/// What has been found out so far, in the order in which it is asked for.
struct Answers<'t> {
    cx: &'t Context,
    /// Where answers are kept, if formatting may be resumed.
    known: Option<&'t List>,
    next: usize,
}

impl<'t> Answers<'t> {
    fn new(cx: &'t Context, known: Option<&'t List>) -> Answers<'t> {
        Answers { cx, known, next: 0 }
    }

    /// The next answer: known already, or found natively, or to be asked for.
    fn answer(
        &mut self,
        what: &'static str,
        value: Value<'t>,
        native: impl FnOnce(&'t Context) -> Res<'t>,
        detail: impl FnOnce(&'t Context) -> Res<'t>,
    ) -> Result<Value<'t>, Stop<'t>> {
        let cx = self.cx;
        let place = self.next;
        self.next += 1;
        if let Some(known) = self.known.and_then(|known| known.get(place)) {
            return Ok(known);
        }
        match native(cx) {
            Ok(answer) => {
                if let Some(known) = self.known {
                    known.push(cx, answer)?;
                }
                Ok(answer)
            }
            Err(_) if cx.take_needs_code() => Err(Stop::Ask(Request { what, value, detail: detail(cx)? })),
            Err(Raised) => Err(Stop::Raised),
        }
    }

    /// Whether nothing is remembered: then what is appended need not be an object first.
    fn are_forgotten(&self) -> bool {
        self.known.is_none()
    }

    fn error(&self, error: &Error) -> Stop<'t> {
        self.cx.text_error(error);
        Stop::Raised
    }
}

/// The end of formatting: a str or bytes, or (only if it can be resumed) a tuple that is a request.
fn finish<'t>(cx: &'t Context, result: Result<Value<'t>, Stop<'t>>, resumable: bool) -> Res<'t> {
    match result {
        Ok(text) => Ok(text),
        Err(Stop::Raised) => Err(Raised),
        Err(Stop::Ask(_)) if !resumable => Err(cx.needs_code()),
        Err(Stop::Ask(Request { what, value, detail })) => cx.tuple(&[cx.intern(what), value, detail]),
    }
}
