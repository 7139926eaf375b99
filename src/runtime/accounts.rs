//! Where the time of every thread went, and why the GIL changed hands.
//!
//! A thread is at every moment in exactly one [`State`]. Each change closes the state it leaves, so the shares of a thread
//! sum to its lifetime, to the nanosecond. Every switch has a [`Cause`] and two delays. Only slow paths come here, so it is
//! always on. It must not know clocks (it is fed times), the policy, or how a report looks.

// By its path, so that `tests/model/` finds it as well.
#[path = "accounts/delays.rs"]
mod delays;

use std::collections::HashMap;
use std::fmt;

use super::policy::{Nanos, ThreadId};
use crate::sync::Arc;
use crate::vm::event::{Event, Note, Observer, What};
use crate::vm::trap::Trap;

pub use crate::vm::event::{Cause, LockName, State};
pub use delays::Delays;

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

/// The account of one thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadAccount {
    /// The thread.
    pub thread: ThreadId,
    /// What the program calls it, if it has said so.
    pub name: Option<Arc<str>>,
    /// When it was born.
    pub born: Nanos,
    /// What it is doing; nothing once it has ended.
    pub state: Option<State>,
    /// Where its time went. The sum is its lifetime up to its end, or to the snapshot.
    pub shares: Shares,
    /// How often it was granted the GIL, uncontended grants while it was [`State::Running`] excepted.
    pub turns: u64,
    /// How often it lost the GIL to another thread, in the order of [`Cause::ALL`].
    pub switches: [u64; Cause::ALL.len()],
    /// How long it wanted the GIL, each time.
    pub wants: Delays,
    /// Of these, how long when it came back from a lock, a sleep or a blocking call.
    pub wakes: Delays,
    /// How many ops it executed, if they were counted.
    pub ops: u64,
    /// What it waited for, lock by lock, in order of [`LockName`]. The sums add up to `shares.lock`.
    pub locks: Vec<(LockName, Delays)>,
}

impl ThreadAccount {
    /// What reports call it.
    pub fn shown_name(&self) -> String {
        shown_name(self.thread.0, self.name.as_deref())
    }
}

/// What reports call the thread of a number, given what the program calls it.
pub fn shown_name(thread: u32, name: Option<&str>) -> String {
    match name {
        Some(name) => name.to_owned(),
        None if thread == 0 => "MainThread".to_owned(),
        None => ThreadId(thread).to_string(),
    }
}

/// The switches of one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// How long some thread held the GIL.
    pub held: Nanos,
    /// How long another wanted it meanwhile.
    pub contended: Nanos,
    /// How long each collection took, from the moment when every thread had stopped.
    pub collections: Delays,
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
#[derive(Default)]
pub struct Accounts {
    observer: Option<Arc<Observer>>,
    /// By thread number.
    live: Vec<Option<Box<Live>>>,
    ended: Vec<ThreadAccount>,
    others: (u64, Shares),
    switches: [Switches; Cause::ALL.len()],
    /// Who held the GIL last, and why it no longer does.
    last: Option<(ThreadId, Cause)>,
    requested_at: Option<Nanos>,
    /// Whether a thread holds the GIL.
    is_held: bool,
    /// How many threads are [`State::Wanting`].
    wanting: u32,
    /// Up to when `held` and `contended` are kept.
    kept_to: Nanos,
    held: Nanos,
    contended: Nanos,
    collection_since: Option<Nanos>,
    collections: Delays,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("is_observed", &self.observer.is_some()).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Whatever is booked from now on is told to `observer` as well.
    pub fn observe(&mut self, observer: Arc<Observer>) {
        self.observer = Some(observer);
    }

    fn tell(&self, at: Nanos, thread: ThreadId, what: What<'_>) {
        if let Some(observer) = &self.observer {
            observer(Event { at, thread: thread.0, what });
        }
    }

    /// A thread comes into being, and wants the GIL. It counts its ops at `trap`.
    pub fn birth(&mut self, thread: ThreadId, trap: Arc<Trap>, now: Nanos) {
        self.keep(now);
        self.tell(now, thread, What::Begins);
        let index = thread.0 as usize;
        if index >= self.live.len() {
            self.live.resize_with(index + 1, || None);
        }
        self.live[index] = Some(Box::new(Live {
            name: None,
            born: now,
            state: State::Wanting,
            since: now,
            came_from: State::Running,
            shares: Shares::default(),
            turns: 0,
            switches: Default::default(),
            wants: Delays::default(),
            wakes: Delays::default(),
            locks: HashMap::new(),
            trap,
        }));
        self.wanting += 1;
    }

    /// A thread tells something.
    pub fn note(&mut self, thread: ThreadId, note: Note<'_>, now: Nanos) {
        self.tell(now, thread, What::Notes(note));
        match note {
            Note::Name(name) => {
                if let Some(live) = self.live_mut(thread) {
                    live.name = Some(name.into());
                }
            }
            Note::CollectionBegins => self.collection_since = Some(now),
            Note::CollectionEnds => {
                if let Some(since) = self.collection_since.take() {
                    self.collections.add(now.saturating_sub(since));
                }
            }
            Note::At(_) | Note::WaitsFor(_) => {}
        }
    }

    /// A thread is in `state` from now on.
    pub fn enter(&mut self, thread: ThreadId, state: State, now: Nanos) {
        self.keep(now);
        if let Some(live) = self.live_mut(thread)
            && live.state != state
        {
            let before = live.change(state, now);
            // Without a GIL a thread runs as soon as it comes back.
            if state == State::Running && before != State::Wanting {
                live.wakes.add(0);
            }
            self.count_wanting(before, state);
            self.tell(now, thread, What::Enters(state));
        }
    }

    /// What a thread is doing.
    pub fn state(&self, thread: ThreadId) -> Option<State> {
        let live = self.live.get(thread.0 as usize)?.as_ref()?;
        Some(live.state)
    }

    /// The holder is asked to let go, by this thread.
    pub fn drop_requested(&mut self, thread: ThreadId, now: Nanos) {
        self.tell(now, thread, What::Requests);
        self.requested_at = Some(now);
    }

    /// A thread is granted the GIL, and runs.
    pub fn granted(&mut self, thread: ThreadId, now: Nanos) {
        self.keep(now);
        self.tell(now, thread, What::Granted);
        self.is_held = true;
        let mut wanted = 0;
        if let Some(live) = self.live_mut(thread)
            && live.state != State::Running
        {
            let since = live.since;
            let before = live.change(State::Running, now);
            live.turns += 1;
            match before {
                State::Wanting => wanted = now.saturating_sub(since),
                // It got the GIL as soon as it came back.
                _ => live.wakes.add(0),
            }
            self.count_wanting(before, State::Running);
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
            self.count_switch(previous, cause);
        }
    }

    /// The holder no longer holds the GIL. What it does instead is for [`Accounts::enter`] to say.
    pub fn let_go(&mut self, thread: ThreadId, cause: Cause, now: Nanos) {
        self.keep(now);
        self.tell(now, thread, What::LetsGo(cause));
        self.is_held = false;
        self.last = Some((thread, cause));
    }

    /// A thread ends.
    pub fn death(&mut self, thread: ThreadId, now: Nanos) {
        self.keep(now);
        let Some(mut live) = self.live.get_mut(thread.0 as usize).and_then(Option::take) else { return };
        live.close(now);
        self.tell(now, thread, What::Ends);
        self.count_wanting(live.state, State::Running);
        if self.ended.len() < ENDED_KEPT {
            self.ended.push(live.account(thread, None));
        } else {
            self.others.0 += 1;
            self.others.1.add(&live.shares);
        }
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
        let since = now.saturating_sub(self.kept_to);
        Snapshot {
            at: now,
            threads,
            others: self.others,
            switches: self.switches.clone(),
            held: self.held + if self.is_held { since } else { 0 },
            contended: self.contended + if self.is_contended() { since } else { 0 },
            collections: self.collections.clone(),
        }
    }

    /// Books the time since the last change.
    fn keep(&mut self, now: Nanos) {
        let spent = now.saturating_sub(self.kept_to);
        self.kept_to += spent;
        self.held += if self.is_held { spent } else { 0 };
        self.contended += if self.is_contended() { spent } else { 0 };
    }

    fn is_contended(&self) -> bool {
        self.is_held && self.wanting > 0
    }

    fn count_wanting(&mut self, before: State, after: State) {
        self.wanting += u32::from(after == State::Wanting);
        self.wanting -= u32::from(before == State::Wanting);
    }

    fn count_switch(&mut self, thread: ThreadId, cause: Cause) {
        if let Some(live) = self.live_mut(thread) {
            live.switches[cause as usize] += 1;
        } else if let Some(account) = self.ended.iter_mut().rfind(|account| account.thread == thread) {
            account.switches[cause as usize] += 1;
        }
    }

    fn live_mut(&mut self, thread: ThreadId) -> Option<&mut Live> {
        self.live.get_mut(thread.0 as usize)?.as_deref_mut()
    }
}

/// The account of a thread that has not ended.
#[derive(Clone, Debug)]
struct Live {
    name: Option<Arc<str>>,
    born: Nanos,
    state: State,
    /// When it entered the state.
    since: Nanos,
    /// The state before.
    came_from: State,
    shares: Shares,
    turns: u64,
    switches: [u64; Cause::ALL.len()],
    wants: Delays,
    wakes: Delays,
    locks: HashMap<LockName, Delays>,
    trap: Arc<Trap>,
}

impl Live {
    /// Another state begins. Answers with the one that ends.
    fn change(&mut self, state: State, now: Nanos) -> State {
        self.close(now);
        self.came_from = std::mem::replace(&mut self.state, state);
        self.came_from
    }

    /// Books the time in the present state. Time does not run backwards.
    fn close(&mut self, now: Nanos) {
        let spent = now.saturating_sub(self.since);
        self.since += spent;
        *self.shares.of(self.state) += spent;
        match self.state {
            State::Wanting => {
                self.wants.add(spent);
                if matches!(self.came_from, State::Lock(_) | State::Sleeping | State::Io) {
                    self.wakes.add(spent);
                }
            }
            State::Lock(name) => self.locks.entry(name).or_default().add(spent),
            State::Running | State::Sleeping | State::Io => {}
        }
    }

    fn account(&self, thread: ThreadId, state: Option<State>) -> ThreadAccount {
        let mut locks: Vec<_> = self.locks.iter().map(|(name, delays)| (*name, delays.clone())).collect();
        locks.sort_unstable_by_key(|(name, _)| *name);
        ThreadAccount {
            thread,
            name: self.name.clone(),
            born: self.born,
            state,
            shares: self.shares,
            turns: self.turns,
            ops: self.trap.executed(),
            switches: self.switches,
            wants: self.wants.clone(),
            wakes: self.wakes.clone(),
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
        assert_eq!((account.turns, account.wants.longest, account.wakes.longest), (2, 10, 3));
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
        accounts.drop_requested(B, 510);
        accounts.let_go(A, Cause::Interval, 530);
        accounts.enter(A, State::Wanting, 530);
        accounts.granted(B, 540);
        accounts.let_go(B, Cause::Blocking, 600);
        accounts.enter(B, State::Io, 600);
        accounts.granted(A, 602);
        accounts.let_go(A, Cause::Exit, 700);
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
        // Each is the switch of the thread that lost the GIL, also of one that has ended.
        let of = |thread| snapshot.thread(thread).map(|account| account.switches);
        assert_eq!((of(A), of(B)), (Some([1, 0, 1]), Some([0, 1, 0])));
        // Nobody held it from 530 to 540, from 600 to 602 and from 700 to 800. While it was held, B wanted it from 10 on, and A
        // from 540 to 600.
        assert_eq!((snapshot.held, snapshot.contended), (788, 580));
    }

    #[test]
    fn to_get_the_gil_back_is_no_switch() {
        let mut accounts = Accounts::default();
        accounts.birth(A, Arc::default(), 0);
        accounts.granted(A, 0);
        accounts.let_go(A, Cause::Blocking, 0);
        accounts.granted(A, 0);
        let snapshot = accounts.snapshot(10);
        assert!(Cause::ALL.iter().all(|&cause| snapshot.switches(cause).count() == 0));
        assert_eq!(snapshot.thread(A).map(|account| account.turns), Some(1));
    }

    #[test]
    fn collections_are_pauses() {
        let mut accounts = Accounts::default();
        accounts.note(A, Note::CollectionEnds, 5);
        accounts.note(A, Note::CollectionBegins, 10);
        accounts.note(A, Note::CollectionEnds, 17);
        let collections = accounts.snapshot(20).collections;
        assert_eq!((collections.count, collections.longest), (1, 7));
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
    fn causes_index_their_statistics() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "{}", cause.name());
        }
    }
}
