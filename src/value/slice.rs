//! `slice`.

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::class::class_flag;
use super::context::{Context, Raised};
use super::{compare, int};

/// A slice object.
#[repr(C)]
pub struct Slice {
    header: Header,
    parts: [Slot; 3],
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Slice {
    const KIND: Kind = Kind::Slice;
}

impl Slice {
    /// `slice(start, stop, step)`
    pub fn new<'t>(cx: &'t Context, start: Value<'_>, stop: Value<'_>, step: Value<'_>) -> &'t Slice {
        let parts = [Slot::of(start), Slot::of(stop), Slot::of(step)];
        cx.local().make(Builtin::Slice.shape(), 0, |header| Slice { header, parts })
    }

    /// Start, stop and step.
    pub fn parts(&self) -> [Value<'_>; 3] {
        [0, 1, 2].map(|part| self.parts[part].get().unwrap_or(Value::NONE))
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.parts
    }
}

/// Whether two slices have equal parts.
///
/// # Errors
/// [`Context::needs_code`].
pub fn equal(cx: &Context, a: Value<'_>, b: Value<'_>) -> Result<bool, Raised> {
    let (Some(a), Some(b)) = (a.get::<Slice>(), b.get::<Slice>()) else { return Ok(false) };
    for (a, b) in a.parts().into_iter().zip(b.parts()) {
        if !compare::equal(cx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The parts of a slice as integers, which may lie outside of any sequence.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
}

impl Bounds {
    /// Those of a slice.
    ///
    /// # Errors
    /// `ValueError` for a step of zero, `TypeError` for a part that is no index, [`Context::needs_code`] for one whose
    /// class defines `__index__`.
    pub fn of(cx: &Context, slice: &Slice) -> Result<Bounds, Raised> {
        let [start, stop, step] = slice.parts();
        let step = part(cx, step)?.unwrap_or(1).max(-i64::MAX);
        if step == 0 {
            return Err(cx.value_error("slice step cannot be zero"));
        }
        Ok(Bounds { start: part(cx, start)?, stop: part(cx, stop)?, step })
    }

    /// Start, stop, step and how many items they pick, for a sequence of `len` items: `start` and `stop` are in range for
    /// the direction, so that `start + i * step` for `i` below the count are the indices.
    pub fn within(self, len: usize) -> (i64, i64, i64, usize) {
        let Bounds { start, stop, step } = self;
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        // A position past either end is the end that the direction reaches first.
        let (lowest, highest) = if step < 0 { (-1, len - 1) } else { (0, len) };
        let clamp = |position: i64| {
            let position = if position < 0 { position.saturating_add(len) } else { position };
            position.clamp(lowest, highest)
        };
        let start = start.map_or(if step < 0 { highest } else { lowest }, clamp);
        let stop = stop.map_or(if step < 0 { lowest } else { highest }, clamp);
        (start, stop, step, count_of(start, stop, step))
    }
}

/// [`Bounds`] of a slice within a sequence that does not change.
///
/// # Errors
/// As [`Bounds::of`].
pub fn slice_bounds(cx: &Context, slice: &Slice, len: usize) -> Result<(i64, i64, i64, usize), Raised> {
    Ok(Bounds::of(cx, slice)?.within(len))
}

/// How many items bounds pick that [`Bounds::within`] has computed.
pub fn count_of(start: i64, stop: i64, step: i64) -> usize {
    let span = if step < 0 { start - stop } else { stop - start };
    match step {
        _ if span <= 0 => 0,
        1 | -1 => span as usize,
        _ => ((span - 1) / step.abs() + 1) as usize,
    }
}

/// A part of a slice, clamped to 64 bits; nothing for None.
#[inline(always)]
fn part(cx: &Context, value: Value<'_>) -> Result<Option<i64>, Raised> {
    match value.as_small() {
        None if !value.is_none() => other_part(cx, value),
        small => Ok(small),
    }
}

fn other_part(cx: &Context, value: Value<'_>) -> Result<Option<i64>, Raised> {
    match clamped(value) {
        Some(clamped) => Ok(Some(clamped)),
        None if has_index(cx, value) => Err(cx.needs_code()),
        None => Err(cx.type_error("slice indices must be integers or None or have an __index__ method")),
    }
}

/// An integer clamped to 64 bits; nothing for what is none.
pub fn clamped(value: Value<'_>) -> Option<i64> {
    match int::integer_of(value)? {
        int::Integer::Fixed(fixed) => Some(fixed.clamp(i64::MIN.into(), i64::MAX.into()) as i64),
        int::Integer::Big(big) if big.sign() == dashu_int::Sign::Negative => Some(i64::MIN),
        int::Integer::Big(_) => Some(i64::MAX),
    }
}

/// Whether the value's class, written in the language, defines `__index__`.
pub fn has_index(cx: &Context, value: Value<'_>) -> bool {
    let class = cx.class_of(value);
    class.has(class_flag::CUSTOM_NUMBER) && class.lookup_str(cx, "__index__").is_some()
}

/// The index of an item: an integer that fits 64 bits; nothing for what is no integer.
///
/// # Errors
/// `IndexError` for an integer that does not fit, [`Context::needs_code`] where the class defines `__index__`.
pub fn item_index(cx: &Context, key: Value<'_>) -> Result<Option<i64>, Raised> {
    if let Some(small) = key.as_small() {
        return Ok(Some(small));
    }
    if let Some(position) = int::i64_of(key) {
        return Ok(Some(position));
    }
    if int::is_int(key) {
        return Err(cx.raise(
            Builtin::IndexError,
            format_args!("cannot fit '{}' into an index-sized integer", cx.type_name(key)),
        ));
    }
    if has_index(cx, key) { Err(cx.needs_code()) } else { Ok(None) }
}

/// A count or width: an integer that fits 64 bits.
///
/// # Errors
/// `TypeError`, `OverflowError`, [`Context::needs_code`] where the class defines `__index__`.
pub fn size(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    if let Some(size) = int::i64_of(value) {
        return Ok(size);
    }
    if int::is_int(value) {
        return Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t"));
    }
    if has_index(cx, value) { Err(cx.needs_code()) } else { Err(int::not_an_integer(cx, value)) }
}

/// A count that CPython keeps in a C `int`.
///
/// # Errors
/// As [`size`].
pub fn small_size(cx: &Context, value: Value<'_>) -> Result<i32, Raised> {
    let clamped = clamped(value).map_or_else(|| size(cx, value), Ok)?;
    i32::try_from(clamped)
        .map_err(|_| cx.raise(Builtin::OverflowError, "Python int too large to convert to C int"))
}

/// Optional start and end of a search in `len` items, both within it; the start may be behind the end.
///
/// # Errors
/// `TypeError`, [`Context::needs_code`].
pub fn search_bounds(
    cx: &Context,
    start: Option<Value<'_>>,
    end: Option<Value<'_>>,
    len: usize,
) -> Result<(usize, usize), Raised> {
    let place = |value: Option<Value<'_>>| match value {
        Some(value) => part(cx, value),
        None => Ok(None),
    };
    let (start, end) = (place(start)?.unwrap_or(0), place(end)?.unwrap_or(i64::MAX));
    let from_start = |place: i64| {
        let place = if place < 0 { place.saturating_add(len as i64).max(0) } else { place };
        usize::try_from(place).unwrap_or(0)
    };
    // A start behind the last item stays there: not even an empty string is found.
    Ok((from_start(start).min(len + 1), from_start(end).min(len)))
}
