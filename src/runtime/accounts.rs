//! Where the time of every thread went, and why the GIL changed hands.
//!
//! A thread is at every moment in exactly one [`State`]. Each change closes the state it leaves, so the shares of a thread
//! sum to its lifetime, to the nanosecond. Every switch has a [`Cause`] and two delays. Only slow paths come here, so it is
//! always on. It must not know clocks (it is fed times), the policy, or how a report looks.

use std::collections::HashMap;

use super::policy::{Nanos, ThreadId};
use crate::sync::Arc;
use crate::vm::trap::Trap;

/// What a thread waits for when it waits for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockName {
    /// A lock of the program, by the identity of the object.
    Object(u32),
    /// A lock of the interpreter's own, such as an output stream's or an import's.
    Internal(&'static str),
}

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs: bytecode with the GIL, or native work without.
    Running,
    /// It wants the GIL.
    Wanting,
    /// It waits for a lock.
    Lock(LockName),
    /// It sleeps.
    Sleeping,
    /// It is in a blocking call.
    Io,
}

/// Why a thread lost the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Another thread's switch interval ran out.
    Interval,
    /// It went to block, or to work without the GIL.
    Blocking,
    /// It ended.
    Exit,
}

impl Cause {
    /// Every cause there is, in the order of the statistics.
    pub const ALL: [Cause; 3] = [Cause::Interval, Cause::Blocking, Cause::Exit];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Interval => "interval",
            Cause::Blocking => "blocking",
            Cause::Exit => "exit",
        }
    }
}

/// How long a thread spent in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// In [`State::Running`].
    pub running: Nanos,
    /// In [`State::Wanting`].
    pub wanting: Nanos,
    /// In [`State::Lock`], whatever the lock.
    pub lock: Nanos,
    /// In [`State::Sleeping`].
    pub sleeping: Nanos,
    /// In [`State::Io`].
    pub io: Nanos,
}

impl Shares {
    /// The sum: the lifetime.
    pub fn total(&self) -> Nanos {
        self.running + self.wanting + self.lock + self.sleeping + self.io
    }

    fn of(&mut self, state: State) -> &mut Nanos {
        match state {
            State::Running => &mut self.running,
            State::Wanting => &mut self.wanting,
            State::Lock(_) => &mut self.lock,
            State::Sleeping => &mut self.sleeping,
            State::Io => &mut self.io,
        }
    }

    fn add(&mut self, other: &Shares) {
        self.running += other.running;
        self.wanting += other.wanting;
        self.lock += other.lock;
        self.sleeping += other.sleeping;
        self.io += other.io;
    }
}

/// Many delays in few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub total: Nanos,
    /// The longest.
    pub longest: Nanos,
    /// How many lie under each power of two: bucket `n` counts those of `n` significant bits.
    pub buckets: [u64; Delays::BUCKETS],
}

impl Delays {
    /// The last bucket also takes what is longer: above 2^46 ns, nearly a day.
    pub const BUCKETS: usize = 48;

    /// Takes in one delay.
    pub fn add(&mut self, delay: Nanos) {
        self.count += 1;
        self.total = self.total.saturating_add(delay);
        self.longest = self.longest.max(delay);
        let bits = (Nanos::BITS - delay.leading_zeros()) as usize;
        self.buckets[bits.min(Delays::BUCKETS - 1)] += 1;
    }

    /// The mean; zero of none.
    pub fn mean(&self) -> Nanos {
        self.total.checked_div(self.count).unwrap_or(0)
    }
}

impl Default for Delays {
    fn default() -> Delays {
        Delays { count: 0, total: 0, longest: 0, buckets: [0; Delays::BUCKETS] }
    }
}

/// The account of one thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadAccount {
    /// The thread.
    pub thread: ThreadId,
    /// When it was born.
    pub born: Nanos,
    /// What it is doing; nothing once it has ended.
    pub state: Option<State>,
    /// Where its time went. The sum is its lifetime up to its end, or to the snapshot.
    pub shares: Shares,
    /// How often it was granted the GIL, uncontended grants while it was [`State::Running`] excepted.
    pub turns: u64,
    /// The longest it wanted the GIL at a stretch.
    pub longest_want: Nanos,
    /// How many ops it executed, if they were counted.
    pub ops: u64,
    /// What it waited for, lock by lock, in order of [`LockName`]. The sums add up to `shares.lock`.
    pub locks: Vec<(LockName, Delays)>,
}

/// The switches of one cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// From the moment the new holder asked for the GIL to the grant.
    pub want_to_grant: Delays,
    /// From the drop request to the grant, where there was one: how long the old holder took to reach a checkpoint.
    pub request_to_grant: Delays,
}

impl Switches {
    /// How many switches.
    pub fn count(&self) -> u64 {
        self.want_to_grant.count
    }
}

/// All accounts at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Nanos,
    /// In order of birth. Of the threads that ended, the first [`ENDED_KEPT`].
    pub threads: Vec<ThreadAccount>,
    /// The threads that ended after those: how many, and their shares together.
    pub others: (u64, Shares),
    /// In the order of [`Cause::ALL`].
    pub switches: [Switches; Cause::ALL.len()],
}

impl Snapshot {
    /// The switches of one cause.
    pub fn switches(&self, cause: Cause) -> &Switches {
        &self.switches[cause as usize]
    }

    /// The account of a thread, if it was kept.
    pub fn thread(&self, thread: ThreadId) -> Option<&ThreadAccount> {
        self.threads.iter().find(|account| account.thread == thread)
    }
}

/// Of how many ended threads the accounts are kept apart.
pub const ENDED_KEPT: usize = 4096;

/// The accounts of one GIL.
#[derive(Debug, Default)]
pub struct Accounts {
    /// By thread number.
    live: Vec<Option<Box<Live>>>,
    ended: Vec<ThreadAccount>,
    others: (u64, Shares),
    switches: [Switches; Cause::ALL.len()],
    /// Who held the GIL last, and why it no longer does.
    last: Option<(ThreadId, Cause)>,
    requested_at: Option<Nanos>,
}

impl Accounts {
    /// A thread comes into being, and wants the GIL. It counts its ops at `trap`.
    pub fn birth(&mut self, thread: ThreadId, trap: Arc<Trap>, now: Nanos) {
        let index = thread.0 as usize;
        if index >= self.live.len() {
            self.live.resize_with(index + 1, || None);
        }
        self.live[index] = Some(Box::new(Live {
            born: now,
            state: State::Wanting,
            since: now,
            shares: Shares::default(),
            turns: 0,
            longest_want: 0,
            locks: HashMap::new(),
            trap,
        }));
    }

    /// A thread is in `state` from now on.
    pub fn enter(&mut self, thread: ThreadId, state: State, now: Nanos) {
        if let Some(live) = self.live_mut(thread)
            && live.state != state
        {
            live.close(now);
            live.state = state;
        }
    }

    /// What a thread is doing.
    pub fn state(&self, thread: ThreadId) -> Option<State> {
        let live = self.live.get(thread.0 as usize)?.as_ref()?;
        Some(live.state)
    }

    /// The holder is asked to let go.
    pub fn drop_requested(&mut self, now: Nanos) {
        self.requested_at = Some(now);
    }

    /// A thread is granted the GIL, and runs. The time does not matter if it is [`State::Running`] already and no drop
    /// was requested.
    pub fn granted(&mut self, thread: ThreadId, now: Nanos) {
        let mut wanted = 0;
        if let Some(live) = self.live_mut(thread)
            && live.state != State::Running
        {
            let spent = live.close(now);
            wanted = if live.state == State::Wanting { spent } else { 0 };
            live.state = State::Running;
            live.turns += 1;
        }
        let requested_at = self.requested_at.take();
        if let Some((previous, cause)) = self.last.take()
            && previous != thread
        {
            let switches = &mut self.switches[cause as usize];
            switches.want_to_grant.add(wanted);
            if let Some(requested_at) = requested_at {
                switches.request_to_grant.add(now.saturating_sub(requested_at));
            }
        }
    }

    /// The holder no longer holds the GIL. What it does instead is for [`Accounts::enter`] to say.
    pub fn let_go(&mut self, thread: ThreadId, cause: Cause) {
        self.last = Some((thread, cause));
    }

    /// A thread ends.
    pub fn death(&mut self, thread: ThreadId, now: Nanos) {
        let Some(mut live) = self.live.get_mut(thread.0 as usize).and_then(Option::take) else { return };
        live.close(now);
        if self.ended.len() < ENDED_KEPT {
            self.ended.push(live.account(thread, None));
        } else {
            self.others.0 += 1;
            self.others.1.add(&live.shares);
        }
    }

    /// Whether the next grant must be told the time, for the sake of a drop request.
    pub fn awaits_grant(&self) -> bool {
        self.requested_at.is_some()
    }

    /// All accounts, as of now.
    pub fn snapshot(&self, now: Nanos) -> Snapshot {
        let mut threads = self.ended.clone();
        for (index, live) in self.live.iter().enumerate() {
            if let Some(live) = live {
                let mut live = live.clone();
                live.close(now);
                threads.push(live.account(ThreadId(index as u32), Some(live.state)));
            }
        }
        threads.sort_by_key(|account| account.thread);
        Snapshot { at: now, threads, others: self.others, switches: self.switches }
    }

    fn live_mut(&mut self, thread: ThreadId) -> Option<&mut Live> {
        self.live.get_mut(thread.0 as usize)?.as_deref_mut()
    }
}

/// The account of a thread that has not ended.
#[derive(Clone, Debug)]
struct Live {
    born: Nanos,
    state: State,
    /// When it entered the state.
    since: Nanos,
    shares: Shares,
    turns: u64,
    longest_want: Nanos,
    locks: HashMap<LockName, Delays>,
    trap: Arc<Trap>,
}

impl Live {
    /// Books the time in the present state, and answers with it. Time does not run backwards.
    fn close(&mut self, now: Nanos) -> Nanos {
        let spent = now.saturating_sub(self.since);
        self.since += spent;
        *self.shares.of(self.state) += spent;
        match self.state {
            State::Wanting => self.longest_want = self.longest_want.max(spent),
            State::Lock(name) => self.locks.entry(name).or_default().add(spent),
            State::Running | State::Sleeping | State::Io => {}
        }
        spent
    }

    fn account(&self, thread: ThreadId, state: Option<State>) -> ThreadAccount {
        let mut locks: Vec<_> = self.locks.iter().map(|(name, delays)| (*name, *delays)).collect();
        locks.sort_unstable_by_key(|(name, _)| *name);
        ThreadAccount {
            thread,
            born: self.born,
            state,
            shares: self.shares,
            turns: self.turns,
            longest_want: self.longest_want,
            ops: self.trap.executed(),
            locks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(0);
    const B: ThreadId = ThreadId(1);
    const LOCK: LockName = LockName::Object(7);

    #[test]
    fn the_shares_sum_to_the_lifetime() {
        let mut accounts = Accounts::default();
        accounts.birth(A, Arc::default(), 100);
        accounts.granted(A, 110);
        accounts.enter(A, State::Lock(LOCK), 150);
        accounts.enter(A, State::Lock(LockName::Internal("stdout")), 155);
        accounts.enter(A, State::Wanting, 160);
        accounts.granted(A, 163);
        accounts.enter(A, State::Sleeping, 200);
        accounts.enter(A, State::Sleeping, 250);
        accounts.enter(A, State::Io, 300);
        let snapshot = accounts.snapshot(1_000);
        let account = snapshot.thread(A).expect("is alive");
        let shares = Shares { running: 77, wanting: 13, lock: 10, sleeping: 100, io: 700 };
        assert_eq!((account.shares, account.state), (shares, Some(State::Io)));
        assert_eq!(account.shares.total(), 900);
        assert_eq!((account.turns, account.longest_want), (2, 10));
        let locks: Vec<_> = account.locks.iter().map(|(name, delays)| (*name, delays.total)).collect();
        assert_eq!(locks, [(LOCK, 5), (LockName::Internal("stdout"), 5)]);
        // A snapshot leaves no trace, and the end closes the account.
        accounts.death(A, 2_000);
        let snapshot = accounts.snapshot(9_000);
        let account = snapshot.thread(A).expect("is remembered");
        assert_eq!((account.shares.total(), account.shares.io, account.state), (1_900, 1_700, None));
    }

    #[test]
    fn time_that_runs_backwards_counts_as_standing_still() {
        let mut accounts = Accounts::default();
        accounts.birth(A, Arc::default(), 100);
        accounts.granted(A, 50);
        accounts.enter(A, State::Io, 120);
        let snapshot = accounts.snapshot(130);
        let shares = Shares { running: 20, io: 10, ..Shares::default() };
        assert_eq!(snapshot.thread(A).map(|account| account.shares), Some(shares));
    }

    #[test]
    fn every_switch_has_a_cause_and_its_delays() {
        let mut accounts = Accounts::default();
        accounts.birth(A, Arc::default(), 0);
        accounts.granted(A, 0);
        accounts.birth(B, Arc::default(), 10);
        accounts.drop_requested(510);
        accounts.let_go(A, Cause::Interval);
        accounts.enter(A, State::Wanting, 530);
        accounts.granted(B, 540);
        accounts.let_go(B, Cause::Blocking);
        accounts.enter(B, State::Io, 600);
        accounts.granted(A, 602);
        accounts.let_go(A, Cause::Exit);
        accounts.death(A, 700);
        accounts.granted(B, 800);
        let snapshot = accounts.snapshot(900);
        let interval = snapshot.switches(Cause::Interval);
        assert_eq!((interval.count(), interval.want_to_grant.total), (1, 530));
        assert_eq!((interval.request_to_grant.count, interval.request_to_grant.longest), (1, 30));
        let blocking = snapshot.switches(Cause::Blocking);
        assert_eq!(
            (blocking.count(), blocking.want_to_grant.total, blocking.request_to_grant.count),
            (1, 72, 0)
        );
        let exit = snapshot.switches(Cause::Exit);
        assert_eq!((exit.count(), exit.want_to_grant.total), (1, 0));
    }

    #[test]
    fn to_get_the_gil_back_is_no_switch() {
        let mut accounts = Accounts::default();
        accounts.birth(A, Arc::default(), 0);
        accounts.granted(A, 0);
        accounts.let_go(A, Cause::Blocking);
        accounts.granted(A, 0);
        let snapshot = accounts.snapshot(10);
        assert!(Cause::ALL.iter().all(|&cause| snapshot.switches(cause).count() == 0));
        assert_eq!(snapshot.thread(A).map(|account| account.turns), Some(1));
    }

    #[test]
    fn threads_past_the_limit_are_added_up() {
        let mut accounts = Accounts::default();
        for number in 0..ENDED_KEPT as u32 + 3 {
            accounts.birth(ThreadId(number), Arc::default(), 0);
            accounts.granted(ThreadId(number), 1);
            accounts.death(ThreadId(number), 5);
        }
        let snapshot = accounts.snapshot(9);
        assert_eq!(snapshot.threads.len(), ENDED_KEPT);
        assert_eq!(snapshot.others, (3, Shares { running: 12, wanting: 3, ..Shares::default() }));
    }

    #[test]
    fn delays_fall_into_powers_of_two() {
        let mut delays = Delays::default();
        for delay in [0, 1, 2, 3, 1_000, Nanos::MAX] {
            delays.add(delay);
        }
        assert_eq!(
            (delays.buckets[0], delays.buckets[1], delays.buckets[2], delays.buckets[10]),
            (1, 1, 2, 1)
        );
        assert_eq!((delays.buckets[Delays::BUCKETS - 1], delays.longest, delays.count), (1, Nanos::MAX, 6));
        assert_eq!(Delays::default().mean(), 0);
    }

    #[test]
    fn causes_index_their_statistics() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "{}", cause.name());
        }
    }
}
