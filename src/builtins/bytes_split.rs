//! The methods of `bytes` that take apart and put together: `split`, `splitlines`, `partition`, `join`, `replace`.

use crate::heap::Value;
use crate::value::bytes::{self, Bytes};
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::args::{items, limit, run, this_bytes, truth};
use super::bytes::{changed, of_parts};
use super::substring::{self, Alphabet};

pub(super) fn split<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let max = limit(cx, args.get(2))?;
    let this = this_bytes(cx, args)?;
    let parts = match separator(cx, args.get(1))? {
        None => substring::split_words(this.as_bytes(), Alphabet::Bytes, max),
        Some(separator) => substring::split(this.as_bytes(), separator, max).collect(),
    };
    list_of(cx, this, &parts)
}

pub(super) fn rsplit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let max = limit(cx, args.get(2))?;
    let this = this_bytes(cx, args)?;
    let parts = match separator(cx, args.get(1))? {
        None => substring::rsplit_words(this.as_bytes(), Alphabet::Bytes, max),
        Some(separator) => substring::rsplit(this.as_bytes(), separator, max),
    };
    list_of(cx, this, &parts)
}

pub(super) fn splitlines<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let keep = args.get(1).map_or(Ok(false), |keep| truth(cx, keep))?;
    let this = this_bytes(cx, args)?;
    list_of(cx, this, &substring::lines(this.as_bytes(), Alphabet::Bytes, keep))
}

/// The separator of `split`; nothing for white space.
fn separator<'t>(cx: &'t Context, value: Option<Value<'t>>) -> Result<Option<&'t [u8]>, Raised> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(None),
        Some(value) => present(cx, value).map(Some),
    }
}

fn present<'t>(cx: &'t Context, value: Value<'t>) -> Result<&'t [u8], Raised> {
    let separator = run(cx, value)?;
    if separator.is_empty() { Err(cx.value_error("empty separator")) } else { Ok(separator) }
}

fn list_of<'t>(cx: &'t Context, this: &'t Bytes, parts: &[&[u8]]) -> Res<'t> {
    let mut values = Vec::new();
    cx.reserve(&mut values, parts.len())?;
    for (step, part) in parts.iter().enumerate() {
        cx.poll(step)?;
        values.push(changed(cx, this, part)?);
    }
    cx.list(&values)
}

pub(super) fn partition<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (this, separator) = (this_bytes(cx, args)?, present(cx, args.at(1))?);
    match substring::find(this.as_bytes(), separator) {
        Some(place) => three(cx, this, args.at(1), separator, place),
        None => cx.tuple(&[Value::object(this), bytes::value(cx, &[])?, bytes::value(cx, &[])?]),
    }
}

pub(super) fn rpartition<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (this, separator) = (this_bytes(cx, args)?, present(cx, args.at(1))?);
    match substring::rfind(this.as_bytes(), separator) {
        Some(place) => three(cx, this, args.at(1), separator, place),
        None => cx.tuple(&[bytes::value(cx, &[])?, bytes::value(cx, &[])?, Value::object(this)]),
    }
}

fn three<'t>(cx: &'t Context, this: &Bytes, separator: Value<'t>, sought: &[u8], place: usize) -> Res<'t> {
    let bytes = this.as_bytes();
    let before = bytes::value(cx, &bytes[..place])?;
    let after = bytes::value(cx, &bytes[place + sought.len()..])?;
    cx.tuple(&[before, separator, after])
}

pub(super) fn join<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let separator = this_bytes(cx, args)?.as_bytes();
    let Some(items) = items(cx, args.at(1))? else {
        return Err(cx.type_error("can only join an iterable"));
    };
    if let [only] = items[..]
        && cx.class_of(only).is(Builtin::Bytes)
    {
        return Ok(only);
    }
    let mut parts = Vec::with_capacity(items.len() * 2);
    for (index, item) in items.iter().enumerate() {
        let Some(item_bytes) = item.get::<Bytes>() else {
            return Err(cx.type_error(format_args!(
                "sequence item {index}: expected a bytes-like object, {} found",
                cx.type_name(*item)
            )));
        };
        if index > 0 {
            parts.push(separator);
        }
        parts.push(item_bytes.as_bytes());
    }
    of_parts(cx, &parts)
}

pub(super) fn replace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let this = this_bytes(cx, args)?;
    let (old, new) = (run(cx, args.at(1))?, run(cx, args.at(2))?);
    let max = limit(cx, args.get(3))?;
    match substring::replace(this.as_bytes(), Alphabet::Bytes, old, new, max) {
        Some(parts) => of_parts(cx, &parts),
        None => Ok(Value::object(this)),
    }
}
