//! Definitions as bytes: the functions, classes and constants of a library that are made one by one, each when somebody first
//! asks for it by name.
//!
//! As in a packed code, the version and the names come first. The directory follows, its length in front: for each
//! definition, in the order of their names, its name and where its bytes end, four bytes each. The bytes of a definition are
//! the name of the chapter that its text stands in, and its recipe; codes stand in that with their length in front.

use std::sync::Arc;

use minipy_grammar::Source;
use minipy_grammar::ast::Name;

use super::{File, Malformed, Names, Pack, Packed, Packer, Unpacker};
use crate::code::Code;
use crate::recipe::{ClassRecipe, Definition, Recipe};

/// A [`Recipe`] that is packed.
pub type PackedRecipe<'a> = Recipe<Packed<'a>, &'a str>;

/// The bytes of definitions, each with the name of its chapter.
pub fn archive<'d>(definitions: impl IntoIterator<Item = (&'d str, &'d Definition)>) -> Vec<u8> {
    let mut definitions: Vec<_> = definitions.into_iter().collect();
    definitions.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    let mut out = Packer::default();
    let mut directory = Vec::new();
    for (chapter, Definition { name, recipe }) in definitions {
        let (name, _) = out.names.insert_full(name.clone());
        Name::from(chapter).pack(&mut out);
        pack_recipe(recipe, &mut out);
        directory.extend([name as u32, out.bytes.len() as u32].map(u32::to_le_bytes).into_iter().flatten());
    }
    let mut head = out.head();
    head.text(&directory);
    head.bytes.append(&mut out.bytes);
    head.bytes
}

/// What a recipe is of, in its first byte.
mod tag {
    pub(super) const CONST: u8 = 0;
    pub(super) const NAMED: u8 = 1;
    pub(super) const TUPLE: u8 = 2;
    pub(super) const FUNCTION: u8 = 3;
    pub(super) const FUNCTION_WITH_DEFAULTS: u8 = 4;
    pub(super) const WRAPPED: u8 = 5;
    pub(super) const CLASS: u8 = 6;
}

fn pack_recipe(recipe: &Recipe<Arc<Code>, Name>, out: &mut Packer) {
    match recipe {
        Recipe::Const(value) => {
            out.byte(tag::CONST);
            value.pack(out);
        }
        Recipe::Named(name) => {
            out.byte(tag::NAMED);
            name.pack(out);
        }
        Recipe::Tuple(items) => {
            out.byte(tag::TUPLE);
            out.size(items.len());
            items.iter().for_each(|item| pack_recipe(item, out));
        }
        Recipe::Function { code, defaults: None } => {
            out.byte(tag::FUNCTION);
            out.nested(code);
        }
        Recipe::Function { code, defaults: Some(defaults) } => {
            out.byte(tag::FUNCTION_WITH_DEFAULTS);
            out.nested(code);
            pack_recipe(defaults, out);
        }
        Recipe::Wrapped(wrapper, wrapped) => {
            out.byte(tag::WRAPPED);
            wrapper.pack(out);
            pack_recipe(wrapped, out);
        }
        Recipe::Class(ClassRecipe { name, bases, attribute_hint, members }) => {
            out.byte(tag::CLASS);
            name.pack(out);
            bases.pack(out);
            attribute_hint.pack(out);
            out.size(members.len());
            for (name, member) in members {
                name.pack(out);
                pack_recipe(member, out);
            }
        }
    }
}

fn unpack_recipe<'a>(
    input: &mut Unpacker<'a, '_>,
    file: &Arc<File<'a>>,
) -> Result<PackedRecipe<'a>, Malformed> {
    let tag = input.byte()?;
    Ok(match tag {
        tag::CONST => Recipe::Const(Pack::unpack(input)?),
        tag::NAMED => Recipe::Named(input.name()?),
        tag::TUPLE => Recipe::Tuple(input.list(|input| input.nested(|input| unpack_recipe(input, file)))?),
        tag::FUNCTION | tag::FUNCTION_WITH_DEFAULTS => {
            let code = Packed { bytes: input.text()?, file: file.clone() };
            let has_defaults = tag == tag::FUNCTION_WITH_DEFAULTS;
            let defaults =
                has_defaults.then(|| input.nested(|input| unpack_recipe(input, file))).transpose()?;
            Recipe::Function { code, defaults: defaults.map(Box::new) }
        }
        tag::WRAPPED => {
            let wrapper = Pack::unpack(input)?;
            Recipe::Wrapped(wrapper, Box::new(input.nested(|input| unpack_recipe(input, file))?))
        }
        tag::CLASS => Recipe::Class(ClassRecipe {
            name: input.name()?,
            bases: input.list(Unpacker::name)?,
            attribute_hint: Pack::unpack(input)?,
            members: input
                .list(|input| Ok((input.name()?, input.nested(|input| unpack_recipe(input, file))?)))?,
        }),
        _ => return Err(Malformed),
    })
}

/// Definitions that are packed.
#[derive(Clone, Copy)]
pub struct Archive<'a> {
    names: Names<'a>,
    directory: &'a [u8],
    bytes: &'a [u8],
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
        (0..self.directory.len() / ENTRY).filter_map(|place| Some(self.entry(place).ok()?.0))
    }

    /// The recipe of a name. `source` gives the text of a chapter.
    ///
    /// # Errors
    /// Bytes that are damaged.
    pub fn find(
        &self,
        name: &str,
        source: impl FnOnce(&str) -> Option<Arc<Source>>,
    ) -> Result<Option<PackedRecipe<'a>>, Malformed> {
        let (mut low, mut high) = (0, self.directory.len() / ENTRY);
        while low < high {
            let middle = low.midpoint(high);
            let (found, end) = self.entry(middle)?;
            match found.cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let start = if middle == 0 { 0 } else { self.entry(middle - 1)?.1 };
                    return self.recipe(start, end, source).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn recipe(
        &self,
        start: usize,
        end: usize,
        source: impl FnOnce(&str) -> Option<Arc<Source>>,
    ) -> Result<PackedRecipe<'a>, Malformed> {
        let bytes = self.bytes.get(start..end).ok_or(Malformed)?;
        let mut input = Unpacker::new(bytes, self.names, None);
        let source = source(input.name()?).ok_or(Malformed)?;
        let recipe = unpack_recipe(&mut input, &Arc::new(File { names: self.names, source }))?;
        if input.bytes.is_empty() { Ok(recipe) } else { Err(Malformed) }
    }

    fn entry(&self, place: usize) -> Result<(&'a str, usize), Malformed> {
        let (numbers, _) = self.directory.as_chunks::<4>();
        let [name, end] =
            [0, 1].map(|part| numbers.get(2 * place + part).map(|bytes| u32::from_le_bytes(*bytes)));
        let (name, end) = (name.ok_or(Malformed)?, end.ok_or(Malformed)?);
        Ok((self.names.get(name as usize)?, end as usize))
    }
}
