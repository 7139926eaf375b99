//! `type`: a class, its namespace, its method resolution order, and the cache through which names are looked up in it.
//!
//! The cache (`lookup`) is a dict from names to what the method resolution order finds, or [`Value::ABSENT`]. Its entries are
//! never removed, so that an inline cache can hold the index of one; a change to a class puts [`Value::DUMMY`] into the
//! entries of that name in the class and its subclasses.

mod special;
mod special_methods;

use std::sync::atomic::{AtomicU32, Ordering};

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::dict::Dict;
use super::list::List;
use super::recall::Looked;
use super::shape::MAX_SLOTS;
use super::str::Str;
use super::tuple::Tuple;
pub use special::Special;
use special::Specials;
use special_methods::{ABSTRACT_METHODS, FROM_METHODS, flag_of, is_special};

/// What is known of a class without a look into its namespace. All but the last few follow from which special methods the
/// method resolution order finds in classes written in the language.
pub mod class_flag {
    /// `__eq__` is written in the language.
    pub const CUSTOM_EQ: u32 = 1;
    /// `__hash__` is written in the language.
    pub const CUSTOM_HASH: u32 = 2;
    /// `__hash__` is None.
    pub const UNHASHABLE: u32 = 4;
    /// `__lt__`, `__le__`, `__gt__` or `__ge__` is written in the language.
    pub const CUSTOM_ORDER: u32 = 8;
    /// `__getattribute__` is written in the language.
    pub const CUSTOM_GETATTRIBUTE: u32 = 16;
    /// There is a `__getattr__`.
    pub const GETATTR: u32 = 32;
    /// `__setattr__` is written in the language.
    pub const CUSTOM_SETATTR: u32 = 64;
    /// `__delattr__` is written in the language.
    pub const CUSTOM_DELATTR: u32 = 128;
    /// `__bool__` or `__len__` is written in the language.
    pub const CUSTOM_BOOL: u32 = 256;
    /// `__iter__` or `__next__` is written in the language.
    pub const CUSTOM_ITER: u32 = 512;
    /// `__getitem__`, `__setitem__`, `__delitem__` or `__contains__` is written in the language.
    pub const CUSTOM_ITEM: u32 = 1024;
    /// `__repr__`, `__str__` or `__format__` is written in the language.
    pub const CUSTOM_REPR: u32 = 2048;
    /// `__new__` is written in the language.
    pub const CUSTOM_NEW: u32 = 4096;
    /// `__init__` is written in the language.
    pub const CUSTOM_INIT: u32 = 8192;
    /// A number's special method (binary, unary, `__index__`, `__int__`, …) is written in the language.
    pub const CUSTOM_NUMBER: u32 = 1 << 14;
    /// Some of its methods are abstract (`__abstractmethods__`): there are no instances.
    pub const ABSTRACT: u32 = 1 << 15;
    /// Instances have no `__dict__`: every class of the order declares `__slots__`.
    pub const CLOSED: u32 = 1 << 24;
    /// Not written in the language: attributes cannot be set.
    pub const BUILTIN: u32 = 1 << 25;
    /// Cannot be a base.
    pub const FINAL: u32 = 1 << 26;
    /// Some attribute of the order is a data descriptor, so that instances' own slots do not come first for every name.
    pub const HAS_DATA_DESCRIPTOR: u32 = 1 << 27;
    /// Instances are exceptions.
    pub const EXCEPTION: u32 = 1 << 28;
    /// `__call__` is written in the language.
    pub const CUSTOM_CALL: u32 = 1 << 29;
    /// A built-in class whose members nobody has asked for: they have not been made.
    pub const EMPTY: u32 = 1 << 30;
}

/// A class.
#[repr(C)]
pub struct Type {
    header: Header,
    name: Slot,
    qualname: Slot,
    bases: Slot,
    mro: Slot,
    namespace: Slot,
    lookup: Slot,
    subclasses: Slot,
    flags: AtomicU32,
    /// Shape of new instances.
    root_shape: AtomicU32,
    /// Shape of instances whose attributes stand in a dict; 0 until one is needed.
    dict_shape: AtomicU32,
    /// The built-in class that decides the layout of the instances.
    layout: Builtin,
    specials: Specials,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Type {
    const KIND: Kind = Kind::Type;
}

/// What a class that the language has written is made of.
pub struct ClassParts<'p, 't> {
    /// Its class.
    pub metaclass: &'t Type,
    /// Its name, a string.
    pub name: Value<'t>,
    /// Its bases, classes; none where it is to be `object` alone.
    pub bases: &'p [Value<'t>],
    /// Its namespace, which becomes the class's own.
    pub namespace: &'t Dict,
    /// The names that `__slots__` has, if there is one.
    pub slots: Option<&'p [Value<'t>]>,
    /// How many attributes its methods assign.
    pub attribute_hint: u16,
}

/// What a new class is made of.
pub struct NewClass<'a> {
    /// `__name__`
    pub name: Value<'a>,
    /// `__qualname__`
    pub qualname: Value<'a>,
    /// A tuple of classes.
    pub bases: Value<'a>,
    /// A tuple of classes without the class itself, which will stand first.
    pub mro_tail: &'a [Value<'a>],
    /// The class's own dict.
    pub namespace: &'a Dict,
    /// The built-in class that decides the layout of the instances.
    pub layout: Builtin,
    /// Root shape of its metaclass.
    pub metaclass_shape: u32,
    /// How many slots instances get; at most [`MAX_SLOTS`].
    pub slots: u16,
}

impl Type {
    /// Makes a class and its shapes. The flags are computed by [`update_flags`](Self::update_flags) afterwards.
    ///
    /// # Errors
    /// `MemoryError`, also when there are too many shapes.
    pub fn new<'t>(cx: &'t Context, new: &NewClass<'_>) -> Result<&'t Type, Raised> {
        let lookup = Value::object(Dict::new(cx));
        let subclasses = cx.list(&[])?;
        let class = cx.local().make(new.metaclass_shape, 0, |header| Type {
            header,
            name: Slot::of(new.name),
            qualname: Slot::of(new.qualname),
            bases: Slot::of(new.bases),
            mro: Slot::new(None),
            namespace: Slot::of(Value::object(new.namespace)),
            lookup: Slot::of(lookup),
            subclasses: Slot::of(subclasses),
            flags: AtomicU32::new(0),
            root_shape: AtomicU32::new(0),
            dict_shape: AtomicU32::new(0),
            layout: new.layout,
            specials: Specials::new(),
        });
        let mut mro = vec![Value::object(class)];
        mro.extend_from_slice(new.mro_tail);
        class.mro.init(Some(cx.tuple(&mro)?));
        Ok(class)
    }

    /// Gives a class written in the language the shapes of its instances, which begin with the slots that `__slots__` of
    /// the class and its bases declare (as many as there is room for), and one of its own.
    ///
    /// # Errors
    /// `MemoryError` when there are too many shapes.
    pub fn assign_shapes(&self, cx: &Context, slots: u16, declared: &[Value<'_>]) -> Result<(), Raised> {
        let shapes = &cx.world().shapes;
        let metaclass = Value::object(cx.class_of(Value::object(self))).word();
        let root = self.new_root(cx, slots.min(MAX_SLOTS), declared);
        let own = shapes.new_root(metaclass, 0);
        match (root, own) {
            (Some(root), Some(own)) => {
                self.root_shape.store(root, Ordering::Release);
                self.header.set_shape(own);
                Ok(())
            }
            _ => Err(cx.memory_error()),
        }
    }

    /// At start: the class with the root shape whose number it has in the table.
    pub(crate) fn set_root_shape(&self, shape: u32) {
        self.root_shape.store(shape, Ordering::Release);
    }

    /// Its name.
    pub fn name(&self) -> Value<'_> {
        self.name.get().unwrap_or(Value::NONE)
    }

    /// Its name as text, for messages.
    pub fn name_str(&self) -> &str {
        self.name().get::<Str>().and_then(Str::as_str).unwrap_or("?")
    }

    /// Its name as messages have it: of a native class of a module other than `builtins`, with that module.
    pub fn full_name(&self) -> &str {
        if self.has(class_flag::BUILTIN) { self.layout.full_name() } else { self.name_str() }
    }

    /// Its dotted name.
    pub fn qualname(&self) -> Value<'_> {
        self.qualname.get().unwrap_or(Value::NONE)
    }

    /// Sets `__name__`, a str.
    pub fn set_name(&self, cx: &Context, name: Value<'_>) {
        cx.store(self, &self.name, Some(name));
    }

    /// Sets `__qualname__`, a str.
    pub fn set_qualname(&self, cx: &Context, name: Value<'_>) {
        cx.store(self, &self.qualname, Some(name));
    }

    /// Its direct bases.
    pub fn bases(&self) -> &[Value<'_>] {
        self.bases_value().get::<Tuple>().map_or(&[], Tuple::items)
    }

    /// Its direct bases, the tuple.
    pub fn bases_value(&self) -> Value<'_> {
        self.bases.get().unwrap_or(Value::NONE)
    }

    /// The method resolution order, itself first.
    #[inline]
    pub fn mro(&self) -> &[Value<'_>] {
        self.mro_value().get::<Tuple>().map_or(&[], Tuple::items)
    }

    /// The method resolution order, the tuple.
    pub fn mro_value(&self) -> Value<'_> {
        self.mro.get().unwrap_or(Value::NONE)
    }

    /// The classes of the method resolution order.
    pub fn order(&self) -> impl Iterator<Item = &Type> {
        self.mro().iter().filter_map(|class| class.get::<Type>())
    }

    /// Its own dict. A built-in class has its members in it when it is first asked for.
    #[inline]
    pub fn namespace<'t>(&'t self, cx: &'t Context) -> &'t Dict {
        if self.is_empty() {
            self.fill(cx);
        }
        self.members()
    }

    /// Whether it is a built-in class without its members.
    #[inline]
    fn is_empty(&self) -> bool {
        self.flags.load(Ordering::Acquire) & class_flag::EMPTY != 0
    }

    /// What it has itself under an interned name. To know that it has nothing, its members need not be made.
    fn own<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Option<Value<'t>> {
        if self.is_empty()
            && let Some(members) = cx.world().members.get()
            && let Some(text) = name.get::<Str>().and_then(Str::as_str)
            && !(members.may_have)(self.layout, text)
        {
            return None;
        }
        self.namespace(cx).get(cx, name).ok().flatten()
    }

    #[cold]
    fn fill(&self, cx: &Context) {
        let _held = cx.world().filling.lock();
        // Another thread may have been faster.
        if self.has(class_flag::EMPTY) {
            if let Some(members) = cx.world().members.get()
                && (members.make)(cx, self, self.members()).is_err()
            {
                std::alloc::handle_alloc_error(std::alloc::Layout::new::<Dict>());
            }
            self.flags.fetch_and(!class_flag::EMPTY, Ordering::Release);
        }
    }

    fn members(&self) -> &Dict {
        match self.namespace.get().and_then(|namespace| namespace.get()) {
            Some(namespace) => namespace,
            None => unreachable!("a class is made with its namespace"),
        }
    }

    /// The cache of lookups; an inline cache may hold the index of an entry.
    #[inline(always)]
    pub fn lookup_cache(&self) -> &Dict {
        // SAFETY: a class is made with its cache, a Dict, which is never replaced.
        unsafe { &*self.lookup.word().address().cast::<Dict>() }
    }

    /// The built-in class that decides the layout of its instances.
    pub fn layout(&self) -> Builtin {
        self.layout
    }

    /// Whether any of these flags is set.
    #[inline(always)]
    pub fn has(&self, flags: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flags != 0
    }

    /// Whether it is written in the language, its instances have no built-in layout, and of what makes them only an `__init__`
    /// is written in the language.
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        const OF_MAKING: u32 =
            class_flag::BUILTIN | class_flag::ABSTRACT | class_flag::CUSTOM_NEW | class_flag::CUSTOM_INIT;
        self.flags.load(Ordering::Relaxed) & OF_MAKING == class_flag::CUSTOM_INIT
            && self.layout == Builtin::Object
    }

    /// Sets flags.
    pub fn set_flags(&self, flags: u32) {
        self.flags.fetch_or(flags, Ordering::Relaxed);
    }

    /// Whether it is this built-in class itself.
    #[inline(always)]
    pub fn is(&self, class: Builtin) -> bool {
        self.root_shape() == class.shape()
    }

    /// The shape of new instances.
    #[inline(always)]
    pub fn root_shape(&self) -> u32 {
        self.root_shape.load(Ordering::Acquire)
    }

    /// A new shape for instances with this many slots, of which the first ones are for the declared names.
    fn new_root(&self, cx: &Context, slots: u16, declared: &[Value<'_>]) -> Option<u32> {
        let shapes = &cx.world().shapes;
        let mut root = shapes.new_root(Value::object(self).word(), slots)?;
        for name in declared.iter().take(slots.into()) {
            root = shapes.extended(root, *name)?;
        }
        Some(root)
    }

    /// The names of `__slots__` of the class and its bases.
    pub fn slot_names<'t>(&'t self, cx: &'t Context) -> Vec<Value<'t>> {
        if self.has(class_flag::BUILTIN) {
            return Vec::new();
        }
        let names = cx.world().shapes.names(self.root_shape());
        // SAFETY: names of shapes are interned strings, which are roots.
        names.into_iter().filter_map(|name| unsafe { name.value() }).collect()
    }

    /// Gives later instances more slots: one of them ran out.
    pub fn widen(&self, cx: &Context) {
        let capacity = cx.world().shapes.get(self.root_shape()).capacity();
        let wider = (capacity * 2).clamp(4, MAX_SLOTS);
        if wider > capacity
            && let Some(root) = self.new_root(cx, wider, &self.slot_names(cx))
        {
            self.root_shape.store(root, Ordering::Release);
        }
    }

    /// The shape of instances whose attributes stand in a dict.
    ///
    /// # Errors
    /// `MemoryError` when there are too many shapes.
    pub fn dict_shape(&self, cx: &Context) -> Result<u32, Raised> {
        let known = self.dict_shape.load(Ordering::Acquire);
        if known != 0 {
            return Ok(known);
        }
        let shape = cx.world().shapes.new_in_dict(self.root_shape()).ok_or_else(|| cx.memory_error())?;
        // Another thread may have been faster; both shapes are good, but one is enough.
        match self.dict_shape.compare_exchange(0, shape, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(shape),
            Err(other) => Ok(other),
        }
    }

    /// Whether it is `other` or one of its subclasses.
    #[inline]
    pub fn is_subclass(&self, other: &Type) -> bool {
        std::ptr::eq(self, other) || self.mro().iter().any(|class| class.is(Value::object(other)))
    }

    /// Whether it is this built-in class or one of its subclasses.
    pub fn is_a(&self, cx: &Context, class: Builtin) -> bool {
        self.is_subclass(cx.class(class))
    }

    /// What the method resolution order finds for an interned name.
    #[inline]
    pub fn lookup<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Option<Value<'t>> {
        let cached = match self.lookup_cache().get(cx, name) {
            Ok(Some(found)) if !found.is(Value::DUMMY) => found,
            _ => self.fill_lookup(cx, name),
        };
        (!cached.is(Value::ABSENT)).then_some(cached)
    }

    /// [`lookup`](Self::lookup) of a name that native code knows.
    pub fn lookup_str<'t>(&'t self, cx: &'t Context, name: &'static str) -> Option<Value<'t>> {
        let shape = self.root_shape();
        let place = cx.looked_up(shape, name);
        let known = place.get();
        if known.is_of(shape, name)
            && let Some(entry) =
                self.lookup_cache().table().and_then(|table| table.entries().get(known.entry()))
            && let Some(found) = entry.value().get()
            && !found.is(Value::DUMMY)
        {
            return (!found.is(Value::ABSENT)).then_some(found);
        }
        let key = cx.name(name);
        let found = self.lookup(cx, key);
        if let Ok(Some(entry)) = self.lookup_cache().entry_index(cx, key) {
            place.set(Looked::new(shape, name, entry));
        }
        found
    }

    fn fill_lookup<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Value<'t> {
        // Otherwise a class could change between the search and the note, and the note would stay.
        let _held = cx.world().classes.lock();
        let found = self.find_uncached(cx, name).unwrap_or(Value::ABSENT);
        // Without room for the cache the lookup is only slower.
        let _ = self.lookup_cache().set(cx, name, found);
        found
    }

    fn find_uncached<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Option<Value<'t>> {
        self.order().find_map(|class| class.own(cx, name))
    }

    /// The class of the order that defines the name, and what it defines.
    pub fn defining<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Option<(&'t Type, Value<'t>)> {
        self.order().find_map(|class| Some((class, class.own(cx, name)?)))
    }

    /// Sets (or with `None` removes) an attribute of the class itself, and has every cache look again. Says whether there
    /// was one.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_own(&self, cx: &Context, name: Value<'_>, value: Option<Value<'_>>) -> Result<bool, Raised> {
        let _held = cx.world().classes.lock();
        let existed = match value {
            Some(value) => {
                self.namespace(cx).set(cx, name, value)?;
                true
            }
            None => self.namespace(cx).remove(cx, name)?.is_some(),
        };
        self.forget(cx, name, value.filter(|_| existed));
        self.have_subclasses_forget(cx, name);
        if is_special(name) {
            self.update_flags(cx);
            self.descendants().iter().for_each(|class| class.update_flags(cx));
        }
        Ok(existed)
    }

    fn have_subclasses_forget(&self, cx: &Context, name: Value<'_>) {
        // Those of a tree are met once each; one with several bases is met from each of them.
        let mut waiting: SmallVec<[&Type; 8]> = SmallVec::new();
        self.subclasses().for_each(|class| waiting.push(class));
        while let Some(class) = waiting.pop() {
            if class.sole_base().is_none() {
                return self.descendants().iter().for_each(|class| class.forget(cx, name, None));
            }
            class.forget(cx, name, None);
            class.subclasses().for_each(|class| waiting.push(class));
        }
    }

    /// The cache of the class no longer knows the name, or knows its new value.
    fn forget(&self, cx: &Context, name: Value<'_>, value: Option<Value<'_>>) {
        // Its keys are interned names, and one whose hash nobody has asked for is not among them.
        if let Some(hash) = name.get::<Str>().and_then(Str::known_hash) {
            self.lookup_cache().replace_identical(cx, name, hash, value.unwrap_or(Value::DUMMY));
        }
    }

    /// Its subclasses and theirs, each once, and each behind all its bases.
    pub fn descendants(&self) -> Vec<&Type> {
        let mut found: Vec<&Type> = Vec::new();
        let mut seen: FxHashSet<*const Type> = FxHashSet::default();
        let mut next = Some(self);
        let mut looked_at = 0;
        while let Some(class) = next {
            found.extend(class.subclasses().filter(|class| seen.insert(std::ptr::from_ref(*class))));
            next = found.get(looked_at).copied();
            looked_at += 1;
        }
        // The order of a class has those of its bases in it.
        found.sort_by_key(|class| class.mro().len());
        found
    }

    /// Its direct subclasses.
    pub fn subclasses(&self) -> impl Iterator<Item = &Type> {
        let list: Option<&List> = self.subclasses.get().and_then(|list| list.get());
        list.into_iter().flat_map(List::iter).filter_map(|class| class.get::<Type>())
    }

    /// Notes a new direct subclass.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn add_subclass(&self, cx: &Context, class: &Type) -> Result<(), Raised> {
        match self.subclasses.get().and_then(|list| list.get::<List>()) {
            Some(list) => list.push(cx, Value::object(class)),
            None => Ok(()),
        }
    }

    /// Replaces the direct bases, a tuple, and the orders of this class and of its subclasses, tuples as well.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn rebase(
        &self,
        cx: &Context,
        bases: Value<'_>,
        orders: &[(&Type, Value<'_>)],
    ) -> Result<(), Raised> {
        let _held = cx.world().classes.lock();
        for old in self.bases().iter().filter_map(|base| base.get::<Type>()) {
            old.remove_subclass(cx, self)?;
        }
        cx.store(self, &self.bases, Some(bases));
        for new in self.bases().iter().filter_map(|base| base.get::<Type>()) {
            new.add_subclass(cx, self)?;
        }
        for (class, order) in orders {
            cx.store(*class, &class.mro, Some(*order));
        }
        self.forget_all(cx);
        self.descendants().iter().for_each(|class| class.forget_all(cx));
        Ok(())
    }

    fn remove_subclass(&self, cx: &Context, class: &Type) -> Result<(), Raised> {
        let Some(list) = self.subclasses.get().and_then(|list| list.get::<List>()) else { return Ok(()) };
        let rest: Vec<_> = list.iter().filter(|other| !other.is(Value::object(class))).collect();
        list.replace(cx, &rest)
    }

    /// After a change of the order: every cache of the class looks again.
    fn forget_all(&self, cx: &Context) {
        let known: Vec<_> = self.lookup_cache().iter().map(|(name, _)| name).collect();
        for name in known {
            let _ = self.lookup_cache().set(cx, name, Value::DUMMY);
        }
        self.update_flags(cx);
    }

    /// Computes the flags that follow from the special methods of the classes in the order. Nobody changes those meanwhile: the
    /// class is new, or the caller holds the lock of the classes.
    pub fn update_flags(&self, cx: &Context) {
        if self.has(class_flag::BUILTIN) {
            return;
        }
        let mut flags = self.flags.load(Ordering::Relaxed) & class_flag::CLOSED | self.flags_of_methods(cx);
        for class in self.order() {
            flags |= class.flags.load(Ordering::Relaxed)
                & (class_flag::EXCEPTION | class_flag::HAS_DATA_DESCRIPTOR);
        }
        // Not inherited: what a subclass leaves open is its own.
        let open = self.namespace(cx).get(cx, cx.name(ABSTRACT_METHODS)).ok().flatten();
        if open.is_some_and(|open| super::sequence::len(open) > Some(0)) {
            flags |= class_flag::ABSTRACT;
        }
        self.flags.store(flags, Ordering::Release);
    }

    /// The flags that follow from special methods.
    fn flags_of_methods(&self, cx: &Context) -> u32 {
        // Of a class with one base, its own methods and the base's flags say all.
        if let Some(base) = self.sole_base() {
            let inherited = base.flags.load(Ordering::Relaxed) & FROM_METHODS;
            return self.special_methods(cx).fold(inherited, |flags, (_, flag, value)| match flag {
                class_flag::CUSTOM_HASH if value.is_none() => flags & !flag | class_flag::UNHASHABLE,
                class_flag::CUSTOM_HASH => flags & !class_flag::UNHASHABLE | flag,
                _ => flags | flag,
            });
        }
        let mut flags = match self.defining(cx, cx.name("__hash__")) {
            Some((_, value)) if value.is_none() => class_flag::UNHASHABLE,
            _ => 0,
        };
        for class in self.order().filter(|class| !class.has(class_flag::BUILTIN)) {
            for (name, flag, value) in class.special_methods(cx) {
                let first = self.defining(cx, name).map(|(first, _)| first);
                let is_unhashable = flag == class_flag::CUSTOM_HASH && value.is_none();
                if first.is_some_and(|first| std::ptr::eq(first, class)) && !is_unhashable {
                    flags |= flag;
                }
            }
        }
        flags
    }

    /// Its own special methods that have flags: their names, flags and values.
    fn special_methods<'t>(&'t self, cx: &'t Context) -> impl Iterator<Item = (Value<'t>, u32, Value<'t>)> {
        self.namespace(cx).iter().filter_map(|(name, value)| Some((name, flag_of(name)?, value)))
    }

    /// Its base, if it has one only.
    fn sole_base(&self) -> Option<&Type> {
        match self.bases.get()?.get::<Tuple>()?.items() {
            [base] => base.get(),
            _ => None,
        }
    }

    pub(super) fn slots(&self) -> [&Slot; 7] {
        [&self.name, &self.qualname, &self.bases, &self.mro, &self.namespace, &self.lookup, &self.subclasses]
    }
}
