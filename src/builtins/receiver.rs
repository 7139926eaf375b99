//! What natives of the containers ask of their arguments. Knows nothing of the single methods.

use crate::heap::{Object, Value};
use crate::value::slice::{clamped, has_index};
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::native::Args;

/// The object that a method was called on.
pub(super) fn receiver<'t, T: Object>(
    cx: &'t Context,
    value: Value<'t>,
    class: &str,
) -> Result<&'t T, Raised> {
    match value.get::<T>() {
        Some(object) => Ok(object),
        None => {
            let given = cx.type_name(value);
            Err(cx
                .type_error(format_args!("descriptor requires a '{class}' object but received a '{given}'")))
        }
    }
}

/// An argument that is an integer, clamped to 64 bits.
pub(super) fn integer(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    match clamped(value) {
        Some(integer) => Ok(integer),
        None if has_index(cx, value) => Err(cx.needs_code()),
        None => Err(int::not_an_integer(cx, value)),
    }
}

/// An argument that says where a search begins or ends, as a place in a sequence of `len` items.
pub(super) fn bound(cx: &Context, value: Value<'_>, len: usize) -> Result<usize, Raised> {
    let position = match clamped(value) {
        Some(position) => position,
        None if has_index(cx, value) => return Err(cx.needs_code()),
        None => return Err(cx.type_error("slice indices must be integers or have an __index__ method")),
    };
    let position = if position < 0 { position.saturating_add(len as i64).max(0) } else { position };
    Ok(usize::try_from(position).unwrap_or(usize::MAX).min(len))
}

/// How an attribute is set that is not to be set.
pub(super) fn read_only<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.raise(Builtin::AttributeError, "readonly attribute"))
}
