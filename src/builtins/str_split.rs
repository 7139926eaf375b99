//! The methods of `str` that take apart and put together: `split`, `splitlines`, `partition`, `join`, `replace`.

use crate::heap::Value;
use crate::value::list::List;
use crate::value::str::{MAX_LEN, Str};
use crate::value::text::{search, wtf8};
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::args::{items, limit, text, this_str, truth};
use super::substring::{self, Alphabet};

/// Up to how many bytes a text, and what it may become, are short: then it is written without knowing before how long it will be.
const SHORT: usize = 1 << 15;

pub(super) fn split<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let max = limit(cx, args.get(2))?;
    let string = this_str(cx, args)?;
    let bytes = string.as_bytes();
    match separator(cx, args.get(1))? {
        None => list_of(cx, string, &substring::split_words(bytes, Alphabet::Text, max)),
        Some(separator) => {
            let separator = separator.as_bytes();
            let count = substring::count_up_to(bytes, separator, max) + 1;
            list_of_parts(cx, string, count, substring::split(bytes, separator, max))
        }
    }
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
    list_of_parts(cx, string, parts.len(), parts.iter().copied())
}

/// [`list_of`] of at most `most` parts.
fn list_of_parts<'t, 'p>(
    cx: &'t Context,
    string: &'t Str,
    most: usize,
    parts: impl Iterator<Item = &'p [u8]>,
) -> Res<'t> {
    let values = parts.enumerate().map(|(step, part)| {
        cx.poll(step)?;
        value_of(cx, string, part)
    });
    List::try_from_iter(cx, most, values).map(Value::object)
}

/// A part of a string; all of it is the string itself.
fn value_of<'t>(cx: &'t Context, string: &'t Str, part: &[u8]) -> Res<'t> {
    match part {
        _ if part.len() == string.byte_len() => Ok(Value::object(string)),
        _ if string.is_ascii() => cx.ascii_str(part),
        _ => cx.wtf8(part),
    }
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
    let (hay, sought, put) = (string.as_bytes(), old.as_bytes(), new.as_bytes());
    let most = hay.len().checked_div(sought.len()).and_then(|count| count.checked_mul(put.len()));
    if most.is_none_or(|most| most > SHORT || hay.len() > SHORT) {
        let parts = substring::replace(hay, Alphabet::Text, sought, put, max);
        return parts.map_or(Ok(Value::object(string)), |parts| of_parts(cx, &parts));
    }
    cx.scratch(|out| {
        let (mut count, mut start) = (0, 0);
        for place in search::places(hay, sought).take(max) {
            out.extend_from_slice(&hay[start..place]);
            out.extend_from_slice(put);
            (count, start) = (count + 1, place + sought.len());
        }
        if count == 0 {
            return Ok(Value::object(string));
        }
        out.extend_from_slice(&hay[start..]);
        match string.char_count() - count * old.char_count() + count * new.char_count() {
            0 | 1 => cx.wtf8(out),
            chars => Str::from_parts(cx, out.len(), chars, std::iter::once(&out[..])).map(Value::object),
        }
    })
}

/// The string that parts make.
fn of_parts<'t>(cx: &'t Context, parts: &[&[u8]]) -> Res<'t> {
    let len = parts.iter().try_fold(0usize, |len, part| len.checked_add(part.len()));
    let Some(len) = len.filter(|len| *len <= MAX_LEN) else { return Err(cx.memory_error()) };
    let chars = parts.iter().map(|part| wtf8::count(part)).sum();
    Str::from_parts(cx, len, chars, parts.iter().copied()).map(Value::object)
}
