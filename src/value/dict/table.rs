//! The table of a dict: entries in the order of insertion, then the index that finds them.
//!
//! It only ever grows. An entry is complete before the count includes it and its number stands in the index. So a reader who
//! takes no lock finds every key that is there all the time.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};
use crate::value::builtin::Builtin;
use crate::value::compare::same_at_a_glance;
use crate::value::context::{Context, Raised};

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
    /// Whom caches know it by; [`UNNUMBERED`] until one asks.
    id: AtomicU32,
    /// Whom caches know its keys by; the same until one asks.
    keys: AtomicU32,
    capacity: u32,
    /// Entries from here on are known to be removed: where `popitem` looks first.
    tail: AtomicU32,
    /// Entries before this one are known to be removed: where iterators begin.
    front: AtomicU32,
    mask: usize,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for DictTable {
    const KIND: Kind = Kind::DictTable;
}

/// What a look into a table shows.
pub(super) enum Look<'t> {
    /// The key has this entry.
    Here(&'t Entry),
    /// It has none, and belongs at this place in the index.
    Nowhere(usize),
}

pub(super) const MIN_INDEX: usize = 8;
/// The most entries a table has.
const MAX_ENTRIES: usize = 1 << 31;

/// In place of a number. No cache has it for a key, not even one that knows nothing.
const UNNUMBERED: u32 = u32::MAX;

impl DictTable {
    /// A table with room for `wanted` entries.
    pub(super) fn new(cx: &Context, wanted: usize) -> Result<&DictTable, Raised> {
        let mut size = MIN_INDEX;
        while usable(size) < wanted {
            size = size.checked_mul(2).ok_or_else(|| cx.memory_error())?;
        }
        DictTable::with_size(cx, size)
    }

    /// A table with an index of `size`, a power of two.
    pub(super) fn with_size(cx: &Context, size: usize) -> Result<&DictTable, Raised> {
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
                    id: AtomicU32::new(UNNUMBERED),
                    keys: AtomicU32::new(UNNUMBERED),
                    capacity: capacity as u32,
                    tail: AtomicU32::new(0),
                    front: AtomicU32::new(0),
                    mask: size - 1,
                },
                // SAFETY: the bytes behind the object belong to it; zero is an empty index. No entry is read before it is
                // written, see `entry_at`.
                |place| unsafe {
                    place.add(capacity * size_of::<Entry>()).write_bytes(0, size * width(size))
                },
            )
            .map_err(|_| cx.memory_error())
    }

    /// The entries used so far.
    #[inline(always)]
    pub fn entries(&self) -> &[Entry] {
        let used = self.header.aux.load(Ordering::Acquire).min(self.capacity) as usize;
        // SAFETY: `capacity` entries follow the object, and those that the count includes are written.
        unsafe { std::slice::from_raw_parts(self.entry_place(0), used) }
    }

    /// The entry with this number.
    ///
    /// # Safety
    /// - It is the number of an entry of this table that is written: the count includes it, or the index has it.
    #[inline(always)]
    pub unsafe fn entry_at(&self, number: u32) -> &Entry {
        debug_assert!(number < self.header.aux());
        // SAFETY: `capacity` entries follow the object, and this one is written.
        unsafe { &*self.entry_place(number as usize) }
    }

    /// Where the entry with this number stands, written or not.
    #[inline(always)]
    fn entry_place(&self, number: usize) -> *mut Entry {
        let first = (self as *const DictTable).wrapping_add(1).cast::<Entry>().cast_mut();
        first.wrapping_add(number)
    }

    /// The number caches know this table by: an entry of it that they remember is that of the same key for ever.
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    /// The number caches know its keys by. It is another one after a key was added that has no entry, so that caches may also
    /// remember that there is none.
    #[inline(always)]
    pub fn keys(&self) -> u32 {
        self.keys.load(Ordering::Acquire)
    }

    /// Whether caches know it.
    #[inline(always)]
    pub(super) fn is_numbered(&self) -> bool {
        self.id() != UNNUMBERED
    }

    /// Gives it numbers, if it has none.
    pub(super) fn number(&self, cx: &Context, _held: &Held<'_>) {
        if !self.is_numbered() {
            self.keys.store(new_id(cx), Ordering::Release);
            self.id.store(new_id(cx), Ordering::Release);
        }
    }

    /// A key was added that had no entry to a table that caches know: gives the keys another number.
    pub(super) fn renumber_keys(&self, cx: &Context) {
        self.keys.store(new_id(cx), Ordering::Release);
    }

    #[inline(always)]
    fn index_base(&self) -> *const u8 {
        self.entry_place(self.capacity as usize).cast_const().cast()
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

    #[inline(always)]
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

    /// Looks for a key: the place in the index where it stands or belongs, and the number of its entry, if there is one. A
    /// removed entry is nobody's. For a key that may have to be compared with more than a glance.
    #[cold]
    #[inline(never)]
    pub(super) fn find<'t>(
        &'t self,
        hash: i64,
        mut same: impl FnMut(Value<'t>) -> Result<bool, Raised>,
    ) -> Result<(usize, Option<usize>), Raised> {
        self.probe(hash, |entry| match entry.pair() {
            Some((key, _)) => same(key),
            None => Ok(false),
        })
    }

    /// Whether there is an entry of a key, which may have been removed.
    pub(super) fn has_entry<'t>(
        &'t self,
        hash: i64,
        mut same: impl FnMut(Value<'t>) -> Result<bool, Raised>,
    ) -> Result<bool, Raised> {
        let (_, entry) = self.probe(hash, |entry| entry.key().map_or(Ok(false), &mut same))?;
        Ok(entry.is_some())
    }

    /// Looks through the entries with a hash, the removed ones too, for the first that will do.
    #[inline]
    fn probe<'t>(
        &'t self,
        hash: i64,
        mut will_do: impl FnMut(&'t Entry) -> Result<bool, Raised>,
    ) -> Result<(usize, Option<usize>), Raised> {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        loop {
            match self.index_at(place) {
                0 => return Ok((place, None)),
                found => {
                    let entry = self.entry(found - 1);
                    if entry.hash.load(Ordering::Relaxed) as i64 == hash && will_do(entry)? {
                        return Ok((place, Some(found - 1)));
                    }
                }
            }
            perturb >>= 5;
            place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & self.mask;
        }
    }

    /// Looks for a key as [`find`](Self::find) does; nothing if it meets one that must be compared with more than a glance.
    #[inline(always)]
    pub(super) fn look(&self, hash: i64, key: Value<'_>) -> Option<Look<'_>> {
        self.look_with(hash, key, same_at_a_glance).ok()
    }

    /// [`look`](Self::look) that compares nothing: it ends at the entry of another key with this hash, which may be the same. It
    /// calls nothing either, so that whoever looks for the very object that is the key, as most do, saves no registers.
    #[inline(always)]
    pub(super) fn look_for_itself(&self, hash: i64, key: Value<'_>) -> Result<Look<'_>, &Entry> {
        self.look_with(hash, key, |_, _| None)
    }

    /// Looks for a key; where `same` does not know whether a key with its hash is the same, that one's entry is the error.
    #[inline(always)]
    fn look_with<'t>(
        &'t self,
        hash: i64,
        key: Value<'_>,
        same: impl Fn(Value<'t>, Value<'_>) -> Option<bool>,
    ) -> Result<Look<'t>, &'t Entry> {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        loop {
            let Some(number) = self.index_at(place).checked_sub(1) else { return Ok(Look::Nowhere(place)) };
            let entry = self.entry(number);
            // As in CPython, a key is itself even if its hash has changed.
            if let Some(other) = entry.key()
                && (other.is(key) || entry.hash() == hash && same(other, key).ok_or(entry)?)
                && !entry.value.word().is_nothing()
            {
                return Ok(Look::Here(entry));
            }
            perturb >>= 5;
            place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & self.mask;
        }
    }

    /// Where a key belongs that is not there.
    #[inline]
    pub(super) fn vacancy(&self, hash: i64) -> usize {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        while self.index_at(place) != 0 {
            perturb >>= 5;
            place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & self.mask;
        }
        place
    }

    /// Takes over the items of another table; it has room for them.
    pub(super) fn append_all(&self, cx: &Context, held: &Held<'_>, from: &[Entry]) {
        for entry in from {
            if let Some((key, value)) = entry.pair() {
                self.append(cx, held, self.vacancy(entry.hash()), entry.hash(), key, value);
            }
        }
    }

    /// The keys that have this hash, in the order in which they are compared.
    pub(super) fn candidates(&self, hash: i64) -> Vec<Value<'_>> {
        let mut keys = Vec::new();
        let _ = self.find(hash, |key| {
            keys.push(key);
            Ok(false)
        });
        keys
    }

    /// The entry with this number, which the index has.
    #[inline(always)]
    pub(super) fn entry(&self, number: usize) -> &Entry {
        // SAFETY: an entry is written before its number stands in the index.
        unsafe { self.entry_at(number as u32) }
    }

    /// Adds a key that is not there, at the place in the index where it belongs; there is room.
    #[inline]
    pub(super) fn append(
        &self,
        cx: &Context,
        _held: &Held<'_>,
        place: usize,
        hash: i64,
        key: Value<'_>,
        value: Value<'_>,
    ) {
        let used = self.header.aux() as usize;
        assert!(used < self.capacity as usize, "a table that is full is replaced");
        let empty =
            Entry { hash: AtomicUsize::new(hash as usize), key: Slot::new(None), value: Slot::new(None) };
        // SAFETY: `capacity` entries follow the object, and nobody reads this one before the count includes it.
        let entry = unsafe {
            self.entry_place(used).write(empty);
            &*self.entry_place(used)
        };
        cx.store(self, &entry.key, Some(key));
        cx.store(self, &entry.value, Some(value));
        self.tail.store(used as u32 + 1, Ordering::Relaxed);
        self.header.aux.store(used as u32 + 1, Ordering::Release);
        self.set_index(place, used + 1);
    }

    /// Adds a key and its value again behind all others; there is room. The place in the index where its entry was found leads to
    /// the new one, so that the old one stands in nobody's way.
    pub(super) fn append_again(&self, cx: &Context, held: &Held<'_>, place: usize, number: usize) {
        let entry = self.entry(number);
        if let Some((key, value)) = entry.pair() {
            self.append(cx, held, place, entry.hash(), key, value);
            cx.store(self, &entry.value, None);
        }
    }

    /// Looks for a key as [`look`](Self::look) does, for the place in the index and the number of its entry, if it has one.
    #[inline(always)]
    pub(super) fn whereabouts(&self, hash: i64, key: Value<'_>) -> Option<Option<(usize, usize)>> {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        loop {
            let Some(number) = self.index_at(place).checked_sub(1) else { return Some(None) };
            let entry = self.entry(number);
            if let Some((other, _)) = entry.pair()
                && (other.is(key) || entry.hash() == hash && same_at_a_glance(other, key)?)
            {
                return Some(Some((place, number)));
            }
            perturb >>= 5;
            place = place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & self.mask;
        }
    }

    /// Adds a key again that was removed, if it was the last one of a table that caches know: a namespace that has a name only
    /// now and then, such as that of an exception that is handled, keeps its entries and all that is remembered of them.
    pub(super) fn revive(
        &self,
        cx: &Context,
        _held: &Held<'_>,
        hash: i64,
        key: Value<'_>,
        value: Value<'_>,
    ) -> bool {
        let Some(last) = self.entries().last() else { return false };
        let is_hole = last.value.word().is_nothing();
        if !is_hole || last.hash() != hash || !last.key().is_some_and(|other| other.is(key)) {
            return false;
        }
        cx.store(self, &last.value, Some(value));
        self.tail.store(self.header.aux(), Ordering::Relaxed);
        true
    }

    pub(super) fn is_full(&self) -> bool {
        self.header.aux() == self.capacity
    }

    /// The first entry from a place on that is not removed, and the place behind it. Who takes one after the other from the front
    /// finds each at once: an entry before one that is not removed is never used again.
    pub(in crate::value) fn first_from(&self, place: usize) -> (Option<(Value<'_>, Value<'_>)>, usize) {
        let entries = self.entries();
        let start = if place == 0 { self.front.load(Ordering::Relaxed) as usize } else { place };
        let mut rest = entries.get(start..).unwrap_or_default().iter();
        let found = rest.by_ref().find_map(Entry::pair);
        let behind = entries.len() - rest.len();
        if place == 0 && found.is_some() && behind > start + 1 {
            self.front.store(behind as u32 - 1, Ordering::Relaxed);
        }
        (found, behind)
    }

    /// The last entry that is not removed, for who removes it.
    pub(super) fn last(&self, _held: &Held<'_>) -> Option<&Entry> {
        let entries = self.entries();
        let until = entries.len().min(self.tail.load(Ordering::Relaxed) as usize);
        let last = entries[..until].iter().rposition(|entry| entry.pair().is_some())?;
        self.tail.store(last as u32, Ordering::Relaxed);
        Some(&entries[last])
    }
}

impl Entry {
    /// Whether it is that of a key, which was not removed, as far as a glance shows.
    #[inline(always)]
    pub(super) fn is_of(&self, key: Value<'_>) -> bool {
        self.pair().is_some_and(|(other, _)| same_at_a_glance(other, key) == Some(true))
    }

    /// The key and the value, unless the entry was removed.
    #[inline(always)]
    pub fn pair(&self) -> Option<(Value<'_>, Value<'_>)> {
        Some((self.key.get()?, self.value.get()?))
    }

    /// The hash of the key.
    #[inline(always)]
    pub fn hash(&self) -> i64 {
        self.hash.load(Ordering::Relaxed) as i64
    }

    /// The key, even of a removed entry.
    #[inline(always)]
    pub fn key(&self) -> Option<Value<'_>> {
        self.key.get()
    }

    /// The slot of the value.
    #[inline(always)]
    pub fn value(&self) -> &Slot {
        &self.value
    }

    pub(in crate::value) fn slots(&self) -> (&Slot, &Slot) {
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

fn new_id(cx: &Context) -> u32 {
    cx.world().table_ids.fetch_add(1, Ordering::Relaxed)
}
