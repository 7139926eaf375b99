//! Ops that are rare, or do so much that a detour does not matter.

use minipy_compiler::op::Op;

use crate::heap::{Value, Word};
use crate::value::Builtin;
use crate::value::function::Cell;
use crate::value::list::List;
use crate::value::slice::Slice;

use crate::vm::frame::Cont;
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// The rare op at the program counter.
    pub(crate) fn rare_op(&mut self) -> Flow {
        let op = self.frame().op();
        let base = self.frame().base as usize;
        match op {
            Op::LoadClosure { free, .. } => {
                Flow::Done(self.frame().function().closure()[free.0 as usize].word())
            }
            Op::LoadGlobals { .. } => Flow::Done(Value::object(self.frame().function().globals()).word()),
            Op::BuildSlice { base: first, .. } => {
                let [start, stop, step] =
                    [0, 1, 2].map(|part| self.live(self.get(base + first.0 as usize + part)));
                Flow::Done(Value::object(Slice::new(self.cx(), start, stop, step)).word())
            }
            Op::ListToTuple { src, .. } => {
                let cx = self.cx();
                let items =
                    self.live(self.reg(src)).get::<List>().map_or_else(Vec::new, |list| list.to_vec(cx));
                Flow::of(cx.tuple(&items))
            }
            Op::LoadLibrary { name, .. } => {
                let found = self.vm().from_prelude(self.cx(), self.frame().unit().name_at(name.0));
                Flow::of(found.map(|found| found.unwrap_or(Value::NONE)))
            }
            Op::LoadBuildClass { .. } => match self.vm().builtins().get_name(self.cx(), "__build_class__") {
                Some(function) => Flow::Done(function.word()),
                None => {
                    self.cx().raise(Builtin::NameError, "__build_class__ not found");
                    Flow::Raised
                }
            },
            Op::LoadAssertionError { .. } => {
                Flow::Done(Value::object(self.cx().class(Builtin::AssertionError)).word())
            }
            Op::LoadExcInfo { base: first, exc } => {
                for (part, word) in self.exc_info(self.reg(exc)).into_iter().enumerate() {
                    self.set(base + first.0 as usize + part, word);
                }
                Flow::Done(Word::NONE)
            }
            Op::ClearCell { cell, name } => self.clear_cell(self.reg(cell), name.0),
            Op::ClearFree { free } => match self.load_free(free.0) {
                Flow::Done(_) => {
                    if let Some(cell) = self.free_cell(free.0) {
                        cell.set(self.cx(), None);
                    }
                    Flow::Done(Word::NONE)
                }
                flow => flow,
            },
            Op::DelAttr { obj, site } => {
                let (object, name) = (self.reg(obj), self.frame().unit().site_name(site.0).word());
                self.set_attribute(object, name, Word::NONE_AT_ALL, Cont::Discard)
            }
            Op::DelItem { obj, key } => {
                let (object, key) = (self.reg(obj), self.reg(key));
                self.del_item(object, key, Cont::Discard)
            }
            Op::ImportFrom { .. } => self.import_from_op(),
            Op::ImportStar { .. } => self.import_star_op(),
            Op::PrepareWith { .. } => self.prepare_with_op(),
            Op::UnpackStar { .. } => self.unpack_op(None),
            _ => {
                self.cx().raise(Builtin::SystemError, format_args!("unknown op {}", op.name()));
                Flow::Raised
            }
        }
    }

    /// A new cell that holds this; it is empty if this is nothing.
    pub(crate) fn make_cell(&self, word: Word) -> Word {
        // SAFETY: the caller has the word from a register.
        Value::object(Cell::new(self.cx(), unsafe { word.value() })).word()
    }

    fn clear_cell(&self, cell: Word, name: u16) -> Flow {
        match self.live(cell).get::<Cell>().filter(|cell| cell.get().is_some()) {
            Some(cell) => {
                cell.set(self.cx(), None);
                Flow::Done(Word::NONE)
            }
            None => self.unbound_local(name),
        }
    }
}
