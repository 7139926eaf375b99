//! Writes down what an observer is told, in bounded memory: a long run keeps the events of its last part.
//!
//! What is dropped is not forgotten altogether: it goes into the [`Moment`] in which the kept events begin, so that a thread
//! which has slept since long before is known to sleep.

use std::collections::VecDeque;
use std::sync::Arc;

use minipy_compiler::Code;
use parking_lot::Mutex;
use rustc_hash::FxHashMap as HashMap;

use super::moment::{Kind, Moment, NONE, Record};
use super::timeline::{Place, Timeline, Title};
use crate::vm::event::{Event, LockName, Note, Observer, State, What};

/// How many events are kept unless something else is asked for.
pub const CAPACITY: usize = 1 << 18;

/// How many names of locks and how many places are told apart, each. A run that makes locks or code without end has one name for
/// all later locks, and no place for the later code.
const NAMES_KEPT: usize = 1 << 16;
/// What all locks past that are called.
const ANOTHER_LOCK: &str = "another lock";

/// Keeps the last events of a run.
pub struct Recorder {
    log: Mutex<Log>,
}

struct Log {
    capacity: usize,
    records: VecDeque<Record>,
    dropped: u64,
    /// How things stood before the first record.
    base: Moment,
    /// What the threads are called.
    names: HashMap<u32, Arc<str>>,
    locks: Texts,
    /// What a thread is about to wait for: a number of `locks`.
    subjects: HashMap<u32, u32>,
    places: Vec<Place>,
    /// By address of the code, which `codes` keeps, and line.
    place_numbers: HashMap<(usize, u32), u32>,
    codes: Vec<Arc<Code>>,
}

/// Texts by number, each once.
#[derive(Default)]
struct Texts {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Recorder {
    /// An empty one that keeps so many events.
    pub fn new(capacity: usize) -> Arc<Recorder> {
        let capacity = capacity.max(1);
        let log = Log {
            capacity,
            // What is not written to takes no memory, and what is written is never moved.
            records: VecDeque::with_capacity(capacity),
            dropped: 0,
            base: Moment::default(),
            names: HashMap::default(),
            locks: Texts::default(),
            subjects: HashMap::default(),
            places: Vec::new(),
            place_numbers: HashMap::default(),
            codes: Vec::new(),
        };
        Arc::new(Recorder { log: Mutex::new(log) })
    }

    /// What is to be told the events.
    pub fn observer(self: &Arc<Recorder>) -> Arc<Observer> {
        let recorder = Arc::clone(self);
        Arc::new(move |event| recorder.log.lock().take(event))
    }

    /// The timeline of what was kept, up to this time.
    pub fn timeline(&self, title: Title, end: u64) -> Timeline {
        let log = self.log.lock();
        let mut moment = log.base.clone();
        let begin = if log.dropped > 0 { log.records.front().map_or(0, |first| first.at) } else { 0 };
        moment.cut(begin);
        let mut timeline = Timeline::new(title, begin, end.max(begin));
        timeline.dropped = log.dropped;
        timeline.places = log.places.clone();
        timeline.locks = log.locks.texts.clone();
        for record in &log.records {
            moment.apply(record, Some(&mut timeline));
        }
        moment.finish(timeline.end, &mut timeline);
        timeline.name_threads(|thread| log.names.get(&thread).cloned());
        timeline
    }
}

impl Log {
    fn take(&mut self, event: Event<'_>) {
        let kind = match event.what {
            What::Begins => Kind::Begins,
            What::Enters(state) => self.state(event.thread, state),
            What::Requests => Kind::Requests,
            What::Granted => Kind::Granted,
            What::LetsGo(cause) => Kind::LetsGo(cause),
            What::Ends => Kind::Ends,
            What::Notes(Note::Name(name)) => {
                self.names.insert(event.thread, name.into());
                return;
            }
            What::Notes(Note::WaitsFor(subject)) => {
                let number = self.locks.number(subject);
                self.subjects.insert(event.thread, number);
                return;
            }
            What::Notes(Note::At(place)) => Kind::At(self.place(&place.code, place.line)),
            What::Notes(Note::CollectionBegins) => Kind::CollectionBegins,
            What::Notes(Note::CollectionEnds) => Kind::CollectionEnds,
        };
        if self.records.len() >= self.capacity
            && let Some(oldest) = self.records.pop_front()
        {
            self.base.apply(&oldest, None);
            self.dropped += 1;
            if matches!(oldest.kind, Kind::Ends) {
                self.names.remove(&oldest.thread);
            }
        }
        self.records.push_back(Record { at: event.at, thread: event.thread, kind });
    }

    fn state(&mut self, thread: u32, state: State) -> Kind {
        let subject = self.subjects.remove(&thread);
        let lock = match state {
            State::Lock(name) => subject.unwrap_or_else(|| match name {
                LockName::Object(identity) => self.locks.number(&format!("lock #{identity}")),
                LockName::Internal(name) => self.locks.number(name),
            }),
            _ => NONE,
        };
        Kind::Enters(state.into(), lock)
    }

    fn place(&mut self, code: &Arc<Code>, line: u32) -> u32 {
        let key = (Arc::as_ptr(code).addr(), line);
        if let Some(number) = self.place_numbers.get(&key) {
            return *number;
        }
        if self.places.len() >= NAMES_KEPT {
            return NONE;
        }
        let number = self.places.len() as u32;
        self.places.push(Place {
            file: code.source.name().into(),
            line,
            function: code.name.to_string(),
            text: code.source.line_text(line).trim().to_owned(),
        });
        self.place_numbers.insert(key, number);
        self.codes.push(Arc::clone(code));
        number
    }
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let text = if self.texts.len() < NAMES_KEPT { text } else { ANOTHER_LOCK };
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let (text, number) = (Arc::<str>::from(text), self.texts.len() as u32);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Doing;
    use super::*;
    use crate::vm::event::Cause;

    fn record(recorder: &Arc<Recorder>, events: &[(u64, u32, What<'_>)]) {
        let observer = recorder.observer();
        for &(at, thread, what) in events {
            observer(Event { at, thread, what });
        }
    }

    fn title() -> Title {
        Title { program: "x.mpy".into(), rules: String::new(), has_gil: true }
    }

    /// Two threads that take turns; the first waits for a lock in between.
    const RUN: &[(u64, u32, What<'_>)] = &[
        (0, 0, What::Begins),
        (5, 0, What::Granted),
        (10, 1, What::Begins),
        (40, 1, What::Requests),
        (50, 0, What::LetsGo(Cause::Interval)),
        (50, 0, What::Enters(State::Wanting)),
        (52, 1, What::Granted),
        (80, 1, What::LetsGo(Cause::Blocking)),
        (80, 1, What::Notes(Note::WaitsFor("door"))),
        (80, 1, What::Enters(State::Lock(LockName::Object(7)))),
        (81, 0, What::Granted),
        (90, 1, What::Enters(State::Wanting)),
        (95, 0, What::LetsGo(Cause::Exit)),
        (95, 0, What::Ends),
        (96, 1, What::Granted),
    ];

    fn spans(timeline: &Timeline, thread: usize) -> Vec<(u64, u64, Doing)> {
        timeline.threads[thread].spans.iter().map(|span| (span.begin, span.end, span.doing)).collect()
    }

    #[test]
    fn a_run_becomes_spans_holds_and_switches() {
        let recorder = Recorder::new(CAPACITY);
        record(&recorder, RUN);
        let timeline = recorder.timeline(title(), 100);
        use Doing::{Lock, Running, Wanting};
        assert_eq!(
            spans(&timeline, 0),
            [(0, 5, Wanting), (5, 50, Running), (50, 81, Wanting), (81, 95, Running)]
        );
        assert_eq!(
            spans(&timeline, 1),
            [(10, 52, Wanting), (52, 80, Running), (80, 90, Lock), (90, 96, Wanting), (96, 100, Running)]
        );
        let lock = timeline.threads[1].spans[2].lock;
        assert_eq!(timeline.locks.get(lock as usize).map(|name| &**name), Some("door"));
        let holds: Vec<_> = timeline.holds.iter().map(|hold| (hold.thread, hold.begin, hold.end)).collect();
        assert_eq!(holds, [(0, 5, 50), (1, 52, 80), (0, 81, 95), (1, 96, 100)]);
        let switches: Vec<_> =
            timeline.switches.iter().map(|s| (s.from, s.to, s.left, s.granted, s.cause, s.request)).collect();
        assert_eq!(
            switches,
            [
                (0, 1, 50, 52, Cause::Interval, Some((1, 40))),
                (1, 0, 80, 81, Cause::Blocking, None),
                (0, 1, 95, 96, Cause::Exit, None)
            ]
        );
    }

    #[test]
    fn a_run_that_never_stops_needs_no_more_memory() {
        let recorder = Recorder::new(8);
        let observer = recorder.observer();
        let threads = NAMES_KEPT as u32 + 9;
        for thread in 0..threads {
            let lock = State::Lock(LockName::Object(thread));
            let name = Note::Name("short");
            for what in [What::Begins, What::Notes(name), What::Granted, What::Enters(lock), What::Ends] {
                observer(Event { at: thread.into(), thread, what });
            }
        }
        let log = recorder.log.lock();
        assert_eq!((log.records.len(), log.locks.texts.len()), (8, NAMES_KEPT + 1));
        assert_eq!((log.names.len(), log.dropped), (2, u64::from(threads) * 4 - 8));
        assert_eq!(log.locks.texts.last().map(|text| &**text), Some(ANOTHER_LOCK));
    }

    #[test]
    fn the_last_part_is_as_it_is_in_the_whole() {
        let whole = Recorder::new(CAPACITY);
        record(&whole, RUN);
        let whole = whole.timeline(title(), 100);
        for kept in 1..RUN.len() - 1 {
            let recorder = Recorder::new(kept);
            record(&recorder, RUN);
            let part = recorder.timeline(title(), 100);
            let notes = RUN.iter().filter(|(.., what)| matches!(what, What::Notes(_))).count();
            assert_eq!(part.dropped as usize, RUN.len() - notes - kept);
            for thread in &part.threads {
                let all = whole.threads.iter().find(|other| other.id == thread.id).expect("is in the whole");
                let cut = |begin: u64| begin.max(part.begin);
                let expected: Vec<_> = all
                    .spans
                    .iter()
                    .filter(|span| span.end > part.begin)
                    .map(|span| (cut(span.begin), span.end, span.doing))
                    .collect();
                let found: Vec<_> = thread
                    .spans
                    .iter()
                    .filter(|span| span.end > part.begin)
                    .map(|span| (span.begin, span.end, span.doing))
                    .collect();
                assert_eq!(found, expected, "{kept} kept, thread {}", thread.id);
            }
        }
    }
}
