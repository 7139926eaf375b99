//! Control flow while it is generated: jumps, their targets, and which locals are certainly bound.
//!
//! Definite assignment is decided in the same pass as generation. At the target of forward jumps the knowledge of all
//! of them is merged; at the head of a loop and at the entry of a handler, whatever can be deleted counts as unbound.

use minipy_grammar::Span;

use super::Gen;
use crate::builder::Target;
use crate::op::{Label, Offset, Op, Sense};

/// How many variables of a frame are tracked; the others are checked at each use.
const TRACKED: u32 = u128::BITS;

/// A set of variables that are certainly bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Assigned(u128);

impl Assigned {
    pub(super) fn has(self, variable: u32) -> bool {
        variable < TRACKED && self.0 >> variable & 1 == 1
    }

    pub(super) fn add(&mut self, variable: u32) {
        if variable < TRACKED {
            self.0 |= 1 << variable;
        }
    }

    pub(super) fn remove(&mut self, variable: u32) {
        if variable < TRACKED {
            self.0 &= !(1 << variable);
        }
    }

    pub(super) fn and(self, other: Assigned) -> Assigned {
        Assigned(self.0 & other.0)
    }

    pub(super) fn without(self, other: Assigned) -> Assigned {
        Assigned(self.0 & !other.0)
    }
}

impl Gen<'_> {
    pub(super) fn target(&mut self) -> Target {
        self.arrivals.push(None);
        self.code.new_target()
    }

    /// Notes that a jump from here goes to `target`.
    fn arrive(&mut self, target: Target) {
        let known = &mut self.arrivals[target.label().0 as usize];
        *known = Some(known.map_or(self.assigned, |known| known.and(self.assigned)));
    }

    /// Goes on at `target`, to which forward jumps lead.
    pub(super) fn place(&mut self, target: Target) {
        self.code.place(target);
        if let Some(known) = self.arrivals[target.label().0 as usize] {
            self.assigned = if self.live { self.assigned.and(known) } else { known };
            self.live = true;
        }
    }

    /// Starts a loop: `target` is where jumps come back to.
    pub(super) fn place_head(&mut self, target: Target) {
        self.code.place(target);
        self.assigned = self.assigned.without(self.deletable);
    }

    /// Starts a handler of exceptions that came where `known` was certain.
    pub(super) fn place_handler(&mut self, target: Target, known: Assigned) {
        self.code.place(target);
        self.assigned = known.without(self.deletable);
        self.live = true;
    }

    /// An op after which nothing follows.
    pub(super) fn emit_last(&mut self, op: Op, span: Span) {
        self.emit(op, span);
        self.live = false;
    }

    pub(super) fn jump(&mut self, target: Target, span: Span) {
        if !self.live {
            return;
        }
        let to = target.label();
        if self.code.is_placed(target) {
            self.emit_last(Op::JumpBack { to }, span);
        } else {
            self.arrive(target);
            self.emit_last(Op::Jump { to }, span);
        }
    }

    /// Emits a conditional jump that `make` gives the label.
    pub(super) fn branch(&mut self, target: Target, span: Span, make: impl FnOnce(Label) -> Op) {
        if self.live {
            self.arrive(target);
            self.emit(make(target.label()), span);
        }
    }

    /// Emits a branch whose target is a distance, which is known later.
    pub(super) fn branch_near(&mut self, target: Target, span: Span, make: impl FnOnce(Offset) -> Op) {
        if self.live {
            self.arrive(target);
            self.code.distances.push((self.code.position(), target));
            self.emit(make(Offset(0)), span);
        }
    }

    pub(super) fn branch_truth(&mut self, cond: crate::op::Reg, sense: bool, target: Target, span: Span) {
        self.branch(target, span, |to| match sense {
            true => Op::JumpIfTrue { cond, to },
            false => Op::JumpIfFalse { cond, to },
        });
    }

    pub(super) fn branch_none(&mut self, src: crate::op::Reg, sense: bool, target: Target, span: Span) {
        self.branch(target, span, |to| Op::BranchNone { sense: Sense(sense), src, to });
    }
}
