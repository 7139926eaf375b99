//! The table of a set: entries found by open addressing.
//!
//! A key never moves inside its table. Its hash is written before it, and both are taken for what they are only together,
//! so that a reader who takes no lock finds every key that is there all the time, and none that never was.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};
use crate::value::builtin::Builtin;
use crate::value::compare::same_at_a_glance;
use crate::value::context::{Context, Raised};

/// How many neighbours are looked at before the next jump.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
pub(super) const MIN_SIZE: usize = 8;

/// What a look into a table shows.
pub(super) enum Look<'t> {
    /// The entry that holds the key.
    Here(&'t SetEntry),
    /// The one where it belongs: the removed one that was met last, or else the empty one.
    Nowhere(&'t SetEntry),
}

/// The table of a set: `mask + 1` entries follow. The header's count is CPython's `fill`: entries that ever held a key.
#[repr(C)]
pub struct SetTable {
    header: Header,
    pub(super) mask: usize,
    /// Whether a key was ever an object: of a set of numbers there is nothing to mark.
    holds_objects: AtomicBool,
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
    #[inline(always)]
    pub fn hash(&self) -> i64 {
        self.hash.load(Ordering::Relaxed)
    }

    pub(in crate::value) fn slot(&self) -> &Slot {
        &self.key
    }
}

impl SetTable {
    pub(super) fn new(cx: &Context, size: usize) -> Result<&SetTable, Raised> {
        let bytes = size.checked_mul(size_of::<SetEntry>()).ok_or_else(|| cx.memory_error())?;
        cx.local()
            .make_sized(
                bytes,
                Builtin::Object.shape(),
                0,
                |header| SetTable { header, mask: size - 1, holds_objects: AtomicBool::new(false) },
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

    /// The entries, if any of them may hold an object.
    pub(in crate::value) fn entries_with_objects(&self) -> &[SetEntry] {
        let entries = self.entries();
        if self.holds_objects.load(Ordering::Relaxed) { entries } else { &entries[..0] }
    }

    /// The first key at or behind a place, and the place after it.
    #[inline]
    pub fn next_key(&self, place: usize) -> Option<(Value<'_>, usize)> {
        let mut rest = self.entries().get(place..)?.iter();
        loop {
            // Most entries are empty: the search is for one that is not.
            let key = rest.by_ref().find_map(|entry| entry.key.get())?;
            if !key.is(Value::DUMMY) {
                return Some((key, self.mask + 1 - rest.len()));
            }
            std::hint::cold_path();
        }
    }

    pub(super) fn fill(&self) -> usize {
        self.header.aux() as usize
    }

    /// Looks for a key that may have to be compared with more than a glance.
    #[cold]
    #[inline(never)]
    pub(super) fn find<'t>(
        &'t self,
        hash: i64,
        same: impl FnMut(Value<'t>) -> Result<bool, Raised>,
    ) -> Result<Look<'t>, Raised> {
        self.probe(hash, same)
    }

    /// [`find`](Self::find) as far as it gets at a glance; nothing if it meets a key that must be compared with more.
    #[inline(always)]
    pub(super) fn look(&self, hash: i64, key: Value<'_>) -> Option<Look<'_>> {
        // Most keys stand, or belong, where the search begins.
        let first = self.entry(hash as usize);
        match first.key.get() {
            None => Some(Look::Nowhere(first)),
            Some(found) if found.is(key) && first.hash() == hash => Some(Look::Here(first)),
            Some(_) => self.look_on(hash, key),
        }
    }

    #[inline(never)]
    fn look_on(&self, hash: i64, key: Value<'_>) -> Option<Look<'_>> {
        self.probe(hash, |other| match other.is(key) {
            true => Ok(true),
            false => same_at_a_glance(other, key).ok_or(()),
        })
        .ok()
    }

    /// Looks for a key that is the `same`, the removed entries among the others.
    #[inline(always)]
    fn probe<'t, E>(
        &'t self,
        hash: i64,
        mut same: impl FnMut(Value<'t>) -> Result<bool, E>,
    ) -> Result<Look<'t>, E> {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        let mut removed = None;
        loop {
            let mut at = place;
            let last = if place + LINEAR_PROBES <= self.mask { place + LINEAR_PROBES } else { place };
            loop {
                let entry = self.entry(at);
                let Some(key) = entry.key.get() else { return Ok(Look::Nowhere(removed.unwrap_or(entry))) };
                if key.is(Value::DUMMY) {
                    removed = Some(entry);
                } else if entry.hash() == hash && same(key)? {
                    return Ok(Look::Here(entry));
                }
                if at == last {
                    break;
                }
                at += 1;
            }
            perturb >>= PERTURB_SHIFT;
            place = next_place(place, perturb) & self.mask;
        }
    }

    /// The entry at a place, of which the bits beyond the table do not count.
    #[inline(always)]
    fn entry(&self, place: usize) -> &SetEntry {
        let first = (self as *const SetTable).wrapping_add(1).cast::<SetEntry>();
        // SAFETY: `mask + 1` entries follow the object.
        unsafe { &*first.wrapping_add(place & self.mask) }
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

    /// The entry that holds this very object.
    pub(super) fn find_identical(&self, key: Value<'_>, hash: i64) -> Option<&SetEntry> {
        match self.find(hash, |other| Ok(other.is(key))) {
            Ok(Look::Here(entry)) => Some(entry),
            _ => None,
        }
    }

    /// The entry for a key that is not there, where none was ever removed.
    #[inline(always)]
    fn vacancy(&self, hash: i64) -> &SetEntry {
        let mut perturb = hash as u64;
        let mut place = hash as usize & self.mask;
        loop {
            let mut at = place;
            let last = if place + LINEAR_PROBES <= self.mask { place + LINEAR_PROBES } else { place };
            loop {
                let entry = self.entry(at);
                if entry.key.word().is_nothing() {
                    return entry;
                }
                if at == last {
                    break;
                }
                at += 1;
            }
            perturb >>= PERTURB_SHIFT;
            place = next_place(place, perturb) & self.mask;
        }
    }

    /// Puts the keys of another table where they belong in this one, which was always empty; returns how many.
    pub(super) fn put_all(&self, cx: &Context, _held: &Held<'_>, from: &SetTable) -> usize {
        let mut count = 0;
        for entry in from.entries() {
            let Some(key) = entry.key() else { continue };
            let target = self.vacancy(entry.hash());
            target.hash.store(entry.hash(), Ordering::Relaxed);
            cx.store(self, &target.key, Some(key));
            count += 1;
        }
        self.note_filled(count, from);
        count
    }

    /// [`put_all`](Self::put_all) where both are of one size and none was removed: every key keeps its place.
    pub(super) fn copy_all(&self, cx: &Context, _held: &Held<'_>, from: &SetTable) -> usize {
        for (target, entry) in self.entries().iter().zip(from.entries()) {
            if let Some(key) = entry.key() {
                target.hash.store(entry.hash(), Ordering::Relaxed);
                cx.store(self, &target.key, Some(key));
            }
        }
        self.note_filled(from.fill(), from);
        from.fill()
    }

    fn note_filled(&self, count: usize, from: &SetTable) {
        if from.holds_objects.load(Ordering::Relaxed) {
            self.holds_objects.store(true, Ordering::Relaxed);
        }
        self.header.aux.store(count as u32, Ordering::Release);
    }

    #[inline(always)]
    pub(super) fn fill_entry(
        &self,
        cx: &Context,
        _held: &Held<'_>,
        entry: &SetEntry,
        key: Value<'_>,
        hash: i64,
    ) {
        let is_new = entry.key.word().is_nothing();
        entry.hash.store(hash, Ordering::Relaxed);
        if key.header().is_some() {
            self.holds_objects.store(true, Ordering::Relaxed);
        }
        cx.store(self, &entry.key, Some(key));
        if is_new {
            self.header.aux.store(self.header.aux() + 1, Ordering::Release);
        }
    }

    pub(super) fn empty_entry(&self, cx: &Context, _held: &Held<'_>, entry: &SetEntry) {
        entry.hash.store(-1, Ordering::Relaxed);
        cx.store(self, &entry.key, Some(Value::DUMMY));
    }
}

/// Where the search goes on after a place and its neighbours.
#[inline(always)]
fn next_place(place: usize, perturb: u64) -> usize {
    place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize)
}
