//! What the operators do with complex numbers: the algorithms of CPython's `Objects/complexobject.c`.

use std::cmp::Ordering;

use crate::heap::Value;
use crate::value::complex::{Complex, Parts, value_of};
use crate::value::{Builtin, Context, Raised, float, int};

use super::{BinaryOp, UnaryOp, to_float};

/// Exponents up to this, if they are whole, are reached by multiplication.
const MAX_WHOLE_EXPONENT: f64 = 100.0;

const ONE: Parts = Parts { re: 1.0, im: 0.0 };

/// `a op b` where at least one is complex; `None` if the other is no number, or they do not have the operator.
///
/// # Errors
/// `ZeroDivisionError`; `OverflowError`, also for an integer that is too large.
pub(super) fn binary<'t>(
    cx: &'t Context,
    op: BinaryOp,
    a: Value<'t>,
    b: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    if value_of(a).is_none() && value_of(b).is_none() {
        return Ok(None);
    }
    let (Some(a), Some(b)) = (parts_of(cx, a)?, parts_of(cx, b)?) else { return Ok(None) };
    let result = match op {
        BinaryOp::Add => Parts { re: a.re + b.re, im: a.im + b.im },
        BinaryOp::Sub => Parts { re: a.re - b.re, im: a.im - b.im },
        BinaryOp::Mul => product(a, b),
        BinaryOp::Div => {
            quotient(a, b).ok_or_else(|| cx.raise(Builtin::ZeroDivisionError, "complex division by zero"))?
        }
        BinaryOp::Pow => power(cx, a, b)?,
        _ => return Ok(None),
    };
    Ok(Some(Complex::make(cx, result)))
}

/// A number as a complex one; `None` if it is none.
///
/// # Errors
/// `OverflowError` for an integer that is too large.
pub(crate) fn parts_of(cx: &Context, value: Value<'_>) -> Result<Option<Parts>, Raised> {
    if let Some(parts) = value_of(value) {
        return Ok(Some(parts));
    }
    if float::value_of(value).is_none() && !int::is_int(value) {
        return Ok(None);
    }
    Ok(Some(Parts { re: to_float(cx, value)?, im: 0.0 }))
}

fn product(a: Parts, b: Parts) -> Parts {
    Parts { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re }
}

/// `None` if `b` is zero.
fn quotient(a: Parts, b: Parts) -> Option<Parts> {
    let (re, im) = (b.re.abs(), b.im.abs());
    if re >= im {
        if re == 0.0 {
            return None;
        }
        let ratio = b.im / b.re;
        let denominator = b.re + b.im * ratio;
        let parts = (a.re + a.im * ratio, a.im - a.re * ratio);
        Some(Parts { re: parts.0 / denominator, im: parts.1 / denominator })
    } else if im >= re {
        let ratio = b.re / b.im;
        let denominator = b.re * ratio + b.im;
        let parts = (a.re * ratio + a.im, a.im * ratio - a.re);
        Some(Parts { re: parts.0 / denominator, im: parts.1 / denominator })
    } else {
        Some(Parts { re: f64::NAN, im: f64::NAN })
    }
}

/// `a ** b`
///
/// # Errors
/// `ZeroDivisionError`, `OverflowError`.
pub(super) fn power(cx: &Context, a: Parts, b: Parts) -> Result<Parts, Raised> {
    let no_zero = || cx.raise(Builtin::ZeroDivisionError, "0.0 to a negative or complex power");
    let is_whole = b.im == 0.0 && b.re == b.re.floor() && b.re.abs() <= MAX_WHOLE_EXPONENT;
    let result = if is_whole && b.re > 0.0 {
        whole_power(a, b.re as u32)
    } else if is_whole {
        quotient(ONE, whole_power(a, -b.re as u32)).ok_or_else(no_zero)?
    } else if a.re == 0.0 && a.im == 0.0 {
        if b.im != 0.0 || b.re < 0.0 {
            return Err(no_zero());
        }
        Parts { re: 0.0, im: 0.0 }
    } else {
        polar_power(a, b)
    };
    if result.re.is_infinite() || result.im.is_infinite() {
        return Err(cx.raise(Builtin::OverflowError, "complex exponentiation"));
    }
    Ok(result)
}

fn whole_power(base: Parts, exponent: u32) -> Parts {
    let (mut result, mut square, mut mask) = (ONE, base, 1);
    while exponent >= mask {
        if exponent & mask != 0 {
            result = product(result, square);
        }
        mask <<= 1;
        square = product(square, square);
    }
    result
}

fn polar_power(a: Parts, b: Parts) -> Parts {
    let length = a.re.hypot(a.im);
    let angle = a.im.atan2(a.re);
    let (mut scale, mut phase) = (length.powf(b.re), angle * b.re);
    if b.im != 0.0 {
        scale /= (angle * b.im).exp();
        phase += b.im * length.ln();
    }
    Parts { re: scale * phase.cos(), im: scale * phase.sin() }
}

/// `op a`; `None` if it is not complex or has not the operator.
///
/// # Errors
/// `OverflowError`
pub(super) fn unary<'t>(cx: &'t Context, op: UnaryOp, a: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    let Some(parts) = value_of(a) else { return Ok(None) };
    Ok(match op {
        UnaryOp::Neg => Some(Complex::make(cx, Parts { re: -parts.re, im: -parts.im })),
        UnaryOp::Pos => Some(Complex::make(cx, parts)),
        UnaryOp::Abs => {
            let length = parts.re.hypot(parts.im);
            if length.is_infinite() && parts.re.is_finite() && parts.im.is_finite() {
                return Err(cx.raise(Builtin::OverflowError, "absolute value too large"));
            }
            Some(Value::float(length))
        }
        UnaryOp::Invert => None,
    })
}

/// Whether two numbers are equal; `None` if neither is complex, or one is no number.
pub fn equal(a: Value<'_>, b: Value<'_>) -> Option<bool> {
    match (value_of(a), value_of(b)) {
        (Some(a), Some(b)) => Some(a == b),
        (Some(complex), None) => equal_to_real(complex, b),
        (None, Some(complex)) => equal_to_real(complex, a),
        (None, None) => None,
    }
}

fn equal_to_real(complex: Parts, real: Value<'_>) -> Option<bool> {
    let order = super::compare(Value::float(complex.re), real)?;
    Some(complex.im == 0.0 && order == Some(Ordering::Equal))
}
