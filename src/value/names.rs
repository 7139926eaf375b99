//! The interned strings of a machine, found by their text, which stands in the strings themselves.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::heap::Word;

use super::str::Str;

/// The interned strings.
pub(super) struct Names {
    pub(super) by_text: FxHashSet<Name>,
    pub(super) all: Vec<Word>,
}

/// How many names there is room for at first: more than a program of a few lines has.
const FIRST_NAMES: usize = 1 << 10;

/// An interned string, found by its text.
pub(super) struct Name(pub(super) Word);

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        // SAFETY: interned strings are roots as long as the world lives, which has this name.
        let string = unsafe { self.0.value() }.and_then(|string| string.get::<Str>());
        string.map_or(&[], Str::as_bytes)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let text: &[u8] = self.borrow();
        text.hash(state);
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        let (one, other): (&[u8], &[u8]) = (self.borrow(), other.borrow());
        one == other
    }
}

impl Eq for Name {}

impl Default for Names {
    fn default() -> Names {
        Names {
            by_text: FxHashSet::with_capacity_and_hasher(FIRST_NAMES, FxBuildHasher),
            all: Vec::with_capacity(FIRST_NAMES),
        }
    }
}
