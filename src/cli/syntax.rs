//! A syntax error as CPython's `traceback` module prints one: the line, stripped of its indentation, and carets under the
//! place.
//!
//! Carets count code points, as in CPython: under wide characters they stand too far left. Tabs in front of them are
//! kept, so that they line up whatever a tab's width.

use minipy_grammar::error::SyntaxErrorKind;
use minipy_grammar::{Source, SyntaxError};

/// The lines to print, the last one ended.
pub(super) fn report(source: &Source, error: &SyntaxError) -> String {
    let kind = match error.kind {
        SyntaxErrorKind::Syntax => "SyntaxError",
        SyntaxErrorKind::Indentation => "IndentationError",
        SyntaxErrorKind::Tab => "TabError",
    };
    let (start, end) = source.range(error.span);
    let line = source.line_text(start.line);
    let length = line.chars().count();
    let stripped = line.trim_start_matches([' ', '\x0c']);
    let indentation = length - stripped.chars().count();
    let mut text = format!("  File \"{}\", line {}\n    {stripped}\n", source.name(), start.line);

    let from = (start.column as usize).min(length);
    let to = if end.line == start.line { (end.column as usize).min(length) } else { length };
    if let Some(before) = from.checked_sub(indentation) {
        text.push_str("    ");
        text.extend(stripped.chars().chain([' ']).take(before).map(|c| if is_space(c) { c } else { ' ' }));
        text.push_str(&"^".repeat(to.saturating_sub(from).max(1)));
        text.push('\n');
    }
    text.push_str(&format!("{kind}: {}\n", error.message));
    text
}

/// `str.isspace` of one character: Python has four more than Unicode.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

#[cfg(test)]
mod tests {
    use minipy_grammar::Span;

    use super::*;

    fn under(text: &str, start: u32, end: u32) -> String {
        let source = Source::new("x.mpy", text);
        let span = Span::new(start, end);
        let error = SyntaxError { kind: SyntaxErrorKind::Syntax, message: "invalid syntax".into(), span };
        report(&source, &error)
    }

    #[test]
    fn carets_stand_under_the_span() {
        let expected =
            "  File \"x.mpy\", line 2\n    y = x +* 2\n           ^\nSyntaxError: invalid syntax\n";
        assert_eq!(under("x = 1\n  y = x +* 2\n", 15, 16), expected);
    }

    #[test]
    fn tabs_are_kept_and_characters_counted() {
        let expected =
            "  File \"x.mpy\", line 1\n    \tü = 日本 ?\n    \t       ^\nSyntaxError: invalid syntax\n";
        assert_eq!(under("\tü = 日本 ?\n", 13, 14), expected);
    }

    #[test]
    fn a_span_of_several_lines_reaches_the_end_of_the_first() {
        let expected = "  File \"x.mpy\", line 1\n    f(a,\n     ^^^\nSyntaxError: invalid syntax\n";
        assert_eq!(under("f(a,\n  b)\n", 1, 9), expected);
    }

    #[test]
    fn a_place_in_the_indentation_has_no_caret() {
        let expected = "  File \"x.mpy\", line 1\n    y = 2\nSyntaxError: invalid syntax\n";
        assert_eq!(under("    y = 2\n", 0, 0), expected);
    }

    #[test]
    fn a_place_behind_the_text_has_one_caret() {
        let expected = "  File \"x.mpy\", line 1\n    x =\n       ^\nSyntaxError: invalid syntax\n";
        assert_eq!(under("x =", 3, 4), expected);
        assert_eq!(under("x =\n", 3, 4), expected);
    }
}
