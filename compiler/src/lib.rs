//! Syntax tree to register bytecode. Knows nothing of heap values or of what runs the code.

mod assemble;
mod builder;
mod code;
mod dis;
mod generate;
pub mod limits;
pub mod op;
mod pack;
mod recipe;
mod scopes;
mod spans;
mod verify;

use std::sync::Arc;

use minipy_grammar::ast::Module;
use minipy_grammar::{Source, SyntaxError};

pub use code::{Code, CodeKind, Const, Handler, ImportSpec};
pub use dis::disassemble;
pub use pack::{Archive, Malformed, Opened, Packed, PackedRecipe, archive, pack, unpack};
pub use recipe::{ClassRecipe, Definition, Recipe, Wrapper};
pub use spans::Spans;
pub use verify::verify;

/// What a text is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A file: its names are globals.
    File,
    /// `exec`: its names stand in a namespace, which is the only parameter.
    Statements,
    /// `eval`, of what [`minipy_grammar::parse_expression`] takes: as for `exec`, and the result is the expression's value.
    Expression,
}

/// Compiles a whole file.
///
/// # Errors
/// The first complaint that symbol tables and code generation have, in CPython's words, with its place.
pub fn compile(source: &Arc<Source>, module: &Module) -> Result<Code, SyntaxError> {
    compile_for(Mode::File, source, module)
}

/// Compiles a file of a library whose functions, classes and constants are made one by one, when somebody asks for them: they,
/// and the code of all the other statements, if there are any.
///
/// # Errors
/// As [`compile`].
pub fn compile_apart(
    source: &Arc<Source>,
    module: Module,
) -> Result<(Option<Code>, Vec<Definition>), SyntaxError> {
    let (mut definitions, mut rest) = (Vec::new(), Vec::new());
    for statement in module.body {
        let alone = Module { body: vec![statement] };
        match Definition::of(&compile(source, &alone)?) {
            Some(definition) => definitions.push(definition),
            None => rest.extend(alone.body),
        }
    }
    let rest = (!rest.is_empty()).then(|| compile(source, &Module { body: rest })).transpose()?;
    Ok((rest, definitions))
}

/// Compiles a text for one of its uses.
///
/// # Errors
/// As [`compile`].
pub fn compile_for(mode: Mode, source: &Arc<Source>, module: &Module) -> Result<Code, SyntaxError> {
    let code = generate::module(mode, source, module)?;
    debug_assert_eq!(verify(&code), Ok(()), "the compiler keeps the machine's invariants");
    Ok(code)
}
