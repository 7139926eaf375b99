//! scratch
use minipy_grammar::{Source, parse};
use std::io::Read;
fn main() {
    let mut t = String::new();
    std::io::stdin().read_to_string(&mut t).unwrap();
    for line in t.split('\u{1}') {
        let source = Source::new("<t>", line);
        match parse(&source) {
            Ok(_) => print!("ok\u{1}"),
            Err(e) => {
                let (a, b) = source.range(e.span);
                print!(
                    "{:?}\u{2}{}\u{2}{}\u{2}{}\u{2}{}\u{2}{}\u{1}",
                    e.kind,
                    e.message,
                    a.line,
                    a.column + 1,
                    b.line,
                    b.column + 1
                );
            }
        }
    }
}
