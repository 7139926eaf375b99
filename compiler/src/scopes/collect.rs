//! Walks the tree and notes what each scope does with its names.
//!
//! The order of the walk and the complaints are those of CPython's `symtable.c`.

use std::collections::BTreeSet;

use minipy_grammar::ast::*;
use minipy_grammar::{Span, SyntaxError};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    FxIndexMap, NodeKey, Resolution, Scope, ScopeId, ScopeKind, Scopes, Symbol, TYPE_PARAMS, Uses, mangle,
};
use crate::limits::syntax_error;

pub(super) fn collect(module: &Module) -> Result<Scopes, SyntaxError> {
    let mut collector = Collector {
        scopes: Scopes { scopes: Vec::new(), by_node: FxHashMap::default() },
        current: Scopes::MODULE,
        open: Vec::new(),
        error: None,
    };
    collector.push(ScopeKind::Module, None);
    collector.block(&module.body);
    match collector.error {
        Some(error) => Err(error),
        None => Ok(collector.scopes),
    }
}

/// What the walk knows of a comprehension it is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Its targets: what they bind are iteration variables.
    Target,
    /// One of its iterables.
    Iterable,
    /// Anything else.
    Other,
}

struct Collector {
    scopes: Scopes,
    current: ScopeId,
    /// For every open scope from the outermost on: which part of it the walk is in.
    open: Vec<(ScopeId, Part)>,
    /// The first complaint; the walk goes on, but no other counts.
    error: Option<SyntaxError>,
}

impl Collector {
    fn fail(&mut self, message: String, span: Span) {
        self.error.get_or_insert_with(|| syntax_error(message, span));
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.get_mut(self.current)
    }

    fn kind(&self) -> ScopeKind {
        self.scopes.get(self.current).kind
    }

    // Scopes.

    fn push(&mut self, kind: ScopeKind, private: Option<Name>) -> Option<ScopeId> {
        let id = ScopeId(self.scopes.scopes.len() as u32);
        let parent = self.open.last().map(|(scope, _)| *scope);
        let inherited = || parent.and_then(|parent| self.scopes.get(parent).private.clone());
        let scope = Scope {
            kind,
            parent,
            frame: match (kind, parent) {
                (ScopeKind::Comprehension | ScopeKind::Generic, Some(parent)) => {
                    self.scopes.get(parent).frame
                }
                _ => id,
            },
            private: private.or_else(inherited),
            symbols: FxIndexMap::default(),
            free: Vec::new(),
            is_generator: kind == ScopeKind::Generator,
            reads_namespace: false,
            has_annotations: false,
            needs_class_cell: false,
            static_attributes: BTreeSet::new(),
            instance_attributes: FxHashSet::default(),
            first_param: None,
            directives: FxHashMap::default(),
            what: "",
        };
        self.scopes.scopes.push(scope);
        self.open.push((id, Part::Other));
        self.current = id;
        parent
    }

    fn pop(&mut self) {
        self.open.pop();
        self.current = self.open.last().map_or(Scopes::MODULE, |(scope, _)| *scope);
    }

    fn enter(&mut self, key: NodeKey, kind: ScopeKind, private: Option<Name>, walk: impl FnOnce(&mut Self)) {
        self.push(kind, private);
        self.scopes.by_node.insert(key, self.current);
        walk(self);
        self.pop();
    }

    // Names.

    fn note(&mut self, name: &Name, uses: Uses, span: Span) {
        let in_target = matches!(self.open.last(), Some((_, Part::Target)));
        let current = self.scopes.get(self.current);
        let scope = match current.parent {
            // What is no type parameter means what it means outside.
            Some(parent)
                if current.kind == ScopeKind::Generic
                    && !uses.any(Uses::BOUND)
                    && !current.symbols.contains_key(name) =>
            {
                self.scopes.get_mut(parent)
            }
            _ => self.scope(),
        };
        let name = mangle(scope.private.as_deref(), name);
        let symbol = scope
            .symbols
            .entry(name.clone())
            .or_insert(Symbol { uses: Uses::default(), resolution: Resolution::Global });
        let mut uses = uses;
        let mut complaint = None;
        if uses.any(Uses::PARAM) && symbol.uses.any(Uses::PARAM) {
            complaint = Some(format!("duplicate argument '{name}' in function definition"));
        } else if in_target && uses.any(Uses::BOUND) {
            if symbol.uses.any(Uses::GLOBAL.or(Uses::NONLOCAL)) {
                complaint = Some(format!(
                    "comprehension inner loop cannot rebind assignment expression target '{name}'"
                ));
            }
            uses = uses.or(Uses::ITERATED);
        }
        symbol.uses = symbol.uses.or(uses);
        if let Some(complaint) = complaint {
            self.fail(complaint, span);
        }
    }

    fn uses_of(&self, name: &Name) -> Uses {
        let scope = self.scopes.get(self.current);
        let name = mangle(scope.private.as_deref(), name);
        scope.symbols.get(&name).map_or(Uses::default(), |symbol| symbol.uses)
    }

    fn bind(&mut self, name: &Ident) {
        self.note(&name.name, Uses::BOUND, name.span);
    }

    fn read(&mut self, name: &Name, span: Span) {
        self.note(name, Uses::READ, span);
        if &**name == "super"
            && matches!(self.kind(), ScopeKind::Function | ScopeKind::Generator | ScopeKind::Comprehension)
        {
            self.note(&"__class__".into(), Uses::READ, span);
        }
    }

    fn directive(&mut self, names: &[Ident], uses: Uses, word: &str, span: Span) {
        for ident in names {
            let before = self.uses_of(&ident.name);
            let name = &ident.name;
            let complaint = if before.any(Uses::PARAM) {
                Some(format!("name '{name}' is parameter and {word}"))
            } else if before.any(Uses::READ) {
                Some(format!("name '{name}' is used prior to {word} declaration"))
            } else if before.any(Uses::ANNOTATED) {
                Some(format!("annotated name '{name}' can't be {word}"))
            } else if before.any(Uses::BOUND) {
                Some(format!("name '{name}' is assigned to before {word} declaration"))
            } else {
                None
            };
            if let Some(complaint) = complaint {
                self.fail(complaint, span);
            }
            self.note(name, uses, span);
            let scope = self.scope();
            let mangled = mangle(scope.private.as_deref(), name);
            scope.directives.entry(mangled).or_insert(span);
        }
    }

    // Statements.

    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign { targets, value } => {
                targets.iter().for_each(|target| self.target(target));
                self.expr(value);
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.target(target);
                self.expr(value);
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated(target, *simple, value.is_some(), stmt.span);
                self.expr(annotation);
                value.iter().for_each(|value| self.expr(value));
            }
            StmtKind::Return(value) => value.iter().for_each(|value| self.expr(value)),
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.delete(target)),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Global(names) => self.directive(names, Uses::GLOBAL, "global", stmt.span),
            StmtKind::Nonlocal(names) => self.directive(names, Uses::NONLOCAL, "nonlocal", stmt.span),
            StmtKind::Raise { exc, cause } => exc.iter().chain(cause).for_each(|e| self.expr(e)),
            StmtKind::Assert { test, msg } => {
                self.expr(test);
                msg.iter().for_each(|msg| self.expr(msg));
            }
            StmtKind::Import(names) => self.aliases(names),
            StmtKind::ImportFrom { names: ImportNames::Names(names), .. } => self.aliases(names),
            StmtKind::ImportFrom { names: ImportNames::Star(star), .. } => {
                if self.kind() != ScopeKind::Module {
                    self.fail("import * only allowed at module level".to_owned(), *star);
                }
            }
            StmtKind::If { .. } => self.if_chain(stmt),
            StmtKind::While { test, body, orelse } => {
                self.expr(test);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::For { target, iter, body, orelse } => {
                self.target(target);
                self.expr(iter);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::With { items, body } => {
                for item in items {
                    self.expr(&item.context);
                    item.target.iter().for_each(|target| self.target(target));
                }
                self.block(body);
            }
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                self.block(body);
                for handler in handlers {
                    handler.typ.iter().for_each(|typ| self.expr(typ));
                    if let Some(name) = &handler.name {
                        self.note(&name.name, Uses::BOUND.or(Uses::DELETED), name.span);
                    }
                    self.block(&handler.body);
                }
                self.block(orelse);
                self.block(finalbody);
            }
            StmtKind::FunctionDef(def) => self.function(def),
            StmtKind::ClassDef(def) => self.class(def),
        }
    }

    /// An `if` and its `elif`s, of which there may be thousands.
    fn if_chain(&mut self, first: &Stmt) {
        let mut next = Some(first);
        while let Some(stmt) = next.take() {
            let StmtKind::If { test, body, orelse } = &stmt.kind else { return self.stmt(stmt) };
            self.expr(test);
            self.block(body);
            match orelse.as_slice() {
                [only] => next = Some(only),
                block => self.block(block),
            }
        }
    }

    fn annotated(&mut self, target: &Expr, simple: bool, has_value: bool, span: Span) {
        if simple {
            self.scope().has_annotations = true;
        }
        let ExprKind::Name(name) = &target.kind else { return self.target(target) };
        let before = self.uses_of(name);
        if simple && self.kind() != ScopeKind::Module && before.any(Uses::GLOBAL.or(Uses::NONLOCAL)) {
            let word = if before.any(Uses::GLOBAL) { "global" } else { "nonlocal" };
            self.fail(format!("annotated name '{name}' can't be {word}"), span);
        }
        if simple {
            self.note(name, Uses::BOUND.or(Uses::ANNOTATED), target.span);
        } else if has_value {
            self.note(name, Uses::BOUND, target.span);
        }
    }

    fn aliases(&mut self, names: &[Alias]) {
        for alias in names {
            match &alias.asname {
                Some(name) => self.bind(name),
                None => {
                    let first = alias.name.name.split('.').next().unwrap_or_default();
                    self.note(&first.into(), Uses::BOUND, alias.name.span);
                }
            }
        }
    }

    fn function(&mut self, def: &FunctionDef) {
        self.bind(&def.name);
        self.defaults(&def.params);
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        self.generic(&def.type_params, |this| {
            this.annotations(&def.params);
            def.returns.iter().for_each(|returns| this.expr(returns));
            this.enter(NodeKey::from(def), ScopeKind::Function, None, |this| {
                this.params(&def.params);
                this.block(&def.body);
            });
        });
    }

    /// What is inside the scope of type parameters, if there are any.
    fn generic(&mut self, params: &[TypeParam], inside: impl FnOnce(&mut Self)) {
        if params.is_empty() {
            return inside(self);
        }
        let in_class = self.kind() == ScopeKind::Class;
        self.enter(NodeKey::from(params), ScopeKind::Generic, None, |this| {
            params.iter().for_each(|param| this.bind(&param.name));
            for late in params.iter().flat_map(|param| param.bound.iter().chain(&param.default)) {
                this.enter(NodeKey::late(late), ScopeKind::Function, None, |this| {
                    if in_class {
                        this.scope().reads_namespace = true;
                        this.note(&".namespace".into(), Uses::PARAM, late.span);
                    }
                    this.expr(late);
                });
            }
            inside(this);
        });
    }

    fn defaults(&mut self, params: &Params) {
        for param in params.posonly.iter().chain(&params.args).chain(&params.kwonly) {
            param.default.iter().for_each(|default| self.expr(default));
        }
    }

    fn annotations(&mut self, params: &Params) {
        let all = params.posonly.iter().chain(&params.args).chain(&params.vararg).chain(&params.kwonly);
        for param in all.chain(&params.kwarg) {
            param.annotation.iter().for_each(|annotation| self.expr(annotation));
        }
    }

    fn params(&mut self, params: &Params) {
        let first = params.posonly.iter().chain(&params.args).next();
        self.scope().first_param = first.map(|param| param.name.name.clone());
        let all = params.posonly.iter().chain(&params.args).chain(&params.kwonly).chain(&params.vararg);
        for param in all.chain(&params.kwarg) {
            self.note(&param.name.name, Uses::PARAM, param.name.span);
        }
    }

    fn class(&mut self, def: &ClassDef) {
        self.bind(&def.name);
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        self.generic(&def.type_params, |this| {
            this.args(&def.args);
            if !def.type_params.is_empty() {
                this.note(&TYPE_PARAMS.into(), Uses::BOUND, def.name.span);
            }
            this.enter(NodeKey::from(def), ScopeKind::Class, Some(def.name.name.clone()), |this| {
                if !def.type_params.is_empty() {
                    this.read(&TYPE_PARAMS.into(), def.name.span);
                }
                this.block(&def.body);
            });
        });
    }

    // Targets.

    fn target(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => self.note(name, Uses::BOUND, target.span),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| self.target(item)),
            ExprKind::Starred(inner) => self.target(inner),
            ExprKind::Attribute { value, attr } => {
                self.attribute_assigned(value, &attr.name);
                self.expr(target);
            }
            _ => self.expr(target),
        }
    }

    fn delete(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => self.note(name, Uses::BOUND.or(Uses::DELETED), target.span),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| self.delete(item)),
            _ => self.expr(target),
        }
    }

    /// `value.attr = …`: tells the class around a method about it.
    fn attribute_assigned(&mut self, value: &Expr, attr: &Name) {
        let ExprKind::Name(name) = &value.kind else { return };
        let mangled = mangle(self.scopes.get(self.current).private.as_deref(), attr);
        let class = self.open.iter().rposition(|(id, _)| self.scopes.get(*id).kind == ScopeKind::Class);
        let Some(class) = class else { return };
        let method = self.open.get(class + 1).map(|(id, _)| self.scopes.get(*id));
        let on_first = method.is_some_and(|method| method.first_param.as_ref() == Some(name));
        let class = self.scopes.get_mut(self.open[class].0);
        if &**name == "self" {
            class.static_attributes.insert(attr.clone());
        }
        if on_first {
            class.instance_attributes.insert(mangled);
        }
    }

    // Expressions.

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Constant(_) => {}
            ExprKind::Name(name) => self.read(name, expr.span),
            ExprKind::JoinedStr(parts) => self.fstring(parts),
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => self.named_expr(target, value, expr.span),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { params, body } => {
                self.defaults(params);
                self.enter(NodeKey::from(expr), ScopeKind::Function, None, |this| {
                    this.params(params);
                    this.expr(body);
                });
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test);
                self.expr(body);
                self.expr(orelse);
            }
            ExprKind::Dict(items) => {
                for (key, value) in items {
                    key.iter().for_each(|key| self.expr(key));
                    self.expr(value);
                }
            }
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expr, "list comprehension", generators, &[elt]);
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expr, "set comprehension", generators, &[elt]);
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expr, "dict comprehension", generators, &[key, value]);
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expr, "generator expression", generators, &[elt]);
            }
            ExprKind::Yield(value) => {
                self.yields(expr.span);
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::YieldFrom(value) => {
                self.yields(expr.span);
                self.expr(value);
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left);
                self.exprs(comparators);
            }
            ExprKind::Call { func, args } => {
                self.expr(func);
                self.args(args);
            }
            ExprKind::Attribute { value, .. } | ExprKind::Starred(value) => self.expr(value),
            ExprKind::Subscript { value, slice } => {
                self.expr(value);
                self.expr(slice);
            }
            ExprKind::Slice { lower, upper, step } => {
                lower.iter().chain(upper).chain(step).for_each(|part| self.expr(part));
            }
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            match arg {
                Arg::Positional(value) | Arg::Keyword(_, value) | Arg::DoubleStarred(value) => {
                    self.expr(value)
                }
            }
        }
    }

    fn fstring(&mut self, parts: &[FStringPart]) {
        for part in parts {
            if let FStringPart::Replacement { value, spec, .. } = part {
                self.expr(value);
                spec.iter().for_each(|spec| self.fstring(spec));
            }
        }
    }

    fn yields(&mut self, span: Span) {
        match self.kind() {
            ScopeKind::Function => self.scope().is_generator = true,
            ScopeKind::Module | ScopeKind::Class | ScopeKind::Generic => {
                self.fail("'yield' outside function".to_owned(), span);
            }
            ScopeKind::Generator | ScopeKind::Comprehension => {
                let what = self.scope().what;
                self.fail(format!("'yield' inside {what}"), span);
            }
        }
    }

    /// `:=`, which inside a comprehension binds in the function around it.
    fn named_expr(&mut self, target: &Ident, value: &Expr, span: Span) {
        if self.open.iter().any(|(_, part)| *part == Part::Iterable) {
            self.fail(
                "assignment expression cannot be used in a comprehension iterable expression".to_owned(),
                span,
            );
        }
        if matches!(self.kind(), ScopeKind::Generator | ScopeKind::Comprehension) {
            self.named_in_comprehension(target);
        }
        self.expr(value);
        self.note(&target.name, Uses::BOUND.or(Uses::WALRUS), target.span);
    }

    fn named_in_comprehension(&mut self, target: &Ident) {
        let name = mangle(self.scopes.get(self.current).private.as_deref(), &target.name);
        for at in (0..self.open.len()).rev() {
            let id = self.open[at].0;
            let scope = self.scopes.get_mut(id);
            let before = scope.symbols.get(&name).map_or(Uses::default(), |symbol| symbol.uses);
            let (inner, outer) = match scope.kind {
                ScopeKind::Generator | ScopeKind::Comprehension => {
                    if before.any(Uses::ITERATED) {
                        let message = format!(
                            "assignment expression cannot rebind comprehension iteration variable '{name}'"
                        );
                        return self.fail(message, target.span);
                    }
                    continue;
                }
                ScopeKind::Class | ScopeKind::Generic => {
                    let message =
                        "assignment expression within a comprehension cannot be used in a class body";
                    return self.fail(message.to_owned(), target.span);
                }
                ScopeKind::Module => (Uses::GLOBAL, Uses::GLOBAL),
                ScopeKind::Function if before.any(Uses::GLOBAL) => (Uses::GLOBAL, Uses::BOUND),
                ScopeKind::Function => (Uses::NONLOCAL, Uses::BOUND.or(Uses::WALRUS)),
            };
            let symbol = scope
                .symbols
                .entry(name.clone())
                .or_insert(Symbol { uses: Uses::default(), resolution: Resolution::Global });
            symbol.uses = symbol.uses.or(outer);
            self.note(&target.name, inner, target.span);
            self.scope().directives.insert(name, target.span);
            return;
        }
    }

    // Comprehensions.

    fn comprehension(
        &mut self,
        expr: &Expr,
        what: &'static str,
        generators: &[Comprehension],
        results: &[&Expr],
    ) {
        let Some((first, rest)) = generators.split_first() else { return };
        let lazy = what == "generator expression";
        let kind = if lazy { ScopeKind::Generator } else { ScopeKind::Comprehension };
        self.iterable(&first.iter);
        self.enter(NodeKey::from(expr), kind, None, |this| {
            this.scope().what = what;
            if lazy {
                this.note(&".0".into(), Uses::PARAM, first.iter.span);
            }
            this.iteration_target(&first.target);
            this.exprs(&first.ifs);
            for generator in rest {
                this.iteration_target(&generator.target);
                this.iterable(&generator.iter);
                this.exprs(&generator.ifs);
            }
            results.iter().for_each(|result| this.expr(result));
        });
    }

    fn iterable(&mut self, iter: &Expr) {
        self.in_part(Part::Iterable, |this| this.expr(iter));
    }

    fn iteration_target(&mut self, target: &Expr) {
        self.in_part(Part::Target, |this| this.target(target));
    }

    fn in_part(&mut self, part: Part, walk: impl FnOnce(&mut Self)) {
        let at = self.open.len() - 1;
        let before = std::mem::replace(&mut self.open[at].1, part);
        walk(self);
        self.open[at].1 = before;
    }
}
