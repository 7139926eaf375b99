//! Collects the ops of one code, with their spans and heights, and its tables of constants, names and sites.
//!
//! Jumps carry the number of a [`Target`] until `assemble` puts positions in. Knows nothing of the tree.

use std::sync::Arc;

use indexmap::IndexSet;
use minipy_grammar::Span;
use minipy_grammar::ast::Name;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::assemble::MAX_BACK;
use crate::code::{Code, Const, ImportSpec};
use crate::limits;
use crate::op::{ChildIx, ConstIx, ImportIx, KwNames, Label, NameIx, Op, Reg, Site};

type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// A place that ops jump to, known by number until its position is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target(u32);

impl Target {
    /// As a jump carries it until it is assembled.
    pub(crate) fn label(self) -> Label {
        Label(self.0)
    }
}

const UNPLACED: u32 = u32::MAX;

/// A stretch of ops whose exceptions go to `target`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) target: Target,
    pub(crate) exc: Reg,
}

/// One code in the making.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) ops: Vec<Op>,
    pub(crate) spans: Vec<Span>,
    pub(crate) heights: Vec<u16>,
    /// The position of every target.
    pub(crate) targets: Vec<u32>,
    /// The ops whose target is a distance, and the target.
    pub(crate) distances: Vec<(u32, Target)>,
    /// Innermost first.
    pub(crate) guards: Vec<Guard>,
    pub(crate) consts: FxIndexSet<Const>,
    pub(crate) names: FxIndexSet<Name>,
    pub(crate) sites: Vec<NameIx>,
    global_loads: FxHashMap<NameIx, Site>,
    global_stores: FxHashMap<NameIx, Site>,
    pub(crate) kwnames: FxIndexSet<Box<[Name]>>,
    pub(crate) imports: FxIndexSet<ImportSpec>,
    pub(crate) children: Vec<Arc<Code>>,
    /// The first limit that was exceeded: its number and what there is too much of.
    pub(crate) exceeded: Option<(usize, &'static str)>,
}

impl Builder {
    pub(crate) fn position(&self) -> u32 {
        self.ops.len() as u32
    }

    pub(crate) fn push(&mut self, op: Op, span: Span, height: u16) {
        self.ops.push(op);
        self.spans.push(span);
        self.heights.push(height);
    }

    pub(crate) fn new_target(&mut self) -> Target {
        self.targets.push(UNPLACED);
        Target(self.targets.len() as u32 - 1)
    }

    pub(crate) fn place(&mut self, target: Target) {
        self.targets[target.0 as usize] = self.position();
    }

    pub(crate) fn is_placed(&self, target: Target) -> bool {
        self.targets[target.0 as usize] != UNPLACED
    }

    /// Whether a branch from here may go back to a target by a distance.
    pub(crate) fn is_near(&self, target: Target) -> bool {
        self.position() - self.targets[target.0 as usize] <= MAX_BACK
    }

    /// An index that fits, or 0 and a note that the limit is exceeded.
    fn limited(&mut self, index: usize, limit: usize, things: &'static str) -> u16 {
        if index >= limit {
            self.exceeded.get_or_insert((limit, things));
            return 0;
        }
        index as u16
    }

    pub(crate) fn constant(&mut self, value: Const) -> ConstIx {
        ConstIx(self.consts.insert_full(value).0 as u32)
    }

    pub(crate) fn name(&mut self, name: &Name) -> NameIx {
        let index = match self.names.get_index_of(name) {
            Some(index) => index,
            None => self.names.insert_full(name.clone()).0,
        };
        NameIx(self.limited(index, limits::MAX_NAMES, "names"))
    }

    /// A new cache for `name`.
    pub(crate) fn site(&mut self, name: &Name) -> Site {
        let name = self.name(name);
        self.sites.push(name);
        Site(self.limited(self.sites.len() - 1, limits::MAX_SITES, "places with an inline cache"))
    }

    /// The cache that all reads of the global `name` in this code share.
    pub(crate) fn global_load(&mut self, name: &Name) -> Site {
        let index = self.name(name);
        if let Some(site) = self.global_loads.get(&index) {
            return *site;
        }
        let site = self.site(name);
        self.global_loads.insert(index, site);
        site
    }

    /// The cache that all writes of the global `name` in this code share.
    pub(crate) fn global_store(&mut self, name: &Name) -> Site {
        let index = self.name(name);
        if let Some(site) = self.global_stores.get(&index) {
            return *site;
        }
        let site = self.site(name);
        self.global_stores.insert(index, site);
        site
    }

    pub(crate) fn keyword_names(&mut self, names: Box<[Name]>) -> KwNames {
        let index = self.kwnames.insert_full(names).0;
        KwNames(self.limited(index, limits::MAX_KWNAMES, "lists of keyword names"))
    }

    pub(crate) fn import(&mut self, spec: ImportSpec) -> ImportIx {
        let index = self.imports.insert_full(spec).0;
        ImportIx(self.limited(index, limits::MAX_IMPORTS, "imports"))
    }

    pub(crate) fn child(&mut self, code: Arc<Code>) -> ChildIx {
        self.children.push(code);
        ChildIx(self.limited(self.children.len() - 1, limits::MAX_CHILDREN, "nested functions"))
    }
}
