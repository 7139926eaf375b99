//! Modules that are written in the language alone.

use crate::heap::Value;
use crate::vm::native::Row;
use crate::vm::thread::{Call, Flow, Thread};

use super::{ModuleDef, no_constants};

const fn embedded(name: &'static str, source: &'static str) -> ModuleDef {
    ModuleDef { name, rows: &[], constants: no_constants, source: Some(source) }
}

/// `threading`
pub(crate) static THREADING: ModuleDef = embedded("threading", include_str!("threading.mpy"));
/// `queue`
pub(crate) static QUEUE: ModuleDef = embedded("queue", include_str!("queue.mpy"));
/// `concurrent`
pub(crate) static CONCURRENT: ModuleDef = embedded("concurrent", include_str!("concurrent.mpy"));
/// `concurrent.futures`
pub(crate) static FUTURES: ModuleDef = embedded("concurrent.futures", include_str!("concurrent_futures.mpy"));
/// What `--threads` runs.
pub(crate) static LAUNCH: ModuleDef = embedded("_launch", include_str!("launch.mpy"));
/// `json`
pub(crate) static JSON: ModuleDef = embedded("json", include_str!("json.mpy"));
/// `heapq`
pub(crate) static HEAPQ: ModuleDef = embedded("heapq", include_str!("heapq.mpy"));
/// `bisect`
pub(crate) static BISECT: ModuleDef = embedded("bisect", include_str!("bisect.mpy"));
/// `contextlib`
pub(crate) static CONTEXTLIB: ModuleDef = embedded("contextlib", include_str!("contextlib.mpy"));
/// `dataclasses`
pub(crate) static DATACLASSES: ModuleDef = embedded("dataclasses", include_str!("dataclasses.mpy"));
/// `copy`
pub(crate) static COPY: ModuleDef = embedded("copy", include_str!("copy.mpy"));
/// `abc`
pub(crate) static ABC: ModuleDef = embedded("abc", include_str!("abc.mpy"));
/// `functools`
pub(crate) static FUNCTOOLS: ModuleDef = embedded("functools", include_str!("functools.mpy"));
/// `operator`
pub(crate) static OPERATOR: ModuleDef = embedded("operator", include_str!("operator.mpy"));
/// `statistics`
pub(crate) static STATISTICS: ModuleDef = embedded("statistics", include_str!("statistics.mpy"));
/// `string`
pub(crate) static STRING: ModuleDef = embedded("string", include_str!("string.mpy"));
/// `textwrap`
pub(crate) static TEXTWRAP: ModuleDef = embedded("textwrap", include_str!("textwrap.mpy"));
/// `copyreg`
pub(crate) static COPYREG: ModuleDef = embedded("copyreg", include_str!("copyreg.mpy"));
/// `io`
pub(crate) static IO: ModuleDef = with_prelude("io", include_str!("io.mpy"));
/// `types`
pub(crate) static TYPES: ModuleDef = with_prelude("types", include_str!("types.mpy"));
/// `_typing`
pub(crate) static TYPING_CORE: ModuleDef = with_prelude("_typing", include_str!("_typing.mpy"));
/// `typing`
pub(crate) static TYPING: ModuleDef = embedded("typing", include_str!("typing.mpy"));

/// A module that shows something of the prelude.
const fn with_prelude(name: &'static str, source: &'static str) -> ModuleDef {
    ModuleDef { name, rows: PRELUDE_ROWS, constants: no_constants, source: Some(source) }
}

static PRELUDE_ROWS: &[Row] = &[Row::threaded("_library(name, /)", library)];

/// What the prelude calls so.
fn library(th: &mut Thread, call: &Call) -> Flow {
    let found = th.vm().prelude().get(th.cx(), th.arg_at(call, 0));
    Flow::of(found.map(|found| found.unwrap_or(Value::NONE)))
}
