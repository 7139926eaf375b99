//! `try … finally`.
//!
//! The suite of a `finally` exists once, however it is entered. A register says why it was: to go on, for an exception,
//! or to return, break or continue; its end does what was interrupted.
//! ```text
//!       body                    guarded by `handler`
//!       R[base] := None; SaveHandler; reason := go on; jump entry
//! handler:                      the exception arrives in R[base]
//!       EnterHandler; reason := exception
//! entry:
//!       suite                   guarded by `cleanup`
//!       LeaveHandler
//!       reason: go on -> end, exception -> Reraise, else leave the blocks around it
//! cleanup:
//!       LeaveHandler; Reraise
//! end:
//! ```
//! Without exits in the body there is no reason to keep: `R[base]` is the exception or None.

use minipy_grammar::Span;
use minipy_grammar::ast::Stmt;

use super::Gen;
use super::exits::{Block, Exit, behind};
use super::flow::Assigned;
use crate::builder::Target;
use crate::op::{Imm, Op, Reg, Sense, WideImm};

/// The reasons that are not exits.
const GO_ON: i16 = 0;
const EXCEPTION: i16 = 1;

impl Gen<'_> {
    pub(super) fn try_finally(&mut self, suite: &[Stmt], span: Span, body: impl FnOnce(&mut Self)) {
        let mark = self.top;
        let (handler, entry, end) = (self.target(), self.target(), self.target());
        let base = self.scratch();
        let (saved, why) = (behind(base, 1), behind(base, 2));
        let known = self.assigned;
        let region = self.open_region(handler, base);
        let mut exits = Vec::new();
        if self.push_block(Block::Finally { region, base, entry, exits: Vec::new() }, span) {
            body(self);
            if let Some(Block::Finally { exits: found, .. }) = self.blocks.pop() {
                exits = found;
            }
        }
        let guarded = self.close_region(region);
        let at = suite.first().map_or(span, |first| first.span);
        let normally = self.live;
        if self.live {
            self.push_none(at);
            self.emit(Op::SaveHandler { saved }, at);
            self.reserve();
            self.keep_reason(&exits, GO_ON, why, at);
            if guarded {
                self.jump(entry, at);
            }
        }
        self.top = mark;
        if guarded {
            self.place_handler(handler, known);
            self.reserve();
            self.emit(Op::EnterHandler { exc: base, saved }, at);
            self.reserve();
            self.keep_reason(&exits, EXCEPTION, why, at);
        }
        self.top = mark + 2 + usize::from(!exits.is_empty());
        self.place(entry);
        if self.live {
            let inner = self.scratch();
            let raising = self.suite(suite, saved, at, span);
            self.go_on(&exits, normally, guarded, base, end, at);
            if let Some((cleanup, known)) = raising {
                self.place_handler(cleanup, known);
                self.raise_on(saved, inner, at);
            }
        }
        self.top = mark;
        self.place(end);
    }

    fn keep_reason(&mut self, exits: &[Exit], reason: i16, why: Reg, span: Span) {
        if !exits.is_empty() {
            self.emit(Op::LoadInt { dst: why, value: WideImm(reason.into()) }, span);
            self.scratch();
            self.reserve();
        }
    }

    /// The suite itself; where its own exceptions go, if it can raise any, with what is certain there.
    fn suite(&mut self, suite: &[Stmt], saved: Reg, at: Span, span: Span) -> Option<(Target, Assigned)> {
        let cleanup = self.target();
        let inner = self.scratch();
        let known = self.assigned;
        let region = self.open_region(cleanup, inner);
        if self.push_block(Block::Handler { region, saved }, span) {
            self.block(suite);
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        self.emit(Op::LeaveHandler { saved }, at);
        guarded.then_some((cleanup, known))
    }

    /// Does what the `finally` interrupted.
    fn go_on(&mut self, exits: &[Exit], normally: bool, guarded: bool, base: Reg, end: Target, span: Span) {
        if exits.is_empty() {
            if guarded && normally {
                self.branch_none(base, true, end, span);
            }
            match guarded {
                true => self.emit_last(Op::Reraise { exc: base }, span),
                false => self.jump(end, span),
            }
            return;
        }
        let why = behind(base, 2);
        if normally {
            self.branch_near(end, span, |to| Op::BranchEqInt {
                sense: Sense(true),
                left: why,
                imm: Imm(GO_ON),
                to,
            });
        }
        if guarded {
            let next = self.target();
            self.branch_near(next, span, |to| Op::BranchNeInt {
                sense: Sense(true),
                left: why,
                imm: Imm(EXCEPTION),
                to,
            });
            self.emit_last(Op::Reraise { exc: base }, span);
            self.place(next);
        }
        let present: Vec<Exit> = Exit::ALL.into_iter().filter(|exit| exits.contains(exit)).collect();
        for (index, exit) in present.iter().enumerate() {
            let next = self.target();
            if index + 1 < present.len() {
                let imm = Imm(exit.reason());
                self.branch_near(next, span, |to| Op::BranchNeInt { sense: Sense(true), left: why, imm, to });
            }
            let value = (*exit == Exit::Return).then_some(base);
            self.leave(*exit, value, span);
            self.place(next);
        }
    }
}
