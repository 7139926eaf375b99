//! The methods of `bytes` that look for something: `find` and its kin, `startswith`, `strip`, `removeprefix`.

use crate::heap::Value;
use crate::value::bytes::{Bytes, byte_of};
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, slice};
use crate::vm::native::Args;

use super::args::{run, this_bytes};
use super::bytes::changed;
use super::substring::{self, Alphabet, Ends};

pub(super) fn find<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(place(cx, args, substring::find)?.map_or(-1, |place| place as i64)))
}

pub(super) fn rfind<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(place(cx, args, substring::rfind)?.map_or(-1, |place| place as i64)))
}

pub(super) fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    found(cx, place(cx, args, substring::find)?)
}

pub(super) fn rindex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    found(cx, place(cx, args, substring::rfind)?)
}

fn found(cx: &Context, place: Option<usize>) -> Res<'_> {
    match place {
        Some(place) => Ok(cx.int(place as i64)),
        None => Err(cx.value_error("subsection not found")),
    }
}

pub(super) fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let window = window(cx, this_bytes(cx, args)?, args)?;
    let mut single = [0];
    let sought = sought(cx, args.at(1), &mut single)?;
    let count = match window {
        None => 0,
        Some((window, _)) if sought.is_empty() => window.len() + 1,
        Some((window, _)) => substring::count(window, sought),
    };
    Ok(cx.int(count as i64))
}

fn place<'t>(
    cx: &'t Context,
    args: Args<'t>,
    search: fn(&[u8], &[u8]) -> Option<usize>,
) -> Result<Option<usize>, Raised> {
    let window = window(cx, this_bytes(cx, args)?, args)?;
    let mut single = [0];
    let sought = sought(cx, args.at(1), &mut single)?;
    Ok(window.and_then(|(window, start)| Some(start + search(window, sought)?)))
}

/// What is looked for: bytes, or the one byte of an integer, for which there is a place.
fn sought<'a, 't: 'a>(
    cx: &'t Context,
    value: Value<'t>,
    single: &'a mut [u8; 1],
) -> Result<&'a [u8], Raised> {
    if let Some(bytes) = value.get::<Bytes>() {
        return Ok(bytes.as_bytes());
    }
    match slice::clamped(value) {
        Some(byte) => {
            *single = [byte_of(cx, byte)?];
            Ok(&single[..])
        }
        None if slice::has_index(cx, value) => Err(cx.needs_code()),
        None => Err(cx.type_error(format_args!(
            "argument should be integer or bytes-like object, not '{}'",
            cx.type_name(value)
        ))),
    }
}

/// The bytes that the optional start and end leave, and where they begin; nothing if the start is behind the end.
fn window<'t>(
    cx: &'t Context,
    bytes: &'t Bytes,
    args: Args<'t>,
) -> Result<Option<(&'t [u8], usize)>, Raised> {
    let bytes = bytes.as_bytes();
    let (start, end) = slice::search_bounds(cx, args.get(2), args.get(3), bytes.len())?;
    Ok(if start > end { None } else { Some((&bytes[start..end], start)) })
}

pub(super) fn startswith<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    affix(cx, args, "startswith", |window, affix| window.starts_with(affix))
}

pub(super) fn endswith<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    affix(cx, args, "endswith", |window, affix| window.ends_with(affix))
}

fn affix<'t>(cx: &'t Context, args: Args<'t>, name: &str, matches: impl Fn(&[u8], &[u8]) -> bool) -> Res<'t> {
    let window = window(cx, this_bytes(cx, args)?, args)?.map(|(window, _)| window);
    let matches = |affix: &[u8]| window.is_some_and(|window| matches(window, affix));
    let sought = args.at(1);
    if let Some(affix) = sought.get::<Bytes>() {
        return Ok(Value::bool(matches(affix.as_bytes())));
    }
    let Some(several) = sought.get::<Tuple>() else {
        return Err(cx.type_error(format_args!(
            "{name} first arg must be bytes or a tuple of bytes, not {}",
            cx.type_name(sought)
        )));
    };
    for item in several.items() {
        if matches(run(cx, *item)?) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

pub(super) fn removeprefix<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (this, prefix) = (this_bytes(cx, args)?, run(cx, args.at(1))?);
    changed(cx, this, this.as_bytes().strip_prefix(prefix).unwrap_or(this.as_bytes()))
}

pub(super) fn removesuffix<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (this, suffix) = (this_bytes(cx, args)?, run(cx, args.at(1))?);
    changed(cx, this, this.as_bytes().strip_suffix(suffix).unwrap_or(this.as_bytes()))
}

pub(super) fn strip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, Ends::Both)
}

pub(super) fn lstrip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, Ends::Left)
}

pub(super) fn rstrip<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    strip_ends(cx, args, Ends::Right)
}

fn strip_ends<'t>(cx: &'t Context, args: Args<'t>, ends: Ends) -> Res<'t> {
    let this = this_bytes(cx, args)?;
    let bytes = this.as_bytes();
    let rest = match args.get(1).filter(|set| !set.is_none()) {
        None => substring::strip(bytes, Alphabet::Bytes, ends, |c| Alphabet::Bytes.is_space(c)),
        Some(set) => {
            let set = run(cx, set)?;
            substring::strip(bytes, Alphabet::Bytes, ends, |c| set.iter().any(|byte| u32::from(*byte) == c))
        }
    };
    changed(cx, this, rest)
}
