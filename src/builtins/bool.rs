//! `bool`: its constructor, and the truth of any built-in value.

use crate::heap::Value;
use crate::value::bytes::Bytes;
use crate::value::class::class_flag;
use crate::value::dict::Dict;
use crate::value::list::List;
use crate::value::range::Range;
use crate::value::record::DictView;
use crate::value::set::Set;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, number};
use crate::vm::native::{Args, Row};

/// `bool(x)`
pub(crate) static NEW: Row = Row::leaf("bool(object=False, /)", new).twin("bool_new");

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    args.get(0).map_or(Ok(Value::FALSE), |value| truth(cx, value).map(Value::bool))
}

/// Whether a value counts as true.
///
/// # Errors
/// [`Context::needs_code`] if its class has a `__bool__` or `__len__` that is written in the language.
pub(crate) fn truth(cx: &Context, value: Value<'_>) -> Result<bool, Raised> {
    if value.is_none() {
        return Ok(false);
    }
    if value.header().is_some() && cx.class_of(value).has(class_flag::CUSTOM_BOOL) {
        return Err(cx.needs_code());
    }
    if let Some(truth) = number::truth(value) {
        return Ok(truth);
    }
    Ok(if let Some(string) = value.get::<Str>() {
        string.byte_len() > 0
    } else if let Some(list) = value.get::<List>() {
        list.len() > 0
    } else if let Some(dict) = value.get::<Dict>() {
        dict.len() > 0
    } else if let Some(tuple) = value.get::<Tuple>() {
        !tuple.is_empty()
    } else if let Some(set) = value.get::<Set>() {
        set.len() > 0
    } else if let Some(bytes) = value.get::<Bytes>() {
        !bytes.as_bytes().is_empty()
    } else if let Some(range) = value.get::<Range>() {
        number::truth(range.parts()[3]).unwrap_or(true)
    } else if let Some(dict) = value.get::<DictView>().and_then(DictView::dict) {
        truth(cx, dict)?
    } else {
        true
    })
}
