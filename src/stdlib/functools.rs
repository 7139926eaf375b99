//! `functools`: written in the language, but for the calls whose results are remembered.

use crate::builtins::iterables;
use crate::heap::Value;
use crate::value::function::Native;
use crate::value::instance::Instance;
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::native::{Args, Row};
use crate::vm::remember::{self, Part};
use crate::vm::script::script;

use super::embedded::LIBRARY;
use super::{ModuleDef, no_constants};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "functools", rows: ROWS, constants: no_constants, source: Some(script!("functools")) };

static ROWS: &[Row] = &[
    LIBRARY,
    Row::leaf("_method(function, owner=None, /)", method),
    Row::raw("__call__(self, /, *args, **kwargs)", remember::call),
    Row::leaf("_hit(wrapper, hash, key, default, /)", hit),
    Row::leaf("_miss(wrapper, /)", miss),
    Row::leaf("_keep_unseen(wrapper, hash, key, result, seen, /)", keep_unseen),
];

fn wrapper<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Instance, Raised> {
    args.at(0).get().ok_or_else(|| cx.type_error("descriptor requires a '_lru_cache_wrapper' object"))
}

/// Makes a method: of a native function, one of a class that is written in the language; an object becomes one by itself where
/// it is found in the class of another, as a function does.
fn method<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    if let Some(wrapper) = args.at(0).get::<Instance>() {
        wrapper.bind_as_function();
    }
    let Some(function) = args.at(0).get::<Native>() else { return Ok(args.at(0)) };
    let method = Native::new(cx, Builtin::MethodDescriptor, function.number(), None, args.get(1));
    Ok(Value::object(method))
}

/// The result for the key that is this very object, if it is still there, which is counted.
fn hit<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let wrapper = wrapper(cx, args)?;
    let results = remember::results(cx, wrapper)?;
    let Some(result) = results.identical_to_end(cx, args.at(2), int::i64_of(args.at(1)).unwrap_or(0))? else {
        return Ok(args.at(3));
    };
    remember::count(cx, wrapper, Part::Hits);
    Ok(result)
}

fn miss<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    remember::count(cx, wrapper(cx, args)?, Part::Misses);
    Ok(Value::NONE)
}

/// Keeps a result for a key that is none of those seen, if these are all that have its hash; says whether they are.
fn keep_unseen<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let wrapper = wrapper(cx, args)?;
    let (results, seen) = (remember::results(cx, wrapper)?, iterables::items_of(cx, args.at(4)));
    let hash = int::i64_of(args.at(1)).unwrap_or(0);
    let kept = results.keep_unseen(cx, args.at(2), hash, args.at(3), &seen, remember::most(wrapper))?;
    Ok(Value::bool(kept))
}
