//! Logical lines: which one is to blame, and the headers of compound statements.

use super::Reader;
use crate::error::SyntaxError;
use crate::source::Span;
use crate::tokens::Tok;

impl Reader<'_> {
    /// Features of Python that minipy has not.
    pub(super) fn unsupported(&self, failed: usize) -> Option<SyntaxError> {
        let kind = |at: usize| self.tokens.get(at).map_or(Tok::End, |token| token.kind);
        let named = |at: usize, what: &str| {
            Some(SyntaxError::new(self.span(at), format!("{what} are not supported by minipy")))
        };
        match kind(failed) {
            Tok::Async => {
                return match kind(failed + 1) {
                    Tok::Def => named(failed, "`async def` functions"),
                    Tok::With => named(failed, "`async with` statements"),
                    Tok::For if failed == self.line_start(failed) => named(failed, "`async for` statements"),
                    Tok::For => named(failed, "asynchronous comprehensions"),
                    _ => None,
                };
            }
            Tok::Await if !matches!(kind(failed + 1), Tok::Newline | Tok::RPar | Tok::Equal) => {
                return named(failed, "`await` expressions");
            }
            _ => {}
        }
        let start = self.line_start(failed);
        if kind(start) != Tok::Name {
            return None;
        }
        let end = (failed..self.tokens.len()).find(|at| kind(*at) == Tok::Newline)?;
        let opens_block = end > start && kind(end - 1) == Tok::Colon && kind(end + 1) == Tok::Indent;
        match self.word(start) {
            "match" if opens_block && kind(end + 2) == Tok::Name && self.word(end + 2) == "case" => {
                named(start, "`match` statements")
            }
            "type" if kind(start + 1) == Tok::Name && matches!(kind(start + 2), Tok::Equal | Tok::LSqb) => {
                named(start, "`type` statements")
            }
            _ => None,
        }
    }

    /// Looks for the mistake that made the parser refuse the token at `failed`.
    pub(super) fn explain(&mut self, failed: usize) {
        let refused = self.tokens.get(failed).map_or(Tok::End, |token| token.kind);
        let before = failed.checked_sub(1).map(|at| self.tokens[at].kind);
        if matches!(before, Some(Tok::Newline | Tok::Dedent)) {
            if self.try_without_except(failed) {
                self.furthest = failed;
                self.raise_last::<()>("expected 'except' or 'finally' block");
                return;
            }
            let header = failed >= 2 && self.tokens[failed - 2].kind == Tok::Colon;
            if before == Some(Tok::Newline) && header && refused != Tok::Indent {
                let start = self.line_start(failed - 1);
                self.statement(start);
                return;
            }
        }
        if refused == Tok::Indent {
            return;
        }
        let start = self.line_start(failed);
        let continues = matches!(refused, Tok::Elif | Tok::Else | Tok::Except | Tok::Finally);
        if !(continues && start == failed) {
            self.statement(start);
        }
    }

    /// Index of the first token of the logical line of a token.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let ends =
            |token: &crate::tokens::Token| matches!(token.kind, Tok::Newline | Tok::Indent | Tok::Dedent);
        let at = at.min(self.tokens.len());
        self.tokens[..at].iter().rposition(ends).map_or(0, |before| before + 1)
    }

    /// Whether the block that ends before `failed` is that of a `try`.
    fn try_without_except(&self, failed: usize) -> bool {
        let mut at = failed - 1;
        if self.tokens[at].kind == Tok::Dedent {
            // Back to the INDENT that this DEDENT closes, and to the NEWLINE before it.
            let mut level = 0;
            loop {
                match self.tokens[at].kind {
                    Tok::Dedent => level += 1,
                    Tok::Indent => level -= 1,
                    _ => {}
                }
                if at == 0 || level == 0 {
                    break;
                }
                at -= 1;
            }
            at = at.saturating_sub(1);
        } else if at == 0 || self.tokens[at - 1].kind == Tok::Colon {
            return false;
        }
        let start = self.line_start(at);
        self.tokens[start].kind == Tok::Try && !matches!(self.tokens[failed].kind, Tok::Except | Tok::Finally)
    }

    /// One logical line; nothing comes back, a mistake is noted.
    pub(super) fn statement(&mut self, at: usize) {
        let what = match self.kind(at) {
            Tok::If => "'if' statement",
            Tok::Elif => "'elif' statement",
            Tok::While => "'while' statement",
            Tok::Else => "'else' statement",
            Tok::For => "'for' statement",
            Tok::With => "'with' statement",
            Tok::Try => "'try' statement",
            Tok::Except => "'except' statement",
            Tok::Finally => "'finally' statement",
            Tok::Def => "function definition",
            Tok::Class => "class definition",
            Tok::At => {
                self.named_expression(at + 1);
                return;
            }
            Tok::Name if matches!(self.word(at), "match") => {
                self.match_header(at);
                return;
            }
            _ => {
                self.simple_statements(at);
                return;
            }
        };
        self.compound(at, what);
    }

    fn compound(&mut self, at: usize, what: &'static str) {
        let end = match self.kind(at) {
            Tok::If | Tok::Elif | Tok::While => self.named_expression(at + 1).map(|test| test.end),
            Tok::Else | Tok::Try | Tok::Finally => self.forced_colon(at + 1),
            Tok::For => self.for_header(at),
            Tok::With => self.with_header(at),
            Tok::Except => {
                self.except_header(at);
                return;
            }
            Tok::Def => self.def_header(at),
            Tok::Class => self.class_header(at),
            _ => None,
        };
        if let Some(end) = end {
            self.suite(at, end, what);
        }
    }

    /// The colon of a header and what follows it.
    fn suite(&mut self, header: usize, at: usize, what: &str) {
        match self.kind(at) {
            Tok::Newline => {
                self.raise_last::<()>("expected ':'");
            }
            Tok::Colon if !self.is(at + 1, Tok::Newline) => self.simple_statements(at + 1),
            Tok::Colon if !self.is(at + 2, Tok::Indent) => {
                let line = self.line_of(header);
                self.raise_indentation(format!("expected an indented block after {what} on line {line}"));
            }
            _ => {}
        }
    }

    /// A colon without which nothing else is tried.
    fn forced_colon(&mut self, at: usize) -> Option<usize> {
        if !self.is(at, Tok::Colon) {
            let span = self.span_of(at);
            return self.raise(span, "expected ':'");
        }
        Some(at)
    }

    fn for_header(&mut self, at: usize) -> Option<usize> {
        let Some(targets) = self.star_targets(at + 1).filter(|end| self.is(*end, Tok::In)) else {
            self.invalid_for_target(at);
            return None;
        };
        self.star_expressions(targets + 1).map(|iter| iter.end)
    }

    fn with_header(&mut self, at: usize) -> Option<usize> {
        if self.is(at + 1, Tok::LPar)
            && let Some(end) = self.with_items(at + 2)
        {
            let end = if self.is(end, Tok::Comma) { end + 1 } else { end };
            if self.is(end, Tok::RPar) && matches!(self.kind(end + 1), Tok::Colon | Tok::Newline) {
                return Some(end + 1);
            }
        }
        self.with_items(at + 1)
    }

    fn with_items(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let context = self.expression(at)?;
            at = context.end;
            if self.is(at, Tok::As) {
                let target = self.expression(at + 1)?;
                if !target.target && matches!(self.kind(target.end), Tok::Comma | Tok::RPar | Tok::Colon) {
                    return self.raise(target.span, format!("cannot assign to {}", target.name));
                }
                at = target.end;
            }
            if !self.is(at, Tok::Comma) || matches!(self.kind(at + 1), Tok::RPar | Tok::Colon) {
                return Some(at);
            }
            at += 1;
        }
    }

    fn except_header(&mut self, at: usize) {
        let star = self.is(at + 1, Tok::Star);
        let what = if star { "'except*' statement" } else { "'except' statement" };
        let begin = at + 1 + usize::from(star);
        if star && matches!(self.kind(begin), Tok::Newline | Tok::Colon) {
            self.raise_last::<()>("expected one or more exception types");
            return;
        }
        if matches!(self.kind(begin), Tok::Newline | Tok::Colon) {
            self.suite(at, begin, what);
            return;
        }
        let Some(typ) = self.expression(begin) else { return };
        if self.is(typ.end, Tok::Comma) {
            if let Some(rest) = self.expressions(typ.end + 1) {
                let end = self.as_name(rest);
                if self.is(end, Tok::Colon) {
                    let span = Span::new(typ.span.start, self.span(end).start);
                    self.raise::<()>(span, "multiple exception types must be parenthesized");
                }
            }
            return;
        }
        let end = self.as_name(typ.end);
        self.suite(at, end, what);
    }

    /// Behind `as NAME`, if it is there.
    fn as_name(&mut self, at: usize) -> usize {
        if self.is(at, Tok::As) && self.is(at + 1, Tok::Name) { at + 2 } else { at }
    }

    fn def_header(&mut self, at: usize) -> Option<usize> {
        if !self.is(at + 1, Tok::Name) {
            return None;
        }
        let open = self.type_parameters(at + 2);
        if !self.is(open, Tok::LPar) {
            let span = self.span_of(open);
            return self.raise(span, "expected '('");
        }
        let mut end = self.parameters(open + 1, false)?;
        if !self.is(end, Tok::RPar) {
            return None;
        }
        end += 1;
        if self.is(end, Tok::Arrow)
            && let Some(returns) = self.expression(end + 1)
        {
            end = returns.end;
        }
        self.forced_colon(end)
    }

    fn class_header(&mut self, at: usize) -> Option<usize> {
        if !self.is(at + 1, Tok::Name) {
            return None;
        }
        let open = self.type_parameters(at + 2);
        if !self.is(open, Tok::LPar) {
            return Some(open);
        }
        let end = self.arguments(open + 1).map_or(open + 1, |args| args.end);
        self.is(end, Tok::RPar).then_some(end + 1)
    }

    /// `match` is a statement only in words here; a line that is not one may still be an expression.
    fn match_header(&mut self, at: usize) {
        let subject = self.without_invalid(|reader| reader.named_expression(at + 1));
        if let Some(subject) = subject
            && self.is(subject.end, Tok::Newline)
            && self.tokens.get(at + 1).is_some_and(|token| !matches!(token.kind, Tok::LPar | Tok::LSqb))
        {
            self.raise_last::<()>("expected ':'");
            return;
        }
        if let Some(subject) = subject
            && self.is(subject.end, Tok::Colon)
            && self.is(subject.end + 1, Tok::Newline)
        {
            self.suite(at, subject.end, "'match' statement");
            return;
        }
        self.simple_statements(at);
    }
}
