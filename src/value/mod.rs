//! The built-in types, one file each, the context they are made in, and the text behind them. Knows nothing of frames
//! and calls: what needs code of the language says so (see [`Context::needs_code`]).
#![expect(unsafe_code, reason = "objects are laid out in memory here; each block states its obligation")]

mod builtin;
mod context;
pub mod shape;
pub mod unit;
pub mod class;
pub mod instance;
pub mod int;
pub mod float;
pub mod str;
pub mod bytes;
pub mod tuple;
pub mod list;
pub mod dict;
pub mod set;
pub mod range;
pub mod slice;
pub mod function;
pub mod generator;
pub mod exception;
pub mod record;
pub mod lock;
pub mod hash;
pub mod compare;
mod visit;
pub(crate) mod text;

pub use builtin::Builtin;
pub use context::{Context, Raised, Res, World, shape_of};
pub use visit::visit;
