//! Hashes as CPython computes them: they decide the order of sets, so they are output.

use std::hash::Hasher;
use std::sync::atomic::Ordering;

use siphasher::sip::SipHasher13;

use crate::heap::{Kind, Value};

use super::bytes::Bytes;
use super::class::class_flag;
use super::context::{Context, Raised};
use super::recursion::HASH;
use super::set::Set;
use super::str::Str;
use super::tuple::{Tuple, short_tuple};
use super::{int, text::wtf8};

/// 2^61 - 1: numbers that are equal have equal hashes modulo it.
const MODULUS: u64 = (1 << 61) - 1;
/// The hash of infinity (`sys.hash_info.inf`).
const INFINITY_HASH: i64 = 314_159;
/// The hash of None.
const NONE_HASH: i64 = 0xFCA8_6420;

/// The hash of a value.
///
/// # Errors
/// `TypeError` where the type is unhashable; [`Context::needs_code`] where the class defines `__hash__`.
#[inline(always)]
pub fn hash(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    match known_hash(value) {
        Some(known) => Ok(known),
        None => hash_slow(cx, value),
    }
}

/// The hash that shows at a glance: of a small integer, and of a string that was hashed before.
#[inline(always)]
pub(super) fn known_hash(value: Value<'_>) -> Option<i64> {
    if value.word().is_small() {
        return Some(int_hash(value.word().as_small()));
    }
    if value.kind() == Some(Kind::Str) { value.get::<Str>()?.known_hash() } else { None }
}

/// The hash of what has one without code of the language and without fail, if that is soon seen: numbers, strings,
/// constants, and short tuples of those.
#[inline(always)]
pub fn simple_hash(cx: &Context, value: Value<'_>) -> Option<i64> {
    match known_hash(value) {
        None => simple_hash_slow(cx, value),
        known => known,
    }
}

#[inline(never)]
fn simple_hash_slow(cx: &Context, value: Value<'_>) -> Option<i64> {
    match short_tuple(value) {
        Some(items) => combine(items.iter().map(|item| item_hash(cx, *item).ok_or(()))).ok(),
        None => item_hash(cx, value),
    }
}

/// [`simple_hash`] but of tuples.
#[inline(always)]
fn item_hash(cx: &Context, value: Value<'_>) -> Option<i64> {
    if let Some(known) = known_hash(value) {
        return Some(known);
    }
    if let Some(float) = value.as_float() {
        return Some(float_hash(float));
    }
    if let Some(truth) = value.as_bool() {
        return Some(truth.into());
    }
    match value.kind() {
        None => Some(if value.is_none() { NONE_HASH } else { value.word().0 as i64 }),
        Some(Kind::Str) => value.get::<Str>().map(|string| str_hash(cx, string)),
        Some(_) => None,
    }
}

fn hash_slow(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    if let Some(hash) = simple_hash_slow(cx, value) {
        return Ok(hash);
    }
    let Some(header) = value.header() else { return Ok(0) };
    let class = cx.class_of(value);
    if class.has(class_flag::CUSTOM_HASH) {
        return Err(cx.needs_code());
    }
    if class.has(class_flag::UNHASHABLE) {
        return Err(unhashable(cx, value));
    }
    let value = value.plain();
    match value.kind().unwrap_or(header.kind()) {
        Kind::Str => Ok(value.get::<Str>().map_or(0, |string| str_hash(cx, string))),
        Kind::Int | Kind::BigInt => Ok(int::hash_of(value)),
        Kind::Complex => Ok(super::complex::value_of(value).map_or(0, complex_hash)),
        Kind::Bytes => Ok(value.get::<Bytes>().map_or(0, |bytes| bytes_hash(cx, bytes))),
        Kind::Tuple => match value.get::<Tuple>() {
            Some(tuple) => cx.nested(&HASH, || tuple_hash(cx, tuple.items())),
            None => Ok(0),
        },
        Kind::FrozenSet => Ok(value.get::<Set>().map_or(0, Set::frozen_hash)),
        Kind::Slice => match value.get::<super::slice::Slice>() {
            Some(slice) => cx.nested(&HASH, || tuple_hash(cx, &slice.parts())),
            None => Ok(0),
        },
        Kind::Range => super::range::hash(cx, value),
        Kind::BoundMethod | Kind::Native | Kind::Code => Ok(super::function::hash(cx, value)),
        _ if value.header().is_none() => hash_slow(cx, value),
        _ => Ok(identity_hash(cx, value)),
    }
}

/// The `TypeError` of an unhashable value.
#[cold]
pub fn unhashable(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("unhashable type: '{}'", cx.type_name(value)))
}

/// The hash of an object that has none of its own.
pub fn identity_hash(cx: &Context, value: Value<'_>) -> i64 {
    value.header().map_or(0, |header| i64::from(header.identity(&cx.world().heap.identities)))
}

/// The hash of an integer.
#[inline]
pub fn int_hash(value: i64) -> i64 {
    if value.unsigned_abs() < MODULUS {
        return not_minus_one(value);
    }
    let magnitude = (value.unsigned_abs() % MODULUS) as i64;
    not_minus_one(if value < 0 { -magnitude } else { magnitude })
}

/// The hash of an integer whose magnitude is given modulo 2^61 - 1.
pub fn reduced_hash(magnitude: u64, negative: bool) -> i64 {
    not_minus_one(if negative { -(magnitude as i64) } else { magnitude as i64 })
}

/// What the imaginary part of a complex number counts (`sys.hash_info.imag`).
const IMAGINARY_FACTOR: i64 = 1_000_003;

fn complex_hash(parts: super::complex::Parts) -> i64 {
    let imaginary = float_hash(parts.im).wrapping_mul(IMAGINARY_FACTOR);
    not_minus_one(float_hash(parts.re).wrapping_add(imaginary))
}

/// The hash of a float: that of the integer it equals, if it equals one.
pub fn float_hash(value: f64) -> i64 {
    if value.is_infinite() {
        return if value > 0.0 { INFINITY_HASH } else { -INFINITY_HASH };
    }
    if value.is_nan() {
        return 0;
    }
    let (mut mantissa, mut exponent) = frexp(value.abs());
    let mut sum = 0u64;
    while mantissa != 0.0 {
        sum = (sum << 28) & MODULUS | sum >> (61 - 28);
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let digit = mantissa as u64;
        mantissa -= digit as f64;
        sum += digit;
        if sum >= MODULUS {
            sum -= MODULUS;
        }
    }
    let shift = exponent.rem_euclid(61) as u32;
    let sum = if shift == 0 { sum } else { (sum << shift) & MODULUS | sum >> (61 - shift) };
    reduced_hash(sum, value < 0.0)
}

/// Mantissa in [0.5, 1) and exponent.
fn frexp(value: f64) -> (f64, i32) {
    if value == 0.0 {
        return (0.0, 0);
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    if exponent == 0 {
        let (mantissa, exponent) = frexp(value * 18_014_398_509_481_984.0);
        return (mantissa, exponent - 54);
    }
    (f64::from_bits(bits & !(0x7FF << 52) | 1022 << 52), exponent - 1022)
}

fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of a string: SipHash-1-3 of its code points in the width CPython would store them in.
pub fn str_hash(cx: &Context, string: &Str) -> i64 {
    if let Some(known) = string.known_hash() {
        return known;
    }
    let hash = if string.is_ascii() {
        sip(cx, string.as_bytes())
    } else {
        let widest = wtf8::code_points(string.as_bytes()).max().unwrap_or(0);
        let width = if widest < 0x100 {
            1
        } else if widest < 0x1_0000 {
            2
        } else {
            4
        };
        let mut units = Vec::with_capacity(string.char_count() * width);
        for point in wtf8::code_points(string.as_bytes()) {
            units.extend_from_slice(&point.to_le_bytes()[..width]);
        }
        sip(cx, &units)
    };
    string.hash.store(hash as u64, Ordering::Relaxed);
    hash
}

/// The hash of a bytes object.
pub fn bytes_hash(cx: &Context, bytes: &Bytes) -> i64 {
    sip(cx, bytes.as_bytes())
}

fn sip(cx: &Context, bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    let (k0, k1) = cx.world().hash_seed;
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(bytes);
    not_minus_one(hasher.finish() as i64)
}

/// The hash of a tuple.
///
/// # Errors
/// As [`hash`].
pub fn tuple_hash(cx: &Context, items: &[Value<'_>]) -> Result<i64, Raised> {
    combine(items.iter().enumerate().map(|(step, item)| {
        cx.poll(step)?;
        hash(cx, *item)
    }))
}

/// The hash of a tuple whose items have these hashes: xxHash's rounds over them.
///
/// # Errors
/// The first that comes instead of a hash.
pub fn combine<E>(hashes: impl ExactSizeIterator<Item = Result<i64, E>>) -> Result<i64, E> {
    const PRIME1: u64 = 11_400_714_785_074_694_791;
    const PRIME2: u64 = 14_029_467_366_897_019_727;
    const PRIME5: u64 = 2_870_177_450_012_600_261;
    let count = hashes.len() as u64;
    let mut sum = PRIME5;
    for hash in hashes {
        let lane = hash? as u64;
        sum = sum.wrapping_add(lane.wrapping_mul(PRIME2)).rotate_left(31).wrapping_mul(PRIME1);
    }
    sum = sum.wrapping_add(count ^ (PRIME5 ^ 3_527_539));
    Ok(if sum == u64::MAX { 1_546_275_796 } else { sum as i64 })
}
