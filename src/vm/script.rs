//! Parts of the library that are written in the language: their sources, and the code that `build.rs` made of them.

use std::sync::Arc;

use minipy_compiler::{Malformed, Packed};
use minipy_grammar::Source;

/// A part of the library.
pub struct Script {
    /// Its source: what tracebacks show lines of.
    pub text: &'static str,
    /// Its code, packed.
    pub packed: &'static [u8],
}

impl Script {
    /// Its code, as that of the file `name`.
    ///
    /// # Errors
    /// Where the code does not fit the compiler that is built in.
    pub fn code(&self, name: &str) -> Result<Packed<'static>, Malformed> {
        self.code_of(&self.source(name))
    }

    /// Its code, as that of this source, which has its text.
    ///
    /// # Errors
    /// Where the code does not fit the compiler that is built in.
    pub fn code_of(&self, source: &Arc<Source>) -> Result<Packed<'static>, Malformed> {
        Packed::new(self.packed, source)
    }

    /// Its text, as that of the file `name`.
    pub fn source(&self, name: &str) -> Arc<Source> {
        Source::embedded(format!("<{name}>"), self.text)
    }
}

/// The [`Script`] of `src/stdlib/NAME.mpy`.
macro_rules! script {
    ($name:literal) => {
        $crate::vm::script::Script {
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/stdlib/", $name, ".mpy")),
            packed: include_bytes!(concat!(env!("OUT_DIR"), "/library/", $name, ".code")),
        }
    };
}
pub(crate) use script;
