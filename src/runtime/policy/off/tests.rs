//! Visits every state the policy `off` can reach with a few threads, and checks it against rules stated independently of it.

use std::collections::HashSet;

use super::super::After;
use super::*;

/// Where a thread is, as its environment sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Outside,
    /// It runs. `asked`: it has been asked to let go.
    Running {
        asked: bool,
    },
    /// It runs, and waits to be told that it runs alone.
    Stopping,
    /// It was told.
    Alone,
    Waiting,
    Gone,
}

/// The policy and what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    policy: Off,
    places: Vec<Place>,
}

impl World {
    fn new(threads: usize) -> World {
        World { policy: Off::running(0), places: vec![Place::Outside; threads] }
    }

    fn place(&mut self, thread: ThreadId) -> &mut Place {
        &mut self.places[thread.0 as usize]
    }

    fn runs(place: Place) -> bool {
        matches!(place, Place::Running { .. } | Place::Stopping | Place::Alone)
    }

    fn is_stopping(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Stopping | Place::Alone))
    }

    fn moves(&self) -> Vec<Event> {
        let mut moves = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            let thread = ThreadId(index as u32);
            match place {
                Place::Outside => {
                    moves.push(Event::Want { thread, after: After::Blocking });
                    moves.push(Event::Exit { thread });
                }
                Place::Running { .. } => {
                    moves.push(Event::Checkpoint { thread });
                    moves.push(Event::Release { thread });
                    moves.push(Event::Exit { thread });
                    moves.push(Event::Stop { thread });
                }
                Place::Alone => moves.extend([Event::Resume { thread }, Event::Exit { thread }]),
                Place::Waiting => moves.push(Event::Exit { thread }),
                Place::Stopping | Place::Gone => {}
            }
        }
        moves
    }

    /// Plays one event and checks what comes of it.
    fn play(&mut self, event: Event) {
        let before = self.clone();
        let thread = event.thread();
        let was = *self.place(thread);
        match event {
            Event::Want { .. } => *self.place(thread) = Place::Waiting,
            Event::Release { .. } => *self.place(thread) = Place::Outside,
            Event::Exit { .. } => *self.place(thread) = Place::Gone,
            Event::Stop { .. } if was == (Place::Running { asked: false }) => {
                *self.place(thread) = Place::Stopping;
            }
            Event::Resume { .. } => *self.place(thread) = Place::Running { asked: false },
            _ => {}
        }
        for action in self.policy.step(event) {
            match action {
                Action::Grant { thread } => {
                    assert_eq!(*self.place(thread), Place::Waiting, "{event:?} in {before:?}");
                    *self.place(thread) = Place::Running { asked: false };
                }
                Action::LetGo { thread } => {
                    assert_eq!(
                        *self.place(thread),
                        Place::Running { asked: true },
                        "{event:?} in {before:?}"
                    );
                    assert_eq!(thread, event.thread(), "in {before:?}");
                    *self.place(thread) = Place::Waiting;
                }
                Action::RequestDrop { holder } => {
                    assert_eq!(
                        *self.place(holder),
                        Place::Running { asked: false },
                        "{event:?} in {before:?}"
                    );
                    *self.place(holder) = Place::Running { asked: true };
                }
                Action::Stopped { stopper } => {
                    assert_eq!(*self.place(stopper), Place::Stopping, "{event:?} in {before:?}");
                    *self.place(stopper) = Place::Alone;
                }
                other => panic!("{other:?} for {event:?} in {before:?}"),
            }
        }
        self.check(&before, event);
    }

    fn check(&self, before: &World, event: Event) {
        let running = self.places.iter().filter(|place| World::runs(**place)).count();
        let alone = self.places.contains(&Place::Alone);
        assert!(!alone || running == 1, "{event:?} in {before:?}: not alone in {self:?}");
        let stoppers = self.places.iter().filter(|place| matches!(place, Place::Stopping | Place::Alone));
        assert!(stoppers.count() <= 1, "{event:?} in {before:?}: two stoppers in {self:?}");
        // Nobody is told too late, waits for nothing, or is left out of the requests.
        assert!(
            running > 1 || !self.places.contains(&Place::Stopping),
            "{event:?} in {before:?}: nobody tells the stopper in {self:?}"
        );
        assert!(
            self.is_stopping() || !self.places.contains(&Place::Waiting),
            "{event:?} in {before:?}: a thread waits in {self:?}"
        );
        assert!(
            !self.is_stopping() || !self.places.contains(&Place::Running { asked: false }),
            "{event:?} in {before:?}: a thread was not asked in {self:?}"
        );
    }
}

/// Every state that can be reached.
fn explore(threads: usize) -> HashSet<World> {
    let start = World::new(threads);
    let mut seen = HashSet::from([start.clone()]);
    let mut pending = vec![start];
    while let Some(world) = pending.pop() {
        for event in world.moves() {
            let mut next = world.clone();
            next.play(event);
            if seen.insert(next.clone()) {
                pending.push(next);
            }
        }
    }
    seen
}

#[test]
fn no_other_thread_runs_in_a_stopped_world() {
    for threads in [2, 3] {
        // The rules are checked on the way; this is that the way led everywhere.
        let states = explore(threads);
        for place in [Place::Alone, Place::Stopping, Place::Waiting, Place::Running { asked: true }] {
            assert!(states.iter().any(|world| world.places.contains(&place)), "nobody was {place:?}");
        }
    }
}

#[test]
fn a_stop_comes_about_when_every_thread_has_seen_a_checkpoint_and_ends_with_all_of_them_running() {
    for world in explore(3) {
        let Some(stopper) = world.places.iter().position(|place| *place == Place::Stopping) else { continue };
        let mut next = world.clone();
        for index in 0..world.places.len() {
            if world.places[index] == (Place::Running { asked: true }) {
                next.play(Event::Checkpoint { thread: ThreadId(index as u32) });
            }
        }
        assert_eq!(next.places[stopper], Place::Alone, "from {world:?}");
        next.play(Event::Resume { thread: ThreadId(stopper as u32) });
        assert!(!next.places.contains(&Place::Waiting), "from {world:?}");
    }
}

#[test]
fn of_two_stoppers_the_second_waits_and_looks_again() {
    let [first, second] = [ThreadId(0), ThreadId(1)];
    let mut world = World::new(2);
    for thread in [first, second] {
        world.play(Event::Want { thread, after: After::Start });
    }
    world.play(Event::Stop { thread: first });
    world.play(Event::Stop { thread: second });
    assert_eq!(world.places, [Place::Alone, Place::Waiting]);
    world.play(Event::Resume { thread: first });
    assert_eq!(world.places, [Place::Running { asked: false }; 2]);
}
