//! What the operators do on containers: length, items, membership, concatenation, comparison.

use crate::heap::{Kind, Value};

use super::bytes::Bytes;
use super::dict::Dict;
use super::int;
use super::list::List;
use super::range::Range;
use super::record::{DictView, MappingProxy};
use super::set::Set;
use super::str::Str;
use super::tuple::Tuple;

/// How many items a built-in container has; `None` if it is none, or a range that is longer than an index can say.
#[inline]
pub fn len(value: Value<'_>) -> Option<usize> {
    let value = value.plain();
    match value.kind()? {
        Kind::List => value.get::<List>().map(List::len),
        Kind::Tuple => value.get::<Tuple>().map(Tuple::len),
        Kind::Str => value.get::<Str>().map(Str::char_count),
        Kind::Bytes => value.get::<Bytes>().map(|bytes| bytes.as_bytes().len()),
        Kind::Dict => value.get::<Dict>().map(Dict::len),
        Kind::Set | Kind::FrozenSet => value.get::<Set>().map(Set::len),
        Kind::Range => usize::try_from(int::i64_of(value.get::<Range>()?.parts()[3])?).ok(),
        Kind::DictView => len(value.get::<DictView>()?.dict()?),
        Kind::MappingProxy => len(value.get::<MappingProxy>()?.mapping()?),
        _ => None,
    }
}
