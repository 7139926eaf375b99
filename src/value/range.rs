//! `range`.

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::hash::tuple_hash;
use super::{compare, int};

/// A range object; its length is computed when it is made.
#[repr(C)]
pub struct Range {
    header: Header,
    start: Slot,
    stop: Slot,
    step: Slot,
    length: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Range {
    const KIND: Kind = Kind::Range;
}

impl Range {
    /// A range of these integers; the step is not zero.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(
        cx: &'t Context,
        start: Value<'t>,
        stop: Value<'t>,
        step: Value<'t>,
    ) -> Result<&'t Range, Raised> {
        let length = length(cx, start, stop, step)?;
        Ok(cx.local().make(Builtin::Range.shape(), 0, |header| Range {
            header,
            start: Slot::of(start),
            stop: Slot::of(stop),
            step: Slot::of(step),
            length: Slot::of(length),
        }))
    }

    /// Start, stop, step and length.
    pub fn parts(&self) -> [Value<'_>; 4] {
        [&self.start, &self.stop, &self.step, &self.length].map(|slot| slot.get().unwrap_or(Value::NONE))
    }

    /// Start, step and length, where all numbers of the range fit 64 bits.
    pub fn small(&self) -> Option<(i64, i64, i64)> {
        let [start, stop, step, length] = self.parts();
        int::i64_of(stop)?;
        Some((int::i64_of(start)?, int::i64_of(step)?, int::i64_of(length)?))
    }

    pub(super) fn slots(&self) -> [&Slot; 4] {
        [&self.start, &self.stop, &self.step, &self.length]
    }
}

fn length<'t>(
    cx: &'t Context,
    start: Value<'t>,
    stop: Value<'t>,
    step: Value<'t>,
) -> Result<Value<'t>, Raised> {
    if let (Some(start), Some(stop), Some(step)) = (start.as_small(), stop.as_small(), step.as_small()) {
        let span = if step > 0 { stop - start } else { start - stop };
        let step = step.abs();
        return Ok(cx.int(if span <= 0 { 0 } else { (span - 1) / step + 1 }));
    }
    let part = |value| int::integer_of(value).map(int::Integer::into_big).unwrap_or_default();
    let (start, stop, step) = (part(start), part(stop), part(step));
    let zero = dashu_int::IBig::ZERO;
    let (span, step) = if step > zero { (stop - start, step) } else { (start - stop, -step) };
    if span <= zero {
        return Ok(cx.int(0));
    }
    int::big(cx, &((span - 1) / step + 1))
}

/// What two ranges are compared and hashed by: length, start if there is one, step if there are two.
fn essence(range: &Range) -> [Value<'_>; 3] {
    let [start, _, step, length] = range.parts();
    match length.as_small() {
        Some(0) => [length, Value::NONE, Value::NONE],
        Some(1) => [length, start, Value::NONE],
        _ => [length, start, step],
    }
}

/// Whether two ranges are the same sequence.
///
/// # Errors
/// None in practice.
pub fn equal(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    let (Some(a), Some(b)) = (a.get::<Range>(), b.get::<Range>()) else { return Ok(false) };
    for (a, b) in essence(a).into_iter().zip(essence(b)) {
        if !compare::equal(cx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The hash of a range.
///
/// # Errors
/// None in practice.
pub fn hash(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    value.get::<Range>().map_or(Ok(0), |range| tuple_hash(cx, &essence(range)))
}
