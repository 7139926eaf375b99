//! The prelude: the part of the library that serves the machine itself. Its functions and classes are many and a program needs
//! few of them, so each is made when it is first asked for by its name, by native code or by another one: by its recipe, without
//! running anything. It must not know what they do.

use std::sync::{Arc, OnceLock};

use minipy_compiler::{Archive, ClassRecipe, Packed, PackedRecipe, Recipe, Wrapper};
use minipy_grammar::Source;
use rustc_hash::FxHashMap;

use crate::heap::{Value, Word};
use crate::value::class::{ClassParts, Type};
use crate::value::dict::Dict;
use crate::value::function::{Function, FunctionPart, Native};
use crate::value::lazy_unit::{Origin, constant};
use crate::value::record::{ClassMethod, StaticMethod};
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};

use super::machine::Vm;
use super::script::Script;

/// Functions of the built-ins that make things by recipes: `boot.rs` ties them in.
pub(super) struct Makers {
    /// A property of the functions that get, set and delete, and its documentation.
    pub(super) property: for<'t> fn(&'t Context, [Option<Value<'t>>; 4]) -> Res<'t>,
    /// A class that its bases do not know yet.
    pub(super) class: for<'t> fn(&'t Context, &ClassParts<'_, 't>) -> Result<&'t Type, Raised>,
    /// Tells the bases of a new class of it.
    pub(super) announce: fn(&Context, &Type) -> Result<(), Raised>,
}

/// The prelude of a machine.
pub(super) struct Prelude {
    /// What has been made of it: a permanent dict.
    globals: Word,
    /// The numbers of the native functions that only it sees.
    natives: FxHashMap<&'static str, u32>,
    definitions: Archive<'static>,
    makers: Makers,
    chapters: &'static [(&'static str, Script)],
    sources: Box<[OnceLock<Arc<Source>>]>,
}

impl Prelude {
    /// A prelude of which nothing is made.
    pub(super) fn new(
        cx: &Context,
        chapters: &'static [(&'static str, Script)],
        definitions: Archive<'static>,
        makers: Makers,
        natives: FxHashMap<&'static str, u32>,
    ) -> Prelude {
        let globals = Value::object(Dict::new(cx));
        cx.world().keep(globals);
        let sources = chapters.iter().map(|_| OnceLock::new()).collect();
        Prelude { globals: globals.word(), natives, definitions, makers, chapters, sources }
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
                    Some(recipe) => self.value(cx, recipe, None)?,
                    None => return Ok(None),
                }
            }
        };
        // Another thread may have been faster: there is one thing of a name.
        let known = self.globals().get_or_set(cx, name, made)?;
        if let Some(class) = made.get::<Type>().filter(|_| known.is(made)) {
            (self.makers.announce)(cx, class)?;
        }
        Ok(Some(known))
    }

    /// What a recipe makes; `body` is the namespace of the class that it is in.
    fn value<'t>(
        &'t self,
        cx: &'t Context,
        recipe: PackedRecipe<'static>,
        body: Option<&'t Dict>,
    ) -> Res<'t> {
        Ok(match recipe {
            Recipe::Const(value) => constant(cx, &value)?,
            Recipe::Named(name) => self.named(cx, name, body)?,
            Recipe::Tuple(items) => {
                let items = items.into_iter().map(|item| self.value(cx, item, body));
                cx.tuple(&items.collect::<Result<Vec<_>, _>>()?)?
            }
            Recipe::Function { code, defaults } => {
                let function = Function::new(cx, Vm::load(cx, Origin::Packed(code), true), self.globals());
                if let Some(defaults) = defaults {
                    let defaults = self.value(cx, *defaults, body)?;
                    function.set_part(cx, FunctionPart::Defaults, Some(defaults));
                }
                Value::object(function)
            }
            Recipe::Wrapped(wrapper, wrapped) => {
                let function = Some(self.value(cx, *wrapped, body)?);
                match wrapper {
                    Wrapper::Property => (self.makers.property)(cx, [function, None, None, None])?,
                    Wrapper::ClassMethod => {
                        Value::object(ClassMethod::new(cx, Builtin::ClassMethod, function))
                    }
                    Wrapper::StaticMethod => {
                        Value::object(StaticMethod::new(cx, Builtin::StaticMethod, function))
                    }
                }
            }
            Recipe::Class(recipe) => Value::object(self.class(cx, recipe)?),
        })
    }

    fn class<'t>(
        &'t self,
        cx: &'t Context,
        recipe: ClassRecipe<Packed<'static>, &'static str>,
    ) -> Result<&'t Type, Raised> {
        let bases = recipe.bases.iter().map(|base| self.named(cx, base, None));
        let bases = bases.collect::<Result<Vec<_>, _>>()?;
        let namespace = Dict::new(cx);
        for (name, member) in recipe.members {
            namespace.set(cx, cx.intern(name), self.value(cx, member, Some(namespace))?)?;
        }
        let slots = namespace.get_name(cx, "__slots__");
        (self.makers.class)(
            cx,
            &ClassParts {
                metaclass: cx.class(Builtin::Type),
                name: cx.intern(recipe.name),
                bases: &bases,
                namespace,
                slots: slots.and_then(|slots| slots.get::<Tuple>()).map(Tuple::items),
                attribute_hint: recipe.attribute_hint,
            },
        )
    }

    fn named<'t>(&'t self, cx: &'t Context, name: &str, body: Option<&'t Dict>) -> Res<'t> {
        let key = cx.intern(name);
        if let Some(body) = body
            && let Some(found) = body.get(cx, key)?
        {
            return Ok(found);
        }
        if let Some(found) = self.get(cx, key)? {
            return Ok(found);
        }
        let class = Builtin::ALL.iter().find(|class| class.name() == name);
        class
            .map(|class| Value::object(cx.class(*class)))
            .ok_or_else(|| cx.raise(Builtin::SystemError, format_args!("the library has no {name}")))
    }

    /// The text of a chapter.
    pub(super) fn source(&self, chapter: &str) -> Option<Arc<Source>> {
        let place = self.chapters.iter().position(|(name, _)| *name == chapter)?;
        Some(self.sources[place].get_or_init(|| self.chapters[place].1.source(chapter)).clone())
    }
}

/// Complaint about code that does not fit the compiler that is built in.
pub(super) const BUILT_BY_ANOTHER: &str = "the library was built by another compiler";
