//! `traceback`: the native part, which makes the texts; the rest is written in the language, in `traceback.mpy`.

use crate::heap::{Value, Word};
use crate::value::exception::{Exception, Traceback};
use crate::value::{Context, Raised, int};
use crate::vm::native::Row;
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};
use crate::vm::traceback::{self, Style, Summary};

use super::{ModuleDef, no_constants};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "traceback", rows: ROWS, constants: no_constants, source: Some(script!("traceback")) };

static ROWS: &[Row] = &[
    Row::threaded("_format_exception(exc, tb, limit, chain, groups, /)", format_exception),
    Row::threaded("_format_traceback(tb, limit, /)", format_traceback),
    Row::threaded("_format_stack()", format_stack),
    Row::threaded("_summaries(tb, limit, /)", summaries),
];

/// The parts of an exception's text, in a list.
fn format_exception(thread: &mut Thread, call: &Call) -> Flow {
    let exception = thread.arg_at(call, 0);
    if exception.get::<Exception>().is_none() {
        return not_an_exception(thread.cx(), exception);
    }
    let (exception, traceback) = (exception.word(), thread.arg_at(call, 1));
    let traceback = traceback.get::<Traceback>().map(|traceback| Value::object(traceback).word());
    let chain = thread.arg_at(call, 3).as_bool() != Some(false);
    let groups = thread.arg_at(call, 4).as_bool() != Some(false);
    let style = Style { chain, groups, limit: limit(thread, call, 2) };
    let parts = traceback::format_exception(thread, exception, traceback, style);
    list(thread, parts.iter().map(Vec::as_slice))
}

fn not_an_exception(cx: &Context, value: Value<'_>) -> Flow {
    cx.type_error(format_args!("Exception expected for value, {} found", cx.type_name(value)));
    Flow::Raised
}

/// The text of each entry, in a list.
fn format_traceback(thread: &mut Thread, call: &Call) -> Flow {
    let parts = match traceback_arg(thread, call) {
        Some(traceback) => traceback::format_traceback(thread, traceback, limit(thread, call, 1)),
        None => Vec::new(),
    };
    list(thread, parts.iter().map(String::as_bytes))
}

/// The text of each running frame, in a list.
fn format_stack(thread: &mut Thread, _: &Call) -> Flow {
    let parts = traceback::format_stack(thread);
    list(thread, parts.iter().map(String::as_bytes))
}

/// The entries as tuples: file, line, function, source line, text.
fn summaries(thread: &mut Thread, call: &Call) -> Flow {
    let summaries = match traceback_arg(thread, call) {
        Some(traceback) => traceback::summaries(thread, traceback, limit(thread, call, 1)),
        None => Vec::new(),
    };
    let cx = thread.cx();
    let items = summaries.iter().map(|summary| tuple(cx, summary)).collect::<Result<Vec<_>, Raised>>();
    Flow::of(items.and_then(|items| cx.list(&items)))
}

fn tuple<'t>(cx: &'t Context, summary: &Summary) -> Result<Value<'t>, Raised> {
    let line = cx.int(summary.line.into());
    let texts = [&summary.file, &summary.function, &summary.source, &summary.text];
    let [file, function, source, text] = texts.map(|text| cx.str(text));
    cx.tuple(&[file?, line, function?, source?, text?])
}

fn traceback_arg(thread: &Thread, call: &Call) -> Option<Word> {
    let traceback = thread.arg_at(call, 0).get::<Traceback>()?;
    Some(Value::object(traceback).word())
}

fn limit(thread: &Thread, call: &Call, place: usize) -> Option<i64> {
    int::i64_of(thread.arg_at(call, place)).or_else(|| traceback::configured_limit(thread))
}

fn list<'p>(thread: &Thread, parts: impl Iterator<Item = &'p [u8]>) -> Flow {
    let cx = thread.cx();
    let items = parts.map(|part| cx.wtf8(part)).collect::<Result<Vec<_>, Raised>>();
    Flow::of(items.and_then(|items| cx.list(&items)))
}
