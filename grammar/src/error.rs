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
    /// What the carets underline. It may reach one byte behind the text, where the line end that closes the
    /// last line is implied: [`Source::range`](crate::Source::range) turns it into lines and columns.
    pub span: Span,
}

impl SyntaxError {
    /// A plain `SyntaxError`.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { kind: SyntaxErrorKind::Syntax, message: message.into(), span }
    }

    /// An `IndentationError`.
    pub(crate) fn indentation(span: Span, message: impl Into<String>) -> Self {
        Self { kind: SyntaxErrorKind::Indentation, message: message.into(), span }
    }

    /// A `TabError`.
    pub(crate) fn tab(span: Span, message: impl Into<String>) -> Self {
        Self { kind: SyntaxErrorKind::Tab, message: message.into(), span }
    }
}
