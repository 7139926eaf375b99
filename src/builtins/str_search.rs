//! The methods of `str` that look for something: `find` and its kin, `startswith`, `strip`, `removeprefix`.

use crate::heap::Value;
use crate::value::str::{self, Str};
use crate::value::text::wtf8;
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, slice};
use crate::vm::native::Args;

use super::args::{text, this_str};
use super::substring::{self, Alphabet, Ends};

pub(super) fn find<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(place(cx, args, "find", substring::find)?.map_or(-1, |place| place as i64)))
}

pub(super) fn rfind<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(place(cx, args, "rfind", substring::rfind)?.map_or(-1, |place| place as i64)))
}

pub(super) fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    found(cx, place(cx, args, "index", substring::find)?)
}

pub(super) fn rindex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    found(cx, place(cx, args, "rindex", substring::rfind)?)
}

fn found(cx: &Context, place: Option<usize>) -> Res<'_> {
    match place {
        Some(place) => Ok(cx.int(place as i64)),
        None => Err(cx.value_error("substring not found")),
    }
}

pub(super) fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let sought = text(cx, args.at(1), "count() argument 1")?;
    let count = match window(cx, this_str(cx, args)?, args)? {
        None => 0,
        Some((window, _)) if sought.byte_len() == 0 => wtf8::count(window) + 1,
        Some((window, _)) => substring::count(window, sought.as_bytes()),
    };
    Ok(cx.int(count as i64))
}

/// The index of the code point where the argument is found.
fn place<'t>(
    cx: &'t Context,
    args: Args<'t>,
    name: &str,
    search: fn(&[u8], &[u8]) -> Option<usize>,
) -> Result<Option<usize>, Raised> {
    let Some(sought) = args.at(1).get::<Str>() else {
        return Err(super::args::must_be_str(cx, &format!("{name}() argument 1"), args.at(1)));
    };
    let string = this_str(cx, args)?;
    let Some((window, start)) = window(cx, string, args)? else { return Ok(None) };
    Ok(search(window, sought.as_bytes()).map(|place| string.char_index(start + place)))
}

/// The bytes that the optional start and end leave, and where they begin; nothing if the start is behind the end.
fn window<'t>(cx: &'t Context, string: &'t Str, args: Args<'t>) -> Result<Option<(&'t [u8], usize)>, Raised> {
    if args.get(2).is_none() && args.get(3).is_none() {
        return Ok(Some((string.as_bytes(), 0)));
    }
    let (start, end) = slice::search_bounds(cx, args.get(2), args.get(3), string.char_count())?;
    if start > end {
        return Ok(None);
    }
    let (start, end) = (string.byte_offset(start), string.byte_offset(end));
    Ok(Some((&string.as_bytes()[start..end], start)))
}

pub(super) fn startswith<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    affix(cx, args, "startswith", |window, affix| window.starts_with(affix))
}

pub(super) fn endswith<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    affix(cx, args, "endswith", |window, affix| window.ends_with(affix))
}

fn affix<'t>(cx: &'t Context, args: Args<'t>, name: &str, matches: impl Fn(&[u8], &[u8]) -> bool) -> Res<'t> {
    let window = window(cx, this_str(cx, args)?, args)?.map(|(window, _)| window);
    let matches = |affix: &Str| window.is_some_and(|window| matches(window, affix.as_bytes()));
    let sought = args.at(1);
    if let Some(affix) = sought.get::<Str>() {
        return Ok(Value::bool(matches(affix)));
    }
    let Some(several) = sought.get::<Tuple>() else {
        return Err(cx.type_error(format_args!(
            "{name} first arg must be str or a tuple of str, not {}",
            cx.type_name(sought)
        )));
    };
    for item in several.items() {
        match item.get::<Str>() {
            Some(affix) if matches(affix) => return Ok(Value::TRUE),
            Some(_) => {}
            None => {
                return Err(cx.type_error(format_args!(
                    "tuple for {name} must only contain str, not {}",
                    cx.type_name(*item)
                )));
            }
        }
    }
    Ok(Value::FALSE)
}

pub(super) fn removeprefix<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (string, prefix) = (this_str(cx, args)?, text(cx, args.at(1), "removeprefix() argument")?);
    let start = if string.as_bytes().starts_with(prefix.as_bytes()) { prefix.char_count() } else { 0 };
    str::part(cx, string, start, string.char_count())
}

pub(super) fn removesuffix<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (string, suffix) = (this_str(cx, args)?, text(cx, args.at(1), "removesuffix() argument")?);
    let cut = if string.as_bytes().ends_with(suffix.as_bytes()) { suffix.char_count() } else { 0 };
    str::part(cx, string, 0, string.char_count() - cut)
}

pub(super) fn strip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, "strip", Ends::Both)
}

pub(super) fn lstrip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, "lstrip", Ends::Left)
}

pub(super) fn rstrip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, "rstrip", Ends::Right)
}

fn strip_ends<'t>(cx: &'t Context, args: Args<'t>, name: &str, ends: Ends) -> Res<'t> {
    let string = this_str(cx, args)?;
    let bytes = string.as_bytes();
    let chars = args.get(1).filter(|chars| !chars.is_none());
    let rest = match chars.map(|chars| chars.get::<Str>()) {
        None => substring::strip(bytes, Alphabet::Text, ends, |c| Alphabet::Text.is_space(c)),
        Some(Some(chars)) => {
            let set: Vec<u32> = wtf8::code_points(chars.as_bytes()).collect();
            substring::strip(bytes, Alphabet::Text, ends, |c| set.contains(&c))
        }
        Some(None) => return Err(cx.type_error(format_args!("{name} arg must be None or str"))),
    };
    if rest.len() == bytes.len() { Ok(Value::object(string)) } else { cx.wtf8(rest) }
}
