//! `list`, and the store of slots that stands behind it.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};

/// Slots in a row, which carry their own capacity; they follow.
#[repr(C)]
pub struct Store {
    header: Header,
    capacity: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, slots are atomic.
unsafe impl Object for Store {
    const KIND: Kind = Kind::Store;
}

impl Store {
    /// A store of holes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new(cx: &Context, capacity: usize) -> Result<&Store, Raised> {
        let bytes = capacity.checked_mul(size_of::<Slot>()).ok_or_else(|| cx.memory_error())?;
        cx.local()
            .make_sized(
                bytes,
                Builtin::Object.shape(),
                0,
                |header| Store { header, capacity },
                // SAFETY: the bytes behind the object belong to it; zero is a hole.
                |place| unsafe { place.write_bytes(0, bytes) },
            )
            .map_err(|_| cx.memory_error())
    }

    /// Its slots.
    #[inline(always)]
    pub fn slots(&self) -> &[Slot] {
        // SAFETY: `capacity` slots follow the object.
        unsafe { std::slice::from_raw_parts((self as *const Store).add(1).cast(), self.capacity) }
    }
}

/// A list.
#[repr(C)]
pub struct List {
    header: Header,
    len: AtomicUsize,
    store: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for List {
    const KIND: Kind = Kind::List;
}

impl List {
    /// A list of these items.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(cx: &'t Context, items: &[Value<'_>]) -> Result<&'t List, Raised> {
        List::from_iter(cx, items.iter().copied())
    }

    /// A list of these items.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn from_iter<'t, 'v>(
        cx: &'t Context,
        items: impl ExactSizeIterator<Item = Value<'v>>,
    ) -> Result<&'t List, Raised> {
        let len = items.len();
        let list = List::with_capacity(cx, Builtin::List.shape(), len)?;
        if let Some(store) = list.store_object() {
            let mut written = 0;
            for (slot, item) in store.slots().iter().zip(items) {
                slot.init(Some(item));
                written += 1;
            }
            list.len.store(written, Ordering::Release);
        }
        Ok(list)
    }

    /// A list of what stands in these slots, one after the other; holes are left out.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn from_slots<'t>(cx: &'t Context, parts: &[&[Slot]]) -> Result<&'t List, Raised> {
        let wanted = parts.iter().map(|part| part.len()).sum();
        let list = List::with_capacity(cx, Builtin::List.shape(), wanted)?;
        if let Some(store) = list.store_object() {
            let items = parts.iter().flat_map(|part| part.iter()).filter_map(Slot::get);
            let mut written = 0;
            for (slot, item) in store.slots().iter().zip(items) {
                slot.init(Some(item));
                written += 1;
            }
            list.len.store(written, Ordering::Release);
        }
        Ok(list)
    }

    /// An empty list of the class with this root shape, with room for some items.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with_capacity(cx: &Context, shape: u32, capacity: usize) -> Result<&List, Raised> {
        let store = if capacity == 0 { None } else { Some(Value::object(Store::new(cx, capacity)?)) };
        Ok(cx.local().make(shape, 0, |header| List {
            header,
            len: AtomicUsize::new(0),
            store: Slot::new(store),
        }))
    }

    fn store_object(&self) -> Option<&Store> {
        self.store.get().and_then(|store| store.get())
    }

    /// How many items it has.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its slots: as many as it has items, or as the store that was current a moment ago holds.
    #[inline(always)]
    pub fn slots(&self) -> &[Slot] {
        let len = self.len();
        match self.store.word() {
            word if word.is_nothing() => &[],
            word => {
                // SAFETY: a list's store slot holds nothing or a Store.
                let store = unsafe { &*word.address().cast::<Store>() };
                &store.slots()[..len.min(store.capacity)]
            }
        }
    }

    /// An item, if there is one at the index.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value<'_>> {
        self.slots().get(index)?.get()
    }

    /// Its items; holes that another thread left are skipped.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'_>> {
        self.slots().iter().filter_map(Slot::get)
    }

    /// A copy of its items.
    pub fn to_vec(&self) -> Vec<Value<'_>> {
        self.iter().collect()
    }

    /// Replaces an item that exists.
    #[inline(always)]
    pub fn set(&self, cx: &Context, index: usize, value: Value<'_>) -> bool {
        match self.store_object() {
            Some(store) if index < self.len() => {
                cx.store(store, &store.slots()[index], Some(value));
                true
            }
            _ => false,
        }
    }

    /// Appends an item.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline(always)]
    pub fn push(&self, cx: &Context, value: Value<'_>) -> Result<(), Raised> {
        let len = self.len();
        let store = match self.store_object() {
            Some(store) if len < store.capacity => store,
            _ => self.grow(cx, len + 1)?,
        };
        cx.store(store, &store.slots()[len], Some(value));
        self.len.store(len + 1, Ordering::Release);
        Ok(())
    }

    /// Makes room for `wanted` items, with CPython's over-allocation.
    #[cold]
    fn grow<'t>(&'t self, cx: &'t Context, wanted: usize) -> Result<&'t Store, Raised> {
        let capacity = (wanted + (wanted >> 3) + 6) & !3;
        let store = Store::new(cx, capacity)?;
        for (new, old) in store.slots().iter().zip(self.slots()) {
            new.init(old.get());
        }
        cx.store(self, &self.store, Some(Value::object(store)));
        Ok(store)
    }

    /// Replaces `self[from..to]`, a valid range, by other items: the one function behind insertion, deletion and slices.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn splice(&self, cx: &Context, from: usize, to: usize, items: &[Value<'_>]) -> Result<(), Raised> {
        let len = self.len();
        let new_len = len - (to - from) + items.len();
        let store = match self.store_object() {
            Some(store) if new_len <= store.capacity => store,
            None if new_len == 0 => return Ok(()),
            _ => self.grow(cx, new_len)?,
        };
        let slots = store.slots();
        cx.local().barrier(store.header());
        let shift = new_len as isize - len as isize;
        let moved = |index: usize| (index as isize + shift) as usize;
        if shift > 0 {
            (to..len).rev().for_each(|index| cx.store(store, &slots[moved(index)], slots[index].get()));
        } else if shift < 0 {
            (to..len).for_each(|index| cx.store(store, &slots[moved(index)], slots[index].get()));
        }
        for (slot, item) in slots[from..].iter().zip(items) {
            cx.store(store, slot, Some(*item));
        }
        self.len.store(new_len, Ordering::Release);
        for slot in slots.iter().take(len).skip(new_len) {
            cx.store(store, slot, None);
        }
        Ok(())
    }

    /// Removes and returns the last item.
    #[inline]
    pub fn pop<'t>(&'t self, cx: &'t Context) -> Option<Value<'t>> {
        let last = self.len().checked_sub(1)?;
        let store = self.store_object()?;
        let slot = store.slots().get(last)?;
        let item = slot.get()?;
        self.len.store(last, Ordering::Release);
        cx.store(store, slot, None);
        Some(item)
    }

    /// Removes all items, and the store with them.
    pub fn clear(&self, cx: &Context) {
        self.len.store(0, Ordering::Release);
        cx.store(self, &self.store, None);
    }

    /// Takes over the items of another list, which nobody else knows.
    pub fn take_over(&self, cx: &Context, other: &List) {
        cx.store(self, &self.store, other.store.get());
        self.len.store(other.len(), Ordering::Release);
    }

    /// Replaces all items.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn replace(&self, cx: &Context, items: &[Value<'_>]) -> Result<(), Raised> {
        self.splice(cx, 0, self.len(), items)
    }

    pub(super) fn store_slot(&self) -> &Slot {
        &self.store
    }
}
