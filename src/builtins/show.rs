//! `__repr__`, `__str__` and `__format__` of the built-in classes.

use crate::value::{Builtin, Context, Res, format, repr};
use crate::vm::native::{Args, Row};

use super::args::text;

const REPR: Row = Row::leaf("__repr__(self, /)", show).twin("repr_builtin");
const STR: Row = Row::leaf("__str__(self, /)", str_of).twin("str_builtin");
const FORMAT: Row = Row::leaf("__format__(self, format_spec, /)", format_value).twin("format_builtin");

static REPR_ONLY: &[Row] = &[REPR];
static STR_ONLY: &[Row] = &[STR];
static REPR_AND_STR: &[Row] = &[REPR, STR];
static REPR_AND_FORMAT: &[Row] = &[REPR, FORMAT];
static ALL: &[Row] = &[REPR, STR, FORMAT];

/// Which of the three methods a built-in class has of its own.
pub(crate) fn rows_of(class: Builtin) -> &'static [Row] {
    match class {
        Builtin::Str => ALL,
        Builtin::Int | Builtin::Float | Builtin::Complex => REPR_AND_FORMAT,
        Builtin::Bytes | Builtin::MappingProxy | Builtin::BaseException => REPR_AND_STR,
        Builtin::KeyError
        | Builtin::OSError
        | Builtin::SyntaxError
        | Builtin::ImportError
        | Builtin::UnicodeEncodeError
        | Builtin::UnicodeDecodeError
        | Builtin::UnicodeTranslateError => STR_ONLY,
        Builtin::Bool
        | Builtin::Tuple
        | Builtin::List
        | Builtin::Deque
        | Builtin::Dict
        | Builtin::Set
        | Builtin::FrozenSet
        | Builtin::Range
        | Builtin::Slice
        | Builtin::NoneType
        | Builtin::EllipsisType
        | Builtin::NotImplementedType
        | Builtin::Function
        | Builtin::Native
        | Builtin::MethodDescriptor
        | Builtin::WrapperDescriptor
        | Builtin::BoundMethod
        | Builtin::Cell
        | Builtin::Generator
        | Builtin::Module
        | Builtin::StaticMethod
        | Builtin::ClassMethod
        | Builtin::Super
        | Builtin::Code
        | Builtin::Member
        | Builtin::GetSet
        | Builtin::DictKeys
        | Builtin::DictValues
        | Builtin::DictItems
        | Builtin::Count
        | Builtin::Repeat
        | Builtin::Lock => REPR_ONLY,
        _ => &[],
    }
}

fn show<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::repr_builtin(cx, args.at(0))
}

fn str_of<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    repr::str_builtin(cx, args.at(0))
}

fn format_value<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let spec = text(cx, args.at(1), "__format__() argument")?;
    format::format_builtin(cx, args.at(0), spec.as_bytes())
}
