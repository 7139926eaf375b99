//! The format mini-language: every flag with every type.

use dashu_int::IBig;

use super::super::error::Result;
use super::super::format_spec::{format_float, format_int, format_str};
use super::super::int::{DEFAULT_MAX_DIGITS, Int};
use super::numbers::{float_literal, floats, integers};
use super::{Cases, Random, literal};

const STRINGS: [&str; 6] = ["", "a", "hello world", "żółć", "\u{1F600}x", "0"];

enum Value {
    Int(IBig),
    Bool(bool),
    Float(f64),
    Str(&'static str),
}

impl Value {
    fn literal(&self) -> String {
        match self {
            Value::Int(value) => format!("{value:#x}"),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Float(value) => float_literal(*value),
            Value::Str(text) => literal(text.as_bytes()),
        }
    }

    fn format(&self, spec: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut int = |value: &IBig, name| {
            format_int(&mut out, Int::from_big(value.clone()).as_ref(), spec, name, DEFAULT_MAX_DIGITS)
        };
        match self {
            Value::Int(value) => int(value, "int"),
            Value::Bool(value) => int(&IBig::from(*value), "bool"),
            Value::Float(value) => format_float(&mut out, *value, spec, "float"),
            Value::Str(text) => format_str(&mut out, text.as_bytes(), spec),
        }
        .map(|()| out)
    }
}

fn random_spec(random: &mut Random) -> String {
    let mut spec = String::new();
    let aligned = ["<", ">", "=", "^", "*<", "0=", "0>", "x^", "é>", "\u{1F600}=", "{<", "<<", " =", "_^"];
    let mut part = |chance: usize, from: &[&str]| {
        if random.below(10) < chance {
            spec.push_str(random.pick(from));
        }
    };
    part(4, &aligned);
    part(3, &["+", "-", " "]);
    part(1, &["z"]);
    part(2, &["#"]);
    part(3, &["0"]);
    part(
        6,
        &[
            "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "15", "17", "20", "31",
            "40", "١٢",
        ],
    );
    part(3, &[",", "_", ",", "_", ",_", "_,", ",,"]);
    part(
        3,
        &[
            ".0",
            ".1",
            ".2",
            ".3",
            ".5",
            ".10",
            ".17",
            ".30",
            ".",
            ".99999999999999999999",
            ".2147483648",
            "._",
            ".3,",
        ],
    );
    part(
        8,
        &[
            "b", "c", "d", "e", "E", "f", "F", "g", "G", "n", "o", "s", "x", "X", "%", "y", "é", "dd", " ",
            "\u{7f}",
        ],
    );
    spec
}

#[test]
fn every_value_with_every_specification() {
    let mut cases = Cases::default();
    let mut random = Random(4);
    let mut values: Vec<Value> = floats(&mut random, 60).into_iter().map(Value::Float).collect();
    values.extend(integers(&mut random, 60).into_iter().step_by(6).map(Value::Int));
    values.extend(
        [0, 1, -1, 999, 1000, -1234, 1_234_567, 65, 0x20AC, 0xD800, 0x10_FFFF, 0x11_0000]
            .map(|n: i64| Value::Int(n.into())),
    );
    values.push(Value::Int(IBig::from(10).pow(400)));
    values.extend([true, false].map(Value::Bool));
    values.extend(STRINGS.map(Value::Str));
    for value in &values {
        let rounds = if matches!(value, Value::Str(_)) { 600 } else { 120 };
        for _ in 0..rounds {
            let spec = random_spec(&mut random);
            if spec.is_empty() && matches!(value, Value::Bool(_)) {
                continue; // `str(True)`, which the caller answers.
            }
            let expression = format!("format({}, {})", value.literal(), literal(spec.as_bytes()));
            cases.text(expression, value.format(spec.as_bytes()));
        }
    }
    // Every width around the edges of a group.
    for width in 0..30 {
        for (kind, value) in [
            (",", 1234),
            ("_", 1),
            (",d", 123_456_789),
            ("_x", 0xABCDE),
            ("_b", 5),
            ("_o", 0),
            (",", -12),
            ("n", 1234567),
        ] {
            let spec = format!("0{width}{kind}");
            cases
                .text(format!("format({value}, '{spec}')"), Value::Int(value.into()).format(spec.as_bytes()));
        }
        for (kind, value) in [
            (",", 1234.5),
            ("_.2f", -0.0),
            (",.3e", 12345.678),
            (",%", 99.5),
            ("", f64::INFINITY),
            (",", f64::NAN),
            ("n", 1e6),
        ] {
            let spec = format!("0{width}{kind}");
            cases.text(
                format!("format({}, '{spec}')", float_literal(value)),
                Value::Float(value).format(spec.as_bytes()),
            );
        }
    }
    cases.agree("format_spec");
}
