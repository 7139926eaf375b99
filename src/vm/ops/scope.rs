//! Names: globals, built-ins, class bodies, cells.

use minipy_compiler::op::Op;

use crate::heap::{Kind, Value, Word};
use crate::value::dict::{Dict, Place};
use crate::value::exception::Exception;
use crate::value::function::Cell;
use crate::value::str::Str;
use crate::value::unit::{Cached, Unit};
use crate::value::{Builtin, Context, Raised};

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    fn unit(&self) -> &'static Unit {
        // SAFETY: units live as long as the machine, which outlives the borrow of the thread.
        unsafe { &*self.frame().unit }
    }

    /// `LoadGlobal` when its inline cache does not know.
    pub(crate) fn load_global_op(&mut self, site: u16) -> Flow {
        let unit = self.unit();
        let name = unit.site_name(site);
        let cx = self.cx();
        let globals = self.frame().function().globals();
        let place = globals.cache_place(cx, name);
        if let Ok(Some(value)) = globals.get(cx, name) {
            if let Ok(Some(Place::At { table, entry })) = place {
                unit.cache(site).fill(table, entry, Cached::Global);
            }
            return Flow::Done(value.word());
        }
        if self.vm().is_prelude(globals) {
            match self.vm().from_prelude(cx, name) {
                Ok(None) => {}
                Ok(Some(value)) => return Flow::Done(value.word()),
                Err(Raised) => return Flow::Raised,
            }
        }
        let builtins = self.vm().builtins();
        if let Ok(Some(Place::Absent { keys })) = place
            && let Ok(Some(Place::At { entry, .. })) = builtins.cache_place(cx, name)
        {
            unit.cache(site).fill(keys, entry, Cached::Builtin);
        }
        match builtins.get(cx, name) {
            Ok(Some(value)) => Flow::Done(value.word()),
            Ok(None) => {
                unknown_name(cx, name);
                Flow::Raised
            }
            Err(Raised) => Flow::Raised,
        }
    }

    /// `StoreGlobal` when its inline cache does not know.
    pub(crate) fn store_global_op(&mut self, site: u16, word: Word) -> Flow {
        let unit = self.unit();
        let name = unit.site_name(site);
        let cx = self.cx();
        let globals = self.frame().function().globals();
        if globals.set(cx, name, self.live(word)).is_err() {
            return Flow::Raised;
        }
        // What it knew of a name that was removed is true again.
        let (key, _, kind) = unit.cache(site).load();
        let knows = kind == Cached::Global as u8 && globals.table().is_some_and(|table| table.id() == key);
        if !knows && let Ok(Some(Place::At { table, entry })) = globals.cache_place(cx, name) {
            unit.cache(site).fill(table, entry, Cached::Global);
        }
        Flow::Done(Word::NONE)
    }

    /// The rarer ops on names at the program counter.
    pub(crate) fn name_op(&mut self) -> Flow {
        let unit = self.unit();
        match self.frame().op() {
            Op::DeleteGlobal { site } => {
                let name = unit.site_name(site.0);
                let cx = self.cx();
                match self.frame().function().globals().remove(cx, name) {
                    Ok(Some(_)) => Flow::Done(Word::NONE),
                    Ok(None) => {
                        unknown_name(cx, name);
                        Flow::Raised
                    }
                    Err(Raised) => Flow::Raised,
                }
            }
            Op::LoadName { ns, site, .. } => {
                let name = unit.site_name(site.0);
                match self.in_namespace(self.reg(ns), name) {
                    Ok(Some(word)) => Flow::Done(word),
                    Ok(None) => self.load_global_op(site.0),
                    Err(Raised) => Flow::Raised,
                }
            }
            Op::LoadNameOrFree { ns, free, .. } => {
                match self.in_namespace(self.reg(ns), unit.free_name(free.0)) {
                    Ok(Some(word)) => Flow::Done(word),
                    Ok(None) => self.load_free(free.0),
                    Err(Raised) => Flow::Raised,
                }
            }
            Op::StoreName { ns, src, name } => {
                let (namespace, value) = (self.reg(ns), self.reg(src));
                self.set_item(namespace, unit.name_at(name.0).word(), value, Cont::Discard)
            }
            Op::DeleteName { ns, name } => {
                let name = unit.name_at(name.0);
                let (cx, namespace) = (self.cx(), self.reg(ns));
                let Some(dict) = plain_dict(self.live(namespace)) else {
                    return self.call_prelude("namespace_delete", &[namespace, name.word()], Cont::Discard);
                };
                match dict.remove(cx, name) {
                    Ok(Some(_)) => Flow::Done(Word::NONE),
                    Ok(None) => {
                        unknown_name(cx, name);
                        Flow::Raised
                    }
                    Err(Raised) => Flow::Raised,
                }
            }
            Op::LoadAnnotations { ns, .. } => {
                let (cx, namespace) = (self.cx(), self.reg(ns));
                let key = cx.intern("__annotations__");
                let Some(dict) = plain_dict(self.live(namespace)) else {
                    return self.call_prelude("namespace_annotations", &[namespace], Cont::Op(Stage::Twin));
                };
                match dict.get(cx, key) {
                    Ok(Some(found)) => Flow::Done(found.word()),
                    _ => Flow::of(dict.get_or_set(cx, key, Value::object(Dict::new(cx)))),
                }
            }
            _ => Flow::Raised,
        }
    }

    fn in_namespace(&mut self, namespace: Word, name: Value<'_>) -> Result<Option<Word>, Raised> {
        let cx = self.cx();
        match plain_dict(self.live(namespace)) {
            Some(dict) => Ok(dict.get(cx, name)?.map(Value::word)),
            None => {
                let name = name.word();
                self.mapping_get(namespace, name)
            }
        }
    }

    /// The item of a mapping written in the language (`__prepare__` may give one).
    fn mapping_get(&mut self, namespace: Word, name: Word) -> Result<Option<Word>, Raised> {
        let Some(function) = self.prelude_function("namespace_get") else { return Ok(None) };
        let found = self.call_sync(function, &[namespace, name])?;
        Ok((found != Value::NOT_IMPLEMENTED.word()).then_some(found))
    }

    /// The cell of a free variable.
    #[inline]
    pub(crate) fn free_cell(&self, free: u16) -> Option<&Cell> {
        self.frame().function().closure().get(free as usize)?.get::<Cell>()
    }

    /// `LoadFree`
    pub(crate) fn load_free(&self, free: u16) -> Flow {
        match self.free_cell(free).and_then(Cell::get) {
            Some(value) => Flow::Done(value.word()),
            None => {
                let cx = self.cx();
                let name = self.unit().free_name(free);
                let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
                let raised = cx.raise(
                    Builtin::NameError,
                    format_args!(
                        "cannot access free variable '{text}' where it is not associated with a value in enclosing scope"
                    ),
                );
                with_name(cx, raised, name);
                Flow::Raised
            }
        }
    }

    /// `UnboundLocalError` for the name with this index.
    #[cold]
    pub(crate) fn unbound_local(&self, name: u16) -> Flow {
        let cx = self.cx();
        let name = self.unit().name_at(name);
        let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
        let raised = cx.raise(
            Builtin::UnboundLocalError,
            format_args!("cannot access local variable '{text}' where it is not associated with a value"),
        );
        with_name(cx, raised, name);
        Flow::Raised
    }
}

/// A namespace that is a dict and of no subclass, which could say `__missing__`.
fn plain_dict(namespace: Value<'_>) -> Option<&Dict> {
    namespace.get::<Dict>().filter(|_| namespace.kind() == Some(Kind::Dict))
}

/// `NameError`
#[cold]
fn unknown_name(cx: &Context, name: Value<'_>) -> Raised {
    let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
    let raised = cx.raise(Builtin::NameError, format_args!("name '{text}' is not defined"));
    with_name(cx, raised, name)
}

/// Sets the `name` of the pending `NameError`.
fn with_name(cx: &Context, raised: Raised, name: Value<'_>) -> Raised {
    if let Some(pending) = cx.take_pending() {
        if let Some(exception) = pending.get::<Exception>() {
            let _ = exception.set_attribute(cx, "name", name);
        }
        cx.raise_value(pending);
    }
    raised
}
