//! What symbol tables and code generation complain about: CPython 3.13's words and places.
//!
//! The expectations were recorded by compiling each snippet with CPython 3.13 and printing `msg`, `lineno`, `offset`,
//! `end_lineno` and `end_offset`; where `python3.13` is installed they are checked against it again.

use std::process::Command;

use minipy_compiler::compile;
use minipy_grammar::{Source, parse};

/// A snippet, the message, and from where to where it underlines (lines from 1, columns from 1).
type Case = (&'static str, &'static str, (u32, u32), (u32, u32));

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("def f(x):\n    global x\n", "name 'x' is parameter and global", (2, 5), (2, 13)),
    ("def f(x):\n    nonlocal x\n", "name 'x' is parameter and nonlocal", (2, 5), (2, 15)),
    ("def f():\n    print(x)\n    global x\n", "name 'x' is used prior to global declaration", (3, 5), (3, 13)),
    ("def f():\n    x = 1\n    global x\n", "name 'x' is assigned to before global declaration", (3, 5), (3, 13)),
    ("def f():\n    x: int\n    global x\n", "annotated name 'x' can't be global", (3, 5), (3, 13)),
    ("def f():\n    global x\n    x: int = 1\n", "annotated name 'x' can't be global", (3, 5), (3, 15)),
    ("def f():\n    def g():\n        x = 1\n        nonlocal x\n    x = 2\n", "name 'x' is assigned to before nonlocal declaration", (4, 9), (4, 19)),
    ("def f():\n    def g():\n        print(x)\n        nonlocal x\n    x = 2\n", "name 'x' is used prior to nonlocal declaration", (4, 9), (4, 19)),
    ("def f():\n    nonlocal x\n", "no binding for nonlocal 'x' found", (2, 5), (2, 15)),
    ("nonlocal x\n", "nonlocal declaration not allowed at module level", (1, 1), (1, 11)),
    ("def f():\n    x = 1\n    def g():\n        global x\n        nonlocal x\n", "name 'x' is nonlocal and global", (4, 9), (4, 17)),
    ("x = 1\nglobal x\n", "name 'x' is assigned to before global declaration", (2, 1), (2, 9)),
    ("class C:\n    nonlocal x\n", "no binding for nonlocal 'x' found", (2, 5), (2, 15)),
    ("def f():\n    from m import *\n", "import * only allowed at module level", (2, 19), (2, 20)),
    ("class C:\n    from m import *\n", "import * only allowed at module level", (2, 19), (2, 20)),
    ("[x := 1 for x in y]\n", "assignment expression cannot rebind comprehension iteration variable 'x'", (1, 2), (1, 3)),
    ("[[x := 1 for z in y] for x in y]\n", "assignment expression cannot rebind comprehension iteration variable 'x'", (1, 3), (1, 4)),
    ("[i for i in (j := y)]\n", "assignment expression cannot be used in a comprehension iterable expression", (1, 14), (1, 20)),
    ("[i for i in [k for k in (j := y)]]\n", "assignment expression cannot be used in a comprehension iterable expression", (1, 26), (1, 32)),
    ("class C:\n    x = [y := 1 for z in w]\n", "assignment expression within a comprehension cannot be used in a class body", (2, 10), (2, 11)),
    ("[(x := 1) for y in z for x in w]\n", "assignment expression cannot rebind comprehension iteration variable 'x'", (1, 3), (1, 4)),
    ("def f():\n    [(yield x) for x in y]\n", "'yield' inside list comprehension", (2, 7), (2, 14)),
    ("def f():\n    {(yield x) for x in y}\n", "'yield' inside set comprehension", (2, 7), (2, 14)),
    ("def f():\n    {(yield x): 1 for x in y}\n", "'yield' inside dict comprehension", (2, 7), (2, 14)),
    ("def f():\n    ((yield x) for x in y)\n", "'yield' inside generator expression", (2, 7), (2, 14)),
    ("def f():\n    [(yield from x) for x in y]\n", "'yield' inside list comprehension", (2, 7), (2, 19)),
    ("yield x\n", "'yield' outside function", (1, 1), (1, 8)),
    ("class C:\n    yield x\n", "'yield' outside function", (2, 5), (2, 12)),
    ("return 1\n", "'return' outside function", (1, 1), (1, 9)),
    ("class C:\n    return 1\n", "'return' outside function", (2, 5), (2, 13)),
    ("break\n", "'break' outside loop", (1, 1), (1, 6)),
    ("continue\n", "'continue' not properly in loop", (1, 1), (1, 9)),
    ("def f():\n    if x:\n        break\n", "'break' outside loop", (3, 9), (3, 14)),
    ("for x in y:\n    def g():\n        continue\n", "'continue' not properly in loop", (3, 9), (3, 17)),
    ("for x in y:\n for x in y:\n  for x in y:\n   for x in y:\n    for x in y:\n     for x in y:\n      for x in y:\n       for x in y:\n        for x in y:\n         for x in y:\n          for x in y:\n           for x in y:\n            for x in y:\n             for x in y:\n              for x in y:\n               for x in y:\n                for x in y:\n                 for x in y:\n                  for x in y:\n                   for x in y:\n                    for x in y:\n                     for x in y:\n                      x\n", "too many statically nested blocks", (22, 22), (23, 24)),
    ("while x:\n while x:\n  while x:\n   while x:\n    while x:\n     while x:\n      while x:\n       while x:\n        while x:\n         while x:\n          while x:\n           while x:\n            while x:\n             while x:\n              while x:\n               while x:\n                while x:\n                 while x:\n                  while x:\n                   while x:\n                    while x:\n                     while x:\n                      x\n", "too many statically nested blocks", (22, 22), (23, 24)),
];

/// Programs that are correct, close to the errors.
const CORRECT: &[&str] = &[
    "def f():\n    global x\n    x = 1\n",
    "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n",
    "def f():\n    return [y := x for x in []], y\n",
    "class C:\n    x = [a for a in range(3)]\n",
    "def f():\n    global x\n    class C:\n        global x\n        x = 1\n",
    "def f(a):\n    (lambda: (yield))\n",
];

#[test]
fn complaints_are_cpythons() {
    for (text, message, start, end) in CASES {
        let source = Source::new("<test>", *text);
        let error = parse(&source).and_then(|module| compile(&source, &module)).expect_err(text);
        let place = |offset: u32| {
            let position = source.position(offset);
            (position.line, position.column + 1)
        };
        let actual = (error.message.as_str(), place(error.span.start), place(error.span.end));
        assert_eq!(actual, (*message, *start, *end), "{text}");
    }
}

#[test]
fn correct_programs_compile() {
    for text in CORRECT {
        let source = Source::new("<test>", *text);
        let compiled = parse(&source).and_then(|module| compile(&source, &module));
        assert!(compiled.is_ok(), "{text}: {:?}", compiled.err());
    }
}

#[test]
fn cpython_agrees_where_it_is_installed() {
    const SCRIPT: &str = "import sys
try:
    compile(sys.argv[1], '<test>', 'exec')
    print('correct')
except SyntaxError as e:
    print(e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset, sep='|')";
    let run = |text: &str| Command::new("python3.13").args(["-c", SCRIPT, text]).output();
    for (text, message, start, end) in CASES {
        let Some(output) = run(text).ok().filter(|output| output.status.success()) else { return };
        let expected = format!("{message}|{}|{}|{}|{}", start.0, start.1, end.0, end.1);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{text}");
    }
}

#[test]
fn future_features_are_checked() {
    for (text, message) in [
        ("from __future__ import nothing\n", "future feature nothing is not defined"),
        ("from __future__ import braces\n", "not a chance"),
    ] {
        let source = Source::new("<test>", text);
        let error = parse(&source).and_then(|module| compile(&source, &module)).expect_err(text);
        assert_eq!(error.message, message);
    }
}
