//! Functions of the language, native functions, bound methods and cells.

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::class::Type;
use super::context::{Context, Raised, Res};
use super::dict::Dict;
use super::hash::{identity_hash, str_hash};
use super::lazy_unit::LazyUnit;
use super::record::Code;
use super::str::Str;
use super::tuple::Tuple;
use super::unit::Unit;

/// A function of the language.
#[repr(C)]
pub struct Function {
    header: Header,
    unit: *const LazyUnit,
    globals: Slot,
    closure: Slot,
    defaults: Slot,
    kw_defaults: Slot,
    /// Nothing until it is set: then the name of the code counts.
    name: Slot,
    /// Likewise.
    qualname: Slot,
    annotations: Slot,
    attributes: Slot,
    /// Nothing until it is set: then the docstring of the code counts.
    doc: Slot,
    /// Nothing until it is set: then the name of the globals' module counts.
    module: Slot,
    /// Nothing where there are no type parameters.
    type_params: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue; fields are atomic but the unit, which is immutable and lives as
// long as the machine.
unsafe impl Object for Function {
    const KIND: Kind = Kind::Function;
}
// SAFETY: as above.
unsafe impl Sync for Function {}

/// The parts of a [`Function`] that can be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the attributes")]
pub enum FunctionPart {
    Closure,
    Defaults,
    KwDefaults,
    Name,
    Qualname,
    Annotations,
    Attributes,
    Doc,
    Module,
    TypeParams,
}

impl Function {
    /// A function with its names from its code and nothing else.
    pub fn new<'t>(cx: &'t Context, unit: &LazyUnit, globals: &Dict) -> &'t Function {
        cx.local().make(Builtin::Function.shape(), 0, |header| Function {
            header,
            unit,
            globals: Slot::of(Value::object(globals)),
            closure: Slot::new(None),
            defaults: Slot::new(None),
            kw_defaults: Slot::new(None),
            name: Slot::new(None),
            qualname: Slot::new(None),
            annotations: Slot::new(None),
            attributes: Slot::new(None),
            doc: Slot::new(None),
            module: Slot::new(None),
            type_params: Slot::new(None),
        })
    }

    /// Its unit, which may not have been loaded yet.
    #[inline(always)]
    pub fn lazy_unit(&self) -> &LazyUnit {
        // SAFETY: units live as long as the machine.
        unsafe { &*self.unit }
    }

    /// Its code with constants and caches.
    ///
    /// # Errors
    /// `MemoryError`, where it has to be loaded.
    #[inline]
    pub fn unit(&self, cx: &Context) -> Result<&Unit, Raised> {
        self.lazy_unit().load(cx)
    }

    /// The same, if it is loaded and a call fills its parameters with so many arguments by position just as they stand.
    #[inline(always)]
    pub fn plain_unit(&self, arguments: usize) -> Option<&Unit> {
        self.lazy_unit().plain(arguments)
    }

    /// Its module's globals.
    #[inline(always)]
    pub fn globals(&self) -> &Dict {
        // SAFETY: a function is made with its globals, a Dict, which are never replaced.
        unsafe { &*self.globals.word().address().cast::<Dict>() }
    }

    /// Its cells.
    #[inline(always)]
    pub fn closure(&self) -> &[Value<'_>] {
        self.closure.get().and_then(|closure| closure.get::<Tuple>()).map_or(&[], Tuple::items)
    }

    /// The defaults of its last positional parameters.
    #[inline(always)]
    pub fn defaults(&self) -> &[Value<'_>] {
        self.defaults.get().and_then(|defaults| defaults.get::<Tuple>()).map_or(&[], Tuple::items)
    }

    /// The defaults of its keyword-only parameters.
    pub fn kw_defaults(&self) -> Option<&Dict> {
        self.kw_defaults.get().and_then(|defaults| defaults.get())
    }

    /// `__name__`
    pub fn name<'t>(&'t self, cx: &'t Context) -> Value<'t> {
        self.name.get().unwrap_or_else(|| self.lazy_unit().name(cx))
    }

    /// `__qualname__`
    pub fn qualname<'t>(&'t self, cx: &'t Context) -> Value<'t> {
        self.qualname.get().unwrap_or_else(|| self.lazy_unit().qualname(cx))
    }

    /// A part that can be replaced; of the names, only what they were replaced by.
    pub fn part(&self, part: FunctionPart) -> Option<Value<'_>> {
        self.slot_of(part).get()
    }

    /// Replaces a part.
    pub fn set_part(&self, cx: &Context, part: FunctionPart, value: Option<Value<'_>>) {
        cx.store(self, self.slot_of(part), value);
    }

    /// `__doc__`
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn doc<'t>(&'t self, cx: &'t Context) -> Res<'t> {
        if let Some(doc) = self.doc.get() {
            return Ok(doc);
        }
        let Some(text) = &self.unit(cx)?.code.doc else { return Ok(Value::NONE) };
        let doc = cx.wtf8(text)?;
        cx.store(self, &self.doc, Some(doc));
        Ok(doc)
    }

    /// `__module__`
    pub fn module<'t>(&'t self, cx: &'t Context) -> Value<'t> {
        let of_globals = || self.globals().get_name(cx, "__name__");
        self.module.get().or_else(of_globals).unwrap_or(Value::NONE)
    }

    /// The dict of its attributes, made when it is asked for.
    pub fn attributes<'t>(&'t self, cx: &'t Context) -> &'t Dict {
        let _held = cx.lock(self);
        match self.attributes.get().and_then(|attributes| attributes.get()) {
            Some(attributes) => attributes,
            None => {
                let dict = Dict::new(cx);
                cx.store(self, &self.attributes, Some(Value::object(dict)));
                dict
            }
        }
    }

    fn slot_of(&self, part: FunctionPart) -> &Slot {
        match part {
            FunctionPart::Closure => &self.closure,
            FunctionPart::Defaults => &self.defaults,
            FunctionPart::KwDefaults => &self.kw_defaults,
            FunctionPart::Name => &self.name,
            FunctionPart::Qualname => &self.qualname,
            FunctionPart::Annotations => &self.annotations,
            FunctionPart::Attributes => &self.attributes,
            FunctionPart::Doc => &self.doc,
            FunctionPart::Module => &self.module,
            FunctionPart::TypeParams => &self.type_params,
        }
    }

    pub(super) fn slots(&self) -> [&Slot; 11] {
        [
            &self.globals,
            &self.closure,
            &self.defaults,
            &self.kw_defaults,
            &self.name,
            &self.qualname,
            &self.annotations,
            &self.attributes,
            &self.doc,
            &self.module,
            &self.type_params,
        ]
    }
}

/// A native function: the header's count is its number in the machine's table of native functions.
#[repr(C)]
pub struct Native {
    header: Header,
    /// What it is bound to: the instance of a method, the class of a class method, or nothing.
    receiver: Slot,
    /// The class that defines it or the name of its module.
    owner: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Native {
    const KIND: Kind = Kind::Native;
}

impl Native {
    /// The native function with this number; `class` says how it shows itself (function, method descriptor, …).
    pub fn new<'t>(
        cx: &'t Context,
        class: Builtin,
        number: u32,
        receiver: Option<Value<'_>>,
        owner: Option<Value<'_>>,
    ) -> &'t Native {
        cx.local().make(class.shape(), number, |header| Native {
            header,
            receiver: Slot::new(receiver),
            owner: Slot::new(owner),
        })
    }

    /// Whether it is an ordinary method of a class that waits for its receiver.
    #[inline(always)]
    pub fn is_method(&self) -> bool {
        self.header.shape() == Builtin::MethodDescriptor.shape()
    }

    /// Its number in the machine's table.
    #[inline(always)]
    pub fn number(&self) -> u32 {
        self.header.aux()
    }

    /// What it is bound to.
    #[inline(always)]
    pub fn receiver(&self) -> Option<Value<'_>> {
        self.receiver.get()
    }

    /// The class that defines it or the name of its module.
    pub fn owner(&self) -> Option<Value<'_>> {
        self.owner.get()
    }

    pub(super) fn slots(&self) -> [&Slot; 2] {
        [&self.receiver, &self.owner]
    }
}

/// A function bound to its first argument.
#[repr(C)]
pub struct BoundMethod {
    header: Header,
    function: Slot,
    receiver: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for BoundMethod {
    const KIND: Kind = Kind::BoundMethod;
}

impl BoundMethod {
    /// `function` with `receiver` as its first argument.
    pub fn new<'t>(cx: &'t Context, function: Value<'_>, receiver: Value<'_>) -> &'t BoundMethod {
        cx.local().make(Builtin::BoundMethod.shape(), 0, |header| BoundMethod {
            header,
            function: Slot::of(function),
            receiver: Slot::of(receiver),
        })
    }

    /// What is called.
    #[inline(always)]
    pub fn function(&self) -> Value<'_> {
        self.function.get().unwrap_or(Value::NONE)
    }

    /// What is called in the end, if that is a method again.
    pub fn innermost(&self) -> Value<'_> {
        let mut function = self.function();
        while let Some(inner) = function.get::<BoundMethod>() {
            function = inner.function();
        }
        function
    }

    /// The first argument.
    #[inline(always)]
    pub fn receiver(&self) -> Value<'_> {
        self.receiver.get().unwrap_or(Value::NONE)
    }

    pub(super) fn slots(&self) -> [&Slot; 2] {
        [&self.function, &self.receiver]
    }
}

/// Whether two methods are the same function of the same object, or two native functions one, bound to one object, or two
/// code objects one code.
pub fn same(a: Value<'_>, b: Value<'_>) -> bool {
    if let (Some(a), Some(b)) = (a.get::<BoundMethod>(), b.get::<BoundMethod>()) {
        return a.function().is(b.function()) && a.receiver().is(b.receiver());
    }
    if let (Some(a), Some(b)) = (a.get::<Native>(), b.get::<Native>()) {
        let same_receiver = match (a.receiver(), b.receiver()) {
            (Some(a), Some(b)) => a.is(b),
            (None, None) => true,
            _ => false,
        };
        return a.number() == b.number() && same_receiver;
    }
    match (function_of(a), function_of(b)) {
        (Some(a), Some(b)) => std::ptr::eq(a.unit, b.unit),
        _ => false,
    }
}

/// A hash that agrees with [`same`].
pub fn hash(cx: &Context, value: Value<'_>) -> i64 {
    if let Some(method) = value.get::<BoundMethod>() {
        return identity_hash(cx, method.receiver()) ^ identity_hash(cx, method.function()).rotate_left(20);
    }
    if let Some(native) = value.get::<Native>() {
        let receiver = native.receiver().map_or(0, |receiver| identity_hash(cx, receiver));
        return receiver ^ i64::from(native.number()).rotate_left(20);
    }
    function_of(value).map_or(0, |function| str_hash_of(cx, function.lazy_unit().qualname(cx)))
}

fn str_hash_of(cx: &Context, name: Value<'_>) -> i64 {
    name.get::<Str>().map_or(0, |name| str_hash(cx, name))
}

/// What a code object shows.
pub fn function_of(code: Value<'_>) -> Option<&Function> {
    code.get::<Code>()?.function()?.get::<Function>()
}

/// A variable that closures share.
#[repr(C)]
pub struct Cell {
    header: Header,
    value: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue, the slot is atomic.
unsafe impl Object for Cell {
    const KIND: Kind = Kind::Cell;
}

impl Cell {
    /// A cell.
    pub fn new<'t>(cx: &'t Context, value: Option<Value<'_>>) -> &'t Cell {
        cx.local().make(Builtin::Cell.shape(), 0, |header| Cell { header, value: Slot::new(value) })
    }

    /// What it holds.
    #[inline(always)]
    pub fn get(&self) -> Option<Value<'_>> {
        self.value.get()
    }

    /// Fills or empties it.
    #[inline(always)]
    pub fn set(&self, cx: &Context, value: Option<Value<'_>>) {
        cx.store(self, &self.value, value);
    }

    pub(super) fn slot(&self) -> &Slot {
        &self.value
    }
}

/// How messages name what is called: a function by its dotted name, others by what they are.
pub(crate) fn callable_name(cx: &Context, callee: Value<'_>) -> String {
    let name = if let Some(method) = callee.get::<BoundMethod>() {
        return callable_name(cx, method.function());
    } else if let Some(function) = callee.get::<Function>() {
        Some(function.qualname(cx))
    } else if let Some(native) = callee.get::<Native>() {
        let names = cx.world().native_names.read();
        return names.get(native.number() as usize).copied().unwrap_or("?").to_owned();
    } else {
        callee.get::<Type>().map(Type::name)
    };
    match name.and_then(|name| name.get::<Str>()) {
        Some(name) => {
            let module =
                callee.get::<Function>().and_then(|function| function.globals().get_name(cx, "__name__"));
            match module.and_then(|module| module.get::<Str>()) {
                Some(module) if module.as_bytes() != b"builtins" => {
                    format!("{}.{}", module.lossy(), name.lossy())
                }
                _ => name.lossy().into_owned(),
            }
        }
        None => format!("{} object", cx.type_name(callee)),
    }
}
