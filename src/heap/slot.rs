//! A place in a heap object that holds a value.

use std::sync::atomic::{AtomicU64, Ordering};

use super::word::{Value, Word};

/// Holds a value or nothing. Only [`Local::store`](super::Local::store) writes to the slot of an object that others may know.
#[derive(Debug)]
#[repr(transparent)]
pub struct Slot(AtomicU64);

impl Slot {
    /// A slot of an object that is being made.
    #[inline(always)]
    pub fn new(value: Option<Value<'_>>) -> Slot {
        Slot(AtomicU64::new(value.map_or(0, |value| value.word().0)))
    }

    /// A filled slot of an object that is being made.
    #[inline(always)]
    pub fn of(value: Value<'_>) -> Slot {
        Slot(AtomicU64::new(value.word().0))
    }

    /// What it holds. The borrow of the slot is the borrow of the object it stands in.
    #[inline(always)]
    pub fn get<'t>(&'t self) -> Option<Value<'t>> {
        // SAFETY: the slot is in a live object, which keeps what it holds alive.
        unsafe { self.word().value() }
    }

    /// The raw word.
    #[inline(always)]
    pub fn word(&self) -> Word {
        Word(self.0.load(Ordering::Acquire))
    }

    /// Writes without a barrier.
    #[inline(always)]
    pub(super) fn set_raw(&self, word: Word) {
        self.0.store(word.0, Ordering::Release);
    }

    /// Writes into an object that no collection has seen and no other thread knows.
    #[inline(always)]
    pub fn init(&self, value: Option<Value<'_>>) {
        self.0.store(value.map_or(0, |value| value.word().0), Ordering::Relaxed);
    }
}
