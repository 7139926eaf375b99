//! `__new__` of the built-in classes: a value of the class itself, or an instance of a subclass that carries one.

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::dict::Dict;
use crate::value::instance::Instance;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};
use crate::vm::thread::{Call, Flow, Thread};

use super::class::class_arg;

/// The function, which each class has bound to itself.
pub(crate) static NEW: Row = Row::threaded("__new__(type, cls=None, /, *args, **kwargs)", new);

/// What the prelude makes instances with.
pub(crate) static PRELUDE_ROWS: &[Row] =
    &[Row::leaf("_layout_of(cls, /)", layout_of), Row::leaf("_wrap(cls, payload, /)", wrap)];

fn new(thread: &mut Thread, call: &Call) -> Flow {
    let cx = thread.cx();
    let class = match checked_class(cx, thread.arg_at(call, 0), thread.arg(call, 1)) {
        Ok(class) => class,
        Err(Raised) => return Flow::Raised,
    };
    let (args, keywords) = (thread.arg_at(call, 2), thread.arg_at(call, 3));
    if let Some(payload) = only_tuple(class, args, keywords) {
        return Flow::of(wrapped(cx, class, payload));
    }
    let words: [Word; 3] = [Value::object(class), args, keywords].map(Value::word);
    thread.call_prelude("new_payload", &words, call.cont)
}

/// The class to make an instance of, which must be the owner of the function or a subclass.
fn checked_class<'t>(
    cx: &'t Context,
    owner: Value<'t>,
    class: Option<Value<'t>>,
) -> Result<&'t Type, Raised> {
    let Some(owner) = owner.get::<Type>() else { return Err(Raised) };
    let name = owner.full_name();
    let Some(given) = class else {
        return Err(cx.type_error(format_args!("{name}.__new__(): not enough arguments")));
    };
    let Some(class) = given.get::<Type>() else {
        return Err(cx.type_error(format_args!(
            "{name}.__new__(X): X is not a type object ({})",
            cx.type_name(given)
        )));
    };
    let wanted = class.full_name();
    if !class.is_subclass(owner) {
        return Err(
            cx.type_error(format_args!("{name}.__new__({wanted}): {wanted} is not a subtype of {name}"))
        );
    }
    if class.layout() != owner.layout() {
        let safe = class.layout().full_name();
        return Err(cx.type_error(format_args!("{name}.__new__({wanted}) is not safe, use {safe}.__new__()")));
    }
    Ok(class)
}

/// The tuple that is the only argument for a subclass of tuple: it is carried as it is.
fn only_tuple<'t>(class: &Type, args: Value<'t>, keywords: Value<'t>) -> Option<Value<'t>> {
    let [only] = args.get::<Tuple>()?.items() else { return None };
    let plain = class.layout() == Builtin::Tuple && only.kind() == Some(Kind::Tuple);
    (plain && keywords.get::<Dict>().is_none_or(Dict::is_empty)).then_some(*only)
}

fn layout_of<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(cx.class(class_arg(cx, args)?.layout())))
}

/// An instance of a class with a built-in base that carries a value of that base; the value itself for the base.
fn wrap<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    wrapped(cx, class_arg(cx, args)?, args.at(1).plain())
}

fn wrapped<'t>(cx: &'t Context, class: &Type, payload: Value<'t>) -> Res<'t> {
    if class.has(class_flag::BUILTIN) {
        return Ok(payload);
    }
    Instance::new(cx, class, Some(payload)).map(Value::object)
}
