//! The primitives of `src/sync.rs`, as the model checker has them.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use loom::hint::spin_loop;
pub use loom::sync::atomic;
pub use std::sync::Arc;

/// How often a waiter looks again before it parks: each look is one more way for threads to meet.
pub const SPINS: u32 = 1;

/// How one thread waits for what may happen soon.
#[derive(Debug, Default)]
pub struct Patience;

impl Patience {
    /// Lets other threads run.
    pub fn linger(&self, done: impl Fn() -> bool) {
        loom::thread::yield_now();
        done();
    }
}

/// A mutex with the interface of `parking_lot`'s.
#[derive(Debug)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

/// The right to what a mutex guards.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a loom::sync::Mutex<T>,
    /// Nothing while its thread waits.
    guard: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// An open mutex.
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// Waits for the right.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: &self.0, guard: self.0.lock().ok() }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_deref().expect("a panic ends the model")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_deref_mut().expect("a panic ends the model")
    }
}

/// A condition variable with the interface of `parking_lot`'s.
#[derive(Debug, Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    /// A condition variable.
    pub fn new() -> Condvar {
        Condvar::default()
    }

    /// Wakes a thread that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Waits for a notification.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let inner = guard.guard.take().expect("the caller has the right");
        guard.guard = self.0.wait(inner).ok();
    }

    /// Waits until the clock shows `deadline`. The others do what they like before that happens, so that the wait is both
    /// short and long; a notification does not end it, and whoever waits with a deadline must not rely on one alone. True: it
    /// timed out.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        guard.guard = None;
        loom::thread::yield_now();
        TIME.advance_to(deadline);
        guard.guard = guard.mutex.lock().ok();
        true
    }
}

/// A moment of the model's own time, which goes on only when a thread waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// The latest moment that anybody waits for.
    const LAST: u64 = u64::MAX / 2;

    /// The moment.
    pub fn now() -> Instant {
        Instant(TIME.0.load(Ordering::Relaxed))
    }

    /// How long it is past.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(Instant::now().0 - self.0)
    }

    /// The moment so much later, if there is one.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        self.0.checked_add(nanos).filter(|&later| later <= Instant::LAST).map(Instant)
    }
}

/// Nanoseconds. Not an atomic of the model's: to read a clock synchronises nothing.
struct Time(AtomicU64);

impl Time {
    fn advance_to(&self, moment: Instant) {
        self.0.fetch_max(moment.0, Ordering::Relaxed);
    }
}

// One for each execution of a model.
loom::lazy_static! {
    static ref TIME: Time = Time(AtomicU64::new(0));
}
