//! Recorded runs: the Chrome trace format against its rules, the page and the picture against what ran.

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use common::{minipy, wait};

/// Two threads compute, one sleeps, all of them meet at a lock.
const PROGRAM: &str = "\
import threading, time

door = threading.Lock()

def worker(index):
    with door:
        time.sleep(0.002)
    for _ in range(20):
        if index == 2:
            time.sleep(0.0005)
        for _ in range(3000):
            pass
";

/// Runs the program and gives back the file that was recorded.
fn recorded(name: &str, options: &[&str]) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let path = file.to_string_lossy().into_owned();
    let words = [&["run", "--threads", "3", "--trace", &path], options, &["-c", PROGRAM]].concat();
    let ended = wait(minipy(&words).spawn().expect("the command starts"));
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    fs::read_to_string(file).expect("the trace was written")
}

/// A span of a track, in nanoseconds.
#[derive(Debug)]
struct Span {
    begin: i64,
    end: i64,
    name: String,
}

/// A trace, taken apart.
struct Trace {
    tracks: HashMap<i64, String>,
    spans: BTreeMap<i64, Vec<Span>>,
    /// By number: the ends of an arrow, each with its track and time.
    arrows: BTreeMap<i64, Vec<(String, i64, i64)>>,
    counters: Vec<(i64, Value)>,
}

fn nanos(value: &Value) -> i64 {
    (value.as_f64().expect("a time") * 1000.0).round() as i64
}

impl Trace {
    fn read(text: &str) -> Trace {
        let whole: Value = serde_json::from_str(text).expect("a trace is JSON");
        let mut trace = Trace {
            tracks: HashMap::new(),
            spans: BTreeMap::new(),
            arrows: BTreeMap::new(),
            counters: Vec::new(),
        };
        for event in whole["traceEvents"].as_array().expect("a list of events") {
            assert_eq!(event["pid"], 1, "{event}");
            let text =
                |key: &str| event[key].as_str().unwrap_or_else(|| panic!("{key} of {event}")).to_owned();
            let track = || event["tid"].as_i64().unwrap_or_else(|| panic!("a track: {event}"));
            match text("ph").as_str() {
                "M" if event["name"] == "thread_name" => {
                    let name = event["args"]["name"].as_str().expect("a name").to_owned();
                    assert!(trace.tracks.insert(track(), name).is_none(), "named twice: {event}");
                }
                "M" => assert!(["process_name", "thread_sort_index"].contains(&text("name").as_str())),
                "X" => {
                    let begin = nanos(&event["ts"]);
                    let span = Span { begin, end: begin + nanos(&event["dur"]), name: text("name") };
                    assert!(span.begin >= 0 && span.end >= span.begin, "{event}");
                    trace.spans.entry(track()).or_default().push(span);
                }
                phase @ ("s" | "f") => {
                    let id = event["id"].as_i64().expect("a number");
                    let end = (phase.to_owned(), track(), nanos(&event["ts"]));
                    trace.arrows.entry(id).or_default().push(end);
                }
                "C" => trace.counters.push((nanos(&event["ts"]), event["args"].clone())),
                other => panic!("unknown phase {other}"),
            }
        }
        trace
    }

    fn track(&self, name: &str) -> &[Span] {
        let track = self.tracks.iter().find(|(_, other)| *other == name).unwrap_or_else(|| panic!("{name}"));
        &self.spans[track.0]
    }
}

#[test]
fn the_chrome_trace_obeys_its_format() {
    let trace = Trace::read(&recorded("format.json", &[]));
    let names: HashSet<_> = trace.tracks.values().map(String::as_str).collect();
    let expected = ["GIL", "MainThread", "Thread-1 (worker)", "Thread-2 (worker)", "Thread-3 (worker)"];
    assert_eq!(names, HashSet::from(expected));
    for (track, spans) in &trace.spans {
        assert!(trace.tracks.contains_key(track), "track {track} has no name");
        // Spans of a track nest: each lies in the one before it or after it.
        let mut open: Vec<&Span> = Vec::new();
        let mut order: Vec<_> = spans.iter().collect();
        order.sort_by_key(|span| (span.begin, -span.end));
        for span in order {
            open.retain(|other| other.end > span.begin);
            assert!(open.last().is_none_or(|outer| span.end <= outer.end), "{span:?} crosses {open:?}");
            open.push(span);
        }
    }
    assert!(!trace.arrows.is_empty());
    for (number, ends) in &trace.arrows {
        let [(start, from, left), (finish, to, granted)] = &ends[..] else {
            panic!("arrow {number}: {ends:?}")
        };
        assert!(start == "s" && finish == "f" && left <= granted && from != to, "arrow {number}: {ends:?}");
        let ties = |track: &i64, time: i64| {
            let spans = &trace.spans[track];
            spans.iter().any(|span| span.name == "running" && span.begin <= time && time <= span.end)
        };
        assert!(ties(from, *left) && ties(to, *granted), "arrow {number} ends in no running span");
    }
    let counts = trace.counters.iter().map(|(_, counts)| counts);
    for counts in counts {
        // One at a time: there is a GIL.
        assert!(counts["running"].as_i64().is_some_and(|count| (0..=1).contains(&count)), "{counts}");
        assert!(counts["wanting the GIL"].as_i64().is_some_and(|count| (0..=4).contains(&count)), "{counts}");
    }
}

#[test]
fn the_holder_runs_and_nobody_else() {
    let trace = Trace::read(&recorded("holder.json", &[]));
    let holds = trace.track("GIL");
    assert!(holds.windows(2).all(|pair| pair[0].end <= pair[1].begin), "two hold it at once");
    for (track, name) in &trace.tracks {
        let Some(spans) = trace.spans.get(track).filter(|_| name != "GIL") else { continue };
        // States follow each other without a gap: a thread is always in exactly one. A collection lies inside one.
        let states: Vec<_> = spans.iter().filter(|span| span.name != "collection").collect();
        assert!(states.windows(2).all(|pair| pair[0].end == pair[1].begin), "{name} has a gap");
        for span in spans.iter().filter(|span| span.name == "running" && span.end > span.begin) {
            let held = |hold: &&Span| hold.name == *name && hold.begin <= span.begin && hold.end >= span.end;
            assert!(holds.iter().any(|hold| held(&hold)), "{name} runs without the GIL: {span:?}");
        }
    }
    let sleeps = trace.track("Thread-3 (worker)").iter().filter(|span| span.name == "sleeps").count();
    assert_eq!(sleeps, 21, "so often it sleeps");
}

#[test]
fn threads_run_at_once_without_a_gil() {
    let trace = Trace::read(&recorded("off.json", &["--gil", "off"]));
    assert!(trace.tracks.values().all(|name| name != "GIL") && trace.arrows.is_empty());
    assert_eq!(trace.tracks.len(), 4);
}

#[test]
fn the_page_has_everything_in_it() {
    let page = recorded("page.html", &[]);
    let (_, data) = page.split_once("id=\"runs\">").expect("the data");
    let (data, _) = data.split_once("</script>").expect("its end");
    let runs: Value = serde_json::from_str(data).expect("the data is JSON");
    let run = &runs[0];
    assert_eq!(run["hasGil"], true);
    assert_eq!(run["rules"], "--gil new --checkpoints op --switch-interval 500us");
    let names: Vec<_> =
        run["threads"].as_array().expect("a list").iter().map(|thread| &thread["name"]).collect();
    assert_eq!(names, ["MainThread", "Thread-1 (worker)", "Thread-2 (worker)", "Thread-3 (worker)"]);
    let places = run["places"].as_array().expect("a list");
    let text = |place: &Value| place["text"].as_str().map(str::to_owned);
    assert!(
        places.iter().any(|place| place["line"] == 7 && text(place).as_deref() == Some("time.sleep(0.002)"))
    );
}

#[test]
fn a_lock_has_the_name_that_the_program_has_for_it() {
    // The main thread lets go only when the other is known to wait; what that waits for is found in the function that does.
    let code = "\
import minipy, threading

class House:
    def __init__(self):
        self.door = threading.Lock()
    def visit(self):
        with self.door:
            pass

house = House()
house.door.acquire()
thread = threading.Thread(target=house.visit, name='visitor')
thread.start()
while minipy.stats()['threads'][1]['state'] != 'lock':
    pass
house.door.release()
thread.join()
";
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("name.json");
    let path = file.to_string_lossy().into_owned();
    let ended = wait(minipy(&["run", "--trace", &path, "-c", code]).spawn().expect("the command starts"));
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    let text = fs::read_to_string(file).expect("the trace was written");
    assert!(
        text.contains(r#""lock":"lock self.door""#) && text.contains(r#""source":"with self.door:""#),
        "{text}"
    );
}

#[test]
fn the_picture_shows_every_thread() {
    let picture = recorded("picture.svg", &[]);
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    for name in
        ["GIL", "MainThread", "Thread-1 (worker)", "Thread-2 (worker)", "Thread-3 (worker)", "wants the GIL"]
    {
        assert!(picture.contains(&format!(">{name}</text>")), "{name}");
    }
    assert!(picture.contains("url(#wanting)"));
}

#[test]
fn a_trace_needs_a_known_ending_and_a_place() {
    let run = |file: &str| wait(minipy(&["run", "--trace", file, "-c", "print(1)"]).spawn().expect("starts"));
    let ended = run("x.txt");
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("", "2"));
    assert!(ended.err.contains("the name must end in .html, .json or .svg"), "{}", ended.err);
    let ended = run("no/such/folder/x.html");
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("1\n", "1"));
    let expected = "minipy: can't write file 'no/such/folder/x.html': No such file or directory\n";
    assert_eq!(ended.err, expected);
}
