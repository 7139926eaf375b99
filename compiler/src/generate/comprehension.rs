//! Comprehensions and generator expressions.
//!
//! A list, set or dict comprehension runs in the frame around it (PEP 709): what its `for`s bind lives in registers of
//! its own, and in fresh cells if an inner function captures it. A generator expression is a hidden function; its first
//! iterable is evaluated outside and handed over as the parameter `.0`.

use minipy_grammar::Span;
use minipy_grammar::ast::{Comprehension, Expr, ExprKind};

use super::Gen;
use super::binding::Place;
use super::operator::constant_items;
use crate::builder::Target;
use crate::code::CodeKind;
use crate::op::{Count, Offset, Op, Reg};
use crate::scopes::{ScopeId, ScopeKind, SymbolId, Uses};

/// What a comprehension does with each result.
#[derive(Clone, Copy)]
enum Sink<'e> {
    List(Reg, &'e Expr),
    Set(Reg, &'e Expr),
    Dict(Reg, &'e Expr, &'e Expr),
    Yield(&'e Expr),
}

impl Gen<'_> {
    pub(super) fn comprehension(&mut self, expr: &Expr, dst: Reg) {
        let span = expr.span;
        match &expr.kind {
            ExprKind::ListComp { elt, generators } => self.in_steps(dst, span, |this, at| {
                this.emit(Op::BuildList { dst: at, base: at, count: Count(0) }, span);
                this.inlined(expr, generators, Sink::List(at, elt));
            }),
            ExprKind::SetComp { elt, generators } => self.in_steps(dst, span, |this, at| {
                this.emit(Op::BuildSet { dst: at, base: at, count: Count(0) }, span);
                this.inlined(expr, generators, Sink::Set(at, elt));
            }),
            ExprKind::DictComp { key, value, generators } => self.in_steps(dst, span, |this, at| {
                this.emit(Op::BuildDict { dst: at, base: at, count: Count(0) }, span);
                this.inlined(expr, generators, Sink::Dict(at, key, value));
            }),
            ExprKind::GeneratorExp { elt, generators } => self.generator(expr, elt, generators, dst),
            _ => {}
        }
    }

    /// A comprehension whose result stands in the first free register already.
    fn inlined(&mut self, expr: &Expr, generators: &[Comprehension], sink: Sink) {
        let Some(first) = generators.first() else { return };
        let mark = self.top;
        self.reserve();
        let iter = self.push_iter(&first.iter);
        let scope = self.shared.scopes.opened_by(expr);
        let outer = std::mem::replace(&mut self.scope, scope);
        self.open_variables(scope, expr.span);
        self.generators(generators, iter, sink, expr.span);
        self.scope = outer;
        self.top = mark;
    }

    pub(super) fn push_iter(&mut self, iterable: &Expr) -> Reg {
        let dst = self.scratch();
        let src = match constant_items(iterable) {
            Some(items) => self.push_const(&items, iterable.span),
            None => self.operand(iterable, []),
        };
        self.emit(Op::GetIter { dst, src }, iterable.span);
        self.top = dst.0.into();
        self.reserve()
    }

    /// Gives what an inlined scope binds registers of its own.
    pub(super) fn open_variables(&mut self, scope: ScopeId, span: Span) {
        let kind = self.shared.scopes.get(scope).kind;
        let binding = if kind == ScopeKind::Generic { Uses::BOUND } else { Uses::ITERATED };
        let count = self.shared.scopes.get(scope).symbols.len();
        for index in 0..count as u32 {
            let id = SymbolId { scope, index };
            let uses = self.shared.scopes.symbol(id).1.uses;
            if !uses.any(binding) || uses.any(Uses::GLOBAL.or(Uses::NONLOCAL)) {
                continue;
            }
            let reg = self.scratch();
            self.emit(Op::Unbind { dst: reg }, span);
            self.reserve();
            if self.declare(id, reg, false).is_cell {
                self.emit(Op::MakeCell { reg }, span);
            }
        }
    }

    /// The loops of a comprehension, outermost first; `iter` is the iterator of the first.
    fn generators(&mut self, generators: &[Comprehension], iter: Reg, sink: Sink, span: Span) {
        let Some((first, rest)) = generators.split_first() else { return self.sink(sink, span) };
        let mark = self.top;
        let (head, end) = (self.target(), self.target());
        self.place_head(head);
        let item = self.for_iter(&first.target, iter, end, first.iter.span);
        // A condition that fails jumps ahead, to the end of the loop.
        let again = self.target();
        first.ifs.iter().for_each(|test| self.jump_if(test, false, again));
        match rest.first() {
            None => self.sink(sink, span),
            Some(next) => {
                let inner = self.push_iter(&next.iter);
                self.generators(rest, inner, sink, span);
            }
        }
        self.top = mark;
        self.place(again);
        self.for_next(item, iter, head, first.iter.span);
        self.place(end);
    }

    fn sink(&mut self, sink: Sink, span: Span) {
        let mark = self.top;
        match sink {
            Sink::List(list, elt) => {
                let value = self.operand(elt, []);
                self.emit(Op::ListAppend { list, value }, span);
            }
            Sink::Set(set, elt) => {
                let value = self.operand(elt, []);
                self.emit(Op::SetAdd { set, value }, span);
            }
            Sink::Dict(dict, key, value) => {
                let key = self.operand(key, [value]);
                let value = self.operand(value, []);
                self.emit(Op::DictInsert { dict, key, value }, span);
            }
            Sink::Yield(elt) => {
                let src = self.operand(elt, []);
                let dst = self.scratch();
                self.emit(Op::Yield { dst, src }, elt.span);
            }
        }
        self.top = mark;
    }

    /// Advances an iterator: binds `target` to the next item, or goes to `end`. Returns where the item comes and what follows
    /// begins, for [`for_next`](Self::for_next).
    pub(super) fn for_iter(&mut self, target: &Expr, iter: Reg, end: Target, span: Span) -> (Reg, Target) {
        let local = match &target.kind {
            ExprKind::Name(name) => match self.find(&self.mangled(name)) {
                Place::Local(variable) => Some(variable),
                _ => None,
            },
            _ => None,
        };
        let dst = local.map_or_else(|| self.scratch(), |variable| variable.reg);
        self.branch_near(end, span, |exit| Op::ForIter { dst, iter, exit });
        let body = self.target();
        self.code.place(body);
        match local {
            Some(variable) => self.mark_bound(variable),
            None => {
                self.reserve();
                self.store(target, dst);
                self.top -= 1;
            }
        }
        (dst, body)
    }

    /// The end of a loop that began at `head` with [`for_iter`](Self::for_iter): goes on with the next item at once, or leaves the
    /// loop. Where the body is too long for that, it goes back to the head.
    pub(super) fn for_next(&mut self, item: (Reg, Target), iter: Reg, head: Target, span: Span) {
        let (dst, body) = item;
        if !self.code.is_near(body) {
            self.jump(head, span);
        } else if self.live {
            self.code.distances.push((self.code.position(), body));
            self.emit(Op::ForNext { dst, iter, body: Offset(0) }, span);
        }
    }

    fn generator(&mut self, expr: &Expr, elt: &Expr, generators: &[Comprehension], dst: Reg) {
        let Some(first) = generators.first() else { return };
        let scope = self.shared.scopes.opened_by(expr);
        let mark = self.top;
        let base = self.scratch();
        let mut inner = self.inner(scope, CodeKind::Function, &"<genexpr>".into(), expr.span);
        inner.genexpr_body(elt, generators, expr.span);
        self.make_function(inner, |_| {}, scope, base, expr.span);
        self.reserve();
        self.push_iter(&first.iter);
        self.emit(Op::Call { dst, base, argc: Count(1) }, expr.span);
        self.top = mark;
    }

    fn genexpr_body(&mut self, elt: &Expr, generators: &[Comprehension], span: Span) {
        self.open_frame(&[".0".into()], span);
        self.has_first_argument = true;
        self.generators(generators, Reg(0), Sink::Yield(elt), span);
        self.emit_last(Op::ReturnNone {}, span);
    }
}
