//! What a thread remembers of attributes by shape and name: the help of inline caches at places that meet several classes,
//! and of native code that looks for a special method.

use std::cell::{Cell, OnceCell};

use crate::heap::Word;

/// How many attributes that are read a thread remembers, and how many that are set.
const PLACES: usize = 512;

/// Of how many attributes that a thread remembers, because the inline cache of a place knew another, the cache learns one, in the
/// mean: a place that meets several classes does not write to what threads share each time, and one that meets other classes
/// than it did learns of them soon.
const PATIENCE: u32 = 16;

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
    known: OnceCell<Box<[Cell<Known>; 2 * PLACES]>>,
    /// The generation of classes that they are about.
    generation: Cell<u32>,
    /// A sequence of numbers that chooses what is learnt. One that counts would choose the same place of a loop each time.
    chance: Cell<u32>,
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

/// What an inline cache was filled with for a name and the shape that is its key.
#[derive(Clone, Copy)]
struct Known {
    name: Word,
    cached: u64,
}

const NOTHING: Known = Known { name: Word::NONE_AT_ALL, cached: 0 };

impl Default for Recall {
    fn default() -> Recall {
        Recall {
            known: OnceCell::new(),
            generation: Cell::new(0),
            chance: Cell::new(0),
            looked_up: [const { Cell::new(Looked::NOTHING) }; LOOKUPS],
        }
    }
}

/// The number of the place where it is remembered what a shape says of a name.
#[inline(always)]
fn place(shape: u32, name: Word, access: Access) -> usize {
    let mixed = (name.0 as usize >> 4) ^ (shape as usize).wrapping_mul(31);
    mixed % PLACES + access as usize * PLACES
}

impl Recall {
    /// The place of a lookup.
    #[inline(always)]
    pub(super) fn looked_up(&self, shape: u32, name: &'static str) -> &Cell<Looked> {
        let address = name.as_ptr() as usize;
        let mixed = address ^ (address >> 7) ^ (shape as usize).wrapping_mul(31);
        &self.looked_up[mixed % LOOKUPS]
    }

    /// What an inline cache was filled with for this attribute of a shape in this generation of classes; nothing where
    /// that is not known.
    #[inline(always)]
    pub(super) fn known(&self, shape: u32, name: Word, access: Access, generation: u32) -> Option<u64> {
        let places = self.known.get()?;
        let known = places[place(shape, name, access)].get();
        if known.name != name || known.cached as u32 != shape {
            return None;
        }
        (self.generation.get() == generation).then_some(known.cached)
    }

    /// Whether the inline cache that did not know what is remembered is to learn it now.
    #[inline(always)]
    pub(super) fn is_to_be_learnt(&self) -> bool {
        let next = self.chance.get().wrapping_mul(0x915F_77F5).wrapping_add(1);
        self.chance.set(next);
        next < u32::MAX / PATIENCE
    }

    /// Remembers what an inline cache was filled with in a generation of classes.
    pub(super) fn remember(&self, cached: u64, name: Word, access: Access, generation: u32) {
        let places = self.known.get_or_init(|| Box::new([const { Cell::new(NOTHING) }; 2 * PLACES]));
        if self.generation.replace(generation) != generation {
            places.iter().for_each(|place| place.set(NOTHING));
        }
        places[place(cached as u32, name, access)].set(Known { name, cached });
    }
}
