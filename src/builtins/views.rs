//! The methods of the views of dicts.

use crate::heap::Value;
use crate::value::algebra::is_disjoint;
use crate::value::record::{DictView, MappingProxy};
use crate::value::{Builtin, Context, Res, iterate};
use crate::vm::native::{Args, Row};

use super::receiver::receiver;

/// Of `dict_keys` and `dict_items`.
pub(crate) static SET_ROWS: &[Row] = &[
    Row::leaf("isdisjoint(self, other, /)", isdisjoint).twin("view_isdisjoint"),
    Row::getter("mapping", mapping),
    Row::leaf("__reversed__(self, /)", reversed),
];

/// Of `dict_values`.
pub(crate) static VALUES_ROWS: &[Row] =
    &[Row::getter("mapping", mapping), Row::leaf("__reversed__(self, /)", reversed)];

fn isdisjoint<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver::<DictView>(cx, args.at(0), "dict_keys")?;
    is_disjoint(cx, args.at(0), args.at(1)).map(Value::bool)
}

fn mapping<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let view = receiver::<DictView>(cx, args.at(0), "dict_keys")?;
    Ok(Value::object(MappingProxy::new(cx, Builtin::MappingProxy, view.dict())))
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver::<DictView>(cx, args.at(0), "dict_keys")?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}
