//! Simple statements.

use super::{Node, Reader};
use crate::tokens::Tok;

impl Reader<'_> {
    /// Simple statements of one line.
    pub(super) fn simple_statements(&mut self, mut at: usize) {
        while let Some(end) = self.simple_statement(at) {
            if !self.is(end, Tok::Semi) {
                return;
            }
            at = end + 1;
        }
    }

    fn simple_statement(&mut self, at: usize) -> Option<usize> {
        match self.kind(at) {
            Tok::Return => Some(self.star_expressions(at + 1).map_or(at + 1, |value| value.end)),
            Tok::Raise => self.raise_statement(at),
            Tok::Assert => {
                let test = self.expression(at + 1)?;
                if self.is(test.end, Tok::Comma) {
                    return self.expression(test.end + 1).map(|message| message.end);
                }
                Some(test.end)
            }
            Tok::Del => self.del_statement(at),
            Tok::Import => self.import_statement(at),
            Tok::From => self.import_from(at),
            Tok::Yield => self.assignment(at).or_else(|| self.yield_expression(at).map(|value| value.end)),
            Tok::Pass | Tok::Break | Tok::Continue => Some(at + 1),
            Tok::Global | Tok::Nonlocal => self.names(at + 1),
            _ => self.assignment(at).or_else(|| self.star_expressions(at).map(|value| value.end)),
        }
    }

    fn raise_statement(&mut self, at: usize) -> Option<usize> {
        let Some(exc) = self.expression(at + 1) else { return Some(at + 1) };
        if !self.is(exc.end, Tok::From) {
            return Some(exc.end);
        }
        self.expression(exc.end + 1).map(|cause| cause.end)
    }

    fn del_statement(&mut self, at: usize) -> Option<usize> {
        let targets = self.star_expressions(at + 1)?;
        if !matches!(self.kind(targets.end), Tok::Semi | Tok::Newline) && !targets.target {
            return self.raise(targets.span, format!("cannot delete {}", targets.name));
        }
        Some(targets.end)
    }

    fn names(&mut self, mut at: usize) -> Option<usize> {
        while self.is(at, Tok::Name) {
            if !self.is(at + 1, Tok::Comma) {
                return Some(at + 1);
            }
            at += 2;
        }
        None
    }

    fn dotted_name(&mut self, mut at: usize) -> Option<usize> {
        while self.is(at, Tok::Name) {
            if !self.is(at + 1, Tok::Dot) {
                return Some(at + 1);
            }
            at += 2;
        }
        None
    }

    fn import_statement(&mut self, at: usize) -> Option<usize> {
        if self.is(at + 1, Tok::Newline) {
            let place = self.span(at + 1).start;
            return self.raise(crate::Span::new(place, place), "Expected one or more names after 'import'");
        }
        let mut end = self.dotted_name(at + 1)?;
        while self.is(end, Tok::Comma) {
            end = self.dotted_name(end + 1)?;
        }
        if self.is(end, Tok::From)
            && let Some(module) = self.dotted_name(end + 1)
        {
            let span = self.span(at).to(self.span(module - 1));
            return self.raise(span, "Did you mean to use 'from ... import ...' instead?");
        }
        None
    }

    fn import_from(&mut self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        while matches!(self.kind(end), Tok::Dot | Tok::Ellipsis) {
            end += 1;
        }
        end = self.dotted_name(end).unwrap_or(end);
        if !self.is(end, Tok::Import) {
            return None;
        }
        end += 1;
        if self.is(end, Tok::Newline) {
            let place = self.span(end).start;
            return self.raise(crate::Span::new(place, place), "Expected one or more names after 'import'");
        }
        loop {
            if !self.is(end, Tok::Name) {
                return None;
            }
            end += 1;
            if self.is(end, Tok::As) && self.is(end + 1, Tok::Name) {
                end += 2;
            }
            if !self.is(end, Tok::Comma) {
                return Some(end);
            }
            end += 1;
            if self.is(end, Tok::Newline) {
                return self.raise_last("trailing comma not allowed without surrounding parentheses");
            }
        }
    }

    /// What may stand behind `=`.
    pub(super) fn right_hand_side(&mut self, at: usize) -> Option<Node> {
        if self.is(at, Tok::Yield) { self.yield_expression(at) } else { self.star_expressions(at) }
    }

    pub(super) fn yield_expression(&mut self, at: usize) -> Option<Node> {
        if !self.is(at, Tok::Yield) {
            return None;
        }
        let end = if self.is(at + 1, Tok::From) {
            match self.expression(at + 2) {
                Some(value) => value.end,
                None => at + 1,
            }
        } else {
            self.star_expressions(at + 1).map_or(at + 1, |value| value.end)
        };
        Some(self.node("yield expression", at, end))
    }

    /// An assignment of any kind, or the mistakes in one.
    fn assignment(&mut self, at: usize) -> Option<usize> {
        let first = self.bitwise_or(at);
        if let Some(target) = first
            && target.target
            && !matches!(target.name, "tuple" | "list")
        {
            if self.is(target.end, Tok::Colon)
                && let Some(annotation) = self.expression(target.end + 1)
            {
                if self.is(annotation.end, Tok::Equal)
                    && let Some(value) = self.right_hand_side(annotation.end + 1)
                {
                    return Some(value.end);
                }
                return Some(annotation.end);
            }
            if self.kind(target.end).is_augmented_assignment() {
                return self.right_hand_side(target.end + 1).map(|value| value.end);
            }
        }
        let last_target = self.chain(at);
        if last_target > at
            && let Some(value) = self.right_hand_side(last_target)
            && !self.is(value.end, Tok::Equal)
        {
            return Some(value.end);
        }
        if !self.stopped() {
            self.invalid_assignment(at);
        }
        None
    }

    /// Behind as many `target =` as there are.
    fn chain(&mut self, mut at: usize) -> usize {
        while let Some(end) = self.star_targets(at).filter(|end| self.is(*end, Tok::Equal)) {
            at = end + 1;
        }
        at
    }

    fn invalid_assignment(&mut self, at: usize) -> Option<()> {
        if let Some(first) = self.star_named_expression(at)
            && self.is(first.end, Tok::Comma)
        {
            let rest = self.star_named_expressions(first.end + 1).map_or(first.end + 1, |(end, _)| end);
            if self.is(rest, Tok::Colon) && self.expression(rest + 1).is_some() {
                return self.raise(first.span, "only single target (not tuple) can be annotated");
            }
        }
        if let Some(target) = self.expression(at)
            && self.is(target.end, Tok::Colon)
            && self.expression(target.end + 1).is_some()
        {
            return self.raise(target.span, "illegal target for annotation");
        }
        let last = self.chain(at);
        if let Some(target) = self.star_expressions(last)
            && self.is(target.end, Tok::Equal)
            && !target.target
        {
            return self.raise(target.span, format!("cannot assign to {}", target.name));
        }
        if let Some(target) = self.yield_expression(last)
            && self.is(target.end, Tok::Equal)
        {
            return self.raise(target.span, "assignment to yield expression not possible");
        }
        if let Some(target) = self.star_expressions(at)
            && self.kind(target.end).is_augmented_assignment()
            && self.right_hand_side(target.end + 1).is_some()
        {
            let message = format!("'{}' is an illegal expression for augmented assignment", target.name);
            return self.raise(target.span, message);
        }
        None
    }
}
