//! What a program sees of the policy it runs under. Counts and states only: never how long anything took.

mod common;

use common::{Ended, minipy, wait};
use minipy::runtime::policy::PolicyKind;

/// What a command prints that ends well.
fn out(words: &[&str]) -> String {
    let Ended { out, err, status } = wait(minipy(words).spawn().expect("the command starts"));
    assert_eq!((err.as_str(), status.as_str()), ("", "0"), "{}", words.join(" "));
    out
}

/// What a program prints under some options.
fn prints(options: &[&str], code: &str) -> String {
    out(&[&["run"], options, &["-c", code]].concat())
}

/// What a program of `programs/` prints with some arguments, under each policy.
fn demonstrates(name: &str, arguments: &[&str], check: impl Fn(PolicyKind, &str)) {
    let path = format!("{}/programs/{name}.mpy", env!("CARGO_MANIFEST_DIR"));
    for policy in PolicyKind::ALL {
        let out = out(&[&["run", "--gil", policy.name(), &path, "--"], arguments].concat());
        check(*policy, &out);
    }
}

/// What a program prints behind a name and a colon.
fn value<'a>(out: &'a str, name: &str) -> &'a str {
    let value = out.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {name} in {out}"))
}

#[test]
fn a_program_can_ask_for_the_rules() {
    let code =
        "import minipy, sys; print(minipy.gil(), minipy.settings(), sys._is_gil_enabled(), sys.flags.gil)";
    for (options, expected) in [
        (&[][..], "new {'gil': 'new', 'checkpoints': 'op', 'switch_interval': 0.0005} True 1\n"),
        (
            &["--gil", "io-first", "--checkpoints", "loop", "--switch-interval", "5ms"],
            "io-first {'gil': 'io-first', 'checkpoints': 'loop', 'switch_interval': 0.005} True 1\n",
        ),
        (&["--like", "2.7"], "old {'gil': 'old', 'check_interval': 100} True 1\n"),
        (&["--gil", "off"], "off {'gil': 'off'} False 0\n"),
    ] {
        assert_eq!(prints(options, code), expected);
    }
    assert_eq!(prints(&[], "import sys; print(len(sys.flags), 'gil' in repr(sys.flags))"), "18 False\n");
}

#[test]
fn the_check_interval_can_be_changed_where_there_is_one() {
    let code = "\
import minipy
def attempt(value):
    try:
        minipy.setcheckinterval(value)
    except Exception as error:
        print(type(error).__name__, error)
print(minipy.getcheckinterval())
attempt(7)
print(minipy.getcheckinterval())
attempt(0)
attempt(1 << 32)
attempt('7')
";
    let refused = "\
ValueError check interval must be in the range 1 to 4294967295
ValueError check interval must be in the range 1 to 4294967295
TypeError 'str' object cannot be interpreted as an integer
";
    assert_eq!(prints(&["--gil", "old", "--check-interval", "3"], code), format!("3\n7\n{refused}"));
    let none = "None\nRuntimeError the policy 'new' has no check interval\nNone\n";
    assert_eq!(prints(&[], code), format!("{none}{refused}"));
}

/// A thread that never blocks gets on beside another one, and is switched from within a statement.
#[test]
fn the_old_gil_changes_hands_at_ticks_and_loses_updates() {
    let code = "\
import threading
count = 0
rounds = 0
def work():
    global count, rounds
    for _ in range(20000):
        count += 1
    rounds += 20000
while count == rounds:
    pair = [threading.Thread(target=work) for _ in range(2)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
print('lost some')
";
    assert_eq!(prints(&["--gil", "old", "--check-interval", "1"], code), "lost some\n");
}

#[test]
fn daemons_do_not_keep_a_program_under_the_old_gil() {
    let code = "\
import threading, time
def spin():
    while True:
        pass
for _ in range(3):
    threading.Thread(target=spin, daemon=True).start()
time.sleep(0.001)
print('end')
";
    assert_eq!(prints(&["--gil", "old"], code), "end\n");
}

#[test]
fn demonstrations_do_all_they_are_to_do() {
    demonstrates("countdown", &["20000"], |_, out| assert_eq!(value(out, "countdowns"), "4"));
    demonstrates("sleepers", &["5", "0.001"], |_, out| assert_eq!(value(out, "sleepers"), "5"));
    demonstrates("convoy", &["20", "0"], |_, out| {
        assert_eq!(value(out, "round trips"), "40, all of them whole");
    });
    demonstrates("counters", &["2", "2000"], |_, out| assert_eq!(value(out, "private counters"), "exact"));
    demonstrates("handover", &["200"], |_, out| assert_eq!(value(out, "hand-overs"), "200, in turn"));
}

/// A thread looks around again only if it gets the GIL again, and there are so many checkpoints between the assignments
/// around the operation, all of them at its edges.
#[test]
fn nobody_moves_during_a_long_operation() {
    const EDGES: u32 = 6;
    demonstrates("long_operation", &["300000"], |policy, out| {
        assert_eq!(value(out, "the power is odd"), "True");
        let looks: u32 = value(out, "looks during it").parse().expect("a number");
        assert!(looks <= EDGES || policy == PolicyKind::Off, "{policy}: {looks}");
    });
}
