//! Reads the source tree and holds it to the rules that review forgets: who may use whom, how long a file is, what may not
//! stand in one.
//!
//! Each rule is a function from the text of a file to complaints, and each is tried on made-up texts that break it.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// The layers of the package `minipy`, folders or files of `src/`. Each may use itself and those before it.
const LAYERS: &[&str] =
    &["sync", "heap", "value", "vm", "builtins", "stdlib", "runtime", "trace", "explore", "cli"];

/// Files that may use later layers: the one that puts a machine together.
const ASSEMBLY: &[(&str, &[&str])] = &[("src/vm/boot.rs", &["builtins", "stdlib"])];

/// Where unsafe code may stand.
const UNSAFE: &[&str] = &["src/heap/", "src/value/", "src/vm/", "src/runtime/os.rs"];

/// The most lines of a file.
const MAX_LINES: usize = 699;

/// The one file that may be longer: the grammar is one text.
const LONG: &str = "grammar/minipy.lalrpop";

/// What may not be called or written, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("allow(", "an exception to a lint is `expect` with a reason"),
    ("todo!", "unfinished"),
    ("unimplemented!", "unfinished"),
    ("dbg!", "left from debugging"),
    ("#[ignore", "a test runs or does not exist"),
    ("static mut", "no process-wide state"),
    ("thread_local!", "no process-wide state: the thread is passed explicitly"),
];

/// Types that make a `static` process-wide state.
const STATEFUL: &[&str] = &["Mutex", "RwLock", "Atomic", "Cell<", "Condvar"];

#[test]
fn the_tree_is_tidy() {
    let mut complaints = Vec::new();
    for (path, text) in files() {
        complaints.extend(check(&path, &text).into_iter().map(|complaint| format!("{path}:{complaint}")));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The files that people write: path from the root with `/`, text.
fn files() -> impl Iterator<Item = (String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = WalkDir::new(root).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        name != "target" && (!name.starts_with('.') || name == ".ci" || entry.depth() == 0)
    });
    entries.filter_map(move |entry| {
        let entry = entry.expect("the tree can be read");
        let path = entry.path().strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
        // What is not text is not ours to judge.
        let text = entry.file_type().is_file().then(|| fs::read_to_string(entry.path()).ok())??;
        Some((path, text))
    })
}

/// All that is wrong with a file: `line: complaint`.
fn check(path: &str, text: &str) -> Vec<String> {
    let mut found = machine_paths(text);
    let is_rust = path.ends_with(".rs");
    if is_rust || path == LONG {
        found.extend(length(path, text));
    }
    if is_rust {
        let code = code_only(text);
        found.extend(header(text));
        found.extend(forbidden(&code));
        found.extend(state(&code));
        found.extend(unsafe_code(path, &code));
        found.extend(layers(path, &code));
        found.extend(crates(path, &code));
    }
    found
}

/// The numbered lines that have something, as complaints.
fn lines_with(text: &str, problem: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let numbered = text.lines().zip(1..);
    numbered
        .filter_map(|(line, number)| problem(line).map(|problem| format!("{number}: {problem}")))
        .collect()
}

fn header(text: &str) -> Option<String> {
    (!text.starts_with("//! ")).then(|| "1: does not open with `//!`, saying what it is".to_owned())
}

fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES && path != LONG).then(|| format!("{lines}: longer than {MAX_LINES} lines"))
}

fn forbidden(code: &str) -> Vec<String> {
    lines_with(code, |line| {
        let (what, why) = FORBIDDEN.iter().find(|(what, _)| contains_word(line, what))?;
        Some(format!("`{what}`: {why}"))
    })
}

fn state(code: &str) -> Vec<String> {
    lines_with(code, |line| {
        let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let kind = line.strip_prefix("static ")?.split('=').next()?;
        let stateful = STATEFUL.iter().find(|name| kind.contains(**name))?;
        Some(format!("a static with state (`{stateful}`): no process-wide state"))
    })
}

fn unsafe_code(path: &str, code: &str) -> Vec<String> {
    if UNSAFE.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    lines_with(code, |line| {
        contains_word(line, "unsafe").then(|| "unsafe code may not stand here".to_owned())
    })
}

fn layers(path: &str, code: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("src/") else { return Vec::new() };
    let name = inside.split(['/', '.']).next().unwrap_or_default();
    // `lib.rs` and `main.rs` are above all layers.
    if ["lib", "main"].contains(&name) {
        return Vec::new();
    }
    let Some(own) = LAYERS.iter().position(|layer| *layer == name) else {
        return vec![format!("1: `{name}` is no layer of the design")];
    };
    let excepted = ASSEMBLY.iter().find(|(file, _)| *file == path).map_or(&[][..], |(_, layers)| layers);
    let mut found = Vec::new();
    for (number, used) in used_modules(code) {
        let later = LAYERS.iter().position(|layer| *layer == used).is_some_and(|place| place > own);
        if later && !excepted.contains(&used.as_str()) {
            found.push(format!("{number}: `{name}` may not use `{used}`"));
        }
    }
    found
}

/// The first names behind `crate::` in a file, with their lines; of `crate::{..}`, all that stand at its top level.
fn used_modules(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for (at, root) in code.match_indices("crate::") {
        let number = code[..at].lines().count().max(1);
        let rest = &code[at + root.len()..];
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let Some(group) = rest.strip_prefix('{') else {
            used.push((number, word(rest)));
            continue;
        };
        let mut depth = 1;
        let mut begins = true;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' => begins = true,
                c if begins && depth == 1 && !c.is_whitespace() => {
                    begins = false;
                    used.push((number, word(&group[place..])));
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

fn crates(path: &str, code: &str) -> Vec<String> {
    let unknown: &[&str] = match path.split('/').next() {
        Some("grammar") => &["minipy_compiler", "minipy"],
        Some("compiler") => &["minipy"],
        _ => return Vec::new(),
    };
    lines_with(code, |line| {
        let name = unknown.iter().find(|name| contains_word(line, &format!("{name}::")))?;
        Some(format!("this crate knows nothing of `{name}`"))
    })
}

fn machine_paths(text: &str) -> Vec<String> {
    // Put together here, so that this file does not have them.
    let homes = ["root", "home", "Users", "work"].map(|home| format!("/{home}/"));
    lines_with(text, |line| {
        let (at, home) = homes.iter().find_map(|home| Some((line.find(home.as_str())?, home)))?;
        // In the middle of a path or an address it is nobody's home.
        let inside = line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}>)~".contains(c));
        (!inside).then(|| format!("a path of one machine: `{home}`"))
    })
}

/// Whether a text has `word`, not as a part of a longer name.
fn contains_word(text: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = word.starts_with(is_name) && text[..at].ends_with(is_name);
        let after = word.ends_with(is_name) && text[at + word.len()..].starts_with(is_name);
        !before && !after
    })
}

/// A Rust text with comments, strings and characters blanked out, line for line.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let name = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let blank = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' if !name => raw_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if blank == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        code.extend(rest[..blank].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[blank..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a raw string, zero if it is none. The `b` or `c` before it does not matter.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    if text.as_bytes().get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let begin = 2 + hashes;
    let end = format!("\"{}", "#".repeat(hashes));
    text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len())
}

/// The length of a character, zero if it is a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// What is wrong with a made-up file that otherwise is in order.
fn complaints(path: &str, code: &str) -> Vec<String> {
    check(path, &format!("//! A file.\n{code}"))
}

#[test]
fn a_file_in_order_passes() {
    let code = "use crate::heap::Word;\n\nfn f<'a>(c: &'a char) -> bool { *c == '\\'' }\n";
    assert_eq!(complaints("src/value/x.rs", code), [""; 0]);
}

#[test]
fn layers_are_kept_apart() {
    let says = |path, code| complaints(path, code).join("; ");
    assert_eq!(says("src/heap/x.rs", "use crate::value::Type;"), "2: `heap` may not use `value`");
    assert_eq!(says("src/vm/x.rs", "fn f() { crate::runtime::gil::f() }"), "2: `vm` may not use `runtime`");
    assert_eq!(
        says("src/value.rs", "use crate::{\n    heap::{Word, cli},\n    vm::Vm,\n};"),
        "2: `value` may not use `vm`"
    );
    assert_eq!(says("src/vm/boot.rs", "use crate::builtins::TABLE;"), "");
    assert_eq!(says("src/vm/boot.rs", "use crate::cli::main;"), "2: `vm` may not use `cli`");
    assert_eq!(says("src/cli/x.rs", "use crate::{heap, vm};"), "");
    assert_eq!(says("src/lib.rs", "pub use crate::cli::main;"), "");
    assert_eq!(says("src/tools/x.rs", ""), "1: `tools` is no layer of the design");
    assert_eq!(says("src/heap/x.rs", "// not like `crate::value`"), "");
}

#[test]
fn crates_are_kept_apart() {
    let says = |path, code| complaints(path, code).join("; ");
    assert_eq!(
        says("grammar/src/x.rs", "use minipy_compiler::Code;"),
        "2: this crate knows nothing of `minipy_compiler`"
    );
    assert_eq!(says("compiler/src/x.rs", "use minipy::vm::Vm;"), "2: this crate knows nothing of `minipy`");
    assert_eq!(says("compiler/src/x.rs", "use minipy_grammar::Span;"), "");
}

#[test]
fn forbidden_things_are_found() {
    for (what, _) in FORBIDDEN {
        let found = complaints("src/vm/x.rs", &format!("fn f() {{}}\n{what}\n"));
        assert!(found.iter().any(|found| found.starts_with("3: ")), "{what}: {found:?}");
        assert_eq!(
            complaints("src/vm/x.rs", &format!("/// {what}\nconst X: &str = r#\"{what}\"#;")),
            [""; 0]
        );
    }
    assert_eq!(complaints("src/vm/x.rs", "fn disallow() { disallow(1) }"), [""; 0]);
    for (name, found) in [("Mutex<u32>", 1), ("AtomicU32", 1), ("&[u32]", 0)] {
        let code = format!("pub static X: {name} = f();");
        assert_eq!(complaints("src/vm/x.rs", &code).len(), found, "{code}");
    }
}

#[test]
fn unsafe_code_is_found_where_it_may_not_stand() {
    let code = "fn f() { unsafe { g() } }";
    for path in ["src/heap/x.rs", "src/value/text/x.rs", "src/vm/ops/x.rs", "src/runtime/os.rs"] {
        assert_eq!(complaints(path, code), [""; 0], "{path}");
    }
    for path in ["src/runtime/gil.rs", "src/cli/x.rs", "src/main.rs", "grammar/src/x.rs", "tests/x.rs"] {
        assert_eq!(complaints(path, code), ["2: unsafe code may not stand here"], "{path}");
    }
    assert_eq!(
        complaints("src/cli/x.rs", "#![expect(unsafe_code)] // unsafe\nconst X: char = 'u';"),
        [""; 0]
    );
}

#[test]
fn headers_lengths_and_paths_are_checked() {
    assert_eq!(check("src/vm/x.rs", "fn f() {}\n"), ["1: does not open with `//!`, saying what it is"]);
    let long = "\n".repeat(MAX_LINES);
    assert_eq!(
        complaints("tests/x.rs", &long),
        [format!("{}: longer than {MAX_LINES} lines", MAX_LINES + 1)]
    );
    assert_eq!(check(LONG, &long), [""; 0]);
    let home = ["", "root", ""].join("/");
    assert_eq!(check("README.md", &format!("see {home}x")), [format!("1: a path of one machine: `{home}`")]);
    assert_eq!(check("README.md", &format!("see https://example.org{home}x")), [""; 0]);
}

#[test]
fn only_code_is_read() {
    let text = "a /* x /* y */ z */ b \"c \\\" d\" e r#\"f \" g\"# h 'i' j '\\'' k 'l m\n// n\no\n";
    let words: Vec<_> = code_only(text).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words, ["a", "b", "e", "h", "j", "k", "'l", "m", "o"]);
    assert_eq!(code_only(text).lines().count(), text.lines().count());
}
