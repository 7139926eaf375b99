//! The built-in functions that look at the running thread or go through the attribute, iteration and call protocols.

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::dict::Dict;
use crate::value::function::Cell;
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res, number, repr};
use crate::vm::host::{Request, Stream};
use crate::vm::native::{Args, Arity, Row};
use crate::vm::ops::attr::{self, Found};
use crate::vm::ops::{EXHAUSTED, is_iterator};
use crate::vm::thread::{Call, Flow, Thread};

use super::class::{is_instance, is_subclass};
use super::object::{attribute_name, directory};

/// Functions of the module `builtins`.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("getattr(object, name, default=None, /)", getattr),
    Row::threaded("setattr(obj, name, value, /)", setattr),
    Row::threaded("delattr(obj, name, /)", delattr),
    Row::threaded("hasattr(obj, name, /)", hasattr),
    Row::leaf("exit(code=None)", exit),
    Row::leaf("quit(code=None)", exit),
    Row::threaded("iter(object, sentinel=None, /)", iter),
    Row::threaded("next(iterator, default=None, /)", next),
    Row::leaf("isinstance(obj, class_or_tuple, /)", isinstance).twin("check_instance"),
    Row::leaf("issubclass(subclass, class_or_tuple, /)", issubclass).twin("check_subclass"),
    Row::leaf("callable(obj, /)", callable),
    Row::leaf("id(obj, /)", id),
    Row::leaf("hash(obj, /)", hash).twin("hash_of"),
    Row::threaded("print(*args, sep=' ', end='\\n', file=None, flush=False)", print),
    Row::threaded("globals()", globals),
    Row::threaded("locals()", locals),
    Row::threaded("vars(object=None, /)", vars),
    Row::threaded("dir(object=None, /)", dir),
    Row::threaded("__import__(name, globals=None, locals=None, fromlist=(), level=0)", import),
];

/// Constructors of this file.
pub(crate) static TYPE_NEW: Row =
    Row::threaded("type(object_or_name, bases=None, dict=None, /, **kwds)", type_new)
        .arity(Arity::Fixed("type() takes 1 or 3 arguments"));
/// `object()`
pub(crate) static OBJECT_NEW: Row =
    Row::leaf("object()", object_new).arity(Arity::Fixed("object() takes no arguments"));
/// `type(None)()`
pub(crate) static NONE_NEW: Row =
    Row::leaf("NoneType()", none_new).arity(Arity::Fixed("NoneType takes no arguments"));

/// `super(type, object_or_type)`; the compiler gives both to a `super()` in a method.
pub(crate) static SUPER_NEW: Row = Row::leaf("super(type=None, object_or_type=None, /)", super_new);

fn super_new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Some(class) = args.get(0) else {
        return Err(cx.raise(Builtin::RuntimeError, "super(): no arguments"));
    };
    let Some(start) = class.get::<Type>() else {
        return Err(
            cx.type_error(format_args!("super() argument 1 must be a type, not {}", cx.type_name(class)))
        );
    };
    let object = args.get(1).filter(|object| !object.is_none());
    let order = match object {
        None => None,
        Some(object) => match object.get::<Type>().filter(|object| object.is_subclass(start)) {
            Some(class) => Some(class),
            None if cx.class_of(object).is_subclass(start) => Some(cx.class_of(object)),
            None => {
                let (kind, shown) = match object.get::<Type>() {
                    Some(class) => ("type", class.name_str()),
                    None => ("instance of", cx.type_name(object)),
                };
                return Err(cx.type_error(format_args!(
                    "super(type, obj): obj ({kind} {shown}) is not an instance or subtype of type ({}).",
                    start.name_str()
                )));
            }
        },
    };
    let record =
        crate::value::record::Super::new(cx, Builtin::Super, Some(class), object, order.map(Value::object));
    Ok(Value::object(record))
}

/// What the prelude needs and no program sees.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_special(obj, name, /)", special),
    Row::leaf("_has_special(obj, name, /)", has_special),
    Row::leaf("_any_special(values, name, /)", any_special),
    Row::threaded("_native_module(name, /)", native_module),
    Row::threaded("_module_file(name, /)", module_file),
    Row::threaded("_run_module(code, module, /)", run_module),
    Row::leaf("_allocate_lock()", super::lock::new),
    Row::threaded("_ident()", ident),
    Row::threaded("_modules()", modules),
    Row::leaf("_callable_name(obj, /)", callable_name_row),
    Row::threaded("_repr_enter(obj, /)", repr_enter),
    Row::threaded("_repr_leave(obj, /)", repr_leave),
];

fn named(thread: &mut Thread, call: &Call, name: usize) -> Option<(Word, Word)> {
    let name = attribute_name(thread.cx(), thread.arg_at(call, name)).ok()?.word();
    Some((thread.arg_at(call, 0).word(), name))
}

fn getattr(thread: &mut Thread, call: &Call) -> Flow {
    let Some((object, name)) = named(thread, call, 1) else { return Flow::Raised };
    let default = thread.arg(call, 2).map(Value::word);
    let cx = thread.cx();
    let value = thread.live(object);
    let class = cx.class_of(value);
    if class.has(class_flag::CUSTOM_GETATTRIBUTE | class_flag::GETATTR) {
        return match default {
            Some(default) => thread.call_prelude("getattr_default", &[object, name, default], call.cont),
            None => thread.call_prelude("getattr_general", &[object, name], call.cont),
        };
    }
    let Some(default) = default else { return thread.get_attribute(object, name, call.cont) };
    match attr::find(cx, value, thread.live(name)) {
        Ok(Found::Value(value)) => Flow::Done(value.word()),
        Ok(Found::Method(function, receiver)) => Flow::Done(attr::bound(cx, function, receiver).word()),
        Ok(Found::Missing) => Flow::Done(default),
        Ok(_) | Err(Raised) => {
            cx.take_pending();
            thread.call_prelude("getattr_default", &[object, name, default], call.cont)
        }
    }
}

fn setattr(thread: &mut Thread, call: &Call) -> Flow {
    let Some((object, name)) = named(thread, call, 1) else { return Flow::Raised };
    let value = thread.arg_at(call, 2).word();
    thread.set_attribute(object, name, value, call.cont)
}

fn delattr(thread: &mut Thread, call: &Call) -> Flow {
    let Some((object, name)) = named(thread, call, 1) else { return Flow::Raised };
    thread.set_attribute(object, name, Word::NONE_AT_ALL, call.cont)
}

fn hasattr(thread: &mut Thread, call: &Call) -> Flow {
    let Some((object, name)) = named(thread, call, 1) else { return Flow::Raised };
    let cx = thread.cx();
    let value = thread.live(object);
    if !cx.class_of(value).has(class_flag::CUSTOM_GETATTRIBUTE | class_flag::GETATTR) {
        match attr::find(cx, value, thread.live(name)) {
            Ok(Found::Value(_) | Found::Method(..)) => return Flow::Done(Word::TRUE),
            Ok(Found::Missing) => return Flow::Done(Word::FALSE),
            Ok(_) | Err(Raised) => {
                cx.take_pending();
            }
        }
    }
    thread.call_prelude("hasattr_general", &[object, name], call.cont)
}

fn exit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Err(cx.raise_with(Builtin::SystemExit, &[args.get(0).unwrap_or(Value::NONE)]))
}

fn iter(thread: &mut Thread, call: &Call) -> Flow {
    let object = thread.arg_at(call, 0);
    let Some(sentinel) = thread.arg(call, 1) else {
        let class = thread.cx().class_of(object);
        let custom =
            class.has(class_flag::CUSTOM_ITER) && class.lookup_str(thread.cx(), "__iter__").is_some();
        let object = object.word();
        if custom {
            return thread.call_prelude("checked_iter", &[object], call.cont);
        }
        return thread.get_iter(object, call.cont);
    };
    let cx = thread.cx();
    if !is_callable(cx, object) {
        cx.type_error("iter(v, w): v must be callable");
        return Flow::Raised;
    }
    let iterator = crate::value::record::Iter::new(
        cx,
        Builtin::CallableIterator,
        Some(object),
        Some(sentinel),
        [0, 0, 1],
    );
    Flow::Done(Value::object(iterator).word())
}

fn next(thread: &mut Thread, call: &Call) -> Flow {
    let iterator = thread.arg_at(call, 0);
    let cx = thread.cx();
    if !is_iterator(cx, iterator) {
        cx.type_error(format_args!("'{}' object is not an iterator", cx.type_name(iterator)));
        return Flow::Raised;
    }
    let native = iterator.kind() == Some(Kind::Iter);
    let (iterator, default) = (iterator.word(), thread.arg(call, 1).map(Value::word));
    if let Some(default) = default
        && !native
    {
        return thread.call_prelude("next_default", &[iterator, default], call.cont);
    }
    match (thread.step(iterator, call.cont), default) {
        (EXHAUSTED, Some(default)) => Flow::Done(default),
        (EXHAUSTED, None) => {
            thread.cx().raise_with(Builtin::StopIteration, &[]);
            Flow::Raised
        }
        (Flow::Pushed, Some(default)) => {
            // The iterator's inner ones are not native: begin again where an exception can be caught.
            thread.frames.pop();
            thread.call_prelude("next_default", &[iterator, default], call.cont)
        }
        (flow, _) => flow,
    }
}

fn isinstance<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    is_instance(cx, args.at(0), args.at(1)).map(Value::bool)
}

fn issubclass<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    is_subclass(cx, args.at(0), args.at(1)).map(Value::bool)
}

/// Whether a value can be called.
pub(crate) fn is_callable(cx: &Context, value: Value<'_>) -> bool {
    match value.kind() {
        Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::Type) => true,
        _ => cx.class_of(value).lookup_str(cx, "__call__").is_some(),
    }
}

fn callable<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(is_callable(cx, args.at(0))))
}

fn id<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(repr::address(cx, args.at(0)) as i64))
}

fn hash<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    crate::value::hash::hash(cx, args.at(0)).map(|hash| cx.int(hash))
}

fn print(thread: &mut Thread, call: &Call) -> Flow {
    match print_text(thread, call) {
        Ok(Some(text)) => write_out(thread, text),
        Ok(None) => {
            let args: Vec<Word> =
                (0..5).map(|index| thread.arg(call, index).map_or(Word::NONE, Value::word)).collect();
            thread.call_prelude("print_general", &args, call.cont)
        }
        Err(Raised) => Flow::Raised,
    }
}

/// What is to be written to the standard output, unless code of the language has a say: in an argument's `__str__`, or
/// as `file` or a replaced `sys.stdout`.
fn print_text(thread: &Thread, call: &Call) -> Result<Option<Vec<u8>>, Raised> {
    let cx = thread.cx();
    let given = |index| thread.arg(call, index).filter(|value| !value.is_none());
    if given(3).is_some() || given(4).is_some() || !thread.vm().stdout_is_native(cx) {
        return Ok(None);
    }
    let text = |index, name: &str, default: &'static [u8]| match given(index) {
        None => Ok(default.to_vec()),
        Some(value) => match value.get::<Str>() {
            Some(value) => Ok(value.as_bytes().to_vec()),
            None => {
                Err(cx
                    .type_error(format_args!("{name} must be None or a string, not {}", cx.type_name(value))))
            }
        },
    };
    let (separator, end) = (text(1, "sep", b" ")?, text(2, "end", b"\n")?);
    let mut out = Vec::new();
    let args = thread.arg_at(call, 0).get::<crate::value::tuple::Tuple>();
    for (index, value) in args.map_or(&[][..], crate::value::tuple::Tuple::items).iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(&separator);
        }
        match repr::write_str(cx, &mut out, *value) {
            Ok(()) => {}
            Err(Raised) if cx.take_needs_code() => return Ok(None),
            Err(Raised) => return Err(Raised),
        }
    }
    out.extend_from_slice(&end);
    Ok(Some(out))
}

/// Writes to the standard output; waits, the GIL released, if the stream does.
fn write_out(thread: &mut Thread, text: Vec<u8>) -> Flow {
    if let Some(reply) = thread.reply.take() {
        return match reply.downcast::<std::io::Result<()>>() {
            Ok(result) => written(thread, *result),
            Err(_) => Flow::Done(Word::NONE),
        };
    }
    let text = match std::str::from_utf8(&text) {
        Ok(_) => text,
        Err(_) => {
            let bad = String::from_utf8_lossy(&text).into_owned();
            thread.cx().raise(
                Builtin::UnicodeEncodeError,
                format_args!("'utf-8' codec can't encode characters: surrogates not allowed in {bad:?}"),
            );
            return Flow::Raised;
        }
    };
    let host = thread.vm().host.clone();
    match host.try_write(Stream::Out, &text) {
        Some(result) => written(thread, result),
        None => {
            let work = host.write(Stream::Out, text);
            thread.request = Some(Request::Blocking(Box::new(move || Box::new(work()))));
            Flow::Park
        }
    }
}

fn written(thread: &Thread, result: std::io::Result<()>) -> Flow {
    match result {
        Ok(()) => Flow::Done(Word::NONE),
        Err(error) => {
            let cx = thread.cx();
            let number = cx.int(error.raw_os_error().unwrap_or(0).into());
            match cx.str(&error.to_string()) {
                Ok(text) => {
                    let class = match error.kind() {
                        std::io::ErrorKind::BrokenPipe => Builtin::BrokenPipeError,
                        _ => Builtin::OSError,
                    };
                    cx.raise_with(class, &[number, text]);
                    Flow::Raised
                }
                Err(Raised) => Flow::Raised,
            }
        }
    }
}

fn globals(thread: &mut Thread, _: &Call) -> Flow {
    Flow::Done(Value::object(thread.frame().function().globals()).word())
}

/// The names and values of the running frame's namespace.
pub(super) fn namespace(thread: &Thread) -> Res<'_> {
    let cx = thread.cx();
    let frame = thread.frame();
    let unit = frame.unit();
    match unit.code.kind {
        minipy_compiler::CodeKind::Module => return Ok(Value::object(frame.function().globals())),
        minipy_compiler::CodeKind::ClassBody | minipy_compiler::CodeKind::Namespace => {
            return Ok(thread.value(frame.base as usize).unwrap_or(Value::NONE));
        }
        minipy_compiler::CodeKind::Function => {}
    }
    let dict = Dict::new(cx);
    for (place, name) in unit.local_names().enumerate() {
        let Some(mut value) = thread.value(frame.base as usize + place) else { continue };
        if unit.code.cells.iter().any(|cell| cell.0 as usize == place) {
            let Some(held) = value.get::<Cell>().and_then(Cell::get) else { continue };
            value = held;
        }
        dict.set(cx, name, value)?;
    }
    for (index, cell) in frame.function().closure().iter().enumerate() {
        if let Some(value) = cell.get::<Cell>().and_then(Cell::get) {
            dict.set(cx, unit.free_name(index as u16), value)?;
        }
    }
    Ok(Value::object(dict))
}

fn locals(thread: &mut Thread, _: &Call) -> Flow {
    Flow::of(namespace(thread))
}

fn vars(thread: &mut Thread, call: &Call) -> Flow {
    let Some(object) = thread.arg(call, 0).map(Value::word) else { return Flow::of(namespace(thread)) };
    thread.call_prelude("vars_of", &[object], call.cont)
}

fn dir(thread: &mut Thread, call: &Call) -> Flow {
    let Some(object) = thread.arg(call, 0) else {
        let cx = thread.cx();
        let names = namespace(thread).and_then(|names| match names.get::<Dict>() {
            Some(dict) => cx.list(&dict.iter().map(|(name, _)| name).collect::<Vec<_>>()),
            None => Ok(names),
        });
        return match names.map(Value::word) {
            Ok(names) => thread.call_prelude("sorted_list", &[names], call.cont),
            Err(Raised) => Flow::Raised,
        };
    };
    let cx = thread.cx();
    let custom = cx.class_of(object).defining(cx, cx.intern("__dir__"));
    if custom.is_some_and(|(class, _)| !class.has(class_flag::BUILTIN)) {
        let object = object.word();
        return thread.call_prelude("dir_general", &[object], call.cont);
    }
    Flow::of(directory(cx, object))
}

fn import(thread: &mut Thread, call: &Call) -> Flow {
    let name = thread.arg_at(call, 0).word();
    let last = number::truth(thread.arg_at(call, 3)).unwrap_or(false);
    thread.call_prelude("import_module", &[name, Word::bool(last)], call.cont)
}

fn type_new(thread: &mut Thread, call: &Call) -> Flow {
    let cx = thread.cx();
    if thread.arg(call, 1).is_none() {
        return Flow::Done(Value::object(cx.class_of(thread.arg_at(call, 0))).word());
    }
    if thread.arg(call, 2).is_none() {
        cx.type_error("type() takes 1 or 3 arguments");
        return Flow::Raised;
    }
    let class = Value::object(cx.class(Builtin::Type)).word();
    let module = thread.frame().function().globals().get_name(cx, "__name__").unwrap_or(Value::NONE).word();
    let args: Vec<Word> = (0..4).map(|index| thread.arg_at(call, index).word()).collect();
    thread.call_prelude("type_from_call", &[class, args[0], args[1], args[2], args[3], module], call.cont)
}

fn object_new<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    crate::value::instance::Instance::new(cx, cx.class(Builtin::Object), None).map(Value::object)
}

fn none_new<'t>(_: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::NONE)
}

/// The special method of an object's class, bound.
fn special<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let name = args.at(1).get::<Str>().map_or(Value::NONE, |name| cx.intern_str(name));
    match attr::lookup_special(cx, args.at(0), name)? {
        Some(method) => Ok(method),
        None => Err(attr::missing(cx, args.at(0), args.at(1))),
    }
}

fn has_special<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let name = args.at(1).get::<Str>().map_or(Value::NONE, |name| cx.intern_str(name));
    Ok(Value::bool(is_special(cx, args.at(0), name)))
}

/// Whether the class of any value of a dict has a special method.
fn any_special<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let name = args.at(1).get::<Str>().map_or(Value::NONE, |name| cx.intern_str(name));
    let values = args.at(0).get::<Dict>().map_or_else(Vec::new, |dict| dict.values(cx));
    Ok(Value::bool(values.into_iter().any(|value| is_special(cx, value, name))))
}

fn is_special<'t>(cx: &'t Context, value: Value<'t>, name: Value<'t>) -> bool {
    cx.class_of(value).lookup(cx, name).is_some_and(|found| !found.is_none())
}

/// A native module by name, new, and its source's code or None; None if there is none.
fn native_module(thread: &mut Thread, call: &Call) -> Flow {
    let name = thread.arg_at(call, 0).get::<Str>().map(|name| name.lossy().into_owned()).unwrap_or_default();
    Flow::of(crate::vm::boot::native_module(thread.vm(), thread.cx(), &name))
}

/// The function that runs a module of the program's own folder, in a new module: a pair; None if there is no such file.
fn module_file(thread: &mut Thread, call: &Call) -> Flow {
    let name = thread.arg_at(call, 0).get::<Str>().map(|name| name.lossy().into_owned()).unwrap_or_default();
    Flow::of(crate::vm::boot::file_module(thread.vm(), thread.cx(), &name))
}

fn run_module(thread: &mut Thread, call: &Call) -> Flow {
    let function = thread.arg_at(call, 0).word();
    thread.call_with(function, &[], call.cont)
}

fn ident(thread: &mut Thread, _: &Call) -> Flow {
    Flow::Done(thread.cx().int(thread.ident().into()).word())
}

fn modules(thread: &mut Thread, _: &Call) -> Flow {
    Flow::Done(Value::object(thread.vm().modules()).word())
}

fn callable_name_row<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.str(&crate::value::function::callable_name(cx, args.at(0)))
}

/// Whether the object is not being shown yet; from now on it is.
pub(crate) fn repr_enter(thread: &mut Thread, call: &Call) -> Flow {
    let object = thread.arg_at(call, 0).word();
    if thread.repr_stack.contains(&object) {
        return Flow::Done(Word::FALSE);
    }
    thread.repr_stack.push(object);
    Flow::Done(Word::TRUE)
}

/// The object is shown.
pub(crate) fn repr_leave(thread: &mut Thread, call: &Call) -> Flow {
    let object = thread.arg_at(call, 0).word();
    thread.repr_stack.retain(|other| *other != object);
    Flow::Done(Word::NONE)
}
