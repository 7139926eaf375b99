//! Built-in functions and the methods of the built-in types: rows of native functions, one file a type.

pub mod bool;
pub mod float;
pub mod int;
pub mod numeric;
