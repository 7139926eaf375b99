//! The programs of the seed document run unmodified and print what `tests/seed/README.md` says of each.

mod common;

use std::path::Path;

use common::{minipy, wait};

/// How often a race is run to see it lose an update. One run in thousands loses none.
const RACES: usize = 5;

/// What a program prints. It must end well.
fn lines(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed");
    let ended = wait(minipy(&["run", name]).current_dir(folder).spawn().expect("the command starts"));
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"), "{name}");
    ended.out.lines().map(str::to_owned).collect()
}

/// The number at the end of the only line.
fn count(name: &str) -> Option<u32> {
    let lines = lines(name);
    let [line] = lines.as_slice() else { return None };
    line.rsplit(": ").next()?.parse().ok()
}

#[test]
fn hello() {
    let lines = lines("hello.mpy");
    let place = |text: &str| {
        lines.iter().position(|line| line == text).unwrap_or_else(|| panic!("{text}: {lines:?}"))
    };
    assert_eq!(lines.len(), 7);
    let story = [
        "Main: Before running threads.",
        "Thread Alice: Starting...",
        "Thread Alice: Finishing.",
        "Thread Bob: Finishing.",
        "Main: All done.",
    ];
    assert!(story.map(place).is_sorted(), "{lines:?}");
    // A thread may get its first turn only after the main thread has gone on.
    assert!(place("Thread Bob: Starting...") < place("Thread Bob: Finishing."));
    assert!(place("Main: Before running threads.") < place("Thread Bob: Starting..."));
    assert!(
        place("Main: All threads are running. Now waiting for them to finish.")
            < place("Thread Alice: Finishing.")
    );
}

#[test]
fn race() {
    let counts: Vec<_> = (0..RACES).map(|_| count("race.mpy")).collect();
    assert!(counts.iter().all(|count| count.is_some_and(|count| count <= 2_000_000)), "{counts:?}");
    assert!(counts.iter().any(|count| count.is_some_and(|count| count < 2_000_000)), "{counts:?}");
}

#[test]
fn locks() {
    assert_eq!(count("lock.mpy"), Some(2_000_000));
    assert_eq!(count("lock_with.mpy"), Some(2_000_000));
}

#[test]
fn producer_and_consumer() {
    let lines = lines("producer_consumer.mpy");
    let only = |start: &str| lines.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    assert_eq!(lines.len(), 11);
    assert_eq!(lines.last().map(String::as_str), Some("All work is done."));
    for (start, done) in [("Producer", "Producer produced"), ("Consumer", "Consumer consumed")] {
        let expected: Vec<_> = (0..5).map(|item| format!("{done} item-{item}")).collect();
        assert_eq!(only(start), expected);
    }
}

#[test]
fn pool() {
    let lines = lines("pool.mpy");
    assert_eq!(lines.len(), 4, "{lines:?}");
    for site in ["google", "python", "github", "microsoft"] {
        let start = format!("https://www.{site}.com: ").replace("python.com", "python.org");
        let ends = |line: &&String| line.starts_with(&start);
        let rest = lines.iter().find(ends).map(|line| &line[start.len()..]);
        let says = rest.is_some_and(|rest| rest.starts_with("Error (") || rest.parse::<u16>().is_ok());
        assert!(says, "{site}: {lines:?}");
    }
}
