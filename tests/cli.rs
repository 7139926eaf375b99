//! The command from outside: what it prints, how it ends, and what signals do to it.
//!
//! No test sleeps or looks at a clock: a program prints a line when it is where the test wants it.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use common::{Ended, Limit, minipy, wait};

/// A run that ends by itself.
struct Test<'a> {
    words: Vec<&'a str>,
    input: &'a [u8],
}

impl<'a> Test<'a> {
    fn new(words: &[&'a str]) -> Test<'a> {
        Test { words: words.to_vec(), input: b"" }
    }

    fn code(code: &'a str) -> Test<'a> {
        Test::new(&["run", "-c", code])
    }

    fn input(self, input: &'a [u8]) -> Test<'a> {
        Test { input, ..self }
    }

    fn end(&self) -> Ended {
        let mut child = minipy(&self.words).stdin(Stdio::piped()).spawn().expect("the command starts");
        let mut input = child.stdin.take().expect("a pipe");
        // Whoever does not read it all has ended.
        let _: std::io::Result<()> = input.write_all(self.input);
        drop(input);
        wait(child)
    }

    /// It ends well and prints this, and nothing else.
    #[track_caller]
    fn prints(&self, out: &str) {
        let ended = self.end();
        assert_eq!((ended.out.as_str(), ended.err.as_str(), ended.status.as_str()), (out, "", "0"));
    }

    /// It prints nothing, complains exactly this, and ends with this status.
    #[track_caller]
    fn complains(&self, err: &str, status: &str) {
        let ended = self.end();
        assert_eq!((ended.out.as_str(), ended.err.as_str(), ended.status.as_str()), ("", err, status));
    }

    /// It ends with status 1 and this as the last line of what it complains.
    #[track_caller]
    fn raises(&self, last: &str) {
        let ended = self.end();
        assert_eq!((ended.err.lines().last(), ended.status.as_str()), (Some(last), "1"), "{}", ended.err);
    }
}

/// A run that a test talks to.
struct Live {
    child: Child,
    out: BufReader<ChildStdout>,
    limit: Limit,
}

impl Live {
    fn start(code: &str) -> Live {
        // One that waits forever is to be interrupted, not to be told that it does.
        let command = &mut minipy(&["run", "--on-deadlock", "wait", "-c", code]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("the command starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let limit = Limit::on(&child);
        Live { child, out, limit }
    }

    /// The next line it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it prints text");
        line.trim_end().to_owned()
    }

    fn interrupt(&self) {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGINT).expect("it runs");
    }

    /// The rest of what it prints, and how it ends.
    fn end(mut self) -> Ended {
        let input = self.child.stdin.take();
        let mut out = String::new();
        self.out.read_to_string(&mut out).expect("it prints text");
        drop((input, self.limit));
        Ended { out, ..wait(self.child) }
    }

    /// It was interrupted, said so, and ended as a program does that knows nothing of signals.
    #[track_caller]
    fn ends_interrupted(self) {
        let ended = self.end();
        let last = ended.err.lines().last();
        assert_eq!((last, ended.status.as_str()), (Some("KeyboardInterrupt"), "signal 2"), "{}", ended.err);
    }
}

/// A file for one test.
fn file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the folder for tests can be written");
    path.to_string_lossy().into_owned()
}

fn project(path: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path).to_string_lossy().into_owned()
}

// Which program.

#[test]
fn a_program_is_a_file_or_code_or_the_standard_input() {
    let hello = file("hello.mpy", "import sys\nprint(__name__, len(sys.argv))\n");
    Test::new(&["run", &hello]).prints("__main__ 1\n");
    Test::code("print(6 * 7)").prints("42\n");
    Test::new(&["run", "-"]).input(b"print('from', __name__)").prints("from __main__\n");
}

#[test]
fn a_program_finds_its_arguments() {
    let code = "import sys\nprint(sys.argv)";
    Test::new(&["run", "-c", code, "--", "a", "--threads", "-x"]).prints("['-c', 'a', '--threads', '-x']\n");
    Test::new(&["run", "-", "--", "a"]).input(code.as_bytes()).prints("['-', 'a']\n");
    let name = file("arguments.mpy", "import sys\nprint(sys.argv[0] == __file__, sys.argv[1:])\n");
    Test::new(&["run", &name, "--", "1", "2"]).prints("True ['1', '2']\n");
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_accepted() {
    let name = file("line_ends.mpy", b"\xef\xbb\xbfif True:\r\n    print(1)\r\nprint(2)\r\n");
    Test::new(&["run", &name]).prints("1\n2\n");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    Test::new(&["run", "no/such.mpy"])
        .complains("minipy: can't open file 'no/such.mpy': No such file or directory\n", "2");
    let folder = env!("CARGO_TARGET_TMPDIR");
    let complaint = format!("minipy: can't open file '{folder}': Is a directory\n");
    Test::new(&["run", folder]).complains(&complaint, "2");
    Test::new(&["dis", folder]).complains(&complaint, "2");
    let name = file("latin.mpy", b"# caf\xe9\n");
    let complaint = format!("minipy: can't read file '{name}': not UTF-8 (byte 0xe9 in line 1)\n");
    Test::new(&["run", &name]).complains(&complaint, "2");
}

#[test]
fn a_command_that_is_wrong_ends_with_status_2() {
    for words in [
        &["run"][..],
        &["walk"],
        &["run", "a.mpy", "-c", "pass"],
        &["run", "a.mpy", "b.mpy"],
        &["run", "a.mpy", "--threads", "0"],
        &["run", "a.mpy", "--threads", "many"],
        &["run", "a.mpy", "--entry", "f"],
        &["run", "a.mpy", "--like", "1.0"],
        &["run", "a.mpy", "--switch-interval", "soon"],
        &["run", "a.mpy", "--checkpoints", "never"],
    ] {
        let ended = Test::new(words).end();
        assert_eq!((ended.out.as_str(), ended.status.as_str()), ("", "2"), "{words:?}");
        assert!(ended.err.starts_with("error: "), "{words:?}: {}", ended.err);
    }
}

#[test]
fn help_is_on_the_standard_output() {
    for (words, says) in
        [(&["--help"][..], "minipy run counter.mpy"), (&["run", "--help"], "--switch-interval")]
    {
        let ended = Test::new(words).end();
        assert!(ended.out.contains(says) && ended.err.is_empty() && ended.status == "0", "{words:?}");
    }
}

#[test]
fn the_instructions_of_a_program() {
    let ended = Test::new(&["dis", "-c", "n += 1"]).end();
    let ops: Vec<&str> = ["LoadGlobal", "AddInt", "StoreGlobal"].to_vec();
    let found: Vec<&str> = ended.out.split_whitespace().filter(|word| ops.contains(word)).collect();
    assert_eq!((found, ended.err.as_str(), ended.status.as_str()), (ops, "", "0"));
}

// How a program ends.

#[test]
fn exit_statuses() {
    for (code, status) in [
        ("pass", "0"),
        ("import sys; sys.exit()", "0"),
        ("import sys; sys.exit(0)", "0"),
        ("import sys; sys.exit(3)", "3"),
        ("import sys; sys.exit(256 + 7)", "7"),
        ("raise SystemExit(4)", "4"),
    ] {
        Test::code(code).complains("", status);
    }
    Test::code("import sys; sys.exit('cannot go on')").complains("cannot go on\n", "1");
}

#[test]
fn an_exception_that_nobody_catches() {
    let err = "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n\
               ZeroDivisionError: division by zero\n";
    let ended = Test::code("print('before'); 1 / 0").end();
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("before\n", "1"));
    assert_eq!(ended.err.lines().last(), err.lines().last());
    assert!(
        ended
            .err
            .starts_with("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n")
    );
}

#[test]
fn a_syntax_error_is_shown_with_its_place() {
    let err = "  File \"<string>\", line 2\n    x = = 1\n        ^\nSyntaxError: invalid syntax\n";
    Test::code("print('never')\nx = = 1").complains(err, "1");
}

#[test]
fn limits_are_exceptions() {
    Test::code("def f(): f()\nf()").raises("RecursionError: maximum recursion depth exceeded");
    Test::code("x = [0] * (1 << 60)").raises("MemoryError");
    Test::code("x = 'x' * (1 << 60)").raises("MemoryError");
    Test::code("x = b'x' * (1 << 60)").raises("MemoryError");
    Test::code("x = ('a' * 10**6).replace('a', 'b' * 10**7)").raises("MemoryError");
    let caught = "\
def f(): f()
for thing in (f, lambda: [0] * (1 << 60), lambda: 'ab' * (1 << 60)):
    try:
        thing()
    except (RecursionError, MemoryError) as error:
        print(type(error).__name__)
";
    Test::code(caught).prints("RecursionError\nMemoryError\nMemoryError\n");
}

// Input and output.

#[test]
fn input_is_read_line_by_line() {
    let code =
        "print(input('? '))\nprint(input())\ntry:\n    input()\nexcept EOFError as error:\n    print(error)";
    Test::code(code).input("grün\nlast".as_bytes()).prints("? grün\nlast\nEOF when reading a line\n");
}

#[test]
fn a_program_whose_output_nobody_reads_ends_quietly() {
    let mut run = Live::start("n = 0\nwhile True:\n    print('line', n)\n    n += 1");
    assert_eq!(run.line(), "line 0");
    let Live { child, out, limit } = run;
    drop((out, limit));
    let ended = wait(child);
    assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "141"));
}

#[test]
fn much_output_arrives_in_one_piece() {
    let line = "x".repeat(100_000);
    Test::code("for _ in range(20): print('x' * 100000)").prints(&format!("{line}\n").repeat(20));
}

// Threads.

#[test]
fn threads_run_the_entry_and_then_report() {
    let name = file(
        "entry.mpy",
        "\
import threading
seen = []
def worker(index):
    seen.append(index)
def alone():
    seen.append('alone')
def report():
    print(__name__, sorted(seen, key=str), threading.active_count())
print('top')
",
    );
    Test::new(&["run", &name, "--threads", "3"]).prints("top\nentry [0, 1, 2] 1\n");
    Test::new(&["run", &name, "--threads", "2", "--entry", "alone"])
        .prints("top\nentry ['alone', 'alone'] 1\n");
    Test::new(&["run", &name]).prints("top\n");
}

#[test]
fn a_missing_entry_is_named() {
    let name = file("no_entry.mpy", "def work():\n    pass\n");
    for words in
        [&["run", &name, "--threads", "2"][..], &["run", &name, "--threads", "2", "--entry", "nobody"]]
    {
        let ended = Test::new(words).end();
        assert_eq!((ended.out.as_str(), ended.status.as_str()), ("", "2"));
        let wanted = words.get(5).unwrap_or(&"worker");
        assert!(ended.err.contains(wanted) && ended.err.contains("--entry"), "{}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    }
}

#[test]
fn an_exception_in_a_thread_is_told_and_makes_the_status_1() {
    let name = file(
        "one_fails.mpy",
        "def worker(index):\n    if index == 1:\n        raise ValueError(index)\ndef report():\n    print('report')\n",
    );
    let ended = Test::new(&["run", &name, "--threads", "3"]).end();
    assert_eq!((ended.out.as_str(), ended.status.as_str()), ("report\n", "1"));
    assert_eq!(ended.err.lines().last(), Some("ValueError: 1"));
    assert_eq!(ended.err.matches("Traceback").count(), 1);
}

#[test]
fn a_race_loses_updates_by_default_and_none_like_3_13() {
    let counter = project("programs/counter.mpy");
    let run = |options: &[&str]| {
        let words = ["run", &counter, "--threads", "2"].into_iter().chain(options.iter().copied());
        let ended = Test::new(&words.collect::<Vec<_>>()).end();
        assert_eq!((ended.err.as_str(), ended.status.as_str()), ("", "0"));
        assert!(ended.out.starts_with("2 threads, expected 2000000, counted "), "{}", ended.out);
        ended
            .out
            .trim_end()
            .rsplit("lost ")
            .next()
            .and_then(|lost| lost.parse::<u32>().ok())
            .expect("a number")
    };
    assert_eq!(run(&["--like", "3.13"]), 0);
    assert!((0..20).any(|_| run(&["--switch-interval", "20us"]) > 0));
}

#[test]
fn a_program_waits_for_its_threads_but_not_for_daemons() {
    let code = "\
import threading, time
gate = threading.Lock()
gate.acquire()
def work():
    gate.acquire()
    print('worked')
threading.Thread(target=work).start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()
gate.release()
print('main ends')
";
    let ended = Test::code(code).end();
    let mut lines: Vec<&str> = ended.out.lines().collect();
    lines.sort_unstable();
    assert_eq!((lines, ended.err.as_str(), ended.status.as_str()), (vec!["main ends", "worked"], "", "0"));
}

#[test]
fn fifty_threads_sleep_at_the_same_time() {
    let code = "\
import threading, time
all_here = threading.Barrier(50)
slept = []
def work(index):
    all_here.wait()
    time.sleep(0.05)
    slept.append(index)
threads = [threading.Thread(target=work, args=(index,)) for index in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(slept) == list(range(50)))
";
    Test::code(code).prints("True\n");
}

// Ctrl-C.

#[test]
fn ctrl_c_ends_a_program_that_computes() {
    let mut run = Live::start("print('ready')\nn = 0\nwhile True: n += 1");
    assert_eq!(run.line(), "ready");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn ctrl_c_ends_a_program_whose_one_operation_takes_for_ever() {
    for operation in [
        "sum(range(10**15))",
        "sum(map(float, range(10**15)))",
        "max(range(10**15))",
        "all(range(1, 10**15))",
        "any(iter(int, 1))",
        "-1 in iter(range(10**15))",
        "set().isdisjoint(range(10**15))",
        "{1}.intersection(range(10**15))",
        "next(filter(None, iter(int, 1)))",
        "list_of_lists == other",
        "hash(tuple_of_tuples)",
        "isinstance(1, tuple_of_tuples[0])",
        "math.prod(range(1, 10**15))",
        "math.factorial(10**8)",
        "3 ** 10**9",
    ] {
        let mut run = Live::start(&format!(
            "import math\nlist_of_lists = other = 0\ntuple_of_tuples = str\nfor _ in range(200):\n    \
             list_of_lists, other = [list_of_lists, list_of_lists], [other, other]\n    \
             tuple_of_tuples = (tuple_of_tuples, tuple_of_tuples)\nprint('ready')\n{operation}"
        ));
        assert_eq!(run.line(), "ready");
        run.interrupt();
        run.ends_interrupted();
    }
}

#[test]
fn ctrl_c_ends_a_program_that_sleeps() {
    let mut run = Live::start("import time\nprint('ready')\ntime.sleep(1000)");
    assert_eq!(run.line(), "ready");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn ctrl_c_ends_a_program_that_waits_for_a_lock() {
    let mut run = Live::start(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nprint('ready')\nlock.acquire()",
    );
    assert_eq!(run.line(), "ready");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn ctrl_c_ends_a_program_that_reads() {
    let mut run = Live::start("print('ready')\ninput()");
    assert_eq!(run.line(), "ready");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn ctrl_c_ends_a_program_beside_threads_that_compute() {
    let mut run = Live::start(
        "import threading, time\ndef spin():\n    while True: pass\n\
         for _ in range(2): threading.Thread(target=spin, daemon=True).start()\nprint('ready')\ntime.sleep(1000)",
    );
    assert_eq!(run.line(), "ready");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn ctrl_c_can_be_caught_and_a_second_one_works_too() {
    let mut run = Live::start(
        "import time\ntry:\n    print('one')\n    time.sleep(1000)\nexcept KeyboardInterrupt:\n    print('two')\ntime.sleep(1000)",
    );
    assert_eq!(run.line(), "one");
    run.interrupt();
    assert_eq!(run.line(), "two");
    run.interrupt();
    run.ends_interrupted();
}

#[test]
fn input_that_comes_after_a_caught_ctrl_c_is_not_lost() {
    let mut run = Live::start(
        "try:\n    print('one')\n    input()\nexcept KeyboardInterrupt:\n    print('two')\nprint(input(), input())",
    );
    assert_eq!(run.line(), "one");
    run.interrupt();
    assert_eq!(run.line(), "two");
    let input = run.child.stdin.as_mut().expect("a pipe");
    input.write_all(b"a\nb\n").expect("it reads");
    let ended = run.end();
    assert_eq!((ended.out.as_str(), ended.err.as_str(), ended.status.as_str()), ("a b\n", "", "0"));
}
