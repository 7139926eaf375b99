//! Integers: in the machine word, in 127 bits, and of any size.

use dashu_int::ops::{BitTest, DivRem, UnsignedAbs};
use dashu_int::{IBig, UBig};

use crate::heap::Value;
use crate::value::int::{self, Integer};
use crate::value::{Builtin, Context, Raised, Res};

use super::{BinaryOp, UnaryOp, floating, pair, power, small_result};

/// Up to here integers are floats without rounding.
const MAX_EXACT_FLOAT: i128 = 1 << 53;

type Answer<'t> = Result<Option<Value<'t>>, Raised>;

/// An operator on two integers that fit the word.
#[inline]
pub(super) fn small<'t>(cx: &'t Context, op: BinaryOp, a: i64, b: i64) -> Answer<'t> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => match a.checked_mul(b) {
            Some(product) => product,
            None => return Ok(Some(int::wide(cx, i128::from(a) * i128::from(b)))),
        },
        BinaryOp::FloorDiv if b != 0 => floor_div(a, b),
        BinaryOp::Mod if b != 0 => floor_mod(a, b),
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::RShift if b >= 0 => a >> b.min(63),
        BinaryOp::LShift if (0..16).contains(&b) => a << b,
        // Integers of 48 bits are floats without rounding, so that the quotient is rounded once.
        BinaryOp::Div if b != 0 => return Ok(Some(Value::float(a as f64 / b as f64))),
        _ => return fixed(cx, op, a.into(), b.into()),
    };
    Ok(Some(small_result(cx, result)))
}

fn floor_div(a: i64, b: i64) -> i64 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

fn floor_mod(a: i64, b: i64) -> i64 {
    let rest = a % b;
    if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
}

/// An operator on two values; `None` if one is no integer.
pub(super) fn binary<'t>(cx: &'t Context, op: BinaryOp, a: Value<'t>, b: Value<'t>) -> Answer<'t> {
    if let (Some(a), Some(b)) = (int::fixed_of(a), int::fixed_of(b)) {
        return fixed(cx, op, a, b);
    }
    match op {
        BinaryOp::Pow | BinaryOp::LShift | BinaryOp::RShift => {
            let (Some(a), Some(b)) = (int::integer_of(a), int::integer_of(b)) else { return Ok(None) };
            match op {
                BinaryOp::Pow => power::integers(cx, a, b),
                BinaryOp::LShift => shift_left(cx, a, b),
                _ => shift_right(cx, a, b),
            }
            .map(Some)
        }
        _ => match (int::operand_of(a), int::operand_of(b)) {
            (Some(a), Some(b)) => big(cx, op, &a, &b),
            _ => Ok(None),
        },
    }
}

/// An operator on two integers of at most 127 bits.
pub(super) fn fixed<'t>(cx: &'t Context, op: BinaryOp, a: i128, b: i128) -> Answer<'t> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::DivMod => {
            if b == 0 {
                return Err(zero_division(cx, op));
            }
            // The machine divides words, and a routine what is longer.
            let (mut quotient, mut rest) = match (i64::try_from(a), i64::try_from(b)) {
                (Ok(a), Ok(b)) if b != -1 => ((a / b).into(), (a % b).into()),
                _ => (a / b, a % b),
            };
            if rest != 0 && (rest < 0) != (b < 0) {
                (quotient, rest) = (quotient - 1, rest + b);
            }
            match op {
                BinaryOp::FloorDiv => Some(quotient),
                BinaryOp::Mod => Some(rest),
                _ => return pair(cx, int::wide(cx, quotient), int::wide(cx, rest)).map(Some),
            }
        }
        BinaryOp::Div if b == 0 => return Err(zero_division(cx, op)),
        BinaryOp::Div if a.abs() <= MAX_EXACT_FLOAT && b.abs() <= MAX_EXACT_FLOAT => {
            return Ok(Some(Value::float(a as f64 / b as f64)));
        }
        BinaryOp::Div => None,
        BinaryOp::Pow => return power::integers(cx, Integer::Fixed(a), Integer::Fixed(b)).map(Some),
        BinaryOp::LShift => return shift_left(cx, Integer::Fixed(a), Integer::Fixed(b)).map(Some),
        BinaryOp::RShift if b < 0 => return Err(negative_shift(cx)),
        BinaryOp::RShift => Some(a >> b.min(127)),
        BinaryOp::BitAnd => Some(a & b),
        BinaryOp::BitOr => Some(a | b),
        BinaryOp::BitXor => Some(a ^ b),
        BinaryOp::MatMul => return Ok(None),
    };
    match result {
        Some(result) if result != i128::MIN => Ok(Some(int::wide(cx, result))),
        _ => big(cx, op, &a.into(), &b.into()),
    }
}

/// An operator on two integers of any size, but not a power or a shift.
fn big<'t>(cx: &'t Context, op: BinaryOp, a: &IBig, b: &IBig) -> Answer<'t> {
    let is_division = matches!(op, BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::DivMod | BinaryOp::Div);
    if is_division && *b == IBig::ZERO {
        return Err(zero_division(cx, op));
    }
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => {
            int::check_bits(cx, a.bit_len() + b.bit_len())?;
            a * b
        }
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Div => return divide(cx, a, b).map(|quotient| Some(Value::float(quotient))),
        // With equal signs the quotient is not rounded, and the rest has the sign it should have.
        BinaryOp::FloorDiv if a.sign() == b.sign() => a / b,
        BinaryOp::Mod if a.sign() == b.sign() => a % b,
        BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::DivMod => {
            let (quotient, rest) = big_div_mod(a, b);
            match op {
                BinaryOp::FloorDiv => quotient,
                BinaryOp::Mod => rest,
                _ => return pair(cx, int::big(cx, &quotient)?, int::big(cx, &rest)?).map(Some),
            }
        }
        BinaryOp::MatMul | BinaryOp::Pow | BinaryOp::LShift | BinaryOp::RShift => return Ok(None),
    };
    int::big(cx, &result).map(Some)
}

/// Quotient towards minus infinity, and the rest, which has the divisor's sign.
pub(super) fn big_div_mod(a: &IBig, b: &IBig) -> (IBig, IBig) {
    let (quotient, rest) = a.div_rem(b);
    if rest != IBig::ZERO && (rest < IBig::ZERO) != (*b < IBig::ZERO) {
        (quotient - IBig::ONE, rest + b)
    } else {
        (quotient, rest)
    }
}

#[cold]
fn zero_division(cx: &Context, op: BinaryOp) -> Raised {
    let message = match op {
        BinaryOp::Div => "division by zero",
        BinaryOp::Mod => "integer modulo by zero",
        _ => "integer division or modulo by zero",
    };
    cx.raise(Builtin::ZeroDivisionError, message)
}

#[cold]
fn negative_shift(cx: &Context) -> Raised {
    cx.value_error("negative shift count")
}

/// `a << b`
///
/// # Errors
/// `ValueError` for a negative count, `OverflowError` and `MemoryError` for one that is too large.
pub fn shift_left(cx: &Context, a: Integer, b: Integer) -> Res<'_> {
    if is_negative(&b) {
        return Err(negative_shift(cx));
    }
    if matches!(a, Integer::Fixed(0)) {
        return Ok(cx.int(0));
    }
    let count = match b {
        Integer::Fixed(count) => i64::try_from(count).ok(),
        Integer::Big(_) => None,
    };
    let Some(count) = count else {
        return Err(cx.raise(Builtin::OverflowError, "too many digits in integer"));
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    int::check_bits(cx, count.saturating_add(bit_length(&a)))?;
    match a {
        Integer::Fixed(a) if count + bit_length(&Integer::Fixed(a)) < 127 => Ok(int::wide(cx, a << count)),
        a => int::big(cx, &(a.into_big() << count)),
    }
}

fn shift_right(cx: &Context, a: Integer, b: Integer) -> Res<'_> {
    if is_negative(&b) {
        return Err(negative_shift(cx));
    }
    let count = match b {
        Integer::Fixed(count) => usize::try_from(count).unwrap_or(usize::MAX),
        Integer::Big(_) => usize::MAX,
    };
    if count >= bit_length(&a) {
        return Ok(cx.int(if is_negative(&a) { -1 } else { 0 }));
    }
    match a {
        Integer::Fixed(a) => Ok(int::wide(cx, a >> count.min(127))),
        Integer::Big(a) => int::big(cx, &(a >> count)),
    }
}

/// Whether it is below zero.
pub(super) fn is_negative(value: &Integer) -> bool {
    match value {
        Integer::Fixed(value) => *value < 0,
        Integer::Big(value) => *value < IBig::ZERO,
    }
}

/// Bits of the magnitude: `value.bit_length()`.
pub fn bit_length(value: &Integer) -> usize {
    match value {
        Integer::Fixed(value) => (128 - value.unsigned_abs().leading_zeros()) as usize,
        Integer::Big(value) => value.unsigned_abs().bit_len(),
    }
}

/// A value from an integer of either size.
///
/// # Errors
/// `MemoryError`.
pub fn from_integer(cx: &Context, value: Integer) -> Res<'_> {
    match value {
        Integer::Fixed(value) if value != i128::MIN => Ok(int::wide(cx, value)),
        value => int::big(cx, &value.into_big()),
    }
}

/// The quotient of two integers as the nearest float, ties to even.
fn divide(cx: &Context, a: &IBig, b: &IBig) -> Result<f64, Raised> {
    let negative = (*a < IBig::ZERO) != (*b < IBig::ZERO);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    if a == UBig::ZERO {
        return Ok(if negative { -0.0 } else { 0.0 });
    }
    // A quotient of 66 or 67 bits times a power of two; its last bit says whether there is a rest.
    let shift = a.bit_len() as i64 - b.bit_len() as i64 - 66;
    let (a, b) = if shift < 0 { (a << shift.unsigned_abs() as usize, b) } else { (a, b << shift as usize) };
    let (quotient, rest) = (&a / &b, &a % &b);
    let bits = u128::try_from(quotient).unwrap_or(0) | u128::from(rest != UBig::ZERO);
    let Some(quotient) = floating::round_scaled(bits, shift) else {
        return Err(cx.raise(Builtin::OverflowError, "integer division result too large for a float"));
    };
    Ok(if negative { -quotient } else { quotient })
}

/// An operator on one value; `None` if it is no integer.
pub(super) fn unary<'t>(cx: &'t Context, op: UnaryOp, a: Value<'t>) -> Answer<'t> {
    let plain = a.plain();
    let Some(value) = int::integer_of(plain) else { return Ok(None) };
    let result = match (op, value) {
        (UnaryOp::Pos, value) => {
            return if plain.as_bool().is_some() {
                from_integer(cx, value).map(Some)
            } else {
                Ok(Some(plain))
            };
        }
        (UnaryOp::Abs, value) if !is_negative(&value) => {
            return if plain.as_bool().is_some() {
                from_integer(cx, value).map(Some)
            } else {
                Ok(Some(plain))
            };
        }
        (UnaryOp::Invert, Integer::Fixed(value)) => Integer::Fixed(!value),
        (UnaryOp::Invert, Integer::Big(value)) => Integer::Big(!value),
        (_, Integer::Fixed(value)) if value != i128::MIN => Integer::Fixed(-value),
        (_, value) => Integer::Big(-value.into_big()),
    };
    from_integer(cx, result).map(Some)
}
