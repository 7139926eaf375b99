//! `dict`: entries in insertion order, found through an index.
//!
//! A table is append-only and an entry's key never changes: removing leaves a hole in place of the value, and clearing
//! or growing makes a new table. So an inline cache of a global is (id of the table, index of the entry), and whoever looks
//! for a key takes no lock. Whoever changes a dict, or wants all of it as it was at one moment, holds its lock, under
//! which no key is compared that needs a look into another object that can change.

mod recent;
mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::compare::{same_key, same_key_under};
use super::context::{Context, Raised, Res};
use super::hash::{hash, known_hash, simple_hash};
use table::{Look, MIN_INDEX};

pub use table::{DictTable, Entry};

/// A dict.
#[repr(C)]
pub struct Dict {
    header: Header,
    table: Slot,
    len: AtomicUsize,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Dict {
    const KIND: Kind = Kind::Dict;
}

/// What an inline cache may remember of a name.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Its entry.
    At {
        /// The number of the table.
        table: u32,
        /// The number of the entry.
        entry: u32,
    },
    /// It has none.
    Absent {
        /// The number of the table's keys.
        keys: u32,
    },
}

/// The value that a look into a table found.
#[inline(always)]
fn found(look: Look<'_>) -> Option<Value<'_>> {
    match look {
        Look::Here(entry) => entry.value().get(),
        Look::Nowhere(_) => None,
    }
}

impl Dict {
    /// An empty dict.
    pub fn new(cx: &Context) -> &Dict {
        Dict::with_shape(cx, Builtin::Dict.shape())
    }

    /// An empty dict of the class with this root shape.
    pub fn with_shape(cx: &Context, shape: u32) -> &Dict {
        cx.local().make(shape, 0, |header| Dict { header, table: Slot::new(None), len: AtomicUsize::new(0) })
    }

    /// An empty dict with room for some entries.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn with_capacity(cx: &Context, capacity: usize) -> Result<&Dict, Raised> {
        let dict = Dict::new(cx);
        if capacity > 0 {
            dict.table.init(Some(Value::object(DictTable::new(cx, capacity)?)));
        }
        Ok(dict)
    }

    /// The current table; an empty dict may have none.
    #[inline(always)]
    pub fn table(&self) -> Option<&DictTable> {
        let word = self.table.word();
        if word.is_nothing() {
            return None;
        }
        // SAFETY: a dict's table slot holds nothing or a DictTable.
        Some(unsafe { &*word.address().cast::<DictTable>() })
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

    /// Its entries, removed ones included.
    pub fn entries(&self) -> &[Entry] {
        self.table().map_or(&[][..], DictTable::entries)
    }

    /// Its items in order, each as it is when its turn comes; what is there all the time is among them, once.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Value<'_>, Value<'_>)> {
        self.entries().iter().filter_map(Entry::pair)
    }

    /// Its items at one moment.
    pub fn items(&self, cx: &Context) -> Vec<(Value<'_>, Value<'_>)> {
        let _held = cx.lock(self);
        self.iter().collect()
    }

    /// Its keys at one moment.
    pub fn keys(&self, cx: &Context) -> Vec<Value<'_>> {
        let _held = cx.lock(self);
        self.iter().map(|(key, _)| key).collect()
    }

    /// Its values at one moment.
    pub fn values(&self, cx: &Context) -> Vec<Value<'_>> {
        let _held = cx.lock(self);
        self.iter().map(|(_, value)| value).collect()
    }

    /// Its keys with their hashes, while nobody can change it.
    pub fn held_keys(&self, _held: &Held<'_>) -> impl Iterator<Item = (Value<'_>, i64)> {
        self.entries().iter().filter_map(|entry| Some((entry.pair()?.0, entry.hash())))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// `TypeError` for an unhashable key; [`Context::needs_code`] for one whose class defines hash or equality.
    #[inline]
    pub fn get<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let hash = hash(cx, key)?;
        self.get_hashed(cx, key, hash)
    }

    /// [`get`](Self::get) of a key whose hash is known.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline(always)]
    pub fn get_hashed<'t>(
        &'t self,
        cx: &'t Context,
        key: Value<'t>,
        hash: i64,
    ) -> Result<Option<Value<'t>>, Raised> {
        let Some(table) = self.table() else { return Ok(None) };
        match table.look(hash, key) {
            Some(Look::Here(entry)) => Ok(entry.value().get()),
            Some(Look::Nowhere(_)) => Ok(None),
            None => Dict::get_equal(cx, table, key, hash),
        }
    }

    /// The value of a key, if it has one; nothing where that does not show at a glance.
    #[inline(always)]
    pub fn get_at_a_glance<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Option<Option<Value<'t>>> {
        let (Some(hash), Some(table)) = (known_hash(key), self.table()) else { return self.look_up(cx, key) };
        match table.look_for_itself(hash, key) {
            Ok(look) => Some(found(look)),
            Err(alike) => self.look_closely(cx, key, alike),
        }
    }

    /// [`look_up`](Self::look_up) where the entry of a key with this hash was met.
    #[inline(never)]
    fn look_closely<'t>(
        &'t self,
        cx: &'t Context,
        key: Value<'t>,
        alike: &'t Entry,
    ) -> Option<Option<Value<'t>>> {
        if alike.is_of(key) { Some(alike.value().get()) } else { self.look_up(cx, key) }
    }

    #[inline(never)]
    fn look_up<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Option<Option<Value<'t>>> {
        let hash = simple_hash(cx, key)?;
        let Some(table) = self.table() else { return Some(None) };
        table.look(hash, key).map(found)
    }

    /// The value of a key that must be compared with more than a glance.
    #[cold]
    #[inline(never)]
    fn get_equal<'t>(
        cx: &'t Context,
        table: &'t DictTable,
        key: Value<'t>,
        hash: i64,
    ) -> Result<Option<Value<'t>>, Raised> {
        let (_, entry) = table.find(hash, |other| same_key(cx, other, key))?;
        Ok(entry.and_then(|entry| table.entry(entry).value().get()))
    }

    /// Whether a key whose hash is known is there, while nobody can change it.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn held_contains(
        &self,
        cx: &Context,
        held: &Held<'_>,
        key: Value<'_>,
        hash: i64,
    ) -> Result<bool, Raised> {
        let Some(table) = self.table() else { return Ok(false) };
        Ok(matches!(Dict::seek_in(cx, held, table, key, hash)?, Look::Here(_)))
    }

    /// The value of an interned name.
    pub fn get_name<'t>(&'t self, cx: &'t Context, name: &str) -> Option<Value<'t>> {
        self.get(cx, cx.intern(name)).ok().flatten()
    }

    /// The current table, made if there is none, and where a key stands or belongs in it.
    #[inline(always)]
    fn seek<'t>(
        &'t self,
        cx: &'t Context,
        held: &Held<'_>,
        key: Value<'_>,
        hash: i64,
    ) -> Result<(&'t DictTable, Look<'t>), Raised> {
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, held)?,
        };
        Ok((table, Dict::seek_in(cx, held, table, key, hash)?))
    }

    /// Where a key stands or belongs in the current table.
    #[inline(always)]
    fn seek_in<'t>(
        cx: &'t Context,
        held: &Held<'_>,
        table: &'t DictTable,
        key: Value<'_>,
        hash: i64,
    ) -> Result<Look<'t>, Raised> {
        if let Some(look) = table.look(hash, key) {
            return Ok(look);
        }
        let (place, entry) = table.find(hash, |other| same_key_under(cx, held, other, key))?;
        Ok(entry.map_or(Look::Nowhere(place), |entry| Look::Here(table.entry(entry))))
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `MemoryError`.
    #[inline]
    pub fn set(&self, cx: &Context, key: Value<'_>, value: Value<'_>) -> Result<(), Raised> {
        let hash = hash(cx, key)?;
        self.set_hashed(cx, &cx.lock(self), key, hash, value)
    }

    /// [`set`](Self::set) of a key whose hash is known, under the dict's lock. It is looked for once.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    #[inline(always)]
    pub fn set_hashed(
        &self,
        cx: &Context,
        held: &Held<'_>,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
    ) -> Result<(), Raised> {
        match self.seek(cx, held, key, hash)? {
            (table, Look::Here(entry)) => {
                cx.store(table, entry.value(), Some(value));
                Ok(())
            }
            (table, Look::Nowhere(place)) => self.add(cx, held, table, place, hash, key, value),
        }
    }

    /// [`set`](Self::set) of a key whose place shows at a glance; nothing is done with any other.
    #[inline(always)]
    pub fn set_at_a_glance(
        &self,
        cx: &Context,
        key: Value<'_>,
        value: Value<'_>,
    ) -> Option<Result<(), Raised>> {
        let hash = simple_hash(cx, key)?;
        let held = cx.lock(self);
        let table = self.table()?;
        match table.look(hash, key)? {
            Look::Here(entry) => {
                cx.store(table, entry.value(), Some(value));
                Some(Ok(()))
            }
            Look::Nowhere(place) => Some(self.add(cx, &held, table, place, hash, key, value)),
        }
    }

    /// The value of a key, which is set first if there is none.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn get_or_set<'t>(&'t self, cx: &'t Context, key: Value<'t>, default: Value<'t>) -> Res<'t> {
        let hash = hash(cx, key)?;
        let held = cx.lock(self);
        match self.seek(cx, &held, key, hash)? {
            // Under the lock, what is there stays there.
            (_, Look::Here(entry)) => Ok(entry.value().get().unwrap_or(default)),
            (table, Look::Nowhere(place)) => {
                self.add(cx, &held, table, place, hash, key, default)?;
                Ok(default)
            }
        }
    }

    /// Adds a key that is not in the table, at the place in the index where it belongs.
    #[inline(never)]
    #[expect(clippy::too_many_arguments, reason = "what was found is not looked for again")]
    fn add<'t>(
        &'t self,
        cx: &'t Context,
        held: &Held<'_>,
        mut table: &'t DictTable,
        mut place: usize,
        hash: i64,
        key: Value<'_>,
        value: Value<'_>,
    ) -> Result<(), Raised> {
        let is_known = table.is_numbered();
        if !is_known || !table.revive(cx, held, hash, key, value) {
            if table.is_full() {
                table = self.resize(cx, held)?;
                place = table.vacancy(hash);
            }
            table.append(cx, held, place, hash, key, value);
            if is_known {
                // Whoever has cached that the key is absent must look again.
                table.renumber_keys(cx);
            }
        }
        self.len.store(self.len() + 1, Ordering::Release);
        Ok(())
    }

    /// Removes a key and returns its value.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let hash = hash(cx, key)?;
        let held = cx.lock(self);
        if self.table().is_none() {
            return Ok(None);
        }
        match self.seek(cx, &held, key, hash)? {
            (table, Look::Here(entry)) => Ok(self.empty(cx, &held, table, entry)),
            (_, Look::Nowhere(_)) => Ok(None),
        }
    }

    /// Empties an entry of the current table.
    fn empty<'t>(
        &self,
        cx: &Context,
        _held: &Held<'_>,
        table: &DictTable,
        entry: &'t Entry,
    ) -> Option<Value<'t>> {
        let value = entry.value().get()?;
        cx.store(table, entry.value(), None);
        self.len.store(self.len().saturating_sub(1), Ordering::Release);
        Some(value)
    }

    /// Removes and returns the last item.
    pub fn pop_last<'t>(&'t self, cx: &'t Context) -> Option<(Value<'t>, Value<'t>)> {
        let held = cx.lock(self);
        let table = self.table()?;
        let entry = table.last(&held)?;
        let key = entry.key()?;
        Some((key, self.empty(cx, &held, table, entry)?))
    }

    /// A plain dict of the items of both; those of the other come last.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn union<'t>(&self, cx: &'t Context, other: &Dict) -> Result<&'t Dict, Raised> {
        let (held, _other_held) = cx.lock_both(self, other);
        let union = self.held_copy(cx, &held)?;
        union.merge_held(cx, &held, other)?;
        Ok(union)
    }

    /// Sets every item of another dict.
    ///
    /// # Errors
    /// As [`set`](Self::set); what was set before stays.
    pub fn merge(&self, cx: &Context, other: &Dict) -> Result<(), Raised> {
        if std::ptr::eq(self, other) {
            return Ok(());
        }
        let (held, _other_held) = cx.lock_both(self, other);
        self.merge_held(cx, &held, other)
    }

    fn merge_held(&self, cx: &Context, held: &Held<'_>, other: &Dict) -> Result<(), Raised> {
        for entry in other.entries() {
            if let Some((key, value)) = entry.pair() {
                self.set_hashed(cx, held, key, entry.hash(), value)?;
            }
        }
        Ok(())
    }

    /// Removes everything.
    pub fn clear(&self, cx: &Context) {
        let _held = cx.lock(self);
        cx.store(self, &self.table, None);
        self.len.store(0, Ordering::Release);
    }

    /// Moves the items to a new table, of the size CPython would choose: it shows when a dict changes during iteration.
    #[cold]
    fn resize<'t>(&'t self, cx: &'t Context, held: &Held<'_>) -> Result<&'t DictTable, Raised> {
        let size = (self.len() * 3).max(MIN_INDEX).next_power_of_two();
        let new = DictTable::with_size(cx, size)?;
        if let Some(old) = self.table() {
            new.append_all(cx, held, old.entries());
            if old.is_numbered() {
                new.number(cx, held);
            }
        }
        cx.store(self, &self.table, Some(Value::object(new)));
        Ok(new)
    }

    /// A copy, a plain dict.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy<'t>(&self, cx: &'t Context) -> Result<&'t Dict, Raised> {
        self.held_copy(cx, &cx.lock(self))
    }

    /// [`copy`](Self::copy) while nobody can change it.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn held_copy<'t>(&self, cx: &'t Context, held: &Held<'_>) -> Result<&'t Dict, Raised> {
        let copy = Dict::with_capacity(cx, self.len())?;
        if let Some(table) = copy.table() {
            table.append_all(cx, held, self.entries());
            copy.len.store(table.entries().len(), Ordering::Release);
        }
        Ok(copy)
    }

    pub(super) fn table_slot(&self) -> &Slot {
        &self.table
    }
}

/// For code of the language that compares keys by itself: what it does not see of a dict, and what it does to it after it
/// has compared, if that still applies.
impl Dict {
    /// The keys that have this hash, in the order in which they are compared.
    pub fn candidates(&self, hash: i64) -> Vec<Value<'_>> {
        self.table().map_or_else(Vec::new, |table| table.candidates(hash))
    }

    /// The value of the key that is this very object.
    pub fn get_identical<'t>(&'t self, key: Value<'_>, hash: i64) -> Option<Value<'t>> {
        let table = self.table()?;
        let (_, entry) = table.find(hash, |other| Ok(other.is(key))).ok()?;
        entry.and_then(|entry| table.entry(entry).value().get())
    }

    /// Replaces the value of the key that is this very object; says whether it is there.
    pub fn replace_identical(&self, cx: &Context, key: Value<'_>, hash: i64, value: Value<'_>) -> bool {
        let _held = cx.lock(self);
        let Some(table) = self.table() else { return false };
        let Ok((_, Some(entry))) = table.find(hash, |other| Ok(other.is(key))) else { return false };
        cx.store(table, table.entry(entry).value(), Some(value));
        true
    }

    /// Removes the key that is this very object and returns its value.
    pub fn remove_identical<'t>(&'t self, cx: &Context, key: Value<'_>, hash: i64) -> Option<Value<'t>> {
        let held = cx.lock(self);
        let table = self.table()?;
        let (_, entry) = table.find(hash, |other| Ok(other.is(key))).ok()?;
        self.empty(cx, &held, table, table.entry(entry?))
    }

    /// Adds a key that is none of the candidates in `seen`, if these are all; says whether they are.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn add_unseen(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
        seen: &[Value<'_>],
    ) -> Result<bool, Raised> {
        self.keep_unseen(cx, key, hash, value, seen, usize::MAX)
    }
}

/// For inline caches.
impl Dict {
    /// What a cache may remember of a name, if anything.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn cache_place(&self, cx: &Context, name: Value<'_>) -> Result<Option<Place>, Raised> {
        // The number is read before the search: if the name is added meanwhile, it is outdated. It is given under the
        // lock, so that whoever adds a name either is seen or sees it.
        let Some(mut table) = self.table() else { return Ok(None) };
        if !table.is_numbered() {
            let held = cx.lock(self);
            table = self.table().unwrap_or(table);
            table.number(cx, &held);
        }
        let (id, keys) = (table.id(), table.keys());
        let hash = hash(cx, name)?;
        let (_, entry) = table.find(hash, |other| same_key(cx, other, name))?;
        Ok(match entry {
            Some(entry) => Some(Place::At { table: id, entry: entry as u32 }),
            // One that was removed can come back at its entry, and nobody is told.
            None if table.has_entry(hash, |other| same_key(cx, other, name))? => None,
            None => Some(Place::Absent { keys }),
        })
    }

    /// The number of a key's entry in the current table, which nobody replaces.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn entry_index(&self, cx: &Context, key: Value<'_>) -> Result<Option<u32>, Raised> {
        let Some(table) = self.table() else { return Ok(None) };
        let (_, entry) = table.find(hash(cx, key)?, |other| same_key(cx, other, key))?;
        Ok(entry.map(|entry| entry as u32))
    }

    /// Replaces the value of an entry that a cache knows, of the table with this id; says whether it is still there.
    ///
    /// # Safety
    /// - The cache was filled with an entry of the table of this id.
    #[inline(always)]
    pub unsafe fn set_cached(&self, cx: &Context, table: u32, entry: u32, value: Value<'_>) -> bool {
        let _held = cx.lock(self);
        if let Some(current) = self.table()
            && current.id() == table
            // SAFETY: the caller vouches for it.
            && let slot = unsafe { current.entry_at(entry) }.value()
            && !slot.word().is_nothing()
        {
            cx.store(current, slot, Some(value));
            return true;
        }
        false
    }
}
