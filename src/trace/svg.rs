//! A recorded run as a picture for a slide: the lanes of the page, drawn once.
//!
//! As on the page, what is narrower than a pixel column is drawn as the part of the column that each state had, and states differ
//! in brightness, pattern and height as well as in colour.

use std::fmt::Write;

use super::table::duration;
use super::timeline::{Doing, Timeline};

const WIDTH: f64 = 1280.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 150.0;
const LANE: f64 = 34.0;
const TOP: f64 = 64.0;
const BAR: f64 = 26.0;

/// More threads than this are not drawn; the picture says so.
const MAX_LANES: usize = 40;

/// Colours of threads, as on the page.
const THREADS: [&str; 8] =
    ["#0b5394", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6a4fa3", "#8a8a2a"];

const PATTERNS: &str = r##"<defs>
<pattern id="wanting" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#fdeee6"/><path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke="#c23b10" stroke-width="1.7"/></pattern>
<pattern id="lock" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="#e5d5f0"/><circle cx="3.5" cy="3.5" r="1.25" fill="#6b3f8f"/></pattern>
<pattern id="io" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="#d6e9f7"/><rect y="1.5" width="4" height="1" fill="#7fb2d6"/></pattern>
</defs>
"##;

fn fill(doing: Doing) -> &'static str {
    match doing {
        Doing::Running => "#1e8a5f",
        Doing::Wanting => "url(#wanting)",
        Doing::Lock => "url(#lock)",
        Doing::Sleeping => "#d6e9f7",
        Doing::Io => "url(#io)",
    }
}

/// Where a state stands in its lane: top and height, as parts.
fn extent(doing: Doing) -> (f64, f64) {
    match doing {
        Doing::Running | Doing::Wanting => (0.0, 1.0),
        Doing::Lock => (0.14, 0.72),
        Doing::Sleeping | Doing::Io => (0.32, 0.36),
    }
}

/// The picture.
pub fn render(timeline: &Timeline) -> String {
    let lanes = &timeline.threads[..timeline.threads.len().min(MAX_LANES)];
    let height = TOP + LANE * (lanes.len() + 1) as f64 + 66.0;
    let mut svg = Svg { text: String::new(), timeline };
    svg.put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, DejaVu Sans, sans-serif\" font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n{PATTERNS}"
    ));
    svg.label(12.0, 24.0, "font-size=\"17\" font-weight=\"600\"", &timeline.title.program);
    let more = timeline.threads.len() - lanes.len();
    let more = if more > 0 { format!("; {more} more threads") } else { String::new() };
    let length = duration(timeline.end - timeline.begin);
    let lost = timeline.lost().map_or_else(String::new, |lost| format!("; {lost}"));
    svg.label(12.0, 44.0, "fill=\"#4a525b\"", &format!("{}; {length}{more}{lost}", timeline.title.rules));
    svg.gil(TOP);
    for (row, lane) in lanes.iter().enumerate() {
        let y = TOP + LANE * (row + 1) as f64;
        svg.rect(10.0, y + 7.0, 11.0, 12.0, THREADS[row % THREADS.len()]);
        svg.label(28.0, y + 18.0, "", &lane.name);
        let spans = lane.spans.iter().map(|span| (span.begin, span.end, span.doing));
        svg.spans(y, spans, fill, extent);
        svg.shares(row, y);
    }
    let bottom = TOP + LANE * (lanes.len() + 1) as f64;
    svg.axis(bottom);
    svg.legend(bottom + 50.0);
    svg.put(format_args!("</svg>\n"));
    svg.text
}

struct Svg<'t> {
    text: String,
    timeline: &'t Timeline,
}

impl Svg<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A text takes whatever is written to it.
        let _: std::fmt::Result = self.text.write_fmt(text);
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.put(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>\n"
        ));
    }

    fn label(&mut self, x: f64, y: f64, attributes: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{text}</text>\n"));
    }

    fn x(&self, time: u64) -> f64 {
        let length = (self.timeline.end - self.timeline.begin).max(1) as f64;
        LEFT + time.saturating_sub(self.timeline.begin) as f64 / length * (WIDTH - LEFT - RIGHT)
    }

    /// Draws spans that follow each other: the wide ones as they are, of the narrow ones the part that each kind had of a pixel
    /// column.
    fn spans<K: Copy + Ord>(
        &mut self,
        y: f64,
        spans: impl Iterator<Item = (u64, u64, K)>,
        fill: impl Fn(K) -> &'static str,
        extent: impl Fn(K) -> (f64, f64),
    ) {
        let mut column: (i64, Vec<(K, f64)>) = (-1, Vec::new());
        for (begin, end, kind) in spans {
            let (from, to) = (self.x(begin), self.x(end));
            if to - from >= 1.0 {
                let (top, size) = extent(kind);
                self.rect(from, y + top * BAR, to - from, size * BAR, fill(kind));
                continue;
            }
            let place = from.floor() as i64;
            if place != column.0 {
                self.column(y, &mut column, &fill);
                column.0 = place;
            }
            match column.1.iter_mut().find(|(other, _)| *other == kind) {
                Some((_, part)) => *part += to - from,
                None => column.1.push((kind, to - from)),
            }
        }
        self.column(y, &mut column, &fill);
    }

    fn column<K: Copy + Ord>(
        &mut self,
        y: f64,
        column: &mut (i64, Vec<(K, f64)>),
        fill: impl Fn(K) -> &'static str,
    ) {
        let mut bottom = y + BAR;
        column.1.sort_by_key(|(kind, _)| *kind);
        for (kind, part) in std::mem::take(&mut column.1) {
            let size = (part.min(1.0) * BAR).max(1.0);
            self.rect(column.0 as f64, bottom - size, 1.0, size, fill(kind));
            bottom -= size;
        }
    }

    /// The holders of the GIL; where there is none, how many threads ran at once.
    fn gil(&mut self, y: f64) {
        let frame = WIDTH - LEFT - RIGHT;
        self.put(format_args!(
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{frame}\" height=\"{BAR}\" fill=\"none\" stroke=\"#b6bec7\"/>\n"
        ));
        let timeline = self.timeline;
        if timeline.title.has_gil {
            self.label(28.0, y + 18.0, "", "GIL");
            let lane = |thread| timeline.lane_of(thread).unwrap_or(0);
            let holds = timeline.holds.iter().map(|hold| (hold.begin, hold.end, lane(hold.thread)));
            self.spans(y, holds, |lane| THREADS[lane % THREADS.len()], |_| (0.0, 1.0));
            return;
        }
        self.label(28.0, y + 18.0, "", "running at once");
        let levels = levels(timeline);
        let most = levels.iter().map(|level| level.2).max().unwrap_or(1).max(1) as f64;
        let extent = |level: u32| (1.0 - f64::from(level) / most, f64::from(level) / most);
        self.spans(
            y,
            levels.iter().map(|&(begin, end, level)| (begin, end, level as u32)),
            |_| "#1e8a5f",
            extent,
        );
    }

    fn shares(&mut self, row: usize, y: f64) {
        let mut shares = [0_u64; Doing::ALL.len()];
        for span in &self.timeline.threads[row].spans {
            shares[span.doing as usize] += span.end - span.begin;
        }
        let sum = shares.iter().sum::<u64>().max(1) as f64;
        let mut order = Doing::ALL.map(|doing| (shares[doing as usize], doing));
        order.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
        let words = order[..2].iter().filter(|(share, _)| *share as f64 / sum >= 0.005);
        let short = |doing| match doing {
            Doing::Running => "run",
            Doing::Wanting => "want",
            Doing::Lock => "lock",
            Doing::Sleeping => "sleep",
            Doing::Io => "I/O",
        };
        let words: Vec<_> = words
            .map(|(share, doing)| format!("{} {:.0}%", short(*doing), *share as f64 * 100.0 / sum))
            .collect();
        self.label(WIDTH - RIGHT + 10.0, y + 18.0, "", &words.join("  "));
    }

    fn axis(&mut self, y: f64) {
        let length = (self.timeline.end - self.timeline.begin).max(1);
        let rough = length as f64 / 8.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough).max(1.0) as u64;
        for time in (0..=length).step_by(step as usize) {
            let x = self.x(self.timeline.begin + time);
            self.put(format_args!("<path d=\"M{x:.1} {y}v5\" stroke=\"#8a929b\"/>\n"));
            self.label(x, y + 19.0, "text-anchor=\"middle\" fill=\"#4a525b\"", &duration(time));
        }
    }

    fn legend(&mut self, y: f64) {
        let mut x = LEFT;
        for doing in Doing::ALL {
            let (top, size) = extent(doing);
            self.rect(x, y - 11.0 + top * 14.0, 24.0, size * 14.0, fill(doing));
            self.label(x + 31.0, y, "", doing.label());
            x += 52.0 + doing.label().len() as f64 * 7.4;
        }
    }
}

/// How many threads ran, from when to when.
fn levels(timeline: &Timeline) -> Vec<(u64, u64, i32)> {
    let spans = timeline.threads.iter().flat_map(|lane| &lane.spans);
    let running = spans.filter(|span| span.doing == Doing::Running);
    let mut steps: Vec<_> = running.flat_map(|span| [(span.begin, 1), (span.end, -1)]).collect();
    steps.sort_unstable();
    let mut levels = Vec::new();
    let (mut level, mut since) = (0, 0);
    for (at, step) in steps {
        if level > 0 && at > since {
            levels.push((since, at, level));
        }
        level += step;
        since = at;
    }
    levels
}
