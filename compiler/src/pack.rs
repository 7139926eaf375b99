//! Code as bytes: what a build makes of a library's sources, so that they need not be compiled at every start.
//!
//! The bytes are the format's version, the table of all names, and the code of the file, field by field as it stands in
//! `code.rs`; behind it the codes nested in it, each with its length in front, so that whoever opens a code can leave them
//! packed. A number takes seven bits a byte, the low ones first, the high bit saying that more follow; a signed one
//! alternates (0, -1, 1, -2, …); a name is its index in the table; a list is its length and its items. The spans of a code's
//! ops follow one another closely: each is the distance from the start of the one before, and a length. They have the length of
//! all their bytes in front, so that they can be read later. The table of names says where each ends, four bytes a name, so that
//! one is found without reading the others.
//!
//! The text is not in it: whoever opens a code has it, and gives it by the name that tracebacks are to print. Each type
//! says once, in one place, how it is written and read. Bytes that no packing made are refused, whatever they are.

mod archive;

use std::sync::Arc;

use indexmap::IndexSet;
use minipy_grammar::ast::Name;
use minipy_grammar::{Source, Span};
use rustc_hash::FxBuildHasher;

use crate::code::{Code, CodeKind, Const, Handler, ImportSpec};
use crate::op::{
    After, ChildIx, ConstIx, Convert, Count, Form, FreeIx, FunctionParts, Imm, ImportIx, KwNames, Label,
    NameIx, Offset, Reg, Sense, Site, WideImm,
};
use crate::recipe::Wrapper;
use crate::spans::Spans;

pub use archive::{Archive, PackedRecipe, archive};

/// The first byte: another one is another format.
const VERSION: u8 = 3;

/// How deep codes in codes, and tuples in tuples, are read: more than any program nests them.
const MAX_NESTING: u32 = 1000;

/// The bytes are none that [`pack`] makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// The bytes of a code and of all codes nested in it.
pub fn pack(code: &Code) -> Vec<u8> {
    let mut out = Packer::default();
    out.code(code);
    let mut head = out.head();
    head.bytes.append(&mut out.bytes);
    head.bytes
}

/// The code that [`pack`] made these bytes of, with the text that it was compiled from.
///
/// # Errors
/// Bytes of another version, or damaged ones.
pub fn unpack(bytes: &[u8], source: &Arc<Source>) -> Result<Code, Malformed> {
    Packed::new(bytes, source)?.unpack(0)
}

/// The code of a file or of a function in it, with its text, as it was packed.
#[derive(Clone)]
pub struct Packed<'a> {
    bytes: &'a [u8],
    file: Arc<File<'a>>,
}

/// A [`Packed`] code, opened.
pub struct Opened<'a> {
    /// The code, without those nested in it.
    pub code: Code,
    /// The codes nested in it, in their order.
    pub children: Box<[Packed<'a>]>,
}

/// What the codes of a file share.
struct File<'a> {
    names: Names<'a>,
    source: Arc<Source>,
}

/// The table of names.
#[derive(Clone, Copy, Default)]
struct Names<'a> {
    /// Where each name ends in the text of all, four bytes a name.
    ends: &'a [u8],
    text: &'a str,
}

impl<'a> Names<'a> {
    fn get(self, index: usize) -> Result<&'a str, Malformed> {
        let (ends, _) = self.ends.as_chunks::<4>();
        let end = u32::from_le_bytes(*ends.get(index).ok_or(Malformed)?);
        let start = index.checked_sub(1).map_or(0, |before| u32::from_le_bytes(ends[before]));
        self.text.get(start as usize..end as usize).ok_or(Malformed)
    }
}

impl<'a> Packed<'a> {
    /// The code of a file that [`pack`] made these bytes of, with the text that it was compiled from.
    ///
    /// # Errors
    /// Bytes of another version, or damaged ones: what is inside is not looked at yet.
    pub fn new(bytes: &'a [u8], source: &Arc<Source>) -> Result<Packed<'a>, Malformed> {
        let mut input = Unpacker::new(bytes, Names::default(), None);
        let names = input.head()?;
        Ok(Packed { bytes: input.bytes, file: Arc::new(File { names, source: source.clone() }) })
    }

    /// Its bare name and its dotted one.
    ///
    /// # Errors
    /// Bytes that are damaged.
    pub fn names(&self) -> Result<[&'a str; 2], Malformed> {
        let mut input = self.input();
        Ok([input.name()?, input.name()?])
    }

    /// The text it was made from.
    pub fn source(&self) -> &Arc<Source> {
        &self.file.source
    }

    /// Unpacks it, but none of those nested in it.
    ///
    /// # Errors
    /// Bytes that are damaged.
    pub fn open(&self) -> Result<Opened<'a>, Malformed> {
        let mut input = self.input();
        let code = Code::unpack(&mut input)?;
        let count = input.size()?;
        let mut children = Vec::with_capacity(count);
        for _ in 0..count {
            children.push(Packed { bytes: input.text()?, file: self.file.clone() });
        }
        if input.bytes.is_empty() { Ok(Opened { code, children: children.into() }) } else { Err(Malformed) }
    }

    fn unpack(&self, depth: u32) -> Result<Code, Malformed> {
        if depth >= MAX_NESTING {
            return Err(Malformed);
        }
        let Opened { code, children } = self.open()?;
        let children = children.iter().map(|child| child.unpack(depth + 1).map(Arc::new));
        Ok(Code { children: children.collect::<Result<_, _>>()?, ..code })
    }

    fn input(&self) -> Unpacker<'a, '_> {
        Unpacker::new(self.bytes, self.file.names, Some(&self.file.source))
    }
}

/// Bytes that grow.
#[derive(Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    names: IndexSet<Name, FxBuildHasher>,
    /// Where the span before starts.
    start: u32,
}

impl Packer {
    /// What stands in front of these bytes: the version and the names.
    fn head(&self) -> Packer {
        let mut head = Packer { bytes: vec![VERSION], ..Packer::default() };
        head.size(self.names.len());
        let mut text = Vec::new();
        for name in &self.names {
            text.extend_from_slice(name.as_bytes());
            head.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        }
        head.text(&text);
        head
    }

    /// A byte.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn size(&mut self, size: usize) {
        self.number(size as u64);
    }

    fn text(&mut self, text: &[u8]) {
        self.size(text.len());
        self.bytes.extend_from_slice(text);
    }

    fn code(&mut self, code: &Code) {
        code.pack(self);
        self.size(code.children.len());
        for child in &code.children {
            self.nested(child);
        }
    }

    /// A code with its length in front.
    fn nested(&mut self, code: &Code) {
        let before = std::mem::take(&mut self.bytes);
        self.start = 0;
        self.code(code);
        let packed = std::mem::replace(&mut self.bytes, before);
        self.text(&packed);
    }
}

/// Bytes that are read from the front.
pub(crate) struct Unpacker<'a, 'f> {
    bytes: &'a [u8],
    names: Names<'a>,
    /// The text that codes are of.
    source: Option<&'f Arc<Source>>,
    start: u32,
    depth: u32,
}

impl<'a, 'f> Unpacker<'a, 'f> {
    fn new(bytes: &'a [u8], names: Names<'a>, source: Option<&'f Arc<Source>>) -> Unpacker<'a, 'f> {
        Unpacker { bytes, names, source, start: 0, depth: 0 }
    }

    fn head(&mut self) -> Result<Names<'a>, Malformed> {
        if self.byte()? != VERSION {
            return Err(Malformed);
        }
        let count = self.size()?;
        let ends = self.bytes(count.checked_mul(size_of::<u32>()).ok_or(Malformed)?)?;
        let text = std::str::from_utf8(self.text()?).map_err(|_| Malformed)?;
        Ok(Names { ends, text })
    }

    /// A byte.
    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.bytes.split_first().ok_or(Malformed)?;
        self.bytes = rest;
        Ok(*first)
    }

    #[inline]
    fn number(&mut self) -> Result<u64, Malformed> {
        match self.bytes {
            // Nearly all of them.
            [byte @ 0..0x80, rest @ ..] => {
                self.bytes = rest;
                Ok((*byte).into())
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// A length, each of whose items takes a byte at least.
    fn size(&mut self) -> Result<usize, Malformed> {
        let size = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if size <= self.bytes.len() { Ok(size) } else { Err(Malformed) }
    }

    fn text(&mut self) -> Result<&'a [u8], Malformed> {
        let size = self.size()?;
        self.bytes(size)
    }

    fn bytes(&mut self, size: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.bytes.split_at_checked(size).ok_or(Malformed)?;
        self.bytes = rest;
        Ok(bytes)
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let index = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        self.names.get(index)
    }

    /// A length, and as many items.
    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Box<[T]>, Malformed> {
        let size = self.size()?;
        let mut items = Vec::with_capacity(size);
        for _ in 0..size {
            items.push(read(self)?);
        }
        Ok(items.into_boxed_slice())
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Malformed>) -> Result<T, Malformed> {
        if self.depth >= MAX_NESTING {
            return Err(Malformed);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

/// What can be written and read again.
pub(crate) trait Pack: Sized {
    fn pack(&self, out: &mut Packer);
    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed>;
}

macro_rules! pack_numbers {
    ($($type:ty)*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                out.number(u64::from(*self));
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                Self::try_from(input.number()?).map_err(|_| Malformed)
            }
        })*
    };
}

pack_numbers! { u16 u32 u64 }

macro_rules! pack_signed {
    ($($type:ty)*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                let value = i64::from(*self);
                out.number(((value << 1) ^ (value >> 63)) as u64);
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                let value = input.number()?;
                let value = (value >> 1) as i64 ^ -((value & 1) as i64);
                Self::try_from(value).map_err(|_| Malformed)
            }
        })*
    };
}

pack_signed! { i16 i32 i64 }

/// Types that wrap a number.
macro_rules! pack_wrapped {
    ($($type:ident)*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                self.0.pack(out);
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                Pack::unpack(input).map($type)
            }
        })*
    };
}

pack_wrapped! {
    Reg ConstIx NameIx Site KwNames ImportIx ChildIx FreeIx Label Offset Count Imm WideImm Sense
}

/// Types that wrap a byte.
macro_rules! pack_bytes {
    ($($type:ident)*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                out.byte(self.0);
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                input.byte().map($type)
            }
        })*
    };
}

pack_bytes! { FunctionParts After }

/// Enumerations of names: a byte.
macro_rules! pack_variants {
    ($($type:ident { $($variant:ident)* })*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                out.byte(*self as u8);
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                let byte = input.byte()?;
                [$($type::$variant),*].into_iter().find(|variant| *variant as u8 == byte).ok_or(Malformed)
            }
        })*
    };
}

pack_variants! {
    Form { Plain InPlace }
    Convert { None Str Repr Ascii }
    CodeKind { Module Namespace ClassBody Function }
    Wrapper { Property ClassMethod StaticMethod }
}

/// Structures, field by field; what stands behind a semicolon is packed by others.
macro_rules! pack_fields {
    ($($type:ident { $($field:ident)* $(; $apart:ident)? })*) => {
        $(impl Pack for $type {
            fn pack(&self, out: &mut Packer) {
                $(self.$field.pack(out);)*
            }

            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
                Ok($type { $($field: Pack::unpack(input)?,)* $($apart: Default::default())? })
            }
        })*
    };
}

pack_fields! {
    Handler { start end target exc }
    ImportSpec { module level from }
    Code {
        name qualname source span first_line kind is_generator posonly_count arg_count kwonly_count has_varargs
        has_varkw locals cells free register_count ops spans heights consts names sites kwnames imports handlers doc
        attribute_hint; children
    }
}

impl Pack for bool {
    fn pack(&self, out: &mut Packer) {
        out.byte(u8::from(*self));
    }

    #[inline]
    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl Pack for Name {
    fn pack(&self, out: &mut Packer) {
        let index = match out.names.get_index_of(self) {
            Some(index) => index,
            None => out.names.insert_full(self.clone()).0,
        };
        out.size(index);
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        input.name().map(Name::from)
    }
}

impl Pack for Span {
    fn pack(&self, out: &mut Packer) {
        (i64::from(self.start) - i64::from(out.start)).pack(out);
        (i64::from(self.end) - i64::from(self.start)).pack(out);
        out.start = self.start;
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        let behind = |from: u32, distance: i64| {
            let place = i64::from(from).checked_add(distance).ok_or(Malformed)?;
            u32::try_from(place).map_err(|_| Malformed)
        };
        input.start = behind(input.start, Pack::unpack(input)?)?;
        Ok(Span { start: input.start, end: behind(input.start, Pack::unpack(input)?)? })
    }
}

/// The bytes of a code's spans.
pub(crate) type PackedSpans = Box<[u8]>;

impl Pack for Spans {
    fn pack(&self, out: &mut Packer) {
        let mut packed = Packer::default();
        packed.size(self.len());
        self.iter().for_each(|span| span.pack(&mut packed));
        out.text(&packed.bytes);
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        Ok(Spans::packed(Pack::unpack(input)?))
    }
}

/// The spans that were packed into these bytes.
///
/// # Errors
/// Bytes that are damaged.
pub(crate) fn unpack_spans(packed: &PackedSpans) -> Result<Box<[Span]>, Malformed> {
    let mut input = Unpacker::new(packed, Names::default(), None);
    let spans = input.list(Pack::unpack)?;
    if input.bytes.is_empty() { Ok(spans) } else { Err(Malformed) }
}

impl<T: Pack> Pack for Box<[T]> {
    fn pack(&self, out: &mut Packer) {
        out.size(self.len());
        for item in self {
            item.pack(out);
        }
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        input.list(T::unpack)
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, out: &mut Packer) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        if bool::unpack(input)? { T::unpack(input).map(Some) } else { Ok(None) }
    }
}

impl Pack for Box<[u8]> {
    fn pack(&self, out: &mut Packer) {
        out.text(self);
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        Ok(input.text()?.into())
    }
}

impl Pack for Box<str> {
    fn pack(&self, out: &mut Packer) {
        out.text(self.as_bytes());
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        Ok(std::str::from_utf8(input.text()?).map_err(|_| Malformed)?.into())
    }
}

/// The text is not packed: it is the one that the unpacker was given.
impl Pack for Arc<Source> {
    fn pack(&self, _: &mut Packer) {}

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        input.source.cloned().ok_or(Malformed)
    }
}

impl Pack for Const {
    fn pack(&self, out: &mut Packer) {
        out.byte(match self {
            Const::None => 0,
            Const::True => 1,
            Const::False => 2,
            Const::Ellipsis => 3,
            Const::Int(_) => 4,
            Const::BigInt { .. } => 5,
            Const::Float(_) => 6,
            Const::Str(_) => 7,
            Const::Bytes(_) => 8,
            Const::Tuple(_) => 9,
            Const::Complex(..) => 10,
            Const::FrozenSet(_) => 11,
        });
        match self {
            Const::None | Const::True | Const::False | Const::Ellipsis => {}
            Const::Int(value) => value.pack(out),
            Const::BigInt { digits, radix } => {
                digits.pack(out);
                radix.pack(out);
            }
            Const::Float(bits) => bits.pack(out),
            Const::Str(bytes) | Const::Bytes(bytes) => bytes.pack(out),
            Const::Tuple(items) | Const::FrozenSet(items) => items.pack(out),
            Const::Complex(real, imaginary) => {
                real.pack(out);
                imaginary.pack(out);
            }
        }
    }

    fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Self, Malformed> {
        Ok(match input.byte()? {
            0 => Const::None,
            1 => Const::True,
            2 => Const::False,
            3 => Const::Ellipsis,
            4 => Const::Int(Pack::unpack(input)?),
            5 => Const::BigInt { digits: Pack::unpack(input)?, radix: Pack::unpack(input)? },
            6 => Const::Float(Pack::unpack(input)?),
            7 => Const::Str(Pack::unpack(input)?),
            8 => Const::Bytes(Pack::unpack(input)?),
            9 => Const::Tuple(input.nested(Pack::unpack)?),
            10 => Const::Complex(Pack::unpack(input)?, Pack::unpack(input)?),
            11 => Const::FrozenSet(input.nested(Pack::unpack)?),
            _ => return Err(Malformed),
        })
    }
}
