//! What `--trace` costs a program that computes: two threads on one GIL, recorded and not.

#[expect(dead_code, reason = "nothing is compared with CPython here")]
mod common;

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{self, ExitCode};

use clap::Parser;
use common::{compare, is_smoke, run_minipy};

/// How much more processor time a recorded run may take, the writing of the file included.
const LIMIT: f64 = 1.05;

/// The processors of a virtual machine are faster and slower by a tenth from second to second, whatever a run's length: it takes so
/// many times more pairs until their middle quotient stands still to a hundredth.
const ROUNDS: usize = 5;

/// Measures what recording a run costs
#[derive(Parser)]
#[command(name = "recording", bin_name = "cargo bench --bench recording --")]
struct Args {
    /// How often each is run, in each of five rounds
    #[arg(long, value_name = "N", default_value = "9")]
    runs: NonZeroUsize,

    /// End with status 1 if it costs more than it may
    #[arg(long)]
    check: bool,

    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args =
        if is_smoke() { Args { runs: NonZeroUsize::MIN, check: false, bench: false } } else { Args::parse() };
    let pairs = if is_smoke() { 1 } else { args.runs.get() * ROUNDS };
    let file = env::temp_dir().join(format!("minipy-recording-{}.json", process::id()));
    let measured = measure(&file, pairs);
    // Where nothing was recorded there is no file.
    let _: std::io::Result<()> = fs::remove_file(&file);
    match measured {
        Ok(ratio) => ExitCode::from(u8::from(args.check && ratio > LIMIT)),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The processor time of a recorded run, divided by that of the run beside it that is not: the median over the pairs.
fn measure(file: &Path, pairs: usize) -> Result<f64, String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/threads/arithmetic.mpy");
    let file = file.to_str().ok_or("the folder for temporary files has a name that is no text")?;
    let plain = |program: &Path| run_minipy(&["--threads", "2"], program);
    let recorded = |program: &Path| run_minipy(&["--threads", "2", "--trace", file], program);
    let comparison = compare(plain, recorded, &program, pairs)?;
    let ratio = comparison.ratio();
    println!(
        "Two threads that compute: processor time recorded / not: {ratio:.3} ({}; {pairs} pairs), at most {LIMIT}",
        comparison.spread()
    );
    Ok(ratio)
}
