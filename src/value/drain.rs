//! All items of an iterable at once. Where it turns out that the items need code of the language, native iterators that
//! were read are set back, so that the twin in the language finds them as they were.

use crate::heap::{Held, Kind, Object, Value};

use super::algebra::behind_proxies;
use super::builtin::Builtin;
use super::class::class_flag;
use super::context::{Context, Raised};
use super::deque::Deque;
use super::dict::Dict;
use super::iterate::{View, iter, native_depth, next, remaining, view_class};
use super::list::List;
use super::record::Iter;
use super::sequence::view_dict;
use super::set::Set;
use super::tuple::Tuple;

/// Gives `work` the items of an iterable.
///
/// # Errors
/// What `work` and the iteration raise; `TypeError` if it is not iterable; [`Context::needs_code`].
pub fn with_items<'t, R>(
    cx: &'t Context,
    iterable: Value<'t>,
    work: impl FnOnce(Vec<Value<'t>>) -> Result<R, Raised>,
) -> Result<R, Raised> {
    with_items_or(cx, iterable, || not_iterable(cx, iterable), work)
}

/// [`with_items`] for what keeps none of the items: of an iterable that is no container, there may be only so many as are
/// gone through at once.
///
/// # Errors
/// As there; [`Context::needs_code`] where there are more.
pub fn with_items_at_hand<'t, R>(
    cx: &'t Context,
    iterable: Value<'t>,
    work: impl FnOnce(Vec<Value<'t>>) -> Result<R, Raised>,
) -> Result<R, Raised> {
    with_some(cx, iterable, AT_HAND, || not_iterable(cx, iterable), work)
}

/// [`with_items`] where something that is not iterable raises `otherwise`.
///
/// # Errors
/// As there.
pub fn with_items_or<'t, R>(
    cx: &'t Context,
    iterable: Value<'t>,
    otherwise: impl FnOnce() -> Raised,
    work: impl FnOnce(Vec<Value<'t>>) -> Result<R, Raised>,
) -> Result<R, Raised> {
    with_some(cx, iterable, usize::MAX, otherwise, work)
}

fn with_some<'t, R>(
    cx: &'t Context,
    iterable: Value<'t>,
    most: usize,
    otherwise: impl FnOnce() -> Raised,
    work: impl FnOnce(Vec<Value<'t>>) -> Result<R, Raised>,
) -> Result<R, Raised> {
    let mut before = Vec::new();
    save(iterable, &mut before);
    let result = match collect_up_to(cx, iterable, most) {
        Ok(Some(items)) => work(items),
        Ok(None) if is_iterable(cx, iterable) => Err(cx.needs_code()),
        Ok(None) => Err(otherwise()),
        Err(raised) => Err(raised),
    };
    if !before.is_empty() && result.is_err() && cx.take_needs_code() {
        for state in &before {
            state.restore(cx);
        }
        return Err(cx.needs_code());
    }
    result
}

/// [`with_items_or`] for work that changes a list: the list is locked meanwhile, and with it a built-in container that the
/// items come from, so that all of it is one step.
///
/// # Errors
/// As there.
pub fn with_items_for<'t, R>(
    cx: &'t Context,
    list: &List,
    iterable: Value<'t>,
    otherwise: impl FnOnce() -> Raised,
    work: impl FnOnce(&Held<'_>, &[Value<'t>]) -> Result<R, Raised>,
) -> Result<R, Raised> {
    if !cx.class_of(iterable).has(class_flag::CUSTOM_ITER)
        && let Some(source) = iterable.get::<List>()
    {
        let (held, _source_held) = cx.lock_both(list, source);
        return work(&held, &source.held_items(&held));
    }
    with_items_or(cx, iterable, otherwise, |items| work(&cx.lock(list), &items))
}

/// The items of an iterable that only code of the language can change the meaning of: see [`with_items`].
///
/// # Errors
/// As there.
pub fn items<'t>(cx: &'t Context, iterable: Value<'t>) -> Result<Vec<Value<'t>>, Raised> {
    with_items(cx, iterable, Ok)
}

/// How many items natives go through that keep none of them. What a longer iterable is asked is written in the language, so
/// that threads switch and garbage is collected on the way.
pub const AT_HAND: usize = 1 << 16;

/// All items of a built-in iterable or of what is left in a native iterator; `None` where code of the language is needed,
/// or where it is not iterable.
///
/// # Errors
/// What the iteration raises, `MemoryError`, `KeyboardInterrupt`.
pub fn collect_native<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Vec<Value<'t>>>, Raised> {
    collect_up_to(cx, value, usize::MAX)
}

/// [`collect_native`] of what stands in a container, or is not more than `most` items.
///
/// # Errors
/// As there; [`Context::needs_code`] where there is more.
pub fn collect_up_to<'t>(
    cx: &'t Context,
    value: Value<'t>,
    most: usize,
) -> Result<Option<Vec<Value<'t>>>, Raised> {
    let Some(header) = value.header() else { return Ok(None) };
    if header.kind() == Kind::Instance && cx.class_of(value).has(class_flag::CUSTOM_ITER) {
        return Ok(None);
    }
    let plain = value.plain();
    Ok(Some(match plain.kind() {
        Some(Kind::List) => plain.get::<List>().map_or_else(Vec::new, |list| list.to_vec(cx)),
        Some(Kind::Tuple) => plain.get::<Tuple>().map_or_else(Vec::new, |tuple| tuple.items().to_vec()),
        Some(Kind::Deque) => plain.get::<Deque>().map_or_else(Vec::new, |deque| deque.to_vec(cx)),
        Some(Kind::Set | Kind::FrozenSet) => plain.get::<Set>().map_or_else(Vec::new, |set| set.keys(cx)),
        Some(Kind::Dict) => plain.get::<Dict>().map_or_else(Vec::new, |dict| dict.keys(cx)),
        Some(Kind::DictView) => match view_dict(plain) {
            Some(dict) => collect_view(cx, dict, view_class(plain))?,
            None => Vec::new(),
        },
        Some(Kind::MappingProxy) => return collect_native(cx, behind_proxies(plain)),
        _ => match iter(cx, value) {
            Some(iterator) => {
                let iterator = iterator?;
                match iterator.get::<Iter>() {
                    Some(it) if native_depth(cx, iterator) > 0 => drain(cx, it, most)?,
                    _ => return Ok(None),
                }
            }
            None => return Ok(None),
        },
    }))
}

fn collect_view<'t>(cx: &'t Context, dict: &'t Dict, view: View) -> Result<Vec<Value<'t>>, Raised> {
    match view {
        View::Keys => Ok(dict.keys(cx)),
        View::Values => Ok(dict.values(cx)),
        View::Items => dict.items(cx).into_iter().map(|(key, value)| cx.tuple(&[key, value])).collect(),
    }
}

fn drain<'t>(cx: &'t Context, it: &'t Iter, most: usize) -> Result<Vec<Value<'t>>, Raised> {
    let count = remaining(it);
    if count > most {
        return Err(cx.needs_code());
    }
    let mut items = Vec::new();
    cx.reserve(&mut items, count)?;
    while let Some(item) = next(cx, it)? {
        if items.len() == most {
            return Err(cx.needs_code());
        }
        cx.poll(items.len())?;
        cx.push(&mut items, item)?;
    }
    Ok(items)
}

/// Whether `iter` accepts it.
pub fn is_iterable(cx: &Context, value: Value<'_>) -> bool {
    if matches!(value.kind(), Some(Kind::Generator | Kind::Iter | Kind::File)) {
        return true;
    }
    let class = cx.class_of(value);
    match class.lookup_str(cx, "__iter__") {
        Some(method) => !method.is_none(),
        None => class.lookup_str(cx, "__getitem__").is_some(),
    }
}

/// The `TypeError` of what is not iterable.
#[cold]
pub fn not_iterable(cx: &Context, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("'{}' object is not iterable", cx.type_name(value)))
}

/// Where a native iterator stood.
struct State<'t> {
    it: &'t Iter,
    source: Option<Value<'t>>,
    extra: Option<Value<'t>>,
    position: i64,
    limit: i64,
}

impl State<'_> {
    fn restore(&self, cx: &Context) {
        self.it.set_source(cx, self.source);
        self.it.set_extra(cx, self.extra);
        self.it.set_position(self.position);
        self.it.set_limit(self.limit);
    }
}

/// Notes the state of a native iterator and of those it reads from.
fn save<'t>(value: Value<'t>, states: &mut Vec<State<'t>>) {
    let Some(it) = value.get::<Iter>() else { return };
    if states.iter().any(|state| std::ptr::eq(state.it, it)) {
        return;
    }
    let (source, extra, position, limit) = (it.source(), it.extra(), it.position(), it.limit());
    states.push(State { it, source, extra, position, limit });
    let shape = it.header().shape();
    if shape == Builtin::Enumerate.shape() || shape == Builtin::Zip.shape() {
        // The depth that such an iterator may be advanced natively at is limited, and that of this recursion with it.
        if it.step() > 0 {
            match source.and_then(|source| source.get::<Tuple>()) {
                Some(inner) => inner.items().iter().for_each(|inner| save(*inner, states)),
                None => source.into_iter().for_each(|inner| save(inner, states)),
            }
        }
    }
}
