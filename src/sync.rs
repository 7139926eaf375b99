//! What threads synchronise with, by name: the primitives under the GIL, the parkers and the locks of objects.
//!
//! What uses them names them through here alone, so that a model checker can put its own in their place: see `tests/model/`.
//! It must not know what they are used for.

pub use std::hint::spin_loop;
pub use std::sync::Arc;
pub use std::sync::atomic;
pub use std::time::Instant;

pub use parking_lot::{Condvar, Mutex, MutexGuard};

use std::time::Duration;

use atomic::{AtomicU32, Ordering};

/// How often a waiter looks again before it parks, where holders are quick.
pub const SPINS: u32 = 40;

/// How long a waiter lets other threads run and looks again before it goes to sleep, where it may soon be woken: longer than
/// it takes a sleeping processor to wake up, since who was put to sleep in vain is in the same position the next time.
const PATIENCE: Duration = Duration::from_micros(100);

/// After so many vain attempts one waits no longer in that way,
const TRIES: u32 = 2;

/// but for one time in so many.
const RETRY: u32 = 64;

/// How one thread waits for what may happen within a microsecond or two: to be put to sleep and woken takes the system several
/// times as long. Whether that is worth while depends on what the others do and on which processors they run, so it learns.
#[derive(Debug, Default)]
pub struct Patience {
    vain: AtomicU32,
}

impl Patience {
    /// Lets other threads run until `done`, for some microseconds at most.
    pub fn linger(&self, done: impl Fn() -> bool) {
        // Only one thread writes it.
        let vain = self.vain.load(Ordering::Relaxed);
        let tries = vain < TRIES || vain.is_multiple_of(RETRY);
        let vain = if tries && look_until(done) { 0 } else { vain.wrapping_add(1) };
        self.vain.store(vain, Ordering::Relaxed);
    }
}

fn look_until(done: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        std::thread::yield_now();
        if done() {
            return true;
        }
        if start.elapsed() > PATIENCE {
            return false;
        }
    }
}
