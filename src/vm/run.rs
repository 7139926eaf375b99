//! Running a program in a machine: its file, its threads, its end.

use std::sync::Arc;

use minipy_compiler::Code;

use crate::heap::{Value, Word};
use crate::value::dict::Dict;
use crate::value::function::Function;
use crate::value::record::Module;
use crate::value::{Builtin, Raised};

use super::machine::Vm;
use super::thread::Thread;

impl Thread {
    /// Runs a file's code as the module `name`: `__main__`, or with `--threads` the file's stem.
    ///
    /// # Errors
    /// The exception that leaves it is pending.
    pub fn run_module(&mut self, code: &Arc<Code>, name: &str, file: &str) -> Result<(), Raised> {
        let function = {
            let cx = self.cx();
            let dict = Dict::new(cx);
            let module = Value::object(Module::new(cx, Builtin::Module, Some(Value::object(dict))));
            let name_value = cx.intern(name);
            dict.set(cx, cx.intern("__name__"), name_value)?;
            dict.set(cx, cx.intern("__file__"), cx.str(file)?)?;
            dict.set(cx, cx.intern("__doc__"), Value::NONE)?;
            dict.set(cx, cx.intern("__builtins__"), Value::object(self.vm().builtins()))?;
            self.vm().modules().set(cx, cx.intern("__main__"), module)?;
            self.vm().modules().set(cx, name_value, module)?;
            let unit = Vm::load(cx, code, false)?;
            Value::object(Function::new(cx, unit, dict)).word()
        };
        self.call_sync(function, &[]).map(drop)
    }

    /// A global of the main module.
    pub fn main_global(&self, name: &str) -> Option<Word> {
        let cx = self.cx();
        let module = self.vm().modules().get_name(cx, "__main__")?;
        super::ops::attr::module_dict(module)?.get_name(cx, name).map(Value::word)
    }

    /// Calls what a name of a module of the library names.
    ///
    /// # Errors
    /// The exception that leaves it is pending.
    pub fn call_library(&mut self, module: &str, name: &str, args: &[Word]) -> Result<Word, Raised> {
        let import = self.prelude_function("import_module").ok_or(Raised)?;
        let module_name = self.cx().intern(module).word();
        let module = self.call_sync(import, &[module_name, Word::TRUE])?;
        let function = {
            let cx = self.cx();
            let dict = super::ops::attr::module_dict(self.live(module)).ok_or(Raised)?;
            match dict.get_name(cx, name) {
                Some(function) => function.word(),
                None => return Err(super::ops::attr::missing(cx, self.live(module), cx.intern(name))),
            }
        };
        self.call_sync(function, args)
    }

    /// The pending exception in one line, taken.
    pub fn describe_exception(&mut self) -> String {
        let cx = self.cx();
        let Some(error) = cx.take_pending() else { return String::new() };
        let text =
            crate::value::repr::repr(cx, error).ok().and_then(|text| text.get::<crate::value::str::Str>());
        let text = text.map(|text| text.lossy().into_owned()).unwrap_or_default();
        let lines: Vec<String> = {
            let mut lines = Vec::new();
            let mut entry = error
                .get::<crate::value::exception::Exception>()
                .and_then(|e| e.part(crate::value::exception::ExceptionPart::Traceback))
                .and_then(|t| t.get::<crate::value::exception::Traceback>());
            while let Some(at) = entry {
                lines.push(format!("  line {} in {}", at.line(), at.unit().code.name));
                entry = at.next();
            }
            lines
        };
        format!("{}\n{text}", lines.join("\n"))
    }

    /// The pending exception, taken.
    pub fn take_exception(&mut self) -> Option<Word> {
        self.cx().take_pending().map(Value::word)
    }
}
