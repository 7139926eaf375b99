//! Visits every state a policy can reach with a few threads, time-outs and wake-ups arriving in any order, and checks it
//! against rules stated independently of it. What a policy promises beyond that is in [`Promises`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Action, After, Event, Policy, PolicyKind, ThreadId};

/// What a policy promises.
#[derive(Clone, Copy, Debug)]
struct Promises {
    /// A waiter has a timer: after an interval without a switch the holder is asked to let go, and not otherwise.
    patience: bool,
    /// A holder that lets go on request does not have the lock again before another thread has.
    forced_switch: bool,
    /// A thread back from a blocking call is asked for at once, and woken before the others.
    favour: bool,
    /// A holder lets go unasked.
    ticks: bool,
}

impl Promises {
    fn of(kind: PolicyKind) -> Promises {
        match kind {
            PolicyKind::New => Promises { patience: true, forced_switch: true, favour: false, ticks: false },
            PolicyKind::IoFirst => {
                Promises { patience: true, forced_switch: true, favour: true, ticks: false }
            }
            PolicyKind::Old => Promises { patience: false, forced_switch: false, favour: false, ticks: true },
            PolicyKind::Off => panic!("there is no lock"),
        }
    }
}

/// Where a thread is, as its environment sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Outside,
    /// It let go and asks again at once.
    Asking,
    /// `favoured`: it came from a blocking call when it asked.
    Holding {
        favoured: bool,
    },
    Waiting {
        timer: bool,
        wake: bool,
        /// Another thread was granted the lock since the timer was set.
        switched: bool,
        favoured: bool,
    },
    Gone,
}

impl Place {
    fn is_waiting(self) -> bool {
        matches!(self, Place::Waiting { .. })
    }
}

/// The policy and what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    policy: Policy,
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

/// A step from one state to another, by their numbers.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: usize,
    to: usize,
    inevitable: bool,
    /// Who was granted the lock.
    granted: Option<ThreadId>,
    /// The holder let go because a checkpoint made it.
    let_go: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    granted: Option<ThreadId>,
    let_go: bool,
}

impl World {
    fn new(kind: PolicyKind, threads: usize) -> World {
        World {
            policy: Policy::new(kind, 100),
            places: vec![Place::Outside; threads],
            last_holder: None,
            requested: false,
            owes_switch: None,
        }
    }

    fn place(&mut self, thread: ThreadId) -> &mut Place {
        &mut self.places[thread.0 as usize]
    }

    fn holder(&self) -> Option<(ThreadId, bool)> {
        let holding = |(index, place): (usize, &Place)| match *place {
            Place::Holding { favoured } => Some((ThreadId(index as u32), favoured)),
            _ => None,
        };
        self.places.iter().enumerate().find_map(holding)
    }

    fn moves(&self, promises: Promises) -> Vec<Move> {
        let mut moves = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            let thread = ThreadId(index as u32);
            let mut add = |event, inevitable, consumes_wake| {
                moves.push(Move { event, inevitable, consumes_wake });
            };
            match *place {
                Place::Outside => {
                    add(Event::Want { thread, after: After::Blocking }, false, false);
                    if promises.favour {
                        add(Event::Want { thread, after: After::Start }, false, false);
                    }
                    add(Event::Exit { thread }, false, false);
                }
                Place::Asking => add(Event::Want { thread, after: After::Checkpoint }, true, false),
                Place::Holding { .. } => {
                    add(Event::Checkpoint { thread }, self.requested || promises.ticks, false);
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

    /// Plays one event.
    fn play(&mut self, next: Move, promises: Promises) -> Outcome {
        let before = self.clone();
        let actions = self.policy.step(next.event, 0);
        self.leave(next);
        let mut outcome = Outcome::default();
        for action in actions {
            self.carry_out(action, &before, next, promises, &mut outcome);
        }
        let must_let_go =
            (before.requested || promises.ticks) && matches!(next.event, Event::Checkpoint { .. });
        assert_eq!(outcome.let_go, must_let_go, "{next:?} in {before:?}");
        if promises.patience && before.ran_out_of_patience(next.event) {
            assert!(self.requested, "no drop requested for {next:?} in {before:?}");
        }
        self.check(&before, next, promises);
        self.check_strays();
        outcome
    }

    /// What the event itself does to its thread, before the policy has its say.
    fn leave(&mut self, next: Move) {
        let thread = next.event.thread();
        let was_holding = matches!(self.place(thread), Place::Holding { .. });
        match next.event {
            Event::Want { after, .. } => {
                let favoured = after == After::Blocking;
                *self.place(thread) = Place::Waiting { timer: false, wake: false, switched: false, favoured };
            }
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
            // It is for the policy to say.
            Event::Checkpoint { .. } => {}
            Event::Stop { .. } | Event::Resume { .. } => panic!("nobody stops the world"),
            Event::Release { .. } => *self.place(thread) = Place::Outside,
            Event::Exit { .. } => *self.place(thread) = Place::Gone,
        }
        let gone = *self.place(thread) == Place::Gone;
        if was_holding && !matches!(self.place(thread), Place::Holding { .. }) {
            self.owes_switch = (self.requested && !gone).then_some(thread);
            self.requested = false;
        } else if gone {
            // With nobody left to switch to, nobody owes a switch.
            let owing = self.owes_switch.filter(|&owing| owing != thread && self.waits_besides(owing));
            self.owes_switch = owing;
            self.requested &= self.waits_besides(thread);
        }
    }

    fn carry_out(
        &mut self,
        action: Action,
        before: &World,
        next: Move,
        promises: Promises,
        outcome: &mut Outcome,
    ) {
        match action {
            Action::Grant { thread } => {
                assert_eq!(outcome.granted.replace(thread), None, "two grants for {next:?} in {before:?}");
                self.grant(thread, before, promises);
            }
            Action::LetGo { thread } | Action::AskAgain { thread } => {
                assert!(before.requested || promises.ticks, "let go unasked for {next:?} in {before:?}");
                assert_eq!(next.event, Event::Checkpoint { thread }, "in {before:?}");
                assert!(!std::mem::replace(&mut outcome.let_go, true), "let go twice in {before:?}");
                let waits = matches!(action, Action::LetGo { .. });
                *self.place(thread) = match waits {
                    true => Place::Waiting { timer: false, wake: false, switched: false, favoured: false },
                    false => Place::Asking,
                };
                self.owes_switch = self.requested.then_some(thread);
                self.requested = false;
            }
            Action::Wake { thread } => {
                let overtaken = promises.favour && self.passes_over_a_favoured(thread);
                assert!(!overtaken, "woke {thread} first for {next:?} in {before:?}");
                match self.place(thread) {
                    Place::Waiting { wake, .. } => *wake = true,
                    other => panic!("woke {thread}, which is {other:?}, for {next:?} in {before:?}"),
                }
            }
            Action::RequestDrop { holder } => {
                let (now, favoured) = self.holder().expect("somebody holds");
                assert_eq!(now, holder, "asked the wrong thread for {next:?} in {before:?}");
                let hurry = promises.favour && !favoured && self.a_favoured_waits();
                assert!(
                    hurry || promises.patience && before.ran_out_of_patience(next.event),
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

    fn grant(&mut self, thread: ThreadId, before: &World, promises: Promises) {
        assert_eq!(self.holder(), None, "two holders after {before:?}");
        let Place::Waiting { favoured, .. } = *self.place(thread) else {
            panic!("granted unasked in {before:?}");
        };
        if promises.forced_switch {
            assert_ne!(self.owes_switch, Some(thread), "the switch was not forced in {before:?}");
        }
        *self.place(thread) = Place::Holding { favoured };
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
        others.any(|(_, place)| place.is_waiting())
    }

    fn a_favoured_waits(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Waiting { favoured: true, .. }))
    }

    /// Another thread waits that is favoured and could take the lock, and this one is not.
    fn passes_over_a_favoured(&self, thread: ThreadId) -> bool {
        let favoured = |index: usize| matches!(self.places[index], Place::Waiting { favoured: true, .. });
        let able = |index: usize| self.owes_switch != Some(ThreadId(index as u32));
        !favoured(thread.0 as usize) && (0..self.places.len()).any(|index| favoured(index) && able(index))
    }

    /// The event ends a whole interval in which nobody switched, with the lock held.
    fn ran_out_of_patience(&self, event: Event) -> bool {
        let Event::TimerExpired { thread } = event else { return false };
        let place = self.places[thread.0 as usize];
        self.holder().is_some() && matches!(place, Place::Waiting { timer: true, switched: false, .. })
    }

    fn check(&self, before: &World, next: Move, promises: Promises) {
        let waiting = || self.places.iter().filter(|place| place.is_waiting());
        let Some((_, favoured)) = self.holder() else {
            let wake = waiting().any(|place| matches!(place, Place::Waiting { wake: true, .. }));
            assert!(wake || waiting().next().is_none(), "a lost wake-up after {next:?} in {before:?}");
            return;
        };
        if promises.patience {
            let alert = |place: &Place| {
                matches!(place, Place::Waiting { timer: true, .. } | Place::Waiting { wake: true, .. })
            };
            assert!(waiting().all(alert), "an untimed wait after {next:?} in {before:?}");
        }
        if promises.favour && !favoured && self.a_favoured_waits() {
            assert!(self.requested, "a favoured thread waits its turn after {next:?} in {before:?}");
        }
    }

    /// What does not apply changes nothing.
    fn check_strays(&self) {
        for (index, place) in self.places.iter().enumerate() {
            let thread = ThreadId(index as u32);
            let want = Event::Want { thread, after: After::Blocking };
            let (woken, timer) = (Event::Woken { thread }, Event::TimerExpired { thread });
            let (checkpoint, release) = (Event::Checkpoint { thread }, Event::Release { thread });
            let strays = match place {
                Place::Waiting { .. } => vec![want, checkpoint, release],
                Place::Holding { .. } => vec![want, woken, timer],
                Place::Outside | Place::Asking | Place::Gone => vec![woken, timer, checkpoint, release],
            };
            for event in strays {
                let mut policy = self.policy.clone();
                assert!(policy.step(event, 0).is_empty(), "a stray {event:?} acts in {self:?}");
                assert_eq!(policy, self.policy, "a stray {event:?} counts in {self:?}");
            }
        }
    }
}

/// Every state that a policy reaches, and the steps between them.
pub(super) struct Exploration {
    worlds: Vec<World>,
    edges: Vec<Edge>,
}

impl Exploration {
    /// Visits every state and holds it to the rules.
    pub(super) fn of(kind: PolicyKind, threads: usize) -> Exploration {
        let promises = Promises::of(kind);
        let mut worlds = vec![World::new(kind, threads)];
        let mut numbers = HashMap::from([(worlds[0].clone(), 0)]);
        let mut edges = Vec::new();
        let mut from = 0;
        while from < worlds.len() {
            for next in worlds[from].moves(promises) {
                let mut world = worlds[from].clone();
                let Outcome { granted, let_go } = world.play(next, promises);
                let to = match numbers.entry(world) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => {
                        worlds.push(unknown.key().clone());
                        *unknown.insert(worlds.len() - 1)
                    }
                };
                edges.push(Edge { from, to, inevitable: next.inevitable, granted, let_go });
            }
            from += 1;
        }
        Exploration { worlds, edges }
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.worlds.len()
    }

    /// Wherever a thread waits, inevitable events alone can lead to its grant: no holder has to be kind, nobody new to come.
    pub(super) fn assert_everybody_within_reach(&self) {
        for thread in self.threads() {
            let ends = self.edges.iter().filter(|edge| edge.inevitable && edge.granted == Some(thread));
            let served = self.sources(ends.map(|edge| edge.from).collect(), |edge| edge.inevitable);
            for (world, served) in self.worlds.iter().zip(served) {
                assert!(served || !waits(world, thread), "{thread} is out of reach in {world:?}");
            }
        }
    }

    /// Whether a thread can lose for ever: whether inevitable events, and nothing else, can go round in a circle on which the
    /// holder lets go at checkpoints and a thread that waits all the time is never granted the lock.
    pub(super) fn can_starve(&self) -> bool {
        self.threads().any(|thread| {
            let loses = |edge: &Edge| {
                let waits = waits(&self.worlds[edge.from], thread) && waits(&self.worlds[edge.to], thread);
                edge.inevitable && waits && edge.granted != Some(thread)
            };
            let mut chances = self.edges.iter().filter(|edge| edge.let_go && loses(edge));
            chances.any(|edge| self.sources(vec![edge.from], loses)[edge.to])
        })
    }

    fn threads(&self) -> impl Iterator<Item = ThreadId> {
        (0..self.worlds[0].places.len()).map(|index| ThreadId(index as u32))
    }

    /// The states from which edges of a kind lead to one of `ends`.
    fn sources(&self, ends: Vec<usize>, passable: impl Fn(&Edge) -> bool) -> Vec<bool> {
        let mut before = vec![Vec::new(); self.worlds.len()];
        for edge in self.edges.iter().filter(|edge| passable(edge)) {
            before[edge.to].push(edge.from);
        }
        let mut found = vec![false; self.worlds.len()];
        let mut work = ends;
        while let Some(state) = work.pop() {
            if !std::mem::replace(&mut found[state], true) {
                work.extend(&before[state]);
            }
        }
        found
    }
}

fn waits(world: &World, thread: ThreadId) -> bool {
    world.places[thread.0 as usize].is_waiting()
}
