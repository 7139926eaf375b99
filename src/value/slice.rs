//! `slice`.

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::compare;
use super::context::{Context, Raised};

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
