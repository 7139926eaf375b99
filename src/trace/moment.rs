//! How things stand at a moment of a recorded run, and how one event changes it. What ends with an event goes to a timeline.
//!
//! The recorder uses it twice: to take up what it drops, and to turn what it has kept into spans.

use std::collections::BTreeMap;

use super::timeline::{Collection, Doing, Hold, Span, Switch, Timeline};
use crate::vm::event::Cause;

/// Stands for no place or no lock.
pub const NONE: u32 = u32::MAX;

/// An event as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// When, in nanoseconds.
    pub at: u64,
    /// To which thread.
    pub thread: u32,
    /// What.
    pub kind: Kind,
}

const _: () = assert!(size_of::<Record>() <= 24);

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The thread comes into being, and wants the GIL.
    Begins,
    /// It is in another state; if that is waiting for a lock, the number of its name.
    Enters(Doing, u32),
    /// It asks the holder to let go.
    Requests,
    /// It has the GIL, and runs.
    Granted,
    /// It no longer has it.
    LetsGo(Cause),
    /// It is at this place of the program.
    At(u32),
    /// It begins to collect garbage.
    CollectionBegins,
    /// It has collected.
    CollectionEnds,
    /// It ends.
    Ends,
}

/// How things stand.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    threads: BTreeMap<u32, Tracked>,
    /// Who holds the GIL, and since when.
    holder: Option<(u32, u64)>,
    /// Who held it last, why no longer, and since when.
    last: Option<(u32, Cause, u64)>,
    /// Who asked the holder to let go, and when.
    request: Option<(u32, u64)>,
    collection: Option<(u32, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Tracked {
    doing: Doing,
    since: u64,
    place: u32,
    lock: u32,
    /// When it last said where it was while it has been doing this.
    told: Option<u64>,
}

impl Moment {
    /// Takes in one event.
    pub fn apply(&mut self, record: &Record, sink: Option<&mut Timeline>) {
        let Record { at, thread, kind } = *record;
        match kind {
            Kind::Begins => {
                let tracked =
                    Tracked { doing: Doing::Wanting, since: at, place: NONE, lock: NONE, told: None };
                self.threads.insert(thread, tracked);
            }
            Kind::Enters(doing, lock) => self.change(thread, at, doing, lock, sink),
            Kind::Requests => {
                self.request.get_or_insert((thread, at));
            }
            Kind::Granted => self.grant(thread, at, sink),
            Kind::LetsGo(cause) => {
                self.end_hold(at, Some(cause), sink);
                self.last = Some((thread, cause, at));
            }
            Kind::At(place) => {
                let ended = self.threads.get_mut(&thread).and_then(|tracked| tracked.is_at(place, at));
                if let (Some(ended), Some(sink)) = (ended, sink) {
                    sink.push(thread, ended);
                }
            }
            Kind::CollectionBegins => self.collection = Some((thread, at)),
            Kind::CollectionEnds => {
                if let (Some((thread, begin)), Some(sink)) = (self.collection.take(), sink) {
                    sink.collections.push(Collection { thread, begin, end: at });
                }
            }
            Kind::Ends => {
                if let (Some(tracked), Some(sink)) = (self.threads.remove(&thread), sink) {
                    sink.push(thread, tracked.span(at));
                }
            }
        }
    }

    /// Everything that goes on is taken to have begun now.
    pub fn cut(&mut self, now: u64) {
        for tracked in self.threads.values_mut() {
            tracked.since = tracked.since.max(now);
            tracked.told = tracked.told.map(|told| told.max(now));
        }
        let since = self.holder.as_mut().map(|(_, since)| since);
        for since in since.into_iter().chain(self.collection.as_mut().map(|(_, since)| since)) {
            *since = now.max(*since);
        }
    }

    /// Everything that goes on ends in the timeline.
    pub fn finish(mut self, now: u64, sink: &mut Timeline) {
        for (thread, tracked) in &self.threads {
            sink.push(*thread, tracked.span(now));
        }
        self.end_hold(now, None, Some(sink));
    }

    fn change(&mut self, thread: u32, at: u64, doing: Doing, lock: u32, sink: Option<&mut Timeline>) {
        let Some(tracked) = self.threads.get_mut(&thread) else { return };
        let span = tracked.span(at);
        *tracked = Tracked { doing, since: at, lock, told: None, ..*tracked };
        if let Some(sink) = sink {
            sink.push(thread, span);
        }
    }

    fn grant(&mut self, thread: u32, at: u64, mut sink: Option<&mut Timeline>) {
        if self.threads.get(&thread).is_some_and(|tracked| tracked.doing != Doing::Running) {
            self.change(thread, at, Doing::Running, NONE, sink.as_deref_mut());
        }
        self.holder = Some((thread, at));
        let request = self.request.take();
        if let Some((from, cause, left)) = self.last.take()
            && from != thread
            && let Some(sink) = sink
        {
            sink.switches.push(Switch { from, to: thread, left, granted: at, cause, request });
        }
    }

    fn end_hold(&mut self, at: u64, cause: Option<Cause>, sink: Option<&mut Timeline>) {
        if let (Some((thread, begin)), Some(sink)) = (self.holder.take(), sink) {
            sink.holds.push(Hold { thread, begin, end: at, cause });
        }
    }
}

impl Tracked {
    /// It says where it is. If it had said that it was elsewhere, without doing anything else since, it has left there: that
    /// span is returned.
    fn is_at(&mut self, place: u32, now: u64) -> Option<Span> {
        let left = self.told.filter(|told| place != self.place && *told > self.since);
        let ended = left.map(|left| self.span(left));
        self.since = left.unwrap_or(self.since);
        self.place = place;
        self.told = Some(now);
        ended
    }

    fn span(&self, end: u64) -> Span {
        Span { begin: self.since, end, doing: self.doing, place: self.place, lock: self.lock }
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Title;
    use super::*;

    #[test]
    fn a_thread_that_runs_on_is_where_it_last_said() {
        let mut moment = Moment::default();
        let title = Title { program: "x.mpy".into(), rules: String::new(), has_gil: false };
        let mut timeline = Timeline::new(title, 0, 90);
        use Kind::{At, Begins, Granted};
        for (at, kind) in
            [(0, Begins), (1, Granted), (10, At(7)), (20, At(7)), (30, At(8)), (40, At(8)), (50, At(7))]
        {
            moment.apply(&Record { at, thread: 0, kind }, Some(&mut timeline));
        }
        moment.finish(90, &mut timeline);
        let spans: Vec<_> =
            timeline.threads[0].spans.iter().map(|span| (span.begin, span.end, span.place)).collect();
        assert_eq!(spans, [(0, 1, NONE), (1, 20, 7), (20, 40, 8), (40, 90, 7)]);
    }
}
