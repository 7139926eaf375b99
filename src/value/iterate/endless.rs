//! `itertools.count`, `cycle` and `repeat`: iterators that need not end. Each step is one step for the other threads, so that a
//! counter can be shared. They are never read to the end natively: nobody could interrupt that.

use crate::heap::Value;

use crate::value::builtin::Builtin;
use crate::value::context::{Context, Raised};
use crate::value::record::Iter;
use crate::value::tuple::Tuple;

/// `limit` of a `repeat` that has no end.
const FOR_EVER: i64 = -1;

/// Numbers from `start` on.
pub fn count(cx: &Context, start: i64, step: i64) -> Value<'_> {
    Value::object(Iter::new(cx, Builtin::Count, None, None, [start, 0, step]))
}

/// The items of a tuple, again and again.
pub fn cycle<'t>(cx: &'t Context, items: Value<'t>) -> Value<'t> {
    Value::object(Iter::new(cx, Builtin::Cycle, Some(items), None, [0; 3]))
}

/// One value, so often or for ever.
pub fn repeat<'t>(cx: &'t Context, value: Value<'t>, times: Option<i64>) -> Value<'t> {
    let times = times.map_or(FOR_EVER, |times| times.max(0));
    Value::object(Iter::new(cx, Builtin::Repeat, Some(value), None, [0, times, 0]))
}

/// The number that a `count` gives next, and its step.
pub fn count_state(it: &Iter) -> (i64, i64) {
    (it.position(), it.step())
}

/// What a `repeat` repeats, and how often still if that has an end.
pub fn repeat_state(it: &Iter) -> (Value<'_>, Option<i64>) {
    (it.source().unwrap_or(Value::NONE), Some(it.limit()).filter(|left| *left != FOR_EVER))
}

pub(super) fn next_count<'t>(cx: &'t Context, it: &'t Iter) -> Result<Option<Value<'t>>, Raised> {
    let _held = cx.lock(it);
    let number = it.position();
    let Some(next) = number.checked_add(it.step()) else {
        return Err(cx.raise(Builtin::OverflowError, "the numbers of a count are limited to 64 bits"));
    };
    it.set_position(next);
    Ok(Some(cx.int(number)))
}

pub(super) fn next_of_cycle<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let _held = cx.lock(it);
    let items = it.source()?.get::<Tuple>()?.items();
    let position = it.position() as usize;
    let item = items.get(position)?;
    it.set_position(((position + 1) % items.len()) as i64);
    Some(*item)
}

pub(super) fn next_of_repeat<'t>(cx: &'t Context, it: &'t Iter) -> Option<Value<'t>> {
    let _held = cx.lock(it);
    match it.limit() {
        0 => return None,
        FOR_EVER => {}
        left => it.set_limit(left - 1),
    }
    it.source()
}
