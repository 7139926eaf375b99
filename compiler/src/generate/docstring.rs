//! Docstrings, cleaned of their indentation as CPython 3.13's compiler does.

use minipy_grammar::Span;
use minipy_grammar::ast::{Stmt, StmtKind};

use super::expr::string_literal;

const TAB_STOP: usize = 8;

/// A docstring as WTF-8, and its place.
pub(super) type Docstring = (Box<[u8]>, Span);

/// The docstring of a body with its place, and the statements behind it.
pub(super) fn split(body: &[Stmt]) -> (Option<Docstring>, &[Stmt]) {
    if let Some((first, rest)) = body.split_first()
        && let StmtKind::Expr(value) = &first.kind
        && let Some(text) = string_literal(value)
    {
        return (Some((clean(text).into(), value.span)), rest);
    }
    (None, body)
}

/// Without the spaces before the first line and without those that all other lines begin with.
fn clean(text: &[u8]) -> Vec<u8> {
    let text = expand_tabs(text);
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_blank = |line: &&[u8]| matches!(line[indent(line)..].first(), None | Some(b'\n'));
    let margin = lines.clone().filter(|line| !is_blank(line)).map(indent).min().unwrap_or(0);
    let mut cleaned = first[indent(first)..].to_vec();
    for line in lines {
        cleaned.extend_from_slice(&line[margin.min(indent(line))..]);
    }
    cleaned
}

fn expand_tabs(text: &[u8]) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(text.len());
    let mut column = 0;
    for byte in text {
        match byte {
            b'\t' => {
                let spaces = TAB_STOP - column % TAB_STOP;
                expanded.extend(std::iter::repeat_n(b' ', spaces));
                column += spaces;
            }
            b'\n' | b'\r' => {
                expanded.push(*byte);
                column = 0;
            }
            _ => {
                expanded.push(*byte);
                // Bytes that continue a code point take no column of their own.
                column += usize::from(byte & 0xC0 != 0x80);
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_as_cpython() {
        let cases: [(&str, &str); 5] = [
            ("  one", "one"),
            ("one\n    two\n      three\n    ", "one\ntwo\n  three\n"),
            ("one\n\n\ttwo\n", "one\n\ntwo\n"),
            ("a\tb", "a       b"),
            ("\n  x\n y", "\n x\ny"),
        ];
        for (text, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&clean(text.as_bytes())), expected);
        }
    }
}
