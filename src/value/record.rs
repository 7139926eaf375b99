//! Objects that are a few slots and nothing more: modules, descriptors, `super` objects, views, iterators.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::Context;

macro_rules! records {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident $set:ident,)* })*) => {$(
        $(#[doc = $doc])+
        #[repr(C)]
        pub struct $name {
            header: Header,
            $($field: Slot,)*
        }

        // SAFETY: repr(C), begins with the header, no drop glue, slots are atomic.
        unsafe impl Object for $name {
            const KIND: Kind = Kind::$name;
        }

        impl $name {
            /// A new object of the built-in class.
            pub fn new<'t>(cx: &'t Context, class: Builtin $(, $field: Option<Value<'_>>)*) -> &'t $name {
                cx.local().make(class.shape(), 0, |header| $name { header, $($field: Slot::new($field),)* })
            }

            $(
                $(#[doc = $field_doc])+
                #[inline(always)]
                pub fn $field(&self) -> Option<Value<'_>> {
                    self.$field.get()
                }

                /// Replaces it.
                pub fn $set(&self, cx: &Context, value: Option<Value<'_>>) {
                    cx.store(self, &self.$field, value);
                }
            )*

            pub(super) fn slots(&self) -> Vec<&Slot> {
                vec![$(&self.$field),*]
            }
        }
    )*};
}

records! {
    /// A module.
    Module {
        /// Its dict: the globals of its functions.
        dict set_dict,
    }
    /// `property`
    Property {
        /// `fget`
        getter set_getter,
        /// `fset`
        setter set_setter,
        /// `fdel`
        deleter set_deleter,
        /// `__doc__`
        doc set_doc,
        /// The name it was assigned to in its class.
        name set_name,
    }
    /// `staticmethod`
    StaticMethod {
        /// What it wraps.
        function set_function,
    }
    /// `classmethod`
    ClassMethod {
        /// What it wraps.
        function set_function,
    }
    /// `super` object
    Super {
        /// The class behind which the lookup begins.
        class set_class,
        /// The object whose attributes are looked up.
        object set_object,
        /// The class whose method resolution order is followed.
        object_class set_object_class,
    }
    /// A view of a dict.
    DictView {
        /// The dict.
        dict set_dict,
    }
    /// A read-only view of a mapping.
    MappingProxy {
        /// The mapping.
        mapping set_mapping,
    }
    /// The descriptor of a slot (`__slots__`) or of a native attribute.
    Member {
        /// Its name.
        name set_name,
        /// The class it belongs to.
        owner set_owner,
        /// For a native attribute, the native function that reads it.
        getter set_getter,
        /// For a native attribute, the native function that writes it.
        setter set_setter,
    }
    /// A code object, as `function.__code__` shows it.
    Code {
        /// A function it belongs to.
        function set_function,
    }
}

/// Any native iterator: its class says what it walks over. Position and limit mean what that class wants.
#[repr(C)]
pub struct Iter {
    header: Header,
    /// What is walked over; nothing when it is exhausted.
    source: Slot,
    /// A second object: the table of a dict iterator, the sentinel of a callable iterator, …
    extra: Slot,
    position: AtomicI64,
    limit: AtomicI64,
    step: AtomicI64,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Iter {
    const KIND: Kind = Kind::Iter;
}

impl Iter {
    /// A new iterator of a built-in class.
    #[inline]
    pub fn new<'t>(
        cx: &'t Context,
        class: Builtin,
        source: Option<Value<'_>>,
        extra: Option<Value<'_>>,
        numbers: [i64; 3],
    ) -> &'t Iter {
        let [position, limit, step] = numbers;
        cx.local().make(class.shape(), 0, |header| Iter {
            header,
            source: Slot::new(source),
            extra: Slot::new(extra),
            position: AtomicI64::new(position),
            limit: AtomicI64::new(limit),
            step: AtomicI64::new(step),
        })
    }

    /// What is walked over; nothing when it is exhausted.
    #[inline(always)]
    pub fn source(&self) -> Option<Value<'_>> {
        self.source.get()
    }

    /// The second object.
    #[inline(always)]
    pub fn extra(&self) -> Option<Value<'_>> {
        self.extra.get()
    }

    /// Replaces the second object.
    pub fn set_extra(&self, cx: &Context, value: Option<Value<'_>>) {
        cx.store(self, &self.extra, value);
    }

    /// Replaces what is walked over; nothing ends it.
    pub fn set_source(&self, cx: &Context, value: Option<Value<'_>>) {
        cx.store(self, &self.source, value);
    }

    /// Where it stands.
    #[inline(always)]
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Moves it.
    #[inline(always)]
    pub fn set_position(&self, position: i64) {
        self.position.store(position, Ordering::Relaxed);
    }

    /// Where it ends, or what its class wants.
    #[inline(always)]
    pub fn limit(&self) -> i64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Sets the limit.
    pub fn set_limit(&self, limit: i64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How far it goes each time.
    #[inline(always)]
    pub fn step(&self) -> i64 {
        self.step.load(Ordering::Relaxed)
    }

    pub(super) fn slots(&self) -> [&Slot; 2] {
        [&self.source, &self.extra]
    }
}
