//! The arguments of the exceptions that are particular about them.

use crate::heap::Value;
use crate::value::bytes::Bytes;
use crate::value::exception::Exception;
use crate::value::exception_fields::Family;
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, drain, int};

/// The details of a `SyntaxError`: name, line, column, text, and perhaps where it ends.
///
/// # Errors
/// `TypeError`
pub(super) fn check_syntax(cx: &Context, exception: &Exception) -> Result<(), Raised> {
    let [_, details] = exception.args() else { return Ok(()) };
    let count = match drain::items(cx, *details) {
        Ok(items) => items.len(),
        Err(Raised) if cx.take_needs_code() => return Err(drain::not_iterable(cx, *details)),
        Err(Raised) => return Err(Raised),
    };
    match count {
        0..=3 => Err(cx.type_error(format_args!("function takes at least 4 arguments ({count} given)"))),
        5 => Err(cx.type_error("end_offset must be provided when end_lineno is provided")),
        7.. => Err(cx.type_error(format_args!("function takes at most 6 arguments ({count} given)"))),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Param {
    Str,
    Bytes,
    Size,
}

/// # Errors
/// `TypeError`, `OverflowError`
pub(super) fn check_unicode(cx: &Context, exception: &Exception, family: Family) -> Result<(), Raised> {
    use Param::{Bytes as B, Size as N, Str as S};
    let params: &[Param] = match family {
        Family::UnicodeDecode => &[S, B, N, N, S],
        Family::UnicodeEncode => &[S, S, N, N, S],
        _ => &[S, N, N, S],
    };
    let args = exception.args();
    if args.len() != params.len() {
        let (count, given) = (params.len(), args.len());
        return Err(cx.type_error(format_args!("function takes exactly {count} arguments ({given} given)")));
    }
    for (place, (param, arg)) in params.iter().zip(args).enumerate() {
        match param {
            Param::Str if arg.get::<Str>().is_none() => {
                let class = if arg.is_none() { "None" } else { cx.type_name(*arg) };
                let place = place + 1;
                return Err(cx.type_error(format_args!("argument {place} must be str, not {class}")));
            }
            Param::Size => check_size(cx, *arg)?,
            Param::Str | Param::Bytes => {}
        }
    }
    // As in CPython, the object is looked at last.
    if params.get(1) == Some(&Param::Bytes) && args[1].get::<Bytes>().is_none() {
        let class = cx.type_name(args[1]);
        return Err(cx.type_error(format_args!("a bytes-like object is required, not '{class}'")));
    }
    Ok(())
}

fn check_size(cx: &Context, value: Value<'_>) -> Result<(), Raised> {
    if !int::is_int(value) {
        return Err(int::not_an_integer(cx, value));
    }
    match int::i64_of(value) {
        Some(_) => Ok(()),
        None => Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t")),
    }
}
