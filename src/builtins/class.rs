//! `type`: the attributes of classes, and how a class is made.

use crate::heap::{Kind, Value};
use crate::value::class::{ClassParts, NewClass, Type, class_flag};
use crate::value::dict::Dict;
use crate::value::function::Cell;
use crate::value::record::{ClassMethod, MappingProxy, Member, StaticMethod};
use crate::value::recursion::{INSTANCE_CHECK, Recursion, SUBCLASS_CHECK};
use crate::value::shape::MAX_SLOTS;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, repr};
use crate::vm::native::{Args, Row};
use crate::vm::ops::attr;

use super::bases::{layout_of_bases, linearise, set_bases};

/// The rows of `type`.
pub(crate) static ROWS: &[Row] = &[
    Row::getter("__name__", name),
    Row::setter("__name__", set_name),
    Row::getter("__qualname__", qualname),
    Row::setter("__qualname__", set_qualname),
    Row::getter("__module__", module),
    Row::setter("__module__", set_module),
    Row::getter("__mro__", mro_value),
    Row::getter("__bases__", bases),
    Row::setter("__bases__", set_bases),
    Row::getter("__base__", base),
    Row::getter("__dict__", namespace),
    Row::getter("__doc__", doc),
    Row::setter("__doc__", set_doc),
    Row::getter("__annotations__", annotations),
    Row::setter("__annotations__", set_annotations),
    Row::getter("__type_params__", type_params),
    Row::setter("__type_params__", set_type_params),
    Row::leaf("__or__(self, value, /)", union).twin("type_or"),
    Row::leaf("__ror__(self, value, /)", union).twin("type_ror"),
    Row::leaf("mro(self, /)", mro_list),
    Row::leaf("__subclasses__(self, /)", subclasses),
    Row::leaf("__init__(self, /, *args, **kwargs)", nothing),
    Row::leaf("__repr__(self, /)", class_repr),
    Row::leaf("__instancecheck__(self, instance, /)", instance_check).twin("class_instance_check"),
    Row::leaf("__subclasscheck__(self, subclass, /)", subclass_check),
    Row::leaf("__prepare__(cls, /, *args, **kwargs)", prepare).class_method(),
];

/// The rows of the classes that can be subscripted.
pub(crate) static SUBSCRIPTABLE_ROWS: &[Row] =
    &[Row::leaf("__class_getitem__(cls, item, /)", subscripted).class_method().twin("generic_alias")];

/// The built-in classes that can be subscripted, besides `type`.
pub(crate) const SUBSCRIPTABLE: &[Builtin] = &[
    Builtin::List,
    Builtin::Tuple,
    Builtin::Dict,
    Builtin::Set,
    Builtin::FrozenSet,
    Builtin::MappingProxy,
    Builtin::Enumerate,
];

/// What the prelude makes classes with.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_make_type(meta, name, bases, namespace, slots, hint, /)", make_type),
    Row::leaf("_most_derived(meta, bases, /)", most_derived),
    Row::leaf("_set_cell(cell, value, /)", set_cell),
    Row::leaf("_class_hint(function, /)", class_hint),
];

/// The class that a function of classes was called with.
pub(super) fn class_arg<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Type, Raised> {
    let value = args.at(0);
    value.get::<Type>().ok_or_else(|| {
        cx.type_error(format_args!(
            "descriptor requires a 'type' object but received a '{}'",
            cx.type_name(value)
        ))
    })
}

fn nothing<'t>(_: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::NONE)
}

fn prepare<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::object(Dict::new(cx)))
}

fn name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(class_arg(cx, args)?.name())
}

fn changeable<'t>(cx: &'t Context, args: Args<'t>, attribute: &str) -> Result<&'t Type, Raised> {
    let class = class_arg(cx, args)?;
    if class.has(class_flag::BUILTIN) {
        return Err(cx.type_error(format_args!(
            "cannot set '{attribute}' attribute of immutable type '{}'",
            class.name_str()
        )));
    }
    Ok(class)
}

fn set_name<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = changeable(cx, args, "__name__")?;
    if args.at(1).get::<Str>().is_none() {
        return Err(cx.type_error(format_args!(
            "can only assign string to {}.__name__, not '{}'",
            class.name_str(),
            cx.type_name(args.at(1))
        )));
    }
    class.set_name(cx, args.at(1));
    Ok(Value::NONE)
}

fn qualname<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(class_arg(cx, args)?.qualname())
}

fn set_qualname<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    changeable(cx, args, "__qualname__")?.set_qualname(cx, args.at(1));
    Ok(Value::NONE)
}

fn module<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(module_of(cx, class_arg(cx, args)?))
}

/// The `__module__` of a class.
pub(crate) fn module_of<'t>(cx: &'t Context, class: &'t Type) -> Value<'t> {
    let own = class.namespace(cx).get_name(cx, "__module__");
    let own = own.filter(|own| own.kind() != Some(Kind::Member));
    let native = || if class.has(class_flag::BUILTIN) { class.layout().module() } else { "builtins" };
    own.unwrap_or_else(|| cx.intern(native()))
}

fn set_module<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    changeable(cx, args, "__module__")?.set_own(cx, cx.intern("__module__"), args.get(1))?;
    Ok(Value::NONE)
}

fn mro_value<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(class_arg(cx, args)?.mro_value())
}

fn mro_list<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    cx.list(class_arg(cx, args)?.mro())
}

fn bases<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(class_arg(cx, args)?.bases_value())
}

fn base<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = class_arg(cx, args)?;
    let best = class
        .bases()
        .iter()
        .find(|base| base.get::<Type>().is_some_and(|base| base.layout() == class.layout()));
    Ok(best.or(class.bases().first()).copied().unwrap_or(Value::NONE))
}

fn namespace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let namespace = Value::object(class_arg(cx, args)?.namespace(cx));
    Ok(Value::object(MappingProxy::new(cx, Builtin::MappingProxy, Some(namespace))))
}

fn doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = class_arg(cx, args)?;
    if class.has(class_flag::BUILTIN) {
        return super::docs::of(class.layout()).map_or(Ok(Value::NONE), |doc| cx.str(doc));
    }
    let found = class.namespace(cx).get_name(cx, "__doc__");
    Ok(found.filter(|doc| doc.kind() != Some(Kind::Member)).unwrap_or(Value::NONE))
}

fn set_doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    changeable(cx, args, "__doc__")?.set_own(cx, cx.intern("__doc__"), args.get(1))?;
    Ok(Value::NONE)
}

fn annotations<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = class_arg(cx, args)?;
    let key = cx.intern("__annotations__");
    if let Some(found) = class.namespace(cx).get(cx, key)?
        && found.get::<Dict>().is_some()
    {
        return Ok(found);
    }
    if class.has(class_flag::BUILTIN) {
        return Err(attr::missing(cx, args.at(0), key));
    }
    let fresh = Value::object(Dict::new(cx));
    class.set_own(cx, key, Some(fresh))?;
    Ok(fresh)
}

fn set_annotations<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    changeable(cx, args, "__annotations__")?.set_own(cx, cx.intern("__annotations__"), args.get(1))?;
    Ok(Value::NONE)
}

fn type_params<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = class_arg(cx, args)?;
    let own = class.namespace(cx).get_name(cx, "__type_params__");
    own.filter(|_| !class.has(class_flag::BUILTIN)).map_or_else(|| cx.tuple(&[]), Ok)
}

fn set_type_params<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = changeable(cx, args, "__type_params__")?;
    class.set_own(cx, cx.intern("__type_params__"), args.get(1))?;
    Ok(Value::NONE)
}

/// `int | str`
fn union<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.needs_code())
}

/// `list[int]`
fn subscripted<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Err(cx.needs_code())
}

fn subclasses<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let classes: Vec<_> = class_arg(cx, args)?.subclasses().map(Value::object).collect();
    cx.list(&classes)
}

fn class_repr<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::class_repr(cx, Value::object(class_arg(cx, args)?))
}

fn instance_check<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    has_class(cx, args.at(1), class_arg(cx, args)?).map(Value::bool)
}

fn subclass_check<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match args.at(1).get::<Type>() {
        Some(subclass) => Ok(Value::bool(subclass.is_subclass(class_arg(cx, args)?))),
        None => Err(cx.type_error("issubclass() arg 1 must be a class")),
    }
}

/// The most derived of the metaclasses of the bases and the one asked for.
fn most_derived<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut winner = class_arg(cx, args)?;
    for base in args.at(1).get::<Tuple>().map_or(&[][..], Tuple::items) {
        let candidate = cx.class_of(*base);
        if winner.is_subclass(candidate) {
            continue;
        }
        if candidate.is_subclass(winner) {
            winner = candidate;
            continue;
        }
        return Err(cx.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(Value::object(winner))
}

fn set_cell<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if let Some(cell) = args.at(0).get::<Cell>() {
        cell.set(cx, args.get(1));
    }
    Ok(Value::NONE)
}

/// How many attributes the methods of a class body assign.
fn class_hint<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let body = args.at(0).get::<crate::value::function::Function>();
    let hint = body.map(|body| body.unit(cx)).transpose()?;
    Ok(cx.int(hint.map_or(0, |unit| unit.code.attribute_hint.into())))
}

/// Makes a class: name, bases (a tuple), namespace (a dict), the names of `__slots__` (a tuple) or None, slots hint.
fn make_type<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let metaclass = class_arg(cx, args)?;
    let (name, bases, slots) = (args.at(1), args.at(2), args.at(4));
    if name.get::<Str>().is_none() {
        return Err(
            cx.type_error(format_args!("type.__new__() argument 1 must be str, not {}", cx.type_name(name)))
        );
    }
    let Some(given) = args.at(3).get::<Dict>() else {
        return Err(cx.type_error(format_args!(
            "type.__new__() argument 3 must be dict, not {}",
            cx.type_name(args.at(3))
        )));
    };
    let class = new_class(
        cx,
        &ClassParts {
            metaclass,
            name,
            bases: bases.get::<Tuple>().map_or(&[][..], Tuple::items),
            namespace: given.copy(cx)?,
            slots: slots.get::<Tuple>().map(Tuple::items),
            attribute_hint: crate::value::int::i64_of(args.at(5)).unwrap_or(0).clamp(0, MAX_SLOTS.into())
                as u16,
        },
    )?;
    announce(cx, class)?;
    Ok(Value::object(class))
}

/// A class that its bases do not know yet.
///
/// # Errors
/// `TypeError` or `ValueError` where the parts do not fit one another; `MemoryError`.
pub(crate) fn new_class<'t>(cx: &'t Context, parts: &ClassParts<'_, 't>) -> Result<&'t Type, Raised> {
    let ClassParts { metaclass, name, bases, namespace, slots, attribute_hint } = *parts;
    let object = [Value::object(cx.class(Builtin::Object))];
    let bases = if bases.is_empty() { &object[..] } else { bases };
    let layout = layout_of_bases(cx, bases)?;
    let mro_tail = linearise(cx, bases)?;
    let qualname = match namespace.remove(cx, cx.intern("__qualname__"))? {
        Some(qualname) if qualname.get::<Str>().is_some() => qualname,
        Some(other) => {
            return Err(
                cx.type_error(format_args!("type __qualname__ must be a str, not {}", cx.type_name(other)))
            );
        }
        None => name,
    };
    fill_namespace(cx, namespace)?;
    let inherited = bases.iter().filter_map(|base| base.get::<Type>()).map(|base| {
        if base.has(class_flag::BUILTIN) { 0 } else { cx.world().shapes.get(base.root_shape()).capacity() }
    });
    let count =
        inherited.max().unwrap_or(0).saturating_add(slots.map_or(attribute_hint, |names| names.len() as u16));
    let class = Type::new(
        cx,
        &NewClass {
            name,
            qualname,
            bases: cx.tuple(bases)?,
            mro_tail: &mro_tail,
            namespace,
            layout,
            metaclass_shape: metaclass.root_shape(),
            slots: count,
        },
    )?;
    let mut declared: Vec<Value<'t>> = Vec::new();
    for name in bases.iter().filter_map(|base| base.get::<Type>()).flat_map(|base| base.slot_names(cx)) {
        if !declared.iter().any(|other| other.is(name)) {
            declared.push(name);
        }
    }
    add_slots(cx, class, namespace, slots, bases, &mut declared)?;
    class.assign_shapes(cx, count.max(if slots.is_some() { 0 } else { 2 }), &declared)?;
    if layout.is_exception() {
        class.set_flags(class_flag::EXCEPTION);
    }
    class.update_flags(cx);
    Ok(class)
}

/// Tells the bases of a new class of it.
///
/// # Errors
/// `MemoryError`.
pub(crate) fn announce(cx: &Context, class: &Type) -> Result<(), Raised> {
    class
        .bases()
        .iter()
        .filter_map(|base| base.get::<Type>())
        .try_for_each(|base| base.add_subclass(cx, class))
}

/// Adds to the namespace of a new class what follows from the rest of it.
fn fill_namespace(cx: &Context, namespace: &Dict) -> Result<(), Raised> {
    let hash_missing = namespace.get_name(cx, "__hash__").is_none();
    if hash_missing && namespace.get_name(cx, "__eq__").is_some() {
        namespace.set(cx, cx.intern("__hash__"), Value::NONE)?;
    }
    if namespace.get_name(cx, "__doc__").is_none() {
        namespace.set(cx, cx.intern("__doc__"), Value::NONE)?;
    }
    for (special, class) in [
        ("__init_subclass__", Builtin::ClassMethod),
        ("__class_getitem__", Builtin::ClassMethod),
        ("__new__", Builtin::StaticMethod),
    ] {
        let key = cx.intern(special);
        if let Some(function) = namespace.get(cx, key)?.filter(|value| value.kind() == Some(Kind::Function)) {
            let function = Some(function);
            let wrapped = match class {
                Builtin::StaticMethod => Value::object(StaticMethod::new(cx, class, function)),
                _ => Value::object(ClassMethod::new(cx, class, function)),
            };
            namespace.set(cx, key, wrapped)?;
        }
    }
    Ok(())
}

/// Makes the descriptors of `__slots__`, and adds the names to those that instances have a slot for.
fn add_slots<'t>(
    cx: &'t Context,
    class: &'t Type,
    namespace: &Dict,
    names: Option<&[Value<'t>]>,
    bases: &[Value<'t>],
    declared: &mut Vec<Value<'t>>,
) -> Result<(), Raised> {
    let Some(names) = names else { return Ok(()) };
    let mut has_dict = false;
    for name in names {
        let Some(text) = name.get::<Str>() else {
            return Err(
                cx.type_error(format_args!("__slots__ items must be strings, not '{}'", cx.type_name(*name)))
            );
        };
        if text.as_bytes() == b"__dict__" {
            has_dict = true;
            continue;
        }
        if !crate::value::text::class::is_identifier(text.as_bytes()) {
            return Err(cx.type_error("__slots__ must be identifiers"));
        }
        let name = cx.intern_str(text);
        if namespace.get(cx, name)?.is_some() {
            return Err(
                cx.value_error(format_args!("'{}' in __slots__ conflicts with class variable", text.lossy()))
            );
        }
        let member = Member::new(cx, Builtin::Member, Some(name), Some(Value::object(class)), None, None);
        namespace.set(cx, name, Value::object(member))?;
        if !declared.iter().any(|other| other.is(name)) {
            declared.push(name);
        }
    }
    let open_base = bases.iter().filter_map(|base| base.get::<Type>()).any(|base| {
        !base.has(class_flag::CLOSED) && !base.is(Builtin::Object) && !base.has(class_flag::BUILTIN)
    });
    if !has_dict && !open_base {
        class.set_flags(class_flag::CLOSED);
    }
    Ok(())
}

/// Whether a value is an instance of the class, or of one in a (nested) tuple of classes; `None` where a metaclass has a say.
///
/// # Errors
/// `TypeError` where the second argument is no class; `needs_code`.
pub(crate) fn is_instance<'t>(cx: &'t Context, value: Value<'t>, class: Value<'t>) -> Result<bool, Raised> {
    let message = "isinstance() arg 2 must be a type, a tuple of types, or a union";
    check(cx, class, &INSTANCE_CHECK, message, &mut |class| has_class(cx, value, class))
}

/// Whether a value is an instance of the class, or says so with a `__class__` of its own.
///
/// # Errors
/// `needs_code`
fn has_class(cx: &Context, value: Value<'_>, class: &Type) -> Result<bool, Raised> {
    let own = cx.class_of(value);
    if own.is_subclass(class) || own.has(class_flag::BUILTIN) {
        return Ok(own.is_subclass(class));
    }
    let said = own.lookup_str(cx, "__class__");
    match said.and_then(|said| said.get::<Type>()) {
        Some(said) => Ok(said.is_subclass(class)),
        None if said.is_none_or(|said| said.kind() == Some(Kind::Member)) => Ok(false),
        None => Err(cx.needs_code()),
    }
}

/// Whether a class is a subclass of another, or of one in a (nested) tuple.
///
/// # Errors
/// As [`is_instance`].
pub(crate) fn is_subclass<'t>(cx: &'t Context, value: Value<'t>, class: Value<'t>) -> Result<bool, Raised> {
    let Some(subclass) = value.get::<Type>() else {
        return Err(cx.type_error("issubclass() arg 1 must be a class"));
    };
    let message = "issubclass() arg 2 must be a class, a tuple of classes, or a union";
    check(cx, class, &SUBCLASS_CHECK, message, &mut |class| Ok(subclass.is_subclass(class)))
}

fn check<'t>(
    cx: &'t Context,
    class: Value<'t>,
    recursion: &Recursion,
    message: &str,
    test: &mut dyn FnMut(&Type) -> Result<bool, Raised>,
) -> Result<bool, Raised> {
    if let Some(class_object) = class.get::<Type>().filter(|_| class.kind() == Some(Kind::Type)) {
        let metaclass = cx.class_of(class);
        if !metaclass.has(class_flag::BUILTIN) {
            let hook = ["__instancecheck__", "__subclasscheck__"].iter().any(|hook| {
                metaclass
                    .defining(cx, cx.intern(hook))
                    .is_some_and(|(definer, _)| !definer.has(class_flag::BUILTIN))
            });
            if hook {
                return Err(cx.needs_code());
            }
        }
        return test(class_object);
    }
    if let Some(classes) = class.get::<Tuple>() {
        return cx.nested(recursion, || {
            for class in classes.items() {
                if check(cx, *class, recursion, message, test)? {
                    return Ok(true);
                }
            }
            Ok(false)
        });
    }
    if class.header().is_some_and(|_| cx.class_of(class).lookup_str(cx, "__instancecheck__").is_some()) {
        return Err(cx.needs_code());
    }
    Err(cx.type_error(message))
}
