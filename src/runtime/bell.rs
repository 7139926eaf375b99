//! What wakes one thread that waits under a mutex.
//!
//! Whoever rings has changed what the mutex guards, and the thread looks there: the bell itself tells nothing. It must not know
//! what is waited for.

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Instant, MutexGuard, Patience};

/// The bell of one thread.
#[derive(Debug, Default)]
pub struct Bell {
    condition: Condvar,
    /// It rang since the thread looked last. A hint.
    rang: AtomicBool,
    patience: Patience,
}

impl Bell {
    /// Wakes the thread.
    pub fn ring(&self) {
        self.rang.store(true, Ordering::Relaxed);
        self.condition.notify_one();
    }

    /// The thread looks now, with the mutex locked: only what rings later is news.
    pub fn look(&self) {
        self.rang.store(false, Ordering::Relaxed);
    }

    /// Waits for some microseconds, without the mutex, whether it rings.
    pub fn linger(&self) {
        self.patience.linger(|| self.rang.load(Ordering::Relaxed));
    }

    /// Sleeps until it rings.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.condition.wait(guard);
    }

    /// Sleeps until it rings, or until `deadline`.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) {
        // Which of the two it was shows in what the mutex guards, and on the clock.
        let _ = self.condition.wait_until(guard, deadline);
    }
}
