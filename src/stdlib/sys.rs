//! `sys`: what a program may ask of its machine.

use crate::builtins;
use crate::heap::{Value, Word};
use crate::value::exception::{Exception, ExceptionPart};
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, float, int};
use crate::vm::native::{Args, Row};
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::ModuleDef;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "sys", rows: ROWS, constants, source: Some(script!("sys")) };

static ROWS: &[Row] = &[
    Row::leaf("exit(status=None, /)", exit).doc("Ends the thread; in the main thread, the program."),
    Row::threaded("exc_info()", exc_info)
        .doc("Type, value and traceback of the exception that is being handled."),
    Row::threaded("exception()", exception).doc("The exception that is being handled, or None."),
    Row::threaded("getrecursionlimit()", recursion_limit).doc("How deep calls may be nested."),
    Row::threaded("setrecursionlimit(limit, /)", set_recursion_limit)
        .doc("Sets how deep calls may be nested."),
    Row::threaded("getswitchinterval()", |th, _| {
        Flow::Done(Value::float(th.vm().host.switch_interval()).word())
    })
    .doc("How long a thread waits for the GIL before it asks for it, in seconds."),
    Row::threaded("setswitchinterval(interval, /)", set_switch_interval)
        .doc("Sets how long a thread waits for the GIL before it asks for it, in seconds."),
    Row::threaded("_is_gil_enabled()", |th, _| Flow::Done(Word::bool(th.vm().host.gil_enabled())))
        .doc("Whether there is a GIL."),
    Row::leaf("intern(string, /)", intern).doc("The one string object that equals this one."),
    Row::leaf("getsizeof(object, default=None, /)", size_of_object)
        .doc("The size that the object has in CPython, about."),
    Row::leaf("get_int_max_str_digits()", max_digits).doc("How many digits an int may have as text."),
    Row::leaf("set_int_max_str_digits(maxdigits)", set_max_digits)
        .doc("Sets how many digits an int may have as text."),
    Row::threaded("_format_exception(exception, /)", super::thread::format_exception),
    Row::threaded("_standard_file(number, /)", crate::builtins::file::standard_file),
    Row::threaded("_argv()", argv),
    Row::threaded("_folder()", folder),
    Row::threaded("_loaded()", |th, _| Flow::Done(Value::object(th.vm().modules()).word())),
];

fn constants(cx: &Context, add: &mut dyn FnMut(&str, Value<'_>)) {
    let platform = if cfg!(target_os = "macos") {
        "darwin"
    } else if cfg!(windows) {
        "win32"
    } else {
        std::env::consts::OS
    };
    add("platform", cx.intern(platform));
    add("byteorder", cx.intern(if cfg!(target_endian = "little") { "little" } else { "big" }));
    add("maxsize", cx.int(i64::MAX));
    add("maxunicode", cx.int(0x10_FFFF));
    add("hexversion", cx.int(0x030D_00F0));
    add("_minipy_version", cx.intern(env!("CARGO_PKG_VERSION")));
}

fn exit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Err(match args.get(0).filter(|status| !status.is_none()) {
        None => cx.raise_with(Builtin::SystemExit, &[]),
        Some(status) => match status.get::<Tuple>() {
            Some(several) => cx.raise_with(Builtin::SystemExit, several.items()),
            None => cx.raise_with(Builtin::SystemExit, &[status]),
        },
    })
}

fn exc_info(th: &mut Thread, _: &Call) -> Flow {
    let cx = th.cx();
    let parts = match th.handled() {
        None => [Value::NONE; 3],
        Some(value) => {
            let traceback = value.get::<Exception>().and_then(|error| error.part(ExceptionPart::Traceback));
            [Value::object(cx.class_of(value)), value, traceback.unwrap_or(Value::NONE)]
        }
    };
    Flow::of(cx.tuple(&parts))
}

fn exception(th: &mut Thread, _: &Call) -> Flow {
    Flow::Done(th.handled().map_or(Word::NONE, Value::word))
}

fn recursion_limit(th: &mut Thread, _: &Call) -> Flow {
    Flow::Done(th.cx().int(th.vm().recursion_limit() as i64).word())
}

fn set_recursion_limit(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let Some(limit) = int::i64_of(th.arg_at(call, 0)) else {
        if int::is_int(th.arg_at(call, 0)) {
            cx.raise(Builtin::OverflowError, "Python int too large to convert to C int");
        } else {
            int::not_an_integer(cx, th.arg_at(call, 0));
        }
        return Flow::Raised;
    };
    let Some(limit) = usize::try_from(limit).ok().filter(|limit| *limit >= 1) else {
        cx.value_error("recursion limit must be greater or equal than 1");
        return Flow::Raised;
    };
    let depth = th.depth();
    if depth >= limit {
        cx.raise(
            Builtin::RecursionError,
            format_args!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            ),
        );
        return Flow::Raised;
    }
    th.set_recursion_limit(limit);
    Flow::Done(Word::NONE)
}

fn set_switch_interval(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let interval = th.arg_at(call, 0);
    let seconds = match (float::value_of(interval), int::fixed_of(interval)) {
        (Some(seconds), _) => seconds,
        (_, Some(seconds)) => seconds as f64,
        _ => {
            cx.type_error(format_args!("must be real number, not {}", cx.type_name(interval)));
            return Flow::Raised;
        }
    };
    if seconds.is_nan() || seconds <= 0.0 {
        cx.value_error("switch interval must be strictly positive");
        return Flow::Raised;
    }
    th.vm().host.set_switch_interval(seconds);
    Flow::Done(Word::NONE)
}

fn intern<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args.at(0).get::<Str>() {
        Some(text) if cx.class_of(args.at(0)).is(Builtin::Str) => Ok(cx.intern_str(text)),
        Some(_) => Err(cx.type_error(format_args!("can't intern {}", cx.type_name(args.at(0))))),
        None => {
            Err(cx
                .type_error(format_args!("intern() argument must be str, not {}", cx.type_name(args.at(0)))))
        }
    }
}

/// What CPython 3.13 says on a 64-bit system, where that can be said.
fn size_of_object<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(builtins::size::with_collector(args.at(0)) as i64))
}

fn max_digits<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(cx.int(cx.world().int_max_str_digits.load(std::sync::atomic::Ordering::Relaxed).into()))
}

/// The least limit but 0, as in CPython.
const MIN_LIMITED_DIGITS: i64 = 640;

fn set_max_digits<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let wanted = int::i64_of(args.at(0)).ok_or_else(|| int::not_an_integer(cx, args.at(0)))?;
    match u32::try_from(wanted) {
        Ok(digits) if wanted == 0 || wanted >= MIN_LIMITED_DIGITS => {
            cx.world().int_max_str_digits.store(digits, std::sync::atomic::Ordering::Relaxed);
            Ok(Value::NONE)
        }
        _ => Err(cx.value_error("maxdigits must be 0 or larger than 640")),
    }
}

fn argv(th: &mut Thread, _: &Call) -> Flow {
    let cx = th.cx();
    let words = th.vm().options.argv.iter().map(|word| cx.str(word)).collect::<Result<Vec<_>, Raised>>();
    Flow::of(words.and_then(|words| cx.list(&words)))
}

fn folder(th: &mut Thread, _: &Call) -> Flow {
    let cx = th.cx();
    Flow::of(match &th.vm().options.path {
        Some(path) => cx.str(&path.to_string_lossy()),
        None => cx.str(""),
    })
}
