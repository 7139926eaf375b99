//! The figures of a run: the accounts in the words and the order of the reports. What is printed, what a program gets as
//! JSON and what `minipy.stats()` returns are all this. Times are in nanoseconds.
//!
//! It must not know how a report looks.

use serde::Serialize;

use super::accounts::{Cause, Delays, LockName, Shares, Snapshot, State, ThreadAccount};
use super::policy::{Nanos, PolicyKind};
use super::settings::Settings;

/// The figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// What ran.
    pub settings: SettingsFigures,
    /// From the start to the moment of the figures.
    pub wall_ns: Nanos,
    /// Processor time of the process.
    pub cpu_ns: Nanos,
    /// How long some thread held the GIL.
    pub gil_held_ns: Nanos,
    /// How long another wanted it meanwhile.
    pub contended_ns: Nanos,
    /// The pauses for collecting garbage.
    pub collections: DelayFigures,
    /// Why the GIL changed hands, and how long the new holder had wanted it.
    pub switches: PerCause<DelayFigures>,
    /// A thread each, in order of birth.
    pub threads: Vec<ThreadFigures>,
    /// Threads past the first few thousand, together.
    pub other_threads: Option<OtherFigures>,
}

/// Under which rules a run ran.
#[derive(Clone, Debug, Serialize)]
pub struct SettingsFigures {
    /// The policy.
    pub gil: &'static str,
    /// Where a thread can lose the GIL, if the policy leaves that open.
    pub checkpoints: Option<&'static str>,
    /// How long a waiter waits before it asks for it, if the policy has one wait.
    pub switch_interval_ns: Option<Nanos>,
    /// After how many ops a thread lets it go, if the policy counts them.
    pub check_interval: Option<u32>,
}

/// Where the time of a thread went.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadFigures {
    /// Its number, in order of birth from 0.
    pub id: u32,
    /// What the program calls it.
    pub name: String,
    /// What it was doing: the name of its state, or `ended`.
    pub state: &'static str,
    /// How long it lived; the sum of the shares.
    pub lifetime_ns: Nanos,
    /// In which states.
    #[serde(flatten)]
    pub shares: ShareFigures,
    /// How many ops it executed, where they were counted.
    pub ops: Option<u64>,
    /// How often it lost the GIL to another thread, and why.
    pub switches: PerCause<u64>,
    /// How long it waited for the GIL, each time.
    pub waits: DelayFigures,
    /// Of these, how long when it came back from a lock, a sleep or a blocking call.
    pub wakes: DelayFigures,
    /// These by length: from, to, how many.
    pub wake_buckets: Vec<(Nanos, Nanos, u64)>,
    /// The locks it waited for.
    pub locks: Vec<LockFigures>,
}

/// The time spent in each state.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ShareFigures {
    /// It ran.
    pub running_ns: Nanos,
    /// It wanted the GIL.
    pub wanting_ns: Nanos,
    /// It waited for a lock or the end of a thread.
    pub locks_ns: Nanos,
    /// It slept.
    pub sleeping_ns: Nanos,
    /// It was in a blocking call.
    pub io_ns: Nanos,
}

/// Threads of which no accounts were kept apart.
#[derive(Clone, Debug, Serialize)]
pub struct OtherFigures {
    /// How many.
    pub count: u64,
    /// Where their time went.
    #[serde(flatten)]
    pub shares: ShareFigures,
}

/// A figure for each cause of a switch.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PerCause<T> {
    /// See [`Cause::Interval`].
    pub interval: T,
    /// See [`Cause::Blocking`].
    pub blocking: T,
    /// See [`Cause::Exit`].
    pub exit: T,
}

/// How many delays, and how long.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DelayFigures {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total_ns: Nanos,
    /// What half of them do not exceed, to a sixteenth.
    pub median_ns: Nanos,
    /// The longest.
    pub longest_ns: Nanos,
}

/// The waiting for one lock.
#[derive(Clone, Debug, Serialize)]
pub struct LockFigures {
    /// `lock`, or which of the interpreter's own.
    pub name: &'static str,
    /// The `id` of the object, if it is the program's.
    pub identity: Option<u32>,
    /// How long it was waited for.
    #[serde(flatten)]
    pub waits: DelayFigures,
}

impl Figures {
    /// The figures of these accounts.
    pub fn new(accounts: &Snapshot, settings: &Settings, cpu: Nanos) -> Figures {
        let switches = |cause| DelayFigures::of(&accounts.switches(cause).want_to_grant);
        let (others, other_shares) = &accounts.others;
        Figures {
            settings: SettingsFigures::of(settings),
            wall_ns: accounts.at,
            cpu_ns: cpu,
            gil_held_ns: accounts.held,
            contended_ns: accounts.contended,
            collections: DelayFigures::of(&accounts.collections),
            switches: PerCause::new(switches),
            threads: accounts.threads.iter().map(ThreadFigures::of).collect(),
            other_threads: (*others > 0)
                .then(|| OtherFigures { count: *others, shares: ShareFigures::of(other_shares) }),
        }
    }

    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        // Plain data with text for keys always has a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl SettingsFigures {
    fn of(settings: &Settings) -> SettingsFigures {
        let is_timed = settings.policy.has_interval();
        let counts = settings.policy == PolicyKind::Old;
        SettingsFigures {
            gil: settings.policy.name(),
            checkpoints: is_timed.then(|| settings.checkpoints.name()),
            switch_interval_ns: is_timed.then(|| settings.switch_interval_nanos()),
            check_interval: counts.then(|| settings.check_interval.get()),
        }
    }
}

impl ThreadFigures {
    fn of(account: &ThreadAccount) -> ThreadFigures {
        ThreadFigures {
            id: account.thread.0,
            name: account.shown_name(),
            state: account.state.map_or("ended", State::name),
            lifetime_ns: account.shares.total(),
            shares: ShareFigures::of(&account.shares),
            ops: (account.ops > 0).then_some(account.ops),
            switches: PerCause::new(|cause| account.switches[cause as usize]),
            waits: DelayFigures::of(&account.wants),
            wakes: DelayFigures::of(&account.wakes),
            wake_buckets: account.wakes.buckets().collect(),
            locks: account.locks.iter().map(|(name, delays)| LockFigures::of(*name, delays)).collect(),
        }
    }
}

impl ShareFigures {
    fn of(shares: &Shares) -> ShareFigures {
        ShareFigures {
            running_ns: shares.running,
            wanting_ns: shares.wanting,
            locks_ns: shares.lock,
            sleeping_ns: shares.sleeping,
            io_ns: shares.io,
        }
    }
}

impl<T> PerCause<T> {
    fn new(figure: impl Fn(Cause) -> T) -> PerCause<T> {
        PerCause {
            interval: figure(Cause::Interval),
            blocking: figure(Cause::Blocking),
            exit: figure(Cause::Exit),
        }
    }
}

impl DelayFigures {
    fn of(delays: &Delays) -> DelayFigures {
        DelayFigures {
            count: delays.count,
            total_ns: delays.total,
            median_ns: delays.median(),
            longest_ns: delays.longest,
        }
    }
}

impl LockFigures {
    fn of(name: LockName, delays: &Delays) -> LockFigures {
        let (name, identity) = match name {
            LockName::Object(identity) => ("lock", Some(identity)),
            LockName::Internal(name) => (name, None),
        };
        LockFigures { name, identity, waits: DelayFigures::of(delays) }
    }
}
