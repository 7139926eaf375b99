//! Rows of native functions: a name with its parameters in Python's own notation, and what runs.
//!
//! A *leaf* gets the thread's [`Context`] only, so it cannot call code of the language: what it holds stays alive. Where an
//! operand's class is written in the language it says [`Context::needs_code`] before it has changed anything, and the
//! machine calls the row's *twin*, a function of the prelude with the same parameters. A *threaded* function gets the
//! thread itself, can push frames and can ask its host to wait.

use crate::heap::Value;
use crate::value::{Context, Res};

use super::call::Arguments;
use super::frame::Cont;
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

/// A native function that works on the thread and takes any arguments, which it looks at itself.
pub type Raw = fn(&mut Thread, Arguments, Cont) -> Flow;

/// What a row runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// Without calling back.
    Leaf(Leaf),
    /// On the thread.
    Threaded(Threaded),
    /// On the thread, with the arguments just as they were given.
    Raw(Raw),
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

/// Which calls by position a native function takes just as they stand: all but the wrong and the involved ones. It is
/// computed where the row is written, so that a machine reads signatures only of functions that are called otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fit {
    least: u16,
    most: u16,
    places: u16,
}

impl Fit {
    /// The fit of a signature.
    const fn of(signature: &str) -> Fit {
        let text = signature.as_bytes();
        let mut at = name_length(signature);
        if at == text.len() {
            // An attribute: the receiver and perhaps a value.
            return Fit { least: 1, most: 2, places: 2 };
        }
        let mut fit = Fit { least: 0, most: 0, places: 0 };
        let (mut keyword_only, mut plain) = (false, true);
        while text[at] != b')' {
            at += 1;
            while text[at] == b' ' {
                at += 1;
            }
            let (end, has_default) = parameter(text, at);
            let stars = (text[at] == b'*') as usize;
            keyword_only |= stars == 1 && text[at + 1] != b'*';
            if end > at + stars && text[at] != b'/' {
                fit.places += 1;
                if stars > 0 {
                    plain = false;
                } else if keyword_only {
                    plain &= has_default;
                } else {
                    fit.most += 1;
                    fit.least += !has_default as u16;
                }
            }
            at = end;
        }
        if !plain {
            (fit.least, fit.most) = (1, 0);
        }
        fit
    }

    /// How many arguments by position a call has at least, and how many more it may have; no call has so many where a call is
    /// always an involved one.
    pub(super) fn range(self) -> (u16, u16) {
        match self.most.checked_sub(self.least) {
            Some(spare) => (self.least, spare),
            None => (u16::MAX, 0),
        }
    }

    /// Whether `count` arguments by position fill the first places just as they stand.
    #[inline(always)]
    pub fn takes(self, count: usize) -> bool {
        count >= self.least as usize && count <= self.most as usize
    }

    /// How many places a call fills.
    #[inline(always)]
    pub fn places(self) -> usize {
        self.places as usize
    }
}

/// Where the parameters begin.
const fn name_length(signature: &str) -> usize {
    let text = signature.as_bytes();
    let mut at = 0;
    while at < text.len() && text[at] != b'(' {
        at += 1;
    }
    at
}

/// Where the parameter ends that begins at `at`: at its comma or the last parenthesis; and whether it has a default.
const fn parameter(text: &[u8], mut at: usize) -> (usize, bool) {
    let (mut has_default, mut depth, mut quote) = (false, 0, 0);
    loop {
        match text[at] {
            byte if quote != 0 => quote = if byte == quote { 0 } else { quote },
            byte @ (b'\'' | b'"') => quote = byte,
            b'(' | b'[' | b'{' => depth += 1,
            b',' | b')' if depth == 0 => return (at, has_default),
            b')' | b']' | b'}' => depth -= 1,
            byte => has_default |= byte == b'=',
        }
        at += 1;
    }
}

/// A native function.
#[derive(Clone, Copy)]
pub struct Row {
    /// Name and parameters: `"append(self, object, /)"`.
    pub signature: &'static str,
    /// The name in front of the parameters.
    pub name: &'static str,
    /// Which calls it takes as they stand.
    pub fit: Fit,
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
    const fn new(signature: &'static str, run: Run, binding: Binding) -> Row {
        Row {
            signature,
            name: signature.split_at(name_length(signature)).0,
            fit: Fit::of(signature),
            run,
            twin: None,
            arity: Arity::Usual,
            binding,
            keyword_owner: None,
            doc: "",
        }
    }

    /// A leaf.
    pub const fn leaf(signature: &'static str, run: Leaf) -> Row {
        Row::new(signature, Run::Leaf(run), Binding::Method)
    }

    /// A threaded function.
    pub const fn threaded(signature: &'static str, run: Threaded) -> Row {
        Row::new(signature, Run::Threaded(run), Binding::Method)
    }

    /// A function that looks at its arguments itself; its signature has `*args` and `**kwargs`.
    pub const fn raw(signature: &'static str, run: Raw) -> Row {
        Row::new(signature, Run::Raw(run), Binding::Method)
    }

    /// A computed attribute.
    pub const fn getter(name: &'static str, run: Leaf) -> Row {
        Row::new(name, Run::Leaf(run), Binding::Getter)
    }

    /// How a computed attribute is set.
    pub const fn setter(name: &'static str, run: Leaf) -> Row {
        Row::new(name, Run::Leaf(run), Binding::Setter)
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

    /// Whether it is a method of a class that is no special one.
    pub(super) fn is_ordinary_method(&self) -> bool {
        self.binding == Binding::Method && !self.name.starts_with("__")
    }

    /// Bound to nothing.
    pub const fn static_method(mut self) -> Row {
        self.binding = Binding::Static;
        self
    }
}
