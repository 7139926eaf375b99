//! Every state of a few threads, then a few scripts, with the times.

use super::super::explore::Exploration;
use super::super::{After, PolicyKind};
use super::*;

const INTERVAL: Nanos = 100;

#[test]
fn every_state_of_a_few_threads_keeps_the_rules() {
    for (threads, least) in [(2, 30), (3, 300), (4, 3_000)] {
        let exploration = Exploration::of(PolicyKind::New, threads);
        assert!(exploration.states() > least, "{threads} threads: {} states", exploration.states());
        exploration.assert_everybody_within_reach();
    }
}

#[test]
fn of_two_threads_neither_can_lose_for_ever() {
    assert!(!Exploration::of(PolicyKind::New, 2).can_starve());
}

const A: ThreadId = ThreadId(0);
const B: ThreadId = ThreadId(1);
const C: ThreadId = ThreadId(2);

fn want(thread: ThreadId) -> Event {
    Event::Want { thread, after: After::Blocking }
}

/// Plays events with their times, and asserts on the actions of each.
fn script(steps: &[(Nanos, Event, &[Action])]) {
    let mut policy = New::free(INTERVAL);
    for &(now, event, expected) in steps {
        assert_eq!(policy.step(event, now).as_slice(), expected, "{event:?} at {now}");
    }
}

#[test]
fn a_waiter_waits_one_interval_and_the_holder_stays_away_until_the_switch() {
    script(&[
        (0, want(A), &[Action::Grant { thread: A }]),
        (10, want(B), &[Action::SetTimer { thread: B, deadline: 110 }]),
        (50, Event::Checkpoint { thread: A }, &[]),
        (
            110,
            Event::TimerExpired { thread: B },
            &[Action::RequestDrop { holder: A }, Action::SetTimer { thread: B, deadline: 210 }],
        ),
        (120, Event::Checkpoint { thread: A }, &[Action::LetGo { thread: A }, Action::Wake { thread: B }]),
        (
            130,
            Event::Woken { thread: B },
            &[Action::Grant { thread: B }, Action::SetTimer { thread: A, deadline: 230 }],
        ),
    ]);
}

#[test]
fn a_switch_within_the_interval_starts_another_one() {
    script(&[
        (0, want(A), &[Action::Grant { thread: A }]),
        (10, want(B), &[Action::SetTimer { thread: B, deadline: 110 }]),
        (20, want(C), &[Action::SetTimer { thread: C, deadline: 120 }]),
        (30, Event::Release { thread: A }, &[Action::Wake { thread: B }]),
        (40, Event::Woken { thread: B }, &[Action::Grant { thread: B }]),
        (120, Event::TimerExpired { thread: C }, &[Action::SetTimer { thread: C, deadline: 220 }]),
        (
            220,
            Event::TimerExpired { thread: C },
            &[Action::RequestDrop { holder: B }, Action::SetTimer { thread: C, deadline: 320 }],
        ),
    ]);
}

#[test]
fn a_thread_that_blocks_with_a_request_pending_is_barred_on_its_return() {
    script(&[
        (0, want(A), &[Action::Grant { thread: A }]),
        (0, want(B), &[Action::SetTimer { thread: B, deadline: 100 }]),
        (
            100,
            Event::TimerExpired { thread: B },
            &[Action::RequestDrop { holder: A }, Action::SetTimer { thread: B, deadline: 200 }],
        ),
        (101, Event::Release { thread: A }, &[Action::Wake { thread: B }]),
        (102, want(A), &[]),
        (
            103,
            Event::Woken { thread: B },
            &[Action::Grant { thread: B }, Action::SetTimer { thread: A, deadline: 203 }],
        ),
    ]);
}

#[test]
fn without_a_request_a_short_release_may_win_the_race_against_the_woken() {
    script(&[
        (0, want(A), &[Action::Grant { thread: A }]),
        (10, want(B), &[Action::SetTimer { thread: B, deadline: 110 }]),
        (20, Event::Release { thread: A }, &[Action::Wake { thread: B }]),
        (21, want(A), &[Action::Grant { thread: A }]),
        (30, Event::Woken { thread: B }, &[Action::SetTimer { thread: B, deadline: 130 }]),
    ]);
}

#[test]
fn a_waiter_that_exits_passes_its_wake_up_on() {
    script(&[
        (0, want(A), &[Action::Grant { thread: A }]),
        (0, want(B), &[Action::SetTimer { thread: B, deadline: 100 }]),
        (0, want(C), &[Action::SetTimer { thread: C, deadline: 100 }]),
        (10, Event::Release { thread: A }, &[Action::Wake { thread: B }]),
        (11, Event::Exit { thread: B }, &[Action::Wake { thread: C }]),
    ]);
}

#[test]
fn a_changed_interval_serves_the_next_wait_and_never_overflows() {
    let mut policy = New::free(INTERVAL);
    policy.step(want(A), 0);
    policy.set_interval(Nanos::MAX);
    assert_eq!(policy.interval(), Nanos::MAX);
    let actions = policy.step(want(B), 5);
    assert_eq!(actions.as_slice(), &[Action::SetTimer { thread: B, deadline: Nanos::MAX }]);
}
