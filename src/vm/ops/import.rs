//! Imports: native and embedded modules, and files of the program's own folder.

use minipy_compiler::CodeKind;
use minipy_compiler::op::Op;

use crate::heap::{Value, Word};
use crate::value::str::Str;
use crate::value::{Builtin, Raised};

use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

impl Thread {
    /// `ImportName` at the program counter.
    pub(crate) fn import_name_op(&mut self) -> Flow {
        let Op::ImportName { import, .. } = self.frame().op() else { return Flow::Raised };
        // SAFETY: units live as long as the machine.
        let unit = unsafe { &*self.frame().unit };
        let spec = &unit.code.imports[import.0 as usize];
        let cx = self.cx();
        if spec.level > 0 {
            cx.raise(Builtin::ImportError, "attempted relative import with no known parent package");
            return Flow::Raised;
        }
        let name = cx.intern(&spec.module).word();
        let want_last = Word::bool(spec.from.is_some());
        self.call_prelude("import_module", &[name, want_last], Cont::Op(Stage::Twin))
    }

    /// `ImportFrom` at the program counter.
    pub(crate) fn import_from_op(&mut self) -> Flow {
        let Op::ImportFrom { module, name, .. } = self.frame().op() else { return Flow::Raised };
        let module = self.reg(module);
        let cx = self.cx();
        let name = self.frame().unit().name_at(name.0);
        match super::attr::find(cx, self.live(module), name) {
            Ok(super::attr::Found::Value(value)) => Flow::Done(value.word()),
            Ok(_) => {
                let name = name.word();
                self.call_prelude("import_submodule", &[module, name], Cont::Op(Stage::Twin))
            }
            Err(Raised) => Flow::Raised,
        }
    }

    /// `ImportStar` at the program counter.
    pub(crate) fn import_star_op(&mut self) -> Flow {
        let Op::ImportStar { module } = self.frame().op() else { return Flow::Raised };
        if self.frame().unit().code.kind == CodeKind::Namespace {
            let namespace = self.get(self.frame().base as usize);
            return self.call_prelude("import_all", &[namespace, self.reg(module)], Cont::Discard);
        }
        let cx = self.cx();
        let module = self.live(self.reg(module));
        let Some(dict) = super::attr::module_dict(module) else { return Flow::Raised };
        let globals = self.frame().function().globals();
        let all = dict.get_name(cx, "__all__");
        let names: Vec<Value<'_>> = match all.map(|all| crate::value::drain::collect_native(cx, all)) {
            Some(Ok(Some(names))) => names,
            Some(Err(Raised)) => return Flow::Raised,
            _ => {
                let public = |name: &Value<'_>| {
                    name.get::<Str>().is_some_and(|name| !name.as_bytes().starts_with(b"_"))
                };
                dict.iter().map(|(name, _)| name).filter(public).collect()
            }
        };
        for name in names {
            let stored = match dict.get(cx, name) {
                Ok(Some(value)) => globals.set(cx, name, value),
                Ok(None) => Err(super::attr::missing(cx, module, name)),
                Err(Raised) => Err(Raised),
            };
            if stored.is_err() {
                return Flow::Raised;
            }
        }
        Flow::Done(Word::NONE)
    }
}
