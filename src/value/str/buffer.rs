//! Strings that grow: `text += part`, again and again.
//!
//! A long string that was made by adding a short one stands in a buffer with room behind it. The next addition to it writes into the
//! room and makes a string that sees more of the same buffer, so that nothing is copied; the string before sees what it always saw.
//! Only one string can be the last of its buffer: who adds to another one, or finds no room, copies into a new buffer.
//!
//! Behind its room, a buffer of strings that are not ASCII has that of their index, which grows in the same way. The strings of a
//! buffer are all ASCII or all not: ASCII text moves to another buffer when something else is added to it.

use std::sync::atomic::Ordering;
use std::{ptr, slice};

use super::{STRIDE, fill_index, index_len, width_at};
use crate::heap::{Header, Kind, Object};
use crate::value::Builtin;
use crate::value::context::{Context, Raised};

/// The bytes that strings share of which each but the last is the beginning of the next; they follow the object, and behind them
/// the index. The header's count is how many bytes are in use.
#[repr(C)]
pub struct Buffer {
    header: Header,
    capacity: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, bytes and index are written before any string sees them.
unsafe impl Object for Buffer {
    const KIND: Kind = Kind::Buffer;
}

/// Some text and how many code points it has.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) chars: usize,
}

impl Text<'_> {
    fn is_ascii(self) -> bool {
        self.bytes.len() == self.chars
    }
}

/// A buffer's capacity is a multiple of this, so that its index is aligned.
const ALIGNED: usize = align_of::<u32>();

impl Buffer {
    /// A buffer of two parts, with room for more.
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn new<'t>(cx: &'t Context, first: Text<'_>, second: Text<'_>) -> Result<&'t Buffer, Raised> {
        let used = first.bytes.len() + second.bytes.len();
        let chars = first.chars + second.chars;
        let capacity = (used + used / 4).min(super::MAX_LEN).next_multiple_of(ALIGNED);
        let index = if used == chars { 0 } else { capacity / STRIDE };
        let fill = |place: *mut u8| {
            // SAFETY: `capacity` bytes behind the object belong to it, and the parts are not more: a string has at most `MAX_LEN`.
            // As many entries follow as so many bytes can need, which are aligned; those in use are zeroed before they are borrowed.
            unsafe {
                ptr::copy_nonoverlapping(first.bytes.as_ptr(), place, first.bytes.len());
                ptr::copy_nonoverlapping(
                    second.bytes.as_ptr(),
                    place.add(first.bytes.len()),
                    second.bytes.len(),
                );
                let (entries, at) = (index_len(used, chars), place.add(capacity).cast::<u32>());
                at.write_bytes(0, entries);
                fill_index(slice::from_raw_parts(place, used), slice::from_raw_parts_mut(at, entries));
            }
        };
        let extra = capacity + index * size_of::<u32>();
        cx.local()
            .make_sized(
                extra,
                Builtin::Object.shape(),
                used as u32,
                |header| Buffer { header, capacity },
                fill,
            )
            .map_err(|_| cx.memory_error())
    }

    /// Writes a part behind the text of a string that stands in this buffer. Says whether it did: whether nothing stood there yet,
    /// there was room, and ASCII remains ASCII.
    pub(super) fn extend(&self, text: Text<'_>, part: Text<'_>) -> bool {
        let len = text.bytes.len();
        let used = len + part.bytes.len();
        if used > self.capacity.min(super::MAX_LEN) || text.is_ascii() && !part.is_ascii() {
            return false;
        }
        let is_last =
            self.header.aux.compare_exchange(len as u32, used as u32, Ordering::Relaxed, Ordering::Relaxed);
        if is_last.is_ok() {
            // SAFETY: these bytes belong to the object, and who has moved the count behind them is the only one who writes them;
            // no string sees them yet, not even that of the part.
            unsafe { ptr::copy_nonoverlapping(part.bytes.as_ptr(), self.bytes().add(len), part.bytes.len()) };
            if !text.is_ascii() {
                self.extend_index(text, part);
            }
        }
        is_last.is_ok()
    }

    /// Writes the entries of the index that lead into a part just written behind some text.
    fn extend_index(&self, text: Text<'_>, part: Text<'_>) {
        let (mut char, mut at) = (text.chars, 0);
        loop {
            let next = char.next_multiple_of(STRIDE);
            if next >= text.chars + part.chars {
                break;
            }
            at = (char..next).fold(at, |at, _| at + width_at(part.bytes, at));
            // SAFETY: the buffer has an entry for every `STRIDE`th code point but the first, and this one's byte is in use. It is
            // written by who has just written the byte, and no string sees it yet.
            unsafe { self.index().add(next / STRIDE - 1).write((text.bytes.len() + at) as u32) };
            at += width_at(part.bytes, at);
            char = next + 1;
        }
    }

    /// The address of its bytes.
    #[inline(always)]
    pub(super) fn bytes(&self) -> *mut u8 {
        (self as *const Buffer).wrapping_add(1).cast::<u8>().cast_mut()
    }

    /// The address of its index, which only a buffer of strings that are not ASCII has.
    pub(super) fn index(&self) -> *mut u32 {
        self.bytes().wrapping_add(self.capacity).cast()
    }
}
