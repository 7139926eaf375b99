//! What changes a list. Each method is one step for the other threads: it holds the list's lock from its first look to its
//! last write. Where two writes cannot be one, their order keeps readers, who take no lock, from seeing what was never
//! there: an item before the length that counts it, a length before the holes that it leaves behind.

use std::sync::atomic::Ordering;

use crate::heap::{Held, Value};
use crate::value::context::{Context, Raised};
use crate::value::sequence::place;
use crate::value::slice::Bounds;

use super::{List, Store};

impl List {
    /// Replaces an item, by an index that may count from the end; says whether there is one.
    #[inline(always)]
    pub fn set(&self, cx: &Context, index: i64, value: Value<'_>) -> bool {
        let _held = cx.lock(self);
        if let Some(store) = self.store_object()
            && let Some(place) = place(index, self.len())
            && let Some(slot) = store.slots().get(place)
        {
            cx.store(store, slot, Some(value));
            return true;
        }
        false
    }

    /// Appends an item.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline(always)]
    pub fn push(&self, cx: &Context, value: Value<'_>) -> Result<(), Raised> {
        let held = cx.lock(self);
        let len = self.len();
        let store = match self.store_object() {
            Some(store) if len < store.capacity => store,
            _ => self.grow(cx, &held, len + 1)?,
        };
        cx.store(store, &store.slots()[len], Some(value));
        self.len.store(len + 1, Ordering::Release);
        Ok(())
    }

    /// Makes room for `wanted` items, with CPython's over-allocation.
    #[cold]
    fn grow<'t>(&'t self, cx: &'t Context, held: &Held<'_>, wanted: usize) -> Result<&'t Store, Raised> {
        let capacity = wanted.saturating_add(wanted >> 3).saturating_add(6) & !3;
        let store = Store::beginning_with(cx, self.held_slots(held), capacity)?;
        cx.store(self, &self.store, Some(Value::object(store)));
        Ok(store)
    }

    /// Appends all items.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn extend(&self, cx: &Context, items: &[Value<'_>]) -> Result<(), Raised> {
        self.extend_held(cx, &cx.lock(self), items)
    }

    /// [`extend`](Self::extend) under the list's lock.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn extend_held(&self, cx: &Context, held: &Held<'_>, items: &[Value<'_>]) -> Result<(), Raised> {
        let len = self.len();
        self.splice(cx, held, len, len, items)
    }

    /// Inserts an item before an index, which may count from the end and lie outside.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn insert(&self, cx: &Context, index: i64, value: Value<'_>) -> Result<(), Raised> {
        let held = cx.lock(self);
        let len = self.len();
        let index = if index < 0 { index.saturating_add(len as i64).max(0) } else { index };
        let place = usize::try_from(index).unwrap_or(usize::MAX).min(len);
        self.splice(cx, &held, place, place, &[value])
    }

    /// Removes and returns the last item.
    #[inline]
    pub fn pop<'t>(&'t self, cx: &'t Context) -> Option<Value<'t>> {
        let _held = cx.lock(self);
        let last = self.len().checked_sub(1)?;
        let store = self.store_object()?;
        let slot = store.slots().get(last)?;
        let item = slot.get()?;
        self.len.store(last, Ordering::Release);
        cx.store(store, slot, None);
        Some(item)
    }

    /// Removes and returns an item, by an index that may count from the end.
    ///
    /// # Errors
    /// Whether the list is empty, where there is no such item.
    pub fn take<'t>(&'t self, cx: &'t Context, index: i64) -> Result<Value<'t>, Missing> {
        let held = cx.lock(self);
        let len = self.len();
        let place = place(index, len);
        let item = place.and_then(|place| self.get(place));
        match (place, item) {
            (Some(place), Some(item)) => {
                self.cut(cx, &held, place);
                Ok(item)
            }
            _ => Err(Missing { from_empty: len == 0 }),
        }
    }

    /// Removes the item at a place, if there is one.
    pub(super) fn cut(&self, cx: &Context, held: &Held<'_>, place: usize) {
        let len = self.len();
        if place < len {
            self.shift(cx, held, place, place + 1, len, 0);
        }
    }

    /// Replaces the items from one place to another by other items: the one function behind what inserts and deletes. The
    /// range is cut to what there is.
    ///
    /// # Errors
    /// `MemoryError`; then nothing has changed.
    pub fn splice(
        &self,
        cx: &Context,
        held: &Held<'_>,
        from: usize,
        to: usize,
        items: &[Value<'_>],
    ) -> Result<(), Raised> {
        let len = self.len();
        let to = to.min(len);
        let from = from.min(to);
        let new_len = len - (to - from) + items.len();
        match self.store_object() {
            Some(store) if new_len <= store.capacity => {}
            None if new_len == 0 => return Ok(()),
            _ => {
                self.grow(cx, held, new_len)?;
            }
        }
        // More items are written before the length counts them, fewer leave holes after it has forgotten the last.
        if let Some(store) = self.shift(cx, held, from, to, len, items.len()) {
            for (slot, item) in store.slots().iter().skip(from).zip(items) {
                cx.store(store, slot, Some(*item));
            }
        }
        self.len.store(new_len, Ordering::Release);
        Ok(())
    }

    /// Moves the items from `to` on to where they stand behind `count` others that begin at `from`. Where they come closer
    /// to the front, the length follows.
    fn shift(
        &self,
        cx: &Context,
        _held: &Held<'_>,
        from: usize,
        to: usize,
        len: usize,
        count: usize,
    ) -> Option<&Store> {
        let store = self.store_object()?;
        let slots = store.slots();
        let (behind, new_len) = (from + count, len - (to - from) + count);
        if behind != to {
            cx.move_slots(store, slots, to..len, behind);
        }
        if behind < to {
            self.len.store(new_len, Ordering::Release);
            for slot in slots.iter().take(len).skip(new_len) {
                cx.store(store, slot, None);
            }
        }
        Some(store)
    }

    /// Replaces what a slice picks.
    ///
    /// # Errors
    /// `ValueError` where an extended slice picks another number of items, `MemoryError`.
    pub fn replace_part(
        &self,
        cx: &Context,
        held: &Held<'_>,
        bounds: Bounds,
        items: &[Value<'_>],
    ) -> Result<(), Raised> {
        let slots = self.held_slots(held);
        let (start, _, step, count) = bounds.within(slots.len());
        if step == 1 {
            return self.splice(cx, held, start as usize, start as usize + count, items);
        }
        if items.len() != count {
            return Err(cx.value_error(format_args!(
                "attempt to assign sequence of size {} to extended slice of size {count}",
                items.len()
            )));
        }
        if let Some(store) = self.store_object() {
            for (at, item) in items.iter().enumerate() {
                if let Some(slot) = slots.get((start + at as i64 * step) as usize) {
                    cx.store(store, slot, Some(*item));
                }
            }
        }
        Ok(())
    }

    /// Removes what a slice picks.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn remove_part(&self, cx: &Context, bounds: Bounds) -> Result<(), Raised> {
        let held = cx.lock(self);
        let len = self.len();
        let (start, _, step, count) = bounds.within(len);
        if count == 0 {
            return Ok(());
        }
        if step == 1 {
            return self.splice(cx, &held, start as usize, start as usize + count, &[]);
        }
        // In ascending order, whichever way the slice goes.
        let (first, stride) =
            if step > 0 { (start, step) } else { (start + (count as i64 - 1) * step, step.saturating_neg()) };
        let last = first + (count as i64 - 1) * stride;
        let goes = |index: i64| (first..=last).contains(&index) && (index - first) % stride == 0;
        let items = self.held_items(&held).into_iter().enumerate();
        let kept: Vec<_> = items.filter(|(index, _)| !goes(*index as i64)).map(|(_, item)| item).collect();
        self.splice(cx, &held, 0, len, &kept)
    }

    /// `self *= times`
    ///
    /// # Errors
    /// `MemoryError`; then nothing has changed.
    pub fn repeat(&self, cx: &Context, times: usize) -> Result<(), Raised> {
        let held = cx.lock(self);
        if times == 0 {
            self.empty(cx, &held);
            return Ok(());
        }
        let len = self.len();
        let new_len = len.checked_mul(times).ok_or_else(|| cx.memory_error())?;
        let store = match self.store_object() {
            Some(store) if new_len <= store.capacity => store,
            None => return Ok(()),
            _ => self.grow(cx, &held, new_len)?,
        };
        let (items, more) = store.slots().split_at_checked(len).unwrap_or_default();
        for (slot, item) in more.iter().zip(items.iter().cycle()).take(new_len - len) {
            cx.store(store, slot, item.get());
        }
        self.len.store(new_len, Ordering::Release);
        Ok(())
    }

    /// Replaces all items.
    ///
    /// # Errors
    /// `MemoryError`; then nothing has changed.
    pub fn replace(&self, cx: &Context, items: &[Value<'_>]) -> Result<(), Raised> {
        let held = cx.lock(self);
        self.splice(cx, &held, 0, self.len(), items)
    }

    /// Puts the items in the opposite order.
    pub fn reverse(&self, cx: &Context) {
        let held = cx.lock(self);
        let items = self.held_items(&held);
        self.rewrite(cx, &held, items.iter().rev());
    }

    /// Writes as many items as there are over the items.
    pub fn rewrite<'a, 'v: 'a>(
        &self,
        cx: &Context,
        held: &Held<'_>,
        items: impl Iterator<Item = &'a Value<'v>>,
    ) {
        let Some(store) = self.store_object() else { return };
        for (slot, item) in self.held_slots(held).iter().zip(items) {
            cx.store(store, slot, Some(*item));
        }
    }

    /// Removes all items, and the store with them.
    pub fn clear(&self, cx: &Context) {
        self.empty(cx, &cx.lock(self));
    }

    fn empty(&self, cx: &Context, _held: &Held<'_>) {
        self.len.store(0, Ordering::Release);
        cx.store(self, &self.store, None);
    }

    /// Makes it empty and gives `taker`, a list that nobody else knows, its items.
    pub fn hand_over(&self, cx: &Context, taker: &List) {
        let held = cx.lock(self);
        taker.adopt(cx, self);
        self.empty(cx, &held);
    }

    /// Takes over the items of another list, which nobody else knows or will use. Says whether there were others.
    pub fn take_over(&self, cx: &Context, other: &List) -> bool {
        let _held = cx.lock(self);
        let changed = !self.is_empty();
        self.adopt(cx, other);
        changed
    }

    fn adopt(&self, cx: &Context, other: &List) {
        cx.store(self, &self.store, other.store.get());
        self.len.store(other.len(), Ordering::Release);
    }
}

/// There is no such item to remove.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    /// Because there are none at all.
    pub from_empty: bool,
}
