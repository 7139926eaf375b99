//! Built-in functions and the methods of the built-in types: rows of native functions, one file a type.

pub(crate) mod table;
mod args;
mod bases;
mod bool;
mod bytes;
mod bytes_case;
mod bytes_search;
mod bytes_split;
pub(crate) mod class;
mod code;
mod complex;
mod container_support;
pub(crate) mod core;
mod deque;
pub(crate) mod descriptor;
mod dict;
mod docs;
mod endless;
pub(crate) mod execute;
pub(crate) mod file;
pub(crate) mod exception;
mod exception_attributes;
mod exception_check;
mod exception_errno;
mod float;
mod function;
mod generator;
mod int;
pub(crate) mod iterables;
mod list;
pub(crate) mod lock;
mod module;
mod numeric;
pub(crate) mod object;
pub(crate) mod payload;
mod random;
mod range;
mod receiver;
pub(crate) mod seconds;
mod set;
mod show;
pub(crate) mod size;
mod slice;
mod special;
mod str;
mod str_case;
mod str_search;
mod str_split;
mod str_translate;
mod substring;
mod textual;
pub(crate) mod thread_handle;
mod tuple;
mod views;

use minipy_grammar::error::SyntaxErrorKind;
use minipy_grammar::source::Position;
use minipy_grammar::{Source, SyntaxError};

use crate::heap::Value;

use crate::value::exception::Exception;
use crate::value::{Builtin, Context, Raised};

/// Raises the `SyntaxError` (or one of its subclasses) that a source text deserves.
pub(crate) fn syntax_error(cx: &Context, source: &Source, error: &SyntaxError) -> Raised {
    let class = match error.kind {
        SyntaxErrorKind::Syntax => Builtin::SyntaxError,
        SyntaxErrorKind::Indentation => Builtin::IndentationError,
        SyntaxErrorKind::Tab => Builtin::TabError,
    };
    let raised = cx.raise(class, &error.message);
    let (start, end) = (source.position(error.span.start), source.position(error.span.end));
    if let Some(pending) = cx.take_pending() {
        if let Some(exception) = pending.get::<Exception>() {
            // CPython counts no line of an empty text.
            let line = |place: Position| if source.text().is_empty() { 0 } else { place.line.into() };
            let text = cx.str(source.line_text(start.line)).unwrap_or(Value::NONE);
            for (name, value) in [
                ("msg", cx.str(&error.message).unwrap_or(Value::NONE)),
                ("filename", cx.str(source.name()).unwrap_or(Value::NONE)),
                ("lineno", cx.int(line(start))),
                ("offset", cx.int(i64::from(start.column) + 1)),
                ("text", text),
                ("end_lineno", cx.int(line(end))),
                ("end_offset", cx.int(i64::from(end.column) + 1)),
            ] {
                let _ = exception.set_attribute(cx, name, value);
            }
        }
        cx.raise_value(pending);
    }
    raised
}
