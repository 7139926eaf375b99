//! Exceptions: what their classes make of arguments, and their attributes.

use crate::heap::{Object, Value};
use crate::value::class::{Type, class_flag};
use crate::value::dict::Dict;
use crate::value::exception::{Exception, ExceptionPart, Traceback};
use crate::value::exception_fields::{Family, derived, family_of};
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res, drain, int};
use crate::vm::native::{Args, Row};
use crate::vm::ops::matches;

use super::exception_check::{check_syntax, check_unicode};
pub(crate) use super::exception_errno::os_error_class;

/// The rows of `BaseException`.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__new__(cls, /, *args, **kwargs)", new).static_method(),
    Row::leaf("__init__(self, /, *args, **kwargs)", init),
    Row::leaf("with_traceback(self, object, /)", with_traceback),
    Row::leaf("add_note(self, object, /)", add_note),
    Row::getter("args", args),
    Row::setter("args", set_args).twin("exception_set_args"),
    Row::getter("__traceback__", traceback),
    Row::setter("__traceback__", set_traceback),
    Row::getter("__cause__", cause),
    Row::setter("__cause__", set_cause),
    Row::getter("__context__", context),
    Row::setter("__context__", set_context),
    Row::getter("__suppress_context__", suppress_context),
    Row::setter("__suppress_context__", set_suppress_context),
];

/// What the prelude makes groups of exceptions with.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_group_parts(exception, /)", group_parts),
    Row::leaf("_set_group_parts(exception, parts, /)", set_group_parts),
    Row::leaf("_is_caught(exception, classes, /)", is_caught),
];

/// The rows of `traceback`.
pub(crate) static TRACEBACK_ROWS: &[Row] = &[
    Row::getter("tb_lineno", tb_lineno),
    Row::getter("tb_lasti", tb_lasti),
    Row::getter("tb_next", tb_next),
    Row::setter("tb_next", set_tb_next),
];

/// What the `__init__` of a built-in class does once the arguments are stored.
///
/// # Errors
/// `TypeError` for keywords that the class does not take, or arguments it cannot do with; `OverflowError`.
pub(crate) fn initialise<'t>(
    cx: &'t Context,
    exception: &'t Exception,
    keywords: &[(Value<'t>, Value<'t>)],
) -> Result<(), Raised> {
    let family = family_of(cx, exception);
    for (name, value) in keywords.iter().copied() {
        let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
        if !family.keywords().contains(&&*text) {
            return Err(unexpected_keyword(cx, exception, family, &text));
        }
        exception.set_attribute(cx, &text, value)?;
    }
    match family {
        Family::Plain | Family::Attribute | Family::Name => return Ok(()),
        Family::Syntax => check_syntax(cx, exception)?,
        Family::UnicodeDecode | Family::UnicodeEncode | Family::UnicodeTranslate => {
            check_unicode(cx, exception, family)?;
        }
        Family::Os => become_subclass(cx, exception),
        Family::Import | Family::StopIteration | Family::SystemExit => {}
    }
    let names_file = family == Family::Os && derived(cx, exception, "filename").is_some();
    if names_file || cx.class_of(Value::object(exception)).has(class_flag::CUSTOM_INIT) {
        store_fields(cx, exception, family)?;
    }
    if names_file {
        // As in CPython, the file is not part of the arguments.
        let rest = cx.tuple(&exception.args()[..2])?;
        exception.set_part(cx, ExceptionPart::Args, Some(rest));
    }
    Ok(())
}

fn store_fields(cx: &Context, exception: &Exception, family: Family) -> Result<(), Raised> {
    for name in family.fields() {
        if let Some(value) = derived(cx, exception, name) {
            exception.set_attribute(cx, name, value)?;
        }
    }
    Ok(())
}

/// `OSError(2, …)` is a `FileNotFoundError`.
fn become_subclass(cx: &Context, exception: &Exception) {
    if cx.class_of(Value::object(exception)).is(Builtin::OSError)
        && let Some(errno) = derived(cx, exception, "errno").and_then(int::i64_of)
    {
        exception.header().set_shape(os_error_class(errno).shape());
    }
}

#[cold]
fn unexpected_keyword(cx: &Context, exception: &Exception, family: Family, name: &str) -> Raised {
    let class = match family {
        Family::Import => "ImportError",
        Family::Attribute => "AttributeError",
        Family::Name => "NameError",
        _ => {
            let class = cx.type_name(Value::object(exception));
            return cx.type_error(format_args!("{class}() takes no keyword arguments"));
        }
    };
    cx.type_error(format_args!("{class}() got an unexpected keyword argument '{name}'"))
}

/// The exception that a method is called on.
pub(super) fn this<'t>(cx: &'t Context, args: Args<'t>, method: &str) -> Result<&'t Exception, Raised> {
    args.at(0).get::<Exception>().ok_or_else(|| {
        cx.type_error(format_args!(
            "descriptor '{method}' requires a 'BaseException' object but received a '{}'",
            cx.type_name(args.at(0))
        ))
    })
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Some(class) = args.at(0).get::<Type>() else {
        return Err(cx.type_error(format_args!(
            "BaseException.__new__(X): X is not a type object ({})",
            cx.type_name(args.at(0))
        )));
    };
    if !class.has(class_flag::EXCEPTION) {
        let name = class.name_str();
        return Err(cx.type_error(format_args!(
            "BaseException.__new__({name}): {name} is not a subtype of BaseException"
        )));
    }
    let positional = args.at(1).get::<Tuple>().map_or(&[][..], Tuple::items);
    Exception::new(cx, class.root_shape(), positional).map(Value::object)
}

fn init<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "__init__")?;
    exception.set_part(cx, ExceptionPart::Args, Some(args.at(1)));
    let keywords = args.at(2).get::<Dict>();
    let keywords: Vec<_> = keywords.into_iter().flat_map(Dict::iter).collect();
    initialise(cx, exception, &keywords)?;
    Ok(Value::NONE)
}

fn with_traceback<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    put_traceback(cx, this(cx, args, "with_traceback")?, args.at(1))?;
    Ok(args.at(0))
}

fn add_note<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "add_note")?;
    if args.at(1).get::<Str>().is_none() {
        return Err(cx.type_error(format_args!("note must be a str, not '{}'", cx.type_name(args.at(1)))));
    }
    let notes = match exception.attribute(cx, "__notes__") {
        Some(notes) => notes,
        None => {
            let notes = cx.list(&[])?;
            exception.set_attribute(cx, "__notes__", notes)?;
            notes
        }
    };
    match notes.get::<List>() {
        Some(notes) => notes.push(cx, args.at(1))?,
        None => return Err(cx.type_error("Cannot add note: __notes__ is not a list")),
    }
    Ok(Value::NONE)
}

fn args<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    match this(cx, args, "args")?.part(ExceptionPart::Args) {
        Some(args) => Ok(args),
        None => cx.tuple(&[]),
    }
}

fn set_args<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "args")?;
    let value = given(cx, args, "args")?;
    let tuple =
        if cx.class_of(value).is(Builtin::Tuple) { value } else { cx.tuple(&drain::items(cx, value)?)? };
    exception.set_part(cx, ExceptionPart::Args, Some(tuple));
    Ok(Value::NONE)
}

/// The value that an attribute is set to.
fn given<'t>(cx: &'t Context, args: Args<'t>, name: &str) -> Res<'t> {
    args.get(1).ok_or_else(|| cx.type_error(format_args!("{name} may not be deleted")))
}

fn traceback<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    part(cx, args, ExceptionPart::Traceback)
}

fn cause<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    part(cx, args, ExceptionPart::Cause)
}

fn context<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    part(cx, args, ExceptionPart::Context)
}

fn part<'t>(cx: &'t Context, args: Args<'t>, part: ExceptionPart) -> Res<'t> {
    Ok(this(cx, args, "__getattribute__")?.part(part).unwrap_or(Value::NONE))
}

fn set_traceback<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    put_traceback(cx, this(cx, args, "__traceback__")?, given(cx, args, "__traceback__")?)?;
    Ok(Value::NONE)
}

fn put_traceback(cx: &Context, exception: &Exception, value: Value<'_>) -> Result<(), Raised> {
    if !value.is_none() && value.get::<Traceback>().is_none() {
        return Err(cx.type_error("__traceback__ must be a traceback or None"));
    }
    exception.set_part(cx, ExceptionPart::Traceback, Some(value).filter(|value| !value.is_none()));
    Ok(())
}

fn set_cause<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "__cause__")?;
    let cause = exception_or_none(cx, given(cx, args, "__cause__")?, "cause")?;
    exception.set_part(cx, ExceptionPart::Cause, cause);
    exception.set_suppress_context(true);
    Ok(Value::NONE)
}

fn set_context<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "__context__")?;
    let context = exception_or_none(cx, given(cx, args, "__context__")?, "context")?;
    exception.set_part(cx, ExceptionPart::Context, context);
    Ok(Value::NONE)
}

fn exception_or_none<'t>(cx: &'t Context, value: Value<'t>, what: &str) -> Result<Option<Value<'t>>, Raised> {
    if !value.is_none() && value.get::<Exception>().is_none() {
        return Err(cx.type_error(format_args!("exception {what} must be None or derive from BaseException")));
    }
    Ok(Some(value).filter(|value| !value.is_none()))
}

fn suppress_context<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(this(cx, args, "__suppress_context__")?.suppresses_context()))
}

fn set_suppress_context<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = this(cx, args, "__suppress_context__")?;
    let Some(value) = args.get(1) else {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    };
    match value.as_bool() {
        Some(value) => exception.set_suppress_context(value),
        None => return Err(cx.type_error("attribute value type must be bool")),
    }
    Ok(Value::NONE)
}

/// The message of a group and its exceptions; None for other exceptions.
fn group_parts<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    let exception = args.at(0).get::<Exception>();
    Ok(exception.and_then(|exception| exception.part(ExceptionPart::Group)).unwrap_or(Value::NONE))
}

fn set_group_parts<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args, "__new__")?.set_part(cx, ExceptionPart::Group, args.get(1));
    Ok(Value::NONE)
}

/// Whether an `except` clause with these classes takes an exception.
fn is_caught<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    matches(cx, args.at(0), args.at(1)).map(Value::bool)
}

fn entry<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Traceback, Raised> {
    args.at(0).get::<Traceback>().ok_or_else(|| {
        cx.type_error(format_args!(
            "descriptor requires a 'traceback' object but received a '{}'",
            cx.type_name(args.at(0))
        ))
    })
}

fn tb_lineno<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(entry(cx, args)?.line().into()))
}

fn tb_lasti<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(cx.int(entry(cx, args)?.pc().into()))
}

fn tb_next<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(entry(cx, args)?.next().map_or(Value::NONE, Value::object))
}

fn set_tb_next<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let entry = entry(cx, args)?;
    let Some(value) = args.get(1) else { return Err(cx.type_error("can't delete tb_next attribute")) };
    if value.is_none() {
        entry.set_next(cx, None);
        return Ok(Value::NONE);
    }
    let Some(first) = value.get::<Traceback>() else {
        return Err(cx.type_error(format_args!("expected traceback object, got '{}'", cx.type_name(value))));
    };
    let mut next = Some(first);
    while let Some(other) = next {
        if std::ptr::eq(other, entry) {
            return Err(cx.value_error("traceback loop detected"));
        }
        next = other.next();
    }
    entry.set_next(cx, Some(value));
    Ok(Value::NONE)
}
