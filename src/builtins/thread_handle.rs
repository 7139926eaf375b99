//! `_thread._ThreadHandle`: starting a thread, and waiting for its end.

use std::sync::Arc;

use crate::builtins::seconds::nanoseconds;
use crate::heap::{Value, Word};
use crate::value::lock::ThreadHandle;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, repr};
use crate::vm::Vm;
use crate::vm::host::{Reason, Stream, Wake};
use crate::vm::native::{Args, Row};
use crate::vm::thread::{Call, Flow, Thread};
use crate::vm::traceback;
use crate::vm::trap::Trap;

/// `_thread._ThreadHandle()`
pub(crate) static NEW: Row = Row::leaf("_ThreadHandle()", new);

/// Methods of a thread's handle.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("join(self, timeout=None, /)", join).doc("Waits until the thread has ended."),
    Row::leaf("is_done(self, /)", is_done).doc("Whether the thread has ended."),
    Row::threaded("_set_done(self, /)", set_done).doc("Says that the thread has ended."),
    Row::getter("ident", ident),
    Row::leaf("__repr__(self, /)", repr),
];

fn new<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::object(ThreadHandle::new(cx, None)))
}

fn ident<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(args.at(0).get::<ThreadHandle>().map_or(0, ThreadHandle::ident).into()))
}

fn is_done<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(args.at(0).get::<ThreadHandle>().is_some_and(ThreadHandle::is_done)))
}

fn repr<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let ident = args.at(0).get::<ThreadHandle>().map_or(0, ThreadHandle::ident);
    cx.str(&format!("<_ThreadHandle object: ident={ident}>"))
}

fn set_done(th: &mut Thread, call: &Call) -> Flow {
    end(th, th.arg_at(call, 0).word());
    Flow::Done(Word::NONE)
}

/// Says that the thread with this handle has ended, and wakes whoever joins it.
fn end(th: &Thread, handle: Word) {
    let Some(handle) = th.live(handle).get::<ThreadHandle>() else { return };
    handle.set_done();
    handle.clear_start(th.cx());
    while !handle.waiters().tokens().is_empty() {
        th.wake_first(Value::object(handle).word());
    }
}

fn join(th: &mut Thread, call: &Call) -> Flow {
    let wake = th.take_wake();
    let cx = th.cx();
    let Some(handle) = th.arg_at(call, 0).get::<ThreadHandle>() else {
        cx.type_error("join() needs a thread's handle");
        return Flow::Raised;
    };
    let timeout = match th.arg(call, 1).filter(|timeout| !timeout.is_none()) {
        None => None,
        Some(timeout) => match nanoseconds(cx, timeout) {
            // As CPython: a negative one is none.
            Ok(nanoseconds) => u64::try_from(nanoseconds).ok(),
            Err(Raised) => return Flow::Raised,
        },
    };
    let ident = handle.ident();
    if handle.is_done() || wake == Some(Wake::TimedOut) {
        return Flow::Done(Word::NONE);
    }
    if ident == 0 {
        cx.raise(Builtin::RuntimeError, "thread not started");
        return Flow::Raised;
    }
    if ident == th.ident() {
        cx.raise(Builtin::RuntimeError, "Cannot join current thread");
        return Flow::Raised;
    }
    let object = Value::object(handle).word();
    let flow = th.park_in(object, Reason::Join(ident - 1), timeout);
    // Without a GIL it may have ended before this thread stood in the queue.
    if flow == Flow::Park && th.live(object).get::<ThreadHandle>().is_some_and(ThreadHandle::is_done) {
        th.cancel_park();
        return Flow::Done(Word::NONE);
    }
    flow
}

/// Starts the thread with this handle, which knows what it is to run. Returns the thread's identity.
///
/// # Errors
/// `RuntimeError`, where it has been started already or the system starts no further thread.
pub(crate) fn start(th: &Thread, handle: &ThreadHandle) -> Result<u32, Raised> {
    let cx = th.cx();
    if handle.ident() != 0 {
        return Err(cx.raise(Builtin::RuntimeError, "thread already started"));
    }
    let vm = th.vm().clone();
    let trap = Arc::new(Trap::new());
    let token = vm.host.register(trap.clone());
    handle.set_ident(token + 1);
    let word = Value::object(handle).word();
    vm.keep_handle(word);
    let machine = vm.clone();
    let body = move || {
        run(&machine, token, trap, word);
        machine.thread_ends();
    };
    vm.thread_begins();
    vm.host.spawn(token, Box::new(body)).map(|()| token + 1).map_err(|_| {
        vm.thread_ends();
        vm.drop_handle(word);
        handle.set_ident(0);
        cx.raise(Builtin::RuntimeError, "can't start new thread")
    })
}

/// Tells on the standard error what ended a thread that `_thread.start_new_thread` started; `SystemExit` is silent.
fn report(thread: &mut Thread, function: Word) {
    let Some(exception) = thread.cx().take_pending().map(Value::word) else { return };
    if thread.cx().class_of(thread.live(exception)).is_a(thread.cx(), Builtin::SystemExit) {
        return;
    }
    let mut name = Vec::new();
    if repr::write_repr(thread.cx(), &mut name, thread.live(function)).is_err() {
        thread.cx().take_pending();
        name = b"a function".to_vec();
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    let text = traceback::render(thread, exception);
    let text = format!("Exception ignored in thread started by {name}:\n{text}");
    // What cannot be told is lost with the thread.
    let _: std::io::Result<()> = thread.vm().host.write(Stream::Err, text.into_bytes())();
}

/// The life of a thread, which has attached.
fn run(vm: &Arc<Vm>, token: u32, trap: Arc<Trap>, handle: Word) {
    let mut thread = Thread::new(vm.clone(), token, trap);
    let start = thread.live(handle).get::<ThreadHandle>().and_then(ThreadHandle::start);
    let start: Vec<Word> = start
        .and_then(|start| start.get::<Tuple>())
        .map_or_else(Vec::new, |start| start.items().iter().map(|item| item.word()).collect());
    if let [function, args, keywords] = start[..]
        && thread.run_to_end(function, args, keywords).is_err()
    {
        report(&mut thread, function);
    }
    end(&thread, handle);
    vm.drop_handle(handle);
}
