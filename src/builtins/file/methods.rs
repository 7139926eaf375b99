//! The methods of file objects.

use std::io::{self, IsTerminal, SeekFrom};

use crate::heap::{Kind, Value, Word};
use crate::value::bytes::{Bytes, not_bytes};
use crate::value::file::{File, FilePart};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res, int};
use crate::vm::native::{Args, Row};
use crate::vm::thread::{Call, Flow, Thread};

use super::stream::{Failure, Step};
use super::{Standard, failure, opened, operate, unsupported, write_standard};

/// Methods of every file.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("read(self, size=-1, /)", read).doc("Reads up to `size` characters or bytes, or all."),
    Row::threaded("readline(self, size=-1, /)", read_line).doc("Reads a line."),
    Row::threaded("readlines(self, hint=-1, /)", read_lines).doc("Reads all lines."),
    Row::threaded("write(self, text, /)", write).doc("Writes, and says how much."),
    Row::threaded("writelines(self, lines, /)", write_lines).doc("Writes every item of an iterable."),
    Row::threaded("seek(self, offset, whence=0, /)", seek).doc("Moves to a position."),
    Row::threaded("tell(self, /)", tell).doc("The position."),
    Row::threaded("truncate(self, pos=None, /)", truncate).doc("Cuts the file off."),
    Row::threaded("flush(self, /)", flush).doc("Writes out what has gathered."),
    Row::threaded("close(self, /)", close).doc("Closes the file."),
    Row::threaded("fileno(self, /)", fileno).doc("The number of the descriptor."),
    Row::threaded("isatty(self, /)", is_terminal).doc("Whether it is a terminal."),
    Row::threaded("readable(self, /)", |th, call| asked(th, call, |mode, _| mode.0)),
    Row::threaded("writable(self, /)", |th, call| asked(th, call, |mode, _| mode.1)),
    Row::threaded("seekable(self, /)", |th, call| asked(th, call, |_, seekable| seekable)),
    Row::threaded("__enter__(self, /)", enter),
    Row::threaded("__exit__(self, type=None, value=None, traceback=None, /)", close),
    Row::threaded("__iter__(self, /)", enter),
    Row::threaded("__next__(self, /)", next),
    Row::getter("closed", closed),
    Row::getter("name", |_, args| Ok(part(args, FilePart::Name))),
    Row::getter("mode", |_, args| Ok(part(args, FilePart::Mode))),
];

/// Attributes of text files.
pub(crate) static TEXT_ROWS: &[Row] = &[
    Row::getter("encoding", |_, args| Ok(part(args, FilePart::Encoding))),
    Row::getter("errors", |_, args| Ok(part(args, FilePart::Errors))),
    Row::getter("line_buffering", |_, _| Ok(Value::FALSE)),
];

fn part<'t>(args: Args<'t>, part: FilePart) -> Value<'t> {
    args.at(0).get::<File>().map_or(Value::NONE, |file| file.part(part))
}

fn closed<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(args.at(0).get::<File>().is_some_and(File::is_closed)))
}

/// What a file is for, read under its lock: whether it is text, may be read, may be written.
struct Nature {
    text: bool,
    readable: bool,
    writable: bool,
    standard: Option<Standard>,
}

/// What the file is for, if it is open.
fn nature(th: &Thread, call: &Call) -> Result<Nature, Failure> {
    let file = opened(th, call)?;
    let object = th.arg_at(call, 0);
    let class = th.cx().class_of(object);
    let mode = object.get::<File>().map_or(Value::NONE, |file| file.part(FilePart::Mode));
    let mode = mode.get::<Str>().map(Str::lossy).unwrap_or_default();
    let both = mode.contains('+');
    Ok(Nature {
        text: class.is(Builtin::TextFile),
        readable: both || mode.contains('r') || !mode.contains(['w', 'a', 'x']),
        writable: both || mode.contains(['w', 'a', 'x']),
        standard: file.standard,
    })
}

/// Of a file that may be read: whether it is text.
fn to_read(th: &mut Thread, call: &Call) -> Result<bool, Flow> {
    match nature(th, call) {
        Err(failure) => Err(failure::raise(th, call, failure)),
        Ok(nature) if !nature.readable => {
            Err(unsupported(th, call, if nature.text { "not readable" } else { "read" }))
        }
        Ok(nature) => Ok(nature.text),
    }
}

/// A size, where negative and None are none.
fn size(th: &Thread, call: &Call) -> Result<Option<usize>, Raised> {
    match th.arg(call, 1).filter(|size| !size.is_none()) {
        None => Ok(None),
        Some(size) => {
            let cx = th.cx();
            let wanted = int::i64_of(size).ok_or_else(|| {
                cx.type_error(format_args!(
                    "argument should be integer or None, not '{}'",
                    cx.type_name(size)
                ))
            })?;
            Ok(usize::try_from(wanted).ok())
        }
    }
}

fn give_text(cx: &Context, text: Vec<u8>) -> Res<'_> {
    cx.wtf8(&text)
}

fn give_bytes(cx: &Context, bytes: Vec<u8>) -> Res<'_> {
    Bytes::new(cx, &bytes).map(Value::object)
}

fn read(th: &mut Thread, call: &Call) -> Flow {
    let text = match to_read(th, call) {
        Ok(text) => text,
        Err(flow) => return flow,
    };
    match size(th, call) {
        Err(Raised) => Flow::Raised,
        Ok(limit) if text => operate(th, call, |stream| stream.read_text(limit), give_text),
        Ok(limit) => operate(th, call, |stream| stream.read_bytes(limit), give_bytes),
    }
}

fn read_line(th: &mut Thread, call: &Call) -> Flow {
    let text = match to_read(th, call) {
        Ok(text) => text,
        Err(flow) => return flow,
    };
    match size(th, call) {
        Err(Raised) => Flow::Raised,
        Ok(limit) if text => operate(th, call, |stream| stream.read_text_line(limit), give_text),
        Ok(limit) => operate(th, call, |stream| stream.read_bytes_line(limit), give_bytes),
    }
}

fn next(th: &mut Thread, call: &Call) -> Flow {
    fn item<'t>(cx: &'t Context, line: &[u8], made: Res<'t>) -> Res<'t> {
        if line.is_empty() { Err(cx.raise_with(Builtin::StopIteration, &[])) } else { made }
    }
    match to_read(th, call) {
        Err(flow) => flow,
        Ok(true) => operate(
            th,
            call,
            |stream| stream.read_text_line(None),
            |cx, line| item(cx, &line, cx.wtf8(&line)),
        ),
        Ok(false) => operate(
            th,
            call,
            |stream| stream.read_bytes_line(None),
            |cx, line| item(cx, &line, Bytes::new(cx, &line).map(Value::object)),
        ),
    }
}

fn read_lines(th: &mut Thread, call: &Call) -> Flow {
    let text = match to_read(th, call) {
        Ok(text) => text,
        Err(flow) => return flow,
    };
    match size(th, call) {
        Err(Raised) => return Flow::Raised,
        Ok(None | Some(0)) => {}
        Ok(Some(_)) => {
            let args = [th.arg_at(call, 0).word(), th.arg_at(call, 1).word()];
            return th.call_prelude("file_some_lines", &args, call.cont);
        }
    }
    operate(
        th,
        call,
        |stream| stream.read_lines(),
        |cx, lines| {
            let line = |line: &Vec<u8>| {
                if text { cx.wtf8(line) } else { Bytes::new(cx, line).map(Value::object) }
            };
            cx.list(&lines.iter().map(line).collect::<Result<Vec<_>, Raised>>()?)
        },
    )
}

fn write(th: &mut Thread, call: &Call) -> Flow {
    let nature = match nature(th, call) {
        Ok(nature) => nature,
        Err(failure) => return failure::raise(th, call, failure),
    };
    if !nature.writable {
        return unsupported(th, call, if nature.text { "not writable" } else { "write" });
    }
    let cx = th.cx();
    let value = th.arg_at(call, 1);
    let (bytes, count) = match (value.get::<Str>(), value.get::<Bytes>()) {
        (Some(text), _) if nature.text => (text.as_bytes().to_vec(), text.char_count()),
        (_, Some(bytes)) if !nature.text => (bytes.as_bytes().to_vec(), bytes.as_bytes().len()),
        _ if nature.text => {
            cx.type_error(format_args!("write() argument must be str, not {}", cx.type_name(value)));
            return Flow::Raised;
        }
        // It may be a bytearray.
        _ if value.kind() == Some(Kind::Instance) => {
            let args = [th.arg_at(call, 0).word(), value.word()];
            return th.call_prelude("file_write_data", &args, call.cont);
        }
        _ => {
            not_bytes(cx, value);
            return Flow::Raised;
        }
    };
    let count = cx.int(count as i64).word();
    match nature.standard {
        Some(Standard::Output(stream)) => match standard_bytes(th, call, bytes) {
            Ok(bytes) => write_standard(th, call, stream, bytes, count),
            Err(flow) => flow,
        },
        _ => {
            let flow = operate(th, call, |stream| stream.write_text(&bytes), |_, ()| Ok(Value::NONE));
            if flow == Flow::Done(Word::NONE) { Flow::Done(count) } else { flow }
        }
    }
}

/// Text as a standard stream takes it: surrogates are an error, or for the error stream an escape.
fn standard_bytes(th: &mut Thread, call: &Call, text: Vec<u8>) -> Result<Vec<u8>, Flow> {
    use crate::value::text::codec::{Encoding, encode};
    let errors = th.arg_at(call, 0).get::<File>().map_or(Value::NONE, |file| file.part(FilePart::Errors));
    let errors = errors.get::<Str>().map(Str::lossy).unwrap_or_default().into_owned();
    match encode(&text, Encoding::Utf8, &errors) {
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(failure::raise(th, call, Failure::Codec(error, text))),
    }
}

fn write_lines(th: &mut Thread, call: &Call) -> Flow {
    let args = [th.arg_at(call, 0).word(), th.arg_at(call, 1).word()];
    th.call_prelude("file_write_lines", &args, call.cont)
}

fn flush(th: &mut Thread, call: &Call) -> Flow {
    operate(th, call, |stream| stream.flushed(), |_, ()| Ok(Value::NONE))
}

fn close(th: &mut Thread, call: &Call) -> Flow {
    let Some(file) = th.arg_at(call, 0).get::<File>() else { return Flow::Done(Word::NONE) };
    let number = file.number();
    if file.is_closed() {
        return Flow::Done(Word::NONE);
    }
    let flow = operate(th, call, |stream| stream.close(), |_, ()| Ok(Value::NONE));
    if flow != Flow::Park {
        // Closed even if the last write failed.
        if let Some(file) = th.arg_at(call, 0).get::<File>() {
            file.set_closed();
        }
        th.vm().resources.remove(number);
    }
    flow
}

fn seek(th: &mut Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let number = |index, default| match th.arg(call, index) {
        None => Ok(default),
        Some(value) => int::i64_of(value).ok_or_else(|| int::not_an_integer(cx, value)),
    };
    let (Ok(offset), Ok(whence)) = (number(1, 0), number(2, 0)) else { return Flow::Raised };
    let text = match nature(th, call) {
        Ok(nature) => nature.text,
        Err(failure) => return failure::raise(th, call, failure),
    };
    let target = match (whence, u64::try_from(offset)) {
        (0, Ok(offset)) => SeekFrom::Start(offset),
        (0, Err(_)) if text => {
            cx.value_error(format_args!("negative seek position {offset}"));
            return Flow::Raised;
        }
        (0, Err(_)) => {
            super::os_error(cx, &io::Error::from_raw_os_error(22), None);
            return Flow::Raised;
        }
        (1, _) if text && offset != 0 => return unsupported(th, call, "can't do nonzero cur-relative seeks"),
        (2, _) if text && offset != 0 => return unsupported(th, call, "can't do nonzero end-relative seeks"),
        (1, _) => SeekFrom::Current(offset),
        (2, _) => SeekFrom::End(offset),
        _ => {
            cx.value_error(format_args!("invalid whence ({whence}, should be 0, 1 or 2)"));
            return Flow::Raised;
        }
    };
    operate(th, call, |stream| stream.seek(target), |cx, position| Ok(cx.int(position as i64)))
}

fn tell(th: &mut Thread, call: &Call) -> Flow {
    operate(th, call, |stream| stream.tell(), |cx, position| Ok(cx.int(position as i64)))
}

fn truncate(th: &mut Thread, call: &Call) -> Flow {
    match nature(th, call) {
        Ok(nature) if nature.writable => {}
        Ok(_) => return unsupported(th, call, "truncate"),
        Err(failure) => return failure::raise(th, call, failure),
    }
    let size = match th.arg(call, 1).filter(|size| !size.is_none()) {
        None => None,
        Some(size) => match int::i64_of(size).map(u64::try_from) {
            Some(Ok(size)) => Some(size),
            Some(Err(_)) => {
                super::os_error(th.cx(), &io::Error::from_raw_os_error(22), None);
                return Flow::Raised;
            }
            None => {
                int::not_an_integer(th.cx(), size);
                return Flow::Raised;
            }
        },
    };
    operate(th, call, |stream| stream.truncate(size), |cx, size| Ok(cx.int(size as i64)))
}

/// The number of a file's descriptor, as far as systems have such.
#[cfg(unix)]
fn descriptor(file: &std::fs::File) -> i64 {
    std::os::fd::AsRawFd::as_raw_fd(file).into()
}

#[cfg(not(unix))]
fn descriptor(_: &std::fs::File) -> i64 {
    -1
}

fn fileno(th: &mut Thread, call: &Call) -> Flow {
    let standard = match nature(th, call) {
        Ok(nature) => nature.standard,
        Err(failure) => return failure::raise(th, call, failure),
    };
    let fixed = standard.map(|standard| match standard {
        Standard::Input => 0,
        Standard::Output(crate::vm::host::Stream::Out) => 1,
        Standard::Output(crate::vm::host::Stream::Err) => 2,
    });
    operate(
        th,
        call,
        |stream| Ok(Step::Done(fixed.or(stream.file().map(descriptor)).unwrap_or(-1))),
        |cx, number| Ok(cx.int(number)),
    )
}

fn is_terminal(th: &mut Thread, call: &Call) -> Flow {
    let standard = match nature(th, call) {
        Ok(nature) => nature.standard,
        Err(failure) => return failure::raise(th, call, failure),
    };
    let fixed = standard.map(|standard| match standard {
        Standard::Input => io::stdin().is_terminal(),
        Standard::Output(crate::vm::host::Stream::Out) => io::stdout().is_terminal(),
        Standard::Output(crate::vm::host::Stream::Err) => io::stderr().is_terminal(),
    });
    operate(
        th,
        call,
        |stream| Ok(Step::Done(fixed.unwrap_or_else(|| stream.file().is_some_and(IsTerminal::is_terminal)))),
        |_, terminal| Ok(Value::bool(terminal)),
    )
}

fn asked(th: &mut Thread, call: &Call, answer: fn((bool, bool), bool) -> bool) -> Flow {
    match nature(th, call) {
        Ok(nature) => {
            let seekable = nature.standard.is_none();
            Flow::Done(Word::bool(answer((nature.readable, nature.writable), seekable)))
        }
        Err(failure) => failure::raise(th, call, failure),
    }
}

fn enter(th: &mut Thread, call: &Call) -> Flow {
    match opened(th, call) {
        Ok(_) => Flow::Done(th.arg_at(call, 0).word()),
        Err(failure) => failure::raise(th, call, failure),
    }
}
