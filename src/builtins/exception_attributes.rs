//! The attributes that some classes of exceptions have beyond `args`, one pair of functions each.

use crate::heap::Value;
use crate::value::exception_fields::field;
use crate::value::{Builtin, Context, Res};
use crate::vm::native::{Args, Row};

use super::exception::this;

macro_rules! attributes {
    ($($rows:ident { $($name:ident,)* })*) => {$(
        #[doc = concat!("`", stringify!($rows), "`: ", $("`", stringify!($name), "` ",)*)]
        pub(crate) static $rows: &[Row] = &[$(
            Row::getter(stringify!($name), {
                fn get<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
                    read(cx, args, stringify!($name))
                }
                get
            }),
            Row::setter(stringify!($name), {
                fn set<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
                    write(cx, args, stringify!($name))
                }
                set
            }),
        )*];
    )*};
}

attributes! {
    IMPORT_ERROR { msg, name, path, name_from, }
    ATTRIBUTE_ERROR { name, obj, }
    NAME_ERROR { name, }
    OS_ERROR { errno, strerror, filename, filename2, characters_written, }
    STOP_ITERATION { value, }
    SYSTEM_EXIT { code, }
    SYNTAX_ERROR {
        msg, filename, lineno, offset, text, end_lineno,
        end_offset, print_file_and_line,
    }
    UNICODE_ERROR { encoding, object, start, end, reason, }
    TRANSLATE_ERROR { object, start, end, reason, }
}

fn read<'t>(cx: &'t Context, args: Args<'t>, name: &str) -> Res<'t> {
    let found = field(cx, this(cx, args, name)?, name);
    match found {
        None if name == "characters_written" => Err(cx.raise(Builtin::AttributeError, name)),
        _ => Ok(found.unwrap_or(Value::NONE)),
    }
}

/// A deleted attribute reads as None.
fn write<'t>(cx: &'t Context, args: Args<'t>, name: &str) -> Res<'t> {
    this(cx, args, name)?.set_attribute(cx, name, args.at(1))?;
    Ok(Value::NONE)
}
