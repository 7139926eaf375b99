//! The lock of one object: a byte of its header. It serialises what changes an object while threads run in parallel.
//!
//! | byte | what |
//! | --- | --- |
//! | `0` | free |
//! | [`HELD`] | held, nobody waits |
//! | [`HELD`] and [`WAITED_FOR`] | held, and threads are parked at its address |
//! | [`WAITED_FOR`] | free, and threads are parked: whoever comes first takes it, and the next release wakes the next |
//!
//! It barges: a release hands nothing over. Under it nobody calls code of the language, takes a checkpoint or blocks, so it is
//! held for as long as a copy of the object takes at most, and a thread that waits for it stays attached: what it holds in
//! native variables stays alive.

use super::parking::{park_while, wake_one};
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::sync::{SPINS, spin_loop};

const HELD: u8 = 1;
const WAITED_FOR: u8 = 2;

/// The lock.
#[derive(Debug)]
pub(super) struct ByteLock(AtomicU8);

/// Ends with the hold on an object's lock, if there was need of one.
#[must_use = "the lock is held as long as this lives"]
#[derive(Debug)]
pub struct Held<'t>(Option<&'t ByteLock>);

impl ByteLock {
    pub(super) fn new() -> ByteLock {
        ByteLock(AtomicU8::new(0))
    }

    /// Takes it, waiting as long as it takes.
    #[inline(always)]
    pub(super) fn hold(&self) -> Held<'_> {
        if self.0.compare_exchange_weak(0, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
        Held(Some(self))
    }

    #[cold]
    fn wait(&self) {
        let mut spins = 0;
        loop {
            let state = self.0.load(Ordering::Relaxed);
            if state & HELD == 0 {
                let taken =
                    self.0.compare_exchange_weak(state, state | HELD, Ordering::Acquire, Ordering::Relaxed);
                if taken.is_ok() {
                    return;
                }
            } else if state & WAITED_FOR == 0 && spins < SPINS {
                spins += 1;
                spin_loop();
            } else if state & WAITED_FOR != 0
                || self
                    .0
                    .compare_exchange_weak(state, state | WAITED_FOR, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            {
                park_while(&self.0, HELD | WAITED_FOR);
                spins = 0;
            }
        }
    }

    #[inline(always)]
    fn release(&self) {
        if self.0.compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed).is_err() {
            wake_one(&self.0, WAITED_FOR, 0);
        }
    }
}

impl Held<'_> {
    /// No lock: no other thread runs, or none knows the object yet.
    #[inline(always)]
    pub const fn nothing() -> Held<'static> {
        Held(None)
    }

    /// Whether a lock is held. If not, there was no need of one.
    #[inline(always)]
    pub fn is_lock(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Held<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(lock) = self.0 {
            lock.release();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Counter(ByteLock, Cell<u64>);
    // SAFETY: the test looks at the cell under the lock only.
    unsafe impl Sync for Counter {}

    #[test]
    fn no_two_threads_hold_it() {
        let counter = Counter(ByteLock::new(), Cell::new(0));
        let counter = &counter;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(move || {
                    for _ in 0..20_000 {
                        let held = counter.0.hold();
                        counter.1.set(counter.1.get() + 1);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(counter.1.get(), 80_000);
        assert_eq!(counter.0.0.load(Ordering::Relaxed), 0);
    }
}
