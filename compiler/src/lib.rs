//! Syntax tree to register bytecode. Knows nothing of heap values or of what runs the code.

mod code;
pub mod op;

pub use code::{Code, CodeKind, Const, Handler, ImportSpec};
