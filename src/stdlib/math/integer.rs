//! Functions of whole numbers, roundings, and logarithms, which take integers of any size.

use dashu_int::ops::{BitTest, Gcd, SquareRoot, UnsignedAbs};
use dashu_int::{IBig, UBig};

use crate::heap::Value;
use crate::value::int::{self, Integer};
use crate::value::number::{self, bit_length, float_argument, index};
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::domain_error;
use super::float::split;

macro_rules! roundings {
    ($($name:ident $names:expr, $message:literal $suffix:literal;)*) => {$(
        pub(super) fn $name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
            let value = args.at(0);
            if number::defines(cx, value, $names) {
                return Err(cx.needs_code());
            }
            match number::$name(cx, value)? {
                Some(result) => Ok(result),
                None => Err(cx.type_error(format_args!("{}{}{}", $message, cx.type_name(value), $suffix))),
            }
        }
    )*};
}

roundings! {
    floor &["__floor__", "__float__", "__index__"], "must be real number, not " "";
    ceil &["__ceil__", "__float__", "__index__"], "must be real number, not " "";
    trunc &["__trunc__"], "type " " doesn't define __trunc__ method";
}

fn is_negative(value: &Integer) -> bool {
    match value {
        Integer::Fixed(value) => *value < 0,
        Integer::Big(value) => *value < IBig::ZERO,
    }
}

fn magnitude(value: Integer) -> UBig {
    match value {
        Integer::Fixed(value) => UBig::from(value.unsigned_abs()),
        Integer::Big(value) => value.unsigned_abs(),
    }
}

fn unsigned<'t>(cx: &'t Context, value: UBig) -> Res<'t> {
    int::big(cx, &IBig::from(value))
}

pub(super) fn isqrt<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = index(cx, args.at(0))?;
    if is_negative(&value) {
        return Err(cx.value_error("isqrt() argument must be nonnegative"));
    }
    match value {
        Integer::Fixed(value) => Ok(int::wide(cx, value.isqrt())),
        value => unsigned(cx, magnitude(value).sqrt()),
    }
}

fn integers<'t>(args: Args<'t>) -> &'t [Value<'t>] {
    args.get(0).and_then(|integers| integers.get::<Tuple>()).map_or(&[], Tuple::items)
}

pub(super) fn gcd<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut result = UBig::ZERO;
    for integer in integers(args) {
        let next = magnitude(index(cx, *integer)?);
        result = common_divisor(result, next);
    }
    unsigned(cx, result)
}

fn common_divisor(a: UBig, b: UBig) -> UBig {
    if a == UBig::ZERO {
        b
    } else if b == UBig::ZERO {
        a
    } else {
        a.gcd(b)
    }
}

pub(super) fn lcm<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut result = UBig::ONE;
    for integer in integers(args) {
        let next = magnitude(index(cx, *integer)?);
        if result == UBig::ZERO || next == UBig::ZERO {
            result = UBig::ZERO;
            continue;
        }
        let divisor = common_divisor(result.clone(), next.clone());
        int::check_bits(cx, result.bit_len() + next.bit_len())?;
        result = result / divisor * next;
    }
    unsigned(cx, result)
}

pub(super) fn factorial<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    factorial_of(cx, index(cx, args.at(0))?)
}

fn factorial_of<'t>(cx: &'t Context, n: Integer) -> Res<'t> {
    if is_negative(&n) {
        return Err(cx.value_error("factorial() not defined for negative values"));
    }
    let n = match n {
        Integer::Fixed(n) => i64::try_from(n).ok(),
        Integer::Big(_) => None,
    };
    let Some(n) = n else {
        let message = format_args!("factorial() argument should not exceed {}", i64::MAX);
        return Err(cx.raise(Builtin::OverflowError, message));
    };
    falling(cx, &UBig::from(n as u64), n as u64)
}

/// `n * (n - 1) * …`, `count` factors.
fn falling<'t>(cx: &'t Context, n: &UBig, count: u64) -> Res<'t> {
    // Half of the factors or more have nearly as many bits as n.
    let bits = n.bit_len().saturating_sub(2).saturating_mul(count as usize / 2);
    int::check_bits(cx, bits)?;
    unsigned(cx, falling_product(cx, n, 0, count)?)
}

/// `(n - from) * (n - from - 1) * … * (n - to + 1)`, halved so that large factors meet large ones.
///
/// # Errors
/// `KeyboardInterrupt`.
fn falling_product(cx: &Context, n: &UBig, from: u64, to: u64) -> Result<UBig, Raised> {
    Ok(match to - from {
        0 => UBig::ONE,
        1..=8 => (from..to).fold(UBig::ONE, |product, at| product * (n - UBig::from(at))),
        count => {
            cx.check_interrupt()?;
            let middle = from + count / 2;
            falling_product(cx, n, from, middle)? * falling_product(cx, n, middle, to)?
        }
    })
}

pub(super) fn perm<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let n = index(cx, args.at(0))?;
    let Some(k) = args.get(1).filter(|k| !k.is_none()) else { return factorial_of(cx, n) };
    let k = index(cx, k)?;
    let (n, k) = non_negative(cx, n, k)?;
    if n < k {
        return Ok(cx.int(0));
    }
    let Some(count) = u64::try_from(&k).ok().filter(|count| *count <= i64::MAX as u64) else {
        let message = format_args!("k must not exceed {}", i64::MAX);
        return Err(cx.raise(Builtin::OverflowError, message));
    };
    falling(cx, &n, count)
}

pub(super) fn comb<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (n, k) = non_negative(cx, index(cx, args.at(0))?, index(cx, args.at(1))?)?;
    if n < k {
        return Ok(cx.int(0));
    }
    let rest = &n - &k;
    let least = if rest < k { rest } else { k };
    let Some(count) = u64::try_from(&least).ok().filter(|count| *count <= i64::MAX as u64) else {
        let message = format_args!("min(n - k, k) must not exceed {}", i64::MAX);
        return Err(cx.raise(Builtin::OverflowError, message));
    };
    // Each factor of the quotient is at least two.
    int::check_bits(cx, count as usize)?;
    let below = UBig::from(count);
    unsigned(cx, falling_product(cx, &n, 0, count)? / falling_product(cx, &below, 0, count)?)
}

fn non_negative(cx: &Context, n: Integer, k: Integer) -> Result<(UBig, UBig), Raised> {
    if is_negative(&n) {
        return Err(cx.value_error("n must be a non-negative integer"));
    }
    if is_negative(&k) {
        return Err(cx.value_error("k must be a non-negative integer"));
    }
    Ok((magnitude(n), magnitude(k)))
}

/// The logarithm of a number, an integer of any size too.
fn logarithm(cx: &Context, value: Value<'_>, function: fn(f64) -> f64) -> Result<f64, Raised> {
    let Some(integer) = int::integer_of(value) else {
        let x = float_argument(cx, value)?;
        if x.is_nan() || x == f64::INFINITY {
            return Ok(x);
        }
        return if x > 0.0 { Ok(function(x)) } else { Err(domain_error(cx)) };
    };
    if is_negative(&integer) || matches!(integer, Integer::Fixed(0)) {
        return Err(domain_error(cx));
    }
    let bits = bit_length(&integer);
    if bits <= 1023 {
        return number::to_float(cx, value).map(function);
    }
    // A mantissa in [0.5, 1) and an exponent, each rounded as CPython rounds them.
    let (mantissa, exponent) = mantissa_of(&magnitude(integer));
    Ok(function(mantissa) + function(2.0) * exponent as f64)
}

/// The float nearest to `value / 2**exponent`, in [0.5, 1).
fn mantissa_of(value: &UBig) -> (f64, usize) {
    let bits = value.bit_len();
    let dropped = bits - 64;
    let rest = value.trailing_zeros().is_some_and(|zeros| zeros < dropped);
    let head = u64::try_from(value >> dropped).unwrap_or(u64::MAX);
    let (mantissa, carry) = split((u128::from(head) << 1 | u128::from(rest)) as f64);
    (mantissa, bits + (carry as usize).saturating_sub(65))
}

pub(super) fn log<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let above = logarithm(cx, args.at(0), f64::ln)?;
    let Some(base) = args.get(1) else { return Ok(Value::float(above)) };
    let below = logarithm(cx, base, f64::ln)?;
    if below == 0.0 {
        return Err(cx.raise(Builtin::ZeroDivisionError, "float division by zero"));
    }
    Ok(Value::float(above / below))
}

pub(super) fn log2<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    logarithm(cx, args.at(0), f64::log2).map(Value::float)
}

pub(super) fn log10<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    logarithm(cx, args.at(0), f64::log10).map(Value::float)
}
