//! The prelude: the part of the library that serves the machine itself. Its functions are many and a program needs few of
//! them, so each is made when it is first asked for by its name, by native code or by another one. It must not know what they
//! do.

use std::sync::{Arc, OnceLock};

use minipy_compiler::{Archive, PackedDefinition};
use minipy_grammar::Source;
use rustc_hash::FxHashMap;

use crate::heap::{Value, Word};
use crate::value::dict::Dict;
use crate::value::function::{Function, FunctionPart, Native};
use crate::value::lazy_unit::{Origin, constant};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res};

use super::machine::Vm;
use super::script::Script;

/// The prelude of a machine.
pub(super) struct Prelude {
    /// What has been made of it: a permanent dict.
    globals: Word,
    /// The numbers of the native functions that only it sees.
    natives: FxHashMap<&'static str, u32>,
    definitions: Archive<'static>,
    chapters: &'static [(&'static str, Script)],
    sources: Box<[OnceLock<Arc<Source>>]>,
}

impl Prelude {
    /// A prelude of which nothing is made.
    pub(super) fn new(
        cx: &Context,
        chapters: &'static [(&'static str, Script)],
        definitions: Archive<'static>,
        natives: FxHashMap<&'static str, u32>,
    ) -> Prelude {
        let globals = Value::object(Dict::new(cx));
        cx.world().keep(globals);
        let sources = chapters.iter().map(|_| OnceLock::new()).collect();
        Prelude { globals: globals.word(), natives, definitions, chapters, sources }
    }

    /// What has been made of it, by name.
    pub(super) fn globals(&self) -> &Dict {
        // SAFETY: the dict is made with the prelude and permanent.
        unsafe { &*self.globals.address().cast::<Dict>() }
    }

    /// What an interned name stands for, made now if it is asked for the first time.
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn get<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        match self.globals().get(cx, name)? {
            None => self.make(cx, name),
            found => Ok(found),
        }
    }

    #[cold]
    fn make<'t>(&'t self, cx: &'t Context, name: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
        let Some(text) = name.get::<Str>().and_then(Str::as_str) else { return Ok(None) };
        let made = match self.natives.get(text) {
            Some(number) => Value::object(Native::new(cx, Builtin::Native, *number, None, None)),
            None => {
                let found = self.definitions.find(text, |chapter| self.source(chapter));
                match found.map_err(|_| cx.raise(Builtin::SystemError, BUILT_BY_ANOTHER))? {
                    Some(definition) => self.function(cx, definition)?,
                    None => return Ok(None),
                }
            }
        };
        // Another thread may have been faster: there is one function of a name.
        self.globals().get_or_set(cx, name, made).map(Some)
    }

    fn function<'t>(&'t self, cx: &'t Context, definition: PackedDefinition<'static>) -> Res<'t> {
        let PackedDefinition { defaults, code } = definition;
        let function = Function::new(cx, Vm::load(cx, Origin::Packed(code), true), self.globals());
        if let Some(defaults) = defaults {
            let defaults = constant(cx, &defaults)?;
            function.set_part(cx, FunctionPart::Defaults, Some(defaults));
        }
        Ok(Value::object(function))
    }

    /// The text of a chapter.
    pub(super) fn source(&self, chapter: &str) -> Option<Arc<Source>> {
        let place = self.chapters.iter().position(|(name, _)| *name == chapter)?;
        Some(self.sources[place].get_or_init(|| self.chapters[place].1.source(chapter)).clone())
    }
}

/// Complaint about code that does not fit the compiler that is built in.
pub(super) const BUILT_BY_ANOTHER: &str = "the library was built by another compiler";
