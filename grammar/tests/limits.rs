//! Every limit is reached, and one step below it all is well: on the stack of a test thread, parse and drop.

use minipy_grammar::{
    MAX_BLOCKS, MAX_BRACKETS, MAX_DECIMAL_DIGITS, MAX_DEPTH, MAX_ELIFS, MAX_FSTRING_NESTING, MAX_INDENTS,
};
use minipy_grammar::{Source, parse};

#[track_caller]
fn fits(text: &str) {
    if let Err(error) = parse(&Source::new("<test>", text)) {
        panic!("{}", error.message);
    }
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = parse(&Source::new("<test>", text)).expect_err("over the limit");
    assert_eq!(error.message, message);
}

const DEEP: &str = "too many nested expressions";

#[test]
fn rows_of_operators() {
    let depth = usize::from(MAX_DEPTH);
    for (first, more) in [("1", " + 1"), ("a", ".b"), ("a", "[0]"), ("a", "()"), ("'a'", " % b")] {
        fits(&format!("{first}{}\n", more.repeat(depth - 2)));
        refused(&format!("{first}{}\n", more.repeat(depth + 1)), DEEP);
        refused(&format!("{first}{}\n", more.repeat(100_000)), DEEP);
    }
    for prefix in ["-", "not ", "~", "lambda: ", "a if b else ", "2 ** ", "a if not b else "] {
        fits(&format!("{}1\n", prefix.repeat(depth - 3)));
        refused(&format!("{}1\n", prefix.repeat(depth + 1)), DEEP);
        refused(&format!("{}1\n", prefix.repeat(50_000)), DEEP);
    }
    // These do not nest.
    fits(&format!("a{}\n", " and a".repeat(50_000)));
    fits(&format!("a{}\n", " < a".repeat(50_000)));
    fits(&format!("x = {}1\n", "y = ".repeat(20_000)));
    fits(&format!("[{}]\n", "1, ".repeat(50_000)));
    fits(&format!("x = ({})\n", "'a' ".repeat(50_000)));
}

#[test]
fn a_deep_line_that_is_wrong_is_still_explained_or_refused() {
    for prefix in ["-", "not ", "lambda: ", "a if b else ", "(", "[", "{a: ", "f(", "a[", "f'{"] {
        for count in [150, 199, 5_000] {
            let text = format!("x = {}1 2\n", prefix.repeat(count));
            parse(&Source::new("<test>", text)).expect_err("wrong");
        }
    }
    let nested = format!("{}a b{}\n", "(".repeat(180), ")".repeat(180));
    refused(&nested, "invalid syntax. Perhaps you forgot a comma?");
}

#[test]
fn brackets() {
    fits(&format!("{}1{}\n", "(".repeat(MAX_BRACKETS), ")".repeat(MAX_BRACKETS)));
    fits(&format!("{}{}\n", "[".repeat(MAX_BRACKETS), "]".repeat(MAX_BRACKETS)));
    refused(&"(".repeat(MAX_BRACKETS + 1), "too many nested parentheses");
}

#[test]
fn indentation() {
    let nested = |levels: usize| -> String {
        let lines = (0..levels).map(|level| format!("{}if x:\n", " ".repeat(level)));
        lines.collect::<String>() + &" ".repeat(levels) + "pass\n"
    };
    fits(&nested(MAX_INDENTS - 1));
    refused(&nested(MAX_INDENTS), "too many levels of indentation");
}

#[test]
fn blocks() {
    let nested = |before: &str, header: &str, levels: usize| -> String {
        let level = |level: usize| {
            let indent = " ".repeat(level);
            let before = if before.is_empty() { String::new() } else { format!("{indent}{before}") };
            format!("{before}{indent}{header}\n")
        };
        (0..levels).map(level).collect::<String>() + &" ".repeat(levels) + "pass\n"
    };
    for header in ["while x:", "for x in y:", "with x:"] {
        fits(&nested("", header, MAX_BLOCKS));
        refused(&nested("", header, MAX_BLOCKS + 1), "too many statically nested blocks");
    }
    // An `except` clause is two of them.
    fits(&nested("try: pass\n", "except x:", MAX_BLOCKS / 2));
    refused(&nested("try: pass\n", "except x:", MAX_BLOCKS / 2 + 1), "too many statically nested blocks");
    fits(&nested("try: pass\n", "finally:", MAX_BLOCKS));
    refused(&nested("try: pass\n", "finally:", MAX_BLOCKS + 1), "too many statically nested blocks");
}

#[test]
fn elif_clauses() {
    let chain = |count: usize| format!("if x:\n  pass\n{}else:\n  pass\n", "elif x:\n  pass\n".repeat(count));
    fits(&chain(MAX_ELIFS));
    refused(&chain(MAX_ELIFS + 1), &format!("more than {MAX_ELIFS} `elif` clauses in one statement"));
    refused(&chain(50_000), &format!("more than {MAX_ELIFS} `elif` clauses in one statement"));
}

#[test]
fn digits() {
    fits(&"9".repeat(MAX_DECIMAL_DIGITS));
    let error = parse(&Source::new("<test>", "9".repeat(MAX_DECIMAL_DIGITS + 1))).expect_err("too long");
    assert!(
        error
            .message
            .starts_with("Exceeds the limit (4300 digits) for integer string conversion: value has 4301")
    );
    fits(&format!("0x{}", "f".repeat(100_000)));
}

#[test]
fn fstrings_in_fstrings() {
    let nested = |levels: usize| format!("{}1{}", "f'{".repeat(levels), "}'".repeat(levels));
    fits(&nested(MAX_FSTRING_NESTING - 1));
    refused(&nested(MAX_FSTRING_NESTING + 1), "too many nested f-strings");
}
