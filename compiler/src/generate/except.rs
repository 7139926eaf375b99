//! `try … except`.
//!
//! The registers of a `try` begin at the height it stands at: the exception, then the exception handled before it.
//! ```text
//!       body                    guarded by `handler`
//!       else suite
//!       jump end
//! handler:
//!       EnterHandler exc, saved
//!       match, bind, suite      guarded by `cleanup`, a named suite by one that also unbinds the name
//!       LeaveHandler saved
//!       jump end
//!       …                       no clause matches: LeaveHandler, Reraise
//! cleanup:
//!       LeaveHandler saved
//!       Reraise
//! end:
//! ```

use minipy_grammar::Span;
use minipy_grammar::ast::{ExceptHandler, Ident, Stmt, StmtKind};

use super::Gen;
use super::exits::{Block, RegionIx};
use super::flow::Assigned;
use crate::builder::Target;
use crate::op::{Op, Reg};

/// The registers and targets of a `try` while its clauses are generated.
struct Clauses {
    exc: Reg,
    saved: Reg,
    /// Where an exception in a clause arrives.
    inner: Reg,
    region: RegionIx,
    end: Target,
}

impl Gen<'_> {
    pub(super) fn try_stmt(&mut self, stmt: &Stmt) {
        let StmtKind::Try { body, handlers, orelse, finalbody, star } = &stmt.kind else { return };
        let span = stmt.span;
        let clauses = if *star { Gen::star_clauses } else { Gen::clauses };
        let guarded = |this: &mut Self| match handlers.as_slice() {
            [] => this.block(body),
            _ => this.try_except(body, handlers, clauses, orelse, span),
        };
        if finalbody.is_empty() { guarded(self) } else { self.try_finally(finalbody, span, guarded) }
    }

    fn try_except(
        &mut self,
        body: &[Stmt],
        handlers: &[ExceptHandler],
        clauses: fn(&mut Self, &[ExceptHandler], Reg, Target, Span),
        orelse: &[Stmt],
        span: Span,
    ) {
        let mark = self.top;
        let (handler, end) = (self.target(), self.target());
        let exc = self.scratch();
        let known = self.assigned;
        let region = self.open_region(handler, exc);
        if self.push_block(Block::Try { region }, span) {
            self.block(body);
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        self.block(orelse);
        self.jump(end, span);
        if guarded {
            self.place_handler(handler, known);
            clauses(self, handlers, exc, end, span);
        }
        self.top = mark;
        self.place(end);
    }

    fn clauses(&mut self, handlers: &[ExceptHandler], exc: Reg, end: Target, span: Span) {
        self.reserve();
        let saved = self.scratch();
        let first = handlers.first().map_or(span, |handler| handler.span);
        self.emit(Op::EnterHandler { exc, saved }, first);
        self.reserve();
        let inner = self.scratch();
        let cleanup = self.target();
        let known = self.assigned;
        let region = self.open_region(cleanup, inner);
        let clauses = Clauses { exc, saved, inner, region, end };
        if self.push_block(Block::Handler { region, saved }, first) {
            for handler in handlers {
                if !self.live {
                    break;
                }
                self.clause(handler, &clauses);
            }
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        // No clause matches.
        self.emit(Op::LeaveHandler { saved }, first);
        self.emit_last(Op::Reraise { exc }, first);
        if guarded {
            self.place_handler(cleanup, known);
            self.raise_on(saved, inner, first);
        }
    }

    /// The end of a handler that an exception leaves.
    pub(super) fn raise_on(&mut self, saved: Reg, exc: Reg, span: Span) {
        self.top = usize::from(exc.0);
        self.reserve();
        self.emit(Op::LeaveHandler { saved }, span);
        self.emit_last(Op::Reraise { exc }, span);
        self.top = usize::from(exc.0);
    }

    fn clause(&mut self, handler: &ExceptHandler, clauses: &Clauses) {
        let mark = self.top;
        let next = self.target();
        let span = handler.span;
        if let Some(typ) = &handler.typ {
            let class = self.operand(typ, []);
            let dst = Reg(mark as u16);
            self.scratch();
            self.emit(Op::MatchException { dst, exc: clauses.exc, class }, span);
            self.top = mark;
            self.reserve();
            self.branch_truth(dst, false, next, typ.span);
            self.top = mark;
        }
        let raising = match &handler.name {
            None => {
                if self.push_block(Block::Unnamed, span) {
                    self.block(&handler.body);
                    self.blocks.pop();
                }
                None
            }
            Some(name) => self.named_clause(name, &handler.body, clauses, span).map(|known| (name, known)),
        };
        self.suspend(clauses.region);
        self.emit(Op::LeaveHandler { saved: clauses.saved }, span);
        self.jump(clauses.end, span);
        if let Some((name, (cleanup, known))) = raising {
            self.place_handler(cleanup, known);
            self.reserve();
            self.forget_name(&name.name, span);
            self.raise_on(clauses.saved, clauses.inner, span);
            self.top = mark;
        }
        self.resume(clauses.region);
        self.place(next);
    }

    /// A clause that binds the exception; where its own exceptions go, if it can raise any.
    fn named_clause(
        &mut self,
        name: &Ident,
        body: &[Stmt],
        clauses: &Clauses,
        span: Span,
    ) -> Option<(Target, Assigned)> {
        self.store_name(&name.name, clauses.exc, name.span);
        let cleanup = self.target();
        let region = self.open_region(cleanup, clauses.inner);
        let known = self.assigned;
        if self.push_block(Block::Named { region, name: name.name.clone() }, span) {
            self.block(body);
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        if self.live {
            self.forget_name(&name.name, span);
        }
        guarded.then_some((cleanup, known))
    }
}
