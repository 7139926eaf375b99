//! Imports.

use minipy_grammar::ast::{Alias, Ident, ImportNames, Name, Stmt, StmtKind};
use minipy_grammar::{Span, SyntaxError};

use super::{Gen, docstring};
use crate::code::ImportSpec;
use crate::limits::syntax_error;
use crate::op::{Op, Reg};

/// The features that `from __future__ import` knows.
const FUTURE_FEATURES: [&str; 10] = [
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

/// Checks the `__future__` imports at the beginning of a module; whether annotations are kept as strings.
pub(super) fn check_future(body: &[Stmt]) -> Result<bool, SyntaxError> {
    let mut annotations = false;
    let (_, body) = docstring::split(body);
    for stmt in body {
        let StmtKind::ImportFrom { module: Some(module), names: ImportNames::Names(names), level: 0 } =
            &stmt.kind
        else {
            break;
        };
        if &*module.name != "__future__" {
            break;
        }
        for alias in names {
            let feature = &*alias.name.name;
            if feature == "braces" {
                return Err(syntax_error("not a chance", stmt.span));
            } else if !FUTURE_FEATURES.contains(&feature) {
                return Err(syntax_error(format!("future feature {feature} is not defined"), stmt.span));
            }
            annotations |= feature == "annotations";
        }
    }
    Ok(annotations)
}

impl Gen<'_> {
    pub(super) fn import(&mut self, names: &[Alias], span: Span) {
        for alias in names {
            let dotted = &alias.name.name;
            match &alias.asname {
                None => {
                    let first: Name = dotted.split('.').next().unwrap_or_default().into();
                    self.bind_with(&first, span, |this, dst| this.import_name(dotted, 0, None, dst, span));
                }
                Some(name) => self.bind_with(&name.name, span, |this, dst| {
                    this.in_steps(dst, span, |this, at| {
                        this.import_name(dotted, 0, None, at, span);
                        this.reserve();
                        for part in dotted.split('.').skip(1) {
                            let name = this.code.name(&part.into());
                            this.emit(Op::ImportFrom { dst: at, module: at, name }, span);
                        }
                        this.top -= 1;
                    });
                }),
            }
        }
    }

    pub(super) fn import_from(
        &mut self,
        module: Option<&Ident>,
        names: &ImportNames,
        level: u32,
        span: Span,
    ) {
        let dotted: Name = module.map_or_else(|| "".into(), |module| module.name.clone());
        let from: Box<[Name]> = match names {
            ImportNames::Star(_) => Box::new(["*".into()]),
            ImportNames::Names(names) => names.iter().map(|alias| alias.name.name.clone()).collect(),
        };
        let at = self.scratch();
        self.import_name(&dotted, level, Some(from), at, span);
        self.reserve();
        match names {
            ImportNames::Star(_) => self.emit(Op::ImportStar { module: at }, span),
            ImportNames::Names(names) => {
                for alias in names {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                    let name = self.mangled(&alias.name.name);
                    self.bind_with(&bound.name, span, |this, dst| {
                        let name = this.code.name(&name);
                        this.emit(Op::ImportFrom { dst, module: at, name }, span);
                    });
                }
            }
        }
        self.top -= 1;
    }

    fn import_name(&mut self, module: &Name, level: u32, from: Option<Box<[Name]>>, dst: Reg, span: Span) {
        if self.live {
            let import = self.code.import(ImportSpec { module: module.clone(), level, from });
            self.emit(Op::ImportName { dst, import }, span);
        }
    }
}
