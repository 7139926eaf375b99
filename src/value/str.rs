//! `str`: WTF-8 with the number of code points beside it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::heap::{Header, Kind, Object};

use super::builtin::Builtin;
use super::context::{Context, Raised};

/// A string; its bytes follow. The header's count is the number of code points.
#[repr(C)]
pub struct Str {
    header: Header,
    /// 0 until it is asked for.
    pub(super) hash: AtomicU64,
    len: u64,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable but for the atomic hash.
unsafe impl Object for Str {
    const KIND: Kind = Kind::Str;
}

/// The longest string, in bytes.
pub const MAX_LEN: usize = u32::MAX as usize;

impl Str {
    /// A string of bytes that are valid WTF-8.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(cx: &'t Context, bytes: &[u8]) -> Result<&'t Str, Raised> {
        Str::with(cx, Builtin::Str.shape(), bytes.len(), super::text::wtf8::count(bytes), |place| {
            place.copy_from_slice(bytes);
        })
    }

    /// A string of `len` bytes and `chars` code points, which `fill` writes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with<'t>(
        cx: &'t Context,
        shape: u32,
        len: usize,
        chars: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<&'t Str, Raised> {
        if len > MAX_LEN {
            return Err(cx.memory_error());
        }
        cx.local()
            .make_sized(
                len,
                shape,
                chars as u32,
                |header| Str { header, hash: AtomicU64::new(0), len: len as u64 },
                // SAFETY: `len` bytes behind the object belong to it; zeroed first, so that they are initialised.
                |place| unsafe {
                    place.write_bytes(0, len);
                    fill(std::slice::from_raw_parts_mut(place, len));
                },
            )
            .map_err(|_| cx.memory_error())
    }

    /// Its bytes, WTF-8.
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the object.
        unsafe { std::slice::from_raw_parts((self as *const Str).add(1).cast(), self.len as usize) }
    }

    /// Its text, where it has no lone surrogate.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// Its text for a message, lone surrogates replaced.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// How many code points it has.
    #[inline(always)]
    pub fn char_count(&self) -> usize {
        self.header.aux() as usize
    }

    /// How many bytes it has.
    #[inline(always)]
    pub fn byte_len(&self) -> usize {
        self.len as usize
    }

    /// Whether every code point is one byte.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.char_count() == self.byte_len()
    }

    /// The hash, if it is known.
    #[inline(always)]
    pub fn known_hash(&self) -> Option<i64> {
        match self.hash.load(Ordering::Relaxed) {
            0 => None,
            hash => Some(hash as i64),
        }
    }
}
