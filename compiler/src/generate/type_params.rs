//! Type parameters of functions and classes.
//!
//! They are variables of the frame that defines the function or class, in registers of their own while it does, as those of
//! an inlined comprehension are. Their bounds and defaults are hidden functions, which the library calls when somebody asks.

use minipy_grammar::Span;
use minipy_grammar::ast::{Expr, ExprKind, TypeParam, TypeParamKind};

use super::Gen;
use super::binding::NAMESPACE;
use crate::code::CodeKind;
use crate::op::{Count, FunctionParts, Op, Reg, WideImm};
use crate::scopes::NodeKey;

impl Gen<'_> {
    /// Reserves the registers of type parameters.
    pub(super) fn declare_type_params(&mut self, params: &[TypeParam], span: Span) {
        if !params.is_empty() {
            self.open_variables(self.shared.scopes.opened_by(params), span);
        }
    }

    /// Makes and binds type parameters; their scope is in force from here on.
    pub(super) fn make_type_params(&mut self, params: &[TypeParam], span: Span) {
        if params.is_empty() {
            return;
        }
        self.scope = self.shared.scopes.opened_by(params);
        for param in params {
            let mark = self.top;
            let base = self.push_library("make_type_parameter", span);
            let kind = match param.kind {
                TypeParamKind::TypeVar => 0,
                TypeParamKind::ParamSpec => 1,
                TypeParamKind::TypeVarTuple => 2,
            };
            let dst = self.scratch();
            self.emit(Op::LoadInt { dst, value: WideImm(kind) }, span);
            self.reserve();
            let name = self.scratch();
            self.load_str(&param.name.name, name, span);
            self.reserve();
            let bound = param.bound.as_ref();
            let is_tuple = |bound: &&Expr| matches!(bound.kind, ExprKind::Tuple(_));
            self.push_late(param, bound.filter(|bound| !is_tuple(bound)));
            self.push_late(param, bound.filter(is_tuple));
            self.push_late(param, param.default.as_ref());
            self.emit(Op::Call { dst: base, base, argc: Count(5) }, span);
            self.top = mark + 1;
            self.store_name(&param.name.name, base, span);
            self.top = mark;
        }
    }

    /// Pushes the tuple of type parameters.
    pub(super) fn push_type_params(&mut self, params: &[TypeParam], span: Span) -> Reg {
        let dst = self.scratch();
        for param in params {
            let at = self.scratch();
            self.load_name(&param.name.name, at, span);
            self.reserve();
        }
        self.emit(Op::BuildTuple { dst, base: dst, count: Count(params.len() as u16) }, span);
        self.top = usize::from(dst.0);
        self.reserve()
    }

    /// Gives the function in `R[function]` its type parameters.
    pub(super) fn set_type_params(&mut self, params: &[TypeParam], function: Reg, dst: Reg, span: Span) {
        let base = self.push_library("set_type_parameters", span);
        let at = self.scratch();
        self.emit(Op::Move { dst: at, src: function }, span);
        self.reserve();
        self.push_type_params(params, span);
        self.emit(Op::Call { dst, base, argc: Count(2) }, span);
    }

    /// Pushes the function that evaluates an expression of a type parameter, or None.
    fn push_late(&mut self, param: &TypeParam, expr: Option<&Expr>) {
        let Some(expr) = expr else {
            self.push_none(param.span);
            return;
        };
        let scope = self.shared.scopes.opened_by(NodeKey::late(expr));
        let in_class = self.shared.scopes.get(scope).reads_namespace;
        let mut inner = self.inner(scope, CodeKind::Function, &param.name.name, expr.span);
        inner.late_body(expr, in_class);
        let dst = self.scratch();
        let mut present = 0;
        if in_class {
            self.emit(Op::BuildTuple { dst, base: NAMESPACE, count: Count(1) }, expr.span);
            self.reserve();
            present = FunctionParts::DEFAULTS;
        }
        let first_line = self.shared.source.line_of(expr.span.start);
        let child = inner.finish(None, first_line).map(|mut code| {
            code.arg_count = u16::from(in_class);
            code
        });
        self.emit_function(child, present, dst, scope, dst, expr.span);
        self.top = usize::from(dst.0);
        self.reserve();
    }

    fn late_body(&mut self, expr: &Expr, in_class: bool) {
        let params = [".namespace".into()];
        self.open_frame(if in_class { &params } else { &[] }, expr.span);
        let src = self.scratch();
        self.single(expr, src);
        self.reserve();
        self.emit_last(Op::Return { src }, expr.span);
    }
}
