//! Text to tokens to syntax tree. Knows nothing of what compiles or runs it.

pub mod source;
pub mod error;
mod tokens;
mod layout;
mod numbers;
mod strings;
pub mod ast;
mod build;
mod actions;
mod literals;
mod scopes;
mod check;
mod diagnose;

pub use check::MAX_BLOCKS;
pub use error::{SyntaxError, SyntaxErrorKind};
pub use layout::{MAX_BRACKETS, MAX_INDENTS};
pub use numbers::MAX_DECIMAL_DIGITS;
pub use source::{Source, Span};
pub use strings::MAX_FSTRING_NESTING;

use ast::{ExprKind, Stmt, StmtKind};

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
    let mut taken: usize = 0;
    let stream = tokens.list.iter().map(|token| {
        taken += 1;
        Ok((token.span.start, token.kind, token.span.end))
    });
    let result = grammar::FileParser::new().parse(&mut cx, stream);
    if let Some(error) = cx.into_error() {
        return Err(diagnose::weigh(&tokens, error));
    }
    let module = match result {
        Ok(module) => module,
        Err(lalrpop_util::ParseError::UnrecognizedToken { .. }) => {
            // The parser refuses the last token it took.
            return Err(diagnose::diagnose(text, &tokens, taken.saturating_sub(1)));
        }
        Err(_) => return Err(diagnose::diagnose(text, &tokens, tokens.list.len())),
    };
    check::check_futures(&module)?;
    scopes::check(&module)?;
    check::check(&module)?;
    Ok(module)
}

/// Parses what `eval` takes: a file of one statement, which is an expression.
///
/// # Errors
/// As [`parse`].
pub fn parse_expression(source: &Source) -> Result<ast::Module, SyntaxError> {
    let invalid = |span| SyntaxError::new(span, "invalid syntax");
    let (text, module) = (source.text(), parse(source)?);
    let [Stmt { kind, span }] = module.body.as_slice() else {
        return Err(invalid(module.body.get(1).map_or_else(Span::default, |second| second.span)));
    };
    let value = match kind {
        StmtKind::Expr(value) => value,
        StmtKind::Assign { targets: left, .. } => return Err(invalid(behind(text, left[0].span))),
        StmtKind::AugAssign { target: left, .. } | StmtKind::AnnAssign { target: left, .. } => {
            return Err(invalid(behind(text, left.span)));
        }
        _ => return Err(invalid(*span)),
    };
    match &value.kind {
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => Err(invalid(value.span)),
        ExprKind::Tuple(items) => {
            let in_brackets = source.slice(value.span).starts_with('(');
            let starred = items.iter().find(|item| matches!(item.kind, ExprKind::Starred(_)));
            starred.filter(|_| !in_brackets).map_or(Ok(()), |item| Err(invalid(item.span)))
        }
        _ => Ok(()),
    }?;
    if text[span.end as usize..].trim_start().starts_with(';') {
        return Err(invalid(behind(text, *span)));
    }
    Ok(module)
}

/// The character that stands behind a span and spaces.
fn behind(text: &str, span: Span) -> Span {
    let rest = &text[span.end as usize..];
    let at = span.end + (rest.len() - rest.trim_start().len()) as u32;
    Span::new(at, at + 1)
}
