//! Running a program in a machine: its file, its threads, its end.

use std::sync::Arc;

use minipy_compiler::Code;

use crate::heap::{Value, Word};
use crate::value::dict::Dict;
use crate::value::function::{BoundMethod, Function};
use crate::value::lazy_unit::Origin;
use crate::value::record::Module;
use crate::value::unit::Unit;
use crate::value::{Builtin, Raised};

use super::host::Stream;
use super::machine::Vm;
use super::thread::Thread;
use super::traceback::report_uncaught;

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
            let unit = Vm::load(cx, Origin::Code(code.clone()), false);
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

    /// Calls a function of the main module without arguments and drops the result: for those who have a program loaded and
    /// run a part of it again and again, such as the benches.
    ///
    /// # Errors
    /// The exception that leaves it is pending; `NameError` where there is no such global.
    pub fn call_global(&mut self, name: &str) -> Result<(), Raised> {
        match self.main_global(name) {
            Some(function) => self.call_sync(function, &[]).map(drop),
            None => Err(self.cx().raise(Builtin::NameError, format_args!("name '{name}' is not defined"))),
        }
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

    /// Runs a program from its file to its end: the top level, then perhaps threads, then what waits for the end. Returns
    /// the exit status.
    ///
    /// # Errors
    /// Where the program lacks the function that the threads are to run.
    pub fn run_program(&mut self, code: &Arc<Code>, program: &Launch<'_>) -> Result<i32, NoEntry> {
        let mut status = self.outcome_of(|thread| thread.run_module(code, program.module, program.file));
        if let (0, Some((count, entry))) = (status, program.threads) {
            match self.main_global(entry) {
                Some(entry) => status = self.outcome_of_threads(entry, count),
                None => {
                    self.end();
                    return Err(NoEntry);
                }
            }
        }
        let end = self.end();
        Ok(if status == 0 { end } else { status })
    }

    fn outcome_of_threads(&mut self, entry: Word, count: u32) -> i32 {
        let takes_index = self.takes_a_parameter(entry);
        let args = [entry, Word::small(count.into()), Word::bool(takes_index)];
        let mut all_well = true;
        let status = self.outcome_of(|thread| {
            all_well = thread.call_library("_launch", "run", &args)? == Word::TRUE;
            match thread.main_global("report") {
                Some(report) => thread.call_sync(report, &[]).map(drop),
                None => Ok(()),
            }
        });
        if status == 0 && !all_well { 1 } else { status }
    }

    fn takes_a_parameter(&self, function: Word) -> bool {
        let value = self.live(function);
        let bound = value.get::<BoundMethod>().map(BoundMethod::function);
        match bound.unwrap_or(value).get::<Function>() {
            Some(function) => {
                let Ok(Unit { code, .. }) = function.unit(self.cx()) else {
                    // The call will say what is wrong.
                    self.cx().take_pending();
                    return true;
                };
                code.has_varargs || code.arg_count as usize > usize::from(bound.is_some())
            }
            None => true,
        }
    }

    /// Runs a part of the program; an exception that leaves it is reported. Returns the exit status.
    fn outcome_of(&mut self, part: impl FnOnce(&mut Thread) -> Result<(), Raised>) -> i32 {
        match part(self) {
            Ok(()) => 0,
            Err(Raised) => {
                let Some(exception) = self.cx().take_pending().map(Value::word) else { return 1 };
                let (text, status) = report_uncaught(self, exception);
                self.vm().flush_files();
                // Nobody is left to be told that standard error is closed.
                let _ = self.vm().host.write(Stream::Err, text.into_bytes())();
                status
            }
        }
    }

    /// What waits for the end of the program: threads that are no daemons, buffers. Returns the exit status.
    fn end(&mut self) -> i32 {
        let mut status = 0;
        loop {
            let Some(function) = self.vm().at_exit.write().pop() else { break };
            let outcome = self.outcome_of(|thread| thread.call_sync(function, &[]).map(drop));
            status = if status == 0 { outcome } else { status };
        }
        self.vm().flush_files();
        self.vm().host.close();
        status
    }
}

/// A program to run.
pub struct Launch<'a> {
    /// Its `__name__`.
    pub module: &'a str,
    /// Its `__file__`.
    pub file: &'a str,
    /// With `--threads`: how many threads run which function.
    pub threads: Option<(u32, &'a str)>,
}

/// The program lacks the function that the threads are to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoEntry;
