//! The clauses of `try … except*`.
//!
//! Every clause takes its part of the exception and leaves the rest to the next; what is raised in clauses is gathered.
//! At the end the library puts together what is raised on.
//! ```text
//! handler:
//!       EnterHandler exc, saved; raised := []; rest := exc
//!       match, rest := split_exception(rest, class); if there is no match go on with the next clause
//!       the match is handled now; bind, suite      guarded by `failed`
//!       jump next
//! failed:
//!       raised.append(the clause's exception)
//! next: …
//!       raised.append(rest); result := join_exceptions(exc, raised)
//!       LeaveHandler saved; raise the result on, unless it is None
//! end:
//! ```
//! What stands around them is as in `except`, and so is the `cleanup` that guards all of the handler.

use minipy_grammar::Span;
use minipy_grammar::ast::{ExceptHandler, Expr};

use super::Gen;
use super::exits::{Block, behind};
use crate::builder::Target;
use crate::op::{Count, Op, Reg};

/// The registers of the handler.
struct Parts {
    exc: Reg,
    raised: Reg,
    /// What the current clause takes; what is left stands behind it.
    matched: Reg,
    /// Where an exception in a clause arrives.
    inner: Reg,
}

impl Parts {
    fn rest(&self) -> Reg {
        behind(self.matched, 1)
    }
}

impl Gen<'_> {
    pub(super) fn star_clauses(&mut self, handlers: &[ExceptHandler], exc: Reg, end: Target, span: Span) {
        self.reserve();
        let first = handlers.first().map_or(span, |handler| handler.span);
        let saved = self.scratch();
        self.emit(Op::EnterHandler { exc, saved }, first);
        self.reserve();
        let cleanup = self.target();
        let inner = self.scratch();
        let known = self.assigned;
        let region = self.open_region(cleanup, inner);
        if self.push_block(Block::Handler { region, saved }, first) {
            let raised = self.scratch();
            self.emit(Op::BuildList { dst: raised, base: raised, count: Count(0) }, first);
            self.reserve();
            let matched = self.push_none(first);
            self.emit(Op::Move { dst: behind(matched, 1), src: exc }, first);
            self.reserve();
            let parts = Parts { exc, raised, matched, inner: self.scratch() };
            for handler in handlers {
                self.star_clause(handler, &parts);
            }
            self.blocks.pop();
            self.join_what_is_left(&parts, first);
        }
        let guarded = self.close_region(region);
        self.emit(Op::LeaveHandler { saved }, first);
        self.branch_none(exc, true, end, first);
        self.emit_last(Op::Reraise { exc }, first);
        if guarded {
            self.place_handler(cleanup, known);
            self.raise_on(saved, inner, first);
        }
    }

    fn star_clause(&mut self, handler: &ExceptHandler, parts: &Parts) {
        let (mark, span) = (self.top, handler.span);
        let (next, failed) = (self.target(), self.target());
        if let Some(class) = &handler.typ {
            self.split_exception(class, parts);
        }
        self.top = mark;
        self.branch_none(parts.matched, true, next, span);
        self.emit(Op::LeaveHandler { saved: parts.matched }, span);
        if let Some(name) = &handler.name {
            self.store_name(&name.name, parts.matched, name.span);
        }
        let known = self.assigned;
        let region = self.open_region(failed, parts.inner);
        let block = match &handler.name {
            Some(name) => Block::Named { region, name: name.name.clone() },
            None => Block::Try { region },
        };
        if self.push_block(block, span) {
            self.block(&handler.body);
            self.blocks.pop();
        }
        let guarded = self.close_region(region);
        if let Some(name) = handler.name.as_ref().filter(|_| self.live) {
            self.forget_name(&name.name, span);
        }
        self.jump(next, span);
        if guarded {
            self.place_handler(failed, known);
            self.reserve();
            if let Some(name) = &handler.name {
                self.forget_name(&name.name, span);
            }
            self.emit(Op::ListAppend { list: parts.raised, value: parts.inner }, span);
            self.top = mark;
        }
        self.place(next);
    }

    /// Takes from the rest what an instance of the class is.
    fn split_exception(&mut self, class: &Expr, parts: &Parts) {
        let span = class.span;
        let base = self.push_library("split_exception", span);
        let rest = self.scratch();
        self.emit(Op::Move { dst: rest, src: parts.rest() }, span);
        self.reserve();
        self.push(class);
        self.emit(Op::Call { dst: base, base, argc: Count(2) }, span);
        self.top = usize::from(base.0) + 1;
        self.emit(Op::Unpack { src: base, base: parts.matched, count: Count(2) }, span);
    }

    /// The exception becomes what is raised on, or None.
    fn join_what_is_left(&mut self, parts: &Parts, span: Span) {
        self.emit(Op::ListAppend { list: parts.raised, value: parts.rest() }, span);
        let base = self.push_library("join_exceptions", span);
        for src in [parts.exc, parts.raised] {
            let dst = self.scratch();
            self.emit(Op::Move { dst, src }, span);
            self.reserve();
        }
        self.emit(Op::Call { dst: parts.exc, base, argc: Count(2) }, span);
        self.top = usize::from(parts.raised.0);
    }

    /// Pushes a function of the library.
    pub(super) fn push_library(&mut self, name: &str, span: Span) -> Reg {
        let dst = self.scratch();
        if self.live {
            let name = self.code.name(&name.into());
            self.emit(Op::LoadLibrary { dst, name }, span);
        }
        self.reserve()
    }
}
