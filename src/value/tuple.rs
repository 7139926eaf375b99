//! `tuple`.

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};

/// A tuple; its items follow. The header's count is how many.
#[repr(C)]
pub struct Tuple {
    header: Header,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Tuple {
    const KIND: Kind = Kind::Tuple;
}

/// The longest tuple.
pub const MAX_LEN: usize = u32::MAX as usize;

impl Tuple {
    /// A tuple of these items.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn new<'t>(cx: &'t Context, items: &[Value<'_>]) -> Result<&'t Tuple, Raised> {
        let len = items.len();
        if len > MAX_LEN {
            return Err(cx.memory_error());
        }
        let fill = |place: *mut u8| {
            for (index, item) in items.iter().enumerate() {
                // SAFETY: `len` slots behind the object belong to it.
                unsafe { place.cast::<Slot>().add(index).write(Slot::of(*item)) };
            }
        };
        let (bytes, shape) = (len * size_of::<Slot>(), Builtin::Tuple.shape());
        cx.local()
            .make_sized(bytes, shape, len as u32, |header| Tuple { header }, fill)
            .map_err(|_| cx.memory_error())
    }

    /// A tuple of these items, of the class with this root shape.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with_shape<'t, 'v>(
        cx: &'t Context,
        shape: u32,
        items: impl ExactSizeIterator<Item = Value<'v>>,
    ) -> Result<&'t Tuple, Raised> {
        let len = items.len();
        if len > MAX_LEN {
            return Err(cx.memory_error());
        }
        let fill = |place: *mut u8| {
            let mut written = 0;
            for item in items.take(len) {
                // SAFETY: `len` slots behind the object belong to it, and at most `len` are written.
                unsafe { place.cast::<Slot>().add(written).write(Slot::of(item)) };
                written += 1;
            }
            assert_eq!(written, len, "an exact-size iterator has its size");
        };
        cx.local()
            .make_sized(len * size_of::<Slot>(), shape, len as u32, |header| Tuple { header }, fill)
            .map_err(|_| cx.memory_error())
    }

    /// Its items.
    #[inline(always)]
    pub fn items(&self) -> &[Value<'_>] {
        // SAFETY: as many slots as the header says follow the object; all are filled, once, before anybody sees them.
        unsafe {
            std::slice::from_raw_parts((self as *const Tuple).add(1).cast(), self.header.aux() as usize)
        }
    }

    /// How many items it has.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.header.aux() as usize
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many items a tuple has at most that is hashed or compared at a glance, when its turn comes in a table.
const SHORT: usize = 8;

/// The items of a short tuple whose class is `tuple` itself.
#[inline(always)]
pub(super) fn short_tuple(value: Value<'_>) -> Option<&[Value<'_>]> {
    let header = value.header()?;
    if header.kind() != Kind::Tuple || header.shape() != Builtin::Tuple.shape() {
        return None;
    }
    value.get::<Tuple>().map(Tuple::items).filter(|items| items.len() <= SHORT)
}
