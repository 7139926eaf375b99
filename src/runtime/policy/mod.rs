//! What a GIL policy is: a pure state machine, `(event, now) -> actions`.
//!
//! A policy decides who holds the lock, whom to wake and when to ask the holder to let go. It must not know locks, clocks,
//! operating-system threads or the VM: a timeout is an event like any other, and time is a number that only ever reaches
//! an [`Action::SetTimer`]. The real driver, the simulator and an exhaustive test therefore run the same file.
//!
//! Every policy speaks these [`Event`]s and [`Action`]s; each is one file beside this one, and [`Policy`] picks by `match`.

pub mod new;

pub mod io_first;

pub mod old;

pub mod off;

use std::fmt;
use std::str::FromStr;

use smallvec::SmallVec;

pub use io_first::IoFirst;
pub use new::New;
pub use off::Off;
pub use old::Old;

/// A time or a duration in nanoseconds. Where zero lies is the driver's affair.
pub type Nanos = u64;

/// A thread of the language, as the runtime numbers it: dense from zero in order of birth, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {}", self.0)
    }
}

/// What a thread did before it asked for the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum After {
    /// It has just been started.
    Start,
    /// It comes back from a call that blocked, or from native work without the GIL.
    Blocking,
    /// It has let go at a checkpoint, and nothing else: see [`Action::AskAgain`].
    Checkpoint,
}

/// Something that happened to a thread. An event that does not apply in the thread's state changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A thread without the GIL asks for it.
    Want {
        /// The thread that asks.
        thread: ThreadId,
        /// Where it comes from.
        after: After,
    },
    /// A waiting thread has noticed the wake-up sent by [`Action::Wake`].
    Woken {
        /// The thread that woke up.
        thread: ThreadId,
    },
    /// The timer set by [`Action::SetTimer`] ran out.
    TimerExpired {
        /// The thread that was waiting for it.
        thread: ThreadId,
    },
    /// The holder saw a drop request at a checkpoint, or is at the end of its check interval.
    Checkpoint {
        /// The holder.
        thread: ThreadId,
    },
    /// The holder lets go, of its own accord, to block or to work without the GIL.
    Release {
        /// The holder.
        thread: ThreadId,
    },
    /// A running thread wants the world stopped: nobody else may run. A holder of the GIL need not ask.
    Stop {
        /// The thread that goes on alone.
        thread: ThreadId,
    },
    /// The world that the thread has stopped goes on.
    Resume {
        /// The thread that had it stopped.
        thread: ThreadId,
    },
    /// The thread never asks again: a holder lets go, a waiter leaves the queue.
    Exit {
        /// The thread, whatever its state.
        thread: ThreadId,
    },
}

impl Event {
    /// The thread it happened to.
    pub fn thread(self) -> ThreadId {
        match self {
            Event::Want { thread, .. }
            | Event::Woken { thread }
            | Event::TimerExpired { thread }
            | Event::Checkpoint { thread }
            | Event::Release { thread }
            | Event::Stop { thread }
            | Event::Resume { thread }
            | Event::Exit { thread } => thread,
        }
    }
}

/// What the driver is to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The thread holds the GIL from now on. Its timer, its wake-up and any old drop request of its own are void.
    Grant {
        /// The new holder.
        thread: ThreadId,
    },
    /// The thread no longer holds the GIL, and waits for it: what [`Event::Checkpoint`] can lead to.
    LetGo {
        /// The holder so far.
        thread: ThreadId,
    },
    /// The thread no longer holds the GIL. It does not wait either: it is to ask again, at once, with [`Event::Want`], and
    /// others may be faster. What [`Event::Checkpoint`] can lead to.
    AskAgain {
        /// The holder so far.
        thread: ThreadId,
    },
    /// Wake a waiting thread. It owns nothing yet: it answers with [`Event::Woken`], and somebody may have been faster.
    Wake {
        /// The thread to wake.
        thread: ThreadId,
    },
    /// Ask the holder to let go at its next checkpoint.
    RequestDrop {
        /// The holder.
        holder: ThreadId,
    },
    /// Nobody but the thread runs: what [`Event::Stop`] leads to, now or later.
    Stopped {
        /// The thread that asked.
        stopper: ThreadId,
    },
    /// Send [`Event::TimerExpired`] to a waiting thread at `deadline`, instead of any earlier timer of that thread.
    SetTimer {
        /// The waiting thread.
        thread: ThreadId,
        /// When, on the clock of the events.
        deadline: Nanos,
    },
}

/// The actions of one event. Only those that stop the world, or end that, are more than a few.
pub type Actions = SmallVec<[Action; 4]>;

/// The names a policy goes by on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// CPython 3.2 and later.
    #[default]
    New,
    /// CPython up to 3.1.
    Old,
    /// `new`, with precedence for threads that come back from blocking calls.
    IoFirst,
    /// No GIL: free-threaded.
    Off,
}

impl PolicyKind {
    /// Every policy there is.
    pub const ALL: &[PolicyKind] = &[PolicyKind::New, PolicyKind::Old, PolicyKind::IoFirst, PolicyKind::Off];

    /// Whether its threads wait for a switch interval before they ask for the GIL.
    pub fn has_interval(self) -> bool {
        matches!(self, PolicyKind::New | PolicyKind::IoFirst)
    }

    /// Its name after `--gil`.
    pub fn name(self) -> &'static str {
        match self {
            PolicyKind::New => "new",
            PolicyKind::Old => "old",
            PolicyKind::IoFirst => "io-first",
            PolicyKind::Off => "off",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PolicyKind {
    type Err = ();

    /// The policy called `name`.
    fn from_str(name: &str) -> Result<PolicyKind, ()> {
        PolicyKind::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(())
    }
}

/// A policy with its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// CPython 3.2 and later.
    New(New),
    /// CPython up to 3.1.
    Old(Old),
    /// `new`, with precedence for threads that come back from blocking calls.
    IoFirst(IoFirst),
    /// No GIL: free-threaded.
    Off(Off),
}

impl Policy {
    /// A free GIL under the policy `kind`, or a world without one.
    pub fn new(kind: PolicyKind, interval: Nanos) -> Policy {
        match kind {
            PolicyKind::New => Policy::New(New::free(interval)),
            PolicyKind::Old => Policy::Old(Old::free(interval)),
            PolicyKind::IoFirst => Policy::IoFirst(IoFirst::free(interval)),
            PolicyKind::Off => Policy::Off(Off::running(interval)),
        }
    }

    /// Takes in one event.
    pub fn step(&mut self, event: Event, now: Nanos) -> Actions {
        match self {
            Policy::New(policy) => policy.step(event, now),
            Policy::Old(policy) => policy.step(event),
            Policy::IoFirst(policy) => policy.step(event, now),
            Policy::Off(policy) => policy.step(event),
        }
    }

    /// Whether at most one thread runs at a time.
    pub fn is_exclusive(&self) -> bool {
        !matches!(self, Policy::Off(_))
    }

    /// The switch interval.
    pub fn interval(&self) -> Nanos {
        match self {
            Policy::New(policy) => policy.interval(),
            Policy::Old(policy) => policy.interval(),
            Policy::IoFirst(policy) => policy.interval(),
            Policy::Off(policy) => policy.interval(),
        }
    }

    /// Changes the switch interval. Timers that already run are left alone, as in CPython.
    pub fn set_interval(&mut self, interval: Nanos) {
        match self {
            Policy::New(policy) => policy.set_interval(interval),
            Policy::Old(policy) => policy.set_interval(interval),
            Policy::IoFirst(policy) => policy.set_interval(interval),
            Policy::Off(policy) => policy.set_interval(interval),
        }
    }
}

#[cfg(test)]
mod explore;
