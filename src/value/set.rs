//! `set` and `frozenset`: open addressing with the probing and the growth of CPython's, since both decide the order
//! in which a set is iterated (Objects/setobject.c).
//!
//! Whoever asks for a key takes no lock. Whoever changes a set, or wants all of it as it is at one moment, holds its lock,
//! under which no key is compared that needs a look into another object that can change. A frozenset that somebody knows
//! is changed by nobody.

mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::compare::{same_key, same_key_under};
use super::context::{Context, Raised};
use super::dict::Dict;
use super::hash::{hash, known_hash, simple_hash};
use table::{Look, MIN_SIZE};

pub use table::{SetEntry, SetTable};

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

    /// An empty set or frozenset.
    pub fn new_like(cx: &Context, kind: Kind) -> &Set {
        if kind == Kind::FrozenSet { Set::new_frozen(cx) } else { Set::new_set(cx) }
    }

    /// The current table; an empty set may have none.
    #[inline(always)]
    pub fn table(&self) -> Option<&SetTable> {
        let word = self.table.word();
        if word.is_nothing() {
            return None;
        }
        // SAFETY: a set's table slot holds nothing or a SetTable.
        Some(unsafe { &*word.address().cast::<SetTable>() })
    }

    /// How many keys it has.
    #[inline(always)]
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

    /// Its keys at one moment, in the order of iteration.
    pub fn keys(&self, cx: &Context) -> Vec<Value<'_>> {
        let held = cx.lock(self);
        self.held_keys(&held).map(|(key, _)| key).collect()
    }

    /// Its keys with their hashes, while nobody can change it.
    pub fn held_keys(&self, _held: &Held<'_>) -> impl Iterator<Item = (Value<'_>, i64)> {
        self.entries().iter().filter_map(|entry| Some((entry.key()?, entry.hash())))
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
        let Some(table) = self.table() else { return Ok(false) };
        let look = match table.look(hash, key) {
            Some(look) => look,
            None => table.find(hash, |other| same_key(cx, other, key))?,
        };
        Ok(matches!(look, Look::Here(_)))
    }

    /// Whether it holds the key; nothing where that does not show at a glance.
    #[inline(always)]
    pub fn contains_at_a_glance(&self, cx: &Context, key: Value<'_>) -> Option<bool> {
        let hash = simple_hash(cx, key)?;
        let Some(table) = self.table() else { return Some(false) };
        table.look(hash, key).map(|look| matches!(look, Look::Here(_)))
    }

    /// Looks for a key in the current table.
    #[inline(always)]
    fn seek<'t>(
        cx: &'t Context,
        held: &Held<'_>,
        table: &'t SetTable,
        key: Value<'_>,
        hash: i64,
    ) -> Result<Look<'t>, Raised> {
        match table.look(hash, key) {
            Some(look) => Ok(look),
            None => table.find(hash, |other| same_key_under(cx, held, other, key)),
        }
    }

    /// [`contains_hashed`](Self::contains_hashed) while nobody can change it.
    ///
    /// # Errors
    /// As there.
    pub fn held_contains(
        &self,
        cx: &Context,
        held: &Held<'_>,
        key: Value<'_>,
        hash: i64,
    ) -> Result<bool, Raised> {
        let Some(table) = self.table() else { return Ok(false) };
        Ok(matches!(Set::seek(cx, held, table, key, hash)?, Look::Here(_)))
    }

    /// Adds a key; says whether it is new.
    ///
    /// # Errors
    /// As [`contains`](Self::contains), and `MemoryError`.
    #[inline(always)]
    pub fn add(&self, cx: &Context, key: Value<'_>) -> Result<bool, Raised> {
        match known_hash(key) {
            Some(hash) => self.held_add(cx, &cx.lock(self), key, hash),
            None => self.add_unhashed(cx, key),
        }
    }

    #[inline(never)]
    fn add_unhashed(&self, cx: &Context, key: Value<'_>) -> Result<bool, Raised> {
        let hash = hash(cx, key)?;
        self.held_add(cx, &cx.lock(self), key, hash)
    }

    /// [`add`](Self::add) where the hash is known, under the set's lock.
    ///
    /// # Errors
    /// As there.
    #[inline(always)]
    pub fn held_add(&self, cx: &Context, held: &Held<'_>, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, held, 0)?,
        };
        match Set::seek(cx, held, table, key, hash)? {
            Look::Here(_) => Ok(false),
            Look::Nowhere(entry) => self.insert(cx, held, table, entry, key, hash).map(|()| true),
        }
    }

    #[inline(always)]
    fn insert(
        &self,
        cx: &Context,
        held: &Held<'_>,
        table: &SetTable,
        entry: &SetEntry,
        key: Value<'_>,
        hash: i64,
    ) -> Result<(), Raised> {
        let filled = table.fill();
        table.fill_entry(cx, held, entry, key, hash);
        let used = self.len() + 1;
        self.used.store(used, Ordering::Release);
        if table.fill() > filled && table.fill() * 5 >= table.mask * 3 {
            self.resize(cx, held, grown(used))?;
        }
        Ok(())
    }

    /// Removes a key whose hash is known; says whether it was there.
    ///
    /// # Errors
    /// As [`contains`](Self::contains).
    pub fn remove(&self, cx: &Context, key: Value<'_>, hash: i64) -> Result<bool, Raised> {
        self.held_remove(cx, &cx.lock(self), key, hash)
    }

    /// [`remove`](Self::remove) under the set's lock.
    ///
    /// # Errors
    /// As there.
    pub fn held_remove(
        &self,
        cx: &Context,
        held: &Held<'_>,
        key: Value<'_>,
        hash: i64,
    ) -> Result<bool, Raised> {
        let Some(table) = self.table() else { return Ok(false) };
        let Look::Here(entry) = Set::seek(cx, held, table, key, hash)? else { return Ok(false) };
        self.empty(cx, held, table, entry);
        Ok(true)
    }

    /// Empties an entry of the current table that holds a key.
    fn empty(&self, cx: &Context, held: &Held<'_>, table: &SetTable, entry: &SetEntry) {
        table.empty_entry(cx, held, entry);
        self.used.store(self.len().saturating_sub(1), Ordering::Release);
    }

    /// Moves the keys to a new table if more than a quarter of the entries are removed ones, as CPython does after a
    /// difference.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn sweep_removed(&self, cx: &Context, held: &Held<'_>) -> Result<(), Raised> {
        if let Some(table) = self.table()
            && table.fill().saturating_sub(self.len()) > table.mask / 4
        {
            let used = self.len();
            self.resize(cx, held, grown(used))?;
        }
        Ok(())
    }

    /// Removes and returns some key.
    pub fn pop<'t>(&'t self, cx: &'t Context) -> Option<Value<'t>> {
        let held = cx.lock(self);
        let table = self.table()?;
        let entries = table.entries();
        let start = self.finger.load(Ordering::Relaxed) & table.mask;
        let place = (start..entries.len()).chain(0..start).find(|place| entries[*place].key().is_some())?;
        let key = entries[place].key()?;
        self.empty(cx, &held, table, &entries[place]);
        self.finger.store(place + 1, Ordering::Relaxed);
        Some(key)
    }

    /// Removes everything.
    pub fn clear(&self, cx: &Context) {
        self.held_clear(cx, &cx.lock(self));
    }

    /// [`clear`](Self::clear) under the set's lock.
    pub fn held_clear(&self, cx: &Context, _held: &Held<'_>) {
        cx.store(self, &self.table, None);
        self.used.store(0, Ordering::Release);
        self.finger.store(0, Ordering::Relaxed);
    }

    /// Takes over the contents of another set, which nobody else knows, under the set's lock.
    pub fn take_over(&self, cx: &Context, _held: &Held<'_>, other: &Set) {
        cx.store(self, &self.table, other.table.get());
        self.used.store(other.len(), Ordering::Release);
    }

    /// A copy, as `copy()` makes it: a new table with the layout of a bulk insertion.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy<'t>(&self, cx: &'t Context, kind: Kind) -> Result<&'t Set, Raised> {
        self.held_copy(cx, &cx.lock(self), kind)
    }

    /// [`copy`](Self::copy) while nobody can change it.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn held_copy<'t>(&self, cx: &'t Context, held: &Held<'_>, kind: Kind) -> Result<&'t Set, Raised> {
        let copy = Set::new_like(cx, kind);
        copy.merge(cx, held, self)?;
        Ok(copy)
    }

    /// Makes room for `more` keys before a bulk insertion, as CPython does before one from a set or dict.
    fn reserve(&self, cx: &Context, held: &Held<'_>, more: usize) -> Result<(), Raised> {
        let (fill, mask) = self.table().map_or((0, MIN_SIZE - 1), |table| (table.fill(), table.mask));
        if (fill + more) * 5 >= mask * 3 {
            self.resize(cx, held, (self.len() + more) * 2)?;
        }
        Ok(())
    }

    /// Adds the keys of another set (`set_merge`), under the locks of both.
    ///
    /// # Errors
    /// As [`contains`](Self::contains), and `MemoryError`; what was added before stays.
    pub fn merge(&self, cx: &Context, held: &Held<'_>, other: &Set) -> Result<(), Raised> {
        let Some(from) = other.table() else { return Ok(()) };
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        self.reserve(cx, held, other.len())?;
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, held, 0)?,
        };
        if table.fill() > 0 {
            for (key, hash) in other.held_keys(held) {
                self.held_add(cx, held, key, hash)?;
            }
            return Ok(());
        }
        let same_layout = table.mask == from.mask && from.fill() == other.len();
        let count = if same_layout { table.copy_all(cx, held, from) } else { table.put_all(cx, held, from) };
        self.used.store(count, Ordering::Release);
        Ok(())
    }

    /// Adds the keys of a dict, under the locks of both.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub fn merge_dict(&self, cx: &Context, held: &Held<'_>, dict: &Dict) -> Result<(), Raised> {
        self.reserve(cx, held, dict.len())?;
        for (key, hash) in dict.held_keys(held) {
            self.held_add(cx, held, key, hash)?;
        }
        Ok(())
    }

    /// Moves the keys to a table with room for more than `min_used`.
    #[cold]
    #[inline(never)]
    fn resize<'t>(
        &'t self,
        cx: &'t Context,
        held: &Held<'_>,
        min_used: usize,
    ) -> Result<&'t SetTable, Raised> {
        let mut size = MIN_SIZE;
        while size <= min_used {
            size = size.checked_mul(2).ok_or_else(|| cx.memory_error())?;
        }
        let new = SetTable::new(cx, size)?;
        if let Some(old) = self.table() {
            new.put_all(cx, held, old);
        }
        cx.store(self, &self.table, Some(Value::object(new)));
        Ok(new)
    }

    /// Whether both hold the same keys.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn equals(&self, cx: &Context, other: &Set) -> Result<bool, Raised> {
        let (held, _other_held) = cx.lock_both(self, other);
        Ok(self.len() == other.len() && self.is_inside(cx, &held, other)?)
    }

    /// Whether every key is in `other`, and, if `strictly`, something else too.
    ///
    /// # Errors
    /// [`Context::needs_code`].
    pub fn is_part(&self, cx: &Context, other: &Set, strictly: bool) -> Result<bool, Raised> {
        let (held, _other_held) = cx.lock_both(self, other);
        let fits = if strictly { self.len() < other.len() } else { self.len() <= other.len() };
        Ok(fits && self.is_inside(cx, &held, other)?)
    }

    fn is_inside(&self, cx: &Context, held: &Held<'_>, other: &Set) -> Result<bool, Raised> {
        for (key, hash) in self.held_keys(held) {
            if !other.held_contains(cx, held, key, hash)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether two frozensets hold the same keys, as far as `same` knows.
    pub(super) fn same_frozen<'t>(
        &'t self,
        other: &'t Set,
        mut same: impl FnMut(Value<'t>, Value<'t>) -> Option<bool>,
    ) -> Option<bool> {
        if self.len() != other.len() {
            return Some(false);
        }
        for entry in self.entries() {
            let Some(key) = entry.key() else { continue };
            let mut is_open = false;
            let found = other.table()?.find(entry.hash(), |other| {
                let same = same(other, key);
                is_open |= same.is_none();
                Ok(same == Some(true))
            });
            if !matches!(found, Ok(Look::Here(_))) {
                return (!is_open).then_some(false);
            }
        }
        Some(true)
    }

    /// The hash of a frozenset, or that of a set while nobody can change it; hashes are kept with the keys.
    pub fn frozen_hash(&self) -> i64 {
        let mut sum = 0u64;
        for entry in self.entries() {
            if entry.key().is_some() {
                sum ^= shuffle(entry.hash() as u64);
            }
        }
        sum ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        sum ^= (sum >> 11) ^ (sum >> 25);
        sum = sum.wrapping_mul(69_069).wrapping_add(907_133_923);
        if sum == u64::MAX { 590_923_713 } else { sum as i64 }
    }

    pub(super) fn table_slot(&self) -> &Slot {
        &self.table
    }
}

/// For code of the language that compares keys by itself: what it does not see of a set, and what it does to it after it
/// has compared, if that still applies.
impl Set {
    /// The keys that have this hash, in the order in which they are compared.
    pub fn candidates(&self, hash: i64) -> Vec<Value<'_>> {
        self.table().map_or_else(Vec::new, |table| table.candidates(hash))
    }

    /// Whether it holds this very object.
    pub fn holds_identical(&self, key: Value<'_>, hash: i64) -> bool {
        self.table().is_some_and(|table| table.find_identical(key, hash).is_some())
    }

    /// Removes the key that is this very object; says whether it is there.
    pub fn remove_identical(&self, cx: &Context, key: Value<'_>, hash: i64) -> bool {
        let held = cx.lock(self);
        let Some(table) = self.table() else { return false };
        let Some(entry) = table.find_identical(key, hash) else { return false };
        self.empty(cx, &held, table, entry);
        true
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
        seen: &[Value<'_>],
    ) -> Result<bool, Raised> {
        let held = cx.lock(self);
        if !same_objects(&self.candidates(hash), seen) {
            return Ok(false);
        }
        let table = match self.table() {
            Some(table) => table,
            None => self.resize(cx, &held, 0)?,
        };
        if let Look::Nowhere(entry) = table.find(hash, |_| Ok(false))? {
            self.insert(cx, &held, table, entry, key, hash)?;
        }
        Ok(true)
    }

    /// Takes over the contents of another set, which nobody else knows, if it holds just the keys in `seen`; says whether it
    /// does.
    pub fn take_over_if(&self, cx: &Context, other: &Set, seen: &[Value<'_>]) -> bool {
        let held = cx.lock(self);
        let keys: Vec<_> = self.held_keys(&held).map(|(key, _)| key).collect();
        let is_unchanged = same_objects(&keys, seen);
        if is_unchanged {
            self.take_over(cx, &held, other);
        }
        is_unchanged
    }
}

/// Whether they are the same objects in the same order.
pub(super) fn same_objects(keys: &[Value<'_>], seen: &[Value<'_>]) -> bool {
    keys.len() == seen.len() && keys.iter().zip(seen).all(|(key, seen)| key.is(*seen))
}

/// For how many keys CPython makes room when a set with so many has become too full.
fn grown(used: usize) -> usize {
    if used > 50_000 { used * 2 } else { used * 4 }
}

fn shuffle(hash: u64) -> u64 {
    ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
}
