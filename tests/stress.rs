//! The programs of `tests/stress` run under every GIL policy, and smaller with a collection at every checkpoint. Each checks
//! itself; see `tests/stress/README.md`.

mod common;

use std::path::{Path, PathBuf};

use common::{minipy, wait};
use minipy::runtime::policy::PolicyKind;

/// How much there is to do where every checkpoint collects garbage: a few turns of everything.
const SMALL: &str = "2";

/// How much there is to do where every object is an allocation of its own, as for the address sanitizer, which also maps memory
/// of its own for every stack: the 10,000 threads would take many minutes. Elsewhere a program does as much as it says itself.
const SEPARATE: &[&str] = if cfg!(feature = "gc-malloc") { &["--", "300"] } else { &[] };

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stress");
    let entries =
        folder.read_dir().expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    let mut programs: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "mpy")).collect();
    programs.sort();
    assert!(!programs.is_empty());
    programs
}

/// Runs all programs under a policy and returns what went wrong.
fn run(policy: PolicyKind, options: &[&str], arguments: &[&str]) -> Vec<String> {
    let mut failures = Vec::new();
    for program in programs() {
        let program = program.to_string_lossy();
        let words = [&["run", "--gil", policy.name()], options, &[&*program], arguments].concat();
        let ended = wait(minipy(&words).spawn().expect("the command starts"));
        if (ended.out.as_str(), ended.err.as_str(), ended.status.as_str()) != ("passed\n", "", "0") {
            let words = words.join(" ");
            failures.push(format!("{words}\nstatus {}\n{}{}", ended.status, ended.out, ended.err));
        }
    }
    failures
}

#[test]
fn under_every_policy() {
    let failures: Vec<String> =
        PolicyKind::ALL.iter().flat_map(|policy| run(*policy, &[], SEPARATE)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn with_a_collection_at_every_checkpoint() {
    let stress = |policy: &PolicyKind| run(*policy, &["--gc-stress"], &["--", SMALL]);
    let failures: Vec<String> = PolicyKind::ALL.iter().flat_map(stress).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
