//! A recorded run, or several on one scale, as one self-contained page: no network, no other file. What the page does is
//! written in `page/`; this file gives it the data.

use serde::Serialize;
use serde_json::Value;

use super::moment::NONE;
use super::timeline::{Lane, Timeline};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");

/// The parts of the script, in the order in which they build on each other.
const SCRIPT: [&str; 4] = [
    include_str!("page/model.js"),
    include_str!("page/paint.js"),
    include_str!("page/draw.js"),
    include_str!("page/main.js"),
];

/// The element that holds the data.
const DATA_BEGINS: &str = "<script type=\"application/json\" id=\"runs\">";
const DATA_ENDS: &str = "</script>";

/// The page of one run.
pub fn render(timeline: &Timeline) -> String {
    page(&timeline.title.program, &[Run::new(timeline)])
}

/// The page on which the runs of several pages stand, one below the other. None if one of them is no such page.
pub fn stack(title: &str, pages: &[String]) -> Option<String> {
    let mut runs = Vec::new();
    for page in pages {
        let (_, rest) = page.split_once(DATA_BEGINS)?;
        let (data, _) = rest.split_once(DATA_ENDS)?;
        let Ok(Value::Array(more)) = serde_json::from_str(data) else { return None };
        runs.extend(more);
    }
    Some(page(title, &runs))
}

fn page(title: &str, runs: &[impl Serialize]) -> String {
    // Plain data with text for keys always has a form in JSON. A text in it may have `<` written so, and then nothing in it
    // ends the element.
    let runs = serde_json::to_string(runs).unwrap_or_default().replace('<', "\\u003c");
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    // What is put in is not searched again.
    let mut page = String::with_capacity(PAGE.len() + runs.len() + (1 << 16));
    let mut rest = PAGE;
    let script = SCRIPT.concat();
    for (mark, text) in
        [("{title}", &title), ("{style}", &STYLE.to_owned()), ("{runs}", &runs), ("{script}", &script)]
    {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}

/// A run as `model.js` reads it. Threads are numbered by their lanes, times count from the beginning; of what there is much, the
/// numbers stand in one row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'t> {
    title: &'t str,
    rules: &'t str,
    has_gil: bool,
    begin: u64,
    end: u64,
    lost: Option<String>,
    threads: Vec<Thread<'t>>,
    holds: Vec<i64>,
    switches: Vec<i64>,
    collections: Vec<i64>,
    places: Vec<Place<'t>>,
    locks: Vec<&'t str>,
}

#[derive(Serialize)]
struct Thread<'t> {
    id: u32,
    name: &'t str,
    spans: Vec<i64>,
}

#[derive(Serialize)]
struct Place<'t> {
    file: &'t str,
    line: u32,
    function: &'t str,
    text: &'t str,
}

impl Run<'_> {
    fn new(timeline: &Timeline) -> Run<'_> {
        let since = |time: u64| time.saturating_sub(timeline.begin) as i64;
        let lane = |thread| timeline.lane_of(thread).map_or(-1, |lane| lane as i64);
        let holds = timeline.holds.iter().flat_map(|hold| {
            let cause = hold.cause.map_or(-1, |cause| cause as i64);
            [lane(hold.thread), since(hold.begin), since(hold.end), cause]
        });
        let switches = timeline.switches.iter().flat_map(|switch| {
            let (requester, requested) = switch.request.map_or((-1, -1), |(by, at)| (lane(by), since(at)));
            let (left, granted) = (since(switch.left), since(switch.granted));
            [lane(switch.from), lane(switch.to), left, granted, requested, requester, switch.cause as i64]
        });
        let places = timeline.places.iter().map(|place| Place {
            file: &place.file,
            line: place.line,
            function: &place.function,
            text: &place.text,
        });
        let collections = timeline
            .collections
            .iter()
            .flat_map(|collection| [lane(collection.thread), since(collection.begin), since(collection.end)]);
        Run {
            title: &timeline.title.program,
            rules: &timeline.title.rules,
            has_gil: timeline.title.has_gil,
            begin: timeline.begin,
            end: timeline.end,
            lost: timeline.lost(),
            threads: timeline.threads.iter().map(|lane| Thread::new(lane, since)).collect(),
            holds: holds.collect(),
            switches: switches.collect(),
            collections: collections.collect(),
            places: places.collect(),
            locks: timeline.locks.iter().map(|name| &**name).collect(),
        }
    }
}

impl Thread<'_> {
    fn new(lane: &Lane, since: impl Fn(u64) -> i64) -> Thread<'_> {
        let number = |number: u32| if number == NONE { -1 } else { i64::from(number) };
        let spans = lane.spans.iter().flat_map(|span| {
            let [from, to] = [span.begin, span.end].map(&since);
            [from, to, span.doing as i64, number(span.place), number(span.lock)]
        });
        Thread { id: lane.id, name: &lane.name, spans: spans.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Title;
    use super::*;

    fn empty(program: &str) -> Timeline {
        let title = Title { program: program.into(), rules: "--gil new".into(), has_gil: true };
        Timeline::new(title, 0, 10)
    }

    #[test]
    fn a_page_needs_no_other_file() {
        let page = render(&empty("x.mpy"));
        assert!(page.contains("<title>x.mpy</title>"));
        for mark in
            ["{title}", "{style}", "{runs}", "{script}", "http:", "https:", " src=", "@import", "fetch("]
        {
            assert!(!page.contains(mark), "{mark}");
        }
    }

    #[test]
    fn no_name_ends_the_data() {
        let page = render(&empty("</script><b>&"));
        assert!(page.contains("<title>&lt;/script>&lt;b>&amp;</title>"));
        assert!(page.contains(r#""title":"\u003c/script>\u003cb>&""#));
        let stacked = stack("both", &[page.clone(), page]).expect("they are pages");
        assert_eq!(stacked.matches(r#""title":"\u003c/script>\u003cb>&""#).count(), 2);
        assert_eq!(stack("none", &["<p>".to_owned()]), None);
    }
}
