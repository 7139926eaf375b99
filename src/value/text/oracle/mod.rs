//! Differential tests: what this code makes of a case, and what CPython 3.13 makes of it.
//!
//! A case is a Python expression with our answer. Where CPython 3.13 is installed it is asked about all of them; elsewhere
//! the answers recorded in `golden/` serve, a sample of the cases. `MINIPY_RECORD=1 cargo test text::oracle` asks CPython
//! and writes that sample again.

mod characters;
mod codecs;
mod formats;
mod numbers;
mod templates;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::error::Result;
use super::quote;

/// As many cases of a test are recorded.
const RECORDED: usize = 500;

/// Cases of one test.
#[derive(Default)]
struct Cases(Vec<(String, String)>);

impl Cases {
    /// A case whose value is text.
    fn text(&mut self, expression: String, ours: Result<impl AsRef<[u8]>>) {
        self.0.push((
            expression,
            ours.map_or_else(|error| show_error(&error.to_string()), |text| show(text.as_ref())),
        ));
    }

    /// A case whose value is written out by `str`.
    fn plain(&mut self, expression: String, ours: Result<impl ToString>) {
        self.0.push((
            expression,
            ours.map_or_else(|error| show_error(&error.to_string()), |value| value.to_string()),
        ));
    }

    /// Compares all of them with CPython.
    fn agree(self, name: &str) {
        let path: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "src/value/text/golden", &format!("{name}.txt")].iter().collect();
        let answers = match ask(&self.0) {
            Some(answers) => answers,
            None => read(&std::fs::read_to_string(&path).expect("a recorded file")),
        };
        if std::env::var_os("MINIPY_RECORD").is_some() {
            std::fs::write(&path, self.sample(&answers)).expect("golden file written");
        }
        let mut report = String::new();
        let mut wrong = 0;
        let mut asked = 0;
        for (expression, ours) in &self.0 {
            let Some(theirs) = answers.get(expression) else { continue };
            asked += 1;
            if ours != theirs {
                wrong += 1;
                if wrong <= 20 {
                    let _ = writeln!(
                        report,
                        "{expression}\n  ours   {}\n  theirs {}",
                        clip(ours, theirs),
                        clip(theirs, ours)
                    );
                }
            }
        }
        assert!(asked > 0, "no case of {name} has an answer");
        assert!(wrong == 0, "{wrong} of {asked} cases of {name} differ\n{report}");
    }

    fn sample(&self, answers: &HashMap<String, String>) -> String {
        let step = self.0.len().div_ceil(RECORDED).max(1);
        let mut out = String::from(
            "# CPython 3.13's answers; MINIPY_RECORD=1 cargo test text::oracle writes them again\n",
        );
        for (expression, _) in self.0.iter().step_by(step) {
            if let Some(answer) = answers.get(expression) {
                let _ = writeln!(out, "{expression}\t{answer}");
            }
        }
        out
    }
}

/// The part of a long answer where it starts to differ.
fn clip(answer: &str, other: &str) -> String {
    let same = answer.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let start = if answer.len() > 200 { same.saturating_sub(40) } else { 0 };
    answer.chars().skip(start).take(200).collect()
}

fn show(text: &[u8]) -> String {
    quote::escape_non_ascii(quote::repr_str(text).as_bytes())
}

fn show_error(text: &str) -> String {
    quote::escape_non_ascii(text.as_bytes()).replace('\n', "\\n").replace('\x7f', "\\x7f")
}

/// `text` as a Python literal.
fn literal(text: &[u8]) -> String {
    show(text)
}

fn read(recorded: &str) -> HashMap<String, String> {
    let lines = recorded.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

const SCRIPT: &str = r#"
import sys, math, struct
def runs(f):
    out, start = [], None
    for c in range(0x110001):
        t = c < 0x110000 and f(chr(c))
        if t and start is None: start = c
        if not t and start is not None:
            out.append('%x-%x' % (start, c - 1)); start = None
    return ' '.join(out)
def changes(f):
    out = []
    for c in range(0x110000):
        r = f(chr(c))
        if r != chr(c): out.append('%x>%s' % (c, '+'.join('%x' % ord(x) for x in r)))
    return ' '.join(out)
def bits(n): return struct.unpack('<d', struct.pack('<Q', n))[0]
for line in sys.stdin:
    try:
        r = eval(line)
        r = ascii(r) if isinstance(r, str) else str(r)
    except Exception as e:
        s = e.args[0] if isinstance(e, KeyError) else str(e)
        r = f'{type(e).__name__}: {s}'
    r = ''.join(c if c < '\x7f' and c != '\n' else ascii(c)[1:-1] for c in r)
    print(r)
"#;

/// CPython 3.13's answers, if it is installed.
fn ask(cases: &[(String, String)]) -> Option<HashMap<String, String>> {
    let is_it = |name: &&str| {
        let version = Command::new(name).arg("-V").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.stdout.starts_with(b"Python 3.13"))
    };
    let python = ["python3.13", "python3", "python"].into_iter().find(is_it)?;
    let mut command = Command::new(python);
    command.args(["-X", "utf8", "-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let input: String = cases.iter().map(|(expression, _)| format!("{expression}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let lines = String::from_utf8(output.stdout).ok()?;
    assert_eq!(lines.lines().count(), cases.len(), "one answer a case");
    Some(
        cases
            .iter()
            .map(|(expression, _)| expression.clone())
            .zip(lines.lines().map(str::to_owned))
            .collect(),
    )
}

/// A small generator of test data: a linear congruential one, whose high bits will do.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) ^ self.0.rotate_left(17)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 20) as usize % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
