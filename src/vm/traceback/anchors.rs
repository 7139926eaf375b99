//! Where the carets of an expression differ: at the operator of a binary operation, at the brackets of a subscript or a
//! call. Found as CPython 3.13's `traceback` module finds them, by parsing the expression's text.

use minipy_grammar::Source;
use minipy_grammar::ast::{Expr, ExprKind, FunctionDef, StmtKind};

/// A place in a text: line and column, both from 0, the column in code points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The part of an expression that `^` underlines; the rest gets `~`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Anchors {
    /// Where it begins.
    pub(super) left: Place,
    /// Behind its end.
    pub(super) right: Place,
}

/// The anchors of an expression, if it has any.
pub(super) fn find_anchors(segment: &str) -> Option<Anchors> {
    // In parentheses, so that it may be of several lines, and in a function, where `yield` is at home.
    let source = Source::new("", format!("def _():(\n{segment}\n)"));
    let mut body = single_function(&source)?.body.into_iter();
    let (Some(statement), None) = (body.next(), body.next()) else { return None };
    let StmtKind::Expr(expr) = statement.kind else { return None };
    let text = Text { source: &source, lines: segment.lines().map(|line| line.chars().collect()).collect() };
    match &expr.kind {
        ExprKind::BinOp { left, right, .. } => text.operator(left, right),
        ExprKind::Subscript { value, .. } => text.brackets(value, &expr, '['),
        ExprKind::Call { func, .. } => text.brackets(func, &expr, '('),
        _ => None,
    }
}

/// The one function that a text defines.
pub(super) fn single_function(source: &Source) -> Option<Box<FunctionDef>> {
    let mut body = minipy_grammar::parse(source).ok()?.body.into_iter();
    match (body.next()?.kind, body.next()) {
        (StmtKind::FunctionDef(function), None) => Some(function),
        _ => None,
    }
}

struct Text<'s> {
    source: &'s Source,
    lines: Vec<Vec<char>>,
}

impl Text<'_> {
    /// The operator is the first thing behind the left operand that is no blank, parenthesis, comment or joined line.
    fn operator(&self, left: &Expr, right: &Expr) -> Option<Anchors> {
        let start = self.valid(self.end_of(left)?)?;
        let start = self.find(start, |c| !c.is_whitespace() && c != ')')?;
        let behind = self.place(right.span.start)?;
        let mut end = Place { line: start.line, column: start.column + 1 };
        let is_operator = |c: &char| !c.is_whitespace() && *c != '\\' && *c != '#';
        if end < behind && self.lines[end.line].get(end.column).is_some_and(is_operator) {
            end.column += 1;
        }
        Some(Anchors { left: start, right: end })
    }

    /// From the bracket behind `head` to the end of the whole.
    fn brackets(&self, head: &Expr, whole: &Expr, bracket: char) -> Option<Anchors> {
        let start = self.valid(self.end_of(head)?)?;
        Some(Anchors { left: self.find(start, |c| c == bracket)?, right: self.end_of(whole)? })
    }

    fn end_of(&self, expr: &Expr) -> Option<Place> {
        self.place(expr.span.end)
    }

    /// The segment begins on the second line of the parsed text.
    fn place(&self, offset: u32) -> Option<Place> {
        let position = self.source.position(offset);
        Some(Place { line: (position.line as usize).checked_sub(2)?, column: position.column as usize })
    }

    /// The place itself, or if it is behind the end of its line, the first character that follows.
    fn valid(&self, mut place: Place) -> Option<Place> {
        while place.column >= self.lines.get(place.line)?.len() {
            place = Place { line: place.line + 1, column: 0 };
        }
        Some(place)
    }

    fn find(&self, mut place: Place, wanted: impl Fn(char) -> bool) -> Option<Place> {
        loop {
            match self.lines[place.line][place.column] {
                '\\' | '#' => place = self.valid(Place { line: place.line + 1, column: 0 })?,
                c if wanted(c) => return Some(place),
                _ => place = self.valid(Place { line: place.line, column: place.column + 1 })?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn underlined(segment: &str) -> Option<String> {
        let anchors = find_anchors(segment)?;
        let text: Vec<Vec<char>> = segment.lines().map(|line| line.chars().collect()).collect();
        assert_eq!(anchors.left.line, anchors.right.line, "{segment}");
        Some(text[anchors.left.line][anchors.left.column..anchors.right.column].iter().collect())
    }

    #[test]
    fn operators_and_brackets_are_found() {
        let cases = [
            ("a + b", Some("+")),
            ("(a) //(b)", Some("//")),
            ("a **b", Some("**")),
            ("a +-b", Some("+")),
            ("a[1][2]", Some("[2]")),
            ("f(1)(2, x=3)", Some("(2, x=3)")),
            ("größe % (yield 5)", Some("%")),
            ("a.b", None),
            ("a < b", None),
            ("not a", None),
            ("x = 5", None),
            ("a +", None),
        ];
        for (segment, expected) in cases {
            assert_eq!(underlined(segment).as_deref(), expected, "{segment}");
        }
    }

    #[test]
    fn comments_and_joined_lines_are_skipped() {
        let anchors = find_anchors("a # + \n * b").map(|anchors| (anchors.left, anchors.right));
        assert_eq!(anchors, Some((Place { line: 1, column: 1 }, Place { line: 1, column: 2 })));
        let anchors = find_anchors("a \\\n - b").map(|anchors| (anchors.left, anchors.right));
        assert_eq!(anchors, Some((Place { line: 1, column: 1 }, Place { line: 1, column: 2 })));
    }
}
