//! Built-in functions and the methods of the built-in types: rows of native functions, one file a type.

mod args;
pub mod bool;
pub mod bytes;
mod bytes_case;
mod bytes_search;
mod bytes_split;
pub mod float;
pub mod int;
pub mod numeric;
pub mod str;
mod str_case;
mod str_search;
mod str_split;
mod str_translate;
mod substring;
pub mod textual;
