//! `int`: 48 bits in the word, up to 127 bits in a cell, above that the library's big integers.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use dashu_int::{IBig, Sign, UBig};

use crate::heap::{Header, Kind, MAX_SMALL, MIN_SMALL, Object, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised, Res};

/// An integer of up to 127 bits that does not fit the word.
#[repr(C)]
pub struct Int {
    header: Header,
    low: u64,
    high: i64,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Int {
    const KIND: Kind = Kind::Int;
}

impl Int {
    fn value(&self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low)
    }
}

/// An integer of more; its magnitude follows in 64-bit limbs, least first. The header's count is 1 if it is negative.
#[repr(C)]
pub struct BigInt {
    header: Header,
    limbs: u64,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for BigInt {
    const KIND: Kind = Kind::BigInt;
}

/// The most bits an integer has.
pub const MAX_BITS: usize = 1 << 33;

/// Makes sure that there can be an integer of so many bits.
///
/// # Errors
/// `MemoryError`.
pub fn check_bits(cx: &Context, bits: usize) -> Result<(), Raised> {
    if bits > MAX_BITS { Err(cx.memory_error()) } else { cx.check_room(bits / 8) }
}

impl BigInt {
    fn sign(&self) -> Sign {
        if self.header.aux() == 1 { Sign::Negative } else { Sign::Positive }
    }

    fn limbs(&self) -> &[u64] {
        // SAFETY: that many limbs follow the object.
        unsafe { std::slice::from_raw_parts((self as *const BigInt).add(1).cast(), self.limbs as usize) }
    }
}

/// A big integer whose limbs the library reads where they stand, in the object.
pub struct Borrowed<'t> {
    value: ManuallyDrop<IBig>,
    object: PhantomData<&'t BigInt>,
}

impl<'t> Borrowed<'t> {
    fn new(big: &'t BigInt) -> Borrowed<'t> {
        // SAFETY:
        // - The object is alive and does not change for longer than this value: the limbs are as good as static.
        // - The library's integer, which does not own them, is neither changed nor dropped: it is only lent out.
        // - The highest limb is not zero: the limbs are those of an integer of the library.
        let value = unsafe {
            let limbs: &'static [u64] = std::slice::from_raw_parts(big.limbs().as_ptr(), big.limbs().len());
            IBig::from_static_words(big.sign(), limbs)
        };
        Borrowed { value: ManuallyDrop::new(value), object: PhantomData }
    }
}

/// An operand of the library's operators.
pub enum Operand<'t> {
    /// It is no object, or a small one.
    Fixed(IBig),
    /// It stands in its object.
    Big(Borrowed<'t>),
}

impl Deref for Operand<'_> {
    type Target = IBig;

    fn deref(&self) -> &IBig {
        match self {
            Operand::Fixed(value) => value,
            Operand::Big(big) => &big.value,
        }
    }
}

/// An integer by its size.
#[derive(Clone, Debug)]
pub enum Integer {
    /// At most 127 bits.
    Fixed(i128),
    /// More.
    Big(IBig),
}

impl Integer {
    /// As a big integer.
    pub fn into_big(self) -> IBig {
        match self {
            Integer::Fixed(value) => IBig::from(value),
            Integer::Big(value) => value,
        }
    }
}

/// The integer that does not fit the word, or does.
pub fn wide(cx: &Context, value: i128) -> Value<'_> {
    if (MIN_SMALL.into()..=MAX_SMALL.into()).contains(&value)
        && let Some(small) = Value::small(value as i64)
    {
        return small;
    }
    let (low, high) = (value as u64, (value >> 64) as i64);
    Value::object(cx.local().make(Builtin::Int.shape(), 0, |header| Int { header, low, high }))
}

/// An integer of any size.
///
/// # Errors
/// `MemoryError`.
pub fn big<'t>(cx: &'t Context, value: &IBig) -> Res<'t> {
    if let Ok(fixed) = i128::try_from(value)
        && fixed != i128::MIN
    {
        return Ok(wide(cx, fixed));
    }
    let (sign, limbs) = value.as_sign_words();
    let count = limbs.len();
    cx.local()
        .make_sized(
            count * 8,
            Builtin::Int.shape(),
            u32::from(sign == Sign::Negative),
            |header| BigInt { header, limbs: count as u64 },
            |place| {
                for (index, limb) in limbs.iter().enumerate() {
                    // SAFETY: `count` limbs behind the object belong to it.
                    unsafe { place.cast::<u64>().add(index).write(*limb) };
                }
            },
        )
        .map(Value::object)
        .map_err(|_| cx.memory_error())
}

/// From either size.
///
/// # Errors
/// `MemoryError`.
pub fn from_integer<'t>(cx: &'t Context, value: &Integer) -> Res<'t> {
    match value {
        Integer::Fixed(value) => Ok(wide(cx, *value)),
        Integer::Big(value) => big(cx, value),
    }
}

/// The integer, if it is one that fits 127 bits; bools and instances of subclasses count.
#[inline]
pub fn fixed_of(value: Value<'_>) -> Option<i128> {
    if let Some(small) = value.as_small() {
        return Some(small.into());
    }
    let value = value.plain();
    if let Some(small) = value.as_small() {
        return Some(small.into());
    }
    if let Some(truth) = value.as_bool() {
        return Some(truth.into());
    }
    value.get::<Int>().map(Int::value)
}

/// The integer, if it is one of at most 127 bits and no bool or instance of a subclass.
#[inline]
pub fn exact(value: Value<'_>) -> Option<i128> {
    match value.as_small() {
        Some(small) => Some(small.into()),
        None => value.get::<Int>().filter(|_| value.kind() == Some(Kind::Int)).map(Int::value),
    }
}

/// The integer, if it is one; bools and instances of subclasses count.
pub fn integer_of(value: Value<'_>) -> Option<Integer> {
    if let Some(fixed) = fixed_of(value) {
        return Some(Integer::Fixed(fixed));
    }
    let big = value.get::<BigInt>()?;
    Some(Integer::Big(IBig::from_parts(big.sign(), UBig::from_words(big.limbs()))))
}

/// The integer as an operand, if it is one; bools and instances of subclasses count.
pub fn operand_of(value: Value<'_>) -> Option<Operand<'_>> {
    match fixed_of(value) {
        Some(fixed) => Some(Operand::Fixed(fixed.into())),
        None => value.get::<BigInt>().map(|big| Operand::Big(Borrowed::new(big))),
    }
}

/// The integer as i64, if it is one and fits.
pub fn i64_of(value: Value<'_>) -> Option<i64> {
    fixed_of(value).and_then(|value| i64::try_from(value).ok())
}

/// Whether it is an integer (a bool is one).
pub fn is_int(value: Value<'_>) -> bool {
    let value = value.plain();
    value.word().is_small()
        || value.as_bool().is_some()
        || matches!(value.kind(), Some(Kind::Int | Kind::BigInt))
}

/// Compares two integers; `None` if one is none.
pub fn compare(a: Value<'_>, b: Value<'_>) -> Option<Ordering> {
    match (fixed_of(a), fixed_of(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => Some((*operand_of(a)?).cmp(&*operand_of(b)?)),
    }
}

/// Compares an integer with a float, exactly; `None` if it is no integer, `Some(None)` for NaN.
pub fn compare_float(a: Value<'_>, b: f64) -> Option<Option<Ordering>> {
    let a = integer_of(a)?;
    if b.is_nan() {
        return Some(None);
    }
    if b.is_infinite() {
        return Some(Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater }));
    }
    let floor = b.floor();
    let whole = match &a {
        Integer::Fixed(a) if floor.abs() < 1e38 => a.cmp(&(floor as i128)),
        _ => match IBig::try_from(floor) {
            Ok(floor) => a.into_big().cmp(&floor),
            Err(_) => return Some(None),
        },
    };
    Some(Some(if whole == Ordering::Equal && floor < b { Ordering::Less } else { whole }))
}

/// The hash of a heap integer.
pub fn hash_of(value: Value<'_>) -> i64 {
    const MODULUS: u128 = (1 << 61) - 1;
    match integer_of(value) {
        Some(Integer::Fixed(value)) => {
            super::hash::reduced_hash((value.unsigned_abs() % MODULUS) as u64, value < 0)
        }
        Some(Integer::Big(value)) => {
            let (sign, magnitude) = value.into_parts();
            let rest = u64::try_from(magnitude % UBig::from(MODULUS)).unwrap_or(0);
            super::hash::reduced_hash(rest, sign == Sign::Negative)
        }
        None => 0,
    }
}

/// The `TypeError` where an integer is wanted (`__index__` of user classes is the caller's business).
#[cold]
pub fn not_an_integer(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("'{}' object cannot be interpreted as an integer", cx.type_name(value)))
}
