//! Instances of classes written in the language: slots that the shape names, or a dict.
//!
//! Behind the header: the payload of a built-in base (only if the flag says so), the dict (nothing while the shape names
//! all slots), then the slots. Inline caches count words from the start of the object.
//!
//! Readers take no lock. They load the shape first: an instance whose shape names the slots keeps their values in place even
//! after its attributes have gone to a dict, so that what such a reader finds was true when it looked at the shape. Whoever
//! changes anything holds the lock of the instance.
//!
//! An exception of such a class has its attributes in the same way, behind the parts that every exception has.

use crate::heap::{Header, Held, Kind, Object, Slot, Value, flag};

use super::class::Type;
use super::context::{Context, Raised};
use super::dict::Dict;

/// An instance; its slots follow. The header's count is the number of words in front of the first attribute's slot, and in
/// the upper half the number of attribute slots.
#[repr(C)]
pub struct Instance {
    header: Header,
}

// SAFETY: repr(C), begins with the header, no drop glue, slots are atomic.
unsafe impl Object for Instance {
    const KIND: Kind = Kind::Instance;
}

/// What an instance has that becomes a method as a function does.
const BINDS: u8 = flag::OWN;

const HEADER_WORDS: usize = size_of::<Header>() / 8;

impl Instance {
    /// An instance of `class` without attributes; with the payload, if the class has a built-in base with a layout.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(
        cx: &'t Context,
        class: &Type,
        payload: Option<Value<'_>>,
    ) -> Result<&'t Instance, Raised> {
        let shape = class.root_shape();
        let capacity = cx.world().shapes.get(shape).capacity() as usize;
        let extra = usize::from(payload.is_some()) + 1 + capacity;
        let first = HEADER_WORDS + extra - capacity;
        let made = cx.local().make_sized(
            extra * 8,
            shape,
            Instance::count(first, capacity as u16),
            |header| {
                if payload.is_some() {
                    header.set(flag::PAYLOAD);
                }
                Instance { header }
            },
            // SAFETY: `extra` words behind the object belong to it; zero is a hole.
            |place| unsafe {
                place.write_bytes(0, extra * 8);
                if let Some(payload) = payload {
                    place.cast::<Slot>().write(Slot::of(payload));
                }
            },
        );
        made.map_err(|_| cx.memory_error())
    }

    /// The header's count, where `first` words stand in front of `capacity` slots.
    pub(super) const fn count(first: usize, capacity: u16) -> u32 {
        first as u32 | (capacity as u32) << 16
    }

    /// The word at a distance from the start of the object, as an inline cache has it.
    ///
    /// # Safety
    /// - `word` came from [`word_of`](Self::word_of) for an instance of the same shape.
    #[inline(always)]
    pub unsafe fn slot_at(&self, word: usize) -> &Slot {
        // SAFETY: the caller's obligation.
        unsafe { &*(self as *const Instance).cast::<Slot>().add(word) }
    }

    /// Where the slot stands, in words from the start of the object.
    pub fn word_of(&self, slot: u16) -> usize {
        self.first() + slot as usize
    }

    fn slot(&self, slot: u16) -> &Slot {
        // SAFETY: the shape names no more slots than the instance was made with.
        unsafe { self.slot_at(self.word_of(slot)) }
    }

    /// What the slot holds that is this far behind the first that `__slots__` declares; nothing if there is no such slot.
    #[inline]
    pub(crate) fn declared_slot(&self, index: u16) -> Option<&Slot> {
        // SAFETY: the instance was made with as many slots as the upper half of the count says.
        (u32::from(index) < self.header.aux() >> 16).then(|| unsafe { self.slot_at(self.word_of(index)) })
    }

    fn dict_slot(&self) -> &Slot {
        // SAFETY: the word in front of the first slot is the dict's.
        unsafe { self.slot_at(self.first() - 1) }
    }

    /// The dict, if the attributes stand in one.
    pub fn dict(&self) -> Option<&Dict> {
        self.dict_slot().get().and_then(|dict| dict.get())
    }

    /// Has it become a method where it is found in the class of an object, as a function does.
    pub(crate) fn bind_as_function(&self) {
        self.header.set(BINDS);
    }

    /// Whether it becomes a method as a function does.
    #[inline(always)]
    pub(crate) fn binds_as_function(&self) -> bool {
        self.header.has(BINDS)
    }

    /// The attribute of an interned name.
    ///
    /// # Errors
    /// As [`Dict::get`].
    pub fn attribute<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let (shapes, shape) = (&cx.world().shapes, self.header.shape());
        if let Some(slot) = shapes.slot_of(shape, name) {
            return Ok(self.slot(slot).get());
        }
        match self.dict() {
            Some(dict) if shapes.get(shape).in_dict() => dict.get(cx, name),
            _ => Ok(None),
        }
    }

    /// The slot's word offset for an inline cache, if a shape that it has or had names the attribute.
    pub fn cached_word(&self, cx: &Context, shape: u32, name: Value<'_>) -> Option<u32> {
        let slot = cx.world().shapes.slot_of(shape, name)?;
        Some(self.word_of(slot) as u32)
    }

    /// Sets the attribute of an interned name.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_attribute(&self, cx: &Context, name: Value<'_>, value: Value<'_>) -> Result<(), Raised> {
        let held = cx.lock(self);
        let shapes = &cx.world().shapes;
        let shape = self.header.shape();
        if let Some(slot) = shapes.slot_of(shape, name) {
            cx.store(self, self.slot(slot), Some(value));
            return Ok(());
        }
        if let Some(dict) = self.dict() {
            drop(held);
            return dict.set(cx, name, value);
        }
        match shapes.extended(shape, name) {
            Some(longer) => {
                cx.store(self, self.slot(shapes.get(shape).count()), Some(value));
                self.header.set_shape(longer);
                Ok(())
            }
            None => {
                shapes.get(shape).class().widen(cx);
                let dict = self.materialise_held(cx, &held)?;
                drop(held);
                dict.set(cx, name, value)
            }
        }
    }

    /// Removes an attribute; says whether it was there.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn remove_attribute(&self, cx: &Context, name: Value<'_>) -> Result<bool, Raised> {
        if self.attribute(cx, name)?.is_none() {
            return Ok(false);
        }
        let held = cx.lock(self);
        let slot = cx.world().shapes.slot_of(self.header.shape(), name);
        if let Some(slot) = slot.filter(|slot| *slot < self.declared(cx)) {
            let was_there = self.slot(slot).get().is_some();
            cx.store(self, self.slot(slot), None);
            return Ok(was_there);
        }
        let dict = self.materialise_held(cx, &held)?;
        drop(held);
        Ok(dict.remove(cx, name)?.is_some())
    }

    /// How many of the first slots are declared in `__slots__`.
    fn declared(&self, cx: &Context) -> u16 {
        let shapes = &cx.world().shapes;
        shapes.get(shapes.get(self.header.shape()).class().root_shape()).count()
    }

    /// The attributes as a dict, which from now on holds them (`__dict__`); what `__slots__` declares stays where it is.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn materialise<'t>(&'t self, cx: &'t Context) -> Result<&'t Dict, Raised> {
        let held = cx.lock(self);
        self.materialise_held(cx, &held)
    }

    fn materialise_held<'t>(&'t self, cx: &'t Context, held: &Held<'_>) -> Result<&'t Dict, Raised> {
        if let Some(dict) = self.dict() {
            return Ok(dict);
        }
        let dict = self.copy_slots(cx, held)?;
        self.set_dict_held(cx, dict, held)?;
        Ok(dict)
    }

    /// The name of an attribute that has this value, of those that `__dict__` shows.
    pub fn attribute_with<'t>(&'t self, cx: &'t Context, wanted: Value<'_>) -> Option<Value<'t>> {
        let held = cx.lock(self);
        if let Some(dict) = self.dict() {
            drop(held);
            return dict.iter().find(|(_, value)| value.is(wanted)).map(|(name, _)| name);
        }
        let (shapes, shape) = (&cx.world().shapes, self.header.shape());
        let mut slots = self.declared(cx)..shapes.get(shape).count();
        let slot = slots.find(|slot| self.slot(*slot).get().is_some_and(|value| value.is(wanted)))?;
        // SAFETY: names of shapes are interned strings, which are roots.
        unsafe { shapes.names(shape).get(usize::from(slot))?.value() }
    }

    /// The attributes in a new dict, without those that `__slots__` declares.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn copy_attributes<'t>(&self, cx: &'t Context) -> Result<&'t Dict, Raised> {
        let held = cx.lock(self);
        match self.dict() {
            Some(dict) => {
                drop(held);
                dict.copy(cx)
            }
            None => self.copy_slots(cx, &held),
        }
    }

    fn copy_slots<'t>(&self, cx: &'t Context, _: &Held<'_>) -> Result<&'t Dict, Raised> {
        let dict = Dict::new(cx);
        let names = cx.world().shapes.names(self.header.shape()).into_iter().enumerate();
        for (slot, name) in names.skip(self.declared(cx).into()) {
            // SAFETY: names of shapes are interned strings, which are roots.
            let name = unsafe { name.value() };
            if let (Some(name), Some(value)) = (name, self.slot(slot as u16).get()) {
                dict.set(cx, name, value)?;
            }
        }
        Ok(dict)
    }

    /// Has `dict` hold the attributes (assignment to `__dict__`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_dict(&self, cx: &Context, dict: &Dict) -> Result<(), Raised> {
        let held = cx.lock(self);
        self.set_dict_held(cx, dict, &held)
    }

    fn set_dict_held(&self, cx: &Context, dict: &Dict, _: &Held<'_>) -> Result<(), Raised> {
        let shape = cx.world().shapes.get(self.header.shape()).class().dict_shape(cx)?;
        cx.store(self, self.dict_slot(), Some(Value::object(dict)));
        self.header.set_shape(shape);
        Ok(())
    }

    /// Makes it an instance of another class of the same layout (assignment to `__class__`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_class(&self, cx: &Context, class: &Type) -> Result<(), Raised> {
        let held = cx.lock(self);
        self.materialise_held(cx, &held)?;
        self.header.set_shape(class.dict_shape(cx)?);
        Ok(())
    }

    fn first(&self) -> usize {
        (self.header.aux() & 0xFFFF) as usize
    }

    /// Every slot, the payload's and the dict's included.
    pub(super) fn all_slots(&self) -> &[Slot] {
        let words = self.first() - HEADER_WORDS + (self.header.aux() >> 16) as usize;
        // SAFETY: that many slots follow the header.
        unsafe { std::slice::from_raw_parts((self as *const Instance).add(1).cast(), words) }
    }
}
