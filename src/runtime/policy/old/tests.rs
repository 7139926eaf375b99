//! Every state of a few threads, then a few scripts.

use super::super::explore::Exploration;
use super::super::{After, PolicyKind};
use super::*;

#[test]
fn every_state_of_a_few_threads_keeps_the_rules() {
    for (threads, least) in [(2, 15), (3, 100), (4, 1_000)] {
        let exploration = Exploration::of(PolicyKind::Old, threads);
        assert!(exploration.states() > least, "{threads} threads: {} states", exploration.states());
        exploration.assert_everybody_within_reach();
    }
}

/// The GIL battle: the policy promises no progress, and has none.
#[test]
fn of_two_threads_one_can_lose_for_ever() {
    assert!(Exploration::of(PolicyKind::Old, 2).can_starve());
}

const A: ThreadId = ThreadId(0);
const B: ThreadId = ThreadId(1);
const C: ThreadId = ThreadId(2);

fn want(thread: ThreadId) -> Event {
    Event::Want { thread, after: After::Blocking }
}

/// Plays events, and asserts on the actions of each and the word it leaves.
fn script(steps: &[(Event, &[Action], u8)]) {
    let mut policy = Old::free(100);
    for &(event, expected, word) in steps {
        assert_eq!(policy.step(event).as_slice(), expected, "{event:?}");
        assert_eq!(policy.word, Word(word), "{event:?}");
    }
}

#[test]
fn the_holder_asks_again_at_once_and_the_woken_comes_too_late() {
    let ask_again = [Action::AskAgain { thread: A }, Action::Wake { thread: B }];
    script(&[
        (want(A), &[Action::Grant { thread: A }], HELD),
        (want(B), &[], HELD | WAITED_FOR),
        (Event::Checkpoint { thread: A }, &ask_again, 0),
        (want(A), &[Action::Grant { thread: A }], HELD),
        (Event::Woken { thread: B }, &[], HELD | WAITED_FOR),
        (Event::Checkpoint { thread: A }, &ask_again, 0),
        (Event::Woken { thread: B }, &[Action::Grant { thread: B }], HELD),
        (want(A), &[], HELD | WAITED_FOR),
    ]);
}

#[test]
fn whoever_comes_too_late_parks_behind_the_others() {
    script(&[
        (want(A), &[Action::Grant { thread: A }], HELD),
        (want(B), &[], HELD | WAITED_FOR),
        (want(C), &[], HELD | WAITED_FOR),
        (Event::Release { thread: A }, &[Action::Wake { thread: B }], WAITED_FOR),
        (want(A), &[Action::Grant { thread: A }], HELD | WAITED_FOR),
        (Event::Woken { thread: B }, &[], HELD | WAITED_FOR),
        (Event::Release { thread: A }, &[Action::Wake { thread: C }], WAITED_FOR),
    ]);
}

#[test]
fn a_thread_that_exits_on_its_way_passes_its_wake_up_on() {
    script(&[
        (want(A), &[Action::Grant { thread: A }], HELD),
        (want(B), &[], HELD | WAITED_FOR),
        (want(C), &[], HELD | WAITED_FOR),
        (Event::Release { thread: A }, &[Action::Wake { thread: B }], WAITED_FOR),
        (Event::Exit { thread: B }, &[Action::Wake { thread: C }], 0),
        (Event::Exit { thread: C }, &[], 0),
    ]);
}
