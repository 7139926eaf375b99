//! Functions and lambdas.

use std::sync::Arc;

use minipy_grammar::Span;
use minipy_grammar::ast::{Expr, FunctionDef, Name, Param, Params, TypeParam};

use super::{Gen, docstring};
use crate::code::{Code, CodeKind, Const};
use crate::op::{Count, FunctionParts, Op, Reg};
use crate::scopes::{Resolution, ScopeId, ScopeKind, SymbolId, Uses};

impl<'a> Gen<'a> {
    pub(super) fn function_def(&mut self, def: &FunctionDef, span: Span) {
        self.bind_with(&def.name.name, span, |this, dst| {
            let mark = this.top;
            let decorators: Vec<Reg> = def.decorators.iter().map(|decorator| this.push(decorator)).collect();
            let whole = with_decorators(&def.decorators, span);
            let scope = this.shared.scopes.opened_by(def);
            let mut inner = this.inner(scope, CodeKind::Function, &def.name.name, whole);
            inner.open_params(&def.params);
            let (doc, body) = docstring::split(&def.body);
            inner.block(body);
            inner.emit_last(Op::ReturnNone {}, def.body.last().map_or(span, |last| last.span));
            let at = if decorators.is_empty() { dst } else { this.scratch() };
            let parts =
                Parts { type_params: &def.type_params, params: &def.params, returns: def.returns.as_ref() };
            let params = Some((&def.params, doc.map(|(doc, _)| doc)));
            this.make_with_parts(inner, params, parts, scope, at, span);
            this.decorate(&def.decorators, &decorators, at, dst);
            this.top = mark;
        });
    }

    /// Applies decorators, innermost first, to what stands in the register behind them.
    pub(super) fn decorate(&mut self, exprs: &[Expr], decorators: &[Reg], mut at: Reg, dst: Reg) {
        for (index, (expr, base)) in exprs.iter().zip(decorators).enumerate().rev() {
            self.top = usize::from(at.0);
            self.reserve();
            let result = if index == 0 { dst } else { *base };
            self.emit(Op::Call { dst: result, base: *base, argc: Count(1) }, expr.span);
            at = *base;
        }
    }

    pub(super) fn lambda(&mut self, expr: &Expr, params: &Params, body: &Expr, dst: Reg) {
        let scope = self.shared.scopes.opened_by(expr);
        let mut inner = self.inner(scope, CodeKind::Function, &"<lambda>".into(), expr.span);
        inner.open_params(params);
        let value = inner.operand(body, []);
        inner.emit_last(Op::Return { src: value }, body.span);
        self.make_with_parts(
            inner,
            Some((params, None)),
            Parts { type_params: &[], params, returns: None },
            scope,
            dst,
            expr.span,
        );
    }

    /// A generator for a code nested in this one.
    pub(super) fn inner(&self, scope: ScopeId, kind: CodeKind, name: &Name, span: Span) -> Gen<'a> {
        let qualname = self.qualname_of(name);
        Gen::new(self.shared, scope, kind, name.clone(), qualname, span)
    }

    fn qualname_of(&self, name: &Name) -> Name {
        let scopes = self.shared.scopes;
        let frame = scopes.get(self.frame);
        let mangled = scopes.mangled(self.frame, name);
        match frame.kind {
            ScopeKind::Module => name.clone(),
            _ if self.is_declared_global(&mangled) => name.clone(),
            ScopeKind::Class => format!("{}.{name}", self.qualname).into(),
            _ => format!("{}.<locals>.{name}", self.qualname).into(),
        }
    }

    // The frame.

    fn open_params(&mut self, params: &Params) {
        let names: Vec<Name> =
            in_register_order(params).map(|param| self.mangled(&param.name.name)).collect();
        self.has_first_argument = !params.posonly.is_empty() || !params.args.is_empty();
        self.open_frame(&names, self.span);
    }

    /// Lays out the locals: parameters first, then what the scope binds, in the order of the text.
    pub(super) fn open_frame(&mut self, params: &[Name], span: Span) {
        let scopes = self.shared.scopes;
        let symbols = &scopes.get(self.frame).symbols;
        let own = |index: u32| SymbolId { scope: self.frame, index };
        let mut order: Vec<(SymbolId, bool)> = params
            .iter()
            .filter_map(|name| symbols.get_index_of(name).map(|index| (own(index as u32), true)))
            .collect();
        let locals = symbols.values().enumerate().filter(|(_, symbol)| {
            matches!(symbol.resolution, Resolution::Local(_)) && !symbol.uses.any(Uses::PARAM)
        });
        // A comprehension's own variables have symbols of their own; here are only those of this scope.
        let locals = locals
            .map(|(index, _)| own(index as u32))
            .filter(|id| scopes.symbol(*id).1.resolution == Resolution::Local(*id));
        order.extend(locals.map(|id| (id, false)));
        for (id, is_param) in order {
            let reg = self.reserve();
            self.locals.push(scopes.symbol(id).0.clone());
            if self.declare(id, reg, is_param).is_cell {
                self.cells.push(reg);
            }
        }
        for reg in self.cells.clone() {
            self.emit(Op::MakeCell { reg }, span);
        }
    }

    // Making the function object.

    /// Makes the function of a finished code that has parameters, with defaults and annotations.
    fn make_with_parts(
        &mut self,
        inner: Gen<'a>,
        params: Option<(&Params, Option<Box<[u8]>>)>,
        parts: Parts,
        scope: ScopeId,
        dst: Reg,
        span: Span,
    ) {
        let (mark, outer) = (self.top, self.scope);
        self.declare_type_params(parts.type_params, span);
        let base = self.scratch();
        let present = self.push_parts(&parts, span);
        let child = self.finish_inner(inner, params);
        let at = if parts.type_params.is_empty() { dst } else { base };
        self.emit_function(child, present, base, scope, at, span);
        self.top = usize::from(base.0);
        if !parts.type_params.is_empty() {
            self.reserve();
            self.set_type_params(parts.type_params, at, dst, span);
        }
        self.scope = outer;
        self.top = mark;
    }

    /// Makes the function of a finished code without defaults; `describe` completes the code.
    pub(super) fn make_function(
        &mut self,
        inner: Gen<'a>,
        describe: impl FnOnce(&mut Code),
        scope: ScopeId,
        dst: Reg,
        span: Span,
    ) {
        let mark = self.top;
        let base = self.scratch();
        let first_line = self.shared.source.line_of(inner.span.start);
        let child = inner.finish(None, first_line).map(|mut code| {
            if code.kind == CodeKind::ClassBody || code.is_generator {
                code.arg_count = 1;
            }
            describe(&mut code);
            code
        });
        self.emit_function(child, 0, base, scope, dst, span);
        self.top = mark;
    }

    fn finish_inner(
        &self,
        inner: Gen<'a>,
        params: Option<(&Params, Option<Box<[u8]>>)>,
    ) -> Result<Code, minipy_grammar::SyntaxError> {
        let first_line = self.shared.source.line_of(inner.span.start);
        let (params, doc) = params.map_or((None, None), |(params, doc)| (Some(params), doc));
        let mut code = inner.finish(doc, first_line)?;
        if let Some(params) = params {
            code.posonly_count = params.posonly.len() as u16;
            code.arg_count = (params.posonly.len() + params.args.len()) as u16;
            code.kwonly_count = params.kwonly.len() as u16;
            code.has_varargs = params.vararg.is_some();
            code.has_varkw = params.kwarg.is_some();
        }
        Ok(code)
    }

    pub(super) fn emit_function(
        &mut self,
        child: Result<Code, minipy_grammar::SyntaxError>,
        mut present: u8,
        base: Reg,
        scope: ScopeId,
        dst: Reg,
        span: Span,
    ) {
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                self.error.get_or_insert(error);
                return;
            }
        };
        let free = &self.shared.scopes.get(scope).free;
        if !free.is_empty() {
            let cells = self.scratch();
            for name in free {
                let at = self.scratch();
                self.load_cell_itself(name, at, span);
                self.reserve();
            }
            let count = Count(free.len() as u16);
            self.emit(Op::BuildTuple { dst: cells, base: cells, count }, span);
            self.top = usize::from(cells.0);
            self.reserve();
            present |= FunctionParts::CLOSURE;
        }
        if !self.live {
            return;
        }
        let code = self.code.child(Arc::new(child));
        self.emit(Op::MakeFunction { parts: FunctionParts(present), dst, base, code }, span);
    }

    /// Pushes defaults and annotations; which of them there are.
    fn push_parts(&mut self, parts: &Parts, span: Span) -> u8 {
        let mut present = 0;
        let defaults =
            || parts.params.posonly.iter().chain(&parts.params.args).filter_map(|p| p.default.as_ref());
        if defaults().next().is_some() {
            let at = self.scratch();
            match defaults().map(super::fold::fold).collect::<Option<Box<[Const]>>>() {
                Some(values) => self.load_const(&Const::Tuple(values), at, span),
                None => self.tuple(defaults(), at, span),
            }
            self.reserve();
            present |= FunctionParts::DEFAULTS;
        }
        if parts.params.kwonly.iter().any(|param| param.default.is_some()) {
            self.push_dict(span, |this, dict| {
                for param in &parts.params.kwonly {
                    if let Some(default) = &param.default {
                        this.insert_named(dict, &param.name.name, span, |this, at| this.expr(default, at));
                    }
                }
            });
            present |= FunctionParts::KW_DEFAULTS;
        }
        self.make_type_params(parts.type_params, span);
        let annotated = || in_annotation_order(parts.params).filter(|param| param.annotation.is_some());
        if annotated().next().is_some() || parts.returns.is_some() {
            self.push_dict(span, |this, dict| {
                for param in annotated() {
                    if let Some(annotation) = &param.annotation {
                        let name = &param.name.name;
                        this.insert_named(dict, name, span, |this, at| this.annotation(annotation, at));
                    }
                }
                if let Some(returns) = parts.returns {
                    this.insert_named(dict, &"return".into(), span, |this, at| this.annotation(returns, at));
                }
            });
            present |= FunctionParts::ANNOTATIONS;
        }
        present
    }

    fn push_dict(&mut self, span: Span, fill: impl FnOnce(&mut Self, Reg)) {
        let dict = self.scratch();
        self.emit(Op::BuildDict { dst: dict, base: dict, count: Count(0) }, span);
        self.reserve();
        fill(self, dict);
    }

    fn insert_named(&mut self, dict: Reg, name: &Name, span: Span, value: impl FnOnce(&mut Self, Reg)) {
        let mark = self.top;
        let key = self.scratch();
        let name = self.mangled(name);
        self.load_str(&name, key, span);
        self.reserve();
        let at = self.scratch();
        value(self, at);
        self.reserve();
        self.emit(Op::DictInsert { dict, key, value: at }, span);
        self.top = mark;
    }
}

/// What is evaluated where a function is defined.
struct Parts<'e> {
    type_params: &'e [TypeParam],
    params: &'e Params,
    returns: Option<&'e Expr>,
}

fn in_register_order(params: &Params) -> impl Iterator<Item = &Param> {
    let positional = params.posonly.iter().chain(&params.args);
    positional.chain(&params.kwonly).chain(&params.vararg).chain(&params.kwarg)
}

fn in_annotation_order(params: &Params) -> impl Iterator<Item = &Param> {
    let positional = params.posonly.iter().chain(&params.args);
    positional.chain(&params.vararg).chain(&params.kwonly).chain(&params.kwarg)
}

/// From the first decorator to the end of the definition.
pub(super) fn with_decorators(decorators: &[Expr], span: Span) -> Span {
    decorators.first().map_or(span, |first| first.span.to(span))
}
