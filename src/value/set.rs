//! `set` and `frozenset`: open addressing with the probing and the growth of CPython's, since both decide the order
//! in which a set is iterated (Objects/setobject.c).

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::compare::same_key;
use super::context::{Context, Raised};
use super::hash::hash;

/// How many neighbours are looked at before the next jump.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const MIN_SIZE: usize = 8;

/// A set or frozenset.
#[repr(C)]
pub struct Set {
    header: Header,
    table: Slot,
    used: AtomicUsize,
    /// Where `pop` goes on looking.
    finger: AtomicUsize,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Set {
    const KIND: Kind = Kind::Set;

    #[inline(always)]
    fn is_kind(kind: Kind) -> bool {
        matches!(kind, Kind::Set | Kind::FrozenSet)
    }
}

/// The table of a set: `mask + 1` entries follow. The header's count is CPython's `fill`: entries that ever held a key.
#[repr(C)]
pub struct SetTable {
    header: Header,
    mask: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for SetTable {
    const KIND: Kind = Kind::SetTable;
}

/// An entry: empty, removed (the key is [`Value::DUMMY`]) or a key.
#[repr(C)]
pub struct SetEntry {
    hash: AtomicI64,
    key: Slot,
}

impl SetEntry {
    /// The key, if there is one.
    #[inline(always)]
    pub fn key(&self) -> Option<Value<'_>> {
        self.key.get().filter(|key| !key.is(Value::DUMMY))
    }

    /// The hash of the key.
    pub fn hash(&self) -> i64 {
        self.hash.load(Ordering::Relaxed)
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.key
    }
}

impl SetTable {
    fn new(cx: &Context, size: usize) -> Result<&SetTable, Raised> {
        let bytes = size.checked_mul(size_of::<SetEntry>()).ok_or_else(|| cx.memory_error())?;
        cx.local()
            .make_sized(
                bytes,
                Builtin::Object.shape(),
                0,
                |header| SetTable { header, mask: size - 1 },
                // SAFETY: the bytes behind the object belong to it; zero is an empty entry.
                |place| unsafe { place.write_bytes(0, bytes) },
            )
            .map_err(|_| cx.memory_error())
    }

    /// All entries, in the order of iteration.
    #[inline(always)]
    pub fn entries(&self) -> &[SetEntry] {
        // SAFETY: `mask + 1` entries follow the object.
        unsafe { std::slice::from_raw_parts((self as *const SetTable).add(1).cast(), self.mask + 1) }
    }

    fn fill(&self) -> usize {
        self.header.aux() as usize
    }

    /// The entry that holds the key, or the one where it belongs: the removed one that was met last, or else the empty one.
    fn find(
        &self,
        hash: i64,
        mut same: impl FnMut(Value<'_>) -> Result<bool, Raised>,
    ) -> Result<(&SetEntry, bool), Raised> {
        let entries = self.entries();
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        let mut removed = None;
        loop {
            let last = if place + LINEAR_PROBES <= self.mask { place + LINEAR_PROBES } else { place };
            for entry in &entries[place..=last] {
                match entry.key.get() {
                    None => return Ok((removed.unwrap_or(entry), false)),
                    Some(key) if key.is(Value::DUMMY) => removed = Some(entry),
                    Some(key) => {
                        if entry.hash() == hash && same(key)? {
                            return Ok((entry, true));
                        }
                    }
                }
            }
            perturb >>= PERTURB_SHIFT;
            place = place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & self.mask;
        }
    }

    fn fill_entry(&self, cx: &Context, entry: &SetEntry, key: Value<'_>, hash: i64) {
        let is_new = entry.key.word().is_nothing();
        entry.hash.store(hash, Ordering::Relaxed);
        cx.store(self, &entry.key, Some(key));
        self.header.aux.store(self.header.aux() + u32::from(is_new), Ordering::Release);
    }
}

impl Set {
    /// An empty set of the class with this root shape, whose layout is of `kind`.
    pub fn new(cx: &Context, kind: Kind, shape: u32) -> &Set {
        let made = cx.local().make_kind(
            kind,
            0,
            shape,
            0,
            |header| Set {
                header,
                table: Slot::new(None),
                used: AtomicUsize::new(0),
                finger: AtomicUsize::new(0),
            },
            |_| {},
        );
        match made {
            Ok(set) => set,
            Err(_) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<Set>()),
        }
    }

    /// An empty `set`.
    pub fn new_set(cx: &Context) -> &Set {
        Set::new(cx, Kind::Set, Builtin::Set.shape())
    }

    /// An empty `frozenset`, to be filled before anybody sees it.
    pub fn new_frozen(cx: &Context) -> &Set {
        Set::new(cx, Kind::FrozenSet, Builtin::FrozenSet.shape())
    }

    /// The current table; an empty set may have none.
    #[inline(always)]
    pub fn table(&self) -> Option<&SetTable> {
        self.table.get().and_then(|table| table.get())
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its entries in the order of iteration, empty ones included.
    pub fn entries(&self) -> &[SetEntry] {
        self.table().map_or(&[], SetTable::entries)
    }

    /// Its keys in the order of iteration.
    pub fn iter(&self) -> impl Iterator<Item = Value<'_>> {
        self.entries().iter().filter_map(SetEntry::key)
    }

    /// Whether it holds the key.
    ///
    /// # Errors
    /// `TypeError` for an unhashable key; [`Context::needs_code`] for one whose class defines hash or equality.
    pub fn contains(&self, cx: &Context, key: Value<'_>) -> Result<bool, Raised> {
        self.contains_hashed(cx, key, hash(cx, key)?)
    }

    /// [`contains`](Self::contains) where the hash is known.
    ///
    /// # Errors
    /// As there.
    pub fn contains_hashed(&self, cx: &Context, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        match self.table() {
            Some(table) => Ok(table.find(hash, |other| same_key(cx, other, key))?.1),
            None => Ok(false),
        }
    }

    /// Adds a key; says whether it is new.
    ///
    /// # Errors
    /// As [`contains`](Self::contains), and `MemoryError`.
    pub fn add(&self, cx: &Context, key: Value<'_>) -> Result<bool, Raised> {
        self.add_hashed(cx, key, hash(cx, key)?)
    }

    /// [`add`](Self::add) where the hash is known.
    ///
    /// # Errors
    /// As there.
    pub fn add_hashed(&self, cx: &Context, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        self.insert(cx, key, hash, |other| same_key(cx, other, key))
    }

    /// Adds a key that is known not to be there: code of the language has compared it.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn add_new(&self, cx: &Context, key: Value<'_>, hash: i64) -> Result<(), Raised> {
        self.insert(cx, key, hash, |_| Ok(false)).map(|_| ())
    }

    fn insert(
        &self,
        cx: &Context,
        key: Value<'_>,
        hash: i64,
        same: impl FnMut(Value<'_>) -> Result<bool, Raised>,
    ) -> Result<bool, Raised> {
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, 0)?,
        };
        let (entry, found) = table.find(hash, same)?;
        if found {
            return Ok(false);
        }
        let filled = table.fill();
        table.fill_entry(cx, entry, key, hash);
        let used = self.used.fetch_add(1, Ordering::AcqRel) + 1;
        if table.fill() > filled && table.fill() * 5 >= table.mask * 3 {
            self.resize(cx, if used > 50_000 { used * 2 } else { used * 4 })?;
        }
        Ok(true)
    }

    /// Removes a key; says whether it was there.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn remove(&self, cx: &Context, key: Value<'_>) -> Result<bool, Raised> {
        let Some(table) = self.table() else {
            hash(cx, key)?;
            return Ok(false);
        };
        let (entry, found) = table.find(hash(cx, key)?, |other| same_key(cx, other, key))?;
        if found {
            self.remove_entry(cx, entry);
        }
        Ok(found)
    }

    /// Removes a key whose hash is known; says whether it was there.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn remove_hashed(&self, cx: &Context, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        let Some(table) = self.table() else { return Ok(false) };
        let (entry, found) = table.find(hash, |other| same_key(cx, other, key))?;
        if found {
            self.remove_entry(cx, entry);
        }
        Ok(found)
    }

    /// The keys that have this hash, in the order in which they are compared.
    pub fn candidates(&self, hash: i64) -> Vec<Value<'_>> {
        let mut keys = Vec::new();
        let Some(table) = self.table() else { return keys };
        let mut perturb = hash as u64;
        let mut place = hash as usize & table.mask;
        loop {
            let last = if place + LINEAR_PROBES <= table.mask { place + LINEAR_PROBES } else { place };
            for entry in &table.entries()[place..=last] {
                match entry.key.get() {
                    None => return keys,
                    Some(key) if entry.hash() == hash && !key.is(Value::DUMMY) => keys.push(key),
                    Some(_) => {}
                }
            }
            perturb >>= PERTURB_SHIFT;
            place = place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & table.mask;
        }
    }

    /// The entry whose key is this very object.
    pub fn find_identical(&self, key: Value<'_>, hash: i64) -> Option<&SetEntry> {
        let (entry, found) = self.table()?.find(hash, |other| Ok(other.is(key))).ok()?;
        found.then_some(entry)
    }

    /// A copy, as `copy()` makes it: a new table with the layout of a bulk insertion.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy<'t>(&self, cx: &'t Context, kind: Kind) -> Result<&'t Set, Raised> {
        let copy = Set::new_like(cx, kind);
        copy.merge(cx, self)?;
        Ok(copy)
    }

    /// An empty set or frozenset.
    pub fn new_like(cx: &Context, kind: Kind) -> &Set {
        if kind == Kind::FrozenSet { Set::new_frozen(cx) } else { Set::new_set(cx) }
    }

    /// Takes over the contents of another set, which nobody else knows.
    pub fn take_over(&self, cx: &Context, other: &Set) {
        cx.store(self, &self.table, other.table.get());
        self.used.store(other.len(), Ordering::Release);
    }

    /// Moves the keys to a new table if more than a quarter of the entries are removed ones, as CPython does after a
    /// difference.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn sweep_removed(&self, cx: &Context) -> Result<(), Raised> {
        if let Some(table) = self.table()
            && table.fill() - self.len().min(table.fill()) > table.mask / 4
        {
            let used = self.len();
            self.resize(cx, if used > 50_000 { used * 2 } else { used * 4 })?;
        }
        Ok(())
    }

    /// Empties an entry of the current table that holds a key.
    pub fn remove_entry(&self, cx: &Context, entry: &SetEntry) {
        if let Some(table) = self.table() {
            entry.hash.store(-1, Ordering::Relaxed);
            cx.store(table, &entry.key, Some(Value::DUMMY));
            self.used.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Removes and returns some key.
    pub fn pop<'t>(&'t self, cx: &'t Context) -> Option<Value<'t>> {
        let table = self.table()?;
        let entries = table.entries();
        let start = self.finger.load(Ordering::Relaxed) & table.mask;
        let place = (start..entries.len()).chain(0..start).find(|place| entries[*place].key().is_some())?;
        let key = entries[place].key()?;
        self.remove_entry(cx, &entries[place]);
        self.finger.store(place + 1, Ordering::Relaxed);
        Some(key)
    }

    /// Removes everything.
    pub fn clear(&self, cx: &Context) {
        cx.store(self, &self.table, None);
        self.used.store(0, Ordering::Release);
        self.finger.store(0, Ordering::Relaxed);
    }

    /// Makes room for `more` keys before a bulk insertion, as CPython does before one from a set or dict.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn reserve(&self, cx: &Context, more: usize) -> Result<(), Raised> {
        let (fill, mask) = self.table().map_or((0, MIN_SIZE - 1), |table| (table.fill(), table.mask));
        if (fill + more) * 5 >= mask * 3 {
            self.resize(cx, (self.len() + more) * 2)?;
        }
        Ok(())
    }

    /// Adds the keys of another set (`set_merge`).
    ///
    /// # Errors
    /// As [`contains`](Self::contains), and `MemoryError`.
    pub fn merge(&self, cx: &Context, other: &Set) -> Result<(), Raised> {
        let Some(from) = other.table() else { return Ok(()) };
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        self.reserve(cx, other.len())?;
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, 0)?,
        };
        if table.fill() > 0 {
            for entry in from.entries() {
                if let Some(key) = entry.key() {
                    self.add_hashed(cx, key, entry.hash())?;
                }
            }
            return Ok(());
        }
        let same_layout = table.mask == from.mask && from.fill() == other.len();
        for (place, entry) in from.entries().iter().enumerate() {
            if let Some(key) = entry.key() {
                let target = if same_layout {
                    &table.entries()[place]
                } else {
                    table.find(entry.hash(), |_| Ok(false))?.0
                };
                table.fill_entry(cx, target, key, entry.hash());
                self.used.fetch_add(1, Ordering::AcqRel);
            }
        }
        Ok(())
    }

    /// Moves the keys to a table with room for more than `min_used`.
    fn resize<'t>(&'t self, cx: &'t Context, min_used: usize) -> Result<&'t SetTable, Raised> {
        let mut size = MIN_SIZE;
        while size <= min_used {
            size = size.checked_mul(2).ok_or_else(|| cx.memory_error())?;
        }
        let new = SetTable::new(cx, size)?;
        for entry in self.entries() {
            if let Some(key) = entry.key() {
                let (target, _) = new.find(entry.hash(), |_| Ok(false))?;
                new.fill_entry(cx, target, key, entry.hash());
            }
        }
        cx.store(self, &self.table, Some(Value::object(new)));
        Ok(new)
    }

    /// Whether both hold the same keys.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn equals(&self, cx: &Context, other: &Set) -> Result<bool, Raised> {
        Ok(self.len() == other.len() && self.is_subset(cx, other)?)
    }

    /// Whether every key is in `other`.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn is_subset(&self, cx: &Context, other: &Set) -> Result<bool, Raised> {
        for entry in self.entries() {
            if let Some(key) = entry.key()
                && !other.contains_hashed(cx, key, entry.hash())?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The hash of a frozenset.
    ///
    /// # Errors
    /// None today; hashes are kept with the keys.
    pub fn frozen_hash(&self, _cx: &Context) -> Result<i64, Raised> {
        let mut sum = 0u64;
        for entry in self.entries() {
            if entry.key().is_some() {
                sum ^= shuffle(entry.hash() as u64);
            }
        }
        sum ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        sum ^= (sum >> 11) ^ (sum >> 25);
        sum = sum.wrapping_mul(69_069).wrapping_add(907_133_923);
        Ok(if sum == u64::MAX { 590_923_713 } else { sum as i64 })
    }

    pub(super) fn table_slot(&self) -> &Slot {
        &self.table
    }
}

fn shuffle(hash: u64) -> u64 {
    ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
}
