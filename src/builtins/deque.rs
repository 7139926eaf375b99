//! The methods of `collections.deque`.

use crate::heap::Value;
use crate::value::compare::same_key;
use crate::value::deque::{Deque, End};
use crate::value::drain::with_items;
use crate::value::{Builtin, Context, Raised, Res, int, iterate};
use crate::vm::native::{Args, Row};

use super::function::in_the_language;
use super::receiver::{bound, receiver};

pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__init__(self, iterable=(), maxlen=None)", init).twin("deque_init"),
    Row::leaf("append(self, item, /)", |cx, args| push(cx, args, End::Back)),
    Row::leaf("appendleft(self, item, /)", |cx, args| push(cx, args, End::Front)),
    Row::leaf("clear(self, /)", clear),
    Row::leaf("copy(self, /)", copy).twin("deque_copy"),
    Row::leaf("__copy__(self, /)", copy).twin("deque_copy"),
    Row::leaf("count(self, value, /)", count).twin("deque_count"),
    Row::leaf("extend(self, iterable, /)", |cx, args| extend(cx, args, End::Back)).twin("deque_extend"),
    Row::leaf("extendleft(self, iterable, /)", |cx, args| extend(cx, args, End::Front))
        .twin("deque_extendleft"),
    Row::leaf("index(self, value, start=0, stop=9223372036854775807, /)", index).twin("deque_index"),
    Row::leaf("insert(self, index, value, /)", insert).twin("deque_insert"),
    Row::leaf("pop(self, /)", |cx, args| pop(cx, args, End::Back)),
    Row::leaf("popleft(self, /)", |cx, args| pop(cx, args, End::Front)),
    Row::leaf("remove(self, value, /)", remove).twin("deque_remove"),
    Row::leaf("reverse(self, /)", reverse),
    Row::leaf("rotate(self, n=1, /)", rotate).twin("deque_rotate"),
    Row::leaf("__reversed__(self, /)", reversed),
    Row::leaf("__reduce__(self, /)", in_the_language).twin("deque_reduce"),
    Row::getter("maxlen", maxlen),
];

/// What the part that is written in the language needs.
pub(crate) static PRELUDE_ROWS: &[Row] = &[
    Row::leaf("_new_deque(maxlen, /)", |cx, args| Ok(Value::object(Deque::new(cx, limit(cx, args.get(0))?)))),
    Row::leaf("_deque_reset(self, maxlen, /)", |cx, args| {
        this(cx, args)?.reset(cx, limit(cx, args.get(1))?);
        Ok(Value::NONE)
    }),
    Row::leaf("_deque_version(self, /)", |cx, args| Ok(cx.int(this(cx, args)?.version() as i64))),
];

/// `deque(iterable, maxlen)`
pub(crate) static NEW: Row = Row::leaf("deque(iterable=(), maxlen=None)", new).twin("deque_new");

fn this<'t>(cx: &'t Context, args: Args<'t>) -> Result<&'t Deque, Raised> {
    receiver(cx, args.at(0), "collections.deque")
}

/// `maxlen` as a limit.
fn limit(cx: &Context, maxlen: Option<Value<'_>>) -> Result<Option<usize>, Raised> {
    let Some(maxlen) = maxlen.filter(|maxlen| !maxlen.is_none()) else { return Ok(None) };
    if !int::is_int(maxlen) {
        return Err(cx.type_error("an integer is required"));
    }
    match int::i64_of(maxlen) {
        Some(limit) => match usize::try_from(limit) {
            Ok(limit) => Ok(Some(limit)),
            Err(_) => Err(cx.value_error("maxlen must be non-negative")),
        },
        None => Err(too_large(cx)),
    }
}

#[cold]
fn too_large(cx: &Context) -> Raised {
    cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t")
}

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let made = Deque::new(cx, limit(cx, args.get(1))?);
    if let Some(iterable) = args.get(0) {
        with_items(cx, iterable, |items| made.extend(cx, End::Back, &items))?;
    }
    Ok(Value::object(made))
}

fn init<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (deque, limit) = (this(cx, args)?, limit(cx, args.get(2))?);
    let Some(iterable) = args.get(1) else {
        deque.reset(cx, limit);
        return Ok(Value::NONE);
    };
    with_items(cx, iterable, |items| {
        deque.reset(cx, limit);
        deque.extend(cx, End::Back, &items)
    })?;
    Ok(Value::NONE)
}

fn push<'t>(cx: &'t Context, args: Args<'t>, end: End) -> Res<'t> {
    this(cx, args)?.push(cx, end, args.at(1))?;
    Ok(Value::NONE)
}

fn pop<'t>(cx: &'t Context, args: Args<'t>, end: End) -> Res<'t> {
    let item = this(cx, args)?.pop(cx, end);
    item.ok_or_else(|| cx.raise(Builtin::IndexError, "pop from an empty deque"))
}

fn extend<'t>(cx: &'t Context, args: Args<'t>, end: End) -> Res<'t> {
    let deque = this(cx, args)?;
    with_items(cx, args.at(1), |items| deque.extend(cx, end, &items))?;
    Ok(Value::NONE)
}

fn clear<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.clear(cx);
    Ok(Value::NONE)
}

fn copy<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let deque = this(cx, args)?;
    if !cx.class_of(args.at(0)).is(Builtin::Deque) {
        return Err(cx.needs_code());
    }
    let made = Deque::new(cx, deque.limit());
    made.extend(cx, End::Back, &deque.to_vec(cx))?;
    Ok(Value::object(made))
}

fn count<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let mut found = 0;
    for item in this(cx, args)?.to_vec(cx) {
        found += i64::from(same_key(cx, item, args.at(1))?);
    }
    Ok(cx.int(found))
}

fn index<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let items = this(cx, args)?.to_vec(cx);
    let from = args.get(2).map_or(Ok(0), |from| bound(cx, from, items.len()))?;
    let to = args.get(3).map_or(Ok(items.len()), |to| bound(cx, to, items.len()))?;
    for (place, item) in items.iter().enumerate().take(to).skip(from) {
        if same_key(cx, *item, args.at(1))? {
            return Ok(cx.int(place as i64));
        }
    }
    // The message shows the value, and how it is shown may need code.
    Err(cx.needs_code())
}

fn insert<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let deque = this(cx, args)?;
    let (index, len) = (whole(cx, args.at(1))?, deque.len());
    let index = if index < 0 { index.saturating_add(len as i64).max(0) } else { index };
    let place = usize::try_from(index).unwrap_or(usize::MAX);
    if deque.insert(cx, place, args.at(2))? {
        return Ok(Value::NONE);
    }
    Err(cx.raise(Builtin::IndexError, "deque already at its maximum size"))
}

/// An argument that is an integer of 64 bits.
fn whole(cx: &Context, value: Value<'_>) -> Result<i64, Raised> {
    match int::i64_of(value) {
        Some(whole) => Ok(whole),
        None if int::is_int(value) => Err(too_large(cx)),
        None => super::receiver::integer(cx, value),
    }
}

fn remove<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let deque = this(cx, args)?;
    loop {
        let (version, items) = (deque.version(), deque.to_vec(cx));
        let mut found = None;
        for (place, item) in items.into_iter().enumerate() {
            if same_key(cx, item, args.at(1))? {
                found = Some(place);
                break;
            }
        }
        let Some(place) = found else { return Err(cx.needs_code()) };
        if deque.remove_unchanged(cx, place, version) {
            return Ok(Value::NONE);
        }
    }
}

fn reverse<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?.reverse(cx);
    Ok(Value::NONE)
}

fn rotate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let deque = this(cx, args)?;
    let by = args.get(1).map_or(Ok(1), |by| whole(cx, by))?;
    deque.rotate(cx, by);
    Ok(Value::NONE)
}

fn reversed<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    this(cx, args)?;
    iterate::reversed(cx, args.at(0)).unwrap_or(Ok(Value::NONE))
}

fn maxlen<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(this(cx, args)?.limit().map_or(Value::NONE, |limit| cx.int(limit as i64)))
}
