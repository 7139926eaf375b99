//! `_random.Random`: a random number generator.

use dashu_int::UBig;
use dashu_int::ops::UnsignedAbs;

use crate::heap::Value;
use crate::value::int::{self, Integer, MAX_BITS};
use crate::value::number::{self, index, index_i64};
use crate::value::random::{Random, WORDS};
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, hash};
use crate::vm::native::{Args, Row};

/// `_random.Random()`: a generator that is not seeded yet; `__init__` does that.
pub(crate) static NEW: Row = Row::leaf("Random(*args, **kwargs)", new);

/// Methods of the native generator.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("getrandbits(self, k, /)", getrandbits).twin("random_getrandbits"),
    Row::leaf("getstate(self, /)", getstate),
    Row::leaf("random(self, /)", random),
    Row::leaf("seed(self, n, /)", seed),
    Row::leaf("setstate(self, state, /)", setstate),
];

fn new<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::object(Random::new(cx)))
}

fn receiver<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Random, Raised> {
    let value = args.at(0);
    Random::of(value)
        .ok_or_else(|| cx.type_error(format_args!("expected a random.Random, not '{}'", cx.type_name(value))))
}

fn random<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let random = receiver(cx, args)?;
    let _held = cx.lock(random);
    Ok(Value::float(random.next_f64()))
}

fn seed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let random = receiver(cx, args)?;
    let seed = match int::integer_of(args.at(1)) {
        Some(Integer::Fixed(seed)) => UBig::from(seed.unsigned_abs()),
        Some(Integer::Big(seed)) => seed.unsigned_abs(),
        None => UBig::from(hash::hash(cx, args.at(1).plain())? as u64),
    };
    let _held = cx.lock(random);
    random.seed_from_entropy(&seed.to_le_bytes());
    Ok(Value::NONE)
}

fn getrandbits<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let random = receiver(cx, args)?;
    let Ok(count) = i32::try_from(number::index_clamped(cx, args.at(1))?) else {
        return Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C int"));
    };
    let Ok(count) = usize::try_from(count) else {
        return Err(cx.value_error("number of bits must be non-negative"));
    };
    const _: () = assert!(i32::MAX as usize <= MAX_BITS);
    let held = cx.lock(random);
    match count {
        0 => Ok(cx.int(0)),
        1..=32 => Ok(cx.int((random.next_u32() >> (32 - count)).into())),
        _ => {
            let mut bytes = Vec::with_capacity(count.div_ceil(32) * 4);
            let mut left = count;
            while left > 0 {
                let take = left.min(32);
                bytes.extend_from_slice(&(random.next_u32() >> (32 - take)).to_le_bytes());
                left -= take;
            }
            drop(held);
            int::big(cx, &UBig::from_le_bytes(&bytes).into())
        }
    }
}

fn getstate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let random = receiver(cx, args)?;
    let held = cx.lock(random);
    let (words, index) = random.state();
    drop(held);
    let numbers: Vec<Value<'_>> = words.iter().chain([&index]).map(|word| cx.int((*word).into())).collect();
    cx.tuple(&numbers)
}

fn setstate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let random = receiver(cx, args)?;
    let Some(state) = args.at(1).get::<Tuple>() else {
        return Err(cx.type_error("state vector must be a tuple"));
    };
    let Some((last, first)) = state.items().split_last().filter(|(_, first)| first.len() == WORDS) else {
        return Err(cx.value_error("state vector is the wrong size"));
    };
    let mut words = [0; WORDS];
    for (word, value) in words.iter_mut().zip(first) {
        *word = match index(cx, *value)? {
            Integer::Fixed(value) if value >= 0 => value as u32,
            Integer::Fixed(_) => {
                return Err(cx.raise(Builtin::OverflowError, "can't convert negative value to unsigned int"));
            }
            Integer::Big(_) => {
                return Err(
                    cx.raise(Builtin::OverflowError, "Python int too large to convert to C unsigned long")
                );
            }
        };
    }
    let next = index_i64(cx, *last)?;
    let Some(next) = u32::try_from(next).ok().filter(|next| *next as usize <= WORDS) else {
        return Err(cx.value_error("invalid state"));
    };
    let _held = cx.lock(random);
    random.set_state(&words, next);
    Ok(Value::NONE)
}
