//! `random`: what its source needs from native code. The generator is a built-in class, the distributions are written in
//! the language, in `random.mpy`.

use sha2::{Digest, Sha512};

use crate::heap::Value;
use crate::value::bytes::Bytes;
use crate::value::int::MAX_BITS;
use crate::value::number::{self, index, index_i64};
use crate::value::{Builtin, Context, Res};
use crate::vm::native::{Args, Row};
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::ModuleDef;

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "random", rows: ROWS, constants, source: Some(script!("random")) };

static ROWS: &[Row] = &[
    Row::threaded("_entropy(count, /)", entropy),
    Row::leaf("_index(value, /)", as_index).twin("_index"),
    Row::leaf("_sha512(data, /)", sha512),
];

fn constants(cx: &Context, define: &mut dyn FnMut(&str, Value<'_>)) {
    define("_Generator", Value::object(cx.class(Builtin::Random)));
}

fn as_index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    index(cx, args.at(0)).and_then(|value| number::from_integer(cx, value))
}

/// So many bytes from the host.
fn entropy(thread: &mut Thread, call: &Call) -> Flow {
    let cx = thread.cx();
    let bytes = index_i64(cx, thread.arg_at(call, 0)).and_then(|count| {
        let count = usize::try_from(count).ok().filter(|count| *count <= MAX_BITS / 8);
        let mut bytes = vec![0; count.ok_or_else(|| cx.memory_error())?];
        thread.vm().host.entropy(&mut bytes);
        Bytes::new(cx, &bytes).map(Value::object)
    });
    Flow::of(bytes)
}

fn sha512<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Some(data) = args.at(0).get::<Bytes>() else {
        return Err(cx.type_error("a bytes-like object is required"));
    };
    Bytes::new(cx, &Sha512::digest(data.as_bytes())).map(Value::object)
}
