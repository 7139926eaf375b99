//! A recorded run, or several on one scale, as one self-contained page: no network, no other file. What the page does is
//! written in `page/`; this file gives it the data.

use serde_json::{Value, json};

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
    page(&timeline.title.program, vec![data(timeline)])
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
    Some(page(title, runs))
}

fn page(title: &str, runs: Vec<Value>) -> String {
    // A text in JSON may have `<` written so, and then nothing in it ends the element.
    let runs = Value::Array(runs).to_string().replace('<', "\\u003c");
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

/// A run as `model.js` reads it. Threads are numbered by their lanes, times count from the beginning.
fn data(timeline: &Timeline) -> Value {
    let since = |time: u64| time.saturating_sub(timeline.begin);
    let lane = |thread| timeline.lane_of(thread).map_or(-1, |lane| lane as i64);
    let holds = timeline.holds.iter().flat_map(|hold| {
        let cause = hold.cause.map_or(-1, |cause| cause as i64);
        [lane(hold.thread), since(hold.begin) as i64, since(hold.end) as i64, cause]
    });
    let switches = timeline.switches.iter().flat_map(|switch| {
        let (requester, requested) = switch.request.map_or((-1, -1), |(by, at)| (lane(by), since(at) as i64));
        let (left, granted) = (since(switch.left) as i64, since(switch.granted) as i64);
        [lane(switch.from), lane(switch.to), left, granted, requested, requester, switch.cause as i64]
    });
    let places = timeline.places.iter().map(|place| {
        json!({ "file": place.file, "line": place.line, "function": place.function, "text": place.text })
    });
    let collections = timeline.collections.iter().flat_map(|collection| {
        [lane(collection.thread), since(collection.begin) as i64, since(collection.end) as i64]
    });
    json!({
        "title": timeline.title.program,
        "rules": timeline.title.rules,
        "hasGil": timeline.title.has_gil,
        "begin": timeline.begin,
        "end": timeline.end,
        "lost": timeline.lost(),
        "threads": timeline.threads.iter().map(|lane| thread(lane, timeline.begin)).collect::<Vec<_>>(),
        "holds": holds.collect::<Vec<_>>(),
        "switches": switches.collect::<Vec<_>>(),
        "collections": collections.collect::<Vec<_>>(),
        "places": places.collect::<Vec<_>>(),
        "locks": timeline.locks.iter().map(|name| &**name).collect::<Vec<_>>(),
    })
}

fn thread(lane: &Lane, begin: u64) -> Value {
    let number = |number: u32| if number == super::moment::NONE { -1 } else { i64::from(number) };
    let spans = lane.spans.iter().flat_map(|span| {
        let [from, to] = [span.begin, span.end].map(|time| time.saturating_sub(begin) as i64);
        [from, to, span.doing as i64, number(span.place), number(span.lock)]
    });
    json!({ "id": lane.id, "name": lane.name, "spans": spans.collect::<Vec<_>>() })
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
