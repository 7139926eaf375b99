//! Floats and integers, read and written.

use dashu_int::IBig;

use super::super::error::Result;
use super::super::float::{self, Code, Flags};
use super::super::float_hex;
use super::super::int::{self, Base, DEFAULT_MAX_DIGITS, Int, IntRef};
use super::{Cases, Random, literal};

/// Floats with something special about them, and some with nothing.
pub(super) fn floats(random: &mut Random, count: usize) -> Vec<f64> {
    let mut out = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        0.125,
        0.375,
        1e15,
        1e16,
        123_456_789_012_345_680.0,
        1e17,
        1e-4,
        1e-5,
        9.5,
        99.5,
        0.05,
        0.25,
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        1e22,
        1e23,
        1e23_f64.next_down(),
        0.1,
        0.3,
        2.675,
        1.005,
        1e100,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1234.5678,
        -1234567.891,
        1e300,
        4.35,
        0.000123456,
        99999.95,
        999999.5,
        15.0,
        25.0,
        1450.0,
    ];
    for _ in 0..count {
        let x = match random.below(4) {
            0 => f64::from_bits(random.next() ^ random.next() << 32),
            1 => (random.next() as u32 as f64) / 1000.0,
            2 => (random.below(4000) as f64 - 2000.0) / 8.0,
            _ => random.below(100_000) as f64 * 10f64.powi(random.below(40) as i32 - 20),
        };
        out.push(if x.is_nan() { f64::NAN } else { x });
    }
    out
}

/// A Python expression for `x`.
pub(super) fn float_literal(x: f64) -> String {
    if x.is_finite() { float::repr(x) } else { format!("float('{}')", float::repr(x)) }
}

#[test]
fn floats_are_written_as_cpython_writes_them() {
    let mut cases = Cases::default();
    let mut random = Random(1);
    for x in floats(&mut random, 3000) {
        let bits = x.to_bits();
        cases.text(format!("repr(bits({bits}))"), Ok(float::repr(x)));
        cases.text(format!("bits({bits}).hex()"), Ok(float_hex::hex(x)));
        let digits = random.pick(&[
            0, 1, 2, 3, 5, 8, 17, 30, 50, 320, 330, -1, -2, -3, -5, -16, -22, -100, -307, -308, -309,
        ]);
        cases.plain(
            format!("round(bits({bits}), {digits})"),
            float::round_half_even(x, digits).map(float::repr),
        );
        let ratio =
            float_hex::as_integer_ratio(x).map(|(a, b)| format!("({}, {})", decimal(&a), decimal(&b)));
        cases.plain(format!("bits({bits}).as_integer_ratio()"), ratio);
        cases.plain(format!("int(bits({bits}))"), float_hex::to_int(x).map(|int| decimal(&int)));
    }
    cases.agree("floats_written");
}

#[test]
fn floats_with_a_precision() {
    let mut cases = Cases::default();
    let mut random = Random(2);
    for x in floats(&mut random, 1500) {
        for _ in 0..6 {
            let precision = random.pick(&[0, 1, 2, 3, 6, 10, 16, 17, 20, 50, 120, 400, 1200]);
            let alternate = random.below(3) == 0;
            let (letter, code) = random.pick(&[
                ('e', Code::Exponent),
                ('f', Code::Fixed),
                ('g', Code::General),
                ('E', Code::Exponent),
                ('F', Code::Fixed),
                ('G', Code::General),
            ]);
            let flags = Flags { alternate, upper: letter.is_ascii_uppercase(), ..Flags::default() };
            let hash = if alternate { "#" } else { "" };
            let expression = format!("'%{hash}.{precision}{letter}' % bits({})", x.to_bits());
            cases.text(expression, Ok(float::format(x, code, precision, flags)));
        }
    }
    cases.agree("floats_precision");
}

#[test]
fn floats_are_read_as_cpython_reads_them() {
    let mut cases = Cases::default();
    let texts = [
        "1",
        "1.5",
        ".5",
        "5.",
        ".",
        "",
        " ",
        "1e5",
        "1e",
        "e5",
        "+1",
        "-1",
        "+-1",
        "1_000.5",
        "1__0",
        "_1",
        "1_",
        "1_.5",
        "1._5",
        "1e1_0",
        "1e_1",
        "1_e1",
        "inf",
        "-Infinity",
        "+INF",
        "nan",
        "-nan",
        "infin",
        "i_nf",
        "nanx",
        "0x10",
        "\t1\n",
        "\u{2003}1\u{a0}",
        "१२.५",
        "１＿０",
        "1\0",
        "1 2",
        "abc",
        "1e400",
        "-1e400",
        "1e-400",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "\x1c1",
        "\x1c１",
        "1d5",
        "1f",
        "9007199254740993",
        "0.1e-1",
        "1e+5",
        "1e-",
        "--1",
        "é",
        "'",
        "1\u{301}",
        "1e99999999999999999999",
        "0e99999999999999999999",
        "1,5",
        "\u{85}1",
        "1\x7f",
    ];
    for text in texts {
        let ours = float::parse(text.as_bytes()).map(float::repr);
        cases.plain(format!("float({})", literal(text.as_bytes())), ours);
        let ours = float::parse_bytes(text.as_bytes()).map(float::repr);
        cases.plain(format!("float({}.encode())", literal(text.as_bytes())), ours);
    }
    let hex = [
        "0x1p0",
        "1",
        "0x1.8p1",
        "-0x.8p-2",
        "0x",
        "p1",
        "0x1p",
        "0x1p+",
        "inf",
        "-INFINITY",
        "nan",
        "-nan",
        " 1 ",
        "0x1.fffffffffffff8p0",
        "0x1.fffffffffffff7p0",
        "0x1.fffffffffffff8000000000000000001p0",
        "0x1.00000000000008p0",
        "0x1.000000000000080000000000000000001p0",
        "0x1.fffffffffffff8p1023",
        "0x1.fffffffffffff7p1023",
        "0x1p1024",
        "0x1p-1074",
        "0x1p-1075",
        "0x1.0000000001p-1075",
        "0x1.8p-1075",
        "0x3p-1075",
        "0x0.8p-1074",
        "0x1p99999999999999999999",
        "0x1p-99999999999999999999",
        "0x0p99999999999999999999",
        "0x.p1",
        "0x1.2.3",
        "g",
        "",
        "0x1 p1",
        "0x123456789abcdef0123456789p-50",
        "0X1P3",
        "+0x1",
        "0x0.0000000000000000000000000001p100",
        "0xfffffffffffff7ffffp0",
        "1_0",
        "0x1.fffffffffffffp-1023",
        "0x1.ffffffffffffep-1023",
        "0x0.fffffffffffff8p-1022",
        "infi",
        "0x1.8000000000000000000000000p-1074",
        "0x2.8p-1074",
    ];
    for text in hex {
        let ours = float_hex::from_hex(text.as_bytes()).map(float::repr);
        cases.plain(format!("float.fromhex({})", literal(text.as_bytes())), ours);
    }
    cases.agree("floats_read");
}

fn decimal(int: &Int) -> String {
    in_decimal(int.as_ref(), 0).unwrap_or_default()
}

fn in_decimal(int: IntRef<'_>, max_digits: usize) -> Result<String> {
    text(|out| int.write_decimal(out, max_digits))
}

/// What is appended.
fn text(write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<String> {
    let mut out = Vec::new();
    write(&mut out)?;
    Ok(String::from_utf8(out).unwrap_or_default())
}

#[test]
fn integers_are_read_as_cpython_reads_them() {
    let mut cases = Cases::default();
    let texts = [
        "0",
        "1",
        "-1",
        "+1",
        " 12 ",
        "1_000",
        "1__0",
        "_1",
        "1_",
        "",
        " ",
        "-",
        "+-1",
        "0x10",
        "0X_1f",
        "0x",
        "0x_",
        "0b101",
        "0b2",
        "0o17",
        "0o8",
        "012",
        "00",
        "0_0",
        "0_1",
        "-0x1",
        "- 1",
        "१२३",
        "１２",
        "\u{3000}5\u{2003}",
        "1\0",
        "x",
        "z",
        "Zz",
        "1.0",
        "é",
        "0b",
        "0B1",
        "0x1__0",
        "\x1c1",
        "\x1c１",
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105729",
        "123456789012345678901234567890123456789012345678901234567890",
    ];
    for text in texts {
        for base in [0, 2, 8, 10, 16, 36, 1, 37] {
            let ours = int::parse(text.as_bytes(), base, DEFAULT_MAX_DIGITS).map(|int| decimal(&int));
            cases.plain(format!("int({}, {base})", literal(text.as_bytes())), ours);
        }
        let ours = int::parse_bytes(text.as_bytes(), 10, DEFAULT_MAX_DIGITS).map(|int| decimal(&int));
        cases.plain(format!("int({}.encode())", literal(text.as_bytes())), ours);
    }
    for (expression, text) in [
        ("'1' * 4300", "1".repeat(4300)),
        ("'1' * 4301", "1".repeat(4301)),
        ("'0' * 5000", "0".repeat(5000)),
        ("'-' + '1' * 5000", format!("-{}", "1".repeat(5000))),
        ("'1' * 4301 + 'x'", format!("{}x", "1".repeat(4301))),
        ("'1_' * 4300 + '1'", format!("{}1", "1_".repeat(4300))),
        ("'x' * 300", "x".repeat(300)),
    ] {
        let ours = int::parse(text.as_bytes(), 10, DEFAULT_MAX_DIGITS).map(|int| decimal(&int));
        cases.plain(format!("int({expression})"), ours);
    }
    cases.agree("integers_read");
}

/// Integers around every power of two up to a thousand bits, and ties for a float.
pub(super) fn integers(random: &mut Random, count: usize) -> Vec<IBig> {
    let mut out: Vec<IBig> = (-3..300).map(IBig::from).collect();
    for _ in 0..count {
        let power = IBig::ONE
            << random.pick(&[1, 7, 31, 53, 54, 63, 64, 100, 126, 127, 128, 200, 520, 1000, 1023, 1024, 1100]);
        let head = IBig::from(random.below(1 << 20) as i64 - (1 << 19));
        let tail = IBig::from(random.below(5) as i64 - 2);
        out.push(power * head + tail);
    }
    for shift in [1usize, 10, 64, 75, 80, 971] {
        for odd in [1, 3, 5] {
            let base: IBig = (IBig::from(1u64 << 53) + IBig::from(odd)) << shift;
            let half: IBig = IBig::ONE << (shift - 1);
            out.extend([&base + &half, &base - &half, &base + &half + 1, &base + &half - 1, -&base - &half]);
        }
    }
    let limit: IBig = ((IBig::ONE << 54usize) - 1) << 970usize;
    out.extend([limit.clone(), &limit - 1, -limit.clone(), IBig::ONE - limit]);
    out
}

#[test]
fn integers_are_written_as_cpython_writes_them() {
    let mut cases = Cases::default();
    for value in integers(&mut Random(3), 600) {
        let hex = format!("{value:#x}");
        let int = Int::from_big(value);
        let int = int.as_ref();
        cases.text(format!("str({hex})"), in_decimal(int, DEFAULT_MAX_DIGITS));
        cases.text(format!("bin({hex})"), text(|out| int.write_prefixed(out, Base::Binary)));
        cases.text(format!("oct({hex})"), text(|out| int.write_prefixed(out, Base::Octal)));
        cases.text(format!("hex({hex})"), text(|out| int.write_prefixed(out, Base::Hex)));
        cases.plain(format!("float({hex})"), int.to_float().map(float::repr));
    }
    for digits in [4299, 4300, 4301, 20_000] {
        let value = IBig::from(10).pow(digits);
        let ours = in_decimal(IntRef::from(&value), DEFAULT_MAX_DIGITS).map(|text| text.len());
        cases.plain(format!("len(str(10 ** {digits}))"), ours);
    }
    cases.agree("integers_written");
}
