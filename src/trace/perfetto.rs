//! A recorded run in the Chrome trace format, which Perfetto opens: a track for the GIL with a span a holder, a track a thread
//! with its states, arrows for hand-overs, counters.
//!
//! A long recording has a million events in this form. They are made one by one as they are written, and never kept.
//!
//! The format: <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. Times in it are in
//! microseconds.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::iter;

use serde::{Serialize, Serializer};

use super::timeline::{Doing, Hold, Place, Span, Switch, Timeline};

/// The one process of a trace.
const PROCESS: u32 = 1;

/// The track of the GIL; a thread's is its number and one.
const GIL: u32 = 0;

/// Writes the trace.
///
/// # Errors
/// Those of the writer.
pub fn write(timeline: &Timeline, mut out: impl Write) -> io::Result<()> {
    let trace = Trace {
        display_time_unit: "ns",
        other_data: About {
            program: &timeline.title.program,
            rules: &timeline.title.rules,
            dropped: timeline.dropped,
        },
        trace_events: Events(timeline),
    };
    serde_json::to_writer(&mut out, &trace)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'t> {
    display_time_unit: &'static str,
    other_data: About<'t>,
    trace_events: Events<'t>,
}

#[derive(Serialize)]
struct About<'t> {
    program: &'t str,
    rules: &'t str,
    #[serde(rename = "events dropped before the beginning")]
    dropped: u64,
}

struct Events<'t>(&'t Timeline);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timeline = self.0;
        let events = names(timeline).chain(holds(timeline)).chain(spans(timeline));
        serializer.collect_seq(
            events.chain(collections(timeline)).chain(hand_overs(timeline)).chain(counters(timeline)),
        )
    }
}

/// An event. Its phase says of which kind it is.
#[derive(Serialize)]
#[serde(tag = "ph")]
enum Event<'t> {
    /// What a track is called, or where it stands.
    #[serde(rename = "M")]
    Track { name: &'static str, pid: u32, tid: u32, args: Args<'t> },
    /// Something with a beginning and an end.
    #[serde(rename = "X")]
    Complete { name: &'t str, cat: &'static str, pid: u32, tid: u32, ts: Micros, dur: Micros, args: Args<'t> },
    /// An arrow begins.
    #[serde(rename = "s")]
    From(Arrow),
    /// An arrow ends.
    #[serde(rename = "f")]
    To(Arrow),
    /// The values of counters from now on.
    #[serde(rename = "C")]
    Counters { name: &'static str, pid: u32, ts: Micros, args: Args<'t> },
}

/// An end of an arrow.
#[derive(Serialize)]
struct Arrow {
    id: usize,
    name: &'static str,
    cat: &'static str,
    /// To which span it is tied: the one around it.
    bp: &'static str,
    pid: u32,
    tid: u32,
    ts: Micros,
}

/// What else there is to say of an event.
#[derive(Serialize)]
#[serde(untagged)]
enum Args<'t> {
    Name {
        name: &'t str,
    },
    Order {
        sort_index: u32,
    },
    Hold {
        #[serde(rename = "let go")]
        cause: &'static str,
    },
    State {
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<Line<'t>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        function: Option<&'t str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<&'t str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lock: Option<&'t str>,
    },
    Counts {
        running: i64,
        #[serde(rename = "wanting the GIL")]
        wanting: i64,
    },
    Nothing {},
}

/// File and line.
struct Line<'t>(&'t Place);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.file, self.0.line)
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A time, of which we know the nanoseconds.
struct Micros(u64);

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

fn track(thread: u32) -> u32 {
    thread + 1
}

fn names(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    let about = |name, tid, args| Event::Track { name, pid: PROCESS, tid, args };
    let gil = timeline.title.has_gil.then_some((GIL, "GIL"));
    let tracks = timeline.threads.iter().map(|lane| (track(lane.id), lane.name.as_str()));
    let process = about("process_name", GIL, Args::Name { name: &timeline.title.program });
    iter::once(process).chain(gil.into_iter().chain(tracks).flat_map(move |(track, name)| {
        [
            about("thread_name", track, Args::Name { name }),
            about("thread_sort_index", track, Args::Order { sort_index: track }),
        ]
    }))
}

fn complete<'t>(
    name: &'t str,
    category: &'static str,
    track: u32,
    (begin, end): (u64, u64),
    args: Args<'t>,
) -> Event<'t> {
    let (ts, dur) = (Micros(begin), Micros(end - begin));
    Event::Complete { name, cat: category, pid: PROCESS, tid: track, ts, dur, args }
}

fn holds(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    let holds: &[Hold] = if timeline.title.has_gil { &timeline.holds } else { &[] };
    holds.iter().map(|hold| {
        let lane = timeline.lane_of(hold.thread).map(|lane| timeline.threads[lane].name.as_str());
        let cause = hold.cause.map_or("end of the recording", |cause| cause.name());
        complete(lane.unwrap_or("?"), "gil", GIL, (hold.begin, hold.end), Args::Hold { cause })
    })
}

fn spans(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    let state = |track: u32, span: &Span| {
        let place = timeline.place(span.place);
        let args = Args::State {
            line: place.map(Line),
            function: place.map(|place| place.function.as_str()),
            source: place.map(|place| place.text.as_str()),
            lock: timeline.lock(span.lock).filter(|_| span.doing == Doing::Lock),
        };
        complete(span.doing.label(), "state", track, (span.begin, span.end), args)
    };
    timeline
        .threads
        .iter()
        .flat_map(move |lane| lane.spans.iter().map(move |span| state(track(lane.id), span)))
}

fn collections(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    timeline.collections.iter().map(|collection| {
        let times = (collection.begin, collection.end);
        complete("collection", "gc", track(collection.thread), times, Args::Nothing {})
    })
}

/// An arrow from the end of the span in which a thread lost the GIL to the beginning of that in which another has it. It is tied
/// to these spans: where the recording does not have them there is none.
fn hand_overs(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    timeline
        .switches
        .iter()
        .enumerate()
        .filter_map(|(number, switch)| arrow(timeline, number, switch))
        .flatten()
}

fn arrow<'t>(timeline: &'t Timeline, number: usize, switch: &Switch) -> Option<[Event<'t>; 2]> {
    let (spans, from) = begun(timeline, switch.from, switch.left);
    let before = spans[..from].iter().rfind(|span| span.doing == Doing::Running)?;
    let (spans, to) = begun(timeline, switch.to, switch.granted);
    let after = spans[to..].first().filter(|span| span.doing == Doing::Running)?;
    let end = |thread: u32, at: u64| Arrow {
        id: number,
        name: switch.cause.name(),
        cat: "hand-over",
        bp: "e",
        pid: PROCESS,
        tid: track(thread),
        ts: Micros(at),
    };
    // The last nanosecond still lies inside the span that ends.
    let left = before.end.min(switch.left) - 1;
    Some([Event::From(end(switch.from, left)), Event::To(end(switch.to, after.begin))])
}

/// The spans of a thread, and how many of them began before a time.
fn begun(timeline: &Timeline, thread: u32, time: u64) -> (&[Span], usize) {
    let spans = timeline.lane_of(thread).map_or(&[][..], |lane| &timeline.threads[lane].spans);
    (spans, spans.partition_point(|span| span.begin < time))
}

/// How many threads ran and wanted the GIL, whenever that changes.
fn counters(timeline: &Timeline) -> impl Iterator<Item = Event<'_>> {
    let mut changes: Vec<(u64, Doing, i64)> = Vec::new();
    for span in timeline.threads.iter().flat_map(|lane| &lane.spans) {
        if matches!(span.doing, Doing::Running | Doing::Wanting) {
            changes.push((span.begin, span.doing, 1));
            changes.push((span.end, span.doing, -1));
        }
    }
    changes.sort_unstable();
    let mut changes = changes.into_iter().peekable();
    let mut counts = [0_i64; 2];
    iter::from_fn(move || {
        let (now, ..) = *changes.peek()?;
        while let Some((_, doing, step)) = changes.next_if(|(at, ..)| *at == now) {
            counts[usize::from(doing == Doing::Wanting)] += step;
        }
        let [running, wanting] = counts;
        let args = Args::Counts { running, wanting };
        Some(Event::Counters { name: "threads", pid: PROCESS, ts: Micros(now), args })
    })
}
