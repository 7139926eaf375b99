//! Every limit, reached; and code so long that branches need help to reach their targets.

use minipy_compiler::op::Op;
use minipy_compiler::{Code, compile, limits, verify};
use minipy_grammar::{Source, parse};

fn compiled(text: String) -> Result<Code, String> {
    let source = Source::new("<test>", text);
    let module = parse(&source).map_err(|error| error.message)?;
    let code = compile(&source, &module).map_err(|error| error.message)?;
    verify(&code)?;
    Ok(code)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn tables_are_limited() {
    let cases = [
        (lines(limits::MAX_NAMES + 1, |n| format!("v{n} = 1\n")), "names", limits::MAX_NAMES),
        (
            lines(limits::MAX_SITES + 1, |_| "x.y\n".to_owned()),
            "places with an inline cache",
            limits::MAX_SITES,
        ),
        (
            lines(limits::MAX_CHILDREN + 1, |_| "lambda: 0\n".to_owned()),
            "nested functions",
            limits::MAX_CHILDREN,
        ),
        (lines(limits::MAX_IMPORTS + 1, |n| format!("import m{n} as m\n")), "imports", limits::MAX_IMPORTS),
        (
            lines(limits::MAX_KWNAMES + 1, |n| format!("f(k{n}=1)\n")),
            "lists of keyword names",
            limits::MAX_KWNAMES,
        ),
    ];
    for (text, things, limit) in cases {
        let message = compiled(text).err();
        assert_eq!(message, Some(format!("module is too large: more than {limit} {things}")));
    }
}

#[test]
fn registers_are_limited() {
    let body = lines(limits::MAX_REGISTERS + 1, |n| format!(" v{n} = 1\n"));
    let message = compiled(format!("def f():\n{body}")).err();
    assert_eq!(message, Some("function 'f' is too large: more than 65535 registers".to_owned()));
}

#[test]
fn targets_are_limited() {
    let many = lines(limits::MAX_AFTER_STAR + 1, |_| ", a".to_owned());
    let message = compiled(format!("*a{many} = x\n")).err();
    assert_eq!(message, Some("too many expressions in star-unpacking assignment".to_owned()));
}

#[test]
fn long_displays_and_calls_need_few_registers() {
    for (open, close) in [("[", "]"), ("{", "}"), ("(", ")"), ("f(", ")"), ("o.m(", ")"), ("f'{", "}'")] {
        let separator = if open == "f'{" { "}{" } else { ", " };
        let count = limits::MAX_DIRECT_ARGS + limits::MAX_DISPLAY;
        let items = vec!["x"; count].join(separator);
        let code = compiled(format!("def f(x):\n    return {open}{items}{close}\n")).expect(open);
        assert!(code.children[0].register_count < 300, "{open}");
    }
}

#[test]
fn far_branches_are_turned_round() {
    let body = "  x = x + y\n".repeat(40_000);
    let text =
        format!("def f(x, y):\n for i in y:\n{body} while x < 3:\n{body} if x is y:\n{body} return x\n");
    let code = compiled(text).expect("a long function");
    let ops = &code.children[0].ops;
    assert!(ops.len() > 120_000);
    let at = ops.iter().position(|op| matches!(op, Op::ForIter { .. })).expect("the loop");
    assert!(matches!(ops[at + 1], Op::Jump { .. }) && matches!(ops[at + 2], Op::Jump { .. }));
}

#[test]
fn a_long_loop_goes_back_to_its_head() {
    for (count, is_near) in [(10, true), (12_000, false)] {
        let body = "  x = x + y\n".repeat(count);
        let code = compiled(format!("def f(x, y):\n for i in y:\n{body} return x\n")).expect("a loop");
        let ops = &code.children[0].ops;
        assert_eq!(ops.iter().any(|op| matches!(op, Op::ForNext { .. })), is_near, "{count}");
        assert_eq!(ops.iter().any(|op| matches!(op, Op::JumpBack { .. })), !is_near, "{count}");
    }
}

#[test]
fn a_thousand_elifs_need_no_stack() {
    let chain = lines(999, |n| format!("elif x == {n}:\n    y = {n}\n"));
    assert_eq!(compiled(format!("if x:\n    pass\n{chain}")).err(), None);
}

#[test]
fn nested_finally_grows_linearly() {
    let nested = |depth: usize| {
        let mut text = String::from("def f():\n");
        for level in 0..depth {
            let pad = " ".repeat(level + 1);
            text += &format!("{pad}try:\n{pad} return g()\n{pad}finally:\n");
        }
        text += &format!("{}g()\n", " ".repeat(depth + 1));
        compiled(text).expect("nested finally").children[0].ops.len()
    };
    let (five, ten, fifteen) = (nested(5), nested(10), nested(15));
    assert_eq!(fifteen - ten, ten - five);
}
