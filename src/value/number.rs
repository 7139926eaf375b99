//! What the operators do with numbers: int, bool, float and complex, and instances of their subclasses.
//!
//! The operators of the machine, the special methods of the classes and the functions of `operator` all end here. Knows
//! nothing of classes written in the language: where an operand is no number the answer is "not mine" (`None`).

mod complex;
mod convert;
mod floating;
mod integer;
mod power;
mod rounding;
#[cfg(test)]
pub(crate) mod tests;

use std::cmp::Ordering;

use crate::heap::{MAX_SMALL, MIN_SMALL, Value};

use super::context::{Context, Raised, Res};
use super::{float, int};

pub use complex::equal as complex_equal;
pub(crate) use complex::parts_of as complex_parts;
pub use convert::{Clamped, float_argument, index, index_clamped, index_i64, to_float, to_int, truth};
pub(crate) use convert::{defines, format_number, from_text};
pub use integer::{bit_length, from_integer, shift_left};
pub use power::power_mod;
pub use rounding::{ceil, floor, round, trunc};

macro_rules! operators {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $symbol:literal;)*) => {
        /// A binary operator.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum BinaryOp { $($(#[doc = $doc])* $variant,)* }

        impl BinaryOp {
            /// All of them.
            pub const ALL: &'static [BinaryOp] = &[$(BinaryOp::$variant),*];

            /// The name inside the special method's: `add` of `__add__`, `__radd__` and `__iadd__`.
            pub const fn name(self) -> &'static str {
                match self { $(BinaryOp::$variant => $name,)* }
            }

            /// The special methods: of the left operand, of the right one, and in place.
            pub const fn methods(self) -> [&'static str; 3] {
                match self {
                    $(BinaryOp::$variant => [
                        concat!("__", $name, "__"),
                        concat!("__r", $name, "__"),
                        concat!("__i", $name, "__"),
                    ],)*
                }
            }

            /// The functions of the prelude that do it where code of the language is needed: plainly, and in place.
            pub const fn twins(self) -> [&'static str; 2] {
                match self { $(BinaryOp::$variant => [concat!("binary_", $name), concat!("inplace_", $name)],)* }
            }

            /// How it is written, and named in messages.
            pub const fn symbol(self) -> &'static str {
                match self { $(BinaryOp::$variant => $symbol,)* }
            }
        }
    };
}

operators! {
    /// `a + b`
    Add "add" "+";
    /// `a - b`
    Sub "sub" "-";
    /// `a * b`
    Mul "mul" "*";
    /// `a @ b`
    MatMul "matmul" "@";
    /// `a / b`
    Div "truediv" "/";
    /// `a // b`
    FloorDiv "floordiv" "//";
    /// `a % b`
    Mod "mod" "%";
    /// `a ** b`
    Pow "pow" "** or pow()";
    /// `a << b`
    LShift "lshift" "<<";
    /// `a >> b`
    RShift "rshift" ">>";
    /// `a & b`
    BitAnd "and" "&";
    /// `a | b`
    BitOr "or" "|";
    /// `a ^ b`
    BitXor "xor" "^";
    /// `divmod(a, b)`
    DivMod "divmod" "divmod()";
}

/// A unary operator, or `abs`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-a`
    Neg,
    /// `+a`
    Pos,
    /// `~a`
    Invert,
    /// `abs(a)`
    Abs,
}

impl UnaryOp {
    /// The name inside the special method's.
    pub const fn name(self) -> &'static str {
        match self {
            UnaryOp::Neg => "neg",
            UnaryOp::Pos => "pos",
            UnaryOp::Invert => "invert",
            UnaryOp::Abs => "abs",
        }
    }

    /// How messages name it.
    pub const fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Neg => "unary -",
            UnaryOp::Pos => "unary +",
            UnaryOp::Invert => "unary ~",
            UnaryOp::Abs => "abs()",
        }
    }
}

/// `a op b`; `None` where they are no pair of numbers that has the operator.
///
/// # Errors
/// `ZeroDivisionError`, `OverflowError`, `ValueError` and `MemoryError` in CPython's words.
#[inline]
pub fn binary<'t>(
    cx: &'t Context,
    op: BinaryOp,
    a: Value<'t>,
    b: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    if let (Some(a), Some(b)) = (a.as_small(), b.as_small()) {
        return integer::small(cx, op, a, b);
    }
    if let (Some(a), Some(b)) = (a.as_float(), b.as_float()) {
        return floating::binary(cx, op, a, b);
    }
    mixed(cx, op, a, b)
}

/// [`binary`] of two integers that are no bools and fit 127 bits; nothing if they are something else.
#[inline]
pub fn integers<'t>(
    cx: &'t Context,
    op: BinaryOp,
    a: Value<'t>,
    b: Value<'t>,
) -> Option<Result<Option<Value<'t>>, Raised>> {
    match (a.as_small(), b.as_small()) {
        (Some(a), Some(b)) => Some(integer::small(cx, op, a, b)),
        _ => Some(integer::fixed(cx, op, int::exact(a)?, int::exact(b)?)),
    }
}

fn mixed<'t>(cx: &'t Context, op: BinaryOp, a: Value<'t>, b: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    let (left, right) = (float::value_of(a), float::value_of(b));
    if left.is_none() && right.is_none() {
        if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
            match op {
                BinaryOp::BitAnd => return Ok(Some(Value::bool(a & b))),
                BinaryOp::BitOr => return Ok(Some(Value::bool(a | b))),
                BinaryOp::BitXor => return Ok(Some(Value::bool(a ^ b))),
                _ => {}
            }
        }
        if let Some(result) = integer::binary(cx, op, a, b)? {
            return Ok(Some(result));
        }
        return complex::binary(cx, op, a, b);
    }
    if super::complex::value_of(a).is_some() || super::complex::value_of(b).is_some() {
        return complex::binary(cx, op, a, b);
    }
    if !floating::has(op) || (left.is_none() && !int::is_int(a)) || (right.is_none() && !int::is_int(b)) {
        return Ok(None);
    }
    let left = left.map_or_else(|| to_float(cx, a), Ok)?;
    let right = right.map_or_else(|| to_float(cx, b), Ok)?;
    floating::binary(cx, op, left, right)
}

/// `op a`; `None` where it is no number that has the operator.
///
/// # Errors
/// `MemoryError`.
#[inline]
pub fn unary<'t>(cx: &'t Context, op: UnaryOp, a: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    if let Some(small) = a.as_small() {
        return Ok(Some(match op {
            UnaryOp::Neg => cx.int(-small),
            UnaryOp::Pos => a,
            UnaryOp::Invert => cx.int(!small),
            UnaryOp::Abs => cx.int(small.abs()),
        }));
    }
    if let Some(float) = float::value_of(a) {
        return Ok(match op {
            UnaryOp::Neg => Some(Value::float(-float)),
            UnaryOp::Pos => Some(Value::float(float)),
            UnaryOp::Abs => Some(Value::float(float.abs())),
            UnaryOp::Invert => None,
        });
    }
    match integer::unary(cx, op, a)? {
        None => complex::unary(cx, op, a),
        result => Ok(result),
    }
}

/// `sum(items, start)` as far as the items are numbers: the total of the first ones and how many they are. Floats are
/// added with Neumaier's compensation from where the total became one, as CPython does since 3.12.
///
/// # Errors
/// As [`binary`]; `KeyboardInterrupt`.
pub fn sum<'t>(cx: &'t Context, start: Value<'t>, items: &[Value<'t>]) -> Result<(Value<'t>, usize), Raised> {
    let Run { total, lost, count: mut at } = sum_run(cx, start, 0.0, items)?;
    let mut total = match total.as_float() {
        Some(float) if lost != 0.0 && lost.is_finite() => Value::float(float + lost),
        _ => total,
    };
    while let Some(item) = items.get(at) {
        cx.poll(at)?;
        let Some(next) = binary(cx, BinaryOp::Add, total, *item)? else { break };
        (total, at) = (next, at + 1);
    }
    Ok((total, at))
}

/// What a run of items adds up to.
pub struct Run<'t> {
    /// The sum.
    pub total: Value<'t>,
    /// What rounding has lost of it, which the next run begins with and the last one adds.
    pub lost: f64,
    /// How many items are in it: what follows is added by the operator, and all behind it too.
    pub count: usize,
}

/// Adds a run of items, small integers and then floats, to a total that has lost so much.
///
/// # Errors
/// As [`binary`]; `KeyboardInterrupt`.
pub fn sum_run<'t>(
    cx: &'t Context,
    start: Value<'t>,
    lost: f64,
    items: &[Value<'t>],
) -> Result<Run<'t>, Raised> {
    let (mut total, mut at) = (start, 0);
    if let Some(mut whole) = small_or_bool(total).filter(|_| total.as_bool().is_none()) {
        while let Some(item) = items.get(at).and_then(|item| small_or_bool(*item)) {
            cx.poll(at)?;
            // Both are of 48 bits, the sum of any array that fits the memory is of less than 127.
            whole += item;
            at += 1;
        }
        total = int::wide(cx, whole);
        if let Some(item) = items.get(at) {
            let next = binary(cx, BinaryOp::Add, total, *item)?;
            let Some(next) = next else { return Ok(Run { total, lost: 0.0, count: at }) };
            (total, at) = (next, at + 1);
        }
    }
    let Some(float) = total.as_float() else { return Ok(Run { total, lost: 0.0, count: at }) };
    let mut sum = floating::Compensated::new(float, lost);
    while let Some(item) = items.get(at) {
        cx.poll(at)?;
        if let Some(float) = item.as_float() {
            sum.add(float);
        } else if let Some(small) = int::i64_of(*item) {
            sum.add_plain(small as f64);
        } else {
            break;
        }
        at += 1;
    }
    let (total, lost) = sum.parts();
    Ok(Run { total: Value::float(total), lost, count: at })
}

fn small_or_bool(value: Value<'_>) -> Option<i128> {
    value.as_small().map(i128::from).or_else(|| value.as_bool().map(i128::from))
}

/// The order of two numbers; `None` if one is none, `Some(None)` for NaN.
pub fn compare(a: Value<'_>, b: Value<'_>) -> Option<Option<Ordering>> {
    super::compare::compare_numbers(a, b)
}

/// An integer, as `Some`: what most arms of the operators answer.
#[inline(always)]
fn small_result(cx: &Context, value: i64) -> Value<'_> {
    debug_assert!(value.unsigned_abs() < 1 << 63);
    if (MIN_SMALL..=MAX_SMALL).contains(&value)
        && let Some(small) = Value::small(value)
    {
        return small;
    }
    int::wide(cx, value.into())
}

/// A pair.
fn pair<'t>(cx: &'t Context, a: Value<'t>, b: Value<'t>) -> Res<'t> {
    cx.tuple(&[a, b])
}
