//! The methods of `dict`.

use crate::heap::Value;
use crate::value::algebra::update_dict;
use crate::value::dict::Dict;
use crate::value::drain::with_items;
use crate::value::record::DictView;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, iterate};
use crate::vm::native::{Args, Row};

use super::receiver::receiver;

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("get(self, key, default=None, /)", get).twin("dict_get"),
    Row::leaf("setdefault(self, key, default=None, /)", setdefault).twin("dict_setdefault"),
    Row::leaf("pop(self, key, default=..., /)", pop).twin("dict_pop"),
    Row::leaf("popitem(self, /)", popitem),
    Row::leaf("update(self, *args, **kwargs)", update).twin("dict_update"),
    Row::leaf("clear(self, /)", clear),
    Row::leaf("copy(self, /)", copy),
    Row::leaf("keys(self, /)", keys),
    Row::leaf("values(self, /)", values),
    Row::leaf("items(self, /)", items),
    Row::leaf("fromkeys(cls, iterable, value=None, /)", fromkeys).twin("dict_fromkeys").class_method(),
    Row::leaf("__reversed__(self, /)", reversed),
];

/// `dict(…)`
pub(crate) static NEW: Row = Row::leaf("dict(*args, **kwargs)", new).twin("dict_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Dict, Raised> {
    receiver(cx, args.at(0), "dict")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let dict = Dict::new(cx);
    fill(cx, dict, "dict", args.at(0), args.at(1))?;
    Ok(Value::object(dict))
}

fn fill<'t>(
    cx: &'t Context,
    dict: &Dict,
    name: &str,
    positional: Value<'t>,
    keywords: Value<'t>,
) -> Result<(), Raised> {
    match positional.get::<Tuple>().map_or(&[][..], Tuple::items) {
        [] => {}
        [other] => update_dict(cx, dict, *other)?,
        more => {
            let given = more.len();
            return Err(cx.type_error(format_args!("{name} expected at most 1 argument, got {given}")));
        }
    }
    match keywords.get::<Dict>() {
        Some(keywords) => dict.merge(cx, keywords),
        None => Ok(()),
    }
}

fn update<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    fill(cx, this(cx, args)?, "update", args.at(1), args.at(2))?;
    Ok(Value::NONE)
}

fn get<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (dict, key) = (this(cx, args)?, args.at(1));
    let found = match dict.get_at_a_glance(cx, key) {
        Some(found) => found,
        None => dict.get(cx, key)?,
    };
    Ok(found.unwrap_or_else(|| args.at(2)))
}

fn setdefault<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.get_or_set(cx, args.at(1), args.at(2))
}

fn pop<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match this(cx, args)?.remove(cx, args.at(1))?.or_else(|| args.get(2)) {
        Some(value) => Ok(value),
        None => Err(cx.raise_with(Builtin::KeyError, &[args.at(1)])),
    }
}

fn popitem<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match this(cx, args)?.pop_last(cx) {
        Some((key, value)) => cx.tuple(&[key, value]),
        None => Err(cx.raise(Builtin::KeyError, "popitem(): dictionary is empty")),
    }
}

fn clear<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.clear(cx);
    Ok(Value::NONE)
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.copy(cx).map(Value::object)
}

fn view<'t>(cx: &'t Context, args: Args<'t>, class: Builtin) -> Res<'t> {
    let dict = this(cx, args)?;
    Ok(Value::object(DictView::new(cx, class, Some(Value::object(dict)))))
}

fn keys<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    view(cx, args, Builtin::DictKeys)
}

fn values<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    view(cx, args, Builtin::DictValues)
}

fn items<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    view(cx, args, Builtin::DictItems)
}

fn fromkeys<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if !args.at(0).is(Value::object(cx.class(Builtin::Dict))) {
        return Err(cx.needs_code());
    }
    let dict = Dict::new(cx);
    with_items(cx, args.at(1), |keys| {
        keys.into_iter().enumerate().try_for_each(|(step, key)| {
            cx.poll(step)?;
            dict.set(cx, key, args.at(2))
        })
    })?;
    Ok(Value::object(dict))
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}
