//! Names, literals, everything in brackets, and what may follow them.

use super::{Node, Reader, Rule};
use crate::source::Span;
use crate::tokens::Tok;

impl Reader<'_> {
    pub(super) fn primary(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Primary, at, Self::primary_rule)
    }

    fn primary_rule(&mut self, at: usize) -> Option<Node> {
        let awaited = self.is(at, Tok::Await);
        let mut value = self.atom(at + usize::from(awaited))?;
        loop {
            let end = value.end;
            let next = match self.kind(end) {
                Tok::Dot if self.is(end + 1, Tok::Name) => Some(self.target("attribute", at, end + 2)),
                Tok::LPar => self.call(at, end),
                Tok::LSqb => self.subscript(at, end),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None if awaited => return Some(self.node("await expression", at, end)),
                None => return Some(value),
            }
        }
    }

    fn call(&mut self, start: usize, paren: usize) -> Option<Node> {
        if let Some(generator) = self.generator(paren) {
            return Some(self.node("function call", start, generator.end));
        }
        let end = self.arguments(paren + 1).map_or(paren + 1, |args| args.end);
        self.is(end, Tok::RPar).then(|| self.node("function call", start, end + 1))
    }

    fn subscript(&mut self, start: usize, bracket: usize) -> Option<Node> {
        let mut end = self.slice(bracket + 1)?;
        while self.is(end, Tok::Comma) {
            match self.slice(end + 1) {
                Some(next) => end = next,
                None => end += 1,
            }
        }
        self.is(end, Tok::RSqb).then(|| self.target("subscript", start, end + 1))
    }

    fn slice(&mut self, at: usize) -> Option<usize> {
        let lower = if self.is(at, Tok::Colon) { None } else { self.expression(at) };
        let mut end = lower.map_or(at, |lower| lower.end);
        if !self.is(end, Tok::Colon) {
            return self.star_named_expression(at).map(|index| index.end);
        }
        for _ in 0..2 {
            if self.is(end, Tok::Colon) {
                end = self.expression(end + 1).map_or(end + 1, |bound| bound.end);
            }
        }
        Some(end)
    }

    pub(super) fn atom(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Atom, at, Self::atom_rule)
    }

    fn atom_rule(&mut self, at: usize) -> Option<Node> {
        match self.kind(at) {
            Tok::Name => Some(self.target("name", at, at + 1)),
            Tok::None => Some(self.node("None", at, at + 1)),
            Tok::True => Some(self.node("True", at, at + 1)),
            Tok::False => Some(self.node("False", at, at + 1)),
            Tok::Number => Some(self.node("literal", at, at + 1)),
            Tok::Ellipsis => Some(self.node("ellipsis", at, at + 1)),
            Tok::Str | Tok::FStart => self.strings(at),
            Tok::LPar => self.tuple(at).or_else(|| self.group(at)).or_else(|| self.generator(at)),
            Tok::LSqb => self.list(at).or_else(|| self.list_comprehension(at)),
            Tok::LBrace => self.braces(at),
            _ => None,
        }
    }

    fn tuple(&mut self, at: usize) -> Option<Node> {
        if self.is(at + 1, Tok::RPar) {
            return Some(self.target("tuple", at, at + 2));
        }
        let first = self.star_named_expression(at + 1)?;
        if !self.is(first.end, Tok::Comma) {
            return None;
        }
        let end = self.star_named_expressions(first.end + 1).map_or(first.end + 1, |(end, _)| end);
        self.is(end, Tok::RPar).then(|| self.target("tuple", at, end + 1))
    }

    fn group(&mut self, at: usize) -> Option<Node> {
        let value = match self.kind(at + 1) {
            Tok::Yield => self.yield_expression(at + 1),
            _ => self.named_expression(at + 1),
        };
        if let Some(value) = value
            && self.is(value.end, Tok::RPar)
        {
            return Some(Node { end: value.end + 1, ..value });
        }
        if self.invalid {
            self.invalid_group(at);
        }
        None
    }

    fn invalid_group(&mut self, at: usize) -> Option<()> {
        match self.kind(at + 1) {
            Tok::Star => {
                let value = self.expression(at + 2)?;
                if self.is(value.end, Tok::RPar) {
                    let span = self.span(at + 1).to(value.span);
                    return self.raise(span, "cannot use starred expression here");
                }
            }
            Tok::DoubleStar => {
                let value = self.expression(at + 2)?;
                if self.is(value.end, Tok::RPar) {
                    return self.raise(self.span(at + 1), "cannot use double starred expression here");
                }
            }
            _ => {}
        }
        None
    }

    /// `(x for x in y)`, the parenthesis at `at`.
    pub(super) fn generator(&mut self, at: usize) -> Option<Node> {
        let elt = self.assignment_expression(at + 1).or_else(|| self.expression(at + 1));
        if let Some(elt) = elt
            && let Some(clauses) = self.generators(elt.end)
            && self.is(clauses, Tok::RPar)
        {
            return Some(self.node("generator expression", at, clauses + 1));
        }
        if self.invalid {
            self.invalid_comprehension(at);
        }
        None
    }

    fn list(&mut self, at: usize) -> Option<Node> {
        let end = self.star_named_expressions(at + 1).map_or(at + 1, |(end, _)| end);
        self.is(end, Tok::RSqb).then(|| self.target("list", at, end + 1))
    }

    fn list_comprehension(&mut self, at: usize) -> Option<Node> {
        if let Some(elt) = self.named_expression(at + 1)
            && let Some(clauses) = self.generators(elt.end)
            && self.is(clauses, Tok::RSqb)
        {
            return Some(self.node("list comprehension", at, clauses + 1));
        }
        if self.invalid {
            self.invalid_comprehension(at);
        }
        None
    }

    fn braces(&mut self, at: usize) -> Option<Node> {
        if let Some(dict) = self.dict(at) {
            return Some(dict);
        }
        if self.invalid {
            self.invalid_pairs(at + 1);
        }
        if let Some((end, _)) = self.star_named_expressions(at + 1)
            && self.is(end, Tok::RBrace)
        {
            return Some(self.node("set display", at, end + 1));
        }
        if let Some(end) = self.pair(at + 1, false)
            && let Some(clauses) = self.generators(end)
            && self.is(clauses, Tok::RBrace)
        {
            return Some(self.node("dict comprehension", at, clauses + 1));
        }
        if let Some(elt) = self.named_expression(at + 1)
            && let Some(clauses) = self.generators(elt.end)
            && self.is(clauses, Tok::RBrace)
        {
            return Some(self.node("set comprehension", at, clauses + 1));
        }
        if self.invalid {
            self.invalid_comprehension(at);
        }
        None
    }

    fn dict(&mut self, at: usize) -> Option<Node> {
        let mut end = at + 1;
        while let Some(next) = self.pair(end, end > at + 1) {
            end = next;
            if !self.is(end, Tok::Comma) {
                break;
            }
            end += 1;
        }
        self.is(end, Tok::RBrace).then(|| self.node("dict literal", at, end + 1))
    }

    /// `key: value` or `**mapping`: where it ends. CPython does not look for a forgotten comma behind a later key.
    fn pair(&mut self, at: usize, later: bool) -> Option<usize> {
        if self.is(at, Tok::DoubleStar) {
            return self.bitwise_or(at + 1).map(|value| value.end);
        }
        let key = if later { self.plain_expression(at)? } else { self.expression(at)? };
        if !self.is(key.end, Tok::Colon) {
            return None;
        }
        self.expression(key.end + 1).map(|value| value.end)
    }

    fn invalid_pairs(&mut self, at: usize) -> Option<()> {
        let mut end = at;
        let mut pairs = 0;
        while let Some(next) = self.pair(end, pairs > 0) {
            pairs += 1;
            end = next;
            if !self.is(end, Tok::Comma) {
                break;
            }
            end += 1;
        }
        if pairs > 0 && self.is(end.saturating_sub(1), Tok::Comma) {
            let key = self.plain_expression(end)?;
            if !self.is(key.end, Tok::Colon) {
                let last = key.span.end.saturating_sub(1);
                return self.raise(Span::new(last, last), "':' expected after dictionary key");
            }
            return self.invalid_value(end);
        }
        self.invalid_value(at)
    }

    /// `key: *value` and `key:` without a value.
    fn invalid_value(&mut self, at: usize) -> Option<()> {
        let key = self.expression(at)?;
        if !self.is(key.end, Tok::Colon) {
            return None;
        }
        let behind = key.end + 1;
        if self.is(behind, Tok::Star)
            && let Some(value) = self.bitwise_or(behind + 1)
        {
            let span = self.span(behind).to(value.span);
            return self.raise(span, "cannot use a starred expression in a dictionary value");
        }
        if matches!(self.kind(behind), Tok::RBrace | Tok::Comma) {
            return self.raise(self.span(key.end), "expression expected after dictionary key and ':'");
        }
        None
    }

    fn invalid_comprehension(&mut self, at: usize) -> Option<()> {
        if self.is(at + 1, Tok::Star)
            && let Some(elt) = self.expression(at + 2)
            && self.generators(elt.end).is_some()
        {
            let span = self.span(at + 1).to(elt.span);
            return self.raise(span, "iterable unpacking cannot be used in comprehension");
        }
        if !matches!(self.kind(at), Tok::LSqb | Tok::LBrace) {
            return None;
        }
        let first = self.star_named_expression(at + 1)?;
        if !self.is(first.end, Tok::Comma) {
            return None;
        }
        let message = "did you forget parentheses around the comprehension target?";
        if let Some((end, last)) = self.star_named_expressions(first.end + 1) {
            if self.generators(end).is_some() {
                return self.raise(first.span.to(last.span), message);
            }
        } else if self.generators(first.end + 1).is_some() {
            return self.raise(first.span.to(self.span(first.end)), message);
        }
        None
    }

    /// The `for … in …` clauses of a comprehension: where they end.
    pub(super) fn generators(&mut self, at: usize) -> Option<usize> {
        let found = self.remember(Rule::Generators, at, |reader, at| {
            let mut end = reader.generator_clause(at)?;
            while let Some(next) = reader.generator_clause(end) {
                end = next;
            }
            Some(reader.node("comprehension", at, end))
        });
        found.map(|node| node.end)
    }

    fn generator_clause(&mut self, at: usize) -> Option<usize> {
        let at = at + usize::from(self.is(at, Tok::Async));
        if !self.is(at, Tok::For) {
            return None;
        }
        if let Some(targets) = self.star_targets(at + 1)
            && self.is(targets, Tok::In)
        {
            let mut end = self.disjunction(targets + 1)?.end;
            while self.is(end, Tok::If)
                && let Some(test) = self.disjunction(end + 1)
            {
                end = test.end;
            }
            return Some(end);
        }
        if self.invalid {
            self.invalid_generator_clause(at);
        }
        None
    }

    fn invalid_generator_clause(&mut self, at: usize) -> Option<()> {
        let mut end = self.bitwise_or(at + 1)?.end;
        while self.is(end, Tok::Comma) {
            match self.bitwise_or(end + 1) {
                Some(next) => end = next.end,
                None => {
                    end += 1;
                    break;
                }
            }
        }
        if !self.is(end, Tok::In) {
            return self.raise_last("'in' expected after for-loop variables");
        }
        self.invalid_for_target(at)
    }

    /// A run of string literals.
    fn strings(&mut self, at: usize) -> Option<Node> {
        let mut end = at;
        let mut name = "literal";
        loop {
            match self.kind(end) {
                Tok::Str => end += 1,
                Tok::FStart => {
                    name = "f-string expression";
                    end = self.fstring(end)?;
                }
                _ => return Some(self.node(name, at, end)),
            }
        }
    }

    fn fstring(&mut self, at: usize) -> Option<usize> {
        let end = self.fstring_pieces(at + 1)?;
        self.is(end, Tok::FEnd).then_some(end + 1)
    }

    fn fstring_pieces(&mut self, mut at: usize) -> Option<usize> {
        loop {
            match self.kind(at) {
                Tok::FMiddle => at += 1,
                Tok::LBrace => at = self.field(at)?,
                _ => return Some(at),
            }
        }
    }

    /// A replacement field, its brace at `at`.
    fn field(&mut self, at: usize) -> Option<usize> {
        let required = match self.kind(at + 1) {
            Tok::Equal => Some("="),
            Tok::Bang => Some("!"),
            Tok::Colon => Some(":"),
            Tok::RBrace => Some("}"),
            _ => None,
        };
        if let Some(mark) = required {
            let message = format!("f-string: valid expression required before '{mark}'");
            return self.raise(self.span(at + 1), message);
        }
        let Some(value) = self.right_hand_side(at + 1) else {
            return self.raise(self.span_of(at + 1), "f-string: expecting a valid expression after '{'");
        };
        let mut end = value.end;
        if !matches!(self.kind(end), Tok::Equal | Tok::Bang | Tok::Colon | Tok::RBrace) {
            return self.raise(self.span_of(end), "f-string: expecting '=', or '!', or ':', or '}'");
        }
        if self.is(end, Tok::Equal) {
            end += 1;
            if !matches!(self.kind(end), Tok::Bang | Tok::Colon | Tok::RBrace) {
                return self.raise(self.span_of(end), "f-string: expecting '!', or ':', or '}'");
            }
        }
        if self.is(end, Tok::Bang) {
            match self.kind(end + 1) {
                Tok::Name => end += 2,
                Tok::Colon | Tok::RBrace => {
                    return self.raise(self.span_of(end + 1), "f-string: missing conversion character");
                }
                _ => return self.raise(self.span_of(end + 1), "f-string: invalid conversion character"),
            }
            if !matches!(self.kind(end), Tok::Colon | Tok::RBrace) {
                return self.raise(self.span_of(end), "f-string: expecting ':' or '}'");
            }
        }
        if self.is(end, Tok::Colon) {
            end = self.fstring_pieces(end + 1)?;
            if !self.is(end, Tok::RBrace) {
                return self.raise(self.span_of(end), "f-string: expecting '}', or format specs");
            }
        }
        Some(end + 1)
    }
}
