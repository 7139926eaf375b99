//! The built-in types, one file each, the context they are made in, and the text behind them. Knows nothing of frames
//! and calls: what needs code of the language says so (see [`Context::needs_code`]).
#![expect(unsafe_code, reason = "objects are laid out in memory here; each block states its obligation")]

pub mod algebra;
mod builtin;
pub mod bytes;
pub mod class;
pub mod codec;
pub mod compare;
pub mod complex;
mod context;
pub mod deque;
pub mod dict;
pub mod drain;
pub mod exception;
pub mod exception_fields;
pub mod file;
pub mod float;
pub mod format;
pub mod function;
pub mod generator;
pub mod hash;
pub mod instance;
pub mod int;
pub mod iterate;
pub mod list;
pub mod lock;
mod names;
pub mod number;
pub mod random;
pub mod range;
pub mod record;
pub mod recursion;
pub mod repr;
pub mod sequence;
pub mod set;
pub mod shape;
pub mod slice;
pub mod sort;
pub mod str;
pub(crate) mod text;
pub mod tuple;
pub mod lazy_unit;
pub mod unit;
pub mod recall;
#[cfg(test)]
mod threads;
mod visit;

pub use builtin::Builtin;
pub(crate) use context::Members;
pub use context::{Context, Raised, Res, World, shape_of};
pub(crate) use recall::Looked;
pub use visit::VISIT;
