//! Modules that are written in the language alone.

use crate::heap::{Value, Word};
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
/// `io`
pub(crate) static IO: ModuleDef =
    ModuleDef { name: "io", rows: IO_ROWS, constants: no_constants, source: Some(include_str!("io.mpy")) };

static IO_ROWS: &[Row] = &[Row::threaded("_unsupported_operation()", unsupported_operation)];

/// The class that files raise: it belongs to the prelude.
fn unsupported_operation(th: &mut Thread, _: &Call) -> Flow {
    Flow::Done(th.vm().prelude().get_name(th.cx(), "UnsupportedOperation").map_or(Word::NONE, Value::word))
}
