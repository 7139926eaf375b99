//! `object`: what every class inherits.

use crate::heap::{Kind, Value};
use crate::value::class::{Type, class_flag};
use crate::value::dict::Dict;
use crate::value::drain::collect_native;
use crate::value::exception::Exception;
use crate::value::function::Function;
use crate::value::instance::Instance;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, format, hash, repr};
use crate::vm::native::{Args, Arity, Row};
use crate::vm::ops::attr;
use crate::vm::thread::{Call, Flow, Thread};

use super::docs;
use super::function::in_the_language;

/// The rows of `object`.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__init__(self, /, *args, **kwargs)", init),
    Row::leaf("__new__(cls, /, *args, **kwargs)", new)
        .static_method()
        .arity(Arity::Few("object.__new__(): not enough arguments")),
    Row::leaf("__init_subclass__(cls, /, *args, **kwargs)", init_subclass).class_method(),
    Row::leaf("__subclasshook__(cls, object, /)", not_implemented).class_method(),
    Row::leaf("__repr__(self, /)", object_repr),
    Row::leaf("__str__(self, /)", object_str).twin("object_str"),
    Row::leaf("__format__(self, format_spec, /)", object_format).twin("object_format"),
    Row::leaf("__hash__(self, /)", object_hash),
    Row::leaf("__eq__(self, value, /)", equal),
    Row::leaf("__ne__(self, value, /)", not_equal).twin("object_ne"),
    Row::leaf("__lt__(self, value, /)", not_implemented),
    Row::leaf("__le__(self, value, /)", not_implemented),
    Row::leaf("__gt__(self, value, /)", not_implemented),
    Row::leaf("__ge__(self, value, /)", not_implemented),
    Row::threaded("__getattribute__(self, name, /)", getattribute),
    Row::threaded("__setattr__(self, name, value, /)", setattr),
    Row::threaded("__delattr__(self, name, /)", delattr),
    Row::leaf("__dir__(self, /)", dir),
    Row::getter("__class__", class),
    Row::setter("__class__", set_class),
    Row::getter("__dict__", dict),
    Row::setter("__dict__", set_dict),
    Row::getter("__doc__", doc),
    Row::getter("__weakref__", weak_references),
    Row::leaf("__getstate__(self, /)", in_the_language).twin("object_getstate"),
    Row::leaf("__reduce__(self, /)", in_the_language).twin("object_reduce"),
    Row::leaf("__reduce_ex__(self, protocol, /)", in_the_language).twin("object_reduce_ex"),
    Row::leaf("__sizeof__(self, /)", size_of),
];

fn init_subclass<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = args.at(0).get::<Type>().map_or("type", Type::name_str);
    if args.at(2).get::<Dict>().is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error(format_args!("{class}.__init_subclass__() takes no keyword arguments")));
    }
    match args.at(1).get::<Tuple>().map_or(0, Tuple::len) {
        0 => Ok(Value::NONE),
        given => {
            Err(cx.type_error(format_args!("{class}.__init_subclass__() takes no arguments ({given} given)")))
        }
    }
}

fn not_implemented<'t>(_: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::NOT_IMPLEMENTED)
}

fn extra_args(args: Args<'_>) -> bool {
    args.at(1).get::<Tuple>().is_some_and(|args| !args.is_empty())
        || args.at(2).get::<Dict>().is_some_and(|keywords| !keywords.is_empty())
}

fn init<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = cx.class_of(args.at(0));
    if extra_args(args) {
        if class.has(class_flag::CUSTOM_INIT) {
            return Err(
                cx.type_error("object.__init__() takes exactly one argument (the instance to initialize)")
            );
        }
        if !class.has(class_flag::CUSTOM_NEW) && class.layout() == Builtin::Object {
            return Err(cx.type_error(format_args!(
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.name_str()
            )));
        }
    }
    Ok(Value::NONE)
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Some(class) = args.at(0).get::<Type>() else {
        return Err(cx.type_error(format_args!(
            "object.__new__(X): X is not a type object ({})",
            cx.type_name(args.at(0))
        )));
    };
    if extra_args(args) && class.layout() == Builtin::Object {
        if class.has(class_flag::CUSTOM_NEW) {
            return Err(
                cx.type_error("object.__new__() takes exactly one argument (the type to instantiate)")
            );
        }
        if !class.has(class_flag::CUSTOM_INIT) {
            return Err(cx.type_error(format_args!("{}() takes no arguments", class.name_str())));
        }
    }
    if class.has(class_flag::ABSTRACT) {
        return Err(abstract_class(cx, class));
    }
    match class.layout() {
        Builtin::Object => Instance::new(cx, class, None).map(Value::object),
        layout if layout.is_exception() => {
            let args = args.at(1).get::<Tuple>().map_or(&[][..], Tuple::items);
            Exception::new(cx, class.root_shape(), args).map(Value::object)
        }
        layout => Err(cx.type_error(format_args!(
            "object.__new__({}) is not safe, use {}.__new__()",
            class.name_str(),
            layout.name()
        ))),
    }
}

#[cold]
fn abstract_class(cx: &Context, class: &Type) -> Raised {
    let names = class.namespace(cx).get_name(cx, "__abstractmethods__");
    let names = names.map_or(Ok(None), |names| collect_native(cx, names)).ok().flatten().unwrap_or_default();
    let mut names: Vec<_> =
        names.iter().filter_map(|name| name.get::<Str>()).map(|name| format!("'{}'", name.lossy())).collect();
    names.sort();
    cx.type_error(format_args!(
        "Can't instantiate abstract class {} without an implementation for abstract method{} {}",
        class.name_str(),
        if names.len() == 1 { "" } else { "s" },
        names.join(", ")
    ))
}

fn object_repr<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::default_repr(cx, args.at(0))
}

fn object_str<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::repr(cx, args.at(0))
}

fn object_format<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let spec = args.at(1).get::<Str>().map_or(&[][..], Str::as_bytes);
    if spec.is_empty() {
        return repr::str_of(cx, args.at(0));
    }
    let value = args.at(0);
    if value.plain().kind() != Some(Kind::Instance) {
        return format::format_builtin(cx, value, spec);
    }
    Err(cx.type_error(format_args!("unsupported format string passed to {}.__format__", cx.type_name(value))))
}

fn object_hash<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(hash::identity_hash(cx, args.at(0))))
}

fn equal<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(if args.at(0).is(args.at(1)) { Value::TRUE } else { Value::NOT_IMPLEMENTED })
}

fn not_equal<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if cx.class_of(args.at(0)).has(class_flag::CUSTOM_EQ) {
        return Err(cx.needs_code());
    }
    Ok(if args.at(0).is(args.at(1)) { Value::FALSE } else { Value::NOT_IMPLEMENTED })
}

/// The interned name that an attribute function was given.
///
/// # Errors
/// `TypeError`
pub(crate) fn attribute_name<'t>(cx: &'t Context, name: Value<'t>) -> Res<'t> {
    match name.get::<Str>() {
        Some(name) => Ok(cx.intern_str(name)),
        None => {
            Err(cx.type_error(format_args!("attribute name must be string, not '{}'", cx.type_name(name))))
        }
    }
}

fn getattribute(thread: &mut Thread, call: &Call) -> Flow {
    let Ok(name) = attribute_name(thread.cx(), thread.arg_at(call, 1)) else { return Flow::Raised };
    let (object, name) = (thread.arg_at(call, 0).word(), name.word());
    thread.get_plain_attribute(object, name, call.cont, false)
}

fn setattr(thread: &mut Thread, call: &Call) -> Flow {
    let Ok(name) = attribute_name(thread.cx(), thread.arg_at(call, 1)) else { return Flow::Raised };
    let (object, name, value) = (thread.arg_at(call, 0).word(), name.word(), thread.arg_at(call, 2).word());
    thread.set_plain_attribute(object, name, value, call.cont)
}

fn delattr(thread: &mut Thread, call: &Call) -> Flow {
    let Ok(name) = attribute_name(thread.cx(), thread.arg_at(call, 1)) else { return Flow::Raised };
    let (object, name) = (thread.arg_at(call, 0).word(), name.word());
    thread.set_plain_attribute(object, name, crate::heap::Word::NONE_AT_ALL, call.cont)
}

fn dir<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    directory(cx, args.at(0))
}

/// The names that `dir()` gives, sorted.
///
/// # Errors
/// `MemoryError`
pub(crate) fn directory<'t>(cx: &'t Context, object: Value<'t>) -> Res<'t> {
    let mut names: Vec<Value<'t>> = Vec::new();
    let mut add = |dict: &'t Dict| names.extend(dict.iter().map(|(name, _)| name));
    match object.kind() {
        Some(Kind::Module) => attr::module_dict(object).into_iter().for_each(&mut add),
        Some(Kind::Type) => {
            object.get::<Type>().into_iter().flat_map(Type::order).for_each(|class| add(class.namespace(cx)));
        }
        _ => {
            match object.kind() {
                Some(Kind::Instance) => {
                    if let Some(instance) = attr::instance_of(object) {
                        add(instance.copy_attributes(cx)?);
                    }
                }
                Some(Kind::Exception) => {
                    if let Some(exception) = object.get::<Exception>() {
                        add(exception.copy_attributes(cx)?);
                    }
                }
                Some(Kind::Function) => {
                    object
                        .get::<Function>()
                        .map(|function| function.attributes(cx))
                        .into_iter()
                        .for_each(&mut add);
                }
                _ => {}
            }
            cx.class_of(object).order().for_each(|class| add(class.namespace(cx)));
        }
    }
    names.retain(|name| name.get::<Str>().is_some());
    let text = |name: &Value<'t>| name.get::<Str>().map_or(&[][..], Str::as_bytes);
    names.sort_by(|a, b| text(a).cmp(text(b)));
    names.dedup_by(|a, b| text(a) == text(b));
    cx.list(&names)
}

fn class<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(cx.class_of(args.at(0))))
}

/// Whether these are the same interned names.
pub(super) fn same_names(a: &[Value<'_>], b: &[Value<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(*b))
}

fn set_class<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (object, class) = (args.at(0), args.at(1));
    let Some(class) = class.get::<Type>() else {
        return Err(cx.type_error(format_args!(
            "__class__ must be set to a class, not '{}' object",
            cx.type_name(class)
        )));
    };
    let old = cx.class_of(object);
    if old.has(class_flag::BUILTIN) || class.has(class_flag::BUILTIN) {
        return Err(
            cx.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses")
        );
    }
    match attr::instance_of(object) {
        Some(instance)
            if old.layout() == class.layout()
                && old.has(class_flag::CLOSED) == class.has(class_flag::CLOSED)
                && same_names(&old.slot_names(cx), &class.slot_names(cx)) =>
        {
            instance.set_class(cx, class).map(|()| Value::NONE)
        }
        _ => Err(cx.type_error(format_args!(
            "__class__ assignment: '{}' object layout differs from '{}'",
            class.name_str(),
            old.name_str()
        ))),
    }
}

fn dict<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let object = args.at(0);
    let class = cx.class_of(object);
    let dict = match object.kind() {
        Some(Kind::Instance) if !class.has(class_flag::CLOSED | class_flag::BUILTIN) => {
            match attr::instance_of(object) {
                Some(instance) => Some(instance.materialise(cx)?),
                None => None,
            }
        }
        Some(Kind::Exception) => {
            object.get::<Exception>().map(|exception| exception.attributes(cx)).transpose()?
        }
        Some(Kind::Function) => object.get::<Function>().map(|function| function.attributes(cx)),
        Some(Kind::Module) => attr::module_dict(object),
        _ => None,
    };
    dict.map(Value::object).ok_or_else(|| attr::missing(cx, object, cx.intern("__dict__")))
}

fn set_dict<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match (attr::instance_of(args.at(0)), args.at(1).get::<Dict>()) {
        (Some(instance), Some(dict)) => instance.set_dict(cx, dict).map(|()| Value::NONE),
        (_, None) => Err(cx.type_error(format_args!(
            "__dict__ must be set to a dictionary, not a '{}'",
            cx.type_name(args.at(1))
        ))),
        (None, _) => Err(attr::missing(cx, args.at(0), cx.intern("__dict__"))),
    }
}

/// A class that is written in the language has its own `__doc__`, if only None.
fn doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    docs::of(cx.class_of(args.at(0)).layout()).map_or(Ok(Value::NONE), |doc| cx.str(doc))
}

fn size_of<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(super::size::alone(args.at(0)) as i64))
}

/// There are no weak references yet.
fn weak_references<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (object, class) = (args.at(0), cx.class_of(args.at(0)));
    if object.get::<Type>().is_some_and(|class| !class.has(class_flag::BUILTIN)) {
        // Of a class, it is the descriptor that its instances are asked through.
        let descriptor = cx.class(Builtin::Object).namespace(cx).get_name(cx, "__weakref__");
        return Ok(descriptor.unwrap_or(Value::NONE));
    }
    let sized = matches!(class.layout(), Builtin::Int | Builtin::Bytes | Builtin::Tuple);
    if sized || class.has(class_flag::CLOSED | class_flag::BUILTIN) {
        return Err(attr::missing(cx, object, cx.intern("__weakref__")));
    }
    Ok(Value::NONE)
}
