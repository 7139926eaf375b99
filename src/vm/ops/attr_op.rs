//! The ops on attributes where their inline cache does not know: what the thread remembers of other places, else the search, which
//! teaches the cache.

use minipy_compiler::op::Reg;

use crate::heap::{Header, Kind, Object, Word};
use crate::value::class::class_flag;
use crate::value::recall::Access;
use crate::value::unit::{Cached, Unit};

use super::attr::{Found, find, instance_of, is_data_descriptor};
use super::attr_cache::{fill_cache, forget_if_outdated, is_slot_member};
use crate::vm::fast::{Attribute, MethodLoad, cached_attribute, fast_set_attribute, instance_at};
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `GetAttr`, when the inline cache does not know.
    pub(crate) fn get_attr_op(&mut self, object: Word, site: u16) -> Flow {
        let unit = self.frame().unit;
        // SAFETY: units live as long as the machine.
        let unit = unsafe { &*unit };
        let name = unit.site_name(site);
        if self.recalls(unit, site, object, Access::Load) {
            match cached_attribute(self, unit, object, site) {
                Attribute::Value(word) => return Flow::Done(word),
                Attribute::Getter(function) => {
                    return self.call_with(function, &[object], Cont::Op(Stage::Fallback));
                }
                Attribute::Method(_) | Attribute::Unknown => {}
            }
        }
        fill_cache(self.cx(), unit.cache(site), self.live(object), name);
        let (cont, name) = (Cont::Op(Stage::Fallback), name.word());
        self.get_attribute(object, name, cont)
    }

    /// Calls the getter of a property for `GetAttr` at the program counter. Only where the class has a `__getattr__` has the op to
    /// hear how that ends.
    pub(crate) fn call_getter(&mut self, getter: Word, object: Word, dst: Reg) -> Flow {
        let asks_again = self.cx().class_of(self.live(object)).has(class_flag::GETATTR);
        let cont = if asks_again { Cont::Op(Stage::Fallback) } else { Cont::Store(dst.0) };
        self.call_with(getter, &[object], cont)
    }

    /// Whether this thread remembers the attribute of such an object: then the inline cache knows it now.
    fn recalls(&self, unit: &Unit, site: u16, object: Word, access: Access) -> bool {
        let header = self.live(object).header();
        header.is_some_and(|header| {
            self.cx().recall(unit.cache(site), header.shape(), unit.site_name(site), access)
        })
    }

    /// `LoadMethod`, when the inline cache does not know: fills both registers, or leaves a bound value to come.
    pub(crate) fn load_method_op(&mut self, base: usize, object: Word, site: u16) -> MethodLoad {
        let unit = self.frame().unit;
        // SAFETY: units live as long as the machine.
        let unit = unsafe { &*unit };
        let name = unit.site_name(site);
        let is_super = self.live(object).kind() == Some(Kind::Super);
        if !is_super && self.recalls(unit, site, object, Access::Load) {
            let loaded = match cached_attribute(self, unit, object, site) {
                Attribute::Method(function) => Some([function, object]),
                Attribute::Value(word) => Some([Word::NONE_AT_ALL, word]),
                Attribute::Getter(_) | Attribute::Unknown => None,
            };
            if let Some([function, receiver]) = loaded {
                self.set(base, function);
                self.set(base + 1, receiver);
                return MethodLoad::Loaded;
            }
        }
        let cx = self.cx();
        let value = self.live(object);
        if !is_super {
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
        // SAFETY: units live as long as the machine.
        let unit = unsafe { &*self.frame().unit };
        let name = unit.site_name(site);
        let before = self.live(object).header().map(Header::shape);
        let generation = self.cx().world().class_generation();
        if self.recalls(unit, site, object, Access::Store)
            && let Some(instance) = instance_at(object)
            && fast_set_attribute(self, unit, instance, value, site)
        {
            return Flow::Done(Word::NONE);
        }
        let flow = self.set_attribute(object, name.word(), value, Cont::Discard);
        let cx = self.cx();
        let target = self.live(object);
        if matches!(flow, Flow::Done(_))
            && target.kind() == Some(Kind::Instance)
            && !cx.class_of(target).has(class_flag::CUSTOM_SETATTR)
            && let Some(instance) = instance_of(target)
            && let shape = instance.header().shape()
            && let Some(word) = instance.cached_word(cx, shape, name)
            && !cx
                .class_of(target)
                .lookup(cx, name)
                .is_some_and(|meta| is_data_descriptor(cx, meta) && !is_slot_member(meta))
        {
            let key = match before {
                Some(before) if cx.world().shapes.usual_extension(before, name) == Some(shape) => {
                    unit.cache(site).fill(before, word, Cached::Extend);
                    before
                }
                _ => {
                    unit.cache(site).fill(shape, word, Cached::Slot);
                    shape
                }
            };
            forget_if_outdated(cx, unit.cache(site), generation);
            cx.remember(unit.cache(site), key, name, Access::Store, generation);
        }
        flow
    }
}
