//! Class definitions and class bodies.

use minipy_grammar::Span;
use minipy_grammar::ast::{ClassDef, Stmt, TypeParam};

use super::binding::NAMESPACE;
use super::call::Args;
use super::function::with_decorators;
use super::{Gen, docstring};
use crate::code::{CodeKind, Const};
use crate::op::{Count, Op, Reg};
use crate::scopes::TYPE_PARAMS;

impl Gen<'_> {
    pub(super) fn class_def(&mut self, def: &ClassDef, span: Span) {
        self.bind_with(&def.name.name, span, |this, dst| {
            let mark = this.top;
            let decorators: Vec<Reg> = def.decorators.iter().map(|decorator| this.push(decorator)).collect();
            let at = if decorators.is_empty() { dst } else { this.scratch() };
            let outer = this.scope;
            this.declare_type_params(&def.type_params, span);
            this.make_type_params(&def.type_params, span);
            let base = this.push_class_builder(&def.type_params, span);
            this.class_body(def, span);
            let name = this.scratch();
            this.load_str(&def.name.name, name, span);
            this.reserve();
            let args = Args::of(&def.args);
            if args.are_direct() {
                this.direct_call(&args, 2, base, at, span);
            } else {
                this.star_call(&args, 2, base, at, span);
            }
            this.scope = outer;
            this.decorate(&def.decorators, &decorators, at, dst);
            this.top = mark;
        });
    }

    /// Pushes what makes the class.
    fn push_class_builder(&mut self, type_params: &[TypeParam], span: Span) -> Reg {
        if type_params.is_empty() {
            let dst = self.scratch();
            self.emit(Op::LoadBuildClass { dst }, span);
            return self.reserve();
        }
        let base = self.push_library("generic_class_builder", span);
        let params = self.push_type_params(type_params, span);
        self.store_name(&TYPE_PARAMS.into(), params, span);
        self.emit(Op::Call { dst: base, base, argc: Count(1) }, span);
        self.top = usize::from(base.0) + 1;
        base
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
        self.open_namespace();
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
        if scope.symbols.contains_key(TYPE_PARAMS) {
            self.define("__type_params__", span, |this, at| this.load_mangled(&TYPE_PARAMS.into(), at, span));
        }
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
