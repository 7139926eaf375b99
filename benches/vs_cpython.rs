//! Minipy beside CPython: the programs of `benches/programs/`, each as a whole process under both in turn.
//!
//! `benches/README.md` says what the table means. Nothing in here knows the machine: it starts commands and waits for them.

use std::env;
use std::fmt::{self, Display};
use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use wait4::Wait4;

/// With `--check`, the mean that is too little.
const MEAN_LIMIT: f64 = 1.0;

/// With `--check`, the ratio that is too little for a single program.
const PROGRAM_LIMIT: f64 = 0.7;

/// What the start takes: of nothing, and of the modules that most programs with threads import.
const STARTS: &[(&str, &str)] =
    &[("(empty program)", ""), ("(imports)", "import threading, queue, concurrent.futures\n")];

/// A start is over so soon that it can be measured so many times as often.
const START_FACTOR: usize = 4;

/// What writes `docs/performance.md`.
const COMMAND: &str = "cargo bench --bench vs_cpython -- --md docs/performance.md";

/// Of how many programs the page says what bounds them.
const LOWEST: usize = 3;

/// Names an interpreter to be taken instead of the newest on the path.
const INTERPRETER: &str = "MINIPY_PYTHON";

/// The minor versions of Python 3 that are looked for.
const MINORS: std::ops::RangeInclusive<u32> = 8..=19;

/// Asks an interpreter what it is: implementation, version, compiled with profiles or not, GIL or not.
const PROBE: &str = "\
import sys, sysconfig
print(sys.implementation.name)
print(*sys.version_info[:3], sep='.')
print('--enable-optimizations' in (sysconfig.get_config_var('CONFIG_ARGS') or ''))
print(bool(sysconfig.get_config_var('Py_GIL_DISABLED')))
";

/// Runs the programs under minipy and under CPython and compares the times
#[derive(Parser)]
#[command(name = "vs_cpython", bin_name = "cargo bench --bench vs_cpython --")]
struct Args {
    /// Only programs whose name contains one of these words
    names: Vec<String>,

    /// How often each program runs under each, after a first run that does not count
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroUsize,

    /// Also write the table, the versions and what bounds the lowest ratios to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    md: Option<PathBuf>,

    /// End with status 1 if the mean is under 1.0, a program under 0.7, or nothing could be measured
    #[arg(long)]
    check: bool,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // `cargo test` starts benches as well, without this word: it wants to know that they work, not how long they take.
    if !env::args().any(|word| word == "--bench") {
        return smoke();
    }
    let args = Args::parse();
    match compare_all(&args) {
        Ok(passed) => ExitCode::from(u8::from(!passed)),
        Err(problem) => {
            eprintln!("nothing measured: {problem}");
            ExitCode::from(u8::from(args.check))
        }
    }
}

/// One run of an empty program under each.
fn smoke() -> ExitCode {
    let measured = Python::find().and_then(|python| compare(&python, &short_program("")?, 1));
    match measured {
        Ok(_) => println!("an empty program runs under both; `cargo bench --bench vs_cpython` measures"),
        Err(problem) => println!("not run: {problem}"),
    }
    ExitCode::SUCCESS
}

/// Prints the table. Returns whether all ran, printed the same and, with `--check`, were fast enough.
fn compare_all(args: &Args) -> Result<bool, String> {
    let programs = programs(&args.names)?;
    let python = Python::find()?;
    println!("minipy {} and {python}; {} runs of each program", env!("CARGO_PKG_VERSION"), args.runs);
    println!("ms: processor time (elapsed time), medians; ratio: CPython / minipy, median of the pairs\n");
    println!(
        "{:<16} {:>15} {:>15} {:>7} {:>13} {:>10} {:>10} {:>6}",
        "program", "minipy ms", "CPython ms", "ratio", "spread", "minipy MB", "CPython MB", "ratio"
    );
    let mut measured = Vec::new();
    let mut failed = false;
    for path in &programs {
        let name = stem(path);
        match compare(&python, path, args.runs.get()) {
            Ok(comparison) => {
                println!("{name:<16} {comparison}");
                measured.push((name, comparison));
            }
            Err(problem) => {
                println!("{name:<16} {problem}");
                failed = true;
            }
        }
    }
    println!();
    let mut starts = Vec::new();
    for (name, text) in STARTS {
        let start = compare(&python, &short_program(text)?, args.runs.get() * START_FACTOR)?;
        println!("{name:<16} {start}");
        starts.push((*name, start));
    }
    if measured.is_empty() {
        return Ok(false);
    }
    let mean = geometric_mean(measured.iter().map(|(_, comparison)| comparison.ratio()));
    let mean_elapsed = geometric_mean(measured.iter().map(|(_, comparison)| comparison.elapsed_ratio()));
    let memory = geometric_mean(measured.iter().map(|(_, comparison)| comparison.memory_ratio()));
    println!("\ngeometric mean of {}: {mean:.2} (elapsed {mean_elapsed:.2})", measured.len());
    println!("memory, minipy / CPython: geometric mean {memory:.2}");
    if let Some(path) = &args.md {
        let text = page(&python, &measured, &starts, mean, memory);
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if !args.check {
        return Ok(!failed);
    }
    let slow: Vec<&(String, Comparison)> =
        measured.iter().filter(|(_, comparison)| comparison.ratio() < PROGRAM_LIMIT).collect();
    for (name, comparison) in &slow {
        println!("too slow: {name}: {:.2} is under {PROGRAM_LIMIT}", comparison.ratio());
    }
    if mean < MEAN_LIMIT {
        println!("too slow: the mean {mean:.2} is under {MEAN_LIMIT}");
    }
    Ok(!failed && slow.is_empty() && mean >= MEAN_LIMIT)
}

/// `docs/performance.md`.
fn page(
    python: &Python,
    measured: &[(String, Comparison)],
    starts: &[(&str, Comparison)],
    mean: f64,
    memory: f64,
) -> String {
    let mut text = format!(
        "# Performance\n\nWritten by `{COMMAND}`; `benches/README.md` says what is measured, and how. \
         minipy {} beside {python}.\n\n\
         | program | time: CPython / minipy | spread | memory: minipy / CPython |\n| --- | --- | --- | --- |\n",
        env!("CARGO_PKG_VERSION"),
    );
    let row = |name: &str, comparison: &Comparison| {
        let (ratio, spread) = (comparison.ratio(), comparison.spread());
        format!("| {name} | {ratio:.2} | {spread} | {:.2} |\n", comparison.memory_ratio())
    };
    text.extend(measured.iter().map(|(name, comparison)| row(name, comparison)));
    text.extend(starts.iter().map(|(name, comparison)| row(name, comparison)));
    text += &format!("| **geometric mean of {}** | **{mean:.2}** | | **{memory:.2}** |\n", measured.len());
    let mut slowest: Vec<_> = measured.iter().map(|(name, comparison)| (comparison.ratio(), name)).collect();
    slowest.sort_by(|left, right| left.0.total_cmp(&right.0));
    text += "\n## What bounds the lowest\n";
    for (ratio, name) in slowest.into_iter().take(LOWEST) {
        let bound = bound_of(name).unwrap_or("Nobody has looked yet.");
        text += &format!("\n**{name}** ({ratio:.2}): {bound}\n");
    }
    text
}

/// What `benches/bounds.md` says of a program: the text under its heading.
fn bound_of(name: &str) -> Option<&'static str> {
    let sections = include_str!("bounds.md").split("\n## ").skip(1);
    let mut sections = sections.filter_map(|section| section.split_once('\n'));
    sections.find(|(heading, _)| heading.trim() == name).map(|(_, text)| text.trim())
}

/// The programs whose name contains one of the words, or all if there are none, by name.
fn programs(words: &[String]) -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs");
    let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let wanted = words.is_empty() || words.iter().any(|word| stem(path).contains(word.as_str()));
        wanted && path.extension().is_some_and(|extension| extension == "mpy")
    });
    paths.sort();
    if paths.is_empty() {
        return Err(format!("no program is called anything like `{}`", words.join("`, `")));
    }
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A program of which nothing takes long but the start and the end of the process.
fn short_program(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("short.mpy");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// An interpreter of CPython that really runs: a name on the path may belong to a version that is not active.
struct Python {
    command: String,
    version: Vec<u32>,
    profiled: bool,
    free_threaded: bool,
}

impl Python {
    /// The one that the environment names, otherwise the newest on the path.
    fn find() -> Result<Python, String> {
        if let Ok(command) = env::var(INTERPRETER) {
            let python = Python::probe(&command);
            return python.ok_or_else(|| format!("{INTERPRETER}={command} does not run as CPython"));
        }
        let names = MINORS.map(|minor| format!("python3.{minor}"));
        let names = ["python", "python3"].map(str::to_owned).into_iter().chain(names);
        let newest = names
            .filter_map(|name| Python::probe(&name))
            .max_by(|left, right| left.version.cmp(&right.version));
        newest.ok_or_else(|| format!("there is no CPython on the path, and {INTERPRETER} names none"))
    }

    fn probe(command: &str) -> Option<Python> {
        let output = Command::new(command).args(["-c", PROBE]).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut lines = text.lines();
        if !output.status.success() || lines.next()? != "cpython" {
            return None;
        }
        let version = lines.next()?.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [profiled, free_threaded] = [lines.next()? == "True", lines.next()? == "True"];
        Some(Python { command: command.to_owned(), version, profiled, free_threaded })
    }

    fn run(&self, program: &Path) -> Result<Run, String> {
        let mut command = Command::new(&self.command);
        measure(command.arg(program)).map_err(|problem| format!("CPython: {problem}"))
    }
}

impl Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version: Vec<String> = self.version.iter().map(u32::to_string).collect();
        let profiled = if self.profiled { "with" } else { "without" };
        let gil = if self.free_threaded { ", free-threaded" } else { "" };
        write!(f, "CPython {} (built {profiled} profile-guided optimisation{gil})", version.join("."))
    }
}

/// What one run took.
struct Run {
    /// On a clock on the wall.
    elapsed: Duration,
    /// Of a processor, for the program and for the system on its behalf.
    processor: Duration,
    /// The most memory that was resident, in bytes. Linux counts from before the new program replaces its parent's image,
    /// so that the peak of this process, a few megabytes, is the least that can be seen.
    peak: u64,
    printed: Vec<u8>,
}

/// Runs a program under both in turn; who goes first changes from pair to pair.
fn compare(python: &Python, program: &Path, runs: usize) -> Result<Comparison, String> {
    let (warm, oracle) = (run_minipy(program)?, python.run(program)?);
    if warm.printed != oracle.printed {
        let [ours, theirs] = [&warm, &oracle].map(|run| String::from_utf8_lossy(&run.printed));
        return Err(format!("minipy prints {ours:?}, CPython {theirs:?}"));
    }
    let mut pairs = Vec::with_capacity(runs);
    for number in 0..runs {
        let pair = if number % 2 == 0 {
            let minipy = run_minipy(program)?;
            (minipy, python.run(program)?)
        } else {
            let cpython = python.run(program)?;
            (run_minipy(program)?, cpython)
        };
        if pair.0.printed != oracle.printed || pair.1.printed != oracle.printed {
            return Err("does not print the same each time".to_owned());
        }
        pairs.push(pair);
    }
    Ok(Comparison { pairs })
}

fn run_minipy(program: &Path) -> Result<Run, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minipy"));
    measure(command.arg("run").arg(program)).map_err(|problem| format!("minipy: {problem}"))
}

/// Runs a command to its end.
fn measure(command: &mut Command) -> Result<Run, String> {
    // Both sides hash strings alike in each run.
    command.env("PYTHONHASHSEED", "0").stdin(Stdio::null()).stdout(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let mut printed = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |mut out| out.read_to_end(&mut printed));
    let used = child.wait4().map_err(|error| error.to_string())?;
    let elapsed = start.elapsed();
    read.map_err(|error| error.to_string())?;
    if !used.status.success() {
        return Err(format!("ends with {}", used.status));
    }
    let usage = used.rusage;
    Ok(Run { elapsed, processor: usage.utime + usage.stime, peak: usage.maxrss, printed })
}

/// The runs of a program, in pairs: minipy's, CPython's.
struct Comparison {
    pairs: Vec<(Run, Run)>,
}

impl Comparison {
    /// How much processor time CPython takes for minipy's one: in each pair, sorted.
    fn ratios(&self) -> Vec<f64> {
        sorted(self.pairs.iter().map(|(minipy, cpython)| quotient(cpython.processor, minipy.processor)))
    }

    /// The least and the greatest ratio.
    fn spread(&self) -> String {
        match self.ratios()[..] {
            [least, .., most] => format!("{least:.2} to {most:.2}"),
            _ => String::new(),
        }
    }

    fn ratio(&self) -> f64 {
        median(&self.ratios())
    }

    /// The most memory of any run of a side, in bytes.
    fn peak(&self, side: fn(&(Run, Run)) -> &Run) -> u64 {
        self.pairs.iter().map(|pair| side(pair).peak).max().unwrap_or_default()
    }

    /// How much memory minipy takes for CPython's one.
    fn memory_ratio(&self) -> f64 {
        self.peak(|pair| &pair.0).max(1) as f64 / self.peak(|pair| &pair.1).max(1) as f64
    }

    fn elapsed_ratio(&self) -> f64 {
        let ratios = self.pairs.iter().map(|(minipy, cpython)| quotient(cpython.elapsed, minipy.elapsed));
        median(&sorted(ratios))
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |side: fn(&(Run, Run)) -> &Run| {
            let middle = |time: fn(&Run) -> Duration| {
                median(&sorted(self.pairs.iter().map(|pair| time(side(pair)).as_secs_f64() * 1e3)))
            };
            format!("{:.1} ({:.1})", middle(|run| run.processor), middle(|run| run.elapsed))
        };
        let megabytes = |side| format!("{:.1}", self.peak(side) as f64 / 1e6);
        write!(f, "{:>15} {:>15}", times(|pair| &pair.0), times(|pair| &pair.1))?;
        write!(f, " {:>7.2} {:>13}", self.ratio(), self.spread())?;
        write!(f, " {:>10} {:>10}", megabytes(|pair| &pair.0), megabytes(|pair| &pair.1))?;
        write!(f, " {:>6.2}", self.memory_ratio())
    }
}

/// A time divided by another, none of them taken shorter than the clock can tell.
fn quotient(above: Duration, below: Duration) -> f64 {
    let least = Duration::from_micros(1);
    above.max(least).as_secs_f64() / below.max(least).as_secs_f64()
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The middle of sorted numbers, of which there is at least one.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[half - 1] + sorted[half]) / 2.0 } else { sorted[half] }
}

fn geometric_mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len() as f64;
    (numbers.map(f64::ln).sum::<f64>() / count).exp()
}
