//! The policy `io-first`: `new`, but a thread that comes back from a blocking call does not wait for its switch interval to
//! run out. A cure for the convoy effect, at the price of more switches.
//!
//! It is [`New`] with precedence laid over it, and must not know clocks or threads either; see the parent module.
//!
//! # What it adds
//!
//! A waiter is *favoured* from its return from a blocking call until it has the lock; so is the turn that it then has.
//!
//! | favoured | where | meaning |
//! | --- | --- | --- |
//! | a waiter | at the front of the queue, in order of arrival | is woken before the others, whenever they came |
//! | the holder | its turn | is left alone for one interval, as under `new`: two threads that do I/O do not chase each other |
//!
//! | event | condition | what happens besides |
//! | --- | --- | --- |
//! | `Want`, after a blocking call | the thread has to wait | it is favoured, and goes to the front of the queue |
//! | any grant | | the turn is favoured if the waiter was, or if a thread from a blocking call found the lock free |
//! | any | a favoured thread waits, and the holder's turn is not favoured | drop requested, unless it was |
//!
//! So a favoured thread waits for the next checkpoint of an ordinary holder, and for nothing else. Nobody is cheated of a
//! promise of `new`: the interval of an ordinary waiter runs as before, and a holder that lets go on request stays away until
//! another thread has had the lock.

use super::{Action, Actions, After, Event, Nanos, New, ThreadId};

/// The state of the lock. It is finite for a given set of threads, so a test can visit all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IoFirst {
    new: New,
    /// The favoured waiters: the first of the queue, in its order.
    favoured: Vec<ThreadId>,
    /// The holder's turn is favoured.
    favoured_turn: bool,
}

impl IoFirst {
    /// A free lock.
    pub fn free(interval: Nanos) -> IoFirst {
        IoFirst { new: New::free(interval), favoured: Vec::new(), favoured_turn: false }
    }

    /// The switch interval.
    pub fn interval(&self) -> Nanos {
        self.new.interval()
    }

    /// Changes the switch interval for the waits that begin from now on.
    pub fn set_interval(&mut self, interval: Nanos) {
        self.new.set_interval(interval);
    }

    /// Takes in one event.
    pub fn step(&mut self, event: Event, now: Nanos) -> Actions {
        let thread = event.thread();
        let asks = matches!(event, Event::Want { after: After::Blocking, .. }) && !self.knows(thread);
        let mut out = self.new.step(event, now);
        if asks && self.new.is_waiting(thread) {
            self.new.move_last_to(self.favoured.len());
            self.favoured.push(thread);
        }
        if out.contains(&Action::Grant { thread }) {
            self.favoured_turn = asks || self.favoured.contains(&thread);
        }
        self.favoured.retain(|&favoured| self.new.is_waiting(favoured));
        if !self.favoured.is_empty() && !self.favoured_turn {
            self.new.request_drop(&mut out);
        }
        out
    }

    /// Whether the thread waits or holds: then a further `Want` changes nothing.
    fn knows(&self, thread: ThreadId) -> bool {
        self.new.holder() == Some(thread) || self.new.is_waiting(thread)
    }
}

#[cfg(test)]
mod tests;
