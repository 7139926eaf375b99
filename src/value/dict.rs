//! `dict`: entries in insertion order, found through an index.
//!
//! A table is append-only and an entry's key never changes: removing leaves a hole in place of the value, and clearing
//! or growing makes a new table. So an inline cache of a global is (id of the table, index of the entry).

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::compare::same_key;
use super::context::{Context, Raised};
use super::hash::hash;

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

/// An entry; a hole in place of the value was removed.
#[repr(C)]
pub struct Entry {
    hash: AtomicUsize,
    key: Slot,
    value: Slot,
}

/// The table of a dict: entries follow, then the index. The header's count is the entries used.
#[repr(C)]
pub struct DictTable {
    header: Header,
    /// Whom caches know it by; 0 until one asks.
    id: AtomicU32,
    capacity: u32,
    /// Entries from here on are known to be removed: where `popitem` looks first.
    tail: AtomicUsize,
    mask: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for DictTable {
    const KIND: Kind = Kind::DictTable;
}

const MIN_INDEX: usize = 8;
/// The most entries a table has.
const MAX_ENTRIES: usize = 1 << 31;

impl DictTable {
    /// A table with room for `wanted` entries.
    fn new(cx: &Context, wanted: usize) -> Result<&DictTable, Raised> {
        let mut size = MIN_INDEX;
        while usable(size) < wanted {
            size = size.checked_mul(2).ok_or_else(|| cx.memory_error())?;
        }
        DictTable::with_size(cx, size)
    }

    /// A table with an index of `size`, a power of two.
    fn with_size(cx: &Context, size: usize) -> Result<&DictTable, Raised> {
        if size > 2 * MAX_ENTRIES || usable(size) > MAX_ENTRIES {
            return Err(cx.memory_error());
        }
        let capacity = usable(size);
        let bytes = capacity * size_of::<Entry>() + size * width(size);
        cx.local()
            .make_sized(
                bytes,
                Builtin::Object.shape(),
                0,
                |header| DictTable {
                    header,
                    id: AtomicU32::new(0),
                    capacity: capacity as u32,
                    tail: AtomicUsize::new(0),
                    mask: size - 1,
                },
                // SAFETY: the bytes behind the object belong to it; zero is an empty entry and an empty index.
                |place| unsafe { place.write_bytes(0, bytes) },
            )
            .map_err(|_| cx.memory_error())
    }

    /// The entries used so far.
    #[inline(always)]
    pub fn entries(&self) -> &[Entry] {
        let used = self.header.aux().min(self.capacity) as usize;
        // SAFETY: `capacity` entries follow the object.
        unsafe { std::slice::from_raw_parts((self as *const DictTable).add(1).cast(), used) }
    }

    /// The entry at an index.
    ///
    /// # Safety
    /// - The index is that of an entry of this table.
    #[inline(always)]
    pub unsafe fn entry_at(&self, index: u32) -> &Entry {
        debug_assert!(index < self.capacity);
        // SAFETY: `capacity` entries follow the object.
        unsafe { &*(self as *const DictTable).add(1).cast::<Entry>().add(index as usize) }
    }

    fn all_entries(&self) -> &[Entry] {
        // SAFETY: `capacity` entries follow the object.
        unsafe {
            std::slice::from_raw_parts((self as *const DictTable).add(1).cast(), self.capacity as usize)
        }
    }

    /// The number caches know this table by.
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    fn index_base(&self) -> *const u8 {
        // SAFETY: the index follows the entries inside the object.
        unsafe { (self as *const DictTable).add(1).cast::<Entry>().add(self.capacity as usize).cast() }
    }

    /// Index entries count from 1; 0 is empty.
    #[inline(always)]
    fn index_at(&self, place: usize) -> usize {
        let base = self.index_base();
        // SAFETY: `place` is masked, so it is inside the index, whose items have this width and alignment.
        unsafe {
            match width(self.mask + 1) {
                1 => (*base.cast::<AtomicU8>().add(place)).load(Ordering::Acquire) as usize,
                2 => (*base.cast::<AtomicU16>().add(place)).load(Ordering::Acquire) as usize,
                _ => (*base.cast::<AtomicU32>().add(place)).load(Ordering::Acquire) as usize,
            }
        }
    }

    fn set_index(&self, place: usize, entry: usize) {
        let base = self.index_base();
        // SAFETY: as in `index_at`.
        unsafe {
            match width(self.mask + 1) {
                1 => (*base.cast::<AtomicU8>().add(place)).store(entry as u8, Ordering::Release),
                2 => (*base.cast::<AtomicU16>().add(place)).store(entry as u16, Ordering::Release),
                _ => (*base.cast::<AtomicU32>().add(place)).store(entry as u32, Ordering::Release),
            }
        }
    }

    /// Looks for a key: the place in the index where it stands or belongs, and the entry, if there is one. A removed entry is
    /// nobody's.
    #[inline]
    fn find(
        &self,
        hash: i64,
        mut same: impl FnMut(Value<'_>) -> Result<bool, Raised>,
    ) -> Result<(usize, Option<usize>), Raised> {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        loop {
            match self.index_at(place) {
                0 => return Ok((place, None)),
                found => {
                    let entry = &self.all_entries()[found - 1];
                    if entry.hash.load(Ordering::Relaxed) as i64 == hash
                        && let Some((key, _)) = entry.pair()
                        && same(key)?
                    {
                        return Ok((place, Some(found - 1)));
                    }
                }
            }
            perturb >>= 5;
            place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & self.mask;
        }
    }

    fn append(&self, cx: &Context, place: usize, hash: i64, key: Value<'_>, value: Value<'_>) {
        let used = self.header.aux() as usize;
        let entry = &self.all_entries()[used];
        entry.hash.store(hash as usize, Ordering::Relaxed);
        cx.store(self, &entry.key, Some(key));
        cx.store(self, &entry.value, Some(value));
        self.header.aux.store(used as u32 + 1, Ordering::Release);
        self.tail.store(used + 1, Ordering::Relaxed);
        self.set_index(place, used + 1);
    }

    fn is_full(&self) -> bool {
        self.header.aux() == self.capacity
    }
}

impl Entry {
    /// The key and the value, unless the entry was removed.
    #[inline(always)]
    pub fn pair(&self) -> Option<(Value<'_>, Value<'_>)> {
        Some((self.key.get()?, self.value.get()?))
    }

    /// The hash of the key.
    pub fn hash(&self) -> i64 {
        self.hash.load(Ordering::Relaxed) as i64
    }

    /// The key, even of a removed entry.
    pub fn key(&self) -> Option<Value<'_>> {
        self.key.get()
    }

    /// The slot of the value.
    #[inline(always)]
    pub fn value(&self) -> &Slot {
        &self.value
    }

    pub(super) fn slots(&self) -> (&Slot, &Slot) {
        (&self.key, &self.value)
    }
}

const fn usable(size: usize) -> usize {
    size * 2 / 3
}

const fn width(size: usize) -> usize {
    if size <= 1 << 8 {
        1
    } else if size <= 1 << 16 {
        2
    } else {
        4
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

    /// Its items in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Value<'_>, Value<'_>)> {
        self.table().map_or(&[][..], DictTable::entries).iter().filter_map(Entry::pair)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// `TypeError` for an unhashable key; [`Context::needs_code`] for one whose class defines hash or equality.
    #[inline]
    pub fn get<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let hash = hash(cx, key)?;
        Ok(self.find(cx, key, hash)?.and_then(|entry| entry.value.get()))
    }

    /// The value of an interned name.
    pub fn get_name<'t>(&'t self, cx: &'t Context, name: &str) -> Option<Value<'t>> {
        self.get(cx, cx.intern(name)).ok().flatten()
    }

    /// The entry of a key.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline]
    pub fn find<'t>(
        &'t self,
        cx: &'t Context,
        key: Value<'t>,
        hash: i64,
    ) -> Result<Option<&'t Entry>, Raised> {
        let Some(table) = self.table() else { return Ok(None) };
        let (_, entry) = table.find(hash, |other| same_key(cx, other, key))?;
        Ok(entry.map(|entry| &table.all_entries()[entry]))
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// As [`get`](Self::get), and `MemoryError`.
    #[inline]
    pub fn set(&self, cx: &Context, key: Value<'_>, value: Value<'_>) -> Result<(), Raised> {
        let hash = hash(cx, key)?;
        self.set_hashed(cx, key, hash, value)
    }

    /// [`set`](Self::set) of a key whose hash is known.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_hashed(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
    ) -> Result<(), Raised> {
        let mut table = match self.table() {
            Some(table) => table,
            None => self.resize(cx)?,
        };
        let (mut place, found) = table.find(hash, |other| same_key(cx, other, key))?;
        if let Some(found) = found {
            cx.store(table, &table.all_entries()[found].value, Some(value));
            return Ok(());
        }
        if table.is_full() {
            table = self.resize(cx)?;
            (place, _) = table.find(hash, |_| Ok(false))?;
        }
        table.append(cx, place, hash, key, value);
        self.added(cx, table);
        Ok(())
    }

    /// Appends a key that is known not to be there: code of the language has compared it.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn append_new(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        value: Value<'_>,
    ) -> Result<(), Raised> {
        let table = match self.table() {
            Some(table) if !table.is_full() => table,
            _ => self.resize(cx)?,
        };
        let (place, _) = table.find(hash, |_| Ok(false))?;
        table.append(cx, place, hash, key, value);
        self.added(cx, table);
        Ok(())
    }

    /// A key was added: whoever has cached that it is absent must look again.
    fn added(&self, cx: &Context, table: &DictTable) {
        self.len.fetch_add(1, Ordering::Relaxed);
        if table.id() != 0 {
            table.id.store(new_id(cx), Ordering::Release);
        }
    }

    /// The number under which a cache may remember entries of the current table, and that keys are absent.
    pub fn cache_id(&self, cx: &Context) -> Option<u32> {
        let table = self.table()?;
        if table.id() == 0 {
            table.id.store(new_id(cx), Ordering::Release);
        }
        Some(table.id())
    }

    /// The index of a key's entry in the current table.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn entry_index(&self, cx: &Context, key: Value<'_>) -> Result<Option<u32>, Raised> {
        let Some(table) = self.table() else { return Ok(None) };
        let (_, entry) = table.find(hash(cx, key)?, |other| same_key(cx, other, key))?;
        Ok(entry.map(|entry| entry as u32))
    }

    /// Removes a key and returns its value.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn remove<'t>(&'t self, cx: &'t Context, key: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let hash = hash(cx, key)?;
        let entry = self.find(cx, key, hash)?;
        Ok(entry.and_then(|entry| self.remove_entry(cx, entry)))
    }

    /// Empties an entry of the current table.
    pub fn remove_entry<'t>(&'t self, cx: &'t Context, entry: &'t Entry) -> Option<Value<'t>> {
        let value = entry.value.get()?;
        cx.store(self.table()?, &entry.value, None);
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(value)
    }

    /// Removes and returns the last item.
    pub fn pop_last<'t>(&'t self, cx: &'t Context) -> Option<(Value<'t>, Value<'t>)> {
        let table = self.table()?;
        let entries = table.entries();
        let until = table.tail.load(Ordering::Relaxed).min(entries.len());
        let (index, pair) = entries[..until]
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, entry)| Some((index, entry.pair()?)))?;
        self.remove_entry(cx, &entries[index]);
        table.tail.store(index, Ordering::Relaxed);
        Some(pair)
    }

    /// The keys that have this hash, in the order in which they are compared.
    pub fn candidates<'t>(&'t self, hash: i64) -> Vec<Value<'t>> {
        let mut keys = Vec::new();
        if let Some(table) = self.table() {
            let mut perturb = hash as u64;
            let mut place = hash as usize & table.mask;
            while let Some(found) = table.index_at(place).checked_sub(1) {
                let entry = &table.all_entries()[found];
                if entry.hash() == hash
                    && let Some((key, _)) = entry.pair()
                {
                    keys.push(key);
                }
                perturb >>= 5;
                place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & table.mask;
            }
        }
        keys
    }

    /// The entry whose key is this very object.
    pub fn find_identical<'t>(&'t self, key: Value<'_>, hash: i64) -> Option<&'t Entry> {
        let table = self.table()?;
        let (_, entry) = table.find(hash, |other| Ok(other.is(key))).ok()?;
        entry.map(|entry| &table.all_entries()[entry])
    }

    /// Replaces the value of an entry of the current table.
    pub fn replace_value(&self, cx: &Context, entry: &Entry, value: Value<'_>) {
        if let Some(table) = self.table() {
            cx.store(table, &entry.value, Some(value));
        }
    }

    /// Sets every item of another dict.
    ///
    /// # Errors
    /// As [`set`](Self::set); what was set before stays.
    pub fn merge(&self, cx: &Context, other: &Dict) -> Result<(), Raised> {
        if std::ptr::eq(self, other) {
            return Ok(());
        }
        for entry in other.table().map_or(&[][..], DictTable::entries) {
            if let Some((key, value)) = entry.pair() {
                self.set_hashed(cx, key, entry.hash(), value)?;
            }
        }
        Ok(())
    }

    /// Its entries, removed ones included.
    pub fn entries(&self) -> &[Entry] {
        self.table().map_or(&[][..], DictTable::entries)
    }

    /// Removes everything.
    pub fn clear(&self, cx: &Context) {
        cx.store(self, &self.table, None);
        self.len.store(0, Ordering::Release);
    }

    /// Moves the items to a new table, of the size CPython would choose: it shows when a dict changes during iteration.
    #[cold]
    fn resize<'t>(&'t self, cx: &'t Context) -> Result<&'t DictTable, Raised> {
        let size = (self.len() * 3).max(MIN_INDEX).next_power_of_two();
        let new = DictTable::with_size(cx, size)?;
        if let Some(old) = self.table() {
            for entry in old.entries() {
                if let Some((key, value)) = entry.pair() {
                    let (place, _) = new.find(entry.hash(), |_| Ok(false))?;
                    new.append(cx, place, entry.hash(), key, value);
                }
            }
            if old.id() != 0 {
                new.id.store(new_id(cx), Ordering::Relaxed);
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
        let copy = Dict::with_capacity(cx, self.len())?;
        for entry in self.table().map_or(&[][..], DictTable::entries) {
            if let Some((key, value)) = entry.pair() {
                copy.append_new(cx, key, entry.hash(), value)?;
            }
        }
        Ok(copy)
    }

    pub(super) fn table_slot(&self) -> &Slot {
        &self.table
    }
}

fn new_id(cx: &Context) -> u32 {
    cx.world().table_ids.fetch_add(1, Ordering::Relaxed)
}
