//! Code generation: one [`Gen`] makes the code of one frame (a function, a class body, the module).
//!
//! Registers above the locals are a stack: `top` is the first one free, and the height of every op. An expression is
//! evaluated *into* a register, which is either a local (or another register below `top`) or `top` itself; whatever lies
//! above is scratch. A local is written by the last op of an expression only, so that an exception leaves it as it was.
//!
//! Where an op cannot be reached none is emitted; `live` says so. The first complaint is kept, and generation goes on.

mod assign;
mod binding;
mod call;
mod class;
mod comprehension;
mod condition;
mod display;
mod docstring;
mod except;
mod except_star;
mod exits;
mod expr;
mod finally;
mod flow;
mod fold;
mod function;
mod import;
mod loops;
mod operator;
mod stmt;
mod type_params;
mod with;

use std::sync::Arc;

use minipy_grammar::ast::{Module, Name, Stmt, StmtKind};
use minipy_grammar::{Source, Span, SyntaxError};
use rustc_hash::FxHashMap;

use crate::Mode;
use crate::assemble::assemble;
use crate::builder::Builder;
use crate::code::{Code, CodeKind, Const};
use crate::limits::{MAX_REGISTERS, syntax_error, too_large};
use crate::op::{Op, Reg};
use crate::scopes::{ScopeId, Scopes, SymbolId};
use binding::Variable;
use exits::{Block, Region};
use flow::Assigned;

/// What all codes of one module share.
pub(crate) struct Shared<'a> {
    pub(crate) source: &'a Arc<Source>,
    pub(crate) scopes: &'a Scopes,
    /// Whether annotations are kept as strings (`from __future__ import annotations`).
    pub(crate) string_annotations: bool,
}

/// Generates one code.
pub(crate) struct Gen<'a> {
    shared: &'a Shared<'a>,
    /// The scope that owns the frame.
    frame: ScopeId,
    /// The scope whose names are in force: the frame's, or an inlined comprehension's.
    scope: ScopeId,
    name: Name,
    qualname: Name,
    kind: CodeKind,
    code: Builder,
    variables: FxHashMap<SymbolId, Variable>,
    locals: Vec<Name>,
    cells: Vec<Reg>,
    /// The register of the cell `__class__`, in a class body whose methods need it.
    class_cell: Option<Reg>,
    /// Whether the first local is a parameter given by position.
    has_first_argument: bool,
    /// The first register that is free.
    top: usize,
    /// One more than the highest register in use so far.
    register_count: usize,
    live: bool,
    assigned: Assigned,
    /// The variables that a `del` or an `except … as` may unbind.
    deletable: Assigned,
    /// What is known at each jump's target, from the jumps seen so far.
    arrivals: Vec<Option<Assigned>>,
    variable_count: u32,
    blocks: Vec<Block>,
    regions: Vec<Region>,
    error: Option<SyntaxError>,
    span: Span,
}

/// Compiles a whole module.
pub(crate) fn module(mode: Mode, source: &Arc<Source>, module: &Module) -> Result<Code, SyntaxError> {
    let scopes = Scopes::of(module)?;
    let string_annotations = import::check_future(&module.body)?;
    let shared = Shared { source, scopes: &scopes, string_annotations };
    let span = Span::new(0, source.text().len() as u32);
    let name: Name = "<module>".into();
    let kind = if mode == Mode::File { CodeKind::Module } else { CodeKind::Namespace };
    let mut generator = Gen::new(&shared, Scopes::MODULE, kind, name.clone(), name, span);
    if mode == Mode::File {
        let doc = generator.module_body(&module.body);
        return generator.finish(doc, 1);
    }
    generator.open_namespace();
    let doc = match (mode, module.body.as_slice()) {
        (Mode::Expression, [Stmt { kind: StmtKind::Expr(value), .. }]) => generator.expression_body(value),
        (_, body) => generator.module_body(body),
    };
    let mut code = generator.finish(doc, 1)?;
    code.arg_count = 1;
    Ok(code)
}

impl<'a> Gen<'a> {
    fn new(
        shared: &'a Shared<'a>,
        frame: ScopeId,
        kind: CodeKind,
        name: Name,
        qualname: Name,
        span: Span,
    ) -> Gen<'a> {
        Gen {
            shared,
            frame,
            scope: frame,
            name,
            qualname,
            kind,
            code: Builder::default(),
            variables: FxHashMap::default(),
            locals: Vec::new(),
            cells: Vec::new(),
            class_cell: None,
            has_first_argument: false,
            top: 0,
            register_count: 0,
            live: true,
            assigned: Assigned::default(),
            deletable: Assigned::default(),
            arrivals: Vec::new(),
            variable_count: 0,
            blocks: Vec::new(),
            regions: Vec::new(),
            error: None,
            span,
        }
    }

    /// The finished code; parameters are described by the caller.
    fn finish(mut self, doc: Option<Box<[u8]>>, first_line: u32) -> Result<Code, SyntaxError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let what = match self.kind {
            CodeKind::Module | CodeKind::Namespace => "module".to_owned(),
            CodeKind::ClassBody => format!("class '{}'", self.name),
            CodeKind::Function => format!("function '{}'", self.name),
        };
        if let Some((limit, things)) = self.code.exceeded {
            return Err(too_large(&what, limit, things, self.span));
        }
        let handlers = assemble(&mut self.code);
        let scope = self.shared.scopes.get(self.frame);
        Ok(Code {
            name: self.name,
            qualname: self.qualname,
            source: self.shared.source.clone(),
            span: self.span,
            first_line,
            kind: self.kind,
            is_generator: scope.is_generator,
            posonly_count: 0,
            arg_count: 0,
            kwonly_count: 0,
            has_varargs: false,
            has_varkw: false,
            locals: self.locals.into(),
            cells: self.cells.into(),
            free: scope.free.clone().into(),
            register_count: self.register_count as u16,
            ops: self.code.ops.into(),
            spans: self.code.spans.into(),
            heights: self.code.heights.into(),
            consts: self.code.consts.into_iter().collect(),
            names: self.code.names.into_iter().collect(),
            sites: self.code.sites.into(),
            kwnames: self.code.kwnames.into_iter().collect(),
            imports: self.code.imports.into_iter().collect(),
            children: self.code.children.into(),
            handlers,
            doc,
            attribute_hint: scope.instance_attributes.len().min(u16::MAX as usize) as u16,
        })
    }

    /// Notes a complaint; the first one counts.
    fn fail(&mut self, message: impl Into<String>, span: Span) {
        self.error.get_or_insert_with(|| syntax_error(message, span));
    }

    // Ops and registers.

    fn emit(&mut self, op: Op, span: Span) {
        if self.live {
            self.code.push(op, span, self.top as u16);
        }
    }

    /// The first free register, which the next op writes.
    fn scratch(&mut self) -> Reg {
        let reg = self.top.min(MAX_REGISTERS - 1);
        self.register_count = self.register_count.max(reg + 1);
        Reg(reg as u16)
    }

    /// Counts the first free register, which has just been written, as in use.
    fn reserve(&mut self) -> Reg {
        let reg = self.scratch();
        if self.top + 1 >= MAX_REGISTERS {
            self.code.exceeded.get_or_insert((MAX_REGISTERS, "registers"));
        } else {
            self.top += 1;
        }
        reg
    }

    /// Counts as many registers as in use.
    fn reserve_many(&mut self, count: usize) {
        for _ in 0..count {
            self.reserve();
        }
    }

    /// Evaluates in several steps what must not reach `dst` before the last.
    fn in_steps(&mut self, dst: Reg, span: Span, steps: impl FnOnce(&mut Self, Reg)) {
        let at = self.scratch();
        steps(self, at);
        if at != dst {
            self.reserve();
            self.emit(Op::Move { dst, src: at }, span);
            self.top -= 1;
        }
    }

    fn load_const(&mut self, value: &Const, dst: Reg, span: Span) {
        let op = match value {
            Const::None => Op::LoadNone { dst },
            Const::Int(small) if i32::try_from(*small).is_ok() => {
                Op::LoadInt { dst, value: crate::op::WideImm(*small as i32) }
            }
            _ if !self.live => return,
            value => Op::LoadConst { dst, value: self.code.constant(value.clone()) },
        };
        self.emit(op, span);
    }

    fn load_str(&mut self, text: &str, dst: Reg, span: Span) {
        self.load_const(&Const::Str(text.as_bytes().into()), dst, span);
    }
}
