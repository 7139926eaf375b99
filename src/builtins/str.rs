//! `str`: the table of its methods, its constructor, and the methods that belong to no group.

use crate::heap::Value;
use crate::value::bytes::Bytes;
use crate::value::dict::Dict;
use crate::value::format::template::{Source, format_template};
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Context, Res, codec, repr};
use crate::vm::native::{Args, Arity, Row};

use super::args::{name, this_str};
use super::{str_case as case, str_search as search, str_split as split, str_translate as translate};

/// `str(…)`
pub(crate) static NEW: Row = Row::leaf("str(object='', encoding='utf-8', errors='strict')", new)
    .static_method()
    .twin("str_new")
    .arity(Arity::Counted);

/// The methods.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("capitalize(self, /)", case::capitalize),
    Row::leaf("casefold(self, /)", case::casefold),
    Row::leaf("center(self, width, fillchar=' ', /)", case::center).twin("str_center"),
    Row::leaf("count(self, sub, start=None, end=None, /)", search::count).twin("str_count"),
    Row::leaf("encode(self, /, encoding='utf-8', errors='strict')", encode),
    Row::leaf("endswith(self, suffix, start=None, end=None, /)", search::endswith).twin("str_endswith"),
    Row::leaf("expandtabs(self, /, tabsize=8)", case::expandtabs).twin("str_expandtabs"),
    Row::leaf("find(self, sub, start=None, end=None, /)", search::find).twin("str_find"),
    Row::leaf("format(self, /, *args, **kwargs)", format).twin("str_format"),
    Row::leaf("format_map(self, mapping, /)", format_map).twin("str_format_map"),
    Row::leaf("index(self, sub, start=None, end=None, /)", search::index).twin("str_index"),
    Row::leaf("isalnum(self, /)", case::isalnum),
    Row::leaf("isalpha(self, /)", case::isalpha),
    Row::leaf("isascii(self, /)", case::isascii),
    Row::leaf("isdecimal(self, /)", case::isdecimal),
    Row::leaf("isdigit(self, /)", case::isdigit),
    Row::leaf("isidentifier(self, /)", case::isidentifier),
    Row::leaf("islower(self, /)", case::islower),
    Row::leaf("isnumeric(self, /)", case::isnumeric),
    Row::leaf("isprintable(self, /)", case::isprintable),
    Row::leaf("isspace(self, /)", case::isspace),
    Row::leaf("istitle(self, /)", case::istitle),
    Row::leaf("isupper(self, /)", case::isupper),
    Row::leaf("join(self, iterable, /)", split::join).twin("str_join"),
    Row::leaf("ljust(self, width, fillchar=' ', /)", case::ljust).twin("str_ljust"),
    Row::leaf("lower(self, /)", case::lower),
    Row::leaf("lstrip(self, chars=None, /)", search::lstrip),
    Row::leaf("maketrans(x, y=None, z=None, /)", translate::maketrans).static_method(),
    Row::leaf("partition(self, sep, /)", split::partition),
    Row::leaf("removeprefix(self, prefix, /)", search::removeprefix),
    Row::leaf("removesuffix(self, suffix, /)", search::removesuffix),
    Row::leaf("replace(self, old, new, /, count=-1)", split::replace).twin("str_replace"),
    Row::leaf("rfind(self, sub, start=None, end=None, /)", search::rfind).twin("str_rfind"),
    Row::leaf("rindex(self, sub, start=None, end=None, /)", search::rindex).twin("str_rindex"),
    Row::leaf("rjust(self, width, fillchar=' ', /)", case::rjust).twin("str_rjust"),
    Row::leaf("rpartition(self, sep, /)", split::rpartition),
    Row::leaf("rsplit(self, /, sep=None, maxsplit=-1)", split::rsplit).twin("str_rsplit"),
    Row::leaf("rstrip(self, chars=None, /)", search::rstrip),
    Row::leaf("split(self, /, sep=None, maxsplit=-1)", split::split).twin("str_split"),
    Row::leaf("splitlines(self, /, keepends=False)", split::splitlines).twin("str_splitlines"),
    Row::leaf("startswith(self, prefix, start=None, end=None, /)", search::startswith).twin("str_startswith"),
    Row::leaf("strip(self, chars=None, /)", search::strip),
    Row::leaf("swapcase(self, /)", case::swapcase),
    Row::leaf("title(self, /)", case::title),
    Row::leaf("translate(self, table, /)", translate::translate).twin("str_translate"),
    Row::leaf("upper(self, /)", case::upper),
    Row::leaf("zfill(self, width, /)", case::zfill).twin("str_zfill"),
];

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (encoding, errors) = (args.get(1), args.get(2));
    let Some(object) = args.get(0) else { return Ok(cx.empty_str()) };
    if encoding.is_none() && errors.is_none() {
        return repr::str_of(cx, object);
    }
    let encoding = name(cx, encoding, "str() argument 'encoding'", "utf-8")?;
    let errors = name(cx, errors, "str() argument 'errors'", "strict")?;
    match object.get::<Bytes>() {
        Some(bytes) => codec::decode(cx, bytes, &encoding, &errors),
        None if object.get::<Str>().is_some() => Err(cx.type_error("decoding str is not supported")),
        None => Err(cx.type_error(format_args!(
            "decoding to str: need a bytes-like object, {} found",
            cx.type_name(object)
        ))),
    }
}

fn encode<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let encoding = name(cx, args.get(1), "encode() argument 'encoding'", "utf-8")?;
    let errors = name(cx, args.get(2), "encode() argument 'errors'", "strict")?;
    codec::encode(cx, this_str(cx, args)?, &encoding, &errors)
}

fn format<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let positional = args.at(1).get::<Tuple>().map_or(&[][..], Tuple::items);
    let mapping = match args.get(2) {
        Some(mapping) => mapping,
        None => Value::object(Dict::new(cx)),
    };
    format_template(cx, this_str(cx, args)?, Source { args: Some(positional), mapping }, None)
}

fn format_map<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    format_template(cx, this_str(cx, args)?, Source { args: None, mapping: args.at(1) }, None)
}
