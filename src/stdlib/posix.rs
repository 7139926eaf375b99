//! `posix`: what `os` needs of the system. Its descriptors are the pipes that the program has made, and the standard streams
//! for writing; a file of `open` has none.

use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::builtins::file::os_error;
use crate::heap::{Value, Word};
use crate::value::bytes::{Bytes, not_bytes};
use crate::value::dict::Dict;
use crate::value::str::Str;
use crate::value::{Context, Raised, Res, int};
use crate::vm::host::{Stream, uninterrupted};
use crate::vm::native::Row;
use crate::vm::resource::Descriptor;
use crate::vm::thread::{Call, Flow, Thread};

use super::{ModuleDef, no_constants};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "posix", rows: ROWS, constants: no_constants, source: None };

static ROWS: &[Row] = &[
    Row::threaded("getpid()", |th, _| Flow::Done(th.cx().int(th.vm().host.process_id().into()).word()))
        .doc("The number of the process."),
    Row::threaded("cpu_count()", |th, _| {
        let count = th.vm().host.processors();
        Flow::Done(count.map_or(Word::NONE, |count| th.cx().int(count.get() as i64).word()))
    })
    .doc("How many processors there are."),
    Row::threaded("urandom(size, /)", random).doc("So many random bytes."),
    Row::threaded("pipe()", pipe)
        .doc("A pair of descriptors: what is written to the second is read from the first."),
    Row::threaded("read(fd, length, /)", read).doc("Reads at most so many bytes; none at the end."),
    Row::threaded("write(fd, data, /)", write).doc("Writes bytes, and says how many."),
    Row::threaded("close(fd)", close).doc("Closes a descriptor."),
    Row::threaded("_environ()", |th, _| Flow::of(environ(th.cx(), th.vm().host.environment()))),
    Row::threaded("_kind(path, /)", kind),
];

/// How much is read at once, in bytes: more than any pipe holds.
const LONGEST_READ: usize = 1 << 20;

/// How many random bytes can be had at once.
const MOST_RANDOM: usize = 1 << 28;

/// `EBADF`
const BAD_DESCRIPTOR: i32 = 9;
/// `EINVAL`
const INVALID: i32 = 22;

fn system(cx: &Context, number: i32) -> Raised {
    os_error(cx, &io::Error::from_raw_os_error(number), None)
}

fn integer(th: &Thread, call: &Call, index: usize) -> Result<i64, Raised> {
    let value = th.arg_at(call, index);
    int::i64_of(value).ok_or_else(|| int::not_an_integer(th.cx(), value))
}

fn descriptor(th: &Thread, call: &Call) -> Result<Arc<Descriptor>, Raised> {
    let number = integer(th, call, 0)?;
    let number = i32::try_from(number).ok();
    number.and_then(|number| th.vm().descriptors.get(number)).ok_or_else(|| system(th.cx(), BAD_DESCRIPTOR))
}

fn random(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let bytes = integer(th, call, 0).and_then(|size| {
        let size = usize::try_from(size).map_err(|_| cx.value_error("negative argument not allowed"))?;
        if size > MOST_RANDOM {
            return Err(cx.memory_error());
        }
        let mut bytes = vec![0; size];
        th.vm().host.entropy(&mut bytes);
        Bytes::new(cx, &bytes).map(Value::object)
    });
    Flow::of(bytes)
}

fn pipe(th: &mut Thread, _: &Call) -> Flow {
    let cx = th.cx();
    match th.vm().descriptors.pipe() {
        Ok((reader, writer)) => Flow::of(cx.tuple(&[cx.int(reader.into()), cx.int(writer.into())])),
        Err(error) => {
            os_error(cx, &error, None);
            Flow::Raised
        }
    }
}

/// Has the work done with the GIL released, and gives what came of it.
fn transfer<T: Send + 'static, W: FnOnce() -> io::Result<T> + Send + 'static>(
    th: &mut Thread,
    begin: impl FnOnce(&Thread) -> Result<W, Raised>,
    give: impl for<'t> FnOnce(&'t Context, T) -> Res<'t>,
) -> Flow {
    match th.take_reply::<io::Result<T>>() {
        Some(Ok(result)) => Flow::of(give(th.cx(), result)),
        Some(Err(error)) => {
            os_error(th.cx(), &error, None);
            Flow::Raised
        }
        None => match begin(th) {
            Ok(work) => th.ask(work),
            Err(Raised) => Flow::Raised,
        },
    }
}

fn read(th: &mut Thread, call: &Call) -> Flow {
    let begin = |th: &Thread| {
        let descriptor = descriptor(th, call);
        let length = usize::try_from(integer(th, call, 1)?).map_err(|_| system(th.cx(), INVALID))?;
        let descriptor = descriptor?;
        Ok(move || {
            let mut buffer = vec![0; length.min(LONGEST_READ)];
            let count = uninterrupted(|| descriptor.file().read(&mut buffer))?;
            buffer.truncate(count);
            Ok(buffer)
        })
    };
    transfer(th, begin, |cx, bytes: Vec<u8>| Bytes::new(cx, &bytes).map(Value::object))
}

fn write(th: &mut Thread, call: &Call) -> Flow {
    let begin = |th: &Thread| -> Result<Box<dyn FnOnce() -> io::Result<usize> + Send>, Raised> {
        let number = integer(th, call, 0)?;
        let data = th.arg_at(call, 1);
        let bytes = data.get::<Bytes>().ok_or_else(|| not_bytes(th.cx(), data))?.as_bytes().to_vec();
        let standard = match number {
            1 => Some(Stream::Out),
            2 => Some(Stream::Err),
            _ => None,
        };
        if let Some(stream) = standard {
            let count = bytes.len();
            let work = th.vm().host.write(stream, bytes);
            return Ok(Box::new(move || work().map(|()| count)));
        }
        let descriptor = descriptor(th, call)?;
        Ok(Box::new(move || uninterrupted(|| descriptor.file().write(&bytes))))
    };
    transfer(th, begin, |cx, count: usize| Ok(cx.int(count as i64)))
}

/// A thread that reads or writes keeps the descriptor open until it is done.
fn close(th: &mut Thread, call: &Call) -> Flow {
    let closed = integer(th, call, 0).and_then(|number| {
        let removed = i32::try_from(number).is_ok_and(|number| th.vm().descriptors.remove(number));
        if removed { Ok(Value::NONE) } else { Err(system(th.cx(), BAD_DESCRIPTOR)) }
    });
    Flow::of(closed)
}

fn environ<'t>(cx: &'t Context, environment: Vec<(String, String)>) -> Res<'t> {
    let dict = Dict::new(cx);
    for (name, value) in environment {
        dict.set(cx, cx.str(&name)?, cx.str(&value)?)?;
    }
    Ok(Value::object(dict))
}

/// What there is at a path: `file`, `directory`, `other` or None.
fn kind(th: &mut Thread, call: &Call) -> Flow {
    let begin = |th: &Thread| {
        let path = th.arg_at(call, 0);
        let Some(path) = path.get::<Str>().map(|path| path.lossy().into_owned()) else {
            let words = "stat: path should be string, bytes, os.PathLike or integer, not";
            return Err(th.cx().type_error(format_args!("{words} {}", th.cx().type_name(path))));
        };
        Ok(move || {
            Ok(std::fs::metadata(path).ok().map(|found| match (found.is_file(), found.is_dir()) {
                (true, _) => "file",
                (_, true) => "directory",
                _ => "other",
            }))
        })
    };
    transfer(th, begin, |cx, kind: Option<&str>| Ok(kind.map_or(Value::NONE, |kind| cx.intern(kind))))
}
