//! Compiles the part of the library that is written in the language: for each `src/stdlib/NAME.mpy` there is a
//! `library/NAME.code` in the folder for what is built, which `vm/script.rs` embeds beside the source. The functions, classes
//! and constants of the prelude stand apart, in `library/prelude.code`. And says how the command is linked.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use minipy_compiler::{Code, Definition};
use minipy_grammar::Source;

/// Where the sources stand, in folders of any depth.
const LIBRARY: &str = "src/stdlib";
/// The folder among them whose definitions are made one by one.
const PRELUDE: &str = "src/stdlib/prelude";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed={LIBRARY}");
    let outcome = env::var("OUT_DIR")
        .map_err(|error| format!("cargo sets OUT_DIR for a build script: {error}"))
        .and_then(|out| {
            let out = Path::new(&out);
            link_for_quick_start(out)?;
            compile_library(&out.join("library"))
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Links the command so that it starts soon. Only where the linker is known to take the words.
fn link_for_quick_start(out: &Path) -> Result<(), String> {
    let target = |part: &str| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") != "linux" || target("ENV") != "gnu" {
        return Ok(());
    }
    // A command that can stand anywhere in memory begins by writing its own address into each of its thousands of tables'
    // pointers, which takes longer than an empty program.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    link_unwinder_into(&out.join("link"))
}

/// The shared library of the unwinder asks the processor for its features when it is loaded, question by question, and in a
/// virtual machine each of them goes to the hypervisor: that takes longer than all that the machine does at start. The compiler
/// has the unwinder as an archive too. `-lgcc_s`, which the standard library asks for, finds a script here that names it.
fn link_unwinder_into(folder: &Path) -> Result<(), String> {
    const ARCHIVE: &str = "libgcc_eh.a";
    if env::var("HOST") != env::var("TARGET") {
        return Ok(());
    }
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let asked = Command::new(linker).arg(format!("-print-file-name={ARCHIVE}")).output();
    // A linker that has no such archive answers with the bare name.
    let archive = asked.ok().and_then(|said| String::from_utf8(said.stdout).ok()).unwrap_or_default();
    let archive = Path::new(archive.trim());
    if !archive.is_absolute() || !archive.is_file() {
        return Ok(());
    }
    let script = format!("GROUP ( {} )\n", archive.display());
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join("libgcc_s.so"), script))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    println!("cargo::rustc-link-search=native={}", folder.display());
    Ok(())
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
            let bytes = code.map_or_else(Vec::new, |code| minipy_compiler::pack(&code));
            fs::write(&packed, bytes).map_err(failed(&packed))?;
        }
    }
    Ok(())
}

/// The code of a file, if there is any to run, and the definitions of it that stand apart.
fn compile(path: &Path, text: String) -> Result<(Option<Code>, Vec<Definition>), String> {
    let source = Source::new(path.display().to_string(), text);
    let compiled = minipy_grammar::parse(&source).and_then(|module| {
        if path.starts_with(PRELUDE) {
            minipy_compiler::compile_apart(&source, module)
        } else {
            Ok((Some(minipy_compiler::compile(&source, &module)?), Vec::new()))
        }
    });
    let (code, apart) = compiled.map_err(|error| {
        format!("{}, line {}: {}", source.name(), source.line_of(error.span.start), error.message)
    })?;
    let codes = apart.iter().flat_map(|definition| definition.recipe.codes());
    for code in code.iter().chain(codes.map(|code| &**code)) {
        minipy_compiler::verify(code).map_err(|why| format!("{}: {why}", source.name()))?;
    }
    Ok((code, apart))
}
