//! `open`, `input` and the standard streams' objects.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::heap::{Value, Word};
use crate::value::bytes::Bytes;
use crate::value::file::File;
use crate::value::str::Str;
use crate::value::text::codec::Encoding;
use crate::value::{Builtin, Context, Raised, int};
use crate::vm::host;
use crate::vm::native::Row;
use crate::vm::thread::{Call, Flow, Thread};

use super::failure::os_error;
use super::mode::{Format, Mode, Newline};
use super::stream::{Source, Stream};
use super::{Open, Standard, flush};

/// Functions of the module `builtins`.
pub(crate) static FUNCTIONS: &[Row] = &[
    Row::threaded(
        "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
        open,
    )
    .doc("Opens a file."),
    Row::threaded("input(prompt='', /)", input).doc("Reads a line from the standard input."),
];

/// `ENFILE` and `EMFILE`
const NO_DESCRIPTORS: [i32; 2] = [23, 24];

/// What a call of `open` asks for.
struct Wanted {
    path: PathBuf,
    mode: Mode,
    format: Option<Format>,
}

fn open(th: &mut Thread, call: &Call) -> Flow {
    let wanted = match wanted(th, call) {
        Ok(wanted) => wanted,
        Err(Raised) => return Flow::Raised,
    };
    match th.take_reply::<std::io::Result<std::fs::File>>() {
        None => {
            let others = th.vm().resources.all::<Open>();
            th.ask(move || {
                flush(&others);
                wanted.mode.open(&wanted.path)
            })
        }
        Some(Err(error)) => {
            // Dropped files that were not closed may hold the descriptors.
            if error.raw_os_error().is_some_and(|number| NO_DESCRIPTORS.contains(&number))
                && let Some(flow) = th.collect_once()
            {
                return flow;
            }
            os_error(th.cx(), &error, th.arg(call, 0));
            Flow::Raised
        }
        Some(Ok(file)) => {
            th.end_collecting();
            match file_object(th, call, wanted, file) {
                Ok(file) => Flow::Done(file),
                Err(Raised) => Flow::Raised,
            }
        }
    }
}

fn wanted(th: &Thread, call: &Call) -> Result<Wanted, Raised> {
    let cx = th.cx();
    let path = path(cx, th.arg_at(call, 0))?;
    let given = |index| th.arg(call, index).filter(|value| !value.is_none());
    let mode_text = match given(1) {
        None => "r".into(),
        Some(mode) => text(cx, mode, "mode")?.lossy(),
    };
    let mode = Mode::parse(&mode_text).map_err(|words| cx.value_error(words))?;
    for (index, name) in [(3, "encoding"), (4, "errors"), (5, "newline")] {
        if mode.binary && given(index).is_some() {
            return Err(cx.value_error(format_args!(
                "binary mode doesn't take {name} argument",
                name = with_article(name)
            )));
        }
    }
    match given(2).map(|buffering| int::i64_of(buffering).ok_or_else(|| int::not_an_integer(cx, buffering))) {
        Some(Ok(0)) if !mode.binary => return Err(cx.value_error("can't have unbuffered text I/O")),
        Some(Err(raised)) => return Err(raised),
        _ => {}
    }
    let format = if mode.binary { None } else { Some(format(cx, given(3), given(4), given(5))?) };
    Ok(Wanted { path, mode, format })
}

fn with_article(name: &str) -> String {
    format!("{} {name}", if name == "newline" { "a" } else { "an" })
}

fn text<'t>(cx: &'t Context, value: Value<'t>, name: &str) -> Result<&'t Str, Raised> {
    value.get::<Str>().ok_or_else(|| {
        cx.type_error(format_args!("open() argument '{name}' must be str, not {}", cx.type_name(value)))
    })
}

fn path(cx: &Context, value: Value<'_>) -> Result<PathBuf, Raised> {
    let bytes = match (value.get::<Str>(), value.get::<Bytes>()) {
        (Some(text), _) => text.as_bytes(),
        (_, Some(bytes)) => bytes.as_bytes(),
        _ if int::is_int(value) => {
            return Err(cx.value_error("minipy cannot open a file by the number of its descriptor"));
        }
        _ => {
            return Err(cx.type_error(format_args!(
                "expected str, bytes or os.PathLike object, not {}",
                cx.type_name(value)
            )));
        }
    };
    if bytes.contains(&0) {
        return Err(cx.value_error("embedded null byte"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Ok(std::ffi::OsStr::from_bytes(bytes).into())
    }
    #[cfg(not(unix))]
    Ok(String::from_utf8_lossy(bytes).into_owned().into())
}

fn format(
    cx: &Context,
    encoding: Option<Value<'_>>,
    errors: Option<Value<'_>>,
    newline: Option<Value<'_>>,
) -> Result<Format, Raised> {
    let newline = newline.map(|newline| text(cx, newline, "newline").map(Str::lossy)).transpose()?;
    let newline = Newline::parse(newline.as_deref()).ok_or_else(|| {
        cx.value_error(format_args!("illegal newline value: {:?}", newline.as_deref().unwrap_or_default()))
    })?;
    let name = match encoding {
        Some(encoding) => text(cx, encoding, "encoding")?.lossy(),
        None => "utf-8".into(),
    };
    // The system's own encoding is always UTF-8.
    let known = if name == "locale" { Some(Encoding::Utf8) } else { Encoding::from_name(&name) };
    let encoding =
        known.ok_or_else(|| cx.raise(Builtin::LookupError, format_args!("unknown encoding: {name}")))?;
    let errors = match errors {
        Some(errors) => text(cx, errors, "errors")?.lossy().into_owned(),
        None => "strict".to_owned(),
    };
    Ok(Format { encoding, errors, newline })
}

fn file_object(th: &Thread, call: &Call, wanted: Wanted, file: std::fs::File) -> Result<Word, Raised> {
    let cx = th.cx();
    let Wanted { mode, format, .. } = wanted;
    let class = match (mode.binary, mode.updating, mode.reading) {
        (false, ..) => Builtin::TextFile,
        (true, true, _) => Builtin::BinaryRandom,
        (true, false, true) => Builtin::BinaryFile,
        (true, false, false) => Builtin::BinaryWriter,
    };
    let shown_mode = match th.arg(call, 1) {
        _ if mode.binary => cx.str(mode.raw_name())?,
        Some(mode) => mode,
        None => cx.intern("r"),
    };
    let encoding = match th.arg(call, 3).filter(|encoding| !encoding.is_none()) {
        Some(encoding) => encoding,
        None => cx.intern("UTF-8"),
    };
    let errors = match &format {
        Some(format) => cx.str(&format.errors)?,
        None => Value::NONE,
    };
    let stream = Stream::new(Source::File(file), mode, format);
    let open = Arc::new(Open { stream: Mutex::new(stream), standard: None });
    let parts = [th.arg_at(call, 0), shown_mode, encoding, errors];
    th.vm().resources.add(open, |number| Ok(Value::object(File::new(cx, class, number, parts)).word()))
}

fn input(th: &mut Thread, call: &Call) -> Flow {
    let prompt = match th.arg(call, 0) {
        Some(prompt) => prompt.word(),
        None => th.cx().intern("").word(),
    };
    th.call_prelude("input_line", &[prompt], call.cont)
}

/// The object of a standard stream: 0, 1 or 2.
pub(crate) fn standard_file(th: &mut Thread, call: &Call) -> Flow {
    let (standard, name, errors) = match int::i64_of(th.arg_at(call, 0)) {
        Some(0) => (Standard::Input, "<stdin>", "strict"),
        Some(1) => (Standard::Output(host::Stream::Out), "<stdout>", "strict"),
        _ => (Standard::Output(host::Stream::Err), "<stderr>", "backslashreplace"),
    };
    let reading = standard == Standard::Input;
    let mode = Mode { reading, writing: !reading, ..Mode::default() };
    let format = Format { encoding: Encoding::Utf8, errors: errors.to_owned(), newline: Newline::Universal };
    let stream = Stream::new(Source::Fed, mode, Some(format));
    let open = Open { stream: Mutex::new(stream), standard: Some(standard) };
    let cx = th.cx();
    let mode = if reading { "r" } else { "w" };
    let parts = [name, mode, "utf-8", errors].map(|text| cx.intern(text));
    let made = th.vm().resources.add(Arc::new(open), |number| {
        Ok::<Word, Raised>(Value::object(File::new(cx, Builtin::TextFile, number, parts)).word())
    });
    made.map_or(Flow::Raised, Flow::Done)
}
