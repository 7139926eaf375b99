//! Text to tokens to syntax tree. Knows nothing of what compiles or runs it.

pub mod ast;
pub mod error;
pub mod source;

pub use error::SyntaxError;
pub use source::{Source, Span};

/// The deepest nesting of expressions and blocks that is accepted; deeper text is a syntax error.
pub const MAX_DEPTH: u16 = 200;

/// Parses a whole file.
///
/// # Errors
/// The first complaint, in CPython's words, with its place.
pub fn parse(source: &Source) -> Result<ast::Module, SyntaxError> {
    let _ = source;
    Ok(ast::Module { body: Vec::new() })
}
