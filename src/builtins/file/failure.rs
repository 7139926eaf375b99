//! From what goes wrong with a file to the exception.

use std::io;

use crate::heap::Value;
use crate::value::exception::Exception;
use crate::value::{Context, Raised, codec};
use crate::vm::thread::{Call, Flow, Thread};

use super::super::exception::os_error_class;
use super::stream::Failure;

/// `EISDIR`
const IS_A_DIRECTORY: i32 = 21;

/// The `OSError`, or its subclass, for an error of the system, about a file if there is one.
pub(crate) fn os_error(cx: &Context, error: &io::Error, file: Option<Value<'_>>) -> Raised {
    let number = match error.kind() {
        io::ErrorKind::IsADirectory => IS_A_DIRECTORY,
        _ => error.raw_os_error().unwrap_or(0),
    };
    let words = io::Error::from_raw_os_error(number).to_string();
    // The library adds the number in parentheses.
    let words = words.rsplit_once(" (os error").map_or(words.as_str(), |(words, _)| words);
    let words = if number == 0 { error.to_string() } else { words.to_owned() };
    let Ok(words) = cx.str(&words) else { return Raised };
    let class = os_error_class(number.into());
    let number = cx.int(number.into());
    let raised = cx.raise_with(class, &[number, words]);
    if let Some(pending) = cx.take_pending() {
        if let Some(exception) = pending.get::<Exception>() {
            for (name, value) in [("errno", Some(number)), ("strerror", Some(words)), ("filename", file)] {
                if let Some(value) = value {
                    let _: Result<(), Raised> = exception.set_attribute(cx, name, value);
                }
            }
        }
        cx.raise_value(pending);
    }
    raised
}

/// Raises what a failed operation deserves.
pub(super) fn raise(th: &Thread, _: &Call, failure: Failure) -> Flow {
    let cx = th.cx();
    match failure {
        Failure::Closed => {
            cx.value_error("I/O operation on closed file.");
        }
        Failure::Io(error) => {
            os_error(cx, &error, None);
        }
        Failure::Codec(error, object) => {
            codec::raise_for(cx, &error, &object);
        }
    }
    Flow::Raised
}
