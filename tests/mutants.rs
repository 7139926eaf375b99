//! Programs with mistakes, run in the machine: none of them may make it panic, abort or hang, whatever else they do.
//!
//! Each is one of the repository's programs after a few changes. `MINIPY_MUTANTS=100000 cargo test --test mutants` runs so
//! many instead of a few hundred, and `MINIPY_MUTANTS_SEED=2` other ones. A program that kills the process was printed just before.

#[path = "mutants/host.rs"]
mod host;
#[path = "mutants/mutate.rs"]
mod mutate;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{env, fs, thread};

use minipy::vm::{Launch, Options, Vm};
use minipy_grammar::Source;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use walkdir::WalkDir;

use host::{BoundedHost, Stopped};
use mutate::{Mutation, mutation};

/// Where the programs stand.
const FOLDERS: &[&str] = &["tests/scripts", "benches/programs", "programs"];

/// How many mutants run unless it is asked for more; of those with collections, a twentieth.
const CASES: u32 = 500;

/// How many checkpoints a mutant may pass.
const BUDGET: i64 = 3_000;

/// What a mutant may allocate, in bytes.
const MEMORY: usize = 24 << 20;

/// The stack of the thread that runs the mutants, in bytes: that of any thread of a program.
const STACK: usize = 16 << 20;

/// Nothing that a mutant does takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The texts of the programs, by path. What talks to a network stays out.
fn programs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = FOLDERS.iter().flat_map(|folder| WalkDir::new(root.join(folder)).sort_by_file_name());
    let mut programs = Vec::new();
    for file in
        files.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|e| e == "mpy"))
    {
        let text = fs::read_to_string(file.path()).expect("a program is text");
        if !text.contains("import requests") {
            let name = file.path().strip_prefix(root).unwrap_or(file.path());
            programs.push((name.display().to_string(), text));
        }
    }
    assert!(programs.len() > 100, "the programs are found");
    programs
}

/// Runs a program if it is one, and says whether it is.
fn run(text: &str, gc_stress: bool) -> bool {
    let source = Source::new("<mutant>", text);
    let code = minipy_grammar::parse(&source).and_then(|module| minipy_compiler::compile(&source, &module));
    let Ok(code) = code else { return false };
    let host = Arc::new(BoundedHost::new());
    let options = Options { gc_stress, memory_limit: Some(MEMORY), ..Options::default() };
    let (_vm, mut thread) = Vm::boot(host.clone(), options).expect("the machine boots");
    host.start(if gc_stress { BUDGET / 20 } else { BUDGET });
    let launch = Launch { module: "__main__", file: "mutant.mpy", threads: None };
    let outcome = catch_unwind(AssertUnwindSafe(|| thread.run_program(&Arc::new(code), &launch)));
    match outcome {
        Err(payload) if !payload.is::<Stopped>() => resume_unwind(payload),
        _ => true,
    }
}

/// Runs mutants one after the other, each told to `watcher` before it begins.
fn run_mutants(name: &str, gc_stress: bool, watcher: &Sender<String>) {
    let variable = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    let cases = variable("MINIPY_MUTANTS").unwrap_or(CASES) / if gc_stress { 20 } else { 1 };
    let seed = variable("MINIPY_MUTANTS_SEED").unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    bytes[31] = u8::from(gc_stress);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { failure_persistence: None, max_shrink_iters: 200, ..Config::with_cases(cases) };
    let programs = programs();
    // What they leave behind lies there.
    env::set_current_dir(env!("CARGO_TARGET_TMPDIR")).expect("there is a folder for tests");
    let ran = Cell::new(0);
    let strategy = (any::<Index>(), prop::collection::vec(mutation(), 1..5));
    let outcome = TestRunner::new_with_rng(config, rng).run(
        &strategy,
        |(program, mutations): (Index, Vec<Mutation>)| {
            let (path, text) = &programs[program.index(programs.len())];
            let mutant = mutations.iter().fold(text.clone(), |text, mutation| mutation.apply(&text));
            let told = watcher.send(format!("{name}: a mutant of {path}:\n{mutant}"));
            told.expect("the watcher outlives the mutants");
            ran.set(ran.get() + u32::from(run(&mutant, gc_stress)));
            Ok(())
        },
    );
    outcome.unwrap_or_else(|problem| panic!("{problem}"));
    assert!(ran.get() > cases / 4, "only {} of {cases} are programs", ran.get());
}

/// Runs mutants on a thread of their own, and says which one hangs or kills the process.
fn watched(name: &'static str, gc_stress: bool) {
    let (sender, receiver) = channel();
    let mutants =
        thread::Builder::new().stack_size(STACK).spawn(move || run_mutants(name, gc_stress, &sender));
    let mut running = String::new();
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(mutant) => running = mutant,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("this does not end; {running}");
                std::process::abort();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Err(payload) = mutants.expect("a thread starts").join() {
        eprintln!("the last was {running}");
        resume_unwind(payload);
    }
}

#[test]
fn mutants_do_no_harm() {
    watched("plain", false);
}

#[test]
fn mutants_do_no_harm_while_garbage_is_collected_all_the_time() {
    watched("stress", true);
}
