//! The attributes of code objects.

use minipy_compiler::{Code as Compiled, CodeKind};

use crate::value::function::function_of;
use crate::value::lazy_unit::LazyUnit;
use crate::value::record::Code;
use crate::value::unit::Unit;
use crate::value::{Context, Raised, Res};
use crate::vm::native::{Args, Row};

use super::receiver::receiver;

/// The attributes.
pub(crate) static ROWS: &[Row] = &[
    Row::getter("co_name", |cx, args| Ok(unit(cx, args)?.name(cx))),
    Row::getter("co_qualname", |cx, args| Ok(unit(cx, args)?.qualname(cx))),
    Row::getter("co_argcount", |cx, args| count(cx, args, |code| code.arg_count.into())),
    Row::getter("co_posonlyargcount", |cx, args| count(cx, args, |code| code.posonly_count.into())),
    Row::getter("co_kwonlyargcount", |cx, args| count(cx, args, |code| code.kwonly_count.into())),
    Row::getter("co_nlocals", |cx, args| count(cx, args, |code| variables(code).count())),
    Row::getter("co_stacksize", |cx, args| count(cx, args, |code| code.register_count.into())),
    Row::getter("co_firstlineno", |cx, args| count(cx, args, |code| code.first_line as usize)),
    Row::getter("co_flags", |cx, args| count(cx, args, flags)),
    Row::getter("co_filename", |cx, args| cx.str(this(cx, args)?.code.source.name())),
    Row::getter("co_varnames", |cx, args| names(cx, variables(&this(cx, args)?.code))),
    Row::getter("co_cellvars", cell_variables),
    Row::getter("co_freevars", |cx, args| names(cx, this(cx, args)?.code.free.iter().map(|name| &**name))),
    Row::getter("co_names", |cx, args| names(cx, this(cx, args)?.code.names.iter().map(|name| &**name))),
    Row::getter("co_consts", constants),
];

fn unit<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t LazyUnit, Raised> {
    receiver::<Code>(cx, args.at(0), "code")?;
    let function = function_of(args.at(0)).ok_or_else(|| cx.type_error("code object without code"))?;
    Ok(function.lazy_unit())
}

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Unit, Raised> {
    unit(cx, args)?.load(cx)
}

fn count<'t>(cx: &'t Context, args: Args<'t>, count: impl Fn(&Compiled) -> usize) -> Res<'t> {
    Ok(cx.int(count(&this(cx, args)?.code) as i64))
}

/// Parameters and locals; captured variables count only if they are parameters.
fn variables(code: &Compiled) -> impl Iterator<Item = &str> {
    let is_cell = |place: usize| code.cells.iter().any(|cell| usize::from(cell.0) == place);
    let named = code.locals.iter().enumerate();
    named.filter(move |(place, _)| *place < code.param_count() || !is_cell(*place)).map(|(_, name)| &**name)
}

fn names<'t, 'c>(cx: &'t Context, names: impl Iterator<Item = &'c str>) -> Res<'t> {
    let names: Vec<_> = names.map(|name| cx.intern(name)).collect();
    cx.tuple(&names)
}

fn cell_variables<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let code = &this(cx, args)?.code;
    let mut cells: Vec<&str> = code
        .cells
        .iter()
        .filter_map(|cell| code.locals.get(usize::from(cell.0)))
        .map(|name| &**name)
        .collect();
    cells.sort_unstable();
    names(cx, cells.into_iter())
}

fn constants<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let unit = this(cx, args)?;
    let values: Vec<_> = (0..unit.code.consts.len()).map(|index| unit.const_value(index)).collect();
    cx.tuple(&values)
}

/// `co_flags`, the bits of `inspect.CO_…`.
fn flags(code: &Compiled) -> usize {
    const OPTIMIZED: usize = 1;
    const NEW_LOCALS: usize = 2;
    const VARARGS: usize = 4;
    const VARKEYWORDS: usize = 8;
    const NESTED: usize = 16;
    const GENERATOR: usize = 32;
    if code.kind != CodeKind::Function {
        return 0;
    }
    let bit = |set: bool, bit: usize| if set { bit } else { 0 };
    OPTIMIZED
        | NEW_LOCALS
        | bit(code.has_varargs, VARARGS)
        | bit(code.has_varkw, VARKEYWORDS)
        | bit(code.qualname.contains(".<locals>."), NESTED)
        | bit(code.is_generator, GENERATOR)
}
