//! A source text, the spans that point into it, and the lines a person counts in.
//!
//! Knows nothing of tokens or trees.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// A half-open range of byte offsets into one source text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, and without, `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// A place as a person says it: the line counted from 1, the column in code points from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Line number, from 1.
    pub line: u32,
    /// Column in code points, from 0.
    pub column: u32,
}

/// One text with its name and the starts of its lines; shared by everything that reports a place in it.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: Cow<'static, str>,
    /// Found when somebody asks for a line.
    line_starts: OnceLock<Vec<u32>>,
}

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Source {}

/// The largest source text that is read, in bytes: spans are `u32`.
pub const MAX_SOURCE_BYTES: usize = 1 << 30;

impl Source {
    /// A source called `name` (as tracebacks print it) with this text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: Cow::Owned(text.into()), line_starts: OnceLock::new() })
    }

    /// A source whose text is part of this program.
    pub fn embedded(name: impl Into<String>, text: &'static str) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: Cow::Borrowed(text), line_starts: OnceLock::new() })
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends_line = |at: usize| match bytes[at] {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            let behind = (0..bytes.len()).filter(|at| ends_line(*at)).map(|at| at as u32 + 1);
            std::iter::once(0).chain(behind).collect()
        })
    }

    /// The name that tracebacks print.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text a span covers; empty where the span is not inside the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line number, from 1, of a byte offset.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|start| *start <= offset) as u32
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts()[line as usize - 1] as usize;
        let behind = (offset as usize).saturating_sub(self.text.len());
        let before = self.text.get(start..offset as usize - behind).unwrap_or("");
        Position { line, column: (before.chars().count() + behind) as u32 }
    }

    /// Where a span begins and ends, as CPython's `lineno`, `offset`, `end_lineno` and `end_offset` say it (their
    /// offsets count from 1). A span that ends behind a line end still ends on the line before. A place one byte
    /// behind the text stands for the line end that closes a last line without one.
    ///
    /// An empty span is one place: CPython's end is then equal to the beginning, or 0 or -1, which all mean a
    /// single caret.
    pub fn range(&self, span: Span) -> (Position, Position) {
        let start = self.position(span.start);
        if span.end <= span.start {
            return (start, start);
        }
        let last = self.position(span.end - 1);
        let end = self.position(span.end);
        let end =
            if end.line > last.line { Position { line: last.line, column: last.column + 1 } } else { end };
        (start, end)
    }

    /// The text of a line, without its end; empty for a line that does not exist.
    pub fn line_text(&self, line: u32) -> &str {
        let Some(index) = (line as usize).checked_sub(1) else { return "" };
        let Some(start) = self.line_starts().get(index) else { return "" };
        let end = self.line_starts().get(index + 1).map_or(self.text.len(), |end| *end as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// Byte offset of the start of a line that exists.
    pub fn line_start(&self, line: u32) -> u32 {
        self.line_starts()[line as usize - 1]
    }

    /// How many lines the text has.
    pub fn line_count(&self) -> u32 {
        self.line_starts().len() as u32
    }
}
