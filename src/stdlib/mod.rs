//! The modules of the standard library that are native, in whole or in part. What can be written in the language is: a
//! module's source stands beside its Rust file.

mod collections;
pub(crate) mod embedded;
mod enumeration;
mod functools;
mod itertools;
pub mod math;
pub(crate) mod minipy;
pub(crate) mod posix;
pub mod random;
pub mod traceback;
pub(crate) mod requests;
pub(crate) mod sys;
pub(crate) mod thread;
pub(crate) mod time;

use crate::heap::Value;
use crate::value::Context;
use crate::vm::native::Row;
use crate::vm::script::Script;

/// A module that is native, in whole or in part.
pub struct ModuleDef {
    /// The name by which it is imported.
    pub name: &'static str,
    /// Its native functions.
    pub rows: &'static [Row],
    /// Gives its constants one by one: name and value.
    pub constants: fn(&Context, Define<'_>),
    /// Source in the language that is executed in the module's namespace, when the rows and constants are there.
    pub source: Option<Script>,
}

/// Takes a constant of a module: name and value.
pub type Define<'a> = &'a mut dyn FnMut(&str, Value<'_>);

/// The constants of a module that has none.
pub fn no_constants(_: &Context, _: Define<'_>) {}

/// Modules that are written in the language here and in C in CPython: their frames do not show in tracebacks.
pub(crate) static WITHOUT_FRAMES: &[&str] =
    &["bisect", "collections", "functools", "heapq", "itertools", "operator"];

/// Every native module.
pub static MODULES: &[&ModuleDef] = &[
    &math::MODULE,
    &minipy::MODULE,
    &posix::MODULE,
    &embedded::FUTURE,
    &embedded::OS,
    &embedded::POSIXPATH,
    &random::MODULE,
    &sys::MODULE,
    &time::MODULE,
    &thread::MODULE,
    &traceback::MODULE,
    &embedded::THREADING,
    &embedded::QUEUE,
    &embedded::CONCURRENT,
    &embedded::FUTURES,
    &collections::MODULE,
    &collections::CORE,
    &embedded::HEAPQ,
    &embedded::BISECT,
    &enumeration::MODULE,
    &itertools::MODULE,
    &embedded::CONTEXTLIB,
    &embedded::DATACLASSES,
    &embedded::COPY,
    &embedded::ABC,
    &functools::MODULE,
    &embedded::OPERATOR,
    &embedded::STATISTICS,
    &embedded::STRING,
    &embedded::TEXTWRAP,
    &embedded::COPYREG,
    &embedded::IO,
    &embedded::JSON,
    &embedded::TYPES,
    &embedded::TYPING_CORE,
    &embedded::TYPING,
    &requests::MODULE,
    &requests::EXCEPTIONS,
    &embedded::LAUNCH,
];
