//! Special methods that the machine asks classes for again and again, each with a place in every class, where the class notes
//! which entry of its cache of lookups tells what it has. It must not know what calls them.

use std::sync::atomic::{AtomicU16, Ordering};

use crate::heap::Value;
use crate::value::compare::Comparison;
use crate::value::context::Context;
use crate::value::number::BinaryOp;

use super::Type;

/// A special method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Special {
    place: u8,
    name: &'static str,
}

/// Where the places of those begin that are neither operators nor comparisons.
const FIRST_OTHER: u8 = FIRST_COMPARISON + 6;
const FIRST_COMPARISON: u8 = 3 * BinaryOp::ALL.len() as u8;
const PLACES: usize = FIRST_OTHER as usize + 6;

impl Special {
    /// `__iter__`
    pub const ITER: Special = Special::other(0, "__iter__");
    /// `__next__`
    pub const NEXT: Special = Special::other(1, "__next__");
    /// `__bool__`
    pub const BOOL: Special = Special::other(2, "__bool__");
    /// `__len__`
    pub const LEN: Special = Special::other(3, "__len__");
    /// `__init__`
    pub const INIT: Special = Special::other(4, "__init__");
    /// `__call__`
    pub const CALL: Special = Special::other(5, "__call__");

    const fn other(index: u8, name: &'static str) -> Special {
        Special { place: FIRST_OTHER + index, name }
    }

    /// Those of an operator: of the left operand, of the right one, and in place.
    pub const fn of_operator(op: BinaryOp) -> [Special; 3] {
        let [plain, reflected, in_place] = op.methods();
        let place = 3 * op as u8;
        [
            Special { place, name: plain },
            Special { place: place + 1, name: reflected },
            Special { place: place + 2, name: in_place },
        ]
    }

    /// That of a comparison.
    pub fn of_comparison(op: Comparison) -> Special {
        Special { place: FIRST_COMPARISON + op as u8, name: op.method() }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }
}

/// By the place of a special method, one more than the index of its entry in the cache of lookups; 0 where nobody has
/// asked.
pub(super) struct Specials([AtomicU16; PLACES]);

impl Specials {
    pub(super) const fn new() -> Specials {
        Specials([const { AtomicU16::new(0) }; PLACES])
    }
}

impl Type {
    /// What the class notes of a special method: what the method resolution order finds, or that it finds nothing
    /// ([`Value::ABSENT`]), or that this is to be looked for again ([`Value::DUMMY`]). None where nobody has asked.
    #[inline(always)]
    pub fn noted(&self, special: Special) -> Option<Value<'_>> {
        let known = self.specials.0[special.place as usize].load(Ordering::Relaxed);
        if known == 0 {
            return None;
        }
        // An index never becomes another name's. A table that is older than the note may lack the entry.
        self.lookup_cache().table()?.entries().get(known as usize - 1)?.value().get()
    }

    /// What the method resolution order finds for a special method.
    #[inline(always)]
    pub fn special<'t>(&'t self, cx: &'t Context, special: Special) -> Option<Value<'t>> {
        match self.noted(special) {
            Some(found) if !found.is(Value::DUMMY) => (!found.is(Value::ABSENT)).then_some(found),
            _ => self.find_special(cx, special),
        }
    }

    #[cold]
    fn find_special<'t>(&'t self, cx: &'t Context, special: Special) -> Option<Value<'t>> {
        let key = cx.name(special.name);
        let found = self.lookup(cx, key);
        if let Ok(Some(entry)) = self.lookup_cache().entry_index(cx, key)
            && let Ok(note) = u16::try_from(entry + 1)
        {
            self.specials.0[special.place as usize].store(note, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Special};
    use crate::value::compare::Comparison;
    use crate::value::number::BinaryOp;

    #[test]
    fn each_special_method_has_a_place_of_its_own() {
        let operators = BinaryOp::ALL.iter().flat_map(|op| Special::of_operator(*op));
        let comparisons =
            [Comparison::Lt, Comparison::Le, Comparison::Eq, Comparison::Ne, Comparison::Gt, Comparison::Ge];
        let others =
            [Special::ITER, Special::NEXT, Special::BOOL, Special::LEN, Special::INIT, Special::CALL];
        let all = operators.chain(comparisons.into_iter().map(Special::of_comparison)).chain(others);
        let mut places: Vec<_> = all.map(|special| special.place as usize).collect();
        places.sort_unstable();
        assert_eq!(places, (0..PLACES).collect::<Vec<_>>());
    }
}
