//! Steps of native iterators that code of the language makes: with which function, and with what.

use super::{CALLABLE, ENUMERATE, FILTER, MAP, Pair, REVERSED, ZIP, native_depth, next};
use crate::heap::{Object, Value};
use crate::value::record::Iter;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised};

/// Of a `map` over one native iterator: the function and the item that it is to be called with; nothing of any other.
///
/// # Errors
/// What the iteration raises.
pub fn next_to_map<'t>(cx: &'t Context, it: &'t Iter) -> Option<Result<Pair<'t>, Raised>> {
    let (function, only) = only_mapped(it)?;
    let inner = only.get::<Iter>().filter(|_| native_depth(cx, only) > 0)?;
    Some(next(cx, inner).map(|item| item.map(|item| (function, item))))
}

/// The function of a `map` over one iterator, and that.
fn only_mapped(it: &Iter) -> Option<(Value<'_>, Value<'_>)> {
    if it.header().shape() != MAP {
        return None;
    }
    let [only] = it.extra()?.get::<Tuple>()?.items() else { return None };
    Some((it.source()?, *only))
}

/// The function of a `filter` that is to be called, and the iterator whose items it tells apart.
fn filtered<'t>(cx: &'t Context, it: &'t Iter) -> Option<(Value<'t>, Value<'t>)> {
    let function = it.source().filter(|_| it.header().shape() == FILTER)?;
    let is_truth = function.is_none() || function.is(Value::object(cx.class(Builtin::Bool)));
    it.extra().filter(|_| !is_truth).map(|inner| (function, inner))
}

/// The function of the prelude that advances an iterator for which [`next()`] needs code, and what it is called with; it raises
/// `StopIteration` at the end.
pub fn next_twin<'t>(cx: &'t Context, it: &'t Iter) -> (&'static str, Value<'t>, Option<Value<'t>>) {
    if let Some((function, inner)) = only_mapped(it) {
        return ("next_map_over", function, Some(inner));
    }
    if let Some((function, inner)) = filtered(cx, it) {
        return ("next_filter_by", function, Some(inner));
    }
    let twin = match it.header().shape() {
        ENUMERATE => "next_enumerate",
        ZIP => "next_zip",
        MAP => "next_map",
        FILTER => "next_filter",
        REVERSED => "next_reversed",
        CALLABLE => "next_callable",
        _ => "next_sequence",
    };
    (twin, Value::object(it), None)
}
