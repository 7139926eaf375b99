//! Why the parser failed: reads the line again, slowly, and looks for the mistakes CPython has words for.
//!
//! The LR parser knows only where it cannot go on. This pass walks the tokens of the failing line as CPython's second
//! pass does: a backtracking recogniser that tries, before and after the rules of the language, rules for common
//! mistakes; the first that fits wins. It builds nothing. It runs only for a text that is wrong, remembers what it has
//! tried, and gives up (with a plain "invalid syntax") when a line is too deep or too long for it.

mod atoms;
mod calls;
mod exprs;
mod lines;
mod params;
mod simple;

use rustc_hash::FxHashMap;

use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::layout::{Tokens, count_lines};
use crate::source::Span;
use crate::tokens::{Tok, Token};

/// The deepest nesting of rules before it gives up.
const MAX_RULE_DEPTH: u32 = 1500;

/// How many tokens it looks at before it gives up.
const MAX_STEPS: u32 = 2_000_000;

/// What is wrong with these tokens, of which the parser refused the one at `failed`.
pub(crate) fn diagnose(text: &str, tokens: &Tokens, failed: usize) -> SyntaxError {
    if failed >= tokens.list.len() {
        // The parser took all there is: what stopped the tokens stopped it.
        let end = Span::new(text.len() as u32, text.len() as u32);
        return tokens.error.clone().unwrap_or_else(|| SyntaxError::new(end, "invalid syntax"));
    }
    let mut reader = Reader::new(text, tokens);
    if let Some(error) = reader.unsupported(failed) {
        return error;
    }
    let error = match reader.unclosed_at(failed) {
        Some(error) => error,
        None => {
            reader.explain(failed);
            match reader.error.take() {
                Some(error) => error,
                None if tokens.list[failed].kind == Tok::Indent => return reader.generic(failed),
                None => reader.generic(failed),
            }
        }
    };
    if tokens.error.is_some() {
        return weigh(tokens, error);
    }
    // A bracket that stays open wins if it was opened on an earlier line.
    let seen = reader.span_of(reader.furthest.max(failed).min(tokens.list.len() - 1));
    match tokens.open.last() {
        Some(open)
            if text[open.start as usize..seen.start.max(open.start) as usize].contains(['\n', '\r']) =>
        {
            reader.never_closed(*open)
        }
        _ => error,
    }
}

/// The complaint to show, if the grammar has one about text before the place where the tokens stopped.
///
/// As in CPython, which reads all tokens before it complains of a few: text that is no token at all wins, wrong
/// indentation does not.
pub(crate) fn weigh(tokens: &Tokens, error: SyntaxError) -> SyntaxError {
    match &tokens.error {
        Some(stopped) if stopped.kind == SyntaxErrorKind::Syntax => stopped.clone(),
        _ => error,
    }
}

/// A part that was recognised.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// CPython's name for this kind of expression.
    name: &'static str,
    /// Index of the token behind it.
    end: usize,
    /// Where it stands, without its parentheses.
    span: Span,
    /// Whether it can be assigned to.
    target: bool,
}

/// The rules whose results are remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Rule {
    Expression,
    Named,
    StarNamed,
    Disjunction,
    BitwiseOr,
    Primary,
    Atom,
    Generators,
    Arguments,
}

struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    open: &'t [Span],
    /// What stopped the tokens.
    stop: Option<&'t SyntaxError>,
    /// The first mistake that was found.
    error: Option<SyntaxError>,
    /// Whether rules for mistakes are tried.
    invalid: bool,
    /// Index of the last token that was looked at.
    furthest: usize,
    memo: FxHashMap<(Rule, usize, bool), Option<Node>>,
    depth: u32,
    steps: u32,
    gave_up: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, tokens: &'t Tokens) -> Self {
        Reader {
            text,
            tokens: &tokens.list,
            open: &tokens.open,
            stop: tokens.error.as_ref(),
            error: None,
            invalid: true,
            furthest: 0,
            memo: FxHashMap::default(),
            depth: 0,
            steps: 0,
            gave_up: false,
        }
    }

    /// The kind of a token; the end of the text once a mistake is found, so that every rule fails.
    fn kind(&mut self, at: usize) -> Tok {
        self.steps += 1;
        self.gave_up |= self.steps > MAX_STEPS;
        if self.stopped() {
            return Tok::End;
        }
        let Some(token) = self.tokens.get(at) else {
            self.error = self.stop.cloned();
            return Tok::End;
        };
        self.furthest = self.furthest.max(at);
        if token.kind == Tok::End
            && let Some(open) = self.open.last()
        {
            self.error = Some(self.never_closed(*open));
        }
        match token.kind {
            Tok::WithOpen => Tok::LPar,
            kind => kind,
        }
    }

    fn is(&mut self, at: usize, kind: Tok) -> bool {
        self.kind(at) == kind
    }

    fn stopped(&self) -> bool {
        self.error.is_some() || self.gave_up
    }

    fn word(&self, at: usize) -> &'t str {
        let span = self.tokens.get(at).map_or(Span::default(), |token| token.span);
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or(Span::default(), |token| token.span)
    }

    /// A part from the token at `start` up to the token at `end`.
    fn node(&self, name: &'static str, start: usize, end: usize) -> Node {
        let span = self.span(start).to(self.span(end.max(start + 1) - 1));
        Node { name, end, span, target: false }
    }

    fn target(&self, name: &'static str, start: usize, end: usize) -> Node {
        Node { target: true, ..self.node(name, start, end) }
    }

    /// Notes a mistake; `None` for the caller to return.
    fn raise<T>(&mut self, span: Span, message: impl Into<String>) -> Option<T> {
        if !self.stopped() {
            self.error = Some(SyntaxError::new(span, message));
        }
        None
    }

    /// Notes a mistake at the last token that was looked at.
    fn raise_last<T>(&mut self, message: impl Into<String>) -> Option<T> {
        let span = self.span_of(self.furthest);
        self.raise(span, message)
    }

    fn raise_indentation(&mut self, message: impl Into<String>) {
        if !self.stopped() {
            self.error = Some(SyntaxError::indentation(self.span_of(self.furthest), message));
        }
    }

    /// Runs a rule, or remembers what came of it.
    fn remember(&mut self, rule: Rule, at: usize, run: fn(&mut Self, usize) -> Option<Node>) -> Option<Node> {
        let key = (rule, at, self.invalid);
        if let Some(known) = self.memo.get(&key) {
            if let Some(node) = known {
                self.furthest = self.furthest.max(node.end);
            }
            return *known;
        }
        if self.depth >= MAX_RULE_DEPTH {
            self.gave_up = true;
            return None;
        }
        self.depth += 1;
        let result = run(self, at);
        self.depth -= 1;
        if self.stopped() {
            return None;
        }
        self.memo.insert(key, result);
        result
    }

    /// Runs a rule without the rules for mistakes.
    fn without_invalid<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.invalid, false);
        let result = run(self);
        self.invalid = before;
        result
    }

    /// Where CPython places a complaint at a token; tokens without text have places of their own.
    fn span_of(&self, at: usize) -> Span {
        let Some(token) = self.tokens.get(at) else { return Span::default() };
        let offset = token.span.start;
        match token.kind {
            Tok::Indent => Span::new(offset.saturating_sub(1), offset),
            Tok::Dedent | Tok::End => {
                let length = self.text.len() as u32;
                if offset < length {
                    let line = self.text[..offset as usize].rfind(['\n', '\r']).map_or(0, |n| n as u32 + 1);
                    return Span::new(offset.saturating_sub(1).max(line), offset);
                }
                let last = if self.text.ends_with(['\n', '\r']) { length - 1 } else { length };
                Span::new(last, last + 1)
            }
            _ => token.span,
        }
    }

    fn never_closed(&self, open: Span) -> SyntaxError {
        let bracket = &self.text[open.start as usize..open.end as usize];
        SyntaxError::new(open, format!("'{bracket}' was never closed"))
    }

    /// The end of the text was refused, and a bracket is open.
    fn unclosed_at(&self, failed: usize) -> Option<SyntaxError> {
        let at_end = self.tokens.get(failed).is_none_or(|token| token.kind == Tok::End);
        let open = self.open.last().filter(|_| at_end)?;
        Some(self.never_closed(*open))
    }

    /// What is said where no rule for a mistake fits.
    fn generic(&mut self, failed: usize) -> SyntaxError {
        let place = self.refused_target(failed).unwrap_or(failed);
        let span = self.span_of(place);
        match self.tokens.get(failed).map(|token| token.kind) {
            Some(Tok::Indent) => SyntaxError::indentation(span, "unexpected indent"),
            Some(Tok::Dedent) => SyntaxError::indentation(span, "unexpected unindent"),
            _ => SyntaxError::new(span, "invalid syntax"),
        }
    }

    /// The grammar takes any expression before `=`, `:` or `+=`; where it fails behind one of them, CPython has
    /// already failed there.
    fn refused_target(&mut self, failed: usize) -> Option<usize> {
        let start = self.line_start(failed);
        let target = self.without_invalid(|reader| reader.star_expressions(start))?;
        let mark = self.tokens.get(target.end)?.kind;
        let single = target.target && !matches!(target.name, "tuple" | "list" | "starred");
        let refused = match mark {
            Tok::Equal => !target.target,
            Tok::Colon => !single,
            kind => kind.is_augmented_assignment() && !single,
        };
        (refused && target.end < failed).then_some(target.end)
    }

    fn line_of(&self, at: usize) -> usize {
        count_lines(&self.text[..self.span(at).start as usize])
    }
}
