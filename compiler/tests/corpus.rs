//! Every program of the repository compiles, and what it compiles to passes the verifier and comes out of its bytes as it was.

use std::path::{Path, PathBuf};

use minipy_compiler::{compile, pack, unpack, verify};
use minipy_grammar::{Source, parse};

/// Where programs lie, seen from the repository's root.
const FOLDERS: [&str; 5] = ["tests", "programs", "benches", "src", "compiler/tests/programs"];

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mpy") {
            found.push(path);
        }
    }
}

#[test]
fn every_program_compiles_and_verifies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| programs(&root.join(folder), &mut paths));
    assert!(!paths.is_empty(), "no programs found");
    let mut complaints = Vec::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("a program is text");
        let source = Source::new(path.display().to_string(), text);
        // A program that does not parse is one that shows a syntax error.
        let Ok(module) = parse(&source) else { continue };
        match compile(&source, &module) {
            Ok(code) => {
                complaints.extend(verify(&code).err().map(|why| format!("{}: {why}", path.display())));
                if unpack(&pack(&code), &source).as_ref() != Ok(&code) {
                    complaints.push(format!("{}: is another one when it is unpacked", path.display()));
                }
            }
            Err(_) if path.to_string_lossy().contains("syntax_") => {}
            Err(error) => complaints.push(format!(
                "{}:{}: {}",
                path.display(),
                source.line_of(error.span.start),
                error.message
            )),
        }
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), paths.len(), complaints.join("\n"));
}
