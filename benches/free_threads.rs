//! Without a GIL: what that costs a single thread, how much faster two threads are, and what it takes to hand over.
//!
//! `benches/README.md` says what the tables mean. Everything is measured in one run, since a ratio of figures of two days is one
//! of two machines.

mod common;

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use common::{Python, Run, compare, geometric_mean, is_smoke, median, programs, run_minipy, sorted, stem};

/// The options that remove the GIL.
const OFF: &[&str] = &["--gil", "off"];

/// How much more a single thread may take without a GIL, in the geometric mean.
const COST_LIMIT: f64 = 1.05;

/// The programs of `benches/threads/`, and which share of the machine's own speed-up two threads must reach.
const SHARES: &[(&str, f64)] =
    &[("arithmetic", 0.95), ("calls", 0.95), ("attributes", 0.95), ("lists", 0.85), ("dicts", 0.85)];

/// The machine's own speed-up is another from second to second, where others use it as well: it takes more runs to see a share.
const ROUNDS: usize = 3;

/// Measures what it costs, and brings, to have no GIL
#[derive(Parser)]
#[command(name = "free_threads", bin_name = "cargo bench --bench free_threads --")]
struct Args {
    /// Of the programs with one thread, only those whose name contains one of these words
    names: Vec<String>,

    /// How often each is run
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroUsize,

    /// End with status 1 if a figure is not what it must be
    #[arg(long)]
    check: bool,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let smoke = is_smoke();
    let args = if smoke {
        Args { names: vec!["fib".to_owned()], runs: NonZeroUsize::MIN, check: false, bench: false }
    } else {
        Args::parse()
    };
    let measured = alone(&args).and_then(|good| Ok(together(&args, smoke)? & hand_overs(&args)? & good));
    match measured {
        Ok(good) => ExitCode::from(u8::from(args.check && !good)),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The programs with one thread, without a GIL and with one. Returns whether it costs no more than it may.
fn alone(args: &Args) -> Result<bool, String> {
    println!("One thread: processor time without a GIL, divided by that with it\n");
    let (mut ratios, mut elapsed) = (Vec::new(), Vec::new());
    for program in programs(&args.names)? {
        let name = stem(&program);
        // The quotient is that of the second to the first.
        let with = |program: &Path| run_minipy(&[], program);
        let without = |program: &Path| run_minipy(OFF, program);
        let comparison = compare(with, without, &program, args.runs.get())
            .map_err(|problem| format!("{name}: {problem}"))?;
        println!("{name:<16} {:>6.3}   {}", comparison.ratio(), comparison.spread());
        ratios.push(comparison.ratio());
        elapsed.push(comparison.elapsed_ratio());
    }
    let mean = geometric_mean(ratios.iter().copied());
    let mean_elapsed = geometric_mean(elapsed.into_iter());
    println!(
        "\ngeometric mean of {}: {mean:.3}, at most {COST_LIMIT} (elapsed {mean_elapsed:.3})\n",
        ratios.len()
    );
    Ok(mean <= COST_LIMIT)
}

/// Two threads with data of their own, beside two native threads. Returns whether all reach their share.
fn together(args: &Args, smoke: bool) -> Result<bool, String> {
    println!(
        "Two threads: times the work of one thread, beside two native threads; and how much faster than no threads\n"
    );
    println!(
        "{:<16} {:>8} {:>8} {:>7} {:>9} {:>11}",
        "program", "native", "minipy", "share", "at least", "no threads"
    );
    let mut good = true;
    for (name, least) in if smoke { &SHARES[..1] } else { SHARES } {
        let SpeedUp { native, reached, share, over_sequential } = speed_up(name, args.runs.get() * ROUNDS)?;
        println!("{name:<16} {native:>8.2} {reached:>8.2} {share:>7.2} {least:>9.2} {over_sequential:>11.2}");
        good &= share >= *least;
    }
    println!();
    Ok(good)
}

/// How much two threads do in the time of one.
struct SpeedUp {
    /// Native ones.
    native: f64,
    /// Those of a program: the same is measured, so this is what can be set beside the machine's.
    reached: f64,
    /// What is reached of what native ones reach.
    share: f64,
    /// Those of a program, in the time of a program without threads, which locks nothing.
    over_sequential: f64,
}

fn speed_up(name: &str, runs: usize) -> Result<SpeedUp, String> {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/threads").join(name).with_extension("mpy");
    let mut command = Command::new(env!("CARGO_BIN_EXE_minipy"));
    command.arg("bench").arg(program).args(["--threads", "1,2", "--gil", "off", "--json", "--runs"]);
    let output = command.arg(runs.to_string()).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("minipy bench: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let figures: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("minipy bench --json: {error}"))?;
    let row = figures["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["threads"] == 2));
    let figure = |key: &str| row.and_then(|row| row[key].as_f64()).ok_or(format!("{name}: no {key}"));
    Ok(SpeedUp {
        native: figure("machine")?,
        reached: figure("over_one_thread")?,
        share: figure("share")?,
        over_sequential: figure("over_sequential")?,
    })
}

/// Two threads that take turns. Returns whether that costs no more than under CPython, if there is one.
fn hand_overs(args: &Args) -> Result<bool, String> {
    println!("Two threads that take turns, 10,000 times: microseconds a turn\n");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/handover.mpy");
    let python = Python::find();
    let mut found = [const { Vec::new() }; 3];
    for _ in 0..args.runs.get() {
        found[0].push(turn(&run_minipy(&[], &program)?)?);
        found[1].push(turn(&run_minipy(OFF, &program)?)?);
        if let Ok(python) = &python {
            found[2].push(turn(&python.run(&program)?)?);
        }
    }
    let [with, without, oracle] = found.map(|turns| sorted(turns.into_iter()));
    println!("{:<16} {:>8.2}", "with the GIL", median(&with));
    println!("{:<16} {:>8.2}", "without", median(&without));
    match python {
        Ok(python) => {
            println!("{python}: {:.2}", median(&oracle));
            Ok(median(&with).max(median(&without)) <= median(&oracle))
        }
        Err(problem) => {
            println!("CPython is not measured: {problem}");
            Ok(true)
        }
    }
}

/// What `programs/handover.mpy` says of a turn.
fn turn(run: &Run) -> Result<f64, String> {
    let text = String::from_utf8_lossy(&run.printed);
    let number = text.lines().find_map(|line| line.strip_prefix("each: ")?.split(' ').next()?.parse().ok());
    number.ok_or_else(|| format!("programs/handover.mpy prints {text:?}"))
}
