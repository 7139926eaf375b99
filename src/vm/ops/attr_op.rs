//! The ops on attributes where their inline cache does not know: what the thread remembers of other places, else the search, which
//! teaches the cache.

use minipy_compiler::op::Reg;

use crate::heap::{Header, Kind, Object, Word};
use crate::value::class::class_flag;
use crate::value::recall::Access;
use crate::value::unit::{Cached, OFFSET_BITS, Unit};

use super::attr::{Found, find, instance_of, is_data_descriptor};
use super::attr_cache::{fill_cache, forget_if_outdated, is_slot_member, learn};
use crate::vm::fast::{Attribute, MethodLoad, attribute_of, header_at, set_cached_attribute};
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `GetAttr`, when the inline cache does not know.
    pub(crate) fn get_attr_op(&mut self, object: Word, site: u16) -> Flow {
        match self.remembered(object, site) {
            Attribute::Value(word) => Flow::Done(word),
            Attribute::Getter(function) => self.call_with(function, &[object], Cont::Op(Stage::Fallback)),
            Attribute::Method(_) | Attribute::Unknown => self.find_attr(object, site),
        }
    }

    #[inline(never)]
    fn find_attr(&mut self, object: Word, site: u16) -> Flow {
        let unit = self.running_unit();
        let name = unit.site_name(site);
        fill_cache(self.cx(), unit.cache(site), self.live(object), name);
        self.get_attribute(object, name.word(), Cont::Op(Stage::Fallback))
    }

    /// Calls the getter of a property for `GetAttr` at the program counter. Only where the class has a `__getattr__` has the op to
    /// hear how that ends.
    pub(crate) fn call_getter(&mut self, getter: Word, object: Word, dst: Reg) -> Flow {
        let asks_again = self.cx().class_of(self.live(object)).has(class_flag::GETATTR);
        let cont = if asks_again { Cont::Op(Stage::Fallback) } else { Cont::Store(dst.0) };
        self.call_with(getter, &[object], cont)
    }

    /// The unit of the running frame.
    #[inline(always)]
    fn running_unit<'u>(&self) -> &'u Unit {
        // SAFETY: units live as long as the machine.
        unsafe { &*self.frame().unit }
    }

    /// What this thread remembers of the attribute of such an object.
    #[inline(always)]
    fn remembered(&self, object: Word, site: u16) -> Attribute {
        let Some(header) = header_at(object) else { return Attribute::Unknown };
        let cached = self.recall(header, site, Access::Load);
        if cached == 0 { Attribute::Unknown } else { attribute_of(self, header, object, cached) }
    }

    /// What an inline cache is to know of such an object, or 0. Now and then that of the place learns it.
    #[inline(always)]
    fn recall(&self, header: &Header, site: u16, access: Access) -> u64 {
        let (cx, unit) = (self.cx(), self.running_unit());
        let name = unit.site_name(site);
        let cached = cx.recall(header.shape(), name, access);
        let cache = unit.cache(site);
        if cached != 0 && (cx.is_to_be_learnt() || cache.word() == 0) {
            learn(cx, cache, cached, (name, access));
        }
        cached
    }

    /// `LoadMethod`, when the inline cache does not know: fills both registers, or leaves a bound value to come.
    pub(crate) fn load_method_op(&mut self, base: usize, object: Word, site: u16) -> MethodLoad {
        let [function, receiver] = match self.remembered(object, site) {
            Attribute::Method(function) => [function, object],
            Attribute::Value(word) => [Word::NONE_AT_ALL, word],
            Attribute::Getter(_) | Attribute::Unknown => return self.find_method(base, object, site),
        };
        self.set(base, function);
        self.set(base + 1, receiver);
        MethodLoad::Loaded
    }

    #[inline(never)]
    fn find_method(&mut self, base: usize, object: Word, site: u16) -> MethodLoad {
        let unit = self.running_unit();
        let name = unit.site_name(site);
        let cx = self.cx();
        let value = self.live(object);
        if value.kind() != Some(Kind::Super) {
            fill_cache(cx, unit.cache(site), value, name);
        }
        if !cx.class_of(value).has(class_flag::CUSTOM_GETATTRIBUTE)
            && let Ok(Found::Method(function, receiver)) = find(cx, value, name)
        {
            let (function, receiver) = (function.word(), receiver.word());
            self.set(base, function);
            self.set(base + 1, receiver);
            return MethodLoad::Loaded;
        }
        self.cx().take_pending();
        MethodLoad::Other(self.get_attribute(object, name.word(), Cont::Op(Stage::Fallback)))
    }

    /// `SetAttr`, when the inline cache does not know.
    pub(crate) fn set_attr_op(&mut self, object: Word, value: Word, site: u16) -> Flow {
        if let Some(header) = header_at(object)
            && let cached @ 1.. = self.recall(header, site, Access::Store)
            && set_cached_attribute(self, header, object, value, cached)
        {
            return Flow::Done(Word::NONE);
        }
        self.find_and_set(object, value, site)
    }

    #[inline(never)]
    fn find_and_set(&mut self, object: Word, value: Word, site: u16) -> Flow {
        let unit = self.running_unit();
        let name = unit.site_name(site);
        let before = self.live(object).header().map(Header::shape);
        let generation = self.cx().world().class_generation();
        let flow = self.set_attribute(object, name.word(), value, Cont::Discard);
        let cx = self.cx();
        let target = self.live(object);
        if matches!(flow, Flow::Done(_))
            && target.kind() == Some(Kind::Instance)
            && !cx.class_of(target).has(class_flag::CUSTOM_SETATTR)
            && let Some(instance) = instance_of(target)
            && let shape = instance.header().shape()
            && let Some(offset) = instance.cached_word(cx, shape, name)
            && !cx
                .class_of(target)
                .lookup(cx, name)
                .is_some_and(|meta| is_data_descriptor(cx, meta) && !is_slot_member(meta))
        {
            // What the shapes say is true of them, whatever becomes of the object meanwhile.
            let extended = before.filter(|before| cx.world().shapes.is_extension(shape, *before, name));
            let key = extended.unwrap_or(shape);
            let cache = unit.cache(site);
            cache.fill(key, offset | (shape - key) << OFFSET_BITS, Cached::Store);
            forget_if_outdated(cx, cache, generation);
            cx.remember(cache, key, name, Access::Store, generation);
        }
        flow
    }
}
