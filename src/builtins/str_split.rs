//! The methods of `str` that take apart and put together: `split`, `splitlines`, `partition`, `join`, `replace`.

use crate::heap::Value;
use crate::value::str::{MAX_LEN, Str};
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::args::{items, limit, text, this_str, truth};
use super::substring::{self, Alphabet};

pub(super) fn split<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let max = limit(cx, args.get(2))?;
    let string = this_str(cx, args)?;
    let parts = match separator(cx, args.get(1))? {
        None => substring::split_words(string.as_bytes(), Alphabet::Text, max),
        Some(separator) => substring::split(string.as_bytes(), separator.as_bytes(), max),
    };
    list_of(cx, string, &parts)
}

pub(super) fn rsplit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let max = limit(cx, args.get(2))?;
    let string = this_str(cx, args)?;
    let parts = match separator(cx, args.get(1))? {
        None => substring::rsplit_words(string.as_bytes(), Alphabet::Text, max),
        Some(separator) => substring::rsplit(string.as_bytes(), separator.as_bytes(), max),
    };
    list_of(cx, string, &parts)
}

pub(super) fn splitlines<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let keep = args.get(1).map_or(Ok(false), |keep| truth(cx, keep))?;
    let string = this_str(cx, args)?;
    list_of(cx, string, &substring::lines(string.as_bytes(), Alphabet::Text, keep))
}

/// The separator of `split`; nothing for white space.
fn separator<'t>(cx: &'t Context, value: Option<Value<'t>>) -> Result<Option<&'t Str>, Raised> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    match value.get::<Str>() {
        Some(separator) if separator.byte_len() == 0 => Err(cx.value_error("empty separator")),
        Some(separator) => Ok(Some(separator)),
        None => Err(cx.type_error(format_args!("must be str or None, not {}", cx.type_name(value)))),
    }
}

/// A list of parts of a string.
fn list_of<'t>(cx: &'t Context, string: &'t Str, parts: &[&[u8]]) -> Res<'t> {
    let mut values = Vec::new();
    cx.reserve(&mut values, parts.len())?;
    for (step, part) in parts.iter().enumerate() {
        cx.poll(step)?;
        values.push(value_of(cx, string, part)?);
    }
    cx.list(&values)
}

/// A part of a string; all of it is the string itself.
fn value_of<'t>(cx: &'t Context, string: &'t Str, part: &[u8]) -> Res<'t> {
    if part.len() == string.byte_len() { Ok(Value::object(string)) } else { cx.wtf8(part) }
}

pub(super) fn partition<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (string, separator) = (this_str(cx, args)?, present(cx, args.at(1))?);
    match substring::find(string.as_bytes(), separator.as_bytes()) {
        Some(place) => three(cx, string, separator, place),
        None => cx.tuple(&[Value::object(string), cx.empty_str(), cx.empty_str()]),
    }
}

pub(super) fn rpartition<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (string, separator) = (this_str(cx, args)?, present(cx, args.at(1))?);
    match substring::rfind(string.as_bytes(), separator.as_bytes()) {
        Some(place) => three(cx, string, separator, place),
        None => cx.tuple(&[cx.empty_str(), cx.empty_str(), Value::object(string)]),
    }
}

fn present<'t>(cx: &'t Context, value: Value<'t>) -> Result<&'t Str, Raised> {
    let separator = text(cx, value, "")?;
    if separator.byte_len() == 0 { Err(cx.value_error("empty separator")) } else { Ok(separator) }
}

fn three<'t>(cx: &'t Context, string: &Str, separator: &'t Str, place: usize) -> Res<'t> {
    let bytes = string.as_bytes();
    let before = cx.wtf8(&bytes[..place])?;
    let after = cx.wtf8(&bytes[place + separator.byte_len()..])?;
    cx.tuple(&[before, Value::object(separator), after])
}

pub(super) fn join<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let separator = this_str(cx, args)?;
    let Some(items) = items(cx, args.at(1))? else {
        return Err(cx.type_error("can only join an iterable"));
    };
    if let [only] = items[..]
        && cx.class_of(only).is(Builtin::Str)
    {
        return Ok(only);
    }
    let mut parts = Vec::with_capacity(items.len() * 2);
    let (mut len, mut chars) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        let Some(item_text) = item.get::<Str>() else {
            return Err(cx.type_error(format_args!(
                "sequence item {index}: expected str instance, {} found",
                cx.type_name(*item)
            )));
        };
        for part in [separator, item_text].into_iter().skip(usize::from(index == 0)) {
            parts.push(part.as_bytes());
            len += part.byte_len();
            chars += part.char_count();
        }
    }
    if len == 0 {
        return Ok(cx.empty_str());
    }
    Str::from_parts(cx, len, chars, parts.into_iter()).map(Value::object)
}

pub(super) fn replace<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let string = this_str(cx, args)?;
    let old = text(cx, args.at(1), "replace() argument 1")?;
    let new = text(cx, args.at(2), "replace() argument 2")?;
    let max = limit(cx, args.get(3))?;
    let parts = substring::replace(string.as_bytes(), Alphabet::Text, old.as_bytes(), new.as_bytes(), max);
    let Some(parts) = parts else { return Ok(Value::object(string)) };
    let count = parts.len() / 2;
    let total = |whole: usize, old: usize, new: usize| {
        new.checked_mul(count).and_then(|added| added.checked_add(whole - count * old))
    };
    let len = total(string.byte_len(), old.byte_len(), new.byte_len()).filter(|len| *len <= MAX_LEN);
    let chars = total(string.char_count(), old.char_count(), new.char_count());
    match (len, chars) {
        (Some(0), _) => Ok(cx.empty_str()),
        (Some(len), Some(chars)) => Str::from_parts(cx, len, chars, parts.into_iter()).map(Value::object),
        _ => Err(cx.memory_error()),
    }
}
