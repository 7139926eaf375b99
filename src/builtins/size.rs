//! How large CPython's objects are: what `__sizeof__` and `sys.getsizeof` say.

use crate::heap::{Kind, Value};
use crate::value::bytes::Bytes;
use crate::value::dict::Dict;
use crate::value::int;
use crate::value::list::List;
use crate::value::set::Set;
use crate::value::str::Str;
use crate::value::tuple::Tuple;

/// What the collector puts in front of an object that can be part of a cycle.
const COLLECTED: usize = 16;

/// The size of the object alone, in bytes.
pub(crate) fn alone(value: Value<'_>) -> usize {
    if let Some(whole) = int::integer_of(value) {
        24 + 4 * crate::value::number::bit_length(&whole).div_ceil(30).max(1)
    } else if let Some(text) = value.get::<Str>() {
        let widest = crate::value::text::wtf8::code_points(text.as_bytes()).max().unwrap_or(0);
        match widest {
            0..=0x7F => 41 + text.char_count(),
            0x80..=0xFF => 57 + text.char_count(),
            0x100..=0xFFFF => 58 + 2 * text.char_count(),
            _ => 60 + 4 * text.char_count(),
        }
    } else if let Some(bytes) = value.get::<Bytes>() {
        33 + bytes.as_bytes().len()
    } else if let Some(tuple) = value.get::<Tuple>() {
        24 + 8 * tuple.len()
    } else if let Some(list) = value.get::<List>() {
        40 + 8 * list.len()
    } else if let Some(dict) = value.get::<Dict>() {
        let room = (dict.len() * 3 / 2).next_power_of_two().max(8);
        48 + if dict.is_empty() { 0 } else { 32 + room + 16 * (room * 2 / 3) }
    } else if let Some(set) = value.get::<Set>() {
        let room = (set.len() * 5 / 3 + 1).next_power_of_two();
        200 + if set.len() < 5 { 0 } else { 16 * room.max(32) }
    } else {
        match value.kind() {
            None if value.as_float().is_some() => 24,
            None => 16,
            Some(Kind::Function) => 144,
            Some(Kind::Type) => 1672,
            Some(_) => 32,
        }
    }
}

/// The size with what the collector adds.
pub(crate) fn with_collector(value: Value<'_>) -> usize {
    let simple =
        matches!(value.plain().kind(), None | Some(Kind::Int | Kind::BigInt | Kind::Str | Kind::Bytes));
    alone(value) + if simple { 0 } else { COLLECTED }
}
