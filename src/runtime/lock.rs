//! What keeps the threads of one machine apart, as their host sees it. One implementation for each way to do so.

use std::fmt;
use std::time::Duration;

use super::accounts::{Snapshot, State};
use super::policy::{After, ThreadId};
use super::settings::Settings;
use crate::sync::Arc;
use crate::vm::event::{Note, Observer};
use crate::vm::trap::Trap;

/// The right of one thread to ask for one [`Lock`]. It goes to the thread it is for, and back in at [`Lock::exit`].
#[derive(Debug)]
pub struct Seat {
    thread: ThreadId,
}

impl Seat {
    /// The seat of a thread: for the lock that it registers with.
    pub(super) fn of(thread: ThreadId) -> Seat {
        Seat { thread }
    }

    /// The thread it is for.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }
}

/// The lock has been closed: the thread will never run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// A GIL, or what stands in its place. It keeps the accounts.
pub trait Lock: fmt::Debug + Send + Sync {
    /// The settings it was made with. Those that the program can change may have changed since.
    fn settings(&self) -> &Settings;

    /// Makes `thread` known; its life begins now, wanting the lock. `trap` is where it will look for requests.
    /// Numbers are dense from zero; none is used twice.
    fn register(&self, thread: ThreadId, trap: Arc<Trap>) -> Seat;

    /// Takes the lock, waiting for it as long as it takes. The thread then is [`State::Running`].
    fn acquire(&self, seat: &Seat, after: After) -> Result<(), Closed>;

    /// Lets the lock go, in order to be in `state`. Native work that needs no lock stays [`State::Running`].
    /// Nothing happens if the thread does not hold it.
    fn release(&self, seat: &Seat, state: State);

    /// Notes that a thread without the lock is in another `state` than the one it released it for.
    fn enter(&self, seat: &Seat, state: State);

    /// The holder has seen [`DROP_REQUEST`](crate::vm::trap::TrapBits::DROP_REQUEST). Clears it; lets go and takes the lock
    /// again if that is due. Answers whether another thread may have run in between.
    fn checkpoint(&self, seat: &Seat) -> Result<bool, Closed>;

    /// The holder is at the end of its check interval, where there is one.
    fn tick(&self, thread: ThreadId) -> Result<(), Closed>;

    /// Whether at most one thread runs at a time. Otherwise taking the lock means to be let into a world that is not stopped.
    fn is_exclusive(&self) -> bool;

    /// Stops every other thread that runs; the caller runs, and goes on alone until [`resume_world`](Self::resume_world).
    /// False if another thread has stopped the world meanwhile: then it runs again, and whoever calls looks whether there
    /// still is need.
    fn stop_world(&self, seat: &Seat) -> Result<bool, Closed>;

    /// The world goes on that the thread has stopped.
    fn resume_world(&self, seat: &Seat);

    /// The thread ends, whether it holds the lock or not.
    fn exit(&self, seat: Seat);

    /// From now on only the thread of `seat`, which holds it, gets the lock: at exit, daemon threads never attach again. Waiting
    /// threads are told at once, the others when they ask. Nobody else runs when this returns.
    fn close(&self, seat: &Seat);

    /// Changes the switch interval, for the waits that begin from now on.
    fn set_switch_interval(&self, interval: Duration);

    /// The switch interval.
    fn switch_interval(&self) -> Duration;

    /// Takes down what a thread tells of itself.
    fn note(&self, thread: ThreadId, note: Note<'_>);

    /// From now on `observer` is told what happens.
    fn observe(&self, observer: Arc<Observer>);

    /// The accounts as of now.
    fn snapshot(&self) -> Snapshot;
}
