//! The driver with real threads. Nothing here depends on how fast they run: each test ends when something has happened.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;

use super::super::accounts::LockName;
use super::*;

/// As short as it gets: switches come as often as the machine allows.
fn eager() -> Settings {
    Settings { switch_interval: Duration::from_nanos(1), ..Settings::default() }
}

/// No waiter's timer runs out during a test.
fn patient() -> Settings {
    Settings { switch_interval: Duration::MAX, ..Settings::default() }
}

struct Rig {
    gil: Gil,
    next: AtomicU32,
}

/// A thread's end of the rig.
struct Hand<'a> {
    gil: &'a Gil,
    seat: Seat,
    trap: Arc<Trap>,
}

impl Rig {
    fn new(settings: Settings) -> Rig {
        Rig { gil: Gil::new(settings), next: AtomicU32::new(0) }
    }

    fn hand(&self) -> Hand<'_> {
        let trap = Arc::new(Trap::new());
        let thread = ThreadId(self.next.fetch_add(1, Ordering::Relaxed));
        Hand { gil: &self.gil, seat: self.gil.register(thread, Arc::clone(&trap)), trap }
    }
}

impl Hand<'_> {
    fn acquire(&self) {
        assert_eq!(self.gil.acquire(&self.seat, After::Blocking), Ok(()));
    }

    /// What the dispatch loop does; answers whether the thread let go.
    fn poll(&self) -> bool {
        self.trap.at_loop() && self.gil.checkpoint(&self.seat) == Ok(true)
    }

    fn exit(self) {
        self.gil.exit(self.seat);
    }
}

/// Until another thread wants the GIL.
fn await_waiters(gil: &Gil, count: usize) {
    let wanting = || {
        let snapshot = gil.snapshot();
        snapshot.threads.iter().filter(|account| account.state == Some(State::Wanting)).count()
    };
    while wanting() < count {
        thread::yield_now();
    }
}

#[test]
fn one_thread_at_a_time_and_every_one_gets_on() {
    const THREADS: usize = 4;
    const SWITCHES: usize = 20;
    let rig = Rig::new(eager());
    let inside = AtomicBool::new(false);
    let satisfied = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let hand = rig.hand();
            let (inside, satisfied) = (&inside, &satisfied);
            scope.spawn(move || {
                let enter = || assert!(!inside.swap(true, Ordering::Relaxed), "two threads hold the GIL");
                let leave = || assert!(inside.swap(false, Ordering::Relaxed), "a thread ran without the GIL");
                hand.acquire();
                enter();
                let (mut switches, mut done) = (0, false);
                // Everybody stays until everybody has been switched away from often enough.
                while satisfied.load(Ordering::Relaxed) < THREADS {
                    for _ in 0..100 {
                        std::hint::spin_loop();
                    }
                    leave();
                    switches += usize::from(hand.poll());
                    if number % 2 == 1 {
                        hand.gil.release(&hand.seat, if number == 1 { State::Running } else { State::Io });
                        hand.acquire();
                        switches += 1;
                    }
                    enter();
                    if switches >= SWITCHES && !std::mem::replace(&mut done, true) {
                        satisfied.fetch_add(1, Ordering::Relaxed);
                    }
                }
                leave();
                hand.exit();
            });
        }
    });
    let snapshot = rig.gil.snapshot();
    assert_eq!(snapshot.threads.len(), THREADS);
    for account in &snapshot.threads {
        assert_eq!(account.state, None);
        assert!(account.turns > 0);
    }
    assert!(snapshot.switches(Cause::Interval).count() > 0);
}

#[test]
fn a_holder_that_lets_go_on_request_does_not_get_it_back_at_once() {
    let rig = Rig::new(eager());
    let (first, second) = (rig.hand(), rig.hand());
    let second_ran = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    first.acquire();
    thread::scope(|scope| {
        scope.spawn(|| {
            second.acquire();
            while !stop.load(Ordering::Relaxed) {
                second_ran.fetch_add(1, Ordering::Relaxed);
                second.poll();
            }
            second.exit();
        });
        for _ in 0..50 {
            let ran_before = second_ran.load(Ordering::Relaxed);
            while !first.poll() {
                std::hint::spin_loop();
            }
            assert!(second_ran.load(Ordering::Relaxed) > ran_before, "nobody else had a turn");
        }
        stop.store(true, Ordering::Relaxed);
        first.exit();
    });
    let snapshot = rig.gil.snapshot();
    let switches = snapshot.switches(Cause::Interval);
    assert!(switches.count() >= 100);
    assert_eq!(switches.request_to_grant.count, switches.count());
}

#[test]
fn a_patient_waiter_gets_it_when_the_holder_blocks_or_exits() {
    let rig = Rig::new(patient());
    let (first, second) = (rig.hand(), rig.hand());
    first.acquire();
    thread::scope(|scope| {
        scope.spawn(|| {
            second.acquire();
            assert!(!second.poll());
            second.exit();
        });
        await_waiters(&rig.gil, 1);
        assert!(!first.trap.at_loop());
        first.gil.release(&first.seat, State::Lock(LockName::Object(1)));
        while rig.gil.snapshot().thread(ThreadId(1)).is_none_or(|account| account.state.is_some()) {
            thread::yield_now();
        }
        first.acquire();
        first.exit();
    });
    let snapshot = rig.gil.snapshot();
    assert_eq!(snapshot.switches(Cause::Blocking).count(), 1);
    assert_eq!(snapshot.switches(Cause::Exit).count(), 1);
    assert_eq!(snapshot.switches(Cause::Interval).count(), 0);
    let account = snapshot.thread(ThreadId(0)).expect("is remembered");
    assert_eq!(account.locks.len(), 1);
    assert_eq!(account.shares.lock, account.locks[0].1.total);
}

#[test]
fn under_loop_checkpoints_a_request_is_not_seen_before_a_shared_access() {
    let rig = Rig::new(Settings { checkpoints: CheckpointMode::Loop, ..eager() });
    let (first, second) = (rig.hand(), rig.hand());
    first.acquire();
    thread::scope(|scope| {
        scope.spawn(|| {
            second.acquire();
            second.exit();
        });
        while !first.trap.at_loop() {
            thread::yield_now();
        }
        assert!(!first.trap.at_shared_access());
        assert!(first.poll());
        assert!(!first.trap.at_loop());
        first.exit();
    });
}

#[test]
fn a_stale_request_costs_a_look_and_nothing_else() {
    let rig = Rig::new(patient());
    let hand = rig.hand();
    hand.acquire();
    hand.trap.set(TrapBits::DROP_REQUEST, CheckpointMode::Op);
    assert!(!hand.poll());
    assert_eq!(hand.trap.pending(), TrapBits::empty());
    // Neither does one from before the thread held the GIL.
    hand.gil.release(&hand.seat, State::Sleeping);
    hand.trap.set(TrapBits::DROP_REQUEST | TrapBits::COLLECT, CheckpointMode::Op);
    hand.acquire();
    assert_eq!(hand.trap.pending(), TrapBits::COLLECT);
    // Nor to let go of what one does not hold.
    hand.gil.release(&hand.seat, State::Running);
    hand.gil.release(&hand.seat, State::Running);
    assert_eq!(hand.gil.checkpoint(&hand.seat), Ok(false));
    hand.acquire();
    hand.exit();
}

#[test]
fn a_closed_gil_turns_away_everybody_but_its_closer() {
    let rig = Rig::new(patient());
    let main = rig.hand();
    main.acquire();
    let turned_away = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            let daemon = rig.hand();
            let turned_away = &turned_away;
            scope.spawn(move || {
                assert_eq!(daemon.gil.acquire(&daemon.seat, After::Start), Err(Closed));
                turned_away.fetch_add(1, Ordering::Relaxed);
                assert_eq!(daemon.gil.acquire(&daemon.seat, After::Blocking), Err(Closed));
                daemon.exit();
            });
        }
        await_waiters(&rig.gil, 3);
        main.gil.close(&main.seat);
        while turned_away.load(Ordering::Relaxed) < 3 {
            main.gil.release(&main.seat, State::Io);
            main.acquire();
        }
    });
    main.exit();
}

#[test]
fn the_accounts_follow_a_thread_without_the_gil() {
    let rig = Rig::new(patient());
    let hand = rig.hand();
    let state = || rig.gil.snapshot().thread(ThreadId(0)).and_then(|account| account.state);
    assert_eq!(state(), Some(State::Wanting));
    hand.acquire();
    assert_eq!(state(), Some(State::Running));
    hand.gil.release(&hand.seat, State::Io);
    assert_eq!(state(), Some(State::Io));
    hand.gil.enter(&hand.seat, State::Sleeping);
    assert_eq!(state(), Some(State::Sleeping));
    hand.acquire();
    assert_eq!(state(), Some(State::Running));
    let snapshot = rig.gil.snapshot();
    let account = &snapshot.threads[0];
    assert_eq!(account.shares.total(), snapshot.at - account.born);
    assert!(Cause::ALL.iter().all(|&cause| snapshot.switches(cause).count() == 0));
    hand.exit();
    assert_eq!(state(), None);
}

#[test]
fn the_switch_interval_can_change() {
    let gil = Gil::new(Settings::default());
    assert_eq!(gil.switch_interval(), Duration::from_micros(500));
    gil.set_switch_interval(Duration::from_millis(7));
    assert_eq!(gil.switch_interval(), Duration::from_millis(7));
    gil.set_switch_interval(Duration::ZERO);
    assert_eq!(gil.switch_interval(), Duration::from_micros(1));
    gil.set_switch_interval(Duration::MAX);
    assert_eq!(gil.switch_interval(), Duration::from_nanos(Nanos::MAX));
    assert_eq!(gil.settings(), &Settings::default());
}

#[test]
fn what_the_gil_guards_needs_no_lock_of_its_own() {
    struct Guarded(Cell<u64>);
    // The count is only touched by the holder; `Mutex::try_lock` would fail if it were not.
    let count = Mutex::new(Guarded(Cell::new(0)));
    let rig = Rig::new(eager());
    thread::scope(|scope| {
        for _ in 0..3 {
            let hand = rig.hand();
            let count = &count;
            scope.spawn(move || {
                hand.acquire();
                for _ in 0..2_000 {
                    let guarded = count.try_lock().expect("only the holder comes here");
                    guarded.0.set(guarded.0.get() + 1);
                    drop(guarded);
                    hand.poll();
                }
                hand.exit();
            });
        }
    });
    assert_eq!(count.lock().0.get(), 6_000);
}
