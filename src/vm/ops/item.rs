//! Items: `a[i]`, `a[i] = v`, `del a[i]`, `x in a`.

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::{Builtin, Raised, sequence};

use crate::vm::fast::{fast_contains, fast_set_dict_item};
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `object[key]`; the result goes where `cont` says.
    pub(crate) fn get_item(&mut self, object: Word, key: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let (container, index) = (self.live(object), self.live(key));
        let class = cx.class_of(container);
        if !class.has(class_flag::CUSTOM_ITEM) {
            match sequence::get_item(cx, container, index) {
                Ok(Some(value)) => return Flow::Done(value.word()),
                Ok(None) => {}
                Err(Raised) if cx.take_needs_code() => {
                    return self.call_prelude("getitem", &[object, key], cont);
                }
                Err(Raised) => return Flow::Raised,
            }
        }
        if let Some(method) = class.lookup_str(cx, "__getitem__").map(Value::word) {
            return self.call_special(method, object, &[key], cont);
        }
        if let Some(target) = container.get::<Type>().filter(|_| container.kind() == Some(Kind::Type)) {
            if let Ok(found) = super::attr::find(cx, container, cx.intern("__class_getitem__"))
                && let super::attr::Found::Method(function, receiver) = found
            {
                let (function, receiver) = (function.word(), receiver.word());
                return self.call_with(function, &[receiver, key], cont);
            }
            if target.is(Builtin::Type) {
                return self.call_prelude("generic_alias", &[object, key], cont);
            }
            cx.type_error(format_args!("type '{}' is not subscriptable", target.name_str()));
            return Flow::Raised;
        }
        cx.type_error(format_args!("'{}' object is not subscriptable", cx.type_name(container)));
        Flow::Raised
    }

    /// `object[key] = value`
    pub(crate) fn set_item(&mut self, object: Word, key: Word, value: Word, cont: Cont) -> Flow {
        if fast_set_dict_item(self.cx(), object, self.live(key), self.live(value)) {
            return Flow::Done(Word::NONE);
        }
        self.set_item_slow(object, key, value, cont)
    }

    #[inline(never)]
    fn set_item_slow(&mut self, object: Word, key: Word, value: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let container = self.live(object);
        let class = cx.class_of(container);
        if !class.has(class_flag::CUSTOM_ITEM) {
            match sequence::set_item(cx, container, self.live(key), self.live(value)) {
                Ok(true) => return Flow::Done(Word::NONE),
                Ok(false) => {}
                Err(Raised) if cx.take_needs_code() => {
                    return self.call_prelude("setitem", &[object, key, value], cont);
                }
                Err(Raised) => return Flow::Raised,
            }
        }
        match class.lookup_str(cx, "__setitem__").map(Value::word) {
            Some(method) => self.call_special(method, object, &[key, value], cont),
            None => {
                cx.type_error(format_args!(
                    "'{}' object does not support item assignment",
                    cx.type_name(container)
                ));
                Flow::Raised
            }
        }
    }

    /// `del object[key]`
    pub(crate) fn del_item(&mut self, object: Word, key: Word, cont: Cont) -> Flow {
        let cx = self.cx();
        let container = self.live(object);
        let class = cx.class_of(container);
        if !class.has(class_flag::CUSTOM_ITEM) {
            match sequence::del_item(cx, container, self.live(key)) {
                Ok(true) => return Flow::Done(Word::NONE),
                Ok(false) => {}
                Err(Raised) if cx.take_needs_code() => {
                    return self.call_prelude("delitem", &[object, key], cont);
                }
                Err(Raised) => return Flow::Raised,
            }
        }
        match class.lookup_str(cx, "__delitem__").map(Value::word) {
            Some(method) => self.call_special(method, object, &[key], cont),
            None => {
                cx.type_error(format_args!(
                    "'{}' object doesn't support item deletion",
                    cx.type_name(container)
                ));
                Flow::Raised
            }
        }
    }

    /// `item in container`: what `__contains__` returns, whose truth counts.
    pub(crate) fn contains(&mut self, item: Word, container: Word) -> Flow {
        if let Some(found) = fast_contains(self.cx(), container, self.live(item)) {
            return Flow::Done(Word::bool(found));
        }
        self.contains_slow(item, container)
    }

    #[inline(never)]
    fn contains_slow(&mut self, item: Word, container: Word) -> Flow {
        let cx = self.cx();
        let value = self.live(container);
        let class = cx.class_of(value);
        if !class.has(class_flag::CUSTOM_ITEM | class_flag::CUSTOM_ITER) {
            match sequence::contains(cx, value, self.live(item)) {
                Ok(Some(found)) => return Flow::Done(Word::bool(found)),
                Ok(None) => {}
                Err(Raised) if cx.take_needs_code() => {
                    return self.call_prelude("contains", &[container, item], Cont::Op(Stage::Twin));
                }
                Err(Raised) => return Flow::Raised,
            }
        }
        match class.lookup_str(cx, "__contains__") {
            Some(method) if !method.is_none() => {
                let method = method.word();
                self.call_special(method, container, &[item], Cont::Op(Stage::Twin))
            }
            Some(_) => {
                cx.type_error(format_args!("'{}' object is not a container", cx.type_name(value)));
                Flow::Raised
            }
            None => self.call_prelude("contains_by_iteration", &[container, item], Cont::Op(Stage::Twin)),
        }
    }
}
