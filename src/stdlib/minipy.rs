//! `minipy`: what a program may ask that no other Python answers: under which rules it runs, and what came of them. A program
//! that is to run under CPython as well asks `try: import minipy`.

use std::num::NonZeroU32;

use crate::heap::{Value, Word};
use crate::value::dict::Dict;
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::host::Host;
use crate::vm::native::Row;
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::{ModuleDef, no_constants};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "minipy", rows: ROWS, constants: no_constants, source: Some(script!("minipy")) };

static ROWS: &[Row] = &[
    Row::threaded("gil()", |th, _| Flow::Done(th.cx().intern(th.vm().host.policy_name()).word()))
        .doc("The policy by which threads get the GIL: 'new', 'old', 'io-first' or 'off'."),
    Row::threaded("settings()", |th, _| Flow::of(settings(th.cx(), &*th.vm().host)))
        .doc("The settings that have an effect, by name; times in seconds."),
    Row::threaded("getcheckinterval()", |th, _| {
        Flow::Done(check_interval(th.cx(), &*th.vm().host).map_or(Word::NONE, Value::word))
    })
    .doc("After how many ops a thread lets the GIL go; None where the policy is not 'old'."),
    Row::threaded("setcheckinterval(ops, /)", set_check_interval)
        .doc("Sets after how many ops a thread lets the GIL go, under the policy 'old'."),
    Row::threaded("_figures()", figures),
];

/// As JSON.
fn figures(th: &mut Thread, _: &Call) -> Flow {
    let text = th.vm().host.figures();
    Flow::of(th.cx().str(&text))
}

fn settings<'t>(cx: &'t Context, host: &dyn Host) -> Res<'t> {
    let settings = Dict::new(cx);
    let set = |name, value| settings.set(cx, cx.intern(name), value);
    set("gil", cx.intern(host.policy_name()))?;
    if let Some(mode) = host.checkpoint_mode() {
        set("checkpoints", cx.intern(mode.name()))?;
        set("switch_interval", Value::float(host.switch_interval()))?;
    }
    if let Some(interval) = check_interval(cx, host) {
        set("check_interval", interval)?;
    }
    Ok(Value::object(settings))
}

fn check_interval<'t>(cx: &'t Context, host: &dyn Host) -> Option<Value<'t>> {
    host.check_interval().map(|ops| cx.int(ops.get().into()))
}

fn set_check_interval(th: &mut Thread, call: &Call) -> Flow {
    let (cx, host) = (th.cx(), &th.vm().host);
    let set = || -> Result<(), Raised> {
        let ops =
            int::i64_of(th.arg_at(call, 0)).ok_or_else(|| int::not_an_integer(cx, th.arg_at(call, 0)))?;
        let ops = u32::try_from(ops).ok().and_then(NonZeroU32::new).ok_or_else(|| {
            cx.value_error(format_args!("check interval must be in the range 1 to {}", u32::MAX))
        })?;
        if host.check_interval().is_none() {
            let name = host.policy_name();
            let words = format_args!("the policy '{name}' has no check interval");
            return Err(cx.raise(Builtin::RuntimeError, words));
        }
        host.set_check_interval(ops);
        Ok(())
    };
    if set().is_ok() { Flow::Done(Word::NONE) } else { Flow::Raised }
}
