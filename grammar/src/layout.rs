//! From text to the tokens the grammar speaks of: adds NEWLINE, INDENT and DEDENT, joins lines, checks brackets.
//!
//! One pass over the text, never back. It stops at the first thing that is no token; what stood before it is kept,
//! since a complaint of the grammar about earlier text comes first. The order and the places of its complaints are
//! those of CPython's tokenizer.

use logos::{Lexer, Logos};

use crate::error::SyntaxError;
use crate::numbers;
use crate::source::Span;
use crate::strings::{self, FString};
use crate::tokens::{Tok, Token};

/// The deepest nesting of brackets, as in CPython.
pub const MAX_BRACKETS: usize = 200;

/// The deepest nesting of indented blocks, as in CPython.
pub const MAX_INDENTS: usize = 100;

/// A tab moves to the next multiple of this, as in CPython.
const TAB_SIZE: usize = 8;

/// The tokens of a text up to the first complaint.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The tokens; the last is [`Tok::End`] where there is no complaint.
    pub(crate) list: Vec<Token>,
    /// What stopped it.
    pub(crate) error: Option<SyntaxError>,
    /// The brackets that are open where it stopped, innermost last.
    pub(crate) open: Vec<Span>,
}

/// Splits a text into tokens.
pub(crate) fn tokenize(text: &str) -> Tokens {
    let mut layout = Layout {
        text,
        lexer: Tok::lexer(text),
        list: Vec::with_capacity(text.len() / 4 + 4),
        indents: vec![(0, 0)],
        brackets: Vec::new(),
        fstrings: Vec::new(),
    };
    let error = layout.run().err();
    let open = layout.brackets.iter().map(|bracket| bracket.span).collect();
    Tokens { list: layout.list, error, open }
}

type Outcome<T = ()> = Result<T, SyntaxError>;

struct Bracket {
    kind: Tok,
    span: Span,
    /// Its token, if it stands directly behind `with`.
    with_open: Option<usize>,
}

struct Layout<'t> {
    text: &'t str,
    lexer: Lexer<'t, Tok>,
    list: Vec<Token>,
    /// Columns of the open blocks, with tabs to multiples of 8 and with tabs as one.
    indents: Vec<(usize, usize)>,
    brackets: Vec<Bracket>,
    fstrings: Vec<FString>,
}

impl<'t> Layout<'t> {
    fn run(&mut self) -> Outcome {
        if self.text.starts_with('\u{feff}') {
            self.lexer.bump('\u{feff}'.len_utf8());
        }
        let mut line_start = true;
        loop {
            if line_start {
                self.indentation()?;
                line_start = false;
            }
            if self.fstrings.last().is_some_and(FString::in_text) {
                self.fstring_text()?;
                continue;
            }
            let Some(found) = self.lexer.next() else { break };
            let span = self.span();
            match found {
                Ok(kind) => line_start = self.token(kind, span)?,
                Err(()) => self.unknown(span)?,
            }
        }
        self.end()
    }

    /// Where the automaton stands.
    fn at(&self) -> usize {
        self.lexer.span().end
    }

    fn span(&self) -> Span {
        let range = self.lexer.span();
        Span::new(range.start as u32, range.end as u32)
    }

    fn move_to(&mut self, end: usize) {
        self.lexer.bump(end - self.at());
    }

    fn push(&mut self, kind: Tok, span: Span) {
        self.list.push(Token { kind, span });
    }

    /// One token of ordinary text; true if a logical line has ended.
    fn token(&mut self, kind: Tok, span: Span) -> Outcome<bool> {
        match kind {
            Tok::Comment => {}
            Tok::LineEnd => {
                if self.brackets.is_empty() {
                    self.push(Tok::Newline, Span::new(span.start, span.start + 1));
                    return Ok(true);
                }
            }
            Tok::Backslash => self.backslash(span)?,
            Tok::NonAscii => self.name(span)?,
            Tok::Quote => self.quote(span)?,
            Tok::Number => {
                let end = numbers::scan(self.text, span.start as usize)?;
                self.move_to(end);
                self.push(Tok::Number, Span::new(span.start, end as u32));
            }
            Tok::LPar | Tok::LSqb | Tok::LBrace => self.open(kind, span)?,
            Tok::RPar | Tok::RSqb | Tok::RBrace => self.close(kind, span)?,
            Tok::Colon | Tok::Walrus if self.at_field_level() => {
                // In a replacement field `:=` is a format spec that begins with `=`.
                let colon = Span::new(span.start, span.start + 1);
                self.push(Tok::Colon, colon);
                self.lexer = Lexer::new(self.text);
                self.lexer.bump(colon.end as usize);
                if let Some(fstring) = self.fstrings.last_mut() {
                    fstring.begin_spec(colon)?;
                }
            }
            kind if kind.is_word()
                && self.text.as_bytes().get(span.end as usize).is_some_and(|b| *b >= 0x80) =>
            {
                self.name(span)?;
            }
            kind => self.push(kind, span),
        }
        Ok(false)
    }

    /// Whether the innermost open bracket is the brace of a replacement field.
    fn at_field_level(&self) -> bool {
        self.fstrings.last().and_then(FString::field_level) == Some(self.brackets.len())
    }

    /// A name with characters outside ASCII.
    fn name(&mut self, span: Span) -> Outcome {
        let start = span.start as usize;
        let rest = &self.text[start..];
        let length = rest
            .char_indices()
            .find(|(_, c)| c.is_ascii() && !c.is_ascii_alphanumeric() && *c != '_')
            .map_or(rest.len(), |(at, _)| at);
        let word = &rest[..length];
        for (at, c) in word.char_indices() {
            let fits = c == '_'
                || if at == 0 { unicode_ident::is_xid_start(c) } else { unicode_ident::is_xid_continue(c) };
            if !fits {
                let at = (start + at) as u32;
                return Err(strings::invalid_character(c, Span::new(at, at + c.len_utf8() as u32)));
            }
        }
        self.move_to(start + length);
        self.push(Tok::Name, Span::new(span.start, (start + length) as u32));
        Ok(())
    }

    fn unknown(&mut self, span: Span) -> Outcome {
        let c = self.text[span.start as usize..].chars().next().unwrap_or('\0');
        if matches!(c, '$' | '?' | '`') {
            self.push(Tok::Unknown, span);
            return Ok(());
        }
        if c == '\0' {
            return Err(SyntaxError::new(span, "source code cannot contain null bytes"));
        }
        Err(strings::invalid_character(c, span))
    }

    fn backslash(&mut self, span: Span) -> Outcome {
        let next = span.end as usize;
        let rest = &self.text[next..];
        let end = if rest.starts_with("\r\n") {
            next + 2
        } else if rest.starts_with(['\n', '\r']) {
            next + 1
        } else if rest.is_empty() {
            return Err(SyntaxError::new(Span::new(span.end, span.end + 1), "unexpected EOF while parsing"));
        } else {
            let message = "unexpected character after line continuation character";
            return Err(SyntaxError::new(Span::new(span.end, span.end), message));
        };
        if end == self.text.len() {
            return Err(SyntaxError::new(Span::new(span.end, span.end + 1), "unexpected EOF while parsing"));
        }
        self.move_to(end);
        Ok(())
    }

    fn quote(&mut self, span: Span) -> Outcome {
        let opening = &self.text[span.start as usize..span.end as usize];
        if opening.bytes().any(|b| b.eq_ignore_ascii_case(&b'f')) {
            if self.fstrings.len() >= strings::MAX_FSTRING_NESTING {
                return Err(SyntaxError::new(span, "too many nested f-strings"));
            }
            self.push(Tok::FStart, span);
            self.fstrings.push(FString::new(span, opening));
            return Ok(());
        }
        let end = strings::scan(self.text, span, self.fstrings.last())?;
        self.move_to(end);
        self.push(Tok::Str, Span::new(span.start, end as u32));
        Ok(())
    }

    /// A stretch of literal text of an f-string, and the token that ends it.
    fn fstring_text(&mut self) -> Outcome {
        let start = self.at();
        let Some(fstring) = self.fstrings.last_mut() else { return Ok(()) };
        let piece = fstring.scan_text(self.text, start)?;
        let (text_end, end) = (piece.text_end, piece.end);
        self.move_to(end);
        if text_end > start {
            self.push(Tok::FMiddle, Span::new(start as u32, text_end as u32));
        }
        let span = Span::new(text_end as u32, end as u32);
        match piece.then {
            strings::Then::End => {
                self.fstrings.pop();
                // Brackets that are open inside are complained of by the grammar, at this token.
                self.push(Tok::FEnd, span);
            }
            strings::Then::Field => {
                self.open(Tok::LBrace, span)?;
                let level = self.brackets.len();
                if let Some(fstring) = self.fstrings.last_mut() {
                    fstring.begin_field(level);
                }
            }
            strings::Then::Line => {
                if let Some(fstring) = self.fstrings.last_mut() {
                    fstring.end_spec();
                }
            }
            strings::Then::FieldEnd => self.close(Tok::RBrace, span)?,
        }
        Ok(())
    }

    fn open(&mut self, kind: Tok, span: Span) -> Outcome {
        if self.brackets.len() >= MAX_BRACKETS {
            return Err(SyntaxError::new(span, "too many nested parentheses"));
        }
        let behind_with = kind == Tok::LPar && self.list.last().is_some_and(|last| last.kind == Tok::With);
        let with_open = behind_with.then_some(self.list.len());
        self.brackets.push(Bracket { kind, span, with_open });
        self.push(kind, span);
        Ok(())
    }

    fn close(&mut self, kind: Tok, span: Span) -> Outcome {
        let closing = &self.text[span.start as usize..span.end as usize];
        let field_level = self.fstrings.last().and_then(FString::field_level);
        let in_field = field_level == Some(self.brackets.len());
        let Some(bracket) = self.brackets.pop() else {
            return Err(SyntaxError::new(span, format!("unmatched '{closing}'")));
        };
        let matches = matches!(
            (bracket.kind, kind),
            (Tok::LPar, Tok::RPar) | (Tok::LSqb, Tok::RSqb) | (Tok::LBrace, Tok::RBrace)
        );
        if !matches {
            if in_field {
                return Err(SyntaxError::new(span, format!("f-string: unmatched '{closing}'")));
            }
            return Err(self.mismatch(closing, span, bracket.span));
        }
        self.push(kind, span);
        if in_field && let Some(fstring) = self.fstrings.last_mut() {
            fstring.end_field();
        }
        if let Some(token) = bracket.with_open {
            self.with_closed(token);
        }
        Ok(())
    }

    /// Looks whether a colon follows the parenthesis that closes `with (`.
    fn with_closed(&mut self, token: usize) {
        let mut ahead = self.lexer.clone();
        let next = ahead.find(|found| !matches!(found, Ok(Tok::Comment)));
        if next == Some(Ok(Tok::Colon)) {
            self.list[token].kind = Tok::WithOpen;
        }
    }

    fn mismatch(&self, closing: &str, span: Span, opened: Span) -> SyntaxError {
        let opening = &self.text[opened.start as usize..opened.end as usize];
        let mut message =
            format!("closing parenthesis '{closing}' does not match opening parenthesis '{opening}'");
        let line_of = |offset: u32| count_lines(&self.text[..offset as usize]);
        if line_of(opened.start) != line_of(span.start) {
            message.push_str(&format!(" on line {}", line_of(opened.start)));
        }
        SyntaxError::new(span, message)
    }

    /// Skips blank lines and turns the white space before a line into tokens.
    fn indentation(&mut self) -> Outcome {
        let bytes = self.text.as_bytes();
        let start = self.at();
        let mut at = start;
        let (mut column, mut alternative) = (0, 0);
        let mut continued = None;
        loop {
            match bytes.get(at) {
                Some(b' ') => (column, alternative) = (column + 1, alternative + 1),
                Some(b'\t') => (column, alternative) = ((column / TAB_SIZE + 1) * TAB_SIZE, alternative + 1),
                Some(b'\x0c') => (column, alternative) = (0, 0),
                // A line that is nothing but a continuation takes the indentation of its beginning.
                Some(b'\\') if line_end(bytes, at + 1) > 0 => {
                    continued.get_or_insert((column, alternative));
                    at += line_end(bytes, at + 1);
                }
                Some(b'#') => {
                    at += bytes[at..]
                        .iter()
                        .position(|b| matches!(b, b'\n' | b'\r'))
                        .unwrap_or(bytes.len() - at);
                    continue;
                }
                Some(b'\n' | b'\r') => {
                    (column, alternative, continued) = (0, 0, None);
                }
                None => {
                    self.move_to(at);
                    return Ok(());
                }
                Some(_) => break,
            }
            at += 1;
        }
        self.move_to(at);
        let (column, alternative) = continued.unwrap_or((column, alternative));
        self.indent_to(column, alternative, at as u32)
    }

    /// INDENT or DEDENTs for a line that begins at these columns.
    fn indent_to(&mut self, column: usize, alternative: usize, at: u32) -> Outcome {
        let here = Span::new(at, at);
        let inconsistent =
            || SyntaxError::tab(self.whole_line(at), "inconsistent use of tabs and spaces in indentation");
        let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if column == top {
            if alternative != top_alternative {
                return Err(inconsistent());
            }
        } else if column > top {
            if self.indents.len() >= MAX_INDENTS {
                return Err(SyntaxError::indentation(self.whole_line(at), "too many levels of indentation"));
            }
            if alternative <= top_alternative {
                return Err(inconsistent());
            }
            self.indents.push((column, alternative));
            self.push(Tok::Indent, here);
        } else {
            let keep = self.indents.iter().rposition(|(open, _)| *open <= column).unwrap_or(0);
            if self.indents[keep].0 != column {
                let end =
                    self.text[at as usize..].find(['\n', '\r']).map_or(self.text.len(), |n| at as usize + n);
                let message = "unindent does not match any outer indentation level";
                return Err(SyntaxError::indentation(Span::new(end as u32, end as u32), message));
            }
            if self.indents[keep].1 != alternative {
                return Err(inconsistent());
            }
            for _ in keep + 1..self.indents.len() {
                self.push(Tok::Dedent, here);
            }
            self.indents.truncate(keep + 1);
        }
        Ok(())
    }

    /// CPython places a complaint about tabs nowhere in particular on the line.
    fn whole_line(&self, at: u32) -> Span {
        let start = self.text[..at as usize].rfind(['\n', '\r']).map_or(0, |n| n + 1);
        Span::new(start as u32, start as u32)
    }

    /// The end of the text: the last line ends, all blocks close.
    fn end(&mut self) -> Outcome {
        let end = self.text.len() as u32;
        let here = Span::new(end, end);
        if self.brackets.is_empty() {
            if self.list.last().is_some_and(|last| !matches!(last.kind, Tok::Newline | Tok::Dedent)) {
                self.push(Tok::Newline, Span::new(end, end + 1));
            }
            for _ in 1..self.indents.len() {
                self.push(Tok::Dedent, here);
            }
        }
        self.push(Tok::End, here);
        Ok(())
    }
}

/// Length of the line end at `at`, zero if there is none.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r' | b'\n'), _) => 1,
        _ => 0,
    }
}

/// The number of the line behind this text.
pub(crate) fn count_lines(text: &str) -> usize {
    let bytes = text.as_bytes();
    1 + (0..bytes.len())
        .filter(|at| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')))
        .count()
}
