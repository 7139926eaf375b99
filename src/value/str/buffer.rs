//! Strings that grow: `text += part`, again and again.
//!
//! A long string that was made by adding a short one stands in a buffer with room behind it. The next addition to it writes into the
//! room and makes a string that sees more of the same buffer, so that nothing is copied; the string before sees what it always saw.
//! Only one string can be the last of its buffer: who adds to another one, or finds no room, copies into a new buffer.

use std::ptr;
use std::sync::atomic::Ordering;

use crate::heap::{Header, Kind, Object};
use crate::value::Builtin;
use crate::value::context::{Context, Raised};

/// The bytes that strings share of which each but the last is the beginning of the next; they follow the object. The header's
/// count is how many are in use.
#[repr(C)]
pub struct Buffer {
    header: Header,
    capacity: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, bytes are written before any string sees them.
unsafe impl Object for Buffer {
    const KIND: Kind = Kind::Buffer;
}

impl Buffer {
    /// A buffer of two parts, with room for more.
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn new<'t>(cx: &'t Context, parts: [&[u8]; 2]) -> Result<&'t Buffer, Raised> {
        let used = parts[0].len() + parts[1].len();
        let capacity = (used + used / 4).min(super::MAX_LEN);
        let fill = |place: *mut u8| {
            // SAFETY: `capacity` bytes behind the object belong to it, and the parts are not more: a string has at most `MAX_LEN`.
            unsafe {
                ptr::copy_nonoverlapping(parts[0].as_ptr(), place, parts[0].len());
                ptr::copy_nonoverlapping(parts[1].as_ptr(), place.add(parts[0].len()), parts[1].len());
            }
        };
        cx.local()
            .make_sized(
                capacity,
                Builtin::Object.shape(),
                used as u32,
                |header| Buffer { header, capacity },
                fill,
            )
            .map_err(|_| cx.memory_error())
    }

    /// Writes a part behind the first `len` bytes. Says whether it did: whether nothing stood there yet, and there was room.
    pub(super) fn extend(&self, len: usize, part: &[u8]) -> bool {
        let used = len + part.len();
        if used > self.capacity {
            return false;
        }
        let is_last =
            self.header.aux.compare_exchange(len as u32, used as u32, Ordering::Relaxed, Ordering::Relaxed);
        if is_last.is_ok() {
            // SAFETY: these bytes belong to the object, and who has moved the count behind them is the only one who writes them;
            // no string sees them yet, not even that of the part.
            unsafe { ptr::copy_nonoverlapping(part.as_ptr(), self.bytes().add(len), part.len()) };
        }
        is_last.is_ok()
    }

    /// The address of its bytes.
    #[inline(always)]
    pub(super) fn bytes(&self) -> *mut u8 {
        (self as *const Buffer).wrapping_add(1).cast::<u8>().cast_mut()
    }
}
