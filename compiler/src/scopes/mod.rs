//! Symbol tables: which scope every name of a module belongs to, as CPython's `symtable.c` decides it.
//!
//! `collect` walks the tree and notes what each scope does with its names; `resolve` then decides for each of them
//! whether it is local, captured, or global. List, set and dict comprehensions are scopes of their own that share
//! the registers of the function around them (PEP 709): a *frame* is what has registers, a scope what has names.
//! Knows nothing of registers or ops.

mod collect;
mod mangle;
mod resolve;

use std::collections::BTreeSet;

use minipy_grammar::ast::{ClassDef, Expr, FunctionDef, Module, Name, TypeParam};
use minipy_grammar::{Span, SyntaxError};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

pub(crate) use mangle::mangle;

type FxIndexMap<K, V> = indexmap::IndexMap<K, V, FxBuildHasher>;

/// The variable that holds the type parameters of a class.
pub(crate) const TYPE_PARAMS: &str = ".type_params";

/// Which scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) struct ScopeId(pub(crate) u32);

/// A name of a scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SymbolId {
    pub(crate) scope: ScopeId,
    pub(crate) index: u32,
}

/// What a scope is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    /// A function or lambda.
    Function,
    /// The hidden function of a generator expression.
    Generator,
    /// A list, set or dict comprehension: it lives in the frame around it.
    Comprehension,
    /// The type parameters of a definition, with its annotations or bases. It lives in the frame around it, and what it does
    /// not bind means what it means there.
    Generic,
}

/// What a scope does with a name: a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Uses(u16);

impl Uses {
    pub(crate) const PARAM: Uses = Uses(1);
    /// Bound: assigned, imported, defined, deleted.
    pub(crate) const BOUND: Uses = Uses(2);
    pub(crate) const READ: Uses = Uses(4);
    pub(crate) const GLOBAL: Uses = Uses(8);
    pub(crate) const NONLOCAL: Uses = Uses(16);
    pub(crate) const ANNOTATED: Uses = Uses(32);
    /// Bound by the `for` of a comprehension.
    pub(crate) const ITERATED: Uses = Uses(64);
    /// Bound by `:=`, so in the middle of an expression.
    pub(crate) const WALRUS: Uses = Uses(128);
    /// Unbound by `del` or at the end of an `except … as`.
    pub(crate) const DELETED: Uses = Uses(256);
    /// Captured by an inner function.
    pub(crate) const CAPTURED: Uses = Uses(512);

    pub(crate) const fn or(self, other: Uses) -> Uses {
        Uses(self.0 | other.0)
    }

    /// Whether it has any of these.
    pub(crate) const fn any(self, other: Uses) -> bool {
        self.0 & other.0 != 0
    }
}

/// Where a name of a scope is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolution {
    /// A variable of the frame that the scope lives in.
    Local(SymbolId),
    /// A cell that the enclosing frame hands over.
    Free,
    /// The globals, then the built-ins.
    Global,
    /// The namespace of the class body, then the globals.
    Namespace,
    /// The namespace of the class body, then a cell that the enclosing frame hands over.
    NamespaceOrFree,
}

/// A name of a scope.
#[derive(Debug)]
pub(crate) struct Symbol {
    pub(crate) uses: Uses,
    pub(crate) resolution: Resolution,
}

/// One scope.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: Option<ScopeId>,
    /// The scope whose frame this one lives in: itself, unless it is an inlined comprehension or holds type parameters.
    pub(crate) frame: ScopeId,
    /// The class whose `__x` names are mangled here.
    pub(crate) private: Option<Name>,
    /// By mangled name, in the order in which they first occur.
    pub(crate) symbols: FxIndexMap<Name, Symbol>,
    /// The cells that the enclosing frame hands over.
    pub(crate) free: Vec<Name>,
    pub(crate) is_generator: bool,
    /// Of a late expression of a type parameter: whether it looks into the namespace of the class around it, which it is
    /// handed as the parameter `.namespace`.
    pub(crate) reads_namespace: bool,
    /// Whether a statement annotates a bare name.
    pub(crate) has_annotations: bool,
    /// Of a class: whether a method needs the `__class__` cell.
    pub(crate) needs_class_cell: bool,
    /// Of a class: names that methods assign on `self`.
    pub(crate) static_attributes: BTreeSet<Name>,
    /// Of a class: names that methods assign on their first parameter.
    pub(crate) instance_attributes: FxHashSet<Name>,
    /// Of a method: its first parameter.
    first_param: Option<Name>,
    /// Where each `global` and `nonlocal` declaration of a name stands.
    directives: FxHashMap<Name, Span>,
    /// Of a comprehension: what CPython's messages call it.
    what: &'static str,
}

/// All scopes of a module; parents stand before their children.
#[derive(Debug)]
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    by_node: FxHashMap<NodeKey, ScopeId>,
}

/// A node of the tree that opens a scope, by its address: the tree outlives the compilation and does not move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum NodeKey {
    Function(usize),
    Class(usize),
    Expr(usize),
    TypeParams(usize),
    /// A bound or default of a type parameter, which is evaluated late.
    Late(usize),
}

impl From<&FunctionDef> for NodeKey {
    fn from(node: &FunctionDef) -> NodeKey {
        NodeKey::Function(std::ptr::from_ref(node) as usize)
    }
}

impl From<&ClassDef> for NodeKey {
    fn from(node: &ClassDef) -> NodeKey {
        NodeKey::Class(std::ptr::from_ref(node) as usize)
    }
}

impl From<&Expr> for NodeKey {
    fn from(node: &Expr) -> NodeKey {
        NodeKey::Expr(std::ptr::from_ref(node) as usize)
    }
}

impl From<&[TypeParam]> for NodeKey {
    fn from(node: &[TypeParam]) -> NodeKey {
        NodeKey::TypeParams(node.as_ptr() as usize)
    }
}

impl NodeKey {
    pub(crate) fn late(node: &Expr) -> NodeKey {
        NodeKey::Late(std::ptr::from_ref(node) as usize)
    }
}

impl Scopes {
    /// The scope of the module itself.
    pub(crate) const MODULE: ScopeId = ScopeId(0);

    /// Collects and resolves every name of a module.
    ///
    /// # Errors
    /// The first misuse of a name, in CPython's words.
    pub(crate) fn of(module: &Module) -> Result<Scopes, SyntaxError> {
        let mut scopes = collect::collect(module)?;
        resolve::resolve(&mut scopes)?;
        Ok(scopes)
    }

    /// The scope that a node opens.
    pub(crate) fn opened_by(&self, node: impl Into<NodeKey>) -> ScopeId {
        self.by_node[&node.into()]
    }

    pub(crate) fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    fn get_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// The name as the scope spells it.
    pub(crate) fn mangled(&self, scope: ScopeId, name: &Name) -> Name {
        mangle(self.get(scope).private.as_deref(), name)
    }

    /// Where a (mangled) name is found that occurs in the scope, or is handed on through it.
    pub(crate) fn resolution(&self, scope: ScopeId, name: &str) -> Resolution {
        let own = self.get(scope);
        match (own.symbols.get(name), own.kind, own.parent) {
            (Some(symbol), ..) => symbol.resolution,
            (None, ScopeKind::Generic, Some(parent)) => self.resolution(parent, name),
            (None, ..) => self.search(scope, name),
        }
    }

    pub(crate) fn symbol(&self, id: SymbolId) -> (&Name, &Symbol) {
        self.get(id.scope).symbols.get_index(id.index as usize).expect("a symbol's id is made from its scope")
    }
}
