//! Whether every thread waits for another one, so that none will ever go on.
//!
//! A thread that is about to wait with no deadline says so here, and whoever wakes it takes that back. The count of such threads
//! reaches that of all threads only if nobody is left who could wake one: a thread that runs, sleeps, does I/O or waits with a
//! deadline is not among them, and neither is one whose wake-up is under way, as the thread that wakes it is not. What the
//! signals do is not counted: who finds the counts equal looks whether a signal or a wake-up is still to be noticed.

use std::sync::atomic::{AtomicU32, Ordering};

/// Counts the threads of a machine and those that wait without end.
///
/// Without a GIL, a thread that was woken may wait again before it is taken back that it waited: then it counts twice, and the
/// counts may be equal though its waker runs. So equal counts are a reason to look at each thread, and what was seen holds
/// only if [`wake_ups`](Self::wake_ups) is the same as before: a waker takes back what it has to before it can wait itself.
#[derive(Debug, Default)]
pub struct Watch {
    alive: AtomicU32,
    endless: AtomicU32,
    wake_ups: AtomicU32,
}

impl Watch {
    /// A thread comes into being.
    pub fn begins(&self) {
        self.alive.fetch_add(1, Ordering::SeqCst);
    }

    /// A thread ends. Answers whether all others wait without end.
    pub fn ends(&self) -> bool {
        let alive = self.alive.fetch_sub(1, Ordering::SeqCst) - 1;
        alive > 0 && self.endless.load(Ordering::SeqCst) == alive
    }

    /// A thread is going to wait without end. Answers whether now all do.
    ///
    /// Without a GIL whoever wakes it may be faster than it gets here: then the count was one below zero for a moment.
    pub fn waits(&self) -> bool {
        let endless = self.endless.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        endless == self.alive.load(Ordering::SeqCst)
    }

    /// How many such waits are over, modulo the number of numbers.
    pub fn wake_ups(&self) -> u32 {
        self.wake_ups.load(Ordering::SeqCst)
    }

    /// Such a wait is over.
    pub fn goes_on(&self) {
        self.wake_ups.fetch_add(1, Ordering::SeqCst);
        self.endless.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_left_when_all_wait() {
        let watch = Watch::default();
        (0..3).for_each(|_| watch.begins());
        assert!(!watch.waits() && !watch.waits());
        watch.goes_on();
        assert!(!watch.waits());
        assert!(watch.waits());
        watch.goes_on();
        // The one that goes on ends instead, and leaves the others waiting.
        assert!(watch.ends());
        watch.goes_on();
        watch.goes_on();
        assert!(!watch.ends() && !watch.ends());
    }

    #[test]
    fn a_wake_up_can_be_counted_before_the_wait() {
        let watch = Watch::default();
        (0..2).for_each(|_| watch.begins());
        let before = watch.wake_ups();
        watch.goes_on();
        assert_ne!(watch.wake_ups(), before);
        assert!(!watch.waits());
        assert!(!watch.waits());
        assert!(watch.waits());
    }
}
