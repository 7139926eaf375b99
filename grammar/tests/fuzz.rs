//! Any text is parsed or refused: no panic, no endless loop, and every span points into the text.

use minipy_grammar::{Source, parse};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    "=",
    "==",
    ":=",
    "+",
    "-",
    "*",
    "**",
    ".",
    "@",
    "->",
    "!",
    "...",
    "+=",
    "not ",
    " in ",
    " is ",
    " and ",
    " or ",
    "if ",
    " else",
    "elif ",
    "for ",
    "while ",
    "def ",
    "class ",
    "return ",
    "yield ",
    "lambda ",
    "import ",
    "from ",
    " as ",
    "try",
    "except",
    "finally",
    "with ",
    "None",
    "True",
    "del ",
    "pass",
    "global x",
    "nonlocal x",
    "async ",
    "await ",
    "match ",
    "case ",
    "type ",
    "print ",
    "x",
    "y1",
    "é",
    "1",
    "0x1f",
    "1_0",
    "1.5e3",
    "3j",
    "0777",
    "'a'",
    "\"b",
    "'''",
    "b'c'",
    "f'",
    "f\"{",
    "}'",
    "{x!r:>{w}}",
    "\\",
    "\\\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n\t",
    "\r\n",
    "\x0c",
    "#c\n",
    "$",
    "\u{feff}",
    "\u{a0}",
    "“",
    "\0",
    "\\N{DIGIT ONE}",
    "\\x1",
];

const PROGRAM: &str = include_str!("trees.py");

fn check(text: String) {
    let source = Source::new("<fuzz>", text);
    if let Err(error) = parse(&source) {
        assert!(error.span.start <= error.span.end, "{error:?}");
        assert!(error.span.end as usize <= source.text().len() + 1, "{error:?}");
        assert!(!error.message.is_empty());
        let (start, end) = source.range(error.span);
        assert!((start.line, start.column) <= (end.line, end.column), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_text(text in ".{0,200}") {
        check(text);
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(pieces.concat());
    }

    #[test]
    fn a_program_with_a_piece_too_many_or_too_few(
        at in 0..PROGRAM.len(),
        cut in 0..30_usize,
        piece in prop::sample::select(PIECES),
    ) {
        let floor = |mut at: usize| { while !PROGRAM.is_char_boundary(at) { at -= 1; } at };
        let (start, end) = (floor(at), floor((at + cut).min(PROGRAM.len())));
        check(format!("{}{piece}{}", &PROGRAM[..start], &PROGRAM[end..]));
    }

    #[test]
    fn a_program_that_stops_early(at in 0..PROGRAM.len()) {
        let mut at = at;
        while !PROGRAM.is_char_boundary(at) { at -= 1; }
        check(PROGRAM[..at].to_string());
    }
}
