//! Expressions down to the operators.

use super::{Node, Reader, Rule};
use crate::tokens::Tok;

/// The words that are names or not, by their place.
const SOFT_KEYWORDS: [&str; 4] = ["_", "case", "match", "type"];

impl Reader<'_> {
    pub(super) fn expression(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Expression, at, Self::expression_rule)
    }

    fn expression_rule(&mut self, at: usize) -> Option<Node> {
        if self.invalid {
            self.invalid_expression(at);
            self.invalid_legacy(at);
        }
        self.plain_expression(at)
    }

    /// An expression, with mistakes looked for in its parts only.
    pub(super) fn plain_expression(&mut self, at: usize) -> Option<Node> {
        let Some(body) = self.disjunction(at) else { return self.lambda(at) };
        if self.is(body.end, Tok::If)
            && let Some(test) = self.disjunction(body.end + 1)
            && self.is(test.end, Tok::Else)
            && let Some(orelse) = self.expression(test.end + 1)
        {
            return Some(self.node("conditional expression", at, orelse.end));
        }
        Some(body)
    }

    fn lambda(&mut self, at: usize) -> Option<Node> {
        if !self.is(at, Tok::Lambda) {
            return None;
        }
        let colon = self.parameters(at + 1, true)?;
        if !self.is(colon, Tok::Colon) {
            return None;
        }
        let body = self.expression(colon + 1)?;
        Some(self.node("lambda", at, body.end))
    }

    fn invalid_expression(&mut self, at: usize) -> Option<()> {
        let is_name = self.is(at, Tok::Name);
        // CPython compares as many letters as the name has: `c` passes for `case`.
        let soft = is_name && SOFT_KEYWORDS.iter().any(|word| word.starts_with(self.word(at)));
        let first = self.disjunction(at);
        if let Some(first) = first
            && !soft
            && !(is_name && self.is(at + 1, Tok::Str))
            && let Some(second) = self.without_invalid(|reader| reader.expression(first.end))
            && !self.is_legacy(at, first)
            && self.level(second.end - 1) > 0
        {
            return self.raise(first.span.to(second.span), "invalid syntax. Perhaps you forgot a comma?");
        }
        if let Some(first) = first
            && self.is(first.end, Tok::If)
            && let Some(test) = self.disjunction(first.end + 1)
            && !matches!(self.kind(test.end), Tok::Else | Tok::Colon)
        {
            return self.raise(first.span.to(test.span), "expected 'else' after 'if' expression");
        }
        if self.is(at, Tok::Lambda)
            && let Some(colon) = self.without_invalid(|reader| reader.parameters(at + 1, true))
            && self.is(colon, Tok::Colon)
            && matches!(self.kind(colon + 1), Tok::FMiddle)
        {
            let span = self.span(at).to(self.span(colon));
            return self.raise(span, "f-string: lambda expressions are not allowed without parentheses");
        }
        None
    }

    /// A statement of Python 2 such as `print x`.
    fn invalid_legacy(&mut self, at: usize) -> Option<()> {
        if !self.is(at, Tok::Name) || !matches!(self.word(at), "print" | "exec") || self.is(at + 1, Tok::LPar)
        {
            return None;
        }
        let rest = self.star_expressions(at + 1)?;
        let word = self.word(at);
        let message = format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
        let span = self.span(at).to(rest.span);
        self.raise(span, message)
    }

    fn is_legacy(&self, at: usize, node: Node) -> bool {
        node.name == "name" && matches!(self.word(at), "print" | "exec")
    }

    /// How many brackets are open behind a token of this line.
    fn level(&self, at: usize) -> usize {
        let mut level = 0_usize;
        for token in &self.tokens[self.line_start(at)..=at.min(self.tokens.len() - 1)] {
            match token.kind {
                Tok::LPar | Tok::WithOpen | Tok::LSqb | Tok::LBrace => level += 1,
                Tok::RPar | Tok::RSqb | Tok::RBrace => level = level.saturating_sub(1),
                _ => {}
            }
        }
        level
    }

    pub(super) fn named_expression(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Named, at, Self::named_rule)
    }

    fn named_rule(&mut self, at: usize) -> Option<Node> {
        if let Some(named) = self.assignment_expression(at) {
            return Some(named);
        }
        if self.is(at, Tok::Name) && self.is(at + 1, Tok::Walrus) {
            return None;
        }
        if self.invalid {
            self.invalid_named(at);
        }
        let value = self.expression(at)?;
        (!self.is(value.end, Tok::Walrus)).then_some(value)
    }

    /// `name := value`.
    pub(super) fn assignment_expression(&mut self, at: usize) -> Option<Node> {
        if !self.is(at, Tok::Name) || !self.is(at + 1, Tok::Walrus) {
            return None;
        }
        let value = self.expression(at + 2)?;
        Some(self.node("named expression", at, value.end))
    }

    fn invalid_named(&mut self, at: usize) -> Option<()> {
        if let Some(target) = self.expression(at)
            && self.is(target.end, Tok::Walrus)
            && self.expression(target.end + 1).is_some()
        {
            return self
                .raise(target.span, format!("cannot use assignment expressions with {}", target.name));
        }
        if self.is(at, Tok::Name)
            && self.is(at + 1, Tok::Equal)
            && let Some(value) = self.bitwise_or(at + 2)
            && !matches!(self.kind(value.end), Tok::Equal | Tok::Walrus)
        {
            let span = self.span(at).to(value.span);
            return self.raise(span, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        }
        if matches!(self.kind(at), Tok::True | Tok::False | Tok::None) {
            return None;
        }
        let atom = self.atom(at);
        if atom.is_some_and(|atom| matches!(atom.name, "list" | "tuple" | "generator expression")) {
            return None;
        }
        let target = self.bitwise_or(at)?;
        if self.is(target.end, Tok::Equal)
            && let Some(value) = self.bitwise_or(target.end + 1)
            && !matches!(self.kind(value.end), Tok::Equal | Tok::Walrus)
        {
            let message =
                format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", target.name);
            return self.raise(target.span, message);
        }
        None
    }

    pub(super) fn star_named_expression(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::StarNamed, at, |reader, at| {
            if reader.is(at, Tok::Star) {
                let value = reader.bitwise_or(at + 1)?;
                return Some(Node { target: value.target, ..reader.node("starred", at, value.end) });
            }
            reader.named_expression(at)
        })
    }

    /// `a, *b, c,`: where it ends, and its last item.
    pub(super) fn star_named_expressions(&mut self, at: usize) -> Option<(usize, Node)> {
        let mut last = self.star_named_expression(at)?;
        while self.is(last.end, Tok::Comma) {
            match self.star_named_expression(last.end + 1) {
                Some(next) => last = next,
                None => return Some((last.end + 1, last)),
            }
        }
        Some((last.end, last))
    }

    pub(super) fn star_expressions(&mut self, at: usize) -> Option<Node> {
        let first = self.star_expression(at)?;
        if !self.is(first.end, Tok::Comma) {
            return Some(first);
        }
        let mut end = first.end;
        let mut target = first.target;
        while self.is(end, Tok::Comma) {
            end += 1;
            let Some(next) = self.star_expression(end) else { break };
            target &= next.target;
            end = next.end;
        }
        Some(Node { target, ..self.node("tuple", at, end) })
    }

    fn star_expression(&mut self, at: usize) -> Option<Node> {
        if self.is(at, Tok::Star) {
            let value = self.bitwise_or(at + 1)?;
            return Some(Node { target: value.target, ..self.node("starred", at, value.end) });
        }
        self.expression(at)
    }

    /// `a, b`: where it ends.
    pub(super) fn expressions(&mut self, at: usize) -> Option<usize> {
        let mut end = self.expression(at)?.end;
        while self.is(end, Tok::Comma) {
            match self.expression(end + 1) {
                Some(next) => end = next.end,
                None => return Some(end + 1),
            }
        }
        Some(end)
    }

    /// What may stand left of `=` or behind `for`: where it ends.
    pub(super) fn star_targets(&mut self, at: usize) -> Option<usize> {
        let mut end = self.star_target(at)?;
        while self.is(end, Tok::Comma) {
            match self.star_target(end + 1) {
                Some(next) => end = next,
                None => return Some(end + 1),
            }
        }
        Some(end)
    }

    fn star_target(&mut self, at: usize) -> Option<usize> {
        let at = if self.is(at, Tok::Star) { at + 1 } else { at };
        self.primary(at).filter(|node| node.target).map(|node| node.end)
    }

    pub(super) fn invalid_for_target(&mut self, at: usize) -> Option<()> {
        let target = self.star_expressions(at + 1)?;
        if target.target || matches!(target.name, "comparison" | "tuple" | "list" | "starred") {
            return None;
        }
        self.raise(target.span, format!("cannot assign to {}", target.name))
    }

    pub(super) fn disjunction(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::Disjunction, at, |reader, at| {
            reader.joined(at, Tok::Or, |reader, at| reader.joined(at, Tok::And, Self::inversion))
        })
    }

    /// Operands with a word between them.
    fn joined(
        &mut self,
        at: usize,
        word: Tok,
        operand: fn(&mut Self, usize) -> Option<Node>,
    ) -> Option<Node> {
        let first = operand(self, at)?;
        let mut end = first.end;
        while self.is(end, word)
            && let Some(next) = operand(self, end + 1)
        {
            end = next.end;
        }
        Some(if end == first.end { first } else { self.node("expression", at, end) })
    }

    fn inversion(&mut self, at: usize) -> Option<Node> {
        let mut begin = at;
        while self.is(begin, Tok::Not) {
            begin += 1;
        }
        let value = self.comparison(begin)?;
        Some(if begin == at { value } else { self.node("expression", at, value.end) })
    }

    fn comparison(&mut self, at: usize) -> Option<Node> {
        let first = self.bitwise_or(at)?;
        let mut end = first.end;
        loop {
            let behind = match self.kind(end) {
                Tok::Not if self.is(end + 1, Tok::In) => end + 2,
                Tok::Is if self.is(end + 1, Tok::Not) => end + 2,
                Tok::Less | Tok::Greater | Tok::LessEqual | Tok::GreaterEqual => end + 1,
                Tok::EqEqual | Tok::NotEqual | Tok::In | Tok::Is => end + 1,
                _ => break,
            };
            let Some(right) = self.bitwise_or(behind) else { break };
            end = right.end;
        }
        Some(if end == first.end { first } else { self.node("comparison", at, end) })
    }

    /// All binary operators that bind tighter than comparisons.
    pub(super) fn bitwise_or(&mut self, at: usize) -> Option<Node> {
        self.remember(Rule::BitwiseOr, at, |reader, at| {
            let first = reader.factor(at)?;
            let mut end = first.end;
            while is_binary(reader.kind(end))
                && let Some(right) = reader.factor(end + 1)
            {
                end = right.end;
            }
            Some(if end == first.end { first } else { reader.node("expression", at, end) })
        })
    }

    fn factor(&mut self, at: usize) -> Option<Node> {
        let mut begin = at;
        while matches!(self.kind(begin), Tok::Plus | Tok::Minus | Tok::Tilde) {
            begin += 1;
        }
        let base = self.primary(begin)?;
        let mut end = base.end;
        while self.is(end, Tok::DoubleStar) {
            let mut right = end + 1;
            while matches!(self.kind(right), Tok::Plus | Tok::Minus | Tok::Tilde) {
                right += 1;
            }
            let Some(power) = self.primary(right) else { break };
            end = power.end;
        }
        Some(if begin == at && end == base.end { base } else { self.node("expression", at, end) })
    }
}

fn is_binary(kind: Tok) -> bool {
    matches!(
        kind,
        Tok::VBar
            | Tok::Caret
            | Tok::Amper
            | Tok::LShift
            | Tok::RShift
            | Tok::Plus
            | Tok::Minus
            | Tok::Star
            | Tok::Slash
            | Tok::DoubleSlash
            | Tok::Percent
            | Tok::At
    )
}
