//! `exec`, `eval` and `compile`: text to code objects, and code objects run in a namespace.

use std::borrow::Cow;
use std::sync::Arc;

use minipy_compiler::{CodeKind, Mode, compile_for};
use minipy_grammar::{Source, parse, parse_expression};

use crate::heap::{Value, Word};
use crate::value::bytes::Bytes;
use crate::value::dict::Dict;
use crate::value::function::Function;
use crate::value::lazy_unit::Origin;
use crate::value::record::Code;
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::Vm;
use crate::vm::native::{Args, Row};
use crate::vm::thread::{Call, Flow, Thread};

use super::core::namespace;
use super::syntax_error;

/// Functions of the module `builtins`.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("exec(source, /, globals=None, locals=None)", exec),
    Row::threaded("eval(source, /, globals=None, locals=None)", eval),
    Row::leaf(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        compile,
    ),
];

fn exec(thread: &mut Thread, call: &Call) -> Flow {
    match prepare(thread, call, Mode::Statements) {
        // Its result, if it is the code of an expression or of a function, is dropped there.
        Ok((function, args)) => thread.call_prelude("run_statements", &[function, args], call.cont),
        Err(Raised) => Flow::Raised,
    }
}

fn eval(thread: &mut Thread, call: &Call) -> Flow {
    match prepare(thread, call, Mode::Expression) {
        Ok((function, args)) => thread.call_star(function, args, Word::NONE_AT_ALL, call.cont),
        Err(Raised) => Flow::Raised,
    }
}

/// The function to call, and its arguments: the namespace, if its code takes one.
fn prepare(thread: &Thread, call: &Call, mode: Mode) -> Result<(Word, Word), Raised> {
    let cx = thread.cx();
    let globals = globals_of(thread, call, mode)?;
    let own = match thread.arg_at(call, 0).get::<Code>().and_then(Code::function) {
        Some(function) => function.get::<Function>(),
        None => {
            let code = Origin::Code(compiled(thread, call, mode)?);
            Some(Function::new(cx, Vm::load(cx, code, false), globals))
        }
    };
    let Some(own) = own else { return Err(wrong_source(cx, mode)) };
    if !own.unit(cx)?.code.free.is_empty() {
        return Err(cx.type_error(format_args!(
            "code object passed to {}() may not contain free variables",
            name_of(mode)
        )));
    }
    let function = Value::object(Function::new(cx, own.lazy_unit(), globals)).word();
    let args = match own.unit(cx)?.code.kind {
        CodeKind::Namespace => cx.tuple(&[namespace_of(thread, call, mode)?]),
        CodeKind::Module | CodeKind::ClassBody | CodeKind::Function => cx.tuple(&[]),
    };
    Ok((function, args?.word()))
}

fn name_of(mode: Mode) -> &'static str {
    if mode == Mode::Expression { "eval" } else { "exec" }
}

fn given<'t>(thread: &'t Thread, call: &Call, place: usize) -> Option<Value<'t>> {
    thread.arg(call, place).filter(|value| !value.is_none())
}

fn globals_of<'t>(thread: &'t Thread, call: &Call, mode: Mode) -> Result<&'t Dict, Raised> {
    let Some(globals) = given(thread, call, 1) else { return Ok(thread.frame().function().globals()) };
    let cx = thread.cx();
    globals.get::<Dict>().ok_or_else(|| match mode {
        Mode::Expression => cx.type_error("globals must be a dict"),
        _ => cx.type_error(format_args!("exec() globals must be a dict, not {}", cx.type_name(globals))),
    })
}

/// The locals: those given, or else the globals given, or else the names of the running frame.
fn namespace_of<'t>(thread: &'t Thread, call: &Call, mode: Mode) -> Res<'t> {
    let cx = thread.cx();
    let Some(locals) = given(thread, call, 2) else {
        return given(thread, call, 1).map_or_else(|| namespace(thread), |globals| Ok(globals.plain()));
    };
    if cx.class_of(locals).lookup_str(cx, "__getitem__").is_some() {
        return Ok(locals);
    }
    Err(match mode {
        Mode::Expression => cx.type_error("locals must be a mapping"),
        _ => cx.type_error(format_args!("locals must be a mapping or None, not {}", cx.type_name(locals))),
    })
}

fn compiled(thread: &Thread, call: &Call, mode: Mode) -> Result<Arc<minipy_compiler::Code>, Raised> {
    let cx = thread.cx();
    let text = text_of(cx, thread.arg_at(call, 0))?.ok_or_else(|| wrong_source(cx, mode))?;
    let text = if mode == Mode::Expression { text.trim_start_matches([' ', '\t']) } else { &*text };
    code_of(cx, "<string>", text, mode)
}

#[cold]
fn wrong_source(cx: &Context, mode: Mode) -> Raised {
    cx.type_error(format_args!("{}() arg 1 must be a string, bytes or code object", name_of(mode)))
}

/// The source text that a str or bytes object is; `None` if it is neither.
fn text_of<'t>(cx: &'t Context, source: Value<'t>) -> Result<Option<Cow<'t, str>>, Raised> {
    let text = match (source.get::<Str>(), source.get::<Bytes>()) {
        (Some(text), _) => text.lossy(),
        (None, Some(bytes)) => String::from_utf8_lossy(bytes.as_bytes()),
        (None, None) => return Ok(None),
    };
    if text.contains('\0') {
        return Err(cx.raise(Builtin::SyntaxError, "source code string cannot contain null bytes"));
    }
    Ok(Some(text))
}

fn code_of(cx: &Context, name: &str, text: &str, mode: Mode) -> Result<Arc<minipy_compiler::Code>, Raised> {
    let source = Source::new(name, text);
    let parsed = if mode == Mode::Expression { parse_expression(&source) } else { parse(&source) };
    parsed
        .and_then(|module| compile_for(mode, &source, &module))
        .map(Arc::new)
        .map_err(|error| syntax_error(cx, &source, &error))
}

/// Compiles the text of a file to a function without parameters that runs it.
///
/// # Errors
/// `SyntaxError`
pub(crate) fn compile_file<'t>(
    cx: &'t Context,
    name: &str,
    text: &str,
    globals: &Dict,
) -> Result<&'t Function, Raised> {
    let code = code_of(cx, name, text, Mode::File)?;
    Ok(Function::new(cx, Vm::load(cx, Origin::Code(code), false), globals))
}

fn compile<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Some(text) = text_of(cx, args.at(0))? else {
        return Err(cx.type_error("compile() arg 1 must be a string, bytes or AST object"));
    };
    let Some(name) = args.at(1).get::<Str>() else {
        return Err(cx.type_error(format_args!(
            "expected str, bytes or os.PathLike object, not {}",
            cx.type_name(args.at(1))
        )));
    };
    let mode = match args.at(2).get::<Str>().map(Str::as_bytes) {
        Some(b"exec") => Mode::Statements,
        Some(b"eval") => Mode::Expression,
        Some(b"single") => {
            return Err(
                cx.raise(Builtin::NotImplementedError, "compile() mode 'single' is not supported by minipy")
            );
        }
        Some(_) => return Err(cx.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
        None => {
            let given = cx.type_name(args.at(2));
            return Err(cx.type_error(format_args!("compile() argument 'mode' must be str, not {given}")));
        }
    };
    let code = code_of(cx, &name.lossy(), &text, mode)?;
    let function = Function::new(cx, Vm::load(cx, Origin::Code(code), false), Dict::new(cx));
    Ok(Value::object(Code::new(cx, Builtin::Code, Some(Value::object(function)))))
}
