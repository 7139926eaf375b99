//! The operators against recorded answers of CPython.

use std::sync::Arc;

use crate::heap::Value;
use crate::value::exception::Exception;
use crate::value::str::Str;
use crate::value::text;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, World, shape_of};

use super::{BinaryOp, UnaryOp};

/// A context without classes: enough for numbers.
pub(crate) fn context() -> Context {
    Context::new(Arc::new(World::new((0, 0))), Box::new(|| {}), Box::new(|| false))
}

/// Reads a number as it was recorded.
pub(crate) fn read<'t>(cx: &'t Context, text: &str) -> Value<'t> {
    match text {
        "True" => return Value::TRUE,
        "False" => return Value::FALSE,
        _ => {}
    }
    match text::int::parse(text.as_bytes(), 0, 0) {
        Ok(int) => super::from_text(cx, int).expect("memory"),
        Err(_) => Value::float(text::float::parse(text.as_bytes()).expect("a number")),
    }
}

/// Writes a result or the exception as it was recorded.
pub(crate) fn show(cx: &Context, result: Result<Option<Value<'_>>, Raised>) -> String {
    match result {
        Ok(None) => "none".to_owned(),
        Ok(Some(value)) => show_value(value),
        Err(Raised) => {
            let pending = cx.take_pending().expect("an exception");
            let class = Builtin::ALL[shape_of(pending) as usize];
            let args = pending.get::<Exception>().expect("an exception").args();
            match args {
                [] => format!("{}: ", class.name()),
                [message] => format!("{}: {}", class.name(), message.get::<Str>().expect("text").lossy()),
                _ => format!("{}: (34, 'Numerical result out of range')", class.name()),
            }
        }
    }
}

fn show_value(value: Value<'_>) -> String {
    if let Some(tuple) = value.get::<Tuple>() {
        let items: Vec<String> = tuple.items().iter().map(|item| show_value(*item)).collect();
        return format!("({})", items.join(", "));
    }
    if let Some(truth) = value.as_bool() {
        return if truth { "True" } else { "False" }.to_owned();
    }
    if let Some(float) = value.as_float() {
        return text::float::repr(float);
    }
    if let Some(parts) = crate::value::complex::value_of(value) {
        return text::complex::repr(parts.re, parts.im);
    }
    let mut out = Vec::new();
    let integer = crate::value::int::integer_of(value).expect("a number");
    integer.as_text().write_decimal(&mut out, 0).expect("digits without a limit");
    String::from_utf8(out).expect("digits")
}

fn apply<'t>(cx: &'t Context, name: &str, a: &str, b: &str) -> Result<Option<Value<'t>>, Raised> {
    if let Some(op) = BinaryOp::ALL.iter().find(|op| op.symbol().trim_end_matches("()") == name) {
        return super::binary(cx, *op, read(cx, a), read(cx, b));
    }
    match name {
        "**" => super::binary(cx, BinaryOp::Pow, read(cx, a), read(cx, b)),
        "neg" => super::unary(cx, UnaryOp::Neg, read(cx, a)),
        "pos" => super::unary(cx, UnaryOp::Pos, read(cx, a)),
        "invert" => super::unary(cx, UnaryOp::Invert, read(cx, a)),
        "abs" => super::unary(cx, UnaryOp::Abs, read(cx, a)),
        "round" => super::round(cx, read(cx, a), (!b.is_empty()).then(|| read(cx, b))),
        "repr" => Ok(Some(read(cx, a))),
        "truth" => Ok(super::truth(read(cx, a)).map(Value::bool)),
        "trunc" => super::trunc(cx, read(cx, a)),
        "floor" => super::floor(cx, read(cx, a)),
        "ceil" => super::ceil(cx, read(cx, a)),
        "pow" => {
            let (base, exponent) = a.split_once(' ').expect("two numbers");
            super::power_mod(cx, read(cx, base), read(cx, exponent), read(cx, b))
        }
        "sum" => {
            let items: Vec<Value<'_>> = a.split(' ').map(|item| read(cx, item)).collect();
            super::sum(cx, cx.int(0), &items).map(|(total, _)| Some(total))
        }
        _ => panic!("unknown operator {name}"),
    }
}

#[test]
fn operators_agree_with_cpython() {
    let mut wrong = Vec::new();
    let text = include_str!("golden/operations.txt");
    let cx = context();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [name, a, b, theirs] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let big = |text: &str| {
            if text.starts_with("0x") || text.starts_with("-0x") {
                show_value(read(&cx, text))
            } else {
                text.to_owned()
            }
        };
        let ours = show(&cx, apply(&cx, name, a, b));
        if ours != big(theirs) {
            wrong.push(format!("{name} {a:.80} {b:.80}\n  ours   {ours:.200}\n  theirs {theirs:.200}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

#[test]
fn results_beyond_memory_are_refused() {
    let cx = context();
    let error = |name, a, b| show(&cx, apply(&cx, name, a, b));
    assert_eq!(error("<<", "1", "4611686018427387904"), "MemoryError: ");
    assert_eq!(error("<<", "1", "100000000000000000000"), "OverflowError: too many digits in integer");
    assert_eq!(error("**", "2", "100000000000000000000"), "MemoryError: ");
    assert_eq!(error("**", "10", "10000000000"), "MemoryError: ");
    assert_eq!(error("**", "1", "100000000000000000000000000000000000000000"), "1");
    assert_eq!(error(">>", "-5", "100000000000000000000000000000000000000000"), "-1");
}
