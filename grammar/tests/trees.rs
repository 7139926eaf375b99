//! The tree of a program with every construct is CPython's, to the byte.
//!
//! `trees.golden` is what `python3.13 tests/oracle.py tree tests/trees.py` prints.

#[path = "support/dump.rs"]
mod dump;

use minipy_grammar::ast::{Constant, ExprKind, Module, StmtKind};
use minipy_grammar::{Source, parse};

fn module(text: &str) -> Module {
    parse(&Source::new("<test>", text)).unwrap_or_else(|error| panic!("{text:?}: {}", error.message))
}

#[test]
fn every_construct_has_the_tree_of_cpython() {
    let got = dump::dump(&module(include_str!("trees.py")));
    for (number, (got, want)) in got.lines().zip(include_str!("trees.golden").lines()).enumerate() {
        assert_eq!(got, want, "statement {}", number + 1);
    }
    assert_eq!(got.lines().count(), include_str!("trees.golden").lines().count());
}

#[track_caller]
fn constant(text: &str, want: Constant) {
    let module = module(text);
    let StmtKind::Expr(expr) = &module.body[0].kind else { panic!("an expression") };
    let ExprKind::Constant(got) = &expr.kind else { panic!("a constant") };
    assert_eq!(*got, want);
}

#[test]
fn big_integers_keep_their_digits() {
    let big = |digits: &str, radix| Constant::BigInt { digits: digits.into(), radix };
    constant("9_223_372_036_854_775_807", Constant::Int(i64::MAX));
    constant("9_223_372_036_854_775_808", big("9223372036854775808", 10));
    constant("0XFFFF_FFFF_FFFF_FFFF", big("ffffffffffffffff", 16));
    constant("00_0", Constant::Int(0));
    constant("1e400", Constant::Float(f64::INFINITY));
}

#[test]
fn line_ends_of_every_kind_and_a_byte_order_mark() {
    let unix = "\u{feff}if x:\n  y = '''a\nb'''\n\\\n  z = 1\n";
    let text = |module: &Module| {
        let dump = dump::dump(module);
        // The places differ by the bytes of the line ends.
        dump.split('@')
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'))
            .collect::<String>()
    };
    let want = text(&module(unix));
    assert_eq!(text(&module(&unix.replace('\n', "\r\n"))), want);
    assert_eq!(text(&module(&unix.replace('\n', "\r"))), want);
    assert!(want.contains("610a62"), "{want}");
}

#[test]
fn equal_names_are_equal_after_normalisation() {
    let module = module("ﬁ = fi\nª = a\n");
    let StmtKind::Assign { targets, value } = &module.body[0].kind else { panic!("an assignment") };
    let (ExprKind::Name(target), ExprKind::Name(value)) = (&targets[0].kind, &value.kind) else {
        panic!("names")
    };
    assert_eq!(target, value);
}
