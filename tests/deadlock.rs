//! A deadlock is said, not suffered; and what is none is not taken for one.

mod common;

use std::io::{BufRead, BufReader};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use common::{Ended, Limit, minipy, wait};

fn run(options: &[&str], code: &str) -> Ended {
    let words = [&["run"], options, &["-c", code]].concat();
    wait(minipy(&words).spawn().expect("the command starts"))
}

/// The first lines of what is said of a deadlock, up to the tracebacks.
#[track_caller]
fn says(options: &[&str], code: &str, expected: &str) {
    let ended = run(options, code);
    let (said, _) = ended.err.split_once("\n\nMainThread:").unwrap_or((&ended.err, ""));
    assert_eq!((said, ended.status.as_str()), (expected, "1"), "{}", ended.err);
}

const CIRCLE: &str = "\
import threading

a, b = threading.Lock(), threading.Lock()
both = threading.Barrier(2)

def one():
    with a:
        both.wait()
        with b:
            pass

def two():
    with b:
        both.wait()
        with a:
            pass

threads = [threading.Thread(target=one, name='one'), threading.Thread(target=two, name='two')]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
";

const CIRCLE_SAID: &str = "\
minipy: deadlock: threads wait for each other in a circle

  one (<string>:9) waits for lock b, held by two since <string>:13
  two (<string>:15) waits for lock a, held by one since <string>:7
  and one is where this list began

  MainThread (<string>:22) waits for end of one";

#[test]
fn two_locks_in_opposite_order_are_a_circle() {
    says(&[], CIRCLE, CIRCLE_SAID);
    says(&["--gil", "off"], CIRCLE, CIRCLE_SAID);
}

#[test]
fn the_demonstration_shows_the_circle() {
    for gil in ["new", "old", "io-first", "off"] {
        let mut command = minipy(&["run", "deadlock.mpy", "--gil", gil]);
        let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");
        let ended = wait(command.current_dir(programs).spawn().expect("the command starts"));
        let circle = "\
minipy: deadlock: threads wait for each other in a circle

  one (deadlock.mpy:21) waits for lock right, held by two since deadlock.mpy:26
  two (deadlock.mpy:28) waits for lock left, held by one since deadlock.mpy:19
  and one is where this list began
";
        assert!(ended.err.starts_with(circle) && ended.status == "1", "{gil}: {}", ended.err);
    }
}

#[test]
fn the_tracebacks_are_shown() {
    let ended = run(&[], CIRCLE);
    let one = "\none:\n  File \"<threading>\", line ";
    assert!(ended.err.contains(one), "{}", ended.err);
    let last = "  File \"<string>\", line 15, in two\n    with a:\n";
    assert!(ended.err.ends_with(last), "{}", ended.err);
}

#[test]
fn a_thread_can_wait_for_itself() {
    let code = "\
import threading

class Account:
    def __init__(self):
        self.lock = threading.Lock()
    def deposit(self):
        with self.lock:
            self.log()
    def log(self):
        with self.lock:
            pass

Account().deposit()
";
    let said = "\
minipy: deadlock: threads wait for each other in a circle

  MainThread (<string>:10) waits for lock self.lock, held by itself since <string>:7
  and MainThread is where this list began";
    says(&[], code, said);
}

#[test]
fn an_element_of_a_list_has_a_name() {
    let code = "\
import threading

forks = [threading.Lock() for _ in range(3)]
seated = threading.Barrier(3)

def eat(i):
    with forks[i]:
        seated.wait()
        with forks[(i + 1) % 3]:
            pass

threads = [threading.Thread(target=eat, args=(i,), name=f'{i}') for i in range(3)]
for thread in threads:
    thread.start()
threads[2].join()
";
    let said = "\
minipy: deadlock: threads wait for each other in a circle

  0 (<string>:9) waits for lock forks[1], held by 1 since <string>:7
  1 (<string>:9) waits for lock forks[2], held by 2 since <string>:7
  2 (<string>:9) waits for lock forks[0], held by 0 since <string>:7
  and 0 is where this list began

  MainThread (<string>:15) waits for end of 2";
    says(&[], code, said);
}

#[test]
fn a_queue_that_nobody_fills_is_no_circle() {
    let code = "\
import queue, threading

jobs = queue.Queue()

def work():
    while True:
        jobs.get()

threading.Thread(target=work, name='worker').start()
";
    let said = "\
minipy: deadlock: every thread waits, and none is left that could wake another

  MainThread (<threading>:601) waits for end of worker
  worker (<string>:7) waits for Queue jobs";
    let ended = run(&[], code);
    let (said_now, _) = ended.err.split_once("\n\nMainThread:").unwrap_or((&ended.err, ""));
    // Where the library joins is its own affair.
    let line =
        |text: &str| text.lines().filter(|line| !line.contains("MainThread")).collect::<Vec<_>>().join("\n");
    assert_eq!((line(said_now), ended.status.as_str()), (line(said), "1"), "{}", ended.err);
}

#[test]
fn a_holder_that_has_ended_is_named_so() {
    let code = "\
import threading

lock = threading.Lock()
thread = threading.Thread(target=lock.acquire, name='careless')
thread.start()
thread.join()
lock.acquire()
";
    let ended = run(&[], code);
    let said = "  MainThread (<string>:7) waits for lock lock, held by careless, which has ended";
    assert!(ended.err.contains(said) && ended.status == "1", "{}", ended.err);
}

#[test]
fn what_the_program_printed_comes_first_and_reports_come_too() {
    let code = "import threading\nlock = threading.Lock()\nprint('before')\nlock.acquire()\nlock.acquire()\n";
    let ended = run(&["--stats"], code);
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("before\n", "1"));
    let (deadlock, table) = (ended.err.find("minipy: deadlock"), ended.err.find("| MainThread"));
    assert!(deadlock.is_some() && deadlock < table, "{}", ended.err);
}

#[test]
fn who_can_still_be_woken_is_not_stuck() {
    // A timeout, a sleep, a daemon that waits for ever beside a main thread that ends, a wake-up that is under way.
    let code = "\
import queue, threading, time

lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire, daemon=True).start()
print(lock.acquire(timeout=0.01))
event = threading.Event()
threading.Timer(0.01, event.set).start()
print(event.wait())
first, second = queue.Queue(), queue.Queue()

def echo():
    while True:
        second.put(first.get())

threading.Thread(target=echo, daemon=True).start()
for number in range(2000):
    first.put(number)
    assert second.get() == number
print('ends')
";
    for policy in ["new", "off", "io-first"] {
        let ended = run(&["--gil", policy], code);
        assert_eq!(
            (ended.out.as_str(), ended.err.as_str(), ended.status.as_str()),
            ("False\nTrue\nends\n", "", "0")
        );
    }
}

#[test]
fn the_states_of_all_threads_are_told_on_request_and_the_program_goes_on() {
    let code = "\
import threading
lock = threading.Lock()
lock.acquire()
thread = threading.Thread(target=lock.acquire, name='patient')
thread.start()
print('ready', flush=True)
input()
lock.release()
thread.join()
print('done')
";
    let command = &mut minipy(&["run", "-c", code]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("the command starts");
    let limit = Limit::on(&child);
    let mut input = child.stdin.take().expect("a pipe");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it prints");
    assert_eq!(line, "ready\n");
    let mut told = String::new();
    // Asked again until both are where they will stay.
    while !(told.contains("MainThread: is in a blocking call\n") && told.contains("patient: waits for lock"))
    {
        told.clear();
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGQUIT).expect("it runs");
        while !told.ends_with("minipy: the program goes on\n") {
            assert!(err.read_line(&mut told).expect("it prints") > 0, "{told}");
        }
    }
    assert!(told.contains("minipy: what the threads are doing\n"), "{told}");
    assert!(told.contains("  File \"<string>\", line 7, in <module>\n    input()\n"), "{told}");
    std::io::Write::write_all(&mut input, b"\n").expect("it reads");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("it prints");
    drop((input, limit));
    assert_eq!((rest.as_str(), wait(child).status.as_str()), ("done\n", "0"));
}

#[test]
fn python_s_own_way_is_to_wait() {
    let code = "import threading\nlock = threading.Lock()\nlock.acquire()\nprint('ready', flush=True)\nlock.acquire()\n";
    let mut child =
        minipy(&["run", "--on-deadlock", "wait", "-c", code]).spawn().expect("the command starts");
    let limit = Limit::on(&child);
    let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it prints");
    let mut told = String::new();
    while !told.contains("MainThread: waits for lock lock, held by itself since <string>:3\n") {
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGQUIT).expect("it still runs");
        assert!(err.read_line(&mut told).expect("it prints") > 0, "{told}");
    }
    // It waits, and Ctrl-C still reaches it.
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("it still runs");
    std::io::Read::read_to_string(&mut err, &mut told).expect("it prints");
    drop(limit);
    assert!(told.ends_with("KeyboardInterrupt\n"), "{told}");
    assert_eq!(wait(child).status, "signal 2");
}
