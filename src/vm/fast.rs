//! The fast paths of the dispatch loop: what a word in a register is at a glance, and what inline caches give.

use crate::heap::{Header, Kind, MAX_SMALL, MIN_SMALL, Object, Value, Word};
use crate::value::class::Type;
use crate::value::dict::{Dict, DictTable};
use crate::value::function::Cell;
use crate::value::instance::Instance;
use crate::value::list::List;
use crate::value::record::{Iter, Module};
use crate::value::set::Set;
use crate::value::str::{Str, contains};
use crate::value::tuple::Tuple;
use crate::value::unit::{Cached, InlineCache, OFFSET_BITS, Unit};
use crate::value::{Builtin, Context, Raised};

use super::ops::attr::binds_as_function;
use super::ops::attr_cache::{cached_in_class, is_none_at_all, native_method, plain_getter};
use super::thread::{Flow, Thread};

/// How `LoadMethod` ended where its cache did not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MethodLoad {
    /// Both registers are filled.
    Loaded,
    /// The attribute itself is still to come, or came.
    Other(Flow),
}

/// What an inline cache gives for an object.
pub(crate) enum Attribute {
    Value(Word),
    Method(Word),
    Getter(Word),
    Unknown,
}

#[inline(always)]
pub(crate) fn cached_attribute(th: &Thread, unit: &Unit, object: Word, site: u16) -> Attribute {
    let Some(header) = header_at(object) else { return Attribute::Unknown };
    let cached = unit.cache(site).word();
    let (key, index, kind) = InlineCache::parts(cached);
    if kind == Cached::Slot as u8 || kind == Cached::Class as u8 {
        return if header.shape() == key {
            recalled_attribute(th, object, cached)
        } else {
            Attribute::Unknown
        };
    }
    if kind == Cached::OfClass as u8 && header.shape() == key && header.kind() == Kind::Type {
        // SAFETY: the kind was checked.
        let class = unsafe { &*object.address().cast::<Type>() };
        return cached_in_class(class, index)
            .filter(|value| !is_none_at_all(*value))
            .map_or(Attribute::Unknown, |value| Attribute::Value(value.word()));
    }
    if kind == Cached::Global as u8 && header.kind() == Kind::Module {
        // SAFETY: the kind was checked.
        let module = unsafe { &*object.address().cast::<Module>() };
        if let Some(dict) = module.dict().and_then(|dict| dict.get::<Dict>())
            && let Some(table) = dict.table()
            && table.id() == key
        {
            let word = entry_word(table, index);
            if !word.is_nothing() {
                return Attribute::Value(word);
            }
        }
    }
    Attribute::Unknown
}

/// What an object gives by all that an inline cache is to know of the shape that it has, or had just now.
#[inline(always)]
pub(crate) fn recalled_attribute(th: &Thread, object: Word, cached: u64) -> Attribute {
    let (key, index, kind) = InlineCache::parts(cached);
    if kind == Cached::Slot as u8 {
        // SAFETY: only instances have such a shape, and a slot never becomes another name's.
        let instance = unsafe { &*object.address().cast::<Instance>() };
        // SAFETY: as above.
        let word = unsafe { instance.slot_at(index as usize) }.word();
        return if word.is_nothing() { Attribute::Unknown } else { Attribute::Value(word) };
    }
    if kind == Cached::Class as u8 {
        let class = th.cx().world().shapes.get(key).class();
        return class_attribute(cached_in_class(class, index));
    }
    Attribute::Unknown
}

/// Sets an attribute where the inline cache knows the slot, of an attribute that is there or is added.
#[inline(always)]
pub(crate) fn fast_set_attribute(th: &Thread, unit: &Unit, object: Word, word: Word, site: u16) -> bool {
    match header_at(object) {
        Some(header) => set_cached_attribute(th, header, object, word, unit.cache(site).word()),
        None => false,
    }
}

/// Sets an attribute of the object with this header by all that an inline cache knows. Says whether that was enough.
#[inline(always)]
pub(crate) fn set_cached_attribute(
    th: &Thread,
    header: &Header,
    object: Word,
    word: Word,
    cached: u64,
) -> bool {
    let (key, index, kind) = InlineCache::parts(cached);
    if kind != Cached::Store as u8 {
        return false;
    }
    let _held = th.cx().lock_at(header);
    if header.shape() != key {
        return false;
    }
    // SAFETY: the cache was filled for this shape, which only instances have.
    let instance = unsafe { &*object.address().cast::<Instance>() };
    // SAFETY: as above.
    let slot = unsafe { instance.slot_at((index & ((1 << OFFSET_BITS) - 1)) as usize) };
    th.cx().store(instance, slot, Some(th.live(word)));
    header.set_shape(key + (index >> OFFSET_BITS));
    true
}

#[inline(always)]
fn class_attribute(cached: Option<Value<'_>>) -> Attribute {
    match cached {
        // First what is most frequent.
        Some(value) if value.kind() == Some(Kind::Function) => Attribute::Method(value.word()),
        Some(value) => other_class_attribute(value),
        None => Attribute::Unknown,
    }
}

#[inline(never)]
fn other_class_attribute(value: Value<'_>) -> Attribute {
    match value.kind() {
        Some(Kind::Native) => native_method(value).map_or(Attribute::Unknown, Attribute::Method),
        Some(Kind::Property) => plain_getter(value).map_or(Attribute::Unknown, Attribute::Getter),
        Some(Kind::Instance) if binds_as_function(value) => Attribute::Method(value.word()),
        None if is_none_at_all(value) => Attribute::Unknown,
        None | Some(Kind::Str | Kind::Int | Kind::Tuple | Kind::List | Kind::Dict) => {
            Attribute::Value(value.word())
        }
        _ => Attribute::Unknown,
    }
}

#[inline(always)]
pub(super) fn entry_word(table: &DictTable, index: u32) -> Word {
    match table.entries().get(index as usize) {
        Some(entry) => entry.value().word(),
        None => Word::NONE_AT_ALL,
    }
}

/// A global or a built-in, where the inline cache knows its entry.
#[inline(always)]
pub(super) fn cached_global(th: &Thread, globals: &Dict, unit: &Unit, site: u16) -> Word {
    let (key, index, kind) = unit.cache(site).load();
    let Some(table) = globals.table() else { return Word::NONE_AT_ALL };
    // The ids of tables and the numbers of their keys are of one sequence.
    if table.id() == key {
        debug_assert_eq!(kind, Cached::Global as u8);
        // SAFETY: the site of an op on globals was filled with an entry of the table of this id.
        return unsafe { table.entry_at(index) }.value().word();
    }
    if kind == Cached::Builtin as u8 && table.keys() == key {
        // The cache knows the entry, but not in which table of the built-ins.
        let entry = th.vm().builtins().entries().get(index as usize);
        let entry = entry.filter(|entry| entry.key().is_some_and(|key| key.is(unit.site_name(site))));
        return entry.map_or(Word::NONE_AT_ALL, |entry| entry.value().word());
    }
    Word::NONE_AT_ALL
}

/// Sets a global, where the inline cache knows its entry.
#[inline(always)]
pub(super) fn set_cached_global(th: &Thread, globals: &Dict, unit: &Unit, site: u16, word: Word) -> bool {
    let (key, index, _) = unit.cache(site).load();
    // SAFETY: as above.
    unsafe { globals.set_cached(th.cx(), key, index, th.live(word)) }
}

#[inline(always)]
pub(super) fn cell_at<'t>(word: Word) -> &'t Cell {
    debug_assert!(word.is_pointer());
    // SAFETY: the compiler has cells made in the registers that cell ops name, and the register keeps it alive.
    unsafe { &*word.address().cast::<Cell>() }
}

/// Whether the word of a register that an op reads points to an object. The compiler's verifier holds that such a register is
/// bound, so that it is not looked at whether it holds nothing.
#[inline(always)]
pub(super) fn points(word: Word) -> bool {
    debug_assert!(!word.is_nothing());
    word.is_pointer_or_nothing()
}

/// The header of the object that such a register points to.
#[inline(always)]
pub(crate) fn header_at<'t>(word: Word) -> Option<&'t Header> {
    // SAFETY: a pointer word in a register points to a live object.
    points(word).then(|| unsafe { &*word.address() })
}

macro_rules! at {
    ($name:ident, $type:ident) => {
        #[inline(always)]
        pub(crate) fn $name<'t>(word: Word) -> Option<&'t $type> {
            if !points(word) {
                return None;
            }
            // SAFETY: a pointer word in a register points to a live object; the kind says its layout.
            unsafe {
                if (*word.address()).kind() == Kind::$type { Some(&*word.address().cast()) } else { None }
            }
        }
    };
}

at!(list_at, List);
at!(tuple_at, Tuple);
at!(dict_at, Dict);
at!(str_at, Str);

/// `list[i]` and `tuple[i]` with an index inside.
#[inline(always)]
pub(super) fn fast_item(object: Word, key: Word) -> Option<Word> {
    if !key.is_small() {
        return None;
    }
    let index = key.as_small();
    if let Some(list) = list_at(object) {
        let index = if index < 0 { index + list.len() as i64 } else { index };
        return list.get(usize::try_from(index).ok()?).map(Value::word);
    }
    let tuple = tuple_at(object)?;
    let index = if index < 0 { index + tuple.len() as i64 } else { index };
    tuple.items().get(usize::try_from(index).ok()?).map(|item| item.word())
}

/// `dict[key]` of a plain dict, where the key is there and that shows at a glance.
#[inline(never)]
pub(super) fn fast_dict_item(cx: &Context, object: Word, key: Value<'_>) -> Option<Word> {
    plain_dict_at(object)?.get_at_a_glance(cx, key)?.map(Value::word)
}

/// `dict[key] = value` of a plain dict, where the key's place shows at a glance. Says whether it was done.
#[inline(always)]
pub(super) fn fast_set_dict_item(cx: &Context, object: Word, key: Value<'_>, value: Value<'_>) -> bool {
    let Some(dict) = plain_dict_at(object) else { return false };
    match dict.set_at_a_glance(cx, key, value) {
        Some(set) => quiet(cx, set).is_some(),
        None => false,
    }
}

/// `item in container` of a plain dict, set or string, where that shows at a glance.
#[inline(always)]
pub(super) fn fast_contains(cx: &Context, container: Word, item: Value<'_>) -> Option<bool> {
    if let Some(dict) = plain_dict_at(container) {
        return dict.get_at_a_glance(cx, item).map(|found| found.is_some());
    }
    if let Some(set) = plain_set_at(container) {
        return set.contains_at_a_glance(cx, item);
    }
    let (text, part) = (str_at(container)?, str_at(item.word())?);
    quiet(cx, contains(cx, text, Value::object(part)))
}

/// What was found, unless something was raised: the slow path meets the same once more, since nothing has changed.
#[inline(always)]
fn quiet<T>(cx: &Context, found: Result<T, Raised>) -> Option<T> {
    if found.is_err() {
        cx.take_pending();
    }
    found.ok()
}

/// A set whose class is `set` or `frozenset` itself.
#[inline(always)]
fn plain_set_at<'t>(object: Word) -> Option<&'t Set> {
    if !points(object) {
        return None;
    }
    // SAFETY: a pointer word in a register points to a live object; its class says its layout.
    unsafe {
        let shape = (*object.address()).shape();
        let is_plain = shape == Builtin::Set.shape() || shape == Builtin::FrozenSet.shape();
        is_plain.then(|| &*object.address().cast())
    }
}

/// A dict whose class is `dict` itself.
#[inline(always)]
fn plain_dict_at<'t>(object: Word) -> Option<&'t Dict> {
    dict_at(object).filter(|dict| dict.header().shape() == Builtin::Dict.shape())
}

pub(super) enum Step {
    Item(Word),
    Exhausted,
    Unknown,
}

/// One step of an iterator over a small range, a list or a tuple.
#[inline(always)]
pub(super) fn fast_step(iterator: Word) -> Step {
    if !points(iterator) {
        return Step::Unknown;
    }
    // SAFETY: a pointer word in a register points to a live object.
    let shape = unsafe { (*iterator.address()).shape() };
    if shape == Builtin::RangeIterator.shape() {
        // SAFETY: its class says its layout.
        let it = unsafe { &*iterator.address().cast::<Iter>() };
        let position = it.position();
        if position == it.limit() {
            return Step::Exhausted;
        }
        if (MIN_SMALL..=MAX_SMALL).contains(&position) {
            it.set_position(position + it.step());
            return Step::Item(Word::small(position));
        }
        return Step::Unknown;
    }
    if shape == Builtin::ListIterator.shape() {
        // SAFETY: as above.
        let it = unsafe { &*iterator.address().cast::<Iter>() };
        let position = it.position();
        if let Some(source) = it.source()
            && let Some(list) = list_at(source.word())
            && let Some(item) = list.get(position as usize)
        {
            it.set_position(position + 1);
            return Step::Item(item.word());
        }
    }
    Step::Unknown
}

/// The truth of what needs no look at an object.
#[inline(always)]
pub(super) fn quick_truth(word: Word) -> Option<bool> {
    match word {
        Word::TRUE => Some(true),
        Word::FALSE | Word::NONE => Some(false),
        _ if word.is_small() => Some(word != Word::small(0)),
        _ => None,
    }
}

/// Two numbers of which at least one is a float, as floats; none if one is something else.
#[inline(always)]
pub(super) fn as_floats(left: Word, right: Word) -> Option<(f64, f64)> {
    if left.is_float() {
        if right.is_float() {
            return Some((left.as_float(), right.as_float()));
        }
        return right.is_small().then(|| (left.as_float(), right.as_small() as f64));
    }
    (left.is_small() && right.is_float()).then(|| (left.as_small() as f64, right.as_float()))
}

macro_rules! comparisons {
    ($($name:ident $imm:ident $op:tt;)*) => {$(
        /// Of two small integers or two floats.
        #[inline(always)]
        pub(super) fn $name(left: Word, right: Word) -> Option<bool> {
            if left.both_small(right) {
                Some(left.as_small() $op right.as_small())
            } else if left.is_float() && right.is_float() {
                Some(left.as_float() $op right.as_float())
            } else {
                None
            }
        }

        /// Of a small integer or a float with a constant.
        #[inline(always)]
        pub(super) fn $imm(left: Word, imm: i16) -> Option<bool> {
            if left.is_small() {
                Some(left.as_small() $op i64::from(imm))
            } else if left.is_float() {
                Some(left.as_float() $op f64::from(imm))
            } else {
                None
            }
        }
    )*};
}

comparisons! {
    lt lt_imm <;
    le le_imm <=;
    gt gt_imm >;
    ge ge_imm >=;
    eq_numbers eq_imm ==;
    ne_numbers ne_imm !=;
}

/// Of two numbers as the others, or of two strings.
#[inline(always)]
pub(super) fn eq(left: Word, right: Word) -> Option<bool> {
    match eq_numbers(left, right) {
        None => equal_strings(left, right),
        known => known,
    }
}

/// The reverse of [`eq`].
#[inline(always)]
pub(super) fn ne(left: Word, right: Word) -> Option<bool> {
    match ne_numbers(left, right) {
        None => equal_strings(left, right).map(|equal| !equal),
        known => known,
    }
}

/// Whether two strings are equal.
#[inline(always)]
pub(super) fn equal_strings(left: Word, right: Word) -> Option<bool> {
    let (left, right) = (str_at(left)?, str_at(right)?);
    Some(left.as_bytes() == right.as_bytes())
}

/// There is no fast path for floats.
#[inline(always)]
pub(super) fn no_float(_: f64, _: f64) -> Option<f64> {
    None
}

#[inline(always)]
pub(super) fn float_quotient(a: f64, b: f64) -> Option<f64> {
    (b != 0.0).then(|| a / b)
}

#[inline(always)]
pub(super) fn add(a: Word, b: Word) -> Option<Word> {
    a.shifted().checked_add(b.shifted()).map(Word::from_shifted)
}

#[inline(always)]
pub(super) fn subtract(a: Word, b: Word) -> Option<Word> {
    a.shifted().checked_sub(b.shifted()).map(Word::from_shifted)
}

#[inline(always)]
pub(super) fn multiply(a: Word, b: Word) -> Option<Word> {
    a.shifted().checked_mul(b.as_small()).map(Word::from_shifted)
}

#[inline(always)]
pub(super) fn negate(operand: Word) -> Option<Word> {
    if operand.is_float() {
        return Some(Word::float(-operand.as_float()));
    }
    (operand.is_small() && operand.as_small() != MIN_SMALL).then(|| Word::small(-operand.as_small()))
}

#[inline(always)]
pub(super) fn and(a: Word, b: Word) -> Option<Word> {
    Some(Word(a.0 & b.0))
}

#[inline(always)]
pub(super) fn or(a: Word, b: Word) -> Option<Word> {
    Some(Word(a.0 | b.0))
}

#[inline(always)]
pub(super) fn add_floats(a: f64, b: f64) -> Option<f64> {
    Some(a + b)
}

#[inline(always)]
pub(super) fn subtract_floats(a: f64, b: f64) -> Option<f64> {
    Some(a - b)
}

#[inline(always)]
pub(super) fn multiply_floats(a: f64, b: f64) -> Option<f64> {
    Some(a * b)
}

#[inline(always)]
pub(super) fn exclusive_or(a: Word, b: Word) -> Option<Word> {
    Some(Word::small(a.as_small() ^ b.as_small()))
}

/// The quotient of two small integers as a float, where it is exact enough: both are below 2^53.
#[inline(always)]
pub(super) fn exact_quotient(a: Word, b: Word) -> Option<Word> {
    (b.as_small() != 0).then(|| Word::float(a.as_small() as f64 / b.as_small() as f64))
}

#[inline(always)]
pub(super) fn floor_quotient(a: Word, b: Word) -> Option<Word> {
    let (a, b) = (a.as_small(), b.as_small());
    if b == 0 || b == -1 {
        return None;
    }
    let quotient = a / b;
    Some(Word::small(quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))))
}

#[inline(always)]
pub(super) fn floor_remainder(a: Word, b: Word) -> Option<Word> {
    let (a, b) = (a.as_small(), b.as_small());
    if b == 0 || b == -1 {
        return None;
    }
    let rest = a % b;
    Some(Word::small(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }))
}

#[inline(always)]
pub(super) fn shift_left(a: Word, b: Word) -> Option<Word> {
    let (a, b) = (a.as_small(), b.as_small());
    if !(0..16).contains(&b) {
        return None;
    }
    let shifted = a << b;
    (MIN_SMALL..=MAX_SMALL).contains(&shifted).then(|| Word::small(shifted))
}

#[inline(always)]
pub(super) fn shift_right(a: Word, b: Word) -> Option<Word> {
    let (a, b) = (a.as_small(), b.as_small());
    (b >= 0).then(|| Word::small(a >> b.min(63)))
}
