//! The ops on attributes where their inline cache does not know: what the thread remembers of other places, else the search, which
//! teaches the cache.

use minipy_compiler::op::Reg;

use crate::heap::{Header, Kind, Object, Word};
use crate::value::class::class_flag;
use crate::value::recall::Access;
use crate::value::unit::{Cached, OFFSET_BITS, Unit};

use super::attr::{Found, find, is_data_descriptor, slotted};
use super::attr_cache::{fill_cache, forget_if_outdated, is_slot_member, learn};
use crate::vm::fast::{Attribute, MethodLoad, header_at, recalled_attribute, set_cached_attribute};
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `GetAttr`, when the inline cache does not know.
    pub(crate) fn get_attr_op(&mut self, object: Word, site: u16) -> Flow {
        match self.remembered(object, site) {
            Attribute::Value(word) => Flow::Done(word),
            _ => self.find_attr(object, site),
        }
    }

    #[inline(never)]
    fn find_attr(&mut self, object: Word, site: u16) -> Flow {
        match self.relearnt(object, site) {
            Attribute::Value(word) => return Flow::Done(word),
            Attribute::Getter(function) => {
                return self.call_with(function, &[object], Cont::Op(Stage::Fallback));
            }
            Attribute::Method(_) | Attribute::Unknown => {}
        }
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

    /// What this thread remembers of the attribute of such an object. Now and then it says that it does not: then the inline cache
    /// is to learn it.
    #[inline(always)]
    fn remembered(&self, object: Word, site: u16) -> Attribute {
        let Some(header) = header_at(object) else { return Attribute::Unknown };
        let Some(cached) = self.recall(header, site, Access::Load) else { return Attribute::Unknown };
        if self.cx().is_to_be_learnt() {
            return Attribute::Unknown;
        }
        recalled_attribute(self, object, cached)
    }

    /// The same, and the inline cache learns it.
    fn relearnt(&self, object: Word, site: u16) -> Attribute {
        let Some(header) = header_at(object) else { return Attribute::Unknown };
        match self.recall_to_learn(header, site, Access::Load) {
            Some(cached) => recalled_attribute(self, object, cached),
            None => Attribute::Unknown,
        }
    }

    /// What the inline cache of the place is to know of such an object.
    #[inline(always)]
    fn recall(&self, header: &Header, site: u16, access: Access) -> Option<u64> {
        self.cx().recall(header.shape(), self.running_unit().site_name_word(site), access)
    }

    /// The same, and the inline cache learns it.
    fn recall_to_learn(&self, header: &Header, site: u16, access: Access) -> Option<u64> {
        let unit = self.running_unit();
        let cached = self.recall(header, site, access)?;
        learn(self.cx(), unit.cache(site), cached, (unit.site_name_word(site), access));
        Some(cached)
    }

    /// `LoadMethod`, when the inline cache does not know: fills both registers, or leaves a bound value to come.
    pub(crate) fn load_method_op(&mut self, base: usize, object: Word, site: u16) -> MethodLoad {
        let found = self.remembered(object, site);
        if self.set_method(base, object, &found) {
            return MethodLoad::Loaded;
        }
        self.find_method(base, object, site)
    }

    /// Fills both registers of a `LoadMethod` with what was found, if that takes no more.
    #[inline(always)]
    fn set_method(&mut self, base: usize, object: Word, found: &Attribute) -> bool {
        let [function, receiver] = match *found {
            Attribute::Method(function) => [function, object],
            Attribute::Value(word) => [Word::NONE_AT_ALL, word],
            Attribute::Getter(_) | Attribute::Unknown => return false,
        };
        self.set(base, function);
        self.set(base + 1, receiver);
        true
    }

    #[inline(never)]
    fn find_method(&mut self, base: usize, object: Word, site: u16) -> MethodLoad {
        let found = self.relearnt(object, site);
        if self.set_method(base, object, &found) {
            return MethodLoad::Loaded;
        }
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
            && let Some(cached) = self.recall(header, site, Access::Store)
            && !self.cx().is_to_be_learnt()
            && set_cached_attribute(self, header, object, value, cached)
        {
            return Flow::Done(Word::NONE);
        }
        self.find_and_set(object, value, site)
    }

    #[inline(never)]
    fn find_and_set(&mut self, object: Word, value: Word, site: u16) -> Flow {
        if let Some(header) = header_at(object)
            && let Some(cached) = self.recall_to_learn(header, site, Access::Store)
            && set_cached_attribute(self, header, object, value, cached)
        {
            return Flow::Done(Word::NONE);
        }
        let unit = self.running_unit();
        let name = unit.site_name(site);
        let before = self.live(object).header().map(Header::shape);
        let generation = self.cx().world().class_generation();
        let flow = self.set_attribute(object, name.word(), value, Cont::Discard);
        let cx = self.cx();
        let target = self.live(object);
        if matches!(flow, Flow::Done(_))
            && !cx.class_of(target).has(class_flag::CUSTOM_SETATTR)
            && let Some(instance) = slotted(cx, target)
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
