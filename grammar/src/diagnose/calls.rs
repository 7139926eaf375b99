//! Arguments of calls and classes.

use super::{Node, Reader, Rule};
use crate::tokens::Tok;

impl Reader<'_> {
    /// The arguments between parentheses: where they end.
    pub(super) fn arguments(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Arguments, at, |reader, at| {
            if let Some(end) = reader.args(at) {
                let close = end + usize::from(reader.is(end, Tok::Comma));
                if reader.is(close, Tok::RPar) {
                    return Some(reader.node("arguments", at, close));
                }
            }
            if reader.invalid {
                reader.invalid_arguments(at);
            }
            None
        })
    }

    fn args(&mut self, at: usize) -> Option<usize> {
        let Some(mut end) = self.positional(at) else { return self.keywords(at) };
        while self.is(end, Tok::Comma)
            && let Some(next) = self.positional(end + 1)
        {
            end = next;
        }
        if self.is(end, Tok::Comma)
            && let Some(keywords) = self.keywords(end + 1)
        {
            return Some(keywords);
        }
        Some(end)
    }

    fn positional(&mut self, at: usize) -> Option<usize> {
        let end = if self.is(at, Tok::Star) {
            self.starred(at)?
        } else if let Some(named) = self.assignment_expression(at) {
            named.end
        } else {
            let value = self.expression(at)?;
            if self.is(value.end, Tok::Walrus) {
                return None;
            }
            value.end
        };
        (!self.is(end, Tok::Equal)).then_some(end)
    }

    fn starred(&mut self, at: usize) -> Option<usize> {
        let Some(value) = self.expression(at + 1) else {
            return self.raise_last("Invalid star expression");
        };
        if self.invalid
            && self.is(value.end, Tok::Equal)
            && let Some(assigned) = self.expression(value.end + 1)
        {
            let span = self.span(at).to(assigned.span);
            return self.raise(span, "cannot assign to iterable argument unpacking");
        }
        Some(value.end)
    }

    fn keywords(&mut self, at: usize) -> Option<usize> {
        let mut end = self.keyword(at)?;
        while self.is(end, Tok::Comma)
            && let Some(next) = self.keyword(end + 1)
        {
            end = next;
        }
        Some(end)
    }

    fn keyword(&mut self, at: usize) -> Option<usize> {
        if self.invalid {
            self.invalid_keyword(at);
        }
        match self.kind(at) {
            Tok::Name if self.is(at + 1, Tok::Equal) => self.expression(at + 2).map(|value| value.end),
            Tok::Star => self.starred(at),
            Tok::DoubleStar => self.expression(at + 1).map(|value| value.end),
            _ => None,
        }
    }

    fn invalid_keyword(&mut self, at: usize) -> Option<()> {
        let kind = self.kind(at);
        let constant = matches!(kind, Tok::True | Tok::False | Tok::None);
        let assigned = (constant || kind == Tok::Name) && self.is(at + 1, Tok::Equal);
        if assigned && constant {
            let span = self.span(at).to(self.span(at + 1));
            return self.raise(span, format!("cannot assign to {}", self.word(at)));
        }
        if assigned {
            return self.keyword_generator(at);
        }
        if kind == Tok::DoubleStar {
            let value = self.expression(at + 1)?;
            if self.is(value.end, Tok::Equal)
                && let Some(assigned) = self.expression(value.end + 1)
            {
                let span = self.span(at).to(assigned.span);
                return self.raise(span, "cannot assign to keyword argument unpacking");
            }
            return None;
        }
        let target = self.expression(at)?;
        if self.is(target.end, Tok::Equal) {
            let span = target.span.to(self.span(target.end));
            return self.raise(span, "expression cannot contain assignment, perhaps you meant \"==\"?");
        }
        None
    }

    /// `name=x for x in y`.
    fn keyword_generator(&mut self, at: usize) -> Option<()> {
        let value = self.expression(at + 2)?;
        self.generators(value.end)?;
        let span = self.span(at).to(self.span(at + 1));
        self.raise(span, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?")
    }

    fn invalid_arguments(&mut self, at: usize) -> Option<()> {
        if self.is(at, Tok::Name) && self.is(at + 1, Tok::Equal) {
            self.keyword_generator(at);
        }
        let args = self.args(at);
        let behind = match args {
            Some(end) if self.is(end, Tok::Comma) => end + 1,
            _ => at,
        };
        for name in [behind, at] {
            if self.is(name, Tok::Name)
                && self.is(name + 1, Tok::Equal)
                && matches!(self.kind(name + 2), Tok::Comma | Tok::RPar)
            {
                let span = self.span(name).to(self.span(name + 1));
                return self.raise(span, "expected argument value expression");
            }
        }
        None
    }
}
