//! `_thread`: starting threads, locks, identities.

use crate::builtins::{lock, thread_handle};
use crate::heap::{Kind, Value, Word};
use crate::value::dict::Dict;
use crate::value::exception::Exception;
use crate::value::lock::ThreadHandle;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::event::Note;
use crate::vm::native::{Args, Row};
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, REGISTERS, Thread};
use crate::vm::traceback;

use super::ModuleDef;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "_thread", rows: ROWS, constants, source: Some(script!("_thread")) };

static ROWS: &[Row] = &[
    Row::leaf("allocate_lock()", lock::new).doc("A free lock."),
    Row::threaded("start_new_thread(function, args, kwargs=None, /)", start_new_thread)
        .doc("Starts a thread that calls `function(*args, **kwargs)`, and returns its identity."),
    Row::threaded("start_joinable_thread(function, handle=None, daemon=True)", start_joinable_thread)
        .doc("Starts a thread that calls `function()`, and returns its handle."),
    Row::leaf("_make_thread_handle(ident, /)", make_thread_handle).doc("The handle of a thread that runs."),
    Row::threaded("get_ident()", |th, _| Flow::Done(th.cx().int(th.ident().into()).word()))
        .doc("The identity of the thread that calls, a positive integer."),
    Row::threaded("get_native_id()", |th, _| Flow::Done(th.cx().int(th.ident().into()).word()))
        .doc("As `get_ident`: what the operating system calls the thread is not shown."),
    Row::threaded("_get_main_thread_ident()", |th, _| {
        Flow::Done(th.cx().int(th.vm().main_ident().into()).word())
    })
    .doc("The identity of the main thread."),
    Row::threaded("_tell_name(ident, name, /)", tell_name)
        .doc("Says how reports are to call the thread with this identity."),
    Row::threaded("_count()", count).doc("How many threads run that were started."),
    Row::threaded("_thread_locals()", |th, _| Flow::Done(th.local_dicts()))
        .doc("What `threading.local` objects hold for the thread that calls, by their `id`."),
    Row::threaded("_register_shutdown(function, /)", register_shutdown)
        .doc("Has a function called when the main thread has come to its end."),
    Row::leaf("_cpu_count()", cpu_count).doc("How many processors the program may use."),
    Row::threaded("_format_exception(exception, /)", format_exception)
        .doc("An exception with its traceback as text."),
    Row::leaf("stack_size(size=0, /)", stack_size).doc("The size of a thread's stack; it cannot be changed."),
    Row::leaf("daemon_threads_allowed()", |_, _| Ok(Value::TRUE)),
    Row::threaded("interrupt_main(signum=2, /)", interrupt_main)
        .doc("Raises KeyboardInterrupt in the main thread."),
];

fn constants(cx: &Context, add: &mut dyn FnMut(&str, Value<'_>)) {
    add("TIMEOUT_MAX", Value::float(lock::TIMEOUT_MAX as f64));
    add("LockType", Value::object(cx.class(Builtin::Lock)));
    add("_ThreadHandle", Value::object(cx.class(Builtin::ThreadHandle)));
}

/// Whether a value can be called.
fn is_callable(cx: &Context, value: Value<'_>) -> bool {
    matches!(value.kind(), Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::Type))
        || cx.class_of(value).lookup_str(cx, "__call__").is_some()
}

fn start_new_thread(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let (function, args) = (th.arg_at(call, 0), th.arg_at(call, 1));
    if !is_callable(cx, function) {
        cx.type_error("first arg must be callable");
        return Flow::Raised;
    }
    if args.get::<Tuple>().is_none() {
        cx.type_error("2nd arg must be a tuple");
        return Flow::Raised;
    }
    let keywords = match th.arg(call, 2) {
        None => Value::NONE,
        Some(keywords) if keywords.get::<Dict>().is_some() => keywords,
        Some(_) => {
            cx.type_error("optional 3rd arg must be a dictionary");
            return Flow::Raised;
        }
    };
    let started = cx.tuple(&[function, args, keywords]).and_then(|start| {
        let handle = ThreadHandle::new(cx, Some(start));
        thread_handle::start(th, handle)
    });
    match started {
        Ok(token) => Flow::Done(cx.int(token.into()).word()),
        Err(Raised) => Flow::Raised,
    }
}

fn start_joinable_thread(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let function = th.arg_at(call, 0);
    if !is_callable(cx, function) {
        cx.type_error("thread function must be callable");
        return Flow::Raised;
    }
    let handle = match th.arg(call, 1).filter(|handle| !handle.is_none()) {
        None => ThreadHandle::new(cx, None),
        Some(handle) => match handle.get::<ThreadHandle>() {
            Some(handle) => handle,
            None => {
                cx.type_error("'handle' must be a _ThreadHandle");
                return Flow::Raised;
            }
        },
    };
    let started = cx.tuple(&[]).and_then(|none| cx.tuple(&[function, none, Value::NONE])).and_then(|start| {
        if handle.ident() == 0 {
            handle.set_start(cx, start);
        }
        thread_handle::start(th, handle)
    });
    match started {
        Ok(_) => Flow::Done(Value::object(handle).word()),
        Err(Raised) => Flow::Raised,
    }
}

fn make_thread_handle<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let ident = int::i64_of(args.at(0)).and_then(|ident| u32::try_from(ident).ok());
    let handle = ThreadHandle::new(cx, None);
    handle.set_ident(ident.ok_or_else(|| int::not_an_integer(cx, args.at(0)))?);
    Ok(Value::object(handle))
}

fn tell_name(th: &mut Thread, call: &Call) -> Flow {
    let ident = int::i64_of(th.arg_at(call, 0)).and_then(|ident| u32::try_from(ident).ok());
    if let (Some(ident @ 1..), Some(name)) = (ident, th.arg_at(call, 1).get::<Str>()) {
        th.vm().host.note(ident - 1, Note::Name(&name.lossy()));
    }
    Flow::Done(Word::NONE)
}

fn count(th: &mut Thread, _: &Call) -> Flow {
    Flow::Done(th.cx().int(th.vm().running_threads() as i64).word())
}

fn register_shutdown(th: &mut Thread, call: &Call) -> Flow {
    th.vm().at_exit.write().push(th.arg_at(call, 0).word());
    Flow::Done(Word::NONE)
}

fn cpu_count<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(cx.int(std::thread::available_parallelism().map_or(1, |count| count.get() as i64)))
}

fn stack_size<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args
        .get(0)
        .map(|size| int::i64_of(size).ok_or_else(|| int::not_an_integer(cx, size)))
        .transpose()?
    {
        None | Some(0) => Ok(cx.int((REGISTERS * size_of::<Word>()) as i64)),
        Some(size) if size < 0 => Err(cx.value_error("size must be 0 or a positive value")),
        Some(_) => Err(cx.value_error("the size of a thread's stack cannot be changed")),
    }
}

fn interrupt_main(th: &mut Thread, _: &Call) -> Flow {
    th.vm().host.interrupt();
    Flow::Done(Word::NONE)
}

/// An exception with its traceback as text.
pub(super) fn format_exception(th: &mut Thread, call: &Call) -> Flow {
    let exception = th.arg_at(call, 0);
    if exception.get::<Exception>().is_none() {
        let cx = th.cx();
        cx.type_error(format_args!("Exception expected for value, {} found", cx.type_name(exception)));
        return Flow::Raised;
    }
    let text = traceback::render(th, exception.word());
    Flow::of(th.cx().str(&text))
}
