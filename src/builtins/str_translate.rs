//! `str.translate` and `str.maketrans`.

use crate::heap::Value;
use crate::value::class::class_flag;
use crate::value::dict::Dict;
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::text::wtf8;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::native::Args;

use super::args::{text, this_str};

pub(super) fn translate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (string, table) = (this_str(cx, args)?, args.at(1));
    let mut out = Vec::with_capacity(string.byte_len());
    // What the table says of ASCII characters is asked once: nothing is known, or it stays, or what stands for it.
    let mut known: [Option<Option<Value<'t>>>; 128] = [None; 128];
    for (step, code_point) in wtf8::code_points(string.as_bytes()).enumerate() {
        cx.poll(step)?;
        let image = match known.get_mut(code_point as usize) {
            None => look_up(cx, table, code_point)?,
            Some(Some(image)) => *image,
            Some(slot) => *slot.insert(look_up(cx, table, code_point)?),
        };
        match image {
            None => wtf8::push(&mut out, code_point),
            Some(image) => push_image(cx, &mut out, image)?,
        }
    }
    cx.wtf8(&out)
}

/// What the table has for a code point, if anything.
fn look_up<'t>(cx: &'t Context, table: Value<'t>, code_point: u32) -> Result<Option<Value<'t>>, Raised> {
    let class = cx.class_of(table);
    if class.has(class_flag::CUSTOM_ITEM) {
        return Err(cx.needs_code());
    }
    if let Some(dict) = table.get::<Dict>() {
        return dict.get(cx, cx.int(code_point.into()));
    }
    if let Some(list) = table.get::<List>() {
        return Ok(list.item(cx, code_point.into()));
    }
    if let Some(tuple) = table.get::<Tuple>() {
        return Ok(tuple.items().get(code_point as usize).copied());
    }
    if let Some(string) = table.get::<Str>() {
        let image = string.char_at(code_point as usize);
        return if image.is_empty() { Ok(None) } else { cx.wtf8(image).map(Some) };
    }
    if class.lookup_str(cx, "__getitem__").is_some() {
        return Err(cx.needs_code());
    }
    Err(cx.type_error(format_args!("'{}' object is not subscriptable", cx.type_name(table))))
}

fn push_image(cx: &Context, out: &mut Vec<u8>, image: Value<'_>) -> Result<(), Raised> {
    if image.is_none() {
        return Ok(());
    }
    if let Some(text) = image.get::<Str>() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    if !int::is_int(image) {
        return Err(cx.type_error("character mapping must return integer, None or str"));
    }
    match int::i64_of(image).and_then(|image| u32::try_from(image).ok()).filter(|image| *image <= wtf8::MAX) {
        Some(image) => {
            wtf8::push(out, image);
            Ok(())
        }
        None => Err(cx.value_error("character mapping must be in range(0x110000)")),
    }
}

pub(super) fn maketrans<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let table = Dict::new(cx);
    match args.get(1) {
        Some(to) => {
            let to = text(cx, to, "maketrans() argument 2")?;
            let dropped = args.get(2).map(|dropped| text(cx, dropped, "maketrans() argument 3"));
            fill_from_strings(cx, table, args.at(0), to, dropped.transpose()?)?;
        }
        None => fill_from_dict(cx, table, args.at(0))?,
    }
    Ok(Value::object(table))
}

fn fill_from_strings(
    cx: &Context,
    table: &Dict,
    from: Value<'_>,
    to: &Str,
    dropped: Option<&Str>,
) -> Result<(), Raised> {
    let Some(from) = from.get::<Str>() else {
        let message = "first maketrans argument must be a string if there is a second argument";
        return Err(cx.type_error(message));
    };
    if from.char_count() != to.char_count() {
        return Err(cx.value_error("the first two maketrans arguments must have equal length"));
    }
    let number = |code_point: u32| cx.int(code_point.into());
    for (from, to) in wtf8::code_points(from.as_bytes()).zip(wtf8::code_points(to.as_bytes())) {
        table.set(cx, number(from), number(to))?;
    }
    for dropped in wtf8::code_points(dropped.map_or(&[], Str::as_bytes)) {
        table.set(cx, number(dropped), Value::NONE)?;
    }
    Ok(())
}

fn fill_from_dict(cx: &Context, table: &Dict, source: Value<'_>) -> Result<(), Raised> {
    let exact = if cx.class_of(source).is(Builtin::Dict) { source.get::<Dict>() } else { None };
    let Some(source) = exact else {
        return Err(cx.type_error("if you give only one argument to maketrans it must be a dict"));
    };
    for (key, value) in source.items(cx) {
        let key = match key.get::<Str>() {
            Some(text) => match text.single() {
                Some(code_point) => cx.int(code_point.into()),
                None => return Err(cx.value_error("string keys in translate table must be of length 1")),
            },
            None if int::is_int(key) => key,
            None => return Err(cx.type_error("keys in translate table must be strings or integers")),
        };
        table.set(cx, key, value)?;
    }
    Ok(())
}
