//! The GIL under each policy, and the lock of an object, with threads that meet in every order.

use std::fmt::Display;
use std::time::Duration;

use loom::model::Builder;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use minipy_model::heap::ObjectLock;
use minipy_model::runtime::accounts::State;
use minipy_model::runtime::barging::BargingGil;
use minipy_model::runtime::gil::Gil;
use minipy_model::runtime::lock::{Closed, Lock, Seat};
use minipy_model::runtime::policy::{After, PolicyKind, ThreadId};
use minipy_model::runtime::settings::Settings;
use minipy_model::sync::Arc;
use minipy_model::vm::trap::Trap;

/// Tries the orders in which threads are interrupted, within what they do, no more often than this.
fn explore(what: impl Display, interruptions: usize, model: impl Fn() + Sync + Send + 'static) {
    // Seen where the model fails.
    println!("{what}");
    let mut builder = Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.check(model);
}

/// No waiter's timer runs out, or each does at once.
#[derive(Clone, Copy)]
enum Waiters {
    Patient,
    Eager,
}

fn lock(policy: PolicyKind, waiters: Waiters) -> Arc<dyn Lock> {
    let switch_interval = match waiters {
        Waiters::Patient => Duration::MAX,
        Waiters::Eager => Duration::from_micros(1),
    };
    let settings = Settings { policy, switch_interval, ..Settings::default() };
    match policy {
        PolicyKind::Old => Arc::new(BargingGil::new(settings)),
        PolicyKind::New | PolicyKind::IoFirst | PolicyKind::Off => Arc::new(Gil::new(settings)),
    }
}

/// A thread's end of a lock, and what the lock guards: a number that no two threads may change at once.
struct Hand {
    lock: Arc<dyn Lock>,
    seat: Seat,
    trap: Arc<Trap>,
    number: Arc<AtomicUsize>,
}

impl Hand {
    fn of(lock: &Arc<dyn Lock>, number: &Arc<AtomicUsize>, thread: u32) -> Hand {
        let trap = Arc::new(Trap::new());
        let seat = lock.register(ThreadId(thread), Arc::clone(&trap));
        Hand { lock: Arc::clone(lock), seat, trap, number: Arc::clone(number) }
    }

    fn acquire(&self) {
        assert_eq!(self.lock.acquire(&self.seat, After::Blocking), Ok(()));
    }

    /// Adds one to the number, in two steps: it is lost if somebody else does the same meanwhile.
    fn work(&self) {
        let number = self.number.load(Ordering::Relaxed);
        self.number.store(number + 1, Ordering::Relaxed);
    }

    /// What the dispatch loop does at a checkpoint.
    fn checkpoint(&self) {
        if self.trap.at_loop() {
            assert!(self.lock.checkpoint(&self.seat).is_ok());
        }
        assert_eq!(self.lock.tick(self.seat.thread()), Ok(()));
    }

    fn exit(self) {
        self.lock.exit(self.seat);
    }
}

/// Each of some threads does what `life` says, the first of them here; then the number is what it should be.
fn meet(lock: Arc<dyn Lock>, threads: u32, expected: usize, life: fn(Hand)) {
    let number = Arc::new(AtomicUsize::new(0));
    let mut hands: Vec<Hand> = (0..threads).map(|thread| Hand::of(&lock, &number, thread)).collect();
    let first = hands.remove(0);
    let others: Vec<_> = hands.into_iter().map(|hand| thread::spawn(move || life(hand))).collect();
    life(first);
    for other in others {
        other.join().expect("a panic ends the model");
    }
    assert_eq!(number.load(Ordering::Relaxed), expected);
    assert!(lock.snapshot().threads.iter().all(|account| account.state.is_none()));
}

const GILS: [PolicyKind; 3] = [PolicyKind::New, PolicyKind::Old, PolicyKind::IoFirst];

#[test]
fn one_thread_works_at_a_time_and_each_gets_its_turn() {
    for policy in GILS {
        explore(policy, 3, move || {
            meet(lock(policy, Waiters::Patient), 2, 4, |hand| {
                hand.acquire();
                hand.work();
                hand.lock.release(&hand.seat, State::Io);
                hand.acquire();
                hand.work();
                hand.exit();
            });
        });
    }
}

#[test]
fn three_threads_take_turns() {
    for policy in GILS {
        explore(policy, 1, move || {
            meet(lock(policy, Waiters::Patient), 3, 3, |hand| {
                hand.acquire();
                hand.work();
                hand.exit();
            });
        });
    }
}

#[test]
fn threads_that_are_asked_let_go_and_come_back() {
    for policy in GILS {
        explore(policy, 2, move || {
            meet(lock(policy, Waiters::Eager), 2, 4, |hand| {
                hand.acquire();
                hand.work();
                hand.checkpoint();
                hand.work();
                hand.exit();
            });
        });
    }
}

#[test]
fn a_closed_lock_is_left_to_the_thread_that_closed_it() {
    for policy in [PolicyKind::New, PolicyKind::Old, PolicyKind::Off] {
        explore(policy, 2, move || {
            let lock = lock(policy, Waiters::Patient);
            let number = Arc::new(AtomicUsize::new(0));
            let main = Hand::of(&lock, &number, 0);
            let daemon = Hand::of(&lock, &number, 1);
            main.acquire();
            let other = thread::spawn(move || {
                if daemon.lock.acquire(&daemon.seat, After::Start) == Ok(()) {
                    daemon.work();
                    daemon.exit();
                    return true;
                }
                assert_eq!(daemon.lock.acquire(&daemon.seat, After::Blocking), Err(Closed));
                false
            });
            main.lock.close(&main.seat);
            let before = main.number.load(Ordering::Relaxed);
            main.lock.release(&main.seat, State::Io);
            main.acquire();
            assert_eq!(main.number.load(Ordering::Relaxed), before);
            let ran = other.join().expect("a panic ends the model");
            assert_eq!(usize::from(ran), before);
            main.exit();
        });
    }
}

#[test]
fn whoever_has_stopped_the_world_works_alone() {
    explore(PolicyKind::Off, 2, || {
        meet(lock(PolicyKind::Off, Waiters::Patient), 2, 2, |hand| {
            hand.acquire();
            while hand.lock.stop_world(&hand.seat) != Ok(true) {}
            hand.work();
            hand.lock.resume_world(&hand.seat);
            hand.checkpoint();
            hand.exit();
        });
    });
}

#[test]
fn the_lock_of_an_object_is_held_once() {
    for threads in [2, 3] {
        explore(threads, 2, move || {
            let shared = Arc::new((ObjectLock::new(), AtomicUsize::new(0)));
            let work = |shared: &(ObjectLock, AtomicUsize)| {
                let held = shared.0.hold();
                let number = shared.1.load(Ordering::Relaxed);
                shared.1.store(number + 1, Ordering::Relaxed);
                drop(held);
            };
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || work(&shared))
                })
                .collect();
            work(&shared);
            for other in others {
                other.join().expect("a panic ends the model");
            }
            assert_eq!(shared.1.load(Ordering::Relaxed), threads);
        });
    }
}
