//! From what goes wrong with a file to the exception.

use std::io;

use crate::heap::Value;
use crate::value::exception::Exception;
use crate::value::{Builtin, Context, Raised, codec};
use crate::vm::thread::{Call, Flow, Thread};

use super::stream::Failure;

/// The class for an error number (`errnomap` in CPython), with its Linux numbers.
fn class_of(number: i32) -> Builtin {
    match number {
        1 | 13 => Builtin::PermissionError,
        2 => Builtin::FileNotFoundError,
        3 => Builtin::ProcessLookupError,
        4 => Builtin::InterruptedError,
        10 => Builtin::ChildProcessError,
        11 | 114 | 115 => Builtin::BlockingIOError,
        17 => Builtin::FileExistsError,
        20 => Builtin::NotADirectoryError,
        21 => Builtin::IsADirectoryError,
        32 | 108 => Builtin::BrokenPipeError,
        103 => Builtin::ConnectionAbortedError,
        104 => Builtin::ConnectionResetError,
        110 => Builtin::TimeoutError,
        111 => Builtin::ConnectionRefusedError,
        _ => Builtin::OSError,
    }
}

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
    let number = cx.int(number.into());
    let class = class_of(number.as_small().and_then(|number| i32::try_from(number).ok()).unwrap_or(0));
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
