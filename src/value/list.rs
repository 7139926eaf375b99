//! `list`, and the store of slots that stands behind it.
//!
//! Whoever reads an item takes no lock: the store carries its capacity, and what stands behind the last item is a hole.
//! Whoever changes a list, or wants more than one item as they were at one moment, holds its lock. A list without a change
//! under way has no hole among its items.

mod edit;
mod search;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised, Res};
use super::sequence::place;
use super::slice::Bounds;

pub use edit::Missing;

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
        Store::beginning_with(cx, &[], capacity)
    }

    /// A store that begins with what these slots hold, which nobody changes meanwhile; there is room for them.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn beginning_with<'t>(cx: &'t Context, front: &[Slot], capacity: usize) -> Result<&'t Store, Raised> {
        debug_assert!(front.len() <= capacity);
        let front = &front[..front.len().min(capacity)];
        let bytes = capacity.checked_mul(size_of::<Slot>()).ok_or_else(|| cx.memory_error())?;
        cx.local()
            .make_sized(
                bytes,
                Builtin::Object.shape(),
                0,
                |header| Store { header, capacity },
                // SAFETY: the bytes behind the object belong to it, and the front has at most so many; zero is a hole.
                |place| unsafe {
                    let known = size_of_val(front);
                    place.copy_from_nonoverlapping(front.as_ptr().cast(), known);
                    place.add(known).write_bytes(0, bytes - known);
                },
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

    /// A list of at most `most` items, made one after the other.
    ///
    /// # Errors
    /// `MemoryError`, and what making an item raises.
    pub fn try_from_iter<'t>(
        cx: &'t Context,
        most: usize,
        items: impl Iterator<Item = Res<'t>>,
    ) -> Result<&'t List, Raised> {
        let list = List::with_capacity(cx, Builtin::List.shape(), most)?;
        let slots = list.store_object().map_or(&[][..], Store::slots);
        let mut written = 0;
        for (slot, item) in slots.iter().zip(items) {
            slot.init(Some(item?));
            written += 1;
        }
        list.len.store(written, Ordering::Release);
        Ok(list)
    }

    /// A list of what stands in these slots, one after the other.
    fn from_slots<'t>(cx: &'t Context, parts: &[&[Slot]]) -> Result<&'t List, Raised> {
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

    #[inline(always)]
    fn store_object(&self) -> Option<&Store> {
        let word = self.store.word();
        // SAFETY: a list's store slot holds nothing or a Store.
        (!word.is_nothing()).then(|| unsafe { &*word.address().cast::<Store>() })
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
    fn slots(&self) -> &[Slot] {
        let len = self.len();
        self.store_object().map_or(&[], |store| &store.slots()[..len.min(store.capacity)])
    }

    /// Its slots while nobody can change it: each holds an item.
    fn held_slots(&self, _held: &Held<'_>) -> &[Slot] {
        self.slots()
    }

    /// An item, if there is one at the index. Where other threads change the list, nothing says only that they do: see
    /// [`item`](Self::item).
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value<'_>> {
        self.slots().get(index)?.get()
    }

    /// An item, by an index that may count from the end; nothing where there is none.
    #[inline]
    pub fn item<'t>(&'t self, cx: &Context, index: i64) -> Option<Value<'t>> {
        let item = || self.get(place(index, self.len())?);
        item().or_else(|| {
            let _held = cx.lock(self);
            item()
        })
    }

    /// Its items, each as it is when its turn comes; what is there all the time and does not move is among them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'_>> {
        self.slots().iter().filter_map(Slot::get)
    }

    /// Its items at one moment.
    pub fn to_vec(&self, cx: &Context) -> Vec<Value<'_>> {
        self.held_items(&cx.lock(self))
    }

    /// [`to_vec`](Self::to_vec) while nobody can change it.
    pub fn held_items(&self, held: &Held<'_>) -> Vec<Value<'_>> {
        self.held_slots(held).iter().filter_map(Slot::get).collect()
    }

    /// Whether it holds these objects and no others.
    pub(super) fn is_just(&self, held: &Held<'_>, items: &[Value<'_>]) -> bool {
        let slots = self.held_slots(held);
        slots.len() == items.len() && slots.iter().zip(items).all(|(slot, item)| slot.word() == item.word())
    }

    /// A copy, a plain list.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy<'t>(&self, cx: &'t Context) -> Result<&'t List, Raised> {
        let held = cx.lock(self);
        List::from_slots(cx, &[self.held_slots(&held)])
    }

    /// `self + other`
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn concat<'t>(&self, cx: &'t Context, other: &List) -> Result<&'t List, Raised> {
        let (held, _other_held) = cx.lock_both(self, other);
        List::from_slots(cx, &[self.held_slots(&held), other.held_slots(&held)])
    }

    /// `self[start:stop:step]`
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn part<'t>(&self, cx: &'t Context, bounds: Bounds) -> Result<&'t List, Raised> {
        let held = cx.lock(self);
        let slots = self.held_slots(&held);
        let (start, _, step, count) = bounds.within(slots.len());
        if step == 1 {
            let from = start as usize;
            return List::from_slots(cx, &[slots.get(from..from + count).unwrap_or_default()]);
        }
        let picked: Vec<_> =
            (0..count as i64).filter_map(|at| slots.get((start + at * step) as usize)?.get()).collect();
        List::new(cx, &picked)
    }

    pub(super) fn store_slot(&self) -> &Slot {
        &self.store
    }
}
