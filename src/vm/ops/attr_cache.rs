//! What inline caches of attributes are taught.

use std::sync::atomic::{Ordering, fence};

use crate::heap::{Kind, Value, Word, flag};
use crate::value::Context;
use crate::value::class::{Type, class_flag};
use crate::value::dict::Place;
use crate::value::function::Native;
use crate::value::recall::Access;
use crate::value::record::{Member, Property};
use crate::value::unit::{Cached, InlineCache};

use super::attr::{is_data_descriptor, is_unbound_method, module_dict, slotted};

/// Teaches an inline cache where the attribute of such an object stands, if it can be taught.
pub(super) fn fill_cache(cx: &Context, cache: &InlineCache, object: Value<'_>, name: Value<'_>) {
    cache.clear();
    let Some(header) = object.header() else { return };
    // What these lead to depends on more than their shape.
    if matches!(header.kind(), Kind::Super | Kind::Function) {
        return;
    }
    let generation = cx.world().class_generation();
    // The shape is looked at once: what is remembered is true of it, whatever becomes of the object meanwhile.
    let shape = header.shape();
    let class = cx.world().shapes.get(shape).class();
    if class.has(class_flag::CUSTOM_GETATTRIBUTE)
        // Whether it has attributes of its own, its shape does not say.
        || header.kind() == Kind::Exception && class.has(class_flag::BUILTIN)
    {
        return;
    }
    match header.kind() {
        Kind::Type => fill_class_cache(cx, cache, shape, object, name),
        Kind::Module => {
            let Some(dict) = module_dict(object) else { return };
            if class.lookup(cx, name).is_none()
                && let Ok(Some(Place::At { table, entry })) = dict.cache_place(cx, name)
            {
                cache.fill(table, entry, Cached::Global);
            }
        }
        Kind::Instance | Kind::Exception => {
            let meta = class.lookup(cx, name);
            if meta.is_some_and(|meta| is_data_descriptor(cx, meta) && !is_slot_member(meta)) {
                fill_lookup(cx, cache, shape, class, name);
            } else if let Some(word) =
                slotted(cx, object).and_then(|instance| instance.cached_word(cx, shape, name))
            {
                cache.fill(shape, word, Cached::Slot);
            } else if !cx.world().shapes.get(shape).in_dict() && meta.is_some() {
                fill_lookup(cx, cache, shape, class, name);
            }
        }
        _ if header.has(flag::PAYLOAD) => {}
        _ => fill_lookup(cx, cache, shape, class, name),
    }
    forget_if_outdated(cx, cache, generation);
    if !matches!(header.kind(), Kind::Type | Kind::Module) {
        cx.remember(cache, shape, name, Access::Load, generation);
    }
}

/// What was just remembered is forgotten if a class has got a data descriptor since: it may come before what was found.
pub(super) fn forget_if_outdated(cx: &Context, cache: &InlineCache, generation: u32) {
    fence(Ordering::SeqCst);
    if cx.world().class_generation() != generation {
        cache.clear();
    }
}

pub(super) fn is_slot_member(meta: Value<'_>) -> bool {
    meta.get::<Member>().is_some_and(|member| member.getter().is_none())
}

/// Teaches a cache what a thread remembers of a name, if it still does.
#[cold]
pub(super) fn learn(cx: &Context, cache: &InlineCache, cached: u64, (name, access): (Word, Access)) {
    cache.set_word(cached);
    fence(Ordering::SeqCst);
    if cx.recall(cached as u32, name, access) != Some(cached) {
        cache.clear();
    }
}

fn fill_lookup(cx: &Context, cache: &InlineCache, shape: u32, class: &Type, name: Value<'_>) {
    if class.lookup(cx, name).is_some()
        && let Ok(Some(index)) = class.lookup_cache().entry_index(cx, name)
    {
        cache.fill(shape, index, Cached::Class);
    }
}

fn fill_class_cache(cx: &Context, cache: &InlineCache, shape: u32, object: Value<'_>, name: Value<'_>) {
    let Some(class) = object.get::<Type>() else { return };
    if class.has(class_flag::BUILTIN) {
        return;
    }
    let metaclass = cx.class_of(object);
    if metaclass.lookup(cx, name).is_none()
        && let Some(found) = class.lookup(cx, name)
        && !matches!(found.kind(), Some(Kind::StaticMethod | Kind::ClassMethod | Kind::Instance))
        && let Ok(Some(index)) = class.lookup_cache().entry_index(cx, name)
    {
        cache.fill(shape, index, Cached::OfClass);
    }
}

/// A cached attribute of the class, which may be [`Value::ABSENT`] or [`Value::DUMMY`].
#[inline(always)]
pub(crate) fn cached_in_class<'t>(class: &'t Type, index: u32) -> Option<Value<'t>> {
    class.lookup_cache().table()?.entries().get(index as usize)?.value().get()
}

/// Whether a cached attribute of a class says that nothing is known, or that there is none.
#[inline(always)]
pub(crate) fn is_none_at_all(cached: Value<'_>) -> bool {
    cached.is(Value::ABSENT) || cached.is(Value::DUMMY)
}

/// A native function of a class, if it waits for its receiver.
#[inline]
pub(crate) fn native_method(value: Value<'_>) -> Option<Word> {
    value.get::<Native>().filter(|native| is_unbound_method(native)).map(|_| value.word())
}

/// The getter of a property, if there is one.
#[inline]
pub(crate) fn plain_getter(value: Value<'_>) -> Option<Word> {
    value.get::<Property>()?.getter().filter(|getter| !getter.is_none()).map(Value::word)
}
