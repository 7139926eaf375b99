//! Visits every state the policy `new` can reach with a few threads, time-outs and wake-ups arriving in any order, and
//! checks it against rules stated independently of it. Then a few scripts, with the times.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::After;
use super::*;

const INTERVAL: Nanos = 100;

/// Where a thread is, as its environment sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Outside,
    Holding,
    /// `switched`: another thread was granted the lock since the timer was set.
    Waiting {
        timer: bool,
        wake: bool,
        switched: bool,
    },
    Gone,
}

/// The policy and what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    policy: New,
    places: Vec<Place>,
    last_holder: Option<ThreadId>,
    /// The holder has been asked to let go.
    requested: bool,
    /// This thread let go on request; nobody has taken the lock since.
    owes_switch: Option<ThreadId>,
}

/// One event that may happen next.
#[derive(Clone, Copy, Debug)]
struct Move {
    event: Event,
    /// It happens sooner or later, whatever the program does.
    inevitable: bool,
    /// The event reaches the thread together with the wake-up that is under way.
    consumes_wake: bool,
}

impl World {
    fn new(threads: usize) -> World {
        World {
            policy: New::free(INTERVAL),
            places: vec![Place::Outside; threads],
            last_holder: None,
            requested: false,
            owes_switch: None,
        }
    }

    fn place(&mut self, thread: ThreadId) -> &mut Place {
        &mut self.places[thread.0 as usize]
    }

    fn holder(&self) -> Option<ThreadId> {
        let position = self.places.iter().position(|place| *place == Place::Holding)?;
        Some(ThreadId(position as u32))
    }

    fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            let thread = ThreadId(index as u32);
            let mut add = |event, inevitable, consumes_wake| {
                moves.push(Move { event, inevitable, consumes_wake });
            };
            match *place {
                Place::Outside => {
                    add(Event::Want { thread, after: After::Blocking }, false, false);
                    add(Event::Exit { thread }, false, false);
                }
                Place::Holding => {
                    add(Event::Checkpoint { thread }, self.requested, false);
                    add(Event::Release { thread }, false, false);
                    add(Event::Exit { thread }, false, false);
                }
                Place::Waiting { timer, wake, .. } => {
                    if wake {
                        add(Event::Woken { thread }, true, true);
                    }
                    if timer {
                        add(Event::TimerExpired { thread }, true, true);
                    }
                    if timer && wake {
                        add(Event::TimerExpired { thread }, true, false);
                    }
                    add(Event::Exit { thread }, false, false);
                }
                Place::Gone => {}
            }
        }
        moves
    }

    /// Plays one event; answers with the thread that was granted the lock.
    fn play(&mut self, next: Move) -> Option<ThreadId> {
        let before = self.clone();
        let timeless = !self.policy.needs_time(next.event);
        let later = timeless.then(|| self.policy.clone().step(next.event, 7_000));
        let actions = self.policy.step(next.event, 0);
        if let Some(later) = later {
            assert_eq!(actions, later, "the time matters to {:?} in {before:?}", next.event);
        }
        self.leave(next);
        let (mut granted, mut let_go) = (None, false);
        for action in actions {
            match action {
                Action::Grant { thread } => {
                    assert_eq!(granted.replace(thread), None, "two grants for {next:?} in {before:?}");
                    self.grant(thread, &before);
                }
                Action::LetGo { thread } => {
                    assert!(before.requested, "let go unasked for {next:?} in {before:?}");
                    assert_eq!(next.event, Event::Checkpoint { thread }, "in {before:?}");
                    let_go = true;
                }
                Action::Wake { thread } => match self.place(thread) {
                    Place::Waiting { wake, .. } => *wake = true,
                    other => panic!("woke {thread}, which is {other:?}, for {next:?} in {before:?}"),
                },
                Action::RequestDrop { holder } => {
                    assert_eq!(
                        self.holder(),
                        Some(holder),
                        "asked the wrong thread for {next:?} in {before:?}"
                    );
                    assert!(
                        before.ran_out_of_patience(next.event),
                        "{next:?} is no reason to request a drop in {before:?}"
                    );
                    self.requested = true;
                }
                Action::Stopped { .. } => panic!("nobody stops the world"),
                Action::SetTimer { thread, .. } => match self.place(thread) {
                    Place::Waiting { timer, switched, .. } => (*timer, *switched) = (true, false),
                    other => panic!("a timer for {thread}, which is {other:?}, for {next:?} in {before:?}"),
                },
            }
        }
        let must_let_go = before.requested && matches!(next.event, Event::Checkpoint { .. });
        assert_eq!(let_go, must_let_go, "{next:?} in {before:?}");
        if before.ran_out_of_patience(next.event) {
            assert!(self.requested, "no drop requested for {next:?} in {before:?}");
        }
        self.check(&before, next);
        granted
    }

    /// What the event itself does to its thread, before the policy has its say.
    fn leave(&mut self, next: Move) {
        let thread = next.event.thread();
        let requested = self.requested;
        let was_holding = *self.place(thread) == Place::Holding;
        let waiting = Place::Waiting { timer: false, wake: false, switched: false };
        match next.event {
            Event::Want { .. } => *self.place(thread) = waiting,
            Event::Woken { .. } => {
                if let Place::Waiting { wake, .. } = self.place(thread) {
                    *wake = false;
                }
            }
            Event::TimerExpired { .. } => {
                if let Place::Waiting { timer, wake, .. } = self.place(thread) {
                    *timer = false;
                    *wake &= !next.consumes_wake;
                }
            }
            Event::Checkpoint { .. } if requested => *self.place(thread) = waiting,
            Event::Checkpoint { .. } => return,
            Event::Release { .. } => *self.place(thread) = Place::Outside,
            Event::Exit { .. } => *self.place(thread) = Place::Gone,
            Event::Stop { .. } | Event::Resume { .. } => {}
        }
        if was_holding {
            let gone = *self.place(thread) == Place::Gone;
            self.owes_switch = (requested && !gone).then_some(thread);
            self.requested = false;
        } else if *self.place(thread) == Place::Gone {
            // With nobody left to switch to, nobody owes a switch.
            let owing = self.owes_switch.filter(|&owing| owing != thread && self.waits_besides(owing));
            self.owes_switch = owing;
            self.requested &= self.waits_besides(thread);
        }
    }

    fn grant(&mut self, thread: ThreadId, before: &World) {
        assert_eq!(self.holder(), None, "two holders after {before:?}");
        assert!(matches!(self.place(thread), Place::Waiting { .. }), "granted unasked in {before:?}");
        assert_ne!(self.owes_switch, Some(thread), "the switch was not forced in {before:?}");
        *self.place(thread) = Place::Holding;
        self.owes_switch = None;
        self.requested = false;
        if self.last_holder.replace(thread) != Some(thread) {
            for place in &mut self.places {
                if let Place::Waiting { switched, .. } = place {
                    *switched = true;
                }
            }
        }
    }

    fn waits_besides(&self, thread: ThreadId) -> bool {
        let mut others = self.places.iter().enumerate().filter(|&(index, _)| index != thread.0 as usize);
        others.any(|(_, place)| matches!(place, Place::Waiting { .. }))
    }

    /// The event ends a whole interval in which nobody switched, with the lock held.
    fn ran_out_of_patience(&self, event: Event) -> bool {
        let Event::TimerExpired { thread } = event else { return false };
        let place = self.places[thread.0 as usize];
        self.holder().is_some() && matches!(place, Place::Waiting { timer: true, switched: false, .. })
    }

    fn check(&self, before: &World, next: Move) {
        assert_eq!(self.policy.holder, self.holder(), "after {next:?} in {before:?}");
        assert_eq!(self.policy.drop_requested, self.requested, "after {next:?} in {before:?}");
        let waiting = || self.places.iter().filter(|place| matches!(place, Place::Waiting { .. }));
        if self.holder().is_none() && waiting().next().is_some() {
            let wake = waiting().any(|place| matches!(place, Place::Waiting { wake: true, .. }));
            assert!(wake, "a lost wake-up after {next:?} in {before:?}");
        }
        if self.holder().is_some() {
            let alert = |place: &Place| {
                matches!(place, Place::Waiting { timer: true, .. } | Place::Waiting { wake: true, .. })
            };
            assert!(waiting().all(alert), "an untimed wait after {next:?} in {before:?}");
        }
        // What does not apply changes nothing.
        for (index, place) in self.places.iter().enumerate() {
            let thread = ThreadId(index as u32);
            let strays = match place {
                Place::Waiting { .. } => vec![
                    Event::Want { thread, after: After::Start },
                    Event::Checkpoint { thread },
                    Event::Release { thread },
                ],
                Place::Holding => vec![
                    Event::Want { thread, after: After::Start },
                    Event::Woken { thread },
                    Event::TimerExpired { thread },
                ],
                Place::Outside | Place::Gone => {
                    vec![
                        Event::Woken { thread },
                        Event::TimerExpired { thread },
                        Event::Checkpoint { thread },
                        Event::Release { thread },
                    ]
                }
            };
            for event in strays {
                let mut policy = self.policy.clone();
                assert!(policy.step(event, 0).is_empty(), "a stray {event:?} acts in {self:?}");
                assert_eq!(policy, self.policy, "a stray {event:?} counts in {self:?}");
            }
        }
    }
}

/// The edges of the graph of states that inevitable events form: from, to, who was granted the lock.
type Edge = (usize, usize, Option<ThreadId>);

/// Every reachable state.
fn explore(threads: usize) -> (Vec<World>, Vec<Edge>) {
    let mut worlds = vec![World::new(threads)];
    let mut numbers = HashMap::from([(worlds[0].clone(), 0)]);
    let mut edges = Vec::new();
    let mut from = 0;
    while from < worlds.len() {
        for next in worlds[from].moves() {
            let mut world = worlds[from].clone();
            let granted = world.play(next);
            let to = match numbers.entry(world) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    worlds.push(unknown.key().clone());
                    *unknown.insert(worlds.len() - 1)
                }
            };
            if next.inevitable {
                edges.push((from, to, granted));
            }
        }
        from += 1;
    }
    (worlds, edges)
}

/// Wherever a thread waits, inevitable events alone can lead to its grant: no holder has to be kind, nobody new to come.
fn assert_progress(worlds: &[World], edges: &[Edge], thread: ThreadId) {
    let mut sources = vec![Vec::new(); worlds.len()];
    let mut served = vec![false; worlds.len()];
    let mut work = Vec::new();
    for &(from, to, granted) in edges {
        sources[to].push(from);
        if granted == Some(thread) && !std::mem::replace(&mut served[from], true) {
            work.push(from);
        }
    }
    while let Some(to) = work.pop() {
        for &from in &sources[to] {
            if !std::mem::replace(&mut served[from], true) {
                work.push(from);
            }
        }
    }
    for (world, served) in worlds.iter().zip(served) {
        let waits = matches!(world.places[thread.0 as usize], Place::Waiting { .. });
        assert!(served || !waits, "{thread} may starve in {world:?}");
    }
}

fn explore_and_check(threads: usize) -> usize {
    let (worlds, edges) = explore(threads);
    for thread in 0..threads {
        assert_progress(&worlds, &edges, ThreadId(thread as u32));
    }
    worlds.len()
}

#[test]
fn every_state_of_two_threads_keeps_the_rules() {
    let states = explore_and_check(2);
    assert!(states > 30, "{states}");
}

#[test]
fn every_state_of_three_threads_keeps_the_rules() {
    let states = explore_and_check(3);
    assert!(states > 300, "{states}");
}

#[test]
fn every_state_of_four_threads_keeps_the_rules() {
    let states = explore_and_check(4);
    assert!(states > 3_000, "{states}");
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
