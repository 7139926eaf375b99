//! What several benches need: programs as whole processes, run in pairs, and what such runs are worth.
//!
//! Nothing in here knows the machine: it starts commands and waits for them.

use std::env;
use std::fmt::{self, Display};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

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

/// Whether it is `cargo test` that starts the bench: it leaves this word out, and wants to know that the bench works, not how long
/// anything takes.
pub(crate) fn is_smoke() -> bool {
    !env::args().any(|word| word == "--bench")
}

/// The programs whose name contains one of the words, or all if there are none, by name.
pub(crate) fn programs(words: &[String]) -> Result<Vec<PathBuf>, String> {
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

pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// An interpreter of CPython that really runs: a name on the path may belong to a version that is not active.
pub(crate) struct Python {
    command: String,
    version: Vec<u32>,
    /// Whether it was built with profile-guided optimisation.
    pub(crate) profiled: bool,
    free_threaded: bool,
}

impl Python {
    /// The one that the environment names, otherwise the newest on the path.
    pub(crate) fn find() -> Result<Python, String> {
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

    /// Runs a program.
    pub(crate) fn run(&self, program: &Path) -> Result<Run, String> {
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
pub(crate) struct Run {
    /// On a clock on the wall.
    elapsed: Duration,
    /// Of a processor, for the program and for the system on its behalf.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in bytes. Linux counts from before the new program replaces its parent's image,
    /// so that the peak of this process, a few megabytes, is the least that can be seen.
    peak: u64,
    /// The standard output.
    pub(crate) printed: Vec<u8>,
}

/// Runs a program in two ways in turn; who goes first changes from pair to pair. Both must print the same each time.
///
/// # Errors
/// Where one of them fails, or prints something else than the second.
pub(crate) fn compare(
    ours: impl Fn(&Path) -> Result<Run, String>,
    theirs: impl Fn(&Path) -> Result<Run, String>,
    program: &Path,
    runs: usize,
) -> Result<Comparison, String> {
    let (warm, oracle) = (ours(program)?, theirs(program)?);
    if warm.printed != oracle.printed {
        let [ours, theirs] = [&warm, &oracle].map(|run| String::from_utf8_lossy(&run.printed));
        return Err(format!("one prints {ours:?}, the other {theirs:?}"));
    }
    let mut pairs = Vec::with_capacity(runs);
    for number in 0..runs {
        let pair = if number % 2 == 0 {
            let first = ours(program)?;
            (first, theirs(program)?)
        } else {
            let first = theirs(program)?;
            (ours(program)?, first)
        };
        if pair.0.printed != oracle.printed || pair.1.printed != oracle.printed {
            return Err("does not print the same each time".to_owned());
        }
        pairs.push(pair);
    }
    Ok(Comparison { pairs })
}

/// Runs a program under minipy with these options.
///
/// # Errors
/// Where it does not end well.
pub(crate) fn run_minipy(options: &[&str], program: &Path) -> Result<Run, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minipy"));
    let command = command.arg("run").args(options).arg(program);
    measure(command).map_err(|problem| format!("minipy: {problem}"))
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
pub(crate) struct Comparison {
    pairs: Vec<(Run, Run)>,
}

impl Comparison {
    /// How much processor time CPython takes for minipy's one: in each pair, sorted.
    pub(crate) fn ratios(&self) -> Vec<f64> {
        sorted(self.pairs.iter().map(|(minipy, cpython)| quotient(cpython.processor, minipy.processor)))
    }

    /// The least and the greatest ratio.
    pub(crate) fn spread(&self) -> String {
        match self.ratios()[..] {
            [least, .., most] => format!("{least:.2} to {most:.2}"),
            _ => String::new(),
        }
    }

    pub(crate) fn ratio(&self) -> f64 {
        median(&self.ratios())
    }

    /// The times of a side in milliseconds, sorted.
    pub(crate) fn times(&self, side: fn(&(Run, Run)) -> &Run, time: fn(&Run) -> Duration) -> Vec<f64> {
        sorted(self.pairs.iter().map(|pair| time(side(pair)).as_secs_f64() * 1e3))
    }

    /// The most memory of any run of a side, in bytes.
    fn peak(&self, side: fn(&(Run, Run)) -> &Run) -> u64 {
        self.pairs.iter().map(|pair| side(pair).peak).max().unwrap_or_default()
    }

    /// How much memory minipy takes for CPython's one.
    pub(crate) fn memory_ratio(&self) -> f64 {
        self.peak(|pair| &pair.0).max(1) as f64 / self.peak(|pair| &pair.1).max(1) as f64
    }

    pub(crate) fn elapsed_ratio(&self) -> f64 {
        let ratios = self.pairs.iter().map(|(minipy, cpython)| quotient(cpython.elapsed, minipy.elapsed));
        median(&sorted(ratios))
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |side: fn(&(Run, Run)) -> &Run| {
            let middle = |time| median(&self.times(side, time));
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

pub(crate) fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The middle of sorted numbers, of which there is at least one.
pub(crate) fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[half - 1] + sorted[half]) / 2.0 } else { sorted[half] }
}

pub(crate) fn geometric_mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len() as f64;
    (numbers.map(f64::ln).sum::<f64>() / count).exp()
}
