//! The attributes of what can be called: functions of the language, methods, native functions; and of cells.

use crate::heap::Value;
use crate::value::class::Type;
use crate::value::dict::Dict;
use crate::value::function::{BoundMethod, Cell, Function, FunctionPart, Native};
use crate::value::record::Code;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Binding, Row};
use crate::vm::ops::attr;
use crate::vm::thread::{Call, Flow, Thread};

use super::receiver::receiver;

/// Of functions of the language.
pub(crate) static ROWS: &[Row] = &[
    Row::getter("__name__", |cx, args| Ok(this(cx, args)?.name(cx))),
    Row::setter("__name__", |cx, args| set_text(cx, args, FunctionPart::Name, "__name__")),
    Row::getter("__qualname__", |cx, args| Ok(this(cx, args)?.qualname(cx))),
    Row::setter("__qualname__", |cx, args| set_text(cx, args, FunctionPart::Qualname, "__qualname__")),
    Row::getter("__doc__", doc),
    Row::setter("__doc__", |cx, args| set(cx, args, FunctionPart::Doc)),
    Row::getter("__module__", module),
    Row::setter("__module__", |cx, args| set(cx, args, FunctionPart::Module)),
    Row::getter("__defaults__", |cx, args| part(cx, args, FunctionPart::Defaults)),
    Row::setter("__defaults__", set_defaults),
    Row::getter("__kwdefaults__", |cx, args| part(cx, args, FunctionPart::KwDefaults)),
    Row::setter("__kwdefaults__", |cx, args| set_dict(cx, args, FunctionPart::KwDefaults, "__kwdefaults__")),
    Row::getter("__annotations__", annotations),
    Row::setter("__annotations__", |cx, args| {
        set_dict(cx, args, FunctionPart::Annotations, "__annotations__")
    }),
    Row::getter("__closure__", |cx, args| part(cx, args, FunctionPart::Closure)),
    Row::setter("__closure__", read_only),
    Row::getter("__globals__", globals),
    Row::setter("__globals__", read_only),
    Row::getter("__code__", code),
    Row::getter("__type_params__", type_params),
    Row::setter("__type_params__", set_type_params),
    CALL,
    GET,
];

/// Of methods. What they have not themselves is looked up on their function.
pub(crate) static METHOD_ROWS: &[Row] = &[
    Row::getter("__func__", |cx, args| Ok(this_method(cx, args)?.function())),
    Row::setter("__func__", read_only),
    Row::getter("__self__", |cx, args| Ok(this_method(cx, args)?.receiver())),
    Row::setter("__self__", read_only),
    Row::getter("__doc__", method_doc).twin("method_doc"),
    Row::getter("__dict__", method_dict).twin("method_dict"),
    CALL,
    Row::leaf("__get__(self, instance, owner=None, /)", |_, args| Ok(args.at(0))),
];

/// Of native functions and of native methods that are bound.
pub(crate) static NATIVE_ROWS: &[Row] = &[
    Row::getter("__name__", native_name),
    Row::getter("__qualname__", native_qualname),
    Row::getter("__module__", native_module),
    threaded_getter("__self__", native_receiver),
    threaded_getter("__doc__", native_doc),
    threaded_getter("__text_signature__", native_signature),
    CALL,
];

/// Of native methods as classes hold them.
pub(crate) static DESCRIPTOR_ROWS: &[Row] = &[
    Row::getter("__name__", native_name),
    Row::getter("__qualname__", native_qualname),
    Row::getter("__objclass__", native_owner),
    threaded_getter("__doc__", native_doc),
    threaded_getter("__text_signature__", native_signature),
    CALL,
    GET,
];

/// Of cells.
pub(crate) static CELL_ROWS: &[Row] =
    &[Row::getter("cell_contents", contents), Row::setter("cell_contents", set_contents)];

/// `types.MethodType(function, instance)`
pub(crate) static NEW_METHOD: Row = Row::leaf("method(function, instance, /)", new_method);
/// `types.CellType(contents)`
pub(crate) static NEW_CELL: Row = Row::leaf("cell(contents=None, /)", new_cell);
/// `types.FunctionType(code, globals, …)`
pub(crate) static NEW_FUNCTION: Row = Row::leaf(
    "function(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
    new_function,
);

/// `callable.__call__`
pub(super) const CALL: Row =
    Row::leaf("__call__(self, /, *args, **kwargs)", in_the_language).twin("call_itself");
const GET: Row = Row::leaf("__get__(self, instance, owner=None, /)", get);

const fn threaded_getter(name: &'static str, run: fn(&mut Thread, &Call) -> Flow) -> Row {
    Row { binding: Binding::Getter, ..Row::threaded(name, run) }
}

/// For what the prelude does.
pub(super) fn in_the_language<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.needs_code())
}

/// Sets an attribute that cannot be set.
pub(super) fn read_only<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.raise(Builtin::AttributeError, "readonly attribute"))
}

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Function, Raised> {
    receiver(cx, args.at(0), "function")
}

fn this_method<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t BoundMethod, Raised> {
    receiver(cx, args.at(0), "method")
}

fn this_native<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Native, Raised> {
    receiver(cx, args.at(0), "builtin_function_or_method")
}

fn part<'t>(cx: &'t Context, args: Args<'t>, part: FunctionPart) -> Res<'t> {
    Ok(this(cx, args)?.part(part).unwrap_or(Value::NONE))
}

/// Sets a part to any value; deletion sets None.
fn set<'t>(cx: &'t Context, args: Args<'t>, part: FunctionPart) -> Res<'t> {
    this(cx, args)?.set_part(cx, part, Some(args.get(1).unwrap_or(Value::NONE)));
    Ok(Value::NONE)
}

fn set_text<'t>(cx: &'t Context, args: Args<'t>, part: FunctionPart, name: &str) -> Res<'t> {
    if args.get(1).is_none_or(|text| text.get::<Str>().is_none()) {
        return Err(cx.type_error(format_args!("{name} must be set to a string object")));
    }
    set(cx, args, part)
}

/// The value that a part which may be None is to be set to, if it is of a type.
fn optional<'t>(
    cx: &'t Context,
    args: Args<'t>,
    name: &str,
    kind: &str,
    is_kind: impl Fn(Value<'t>) -> bool,
) -> Result<Option<Value<'t>>, Raised> {
    let value = args.get(1).filter(|value| !value.is_none());
    match value {
        Some(value) if !is_kind(value) => {
            Err(cx.type_error(format_args!("{name} must be set to a {kind} object")))
        }
        value => Ok(value),
    }
}

fn set_defaults<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let value = optional(cx, args, "__defaults__", "tuple", |value| value.get::<Tuple>().is_some())?;
    this(cx, args)?.set_part(cx, FunctionPart::Defaults, value.map(Value::plain));
    Ok(Value::NONE)
}

fn set_dict<'t>(cx: &'t Context, args: Args<'t>, part: FunctionPart, name: &str) -> Res<'t> {
    let value = optional(cx, args, name, "dict", |value| value.get::<Dict>().is_some())?;
    this(cx, args)?.set_part(cx, part, value);
    Ok(Value::NONE)
}

fn doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.doc(cx)
}

fn module<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(this(cx, args)?.module(cx))
}

fn annotations<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let function = this(cx, args)?;
    if let Some(known) = function.part(FunctionPart::Annotations) {
        return Ok(known);
    }
    let fresh = Value::object(Dict::new(cx));
    function.set_part(cx, FunctionPart::Annotations, Some(fresh));
    Ok(fresh)
}

fn globals<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(this(cx, args)?.globals()))
}

fn code<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let function = Value::object(this(cx, args)?);
    Ok(Value::object(Code::new(cx, Builtin::Code, Some(function))))
}

fn type_params<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.part(FunctionPart::TypeParams).map_or_else(|| cx.tuple(&[]), Ok)
}

fn set_type_params<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let params = args.get(1).filter(|params| params.get::<Tuple>().is_some());
    if params.is_none() {
        return Err(cx.type_error("__type_params__ must be set to a tuple"));
    }
    this(cx, args)?.set_part(cx, FunctionPart::TypeParams, params);
    Ok(Value::NONE)
}

/// `__get__` of a function: a method, or of a class the function itself.
fn get<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if !args.at(1).is_none() {
        return Ok(attr::bound(cx, args.at(0), args.at(1)));
    }
    match args.get(2) {
        Some(owner) if !owner.is_none() => Ok(args.at(0)),
        _ => Err(cx.type_error("__get__(None, None) is invalid")),
    }
}

fn method_doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match this_method(cx, args)?.function().get::<Function>() {
        Some(function) => function.doc(cx),
        None => Err(cx.needs_code()),
    }
}

fn method_dict<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match this_method(cx, args)?.function().get::<Function>() {
        Some(function) => Ok(Value::object(function.attributes(cx))),
        None => Err(cx.needs_code()),
    }
}

/// The name of a native function.
fn name_of(cx: &Context, native: &Native) -> &'static str {
    cx.world().native_names.read().get(native.number() as usize).copied().unwrap_or("?")
}

fn native_name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.intern(name_of(cx, this_native(cx, args)?)))
}

fn native_qualname<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let native = this_native(cx, args)?;
    let name = name_of(cx, native);
    match native.owner().and_then(|owner| owner.get::<Type>()) {
        Some(class) => cx.str(&format!("{}.{name}", class.name_str())),
        None => Ok(cx.intern(name)),
    }
}

fn native_module<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let owner = this_native(cx, args)?.owner();
    Ok(owner.filter(|owner| owner.get::<Str>().is_some()).unwrap_or(Value::NONE))
}

fn native_owner<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(this_native(cx, args)?.owner().unwrap_or(Value::NONE))
}

fn native_of<'t>(thread: &'t Thread, call: &Call) -> Result<&'t Native, Raised> {
    receiver(thread.cx(), thread.arg_at(call, 0), "builtin_function_or_method")
}

/// What it is bound to, or its module.
fn native_receiver(thread: &mut Thread, call: &Call) -> Flow {
    let found = native_of(thread, call).map(|native| match (native.receiver(), native.owner()) {
        (Some(receiver), _) => receiver,
        (None, Some(owner)) if owner.get::<Str>().is_some() => {
            thread.vm().modules().get(thread.cx(), owner).ok().flatten().unwrap_or(Value::NONE)
        }
        (None, _) => Value::NONE,
    });
    Flow::of(found)
}

fn native_doc(thread: &mut Thread, call: &Call) -> Flow {
    let found =
        native_of(thread, call).and_then(|native| match thread.vm().native(native.number()).row.doc {
            "" => Ok(Value::NONE),
            doc => thread.cx().str(doc),
        });
    Flow::of(found)
}

/// The parameters in the notation of `__text_signature__`: the receiver with a dollar sign.
fn native_signature(thread: &mut Thread, call: &Call) -> Flow {
    let found = native_of(thread, call).and_then(|native| {
        let row = thread.vm().native(native.number()).row;
        let method = native.owner().is_some_and(|owner| owner.get::<Type>().is_some());
        match row.signature.split_once('(') {
            Some((_, ")")) if !method => thread.cx().str("($module)"),
            Some((_, params)) if method => thread.cx().str(&format!("(${params}")),
            Some((_, params)) => thread.cx().str(&format!("($module, {params}")),
            None => Ok(Value::NONE),
        }
    });
    Flow::of(found)
}

fn this_cell<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Cell, Raised> {
    receiver(cx, args.at(0), "cell")
}

fn contents<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this_cell(cx, args)?.get().ok_or_else(|| cx.value_error("Cell is empty"))
}

fn set_contents<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this_cell(cx, args)?.set(cx, args.get(1));
    Ok(Value::NONE)
}

fn new_cell<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(Cell::new(cx, args.get(0))))
}

fn new_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (function, instance) = (args.at(0), args.at(1));
    let callable =
        function.get::<Type>().is_some() || cx.class_of(function).lookup_str(cx, "__call__").is_some();
    if !callable {
        return Err(cx.type_error("first argument must be callable"));
    }
    if instance.is_none() {
        return Err(cx.type_error("instance must not be None"));
    }
    Ok(Value::object(BoundMethod::new(cx, function, instance)))
}

fn new_function<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let wrong = |place: usize, name: &str, kind: &str| {
        cx.type_error(format_args!(
            "function() argument '{name}' must be {kind}, not {}",
            cx.type_name(args.at(place))
        ))
    };
    let like = args.at(0).get::<Code>().and_then(Code::function).and_then(|like| like.get::<Function>());
    let Some(like) = like else { return Err(wrong(0, "code", "code")) };
    let Some(globals) = args.at(1).get::<Dict>() else { return Err(wrong(1, "globals", "dict")) };
    let given = |place| args.get(place).filter(|value: &Value<'t>| !value.is_none());
    let (name, defaults, closure, kw_defaults) = (given(2), given(3), given(4), given(5));
    if name.is_some_and(|name| name.get::<Str>().is_none()) {
        return Err(cx.type_error("arg 3 (name) must be None or string"));
    }
    if defaults.is_some_and(|defaults| defaults.get::<Tuple>().is_none()) {
        return Err(cx.type_error("arg 4 (defaults) must be None or tuple"));
    }
    check_closure(cx, like, closure)?;
    if kw_defaults.is_some_and(|defaults| defaults.get::<Dict>().is_none()) {
        return Err(cx.type_error("arg 6 (kwdefaults) must be None or dict"));
    }
    let function = Function::new(cx, like.lazy_unit(), globals);
    for (part, value) in [
        (FunctionPart::Name, name),
        (FunctionPart::Defaults, defaults.map(Value::plain)),
        (FunctionPart::Closure, closure.map(Value::plain)),
        (FunctionPart::KwDefaults, kw_defaults),
    ] {
        if value.is_some() {
            function.set_part(cx, part, value);
        }
    }
    Ok(Value::object(function))
}

/// A closure must hold a cell for each free variable of the code.
fn check_closure(cx: &Context, like: &Function, closure: Option<Value<'_>>) -> Result<(), Raised> {
    let code = &like.unit(cx)?.code;
    let wanted = code.free.len();
    let Some(closure) = closure else {
        return if wanted == 0 { Ok(()) } else { Err(cx.type_error("arg 5 (closure) must be tuple")) };
    };
    let Some(cells) = closure.get::<Tuple>() else {
        return Err(cx.type_error("arg 5 (closure) must be None or tuple"));
    };
    if cells.len() != wanted {
        return Err(cx.value_error(format_args!(
            "{} requires closure of length {wanted}, not {}",
            code.name,
            cells.len()
        )));
    }
    match cells.items().iter().find(|cell| cell.get::<Cell>().is_none()) {
        Some(other) => {
            Err(cx.type_error(format_args!("arg 5 (closure) expected cell, found {}", cx.type_name(*other))))
        }
        None => Ok(()),
    }
}
