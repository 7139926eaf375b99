//! The recorded scripts: what minipy prints for each is, byte for byte, what CPython 3.13 printed.
//!
//! `tests/scripts/README.md` says what a script is and how to record it. `MINIPY_SCRIPTS=classes/ cargo test --test scripts`
//! runs those whose path contains the word.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use similar::TextDiff;
use walkdir::WalkDir;

use common::{Ended, minipy, wait};

/// How many failures are shown in full; of the others, the names.
const SHOWN: usize = 12;

/// How many lines of a difference are shown.
const LINES: usize = 40;

/// One in so many scripts also runs with a collection at every checkpoint.
const STRESSED: usize = 4;

#[test]
fn scripts_print_what_is_recorded() {
    report(&failures(&scripts(), |script| run(script, &[])));
}

#[test]
fn scripts_print_the_same_when_garbage_is_collected_at_every_checkpoint() {
    let some: Vec<PathBuf> = scripts().into_iter().step_by(STRESSED).collect();
    report(&failures(&some, |script| run(script, &["--gc-stress"])));
}

#[test]
fn scripts_print_the_same_without_a_gil() {
    report(&failures(&scripts(), |script| run(script, &["--gil", "off"])));
}

#[test]
fn every_script_has_a_recording() {
    let all = scripts();
    let without: Vec<_> = all.iter().filter(|script| !recording(script).exists()).collect();
    assert!(without.is_empty(), "not recorded: {without:?}");
    let orphans: Vec<_> =
        files("out").chain(files("err")).filter(|file| !file.with_extension("mpy").exists()).collect();
    assert!(orphans.is_empty(), "recordings of nothing: {orphans:?}");
}

#[test]
fn recordings_are_what_cpython_prints() {
    let Some(python) = python() else {
        println!("not checked: there is no CPython 3.13 here");
        return;
    };
    let mut areas: Vec<PathBuf> =
        scripts().iter().filter_map(|script| script.parent().map(Path::to_path_buf)).collect();
    areas.dedup();
    report(&failures(&areas, |area| {
        let word = format!("{}/", area.strip_prefix(root()).unwrap_or(area).display());
        let output = Command::new(python).arg(root().join("record.py")).args(["--check", &word]).output();
        match output {
            Ok(output) if output.status.success() => None,
            Ok(output) => {
                Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
            }
            Err(error) => Some(error.to_string()),
        }
    }));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

fn files(extension: &'static str) -> impl Iterator<Item = PathBuf> {
    let entries = WalkDir::new(root()).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| entry.expect("the folder can be read").into_path());
    paths.filter(move |path| path.extension().is_some_and(|found| found == extension))
}

fn scripts() -> Vec<PathBuf> {
    let word = std::env::var("MINIPY_SCRIPTS").unwrap_or_default();
    files("mpy").filter(|path| path.to_string_lossy().contains(&word)).collect()
}

/// Whether a script is about its traceback, and ends with an exception.
fn is_traceback(script: &Path) -> bool {
    script.parent().is_some_and(|folder| folder.ends_with("tracebacks"))
}

fn recording(script: &Path) -> PathBuf {
    script.with_extension(if is_traceback(script) { "err" } else { "out" })
}

/// Runs a script as it was recorded. Answers what is different.
fn run(script: &Path, options: &[&str]) -> Option<String> {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let mut command = minipy(&["run", &name]);
    command.args(options).current_dir(script.parent().unwrap_or(script));
    let Ended { out, err, status } = wait(command.spawn().expect("the command starts"));
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let recorded = read(&recording(script));
    let mut different = String::new();
    let (wanted_status, shown) = if is_traceback(script) {
        let wanted = read(&script.with_extension("status"));
        (if wanted.is_empty() { "1".to_owned() } else { wanted.trim().to_owned() }, &err)
    } else {
        // What it complains belongs to the story of the failure.
        if !err.is_empty() {
            write!(different, "stderr:\n{}", cut(&err)).ok()?;
        }
        ("0".to_owned(), &out)
    };
    if status != wanted_status {
        writeln!(different, "exit status {status} instead of {wanted_status}").ok()?;
    }
    if *shown != recorded {
        let diff = TextDiff::from_lines(recorded.as_str(), shown.as_str());
        let text = diff.unified_diff().context_radius(2).header("recorded", "minipy").to_string();
        different.push_str(&cut(&text));
    }
    (!different.is_empty()).then_some(different)
}

/// The first lines of a text.
fn cut(text: &str) -> String {
    let mut lines: String = text.split_inclusive('\n').take(LINES).collect();
    if lines.len() < text.len() {
        lines.push_str("[...]\n");
    }
    lines
}

/// What goes wrong with which path, in their order. As many at a time as there are cores.
fn failures(paths: &[PathBuf], check: impl Fn(&Path) -> Option<String> + Sync) -> Vec<(String, String)> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(problem) = check(path) {
                let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
                found.lock().expect("no check panics").push((name, problem));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().expect("no check panics");
    found.sort();
    println!("{} of {} are as they should be", paths.len() - found.len(), paths.len());
    found
}

/// Fails with all of them, if there are any.
fn report(failures: &[(String, String)]) {
    if failures.is_empty() {
        return;
    }
    let mut text = String::new();
    for (name, problem) in &failures[..failures.len().min(SHOWN)] {
        text.push_str(&format!("\n=== {name}\n{problem}"));
    }
    let names: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    panic!("{text}\n{} failed:\n  {}\n", names.len(), names.join("\n  "));
}

/// The name of CPython 3.13, if it is installed.
fn python() -> Option<&'static str> {
    let is_3_13 = |name: &&str| {
        let probe = "import sys; print(sys.implementation.name, sys.version_info[:2])";
        let output = Command::new(name).args(["-c", probe]).output();
        output.is_ok_and(|output| output.stdout == b"cpython (3, 13)\n")
    };
    ["python3.13", "python3"].into_iter().find(is_3_13)
}
