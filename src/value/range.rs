//! `range`.

use dashu_int::IBig;

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::class::class_flag;
use super::context::{Context, Raised, Res};
use super::hash::tuple_hash;
use super::slice::{Slice, has_index, slice_bounds};
use super::{compare, float, int};

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

/// The index at which an item stands in a range, if it does.
///
/// # Errors
/// [`Context::needs_code`] for an item whose class defines `__eq__`.
pub fn position<'t>(cx: &'t Context, range: &'t Range, item: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    if let (Some(wanted), Some((start, step, length))) = (item.as_small(), range.small()) {
        let distance = i128::from(wanted) - i128::from(start);
        let (index, rest) = (distance / i128::from(step), distance % i128::from(step));
        let found = rest == 0 && (0..i128::from(length)).contains(&index);
        return Ok(found.then(|| int::wide(cx, index)));
    }
    if cx.class_of(item).has(class_flag::CUSTOM_EQ) {
        return Err(cx.needs_code());
    }
    let wanted = match (int::integer_of(item), float::value_of(item)) {
        (Some(integer), _) => integer.into_big(),
        (None, Some(float)) if float.fract() != 0.0 => return Ok(None),
        (None, Some(float)) => match IBig::try_from(float) {
            Ok(integer) => integer,
            Err(_) => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    let [start, _, step, length] = range.parts().map(big_of);
    let distance = wanted - start;
    let index = &distance / &step;
    let found = &index * &step == distance && index >= IBig::ZERO && index < length;
    if found { int::big(cx, &index).map(Some) } else { Ok(None) }
}

fn big_of(value: Value<'_>) -> IBig {
    int::integer_of(value).map(int::Integer::into_big).unwrap_or_default()
}

/// `range[key]`
///
/// # Errors
/// `IndexError`, `TypeError`, `ValueError` for a step of zero; [`Context::needs_code`] for `__index__`.
pub fn get_item<'t>(cx: &'t Context, range: &'t Range, key: Value<'t>) -> Res<'t> {
    if let Some(slice) = key.get::<Slice>() {
        return cut(cx, range, slice);
    }
    if let (Some(index), Some((start, step, length))) = (key.as_small(), range.small()) {
        let index = if index < 0 { index + length } else { index };
        if (0..length).contains(&index) {
            return Ok(int::wide(cx, i128::from(start) + i128::from(index) * i128::from(step)));
        }
        return Err(out_of_range(cx));
    }
    let Some(index) = int::integer_of(key) else {
        if has_index(cx, key) {
            return Err(cx.needs_code());
        }
        let name = cx.type_name(key);
        return Err(cx.type_error(format_args!("range indices must be integers or slices, not {name}")));
    };
    let [start, _, step, length] = range.parts().map(big_of);
    let index = index.into_big();
    let index = if index < IBig::ZERO { index + &length } else { index };
    if index < IBig::ZERO || index >= length {
        return Err(out_of_range(cx));
    }
    int::big(cx, &(start + index * step))
}

#[cold]
fn out_of_range(cx: &Context) -> Raised {
    cx.raise(Builtin::IndexError, "range object index out of range")
}

fn cut<'t>(cx: &'t Context, range: &'t Range, slice: &'t Slice) -> Res<'t> {
    let [start, _, step, length] = range.parts().map(big_of);
    let [first, last, stride] = slice_indices(cx, slice, &length)?;
    let number = |number: IBig| int::big(cx, &number);
    let (from, to) = (number(&start + first * &step)?, number(&start + last * &step)?);
    Range::new(cx, from, to, number(stride * step)?).map(Value::object)
}

/// Start, stop and step of a slice of a sequence of any length (`slice.indices`).
///
/// # Errors
/// `TypeError`, `ValueError` for a step of zero; [`Context::needs_code`] for `__index__`.
pub fn slice_indices(cx: &Context, slice: &Slice, length: &IBig) -> Result<[IBig; 3], Raised> {
    // Says what is wrong with the parts.
    slice_bounds(cx, slice, 0)?;
    let [start, stop, step] = slice.parts();
    let step = if step.is_none() { IBig::ONE } else { big_of(step) };
    let back = step < IBig::ZERO;
    let (lowest, highest) =
        if back { (-IBig::ONE, length - IBig::ONE) } else { (IBig::ZERO, length.clone()) };
    let clamp = |position: Value<'_>, otherwise: &IBig| {
        if position.is_none() {
            return otherwise.clone();
        }
        let position = big_of(position);
        let position = if position < IBig::ZERO { position + length } else { position };
        position.clamp(lowest.clone(), highest.clone())
    };
    let (first, last) = if back { (&highest, &lowest) } else { (&lowest, &highest) };
    Ok([clamp(start, first), clamp(stop, last), step])
}
