//! `bytes`: the table of its methods, its constructor, and the methods that belong to no group.

use crate::heap::Value;
use crate::value::bytes::{self, Bytes, MAX_LEN};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res, codec, int, slice};
use crate::vm::native::{Args, Row};

use super::args::{items, name, run, text, this_bytes};
use super::{bytes_case as case, bytes_search as search, bytes_split as split};

/// `bytes(…)`
pub(crate) static NEW: Row =
    Row::leaf("bytes(source=b'', encoding='utf-8', errors='strict')", new).static_method().twin("bytes_new");

/// The methods.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("capitalize(self, /)", case::capitalize),
    Row::leaf("center(self, width, fillchar=b' ', /)", case::center).twin("bytes_center"),
    Row::leaf("count(self, sub, start=None, end=None, /)", search::count).twin("bytes_count"),
    Row::leaf("decode(self, /, encoding='utf-8', errors='strict')", decode),
    Row::leaf("endswith(self, suffix, start=None, end=None, /)", search::endswith).twin("bytes_endswith"),
    Row::leaf("expandtabs(self, /, tabsize=8)", case::expandtabs).twin("bytes_expandtabs"),
    Row::leaf("find(self, sub, start=None, end=None, /)", search::find).twin("bytes_find"),
    Row::leaf("fromhex(cls, string, /)", fromhex).class_method().twin("bytes_fromhex"),
    Row::leaf("hex(self, /, sep=':', bytes_per_sep=1)", hex).twin("bytes_hex"),
    Row::leaf("index(self, sub, start=None, end=None, /)", search::index).twin("bytes_index"),
    Row::leaf("isalnum(self, /)", case::isalnum),
    Row::leaf("isalpha(self, /)", case::isalpha),
    Row::leaf("isascii(self, /)", case::isascii),
    Row::leaf("isdigit(self, /)", case::isdigit),
    Row::leaf("islower(self, /)", case::islower),
    Row::leaf("isspace(self, /)", case::isspace),
    Row::leaf("istitle(self, /)", case::istitle),
    Row::leaf("isupper(self, /)", case::isupper),
    Row::leaf("join(self, iterable_of_bytes, /)", split::join).twin("bytes_join"),
    Row::leaf("ljust(self, width, fillchar=b' ', /)", case::ljust).twin("bytes_ljust"),
    Row::leaf("lower(self, /)", case::lower),
    Row::leaf("lstrip(self, bytes=None, /)", search::lstrip),
    Row::leaf("maketrans(frm, to, /)", maketrans).static_method(),
    Row::leaf("partition(self, sep, /)", split::partition),
    Row::leaf("removeprefix(self, prefix, /)", search::removeprefix),
    Row::leaf("removesuffix(self, suffix, /)", search::removesuffix),
    Row::leaf("replace(self, old, new, count=-1, /)", split::replace).twin("bytes_replace"),
    Row::leaf("rfind(self, sub, start=None, end=None, /)", search::rfind).twin("bytes_rfind"),
    Row::leaf("rindex(self, sub, start=None, end=None, /)", search::rindex).twin("bytes_rindex"),
    Row::leaf("rjust(self, width, fillchar=b' ', /)", case::rjust).twin("bytes_rjust"),
    Row::leaf("rpartition(self, sep, /)", split::rpartition),
    Row::leaf("rsplit(self, /, sep=None, maxsplit=-1)", split::rsplit).twin("bytes_rsplit"),
    Row::leaf("rstrip(self, bytes=None, /)", search::rstrip),
    Row::leaf("split(self, /, sep=None, maxsplit=-1)", split::split).twin("bytes_split"),
    Row::leaf("splitlines(self, /, keepends=False)", split::splitlines).twin("bytes_splitlines"),
    Row::leaf("startswith(self, prefix, start=None, end=None, /)", search::startswith)
        .twin("bytes_startswith"),
    Row::leaf("strip(self, bytes=None, /)", search::strip),
    Row::leaf("swapcase(self, /)", case::swapcase),
    Row::leaf("title(self, /)", case::title),
    Row::leaf("translate(self, table, /, delete=b'')", translate),
    Row::leaf("upper(self, /)", case::upper),
    Row::leaf("zfill(self, width, /)", case::zfill).twin("bytes_zfill"),
];

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (encoding, errors) = (args.get(1), args.get(2));
    if encoding.is_some() || errors.is_some() {
        return encoded(cx, args.get(0), encoding, errors);
    }
    let Some(source) = args.get(0) else { return bytes::value(cx, &[]) };
    let class = cx.class_of(source);
    if class.is(Builtin::Bytes) {
        return Ok(source);
    }
    if class.lookup_str(cx, "__bytes__").is_some() && source.get::<Bytes>().is_none() {
        return Err(cx.needs_code());
    }
    if let Some(bytes) = source.get::<Bytes>() {
        return Ok(Value::object(bytes));
    }
    if source.get::<Str>().is_some() {
        return Err(cx.type_error("string argument without an encoding"));
    }
    if int::is_int(source) {
        return zeros(cx, source);
    }
    if slice::has_index(cx, source) {
        return Err(cx.needs_code());
    }
    match items(cx, source)? {
        Some(items) => of_items(cx, &items),
        None => Err(cx.type_error(format_args!("cannot convert '{}' object to bytes", cx.type_name(source)))),
    }
}

fn encoded<'t>(
    cx: &'t Context,
    source: Option<Value<'t>>,
    encoding: Option<Value<'t>>,
    errors: Option<Value<'t>>,
) -> Res<'t> {
    let given = encoding.is_some();
    let encoding = name(cx, encoding, "bytes() argument 'encoding'", "utf-8")?;
    let errors = name(cx, errors, "bytes() argument 'errors'", "strict")?;
    match source.map(|source| source.get::<Str>()) {
        Some(Some(text)) if given => codec::encode(cx, text, &encoding, &errors),
        Some(Some(_)) => Err(cx.type_error("string argument without an encoding")),
        _ if given => Err(cx.type_error("encoding without a string argument")),
        _ => Err(cx.type_error("errors without a string argument")),
    }
}

fn zeros<'t>(cx: &'t Context, count: Value<'t>) -> Res<'t> {
    let Some(count) = int::i64_of(count) else {
        let message = format_args!("cannot fit '{}' into an index-sized integer", cx.type_name(count));
        return Err(cx.raise(Builtin::OverflowError, message));
    };
    match usize::try_from(count) {
        Ok(count) => Bytes::with(cx, Builtin::Bytes.shape(), count, |_| {}).map(Value::object),
        Err(_) => Err(cx.value_error("negative count")),
    }
}

fn of_items<'t>(cx: &'t Context, items: &[Value<'t>]) -> Res<'t> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match int::i64_of(*item).and_then(|item| u8::try_from(item).ok()) {
            Some(byte) => out.push(byte),
            None if int::is_int(*item) => return Err(cx.value_error("bytes must be in range(0, 256)")),
            None if slice::has_index(cx, *item) => return Err(cx.needs_code()),
            None => return Err(int::not_an_integer(cx, *item)),
        }
    }
    bytes::value(cx, &out)
}

fn decode<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let encoding = name(cx, args.get(1), "decode() argument 'encoding'", "utf-8")?;
    let errors = name(cx, args.get(2), "decode() argument 'errors'", "strict")?;
    codec::decode(cx, this_bytes(cx, args)?, &encoding, &errors)
}

fn fromhex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let string = text(cx, args.at(1), "fromhex() argument")?;
    let digits = string.as_bytes();
    let bad = |place: usize| {
        Err(cx.value_error(format_args!("non-hexadecimal number found in fromhex() arg at position {place}")))
    };
    if let Some(place) = digits.iter().position(|byte| !byte.is_ascii()) {
        return bad(place);
    }
    let digit = |place: usize| {
        let digit = digits.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        digit.map(|digit| digit as u8)
    };
    let mut out = Vec::with_capacity(digits.len() / 2);
    let mut at = 0;
    while at < digits.len() {
        if matches!(digits[at], b'\t'..=b'\r' | b' ') {
            at += 1;
            continue;
        }
        let Some(high) = digit(at) else { return bad(at) };
        let Some(low) = digit(at + 1) else { return bad(at + 1) };
        out.push(high << 4 | low);
        at += 2;
    }
    let exact = args.at(0).get::<crate::value::class::Type>().is_none_or(|class| class.is(Builtin::Bytes));
    if exact { bytes::value(cx, &out) } else { Err(cx.needs_code()) }
}

fn hex<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = this_bytes(cx, args)?.as_bytes();
    let group = args.get(2).map_or(Ok(1), |group| slice::small_size(cx, group))?;
    let separator = args.get(1).map(|separator| hex_separator(cx, separator)).transpose()?;
    let size = group.unsigned_abs() as usize;
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for (index, byte) in bytes.iter().enumerate() {
        let counted = if group < 0 { index } else { bytes.len() - index };
        if let Some(separator) = separator
            && index > 0
            && size > 0
            && counted % size == 0
        {
            out.push(separator);
        }
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    cx.wtf8(&out)
}

fn hex_separator(cx: &Context, value: Value<'_>) -> Result<u8, Raised> {
    let (len, byte) = match (value.get::<Str>(), value.get::<Bytes>().map(Bytes::as_bytes)) {
        (Some(text), _) => (text.char_count(), text.as_bytes().first()),
        (_, Some(bytes)) => (bytes.len(), bytes.first()),
        _ if crate::value::sequence::len(value) == Some(1) => {
            return Err(cx.type_error("sep must be str or bytes."));
        }
        _ => match crate::value::sequence::len(value) {
            Some(_) => return Err(cx.value_error("sep must be length 1.")),
            None => {
                let message = format_args!("object of type '{}' has no len()", cx.type_name(value));
                return Err(cx.type_error(message));
            }
        },
    };
    match byte {
        Some(byte) if len == 1 && byte.is_ascii() => Ok(*byte),
        Some(_) if len == 1 => Err(cx.value_error("sep must be ASCII.")),
        _ => Err(cx.value_error("sep must be length 1.")),
    }
}

fn translate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let this = this_bytes(cx, args)?;
    let table = args.at(1);
    let table = if table.is_none() { None } else { Some(run(cx, table)?) };
    if table.is_some_and(|table| table.len() != 256) {
        return Err(cx.value_error("translation table must be 256 characters long"));
    }
    let dropped = args.get(2).map_or(Ok(&[][..]), |dropped| run(cx, dropped))?;
    let kept = this.as_bytes().iter().filter(|byte| !dropped.contains(byte));
    let out: Vec<u8> = match table {
        Some(table) => kept.map(|byte| table[usize::from(*byte)]).collect(),
        None => kept.copied().collect(),
    };
    if out == this.as_bytes() { Ok(Value::object(this)) } else { bytes::value(cx, &out) }
}

fn maketrans<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (from, to) = (run(cx, args.at(0))?, run(cx, args.at(1))?);
    if from.len() != to.len() {
        return Err(cx.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (from, to) in from.iter().zip(to) {
        table[usize::from(*from)] = *to;
    }
    bytes::value(cx, &table)
}

/// A result of at most the length there is: the bytes themselves if they are unchanged.
pub(super) fn changed<'t>(cx: &'t Context, this: &'t Bytes, rest: &[u8]) -> Res<'t> {
    if rest.len() == this.as_bytes().len() { Ok(Value::object(this)) } else { bytes::value(cx, rest) }
}

/// A result of parts, put together.
pub(super) fn of_parts<'t>(cx: &'t Context, parts: &[&[u8]]) -> Res<'t> {
    let len = parts.iter().try_fold(0usize, |len, part| len.checked_add(part.len()));
    let Some(len) = len.filter(|len| *len <= MAX_LEN) else { return Err(cx.memory_error()) };
    let joined = Bytes::with(cx, Builtin::Bytes.shape(), len, |out| {
        let mut at = 0;
        for part in parts {
            out[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
    });
    joined.map(Value::object)
}
