//! Syntax errors as CPython 3.13 prints them: the place, the line, the carets, the message.

use minipy_grammar::{Source, SyntaxErrorKind};

/// What a syntax error says, in the names of the attributes of `SyntaxError`.
#[derive(Debug, Default)]
pub(super) struct SyntaxReport {
    /// The dotted name of the class.
    pub(super) class: String,
    pub(super) msg: String,
    pub(super) filename: Option<String>,
    pub(super) lineno: Option<String>,
    pub(super) end_lineno: Option<String>,
    pub(super) text: Option<String>,
    pub(super) offset: Option<i64>,
    pub(super) end_offset: Option<i64>,
}

/// A syntax error of a source text as CPython prints it when that is the program.
pub(crate) fn render_syntax_error(source: &Source, error: &minipy_grammar::SyntaxError) -> String {
    let (start, end) = source.range(error.span);
    let class = match error.kind {
        SyntaxErrorKind::Syntax => "SyntaxError",
        SyntaxErrorKind::Indentation => "IndentationError",
        SyntaxErrorKind::Tab => "TabError",
    };
    let report = SyntaxReport {
        class: class.to_owned(),
        msg: error.message.clone(),
        filename: Some(source.name().to_owned()),
        lineno: Some(start.line.to_string()),
        end_lineno: Some(end.line.to_string()),
        text: Some(format!("{}\n", source.line_text(start.line))),
        offset: Some(i64::from(start.column) + 1),
        end_offset: Some(i64::from(end.column) + 1),
    };
    report.render().concat()
}

impl SyntaxReport {
    /// The lines of the report.
    pub(super) fn render(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut suffix = String::new();
        match (&self.lineno, &self.filename) {
            (Some(line), file) => {
                let file = file.as_deref().filter(|file| !file.is_empty()).unwrap_or("<string>");
                out.push(format!("  File \"{file}\", line {line}\n"));
            }
            (None, Some(file)) => suffix = format!(" ({file})"),
            (None, None) => {}
        }
        if let Some(text) = &self.text {
            self.push_line(&mut out, text);
        }
        let msg = if self.msg.is_empty() { "<no detail available>" } else { &self.msg };
        out.push(format!("{}: {msg}{suffix}\n", self.class));
        out
    }

    fn push_line(&self, out: &mut Vec<String>, text: &str) {
        let whole = text.trim_end_matches('\n');
        let line = whole.trim_start_matches([' ', '\n', '\u{c}']);
        let blanks = (whole.len() - line.len()) as i64;
        out.push(format!("    {line}\n"));
        let Some(offset) = self.offset else { return };
        let (start, end) = self.columns(offset, text, whole);
        let (start, end) = (start - 1 - blanks, end - 1 - blanks);
        if start >= 0 {
            let space: String =
                line.chars().take(start as usize).map(|c| if c.is_whitespace() { c } else { ' ' }).collect();
            let carets = "^".repeat((end - start).max(0) as usize);
            out.push(format!("    {space}{carets}\n"));
        }
    }

    /// Where the carets begin and end, counted from 1.
    fn columns(&self, offset: i64, text: &str, whole: &str) -> (i64, i64) {
        let behind = whole.chars().count() as i64 + 1;
        let len = text.chars().count() as i64;
        let clip = |offset: i64| if len > 0 && offset > len { behind } else { offset };
        let end = if self.lineno == self.end_lineno {
            self.end_offset.filter(|end| *end != 0).unwrap_or(offset)
        } else {
            behind
        };
        let (offset, end) = (clip(offset), clip(end));
        (offset, if offset >= end || end < 0 { offset + 1 } else { end })
    }
}
