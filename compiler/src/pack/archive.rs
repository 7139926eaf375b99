//! Definitions as bytes: the functions of a library that are made one by one, each when somebody first asks for it by name.
//!
//! As in a packed code, the version and the names come first. The directory follows, its length in front: for each
//! definition, in the order of their names, its name and where its bytes end, four bytes each. The bytes of a definition are
//! the name of the chapter that its text stands in, its defaults, and its code.

use std::sync::Arc;

use minipy_grammar::Source;
use minipy_grammar::ast::Name;

use super::{File, Malformed, Names, Pack, Packed, Packer, Unpacker};
use crate::code::{Code, Const};
use crate::op::{FunctionParts, Op};

/// A function that can be made without running the code of its file.
pub struct Definition {
    /// The tuple of its positional defaults, if it has some.
    pub defaults: Option<Const>,
    /// Its code.
    pub code: Arc<Code>,
}

impl Definition {
    /// The definition that is all there is in the code of a file.
    pub fn of(file: &Code) -> Option<Definition> {
        let [code] = &*file.children else { return None };
        let (defaults, parts, made, rest) = match &*file.ops {
            [Op::LoadConst { dst, value }, Op::MakeFunction { parts, dst: made, base, .. }, rest @ ..]
                if dst == base && parts.0 == FunctionParts::DEFAULTS =>
            {
                (file.consts.get(value.0 as usize).cloned(), parts, made, rest)
            }
            [Op::MakeFunction { parts, dst, .. }, rest @ ..] if parts.0 == 0 => (None, parts, dst, rest),
            _ => return None,
        };
        let [Op::StoreGlobal { src, site }, Op::ReturnNone {}] = rest else { return None };
        let name = &file.names[file.sites[site.0 as usize].0 as usize];
        let is_whole = src == made && *name == code.name && defaults.is_some() == (parts.0 != 0);
        is_whole.then(|| Definition { defaults, code: code.clone() })
    }
}

/// The bytes of definitions, each with the name of its chapter.
pub fn archive<'d>(definitions: impl IntoIterator<Item = (&'d str, &'d Definition)>) -> Vec<u8> {
    let mut definitions: Vec<_> = definitions.into_iter().collect();
    definitions.sort_by(|(_, one), (_, other)| one.code.name.cmp(&other.code.name));
    let mut out = Packer::default();
    let mut directory = Vec::new();
    for (chapter, Definition { defaults, code }) in definitions {
        let (name, _) = out.names.insert_full(code.name.clone());
        Name::from(chapter).pack(&mut out);
        defaults.pack(&mut out);
        out.start = 0;
        out.code(code);
        directory.extend([name as u32, out.bytes.len() as u32].map(u32::to_le_bytes).into_iter().flatten());
    }
    let mut head = out.head();
    head.text(&directory);
    head.bytes.append(&mut out.bytes);
    head.bytes
}

/// Definitions that are packed.
#[derive(Clone, Copy)]
pub struct Archive<'a> {
    names: Names<'a>,
    directory: &'a [u8],
    bytes: &'a [u8],
}

/// A [`Definition`] that is packed.
pub struct PackedDefinition<'a> {
    /// The tuple of its positional defaults, if it has some.
    pub defaults: Option<Const>,
    /// Its code.
    pub code: Packed<'a>,
}

/// A name in the directory, and where its bytes end.
const ENTRY: usize = 8;

impl<'a> Archive<'a> {
    /// The definitions that [`archive`] made these bytes of.
    ///
    /// # Errors
    /// Bytes of another version, or damaged ones: what is inside is not looked at yet.
    pub fn new(bytes: &'a [u8]) -> Result<Archive<'a>, Malformed> {
        let mut input = Unpacker::new(bytes, Names::default(), None);
        let names = input.head()?;
        Ok(Archive { names, directory: input.text()?, bytes: input.bytes })
    }

    /// The names of its definitions, in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        (0..self.directory.len() / ENTRY)
            .filter_map(|place| std::str::from_utf8(self.entry(place).ok()?.0).ok())
    }

    /// The definition of a name. `source` gives the text of a chapter.
    ///
    /// # Errors
    /// Bytes that are damaged.
    pub fn find(
        &self,
        name: &str,
        source: impl FnOnce(&str) -> Option<Arc<Source>>,
    ) -> Result<Option<PackedDefinition<'a>>, Malformed> {
        let (mut low, mut high) = (0, self.directory.len() / ENTRY);
        while low < high {
            let middle = low.midpoint(high);
            let (found, end) = self.entry(middle)?;
            match found.cmp(name.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let start = if middle == 0 { 0 } else { self.entry(middle - 1)?.1 };
                    return self.definition(start, end, source).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn definition(
        &self,
        start: usize,
        end: usize,
        source: impl FnOnce(&str) -> Option<Arc<Source>>,
    ) -> Result<PackedDefinition<'a>, Malformed> {
        let bytes = self.bytes.get(start..end).ok_or(Malformed)?;
        let mut input = Unpacker::new(bytes, self.names, None);
        let source = source(input.name()?).ok_or(Malformed)?;
        let defaults = Pack::unpack(&mut input)?;
        let file = Arc::new(File { names: self.names, source });
        Ok(PackedDefinition { defaults, code: Packed { bytes: input.bytes, file } })
    }

    fn entry(&self, place: usize) -> Result<(&'a [u8], usize), Malformed> {
        let (numbers, _) = self.directory.as_chunks::<4>();
        let [name, end] =
            [0, 1].map(|part| numbers.get(2 * place + part).map(|bytes| u32::from_le_bytes(*bytes)));
        let (name, end) = (name.ok_or(Malformed)?, end.ok_or(Malformed)?);
        Ok((self.names.bytes(name as usize)?, end as usize))
    }
}
