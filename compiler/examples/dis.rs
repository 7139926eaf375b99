//! Prints the bytecode of a file: `cargo run -p minipy-compiler --example dis FILE`.

use std::process::ExitCode;

use minipy_compiler::{compile, disassemble};
use minipy_grammar::{Source, parse};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: dis FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let source = Source::new(path.as_str(), text);
    match parse(&source).and_then(|module| compile(&source, &module)) {
        Ok(code) => {
            print!("{}", disassemble(&code));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}:{}: {}", source.line_of(error.span.start), error.message);
            ExitCode::FAILURE
        }
    }
}
