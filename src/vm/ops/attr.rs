//! Attributes: where a name is found on an object, and what is to be done with what is found.

use crate::heap::{Kind, Object, Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::dict::Dict;
use crate::value::exception::Exception;
use crate::value::function::{BoundMethod, Function, Native};
use crate::value::instance::Instance;
use crate::value::record::{ClassMethod, Member, Module, Property, StaticMethod, Super};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised};
use minipy_compiler::op::Op;

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

/// What a lookup has found.
#[derive(Clone, Copy)]
pub(crate) enum Found<'t> {
    /// The value itself.
    Value(Value<'t>),
    /// A function that becomes a method of the receiver.
    Method(Value<'t>, Value<'t>),
    /// A function to call with the receiver: the attribute is its result.
    Getter(Value<'t>, Value<'t>),
    /// A `__get__` to call with descriptor, object (or None) and class.
    Descriptor(Value<'t>, [Value<'t>; 3]),
    /// Nothing.
    Missing,
}

/// Looks an attribute up, without `__getattribute__` and `__getattr__` of the language. `name` is interned.
pub(crate) fn find<'t>(cx: &'t Context, object: Value<'t>, name: Value<'t>) -> Result<Found<'t>, Raised> {
    match object.kind() {
        Some(Kind::Type) => find_in_class(cx, object, name),
        Some(Kind::Super) => find_super(cx, object, name),
        _ => {
            let class = cx.class_of(object);
            let meta = class.lookup(cx, name);
            if let Some(meta) = meta
                && is_data_descriptor(cx, meta)
                && !is_set_only(cx, meta)
            {
                return bind(cx, meta, object, class);
            }
            if let Some(own) = own_attribute(cx, object, name)? {
                return Ok(Found::Value(own));
            }
            match (meta, object.get::<BoundMethod>()) {
                (Some(meta), _) => bind(cx, meta, object, class),
                // What a method has not itself is looked up on its function.
                (None, Some(method)) => find(cx, method.innermost(), name),
                (None, None) => Ok(Found::Missing),
            }
        }
    }
}

fn find_in_class<'t>(cx: &'t Context, object: Value<'t>, name: Value<'t>) -> Result<Found<'t>, Raised> {
    let metaclass = cx.class_of(object);
    let meta = metaclass.lookup(cx, name);
    if let Some(meta) = meta
        && is_data_descriptor(cx, meta)
    {
        return bind(cx, meta, object, metaclass);
    }
    let class = object.get::<Type>();
    if let Some(found) = class.and_then(|class| class.lookup(cx, name)) {
        return bind_in_class(cx, found, object);
    }
    meta.map_or(Ok(Found::Missing), |meta| bind(cx, meta, object, metaclass))
}

/// What a class gives for an attribute found in its own order.
fn bind_in_class<'t>(cx: &'t Context, found: Value<'t>, class: Value<'t>) -> Result<Found<'t>, Raised> {
    Ok(match found.kind() {
        Some(Kind::StaticMethod) => match found.get::<StaticMethod>().and_then(StaticMethod::function) {
            Some(function) => Found::Value(function),
            None => Found::Missing,
        },
        Some(Kind::ClassMethod) => match found.get::<ClassMethod>().and_then(ClassMethod::function) {
            Some(function) => Found::Method(function, class),
            None => Found::Missing,
        },
        Some(Kind::Instance) => match user_get(cx, found) {
            Some(get) => Found::Descriptor(get, [found, Value::NONE, class]),
            None => Found::Value(found),
        },
        _ => Found::Value(found),
    })
}

fn find_super<'t>(cx: &'t Context, object: Value<'t>, name: Value<'t>) -> Result<Found<'t>, Raised> {
    let Some(record) = object.get::<Super>() else { return Ok(Found::Missing) };
    let (Some(start), Some(target)) =
        (record.class(), record.object_class().and_then(|class| class.get::<Type>()))
    else {
        return Ok(Found::Missing);
    };
    let is_class_name = name.get::<Str>().is_some_and(|name| name.as_bytes() == b"__class__");
    let order = target.mro();
    let place = order.iter().position(|class| class.is(start)).filter(|_| !is_class_name);
    let behind = place.map_or(&[][..], |place| &order[place + 1..]);
    if let Some(found) = find_in_order(cx, behind, name)? {
        let Some(receiver) = record.object() else { return Ok(Found::Value(found)) };
        // `super(C, cls)` in a class method: the object is the class itself.
        if receiver.is(Value::object(target)) {
            return bind_in_class(cx, found, receiver);
        }
        return bind(cx, found, receiver, target);
    }
    let class = cx.class_of(object);
    class.lookup(cx, name).map_or(Ok(Found::Missing), |meta| bind(cx, meta, object, class))
}

/// What the first of these classes that has the name has under it: the rest of an order, which most often is the order of the
/// first.
fn find_in_order<'t>(
    cx: &'t Context,
    classes: &'t [Value<'t>],
    name: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    if let Some(first) = classes.first().and_then(|class| class.get::<Type>())
        && first.mro().len() == classes.len()
        && first.mro().iter().zip(classes).all(|(one, other)| one.is(*other))
    {
        return Ok(first.lookup(cx, name));
    }
    for class in classes.iter().filter_map(|class| class.get::<Type>()) {
        if let Some(found) = class.namespace(cx).get(cx, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What an attribute of the class gives for an instance.
pub(crate) fn bind<'t>(
    cx: &'t Context,
    meta: Value<'t>,
    object: Value<'t>,
    class: &'t Type,
) -> Result<Found<'t>, Raised> {
    let Some(kind) = meta.kind() else { return Ok(Found::Value(meta)) };
    Ok(match kind {
        Kind::Function => Found::Method(meta, object),
        Kind::Native => match meta.get::<Native>() {
            Some(native) if is_unbound_method(native) => Found::Method(meta, object),
            _ => Found::Value(meta),
        },
        Kind::Property => match meta.get::<Property>().and_then(Property::getter) {
            Some(getter) if !getter.is_none() => Found::Getter(getter, object),
            _ => return Err(no_getter(cx, meta, object)),
        },
        Kind::StaticMethod => match meta.get::<StaticMethod>().and_then(StaticMethod::function) {
            Some(function) => Found::Value(function),
            None => Found::Missing,
        },
        Kind::ClassMethod => match meta.get::<ClassMethod>().and_then(ClassMethod::function) {
            Some(function) => Found::Method(function, Value::object(class)),
            None => Found::Missing,
        },
        Kind::Member => match meta.get::<Member>() {
            Some(member) => match member.getter() {
                Some(getter) => Found::Getter(getter, object),
                None => slot_of_member(cx, member, object)?,
            },
            None => Found::Missing,
        },
        Kind::Instance if binds_as_function(meta) => Found::Method(meta, object),
        Kind::Instance => match user_get(cx, meta) {
            Some(get) => Found::Descriptor(get, [meta, object, Value::object(class)]),
            None => Found::Value(meta),
        },
        _ => Found::Value(meta),
    })
}

fn slot_of_member<'t>(cx: &'t Context, member: &'t Member, object: Value<'t>) -> Result<Found<'t>, Raised> {
    let name = member.name().unwrap_or(Value::NONE);
    match own_attribute(cx, object, name)? {
        Some(value) => Ok(Found::Value(value)),
        None => Ok(Found::Missing),
    }
}

/// Whether a native function of a class waits for its receiver.
pub(super) fn is_unbound_method(native: &Native) -> bool {
    native.receiver().is_none()
        && (native.header().shape() == Builtin::MethodDescriptor.shape()
            || native.header().shape() == Builtin::WrapperDescriptor.shape())
}

/// Whether an instance becomes a method as a function does.
pub(crate) fn binds_as_function(value: Value<'_>) -> bool {
    value.get::<Instance>().is_some_and(Instance::binds_as_function)
}

/// The `__get__` of a descriptor that is written in the language.
fn user_get<'t>(cx: &'t Context, descriptor: Value<'t>) -> Option<Value<'t>> {
    cx.class_of(descriptor).lookup_str(cx, "__get__")
}

/// Whether an attribute of the class comes before the instance's own.
pub(crate) fn is_data_descriptor(cx: &Context, meta: Value<'_>) -> bool {
    match meta.kind() {
        Some(Kind::Property | Kind::Member) => true,
        Some(Kind::Instance) => {
            let class = cx.class_of(meta);
            class.lookup_str(cx, "__set__").is_some() || class.lookup_str(cx, "__delete__").is_some()
        }
        _ => false,
    }
}

/// Whether a data descriptor written in the language says nothing of reading: what the object has itself comes first.
fn is_set_only(cx: &Context, meta: Value<'_>) -> bool {
    meta.kind() == Some(Kind::Instance) && user_get(cx, meta).is_none()
}

/// The object's own attribute.
pub(crate) fn own_attribute<'t>(
    cx: &'t Context,
    object: Value<'t>,
    name: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    match object.kind() {
        Some(Kind::Instance) => match instance_of(object) {
            Some(instance) => instance.attribute(cx, name),
            None => Ok(None),
        },
        Some(Kind::Exception) => match object.get::<Exception>() {
            Some(exception) => exception.named(cx, name),
            None => Ok(None),
        },
        Some(Kind::Module) => match module_dict(object) {
            Some(dict) => dict.get(cx, name),
            None => Ok(None),
        },
        Some(Kind::Function) => match object.get::<Function>() {
            Some(function) => match function.part(crate::value::function::FunctionPart::Attributes) {
                Some(attributes) => match attributes.get::<Dict>() {
                    Some(attributes) => attributes.get(cx, name),
                    None => Ok(None),
                },
                None => Ok(None),
            },
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The instance itself, not what it carries.
pub(crate) fn instance_of<'t>(object: Value<'t>) -> Option<&'t Instance> {
    object.get::<Instance>()
}

/// The instance itself, or the exception as one: what has its attributes in slots.
pub(super) fn slotted<'t>(cx: &'t Context, object: Value<'t>) -> Option<&'t Instance> {
    match object.kind() {
        Some(Kind::Instance) => instance_of(object),
        Some(Kind::Exception) => object.get::<Exception>()?.as_instance(cx),
        _ => None,
    }
}

/// The dict of a module.
pub(crate) fn module_dict<'t>(module: Value<'t>) -> Option<&'t Dict> {
    module.get::<Module>()?.dict()?.get()
}

/// Looks a special method up on the class of an object, bound to it; `None` if there is none.
///
/// # Errors
/// `needs_code` where the binding runs code of the language.
pub(crate) fn lookup_special<'t>(
    cx: &'t Context,
    object: Value<'t>,
    name: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    let class = cx.class_of(object);
    let Some(meta) = class.lookup(cx, name) else { return Ok(None) };
    match bind(cx, meta, object, class)? {
        Found::Value(value) => Ok(Some(value)),
        Found::Method(function, receiver) => Ok(Some(bound(cx, function, receiver))),
        Found::Getter(..) | Found::Descriptor(..) => Err(cx.needs_code()),
        Found::Missing => Ok(None),
    }
}

/// A method object.
pub(crate) fn bound<'t>(cx: &'t Context, function: Value<'t>, receiver: Value<'t>) -> Value<'t> {
    match function.get::<Native>() {
        Some(native) => {
            Value::object(Native::new(cx, Builtin::Native, native.number(), Some(receiver), native.owner()))
        }
        None => Value::object(BoundMethod::new(cx, function, receiver)),
    }
}

#[cold]
fn no_getter(cx: &Context, property: Value<'_>, object: Value<'_>) -> Raised {
    property_error(cx, property, object, "getter")
}

/// `AttributeError` of a property that lacks a function.
#[cold]
pub(crate) fn property_error(cx: &Context, property: Value<'_>, object: Value<'_>, what: &str) -> Raised {
    let class = cx.class_of(object);
    let qualname = class.qualname().get::<Str>().map(|s| s.lossy().into_owned()).unwrap_or_default();
    let name = property.get::<Property>().and_then(Property::name).and_then(|name| name.get::<Str>());
    match name {
        Some(name) => cx.raise(
            Builtin::AttributeError,
            format_args!("property '{}' of '{qualname}' object has no {what}", name.lossy()),
        ),
        None => {
            cx.raise(Builtin::AttributeError, format_args!("property of '{qualname}' object has no {what}"))
        }
    }
}

/// The `AttributeError` of a missing attribute, with `name` and `obj` set.
#[cold]
pub(crate) fn missing(cx: &Context, object: Value<'_>, name: Value<'_>) -> Raised {
    if let Some(method) = object.get::<BoundMethod>() {
        return missing(cx, method.innermost(), name);
    }
    let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
    let message = match object.kind() {
        Some(Kind::Type) => {
            let class = object.get::<Type>().map_or("?", Type::name_str);
            format!("type object '{class}' has no attribute '{text}'")
        }
        Some(Kind::Module) => {
            let module = module_dict(object).and_then(|dict| dict.get_name(cx, "__name__"));
            let module = module.and_then(|name| name.get::<Str>()).map(Str::lossy).unwrap_or_default();
            format!("module '{module}' has no attribute '{text}'")
        }
        _ => format!("'{}' object has no attribute '{text}'", cx.type_name(object)),
    };
    attribute_error(cx, &message, object, name)
}

/// An `AttributeError` with `name` and `obj` set.
#[cold]
pub(crate) fn attribute_error(cx: &Context, message: &str, object: Value<'_>, name: Value<'_>) -> Raised {
    let raised = cx.raise(Builtin::AttributeError, message);
    if let Some(pending) = cx.take_pending() {
        if let Some(exception) = pending.get::<Exception>() {
            let _ = exception.set_attribute(cx, "name", name);
            let _ = exception.set_attribute(cx, "obj", object);
        }
        cx.raise_value(pending);
    }
    raised
}

impl Thread {
    /// Gets an attribute; the result goes where `cont` says. With `fallback`, a missing attribute asks `__getattr__`.
    pub(crate) fn get_attribute(&mut self, object: Word, name: Word, cont: Cont) -> Flow {
        let class = self.cx().class_of(self.live(object));
        if class.has(class_flag::CUSTOM_GETATTRIBUTE) {
            let method = class.lookup_str(self.cx(), "__getattribute__").map(Value::word);
            if let Some(method) = method {
                return self.call_with(method, &[object, name], cont);
            }
        }
        self.get_plain_attribute(object, name, cont, true)
    }

    /// [`get_attribute`](Self::get_attribute) as `object.__getattribute__` does it; with `fallback`, `__getattr__` is asked.
    pub(crate) fn get_plain_attribute(
        &mut self,
        object: Word,
        name: Word,
        cont: Cont,
        fallback: bool,
    ) -> Flow {
        let cx = self.cx();
        match find(cx, self.live(object), self.live(name)) {
            Ok(Found::Value(value)) => Flow::Done(value.word()),
            Ok(Found::Method(function, receiver)) => Flow::Done(bound(cx, function, receiver).word()),
            Ok(Found::Getter(function, receiver)) => {
                let (function, receiver) = (function.word(), receiver.word());
                match self.call_with(function, &[receiver], cont) {
                    Flow::Raised => self.getattr_if(fallback, object, name, cont),
                    flow => flow,
                }
            }
            Ok(Found::Descriptor(get, args)) => {
                let (get, args) = (get.word(), args.map(Value::word));
                self.call_with(get, &args, cont)
            }
            Ok(Found::Missing) => {
                missing(cx, self.live(object), self.live(name));
                self.getattr_if(fallback, object, name, cont)
            }
            Err(Raised) => self.getattr_if(fallback, object, name, cont),
        }
    }

    fn getattr_if(&mut self, fallback: bool, object: Word, name: Word, cont: Cont) -> Flow {
        if fallback { self.getattr_fallback(object, name, cont) } else { Flow::Raised }
    }

    /// An exception is pending: if it is an `AttributeError` and the class has a `__getattr__`, asks that.
    pub(crate) fn getattr_fallback(&mut self, object: Word, name: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let class = cx.class_of(self.live(object));
        if !class.has(class_flag::GETATTR) {
            return Flow::Raised;
        }
        let Some(method) = class.lookup_str(cx, "__getattr__").map(Value::word) else { return Flow::Raised };
        let Some(pending) = cx.take_pending() else { return Flow::Raised };
        if !cx.class_of(pending).is_a(cx, Builtin::AttributeError) {
            cx.raise_value(pending);
            return Flow::Raised;
        }
        // An exception of `__getattr__` itself is final.
        let cont = if cont == Cont::Op(Stage::Fallback) { Cont::Op(Stage::Twin) } else { cont };
        self.call_with(method, &[object, name], cont)
    }

    /// `PrepareWith` at the program counter.
    pub(crate) fn prepare_with_op(&mut self) -> Flow {
        let Op::PrepareWith { ctx, base } = self.frame().op() else { return Flow::Raised };
        let place = self.frame().base as usize + base.0 as usize;
        let manager = self.reg(ctx);
        for (offset, special) in [(2, "__enter__"), (0, "__exit__")] {
            let cx = self.cx();
            let value = self.live(manager);
            let class = cx.class_of(value);
            let Some(meta) = class.lookup_str(cx, special) else {
                let hint = if special == "__exit__" { " (missed __exit__ method)" } else { "" };
                cx.type_error(format_args!(
                    "'{}' object does not support the context manager protocol{hint}",
                    class.name_str()
                ));
                return Flow::Raised;
            };
            let (function, receiver) = match bind(cx, meta, value, class) {
                Ok(Found::Method(function, receiver)) => (function.word(), receiver.word()),
                Ok(Found::Value(value)) => (Word::NONE_AT_ALL, value.word()),
                Ok(Found::Getter(function, receiver)) => {
                    let (function, receiver) = (function.word(), receiver.word());
                    match self.call_sync(function, &[receiver]) {
                        Ok(word) => (Word::NONE_AT_ALL, word),
                        Err(Raised) => return Flow::Raised,
                    }
                }
                Ok(Found::Descriptor(get, args)) => {
                    let (get, args) = (get.word(), args.map(Value::word));
                    match self.call_sync(get, &args) {
                        Ok(word) => (Word::NONE_AT_ALL, word),
                        Err(Raised) => return Flow::Raised,
                    }
                }
                Ok(Found::Missing) | Err(Raised) => return Flow::Raised,
            };
            self.set(place + offset, function);
            self.set(place + offset + 1, receiver);
        }
        Flow::Done(Word::NONE)
    }

    /// Sets (or with nothing deletes) an attribute. The result of a frame goes where `cont` says, which ignores it.
    pub(crate) fn set_attribute(&mut self, object: Word, name: Word, value: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let target = self.live(object);
        let class = cx.class_of(target);
        let (special, custom) = if value.is_nothing() {
            ("__delattr__", class_flag::CUSTOM_DELATTR)
        } else {
            ("__setattr__", class_flag::CUSTOM_SETATTR)
        };
        if class.has(custom)
            && let Some(method) = class.lookup_str(cx, special).map(Value::word)
        {
            return if value.is_nothing() {
                self.call_with(method, &[object, name], cont)
            } else {
                self.call_with(method, &[object, name, value], cont)
            };
        }
        self.set_plain_attribute(object, name, value, cont)
    }

    /// [`set_attribute`](Self::set_attribute) as `object.__setattr__` does it.
    pub(crate) fn set_plain_attribute(&mut self, object: Word, name: Word, value: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let (target, key) = (self.live(object), self.live(name));
        let class = cx.class_of(target);
        if let Some(meta) = class.lookup(cx, key)
            && is_data_descriptor(cx, meta)
        {
            let meta = meta.word();
            return self.set_through(meta, object, name, value, cont);
        }
        // SAFETY: the caller has the value from a root.
        let new = unsafe { value.value() };
        match set_own(cx, target, key, new) {
            Ok(()) => Flow::Done(Word::NONE),
            Err(Raised) => Flow::Raised,
        }
    }

    /// Sets through a data descriptor of the class.
    fn set_through(&mut self, meta: Word, object: Word, name: Word, value: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let (descriptor, target) = (self.live(meta), self.live(object));
        if let Some(property) = descriptor.get::<Property>() {
            let deleting = value.is_nothing();
            let function = if deleting { property.deleter() } else { property.setter() };
            return match function.filter(|function| !function.is_none()).map(Value::word) {
                Some(function) if deleting => self.call_with(function, &[object], cont),
                Some(function) => self.call_with(function, &[object, value], cont),
                None => {
                    property_error(cx, descriptor, target, if deleting { "deleter" } else { "setter" });
                    Flow::Raised
                }
            };
        }
        if let Some(member) = descriptor.get::<Member>() {
            return match member.setter().map(Value::word) {
                Some(setter) if value.is_nothing() => self.call_with(setter, &[object], cont),
                Some(setter) => self.call_with(setter, &[object, value], cont),
                None if member.getter().is_some() => {
                    let text =
                        self.live(name).get::<Str>().map(|s| s.lossy().into_owned()).unwrap_or_default();
                    cx.raise(
                        Builtin::AttributeError,
                        format_args!(
                            "attribute '{text}' of '{}' objects is not writable",
                            cx.type_name(target)
                        ),
                    );
                    Flow::Raised
                }
                None => {
                    // SAFETY: the caller has the value from a root.
                    let new = unsafe { value.value() };
                    let key = self.live(name);
                    // The error of an empty slot is only its name.
                    if new.is_none() && matches!(own_attribute(cx, target, key), Ok(None)) {
                        let text = key.get::<Str>().map(Str::lossy).unwrap_or_default();
                        cx.raise(Builtin::AttributeError, text.as_ref());
                        return Flow::Raised;
                    }
                    match set_own(cx, target, key, new) {
                        Ok(()) => Flow::Done(Word::NONE),
                        Err(Raised) => Flow::Raised,
                    }
                }
            };
        }
        let special = if value.is_nothing() { "__delete__" } else { "__set__" };
        match cx.class_of(descriptor).lookup_str(cx, special).map(Value::word) {
            Some(method) if value.is_nothing() => self.call_with(method, &[meta, object], cont),
            Some(method) => self.call_with(method, &[meta, object, value], cont),
            None => {
                cx.raise(Builtin::AttributeError, special);
                Flow::Raised
            }
        }
    }
}

/// Sets or removes the object's own attribute.
fn set_own(cx: &Context, object: Value<'_>, name: Value<'_>, value: Option<Value<'_>>) -> Result<(), Raised> {
    let dict = match object.kind() {
        Some(Kind::Instance) => return set_on_instance(cx, object, name, value),
        Some(Kind::Type) => return set_on_class(cx, object, name, value),
        Some(Kind::Exception) => return set_on_exception(cx, object, name, value),
        Some(Kind::Function) => object.get::<Function>().map(|function| function.attributes(cx)),
        Some(Kind::Module) => module_dict(object),
        _ => None,
    };
    let Some(dict) = dict else { return Err(cannot_set(cx, object, name, value)) };
    match value {
        Some(value) => dict.set(cx, name, value),
        None => match dict.remove(cx, name)? {
            Some(_) => Ok(()),
            None => Err(missing(cx, object, name)),
        },
    }
}

fn set_on_exception(
    cx: &Context,
    object: Value<'_>,
    name: Value<'_>,
    value: Option<Value<'_>>,
) -> Result<(), Raised> {
    let Some(exception) = object.get::<Exception>() else { return Err(cannot_set(cx, object, name, value)) };
    match value {
        Some(value) => exception.set_named(cx, name, value),
        None if exception.remove_named(cx, name)? => Ok(()),
        None => Err(missing(cx, object, name)),
    }
}

fn set_on_instance(
    cx: &Context,
    object: Value<'_>,
    name: Value<'_>,
    value: Option<Value<'_>>,
) -> Result<(), Raised> {
    let class = cx.class_of(object);
    let Some(instance) = instance_of(object) else { return Err(cannot_set(cx, object, name, value)) };
    if class.has(class_flag::CLOSED | class_flag::BUILTIN)
        && !class.lookup(cx, name).is_some_and(|meta| meta.kind() == Some(Kind::Member))
    {
        return Err(cannot_set(cx, object, name, value));
    }
    match value {
        Some(value) => instance.set_attribute(cx, name, value),
        None if instance.remove_attribute(cx, name)? => Ok(()),
        None => Err(missing(cx, object, name)),
    }
}

fn set_on_class(
    cx: &Context,
    object: Value<'_>,
    name: Value<'_>,
    value: Option<Value<'_>>,
) -> Result<(), Raised> {
    let Some(class) = object.get::<Type>() else { return Ok(()) };
    let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
    if class.has(class_flag::BUILTIN) {
        return Err(cx.type_error(format_args!(
            "cannot set '{text}' attribute of immutable type '{}'",
            class.name_str()
        )));
    }
    let decides_more = value.is_some_and(|value| is_data_descriptor(cx, value)) || text.starts_with("__");
    if !class.set_own(cx, name, value)? {
        return Err(missing(cx, object, name));
    }
    if decides_more {
        cx.world().clear_caches();
    }
    Ok(())
}

#[cold]
fn cannot_set(cx: &Context, object: Value<'_>, name: Value<'_>, value: Option<Value<'_>>) -> Raised {
    let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
    let class = cx.class_of(object);
    let message = if class.lookup(cx, name).is_some() {
        format!("'{}' object attribute '{text}' is read-only", class.full_name())
    } else if value.is_some() {
        format!(
            "'{}' object has no attribute '{text}' and no __dict__ for setting new attributes",
            class.full_name()
        )
    } else {
        format!("'{}' object has no attribute '{text}'", class.full_name())
    };
    attribute_error(cx, &message, object, name)
}
