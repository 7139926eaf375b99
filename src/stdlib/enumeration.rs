//! `enum`: written in the language, but for one function.

use super::collections::CALLER_MODULE;
use super::{ModuleDef, no_constants};
use crate::vm::native::Row;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "enum", rows: ROWS, constants: no_constants, source: Some(include_str!("enum.mpy")) };

static ROWS: &[Row] = &[CALLER_MODULE];
