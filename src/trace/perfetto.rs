//! A recorded run in the Chrome trace format, which Perfetto opens: a track for the GIL with a span a holder, a track a thread
//! with its states, arrows for hand-overs, counters.
//!
//! The format: <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. Times in it are in
//! microseconds.

use serde_json::{Value, json};

use super::timeline::{Doing, Span, Timeline};

/// The one process of a trace.
const PROCESS: u32 = 1;

/// The track of the GIL; a thread's is its number and one.
const GIL: u32 = 0;

/// The trace, as text.
pub fn render(timeline: &Timeline) -> String {
    let mut events = Vec::new();
    names(timeline, &mut events);
    holds(timeline, &mut events);
    for lane in &timeline.threads {
        for span in &lane.spans {
            events.push(span_event(timeline, track(lane.id), span));
        }
    }
    for collection in &timeline.collections {
        let (begin, end) = (collection.begin, collection.end);
        events.push(complete("collection", "gc", track(collection.thread), begin, end, json!({})));
    }
    hand_overs(timeline, &mut events);
    counters(timeline, &mut events);
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ns",
        "otherData": {
            "program": timeline.title.program,
            "rules": timeline.title.rules,
            "events dropped before the beginning": timeline.dropped,
        },
    });
    // Plain data with text for keys always has a form in JSON.
    serde_json::to_string(&trace).unwrap_or_default() + "\n"
}

fn track(thread: u32) -> u32 {
    thread + 1
}

fn micros(nanos: u64) -> Value {
    json!(nanos as f64 / 1000.0)
}

fn names(timeline: &Timeline, events: &mut Vec<Value>) {
    let mut name = |what: &str, track: u32, args: Value| {
        events.push(json!({ "ph": "M", "name": what, "pid": PROCESS, "tid": track, "args": args }));
    };
    name("process_name", GIL, json!({ "name": timeline.title.program }));
    let tracks = timeline.threads.iter().map(|lane| (track(lane.id), lane.name.as_str()));
    let gil = timeline.title.has_gil.then_some((GIL, "GIL"));
    for (track, text) in gil.into_iter().chain(tracks) {
        name("thread_name", track, json!({ "name": text }));
        name("thread_sort_index", track, json!({ "sort_index": track }));
    }
}

fn complete(name: &str, category: &str, track: u32, begin: u64, end: u64, args: Value) -> Value {
    json!({
        "ph": "X", "name": name, "cat": category, "pid": PROCESS, "tid": track,
        "ts": micros(begin), "dur": micros(end - begin), "args": args,
    })
}

fn holds(timeline: &Timeline, events: &mut Vec<Value>) {
    if !timeline.title.has_gil {
        return;
    }
    for hold in &timeline.holds {
        let lane = timeline.lane_of(hold.thread).map(|lane| timeline.threads[lane].name.as_str());
        let cause = hold.cause.map_or("end of the recording", |cause| cause.name());
        let args = json!({ "let go": cause });
        events.push(complete(lane.unwrap_or("?"), "gil", GIL, hold.begin, hold.end, args));
    }
}

fn span_event(timeline: &Timeline, track: u32, span: &Span) -> Value {
    let mut args = serde_json::Map::new();
    if let Some(place) = timeline.place(span.place) {
        args.insert("line".into(), json!(format!("{}:{}", place.file, place.line)));
        args.insert("function".into(), json!(place.function));
        args.insert("source".into(), json!(place.text));
    }
    if let Some(lock) = timeline.lock(span.lock).filter(|_| span.doing == Doing::Lock) {
        args.insert("lock".into(), json!(lock));
    }
    complete(span.doing.label(), "state", track, span.begin, span.end, args.into())
}

/// An arrow from the end of the span in which a thread lost the GIL to the beginning of that in which another has it. It is tied
/// to these spans: where the recording does not have them there is none.
fn hand_overs(timeline: &Timeline, events: &mut Vec<Value>) {
    for (number, switch) in timeline.switches.iter().enumerate() {
        let (spans, from) = begun(timeline, switch.from, switch.left);
        let before = spans[..from].iter().rfind(|span| span.doing == Doing::Running);
        let (spans, to) = begun(timeline, switch.to, switch.granted);
        let after = spans[to..].first().filter(|span| span.doing == Doing::Running);
        let (Some(before), Some(after)) = (before, after) else { continue };
        let end = |phase: &str, thread: u32, at: u64| {
            json!({
                "ph": phase, "id": number, "name": switch.cause.name(), "cat": "hand-over", "bp": "e",
                "pid": PROCESS, "tid": track(thread), "ts": micros(at),
            })
        };
        // The last nanosecond still lies inside the span that ends.
        events.push(end("s", switch.from, before.end.min(switch.left) - 1));
        events.push(end("f", switch.to, after.begin));
    }
}

/// The spans of a thread, and how many of them began before a time.
fn begun(timeline: &Timeline, thread: u32, time: u64) -> (&[Span], usize) {
    let spans = timeline.lane_of(thread).map_or(&[][..], |lane| &timeline.threads[lane].spans);
    (spans, spans.partition_point(|span| span.begin < time))
}

/// How many threads ran and wanted the GIL, whenever that changes.
fn counters(timeline: &Timeline, events: &mut Vec<Value>) {
    let mut changes: Vec<(u64, Doing, i64)> = Vec::new();
    for span in timeline.threads.iter().flat_map(|lane| &lane.spans) {
        if matches!(span.doing, Doing::Running | Doing::Wanting) {
            changes.push((span.begin, span.doing, 1));
            changes.push((span.end, span.doing, -1));
        }
    }
    changes.sort_unstable();
    let mut counts = [0_i64; 2];
    for at in changes.chunk_by(|a, b| a.0 == b.0) {
        for (_, doing, step) in at {
            counts[usize::from(*doing == Doing::Wanting)] += step;
        }
        events.push(json!({
            "ph": "C", "name": "threads", "pid": PROCESS, "ts": micros(at[0].0),
            "args": { "running": counts[0], "wanting the GIL": counts[1] },
        }));
    }
}
