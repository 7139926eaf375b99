//! What still recurses natively where a program decides how deep, each with its limit and what happens there. Everything
//! else pushes frames, loops, or goes as deep as a source text may nest, which the parser limits
//! ([`minipy_grammar::MAX_DEPTH`] and its neighbours; a deeper text is a `SyntaxError`).
//!
//! The collector does not recurse: it keeps a list of what is still to be looked at.

/// One of these recursions.
#[derive(Debug)]
pub struct Recursion {
    /// What recurses.
    pub what: &'static str,
    /// How deep it goes.
    pub limit: u32,
    /// What happens at the limit.
    pub outcome: Outcome,
}

/// What happens at the limit of a recursion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// `RecursionError: maximum recursion depth exceeded`, and these words behind it.
    Error(&'static str),
    /// It goes on in the language, where frames count against `sys.getrecursionlimit()`.
    Frames,
}

/// All of them. Those that count containers in containers share one count, since they reach each other.
pub const ALL: &[&Recursion] =
    &[&COMPARISON, &HASH, &REPR, &INSTANCE_CHECK, &SUBCLASS_CHECK, &ITERATORS, &CALLABLES, &CALLS];

/// `==` and `<` of lists, tuples, dicts and other containers in each other.
pub const COMPARISON: Recursion =
    Recursion { what: "comparison", limit: 1000, outcome: Outcome::Error(" in comparison") };
/// The hash of tuples and slices in each other.
pub const HASH: Recursion = Recursion { what: "hash", limit: 1000, outcome: Outcome::Error("") };
/// `repr` and `str` of containers, exceptions and descriptors in each other.
pub const REPR: Recursion =
    Recursion { what: "repr", limit: 1000, outcome: Outcome::Error(" while getting the repr of an object") };
/// `isinstance` with tuples in tuples.
pub const INSTANCE_CHECK: Recursion =
    Recursion { what: "isinstance", limit: 1000, outcome: Outcome::Error(" in __instancecheck__") };
/// `issubclass` with tuples in tuples.
pub const SUBCLASS_CHECK: Recursion =
    Recursion { what: "issubclass", limit: 1000, outcome: Outcome::Error(" in __subclasscheck__") };
/// `enumerate` and `zip` objects that read from each other.
pub const ITERATORS: Recursion = Recursion { what: "enumerate and zip", limit: 50, outcome: Outcome::Frames };
/// Methods bound to methods, and objects whose class has an object for its `__call__`: a loop, but each takes a register.
pub const CALLABLES: Recursion =
    Recursion { what: "callables behind callables", limit: 250, outcome: Outcome::Error("") };
/// The loop inside native code: descriptors (`__get__`, `__set_name__`) and `__missing__` of namespaces that an operation meets
/// half-way, `raise` of classes, closing what a generator delegates to, hooks and `__str__` of exceptions that are printed.
pub const CALLS: Recursion = Recursion { what: "native calls", limit: 60, outcome: Outcome::Error("") };
