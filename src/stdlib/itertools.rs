//! `itertools`: the native classes `count`, `cycle` and `repeat`. The others are written in the language.

use crate::heap::Value;
use crate::value::{Builtin, Context};
use crate::vm::script::script;

use super::{Define, ModuleDef};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "itertools", rows: &[], constants, source: Some(script!("itertools")) };

fn constants(cx: &Context, define: Define<'_>) {
    for class in [Builtin::Count, Builtin::Cycle, Builtin::Repeat] {
        define(class.name(), Value::object(cx.class(class)));
    }
}
