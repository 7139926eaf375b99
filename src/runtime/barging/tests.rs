//! The lock with real threads. Nothing here depends on how fast they run: each test ends when something has happened.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;

use super::super::accounts::ThreadAccount;
use super::super::policy::PolicyKind;
use super::*;

fn lock() -> BargingGil {
    BargingGil::new(Settings { policy: PolicyKind::Old, ..Settings::default() })
}

fn seat(lock: &BargingGil, number: u32) -> Seat {
    lock.register(ThreadId(number), Arc::default())
}

fn take(lock: &BargingGil, seat: &Seat) {
    assert_eq!(lock.acquire(seat, After::Blocking), Ok(()));
}

fn await_state(lock: &BargingGil, thread: u32, state: State) {
    let account = || lock.snapshot().thread(ThreadId(thread)).and_then(|account| account.state);
    while account() != Some(state) {
        thread::yield_now();
    }
}

#[test]
fn no_two_threads_hold_it() {
    struct Guarded(Cell<u64>);
    const THREADS: u32 = 4;
    const ROUNDS: u32 = 2_000;
    let count = Mutex::new(Guarded(Cell::new(0)));
    let lock = lock();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let seat = seat(&lock, number);
            let (lock, count) = (&lock, &count);
            scope.spawn(move || {
                take(lock, &seat);
                for round in 0..ROUNDS {
                    let guarded = count.try_lock().expect("only the holder comes here");
                    guarded.0.set(guarded.0.get() + 1);
                    drop(guarded);
                    assert_eq!(lock.tick(seat.thread()), Ok(()));
                    if round % 64 == number {
                        lock.release(&seat, State::Io);
                        take(lock, &seat);
                    }
                }
                lock.exit(seat);
            });
        }
    });
    assert_eq!(count.lock().0.get(), u64::from(THREADS * ROUNDS));
    assert_eq!(Word(lock.word.load(Ordering::Relaxed)), Word::FREE);
    assert!(lock.snapshot().threads.iter().all(|account| account.state.is_none() && account.turns > 0));
}

#[test]
fn a_tick_with_nobody_there_changes_nothing() {
    let lock = lock();
    let seat = seat(&lock, 0);
    take(&lock, &seat);
    let turns = || lock.snapshot().thread(ThreadId(0)).map(|account| account.turns);
    for _ in 0..1_000 {
        assert_eq!(lock.tick(seat.thread()), Ok(()));
    }
    assert_eq!(turns(), Some(1));
    assert!(Cause::ALL.iter().all(|&cause| lock.snapshot().switches(cause).count() == 0));
    // Nor does it to take what one has, or to let go of what one has not.
    take(&lock, &seat);
    lock.release(&seat, State::Sleeping);
    lock.release(&seat, State::Io);
    await_state(&lock, 0, State::Sleeping);
    lock.exit(seat);
}

#[test]
fn switches_at_ticks_and_at_blocking_calls_are_told_apart() {
    let lock = lock();
    let (first, second) = (seat(&lock, 0), seat(&lock, 1));
    let stop = AtomicBool::new(false);
    take(&lock, &first);
    thread::scope(|scope| {
        scope.spawn(|| {
            take(&lock, &second);
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(lock.tick(second.thread()), Ok(()));
            }
            lock.exit(second);
        });
        await_state(&lock, 1, State::Wanting);
        lock.release(&first, State::Io);
        while lock.snapshot().switches(Cause::Blocking).count() == 0 {
            thread::yield_now();
        }
        take(&lock, &first);
        // Sooner or later one of the two is faster than the other.
        while lock.snapshot().switches(Cause::Interval).count() < 10 {
            assert_eq!(lock.tick(first.thread()), Ok(()));
        }
        stop.store(true, Ordering::Relaxed);
        lock.exit(first);
    });
    let snapshot = lock.snapshot();
    let sum = |account: &ThreadAccount| account.shares.total();
    assert!(snapshot.threads.iter().all(|account| sum(account) > 0));
}

#[test]
fn a_closed_lock_turns_away_everybody_but_its_closer() {
    let lock = lock();
    let main = seat(&lock, 0);
    take(&lock, &main);
    let turned_away = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 1..4 {
            let seat = seat(&lock, number);
            let (lock, turned_away) = (&lock, &turned_away);
            scope.spawn(move || {
                assert_eq!(lock.acquire(&seat, After::Start), Err(Closed));
                turned_away.fetch_add(1, Ordering::Relaxed);
                assert_eq!(lock.acquire(&seat, After::Blocking), Err(Closed));
                lock.exit(seat);
            });
            await_state(lock, number, State::Wanting);
        }
        lock.close(&main);
        while turned_away.load(Ordering::Relaxed) < 3 {
            assert_eq!(lock.tick(main.thread()), Ok(()));
        }
    });
    lock.exit(main);
}

#[test]
fn the_switch_interval_is_kept_and_has_no_effect() {
    let lock = lock();
    lock.set_switch_interval(Duration::from_millis(7));
    assert_eq!(lock.switch_interval(), Duration::from_millis(7));
}
