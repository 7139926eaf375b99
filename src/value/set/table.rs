//! The table of a set: entries found by open addressing.
//!
//! A key never moves inside its table. Its hash is written before it, and both are taken for what they are only together,
//! so that a reader who takes no lock finds every key that is there all the time, and none that never was.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::heap::{Header, Held, Kind, Object, Slot, Value};
use crate::value::builtin::Builtin;
use crate::value::context::{Context, Raised};

/// How many neighbours are looked at before the next jump.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
pub(super) const MIN_SIZE: usize = 8;

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
        if self.holds_objects.load(Ordering::Relaxed) { self.entries() } else { &[] }
    }

    /// The first key at or behind a place, and the place after it.
    #[inline]
    pub fn next_key(&self, place: usize) -> Option<(Value<'_>, usize)> {
        let rest = self.entries().get(place..)?;
        for (index, entry) in rest.iter().enumerate() {
            if let Some(key) = entry.key() {
                return Some((key, place + index + 1));
            }
        }
        None
    }

    pub(super) fn fill(&self) -> usize {
        self.header.aux() as usize
    }

    /// The entry that holds the key, or the one where it belongs: the removed one that was met last, or else the empty one.
    #[inline(always)]
    pub(super) fn find<'t>(
        &'t self,
        hash: i64,
        same: impl FnMut(Value<'t>) -> Result<bool, Raised>,
    ) -> Result<(&'t SetEntry, bool), Raised> {
        let first = &self.entries()[hash as usize & self.mask];
        if first.key.word().is_nothing() { Ok((first, false)) } else { self.probe(hash, same) }
    }

    /// [`find`](Self::find) where the first entry that is looked at is not empty.
    fn probe<'t>(
        &'t self,
        hash: i64,
        mut same: impl FnMut(Value<'t>) -> Result<bool, Raised>,
    ) -> Result<(&'t SetEntry, bool), Raised> {
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
        let (entry, found) = self.find(hash, |other| Ok(other.is(key))).ok()?;
        found.then_some(entry)
    }

    /// Puts a key that is not there where it belongs.
    pub(super) fn put(&self, cx: &Context, held: &Held<'_>, key: Value<'_>, hash: i64) {
        if let Ok((entry, _)) = self.find(hash, |_| Ok(false)) {
            self.fill_entry(cx, held, entry, key, hash);
        }
    }

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
        self.header.aux.store(self.header.aux() + u32::from(is_new), Ordering::Release);
    }

    pub(super) fn empty_entry(&self, cx: &Context, _held: &Held<'_>, entry: &SetEntry) {
        entry.hash.store(-1, Ordering::Relaxed);
        cx.store(self, &entry.key, Some(Value::DUMMY));
    }
}
