//! `bytes`.

use std::sync::atomic::AtomicU64;

use crate::heap::{Header, Kind, Object};

use super::builtin::Builtin;
use super::context::{Context, Raised};

/// A bytes object; its bytes follow.
#[repr(C)]
pub struct Bytes {
    header: Header,
    /// 0 until it is asked for.
    pub(super) hash: AtomicU64,
    len: u64,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable but for the atomic hash.
unsafe impl Object for Bytes {
    const KIND: Kind = Kind::Bytes;
}

impl Bytes {
    /// A bytes object.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(cx: &'t Context, bytes: &[u8]) -> Result<&'t Bytes, Raised> {
        Bytes::with(cx, Builtin::Bytes.shape(), bytes.len(), |place| place.copy_from_slice(bytes))
    }

    /// A bytes object of `len` bytes, which `fill` writes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with<'t>(
        cx: &'t Context,
        shape: u32,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<&'t Bytes, Raised> {
        cx.local()
            .make_sized(
                len,
                shape,
                0,
                |header| Bytes { header, hash: AtomicU64::new(0), len: len as u64 },
                // SAFETY: `len` bytes behind the object belong to it; zeroed first, so that they are initialised.
                |place| unsafe {
                    place.write_bytes(0, len);
                    fill(std::slice::from_raw_parts_mut(place, len));
                },
            )
            .map_err(|_| cx.memory_error())
    }

    /// Its bytes.
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes follow the object.
        unsafe { std::slice::from_raw_parts((self as *const Bytes).add(1).cast(), self.len as usize) }
    }
}
