//! A machine's own copy of what code needs: its constants as values, its names interned, its inline caches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minipy_compiler::Code;
use minipy_compiler::op::Op;

use crate::heap::{Marker, Value, Word};

use super::lazy_unit::LazyUnit;
use super::shape::MAX_SLOTS;

/// Code in one machine. What a call needs of the code stands in the unit itself.
pub struct Unit {
    ops: *const Op,
    heights: *const u16,
    register_count: u16,
    /// How many parameters there are, and how many of the locals are none.
    param_count: u16,
    unbound_count: u16,
    /// The immutable code.
    pub code: Arc<Code>,
    consts: Box<[Word]>,
    names: Box<[Word]>,
    locals: Box<[Word]>,
    free: Box<[Word]>,
    kwnames: Box<[Word]>,
    caches: Box<[InlineCache]>,
    /// The name that each cache looks up.
    site_names: Box<[Word]>,
    /// The units of the codes nested in this one.
    pub children: Box<[LazyUnit]>,
    /// Whether tracebacks leave its frames out: it is part of the library written in the language.
    pub hidden: bool,
    /// Whether it is part of the library, hidden or not.
    pub is_library: bool,
}

// SAFETY: words are permanent values, written before the unit is shared; caches are atomic.
unsafe impl Send for Unit {}
// SAFETY: as above.
unsafe impl Sync for Unit {}

/// What an inline cache knows, in one word: a shape (or the id of a dict table) in the low half, what the index counts, the index.
#[derive(Default)]
pub struct InlineCache(AtomicU64);

/// Where the kind stands, and the index.
const KIND: u32 = 32;
const INDEX: u32 = 40;

/// What the index of an inline cache counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Cached {
    /// Nothing is known.
    Nothing = 0,
    /// Of an attribute that is read: words from the start of the instance to its slot.
    Slot = 1,
    /// The entry of the lookup cache of the object's class.
    Class = 2,
    /// The entry of the lookup cache of the class that the object is.
    OfClass = 3,
    /// The entry of the globals' table, or of the module's.
    Global = 4,
    /// The entry of the built-ins' table; the key is the id of the globals' table, which has no such name.
    Builtin = 5,
    /// Of an attribute that is set: the same in the lower bits, [`OFFSET_BITS`] of them; above, how far the number of the shape
    /// after is from that of the shape before, which is the key.
    Store = 6,
}

/// How many bits of the index of a [`Cached::Store`] tell where the slot stands.
pub const OFFSET_BITS: u32 = 8;

const _: () = assert!(MAX_SLOTS as u32 + 8 < 1 << OFFSET_BITS);

impl InlineCache {
    /// The key and the index, if it knows a place of this kind.
    #[inline(always)]
    pub fn load(&self) -> (u32, u32, u8) {
        InlineCache::parts(self.word())
    }

    /// The key, the index and what it counts, of all that a cache knows.
    #[inline(always)]
    pub fn parts(word: u64) -> (u32, u32, u8) {
        (word as u32, (word >> INDEX) as u32, (word >> KIND) as u8)
    }

    /// Remembers a place. An index that does not fit is not remembered.
    #[inline]
    pub fn fill(&self, key: u32, index: u32, kind: Cached) {
        if index < 1 << (u64::BITS - INDEX) {
            let word = u64::from(key) | (kind as u64) << KIND | u64::from(index) << INDEX;
            self.0.store(word, Ordering::Relaxed);
        }
    }

    /// All it knows, in one word; 0 where it knows nothing.
    #[inline(always)]
    pub fn word(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Has it know what another cache knew.
    pub fn set_word(&self, word: u64) {
        self.0.store(word, Ordering::Relaxed);
    }

    /// Forgets.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The permanent values a [`Unit`] is made with; all words are kept alive by the unit once it is in its world.
pub struct UnitParts {
    /// Values of the constants.
    pub consts: Box<[Word]>,
    /// Interned names.
    pub names: Box<[Word]>,
    /// Interned names of the locals.
    pub locals: Box<[Word]>,
    /// Interned names of the free variables.
    pub free: Box<[Word]>,
    /// Tuples of the keyword names of calls.
    pub kwnames: Box<[Word]>,
    /// The units of the nested codes.
    pub children: Box<[LazyUnit]>,
}

impl Unit {
    /// A unit for `code`.
    pub fn new(code: Arc<Code>, parts: UnitParts, hidden: bool, is_library: bool) -> Unit {
        let caches = code.sites.iter().map(|_| InlineCache::default()).collect();
        let UnitParts { consts, names, locals, free, kwnames, children } = parts;
        let site_names = code.sites.iter().map(|name| names[name.0 as usize]).collect();
        let param_count = code.param_count() as u16;
        Unit {
            ops: code.ops.as_ptr(),
            heights: code.heights.as_ptr(),
            register_count: code.register_count,
            param_count,
            unbound_count: code.locals.len() as u16 - param_count,
            code,
            consts,
            names,
            locals,
            free,
            kwnames,
            caches,
            site_names,
            children,
            hidden,
            is_library,
        }
    }

    /// How many arguments a call by position fills just as they stand; none where more is to be done.
    pub(super) fn plain_params(&self) -> Option<u32> {
        let code = &self.code;
        let plain = code.kwonly_count == 0 && !code.has_varargs && !code.has_varkw && !code.is_generator;
        plain.then_some(code.arg_count.into())
    }

    /// The first of its ops.
    #[inline(always)]
    pub fn ops(&self) -> *const Op {
        self.ops
    }

    /// How many registers hold values before the op with this index.
    #[inline(always)]
    pub fn height_at(&self, pc: u32) -> usize {
        debug_assert!((pc as usize) < self.code.heights.len());
        // SAFETY: the compiler's verifier holds that there is a height for each op, and the code is immutable.
        unsafe { *self.heights.add(pc as usize) }.into()
    }

    /// Size of its window.
    #[inline(always)]
    pub fn register_count(&self) -> usize {
        self.register_count.into()
    }

    /// How many registers its parameters take, `*args` and `**kwargs` included.
    #[inline(always)]
    pub fn param_count(&self) -> usize {
        self.param_count.into()
    }

    /// How many locals stand behind the parameters: unbound when it is called.
    #[inline(always)]
    pub fn unbound_count(&self) -> usize {
        self.unbound_count.into()
    }

    /// The word of a constant.
    #[inline(always)]
    pub fn const_at(&self, index: u32) -> Word {
        debug_assert!((index as usize) < self.consts.len());
        // SAFETY: the compiler's verifier holds that constants are inside the list.
        unsafe { *self.consts.get_unchecked(index as usize) }
    }

    /// A constant.
    pub fn const_value(&self, index: usize) -> Value<'_> {
        permanent(self.consts[index])
    }

    /// A name.
    #[inline(always)]
    pub fn name_at(&self, index: u16) -> Value<'_> {
        permanent(self.names[index as usize])
    }

    /// The name an inline cache looks up.
    #[inline(always)]
    pub fn site_name(&self, site: u16) -> Value<'_> {
        permanent(self.site_name_word(site))
    }

    /// The same as a word.
    #[inline(always)]
    pub fn site_name_word(&self, site: u16) -> Word {
        debug_assert!((site as usize) < self.site_names.len());
        // SAFETY: the compiler's verifier holds that sites are inside the list, and there is a name for each.
        unsafe { *self.site_names.get_unchecked(site as usize) }
    }

    /// An inline cache.
    #[inline(always)]
    pub fn cache(&self, site: u16) -> &InlineCache {
        debug_assert!((site as usize) < self.caches.len());
        // SAFETY: the compiler's verifier holds that sites are inside the list, and there is a cache for each.
        unsafe { self.caches.get_unchecked(site as usize) }
    }

    /// The names of the local registers.
    pub fn local_names(&self) -> impl ExactSizeIterator<Item = Value<'_>> {
        self.locals.iter().map(|word| permanent(*word))
    }

    /// The name of a local register.
    #[inline]
    pub fn local_name(&self, place: usize) -> Value<'_> {
        permanent(self.locals[place])
    }

    /// Whether the local register has this name, which is interned.
    #[inline(always)]
    pub fn is_local_named(&self, place: usize, name: Value<'_>) -> bool {
        self.locals.get(place).is_some_and(|local| *local == name.word())
    }

    /// The name of a free variable.
    pub fn free_name(&self, index: u16) -> Value<'_> {
        permanent(self.free[index as usize])
    }

    /// The tuple of keyword names of a call.
    #[inline(always)]
    pub fn kwnames(&self, index: u16) -> Word {
        self.kwnames[index as usize]
    }

    /// Forgets everything the inline caches know.
    pub fn clear_caches(&self) {
        self.caches.iter().for_each(InlineCache::clear);
    }

    pub(super) fn visit(&self, marker: &mut Marker) {
        let lists = [&self.consts, &self.names, &self.locals, &self.free, &self.kwnames];
        for word in lists.into_iter().flat_map(|list| list.iter()) {
            marker.word(*word);
        }
    }
}

#[inline(always)]
fn permanent<'t>(word: Word) -> Value<'t> {
    // SAFETY: a unit's words are roots as long as its world lives, and nobody outlives that with a value.
    unsafe { word.value() }.unwrap_or(Value::NONE)
}
