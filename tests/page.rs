//! The page of a recorded run in a real browser, without a window: what the lanes show, what hovering says, zoom, filters, and a
//! hundred thousand events.
//!
//! A script that is added to the page uses it as a person does and writes down what it sees. Where there is no Chromium the tests
//! say so and are skipped, unless `MINIPY_BROWSER` names one that must be there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minipy::trace::page;
use minipy::trace::recorder::Recorder;
use minipy::trace::timeline::{Timeline, Title};
use minipy::vm::event::{Cause, Event, LockName, Note, State, What};
use serde_json::Value;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn browser() -> Option<PathBuf> {
    if let Some(named) = env::var_os("MINIPY_BROWSER") {
        return Some(PathBuf::from(named));
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|file| file.is_file())
}

/// How the script sees the page: what a person would do, and what there is to see.
const HANDS: &str = r##"
const lanes = document.getElementById("lanes");
const pen = lanes.getContext("2d");
const tip = document.getElementById("tip");
const frame = () => new Promise((done) => setTimeout(done, 100));
const at = (kind, x, y, more) => {
  const box = lanes.getBoundingClientRect();
  const place = { clientX: box.left + x, clientY: box.top + y, bubbles: true, cancelable: true };
  lanes.dispatchEvent(new (kind === "wheel" ? WheelEvent : PointerEvent)(kind, { ...place, ...more }));
};
const hover = (x, y) => { at("pointermove", x, y); return tip.hidden ? "" : tip.textContent; };
const pixel = (x, y) => {
  const scale = lanes.width / lanes.clientWidth;
  const [r, g, b] = pen.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data;
  return "#" + [r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("");
};
const press = (text) => [...document.querySelectorAll("button")].find((button) => button.textContent === text).click();
const shown = () => lanes.getAttribute("aria-label").split(", ")[1];
// The rows, as the page lays them out: below the axis a heading, the lane of the GIL, a lane for each thread.
const LEFT = 190, WIDTH = lanes.clientWidth - 190 - 214;
const rowOf = (index, height = 32) => 26 + 26 + 40 + height * index + height / 2;
const GIL = 26 + 26 + 15;
const xOf = (part) => LEFT + part * WIDTH;
"##;

/// What the script, added to the page, has seen: the value of its last expression. Nothing where there is no browser.
fn seen(name: &str, page: &str, script: &str) -> Option<Value> {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no Chromium here");
        return None;
    };
    let added = format!(
        "<script>addEventListener(\"load\", async () => {{ {HANDS} let seen; try {{ await frame(); seen = await (async () => {{ {script} }})(); }} \
         catch (error) {{ seen = String(error); }} const place = document.createElement(\"pre\"); place.id = \"seen\"; \
         place.textContent = JSON.stringify(seen); document.body.append(place); }});</script></body>"
    );
    // Without a window nothing is due to be shown, so frames would not come by themselves.
    let clock = "<head><script>window.requestAnimationFrame = (draw) => setTimeout(draw, 16);</script>";
    let page = page.replacen("<head>", clock, 1);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _: std::io::Result<()> = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder for tests can be written");
    let file = folder.join("page.html");
    fs::write(&file, page.replacen("</body>", &added, 1)).expect("the page can be written");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--window-size=1400,900", "--virtual-time-budget=60000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .stderr(Stdio::null())
        .output()
        .expect("the browser starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let (_, rest) =
        text.split_once("<pre id=\"seen\">").unwrap_or_else(|| panic!("the script ends: {text:.2000}"));
    let (json, _) = rest.split_once("</pre>").expect("an end");
    let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Some(serde_json::from_str(&json).expect("what was seen is JSON"))
}

fn timeline(events: &[(u64, u32, What<'_>)], end: u64) -> Timeline {
    let recorder = Recorder::new(1 << 20);
    let observer = recorder.observer();
    for &(at, thread, what) in events {
        observer(Event { at, thread, what });
    }
    let rules = "--gil new --checkpoints op --switch-interval 500us".into();
    recorder.timeline(Title { program: "program.mpy".into(), rules, has_gil: true }, end)
}

const MILLI: u64 = 1_000_000;

/// Ten milliseconds: the first thread runs, then waits for a lock; the second wants the GIL for a millisecond, then runs; at the
/// end both sleep.
fn small() -> Timeline {
    timeline(
        &[
            (0, 0, What::Begins),
            (0, 0, What::Notes(Note::Name("first"))),
            (0, 0, What::Granted),
            (3 * MILLI, 1, What::Begins),
            (3 * MILLI, 1, What::Notes(Note::Name("second"))),
            (3 * MILLI + MILLI / 2, 1, What::Requests),
            (4 * MILLI, 0, What::LetsGo(Cause::Interval)),
            (4 * MILLI, 0, What::Notes(Note::WaitsFor("lock door"))),
            (4 * MILLI, 0, What::Enters(State::Lock(LockName::Object(3)))),
            (4 * MILLI, 1, What::Granted),
            (8 * MILLI, 1, What::LetsGo(Cause::Blocking)),
            (8 * MILLI, 1, What::Enters(State::Sleeping)),
            (8 * MILLI, 0, What::Enters(State::Sleeping)),
        ],
        10 * MILLI,
    )
}

#[test]
fn lanes_hover_zoom_and_filter() {
    let script = r##"
const run = {};
run.colours = [pixel(xOf(0.1), rowOf(0)), pixel(xOf(0.6), rowOf(1)), pixel(xOf(0.9), rowOf(0)), pixel(xOf(0.1), rowOf(1))];
run.gil = [pixel(xOf(0.3), GIL), pixel(xOf(0.7), GIL), pixel(xOf(0.9), GIL)];
run.hover = [hover(xOf(0.2), rowOf(0)), hover(xOf(0.6), rowOf(0)), hover(xOf(0.35), rowOf(1)), hover(xOf(0.2), GIL),
  hover(xOf(0.4), 26 + 26 + 4 + 26 + 6), hover(xOf(0.1), rowOf(1)), hover(10, rowOf(0))];
run.shown = [shown()];
press("+"); await frame(); run.shown.push(shown());
at("wheel", xOf(0), rowOf(0), { deltaY: -433 }); await frame(); run.shown.push(shown());
dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" })); await frame(); run.shown.push(shown());
press("Jump to the longest wait"); await frame(); run.shown.push(shown());
press("Whole run"); await frame(); run.shown.push(shown());
press("running"); await frame();
run.hidden = [pixel(xOf(0.1), rowOf(0)), hover(xOf(0.2), rowOf(0))];
press("running"); await frame();
run.back = pixel(xOf(0.1), rowOf(0));
run.table = [...document.querySelectorAll("td")].map((cell) => cell.textContent);
return run;
"##;
    let Some(seen) = seen("page-small", &page::render(&small()), script) else { return };
    let green = "#1e8a5f";
    let (pale, white) = ("#d6e9f7", "#ffffff");
    assert_eq!(seen["colours"], serde_json::json!([green, green, pale, "#f8f9fb"]), "{seen}");
    // The holder's colour, and white where nobody holds it.
    assert!(seen["gil"][0] != seen["gil"][1] && seen["gil"][0] != white, "{seen}");
    assert_eq!(seen["gil"][2], white, "{seen}");
    let hover = |place: usize| seen["hover"][place].as_str().unwrap_or_default();
    let says = |place: usize, words: &[&str]| {
        assert!(words.iter().all(|word| hover(place).contains(word)), "{}: {words:?}", hover(place));
    };
    says(0, &["first", "running for 4 ms", "lost the GIL to second", "interval"]);
    says(1, &["first", "waits for a lock: lock door for 4 ms", "the GIL meanwhile: second 100%"]);
    says(2, &["second", "wants the GIL for 1 ms", "the GIL meanwhile: first 100%"]);
    says(3, &["first", "held the GIL for 4 ms", "let it go: interval"]);
    says(4, &["first → second", "interval", "second had asked for it 500 µs before"]);
    assert_eq!((hover(5), hover(6)), ("", ""), "before its birth, and in the margin");
    let shown: Vec<_> = seen["shown"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(shown[0], "from 0.000 ms to 10.000 ms");
    assert_eq!(shown[1], "from 2.500 ms to 7.500 ms");
    assert!(shown[2].starts_with("from 2.500 ms to 5.00"), "half of it, from where the mouse was: {shown:?}");
    assert!(shown[3].starts_with("from 2.81"), "an eighth further: {shown:?}");
    assert_eq!(shown[4], "from 2.400 ms to 4.600 ms", "the longest wait is in the middle");
    assert_eq!(shown[5], shown[0]);
    assert_eq!(seen["hidden"], serde_json::json!(["#000000", ""]), "{seen}");
    assert_eq!(seen["back"], green);
    let table: Vec<_> = seen["table"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        table,
        [
            "first", "10 ms", "40%", "0%", "40%", "20%", "0%", "0 ns", "second", "7 ms", "57%", "14%", "0%",
            "29%", "0%", "1 ms"
        ]
    );
}

/// Four threads that hand the GIL round so often.
fn large(turns: u64) -> Timeline {
    const THREADS: u32 = 4;
    let mut events: Vec<(u64, u32, What<'_>)> =
        (0..THREADS).map(|thread| (0, thread, What::Begins)).collect();
    events.push((0, 0, What::Granted));
    for turn in 1..=turns {
        let (now, from, to) = (turn * 1000, ((turn - 1) % 4) as u32, (turn % 4) as u32);
        events.push((now, from, What::LetsGo(Cause::Interval)));
        events.push((now, from, What::Enters(State::Wanting)));
        events.push((now + 10, to, What::Granted));
    }
    timeline(&events, (turns + 1) * 1000)
}

#[test]
fn a_hundred_thousand_events_take_few_strokes() {
    let timeline = large(34_000);
    let spans: usize = timeline.threads.iter().map(|lane| lane.spans.len()).sum();
    assert!(spans + timeline.holds.len() + timeline.switches.len() > 100_000);
    let script = r##"
const run = { strokes: [], width: WIDTH, colour: pixel(xOf(0.5), rowOf(2) + 9) };
for (let step = 0; step < 24; step++) {
  run.strokes.push(Number(lanes.dataset.strokes));
  at("wheel", xOf(0.5), rowOf(0), { deltaY: -400 });
  await frame();
}
run.hover = hover(xOf(0.5), rowOf(0));
run.shown = shown();
return run;
"##;
    let Some(seen) = seen("page-large", &page::render(&timeline), script) else { return };
    // Whatever is shown, a lane takes no more strokes than it has pixel columns, times the states that share one.
    let most = seen["width"].as_f64().expect("a number") * 5.0 * 4.0;
    for strokes in seen["strokes"].as_array().expect("a list") {
        assert!(strokes.as_f64().is_some_and(|strokes| strokes > 0.0 && strokes < most), "{seen}");
    }
    // Each thread runs for a quarter of each column: the lower part of its lane is green.
    assert_eq!(seen["colour"], "#1e8a5f");
    let hover = seen["hover"].as_str().expect("a text");
    assert!(hover.contains("the GIL for ") || hover.contains("running for 990 ns"), "{seen}");
}

#[test]
fn two_runs_stand_on_one_scale() {
    let one = page::render(&small());
    let both = page::stack("both", &[one.clone(), one]).expect("they are pages");
    let script = r##"return [...document.querySelectorAll("h2")].map((heading) => heading.textContent)
  .concat(hover(xOf(0.2), rowOf(0)), hover(xOf(0.2), rowOf(2) + 14 + 26 + 40));"##;
    let Some(seen) = seen("page-both", &both, script) else { return };
    let rules = "--gil new --checkpoints op --switch-interval 500us";
    assert_eq!((&seen[0], &seen[1]), (&rules.into(), &rules.into()));
    assert_eq!(seen[2], seen[3], "the same at the same time in both");
    assert!(seen[2].as_str().is_some_and(|text| text.starts_with("first")), "{seen}");
}
