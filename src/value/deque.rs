//! `collections.deque`: a ring of items.
//!
//! Each operation here is one step for the other threads: it holds the object's lock from its first look to its last
//! store, and calls nothing that could run code of the language.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::list::Store;

/// The smallest store.
const LEAST_CAPACITY: usize = 8;
/// What `limit` is of a deque that may have any number of items.
const UNLIMITED: usize = usize::MAX;

/// A deque. Its items stand in the store from `first` on and go on at the store's beginning.
#[repr(C)]
pub struct Deque {
    header: Header,
    first: AtomicUsize,
    len: AtomicUsize,
    limit: AtomicUsize,
    /// Counts the changes of which items it has: an iterator ends with an error when it differs.
    version: AtomicU64,
    /// Nothing, or a [`Store`] whose capacity is a power of two.
    store: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Deque {
    const KIND: Kind = Kind::Deque;
}

/// An end of a deque.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The left one.
    Front,
    /// The right one.
    Back,
}

impl Deque {
    /// An empty deque that holds at most `limit` items.
    pub fn new(cx: &Context, limit: Option<usize>) -> &Deque {
        cx.local().make(Builtin::Deque.shape(), 0, |header| Deque {
            header,
            first: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit.unwrap_or(UNLIMITED)),
            version: AtomicU64::new(0),
            store: Slot::new(None),
        })
    }

    // Looking.

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most items it may have, if that is limited.
    pub fn limit(&self) -> Option<usize> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit != UNLIMITED)
    }

    /// A number that differs after any change of which items it has.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// An item, if there is one at the index.
    pub fn get<'t>(&'t self, cx: &Context, index: usize) -> Option<Value<'t>> {
        let _held = self.hold(cx);
        if index < self.len() { self.slot(index)?.get() } else { None }
    }

    /// A copy of its items.
    pub fn to_vec<'t>(&'t self, cx: &Context) -> Vec<Value<'t>> {
        let _held = self.hold(cx);
        self.items()
    }

    // Changing one item.

    /// Replaces an item that exists; says whether it does.
    pub fn set(&self, cx: &Context, index: usize, value: Value<'_>) -> bool {
        let _held = self.hold(cx);
        match self.store().zip(self.slot(index)).filter(|_| index < self.len()) {
            Some((store, slot)) => {
                cx.store(store, slot, Some(value));
                true
            }
            None => false,
        }
    }

    /// Adds an item at an end; where there is no room, the item at the other end goes.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn push(&self, cx: &Context, end: End, value: Value<'_>) -> Result<(), Raised> {
        let _held = self.hold(cx);
        self.push_held(cx, end, value)
    }

    /// Removes and returns the item at an end.
    #[inline]
    pub fn pop<'t>(&'t self, cx: &'t Context, end: End) -> Option<Value<'t>> {
        let _held = self.hold(cx);
        self.pop_held(cx, end)
    }

    /// Adds an item in front of the one at the index, or at the end; says whether there was room.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn insert(&self, cx: &Context, index: usize, value: Value<'_>) -> Result<bool, Raised> {
        let _held = self.hold(cx);
        let len = self.len();
        if self.limit().is_some_and(|limit| len >= limit) {
            return Ok(false);
        }
        self.push_held(cx, End::Back, value)?;
        for place in (index..len).rev() {
            self.swap(cx, place, place + 1);
        }
        Ok(true)
    }

    /// Removes the item at the index, if there is one; says whether there was.
    pub fn remove(&self, cx: &Context, index: usize) -> bool {
        let _held = self.hold(cx);
        self.remove_held(cx, index)
    }

    /// [`remove`](Self::remove), if the version is still the same.
    pub fn remove_unchanged(&self, cx: &Context, index: usize, version: u64) -> bool {
        let _held = self.hold(cx);
        self.version() == version && self.remove_held(cx, index)
    }
    // Changing many.

    /// Adds items at an end, one after the other.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn extend(&self, cx: &Context, end: End, items: &[Value<'_>]) -> Result<(), Raised> {
        let _held = self.hold(cx);
        items.iter().try_for_each(|item| self.push_held(cx, end, *item))
    }

    /// Moves the last `by` items to the front, or with a negative number the first ones to the end.
    pub fn rotate(&self, cx: &Context, by: i64) {
        let _held = self.hold(cx);
        let len = self.len();
        let shift = if len < 2 { 0 } else { by.rem_euclid(len as i64) as usize };
        let (steps, from, to) = if shift <= len / 2 {
            (shift, End::Back, End::Front)
        } else {
            (len - shift, End::Front, End::Back)
        };
        for _ in 0..steps {
            if let Some(item) = self.pop_held(cx, from)
                && let Some(store) = self.store()
            {
                self.put(cx, store, to, item);
            }
        }
    }

    /// Turns the order round.
    pub fn reverse(&self, cx: &Context) {
        let _held = self.hold(cx);
        let mut items = self.items();
        items.reverse();
        self.overwrite(cx, &items);
    }

    /// Removes all items, and the store with them.
    pub fn clear(&self, cx: &Context) {
        let _held = self.hold(cx);
        self.clear_held(cx);
    }

    /// Begins anew, empty, with another limit.
    pub fn reset(&self, cx: &Context, limit: Option<usize>) {
        let _held = self.hold(cx);
        self.clear_held(cx);
        self.limit.store(limit.unwrap_or(UNLIMITED), Ordering::Relaxed);
    }

    /// Replaces all items by themselves, `times` times over.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn repeat(&self, cx: &Context, times: usize) -> Result<(), Raised> {
        let _held = self.hold(cx);
        let items = self.items();
        if times == 0 || items.is_empty() {
            self.clear_held(cx);
            return Ok(());
        }
        let total = items.len().checked_mul(times).ok_or_else(|| cx.memory_error())?;
        // What the limit would push out again is not added in the first place.
        let kept = total.min(self.limit.load(Ordering::Relaxed));
        let skipped = total - kept;
        self.clear_held(cx);
        (skipped..total).try_for_each(|index| self.push_held(cx, End::Back, items[index % items.len()]))
    }

    // With the lock held.

    fn hold<'t>(&'t self, cx: &Context) -> Held<'t> {
        cx.lock(self)
    }

    fn store(&self) -> Option<&Store> {
        self.store.get().and_then(|store| store.get())
    }

    /// The slot of the item at an index.
    fn slot(&self, index: usize) -> Option<&Slot> {
        let slots = self.store()?.slots();
        slots.get(self.first.load(Ordering::Relaxed).wrapping_add(index) & (slots.len() - 1))
    }

    fn items(&self) -> Vec<Value<'_>> {
        (0..self.len()).filter_map(|index| self.slot(index)?.get()).collect()
    }

    fn push_held(&self, cx: &Context, end: End, value: Value<'_>) -> Result<(), Raised> {
        let len = self.len();
        if len >= self.limit.load(Ordering::Relaxed) {
            if len == 0 {
                return Ok(());
            }
            let other = if end == End::Back { End::Front } else { End::Back };
            self.pop_held(cx, other);
        }
        let len = self.len();
        let store = match self.store() {
            Some(store) if len < store.slots().len() => store,
            _ => self.grow(cx)?,
        };
        self.put(cx, store, end, value);
        Ok(())
    }

    /// Adds an item at an end of the store, which has room.
    fn put(&self, cx: &Context, store: &Store, end: End, value: Value<'_>) {
        let len = self.len();
        let mask = store.slots().len() - 1;
        let first = self.first.load(Ordering::Relaxed);
        let place = match end {
            End::Back => first.wrapping_add(len) & mask,
            End::Front => first.wrapping_sub(1) & mask,
        };
        cx.store(store, &store.slots()[place], Some(value));
        if end == End::Front {
            self.first.store(place, Ordering::Relaxed);
        }
        self.changed(len + 1);
    }

    fn pop_held<'t>(&'t self, cx: &'t Context, end: End) -> Option<Value<'t>> {
        let last = self.len().checked_sub(1)?;
        let (store, slot) = (self.store()?, self.slot(if end == End::Back { last } else { 0 })?);
        let item = slot.get()?;
        cx.store(store, slot, None);
        if end == End::Front {
            let next = self.first.load(Ordering::Relaxed).wrapping_add(1) & (store.slots().len() - 1);
            self.first.store(next, Ordering::Relaxed);
        }
        self.changed(last);
        Some(item)
    }

    fn remove_held(&self, cx: &Context, index: usize) -> bool {
        let len = self.len();
        if index >= len {
            return false;
        }
        for place in index + 1..len {
            self.swap(cx, place - 1, place);
        }
        self.pop_held(cx, End::Back).is_some()
    }

    fn changed(&self, len: usize) {
        self.len.store(len, Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
    }

    fn clear_held(&self, cx: &Context) {
        cx.store(self, &self.store, None);
        self.first.store(0, Ordering::Relaxed);
        self.changed(0);
    }

    fn swap(&self, cx: &Context, a: usize, b: usize) {
        if let (Some(store), Some(a), Some(b)) = (self.store(), self.slot(a), self.slot(b)) {
            let (first, second) = (a.get(), b.get());
            cx.store(store, a, second);
            cx.store(store, b, first);
        }
    }

    /// Replaces as many items as there are.
    fn overwrite(&self, cx: &Context, items: &[Value<'_>]) {
        let Some(store) = self.store() else { return };
        for (index, item) in items.iter().enumerate() {
            if let Some(slot) = self.slot(index) {
                cx.store(store, slot, Some(*item));
            }
        }
        self.changed(items.len());
    }

    /// Moves to a store of twice the size.
    #[cold]
    fn grow<'t>(&'t self, cx: &'t Context) -> Result<&'t Store, Raised> {
        let capacity = self.store().map_or(LEAST_CAPACITY, |store| store.slots().len() * 2);
        let store = Store::new(cx, capacity)?;
        for (slot, item) in store.slots().iter().zip(self.items()) {
            slot.init(Some(item));
        }
        cx.store(self, &self.store, Some(Value::object(store)));
        self.first.store(0, Ordering::Relaxed);
        Ok(store)
    }

    pub(super) fn store_slot(&self) -> &Slot {
        &self.store
    }
}
