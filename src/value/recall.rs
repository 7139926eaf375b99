//! What a thread remembers of attributes by shape and name: the help of inline caches at places that meet several classes,
//! and of native code that looks for a special method.

use std::cell::{Cell, OnceCell};

use crate::heap::{Value, Word};

use super::unit::InlineCache;

/// How many attributes a thread remembers.
const PLACES: usize = 512;

/// Whether an attribute is read or set: what is remembered of one says nothing of the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// It is read.
    Load,
    /// It is set.
    Store,
}

/// How many lookups a thread remembers.
const LOOKUPS: usize = 256;

/// Contents of inline caches and places of lookups, each at a place that shape and name give.
pub(super) struct Recall {
    /// There are no places before the first is needed.
    known: OnceCell<Box<[Cell<Known>]>>,
    looked_up: [Cell<Looked>; LOOKUPS],
}

/// Where a class of a root shape keeps what it has found for a text in native code: the entry of its cache of lookups,
/// whose index never becomes another name's.
#[derive(Clone, Copy)]
pub(crate) struct Looked {
    shape: u32,
    entry: u32,
    name: *const u8,
    len: usize,
}

impl Looked {
    const NOTHING: Looked = Looked { shape: 0, entry: 0, name: std::ptr::null(), len: 0 };

    /// What is to be remembered.
    pub(crate) fn new(shape: u32, name: &'static str, entry: u32) -> Looked {
        Looked { shape, entry, name: name.as_ptr(), len: name.len() }
    }

    /// Whether it is of this class and this text.
    #[inline(always)]
    pub(crate) fn is_of(self, shape: u32, name: &'static str) -> bool {
        self.shape == shape && self.name == name.as_ptr() && self.len == name.len()
    }

    /// The index.
    pub(crate) fn entry(self) -> usize {
        self.entry as usize
    }
}

#[derive(Clone, Copy)]
struct Known {
    shape: u32,
    generation: u32,
    name: Word,
    access: Access,
    cached: u64,
}

const NOTHING: Known =
    Known { shape: 0, generation: 0, name: Word::NONE_AT_ALL, access: Access::Load, cached: 0 };

impl Default for Recall {
    fn default() -> Recall {
        Recall { known: OnceCell::new(), looked_up: [const { Cell::new(Looked::NOTHING) }; LOOKUPS] }
    }
}

impl Recall {
    fn place(&self, shape: u32, name: Value<'_>, access: Access) -> &Cell<Known> {
        let mixed =
            (name.word().0 as usize >> 4) ^ (shape as usize).wrapping_mul(31) ^ (access as usize) << 8;
        &self.known.get_or_init(|| (0..PLACES).map(|_| Cell::new(NOTHING)).collect())[mixed % PLACES]
    }

    /// The place of a lookup.
    #[inline(always)]
    pub(super) fn looked_up(&self, shape: u32, name: &'static str) -> &Cell<Looked> {
        let address = name.as_ptr() as usize;
        let mixed = address ^ (address >> 7) ^ (shape as usize).wrapping_mul(31);
        &self.looked_up[mixed % LOOKUPS]
    }

    /// Fills an inline cache with what is known of the attribute of a shape. Says whether anything is.
    pub(super) fn fill(
        &self,
        cache: &InlineCache,
        (shape, name, access): (u32, Value<'_>, Access),
        generation: u32,
    ) -> bool {
        let known = self.place(shape, name, access).get();
        let found = known.shape == shape
            && known.name == name.word()
            && known.access == access
            && known.generation == generation;
        if found {
            cache.set_word(known.cached);
        }
        found
    }

    /// Remembers what an inline cache was filled with, if that was about this shape.
    pub(super) fn remember(
        &self,
        cache: &InlineCache,
        (shape, name, access): (u32, Value<'_>, Access),
        generation: u32,
    ) {
        let cached = cache.word();
        if cached as u32 == shape && cached != 0 {
            let known = Known { shape, generation, name: name.word(), access, cached };
            self.place(shape, name, access).set(known);
        }
    }
}
