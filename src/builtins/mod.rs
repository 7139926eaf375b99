//! Built-in functions and the methods of the built-in types: rows of native functions, one file a type.

pub(crate) mod core;
pub(crate) mod object;
pub(crate) mod class;
mod bool;
mod float;
mod int;
mod numeric;

use minipy_grammar::{Source, SyntaxError};

use crate::heap::Value;
use crate::value::class::Type;
use crate::value::function::{BoundMethod, Function, FunctionPart};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised};
use crate::vm::native::Row;

/// The rows of one class.
pub(crate) struct ClassRows {
    /// The class.
    pub(crate) class: Builtin,
    /// Its rows.
    pub(crate) rows: &'static [&'static [Row]],
}
