//! `**` and `pow`.

use dashu_int::IBig;
use dashu_int::ops::{BitTest, UnsignedAbs};

use crate::heap::Value;
use crate::value::complex::{self, Complex, Parts};
use crate::value::int::{self, Integer};
use crate::value::{Builtin, Context, Raised, Res, float};

use super::convert::integer_to_float;
use super::from_integer;
use super::integer::{big_div_mod, bit_length, is_negative};

/// Up to so many bits a power is one step of the library.
const SHORT_POWER: usize = 1 << 18;

/// `base ** exponent` of integers; a float where the exponent is negative.
pub(super) fn integers(cx: &Context, base: Integer, exponent: Integer) -> Res<'_> {
    if is_negative(&exponent) {
        let (base, exponent) = (integer_to_float(cx, &base)?, integer_to_float(cx, &exponent)?);
        return floats(cx, base, exponent);
    }
    if matches!(exponent, Integer::Fixed(0)) {
        return Ok(cx.int(1));
    }
    match (&base, is_odd(&exponent)) {
        (Integer::Fixed(0 | 1), _) | (Integer::Fixed(-1), true) => return from_integer(cx, base),
        (Integer::Fixed(-1), false) => return Ok(cx.int(1)),
        _ => {}
    }
    let Integer::Fixed(exponent) = exponent else { return Err(cx.memory_error()) };
    let Ok(exponent) = usize::try_from(exponent) else { return Err(cx.memory_error()) };
    // At least this many bits: of the base all but the first count for certain.
    int::check_bits(cx, (bit_length(&base) - 1).max(1).saturating_mul(exponent))?;
    if let Integer::Fixed(base) = base
        && let Ok(exponent) = u32::try_from(exponent)
        && let Some(power) = base.checked_pow(exponent)
    {
        return from_integer(cx, Integer::Fixed(power));
    }
    int::big(cx, &big_power(cx, &base.into_big(), exponent)?)
}

/// A power whose size is within the limits. The library's steps are taken one by one where they are long, so that Ctrl-C is
/// answered between them.
fn big_power(cx: &Context, base: &IBig, exponent: usize) -> Result<IBig, Raised> {
    if base.unsigned_abs().bit_len().saturating_mul(exponent) <= SHORT_POWER {
        return Ok(base.pow(exponent));
    }
    let half = big_power(cx, base, exponent / 2)?;
    cx.check_interrupt()?;
    let square = half.sqr();
    Ok(if exponent % 2 == 1 { IBig::from(square) * base } else { square.into() })
}

fn is_odd(value: &Integer) -> bool {
    match value {
        Integer::Fixed(value) => value & 1 == 1,
        Integer::Big(value) => value & &IBig::ONE == IBig::ONE,
    }
}

/// `base ** exponent` of floats; a broken power of a negative number is complex.
pub(super) fn floats(cx: &Context, base: f64, exponent: f64) -> Res<'_> {
    if exponent == 0.0 || base == 1.0 {
        return Ok(Value::float(1.0));
    }
    if base == 0.0 && exponent < 0.0 {
        return Err(cx.raise(Builtin::ZeroDivisionError, "0.0 cannot be raised to a negative power"));
    }
    let is_finite = base.is_finite() && exponent.is_finite();
    if is_finite && base < 0.0 && exponent != exponent.floor() {
        let (base, exponent) = (Parts { re: base, im: 0.0 }, Parts { re: exponent, im: 0.0 });
        return super::complex::power(cx, base, exponent).map(|power| Complex::make(cx, power));
    }
    let power = base.powf(exponent);
    if power.is_infinite() && is_finite {
        return Err(out_of_range(cx));
    }
    Ok(Value::float(power))
}

/// The `OverflowError` with the words of the system's library.
#[cold]
fn out_of_range(cx: &Context) -> Raised {
    match cx.str("Numerical result out of range") {
        Ok(message) => cx.raise_with(Builtin::OverflowError, &[cx.int(34), message]),
        Err(raised) => raised,
    }
}

/// `pow(base, exponent, modulus)`; `None` if one of them is no integer and none is a float.
///
/// # Errors
/// `TypeError` for floats, `ValueError` for a modulus of zero or where there is no inverse.
pub fn power_mod<'t>(
    cx: &'t Context,
    base: Value<'t>,
    exponent: Value<'t>,
    modulus: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    let values = [base, exponent, modulus];
    let integers = values.map(int::integer_of);
    let [Some(base), Some(exponent), Some(modulus)] = integers else {
        if values.iter().any(|value| complex::value_of(*value).is_some()) {
            return Err(cx.value_error("complex modulo"));
        }
        if values.iter().all(|value| float::value_of(*value).is_none()) {
            return Ok(None);
        }
        let message = "pow() 3rd argument not allowed unless all arguments are integers";
        return Err(cx.type_error(message));
    };
    if matches!(modulus, Integer::Fixed(0)) {
        return Err(cx.value_error("pow() 3rd argument cannot be 0"));
    }
    if let (Integer::Fixed(base), Integer::Fixed(exponent), Integer::Fixed(modulus)) =
        (&base, &exponent, &modulus)
        && let Some(result) = small_power_mod(*base, *exponent, *modulus)
    {
        return Ok(Some(int::wide(cx, result)));
    }
    let modulus = modulus.into_big();
    let magnitude = IBig::from(modulus.clone().unsigned_abs());
    let mut base = big_div_mod(&base.into_big(), &magnitude).1;
    let exponent = exponent.into_big();
    if exponent < IBig::ZERO {
        let Some(inverse) = inverse(&base, &magnitude) else {
            return Err(cx.value_error("base is not invertible for the given modulus"));
        };
        base = inverse;
    }
    let power = modular_power(&base, &exponent, &magnitude);
    int::big(cx, &big_div_mod(&power, &modulus).1).map(Some)
}

/// The common case: everything fits 63 bits, so that products fit 127.
fn small_power_mod(base: i128, exponent: i128, modulus: i128) -> Option<i128> {
    let magnitude = u64::try_from(modulus.unsigned_abs()).ok()?;
    let mut exponent = u128::try_from(exponent).ok()?;
    let reduced = base.rem_euclid(magnitude.into()) as u128;
    let wide = u128::from(magnitude);
    let (mut square, mut power) = (reduced, 1 % wide);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * square % wide;
        }
        square = square * square % wide;
        exponent >>= 1;
    }
    let power = power as i128;
    Some(if modulus < 0 && power != 0 { power + modulus } else { power })
}

/// The number whose product with `base` is 1 modulo `modulus`, by Euclid's extended algorithm.
fn inverse(base: &IBig, modulus: &IBig) -> Option<IBig> {
    let (mut a, mut b) = (base.clone(), modulus.clone());
    let (mut x, mut y) = (IBig::ONE, IBig::ZERO);
    while b != IBig::ZERO {
        let (quotient, rest) = big_div_mod(&a, &b);
        let next = &x - &quotient * &y;
        (a, b) = (b, rest);
        (x, y) = (y, next);
    }
    // Modulo one everything is zero, which has an inverse there.
    (a == IBig::ONE).then(|| big_div_mod(&x, modulus).1)
}

fn modular_power(base: &IBig, exponent: &IBig, modulus: &IBig) -> IBig {
    let (base, exponent, modulus) = (base.unsigned_abs(), exponent.unsigned_abs(), modulus.unsigned_abs());
    let ring = dashu_int::fast_div::ConstDivisor::new(modulus);
    IBig::from(ring.reduce(base).pow(&exponent).residue())
}
