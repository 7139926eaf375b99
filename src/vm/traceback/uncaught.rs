//! The end of a program by an exception: what standard error gets and the exit status.

use crate::heap::{Value, Word};
use crate::value::exception::{Exception, ExceptionPart};
use crate::value::exception_fields::field;
use crate::value::{Builtin, int};
use crate::vm::ops::attr::module_dict;
use crate::vm::thread::Thread;

use super::{Conversion, convert, printable, render};

/// Stands for the end by Ctrl-C. It is no exit status, so `sys.exit(130)` is something else; its low byte is what a shell
/// shows for Ctrl-C.
pub(crate) const INTERRUPTED: i32 = 0x100 | 130;

/// What is written to standard error, and the exit status, where this exception leaves the program: `SystemExit` ends it,
/// any other is shown by `sys.excepthook`.
pub(crate) fn report_uncaught(thread: &mut Thread, exception: Word) -> (String, i32) {
    thread.roots.push(exception);
    let outcome = if is_a(thread, exception, Builtin::SystemExit) {
        exit(thread, exception)
    } else {
        let status = if is_a(thread, exception, Builtin::KeyboardInterrupt) { INTERRUPTED } else { 1 };
        match show(thread, exception) {
            Shown::Text(text) => (text, status),
            Shown::Exit(exit_exception) => {
                thread.roots.push(exit_exception);
                let outcome = exit(thread, exit_exception);
                thread.roots.pop();
                outcome
            }
        }
    };
    thread.roots.pop();
    outcome
}

enum Shown {
    Text(String),
    /// The hook raised `SystemExit`.
    Exit(Word),
}

fn is_a(thread: &Thread, exception: Word, class: Builtin) -> bool {
    thread.cx().class_of(thread.live(exception)).is_a(thread.cx(), class)
}

/// The code of a `SystemExit`: None is success, an integer the status, anything else is printed.
fn exit(thread: &mut Thread, exception: Word) -> (String, i32) {
    let code = {
        let cx = thread.cx();
        let exception = thread.live(exception).get::<Exception>();
        exception.and_then(|exception| field(cx, exception, "code"))
    };
    let Some(code) = code.map(Value::word) else { return (String::new(), 0) };
    let value = thread.live(code);
    if value.is_none() {
        return (String::new(), 0);
    }
    if int::is_int(value) {
        // As C truncates it; what does not fit is -1.
        return (String::new(), int::i64_of(value).map_or(-1, |code| code as i32));
    }
    let text = convert(thread, code, Conversion::Str);
    (text.map_or_else(String::new, |text| format!("{}\n", printable(&text))), 1)
}

fn show(thread: &mut Thread, exception: Word) -> Shown {
    let hook = match hook(thread) {
        Hook::Default => return Shown::Text(render(thread, exception)),
        Hook::Missing => {
            return Shown::Text(format!("sys.excepthook is missing\n{}", render(thread, exception)));
        }
        Hook::Custom(hook) => hook,
    };
    let args = {
        let cx = thread.cx();
        let value = thread.live(exception);
        let traceback = value.get::<Exception>().and_then(|e| e.part(ExceptionPart::Traceback));
        [Value::object(cx.class_of(value)).word(), exception, traceback.unwrap_or(Value::NONE).word()]
    };
    if thread.call_sync(hook, &args).is_ok() {
        return Shown::Text(String::new());
    }
    let Some(second) = thread.cx().take_pending().map(Value::word) else { return Shown::Text(String::new()) };
    if is_a(thread, second, Builtin::SystemExit) {
        return Shown::Exit(second);
    }
    thread.roots.push(second);
    let second = render(thread, second);
    thread.roots.pop();
    let first = render(thread, exception);
    Shown::Text(format!("Error in sys.excepthook:\n{second}\nOriginal exception was:\n{first}"))
}

enum Hook {
    Default,
    Missing,
    Custom(Word),
}

/// `sys.excepthook`, if a program has replaced it.
fn hook(thread: &Thread) -> Hook {
    let cx = thread.cx();
    let sys = thread.vm().modules().get_name(cx, "sys").and_then(module_dict);
    let Some(sys) = sys else { return Hook::Default };
    match (sys.get_name(cx, "excepthook"), sys.get_name(cx, "__excepthook__")) {
        (Some(hook), Some(default)) if hook.is(default) => Hook::Default,
        (Some(hook), Some(_)) => Hook::Custom(hook.word()),
        (None, Some(_)) => Hook::Missing,
        (_, None) => Hook::Default,
    }
}
