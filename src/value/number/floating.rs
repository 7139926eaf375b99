//! Floats.

use crate::heap::Value;
use crate::value::{Builtin, Context, Raised};

use super::{BinaryOp, pair, power};

/// Whether floats have the operator.
pub(super) fn has(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::FloorDiv
            | BinaryOp::Mod
            | BinaryOp::Pow
            | BinaryOp::DivMod
    )
}

/// An operator on two floats; `None` if floats do not have it.
#[inline]
pub(super) fn binary<'t>(cx: &'t Context, op: BinaryOp, a: f64, b: f64) -> Result<Option<Value<'t>>, Raised> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        BinaryOp::Pow => return power::floats(cx, a, b).map(Some),
        BinaryOp::FloorDiv if b != 0.0 => div_mod(a, b).0,
        BinaryOp::Mod if b != 0.0 => modulo(a, b),
        BinaryOp::DivMod if b != 0.0 => {
            let (quotient, rest) = div_mod(a, b);
            return pair(cx, Value::float(quotient), Value::float(rest)).map(Some);
        }
        _ if has(op) => return Err(zero_division(cx, op)),
        _ => return Ok(None),
    };
    Ok(Some(Value::float(result)))
}

#[cold]
fn zero_division(cx: &Context, op: BinaryOp) -> Raised {
    let message = match op {
        BinaryOp::Div => "float division by zero",
        BinaryOp::FloorDiv => "float floor division by zero",
        BinaryOp::Mod => "float modulo by zero",
        _ => "float divmod()",
    };
    cx.raise(Builtin::ZeroDivisionError, message)
}

/// `a % b`: has the sign of `b`.
fn modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0f64.copysign(b)
    } else if (b < 0.0) != (rest < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// `divmod(a, b)`, with the corrections of CPython's `_float_div_mod`: the quotient is integral, the rest has the sign of
/// `b`.
fn div_mod(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(a / b), rest);
    }
    let whole = quotient.floor();
    (if quotient - whole > 0.5 { whole + 1.0 } else { whole }, rest)
}

/// The float nearest to `bits * 2**shift`, ties to even; the lowest bit of `bits` may stand for anything below it, if
/// there are more than 55. `None` if it is too large.
pub(super) fn round_scaled(bits: u128, shift: i64) -> Option<f64> {
    if bits == 0 {
        return Some(0.0);
    }
    let length = i64::from(128 - bits.leading_zeros());
    // The weight of the result's last bit: 53 significant ones, less among the subnormals.
    let last = (length + shift - 53).max(-1074);
    let drop = last - shift;
    let (mantissa, scale) = if drop <= 0 {
        (bits, shift)
    } else if drop > length {
        return Some(0.0);
    } else {
        let kept = bits.checked_shr(drop as u32).unwrap_or(0);
        let rest = bits - kept.checked_shl(drop as u32).unwrap_or(0);
        let half = 1u128 << (drop - 1);
        (kept + u128::from(rest > half || (rest == half && kept & 1 == 1)), last)
    };
    // At most 54 bits, so that this is exact, and so is the scaling, but for an overflow.
    let result = libm::ldexp(mantissa as f64, scale.clamp(-2000, 2000) as i32);
    result.is_finite().then_some(result)
}

/// A sum with the error of each addition kept beside it (Neumaier).
pub(super) struct Compensated {
    sum: f64,
    error: f64,
}

impl Compensated {
    /// Begins with a sum and the error of the additions so far.
    pub(super) fn new(sum: f64, error: f64) -> Compensated {
        Compensated { sum, error }
    }

    /// Adds a float.
    pub(super) fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.error += if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    /// Adds what was an integer: CPython 3.13 does not keep that error.
    pub(super) fn add_plain(&mut self, x: f64) {
        self.sum += x;
    }

    /// The sum and the error.
    pub(super) fn parts(&self) -> (f64, f64) {
        (self.sum, self.error)
    }
}
