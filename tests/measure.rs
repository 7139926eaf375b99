//! The commands that measure: what they print has the right shape and counts. No test looks at how long anything took.

mod common;

use std::fs;
use std::path::Path;

use serde_json::Value;

use common::{Ended, minipy, wait};

fn run(words: &[&str]) -> Ended {
    wait(minipy(words).spawn().expect("the command starts"))
}

/// A place for one test's files.
fn file(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).to_string_lossy().into_owned()
}

fn program(name: &str, text: &str) -> String {
    let path = file(name);
    fs::write(&path, text).expect("the folder for tests can be written");
    path
}

const WORK: &str = "def worker(index):\n    for _ in range(2000):\n        pass\n";

#[test]
fn bench_measures_every_policy_in_every_number_of_threads() {
    let (work, plot) = (program("bench.mpy", WORK), file("bench.svg"));
    let words =
        ["bench", &work, "--threads", "2", "--gil", "new,off", "--runs", "2", "--json", "--plot", &plot];
    let ended = run(&words);
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    let result: Value = serde_json::from_str(&ended.out).expect("JSON");
    let rows: Vec<_> = result["rows"].as_array().expect("a list").iter().collect();
    let measured: Vec<_> =
        rows.iter().map(|row| (&row["under"], row["threads"].as_u64().unwrap_or(0))).collect();
    // One thread is always measured: the others are compared with it.
    let (new, off) = (&Value::from("--gil new"), &Value::from("--gil off"));
    assert_eq!(measured, [(new, 1), (new, 2), (off, 1), (off, 2)]);
    for row in rows {
        let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
        assert_eq!(row["program"], "bench.mpy");
        for key in ["over_one_thread", "over_sequential", "machine", "share"] {
            assert!(number(key) > 0.0, "{key} of {row}");
        }
        if row["threads"] == 1 {
            assert_eq!([number("over_one_thread"), number("machine"), number("share")], [1.0; 3]);
        }
        let wall = |key: &str| row["wall"][key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
        assert!(0.0 < wall("low") && wall("low") <= wall("median") && wall("median") <= wall("high"));
    }
    assert_eq!(result["limits"].as_array().map(Vec::len), Some(1));
    let plot = fs::read_to_string(plot).expect("it was drawn");
    for name in ["--gil new", "--gil off", "native threads"] {
        assert!(plot.contains(&format!(">{name}</text>")), "{name}");
    }
}

#[test]
fn bench_prints_a_table_and_csv() {
    let work = program("bench_forms.mpy", WORK);
    let words = ["bench", &work, "--threads", "1,2", "--gil", "new", "--runs", "1"];
    let table = run(&words).out;
    assert_eq!(
        table.lines().filter(|line| line.starts_with("| bench_forms.mpy | --gil new |")).count(),
        2,
        "{table}"
    );
    assert!(table.contains("2 threads: this machine "), "{table}");
    let csv = run(&[&words[..], &["--csv"]].concat()).out;
    assert_eq!(csv.lines().count(), 3);
    assert!(
        csv.starts_with("program,under,threads,") && csv.contains("\nbench_forms.mpy,--gil new,2,"),
        "{csv}"
    );
}

#[test]
fn bench_says_what_went_wrong() {
    let work = program("bench_wrong.mpy", "def worker(index):\n    1 / 0\nworker(0)\n");
    let ended = run(&["bench", &work, "--threads", "1", "--gil", "new", "--runs", "1"]);
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("", "1"));
    assert!(ended.err.contains("ZeroDivisionError: division by zero"), "{}", ended.err);
    let ended = run(&["bench", &work, "--vs", "no-such-python"]);
    assert!(ended.err.starts_with("minipy: no-such-python") && ended.status == "1", "{}", ended.err);
}

#[test]
fn what_cannot_be_measured_is_a_wrong_command() {
    let work = program("measure_wrong.mpy", WORK);
    for command in ["bench", "latency", "compare"] {
        let ended = run(&[command, "no/such.mpy"]);
        let expected = "minipy: can't open file 'no/such.mpy': No such file or directory\n";
        assert_eq!((ended.err.as_str(), ended.status.as_str()), (expected, "2"), "{command}");
    }
    for words in [
        ["bench", &work, "--plot", "x.png"],
        ["latency", &work, "--sweep", "x.png"],
        ["bench", &work, "--runs", "0"],
        ["bench", &work, "--threads", "0"],
        ["latency", &work, "--intervals", "0"],
        ["compare", &work, "--gil", "none"],
    ] {
        let ended = run(&words);
        assert_eq!((ended.out.as_str(), ended.status.as_str()), ("", "2"), "{words:?}");
    }
}

const SLEEPS: &str = "\
import threading, time

def sleeper():
    for _ in range(10):
        time.sleep(0.0005)

thread = threading.Thread(target=sleeper)
thread.start()
while thread.is_alive():
    pass
";

#[test]
fn latency_counts_every_wake_up() {
    let (sleeps, plot, sweep) = (program("latency.mpy", SLEEPS), file("latency.svg"), file("sweep.svg"));
    let intervals = ["--intervals", "0.5ms,1ms", "--gil", "new,io-first,off"];
    let pictures = ["--json", "--plot", &plot, "--sweep", &sweep];
    let ended = run(&[&["latency", &sleeps][..], &intervals, &pictures].concat());
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    let result: Value = serde_json::from_str(&ended.out).expect("JSON");
    let runs = result.as_array().expect("a list");
    let settings: Vec<_> =
        runs.iter().map(|run| (run["gil"].as_str(), run["interval_ns"].as_u64())).collect();
    let pair = |gil, interval| (Some(gil), Some(interval));
    let expected =
        [500_000, 1_000_000].map(|interval| ["new", "io-first", "off"].map(|gil| pair(gil, interval)));
    assert_eq!(settings, expected.concat());
    for run in runs {
        let wakes = run["wakes"].as_u64().expect("a number");
        let buckets = run["buckets"].as_array().expect("a list");
        let counted: u64 = buckets.iter().map(|bucket| bucket[2].as_u64().expect("a number")).sum();
        assert!(wakes >= 10 && wakes == counted, "{run}");
        let nanos = ["median_ns", "late_ns", "longest_ns"].map(|key| run[key].as_u64());
        assert!(nanos.is_sorted(), "{run}");
    }
    for picture in [plot, sweep] {
        assert!(fs::read_to_string(picture).is_ok_and(|text| text.ends_with("</svg>\n")));
    }
    let table = run(&[&["latency", &sleeps][..], &intervals].concat()).out;
    assert!(table.contains("--gil io-first, switch interval 500 us\n"), "{table}");
}

#[test]
fn compare_stacks_two_runs_or_two_recordings() {
    let (work, out) = (program("compare.mpy", WORK), file("compare.html"));
    let runs = |page: &str| {
        let text = fs::read_to_string(page).expect("the page was written");
        let (_, rest) = text.split_once("id=\"runs\">").expect("the data");
        let (data, _) = rest.split_once("</script>").expect("its end");
        let runs: Value = serde_json::from_str(data).expect("JSON");
        let runs = runs.as_array().expect("a list").iter();
        runs.map(|run| run["hasGil"].as_bool().expect("a flag")).collect::<Vec<_>>()
    };
    let ended = run(&["compare", &work, "--threads", "2", "-o", &out]);
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    assert_eq!(runs(&out), [true, false]);
    let again = file("compare_again.html");
    let ended = run(&["compare", &out, &out, "-o", &again]);
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
    assert_eq!(runs(&again), [true, false, true, false]);
    let wrong = program("wrong.html", "<p>");
    let ended = run(&["compare", &wrong, "-o", &again]);
    let expected = "minipy: can't compare 'wrong.html': not all are pages that `minipy run --trace` made\n";
    assert_eq!((ended.err.as_str(), ended.status.as_str()), (expected, "2"));
}
