//! The GIL of the operating-system threads: runs a policy with a mutex, condition variables and a clock.
//!
//! All decisions are the policy's ([`super::policy`]); this file turns what threads do into its events, and its actions into
//! wake-ups, trap bits and entries in the accounts. Each waiter has its own condition variable, so a wake-up reaches the
//! thread it is meant for and no other. It must not know the VM beyond the trap word of each thread. Stopping the world is
//! not its business: a thread that is stopped keeps the GIL or has released it, as its host wishes.
//!
//! The uncontended release and acquire are one short section of the mutex and one look at the clock each.

use std::time::Duration;

use super::accounts::{Accounts, Cause, Snapshot, State};
use super::bell::Bell;
use super::clock::Clock;
use super::lock::{Closed, Lock, Seat};
use super::policy::{Action, After, Event, Nanos, Policy, PolicyKind, ThreadId};
use super::settings::{CheckpointMode, Settings, interval_nanos};
use crate::sync::{Arc, Mutex, MutexGuard};
use crate::vm::event::{Note, Observer};
use crate::vm::trap::{Trap, TrapBits};

/// A global interpreter lock. A VM has one.
#[derive(Debug)]
pub struct Gil {
    clock: Clock,
    settings: Settings,
    shared: Mutex<Shared>,
}

impl Gil {
    /// A free GIL. Its clock starts at zero.
    pub fn new(settings: Settings) -> Gil {
        let policy = Policy::new(settings.policy, settings.switch_interval_nanos());
        let shared = Shared {
            policy,
            accounts: Accounts::default(),
            slots: Vec::new(),
            closed_by: None,
            checkpoints: settings.checkpoints,
        };
        Gil { clock: Clock::start(), settings, shared: Mutex::new(shared) }
    }

    fn wait<'gil>(
        &'gil self,
        mut shared: MutexGuard<'gil, Shared>,
        seat: &Seat,
        after: After,
        now: Nanos,
    ) -> Result<(), Closed> {
        let thread = seat.thread();
        shared.accounts.enter(thread, State::Wanting, now);
        let bell = shared.bell(thread)?;
        if after == After::Blocking {
            // Who has just woken it is often about to block in turn.
            bell.look();
            drop(shared);
            bell.linger();
            shared = self.shared.lock();
        }
        loop {
            let closed = shared.is_closed_to(thread);
            let interval = shared.policy.interval();
            let now = self.clock.now();
            let Some(slot) = shared.slot(thread) else { return Err(Closed) };
            if closed {
                // Without a GIL it may have been let in by the end of the stop in which the world was closed.
                slot.holds = false;
                shared.step(Event::Exit { thread }, now);
                return Err(Closed);
            }
            if slot.holds {
                return Ok(());
            }
            if std::mem::take(&mut slot.woken) {
                shared.step(Event::Woken { thread }, now);
            } else if slot.deadline.take_if(|deadline| *deadline <= now).is_some() {
                shared.step(Event::TimerExpired { thread }, now);
            } else {
                // A timer that another thread's event sets is one interval long, so it is noticed in time without
                // waking this thread to tell it. Without a GIL there are no timers.
                let until = slot.deadline.unwrap_or(now.saturating_add(interval));
                match self.clock.instant(until).filter(|_| self.is_exclusive()) {
                    Some(until) => bell.wait_until(&mut shared, until),
                    None => bell.wait(&mut shared),
                }
            }
        }
    }
}

impl Lock for Gil {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn register(&self, thread: ThreadId, trap: Arc<Trap>) -> Seat {
        let slot = Slot {
            trap: Arc::clone(&trap),
            bell: Arc::default(),
            holds: false,
            runs_alone: false,
            woken: false,
            deadline: None,
        };
        let mut shared = self.shared.lock();
        let index = thread.0 as usize;
        if index >= shared.slots.len() {
            shared.slots.resize_with(index + 1, || None);
        }
        shared.slots[index] = Some(slot);
        shared.accounts.birth(thread, trap, self.clock.now());
        Seat::of(thread)
    }

    fn is_exclusive(&self) -> bool {
        self.settings.policy != PolicyKind::Off
    }

    fn acquire(&self, seat: &Seat, after: After) -> Result<(), Closed> {
        let mut shared = self.shared.lock();
        if shared.is_closed_to(seat.thread()) {
            return Err(Closed);
        }
        let event = Event::Want { thread: seat.thread(), after };
        let now = self.clock.now();
        if shared.step(event, now).granted { Ok(()) } else { self.wait(shared, seat, after, now) }
    }

    fn release(&self, seat: &Seat, state: State) {
        let mut shared = self.shared.lock();
        if !shared.holds(seat.thread()) {
            return;
        }
        let event = Event::Release { thread: seat.thread() };
        let now = self.clock.now();
        shared.leave(seat.thread(), Cause::Blocking, now);
        shared.accounts.enter(seat.thread(), state, now);
        shared.step(event, now);
    }

    fn enter(&self, seat: &Seat, state: State) {
        let mut shared = self.shared.lock();
        let now = self.clock.now();
        shared.accounts.enter(seat.thread(), state, now);
    }

    fn checkpoint(&self, seat: &Seat) -> Result<bool, Closed> {
        let mut shared = self.shared.lock();
        let thread = seat.thread();
        let Some(slot) = shared.slot(thread).filter(|slot| slot.holds) else { return Ok(false) };
        slot.trap.clear(TrapBits::DROP_REQUEST);
        let now = self.clock.now();
        let outcome = shared.step(Event::Checkpoint { thread }, now);
        if outcome.let_go && !outcome.granted {
            self.wait(shared, seat, After::Checkpoint, now)?;
        }
        Ok(outcome.let_go)
    }

    fn stop_world(&self, seat: &Seat) -> Result<bool, Closed> {
        if self.is_exclusive() {
            return Ok(true);
        }
        let mut shared = self.shared.lock();
        let (thread, now) = (seat.thread(), self.clock.now());
        let outcome = shared.step(Event::Stop { thread }, now);
        if outcome.let_go {
            self.wait(shared, seat, After::Checkpoint, now)?;
            return Ok(false);
        }
        let bell = shared.bell(thread)?;
        while !shared.slot(thread).is_some_and(|slot| slot.runs_alone) {
            bell.wait(&mut shared);
        }
        Ok(true)
    }

    fn resume_world(&self, seat: &Seat) {
        if self.is_exclusive() {
            return;
        }
        let mut shared = self.shared.lock();
        if let Some(slot) = shared.slot(seat.thread()) {
            slot.runs_alone = false;
        }
        let now = self.clock.now();
        shared.step(Event::Resume { thread: seat.thread() }, now);
    }

    fn exit(&self, seat: Seat) {
        let mut shared = self.shared.lock();
        let now = self.clock.now();
        if shared.holds(seat.thread()) {
            shared.leave(seat.thread(), Cause::Exit, now);
        }
        shared.accounts.death(seat.thread(), now);
        shared.step(Event::Exit { thread: seat.thread() }, now);
        if let Some(slot) = shared.slots.get_mut(seat.thread().0 as usize) {
            *slot = None;
        }
    }

    fn close(&self, seat: &Seat) {
        // Only a closed world refuses, and that is stopped.
        while let Ok(false) = self.stop_world(seat) {}
        let mut shared = self.shared.lock();
        shared.closed_by = Some(seat.thread());
        for slot in shared.slots.iter().flatten() {
            slot.bell.ring();
        }
    }

    fn set_switch_interval(&self, interval: Duration) {
        self.shared.lock().policy.set_interval(interval_nanos(interval));
    }

    fn switch_interval(&self) -> Duration {
        Duration::from_nanos(self.shared.lock().policy.interval())
    }

    fn note(&self, thread: ThreadId, note: Note<'_>) {
        self.shared.lock().accounts.note(thread, note, self.clock.now());
    }

    fn observe(&self, observer: Arc<Observer>) {
        self.shared.lock().accounts.observe(observer);
    }

    fn snapshot(&self) -> Snapshot {
        let shared = self.shared.lock();
        shared.accounts.snapshot(self.clock.now())
    }

    fn tick(&self, _: ThreadId) -> Result<(), Closed> {
        Ok(())
    }
}

/// Everything under the mutex.
#[derive(Debug)]
struct Shared {
    policy: Policy,
    accounts: Accounts,
    /// By thread number.
    slots: Vec<Option<Slot>>,
    closed_by: Option<ThreadId>,
    checkpoints: CheckpointMode,
}

/// What is shared about one thread.
#[derive(Debug)]
struct Slot {
    trap: Arc<Trap>,
    bell: Arc<Bell>,
    holds: bool,
    /// It has stopped the world.
    runs_alone: bool,
    /// A wake-up has been sent, and not yet answered.
    woken: bool,
    deadline: Option<Nanos>,
}

impl Shared {
    fn slot(&mut self, thread: ThreadId) -> Option<&mut Slot> {
        self.slots.get_mut(thread.0 as usize)?.as_mut()
    }

    /// Where a thread waits. The seat is the thread's, so its slot is there.
    fn bell(&mut self, thread: ThreadId) -> Result<Arc<Bell>, Closed> {
        self.slot(thread).map(|slot| Arc::clone(&slot.bell)).ok_or(Closed)
    }

    fn holds(&mut self, thread: ThreadId) -> bool {
        self.slot(thread).is_some_and(|slot| slot.holds)
    }

    fn is_closed_to(&self, thread: ThreadId) -> bool {
        self.closed_by.is_some_and(|closer| closer != thread)
    }

    /// The holder lets go, for the policy to hear next.
    fn leave(&mut self, thread: ThreadId, cause: Cause, now: Nanos) {
        if let Some(slot) = self.slot(thread) {
            slot.holds = false;
        }
        if self.policy.is_exclusive() {
            self.accounts.let_go(thread, cause, now);
        }
    }

    /// Lets the policy have an event and carries out what it says.
    fn step(&mut self, event: Event, now: Nanos) -> Outcome {
        let mut outcome = Outcome::default();
        for action in self.policy.step(event, now) {
            match action {
                Action::Grant { thread } => {
                    if self.policy.is_exclusive() {
                        self.accounts.granted(thread, now);
                    } else {
                        self.accounts.enter(thread, State::Running, now);
                    }
                    outcome.granted |= thread == event.thread();
                    if let Some(slot) = self.slot(thread) {
                        slot.grant();
                        if thread != event.thread() {
                            slot.bell.ring();
                        }
                    }
                }
                Action::Stopped { stopper } => {
                    if let Some(slot) = self.slot(stopper) {
                        slot.runs_alone = true;
                        slot.bell.ring();
                    }
                }
                // No policy that this file runs says the second.
                Action::LetGo { thread } | Action::AskAgain { thread } => {
                    self.leave(thread, Cause::Interval, now);
                    outcome.let_go = true;
                }
                Action::Wake { thread } => {
                    if let Some(slot) = self.slot(thread) {
                        slot.woken = true;
                        slot.bell.ring();
                    }
                }
                Action::RequestDrop { holder } => {
                    if self.policy.is_exclusive() {
                        self.accounts.drop_requested(event.thread(), now);
                    }
                    let mode = self.checkpoints;
                    if let Some(slot) = self.slot(holder) {
                        slot.trap.set(TrapBits::DROP_REQUEST, mode);
                    }
                }
                Action::SetTimer { thread, deadline } => {
                    if let Some(slot) = self.slot(thread) {
                        slot.deadline = Some(deadline);
                    }
                }
            }
        }
        outcome
    }
}

/// What an event meant for its thread.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    let_go: bool,
    granted: bool,
}

impl Slot {
    /// It holds the GIL: what it was waiting for, or was asked when it last held it, is over.
    fn grant(&mut self) {
        self.holds = true;
        self.woken = false;
        self.deadline = None;
        if self.trap.pending().contains(TrapBits::DROP_REQUEST) {
            self.trap.clear(TrapBits::DROP_REQUEST);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
