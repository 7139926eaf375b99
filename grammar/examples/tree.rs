//! Prints the syntax tree of a file, or what is wrong with it: `cargo run --example tree -- FILE`.

#[path = "../tests/support/dump.rs"]
mod dump;

use minipy_grammar::{Source, parse};

fn main() {
    for path in std::env::args().skip(1) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let source = Source::new(path.as_str(), text);
        match parse(&source) {
            Ok(module) => print!("{}", dump::dump(&module)),
            Err(error) => {
                let (start, end) = source.range(error.span);
                println!(
                    "{:?}: {} at {}:{}-{}:{}",
                    error.kind,
                    error.message,
                    start.line,
                    start.column + 1,
                    end.line,
                    end.column + 1
                );
            }
        }
    }
}
