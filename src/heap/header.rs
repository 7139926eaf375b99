//! What every heap object begins with, and the kinds of layout there are.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::byte_lock::ByteLock;
use super::slot::Slot;
use super::word::Value;

/// The layout of an object. An instance of a class written in the language is an `Instance`; if the class has a built-in
/// base with a layout of its own, it carries an object of that base (see [`flag::PAYLOAD`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "named after the types in src/value, one file each")]
pub enum Kind {
    Int,
    BigInt,
    Complex,
    Str,
    Buffer,
    Bytes,
    Tuple,
    List,
    Deque,
    Store,
    Dict,
    DictTable,
    Set,
    FrozenSet,
    SetTable,
    Range,
    Slice,
    Cell,
    Function,
    Native,
    BoundMethod,
    Type,
    Instance,
    Exception,
    Generator,
    Module,
    Property,
    StaticMethod,
    ClassMethod,
    Super,
    Iter,
    DictView,
    MappingProxy,
    Member,
    Traceback,
    Lock,
    File,
    ThreadHandle,
    Random,
    Code,
    /// No object has it: floats are words.
    Float,
}

/// Flags of a header.
pub mod flag {
    /// Survived a collection: stores into it are remembered for the next young one.
    pub const OLD: u8 = 1;
    /// Is in a thread's list of remembered objects.
    pub const REMEMBERED: u8 = 2;
    /// An instance whose class has a built-in base with a layout of its own: an object of that base stands in the
    /// word behind the header.
    pub const PAYLOAD: u8 = 16;
    /// A string of the table of interned names.
    pub const INTERNED: u8 = 32;
    /// Free for the kind's own use.
    pub const OWN: u8 = 64;
    /// Free for the kind's own use.
    pub const OWN2: u8 = 128;
}

/// The first 16 bytes of every object.
#[repr(C)]
pub struct Header {
    shape: AtomicU32,
    kind: Kind,
    pub(super) lock: ByteLock,
    flags: AtomicU8,
    _spare: u8,
    identity: AtomicU32,
    /// A count that belongs to the kind: items of a tuple, entries of a table, characters of a string.
    pub aux: AtomicU32,
}

const _: () = assert!(size_of::<Header>() == 16);

impl Header {
    /// The header of a new object.
    #[inline(always)]
    pub(super) fn new(kind: Kind, shape: u32, aux: u32) -> Header {
        Header {
            shape: AtomicU32::new(shape),
            kind,
            lock: ByteLock::new(),
            flags: AtomicU8::new(0),
            _spare: 0,
            identity: AtomicU32::new(0),
            aux: AtomicU32::new(aux),
        }
    }

    /// The layout.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The shape: class and names of the slots.
    #[inline(always)]
    pub fn shape(&self) -> u32 {
        self.shape.load(Ordering::Acquire)
    }

    /// Gives it another shape, after the slots that the shape promises are filled.
    #[inline(always)]
    pub fn set_shape(&self, shape: u32) {
        self.shape.store(shape, Ordering::Release);
    }

    /// Whether any of these flags is set.
    #[inline(always)]
    pub fn has(&self, flags: u8) -> bool {
        self.flags.load(Ordering::Relaxed) & flags != 0
    }

    /// All flags.
    #[inline(always)]
    pub fn flags(&self) -> u8 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Sets flags.
    pub fn set(&self, flags: u8) {
        self.flags.fetch_or(flags, Ordering::Relaxed);
    }

    /// Sets flags of an object that nobody else looks at: the world is stopped.
    #[inline(always)]
    pub(super) fn set_alone(&self, flags: u8) {
        self.flags.store(self.flags() | flags, Ordering::Relaxed);
    }

    /// Clears flags.
    pub fn clear(&self, flags: u8) {
        self.flags.fetch_and(!flags, Ordering::Relaxed);
    }

    /// The count that belongs to the kind.
    #[inline(always)]
    pub fn aux(&self) -> u32 {
        self.aux.load(Ordering::Relaxed)
    }

    /// The object of the built-in base that an instance carries.
    #[inline(always)]
    pub fn payload(&self) -> Option<Value<'_>> {
        if self.has(flag::PAYLOAD) {
            // SAFETY: the flag says that a slot stands behind the header, in the same object.
            unsafe { (*(self as *const Header).add(1).cast::<Slot>()).get() }
        } else {
            None
        }
    }

    /// The object's number, taken from `counter` the first time somebody asks.
    pub fn identity(&self, counter: &AtomicU32) -> u32 {
        let known = self.identity.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        let fresh = counter.fetch_add(1, Ordering::Relaxed);
        match self.identity.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            Err(other) => other,
        }
    }
}

/// A Rust type that is the layout of heap objects.
///
/// # Safety
/// - The type is `repr(C)`, begins with a [`Header`], and is the layout of every object whose kind satisfies `is_kind`.
/// - It has no drop glue and can be used from several threads at once.
pub unsafe trait Object: Sync {
    /// The kind of a new object of this type.
    const KIND: Kind;

    /// Whether objects of `kind` have this layout.
    #[inline(always)]
    fn is_kind(kind: Kind) -> bool {
        kind as u8 == Self::KIND as u8
    }

    /// Its header.
    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: the layout begins with a header.
        unsafe { &*(self as *const Self).cast::<Header>() }
    }
}
