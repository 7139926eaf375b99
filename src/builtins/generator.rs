//! The methods and attributes of generators.

use crate::heap::{Kind, Value};
use crate::value::dict::Dict;
use crate::value::function::Cell;
use crate::value::generator::{Generator, GeneratorState};
use crate::value::record::Code;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};
use crate::vm::ops::EXHAUSTED;
use crate::vm::thread::{Call, Flow, Thread};
use minipy_compiler::op::Op;

/// The methods.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("__next__(self, /)", next),
    Row::threaded("send(self, value, /)", send),
    Row::leaf("throw(self, type, value=None, traceback=None, /)", in_the_language).twin("generator_throw"),
    Row::leaf("close(self, /)", in_the_language).twin("generator_close"),
    Row::getter("gi_running", running),
    Row::getter("gi_suspended", suspended),
    Row::getter("gi_frame", in_the_language).twin("generator_frame"),
    Row::getter("gi_yieldfrom", yield_from),
    Row::getter("gi_code", code),
    Row::getter("__name__", name),
    Row::getter("__qualname__", qualname),
];

/// What the part that is written in the language needs.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::threaded("_generator_throw(generator, exception, /)", throw),
    Row::leaf("_generator_drop(generator, /)", drop_unless_suspended),
    Row::leaf("_generator_state(generator, /)", state),
    Row::leaf("_generator_line(generator, /)", line),
    Row::leaf("_generator_globals(generator, /)", globals),
    Row::leaf("_generator_locals(generator, /)", locals),
];

fn in_the_language<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.needs_code())
}

#[cold]
fn wrong_receiver(cx: &Context, name: &str, object: Value<'_>) -> Raised {
    cx.type_error(format_args!(
        "descriptor '{name}' for 'generator' objects doesn't apply to a '{}' object",
        cx.type_name(object)
    ))
}

fn this<'t>(cx: &'t Context, args: Args<'t>, name: &str) -> Result<&'t Generator, Raised> {
    args.at(0).get::<Generator>().ok_or_else(|| wrong_receiver(cx, name, args.at(0)))
}

fn next(thread: &mut Thread, call: &Call) -> Flow {
    resume(thread, call, "__next__")
}

fn send(thread: &mut Thread, call: &Call) -> Flow {
    resume(thread, call, "send")
}

fn resume(thread: &mut Thread, call: &Call, name: &str) -> Flow {
    let generator = thread.arg_at(call, 0);
    if generator.kind() != Some(Kind::Generator) {
        wrong_receiver(thread.cx(), name, generator);
        return Flow::Raised;
    }
    let (generator, sent) = (generator.word(), thread.arg_at(call, 1).word());
    match thread.resume_generator(generator, sent, call.cont) {
        EXHAUSTED => {
            thread.cx().raise_with(Builtin::StopIteration, &[]);
            Flow::Raised
        }
        flow => flow,
    }
}

fn throw(thread: &mut Thread, call: &Call) -> Flow {
    let (generator, exception) = (thread.arg_at(call, 0), thread.arg_at(call, 1));
    let Some(object) = generator.get::<Generator>().filter(|_| generator.kind() == Some(Kind::Generator))
    else {
        wrong_receiver(thread.cx(), "throw", generator);
        return Flow::Raised;
    };
    if object.state() == GeneratorState::Created && finish(thread.cx(), object) {
        // It has not entered any `try` yet.
        thread.cx().raise_value(exception);
        return Flow::Raised;
    }
    let (generator, exception) = (generator.word(), exception.word());
    thread.throw_into(generator, exception, call.cont)
}

/// Ends a generator that has not been started; says whether it has.
fn finish(cx: &Context, generator: &Generator) -> bool {
    match generator.claim(cx) {
        GeneratorState::Created => {
            generator.drop_window(cx);
            generator.release(GeneratorState::Finished);
            true
        }
        GeneratorState::Suspended => {
            generator.release(GeneratorState::Suspended);
            false
        }
        GeneratorState::Running | GeneratorState::Finished => false,
    }
}

/// Closes a generator that need not run for it; says whether it is closed.
fn drop_unless_suspended<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let generator = this(cx, args, "close")?;
    Ok(Value::bool(finish(cx, generator) || generator.state() == GeneratorState::Finished))
}

fn running<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this(cx, args, "gi_running")?.state() == GeneratorState::Running))
}

fn suspended<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this(cx, args, "gi_suspended")?.state() == GeneratorState::Suspended))
}

fn state<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(this(cx, args, "gi_frame")?.state() as i64))
}

/// What a suspended generator delegates to.
fn yield_from<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let generator = this(cx, args, "gi_yieldfrom")?;
    if generator.state() != GeneratorState::Suspended {
        return Ok(Value::NONE);
    }
    let op = generator.function().unit(cx)?.code.ops.get(generator.pc() as usize);
    let Some(Op::YieldFrom { iter, .. }) = op else { return Ok(Value::NONE) };
    let slot = generator.saved().get(iter.0 as usize);
    Ok(slot.and_then(|slot| slot.get()).unwrap_or(Value::NONE))
}

fn code<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let function = Value::object(this(cx, args, "gi_code")?.function());
    Ok(Value::object(Code::new(cx, Builtin::Code, Some(function))))
}

fn name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(this(cx, args, "__name__")?.name(cx))
}

fn qualname<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(this(cx, args, "__qualname__")?.qualname(cx))
}

/// The line it stands on.
fn line<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let generator = this(cx, args, "gi_frame")?;
    let code = &generator.function().unit(cx)?.code;
    let line = match generator.state() {
        GeneratorState::Created => code.first_line,
        _ => code.spans.get(generator.pc() as usize).map_or(0, |span| code.source.line_of(span.start)),
    };
    Ok(cx.int(line.into()))
}

fn globals<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(this(cx, args, "gi_frame")?.function().globals()))
}

/// Its local variables, unless it runs.
fn locals<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let generator = this(cx, args, "gi_frame")?;
    let locals = Dict::new(cx);
    let unit = generator.function().unit(cx)?;
    let height = match generator.state() {
        GeneratorState::Suspended => {
            unit.code.heights.get(generator.pc() as usize).copied().unwrap_or(0) as usize
        }
        GeneratorState::Created => unit.code.param_count(),
        GeneratorState::Running | GeneratorState::Finished => 0,
    };
    for (name, slot) in unit.local_names().zip(generator.saved().iter().take(height)) {
        let value = slot.get().and_then(|value| match value.get::<Cell>() {
            Some(cell) => cell.get(),
            None => Some(value),
        });
        if let Some(value) = value {
            locals.set(cx, name, value)?;
        }
    }
    Ok(Value::object(locals))
}
