//! Large objects: each an allocation of its own. So is every object with the feature `gc-malloc`.
//!
//! Whether an object is large shows in its address: cells are aligned to 16 bytes, large objects never.

use std::alloc::{Layout, alloc, dealloc};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::block::{GRANULE, Marks};
use super::header::Header;
use super::pages;

/// What stands in front of a large object. In front of it stand the cards, a byte for each [`CARD`] bytes of the object, from
/// the end: which parts of an old object were stored into since the last collection.
#[repr(C)]
struct Prefix {
    /// Makes the object's address what it is.
    _gap: usize,
    bytes: usize,
    /// By [`Marks`].
    marks: [AtomicBool; 2],
}

/// How much of a large object is looked at because of one store, in bytes.
pub(super) const CARD: usize = 1 << 10;

/// From how many bytes on an object is best made of large pages.
const HUGE: usize = 1 << 22;

const PREFIX: usize = size_of::<Prefix>();
const _: () = assert!(PREFIX % GRANULE == 8);

/// Whether the object at an address is a large one.
#[inline(always)]
pub(super) fn is_large<T>(address: *const T) -> bool {
    !(address as usize).is_multiple_of(GRANULE)
}

/// Marks a large object; says whether it was not marked before.
///
/// # Safety
/// - It is a large object that was not freed, and the world is stopped.
pub(super) unsafe fn mark(object: *const Header, marks: Marks) -> bool {
    // SAFETY: the caller's promise.
    let mark = unsafe { &(*prefix(object)).marks[marks as usize] };
    let fresh = !mark.load(Ordering::Relaxed);
    mark.store(true, Ordering::Relaxed);
    fresh
}

/// Whether a large object is marked.
///
/// # Safety
/// - It is a large object that was not freed, and the world is stopped.
pub(super) unsafe fn is_marked(object: *const Header, marks: Marks) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*prefix(object)).marks[marks as usize].load(Ordering::Relaxed) }
}

/// The size of a large object in bytes.
///
/// # Safety
/// - It is a large object that was not freed.
pub(super) unsafe fn size(object: *const Header) -> usize {
    // SAFETY: the caller's promise.
    unsafe { (*prefix(object)).bytes }
}

/// Notes that a part of a large object is about to be stored into, the one with the byte at `offset`. Returns the part's
/// number if that was not noted yet, or another thread notes it at this moment.
///
/// # Safety
/// - It is a large object that was not freed, and the offset is inside it.
pub(super) unsafe fn note_store(object: *const Header, offset: usize) -> Option<u32> {
    let number = offset / CARD;
    // SAFETY: the caller's promise.
    let card = unsafe { card(object, number) };
    let is_new = card.load(Ordering::Relaxed) == 0;
    card.store(1, Ordering::Relaxed);
    is_new.then_some(number as u32)
}

/// Forgets that a part was stored into; returns which bytes it is.
///
/// # Safety
/// - It is a large object that was not freed, and has such a part. The world is stopped.
pub(super) unsafe fn forget_store(object: *const Header, number: u32) -> Range<usize> {
    let number = number as usize;
    // SAFETY: the caller's promise.
    unsafe { card(object, number) }.store(0, Ordering::Relaxed);
    number * CARD..(number + 1) * CARD
}

/// # Safety
/// - As for [`forget_store`].
unsafe fn card<'a>(object: *const Header, number: usize) -> &'a AtomicU8 {
    // SAFETY: there are as many cards in front of the prefix as the object has parts.
    unsafe { &*prefix(object).cast::<AtomicU8>().sub(number + 1) }
}

/// Room for a large object of so many bytes; none where the system has no memory left.
pub(super) fn allocate(bytes: usize) -> Option<*mut u8> {
    // SAFETY: the layout has a size.
    let base = unsafe { alloc(layout(bytes)) };
    if base.is_null() {
        return None;
    }
    if bytes >= HUGE {
        // SAFETY: so many bytes were allocated.
        unsafe { pages::prefer_large(base, bytes) };
    }
    let cards = cards_size(bytes);
    // SAFETY: the allocation begins with cards and a prefix.
    unsafe {
        base.write_bytes(0, cards);
        let prefix = base.add(cards).cast::<Prefix>();
        prefix.write(Prefix { _gap: 0, bytes, marks: Default::default() });
        Some(prefix.add(1).cast())
    }
}

fn prefix(object: *const Header) -> *const Prefix {
    object.cast::<u8>().wrapping_sub(PREFIX).cast()
}

/// Bytes of the cards of an object of `bytes`.
fn cards_size(bytes: usize) -> usize {
    bytes.div_ceil(CARD).next_multiple_of(GRANULE)
}

/// The allocation behind a large object of `bytes`.
fn layout(bytes: usize) -> Layout {
    let size = (cards_size(bytes) + PREFIX + bytes).next_multiple_of(GRANULE);
    match Layout::from_size_align(size, GRANULE) {
        Ok(layout) => layout,
        Err(_) => unreachable!("sizes are at most MAX_OBJECT"),
    }
}

/// All large objects of a heap.
#[derive(Default)]
pub(super) struct Large {
    /// Those that survived a collection.
    old: Vec<*mut Header>,
    young: Vec<*mut Header>,
    /// Bytes of the old ones.
    live: usize,
}

// SAFETY: the pointers lead to objects that the heap owns; whoever holds the lock round this may use them.
unsafe impl Send for Large {}

impl Large {
    pub(super) fn add(&mut self, object: *mut Header) {
        self.young.push(object);
    }

    /// Forgets all marks of a sort. What is young has none.
    pub(super) fn clear_marks(&self, marks: Marks) {
        for object in &self.old {
            // SAFETY: listed objects are not freed yet.
            unsafe { (*prefix(*object)).marks[marks as usize].store(false, Ordering::Relaxed) };
        }
    }

    /// What was traced is what is kept.
    pub(super) fn keep_traced(&self) {
        for object in self.old.iter().chain(&self.young) {
            // SAFETY: listed objects are not freed yet.
            let [kept, traced] = unsafe { &(*prefix(*object)).marks };
            kept.store(traced.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// After marking: frees what is not marked; in a collection that is not `full`, of the young ones. Returns the bytes that
    /// survive.
    pub(super) fn retire(&mut self, full: bool) -> usize {
        let mut live = if full { 0 } else { self.live };
        let mut survives = |object: *mut Header| {
            // SAFETY: the object is listed, so it was not freed yet; the world is stopped.
            unsafe {
                let survives = is_marked(object, Marks::Kept);
                if survives {
                    live += size(object)
                } else {
                    free(object)
                }
                survives
            }
        };
        if full {
            self.old.retain(|object| survives(*object));
        }
        self.old.extend(self.young.drain(..).filter(|object| survives(*object)));
        self.live = live;
        live
    }
}

/// # Safety
/// - It is a large object that was not freed, and nobody uses it any more.
unsafe fn free(object: *mut Header) {
    // SAFETY: it was allocated with this layout.
    unsafe {
        let bytes = size(object);
        let base = prefix(object).cast::<u8>().sub(cards_size(bytes));
        dealloc(base.cast_mut(), layout(bytes));
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        for object in self.old.iter().chain(&self.young) {
            // SAFETY: listed objects die with the heap.
            unsafe { free(*object) };
        }
    }
}
