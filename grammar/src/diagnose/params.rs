//! Parameters of functions and lambdas, and the mistakes that leave them unreadable.

use super::Reader;
use crate::tokens::Tok;

impl Reader<'_> {
    /// A parameter list: the index of the token behind it, which may or may not be the one that closes it.
    pub(super) fn parameters(&mut self, mut at: usize, lambda: bool) -> Option<usize> {
        let close = if lambda { Tok::Colon } else { Tok::RPar };
        let mut only_plain = true;
        loop {
            match self.kind(at) {
                kind if kind == close => return Some(at),
                Tok::Name => {
                    let end = self.parameter(at, lambda)?;
                    only_plain &= !self.is(end, Tok::Equal);
                    at = self.default(end)?;
                }
                Tok::Slash => {
                    at += 1;
                    if self.is(at, Tok::Star) && self.invalid {
                        return self.raise(self.span(at), "expected comma between / and *");
                    }
                }
                Tok::Star => {
                    only_plain = false;
                    at += 1;
                    if self.is(at, Tok::Name) {
                        at = self.parameter(at, lambda)?;
                        self.no_default(at, "var-positional argument cannot have default value")?;
                    }
                }
                Tok::DoubleStar => {
                    only_plain = false;
                    at = self.parameter(at + 1, lambda)?;
                    self.no_default(at, "var-keyword argument cannot have default value")?;
                }
                Tok::LPar if only_plain && self.invalid => return self.parenthesized(at, lambda),
                _ => return Some(at),
            }
            if !self.is(at, Tok::Comma) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Type parameters in brackets, if there are any that can be read: the index of the token behind them.
    pub(super) fn type_parameters(&mut self, open: usize) -> usize {
        let end = if self.is(open, Tok::LSqb) { self.type_parameter_list(open + 1) } else { None };
        end.unwrap_or(open)
    }

    fn type_parameter_list(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let starred = self.is(at, Tok::Star);
            at += usize::from(starred || self.is(at, Tok::DoubleStar));
            at = self.parameter(at, starred)?;
            if self.is(at, Tok::Equal) {
                let star = starred && self.is(at + 1, Tok::Star);
                let value = if star { self.bitwise_or(at + 2) } else { self.expression(at + 1) };
                at = value?.end;
            }
            if self.is(at, Tok::Comma) {
                at += 1;
                if !self.is(at, Tok::RSqb) {
                    continue;
                }
            }
            return self.is(at, Tok::RSqb).then_some(at + 1);
        }
    }

    /// A name with its annotation.
    fn parameter(&mut self, at: usize, lambda: bool) -> Option<usize> {
        if !self.is(at, Tok::Name) {
            return None;
        }
        if lambda || !self.is(at + 1, Tok::Colon) {
            return Some(at + 1);
        }
        if self.is(at + 2, Tok::Star) {
            return self.bitwise_or(at + 3).map(|annotation| annotation.end);
        }
        self.expression(at + 2).map(|annotation| annotation.end)
    }

    fn default(&mut self, at: usize) -> Option<usize> {
        if !self.is(at, Tok::Equal) {
            return Some(at);
        }
        if self.invalid && matches!(self.kind(at + 1), Tok::RPar | Tok::Comma) {
            return self.raise(self.span(at), "expected default value expression");
        }
        self.expression(at + 1).map(|value| value.end)
    }

    fn no_default(&mut self, at: usize, message: &str) -> Option<()> {
        if self.invalid && self.is(at, Tok::Equal) {
            return self.raise(self.span(at), message);
        }
        Some(())
    }

    /// `def f((a, b))`, as Python 2 had it.
    fn parenthesized(&mut self, open: usize, lambda: bool) -> Option<usize> {
        let mut at = open + 1;
        while self.is(at, Tok::Name) {
            at += 1;
            if !self.is(at, Tok::Comma) {
                break;
            }
            at += 1;
        }
        if at > open + 1 && self.is(at, Tok::RPar) {
            let whose = if lambda { "Lambda expression" } else { "Function" };
            let span = self.span(open).to(self.span(at));
            return self.raise(span, format!("{whose} parameters cannot be parenthesized"));
        }
        None
    }
}
