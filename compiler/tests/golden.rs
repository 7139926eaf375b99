//! The bytecode of small programs, to the letter.
//!
//! For each `tests/programs/NAME.mpy` the disassembly stands in `NAME.dis`. To regenerate them all after a change to the
//! compiler: `MINIPY_REGENERATE=1 cargo test -p minipy-compiler --test golden`, then read the difference.

use std::fs;
use std::path::Path;

use minipy_compiler::{compile, disassemble, verify};
use minipy_grammar::{Source, parse};

#[test]
fn bytecode_is_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let regenerate = std::env::var_os("MINIPY_REGENERATE").is_some();
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the folder of programs").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "mpy") {
            continue;
        }
        count += 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let source = Source::new(name.as_str(), fs::read_to_string(&path).expect("a program is text"));
        let module = parse(&source).unwrap_or_else(|error| panic!("{name}: {}", error.message));
        let code = compile(&source, &module).unwrap_or_else(|error| panic!("{name}: {}", error.message));
        assert_eq!(verify(&code), Ok(()), "{name}");
        let actual = disassemble(&code);
        let recorded = path.with_extension("dis");
        if regenerate {
            fs::write(&recorded, actual).expect("a golden file can be written");
            continue;
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        if let Some((line, (actual, expected))) = actual
            .lines()
            .zip(expected.lines())
            .enumerate()
            .find(|(_, (actual, expected))| actual != expected)
        {
            panic!("{name}: line {} of the disassembly is\n{actual}\nbut recorded is\n{expected}", line + 1);
        }
        assert_eq!(actual.lines().count(), expected.lines().count(), "{name}: lines of disassembly");
    }
    assert!(count > 0, "no programs");
}
