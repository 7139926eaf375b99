//! What a thread remembers of attributes by shape and name: the help of inline caches at places that meet several classes.

use std::cell::Cell;

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

/// Contents of inline caches, each at a place that shape and name give.
pub(super) struct Recall([Cell<Known>; PLACES]);

#[derive(Clone, Copy)]
struct Known {
    shape: u32,
    generation: u32,
    name: Word,
    access: Access,
    cached: u64,
}

impl Default for Recall {
    fn default() -> Recall {
        let nothing =
            Known { shape: 0, generation: 0, name: Word::NONE_AT_ALL, access: Access::Load, cached: 0 };
        Recall(std::array::from_fn(|_| Cell::new(nothing)))
    }
}

impl Recall {
    fn place(&self, shape: u32, name: Value<'_>, access: Access) -> &Cell<Known> {
        let mixed =
            (name.word().0 as usize >> 4) ^ (shape as usize).wrapping_mul(31) ^ (access as usize) << 8;
        &self.0[mixed % PLACES]
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
