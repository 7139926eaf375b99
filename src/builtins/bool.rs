//! `bool`: its constructor.

use crate::heap::Value;
use crate::value::{Context, Raised, Res};
use crate::vm::native::{Args, Row};
use crate::vm::ops::native_truth;

/// `bool(x)`
pub(crate) static NEW: Row = Row::leaf("bool(object=False, /)", new).twin("bool_new");

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    args.get(0).map_or(Ok(Value::FALSE), |value| truth(cx, value).map(Value::bool))
}

/// Whether a value counts as true.
///
/// # Errors
/// [`Context::needs_code`] if its class has a `__bool__` or `__len__` that is written in the language.
pub(crate) fn truth(cx: &Context, value: Value<'_>) -> Result<bool, Raised> {
    native_truth(cx, value).ok_or_else(|| cx.needs_code())
}
