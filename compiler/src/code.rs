//! What the compiler makes: immutable code, free of heap values, shareable between machines and threads.

use std::sync::Arc;

use minipy_grammar::ast::Name;
use minipy_grammar::{Source, Span};

use crate::op::{NameIx, Op, Reg};
use crate::spans::Spans;

/// A constant of a [`Code`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Const {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An integer that fits.
    Int(i64),
    /// An integer that does not: its digits in lower case, with their radix (2, 8, 10 or 16), `-` in front if negative.
    BigInt {
        /// The digits.
        digits: Box<str>,
        /// Their radix.
        radix: u32,
    },
    /// A float; equal only to itself bit by bit.
    Float(u64),
    /// A complex number; the bits of its parts.
    Complex(u64, u64),
    /// A string as WTF-8.
    Str(Box<[u8]>),
    /// A bytes object.
    Bytes(Box<[u8]>),
    /// A tuple of constants.
    Tuple(Box<[Const]>),
    /// A frozenset of constants: of a set display that is only searched.
    FrozenSet(Box<[Const]>),
}

/// A stretch of ops whose exceptions go to a handler. Of several that cover an op, the first in the table counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The first op covered.
    pub start: u32,
    /// The op behind the last one covered.
    pub end: u32,
    /// Where the handler begins.
    pub target: u32,
    /// Where it finds the exception.
    pub exc: Reg,
}

/// What an import op imports.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ImportSpec {
    /// The dotted name; empty in `from . import x`.
    pub module: Name,
    /// How many leading dots.
    pub level: u32,
    /// The names of a `from` import: then the op yields the last module of the dotted path, otherwise the first.
    pub from: Option<Box<[Name]>>,
}

/// What kind of source construct a code belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeKind {
    /// A file: no parameters; names are globals.
    Module,
    /// What `exec` and `eval` run: one parameter, the namespace, in `R[0]`, where names stand that are not declared global.
    Namespace,
    /// A class body: one parameter, the namespace, in `R[0]`; returns its `__class__` cell, or None.
    ClassBody,
    /// A function, a lambda or the hidden function of a generator expression.
    Function,
}

/// The code of one function, class body or file.
///
/// Registers are laid out: parameters (positional, keyword-only, `*args`, `**kwargs`), further locals, temporaries.
/// A captured local's register holds its cell. Locals that are not parameters are unbound on entry.
#[derive(PartialEq, Debug)]
pub struct Code {
    /// The bare name.
    pub name: Name,
    /// The dotted name.
    pub qualname: Name,
    /// The text it was made from.
    pub source: Arc<Source>,
    /// Where it stands, decorators included.
    pub span: Span,
    /// The line `def` (or the first decorator) stands on.
    pub first_line: u32,
    /// What it belongs to.
    pub kind: CodeKind,
    /// Whether calling it makes a generator.
    pub is_generator: bool,
    /// Parameters that are given by position only.
    pub posonly_count: u16,
    /// Parameters that may be given by position, the position-only ones included.
    pub arg_count: u16,
    /// Keyword-only parameters.
    pub kwonly_count: u16,
    /// Whether it takes `*args`.
    pub has_varargs: bool,
    /// Whether it takes `**kwargs`.
    pub has_varkw: bool,
    /// Names of the local registers, in order; parameters first.
    pub locals: Box<[Name]>,
    /// The local registers that hold a cell.
    pub cells: Box<[Reg]>,
    /// Names of the cells that the enclosing scope hands over.
    pub free: Box<[Name]>,
    /// Size of the window.
    pub register_count: u16,
    /// The instructions.
    pub ops: Box<[Op]>,
    /// For each op, the source that it evaluates.
    pub spans: Spans,
    /// For each op, how many registers from 0 hold values when it begins; all that are live are below.
    pub heights: Box<[u16]>,
    /// Constants.
    pub consts: Box<[Const]>,
    /// Names.
    pub names: Box<[Name]>,
    /// For each inline cache, the name that it looks up.
    pub sites: Box<[NameIx]>,
    /// Keyword names of calls.
    pub kwnames: Box<[Box<[Name]>]>,
    /// What imports import.
    pub imports: Box<[ImportSpec]>,
    /// Functions and class bodies nested in this one.
    pub children: Box<[Arc<Code>]>,
    /// Innermost first.
    pub handlers: Box<[Handler]>,
    /// The docstring, as WTF-8.
    pub doc: Option<Box<[u8]>>,
    /// For a class body: how many different names its methods assign on their first parameter.
    pub attribute_hint: u16,
}

impl Code {
    /// How many registers its parameters take, `*args` and `**kwargs` included.
    pub fn param_count(&self) -> usize {
        self.arg_count as usize
            + self.kwonly_count as usize
            + usize::from(self.has_varargs)
            + usize::from(self.has_varkw)
    }

    /// The name an inline cache looks up.
    pub fn site_name(&self, site: crate::op::Site) -> &Name {
        &self.names[self.sites[site.0 as usize].0 as usize]
    }

    /// The handler of an exception that the op at `pc` raises.
    pub fn handler(&self, pc: u32) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.start <= pc && pc < handler.end)
    }
}
