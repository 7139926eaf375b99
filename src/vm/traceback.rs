//! Exceptions as text: what CPython 3.13 prints for one that nobody catches, with its traceback, its chain of causes and
//! its notes.
//!
//! An exception's own words may need code of the language (`__str__`): then it is run here, and the exceptions that are
//! being printed are roots meanwhile.

mod anchors;
mod entry;
mod family;
mod group;
mod library;
pub(in crate::vm) mod suggest;
mod syntax;
mod uncaught;

use crate::heap::{Value, Word};
use crate::value::class::{Type, class_flag};
use crate::value::exception::{Exception, ExceptionPart, Traceback};
use crate::value::exception_fields::field as field_of;
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::text::{quote, wtf8};
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, int, repr};

use super::thread::Thread;

pub(crate) use syntax::render_syntax_error;
pub(crate) use uncaught::{INTERRUPTED, report_uncaught};

pub(in crate::vm) use entry::line_of;
use syntax::SyntaxReport;

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";

/// What is shown of an exception.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// The exceptions that led to it, too.
    pub(crate) chain: bool,
    /// The exceptions that groups hold, too.
    pub(crate) groups: bool,
    /// How many entries of a traceback: the outermost, or if negative the innermost ones.
    pub(crate) limit: Option<i64>,
}

/// The text of an exception, as standard error takes it.
pub(crate) fn render(thread: &mut Thread, exception: Word) -> String {
    let traceback = part_of(thread, exception, ExceptionPart::Traceback);
    let style = Style { chain: true, groups: true, limit: configured_limit(thread).map(i64::wrapping_neg) };
    let parts = format_exception(thread, exception, traceback, style);
    parts.iter().map(|part| printable(part)).collect()
}

/// The parts of an exception's text (WTF-8), each of whole lines, with this traceback.
pub(crate) fn format_exception(
    thread: &mut Thread,
    exception: Word,
    traceback: Option<Word>,
    style: Style,
) -> Vec<Vec<u8>> {
    let bottom = thread.roots.len();
    thread.roots.extend(traceback);
    let family = family::of(thread, exception, traceback, style);
    let parts = group::draw(thread, &family, style.limit);
    thread.roots.truncate(bottom);
    parts
}

/// The text of each entry of a traceback.
pub(crate) fn format_traceback(thread: &Thread, traceback: Word, limit: Option<i64>) -> Vec<String> {
    let entries = entries(thread, traceback, limit);
    entry::format_entries(entries.iter().map(|entry| (&*entry.unit().code, entry.pc())), entry::format_entry)
}

/// The text of each frame that is running, outermost first; without carets, as CPython has it.
pub(crate) fn format_stack(thread: &Thread) -> Vec<String> {
    let frames = thread.frames.iter().filter(|frame| !frame.unit().hidden);
    entry::format_entries(frames.map(|frame| (&*frame.unit().code, frame.pc())), entry::format_line)
}

/// One entry of a traceback as a program sees it.
pub(crate) struct Summary {
    /// The name of the source.
    pub(crate) file: String,
    /// Its line.
    pub(crate) line: u32,
    /// The name of the function.
    pub(crate) function: String,
    /// The text of the line.
    pub(crate) source: String,
    /// The entry as it is printed.
    pub(crate) text: String,
}

/// The entries of a traceback one by one.
pub(crate) fn summaries(thread: &Thread, traceback: Word, limit: Option<i64>) -> Vec<Summary> {
    let summary = |entry: &Traceback| {
        let (code, pc) = (&entry.unit().code, entry.pc());
        let line = entry::line_of(code, pc);
        Summary {
            file: code.source.name().to_owned(),
            line,
            function: code.name.to_string(),
            source: code.source.line_text(line).trim().to_owned(),
            text: entry::format_entry(code, pc),
        }
    };
    entries(thread, traceback, limit).into_iter().map(summary).collect()
}

fn part_of(thread: &Thread, exception: Word, part: ExceptionPart) -> Option<Word> {
    thread.live(exception).get::<Exception>()?.part(part).map(Value::word)
}

/// `sys.tracebacklimit`: how many entries are shown where nothing else is said.
pub(crate) fn configured_limit(thread: &Thread) -> Option<i64> {
    let cx = thread.cx();
    let sys = super::ops::attr::module_dict(thread.vm().modules().get_name(cx, "sys")?)?;
    let limit = int::i64_of(sys.get_name(cx, "tracebacklimit")?)?;
    Some(limit.max(0))
}

fn entries(thread: &Thread, traceback: Word, limit: Option<i64>) -> Vec<&Traceback> {
    let mut all = Vec::new();
    let mut next = thread.live(traceback).get::<Traceback>();
    while let Some(entry) = next {
        all.push(entry);
        next = entry.next();
    }
    let size = |limit: i64| usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
    match limit {
        Some(limit @ 1..) => all.truncate(size(limit)),
        Some(limit) => drop(all.drain(..all.len().saturating_sub(size(limit)))),
        None => {}
    }
    all
}

/// Class and words.
fn last_lines(thread: &mut Thread, parts: &mut Vec<Vec<u8>>, exception: Word, traceback: Option<Word>) {
    let class = {
        let cx = thread.cx();
        class_name(cx, cx.class_of(thread.live(exception)))
    };
    if let Some(report) = syntax_report(thread, exception, &class) {
        parts.extend(report.render().into_iter().map(String::into_bytes));
        return;
    }
    let mut words = safe_text(thread, exception, "exception");
    words.extend_from_slice(suggest::hint(thread, exception, traceback).as_bytes());
    let mut line = class.into_bytes();
    if !words.is_empty() {
        line.extend_from_slice(b": ");
        line.extend_from_slice(&words);
    }
    line.push(b'\n');
    parts.push(line);
}

/// The dotted name of a class, with its module unless that is the program or the built-ins.
fn class_name(cx: &Context, class: &Type) -> String {
    let text = |value: Value<'_>| value.get::<Str>().map(|text| text.lossy().into_owned());
    let name = text(class.qualname()).unwrap_or_default();
    if class.has(class_flag::BUILTIN) {
        return name;
    }
    let module = class.namespace(cx).get_name(cx, "__module__").and_then(text);
    match module.as_deref() {
        Some("__main__" | "builtins") => name,
        Some(module) => format!("{module}.{name}"),
        None => format!("<unknown>.{name}"),
    }
}

fn syntax_report(thread: &mut Thread, exception: Word, class: &str) -> Option<SyntaxReport> {
    if !thread.cx().class_of(thread.live(exception)).is_a(thread.cx(), Builtin::SyntaxError) {
        return None;
    }
    let (message, report) = {
        let cx = thread.cx();
        let exception = thread.live(exception).get::<Exception>()?;
        let field = |name: &str| field_of(cx, exception, name);
        let text = |name| field(name)?.get::<Str>().map(|text| text.lossy().into_owned());
        let number = |name| int::i64_of(field(name)?);
        let report = SyntaxReport {
            class: class.to_owned(),
            msg: String::new(),
            filename: text("filename"),
            lineno: number("lineno").map(|line| line.to_string()),
            end_lineno: number("end_lineno").map(|line| line.to_string()),
            text: text("text"),
            offset: number("offset"),
            end_offset: number("end_offset"),
        };
        (field("msg").map(Value::word), report)
    };
    let msg = message.map(|message| safe_text(thread, message, "exception")).unwrap_or_default();
    Some(SyntaxReport { msg: String::from_utf8_lossy(&msg).into_owned(), ..report })
}

/// `__notes__`, each on lines of its own.
fn notes(thread: &mut Thread, parts: &mut Vec<Vec<u8>>, exception: Word) {
    let (whole, items) = {
        let cx = thread.cx();
        let value = thread.live(exception);
        let own = value.get::<Exception>().and_then(|exception| exception.attribute(cx, "__notes__"));
        let Some(notes) = own.or_else(|| cx.class_of(value).lookup_str(cx, "__notes__")) else { return };
        let list = notes.get::<List>().map(|list| list.to_vec(cx));
        let items = list.or_else(|| notes.get::<Tuple>().map(|tuple| tuple.items().to_vec()));
        let words = items.map(|items| items.into_iter().map(Value::word).collect::<Vec<_>>());
        (notes.word(), words)
    };
    let bottom = thread.roots.len();
    thread.roots.push(whole);
    match items {
        Some(items) => {
            thread.roots.extend(&items);
            for note in items {
                let text = safe_text(thread, note, "note");
                for line in text.split(|byte| *byte == b'\n') {
                    parts.push([line, b"\n"].concat());
                }
            }
        }
        None if whole == Word::NONE => {}
        None => {
            let text = convert(thread, whole, Conversion::Repr);
            let mut text = text.unwrap_or_else(|| b"<__notes__ repr() failed>".to_vec());
            text.push(b'\n');
            parts.push(text);
        }
    }
    thread.roots.truncate(bottom);
}

/// `str(value)`, or that it failed.
fn safe_text(thread: &mut Thread, value: Word, what: &str) -> Vec<u8> {
    convert(thread, value, Conversion::Str).unwrap_or_else(|| format!("<{what} str() failed>").into_bytes())
}

#[derive(Clone, Copy)]
enum Conversion {
    Str,
    Repr,
}

/// The text of a value; an exception that this raises is dropped.
fn convert(thread: &mut Thread, value: Word, conversion: Conversion) -> Option<Vec<u8>> {
    let bytes = |text: Value<'_>| text.get::<Str>().map(|text| text.as_bytes().to_vec());
    let cx = thread.cx();
    let native = match conversion {
        Conversion::Str => repr::str_of(cx, thread.live(value)),
        Conversion::Repr => repr::repr(cx, thread.live(value)),
    };
    match native {
        Ok(text) => return bytes(text),
        Err(Raised) if cx.take_needs_code() => {}
        Err(Raised) => {
            cx.take_pending();
            return None;
        }
    }
    let function = match conversion {
        Conversion::Str => Some(Value::object(cx.class(Builtin::Str)).word()),
        Conversion::Repr => thread.vm().builtins().get_name(cx, "repr").map(Value::word),
    };
    thread.roots.push(value);
    let result = thread.call_sync(function?, &[value]);
    thread.roots.pop();
    match result {
        Ok(text) => bytes(thread.live(text)),
        Err(Raised) => {
            thread.cx().take_pending();
            None
        }
    }
}

/// WTF-8 for standard error, which shows lone surrogates as escapes.
pub(crate) fn printable(text: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for code_point in wtf8::code_points(text) {
        match char::from_u32(code_point) {
            Some(c) => out.push(c),
            None => quote::push_escape(&mut out, code_point),
        }
    }
    out
}
