//! `math`. Functions of one float are a table; whole numbers and sums have files of their own.
//!
//! The system's library computes what Rust's `std` passes on to it, as in CPython, so that the last digit is the same; the
//! gamma and error functions and the cube root are Rust's own and may differ there. The words of the errors are CPython
//! 3.13's.

mod float;
mod integer;
mod sums;
#[cfg(test)]
mod tests;

use crate::heap::Value;
use crate::value::{Builtin, Context, Raised};
use crate::vm::native::Row;

use super::ModuleDef;

/// The module.
pub(crate) static MODULE: ModuleDef = ModuleDef { name: "math", rows: ROWS, constants, source: None };

static ROWS: &[Row] = &[
    Row::leaf("acos(x, /)", float::acos).twin("math_acos"),
    Row::leaf("acosh(x, /)", float::acosh).twin("math_acosh"),
    Row::leaf("asin(x, /)", float::asin).twin("math_asin"),
    Row::leaf("asinh(x, /)", float::asinh).twin("math_asinh"),
    Row::leaf("atan(x, /)", float::atan).twin("math_atan"),
    Row::leaf("atan2(y, x, /)", float::atan2).twin("math_atan2"),
    Row::leaf("atanh(x, /)", float::atanh).twin("math_atanh"),
    Row::leaf("cbrt(x, /)", float::cbrt).twin("math_cbrt"),
    Row::leaf("ceil(x, /)", integer::ceil).twin("math_ceil"),
    Row::leaf("comb(n, k, /)", integer::comb).twin("math_comb"),
    Row::leaf("copysign(x, y, /)", float::copysign).twin("math_copysign"),
    Row::leaf("cos(x, /)", float::cos).twin("math_cos"),
    Row::leaf("cosh(x, /)", float::cosh).twin("math_cosh"),
    Row::leaf("degrees(x, /)", float::degrees).twin("math_degrees"),
    Row::leaf("dist(p, q, /)", sums::dist).twin("math_dist"),
    Row::leaf("erf(x, /)", float::erf).twin("math_erf"),
    Row::leaf("erfc(x, /)", float::erfc).twin("math_erfc"),
    Row::leaf("exp(x, /)", float::exp).twin("math_exp"),
    Row::leaf("exp2(x, /)", float::exp2).twin("math_exp2"),
    Row::leaf("expm1(x, /)", float::expm1).twin("math_expm1"),
    Row::leaf("fabs(x, /)", float::fabs).twin("math_fabs"),
    Row::leaf("factorial(n, /)", integer::factorial).twin("math_factorial"),
    Row::leaf("floor(x, /)", integer::floor).twin("math_floor"),
    Row::leaf("fma(x, y, z, /)", float::fma).twin("math_fma"),
    Row::leaf("fmod(x, y, /)", float::fmod).twin("math_fmod"),
    Row::leaf("frexp(x, /)", float::frexp).twin("math_frexp"),
    Row::leaf("fsum(seq, /)", sums::fsum).twin("math_fsum"),
    Row::leaf("gamma(x, /)", float::gamma).twin("math_gamma"),
    Row::leaf("gcd(*integers)", integer::gcd).twin("math_gcd"),
    Row::leaf("hypot(*coordinates)", sums::hypot).twin("math_hypot"),
    Row::leaf("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)", float::isclose).twin("math_isclose"),
    Row::leaf("isfinite(x, /)", float::isfinite).twin("math_isfinite"),
    Row::leaf("isinf(x, /)", float::isinf).twin("math_isinf"),
    Row::leaf("isnan(x, /)", float::isnan).twin("math_isnan"),
    Row::leaf("isqrt(n, /)", integer::isqrt).twin("math_isqrt"),
    Row::leaf("lcm(*integers)", integer::lcm).twin("math_lcm"),
    Row::leaf("ldexp(x, i, /)", float::ldexp).twin("math_ldexp"),
    Row::leaf("lgamma(x, /)", float::lgamma).twin("math_lgamma"),
    Row::leaf("log(x, base=None, /)", integer::log).twin("math_log"),
    Row::leaf("log10(x, /)", integer::log10).twin("math_log10"),
    Row::leaf("log1p(x, /)", float::log1p).twin("math_log1p"),
    Row::leaf("log2(x, /)", integer::log2).twin("math_log2"),
    Row::leaf("modf(x, /)", float::modf).twin("math_modf"),
    Row::leaf("nextafter(x, y, /, *, steps=None)", float::nextafter).twin("math_nextafter"),
    Row::leaf("perm(n, k=None, /)", integer::perm).twin("math_perm"),
    Row::leaf("pow(x, y, /)", float::pow).twin("math_pow"),
    Row::leaf("prod(iterable, /, *, start=1)", sums::prod).twin("math_prod"),
    Row::leaf("radians(x, /)", float::radians).twin("math_radians"),
    Row::leaf("remainder(x, y, /)", float::remainder).twin("math_remainder"),
    Row::leaf("sin(x, /)", float::sin).twin("math_sin"),
    Row::leaf("sinh(x, /)", float::sinh).twin("math_sinh"),
    Row::leaf("sqrt(x, /)", float::sqrt).twin("math_sqrt"),
    Row::leaf("sumprod(p, q, /)", sums::sumprod).twin("math_sumprod"),
    Row::leaf("tan(x, /)", float::tan).twin("math_tan"),
    Row::leaf("tanh(x, /)", float::tanh).twin("math_tanh"),
    Row::leaf("trunc(x, /)", integer::trunc).twin("math_trunc"),
    Row::leaf("ulp(x, /)", float::ulp).twin("math_ulp"),
];

fn constants(_: &Context, define: &mut dyn FnMut(&str, Value<'_>)) {
    use std::f64::consts;
    define("e", Value::float(consts::E));
    define("inf", Value::float(f64::INFINITY));
    define("nan", Value::float(f64::NAN));
    define("pi", Value::float(consts::PI));
    define("tau", Value::float(consts::TAU));
}

#[cold]
fn domain_error(cx: &Context) -> Raised {
    cx.value_error("math domain error")
}

#[cold]
fn range_error(cx: &Context) -> Raised {
    cx.raise(Builtin::OverflowError, "math range error")
}
