//! The host without a machine: tokens stand for threads. Nothing asserts on how long anything took.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;

use super::*;

fn host() -> RealHost {
    RealHost::new(Settings::default(), Process::start().expect("a process"))
}

fn register(host: &RealHost) -> (u32, Arc<Trap>) {
    let trap = Arc::new(Trap::new());
    (host.register(Arc::clone(&trap)), trap)
}

#[test]
fn clocks_go_forward() {
    let host = host();
    let (before, cpu) = (host.monotonic(), host.thread_time());
    let mut sum = 0_u64;
    while host.thread_time() == cpu {
        sum = std::hint::black_box(sum + 1);
    }
    assert!(host.monotonic() > before);
    assert!(host.process_time() >= host.thread_time());
    // Later than the second of September 2001 at the least.
    assert!(host.wall_clock() > 1_000_000_000_000_000_000);
}

#[test]
fn entropy_fills_the_buffer() {
    let mut buffer = [0; 64];
    host().entropy(&mut buffer);
    assert_ne!(buffer, [0; 64]);
}

#[test]
fn the_switch_interval_is_in_seconds() {
    let host = host();
    assert_eq!(host.switch_interval(), 0.0005);
    host.set_switch_interval(0.005);
    assert_eq!(host.switch_interval(), 0.005);
    host.set_switch_interval(f64::INFINITY);
    assert!(host.switch_interval() > 1e9);
}

#[test]
fn a_started_thread_runs_when_the_gil_is_free_and_wakes_the_one_that_started_it() {
    let host = host();
    let (main, _) = register(&host);
    assert!(host.attach(main));
    let (worker, _) = register(&host);
    let ran = Arc::new(AtomicU32::new(0));
    let (counter, other) = (Arc::clone(&ran), host.clone());
    let body = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        other.unpark(main);
    };
    assert_eq!(host.spawn(worker, Box::new(body)), Ok(()));
    assert_eq!(ran.load(Ordering::Relaxed), 0, "the main thread has the GIL");
    assert_eq!(host.shared.park(main, Reason::Join(worker), None), Wake::Unparked);
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    host.detach(main);
    host.detach(main);
}

#[test]
fn the_time_waited_goes_to_its_account() {
    let host = host();
    let (main, _) = register(&host);
    assert!(host.attach(main));
    let soon = || Some(host.monotonic() + 1_000_000);
    assert_eq!(host.shared.park(main, Reason::Sleep, soon()), Wake::TimedOut);
    assert_eq!(host.shared.park(main, Reason::Lock(9), soon()), Wake::TimedOut);
    assert!(host.shared.blocking(main, Box::new(|| Box::new(7))).is_some_and(|reply| reply.is::<i32>()));
    let accounts = host.accounts();
    let shares = &accounts.threads[0].shares;
    assert!(shares.sleeping >= 1_000_000 && shares.lock >= 1_000_000 && shares.io > 0, "{shares:?}");
    assert_eq!(accounts.threads[0].locks[0].0, LockName::Object(9));
    host.detach(main);
}

#[test]
fn an_interrupt_ends_waiting_and_working_once() {
    let host = host();
    let (main, trap) = register(&host);
    assert!(host.attach(main));
    let parker = Arc::clone(&host.shared.port(main).expect("registered").parker);
    let interrupt = {
        let trap = Arc::clone(&trap);
        move || parker.interrupt(|| trap.set(TrapBits::INTERRUPT, CheckpointMode::Op))
    };
    interrupt();
    assert_eq!(host.shared.park(main, Reason::Lock(1), None), Wake::Interrupted);
    assert!(host.shared.checkpoint(main, &trap));
    assert!(!host.shared.checkpoint(main, &trap));
    assert!(trap.pending().is_empty());
    let (_release, hold) = channel::<()>();
    let work = move || -> Reply {
        interrupt();
        Box::new(hold.recv().is_ok())
    };
    assert!(host.shared.blocking(main, Box::new(work)).is_none());
    assert!(host.shared.checkpoint(main, &trap));
    host.detach(main);
}

#[test]
fn nobody_attaches_once_it_is_closed() {
    let host = host();
    let (main, _) = register(&host);
    assert!(host.attach(main));
    let (late, _) = register(&host);
    host.close();
    assert!(!host.attach(late));
    let asleep = host.shared.park(main, Reason::Sleep, Some(host.monotonic()));
    assert_eq!(asleep, Wake::TimedOut, "the main thread goes on");
    host.detach(main);
}
