//! `minipy latency`: how long threads that come back from a sleep, a lock or I/O wait for the GIL, and what the switch interval
//! has to do with it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;

use crate::runtime::policy::PolicyKind;
use crate::runtime::settings::{parse_duration, parse_policy};
use crate::trace::plot::{Axis, Curve, Plot, Style};
use crate::trace::table::duration;

use super::Complaint;
use super::child;

/// Show how late threads wake up that block, under each policy and switch interval
///
/// A thread that comes back from a sleep, a lock or a blocking call needs the GIL again. Beside a thread that computes it waits
/// for one switch interval, or not at all, as the policy has it: the convoy effect. The program is run once for each policy and
/// interval; it should do the same work each time.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The program
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Run its function `worker` in so many threads
    #[arg(long, value_name = "N")]
    threads: Option<u32>,

    /// Under which policies
    #[arg(long, value_name = "POLICY", value_delimiter = ',', value_parser = parse_policy, default_values_t = PolicyKind::ALL.to_vec())]
    gil: Vec<PolicyKind>,

    /// With which switch intervals
    #[arg(long, value_name = "TIME", value_delimiter = ',', value_parser = parse_duration, default_value = "0.1ms,0.5ms,1ms,5ms,20ms")]
    intervals: Vec<Duration>,

    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,

    /// Draw the histogram of the first interval into this file
    #[arg(long, value_name = "FILE.svg", value_parser = super::picture)]
    plot: Option<PathBuf>,

    /// Draw latency and running time against the switch interval into this file
    #[arg(long, value_name = "FILE.svg", value_parser = super::picture)]
    sweep: Option<PathBuf>,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
struct Measured {
    gil: &'static str,
    interval_ns: u64,
    wall_ns: u64,
    wakes: u64,
    median_ns: u64,
    late_ns: u64,
    longest_ns: u64,
    /// The share of the GIL that each thread had of what all had.
    shares: Vec<(String, f64)>,
    /// From, to, how many.
    buckets: Vec<[u64; 3]>,
}

/// Measures and prints.
pub(super) fn run(args: &Args) -> Result<ExitCode, Complaint> {
    super::must_be_there(std::slice::from_ref(&args.file))?;
    let mut all = Vec::new();
    for interval in &args.intervals {
        for policy in &args.gil {
            all.push(measure(args, *policy, *interval)?);
        }
    }
    if let Some(file) = &args.plot {
        super::write_report(file, &histogram(args, &all).svg())?;
    }
    if let Some(file) = &args.sweep {
        super::write_report(file, &sweep(args, &all).svg())?;
    }
    if args.json {
        // Plain data always has a form in JSON.
        return super::print(&(serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"));
    }
    super::print(&tables(args, &all))
}

fn measure(args: &Args, policy: PolicyKind, interval: Duration) -> Result<Measured, Complaint> {
    let mut command = child::minipy()?;
    command.args(["run", "--stats=json", "--gil", policy.name()]);
    if policy.has_interval() {
        command.args(["--switch-interval", &format!("{}ns", interval.as_nanos())]);
    }
    if let Some(threads) = args.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    let finished = child::finish(command.arg(&args.file))?;
    let figures = finished.err.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let Some(figures) = figures else {
        let command = args.file.to_string_lossy().into_owned();
        return Err(Complaint::Child { command, problem: "it did not come to its end".to_owned() });
    };
    Ok(Measured::of(policy, interval, &figures))
}

impl Measured {
    fn of(policy: PolicyKind, interval: Duration, figures: &Value) -> Measured {
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let threads = figures["threads"].as_array().map_or(&[][..], Vec::as_slice);
        let mut buckets: Vec<[u64; 3]> = Vec::new();
        for bucket in threads.iter().filter_map(|thread| thread["wake_buckets"].as_array()).flatten() {
            let [from, to, count] = [0, 1, 2].map(|place| number(&bucket[place]));
            match buckets.binary_search_by_key(&from, |bucket| bucket[0]) {
                Ok(place) => buckets[place][2] += count,
                Err(place) => buckets.insert(place, [from, to, count]),
            }
        }
        let ran: u64 = threads.iter().map(|thread| number(&thread["running_ns"])).sum();
        let share = |thread: &Value| {
            let name = thread["name"].as_str().unwrap_or_default().to_owned();
            (name, number(&thread["running_ns"]) as f64 / ran.max(1) as f64)
        };
        let longest = threads.iter().map(|thread| number(&thread["wakes"]["longest_ns"])).max().unwrap_or(0);
        let quantile = |part| quantile(&buckets, part).min(longest);
        Measured {
            gil: policy.name(),
            interval_ns: interval.as_nanos() as u64,
            wall_ns: number(&figures["wall_ns"]),
            wakes: buckets.iter().map(|bucket| bucket[2]).sum(),
            median_ns: quantile(0.5),
            late_ns: quantile(0.99),
            longest_ns: longest,
            shares: threads.iter().map(share).collect(),
            buckets,
        }
    }
}

/// What this part of the delays does not exceed.
fn quantile(buckets: &[[u64; 3]], part: f64) -> u64 {
    let count: u64 = buckets.iter().map(|bucket| bucket[2]).sum();
    let wanted = (count as f64 * part).ceil() as u64;
    let mut seen = 0;
    for [from, to, count] in buckets {
        seen += count;
        if seen >= wanted {
            return from + (to - from) / 2;
        }
    }
    0
}

fn tables(args: &Args, all: &[Measured]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let header = [
        "interval",
        "policy",
        "wake-ups",
        "median",
        "99th\npercentile",
        "longest",
        "whole\nrun",
        "most of the\nCPU had",
    ];
    table.set_header(header);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for one in all {
        let hog = one.shares.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        table.add_row([
            duration(one.interval_ns),
            one.gil.to_owned(),
            one.wakes.to_string(),
            duration(one.median_ns),
            duration(one.late_ns),
            duration(one.longest_ns),
            duration(one.wall_ns),
            hog.map_or_else(String::new, |(name, share)| format!("{name} {:.0}%", share * 100.0)),
        ]);
    }
    let first = args.intervals.first().map_or(0, |interval| interval.as_nanos() as u64);
    let mut text = format!("{table}\n");
    for one in all.iter().filter(|one| one.interval_ns == first) {
        text += &format!("\n--gil {}, switch interval {}\n{}", one.gil, duration(first), bars(one));
    }
    text
}

/// A histogram in text: a line for each factor of two, with the multiples of the switch interval.
fn bars(one: &Measured) -> String {
    const WIDTH: u64 = 50;
    let mut powers: Vec<(u64, u64)> = Vec::new();
    for [from, _, count] in &one.buckets {
        let power = from.checked_ilog2().map_or(0, |power| 1 << power);
        match powers.last_mut() {
            Some(last) if last.0 == power => last.1 += count,
            _ => powers.push((power, *count)),
        }
    }
    let most = powers.iter().map(|power| power.1).max().unwrap_or(1).max(1);
    let line = |(from, count): &(u64, u64)| {
        let bar = "#".repeat((count * WIDTH).div_ceil(most) as usize);
        let end = (from * 2).max(1);
        let multiple = one.interval_ns.max(1);
        let times = end / multiple;
        let crossed =
            if from / multiple < times { format!("  <- {times} x the interval") } else { String::new() };
        format!("{:>9} {bar} {count}{crossed}\n", duration(*from))
    };
    powers.iter().map(line).collect()
}

/// Latencies of the first interval, logarithmic, with lines at its multiples.
fn histogram(args: &Args, all: &[Measured]) -> Plot {
    let first = args.intervals.first().map_or(0, |interval| interval.as_nanos() as u64);
    let micros = |nanos: u64| nanos.max(100) as f64 / 1000.0;
    let curve = |one: &Measured| {
        let mut points = Vec::new();
        for [from, to, count] in &one.buckets {
            let (from, to) = (micros(*from), micros(*to + 1));
            // Buckets that are left out have none.
            if points.last().is_some_and(|(end, _)| *end < from) || points.is_empty() {
                points.push((from, 0.0));
            }
            points.pop();
            points.push((from, *count as f64));
            points.push((to, 0.0));
        }
        Curve { name: format!("--gil {}", one.gil), points, style: Style::Bars }
    };
    let ticks = [
        (0.1, "0.1 us"),
        (1.0, "1 us"),
        (10.0, "10 us"),
        (100.0, "0.1 ms"),
        (1e3, "1 ms"),
        (1e4, "10 ms"),
        (1e5, "0.1 s"),
    ];
    Plot {
        title: "waits for the GIL after a sleep, a lock or I/O".to_owned(),
        x: Axis {
            label: format!("delay; switch interval {}", duration(first)),
            is_logarithmic: true,
            ticks: ticks.map(|(at, text)| (at, text.to_owned())).to_vec(),
            ..Axis::default()
        },
        y: Axis { label: "wake-ups".to_owned(), from_zero: true, ..Axis::default() },
        curves: all.iter().filter(|one| one.interval_ns == first).map(curve).collect(),
        marks: [1, 2, 4].map(|times| (micros(first * times), format!("{times} x"))).to_vec(),
    }
}

/// What an interval costs: how late threads wake up, and how long the whole takes.
fn sweep(args: &Args, all: &[Measured]) -> Plot {
    let mut curves = Vec::new();
    for policy in &args.gil {
        let of = |figure: fn(&Measured) -> u64| {
            let own = all.iter().filter(|one| one.gil == policy.name());
            own.map(|one| (one.interval_ns as f64 / 1e6, figure(one).max(1_000) as f64 / 1e6))
                .collect::<Vec<_>>()
        };
        let mut add = |what: &str, style: Style, points: Vec<(f64, f64)>| {
            curves.push(Curve { name: format!("{policy}: {what}"), points, style });
        };
        add("latency", Style::Marked, of(|one| one.median_ns));
        add("whole run", Style::Dashed, of(|one| one.wall_ns));
    }
    Plot {
        title: "the switch interval".to_owned(),
        x: Axis { label: "switch interval, ms".to_owned(), is_logarithmic: true, ..Axis::default() },
        y: Axis { label: "ms".to_owned(), is_logarithmic: true, ..Axis::default() },
        curves,
        marks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_from_their_figures() {
        let figures = serde_json::json!({
            "wall_ns": 100,
            "threads": [
                { "name": "a", "running_ns": 30, "wakes": { "longest_ns": 9 }, "wake_buckets": [[0, 0, 2], [8, 8, 1]] },
                { "name": "b", "running_ns": 10, "wakes": { "longest_ns": 7 }, "wake_buckets": [[8, 8, 2]] },
            ],
        });
        let one = Measured::of(PolicyKind::New, Duration::from_nanos(5), &figures);
        assert_eq!((one.wakes, one.median_ns, one.late_ns, one.longest_ns), (5, 8, 8, 9));
        assert_eq!(one.buckets, [[0, 0, 2], [8, 8, 3]]);
        assert_eq!(one.shares, [("a".to_owned(), 0.75), ("b".to_owned(), 0.25)]);
        let bars = bars(&one);
        assert!(bars.lines().nth(1).is_some_and(|line| line.ends_with(" 3  <- 3 x the interval")), "{bars}");
    }
}
