//! Functions of many numbers: exact sums, products, distances.

use crate::heap::{Kind, Value};
use crate::value::drain;
use crate::value::int;
use crate::value::number::{self, BinaryOp, float_argument};
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::float::split;

/// The items of a container. What an iterator has left is the twin's, which can go on where code of the language is needed.
fn items<'t>(cx: &'t Context, value: Value<'t>) -> Result<Vec<Value<'t>>, Raised> {
    let collected = match value.kind() {
        Some(Kind::Iter) => None,
        _ => drain::collect_up_to(cx, value, drain::AT_HAND)?,
    };
    collected.ok_or_else(|| cx.needs_code())
}

fn floats<'t>(cx: &'t Context, values: &[Value<'t>]) -> Result<Vec<f64>, Raised> {
    values.iter().map(|value| float_argument(cx, *value)).collect()
}

/// The exact sum of two floats: rounded, and what was rounded away.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// As [`two_sum`], where `a` is not the smaller one.
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, (a - sum) + b)
}

/// The exact product of two floats: rounded, and what was rounded away.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// Shewchuk's sum: parts that do not overlap, least first, and at last one rounding.
pub(super) fn fsum<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let values = items(cx, args.at(0))?;
    let (mut parts, mut special, mut infinities) = (Vec::<f64>::new(), 0.0, 0.0);
    for value in values {
        let original = float_argument(cx, value)?;
        let mut x = original;
        let mut kept = 0;
        for at in 0..parts.len() {
            let part = parts[at];
            let (high, low) =
                if x.abs() < part.abs() { fast_two_sum(part, x) } else { fast_two_sum(x, part) };
            if low != 0.0 {
                parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        parts.truncate(kept);
        if x.is_finite() {
            if x != 0.0 {
                parts.push(x);
            }
            continue;
        }
        if original.is_finite() {
            return Err(cx.raise(Builtin::OverflowError, "intermediate overflow in fsum"));
        }
        if original.is_infinite() {
            infinities += original;
        }
        special += original;
        parts.clear();
    }
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(cx.value_error("-inf + inf in fsum"));
        }
        return Ok(Value::float(special));
    }
    Ok(Value::float(rounded(&parts)))
}

/// The sum of parts that do not overlap, rounded once, ties to even.
fn rounded(parts: &[f64]) -> f64 {
    let mut rest = parts.iter().rev().copied();
    let Some(mut high) = rest.next() else { return 0.0 };
    let mut low = 0.0;
    for part in rest.by_ref() {
        (high, low) = fast_two_sum(high, part);
        if low != 0.0 {
            break;
        }
    }
    // A tie goes the way of the next part.
    if let Some(next) = rest.next()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let twice = low * 2.0;
        let moved = high + twice;
        if moved - high == twice {
            high = moved;
        }
    }
    high
}

pub(super) fn prod<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut product = args.get(1).unwrap_or_else(|| cx.int(1));
    for value in items(cx, args.at(0))? {
        let exact = |value: Value<'_>| int::is_int(value) || value.as_float().is_some();
        product = match number::binary(cx, BinaryOp::Mul, product, value)? {
            Some(next) if exact(product) && exact(value) => next,
            // Sequences and classes written in the language have products too.
            _ => return Err(cx.needs_code()),
        };
    }
    Ok(product)
}

pub(super) fn hypot<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let values = args.get(0).and_then(|values| values.get::<Tuple>()).map_or(&[][..], Tuple::items);
    Ok(Value::float(norm(floats(cx, values)?)))
}

pub(super) fn dist<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (p, q) = (items(cx, args.at(0))?, items(cx, args.at(1))?);
    if p.len() != q.len() {
        return Err(cx.value_error("both points must have the same number of dimensions"));
    }
    let (p, q) = (floats(cx, &p)?, floats(cx, &q)?);
    Ok(Value::float(norm(p.iter().zip(&q).map(|(p, q)| p - q).collect())))
}

/// The length of a vector: squares without loss, a sum with its error, and one correction of the root.
fn norm(mut vector: Vec<f64>) -> f64 {
    vector.iter_mut().for_each(|x| *x = x.abs());
    let greatest = vector.iter().copied().fold(0.0, f64::max);
    if greatest.is_infinite() {
        return greatest;
    }
    if vector.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if greatest == 0.0 || vector.len() <= 1 {
        return greatest;
    }
    let (_, exponent) = split(greatest);
    if exponent < -1023 {
        // Subnormal numbers are scaled up, so that the scale below is finite.
        vector.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * norm(vector);
    }
    let scale = libm::ldexp(1.0, -exponent);
    let (mut sum, mut square_errors, mut sum_errors) = (1.0, 0.0, 0.0);
    let mut add_square = |a: f64, b: f64| {
        let (square, error) = two_product(a, b);
        let (next, lost) = fast_two_sum(sum, square);
        sum = next;
        square_errors += error;
        sum_errors += lost;
        sum - 1.0 + (square_errors + sum_errors)
    };
    let mut total = 0.0;
    for x in vector {
        total = add_square(x * scale, x * scale);
    }
    let root = total.sqrt();
    let rest = add_square(-root, root);
    (root + rest / (2.0 * root)) / scale
}

pub(super) fn sumprod<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (p, q) = (items(cx, args.at(0))?, items(cx, args.at(1))?);
    let mut total = cx.int(0);
    let mut exact = Triple::default();
    let mut in_floats = false;
    let is_float = |value: Value<'_>| value.as_float().is_some();
    let is_whole = |value: Value<'_>| value.as_bool().is_some() || cx.class_of(value).is(Builtin::Int);
    for (a, b) in p.iter().copied().zip(q.iter().copied()) {
        let numbers = [a, b].iter().all(|value| is_float(*value) || is_whole(*value));
        if !numbers {
            return Err(cx.needs_code());
        }
        // Integers that are too large for a float are multiplied as they are.
        let as_floats = (is_float(a) || is_float(b))
            .then(|| (number::to_float(cx, a).ok(), number::to_float(cx, b).ok()));
        if let Some((Some(a), Some(b))) = as_floats {
            let next = exact.plus_product(a, b);
            if next.total().is_finite() {
                exact = next;
                in_floats = true;
                continue;
            }
        }
        cx.take_pending();
        total = add_product(cx, total, a, b, &mut exact, &mut in_floats)?;
    }
    if p.len() != q.len() {
        return Err(cx.value_error("Inputs are not the same length"));
    }
    if in_floats { add(cx, total, Value::float(exact.total())) } else { Ok(total) }
}

/// The general way for one pair; a float total is moved over first, as CPython flushes it.
fn add_product<'t>(
    cx: &'t Context,
    total: Value<'t>,
    a: Value<'t>,
    b: Value<'t>,
    exact: &mut Triple,
    in_floats: &mut bool,
) -> Res<'t> {
    let mut total = total;
    if std::mem::take(in_floats) {
        total = add(cx, total, Value::float(std::mem::take(exact).total()))?;
    }
    match number::binary(cx, BinaryOp::Mul, a, b)? {
        Some(product) => add(cx, total, product),
        None => Err(cx.needs_code()),
    }
}

fn add<'t>(cx: &'t Context, a: Value<'t>, b: Value<'t>) -> Res<'t> {
    number::binary(cx, BinaryOp::Add, a, b)?.ok_or_else(|| cx.needs_code())
}

/// A sum in three times the precision of a float.
#[derive(Clone, Copy, Default)]
struct Triple {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Triple {
    fn plus_product(self, a: f64, b: f64) -> Triple {
        let (product, product_low) = two_product(a, b);
        let (high, high_low) = two_sum(self.high, product);
        let (low, low_tiny) = two_sum(self.low, product_low);
        let (low, other_tiny) = two_sum(low, high_low);
        Triple { high, low, tiny: self.tiny + low_tiny + other_tiny }
    }

    fn total(self) -> f64 {
        let (last, _) = two_sum(self.low, self.tiny);
        two_sum(self.high, last).0
    }
}
