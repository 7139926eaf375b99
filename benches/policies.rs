//! The experiments of `programs/` under each GIL policy, and under the CPythons that are found: what `docs/policies.md` shows.
//!
//! `benches/README.md` says how to run it. Each figure is made by the program itself, within one process; here processes are
//! started in turn, so that what else the computer does meets all alike. Of the machine nothing is used in here but how it measures native threads.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use clap::Parser;
use minipy::runtime::calibrate;

/// Names interpreters besides those on the path, divided by colons.
const INTERPRETERS: &str = "MINIPY_PYTHONS";

/// The names on the path that are looked for.
const NAMES: &[&str] = &[
    "python2.7",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.14t",
];

/// Prints the version of an interpreter, and whether it has a GIL.
const PROBE: &str = "\
import platform, sys
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
print(platform.python_implementation() + ' ' + platform.python_version() + ('' if gil else ' without GIL'))
";

/// minipy's ways to run, by the options.
const MINIPY: &[&[&str]] =
    &[&["--like", "3.13"], &[], &["--gil", "io-first"], &["--like", "2.7"], &["--gil", "off"]];

/// One more for the experiments in which the interval is what matters.
const LONGER: &[&str] = &["--like", "3.13", "--switch-interval", "20ms"];

/// An experiment: a row of the table of what the project shows.
struct Experiment {
    program: &'static str,
    title: &'static str,
    /// What is expected, in a sentence.
    expected: &'static str,
    /// The lines of the output that are measures: their name, and what they are called in the table.
    measures: &'static [(&'static str, &'static str)],
    /// Whether the switch interval is varied.
    swept: bool,
}

const EXPERIMENTS: &[Experiment] = &[
    Experiment {
        program: "countdown",
        title: "Two threads that compute",
        expected: "The time of two countdowns in two threads, divided by the time of the same one after the other: about 1.0 to \
                   1.2 under `new`; 1.4 to 2 under the old GIL, where there are two cores; what two native threads reach without one.",
        measures: &[("ratio", "in two threads / one after the other")],
        swept: false,
    },
    Experiment {
        program: "sleepers",
        title: "Threads that sleep",
        expected: "Fifty threads sleep for 0.1 s each. The time of all, divided by one sleep: a little above 1, under every policy.",
        measures: &[("ratio", "all / one")],
        swept: false,
    },
    Experiment {
        program: "race",
        title: "The lost update",
        expected: "Of two million additions to a global by two threads: none is lost where threads switch at jumps and calls only, \
                   otherwise some, and without a GIL many.",
        measures: &[("lost", "additions lost")],
        swept: false,
    },
    Experiment {
        program: "convoy",
        title: "The convoy",
        expected: "A byte goes to another thread and back, alone and beside a thread that computes. Under `new` that takes up to two switch \
                   intervals; under the others not much more than alone.",
        measures: &[
            ("alone", "a trip alone, µs"),
            ("beside a computing thread", "beside a computing thread, µs"),
            ("ratio", "beside / alone"),
        ],
        swept: true,
    },
    Experiment {
        program: "long_operation",
        title: "One long operation",
        expected: "How often another thread, which looks around once in a millisecond, does so during one operation of the main thread: not \
                   at all under any GIL, save at the edges; all the time without one, given a core.",
        measures: &[("the operation", "the operation, ms"), ("looks during it", "looks during it")],
        swept: false,
    },
    Experiment {
        program: "counters",
        title: "One counter, or one for each",
        expected: "The time for an addition with two threads, divided by that with one thread: without a GIL, half where each has \
                   its counter, and above 1 where they share one.",
        measures: &[
            ("one thread", "one thread, ns"),
            ("private ratio", "own counters / one thread"),
            ("shared ratio", "one counter / one thread"),
        ],
        swept: false,
    },
    Experiment {
        program: "handover",
        title: "Handing over",
        expected: "Two threads take turns by two locks. Microseconds for each turn.",
        measures: &[("each", "a turn, µs")],
        swept: false,
    },
];

/// Runs the experiments under every GIL policy and every CPython that is found
#[derive(Parser)]
#[command(name = "policies", bin_name = "cargo bench --bench policies --")]
struct Args {
    /// Only experiments whose program's name contains one of these words
    names: Vec<String>,

    /// How often each runs under each
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroUsize,

    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    md: Option<PathBuf>,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // `cargo test` starts benches as well, without this word: it wants to know that they work, not how long they take.
    let smoke = !env::args().any(|word| word == "--bench");
    let args = if smoke {
        Args { names: vec!["handover".to_owned()], runs: NonZeroUsize::MIN, md: None, bench: false }
    } else {
        Args::parse()
    };
    match (report(&args), args.md) {
        (Ok(page), Some(file)) => match fs::write(&file, page) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("{}: {error}", file.display())),
        },
        (Ok(page), None) => {
            println!("{page}");
            ExitCode::SUCCESS
        }
        (Err(problem), _) => fail(&problem),
    }
}

fn fail(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}

fn in_tree(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Something that runs programs.
struct Runner {
    name: String,
    command: Vec<String>,
}

impl Runner {
    fn minipy(options: &[&str]) -> Runner {
        let words = [&[env!("CARGO_BIN_EXE_minipy"), "run"], options].concat();
        let name = if options.is_empty() {
            "minipy (default)".to_owned()
        } else {
            format!("minipy `{}`", options.join(" "))
        };
        Runner { name, command: words.into_iter().map(str::to_owned).collect() }
    }

    /// An interpreter, if that is what the command is: a name on the path may belong to a version that is not active.
    fn python(command: &str) -> Option<Runner> {
        let output = Command::new(command).args(["-c", PROBE]).stderr(Stdio::null()).output().ok()?;
        let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !name.is_empty())
            .then(|| Runner { name, command: vec![command.to_owned()] })
    }

    /// Runs a program: the numbers behind the names of the measures.
    fn run(&self, experiment: &Experiment) -> Result<Vec<f64>, String> {
        let program = in_tree(&format!("programs/{}.mpy", experiment.program));
        let (first, rest) = self.command.split_first().ok_or("nothing to run")?;
        let output = Command::new(first).args(rest).arg(program).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{}: {error}", self.name))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{} fails at {}: {errors}", self.name, experiment.program));
        }
        let number = |(name, _): &(&str, &str)| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let number = value.and_then(|value| value.split(' ').next()?.parse().ok());
            number.ok_or_else(|| format!("{} prints no {name} for {}", self.name, experiment.program))
        };
        experiment.measures.iter().map(number).collect()
    }
}

/// Every CPython there is, each version once.
fn pythons() -> Vec<Runner> {
    let named = env::var(INTERPRETERS).unwrap_or_default();
    let commands = named.split(':').filter(|command| !command.is_empty()).chain(NAMES.iter().copied());
    let mut found: Vec<Runner> = Vec::new();
    for runner in commands.filter_map(Runner::python) {
        if !found.iter().any(|other| other.name == runner.name) {
            found.push(runner);
        }
    }
    found.sort_by_key(|runner| version(&runner.name));
    found
}

/// The numbers in a name.
fn version(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// The page: what was run, and a table for each experiment.
fn report(args: &Args) -> Result<String, String> {
    let wanted = |experiment: &&Experiment| {
        args.names.is_empty() || args.names.iter().any(|word| experiment.program.contains(word.as_str()))
    };
    let experiments: Vec<_> = EXPERIMENTS.iter().filter(wanted).collect();
    if experiments.is_empty() {
        return Err(format!("no program is called anything like `{}`", args.names.join("`, `")));
    }
    let pythons = pythons();
    let cores = thread::available_parallelism().map_or(0, NonZeroUsize::get);
    let mut page = format!(
        "# GIL policies, measured\n\n\
         Made by `cargo bench --bench policies -- --md docs/policies.md`, which `benches/README.md` describes; not edited by hand. One computer with {cores} \
         processors, {} runs of each, in turn: medians, and in brackets the least and the greatest. Two native threads that spin were \
         {} times as fast as one.\n",
        args.runs,
        speed_up(args.runs.get())?
    );
    for experiment in experiments {
        let longer = experiment.swept.then_some(LONGER);
        let minipys = MINIPY.iter().copied().chain(longer).map(Runner::minipy);
        let minipys: Vec<Runner> = minipys.collect();
        let runners: Vec<&Runner> = minipys.iter().chain(&pythons).collect();
        page += &table(experiment, &runners, args.runs.get())?;
    }
    Ok(page)
}

fn table(experiment: &Experiment, runners: &[&Runner], runs: usize) -> Result<String, String> {
    let mut found = vec![vec![Vec::new(); experiment.measures.len()]; runners.len()];
    for _ in 0..runs {
        for (runner, found) in runners.iter().zip(&mut found) {
            for (number, numbers) in runner.run(experiment)?.into_iter().zip(found) {
                numbers.push(number);
            }
        }
    }
    let Experiment { program, title, expected, measures, .. } = experiment;
    let mut text = format!("\n## {title}\n\n`programs/{program}.mpy`. {expected}\n\n| |");
    for (_, name) in *measures {
        text += &format!(" {name} |");
    }
    text += &format!("\n| --- |{}\n", " --- |".repeat(measures.len()));
    for (runner, found) in runners.iter().zip(found) {
        text += &format!("| {} |", runner.name);
        for numbers in found {
            text += &format!(" {} |", summary(numbers));
        }
        text.push('\n');
    }
    Ok(text)
}

/// The median, the least and the greatest of some numbers, of which there is at least one.
fn summary(mut numbers: Vec<f64>) -> String {
    numbers.sort_by(f64::total_cmp);
    let text = |number: f64| match number {
        _ if number.fract() == 0.0 || number >= 1000.0 => format!("{number:.0}"),
        _ if number >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    };
    match numbers[..] {
        [only] => text(only),
        [least, .., most] => {
            let mut summary = text(numbers[numbers.len() / 2]);
            let _: std::fmt::Result = write!(summary, " ({} to {})", text(least), text(most));
            summary
        }
        [] => String::new(),
    }
}

/// How much faster two native threads are than one, each with as much to do.
fn speed_up(runs: usize) -> Result<String, String> {
    let time = |threads| calibrate::spin(threads).map(|time| time.as_secs_f64());
    let once = || Ok(2.0 * time(1)? / time(2)?);
    let ratios: io::Result<Vec<f64>> = (0..runs).map(|_| once()).collect();
    ratios.map(summary).map_err(|error| error.to_string())
}
