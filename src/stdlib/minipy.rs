//! `minipy`: what a program may ask that no other Python answers.

use crate::vm::native::Row;
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::ModuleDef;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "minipy", rows: ROWS, constants: super::no_constants, source: Some(script!("minipy")) };

static ROWS: &[Row] = &[Row::threaded("_figures()", figures)];

/// As JSON.
fn figures(th: &mut Thread, _: &Call) -> Flow {
    let text = th.vm().host.figures();
    Flow::of(th.cx().str(&text))
}
