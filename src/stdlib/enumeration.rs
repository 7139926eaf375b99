//! `enum`: written in the language, but for one function.

use super::collections::CALLER_MODULE;
use super::{ModuleDef, no_constants};
use crate::vm::native::Row;
use crate::vm::script::script;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "enum", rows: ROWS, constants: no_constants, source: Some(script!("enum")) };

static ROWS: &[Row] = &[CALLER_MODULE];
