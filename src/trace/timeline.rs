//! A recorded run as spans: what every thread did from when to when, who held the GIL, how it changed hands. All pictures are
//! made of this. Times are in nanoseconds on the clock of the run; threads go by the runtime's numbers.

use std::sync::Arc;

use crate::runtime::accounts::shown_name;
use crate::vm::event::{Cause, State};

/// A recorded run, or the last part of one.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What ran.
    pub title: Title,
    /// When it begins.
    pub begin: u64,
    /// When it ends.
    pub end: u64,
    /// How many events before the beginning were dropped.
    pub dropped: u64,
    /// In order of birth.
    pub threads: Vec<Lane>,
    /// Who held the GIL, in order.
    pub holds: Vec<Hold>,
    /// How it changed hands, in order.
    pub switches: Vec<Switch>,
    /// When garbage was collected, in order.
    pub collections: Vec<Collection>,
    /// The places that spans number.
    pub places: Vec<Place>,
    /// The names of locks that spans number.
    pub locks: Vec<Arc<str>>,
}

/// What ran.
#[derive(Clone, Debug)]
pub struct Title {
    /// The program.
    pub program: String,
    /// Under which rules, in the words of the command line.
    pub rules: String,
    /// Whether there was a GIL.
    pub has_gil: bool,
}

/// A thread.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// What it did, in order and without gaps.
    pub spans: Vec<Span>,
}

/// What a thread did for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From when.
    pub begin: u64,
    /// To when.
    pub end: u64,
    /// What.
    pub doing: Doing,
    /// Where in the program: a number of [`Timeline::places`], or none.
    pub place: u32,
    /// The lock it waited for: a number of [`Timeline::locks`], or none.
    pub lock: u32,
}

/// The states of threads. As numbers they are the page's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    /// It runs.
    Running,
    /// It wants the GIL.
    Wanting,
    /// It waits for a lock.
    Lock,
    /// It sleeps.
    Sleeping,
    /// It is in a blocking call.
    Io,
}

impl Doing {
    /// All of them, by number.
    pub const ALL: [Doing; 5] = [Doing::Running, Doing::Wanting, Doing::Lock, Doing::Sleeping, Doing::Io];

    /// Its name for a reader.
    pub fn label(self) -> &'static str {
        match self {
            Doing::Running => "running",
            Doing::Wanting => "wants the GIL",
            Doing::Lock => "waits for a lock",
            Doing::Sleeping => "sleeps",
            Doing::Io => "I/O",
        }
    }
}

impl From<State> for Doing {
    fn from(state: State) -> Doing {
        match state {
            State::Running => Doing::Running,
            State::Wanting => Doing::Wanting,
            State::Lock(_) => Doing::Lock,
            State::Sleeping => Doing::Sleeping,
            State::Io => Doing::Io,
        }
    }
}

/// That a thread held the GIL for a while.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    /// The thread.
    pub thread: u32,
    /// From when.
    pub begin: u64,
    /// To when.
    pub end: u64,
    /// Why it let go; nothing if the recording ended first.
    pub cause: Option<Cause>,
}

/// That the GIL went from one thread to another.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Who had it.
    pub from: u32,
    /// Who got it.
    pub to: u32,
    /// When it was let go.
    pub left: u64,
    /// When the other had it.
    pub granted: u64,
    /// Why it was let go.
    pub cause: Cause,
    /// Who had asked for that, and when.
    pub request: Option<(u32, u64)>,
}

/// That garbage was collected.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// By which thread.
    pub thread: u32,
    /// From when.
    pub begin: u64,
    /// To when.
    pub end: u64,
}

/// A place in a program.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of the source.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// The function.
    pub function: String,
    /// The text of the line.
    pub text: String,
}

impl Timeline {
    /// An empty one.
    pub fn new(title: Title, begin: u64, end: u64) -> Timeline {
        Timeline {
            title,
            begin,
            end,
            dropped: 0,
            threads: Vec::new(),
            holds: Vec::new(),
            switches: Vec::new(),
            collections: Vec::new(),
            places: Vec::new(),
            locks: Vec::new(),
        }
    }

    /// Adds what a thread did next. What took no time is left out.
    pub(super) fn push(&mut self, thread: u32, span: Span) {
        let index = match self.threads.binary_search_by_key(&thread, |lane| lane.id) {
            Ok(index) => index,
            Err(index) => {
                self.threads.insert(index, Lane { id: thread, name: String::new(), spans: Vec::new() });
                index
            }
        };
        if span.end > span.begin {
            self.threads[index].spans.push(span);
        }
    }

    /// Gives every thread its name, where it has one.
    pub(super) fn name_threads(&mut self, name: impl Fn(u32) -> Option<Arc<str>>) {
        for lane in &mut self.threads {
            lane.name = shown_name(lane.id, name(lane.id).as_deref());
        }
    }

    /// What is not in it, in words; nothing if it is all there is.
    pub fn lost(&self) -> Option<String> {
        let begin = super::table::duration(self.begin);
        (self.dropped > 0).then(|| format!("dropped: the {} events before {begin}", self.dropped))
    }

    /// The place of a thread among the lanes.
    pub fn lane_of(&self, thread: u32) -> Option<usize> {
        self.threads.binary_search_by_key(&thread, |lane| lane.id).ok()
    }

    /// The place that a number stands for.
    pub fn place(&self, number: u32) -> Option<&Place> {
        self.places.get(number as usize)
    }

    /// The name of the lock that a number stands for.
    pub fn lock(&self, number: u32) -> Option<&str> {
        self.locks.get(number as usize).map(|name| &**name)
    }
}
