//! Descriptors: `property`, `staticmethod`, `classmethod`, the attributes of native classes and slots, and `super`.
//!
//! The machine reads attributes through them without asking these methods; the methods are for who asks a descriptor
//! itself, and for subclasses.

use crate::heap::{Object, Value, flag};
use crate::value::dict::Dict;
use crate::value::function::{BoundMethod, Function, FunctionPart, Native};
use crate::value::record::{ClassMethod, Member, Property, StaticMethod, Super};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};
use crate::vm::ops::attr;

use super::function::{CALL, in_the_language, read_only};
use super::receiver::receiver;

/// Of `property`.
pub(crate) static PROPERTY_ROWS: &[Row] = &[
    NEW,
    Row::leaf("__init__(self, fget=None, fset=None, fdel=None, doc=None)", init_property),
    Row::leaf("getter(self, fget, /)", |cx, args| replaced(cx, args, 0)).twin("property_getter"),
    Row::leaf("setter(self, fset, /)", |cx, args| replaced(cx, args, 1)).twin("property_setter"),
    Row::leaf("deleter(self, fdel, /)", |cx, args| replaced(cx, args, 2)).twin("property_deleter"),
    Row::leaf("__set_name__(self, owner, name, /)", name_property),
    Row::leaf("__get__(self, instance, owner=None, /)", get_property).twin("property_get"),
    Row::leaf("__set__(self, instance, value, /)", set_property).twin("property_set"),
    Row::leaf("__delete__(self, instance, /)", delete_property).twin("property_delete"),
    Row::getter("fget", |cx, args| Ok(or_none(property(cx, args)?.getter()))),
    Row::setter("fget", read_only),
    Row::getter("fset", |cx, args| Ok(or_none(property(cx, args)?.setter()))),
    Row::setter("fset", read_only),
    Row::getter("fdel", |cx, args| Ok(or_none(property(cx, args)?.deleter()))),
    Row::setter("fdel", read_only),
    Row::getter("__doc__", |cx, args| Ok(or_none(property(cx, args)?.doc()))),
    Row::setter("__doc__", set_property_doc),
    Row::getter("__name__", property_name).twin("property_name"),
    Row::setter("__name__", set_property_name),
    Row::getter("__isabstractmethod__", |_, args| Ok(Value::bool(is_abstract(args.at(0), 0)))),
];

/// Of `staticmethod`.
pub(crate) static STATIC_METHOD_ROWS: &[Row] = &[
    NEW,
    Row::leaf("__init__(self, function, /)", init_static_method),
    Row::getter("__func__", static_function),
    Row::setter("__func__", read_only),
    Row::getter("__wrapped__", static_function),
    Row::setter("__wrapped__", read_only),
    Row::getter("__isabstractmethod__", |_, args| Ok(Value::bool(is_abstract(args.at(0), 0)))),
    Row::leaf("__get__(self, instance, owner=None, /)", static_function),
    Row::getter("__name__", in_the_language).twin("wrapped_name"),
    Row::getter("__qualname__", in_the_language).twin("wrapped_qualname"),
    Row::getter("__module__", in_the_language).twin("wrapped_module"),
    Row::getter("__doc__", in_the_language).twin("wrapped_doc"),
    Row::getter("__annotations__", in_the_language).twin("wrapped_annotations"),
    CALL,
];

/// Of `classmethod`.
pub(crate) static CLASS_METHOD_ROWS: &[Row] = &[
    NEW,
    Row::leaf("__init__(self, function, /)", init_class_method),
    Row::getter("__func__", class_function),
    Row::setter("__func__", read_only),
    Row::getter("__wrapped__", class_function),
    Row::setter("__wrapped__", read_only),
    Row::getter("__isabstractmethod__", |_, args| Ok(Value::bool(is_abstract(args.at(0), 0)))),
    Row::leaf("__get__(self, instance, owner=None, /)", get_class_method),
    Row::getter("__name__", in_the_language).twin("wrapped_name"),
    Row::getter("__qualname__", in_the_language).twin("wrapped_qualname"),
    Row::getter("__module__", in_the_language).twin("wrapped_module"),
    Row::getter("__doc__", in_the_language).twin("wrapped_doc"),
    Row::getter("__annotations__", in_the_language).twin("wrapped_annotations"),
];

/// Of the attributes of native classes and of slots.
pub(crate) static MEMBER_ROWS: &[Row] = &[
    Row::getter("__name__", |cx, args| Ok(or_none(member(cx, args)?.name()))),
    Row::getter("__qualname__", in_the_language).twin("member_qualname"),
    Row::getter("__objclass__", |cx, args| Ok(or_none(member(cx, args)?.owner()))),
    Row::leaf("__get__(self, instance, owner=None, /)", get_member).twin("member_get"),
    Row::leaf("__set__(self, instance, value, /)", in_the_language).twin("member_set"),
    Row::leaf("__delete__(self, instance, /)", in_the_language).twin("member_delete"),
];

/// Of `super` objects.
pub(crate) static SUPER_ROWS: &[Row] = &[
    Row::getter("__thisclass__", |cx, args| Ok(or_none(this_super(cx, args)?.class()))),
    Row::getter("__self__", |cx, args| Ok(or_none(this_super(cx, args)?.object()))),
    Row::getter("__self_class__", |cx, args| Ok(or_none(this_super(cx, args)?.object_class()))),
];

/// What the part that is written in the language needs.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_member_getter(member, /)", |cx, args| Ok(or_none(member(cx, args)?.getter()))),
    Row::leaf("_doc_of_getter(property, /)", |cx, args| {
        Ok(Value::bool(property(cx, args)?.header().has(DOC_OF_GETTER)))
    }),
];

/// `property(…)`
pub(crate) static NEW_PROPERTY: Row =
    Row::leaf("property(fget=None, fset=None, fdel=None, doc=None)", new_property);
/// `staticmethod(function)`
pub(crate) static NEW_STATIC_METHOD: Row = Row::leaf("staticmethod(function, /)", new_static_method);
/// `classmethod(function)`
pub(crate) static NEW_CLASS_METHOD: Row = Row::leaf("classmethod(function, /)", new_class_method);

/// `__new__` for subclasses: what the descriptor holds is set by `__init__`.
const NEW: Row =
    Row::leaf("__new__(cls, /, *args, **kwargs)", in_the_language).static_method().twin("descriptor_new");

/// Of a property: its documentation is that of its getter.
const DOC_OF_GETTER: u8 = flag::OWN;
/// How deep wrappers of wrappers are looked into.
const MAX_WRAPPED: u32 = 100;

fn or_none(value: Option<Value<'_>>) -> Value<'_> {
    value.unwrap_or(Value::NONE)
}

fn given(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| !value.is_none())
}

fn property<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Property, Raised> {
    receiver(cx, args.at(0), "property")
}

fn member<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Member, Raised> {
    receiver(cx, args.at(0), "getset_descriptor")
}

fn this_super<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Super, Raised> {
    receiver(cx, args.at(0), "super")
}

/// Sets the functions of a property, and its documentation: what is given, or that of the getter.
fn fill<'t>(
    cx: &'t Context,
    property: &Property,
    [get, set, delete, doc]: [Option<Value<'t>>; 4],
) -> Result<(), Raised> {
    let of_getter = match (doc, get.and_then(|get| get.get::<Function>())) {
        (None, Some(function)) => given(Some(function.doc(cx)?)),
        _ => None,
    };
    property.set_getter(cx, get);
    property.set_setter(cx, set);
    property.set_deleter(cx, delete);
    property.set_doc(cx, doc.or(of_getter));
    let named = get.and_then(|get| get.get::<Function>());
    property.set_name(cx, named.map(|function| function.name(cx)));
    if of_getter.is_some() {
        property.header().set(DOC_OF_GETTER);
    } else {
        property.header().clear(DOC_OF_GETTER);
    }
    Ok(())
}

fn parts_from(args: Args<'_>, first: usize) -> [Option<Value<'_>>; 4] {
    [0, 1, 2, 3].map(|place| given(args.get(first + place)))
}

fn new_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    property_of(cx, parts_from(args, 0))
}

/// A property of the functions that get, set and delete, and its documentation.
///
/// # Errors
/// `MemoryError`.
pub(crate) fn property_of<'t>(cx: &'t Context, parts: [Option<Value<'t>>; 4]) -> Res<'t> {
    let property = Property::new(cx, Builtin::Property, None, None, None, None, None);
    fill(cx, property, parts)?;
    Ok(Value::object(property))
}

fn init_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    fill(cx, property(cx, args)?, parts_from(args, 1))?;
    Ok(Value::NONE)
}

/// A copy of the property with one function replaced; of a subclass, the class is called.
fn replaced<'t>(cx: &'t Context, args: Args<'t>, place: usize) -> Res<'t> {
    let old = property(cx, args)?;
    if !cx.class_of(args.at(0)).is(Builtin::Property) {
        return Err(cx.needs_code());
    }
    let doc = if old.header().has(DOC_OF_GETTER) { None } else { old.doc() };
    let mut parts = [old.getter(), old.setter(), old.deleter(), doc];
    parts[place] = given(Some(args.at(1))).or(parts[place]);
    let copy = Property::new(cx, Builtin::Property, None, None, None, None, None);
    fill(cx, copy, parts)?;
    copy.set_name(cx, old.name().or(copy.name()));
    Ok(Value::object(copy))
}

fn name_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    property(cx, args)?.set_name(cx, Some(args.at(2)));
    Ok(Value::NONE)
}

fn set_property_name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    property(cx, args)?.set_name(cx, args.get(1));
    Ok(Value::NONE)
}

fn set_property_doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let property = property(cx, args)?;
    property.set_doc(cx, args.get(1));
    property.header().clear(DOC_OF_GETTER);
    Ok(Value::NONE)
}

/// The name it was assigned to, or that of its getter.
fn property_name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let property = property(cx, args)?;
    if let Some(name) = property.name() {
        return Ok(name);
    }
    Err(match property.getter() {
        None => attr::missing(cx, args.at(0), cx.intern("__name__")),
        Some(_) => cx.needs_code(),
    })
}

fn get_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let property = property(cx, args)?;
    if args.at(1).is_none() {
        if given(args.get(2)).is_none() {
            return Err(cx.type_error("__get__(None, None) is invalid"));
        }
        return Ok(args.at(0));
    }
    Err(match property.getter() {
        Some(_) => cx.needs_code(),
        None => attr::property_error(cx, args.at(0), args.at(1), "getter"),
    })
}

fn set_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Err(match property(cx, args)?.setter() {
        Some(_) => cx.needs_code(),
        None => attr::property_error(cx, args.at(0), args.at(1), "setter"),
    })
}

fn delete_property<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Err(match property(cx, args)?.deleter() {
        Some(_) => cx.needs_code(),
        None => attr::property_error(cx, args.at(0), args.at(1), "deleter"),
    })
}

/// Whether a function, or what a wrapper wraps, is marked as abstract.
fn is_abstract(value: Value<'_>, depth: u32) -> bool {
    let parts = if let Some(property) = value.get::<Property>() {
        [property.getter(), property.setter(), property.deleter()]
    } else if let Some(method) = value.get::<StaticMethod>() {
        [method.function(), None, None]
    } else if let Some(method) = value.get::<ClassMethod>() {
        [method.function(), None, None]
    } else {
        return is_marked(value);
    };
    depth < MAX_WRAPPED && parts.into_iter().flatten().any(|part| is_abstract(part, depth + 1))
}

fn is_marked(value: Value<'_>) -> bool {
    let attributes = value.get::<Function>().and_then(|function| function.part(FunctionPart::Attributes));
    let Some(attributes) = attributes.and_then(|attributes| attributes.get::<Dict>()) else { return false };
    let is_mark =
        |key: Value<'_>| key.get::<Str>().is_some_and(|key| key.as_bytes() == b"__isabstractmethod__");
    attributes.iter().any(|(key, value)| is_mark(key) && value.is(Value::TRUE))
}

fn new_static_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(StaticMethod::new(cx, Builtin::StaticMethod, Some(args.at(0)))))
}

fn new_class_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::object(ClassMethod::new(cx, Builtin::ClassMethod, Some(args.at(0)))))
}

fn init_static_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver::<StaticMethod>(cx, args.at(0), "staticmethod")?.set_function(cx, Some(args.at(1)));
    Ok(Value::NONE)
}

fn init_class_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver::<ClassMethod>(cx, args.at(0), "classmethod")?.set_function(cx, Some(args.at(1)));
    Ok(Value::NONE)
}

fn static_function<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(or_none(receiver::<StaticMethod>(cx, args.at(0), "staticmethod")?.function()))
}

fn class_function<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(or_none(receiver::<ClassMethod>(cx, args.at(0), "classmethod")?.function()))
}

fn get_class_method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let function = class_function(cx, args)?;
    let class = given(args.get(2)).unwrap_or_else(|| Value::object(cx.class_of(args.at(1))));
    Ok(if function.get::<Native>().is_some() {
        attr::bound(cx, function, class)
    } else {
        Value::object(BoundMethod::new(cx, function, class))
    })
}

/// Reads a slot; a native attribute is read by its function.
fn get_member<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let member = member(cx, args)?;
    if args.at(1).is_none() {
        return Ok(args.at(0));
    }
    if member.getter().is_some() {
        return Err(cx.needs_code());
    }
    let name = or_none(member.name());
    match attr::own_attribute(cx, args.at(1), name)? {
        Some(value) => Ok(value),
        None => Err(attr::missing(cx, args.at(1), name)),
    }
}
