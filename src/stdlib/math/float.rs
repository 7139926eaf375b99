//! Functions of floats.

use crate::heap::Value;
use crate::value::int::{self, Integer};
use crate::value::number::{self, float_argument};
use crate::value::{Context, Raised, Res};
use crate::vm::native::Args;

use super::{domain_error, range_error};

/// The result of a function of finite arguments that may be too large.
const OVERFLOWS: bool = true;
/// The result of a function that is infinite only at a pole.
const HAS_POLES: bool = false;

/// Judges a result as CPython does: NaN from no NaN, or infinity from finite arguments, is an error.
fn checked<'t>(cx: &'t Context, result: f64, arguments: &[f64], overflows: bool) -> Res<'t> {
    if result.is_nan() && !arguments.iter().any(|x| x.is_nan()) {
        return Err(domain_error(cx));
    }
    if result.is_infinite() && arguments.iter().all(|x| x.is_finite()) {
        return Err(if overflows { range_error(cx) } else { domain_error(cx) });
    }
    Ok(Value::float(result))
}

macro_rules! functions_of_one_float {
    ($($name:ident $overflows:ident $function:expr;)*) => {$(
        pub(super) fn $name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
            let x = float_argument(cx, args.at(0))?;
            let function: fn(f64) -> f64 = $function;
            checked(cx, function(x), &[x], $overflows)
        }
    )*};
}

functions_of_one_float! {
    acos HAS_POLES f64::acos;
    acosh HAS_POLES hyperbolic::acosh;
    asin HAS_POLES f64::asin;
    asinh HAS_POLES hyperbolic::asinh;
    atan HAS_POLES f64::atan;
    atanh HAS_POLES hyperbolic::atanh;
    cbrt HAS_POLES f64::cbrt;
    cos HAS_POLES f64::cos;
    cosh OVERFLOWS f64::cosh;
    erf HAS_POLES libm::erf;
    erfc HAS_POLES libm::erfc;
    exp OVERFLOWS f64::exp;
    exp2 OVERFLOWS f64::exp2;
    expm1 OVERFLOWS f64::exp_m1;
    fabs HAS_POLES f64::abs;
    log1p HAS_POLES log_of_one_plus;
    sin HAS_POLES f64::sin;
    sinh OVERFLOWS f64::sinh;
    sqrt HAS_POLES f64::sqrt;
    tan HAS_POLES f64::tan;
    tanh HAS_POLES f64::tanh;
    ulp OVERFLOWS unit_in_last_place;
}

/// The inverse hyperbolic functions with the formulas of C's library, which CPython calls; Rust's own are others.
mod hyperbolic {
    use std::f64::consts::LN_2;

    /// 2^28: beyond, one does not count beside the square of x; below its inverse, the function is the identity.
    const LARGE: f64 = 268_435_456.0;

    pub(super) fn acosh(x: f64) -> f64 {
        if x < 1.0 {
            f64::NAN
        } else if x > LARGE {
            x.ln() + LN_2
        } else if x > 2.0 {
            (2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt())).ln()
        } else {
            let above = x - 1.0;
            (above + (2.0 * above + above * above).sqrt()).ln_1p()
        }
    }

    pub(super) fn asinh(x: f64) -> f64 {
        let magnitude = x.abs();
        if magnitude < 1.0 / LARGE || !x.is_finite() {
            return x;
        }
        let result = if magnitude > LARGE {
            magnitude.ln() + LN_2
        } else if magnitude > 2.0 {
            (2.0 * magnitude + 1.0 / ((x * x + 1.0).sqrt() + magnitude)).ln()
        } else {
            let square = x * x;
            (magnitude + square / (1.0 + (1.0 + square).sqrt())).ln_1p()
        };
        result.copysign(x)
    }

    pub(super) fn atanh(x: f64) -> f64 {
        let magnitude = x.abs();
        if magnitude < 1.0 / LARGE {
            return x;
        }
        let twice = magnitude + magnitude;
        let result = if magnitude < 0.5 {
            0.5 * (twice + twice * magnitude / (1.0 - magnitude)).ln_1p()
        } else {
            0.5 * (twice / (1.0 - magnitude)).ln_1p()
        };
        result.copysign(x)
    }
}

pub(super) fn degrees<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::float(float_argument(cx, args.at(0))? * (180.0 / std::f64::consts::PI)))
}

pub(super) fn radians<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::float(float_argument(cx, args.at(0))? * (std::f64::consts::PI / 180.0)))
}

/// Zero keeps its sign.
fn log_of_one_plus(x: f64) -> f64 {
    if x == 0.0 { x } else { x.ln_1p() }
}

fn unit_in_last_place(x: f64) -> f64 {
    let x = x.abs();
    if !x.is_finite() {
        return x;
    }
    let next = x.next_up();
    if next.is_infinite() { x - x.next_down() } else { next - x }
}

pub(super) fn gamma<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let x = float_argument(cx, args.at(0))?;
    // At zero the pole is a domain error; anywhere else an infinite result is too large.
    checked(cx, libm::tgamma(x), &[x], x != 0.0)
}

pub(super) fn lgamma<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let x = float_argument(cx, args.at(0))?;
    checked(cx, libm::lgamma(x), &[x], x > 0.0)
}

fn two(cx: &Context, args: Args<'_>) -> Result<(f64, f64), Raised> {
    Ok((float_argument(cx, args.at(0))?, float_argument(cx, args.at(1))?))
}

pub(super) fn atan2<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (y, x) = two(cx, args)?;
    Ok(Value::float(y.atan2(x)))
}

pub(super) fn copysign<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    Ok(Value::float(x.copysign(y)))
}

pub(super) fn fmod<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    checked(cx, x % y, &[x, y], HAS_POLES)
}

pub(super) fn remainder<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    let rest = if x.is_finite() && y.is_infinite() { x } else { libm::remainder(x, y) };
    checked(cx, rest, &[x, y], HAS_POLES)
}

pub(super) fn pow<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    // C's function is 1 for these even where the other argument is NaN, and so is ours.
    let power = if x == 1.0 || y == 0.0 { 1.0 } else { x.powf(y) };
    checked(cx, power, &[x, y], x != 0.0)
}

pub(super) fn fma<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    let z = float_argument(cx, args.at(2))?;
    let result = x.mul_add(y, z);
    if result.is_nan() && ![x, y, z].iter().any(|x| x.is_nan()) {
        return Err(cx.value_error("invalid operation in fma"));
    }
    if result.is_infinite() && [x, y, z].iter().all(|x| x.is_finite()) {
        return Err(cx.raise(crate::value::Builtin::OverflowError, "overflow in fma"));
    }
    Ok(Value::float(result))
}

pub(super) fn frexp<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let x = float_argument(cx, args.at(0))?;
    let (mantissa, exponent) = split(x);
    cx.tuple(&[Value::float(mantissa), cx.int(exponent.into())])
}

/// Mantissa in [0.5, 1) and exponent.
pub(super) fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() { (x, 0) } else { libm::frexp(x) }
}

pub(super) fn ldexp<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let x = float_argument(cx, args.at(0))?;
    let Some(exponent) = int::integer_of(args.at(1)) else {
        return Err(cx.type_error("Expected an int as second argument to ldexp."));
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(Value::float(x));
    }
    let exponent = match exponent {
        Integer::Fixed(exponent) => exponent.clamp(-5000, 5000) as i32,
        Integer::Big(exponent) if exponent < dashu_int::IBig::ZERO => -5000,
        Integer::Big(_) => 5000,
    };
    let result = libm::ldexp(x, exponent);
    if result.is_infinite() {
        return Err(range_error(cx));
    }
    Ok(Value::float(result))
}

pub(super) fn modf<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let x = float_argument(cx, args.at(0))?;
    let (fraction, whole) =
        if x.is_infinite() { (0.0f64.copysign(x), x) } else { ((x - x.trunc()).copysign(x), x.trunc()) };
    cx.tuple(&[Value::float(fraction), Value::float(whole)])
}

pub(super) fn isfinite<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(float_argument(cx, args.at(0))?.is_finite()))
}

pub(super) fn isinf<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(float_argument(cx, args.at(0))?.is_infinite()))
}

pub(super) fn isnan<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(float_argument(cx, args.at(0))?.is_nan()))
}

pub(super) fn isclose<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (a, b) = two(cx, args)?;
    let tolerance = |at, default| args.get(at).map_or(Ok(default), |value| float_argument(cx, value));
    let (relative, absolute) = (tolerance(2, 1e-9)?, tolerance(3, 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::TRUE);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::FALSE);
    }
    let difference = (b - a).abs();
    Ok(Value::bool(
        difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute,
    ))
}

pub(super) fn nextafter<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (x, y) = two(cx, args)?;
    let steps = args.get(2).filter(|steps| !steps.is_none());
    let steps = steps.map_or(Ok(1), |steps| number::index_clamped(cx, steps))?;
    let Ok(steps) = u64::try_from(steps) else {
        return Err(cx.value_error("steps must be a non-negative integer"));
    };
    if steps == 0 || x.is_nan() {
        return Ok(Value::float(x));
    }
    if y.is_nan() || x == y {
        return Ok(Value::float(y));
    }
    // Floats in their order are numbers in sign and magnitude; the steps are taken among these.
    let (from, to) = (rank(x), rank(y));
    let steps = i128::from(steps);
    let rank = if from < to { (from + steps).min(to) } else { (from - steps).max(to) };
    if rank == to {
        return Ok(Value::float(y));
    }
    let magnitude = f64::from_bits(rank.unsigned_abs() as u64);
    let negative = rank < 0 || (rank == 0 && from < 0);
    Ok(Value::float(if negative { -magnitude } else { magnitude }))
}

fn rank(x: f64) -> i128 {
    let magnitude = i128::from(x.abs().to_bits());
    if x.is_sign_negative() { -magnitude } else { magnitude }
}
