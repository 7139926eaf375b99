//! Parts of the library that are written in the language: their sources, and the code that `build.rs` made of them.

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
        let source = Source::embedded(format!("<{name}>"), self.text);
        Packed::new(self.packed, &source)
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
