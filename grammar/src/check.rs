//! Complaints that CPython's compiler makes while it generates code, in its order.

use crate::ast::*;
use crate::error::SyntaxError;
use crate::source::Span;

/// The deepest nesting of loops, `with` and `try` in one function, as in CPython.
pub const MAX_BLOCKS: usize = 21;

const FUTURES: [&str; 10] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

type Outcome = Result<(), SyntaxError>;

/// Checks the imports of `__future__`, which CPython does before anything else.
pub(crate) fn check_futures(module: &Module) -> Outcome {
    for stmt in &module.body {
        let StmtKind::ImportFrom { module: Some(name), names: ImportNames::Names(names), level: 0 } =
            &stmt.kind
        else {
            continue;
        };
        if &*name.name != "__future__" {
            continue;
        }
        for alias in names {
            let message = match &*alias.name.name {
                known if FUTURES.contains(&known) => continue,
                "braces" => "not a chance".to_string(),
                other => format!("future feature {other} is not defined"),
            };
            return Err(SyntaxError::new(Span::new(stmt.span.start, stmt.span.start), message));
        }
    }
    Ok(())
}

/// Checks a module whose names are in order.
pub(crate) fn check(module: &Module) -> Outcome {
    let mut walk = Walk { in_function: false, blocks: Vec::new(), futures_over: false };
    for (index, stmt) in module.body.iter().enumerate() {
        let docstring = index == 0
            && matches!(&stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::Constant(Constant::Str(_)), .. }));
        walk.futures_over |= !docstring && !is_future(stmt);
        walk.statement(stmt)?;
    }
    Ok(())
}

fn is_future(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::ImportFrom { module: Some(name), level: 0, .. } if &*name.name == "__future__")
}

/// What surrounds a statement inside its function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Loop,
    ExceptStar,
    Other,
}

struct Walk {
    in_function: bool,
    blocks: Vec<Block>,
    futures_over: bool,
}

impl Walk {
    fn suite(&mut self, body: &[Stmt]) -> Outcome {
        body.iter().try_for_each(|stmt| self.statement(stmt))
    }

    /// A suite inside a block of its own; `span` is that of the statement that opens it.
    fn inside(&mut self, block: Block, body: &[Stmt], span: Span) -> Outcome {
        self.open(block, span)?;
        self.suite(body)?;
        self.blocks.pop();
        Ok(())
    }

    fn open(&mut self, block: Block, span: Span) -> Outcome {
        if self.blocks.len() >= MAX_BLOCKS {
            return Err(SyntaxError::new(span, "too many statically nested blocks"));
        }
        self.blocks.push(block);
        Ok(())
    }

    /// The body of a function, class or lambda.
    fn body(&mut self, in_function: bool, run: impl FnOnce(&mut Walk) -> Outcome) -> Outcome {
        let blocks = std::mem::take(&mut self.blocks);
        let was = std::mem::replace(&mut self.in_function, in_function);
        run(self)?;
        self.blocks = blocks;
        self.in_function = was;
        Ok(())
    }

    fn statement(&mut self, stmt: &Stmt) -> Outcome {
        match &stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Assign { targets, value } => {
                self.expr(value)?;
                self.targets(targets)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.target(target)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                self.optional(value.as_ref())?;
                self.target(target)?;
                self.expr(annotation)
            }
            StmtKind::Return(value) => {
                if !self.in_function {
                    return Err(SyntaxError::new(stmt.span, "'return' outside function"));
                }
                self.optional(value.as_ref())?;
                if self.blocks.contains(&Block::ExceptStar) {
                    return leaves_except_star(stmt.span);
                }
                Ok(())
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.deleted(target)),
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => Ok(()),
            StmtKind::Break => self.jump(stmt.span, "'break' outside loop"),
            StmtKind::Continue => self.jump(stmt.span, "'continue' not properly in loop"),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_ref())?;
                self.optional(cause.as_ref())
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.optional(msg.as_ref())
            }
            StmtKind::Import(names) => aliases(names, stmt.span),
            StmtKind::ImportFrom { names, .. } => {
                if is_future(stmt) && self.futures_over {
                    let message = "from __future__ imports must occur at the beginning of the file";
                    return Err(SyntaxError::new(stmt.span, message));
                }
                match names {
                    ImportNames::Star(_) => Ok(()),
                    ImportNames::Names(names) => aliases(names, stmt.span),
                }
            }
            StmtKind::FunctionDef(def) => self.function(def, stmt.span),
            StmtKind::ClassDef(def) => self.class(def, stmt.span),
            _ => self.compound(stmt),
        }
    }

    fn compound(&mut self, stmt: &Stmt) -> Outcome {
        match &stmt.kind {
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
                self.inside(Block::Loop, body, stmt.span)?;
                self.suite(orelse)
            }
            StmtKind::For { target, iter, body, orelse } => {
                self.expr(iter)?;
                self.target(target)?;
                self.inside(Block::Loop, body, stmt.span)?;
                self.suite(orelse)
            }
            StmtKind::With { items, body } => self.with(items, body),
            StmtKind::Try { body, handlers, finalbody, .. } => {
                if finalbody.is_empty() {
                    return self.handlers(stmt);
                }
                self.open(Block::Other, stmt.span)?;
                if handlers.is_empty() {
                    self.suite(body)?
                } else {
                    self.handlers(stmt)?
                }
                self.blocks.pop();
                self.inside(Block::Other, finalbody, stmt.span)
            }
            _ => Ok(()),
        }
    }

    /// Each manager opens a block of its own.
    fn with(&mut self, items: &[WithItem], body: &[Stmt]) -> Outcome {
        let before = self.blocks.len();
        for item in items {
            self.expr(&item.context)?;
            self.open(Block::Other, item.context.span)?;
            if let Some(target) = &item.target {
                self.target(target)?;
            }
        }
        self.suite(body)?;
        self.blocks.truncate(before);
        Ok(())
    }

    /// The body of a `try`, its `else` and its `except` clauses: all clauses are in one block, each in another.
    fn handlers(&mut self, stmt: &Stmt) -> Outcome {
        let StmtKind::Try { body, handlers, orelse, star, .. } = &stmt.kind else { return Ok(()) };
        self.inside(Block::Other, body, stmt.span)?;
        if !star {
            self.suite(orelse)?;
        }
        self.open(if *star { Block::ExceptStar } else { Block::Other }, stmt.span)?;
        for (index, handler) in handlers.iter().enumerate() {
            if handler.typ.is_none() && index + 1 < handlers.len() {
                return Err(SyntaxError::new(handler.span, "default 'except:' must be last"));
            }
            self.optional(handler.typ.as_ref())?;
            if let Some(name) = &handler.name {
                forbidden(&name.name, "assign to", handler.span)?;
            }
            self.inside(Block::Other, &handler.body, handler.span)?;
        }
        self.blocks.pop();
        if *star { self.suite(orelse) } else { Ok(()) }
    }

    /// `break` and `continue` look for the innermost loop.
    fn jump(&self, span: Span, message: &str) -> Outcome {
        match self.blocks.iter().rev().find(|block| **block != Block::Other) {
            Some(Block::ExceptStar) => leaves_except_star(span),
            Some(_) => Ok(()),
            None => Err(SyntaxError::new(span, message)),
        }
    }

    fn function(&mut self, def: &FunctionDef, span: Span) -> Outcome {
        self.exprs(&def.decorators)?;
        self.defaults(&def.params)?;
        self.type_params(&def.type_params)?;
        for param in parameters(&def.params) {
            match &param.annotation {
                Some(Expr { kind: ExprKind::Starred(value), .. }) => self.expr(value)?,
                annotation => self.optional(annotation.as_ref())?,
            }
        }
        self.optional(def.returns.as_ref())?;
        self.parameters(&def.params)?;
        forbidden(&def.name.name, "assign to", span)?;
        self.body(true, |walk| walk.suite(&def.body))
    }

    fn class(&mut self, def: &ClassDef, span: Span) -> Outcome {
        self.exprs(&def.decorators)?;
        self.type_params(&def.type_params)?;
        forbidden(&def.name.name, "assign to", span)?;
        self.body(false, |walk| walk.suite(&def.body))?;
        self.arguments(&def.args)
    }

    fn type_params(&mut self, params: &[TypeParam]) -> Outcome {
        let mut default_seen = false;
        for param in params {
            self.optional(param.bound.as_ref())?;
            match &param.default {
                Some(default) => self.element(default)?,
                None if default_seen => {
                    let name = &param.name.name;
                    let message =
                        format!("non-default type parameter '{name}' follows default type parameter");
                    return Err(SyntaxError::new(param.span, message));
                }
                None => {}
            }
            default_seen |= param.default.is_some();
            forbidden(&param.name.name, "assign to", param.span)?;
        }
        Ok(())
    }

    fn defaults(&mut self, params: &Params) -> Outcome {
        let all = params.posonly.iter().chain(&params.args).chain(&params.kwonly);
        all.filter_map(|param| param.default.as_ref()).try_for_each(|default| self.expr(default))
    }

    fn parameters(&mut self, params: &Params) -> Outcome {
        parameters(params).try_for_each(|param| forbidden(&param.name.name, "assign to", param.name.span))
    }

    /// Arguments; a keyword may stand once.
    fn arguments(&mut self, args: &[Arg]) -> Outcome {
        for (index, arg) in args.iter().enumerate() {
            let Arg::Keyword(name, value) = arg else { continue };
            let span = name.span.to(value.span);
            forbidden(&name.name, "assign to", span)?;
            let same = |arg: &Arg| matches!(arg, Arg::Keyword(other, _) if other.name == name.name);
            if let Some(Arg::Keyword(again, value)) = args[index + 1..].iter().find(|arg| same(arg)) {
                let message = format!("keyword argument repeated: {}", name.name);
                return Err(SyntaxError::new(again.span.to(value.span), message));
            }
        }
        args.iter().try_for_each(|arg| match arg {
            Arg::Positional(value) => self.element(value),
            Arg::Keyword(_, value) | Arg::DoubleStarred(value) => self.expr(value),
        })
    }

    /// An item of a display or call, which may be starred.
    fn element(&mut self, item: &Expr) -> Outcome {
        match &item.kind {
            ExprKind::Starred(value) => self.expr(value),
            _ => self.expr(item),
        }
    }

    fn exprs(&mut self, items: &[Expr]) -> Outcome {
        items.iter().try_for_each(|item| self.expr(item))
    }

    fn elements(&mut self, items: &[Expr]) -> Outcome {
        items.iter().try_for_each(|item| self.element(item))
    }

    fn optional(&mut self, item: Option<&Expr>) -> Outcome {
        item.map_or(Ok(()), |item| self.expr(item))
    }

    fn targets(&mut self, items: &[Expr]) -> Outcome {
        items.iter().try_for_each(|item| self.target(item))
    }

    fn target(&mut self, target: &Expr) -> Outcome {
        match &target.kind {
            ExprKind::Name(name) => forbidden(name, "assign to", target.span),
            ExprKind::Attribute { value, attr } => {
                self.expr(value)?;
                forbidden(&attr.name, "assign to", target.span)
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let starred = |item: &&Expr| matches!(item.kind, ExprKind::Starred(_));
                if items.iter().filter(starred).count() > 1 {
                    return Err(SyntaxError::new(target.span, "multiple starred expressions in assignment"));
                }
                items.iter().try_for_each(|item| match &item.kind {
                    ExprKind::Starred(value) => self.target(value),
                    _ => self.target(item),
                })
            }
            ExprKind::Starred(_) => {
                Err(SyntaxError::new(target.span, "starred assignment target must be in a list or tuple"))
            }
            _ => self.expr(target),
        }
    }

    fn deleted(&mut self, target: &Expr) -> Outcome {
        match &target.kind {
            ExprKind::Name(name) => forbidden(name, "delete", target.span),
            ExprKind::Attribute { value, attr } => {
                self.expr(value)?;
                forbidden(&attr.name, "delete", target.span)
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().try_for_each(|item| self.deleted(item))
            }
            _ => self.expr(target),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Outcome {
        match &expr.kind {
            ExprKind::Constant(_) | ExprKind::Name(_) => Ok(()),
            ExprKind::JoinedStr(parts) => self.pieces(parts),
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => self.elements(items),
            ExprKind::NamedExpr { target, value } => {
                self.expr(value)?;
                forbidden(&target.name, "assign to", target.span)
            }
            ExprKind::UnaryOp { operand: value, .. } | ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::Starred(_) => Err(SyntaxError::new(expr.span, "can't use starred expression here")),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::Lambda { params, body } => {
                self.parameters(params)?;
                self.defaults(params)?;
                self.body(true, |walk| walk.expr(body))
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict(items) => items.iter().try_for_each(|(key, value)| {
                self.optional(key.as_ref())?;
                self.expr(value)
            }),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => self.comprehension(elt, None, generators),
            ExprKind::DictComp { key, value, generators } => self.comprehension(key, Some(value), generators),
            ExprKind::Yield(value) => {
                self.yields(expr.span)?;
                self.optional(value.as_deref())
            }
            ExprKind::YieldFrom(value) => {
                self.yields(expr.span)?;
                self.expr(value)
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

    fn yields(&self, span: Span) -> Outcome {
        if self.in_function { Ok(()) } else { Err(SyntaxError::new(span, "'yield' outside function")) }
    }

    fn comprehension(&mut self, elt: &Expr, value: Option<&Expr>, generators: &[Comprehension]) -> Outcome {
        for generator in generators {
            self.expr(&generator.iter)?;
            self.target(&generator.target)?;
            self.exprs(&generator.ifs)?;
        }
        self.expr(elt)?;
        self.optional(value)
    }
}

fn leaves_except_star(span: Span) -> Outcome {
    let message = "'break', 'continue' and 'return' cannot appear in an except* block";
    Err(SyntaxError::new(span, message))
}

/// `__debug__` is no name to bind.
fn forbidden(name: &Name, verb: &str, span: Span) -> Outcome {
    if &**name == "__debug__" {
        return Err(SyntaxError::new(span, format!("cannot {verb} __debug__")));
    }
    Ok(())
}

fn aliases(names: &[Alias], span: Span) -> Outcome {
    for alias in names {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        forbidden(&bound.name, "assign to", span)?;
    }
    Ok(())
}

/// All parameters in the order of their declaration, keyword-only ones last.
pub(crate) fn parameters(params: &Params) -> impl Iterator<Item = &Param> {
    let plain = params.posonly.iter().chain(&params.args).chain(&params.kwonly);
    plain.chain(&params.vararg).chain(&params.kwarg)
}

/// The tests and suites of an `if` and its `elif`s, and what stands behind `else`: a long chain nests deeply, so it
/// is walked in a row.
pub(crate) fn clauses(stmt: &Stmt) -> (Vec<(&Expr, &[Stmt])>, &[Stmt]) {
    let mut clauses = Vec::new();
    let mut rest = std::slice::from_ref(stmt);
    while let [Stmt { kind: StmtKind::If { test, body, orelse }, .. }] = rest {
        clauses.push((test, body.as_slice()));
        rest = orelse;
    }
    (clauses, rest)
}
