//! `bytes`.

use std::sync::atomic::AtomicU64;

use crate::heap::{Header, Kind, Object, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised, Res};
use super::slice::{self, Slice};
use super::str::fill_repeated;
use super::text::search;

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

/// The longest bytes object.
pub const MAX_LEN: usize = u32::MAX as usize;

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
    pub fn with(
        cx: &Context,
        shape: u32,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<&Bytes, Raised> {
        if len > MAX_LEN {
            return Err(cx.memory_error());
        }
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

/// A bytes value.
///
/// # Errors
/// `MemoryError`.
pub fn value<'t>(cx: &'t Context, bytes: &[u8]) -> Res<'t> {
    Bytes::new(cx, bytes).map(Value::object)
}

/// `bytes[index]`
///
/// # Errors
/// `IndexError`.
#[inline]
pub fn index<'t>(cx: &'t Context, bytes: &'t Bytes, index: i64) -> Res<'t> {
    let bytes = bytes.as_bytes();
    let position = if index < 0 { index + bytes.len() as i64 } else { index };
    match usize::try_from(position).ok().and_then(|position| bytes.get(position)) {
        Some(byte) => Ok(cx.int((*byte).into())),
        None => Err(cx.raise(Builtin::IndexError, "index out of range")),
    }
}

/// `bytes[key]` for an integer or a slice.
///
/// # Errors
/// `IndexError`, `TypeError`, [`Context::needs_code`].
pub fn get_item<'t>(cx: &'t Context, bytes: &'t Bytes, key: Value<'t>) -> Res<'t> {
    if let Some(small) = key.as_small() {
        return index(cx, bytes, small);
    }
    if let Some(parts) = key.get::<Slice>() {
        let (start, stop, step, _) = slice::slice_bounds(cx, parts, bytes.as_bytes().len())?;
        return slice(cx, bytes, start, stop, step);
    }
    match slice::item_index(cx, key)? {
        Some(position) => index(cx, bytes, position),
        None => Err(
            cx.type_error(format_args!("byte indices must be integers or slices, not {}", cx.type_name(key)))
        ),
    }
}

/// `bytes[start:stop:step]`, with bounds as [`slice::slice_bounds`] gives them.
///
/// # Errors
/// `MemoryError`.
pub fn slice<'t>(cx: &'t Context, bytes: &'t Bytes, start: i64, stop: i64, step: i64) -> Res<'t> {
    let all = bytes.as_bytes();
    let count = slice::count_of(start, stop, step);
    if step == 1 && count == all.len() {
        return Ok(Value::object(bytes));
    }
    let places = (0..count).map(|place| (start + place as i64 * step) as usize);
    Bytes::with(cx, Builtin::Bytes.shape(), count, |out| {
        if step == 1 {
            let start = start.max(0) as usize;
            out.copy_from_slice(&all[start..start + count]);
        } else {
            out.iter_mut().zip(places).for_each(|(byte, place)| *byte = all[place]);
        }
    })
    .map(Value::object)
}

/// `a + b`
///
/// # Errors
/// `MemoryError`.
pub fn concat<'t>(cx: &'t Context, a: &'t Bytes, b: &'t Bytes) -> Res<'t> {
    let (first, second) = (a.as_bytes(), b.as_bytes());
    if first.is_empty() {
        return Ok(Value::object(b));
    }
    if second.is_empty() {
        return Ok(Value::object(a));
    }
    Bytes::with(cx, Builtin::Bytes.shape(), first.len() + second.len(), |out| {
        let (start, end) = out.split_at_mut(first.len());
        start.copy_from_slice(first);
        end.copy_from_slice(second);
    })
    .map(Value::object)
}

/// `bytes * count`
///
/// # Errors
/// `MemoryError`, `OverflowError`.
pub fn repeat<'t>(cx: &'t Context, bytes: &'t Bytes, count: i64) -> Res<'t> {
    let unit = bytes.as_bytes();
    let count = usize::try_from(count).unwrap_or(0);
    if count == 1 {
        return Ok(Value::object(bytes));
    }
    match unit.len().checked_mul(count).filter(|len| *len <= i64::MAX as usize) {
        None => Err(cx.raise(Builtin::OverflowError, "repeated bytes are too long")),
        Some(len) => Bytes::with(cx, Builtin::Bytes.shape(), len, |out| {
            if !unit.is_empty() {
                fill_repeated(out, unit);
            }
        })
        .map(Value::object),
    }
}

/// `item in bytes`: a byte or a run of bytes.
///
/// # Errors
/// `TypeError` or `ValueError` for an item that is neither, [`Context::needs_code`].
pub fn contains(cx: &Context, bytes: &Bytes, item: Value<'_>) -> Result<bool, Raised> {
    if let Some(item) = item.get::<Bytes>() {
        return Ok(search::find(bytes.as_bytes(), item.as_bytes()).is_some());
    }
    match slice::clamped(item) {
        Some(byte) => Ok(memchr::memchr(byte_of(cx, byte)?, bytes.as_bytes()).is_some()),
        None if slice::has_index(cx, item) => Err(cx.needs_code()),
        None => Err(not_bytes(cx, item)),
    }
}

/// An integer as a byte.
///
/// # Errors
/// `ValueError`.
pub fn byte_of(cx: &Context, value: i64) -> Result<u8, Raised> {
    u8::try_from(value).map_err(|_| cx.value_error("byte must be in range(0, 256)"))
}

/// The `TypeError` where bytes are wanted.
#[cold]
pub fn not_bytes(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("a bytes-like object is required, not '{}'", cx.type_name(value)))
}
