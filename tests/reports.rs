//! What `minipy run` reports of a run, against what the program knows of itself.
//!
//! Nothing here depends on how long anything takes: a program says how long it asked to sleep and how often it waited, and
//! the report must agree.

mod common;

use serde_json::Value;

use common::{Ended, minipy, wait};

fn run(words: &[&str]) -> Ended {
    wait(minipy(words).spawn().expect("the command starts"))
}

/// The figures that a run of this code tells on standard error.
fn figures(options: &[&str], code: &str) -> Value {
    let ended = run(&[&["run", "--stats=json"], options, &["-c", code]].concat());
    assert_eq!(ended.status, "0", "{}", ended.err);
    serde_json::from_str(&ended.err).expect("the figures are JSON")
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} is a number in {value}"))
}

fn thread<'f>(figures: &'f Value, name: &str) -> &'f Value {
    let threads = figures["threads"].as_array().expect("a list");
    threads.iter().find(|thread| thread["name"] == name).unwrap_or_else(|| panic!("{name} is in {figures}"))
}

const SHARES: [&str; 5] = ["running_ns", "wanting_ns", "locks_ns", "sleeping_ns", "io_ns"];

#[track_caller]
fn shares_sum_to_the_lifetime(figures: &Value) {
    for thread in figures["threads"].as_array().expect("a list") {
        let sum: u64 = SHARES.iter().map(|share| number(thread, share)).sum();
        assert_eq!(sum, number(thread, "lifetime_ns"), "{thread}");
    }
}

/// One thread sleeps, one computes, one waits for a lock that the main thread holds while it sleeps.
const KNOWN: &str = "\
import minipy, threading, time

lock = threading.Lock()

def sleeper():
    for _ in range(3):
        time.sleep(0.01)

def spinner():
    # So much processor time of its own.
    end = time.thread_time_ns() + 20_000_000
    while time.thread_time_ns() < end:
        pass

def waiter():
    with lock:
        pass

def run(function):
    thread = threading.Thread(target=function, name=function.__name__)
    thread.start()
    return thread

with lock:
    thread = run(waiter)
    while minipy.stats()['threads'][1]['state'] != 'lock':
        pass
    time.sleep(0.03)
thread.join()
run(sleeper).join()
run(spinner).join()
";

#[test]
fn the_states_agree_with_what_the_program_did() {
    let figures = figures(&[], KNOWN);
    shares_sum_to_the_lifetime(&figures);
    let share = |name, share| number(thread(&figures, name), share);
    // Whoever sleeps three times sleeps at least so long, and loses the GIL at least so often.
    assert!(share("sleeper", "sleeping_ns") >= 30_000_000);
    assert!(number(&thread(&figures, "sleeper")["wakes"], "count") >= 3);
    assert!(share("sleeper", "locks_ns") == 0 && share("spinner", "sleeping_ns") == 0);
    // Who has had so much processor time has run for at least so long.
    assert!(share("spinner", "running_ns") >= 20_000_000);
    assert!(share("MainThread", "sleeping_ns") >= 30_000_000);
    // The main thread waited for threads to be there and to end: that is waiting for locks.
    assert!(share("MainThread", "locks_ns") > 0);
    let waiter = thread(&figures, "waiter");
    let locks = waiter["locks"].as_array().expect("a list");
    let waited: u64 = locks.iter().map(|lock| number(lock, "total_ns")).sum();
    assert!(!locks.is_empty() && waited == share("waiter", "locks_ns"));
    // The main thread slept with the lock held once it had seen that the other waited for it.
    assert!(waited >= 30_000_000);
    let state = |name| &thread(&figures, name)["state"];
    assert!(state("waiter") == "ended" && state("MainThread") == "running");
}

#[test]
fn every_switch_belongs_to_a_thread() {
    let figures = figures(&["--threads", "2"], "def worker():\n    for _ in range(200_000):\n        pass\n");
    shares_sum_to_the_lifetime(&figures);
    for cause in ["interval", "blocking", "exit"] {
        let threads = figures["threads"].as_array().expect("a list");
        let sum: u64 = threads.iter().map(|thread| number(&thread["switches"], cause)).sum();
        assert_eq!(sum, number(&figures["switches"][cause], "count"), "{cause}");
    }
    assert!(number(&figures, "gil_held_ns") <= number(&figures, "wall_ns"));
    assert!(number(&figures, "contended_ns") <= number(&figures, "gil_held_ns"));
    // One at a time: what all of them ran is what the GIL was held.
    let threads = figures["threads"].as_array().expect("a list");
    let ran: u64 = threads.iter().map(|thread| number(thread, "running_ns")).sum();
    assert!(ran <= number(&figures, "gil_held_ns"), "{figures}");
}

#[test]
fn a_program_sees_the_same_figures() {
    let code = "\
import minipy, threading
go = threading.Event()
thread = threading.Thread(target=go.wait, name='first')
thread.start()
thread.name = 'second'
go.set()
thread.join()
stats = minipy.stats()
print([thread['name'] for thread in stats['threads']])
print(sorted(stats) == ['collections', 'contended_ns', 'cpu_ns', 'gil_held_ns', 'other_threads', 'settings', 'switches',
                        'threads', 'wall_ns'])
print(stats['settings'])
";
    let ended = run(&["run", "--like", "3.13", "-c", code]);
    let expected = "['MainThread', 'second']\nTrue\n\
                    {'gil': 'new', 'checkpoints': 'loop', 'switch_interval_ns': 5000000, 'check_interval': None}\n";
    assert_eq!((ended.out.as_str(), ended.err.as_str()), (expected, ""));
}

#[test]
fn collections_are_counted() {
    let figures = figures(&["--gc-stress"], "print([[] for _ in range(10)])");
    let pauses = &figures["collections"];
    assert!(number(pauses, "count") > 10 && number(pauses, "longest_ns") <= number(pauses, "total_ns"));
}

#[test]
fn the_table_has_a_row_a_thread_after_the_output() {
    let ended =
        run(&["run", "--stats", "--threads", "2", "-c", "def worker():\n    raise SystemExit('bad')\n"]);
    let lines: Vec<_> = ended.err.lines().filter(|line| line.starts_with('|')).collect();
    let names = ["MainThread", "Thread-1 (worker)", "Thread-2 (worker)"];
    assert_eq!(lines.len(), 3 + names.len(), "{}", ended.err);
    for (line, name) in lines[3..].iter().zip(names) {
        assert!(line.starts_with(&format!("| {name}")), "{line}");
    }
    assert!(ended.err.contains("contention") && ended.err.contains("--gil new"), "{}", ended.err);
}

#[test]
fn a_program_that_fails_is_reported_too() {
    let ended = run(&["run", "--stats", "-c", "1 / 0"]);
    assert_eq!(ended.status, "1");
    let (error, table) = (ended.err.find("ZeroDivisionError"), ended.err.find("| MainThread"));
    assert!(error.is_some() && error < table, "{}", ended.err);
}

#[test]
fn ops_are_counted_for_the_report() {
    let code = "def worker(index):\n    for _ in range(1000 * (index + 1)):\n        pass\n";
    let figures = figures(&["--threads", "2"], code);
    let ops = |name| number(thread(&figures, name), "ops");
    let (one, two) = (ops("Thread-1 (worker)"), ops("Thread-2 (worker)"));
    // The second goes round a thousand times more, and a round is at least one op.
    assert!(one >= 1000 && two >= one + 1000, "{one}, {two}");
}

#[test]
fn a_hog_starves_nobody_for_good() {
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");
    for gil in ["new", "old", "io-first", "off"] {
        let mut command = minipy(&["run", "--stats=json", "starvation.mpy", "--gil", gil]);
        let ended = wait(command.current_dir(programs).spawn().expect("the command starts"));
        assert_eq!((ended.out.as_str(), ended.status.as_str()), ("steps done: 50 of 50\n", "0"), "{gil}");
        let figures: Value = serde_json::from_str(&ended.err).expect("the figures are JSON");
        shares_sum_to_the_lifetime(&figures);
        for index in 1..=10 {
            let task = thread(&figures, &format!("task {index}"));
            // Five sleeps, and as many times it wanted to go on.
            assert!(number(task, "sleeping_ns") > 0, "{gil}: {task}");
            assert!(number(&task["wakes"], "count") >= 5, "{gil}: {task}");
        }
    }
}
