//! Names: reading, binding and deleting a variable, wherever it lives.

use minipy_grammar::Span;
use minipy_grammar::ast::{Expr, ExprKind, Name};

use super::Gen;
use crate::code::CodeKind;
use crate::op::{FreeIx, Op, Reg};
use crate::scopes::{Resolution, SymbolId, Uses};

/// The namespace of a class body, or of what `exec` runs, is its only parameter, and that of what is evaluated late inside a
/// class body.
pub(super) const NAMESPACE: Reg = Reg(0);

/// A variable of the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variable {
    pub(super) reg: Reg,
    /// Whether the register holds a cell.
    pub(super) is_cell: bool,
    /// Whether `:=` may rebind it in the middle of an expression.
    pub(super) walrus: bool,
    /// Its number among the frame's variables.
    number: u32,
}

/// Where a name lives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Local(Variable),
    Cell(Variable),
    Free(FreeIx),
    Global,
    Namespace,
    NamespaceOrFree(FreeIx),
}

impl Gen<'_> {
    pub(super) fn mangled(&self, name: &Name) -> Name {
        self.shared.scopes.mangled(self.scope, name)
    }

    /// Where the (mangled) name lives.
    pub(super) fn find(&self, name: &Name) -> Place {
        match self.shared.scopes.resolution(self.scope, name) {
            Resolution::Local(id) => match self.variables.get(&id) {
                Some(variable) if variable.is_cell => Place::Cell(*variable),
                Some(variable) => Place::Local(*variable),
                None => Place::Global,
            },
            Resolution::Free => Place::Free(self.free_index(name)),
            Resolution::Global if self.kind == CodeKind::Namespace && !self.is_declared_global(name) => {
                Place::Namespace
            }
            Resolution::Global => Place::Global,
            Resolution::Namespace if self.has_namespace() => Place::Namespace,
            Resolution::Namespace => Place::Global,
            Resolution::NamespaceOrFree => Place::NamespaceOrFree(self.free_index(name)),
        }
    }

    /// Whether the first register holds the namespace of a class body.
    fn has_namespace(&self) -> bool {
        self.kind == CodeKind::ClassBody || self.shared.scopes.get(self.frame).reads_namespace
    }

    /// Whether the scope of the frame declares the (mangled) name to be global.
    pub(super) fn is_declared_global(&self, name: &Name) -> bool {
        let frame = self.shared.scopes.get(self.frame);
        frame.symbols.get(name).is_some_and(|symbol| symbol.uses.any(Uses::GLOBAL))
    }

    pub(super) fn free_index(&self, name: &Name) -> FreeIx {
        let free = &self.shared.scopes.get(self.frame).free;
        FreeIx(free.iter().position(|free| free == name).unwrap_or_default() as u16)
    }

    /// Makes a variable of the symbol that lives in `reg`.
    pub(super) fn declare(&mut self, id: SymbolId, reg: Reg, is_bound: bool) -> Variable {
        let (_, symbol) = self.shared.scopes.symbol(id);
        let number = self.variable_count;
        self.variable_count += 1;
        let uses = symbol.uses;
        let variable =
            Variable { reg, is_cell: uses.any(Uses::CAPTURED), walrus: uses.any(Uses::WALRUS), number };
        if uses.any(Uses::DELETED) {
            self.deletable.add(number);
        }
        if is_bound {
            self.assigned.add(number);
        }
        self.variables.insert(id, variable);
        variable
    }

    /// The register of a plain local, certainly bound from here on.
    fn bound_local(&mut self, variable: Variable, name: &Name, span: Span) -> Reg {
        if !self.assigned.has(variable.number) {
            let name = self.code.name(name);
            self.emit(Op::CheckLocal { src: variable.reg, name }, span);
            self.assigned.add(variable.number);
        }
        variable.reg
    }

    // Reading.

    /// The register that holds the value of `expr`: a local's own, or a new one on the stack.
    ///
    /// A local that an expression evaluated `later`, before the value is used, may rebind is copied.
    pub(super) fn operand<'e>(
        &mut self,
        expr: &'e Expr,
        later: impl IntoIterator<Item = &'e Expr> + Clone,
    ) -> Reg {
        if let ExprKind::NamedExpr { target, value } = &expr.kind
            && let Some(variable) = self.local_of(&target.name)
            && !later.clone().into_iter().any(may_rebind)
        {
            self.bind_expr(&target.name, value, expr.span);
            return variable.reg;
        }
        if let ExprKind::Name(name) = &expr.kind {
            let name = self.mangled(name);
            if let Place::Local(variable) = self.find(&name)
                && !(variable.walrus && later.into_iter().any(may_rebind))
            {
                return self.bound_local(variable, &name, expr.span);
            }
        }
        self.push(expr)
    }

    /// Evaluates into the next register of the stack.
    pub(super) fn push(&mut self, expr: &Expr) -> Reg {
        let dst = self.scratch();
        self.expr(expr, dst);
        self.reserve()
    }

    pub(super) fn load_name(&mut self, name: &Name, dst: Reg, span: Span) {
        let name = self.mangled(name);
        self.load_mangled(&name, dst, span);
    }

    pub(super) fn load_mangled(&mut self, name: &Name, dst: Reg, span: Span) {
        if !self.live {
            return;
        }
        let op = match self.find(name) {
            Place::Local(variable) => {
                let src = self.bound_local(variable, name, span);
                if src == dst {
                    return;
                }
                Op::Move { dst, src }
            }
            Place::Cell(variable) => Op::LoadCell { dst, cell: variable.reg, name: self.code.name(name) },
            Place::Free(free) => Op::LoadFree { dst, free },
            Place::Global => Op::LoadGlobal { dst, site: self.code.global_load(name) },
            Place::Namespace => Op::LoadName { dst, ns: NAMESPACE, site: self.code.site(name) },
            Place::NamespaceOrFree(free) => Op::LoadNameOrFree { dst, ns: NAMESPACE, free },
        };
        self.emit(op, span);
    }

    // Binding.

    /// The register that a value bound to `name` can be evaluated into at once, if it is a plain local.
    pub(super) fn local_of(&self, name: &Name) -> Option<Variable> {
        match self.find(&self.mangled(name)) {
            Place::Local(variable) => Some(variable),
            _ => None,
        }
    }

    pub(super) fn mark_bound(&mut self, variable: Variable) {
        self.assigned.add(variable.number);
    }

    pub(super) fn mark_unbound(&mut self, variable: Variable) {
        self.assigned.remove(variable.number);
    }

    /// Evaluates `expr` and binds `name` to it.
    pub(super) fn bind_expr(&mut self, name: &Name, expr: &Expr, span: Span) {
        self.bind_with(name, span, |this, dst| this.expr(expr, dst));
    }

    /// Binds `name` to what `evaluate` puts into the register it is given.
    pub(super) fn bind_with(&mut self, name: &Name, span: Span, evaluate: impl FnOnce(&mut Self, Reg)) {
        if let Some(variable) = self.local_of(name) {
            evaluate(self, variable.reg);
            self.mark_bound(variable);
        } else {
            let value = self.scratch();
            evaluate(self, value);
            self.reserve();
            self.store_name(name, value, span);
            self.top -= 1;
        }
    }

    pub(super) fn store_name(&mut self, name: &Name, src: Reg, span: Span) {
        if !self.live {
            return;
        }
        let name = self.mangled(name);
        let op = match self.find(&name) {
            Place::Local(variable) => {
                self.mark_bound(variable);
                if variable.reg == src {
                    return;
                }
                Op::Move { dst: variable.reg, src }
            }
            Place::Cell(variable) => Op::StoreCell { cell: variable.reg, src },
            Place::Free(free) | Place::NamespaceOrFree(free) => Op::StoreFree { free, src },
            Place::Global => Op::StoreGlobal { src, site: self.code.global_store(&name) },
            Place::Namespace => Op::StoreName { ns: NAMESPACE, src, name: self.code.name(&name) },
        };
        self.emit(op, span);
    }

    /// `del name`.
    pub(super) fn delete_name(&mut self, name: &Name, span: Span) {
        if !self.live {
            return;
        }
        let name = self.mangled(name);
        let op = match self.find(&name) {
            Place::Local(variable) => {
                let dst = self.bound_local(variable, &name, span);
                self.mark_unbound(variable);
                Op::Unbind { dst }
            }
            Place::Cell(variable) => Op::ClearCell { cell: variable.reg, name: self.code.name(&name) },
            Place::Free(free) | Place::NamespaceOrFree(free) => Op::ClearFree { free },
            Place::Global => Op::DeleteGlobal { site: self.code.site(&name) },
            Place::Namespace => Op::DeleteName { ns: NAMESPACE, name: self.code.name(&name) },
        };
        self.emit(op, span);
    }

    /// Unbinds the name of an `except … as`, whether it is bound or not.
    pub(super) fn forget_name(&mut self, name: &Name, span: Span) {
        if let Some(variable) = self.local_of(name) {
            self.emit(Op::Unbind { dst: variable.reg }, span);
            self.mark_unbound(variable);
            return;
        }
        let none = self.scratch();
        self.emit(Op::LoadNone { dst: none }, span);
        self.reserve();
        self.store_name(name, none, span);
        self.top -= 1;
        self.delete_name(name, span);
    }

    // Cells.

    /// Puts the cell of `name` itself into `dst`, for the closure of an inner function.
    pub(super) fn load_cell_itself(&mut self, name: &Name, dst: Reg, span: Span) {
        let own = match self.shared.scopes.resolution(self.scope, name) {
            Resolution::Local(id) => self.variables.get(&id).map(|variable| variable.reg),
            _ if &**name == "__class__" => self.class_cell,
            _ => None,
        };
        let op = match own {
            Some(src) => Op::Move { dst, src },
            None => Op::LoadClosure { dst, free: self.free_index(name) },
        };
        self.emit(op, span);
    }
}

/// Whether evaluating `expr` could bind a local: only `:=` can, so anything but a name or literal might.
pub(super) fn may_rebind(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Name(_) | ExprKind::Constant(_))
}
