//! Text to tokens to syntax tree. Knows nothing of what compiles or runs it.

mod actions;
pub mod ast;
mod build;
pub mod error;
mod layout;
mod literals;
mod numbers;
pub mod source;
mod strings;
mod tokens;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use layout::{MAX_BRACKETS, MAX_INDENTS};
pub use numbers::MAX_DECIMAL_DIGITS;
pub use source::{Source, Span};
pub use strings::MAX_FSTRING_NESTING;

#[expect(clippy::all, clippy::allow_attributes, unreachable_pub, reason = "generated from minipy.lalrpop")]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/minipy.rs"));
}

/// The deepest nesting of expressions that is accepted; deeper text is a syntax error.
pub const MAX_DEPTH: u16 = 400;

/// The most `elif` clauses of one `if`: each nests in the one before.
pub const MAX_ELIFS: usize = 1000;

/// Parses a whole file.
///
/// # Errors
/// The first complaint, in CPython's words, with its place.
pub fn parse(source: &Source) -> Result<ast::Module, SyntaxError> {
    let text = source.text();
    if text.len() > source::MAX_SOURCE_BYTES {
        return Err(SyntaxError::new(Span::default(), "source is too large"));
    }
    let tokens = layout::tokenize(text);
    let mut cx = build::Build::new(text);
    let failure = tokens.error.clone().map(Err);
    let stream = tokens.list.iter().map(|token| Ok((token.span.start, token.kind, token.span.end)));
    let result = grammar::FileParser::new().parse(&mut cx, stream.chain(failure));
    if let Some(error) = cx.into_error() {
        return Err(error);
    }
    result.map_err(|failure| match failure {
        lalrpop_util::ParseError::User { error } => error,
        lalrpop_util::ParseError::UnrecognizedToken { token: (start, _, end), .. } => {
            SyntaxError::new(Span::new(start, end), "invalid syntax")
        }
        _ => SyntaxError::new(Span::default(), "invalid syntax"),
    })
}
