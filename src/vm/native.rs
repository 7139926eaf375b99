//! Rows of native functions: a name with its parameters in Python's own notation, and what runs.
//!
//! A *leaf* gets the thread's [`Context`] only, so it cannot call code of the language: what it holds stays alive. Where an
//! operand's class is written in the language it says [`Context::needs_code`] before it has changed anything, and the
//! machine calls the row's *twin*, a function of the prelude with the same parameters. A *threaded* function gets the
//! thread itself, can push frames and can ask its host to wait.

use crate::heap::Value;
use crate::value::{Context, Res};

use super::thread::{Call, Flow, Thread};

/// What a leaf is given: one place for each parameter, in the order of the signature, empty where an optional one was not
/// given; a tuple for `*args`, a dict for `**kwargs`.
#[derive(Clone, Copy)]
pub struct Args<'t>(&'t [Option<Value<'t>>]);

impl<'t> Args<'t> {
    /// Wraps the places.
    #[inline(always)]
    pub fn new(places: &'t [Option<Value<'t>>]) -> Args<'t> {
        Args(places)
    }

    /// An argument that the signature requires.
    #[inline(always)]
    pub fn at(self, index: usize) -> Value<'t> {
        match self.0.get(index) {
            Some(Some(value)) => *value,
            _ => Value::NONE,
        }
    }

    /// An optional argument.
    #[inline(always)]
    pub fn get(self, index: usize) -> Option<Value<'t>> {
        self.0.get(index).copied().flatten()
    }

    /// How many places there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// A native function that cannot call back.
pub type Leaf = for<'t> fn(&'t Context, Args<'t>) -> Res<'t>;
/// A native function that works on the thread.
pub type Threaded = fn(&mut Thread, &Call) -> Flow;

/// What a row runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// Without calling back.
    Leaf(Leaf),
    /// On the thread.
    Threaded(Threaded),
}

/// How a row of a class is bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// To the instance; the first parameter is `self`.
    Method,
    /// To the class; the first parameter is `cls`.
    Class,
    /// To nothing.
    Static,
    /// It is an attribute that is computed.
    Getter,
    /// It is how that attribute is set; the parameters are `self` and the value.
    Setter,
}

/// How CPython words that a native function was given a wrong number of arguments: it depends on how the function
/// takes them apart in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arity {
    /// As the parameters have it.
    Usual,
    /// These words, whatever was given.
    Fixed(&'static str),
    /// These words, if too few were given.
    Few(&'static str),
    /// `name expected 1 argument, got 2`: the arguments are a tuple that is taken apart.
    Unpacked,
    /// `name expected at most 2 arguments, got 3`: too many are counted before names are looked at.
    Counted,
}

/// A native function.
#[derive(Clone, Copy)]
pub struct Row {
    /// Name and parameters: `"append(self, object, /)"`.
    pub signature: &'static str,
    /// What runs.
    pub run: Run,
    /// The function of the prelude that does the same where code of the language is needed.
    pub twin: Option<&'static str>,
    /// How a wrong number of arguments is worded.
    pub arity: Arity,
    /// How it is bound.
    pub binding: Binding,
    /// The name that messages about keywords give, if it is another's: that of the function that is handed them.
    pub keyword_owner: Option<&'static str>,
    /// Its documentation.
    pub doc: &'static str,
}

impl Row {
    /// A leaf.
    pub const fn leaf(signature: &'static str, run: Leaf) -> Row {
        Row {
            signature,
            run: Run::Leaf(run),
            twin: None,
            arity: Arity::Usual,
            binding: Binding::Method,
            keyword_owner: None,
            doc: "",
        }
    }

    /// A threaded function.
    pub const fn threaded(signature: &'static str, run: Threaded) -> Row {
        Row {
            signature,
            run: Run::Threaded(run),
            twin: None,
            arity: Arity::Usual,
            binding: Binding::Method,
            keyword_owner: None,
            doc: "",
        }
    }

    /// A computed attribute.
    pub const fn getter(name: &'static str, run: Leaf) -> Row {
        Row {
            signature: name,
            run: Run::Leaf(run),
            twin: None,
            arity: Arity::Usual,
            binding: Binding::Getter,
            keyword_owner: None,
            doc: "",
        }
    }

    /// How a computed attribute is set.
    pub const fn setter(name: &'static str, run: Leaf) -> Row {
        Row {
            signature: name,
            run: Run::Leaf(run),
            twin: None,
            arity: Arity::Usual,
            binding: Binding::Setter,
            keyword_owner: None,
            doc: "",
        }
    }

    /// With a twin in the prelude.
    pub const fn twin(mut self, name: &'static str) -> Row {
        self.twin = Some(name);
        self
    }

    /// With its own wording of a wrong number of arguments.
    pub const fn arity(mut self, arity: Arity) -> Row {
        self.arity = arity;
        self
    }

    /// With the name of the function that is handed its keywords.
    pub const fn hands_keywords_to(mut self, name: &'static str) -> Row {
        self.keyword_owner = Some(name);
        self
    }

    /// With documentation.
    pub const fn doc(mut self, doc: &'static str) -> Row {
        self.doc = doc;
        self
    }

    /// Bound to the class.
    pub const fn class_method(mut self) -> Row {
        self.binding = Binding::Class;
        self
    }

    /// Bound to nothing.
    pub const fn static_method(mut self) -> Row {
        self.binding = Binding::Static;
        self
    }

    /// The name in front of the parameters.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or(self.signature)
    }
}
