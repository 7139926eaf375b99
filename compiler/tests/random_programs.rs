//! Whatever parses compiles without a panic, and what it compiles to passes the verifier and comes out of its bytes as it was.

use minipy_compiler::{compile, disassemble, pack, unpack, verify};
use minipy_grammar::{Source, parse};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "x", "__p", "print"]).prop_map(str::to_owned)
}

fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => name(),
        2 => prop::sample::select(vec!["0", "1", "-7", "1.5", "'s'", "None", "True", "()", "70000", "(1, 2, 3)"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let one = inner.clone();
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        let operators =
            vec!["+", "-", "*", "<", "<=", "==", "is", "is not", "in", "not in", "and", "or", "%"];
        prop_oneof![
            (two.clone(), prop::sample::select(operators)).prop_map(|((l, r), op)| format!("({l} {op} {r})")),
            one.clone().prop_map(|e| format!("(not {e})")),
            one.clone().prop_map(|e| format!("(-{e})")),
            three.clone().prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
            three.clone().prop_map(|(a, b, c)| format!("({a} < {b} <= {c})")),
            three.clone().prop_map(|(a, b, c)| format!("({a} and {b} or {c})")),
            (name(), one.clone()).prop_map(|(n, e)| format!("({n} := {e})")),
            two.clone().prop_map(|(f, e)| format!("{f}({e})")),
            three.clone().prop_map(|(f, a, b)| format!("{f}({a}, *{b}, k={a}, **{b})")),
            two.clone().prop_map(|(o, e)| format!("{o}.m({e}, k={e})")),
            two.clone().prop_map(|(o, e)| format!("{o}[{e}:]")),
            two.clone().prop_map(|(o, e)| format!("{o}.attr[{e}]")),
            three.clone().prop_map(|(a, b, c)| format!("[{a}, *{b}, {c}]")),
            two.clone().prop_map(|(a, b)| format!("{{{a}: {b}, **{a}}}")),
            two.clone().prop_map(|(a, b)| format!("{{{a}, {b}}}")),
            (name(), three.clone()).prop_map(|(n, (a, b, c))| format!("[{a} for {n} in {b} if {c}]")),
            (name(), name(), two.clone())
                .prop_map(|(n, m, (a, b))| format!("[lambda: ({n}, {a}) for {n} in {b} for {m} in {n}]")),
            (name(), two.clone()).prop_map(|(n, (a, b))| format!("({a} for {n} in {b})")),
            (name(), name(), two.clone())
                .prop_map(|(n, m, (a, b))| format!("{{{n}: {a} for {n}, {m} in {b}}}")),
            (name(), one.clone()).prop_map(|(n, e)| format!("(lambda {n}={e}: {n} + {e})")),
            one.clone().prop_map(|e| format!("f'v {{{e}!r:>{{a}}}} w'")),
            Just("super()".to_owned()),
            one.prop_map(|e| format!("(yield {e})")),
        ]
    })
}

/// The lines of a block, one level in.
fn indent(block: &[String]) -> String {
    block.concat().lines().map(|line| format!(" {line}\n")).collect()
}

fn simple() -> impl Strategy<Value = String> {
    prop_oneof![
        expr().prop_map(|e| format!("{e}\n")),
        (name(), expr()).prop_map(|(n, e)| format!("{n} = {e}\n")),
        (name(), expr()).prop_map(|(n, e)| format!("{n} += {e}\n")),
        (name(), name(), expr(), expr()).prop_map(|(n, m, a, b)| format!("{n}, {m} = {a}, {b}\n")),
        (name(), name(), expr()).prop_map(|(n, m, e)| format!("{n}, *{m} = {m}.q = {e}\n")),
        (name(), expr(), expr()).prop_map(|(n, i, e)| format!("{n}[{i}] += {e}\n")),
        (name(), expr()).prop_map(|(n, e)| format!("{n}: {e} = {n}\n")),
        name().prop_map(|n| format!("del {n}\n")),
        expr().prop_map(|e| format!("return {e}\n")),
        expr().prop_map(|e| format!("raise {e}\n")),
        (expr(), expr()).prop_map(|(a, b)| format!("assert {a}, {b}\n")),
        Just("break\n".to_owned()),
        Just("continue\n".to_owned()),
        Just("raise\n".to_owned()),
        Just("import a.b, c as x\nfrom a import b\n".to_owned()),
    ]
}

fn stmt() -> impl Strategy<Value = String> {
    simple().prop_recursive(4, 40, 3, |inner| {
        let block = || prop::collection::vec(inner.clone(), 1..3).prop_map(|block| indent(&block));
        prop_oneof![
            (expr(), block(), block()).prop_map(|(e, a, b)| format!("if {e}:\n{a}else:\n{b}")),
            (expr(), block()).prop_map(|(e, a)| format!("while {e}:\n{a}")),
            block().prop_map(|a| format!("while True:\n{a}")),
            (name(), expr(), block(), block())
                .prop_map(|(n, e, a, b)| format!("for {n} in {e}:\n{a}else:\n{b}")),
            (expr(), name(), block()).prop_map(|(e, n, a)| format!("with {e} as {n}, {e}:\n{a}")),
            (block(), expr(), name(), block(), block())
                .prop_map(|(a, e, n, b, c)| format!("try:\n{a}except {e} as {n}:\n{b}except:\n{c}")),
            (block(), block()).prop_map(|(a, b)| format!("try:\n{a}finally:\n{b}")),
            (block(), expr(), block(), block(), block())
                .prop_map(|(a, e, b, c, d)| { format!("try:\n{a}except {e}:\n{b}else:\n{c}finally:\n{d}") }),
            (name(), name(), expr(), block())
                .prop_map(|(n, p, e, a)| format!("def {n}({p}, z={e}, *rest, k={e}) -> {e}:\n{a}")),
            (name(), expr(), block()).prop_map(|(n, e, a)| format!("class {n}({e}):\n{a}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_compile_and_verify(body in prop::collection::vec(stmt(), 1..5)) {
        let text = format!("for _ in y:\n def f(x, b):\n  while b:\n   pass\n{}", indent(&[indent(&body)]));
        let source = Source::new("<random>", text.as_str());
        if let Ok(module) = parse(&source)
            && let Ok(code) = compile(&source, &module)
        {
            prop_assert_eq!(verify(&code), Ok(()), "{}\n{}", text, disassemble(&code));
            prop_assert_eq!(&unpack(&pack(&code), &source), &Ok(code), "{}", text);
        }
    }
}
