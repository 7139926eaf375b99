//! The limits of what one code can hold, and the complaint of a program that reaches one.

use minipy_grammar::Span;
use minipy_grammar::error::{SyntaxError, SyntaxErrorKind};

/// Registers of one window.
pub const MAX_REGISTERS: usize = u16::MAX as usize;
/// Different names in one code.
pub const MAX_NAMES: usize = u16::MAX as usize;
/// Places with an inline cache in one code.
pub const MAX_SITES: usize = u16::MAX as usize;
/// Functions and class bodies nested directly in one code.
pub const MAX_CHILDREN: usize = u16::MAX as usize;
/// Import statements of one code.
pub const MAX_IMPORTS: usize = u16::MAX as usize;
/// Different lists of keyword names in the calls of one code.
pub const MAX_KWNAMES: usize = u16::MAX as usize;
/// Targets behind the star of one unpacking.
pub const MAX_AFTER_STAR: usize = u8::MAX as usize;
/// Targets of one unpacking.
pub const MAX_TARGETS: usize = u16::MAX as usize / 2;
/// Blocks (loops, `try`, `with`) nested in one function: CPython's `CO_MAXBLOCKS`.
pub const MAX_BLOCKS: usize = 21;
/// Items that a display collects in registers; a longer one appends to a list.
pub const MAX_DISPLAY: usize = 32;
/// Arguments that a call passes in registers; a longer one passes a tuple.
pub const MAX_DIRECT_ARGS: usize = 250;
/// The longest string or bytes that folding `literal * n` makes, in bytes, as in CPython.
pub const MAX_FOLDED_BYTES: usize = 4096;
/// Items of the largest tuple of literals that becomes a constant.
pub const MAX_FOLDED_TUPLE: usize = 1 << 20;

/// A `SyntaxError` with this message.
pub(crate) fn syntax_error(message: impl Into<String>, span: Span) -> SyntaxError {
    SyntaxError { kind: SyntaxErrorKind::Syntax, message: message.into(), span }
}

/// The complaint that `what` (a module, function or class) has more than `limit` of `things`.
pub(crate) fn too_large(what: &str, limit: usize, things: &str, span: Span) -> SyntaxError {
    syntax_error(format!("{what} is too large: more than {limit} {things}"), span)
}
