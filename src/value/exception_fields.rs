//! The attributes that the classes of exceptions have beyond `args`: `errno`, `value`, `msg`, ….
//!
//! They follow from the arguments; only one that was set, or that does not follow, is stored in the exception. An instance
//! of a class with an `__init__` of its own has them from the moment that calls the built-in one, which stores them.

use crate::heap::Value;

use super::builtin::Builtin;
use super::class::class_flag;
use super::context::Context;
use super::exception::{Exception, ExceptionPart};
use super::int;
use super::list::List;
use super::tuple::Tuple;

/// What attributes the instances of a class have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the classes")]
pub enum Family {
    Plain,
    Import,
    Attribute,
    Name,
    Os,
    StopIteration,
    SystemExit,
    Syntax,
    UnicodeDecode,
    UnicodeEncode,
    UnicodeTranslate,
}

impl Family {
    /// The family of a built-in class: its own or that of its bases.
    pub fn of(mut class: Builtin) -> Family {
        loop {
            return match class {
                Builtin::ImportError => Family::Import,
                Builtin::AttributeError => Family::Attribute,
                Builtin::NameError => Family::Name,
                Builtin::OSError => Family::Os,
                Builtin::StopIteration => Family::StopIteration,
                Builtin::SystemExit => Family::SystemExit,
                Builtin::SyntaxError => Family::Syntax,
                Builtin::UnicodeDecodeError => Family::UnicodeDecode,
                Builtin::UnicodeEncodeError => Family::UnicodeEncode,
                Builtin::UnicodeTranslateError => Family::UnicodeTranslate,
                Builtin::Exception | Builtin::BaseException | Builtin::Object => Family::Plain,
                _ => {
                    class = class.base();
                    continue;
                }
            };
        }
    }

    /// The attributes that follow from the arguments.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Family::Plain | Family::Attribute | Family::Name => &[],
            Family::Import => &["msg"],
            Family::Os => &["errno", "strerror", "filename", "filename2", "characters_written"],
            Family::StopIteration => &["value"],
            Family::SystemExit => &["code"],
            Family::Syntax => &["msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset"],
            Family::UnicodeDecode | Family::UnicodeEncode => {
                &["encoding", "object", "start", "end", "reason"]
            }
            Family::UnicodeTranslate => &["object", "start", "end", "reason"],
        }
    }

    /// The keywords that a call of the class takes.
    pub fn keywords(self) -> &'static [&'static str] {
        match self {
            Family::Import => &["name", "path", "name_from"],
            Family::Attribute => &["name", "obj"],
            Family::Name => &["name"],
            _ => &[],
        }
    }
}

/// The family of an exception.
pub fn family_of(cx: &Context, exception: &Exception) -> Family {
    Family::of(cx.class_of(Value::object(exception)).layout())
}

/// An attribute: as it was set, or as it follows from the arguments.
pub fn field<'t>(cx: &'t Context, exception: &'t Exception, name: &str) -> Option<Value<'t>> {
    if let Some(value) = exception.attribute(cx, name) {
        return Some(value);
    }
    if cx.class_of(Value::object(exception)).has(class_flag::CUSTOM_INIT) {
        return None;
    }
    derived(cx, exception, name)
}

/// What an attribute is by the arguments alone.
pub fn derived<'t>(cx: &'t Context, exception: &'t Exception, name: &str) -> Option<Value<'t>> {
    let args = exception.args();
    let family = family_of(cx, exception);
    let place = family.fields().iter().position(|field| *field == name)?;
    match family {
        Family::Plain | Family::Attribute | Family::Name => None,
        Family::Import => {
            if let [one] = args {
                Some(*one)
            } else {
                None
            }
        }
        Family::StopIteration => args.first().copied(),
        Family::SystemExit => match args {
            [] => None,
            [one] => Some(*one),
            _ => exception.part(ExceptionPart::Args),
        },
        Family::Os => os_field(cx, exception, args, name),
        Family::Syntax => match (place, args) {
            (0, [message, ..]) => Some(*message),
            (_, [_, details]) => detail(*details, place - 1),
            _ => None,
        },
        Family::UnicodeDecode | Family::UnicodeEncode | Family::UnicodeTranslate => {
            (args.len() == family.fields().len()).then(|| args[place])
        }
    }
}

fn detail(details: Value<'_>, place: usize) -> Option<Value<'_>> {
    match details.get::<Tuple>() {
        Some(details) => details.items().get(place).copied(),
        None => details.get::<List>().and_then(|details| details.get(place)),
    }
}

fn os_field<'t>(
    cx: &'t Context,
    exception: &'t Exception,
    args: &'t [Value<'t>],
    name: &str,
) -> Option<Value<'t>> {
    if !(2..=5).contains(&args.len()) {
        return None;
    }
    let file = args.get(2).copied().filter(|file| !file.is_none());
    let blocking = cx.class_of(Value::object(exception)).is_a(cx, Builtin::BlockingIOError);
    let written = file.filter(|file| blocking && int::is_int(*file));
    match name {
        "errno" => Some(args[0]),
        "strerror" => Some(args[1]),
        "characters_written" => written,
        _ if written.is_some() => None,
        "filename" => file,
        _ => file.and(args.get(4).copied()).filter(|file| !file.is_none()),
    }
}

/// The value of a `StopIteration`.
pub(crate) fn stop_value<'t>(cx: &'t Context, exception: Value<'t>) -> Value<'t> {
    let exception = exception.get::<Exception>();
    exception.and_then(|exception| field(cx, exception, "value")).unwrap_or(Value::NONE)
}
