//! Minipy beside CPython: the programs of `benches/programs/`, each as a whole process under both in turn.
//!
//! `benches/README.md` says what the table means. Nothing in here knows the machine: it starts commands and waits for them.

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{Comparison, Python, geometric_mean, is_smoke, median, programs, run_minipy, stem};

/// With `--check`, the least mean beside a CPython that was built without profiles, and beside one that was built with them.
const LEAST_MEANS: [f64; 2] = [2.5, 1.8];

/// With `--check`, the least ratio of a program.
const LEAST_RATIO: f64 = 1.2;

/// With `--check`, the most memory for CPython's one: in the geometric mean, and of a program.
const MOST_MEMORY: [f64; 2] = [1.25, 2.0];

/// With `--check`, the most milliseconds of processor time: of an empty program, and how many more for the imports.
const MOST_STARTS: [f64; 2] = [3.0, 2.0];

/// What the start takes: of nothing, and of the modules that most programs with threads import.
const STARTS: &[(&str, &str)] =
    &[("(empty program)", ""), ("(imports)", "import threading, queue, concurrent.futures\n")];

/// A start is over so soon that it can be measured so many times as often.
const START_FACTOR: usize = 4;

/// What writes `docs/performance.md`.
const COMMAND: &str = "cargo bench --bench vs_cpython -- --md docs/performance.md";

/// Of how many programs the page says what bounds them.
const LOWEST: usize = 3;

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

    /// End with status 1 if a figure is not what it must be, or if nothing could be measured
    #[arg(long)]
    check: bool,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    if is_smoke() {
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
    let measured = Python::find().and_then(|python| beside(&python, &short_program("")?, 1));
    match measured {
        Ok(_) => println!("an empty program runs under both; `cargo bench --bench vs_cpython` measures"),
        Err(problem) => println!("not run: {problem}"),
    }
    ExitCode::SUCCESS
}

/// A program under minipy and under CPython.
fn beside(python: &Python, program: &Path, runs: usize) -> Result<Comparison, String> {
    common::compare(|program| run_minipy(&[], program), |program| python.run(program), program, runs)
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
        match beside(&python, path, args.runs.get()) {
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
        let start = beside(&python, &short_program(text)?, args.runs.get() * START_FACTOR)?;
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
    let least_mean = LEAST_MEANS[usize::from(python.profiled)];
    let mut lacking = Vec::new();
    lacking.extend((mean < least_mean).then(|| format!("the mean {mean:.2} is under {least_mean}")));
    lacking.extend((memory > MOST_MEMORY[0]).then(|| format!("the mean memory is over {}", MOST_MEMORY[0])));
    for (name, comparison) in &measured {
        let [ratio, memory] = [comparison.ratio(), comparison.memory_ratio()];
        lacking.extend((ratio < LEAST_RATIO).then(|| format!("{name}: {ratio:.2} is under {LEAST_RATIO}")));
        let is_large = memory > MOST_MEMORY[1];
        lacking.extend(is_large.then(|| format!("{name}: memory {memory:.2} is over {}", MOST_MEMORY[1])));
    }
    if let [(_, empty), (_, imports)] = &starts[..] {
        let [empty, imports] =
            [empty, imports].map(|start| median(&start.times(|pair| &pair.0, |run| run.processor)));
        let [most, more] = MOST_STARTS;
        lacking.extend((empty > most).then(|| format!("an empty program takes {empty:.1} ms, over {most}")));
        let is_long = imports - empty > more;
        lacking.extend(is_long.then(|| format!("imports take {:.1} ms, over {more}", imports - empty)));
    }
    for what in &lacking {
        println!("not as it must be: {what}");
    }
    Ok(!failed && lacking.is_empty())
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

/// A program of which nothing takes long but the start and the end of the process.
fn short_program(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("short.mpy");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
