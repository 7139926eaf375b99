//! The policy `new`: the GIL of CPython 3.2 and later (`take_gil` and `drop_gil` in `Python/ceval_gil.c`, with
//! `FORCE_SWITCHING`).
//!
//! The switch interval is a *waiter's timeout*, not a quantum: a thread that nobody waits for is never interrupted, and
//! a holder that reaches no checkpoint is not either. It must not know clocks or threads; see the parent module.
//!
//! # The lock
//!
//! | holder | drop requested | barred | meaning |
//! | --- | --- | --- | --- |
//! | none | no | no | free: whoever asks first has it, woken or not (barging) |
//! | none | no | yes | free, but the last holder was asked to let go: it may not take it before another thread has |
//! | some | no | no | held |
//! | some | yes | no | held; a waiter ran out of patience; the holder lets go at its next checkpoint |
//!
//! The other four combinations do not occur: a drop request ends, and a bar is lifted, when somebody takes the lock.
//!
//! # A thread
//!
//! | state | in `waiters` | awaits |
//! | --- | --- | --- |
//! | outside | no | nothing; it runs native code, blocks, or has not started |
//! | holding | no | a drop request, which it sees at a checkpoint |
//! | waiting | yes | its timer; while the lock is free, some waiter has a wake-up under way |
//! | woken | yes, `woken` | the wake-up on its way to it, and its timer still runs |
//! | barred | yes, last holder | another thread's grant; no timer |
//!
//! | event | state | condition | what happens |
//! | --- | --- | --- | --- |
//! | `Want` | outside | free, not barred | **taken** |
//! | | outside | held | waiting, timer of one interval |
//! | | outside | free, barred | barred |
//! | `Woken` | waiting, woken | free | **taken** |
//! | | waiting, woken | held: somebody was faster | waiting, and the interval begins anew |
//! | `TimerExpired` | waiting, woken | free | **taken** |
//! | | waiting, woken | held, no switch since the interval began | drop requested; the interval begins anew |
//! | | waiting, woken | held, switched since | the interval begins anew |
//! | `Checkpoint` | holding | drop requested | **let go**, barred |
//! | | holding | no drop requested (a stale bit) | nothing |
//! | `Release` | holding | | **let go**, outside; barred if a drop was requested |
//! | `Exit` | holding | | **let go**, gone |
//! | | waiting | | leaves the queue; a wake-up it had is passed on; a bar or a request that nobody else is left to profit from ends |
//!
//! **Taken**: a grant. If the previous holder was another thread this is a switch: every waiter remembers that its interval
//! saw one, and a barred thread becomes an ordinary waiter whose interval begins now.
//! **Let go**: unless a wake-up is under way already, the first waiter that is not barred is woken.
//!
//! CPython makes a thread that gives way to a blocking call wait for the switch before it blocks; here the bar does that
//! when it comes back, so that the call itself is not delayed.

use std::collections::VecDeque;

use super::{Action, Actions, Event, Nanos, ThreadId};

/// The state of the lock. It is finite for a given set of threads, so a test can visit all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct New {
    interval: Nanos,
    holder: Option<ThreadId>,
    last_holder: Option<ThreadId>,
    drop_requested: bool,
    /// The last holder may not take the lock before another thread has.
    barred: bool,
    /// In order of arrival.
    waiters: VecDeque<Waiter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Waiter {
    thread: ThreadId,
    /// A wake-up is on its way to it.
    woken: bool,
    /// The lock changed hands since its interval began.
    switched: bool,
}

impl New {
    /// A free lock.
    pub fn free(interval: Nanos) -> New {
        New {
            interval,
            holder: None,
            last_holder: None,
            drop_requested: false,
            barred: false,
            waiters: VecDeque::new(),
        }
    }

    /// The switch interval.
    pub fn interval(&self) -> Nanos {
        self.interval
    }

    /// Changes the switch interval for the waits that begin from now on.
    pub fn set_interval(&mut self, interval: Nanos) {
        self.interval = interval;
    }

    /// Takes in one event.
    pub fn step(&mut self, event: Event, now: Nanos) -> Actions {
        let mut out = Actions::new();
        match event {
            Event::Want { thread, after: _ } => self.want(thread, now, &mut out),
            Event::Woken { thread } => self.arrive(thread, false, now, &mut out),
            Event::TimerExpired { thread } => self.arrive(thread, true, now, &mut out),
            Event::Checkpoint { thread } => {
                if self.holder == Some(thread) && self.drop_requested {
                    self.waiters.push_back(Waiter { thread, woken: false, switched: false });
                    out.push(Action::LetGo { thread });
                    self.let_go(&mut out);
                }
            }
            Event::Release { thread } => {
                if self.holder == Some(thread) {
                    self.let_go(&mut out);
                }
            }
            Event::Exit { thread } => self.exit(thread, &mut out),
            // Whoever holds the lock runs alone.
            Event::Stop { .. } | Event::Resume { .. } => {}
        }
        out
    }

    fn want(&mut self, thread: ThreadId, now: Nanos, out: &mut Actions) {
        if self.holder == Some(thread) || self.position(thread).is_some() {
            return;
        }
        if self.may_take(thread) {
            return self.take(thread, now, out);
        }
        self.waiters.push_back(Waiter { thread, woken: false, switched: false });
        if self.holder.is_some() {
            self.start_interval(thread, now, out);
        }
    }

    /// A waiter is awake, because it was woken or because its time is up, and looks at the lock.
    fn arrive(&mut self, thread: ThreadId, timed_out: bool, now: Nanos, out: &mut Actions) {
        let Some(position) = self.position(thread) else { return };
        let waiter = &mut self.waiters[position];
        waiter.woken = false;
        let patient = waiter.switched || !timed_out;
        if self.may_take(thread) {
            self.waiters.remove(position);
            return self.take(thread, now, out);
        }
        if self.holder.is_none() {
            return;
        }
        if !patient {
            self.request_drop(out);
        }
        self.waiters[position].switched = false;
        self.start_interval(thread, now, out);
    }

    fn exit(&mut self, thread: ThreadId, out: &mut Actions) {
        if self.holder == Some(thread) {
            self.drop_requested = false;
            return self.let_go(out);
        }
        if self.barred && self.last_holder == Some(thread) {
            self.barred = false;
        }
        let Some(position) = self.position(thread) else { return };
        self.waiters.remove(position);
        if self.waiters.iter().all(|waiter| self.is_barred(waiter.thread)) {
            self.barred = false;
            self.drop_requested = false;
        }
        if self.holder.is_none() {
            self.wake_one(out);
        }
    }

    fn take(&mut self, thread: ThreadId, now: Nanos, out: &mut Actions) {
        self.holder = Some(thread);
        self.drop_requested = false;
        out.push(Action::Grant { thread });
        let previous = self.last_holder.replace(thread);
        if previous == Some(thread) {
            return;
        }
        for waiter in &mut self.waiters {
            waiter.switched = true;
        }
        if std::mem::take(&mut self.barred)
            && let Some(freed) = previous
            && let Some(position) = self.position(freed)
        {
            self.waiters[position].switched = false;
            self.start_interval(freed, now, out);
        }
    }

    fn let_go(&mut self, out: &mut Actions) {
        self.holder = None;
        self.barred = std::mem::take(&mut self.drop_requested);
        self.wake_one(out);
    }

    fn wake_one(&mut self, out: &mut Actions) {
        if self.waiters.iter().any(|waiter| waiter.woken) {
            return;
        }
        let barred = if self.barred { self.last_holder } else { None };
        if let Some(waiter) = self.waiters.iter_mut().find(|waiter| Some(waiter.thread) != barred) {
            waiter.woken = true;
            out.push(Action::Wake { thread: waiter.thread });
        }
    }

    /// Asks the holder to let go, unless it has been asked.
    pub(super) fn request_drop(&mut self, out: &mut Actions) {
        if let Some(holder) = self.holder
            && !std::mem::replace(&mut self.drop_requested, true)
        {
            out.push(Action::RequestDrop { holder });
        }
    }

    fn start_interval(&self, thread: ThreadId, now: Nanos, out: &mut Actions) {
        out.push(Action::SetTimer { thread, deadline: now.saturating_add(self.interval) });
    }

    /// The holder, if there is one.
    pub(super) fn holder(&self) -> Option<ThreadId> {
        self.holder
    }

    /// Whether the thread is in the queue.
    pub(super) fn is_waiting(&self, thread: ThreadId) -> bool {
        self.position(thread).is_some()
    }

    /// Moves a thread that has just come to wait from the end of the queue to a place further up.
    pub(super) fn move_last_to(&mut self, position: usize) {
        if let Some(waiter) = self.waiters.pop_back() {
            self.waiters.insert(position, waiter);
        }
    }

    fn may_take(&self, thread: ThreadId) -> bool {
        self.holder.is_none() && !self.is_barred(thread)
    }

    fn is_barred(&self, thread: ThreadId) -> bool {
        self.barred && self.last_holder == Some(thread)
    }

    fn position(&self, thread: ThreadId) -> Option<usize> {
        self.waiters.iter().position(|waiter| waiter.thread == thread)
    }
}

#[cfg(test)]
mod tests;
