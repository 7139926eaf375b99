//! Exceptions and tracebacks.
//!
//! The further attributes of an exception whose class is written in the language stand in slots behind it, as those of an
//! [`Instance`]; those of others stand in a dict.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value, flag};

use super::builtin::Builtin;
use super::class::class_flag;
use super::context::{Context, Raised};
use super::dict::Dict;
use super::function::Function;
use super::instance::Instance;
use super::tuple::Tuple;
use super::unit::Unit;

/// An exception object; the slots of its attributes follow. Its flag `OWN` is `__suppress_context__`. The header's count is that
/// of an [`Instance`].
#[repr(C)]
pub struct Exception {
    header: Header,
    args: Slot,
    cause: Slot,
    context: Slot,
    traceback: Slot,
    group: Slot,
    /// The dict of the attributes that have no slot.
    attributes: Slot,
}

const _: () = assert!(size_of::<Exception>() == 64);
// The dict stands where that of an instance does, in front of the first slot.
const _: () = assert!(std::mem::offset_of!(Exception, attributes) == (FIRST_SLOT - 1) * 8);

/// Where the slots begin, in words.
const FIRST_SLOT: usize = size_of::<Exception>() / 8;

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Exception {
    const KIND: Kind = Kind::Exception;
}

/// The parts of an [`Exception`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the attributes")]
pub enum ExceptionPart {
    Args,
    Cause,
    Context,
    Traceback,
    /// Of a group: a tuple of its message and the tuple of its exceptions.
    Group,
}

impl Exception {
    /// An exception of the class with this root shape.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(cx: &'t Context, shape: u32, args: &[Value<'_>]) -> Result<&'t Exception, Raised> {
        let args = cx.tuple(args)?;
        let capacity = cx.world().shapes.capacity_of(shape);
        let bytes = usize::from(capacity) * size_of::<Slot>();
        let make = |header| Exception {
            header,
            args: Slot::of(args),
            cause: Slot::new(None),
            context: Slot::new(None),
            traceback: Slot::new(None),
            group: Slot::new(None),
            attributes: Slot::new(None),
        };
        let made =
            cx.local().make_sized(bytes, shape, Instance::count(FIRST_SLOT, capacity), make, |place| {
                // SAFETY: the bytes behind the object belong to it; zero is a hole.
                unsafe { place.write_bytes(0, bytes) };
            });
        made.map_err(|_| cx.memory_error())
    }

    /// It as an instance with its attributes, if its class is written in the language.
    #[inline]
    pub fn as_instance(&self, cx: &Context) -> Option<&Instance> {
        let class = cx.world().shapes.get(self.header.shape()).class();
        (!class.has(class_flag::BUILTIN)).then(|| self.words())
    }

    /// All its words, as those of an instance.
    pub(super) fn words(&self) -> &Instance {
        // SAFETY: it has the layout of an instance with more words in front of the dict, and its count says so.
        unsafe { &*(self as *const Exception).cast::<Instance>() }
    }

    /// A part.
    #[inline]
    pub fn part(&self, part: ExceptionPart) -> Option<Value<'_>> {
        self.slot_of(part).get()
    }

    /// Replaces a part.
    #[inline]
    pub fn set_part(&self, cx: &Context, part: ExceptionPart, value: Option<Value<'_>>) {
        cx.store(self, self.slot_of(part), value);
    }

    /// `args`
    pub fn args(&self) -> &[Value<'_>] {
        self.args.get().and_then(|args| args.get::<Tuple>()).map_or(&[], Tuple::items)
    }

    /// Of a group: the exceptions it holds.
    pub fn members(&self) -> Option<&[Value<'_>]> {
        let group = self.group.get()?.get::<Tuple>()?;
        group.items().get(1)?.get::<Tuple>().map(Tuple::items)
    }

    /// `__suppress_context__`
    pub fn suppresses_context(&self) -> bool {
        self.header.has(flag::OWN)
    }

    /// Sets `__suppress_context__`.
    pub fn set_suppress_context(&self, suppress: bool) {
        if suppress { self.header.set(flag::OWN) } else { self.header.clear(flag::OWN) }
    }

    fn known_attributes(&self) -> Option<&Dict> {
        self.attributes.get().and_then(|attributes| attributes.get())
    }

    /// The dict of further attributes, which from now on holds them.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn attributes<'t>(&'t self, cx: &'t Context) -> Result<&'t Dict, Raised> {
        if let Some(instance) = self.as_instance(cx) {
            return instance.materialise(cx);
        }
        let _held = cx.lock(self);
        Ok(match self.known_attributes() {
            Some(attributes) => attributes,
            None => {
                let dict = Dict::new(cx);
                cx.store(self, &self.attributes, Some(Value::object(dict)));
                dict
            }
        })
    }

    /// The further attributes in a new dict.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy_attributes<'t>(&'t self, cx: &'t Context) -> Result<&'t Dict, Raised> {
        match (self.as_instance(cx), self.known_attributes()) {
            (Some(instance), _) => instance.copy_attributes(cx),
            (None, Some(attributes)) => attributes.copy(cx),
            (None, None) => Ok(Dict::new(cx)),
        }
    }

    /// A further attribute of an interned name.
    ///
    /// # Errors
    /// As [`Dict::get`].
    pub fn named<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        match (self.as_instance(cx), self.known_attributes()) {
            (Some(instance), _) => instance.attribute(cx, name),
            (None, Some(attributes)) => attributes.get(cx, name),
            (None, None) => Ok(None),
        }
    }

    /// Sets a further attribute of an interned name.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_named(&self, cx: &Context, name: Value<'_>, value: Value<'_>) -> Result<(), Raised> {
        match self.as_instance(cx) {
            Some(instance) => instance.set_attribute(cx, name, value),
            None => self.attributes(cx)?.set(cx, name, value),
        }
    }

    /// Removes a further attribute of an interned name; says whether it was there.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn remove_named(&self, cx: &Context, name: Value<'_>) -> Result<bool, Raised> {
        match self.as_instance(cx) {
            Some(instance) => instance.remove_attribute(cx, name),
            None => Ok(self.attributes(cx)?.remove(cx, name)?.is_some()),
        }
    }

    /// Sets a further attribute by name (`name` of a NameError, `value` of a StopIteration, …).
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_attribute(&self, cx: &Context, name: &str, value: Value<'_>) -> Result<(), Raised> {
        self.set_named(cx, cx.intern(name), value)
    }

    /// A further attribute by name.
    pub fn attribute<'t>(&'t self, cx: &'t Context, name: &str) -> Option<Value<'t>> {
        match self.as_instance(cx) {
            Some(instance) => instance.attribute(cx, cx.intern(name)).ok().flatten(),
            None => self.known_attributes()?.get_name(cx, name),
        }
    }

    #[inline(always)]
    fn slot_of(&self, part: ExceptionPart) -> &Slot {
        match part {
            ExceptionPart::Args => &self.args,
            ExceptionPart::Cause => &self.cause,
            ExceptionPart::Context => &self.context,
            ExceptionPart::Traceback => &self.traceback,
            ExceptionPart::Group => &self.group,
        }
    }
}

/// One entry of a traceback: a frame that the exception passed, and the entry of the frame it called.
#[repr(C)]
pub struct Traceback {
    header: Header,
    unit: *const Unit,
    pc: AtomicU32,
    next: Slot,
    function: Slot,
    receiver: Slot,
    names: Slot,
}

// SAFETY: repr(C), begins with the header, no drop glue; units live as long as the machine.
unsafe impl Object for Traceback {
    const KIND: Kind = Kind::Traceback;
}
// SAFETY: as above.
unsafe impl Sync for Traceback {}

impl Traceback {
    /// An entry for the op at `pc` of a unit. What a suggestion for a wrong name wants to know of the frame stands with it: its
    /// function, and its `self` if it has one.
    pub fn new<'t>(
        cx: &'t Context,
        (unit, pc): (&Unit, u32),
        next: Option<Value<'_>>,
        (function, receiver): (Option<Value<'_>>, Option<Value<'_>>),
    ) -> &'t Traceback {
        cx.local().make(Builtin::Traceback.shape(), 0, |header| Traceback {
            header,
            unit,
            pc: AtomicU32::new(pc),
            next: Slot::new(next),
            function: Slot::new(function),
            receiver: Slot::new(receiver),
            names: Slot::new(None),
        })
    }

    /// Notes the names of the local variables that are bound: a tuple.
    pub fn set_names(&self, cx: &Context, names: Value<'_>) {
        cx.store(self, &self.names, Some(names));
    }

    /// The names of the local variables that were bound, where they were noted.
    pub fn names(&self) -> &[Value<'_>] {
        self.names.get().and_then(|names| names.get::<Tuple>()).map_or(&[], Tuple::items)
    }

    /// The globals that the code saw.
    pub fn globals(&self) -> Option<&Dict> {
        self.function.get().and_then(|function| function.get::<Function>()).map(Function::globals)
    }

    /// The `self` of the frame.
    pub fn receiver(&self) -> Option<Value<'_>> {
        self.receiver.get()
    }

    /// The code that ran.
    pub fn unit(&self) -> &Unit {
        // SAFETY: units live as long as the machine.
        unsafe { &*self.unit }
    }

    /// The op that raised or called.
    pub fn pc(&self) -> u32 {
        self.pc.load(Ordering::Relaxed)
    }

    /// The entry of the frame it called.
    pub fn next(&self) -> Option<&Traceback> {
        self.next.get().and_then(|next| next.get())
    }

    /// Replaces the rest (`tb_next`).
    pub fn set_next(&self, cx: &Context, next: Option<Value<'_>>) {
        cx.store(self, &self.next, next);
    }

    /// The line it stands on.
    pub fn line(&self) -> u32 {
        let code = &self.unit().code;
        code.source.line_of(code.spans[self.pc() as usize].start)
    }

    pub(super) fn slots(&self) -> [&Slot; 4] {
        [&self.next, &self.function, &self.receiver, &self.names]
    }
}
