//! Exceptions: their attributes.

use crate::heap::Value;
use crate::value::exception::Exception;
use crate::value::{Context, Raised};

/// What the `__init__` of a native exception does once its arguments are stored.
///
/// # Errors
/// `TypeError` for keywords that the class does not take.
pub(crate) fn initialise<'t>(
    cx: &'t Context,
    exception: &'t Exception,
    mut keywords: impl Iterator<Item = (Value<'t>, Value<'t>)>,
) -> Result<(), Raised> {
    match keywords.next() {
        None => Ok(()),
        Some(_) => Err(cx.type_error(format_args!(
            "{}() takes no keyword arguments",
            cx.type_name(Value::object(exception))
        ))),
    }
}

/// The value of a `StopIteration`.
pub(crate) fn stop_value<'t>(_: &'t Context, exception: Value<'t>) -> Value<'t> {
    exception
        .get::<Exception>()
        .and_then(|exception| exception.args().first().copied())
        .unwrap_or(Value::NONE)
}
