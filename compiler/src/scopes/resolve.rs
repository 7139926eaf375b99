//! Decides where each name of each scope is found, and which variables are captured.

use minipy_grammar::SyntaxError;
use minipy_grammar::ast::Name;

use super::{Resolution, Scope, ScopeId, ScopeKind, Scopes, SymbolId, Uses};
use crate::limits::syntax_error;

const BINDS: Uses = Uses::PARAM.or(Uses::BOUND).or(Uses::ITERATED);

/// What a search through the enclosing scopes found.
enum Found {
    /// A variable of an enclosing function or comprehension.
    Variable(SymbolId),
    /// The `__class__` of a class.
    ClassCell(ScopeId),
    Global,
}

pub(super) fn resolve(scopes: &mut Scopes) -> Result<(), SyntaxError> {
    for index in 0..scopes.scopes.len() {
        let id = ScopeId(index as u32);
        for symbol in 0..scopes.get(id).symbols.len() {
            resolve_symbol(scopes, SymbolId { scope: id, index: symbol as u32 })?;
        }
    }
    Ok(())
}

fn resolve_symbol(scopes: &mut Scopes, id: SymbolId) -> Result<(), SyntaxError> {
    let scope = scopes.get(id.scope);
    let (name, symbol) = scopes.symbol(id);
    let (name, uses, kind) = (name.clone(), symbol.uses, scope.kind);
    let late_in_class = scope.reads_namespace.then_some(scope.parent).flatten();
    let resolution = if uses.any(Uses::GLOBAL) {
        if uses.any(Uses::NONLOCAL) {
            return Err(at_directive(scope, &name, format!("name '{name}' is nonlocal and global")));
        }
        Resolution::Global
    } else if uses.any(Uses::NONLOCAL) {
        let found = scopes.find(id.scope, &name);
        if let Found::Global = found {
            let message = if kind == ScopeKind::Module {
                "nonlocal declaration not allowed at module level".to_owned()
            } else {
                format!("no binding for nonlocal '{name}' found")
            };
            return Err(at_directive(scope, &name, message));
        }
        scopes.capture(id.scope, &name, found)
    } else if uses.any(BINDS) {
        match kind {
            ScopeKind::Module => Resolution::Global,
            ScopeKind::Class => Resolution::Namespace,
            _ => Resolution::Local(id),
        }
    } else {
        let found = scopes.find(id.scope, &name);
        let is_type_param = matches!(found, Found::Variable(id) if Some(id.scope) == late_in_class);
        let in_namespace = kind == ScopeKind::Class || late_in_class.is_some() && !is_type_param;
        match scopes.capture(id.scope, &name, found) {
            Resolution::Global if in_namespace => Resolution::Namespace,
            Resolution::Free if in_namespace => Resolution::NamespaceOrFree,
            resolution => resolution,
        }
    };
    scopes.get_mut(id.scope).symbols[id.index as usize].resolution = resolution;
    Ok(())
}

fn at_directive(scope: &Scope, name: &Name, message: String) -> SyntaxError {
    syntax_error(message, scope.directives.get(name).copied().unwrap_or_default())
}

impl Scopes {
    /// Looks for the variable that `name` means in `scope`, which does not bind it itself.
    fn find(&self, scope: ScopeId, name: &str) -> Found {
        let mut child = scope;
        loop {
            let Some(parent) = self.get(child).parent else { return Found::Global };
            let outer = self.get(parent);
            match outer.kind {
                ScopeKind::Module => return Found::Global,
                // A comprehension of the class body itself does not see the cell (PEP 709).
                ScopeKind::Class if name == "__class__" && self.get(scope).frame != parent => {
                    return Found::ClassCell(parent);
                }
                ScopeKind::Class => {}
                _ => {
                    if let Some((index, _, symbol)) = outer.symbols.get_full(name) {
                        let passes_on = symbol.uses.any(Uses::NONLOCAL);
                        if symbol.uses.any(Uses::GLOBAL) {
                            return Found::Global;
                        } else if symbol.uses.any(BINDS) && !passes_on {
                            return Found::Variable(SymbolId { scope: parent, index: index as u32 });
                        }
                    }
                }
            }
            child = parent;
        }
    }

    /// Where a name is found that the scope does not mention itself but hands on to an inner one.
    pub(super) fn search(&self, scope: ScopeId, name: &str) -> Resolution {
        match self.find(scope, name) {
            Found::Variable(id) if self.get(id.scope).frame == self.get(scope).frame => Resolution::Local(id),
            Found::Variable(_) => Resolution::Free,
            Found::ClassCell(_) => Resolution::Free,
            Found::Global => Resolution::Global,
        }
    }

    /// Makes what was found reachable from `scope`: every frame in between hands the cell on.
    fn capture(&mut self, scope: ScopeId, name: &Name, found: Found) -> Resolution {
        let from = self.get(scope).frame;
        let owner = match found {
            Found::Global => return Resolution::Global,
            Found::Variable(id) => {
                let owner = self.get(id.scope).frame;
                if owner == from {
                    return Resolution::Local(id);
                }
                let symbol = &mut self.get_mut(id.scope).symbols[id.index as usize];
                symbol.uses = symbol.uses.or(Uses::CAPTURED);
                owner
            }
            Found::ClassCell(class) => {
                self.get_mut(class).needs_class_cell = true;
                class
            }
        };
        let mut frame = from;
        while frame != owner {
            let scope = self.get_mut(frame);
            if !scope.free.contains(name) {
                scope.free.push(name.clone());
            }
            let parent = scope.parent.expect("the owner of a variable encloses its users");
            frame = self.get(parent).frame;
        }
        Resolution::Free
    }
}
