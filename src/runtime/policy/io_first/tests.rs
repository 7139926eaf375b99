//! Every state of a few threads, then a few scripts, with the times.

use super::super::PolicyKind;
use super::super::explore::Exploration;
use super::*;

const A: ThreadId = ThreadId(0);
const B: ThreadId = ThreadId(1);
const C: ThreadId = ThreadId(2);

#[test]
fn every_state_of_a_few_threads_keeps_the_rules() {
    for (threads, least) in [(2, 60), (3, 1_000)] {
        let exploration = Exploration::of(PolicyKind::IoFirst, threads);
        assert!(exploration.states() > least, "{threads} threads: {} states", exploration.states());
        exploration.assert_everybody_within_reach();
    }
}

#[test]
fn of_two_threads_neither_can_lose_for_ever() {
    assert!(!Exploration::of(PolicyKind::IoFirst, 2).can_starve());
}

fn want(thread: ThreadId, after: After) -> Event {
    Event::Want { thread, after }
}

/// Plays events with their times, and asserts on the actions of each.
fn script(steps: &[(Nanos, Event, &[Action])]) {
    let mut policy = IoFirst::free(100);
    for &(now, event, expected) in steps {
        assert_eq!(policy.step(event, now).as_slice(), expected, "{event:?} at {now}");
    }
}

#[test]
fn a_thread_back_from_blocking_asks_at_once_and_goes_before_the_others() {
    script(&[
        (0, want(A, After::Start), &[Action::Grant { thread: A }]),
        (10, want(B, After::Start), &[Action::SetTimer { thread: B, deadline: 110 }]),
        (
            20,
            want(C, After::Blocking),
            &[Action::SetTimer { thread: C, deadline: 120 }, Action::RequestDrop { holder: A }],
        ),
        (30, Event::Checkpoint { thread: A }, &[Action::LetGo { thread: A }, Action::Wake { thread: C }]),
        (
            40,
            Event::Woken { thread: C },
            &[Action::Grant { thread: C }, Action::SetTimer { thread: A, deadline: 140 }],
        ),
        (50, Event::Release { thread: C }, &[Action::Wake { thread: B }]),
    ]);
}

#[test]
fn threads_that_do_io_do_not_chase_each_other() {
    script(&[
        (0, want(A, After::Blocking), &[Action::Grant { thread: A }]),
        (10, want(B, After::Blocking), &[Action::SetTimer { thread: B, deadline: 110 }]),
        (
            110,
            Event::TimerExpired { thread: B },
            &[Action::RequestDrop { holder: A }, Action::SetTimer { thread: B, deadline: 210 }],
        ),
    ]);
}

#[test]
fn a_favoured_thread_that_somebody_overtakes_asks_again_at_once() {
    script(&[
        (0, want(A, After::Start), &[Action::Grant { thread: A }]),
        (
            10,
            want(B, After::Blocking),
            &[Action::SetTimer { thread: B, deadline: 110 }, Action::RequestDrop { holder: A }],
        ),
        (20, Event::Release { thread: A }, &[Action::Wake { thread: B }]),
        (21, want(C, After::Start), &[Action::Grant { thread: C }, Action::RequestDrop { holder: C }]),
        (30, Event::Woken { thread: B }, &[Action::SetTimer { thread: B, deadline: 130 }]),
    ]);
}
