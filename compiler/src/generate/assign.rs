//! Assignment: targets, unpacking, augmented and annotated assignment, deletion.

use minipy_grammar::Span;
use minipy_grammar::ast::{BinOp, Expr, ExprKind, Name};

use super::Gen;
use super::binding::{Place, Variable};
use crate::code::CodeKind;
use crate::limits::{MAX_AFTER_STAR, MAX_TARGETS};
use crate::op::{After, Count, Form, Op, Reg};

impl Gen<'_> {
    pub(super) fn assign(&mut self, targets: &[Expr], value: &Expr) {
        let mark = self.top;
        match targets {
            [target] => match &target.kind {
                ExprKind::Name(name) => self.bind_expr(name, value, target.span),
                ExprKind::Tuple(items) | ExprKind::List(items) if self.assign_in_parallel(items, value) => {}
                _ => {
                    let value = self.operand(value, [target]);
                    self.store(target, value);
                }
            },
            _ => {
                // A local as the value would be changed by a target that binds it.
                let value = self.push(value);
                targets.iter().for_each(|target| self.store(target, value));
            }
        }
        self.top = mark;
    }

    /// `a, b = c, d` without a tuple; false if the two sides do not match.
    fn assign_in_parallel(&mut self, targets: &[Expr], value: &Expr) -> bool {
        let ExprKind::Tuple(values) = &value.kind else { return false };
        let starred = |item: &Expr| matches!(item.kind, ExprKind::Starred(_));
        if values.len() != targets.len()
            || values.len() > crate::limits::MAX_DISPLAY
            || values.iter().chain(targets).any(starred)
        {
            return false;
        }
        let simple = targets.iter().all(|target| matches!(target.kind, ExprKind::Name(_)));
        let mut sources = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            // A local may stay where it is if no target before its turn changes it.
            let stays = simple && !targets[..index].iter().any(|target| same_name(target, value));
            sources.push(if stays { self.operand(value, &values[index + 1..]) } else { self.push(value) });
        }
        for (target, source) in targets.iter().zip(sources) {
            self.store(target, source);
        }
        true
    }

    /// Binds a target to `R[src]`.
    pub(super) fn store(&mut self, target: &Expr, src: Reg) {
        let mark = self.top;
        match &target.kind {
            ExprKind::Name(name) => self.store_name(name, src, target.span),
            ExprKind::Attribute { value, attr } => {
                let obj = self.operand(value, []);
                let site = self.attribute_site(&attr.name);
                self.emit(Op::SetAttr { obj, value: src, site }, self.attribute_span(target));
            }
            ExprKind::Subscript { value, slice } => {
                let obj = self.operand(value, [&**slice]);
                let key = self.operand(slice, []);
                self.emit(Op::SetItem { obj, key, value: src }, target.span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => self.unpack(items, src, target.span),
            ExprKind::Starred(inner) => self.store(inner, src),
            _ => self.fail("cannot assign to expression", target.span),
        }
        self.top = mark;
    }

    fn unpack(&mut self, items: &[Expr], src: Reg, span: Span) {
        let star = items.iter().position(|item| matches!(item.kind, ExprKind::Starred(_)));
        let (before, after) = star.map_or((items.len(), 0), |star| (star, items.len() - star - 1));
        if before > MAX_TARGETS || after > MAX_AFTER_STAR {
            return self.fail("too many expressions in star-unpacking assignment", span);
        }
        let direct = self.locals_in_a_row(items);
        let base = direct.unwrap_or_else(|| self.scratch());
        let op = match star {
            None => Op::Unpack { src, base, count: Count(before as u16) },
            Some(_) => Op::UnpackStar { after: After(after as u8), src, base, before: Count(before as u16) },
        };
        self.emit(op, span);
        if direct.is_some() {
            return items.iter().for_each(|item| self.mark_target_bound(item));
        }
        self.reserve_many(items.len());
        for (index, item) in items.iter().enumerate() {
            self.store(item, Reg((usize::from(base.0) + index).min(u16::MAX.into()) as u16));
        }
    }

    /// The first of the registers of targets that are plain locals side by side.
    fn locals_in_a_row(&self, items: &[Expr]) -> Option<Reg> {
        let regs: Option<Vec<Reg>> =
            items.iter().map(|item| self.local_target(item).map(|variable| variable.reg)).collect();
        let regs = regs?;
        let in_a_row = regs.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        regs.first().copied().filter(|_| in_a_row)
    }

    fn local_target(&self, item: &Expr) -> Option<Variable> {
        match &item.kind {
            ExprKind::Name(name) => self.local_of(name),
            ExprKind::Starred(inner) => self.local_target(inner),
            _ => None,
        }
    }

    fn mark_target_bound(&mut self, item: &Expr) {
        if let Some(variable) = self.local_target(item) {
            self.mark_bound(variable);
        }
    }

    pub(super) fn augmented(&mut self, target: &Expr, op: BinOp, value: &Expr, span: Span) {
        let mark = self.top;
        let form = Form::InPlace;
        match &target.kind {
            ExprKind::Name(name) => {
                let left = self.operand(target, [value]);
                match self.find(&self.mangled(name)) {
                    Place::Local(variable) => self.binary_with(left, op, value, form, variable.reg, span),
                    _ => {
                        self.binary_with(left, op, value, form, left, span);
                        self.store_name(name, left, target.span);
                    }
                }
            }
            ExprKind::Attribute { value: object, attr } => {
                let obj = self.operand(object, [value]);
                let old = self.scratch();
                let (load, store) = (self.attribute_site(&attr.name), self.attribute_site(&attr.name));
                let at = self.attribute_span(target);
                self.emit(Op::GetAttr { dst: old, obj, site: load }, at);
                self.reserve();
                self.binary_with(old, op, value, form, old, span);
                self.emit(Op::SetAttr { obj, value: old, site: store }, at);
            }
            ExprKind::Subscript { value: object, slice } => {
                let obj = self.operand(object, [&**slice, value]);
                let key = self.operand(slice, [value]);
                let old = self.scratch();
                self.emit(Op::GetItem { dst: old, obj, key }, target.span);
                self.reserve();
                self.binary_with(old, op, value, form, old, span);
                self.emit(Op::SetItem { obj, key, value: old }, target.span);
            }
            _ => self.fail("illegal expression for augmented assignment", target.span),
        }
        self.top = mark;
    }

    pub(super) fn annotated(
        &mut self,
        target: &Expr,
        annotation: &Expr,
        value: Option<&Expr>,
        simple: bool,
        span: Span,
    ) {
        if let Some(value) = value {
            self.assign(std::slice::from_ref(target), value);
        }
        let evaluated = self.kind != CodeKind::Function;
        let mark = self.top;
        match &target.kind {
            ExprKind::Name(name) if simple && evaluated => self.annotate(name, annotation, span),
            ExprKind::Name(_) => {}
            ExprKind::Attribute { value: object, .. } if value.is_none() => self.discard(object),
            ExprKind::Subscript { value: object, slice } if value.is_none() => {
                self.discard(object);
                self.discard(slice);
            }
            _ => {}
        }
        if !simple && evaluated && !self.shared.string_annotations {
            self.discard(annotation);
        }
        self.top = mark;
    }

    /// `__annotations__[name] = annotation`
    fn annotate(&mut self, name: &Name, annotation: &Expr, span: Span) {
        let value = self.scratch();
        self.annotation(annotation, value);
        self.reserve();
        let dict = self.load_annotations(span);
        let key = self.scratch();
        let name = self.mangled(name);
        self.load_str(&name, key, span);
        self.reserve();
        self.emit(Op::SetItem { obj: dict, key, value }, span);
    }

    /// Puts the dict of annotations of the module or class into the next register.
    pub(super) fn load_annotations(&mut self, span: Span) -> Reg {
        let dst = self.scratch();
        let ns = if matches!(self.kind, CodeKind::ClassBody | CodeKind::Namespace) {
            super::binding::NAMESPACE
        } else {
            self.emit(Op::LoadGlobals { dst }, span);
            self.reserve();
            self.top -= 1;
            dst
        };
        self.top += usize::from(ns == dst);
        self.emit(Op::LoadAnnotations { dst, ns }, span);
        self.top -= usize::from(ns == dst);
        self.reserve()
    }

    /// The value of an annotation: its text where the module asks for that.
    pub(super) fn annotation(&mut self, annotation: &Expr, dst: Reg) {
        if self.shared.string_annotations {
            let text = self.shared.source.slice(annotation.span);
            self.load_str(text, dst, annotation.span);
        } else {
            self.single(annotation, dst);
        }
    }

    /// Evaluates an expression; of a starred one, its only item.
    pub(super) fn single(&mut self, expr: &Expr, dst: Reg) {
        let ExprKind::Starred(value) = &expr.kind else { return self.expr(expr, dst) };
        let mark = self.top;
        let src = self.operand(value, []);
        self.emit(Op::Unpack { src, base: dst, count: Count(1) }, expr.span);
        self.top = mark;
    }

    pub(super) fn delete(&mut self, target: &Expr) {
        let mark = self.top;
        match &target.kind {
            ExprKind::Name(name) => self.delete_name(name, target.span),
            ExprKind::Attribute { value, attr } => {
                let obj = self.operand(value, []);
                let site = self.attribute_site(&attr.name);
                self.emit(Op::DelAttr { obj, site }, self.attribute_span(target));
            }
            ExprKind::Subscript { value, slice } => {
                let obj = self.operand(value, [&**slice]);
                let key = self.operand(slice, []);
                self.emit(Op::DelItem { obj, key }, target.span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| self.delete(item)),
            _ => self.fail("cannot delete expression", target.span),
        }
        self.top = mark;
    }
}

fn same_name(left: &Expr, right: &Expr) -> bool {
    matches!((&left.kind, &right.kind), (ExprKind::Name(left), ExprKind::Name(right)) if left == right)
}
