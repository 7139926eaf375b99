//! Class definitions and class bodies.

use minipy_grammar::Span;
use minipy_grammar::ast::{ClassDef, Stmt};

use super::binding::NAMESPACE;
use super::call::Args;
use super::function::with_decorators;
use super::{Gen, docstring};
use crate::code::{CodeKind, Const};
use crate::op::{Op, Reg};

impl Gen<'_> {
    pub(super) fn class_def(&mut self, def: &ClassDef, span: Span) {
        self.bind_with(&def.name.name, span, |this, dst| {
            let mark = this.top;
            let decorators: Vec<Reg> = def.decorators.iter().map(|decorator| this.push(decorator)).collect();
            let base = this.scratch();
            this.emit(Op::LoadBuildClass { dst: base }, span);
            this.reserve();
            this.class_body(def, span);
            let name = this.scratch();
            this.load_str(&def.name.name, name, span);
            this.reserve();
            let args = Args::of(&def.args);
            let result = if decorators.is_empty() { dst } else { base };
            if args.are_direct() {
                this.direct_call(&args, 2, base, result, span);
            } else {
                this.star_call(&args, 2, base, result, span);
            }
            this.decorate(&def.decorators, &decorators, base, dst);
            this.top = mark;
        });
    }

    /// Pushes the function that runs the body of the class.
    fn class_body(&mut self, def: &ClassDef, span: Span) {
        let scope = self.shared.scopes.opened_by(def);
        let whole = with_decorators(&def.decorators, span);
        let mut inner = self.inner(scope, CodeKind::ClassBody, &def.name.name, whole);
        let doc = inner.class_frame(&def.body, span);
        let at = self.scratch();
        self.make_function(inner, |code| code.doc = doc, scope, at, span);
        self.reserve();
    }

    fn class_frame(&mut self, body: &[Stmt], span: Span) -> Option<Box<[u8]>> {
        let scope = self.shared.scopes.get(self.frame);
        self.locals.push(".namespace".into());
        self.reserve();
        if scope.needs_class_cell {
            let reg = self.reserve();
            self.locals.push("__class__".into());
            self.cells.push(reg);
            self.class_cell = Some(reg);
            self.emit(Op::MakeCell { reg }, span);
        }
        let first_line = self.shared.source.line_of(self.span.start);
        let qualname = self.qualname.clone();
        self.define("__module__", span, |this, at| this.load_mangled(&"__name__".into(), at, span));
        self.define("__qualname__", span, |this, at| this.load_str(&qualname, at, span));
        self.define("__firstlineno__", span, |this, at| {
            this.load_const(&Const::Int(first_line.into()), at, span)
        });
        if scope.has_annotations {
            self.load_annotations(span);
            self.top -= 1;
        }
        let (doc, body) = docstring::split(body);
        if let Some((doc, span)) = &doc {
            self.define("__doc__", *span, |this, at| this.load_const(&super::expr::string(doc), at, *span));
        }
        self.block(body);
        let names = scope.static_attributes.iter().map(|name| Const::Str(name.as_bytes().into()));
        let names = Const::Tuple(names.collect());
        self.define("__static_attributes__", span, |this, at| this.load_const(&names, at, span));
        match self.class_cell {
            Some(src) => self.emit_last(Op::Return { src }, span),
            None => self.emit_last(Op::ReturnNone {}, span),
        }
        doc.map(|(doc, _)| doc)
    }

    /// Puts a value into the namespace of the class body.
    fn define(&mut self, name: &str, span: Span, value: impl FnOnce(&mut Self, Reg)) {
        let src = self.scratch();
        value(self, src);
        self.reserve();
        let name = self.code.name(&name.into());
        self.emit(Op::StoreName { ns: NAMESPACE, src, name }, span);
        self.top -= 1;
    }
}
