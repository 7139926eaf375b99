//! `collections`: the native class `deque`. The other classes are written in the language.

use crate::builtins::core::{repr_enter, repr_leave};
use crate::heap::Value;
use crate::value::dict::Dict;
use crate::value::drain::with_items;
use crate::value::{Builtin, Context, Res};
use crate::vm::native::{Args, Row};
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::{Define, ModuleDef};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "collections", rows: ROWS, constants, source: Some(script!("collections")) };

/// What is native in it, for modules that need no more: the classes in the language take longer to make than a queue.
pub(crate) static CORE: ModuleDef = ModuleDef { name: "_collections", rows: &[], constants, source: None };

static ROWS: &[Row] = &[
    Row::leaf("_counted(iterable, /)", counted).twin("counted_by_code"),
    CALLER_MODULE,
    Row::threaded("_repr_enter(obj, /)", repr_enter),
    Row::threaded("_repr_leave(obj, /)", repr_leave),
];

/// Tells the functions that make classes whose they are.
pub(super) const CALLER_MODULE: Row = Row::threaded("_caller_module()", caller_module);

fn constants(cx: &Context, define: Define<'_>) {
    define("deque", Value::object(cx.class(Builtin::Deque)));
}

/// A dict that says how often each item occurs.
fn counted<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    with_items(cx, args.at(0), |items| {
        let counts = Dict::new(cx);
        for item in items {
            let seen = counts.get(cx, item)?.and_then(Value::as_small).unwrap_or(0);
            counts.set(cx, item, cx.int(seen + 1))?;
        }
        Ok(Value::object(counts))
    })
}

/// The `__name__` of the module whose code called the function of the library that asks.
fn caller_module(thread: &mut Thread, _: &Call) -> Flow {
    let own = thread.frame().function().globals();
    let mut frames = thread.frames.iter().rev();
    let caller = frames.find(|frame| !std::ptr::eq(frame.function().globals(), own));
    let name = caller.and_then(|frame| frame.function().globals().get_name(thread.cx(), "__name__"));
    Flow::Done(name.unwrap_or(Value::NONE).word())
}
