//! Statements.

use minipy_grammar::Span;
use minipy_grammar::ast::{Expr, Stmt, StmtKind};

use super::exits::Exit;
use super::{Gen, docstring};
use crate::code::CodeKind;
use crate::op::{Count, Op};

impl Gen<'_> {
    /// The body of a module; its docstring.
    pub(super) fn module_body(&mut self, body: &[Stmt]) -> Option<Box<[u8]>> {
        let span =
            body.first().map_or(self.span, |first| Span::new(self.span.start, first.span.start.max(1)));
        let bottom = self.top;
        if self.shared.scopes.get(self.frame).has_annotations {
            self.load_annotations(span);
            self.top = bottom;
        }
        let (doc, body) = docstring::split(body);
        if let Some((doc, span)) = &doc {
            let at = self.scratch();
            self.load_const(&super::expr::string(doc), at, *span);
            self.reserve();
            self.store_name(&"__doc__".into(), at, *span);
            self.top = bottom;
        }
        self.block(body);
        self.emit_last(Op::ReturnNone {}, body.last().map_or(self.span, |last| last.span));
        doc.map(|(doc, _)| doc)
    }

    /// The register of the namespace, of a class body or of what `exec` and `eval` run.
    pub(super) fn open_namespace(&mut self) {
        self.locals.push(".namespace".into());
        self.reserve();
    }

    /// What `eval` runs; no docstring.
    pub(super) fn expression_body(&mut self, value: &Expr) -> Option<Box<[u8]>> {
        let src = self.push(value);
        self.emit_last(Op::Return { src }, value.span);
        self.top -= 1;
        None
    }

    pub(super) fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            if !self.live {
                break;
            }
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Expr(value) => self.discard(value),
            StmtKind::Assign { targets, value } => self.assign(targets, value),
            StmtKind::AugAssign { target, op, value } => self.augmented(target, *op, value, span),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated(target, annotation, value.as_ref(), *simple, span);
            }
            StmtKind::Return(value) => self.return_stmt(value.as_ref(), span),
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.delete(target)),
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Break => self.leave(Exit::Break, None, span),
            StmtKind::Continue => self.leave(Exit::Continue, None, span),
            StmtKind::Raise { exc, cause } => self.raise(exc.as_ref(), cause.as_ref(), span),
            StmtKind::Assert { test, msg } => self.assert(test, msg.as_ref()),
            StmtKind::Import(names) => self.import(names, span),
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(module.as_ref(), names, *level, span);
            }
            StmtKind::If { .. } => self.if_chain(stmt),
            StmtKind::While { test, body, orelse } => self.while_loop(test, body, orelse, span),
            StmtKind::For { target, iter, body, orelse } => self.for_loop(target, iter, body, orelse, span),
            StmtKind::With { items, body } => self.with(items, body),
            StmtKind::Try { .. } => self.try_stmt(stmt),
            StmtKind::FunctionDef(def) => self.function_def(def, span),
            StmtKind::ClassDef(def) => self.class_def(def, span),
        }
    }

    /// An `if` and its `elif`s, of which there may be thousands.
    fn if_chain(&mut self, first: &Stmt) {
        let end = self.target();
        let mut next = Some(first);
        while let Some(stmt) = next.take() {
            let StmtKind::If { test, body, orelse } = &stmt.kind else { break };
            let otherwise = self.target();
            self.jump_if(test, false, otherwise);
            self.block(body);
            if !orelse.is_empty() {
                self.jump(end, stmt.span);
            }
            self.place(otherwise);
            match orelse.as_slice() {
                [only] if matches!(only.kind, StmtKind::If { .. }) && self.live => next = Some(only),
                block => self.block(block),
            }
        }
        self.place(end);
    }

    fn return_stmt(&mut self, value: Option<&Expr>, span: Span) {
        if self.kind != CodeKind::Function {
            return self.fail("'return' outside function", span);
        }
        let mark = self.top;
        let value = match value {
            None => None,
            Some(value) if super::fold::fold(value) == Some(crate::code::Const::None) => None,
            Some(value) if self.exit_changes_locals() => Some(self.push(value)),
            Some(value) => Some(self.operand(value, [])),
        };
        self.leave(Exit::Return, value, span);
        self.top = mark;
    }

    fn raise(&mut self, exc: Option<&Expr>, cause: Option<&Expr>, span: Span) {
        let mark = self.top;
        match (exc, cause) {
            (None, _) => self.emit_last(Op::RaiseAgain {}, span),
            (Some(exc), None) => {
                let exc = self.operand(exc, []);
                self.emit_last(Op::Raise { exc }, span);
            }
            (Some(exc), Some(cause)) => {
                let exc = self.operand(exc, [cause]);
                let cause = self.operand(cause, []);
                self.emit_last(Op::RaiseFrom { exc, cause }, span);
            }
        }
        self.top = mark;
    }

    fn assert(&mut self, test: &Expr, msg: Option<&Expr>) {
        let end = self.target();
        self.jump_if(test, true, end);
        let mark = self.top;
        let exc = self.scratch();
        self.emit(Op::LoadAssertionError { dst: exc }, test.span);
        self.reserve();
        if let Some(msg) = msg {
            self.push(msg);
            self.emit(Op::Call { dst: exc, base: exc, argc: Count(1) }, test.span);
            self.top = mark + 1;
        }
        self.emit_last(Op::Raise { exc }, test.span);
        self.top = mark;
        self.place(end);
    }
}
