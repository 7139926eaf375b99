//! What is wrong with a source text, as data.

use crate::source::Span;

/// The class of exception that CPython raises for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
}

/// A complaint about a source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Which exception class.
    pub kind: SyntaxErrorKind,
    /// CPython's words.
    pub message: String,
    /// What the carets underline.
    pub span: Span,
}
