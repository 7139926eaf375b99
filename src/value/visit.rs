//! Which words an object holds: the one function behind marking, snapshots and dumps.

use std::ops;

use crate::heap::{Header, Kind, Marker, Object, Slot, Visit};

use super::class::Type;
use super::deque::Deque;
use super::dict::{Dict, DictTable};
use super::exception::{Exception, Traceback};
use super::function::{BoundMethod, Cell, Function, Native};
use super::generator::Generator;
use super::instance::Instance;
use super::list::{List, Store};
use super::range::Range;
use super::record::{
    ClassMethod, Code, DictView, Iter, MappingProxy, Member, Module, Property, StaticMethod, Super,
};
use super::set::{Set, SetTable};
use super::slice::Slice;
use super::str::Str;
use super::tuple::Tuple;

/// How the collector finds out.
pub const VISIT: Visit = Visit { all: visit, part: visit_part };

/// Shows `marker` every word the object holds.
fn visit(object: &Header, marker: &mut Marker) {
    match object.kind() {
        Kind::Int | Kind::BigInt | Kind::Complex | Kind::Buffer | Kind::Bytes | Kind::Float => {}
        Kind::Str => cast::<Str>(object).buffer_slot().into_iter().for_each(|slot| word(marker, slot)),
        Kind::Tuple => cast::<Tuple>(object).items().iter().for_each(|item| marker.word(item.word())),
        Kind::List => word(marker, cast::<List>(object).store_slot()),
        Kind::Deque => word(marker, cast::<Deque>(object).store_slot()),
        Kind::Store => cast::<Store>(object).slots().iter().for_each(|slot| word(marker, slot)),
        Kind::Dict => word(marker, cast::<Dict>(object).table_slot()),
        Kind::DictTable => {
            for entry in cast::<DictTable>(object).entries() {
                let (key, value) = entry.slots();
                word(marker, key);
                word(marker, value);
            }
        }
        Kind::Set | Kind::FrozenSet => word(marker, cast::<Set>(object).table_slot()),
        Kind::SetTable => {
            let entries = cast::<SetTable>(object).entries_with_objects();
            entries.iter().for_each(|entry| word(marker, entry.slot()));
        }
        Kind::Instance => cast::<Instance>(object).all_slots().iter().for_each(|slot| word(marker, slot)),
        Kind::Cell => word(marker, cast::<Cell>(object).slot()),
        Kind::Traceback => all(marker, cast::<Traceback>(object).slots()),
        Kind::Function => all(marker, cast::<Function>(object).slots()),
        Kind::Native => all(marker, cast::<Native>(object).slots()),
        Kind::BoundMethod => all(marker, cast::<BoundMethod>(object).slots()),
        Kind::Type => all(marker, cast::<Type>(object).slots()),
        Kind::Exception => all(marker, cast::<Exception>(object).words().all_slots()),
        Kind::Generator => all(marker, cast::<Generator>(object).slots()),
        Kind::Range => all(marker, cast::<Range>(object).slots()),
        Kind::Slice => cast::<Slice>(object).slots().iter().for_each(|slot| word(marker, slot)),
        Kind::Iter => all(marker, cast::<Iter>(object).slots()),
        Kind::Module => all(marker, cast::<Module>(object).slots()),
        Kind::Property => all(marker, cast::<Property>(object).slots()),
        Kind::StaticMethod => all(marker, cast::<StaticMethod>(object).slots()),
        Kind::ClassMethod => all(marker, cast::<ClassMethod>(object).slots()),
        Kind::Super => all(marker, cast::<Super>(object).slots()),
        Kind::DictView => all(marker, cast::<DictView>(object).slots()),
        Kind::MappingProxy => all(marker, cast::<MappingProxy>(object).slots()),
        Kind::Member => all(marker, cast::<Member>(object).slots()),
        Kind::Code => all(marker, cast::<Code>(object).slots()),
        Kind::Lock => all(marker, cast::<super::lock::Lock>(object).slots()),
        Kind::ThreadHandle => all(marker, cast::<super::lock::ThreadHandle>(object).slots()),
        Kind::File => all(marker, cast::<super::file::File>(object).slots()),
        Kind::Random => {}
    }
}

/// Shows `marker` the words that stand in these bytes of the object: of those kinds that become large, only these.
fn visit_part(object: &Header, bytes: ops::Range<usize>, marker: &mut Marker) {
    match object.kind() {
        Kind::Tuple => {
            part(object, cast::<Tuple>(object).items(), bytes)
                .iter()
                .for_each(|item| marker.word(item.word()));
        }
        Kind::Store => {
            part(object, cast::<Store>(object).slots(), bytes).iter().for_each(|slot| word(marker, slot))
        }
        Kind::DictTable => {
            for entry in part(object, cast::<DictTable>(object).entries(), bytes) {
                let (key, value) = entry.slots();
                word(marker, key);
                word(marker, value);
            }
        }
        Kind::SetTable => {
            part(object, cast::<SetTable>(object).entries_with_objects(), bytes)
                .iter()
                .for_each(|entry| word(marker, entry.slot()));
        }
        _ => visit(object, marker),
    }
}

/// Those items of an object that have a part in these bytes of it.
fn part<'a, T>(object: &Header, items: &'a [T], bytes: ops::Range<usize>) -> &'a [T] {
    let start = items.as_ptr().addr() - std::ptr::from_ref(object).addr();
    let first = bytes.start.saturating_sub(start) / size_of::<T>();
    let last = bytes.end.saturating_sub(start).div_ceil(size_of::<T>()).min(items.len());
    &items[first.min(last)..last]
}

#[inline(always)]
fn word(marker: &mut Marker, slot: &Slot) {
    marker.word(slot.word());
}

#[inline(always)]
fn all<'a>(marker: &mut Marker, slots: impl IntoIterator<Item = &'a Slot>) {
    slots.into_iter().for_each(|slot| word(marker, slot));
}

#[inline(always)]
fn cast<T: Object>(object: &Header) -> &T {
    debug_assert!(T::is_kind(object.kind()));
    // SAFETY: the caller has matched the kind, which says that the layout is T's.
    unsafe { &*(object as *const Header).cast() }
}
