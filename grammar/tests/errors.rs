//! Texts that CPython 3.13 refuses (and a few it takes), with its words and places.
//!
//! `errors.jsonl` holds a line `[text, record]` for each, recorded by `python3.13 tests/oracle.py record`, which
//! rewrites the records of the file and leaves its texts.

use std::path::Path;
use std::process::{Command, Stdio};

use minipy_grammar::{Source, SyntaxErrorKind, parse};
use serde_json::{Value, json};

const RECORDS: &str = include_str!("errors.jsonl");

fn cases() -> Vec<(String, Value)> {
    let case =
        |line: &str| -> (String, Value) { serde_json::from_str(line).expect("a line of errors.jsonl") };
    RECORDS.lines().map(case).collect()
}

/// The same record for this parser.
fn outcome(text: &str) -> Value {
    let source = Source::new("<test>", text);
    let Err(error) = parse(&source) else { return Value::Null };
    let kind = match error.kind {
        SyntaxErrorKind::Syntax => "SyntaxError",
        SyntaxErrorKind::Indentation => "IndentationError",
        SyntaxErrorKind::Tab => "TabError",
    };
    let (start, end) = source.range(error.span);
    json!([kind, error.message, start.line, start.column + 1, end.line, end.column + 1])
}

/// CPython says 0, -1 or the beginning for the end of a single place, and 0 for a beginning before the first column.
fn agree(want: &Value, got: &Value) -> bool {
    let number = |value: &Value, at: usize| value[at].as_i64().unwrap_or(0);
    if want.is_null() || got.is_null() {
        return want == got;
    }
    if (&want[0], &want[1], &want[2]) != (&got[0], &got[1], &got[2]) {
        return false;
    }
    let start = number(want, 3);
    if start > 0 && start != number(got, 3) {
        return false;
    }
    let single = number(want, 5) <= 0 || (want[4] == want[2] && number(want, 5) == start);
    single || (want[4] == got[4] && want[5] == got[5])
}

#[test]
fn every_recorded_text_gets_the_words_and_the_place_of_cpython() {
    let mut wrong = String::new();
    for (text, want) in cases() {
        let got = outcome(&text);
        if !agree(&want, &got) {
            wrong.push_str(&format!("{text:?}\n  want {want}\n  got  {got}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn at_least_sixty_different_messages_are_recorded() {
    let mut messages: Vec<String> =
        cases().iter().filter_map(|(_, want)| want[1].as_str().map(str::to_string)).collect();
    messages.sort();
    messages.dedup();
    assert!(messages.len() >= 60, "{} messages", messages.len());
}

#[test]
fn the_records_are_what_cpython_says_today() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle.py");
    for python in ["python3.13", "python3"] {
        let run = Command::new(python).arg(&script).arg("check").stderr(Stdio::null()).output();
        let Ok(run) = run else { continue };
        if run.status.code() == Some(3) || run.stdout.is_empty() {
            continue;
        }
        assert_eq!(
            String::from_utf8_lossy(&run.stdout).trim(),
            "same",
            "`python3.13 tests/oracle.py record` updates them"
        );
        return;
    }
    eprintln!("skipped: no CPython 3.13 here");
}
