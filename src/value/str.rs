//! `str`: WTF-8 with the number of code points beside it.
//!
//! A long string that is not ASCII carries an index behind its bytes: where every 64th code point starts. So reaching a
//! code point takes a bounded number of steps.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised, Res};
use super::slice::{self, Slice};
use super::text::{search, wtf8};

mod buffer;

pub use buffer::Buffer;
use buffer::Text;

/// A string; its bytes follow, then its index. The header's count is the number of code points.
#[repr(C)]
pub struct Str {
    header: Header,
    /// 0 until it is asked for.
    pub(super) hash: AtomicU64,
    len: u32,
    /// Whether its bytes are the first ones of a buffer: then a slot with that follows.
    is_grown: bool,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable but for the atomic hash.
unsafe impl Object for Str {
    const KIND: Kind = Kind::Str;
}

/// The longest string, in bytes.
pub const MAX_LEN: usize = u32::MAX as usize;

/// From so many bytes on, a string that something short is added to grows in a buffer.
const GROWS: usize = 512;

/// What is added is short if it is not more than this part of the string.
const SHORT: usize = 8;

/// Code points from one entry of the index to the next.
const STRIDE: usize = 64;

/// How many entries the index of a string has.
const fn index_len(bytes: usize, chars: usize) -> usize {
    if bytes == chars || chars == 0 { 0 } else { (chars - 1) / STRIDE }
}

impl Str {
    /// A string of bytes that are valid WTF-8.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn new<'t>(cx: &'t Context, bytes: &[u8]) -> Result<&'t Str, Raised> {
        Str::from_parts(cx, bytes.len(), wtf8::count(bytes), std::iter::once(bytes))
    }

    /// A string of parts that together have `len` bytes and `chars` code points.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn from_parts<'t, 'p>(
        cx: &'t Context,
        len: usize,
        chars: usize,
        parts: impl Iterator<Item = &'p [u8]>,
    ) -> Result<&'t Str, Raised> {
        Str::make(cx, Builtin::Str.shape(), len, chars, |place| {
            let mut written = 0;
            for part in parts {
                assert!(part.len() <= len - written, "the parts have the length they were said to have");
                // SAFETY: `len` bytes behind the object belong to it, and `written` plus the part are not more.
                unsafe { place.add(written).copy_from_nonoverlapping(part.as_ptr(), part.len()) };
                written += part.len();
            }
            assert_eq!(written, len, "the parts have the length they were said to have");
        })
    }

    /// A string of `len` bytes and `chars` code points, which `fill` writes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with(
        cx: &Context,
        shape: u32,
        len: usize,
        chars: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<&Str, Raised> {
        // SAFETY: `len` bytes behind the object belong to it; zeroed first, so that they are initialised.
        Str::make(cx, shape, len, chars, |place| unsafe {
            place.write_bytes(0, len);
            fill(std::slice::from_raw_parts_mut(place, len));
        })
    }

    /// `fill` is given the address of `len` bytes, and writes all of them.
    #[inline]
    fn make(
        cx: &Context,
        shape: u32,
        len: usize,
        chars: usize,
        fill: impl FnOnce(*mut u8),
    ) -> Result<&Str, Raised> {
        if len > MAX_LEN {
            return Err(cx.memory_error());
        }
        let make = |header| Str { header, hash: AtomicU64::new(0), len: len as u32, is_grown: false };
        let entries = if len == chars { 0 } else { index_len(len, chars) };
        let made = if entries == 0 {
            cx.local().make_sized(len, shape, chars as u32, make, fill)
        } else {
            let index_at = len.next_multiple_of(size_of::<u32>());
            let fill_all = |place: *mut u8| {
                fill(place);
                // SAFETY: the bytes are written; the entries behind them are part of the object, aligned, and zeroed
                // before they are borrowed.
                unsafe {
                    let index = place.add(index_at).cast::<u32>();
                    index.write_bytes(0, entries);
                    let index = std::slice::from_raw_parts_mut(index, entries);
                    fill_index(std::slice::from_raw_parts(place, len), index);
                }
            };
            let extra = index_at + entries * size_of::<u32>();
            cx.local().make_sized(extra, shape, chars as u32, make, fill_all)
        };
        made.map_err(|_| cx.memory_error())
    }

    /// The first `len` bytes of a buffer, which are `chars` code points.
    fn of_buffer<'t>(
        cx: &'t Context,
        buffer: &'t Buffer,
        len: usize,
        chars: usize,
    ) -> Result<&'t Str, Raised> {
        let make = |header| Str { header, hash: AtomicU64::new(0), len: len as u32, is_grown: true };
        // SAFETY: the slot behind the object belongs to it.
        let fill = |place: *mut u8| unsafe { place.cast::<Slot>().write(Slot::of(Value::object(buffer))) };
        let made = cx.local().make_sized(size_of::<Slot>(), Builtin::Str.shape(), chars as u32, make, fill);
        made.map_err(|_| cx.memory_error())
    }

    /// The slot of its buffer, if it stands in one.
    #[inline(always)]
    pub(super) fn buffer_slot(&self) -> Option<&Slot> {
        // SAFETY: a grown string was made with a slot behind it.
        self.is_grown.then(|| unsafe { &*(self as *const Str).add(1).cast::<Slot>() })
    }

    #[inline(always)]
    fn buffer(&self) -> Option<&Buffer> {
        // SAFETY: the slot holds the buffer from the beginning.
        self.buffer_slot().map(|slot| unsafe { &*slot.word().address().cast::<Buffer>().cast_const() })
    }

    /// Its bytes, WTF-8.
    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        let place = match self.buffer() {
            Some(buffer) => buffer.bytes().cast_const(),
            // SAFETY: what follows the object belongs to it.
            None => unsafe { (self as *const Str).add(1).cast() },
        };
        // SAFETY: `len` bytes stand there and change no more.
        unsafe { std::slice::from_raw_parts(place, self.len as usize) }
    }

    fn index(&self) -> &[u32] {
        let entries = index_len(self.byte_len(), self.char_count());
        if entries == 0 {
            return &[];
        }
        let place = match self.buffer() {
            Some(buffer) => buffer.index().cast_const(),
            None => {
                let index_at = self.byte_len().next_multiple_of(size_of::<u32>());
                (self as *const Str).wrapping_add(1).cast::<u8>().wrapping_add(index_at).cast()
            }
        };
        // SAFETY: the object or its buffer was made with that many entries there, and they change no more.
        unsafe { std::slice::from_raw_parts(place, entries) }
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

    /// The byte at which the code point with this index starts; the length in bytes if there are not so many.
    #[inline]
    pub fn byte_offset(&self, index: usize) -> usize {
        if self.is_ascii() {
            return index.min(self.byte_len());
        }
        if index >= self.char_count() {
            return self.byte_len();
        }
        let start = match index / STRIDE {
            0 => 0,
            entry => self.index().get(entry - 1).map_or(0, |start| *start as usize),
        };
        let bytes = self.as_bytes();
        (0..index % STRIDE).fold(start, |at, _| at + width_at(bytes, at))
    }

    /// The index of the code point that starts at this byte.
    #[inline]
    pub fn char_index(&self, offset: usize) -> usize {
        if self.is_ascii() {
            return offset;
        }
        let entry = self.index().partition_point(|start| *start as usize <= offset);
        let start = if entry == 0 { 0 } else { self.index()[entry - 1] as usize };
        entry * STRIDE + wtf8::count(&self.as_bytes()[start..offset.min(self.byte_len())])
    }

    /// The bytes of one code point; empty if there are not so many.
    #[inline]
    pub fn char_at(&self, index: usize) -> &[u8] {
        let start = self.byte_offset(index);
        let bytes = self.as_bytes();
        bytes.get(start..(start + width_at(bytes, start)).min(bytes.len())).unwrap_or_default()
    }

    /// Its one code point, if it has just one.
    pub fn single(&self) -> Option<u32> {
        if self.char_count() == 1 { wtf8::next(self.as_bytes(), 0).map(|(point, _)| point) } else { None }
    }
}

/// How many bytes the code point takes that starts at a byte.
#[inline(always)]
fn width_at(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(..0x80) | None => 1,
        Some(0x80..0xE0) => 2,
        Some(0xE0..0xF0) => 3,
        Some(0xF0..) => 4,
    }
}

fn fill_index(bytes: &[u8], index: &mut [u32]) {
    let mut at = 0;
    for entry in index {
        for _ in 0..STRIDE {
            at += width_at(bytes, at);
        }
        *entry = at as u32;
    }
}

/// `string[index]`
///
/// # Errors
/// `IndexError`.
#[inline]
pub fn index<'t>(cx: &'t Context, string: &'t Str, index: i64) -> Res<'t> {
    let len = string.char_count();
    let position = if index < 0 { index + len as i64 } else { index };
    match usize::try_from(position) {
        Ok(position) if position < len => {
            if string.is_ascii() {
                return Ok(cx.ascii(string.as_bytes()[position]));
            }
            cx.wtf8(string.char_at(position))
        }
        _ => Err(cx.raise(Builtin::IndexError, "string index out of range")),
    }
}

/// `string[key]` for an integer or a slice.
///
/// # Errors
/// `IndexError`, `TypeError`, [`Context::needs_code`].
pub fn get_item<'t>(cx: &'t Context, string: &'t Str, key: Value<'t>) -> Res<'t> {
    if let Some(small) = key.as_small() {
        return index(cx, string, small);
    }
    if let Some(parts) = key.get::<Slice>() {
        let (start, _, step, count) = slice::slice_bounds(cx, parts, string.char_count())?;
        return pick(cx, string, start, step, count);
    }
    match slice::item_index(cx, key)? {
        Some(position) => index(cx, string, position),
        None => {
            Err(cx.type_error(format_args!("string indices must be integers, not '{}'", cx.type_name(key))))
        }
    }
}

/// `string[start:stop:step]`, with bounds as [`slice::slice_bounds`] gives them.
///
/// # Errors
/// `MemoryError`.
pub fn slice<'t>(cx: &'t Context, string: &'t Str, start: i64, stop: i64, step: i64) -> Res<'t> {
    pick(cx, string, start, step, slice::count_of(start, stop, step))
}

/// The `count` code points from `start` on, each `step` behind the one before.
fn pick<'t>(cx: &'t Context, string: &'t Str, start: i64, step: i64, count: usize) -> Res<'t> {
    if count == 0 {
        return Ok(cx.empty_str());
    }
    if step == 1 {
        return part(cx, string, start as usize, start as usize + count);
    }
    if step == -1 && string.is_ascii() {
        let end = start as usize + 1;
        let bytes = &string.as_bytes()[end - count..end];
        if let [byte] = bytes {
            return Ok(cx.ascii(*byte));
        }
        let picked = Str::with(cx, Builtin::Str.shape(), count, count, |out| reverse(out, bytes));
        return picked.map(Value::object);
    }
    let places = (0..count).map(|place| (start + place as i64 * step) as usize);
    if string.is_ascii() {
        let bytes = string.as_bytes();
        let picked = Str::with(cx, Builtin::Str.shape(), count, count, |out| {
            out.iter_mut().zip(places).for_each(|(byte, place)| *byte = bytes[place]);
        });
        return picked.map(Value::object);
    }
    let mut picked = Vec::with_capacity(count * 2);
    places.for_each(|place| picked.extend_from_slice(string.char_at(place)));
    cx.wtf8(&picked)
}

/// Fills `out` with as many bytes from behind, words at a time.
fn reverse(out: &mut [u8], bytes: &[u8]) {
    const WORD: usize = size_of::<u64>();
    let (mut words, from) = (out.chunks_exact_mut(WORD), bytes.rchunks_exact(WORD));
    let rest = from.remainder();
    for (to, from) in words.by_ref().zip(from) {
        if let Ok(word) = from.try_into() {
            to.copy_from_slice(&u64::from_le_bytes(word).to_be_bytes());
        }
    }
    words.into_remainder().iter_mut().zip(rest.iter().rev()).for_each(|(to, from)| *to = *from);
}

/// The code points from index `start` to before `stop`.
///
/// # Errors
/// `MemoryError`.
pub fn part<'t>(cx: &'t Context, string: &'t Str, start: usize, stop: usize) -> Res<'t> {
    let stop = stop.min(string.char_count());
    if start >= stop {
        return Ok(cx.empty_str());
    }
    if start == 0 && stop == string.char_count() {
        return Ok(Value::object(string));
    }
    let bytes = &string.as_bytes()[string.byte_offset(start)..string.byte_offset(stop)];
    if bytes.len() == 1 {
        return Ok(cx.ascii(bytes[0]));
    }
    Str::from_parts(cx, bytes.len(), stop - start, std::iter::once(bytes)).map(Value::object)
}

/// `a + b`
///
/// # Errors
/// `MemoryError`.
#[inline]
pub fn concat<'t>(cx: &'t Context, a: &'t Str, b: &'t Str) -> Res<'t> {
    if a.byte_len() == 0 {
        return Ok(Value::object(b));
    }
    if b.byte_len() == 0 {
        return Ok(Value::object(a));
    }
    let parts = [a.as_bytes(), b.as_bytes()];
    let (len, chars) = (a.byte_len() + b.byte_len(), a.char_count() + b.char_count());
    if (GROWS..=MAX_LEN).contains(&len) && b.byte_len() <= a.byte_len() / SHORT {
        return grow(cx, a, b).map(Value::object);
    }
    Str::from_parts(cx, len, chars, parts.into_iter()).map(Value::object)
}

/// `a + b`, of strings that are not too long together: in the buffer of `a`, if it is the last string there.
fn grow<'t>(cx: &'t Context, a: &'t Str, b: &'t Str) -> Result<&'t Str, Raised> {
    let [text, part] = [a, b].map(|string| Text { bytes: string.as_bytes(), chars: string.char_count() });
    let buffer = match a.buffer() {
        Some(buffer) if buffer.extend(text, part) => buffer,
        _ => Buffer::new(cx, text, part)?,
    };
    Str::of_buffer(cx, buffer, a.byte_len() + b.byte_len(), a.char_count() + b.char_count())
}

/// `string * count`
///
/// # Errors
/// `MemoryError`, `OverflowError`.
pub fn repeat<'t>(cx: &'t Context, string: &'t Str, count: i64) -> Res<'t> {
    let count = usize::try_from(count).unwrap_or(0);
    if count == 0 || string.byte_len() == 0 {
        return Ok(cx.empty_str());
    }
    if count == 1 {
        return Ok(Value::object(string));
    }
    if string.char_count().checked_mul(count).is_none_or(|chars| chars > i64::MAX as usize) {
        return Err(cx.raise(Builtin::OverflowError, "repeated string is too long"));
    }
    let len = string.byte_len().checked_mul(count).filter(|len| *len <= MAX_LEN);
    let len = len.ok_or_else(|| cx.memory_error())?;
    let chars = string.char_count() * count;
    Str::with(cx, Builtin::Str.shape(), len, chars, |out| fill_repeated(out, string.as_bytes()))
        .map(Value::object)
}

/// Fills `out` with `unit` again and again.
pub(super) fn fill_repeated(out: &mut [u8], unit: &[u8]) {
    if let [byte] = unit {
        return out.fill(*byte);
    }
    let mut filled = unit.len().min(out.len());
    out[..filled].copy_from_slice(&unit[..filled]);
    while filled < out.len() {
        let more = filled.min(out.len() - filled);
        out.copy_within(..more, filled);
        filled += more;
    }
}

/// `item in string`
///
/// # Errors
/// `TypeError` for an item that is no string.
pub fn contains(cx: &Context, string: &Str, item: Value<'_>) -> Result<bool, Raised> {
    match item.get::<Str>() {
        Some(item) => Ok(search::find(string.as_bytes(), item.as_bytes()).is_some()),
        None => Err(cx.type_error(format_args!(
            "'in <string>' requires string as left operand, not {}",
            cx.type_name(item)
        ))),
    }
}
