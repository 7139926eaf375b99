//! Compiles the part of the library that is written in the language: for each `src/stdlib/NAME.mpy` there is a
//! `library/NAME.code` in the folder for what is built, which `vm/script.rs` embeds beside the source. The functions of the
//! prelude stand apart, in `library/prelude.code`. And says how the command is linked.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use minipy_compiler::{Code, Definition};
use minipy_grammar::Source;

/// Where the sources stand, in folders of any depth.
const LIBRARY: &str = "src/stdlib";
/// The folder among them whose functions are made one by one.
const PRELUDE: &str = "src/stdlib/prelude";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed={LIBRARY}");
    link_at_fixed_address();
    let outcome = env::var("OUT_DIR")
        .map_err(|error| format!("cargo sets OUT_DIR for a build script: {error}"))
        .and_then(|out| compile_library(&Path::new(&out).join("library")));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// A command that can stand anywhere in memory begins by writing its own address into each of its thousands of tables'
/// pointers, which takes longer than an empty program. Only where the linker is known to take the word.
fn link_at_fixed_address() {
    let target = |part: &str| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn compile_library(out: &Path) -> Result<(), String> {
    let mut definitions = Vec::new();
    compile_folder(Path::new(LIBRARY), out, &mut definitions)?;
    let packed =
        minipy_compiler::archive(definitions.iter().map(|(chapter, definition)| (&**chapter, definition)));
    let archive = out.join("prelude.code");
    fs::write(&archive, packed).map_err(|error| format!("{}: {error}", archive.display()))
}

fn compile_folder(
    folder: &Path,
    out: &Path,
    definitions: &mut Vec<(String, Definition)>,
) -> Result<(), String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    fs::create_dir_all(out).map_err(failed(out))?;
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            compile_folder(&path, &out.join(name), definitions)?;
        } else if path.extension().is_some_and(|ending| ending == "mpy") {
            let text = fs::read_to_string(&path).map_err(failed(&path))?;
            let packed = out.join(name).with_extension("code");
            let (code, apart) = compile(&path, text)?;
            let chapter = path.file_stem().unwrap_or_default().to_string_lossy();
            definitions.extend(apart.into_iter().map(|definition| (chapter.to_string(), definition)));
            fs::write(&packed, minipy_compiler::pack(&code)).map_err(failed(&packed))?;
        }
    }
    Ok(())
}

/// The code of a file, and the functions of it that stand apart.
fn compile(path: &Path, text: String) -> Result<(Code, Vec<Definition>), String> {
    let source = Source::new(path.display().to_string(), text);
    let compiled = minipy_grammar::parse(&source).and_then(|module| {
        if path.starts_with(PRELUDE) {
            minipy_compiler::compile_apart(&source, module)
        } else {
            Ok((minipy_compiler::compile(&source, &module)?, Vec::new()))
        }
    });
    let (code, apart) = compiled.map_err(|error| {
        format!("{}, line {}: {}", source.name(), source.line_of(error.span.start), error.message)
    })?;
    for code in [&code].into_iter().chain(apart.iter().map(|definition| &*definition.code)) {
        minipy_compiler::verify(code).map_err(|why| format!("{}: {why}", source.name()))?;
    }
    Ok((code, apart))
}
