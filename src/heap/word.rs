//! The value word: every value of the language in 64 bits that can be copied.
//!
//! | bits                        | what                                                     |
//! | --------------------------- | -------------------------------------------------------- |
//! | `0`                         | nothing: an unbound register, a hole in a store, or, as the result of native code, "an exception is pending" |
//! | `0000 pppp pppp pppp`       | a pointer to a heap object, 8-aligned                    |
//! | `0000 0000 0000 00i2`       | the constant number `i` (None, False, True, …)           |
//! | `0002 …` to `FFFA …`        | a float: its bits plus 2^49, NaNs made one               |
//! | `FFFF iiii iiii iiii`       | an integer of 48 bits                                    |
//!
//! Knows nothing of threads: the lifetime of a [`Value`] is that of the borrow of whatever keeps it alive.

use std::marker::PhantomData;
use std::num::NonZeroU64;

use super::header::{Header, Kind, Object};

const FLOAT_OFFSET: u64 = 1 << 49;
const INT_TAG: u64 = 0xFFFF << 48;
const PAYLOAD: u64 = (1 << 48) - 1;
const NOT_POINTER: u64 = 0xFFFF_0000_0000_0007;

/// The least integer that stands in the word itself.
pub const MIN_SMALL: i64 = -(1 << 47);
/// The greatest integer that stands in the word itself.
pub const MAX_SMALL: i64 = (1 << 47) - 1;

/// The raw word, as registers and heap slots hold it: no claim that what it points to is alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Word(pub u64);

/// A value that is alive for `'t`: while the thread it is borrowed from runs no code of the language.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value<'t>(NonZeroU64, PhantomData<&'t ()>);

const _: () = assert!(size_of::<Option<Value<'static>>>() == 8);

impl Word {
    /// Nothing: unbound, a hole, or an exception pending.
    pub const NONE_AT_ALL: Word = Word(0);
    /// `None`
    pub const NONE: Word = Word(0x02);
    /// `False`
    pub const FALSE: Word = Word(0x12);
    /// `True`
    pub const TRUE: Word = Word(0x22);

    /// The word of a small integer; the caller has checked the range.
    #[inline(always)]
    pub const fn small(value: i64) -> Word {
        Word(value as u64 & PAYLOAD | INT_TAG)
    }

    /// The word of a float.
    #[inline(always)]
    pub fn float(value: f64) -> Word {
        let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
        Word(bits.wrapping_add(FLOAT_OFFSET))
    }

    /// The word of a truth value.
    #[inline(always)]
    pub const fn bool(value: bool) -> Word {
        if value { Word::TRUE } else { Word::FALSE }
    }

    /// Whether it holds nothing.
    #[inline(always)]
    pub const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// Whether it is a small integer.
    #[inline(always)]
    pub const fn is_small(self) -> bool {
        self.0 >= INT_TAG
    }

    /// Whether both are small integers.
    #[inline(always)]
    pub const fn both_small(self, other: Word) -> bool {
        self.0 & other.0 >= INT_TAG
    }

    /// The integer of a word that is a small one.
    #[inline(always)]
    pub const fn as_small(self) -> i64 {
        (self.0 << 16) as i64 >> 16
    }

    /// The integer's payload in the upper 48 bits: sums and differences of such overflow exactly when the small integer does.
    #[inline(always)]
    pub const fn shifted(self) -> i64 {
        (self.0 << 16) as i64
    }

    /// The reverse of [`shifted`](Self::shifted).
    #[inline(always)]
    pub const fn from_shifted(value: i64) -> Word {
        Word((value as u64 >> 16) | INT_TAG)
    }

    /// Whether it is a float.
    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0.wrapping_sub(2 << 48) < (0xFFFD << 48)
    }

    /// The float of a word that is one.
    #[inline(always)]
    pub const fn as_float(self) -> f64 {
        f64::from_bits(self.0.wrapping_sub(FLOAT_OFFSET))
    }

    /// Whether it points to an object (or is nothing).
    #[inline(always)]
    pub const fn is_pointer_or_nothing(self) -> bool {
        self.0 & NOT_POINTER == 0
    }

    /// Whether it points to an object.
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0 & NOT_POINTER == 0 && self.0 != 0
    }

    /// The address, of a word that is a pointer.
    #[inline(always)]
    pub const fn address(self) -> *mut Header {
        self.0 as *mut Header
    }

    /// The word that points to an object.
    #[inline(always)]
    pub fn pointer<T>(object: *const T) -> Word {
        Word(object as u64)
    }

    /// The value, if it holds one.
    ///
    /// # Safety
    /// - The word was read from a place the collector sees, and no collection can run during `'t`.
    #[inline(always)]
    pub unsafe fn value<'t>(self) -> Option<Value<'t>> {
        NonZeroU64::new(self.0).map(|bits| Value(bits, PhantomData))
    }
}

/// `None`, `True` and their kind: values that need no object.
impl Value<'_> {
    /// `None`
    pub const NONE: Value<'static> = Value::constant(Word::NONE);
    /// `False`
    pub const FALSE: Value<'static> = Value::constant(Word::FALSE);
    /// `True`
    pub const TRUE: Value<'static> = Value::constant(Word::TRUE);
    /// `...`
    pub const ELLIPSIS: Value<'static> = Value::constant(Word(0x32));
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Value<'static> = Value::constant(Word(0x42));
    /// "This class and its bases have no such attribute", in the lookup cache of a class; no program sees it.
    pub const ABSENT: Value<'static> = Value::constant(Word(0x52));
    /// A key that was removed, in the table of a set; no program sees it.
    pub const DUMMY: Value<'static> = Value::constant(Word(0x62));

    const fn constant(word: Word) -> Value<'static> {
        match NonZeroU64::new(word.0) {
            Some(bits) => Value(bits, PhantomData),
            None => panic!("a constant is not nothing"),
        }
    }
}

impl<'t> Value<'t> {
    /// The word, for a register or a slot.
    #[inline(always)]
    pub const fn word(self) -> Word {
        Word(self.0.get())
    }

    /// `True` or `False`.
    #[inline(always)]
    pub fn bool(value: bool) -> Value<'t> {
        if value { Value::TRUE } else { Value::FALSE }
    }

    /// An integer that fits the word.
    #[inline(always)]
    pub fn small(value: i64) -> Option<Value<'t>> {
        (MIN_SMALL..=MAX_SMALL).contains(&value).then(|| Value::from_filled(Word::small(value)))
    }

    /// A float.
    #[inline(always)]
    pub fn float(value: f64) -> Value<'t> {
        Value::from_filled(Word::float(value))
    }

    /// The value of an object that is borrowed.
    #[inline(always)]
    pub fn object<T: Object>(object: &'t T) -> Value<'t> {
        Value::from_filled(Word::pointer(object))
    }

    fn from_filled(word: Word) -> Value<'t> {
        match NonZeroU64::new(word.0) {
            Some(bits) => Value(bits, PhantomData),
            None => Value::NONE,
        }
    }

    /// Whether both are one object (Python's `is`).
    #[inline(always)]
    pub fn is(self, other: Value<'_>) -> bool {
        self.0 == other.0
    }

    /// Whether it is `None`.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.word() == Word::NONE
    }

    /// The integer, if it is one that fits the word (a bool is none).
    #[inline(always)]
    pub fn as_small(self) -> Option<i64> {
        self.word().is_small().then(|| self.word().as_small())
    }

    /// The float, if it is one.
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        self.word().is_float().then(|| self.word().as_float())
    }

    /// The truth value, if it is `True` or `False`.
    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        match self.word() {
            Word::TRUE => Some(true),
            Word::FALSE => Some(false),
            _ => None,
        }
    }

    /// The header of the object it points to.
    #[inline(always)]
    pub fn header(self) -> Option<&'t Header> {
        if self.word().is_pointer() {
            // SAFETY: a value that is a pointer points to a live object for 't.
            Some(unsafe { &*self.word().address() })
        } else {
            None
        }
    }

    /// What kind of object it points to.
    #[inline(always)]
    pub fn kind(self) -> Option<Kind> {
        self.header().map(Header::kind)
    }

    /// The object, if it is of type `T`; of an instance of a subclass, the object of the built-in base that it carries.
    #[inline(always)]
    pub fn get<T: Object>(self) -> Option<&'t T> {
        let header = self.header()?;
        if T::is_kind(header.kind()) {
            // SAFETY: the kind says that the object's layout is T's; it is alive for 't.
            Some(unsafe { &*(header as *const Header).cast::<T>() })
        } else {
            header.payload()?.get_payload()
        }
    }

    fn get_payload<T: Object>(self) -> Option<&'t T> {
        let header = self.header().filter(|header| T::is_kind(header.kind()))?;
        // SAFETY: as in `get`.
        Some(unsafe { &*(header as *const Header).cast::<T>() })
    }

    /// Itself, or of an instance of a subclass of a built-in class, the value of that class which it carries.
    #[inline(always)]
    pub fn plain(self) -> Value<'t> {
        match self.header() {
            Some(header) => header.payload().unwrap_or(self),
            None => self,
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.as_small(), self.as_float(), self.kind()) {
            (Some(int), ..) => write!(f, "{int}"),
            (_, Some(float), _) => write!(f, "{float:?}"),
            (.., Some(kind)) => write!(f, "<{kind:?}>"),
            _ => write!(f, "<constant {:#x}>", self.0),
        }
    }
}
