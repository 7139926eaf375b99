//! Complaints about names: what CPython finds while it builds its symbol table.
//!
//! Two steps, as in CPython: a walk in its order, which stops at the first complaint, and then the resolution of
//! `nonlocal`, whose complaints come after all of the walk's.

use rustc_hash::FxHashMap;

use crate::ast::*;
use crate::check::{clauses, parameters};
use crate::error::SyntaxError;
use crate::source::Span;

type Outcome = Result<(), SyntaxError>;

/// Checks the names of a module.
pub(crate) fn check(module: &Module) -> Outcome {
    let mut walk = Walk { scopes: vec![Scope::new(Kind::Module)], late: Vec::new() };
    walk.suite(&module.body)?;
    walk.leave();
    let first = walk.late.into_iter().min_by_key(|error| error.span.start);
    first.map_or(Ok(()), Err)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Function,
    Comprehension(&'static str),
    /// The type parameters of a definition, around it.
    Generic,
    /// An expression of a type parameter that is evaluated late: which.
    Late(&'static str),
}

/// What is known of a name in a scope: bits.
mod flag {
    pub(super) const USED: u8 = 1;
    pub(super) const BOUND: u8 = 2;
    pub(super) const PARAMETER: u8 = 4;
    pub(super) const ANNOTATED: u8 = 8;
    pub(super) const GLOBAL: u8 = 16;
    pub(super) const NONLOCAL: u8 = 32;
    pub(super) const ITERATED: u8 = 64;
    pub(super) const IMPORTED: u8 = 128;
}

struct Scope {
    kind: Kind,
    names: FxHashMap<Name, u8>,
    /// Every `global` and `nonlocal` of this scope with its statement.
    declared: Vec<(Name, Span)>,
    /// `nonlocal` names of this scope and of those inside, not yet found, with the statement.
    wanted: Vec<(Name, Span)>,
    /// How many iterables of comprehensions surround the place.
    in_iterable: u32,
    in_target: bool,
}

impl Scope {
    fn new(kind: Kind) -> Scope {
        Scope {
            kind,
            names: FxHashMap::default(),
            declared: Vec::new(),
            wanted: Vec::new(),
            in_iterable: 0,
            in_target: false,
        }
    }

    fn flags(&self, name: &Name) -> u8 {
        self.names.get(name).copied().unwrap_or(0)
    }
}

struct Walk {
    scopes: Vec<Scope>,
    /// Complaints that wait for the end of the walk.
    late: Vec<SyntaxError>,
}

impl Walk {
    fn scope(&mut self) -> &mut Scope {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn add(&mut self, name: &Name, bits: u8, span: Span) -> Outcome {
        let scope = self.scope();
        let in_target = scope.in_target;
        let flags = match scope.names.get_mut(name) {
            Some(flags) => flags,
            None => scope.names.entry(name.clone()).or_insert(0),
        };
        if bits & *flags & flag::PARAMETER != 0 {
            return Err(SyntaxError::new(
                span,
                format!("duplicate argument '{name}' in function definition"),
            ));
        }
        let mut bits = bits;
        if in_target && bits & flag::BOUND != 0 {
            if *flags & (flag::GLOBAL | flag::NONLOCAL) != 0 {
                let message =
                    format!("comprehension inner loop cannot rebind assignment expression target '{name}'");
                return Err(SyntaxError::new(span, message));
            }
            bits |= flag::ITERATED;
        }
        *flags |= bits;
        Ok(())
    }

    fn enter(&mut self, kind: Kind) {
        let in_iterable = match kind {
            Kind::Comprehension(_) => self.scope().in_iterable,
            _ => 0,
        };
        self.scopes.push(Scope { in_iterable, ..Scope::new(kind) });
    }

    /// Closes a scope: looks for what its inner scopes call nonlocal.
    fn leave(&mut self) {
        let Some(mut scope) = self.scopes.pop() else { return };
        let mut wanted = Vec::new();
        for (name, span) in std::mem::take(&mut scope.wanted) {
            let flags = scope.flags(&name);
            let own = flags & flag::NONLOCAL != 0;
            match scope.kind {
                Kind::Function
                    if !own
                        && flags & flag::GLOBAL == 0
                        && flags & (flag::BOUND | flag::PARAMETER | flag::IMPORTED) != 0 => {}
                Kind::Class if !own && &*name == "__class__" => {}
                Kind::Generic if flags & flag::BOUND != 0 => {
                    let message = format!("nonlocal binding not allowed for type parameter '{name}'");
                    self.late.push(SyntaxError::new(span, message));
                }
                Kind::Function if !own && flags & flag::GLOBAL != 0 => self.unbound(&name, span),
                _ => wanted.push((name, span)),
            }
        }
        let mut found = Vec::new();
        match self.scopes.last_mut() {
            Some(outer) => outer.wanted.append(&mut wanted),
            None => found.append(&mut wanted),
        }
        for (name, span) in found {
            self.unbound(&name, span);
        }
    }

    fn unbound(&mut self, name: &Name, span: Span) {
        self.late.push(SyntaxError::new(span, format!("no binding for nonlocal '{name}' found")));
    }

    fn declare(&mut self, names: &[Ident], global: bool, span: Span) -> Outcome {
        let word = if global { "global" } else { "nonlocal" };
        for ident in names {
            let name = &ident.name;
            let flags = self.scope().flags(name);
            let message = if flags & flag::PARAMETER != 0 {
                format!("name '{name}' is parameter and {word}")
            } else if flags & flag::USED != 0 {
                format!("name '{name}' is used prior to {word} declaration")
            } else if flags & flag::ANNOTATED != 0 {
                format!("annotated name '{name}' can't be {word}")
            } else if flags & flag::BOUND != 0 {
                format!("name '{name}' is assigned to before {word} declaration")
            } else {
                self.declare_one(name, flags, global, span)?;
                continue;
            };
            return Err(SyntaxError::new(span, message));
        }
        Ok(())
    }

    fn declare_one(&mut self, name: &Name, flags: u8, global: bool, span: Span) -> Outcome {
        let both = if global { flag::NONLOCAL } else { flag::GLOBAL };
        if flags & both != 0 {
            // CPython shows the first of the two.
            let first = self.scope().declared.iter().find(|(declared, _)| declared == name);
            let place = first.map_or(span, |(_, first)| *first);
            self.late.push(SyntaxError::new(place, format!("name '{name}' is nonlocal and global")));
        }
        self.add(name, if global { flag::GLOBAL } else { flag::NONLOCAL }, span)?;
        self.scope().declared.push((name.clone(), span));
        if global {
            self.scope().wanted.retain(|(wanted, _)| wanted != name);
        } else if self.scopes.len() == 1 {
            self.late.push(SyntaxError::new(span, "nonlocal declaration not allowed at module level"));
        } else if flags & flag::GLOBAL == 0 {
            self.scope().wanted.push((name.clone(), span));
        }
        Ok(())
    }

    fn suite(&mut self, body: &[Stmt]) -> Outcome {
        body.iter().try_for_each(|stmt| self.statement(stmt))
    }

    fn statement(&mut self, stmt: &Stmt) -> Outcome {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign { targets, value } => {
                self.targets(targets)?;
                self.expr(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.target(target)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { .. } => self.annotated(stmt),
            StmtKind::Return(value) => self.optional(value.as_ref()),
            StmtKind::Delete(targets) => self.targets(targets),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
            StmtKind::Global(names) => self.declare(names, true, stmt.span),
            StmtKind::Nonlocal(names) => self.declare(names, false, stmt.span),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_ref())?;
                self.optional(cause.as_ref())
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.optional(msg.as_ref())
            }
            StmtKind::Import(names) => self.aliases(names),
            StmtKind::ImportFrom { names: ImportNames::Names(names), .. } => self.aliases(names),
            StmtKind::ImportFrom { names: ImportNames::Star(span), .. } => {
                if self.scopes.len() > 1 {
                    return Err(SyntaxError::new(*span, "import * only allowed at module level"));
                }
                Ok(())
            }
            StmtKind::If { .. } => {
                let (clauses, last) = clauses(stmt);
                for (test, body) in clauses {
                    self.expr(test)?;
                    self.suite(body)?;
                }
                self.suite(last)
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test)?;
                self.suite(body)?;
                self.suite(orelse)
            }
            StmtKind::For { target, iter, body, orelse } => {
                self.target(target)?;
                self.expr(iter)?;
                self.suite(body)?;
                self.suite(orelse)
            }
            StmtKind::With { items, body } => {
                for item in items {
                    self.expr(&item.context)?;
                    if let Some(target) = &item.target {
                        self.target(target)?;
                    }
                }
                self.suite(body)
            }
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                self.suite(body)?;
                self.suite(orelse)?;
                for handler in handlers {
                    self.optional(handler.typ.as_ref())?;
                    if let Some(name) = &handler.name {
                        self.add(&name.name, flag::BOUND, name.span)?;
                    }
                    self.suite(&handler.body)?;
                }
                self.suite(finalbody)
            }
            StmtKind::FunctionDef(def) => self.function(def),
            StmtKind::ClassDef(def) => self.class(def),
        }
    }

    fn annotated(&mut self, stmt: &Stmt) -> Outcome {
        let StmtKind::AnnAssign { target, annotation, value, simple } = &stmt.kind else { return Ok(()) };
        if let ExprKind::Name(name) = &target.kind {
            let flags = self.scope().flags(name);
            if *simple && self.scopes.len() > 1 && flags & (flag::GLOBAL | flag::NONLOCAL) != 0 {
                let word = if flags & flag::GLOBAL != 0 { "global" } else { "nonlocal" };
                return Err(SyntaxError::new(stmt.span, format!("annotated name '{name}' can't be {word}")));
            }
            let bits = if *simple {
                flag::ANNOTATED | flag::BOUND
            } else if value.is_some() {
                flag::BOUND
            } else {
                0
            };
            self.add(name, bits, target.span)?;
        } else {
            self.target(target)?;
        }
        self.expr(annotation)?;
        self.optional(value.as_ref())
    }

    fn aliases(&mut self, names: &[Alias]) -> Outcome {
        for alias in names {
            match &alias.asname {
                Some(name) => self.add(&name.name, flag::IMPORTED, name.span)?,
                None => {
                    let first = alias.name.name.split('.').next().unwrap_or_default();
                    self.add(&Name::from(first), flag::IMPORTED, alias.name.span)?;
                }
            }
        }
        Ok(())
    }

    fn function(&mut self, def: &FunctionDef) -> Outcome {
        self.add(&def.name.name, flag::BOUND, def.name.span)?;
        self.defaults(&def.params)?;
        self.exprs(&def.decorators)?;
        self.generic(&def.type_params, |this| {
            for param in parameters(&def.params) {
                this.optional(param.annotation.as_ref())?;
            }
            this.optional(def.returns.as_ref())?;
            this.enter(Kind::Function);
            this.parameters(&def.params)?;
            this.suite(&def.body)?;
            this.leave();
            Ok(())
        })
    }

    fn class(&mut self, def: &ClassDef) -> Outcome {
        self.add(&def.name.name, flag::BOUND, def.name.span)?;
        self.exprs(&def.decorators)?;
        self.generic(&def.type_params, |this| {
            this.arguments(&def.args)?;
            this.enter(Kind::Class);
            this.suite(&def.body)?;
            this.leave();
            Ok(())
        })
    }

    /// What is inside the scope of type parameters, if there are any.
    fn generic(&mut self, params: &[TypeParam], inside: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        if params.is_empty() {
            return inside(self);
        }
        self.enter(Kind::Generic);
        for param in params {
            let name = &param.name.name;
            if self.scope().flags(name) & flag::BOUND != 0 {
                return Err(SyntaxError::new(param.span, format!("duplicate type parameter '{name}'")));
            }
            self.add(name, flag::BOUND, param.span)?;
            let (bound, default) = match (param.kind, &param.bound) {
                (TypeParamKind::TypeVar, Some(Expr { kind: ExprKind::Tuple(_), .. })) => {
                    ("a TypeVar constraint", "a TypeVar default")
                }
                (TypeParamKind::TypeVar, _) => ("a TypeVar bound", "a TypeVar default"),
                (TypeParamKind::ParamSpec, _) => ("", "a ParamSpec default"),
                (TypeParamKind::TypeVarTuple, _) => ("", "a TypeVarTuple default"),
            };
            for (late, what) in [(&param.bound, bound), (&param.default, default)] {
                let Some(late) = late else { continue };
                self.enter(Kind::Late(what));
                self.expr(late)?;
                self.leave();
            }
        }
        inside(self)?;
        self.leave();
        Ok(())
    }

    /// `yield` and `:=` have no place in what belongs to type parameters.
    fn not_late(&mut self, what: &str, span: Span) -> Outcome {
        let place = match self.scope().kind {
            Kind::Generic => "the definition of a generic",
            Kind::Late(place) => place,
            _ => return Ok(()),
        };
        Err(SyntaxError::new(span, format!("{what} cannot be used within {place}")))
    }

    fn defaults(&mut self, params: &Params) -> Outcome {
        let all = params.posonly.iter().chain(&params.args).chain(&params.kwonly);
        all.filter_map(|param| param.default.as_ref()).try_for_each(|default| self.expr(default))
    }

    fn parameters(&mut self, params: &Params) -> Outcome {
        for param in parameters(params) {
            let end = param.annotation.as_ref().map_or(param.name.span.end, |annotation| annotation.span.end);
            self.add(&param.name.name, flag::PARAMETER, Span::new(param.name.span.start, end))?;
        }
        Ok(())
    }

    fn arguments(&mut self, args: &[Arg]) -> Outcome {
        for arg in args {
            if let Arg::Positional(value) = arg {
                self.expr(value)?;
            }
        }
        for arg in args {
            if let Arg::Keyword(_, value) | Arg::DoubleStarred(value) = arg {
                self.expr(value)?;
            }
        }
        Ok(())
    }

    fn exprs(&mut self, items: &[Expr]) -> Outcome {
        items.iter().try_for_each(|item| self.expr(item))
    }

    fn optional(&mut self, item: Option<&Expr>) -> Outcome {
        item.map_or(Ok(()), |item| self.expr(item))
    }

    fn targets(&mut self, items: &[Expr]) -> Outcome {
        items.iter().try_for_each(|item| self.target(item))
    }

    fn target(&mut self, target: &Expr) -> Outcome {
        match &target.kind {
            ExprKind::Name(name) => self.add(name, flag::BOUND, target.span),
            ExprKind::Tuple(items) | ExprKind::List(items) => self.targets(items),
            ExprKind::Starred(value) => self.target(value),
            _ => self.expr(target),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Outcome {
        match &expr.kind {
            ExprKind::Constant(_) => Ok(()),
            ExprKind::Name(name) => self.add(name, flag::USED, expr.span),
            ExprKind::JoinedStr(parts) => self.pieces(parts),
            ExprKind::BoolOp { values: items, .. }
            | ExprKind::Set(items)
            | ExprKind::List(items)
            | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::NamedExpr { target, value } => self.named(expr, target, value),
            ExprKind::UnaryOp { operand: value, .. }
            | ExprKind::Starred(value)
            | ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::Lambda { params, body } => {
                self.defaults(params)?;
                self.enter(Kind::Function);
                self.parameters(params)?;
                self.expr(body)?;
                self.leave();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict(items) => {
                for (key, _) in items {
                    self.optional(key.as_ref())?;
                }
                items.iter().try_for_each(|(_, value)| self.expr(value))
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension("list comprehension", elt, None, generators)
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension("set comprehension", elt, None, generators)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension("generator expression", elt, None, generators)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension("dict comprehension", key, Some(value), generators)
            }
            ExprKind::Yield(value) => {
                self.not_late("yield expression", expr.span)?;
                self.optional(value.as_deref())?;
                self.yields(expr.span)
            }
            ExprKind::YieldFrom(value) => {
                self.not_late("yield expression", expr.span)?;
                self.expr(value)?;
                self.yields(expr.span)
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call { func, args } => {
                self.expr(func)?;
                self.arguments(args)
            }
            ExprKind::Subscript { value, slice } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().try_for_each(|bound| self.optional(bound.as_deref()))
            }
        }
    }

    fn pieces(&mut self, parts: &[FStringPart]) -> Outcome {
        for part in parts {
            if let FStringPart::Replacement { value, spec, .. } = part {
                self.expr(value)?;
                self.pieces(spec.as_deref().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn yields(&mut self, span: Span) -> Outcome {
        match self.scope().kind {
            Kind::Comprehension(what) => Err(SyntaxError::new(span, format!("'yield' inside {what}"))),
            _ => Ok(()),
        }
    }

    /// `target := value`: inside comprehensions it binds in the scope around them.
    fn named(&mut self, expr: &Expr, target: &Ident, value: &Expr) -> Outcome {
        self.not_late("named expression", expr.span)?;
        if self.scope().in_iterable > 0 {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            return Err(SyntaxError::new(expr.span, message));
        }
        if matches!(self.scope().kind, Kind::Comprehension(_)) {
            self.bind_outside(target)?;
        }
        self.expr(value)?;
        self.add(&target.name, flag::BOUND, target.span)
    }

    fn bind_outside(&mut self, target: &Ident) -> Outcome {
        let name = &target.name;
        for index in (0..self.scopes.len()).rev() {
            let scope = &self.scopes[index];
            let flags = scope.flags(name);
            let message = match scope.kind {
                Kind::Comprehension(_) if flags & flag::ITERATED != 0 && flags & flag::BOUND != 0 => {
                    format!("assignment expression cannot rebind comprehension iteration variable '{name}'")
                }
                Kind::Comprehension(_) => continue,
                Kind::Class => {
                    "assignment expression within a comprehension cannot be used in a class body".to_string()
                }
                Kind::Generic => {
                    "assignment expression within a comprehension cannot be used within the definition of a generic"
                        .to_string()
                }
                Kind::Late(_) => {
                    "assignment expression within a comprehension cannot be used in a TypeVar bound".to_string()
                }
                Kind::Function | Kind::Module => {
                    *self.scopes[index].names.entry(name.clone()).or_insert(0) |= flag::BOUND;
                    return self.add(name, flag::NONLOCAL, target.span);
                }
            };
            return Err(SyntaxError::new(target.span, message));
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        what: &'static str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
    ) -> Outcome {
        let Some((first, rest)) = generators.split_first() else { return Ok(()) };
        self.iterable(&first.iter)?;
        self.enter(Kind::Comprehension(what));
        self.loop_target(&first.target)?;
        self.exprs(&first.ifs)?;
        for generator in rest {
            self.loop_target(&generator.target)?;
            self.iterable(&generator.iter)?;
            self.exprs(&generator.ifs)?;
        }
        self.optional(value)?;
        self.expr(elt)?;
        self.leave();
        Ok(())
    }

    fn iterable(&mut self, iter: &Expr) -> Outcome {
        self.scope().in_iterable += 1;
        self.expr(iter)?;
        self.scope().in_iterable -= 1;
        Ok(())
    }

    fn loop_target(&mut self, target: &Expr) -> Outcome {
        self.scope().in_target = true;
        self.target(target)?;
        self.scope().in_target = false;
        Ok(())
    }
}
