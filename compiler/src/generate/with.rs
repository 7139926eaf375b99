//! `with`.
//!
//! `__exit__` waits in two registers below the body's. Leaving the body in any way calls it; an exception that it does
//! not suppress is raised on.

use minipy_grammar::Span;
use minipy_grammar::ast::{Stmt, WithItem};

use super::Gen;
use super::exits::{Block, behind};
use crate::op::{Count, Op, Reg};

impl Gen<'_> {
    pub(super) fn with(&mut self, items: &[WithItem], body: &[Stmt]) {
        let Some((item, rest)) = items.split_first() else { return self.block(body) };
        let mark = self.top;
        let span = item.context.span;
        let (handler, end) = (self.target(), self.target());
        let ctx = self.operand(&item.context, []);
        let base = self.scratch();
        self.reserve_many(4);
        self.top -= 4;
        self.emit(Op::PrepareWith { ctx, base }, span);
        self.top += 4;
        let entered = behind(base, 2);
        self.emit(Op::CallMethod { dst: entered, base: entered, argc: Count(0) }, span);
        self.top = entered.0.into();
        let known = self.assigned;
        let region = self.open_region(handler, entered);
        if self.push_block(Block::With { region, base, span }, span) {
            if let Some(target) = &item.target {
                self.reserve();
                self.store(target, entered);
                self.top -= 1;
            }
            self.with(rest, body);
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        if self.live {
            self.push_nones(3, span);
            self.emit(Op::CallMethod { dst: entered, base, argc: Count(3) }, span);
            self.top = mark;
            self.jump(end, span);
        }
        if guarded {
            self.place_handler(handler, known);
            self.with_handler(base, entered, span);
        }
        self.top = mark;
        self.place(end);
    }

    /// An exception has left the body: asks `__exit__` what to do with it.
    fn with_handler(&mut self, base: Reg, exc: Reg, span: Span) {
        self.top = exc.0.into();
        self.reserve();
        let saved = self.scratch();
        self.emit(Op::EnterHandler { exc, saved }, span);
        self.reserve();
        let mark = self.top;
        let (cleanup, suppressed) = (self.target(), self.target());
        let method = self.scratch();
        let region = self.open_region(cleanup, method);
        for src in [base, behind(base, 1)] {
            let dst = self.scratch();
            self.emit(Op::Move { dst, src }, span);
            self.reserve();
        }
        let info = self.scratch();
        self.reserve_many(3);
        self.top -= 3;
        self.emit(Op::LoadExcInfo { base: info, exc }, span);
        self.top += 3;
        self.emit(Op::CallMethod { dst: method, base: method, argc: Count(3) }, span);
        self.top = mark + 1;
        self.branch_truth(method, true, suppressed, span);
        self.close_region(region);
        let known = self.assigned;
        self.top = mark;
        self.emit(Op::LeaveHandler { saved }, span);
        self.emit_last(Op::Reraise { exc }, span);
        self.place_handler(cleanup, known);
        self.raise_on(saved, method, span);
        self.top = mark;
        self.place(suppressed);
        self.emit(Op::LeaveHandler { saved }, span);
    }
}
