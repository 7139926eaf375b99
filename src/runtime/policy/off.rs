//! The policy `off`: no GIL. Every thread that asks runs, and now and then one of them stops the world.
//!
//! What is left to decide is when the world stands still: for a collection, and at the end of the program. It must not know
//! clocks or threads; see the parent module.
//!
//! # The world
//!
//! | stopper | other threads attached | meaning |
//! | --- | --- | --- |
//! | none | any | it runs |
//! | some | some | it is coming to a stop: each of them was asked to let go, and nobody new is let in |
//! | some | none | it is stopped, and the stopper was told |
//!
//! # A thread
//!
//! | state | in | awaits |
//! | --- | --- | --- |
//! | detached | none of the lists | nothing; it blocks, runs native work, or has not started |
//! | attached | `attached` | nothing |
//! | asked | `attached`, not the stopper, while there is one | its next checkpoint |
//! | suspended | `suspended` | the end of the stop |
//!
//! | event | state | condition | what happens |
//! | --- | --- | --- | --- |
//! | `Want` | detached | the world runs | **granted** |
//! | | detached | there is a stopper | suspended |
//! | `Checkpoint` | asked | | **lets go**, suspended |
//! | | attached | no stopper (a stale bit) | nothing |
//! | `Release`, `Exit` | attached, asked | | detached; of the stopper, the stop ends first |
//! | `Exit` | suspended | | gone |
//! | `Stop` | attached | the world runs | it is the stopper; every other attached thread is **asked** |
//! | | asked | another was faster | as `Checkpoint`; when it runs again it looks whether there still is need |
//! | `Resume` | stopper | | there is no stopper; every suspended thread is **granted** |
//!
//! Whenever the last thread but the stopper has gone from `attached`, the stopper is told that the world is **stopped**.

use super::{Action, Actions, Event, Nanos, ThreadId};

/// The state of the world. It is finite for a given set of threads, so a test can visit all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Off {
    interval: Nanos,
    attached: Vec<ThreadId>,
    suspended: Vec<ThreadId>,
    stopper: Option<ThreadId>,
}

impl Off {
    /// A world without threads, which runs. The switch interval has no effect; it is kept for whoever asks.
    pub fn running(interval: Nanos) -> Off {
        Off { interval, attached: Vec::new(), suspended: Vec::new(), stopper: None }
    }

    /// The switch interval that nobody looks at.
    pub fn interval(&self) -> Nanos {
        self.interval
    }

    /// Changes it.
    pub fn set_interval(&mut self, interval: Nanos) {
        self.interval = interval;
    }

    /// Takes in one event.
    pub fn step(&mut self, event: Event) -> Actions {
        let mut out = Actions::new();
        match event {
            Event::Want { thread, .. } => self.want(thread, &mut out),
            Event::Checkpoint { thread } => {
                if self.is_asked(thread) {
                    self.suspend(thread, &mut out);
                }
            }
            Event::Release { thread } | Event::Exit { thread } => {
                self.resume(thread, &mut out);
                self.suspended.retain(|other| *other != thread);
                self.detach(thread, &mut out);
            }
            Event::Stop { thread } => self.stop(thread, &mut out),
            Event::Resume { thread } => self.resume(thread, &mut out),
            Event::Woken { .. } | Event::TimerExpired { .. } => {}
        }
        out
    }

    fn want(&mut self, thread: ThreadId, out: &mut Actions) {
        if self.attached.contains(&thread) || self.suspended.contains(&thread) {
            return;
        }
        if self.stopper.is_some() {
            return self.suspended.push(thread);
        }
        self.attached.push(thread);
        out.push(Action::Grant { thread });
    }

    fn stop(&mut self, thread: ThreadId, out: &mut Actions) {
        if self.is_asked(thread) {
            return self.suspend(thread, out);
        }
        if !self.attached.contains(&thread) || self.stopper.is_some() {
            return;
        }
        self.stopper = Some(thread);
        let others = self.attached.iter().filter(|other| **other != thread);
        out.extend(others.map(|other| Action::RequestDrop { holder: *other }));
        self.tell_if_stopped(out);
    }

    fn resume(&mut self, thread: ThreadId, out: &mut Actions) {
        if self.stopper != Some(thread) {
            return;
        }
        self.stopper = None;
        out.extend(self.suspended.iter().map(|thread| Action::Grant { thread: *thread }));
        self.attached.append(&mut self.suspended);
    }

    fn suspend(&mut self, thread: ThreadId, out: &mut Actions) {
        self.suspended.push(thread);
        out.push(Action::LetGo { thread });
        self.detach(thread, out);
    }

    fn detach(&mut self, thread: ThreadId, out: &mut Actions) {
        let before = self.attached.len();
        self.attached.retain(|other| *other != thread);
        if self.attached.len() < before {
            self.tell_if_stopped(out);
        }
    }

    fn tell_if_stopped(&self, out: &mut Actions) {
        if let Some(stopper) = self.stopper
            && self.attached == [stopper]
        {
            out.push(Action::Stopped { stopper });
        }
    }

    fn is_asked(&self, thread: ThreadId) -> bool {
        self.stopper.is_some_and(|stopper| stopper != thread) && self.attached.contains(&thread)
    }
}

#[cfg(test)]
mod tests;
