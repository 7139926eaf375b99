//! Modules that are written in the language alone.

use crate::heap::Value;
use crate::vm::native::Row;
use crate::vm::script::{Script, script};
use crate::vm::thread::{Call, Flow, Thread};

use super::{ModuleDef, no_constants};

const fn embedded(name: &'static str, script: Script) -> ModuleDef {
    ModuleDef { name, rows: &[], constants: no_constants, source: Some(script) }
}

/// `threading`
pub(crate) static THREADING: ModuleDef = embedded("threading", script!("threading"));
/// `queue`
pub(crate) static QUEUE: ModuleDef = embedded("queue", script!("queue"));
/// `concurrent`
pub(crate) static CONCURRENT: ModuleDef = embedded("concurrent", script!("concurrent"));
/// `concurrent.futures`
pub(crate) static FUTURES: ModuleDef = embedded("concurrent.futures", script!("concurrent_futures"));
/// What `--threads` runs.
pub(crate) static LAUNCH: ModuleDef = embedded("_launch", script!("launch"));
/// `json`
pub(crate) static JSON: ModuleDef = embedded("json", script!("json"));
/// `heapq`
pub(crate) static HEAPQ: ModuleDef = embedded("heapq", script!("heapq"));
/// `bisect`
pub(crate) static BISECT: ModuleDef = embedded("bisect", script!("bisect"));
/// `contextlib`
pub(crate) static CONTEXTLIB: ModuleDef = embedded("contextlib", script!("contextlib"));
/// `dataclasses`
pub(crate) static DATACLASSES: ModuleDef = embedded("dataclasses", script!("dataclasses"));
/// `copy`
pub(crate) static COPY: ModuleDef = embedded("copy", script!("copy"));
/// `abc`
pub(crate) static ABC: ModuleDef = embedded("abc", script!("abc"));
/// `operator`
pub(crate) static OPERATOR: ModuleDef = embedded("operator", script!("operator"));
/// `statistics`
pub(crate) static STATISTICS: ModuleDef = embedded("statistics", script!("statistics"));
/// `string`
pub(crate) static STRING: ModuleDef = embedded("string", script!("string"));
/// `textwrap`
pub(crate) static TEXTWRAP: ModuleDef = embedded("textwrap", script!("textwrap"));
/// `copyreg`
pub(crate) static COPYREG: ModuleDef = embedded("copyreg", script!("copyreg"));
/// `__future__`
pub(crate) static FUTURE: ModuleDef = embedded("__future__", script!("__future__"));
/// `os`
pub(crate) static OS: ModuleDef = embedded("os", script!("os"));
/// `os.path`
pub(crate) static POSIXPATH: ModuleDef = embedded("posixpath", script!("posixpath"));
/// `io`
pub(crate) static IO: ModuleDef = with_prelude("io", script!("io"));
/// `types`
pub(crate) static TYPES: ModuleDef = with_prelude("types", script!("types"));
/// `_typing`
pub(crate) static TYPING_CORE: ModuleDef = with_prelude("_typing", script!("_typing"));
/// `typing`
pub(crate) static TYPING: ModuleDef = embedded("typing", script!("typing"));

/// A module that shows something of the prelude.
const fn with_prelude(name: &'static str, script: Script) -> ModuleDef {
    ModuleDef { name, rows: PRELUDE_ROWS, constants: no_constants, source: Some(script) }
}

static PRELUDE_ROWS: &[Row] = &[LIBRARY];

/// Shows a module something of the prelude.
pub(super) const LIBRARY: Row = Row::threaded("_library(name, /)", library);

/// What the prelude calls so.
fn library(th: &mut Thread, call: &Call) -> Flow {
    let found = th.vm().from_prelude(th.cx(), th.arg_at(call, 0));
    Flow::of(found.map(|found| found.unwrap_or(Value::NONE)))
}
