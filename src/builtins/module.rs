//! The attributes of modules, and the methods of read-only views of mappings.

use crate::heap::{Kind, Value};
use crate::value::dict::Dict;
use crate::value::record::{DictView, MappingProxy, Module};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::{Args, Row};
use crate::vm::ops::attr;

use super::receiver::receiver;

/// Of modules. What they have besides is in their dict.
pub(crate) static ROWS: &[Row] = &[
    Row::getter("__doc__", doc),
    Row::setter("__doc__", |cx, args| set(cx, args, "__doc__")),
    Row::getter("__annotations__", annotations),
    Row::setter("__annotations__", |cx, args| set(cx, args, "__annotations__")),
];

/// Of `mappingproxy`.
pub(crate) static PROXY_ROWS: &[Row] = &[
    Row::leaf("get(self, key, default=None, /)", get).twin("proxy_get"),
    Row::leaf("keys(self, /)", |cx, args| view(cx, args, Builtin::DictKeys)).twin("proxy_keys"),
    Row::leaf("values(self, /)", |cx, args| view(cx, args, Builtin::DictValues)).twin("proxy_values"),
    Row::leaf("items(self, /)", |cx, args| view(cx, args, Builtin::DictItems)).twin("proxy_items"),
    Row::leaf("copy(self, /)", copy).twin("proxy_copy"),
];

/// `types.ModuleType(name, doc)`
pub(crate) static NEW: Row = Row::leaf("module(name, doc=None)", new);
/// `types.MappingProxyType(mapping)`
pub(crate) static NEW_PROXY: Row = Row::leaf("mappingproxy(mapping)", new_proxy);

fn dict_of<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Dict, Raised> {
    receiver::<Module>(cx, args.at(0), "module")?;
    attr::module_dict(args.at(0).plain()).ok_or_else(|| cx.type_error("module without dict"))
}

fn doc<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(dict_of(cx, args)?.get_name(cx, "__doc__").unwrap_or(Value::NONE))
}

fn set<'t>(cx: &'t Context, args: Args<'t>, name: &str) -> Res<'t> {
    let (dict, name) = (dict_of(cx, args)?, cx.intern(name));
    match args.get(1) {
        Some(value) => dict.set(cx, name, value)?,
        None if dict.remove(cx, name)?.is_some() => {}
        None => return Err(attr::missing(cx, args.at(0), name)),
    }
    Ok(Value::NONE)
}

fn annotations<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let dict = dict_of(cx, args)?;
    if let Some(known) = dict.get_name(cx, "__annotations__") {
        return Ok(known);
    }
    let fresh = Value::object(Dict::new(cx));
    dict.set(cx, cx.intern("__annotations__"), fresh)?;
    Ok(fresh)
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if args.at(0).get::<Str>().is_none() {
        return Err(cx.type_error(format_args!(
            "module() argument 'name' must be str, not {}",
            cx.type_name(args.at(0))
        )));
    }
    let dict = Dict::new(cx);
    let entries = [
        ("__name__", args.at(0)),
        ("__doc__", args.get(1).unwrap_or(Value::NONE)),
        ("__package__", Value::NONE),
        ("__loader__", Value::NONE),
        ("__spec__", Value::NONE),
    ];
    for (name, value) in entries {
        dict.set(cx, cx.intern(name), value)?;
    }
    Ok(Value::object(Module::new(cx, Builtin::Module, Some(Value::object(dict)))))
}

fn new_proxy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mapping = args.at(0);
    let sequence = matches!(mapping.plain().kind(), Some(Kind::List | Kind::Tuple));
    if sequence || cx.class_of(mapping).lookup_str(cx, "__getitem__").is_none() {
        return Err(cx.type_error(format_args!(
            "mappingproxy() argument must be a mapping, not {}",
            cx.type_name(mapping)
        )));
    }
    Ok(Value::object(MappingProxy::new(cx, Builtin::MappingProxy, Some(mapping))))
}

/// The dict that a proxy shows, if it is exactly one: a subclass may have methods of its own.
fn shown<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Dict, Raised> {
    let mapping = receiver::<MappingProxy>(cx, args.at(0), "mappingproxy")?.mapping();
    let dict = mapping.filter(|mapping| cx.class_of(*mapping).is(Builtin::Dict));
    dict.and_then(|dict| dict.get()).ok_or_else(|| cx.needs_code())
}

fn get<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let found = shown(cx, args)?.get(cx, args.at(1))?;
    Ok(found.or(args.get(2)).unwrap_or(Value::NONE))
}

fn view<'t>(cx: &'t Context, args: Args<'t>, class: Builtin) -> Res<'t> {
    let dict = Value::object(shown(cx, args)?);
    Ok(Value::object(DictView::new(cx, class, Some(dict))))
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    shown(cx, args)?.copy(cx).map(Value::object)
}
