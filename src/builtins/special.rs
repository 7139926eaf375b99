//! The special methods of the built-in classes as attributes (`int.__add__`, `list.__len__`, …).
//!
//! The machine's operators do not come by here: they end in the same functions of `value` as these rows do, which are
//! words of one table and are listed by class below; those that show a value are in `show`. A class has the words that CPython 3.13 gives it. Each method works
//! on the built-in value that an instance of a subclass carries, so that an overriding method can call the one it
//! overrides; where an operand is not of the method's types it answers `NotImplemented`.

use crate::heap::{Kind, Value};
use crate::value::algebra::{self, SetOp, is_set_view};
use crate::value::compare::Comparison;
use crate::value::number::{self, BinaryOp, UnaryOp};
use crate::value::slice::Slice;
use crate::value::{Builtin, Context, Raised, Res, float, hash, int, iterate, sequence};
use crate::vm::native::{Args, Row};
use crate::vm::ops::{EXHAUSTED, native_binary, native_compare};
use crate::vm::thread::{Call, Flow, Thread};

/// A row of the class `$class` for the special method that a word stands for.
macro_rules! word {
    ($class:ident lt) => { order!($class "__lt__" Lt "lt") };
    ($class:ident le) => { order!($class "__le__" Le "le") };
    ($class:ident eq) => { order!($class "__eq__" Eq "eq") };
    ($class:ident ne) => { order!($class "__ne__" Ne "ne") };
    ($class:ident gt) => { order!($class "__gt__" Gt "gt") };
    ($class:ident ge) => { order!($class "__ge__" Ge "ge") };

    ($class:ident add) => { forward!($class "__add__" Add) };
    ($class:ident sub) => { forward!($class "__sub__" Sub).twin("binary_sub") };
    ($class:ident mul) => { forward!($class "__mul__" Mul) };
    ($class:ident truediv) => { forward!($class "__truediv__" Div) };
    ($class:ident floordiv) => { forward!($class "__floordiv__" FloorDiv) };
    ($class:ident mod) => { forward!($class "__mod__" Mod).twin("binary_mod") };
    ($class:ident divmod) => { forward!($class "__divmod__" DivMod) };
    ($class:ident lshift) => { forward!($class "__lshift__" LShift) };
    ($class:ident rshift) => { forward!($class "__rshift__" RShift) };
    ($class:ident and) => { forward!($class "__and__" BitAnd).twin("binary_and") };
    ($class:ident or) => { forward!($class "__or__" BitOr).twin("binary_or") };
    ($class:ident xor) => { forward!($class "__xor__" BitXor).twin("binary_xor") };
    ($class:ident radd) => { reflected!($class "__radd__" Add) };
    ($class:ident rsub) => { reflected!($class "__rsub__" Sub).twin("special_rsub") };
    ($class:ident rmul) => { reflected!($class "__rmul__" Mul) };
    ($class:ident rtruediv) => { reflected!($class "__rtruediv__" Div) };
    ($class:ident rfloordiv) => { reflected!($class "__rfloordiv__" FloorDiv) };
    ($class:ident rmod) => { reflected!($class "__rmod__" Mod).twin("special_rmod") };
    ($class:ident rdivmod) => { reflected!($class "__rdivmod__" DivMod) };
    ($class:ident rlshift) => { reflected!($class "__rlshift__" LShift) };
    ($class:ident rrshift) => { reflected!($class "__rrshift__" RShift) };
    ($class:ident rand) => { reflected!($class "__rand__" BitAnd).twin("special_rand") };
    ($class:ident ror) => { reflected!($class "__ror__" BitOr).twin("special_ror") };
    ($class:ident rxor) => { reflected!($class "__rxor__" BitXor).twin("special_rxor") };
    ($class:ident iand) => { in_place!($class "__iand__" And "inplace_and") };
    ($class:ident ior) => { in_place!($class "__ior__" Or "inplace_or") };
    ($class:ident isub) => { in_place!($class "__isub__" Sub "inplace_sub") };
    ($class:ident ixor) => { in_place!($class "__ixor__" Xor "inplace_xor") };
    ($class:ident pow) => {
        Row::leaf("__pow__(self, value, mod=None, /)", |cx, args| power(cx, args, Builtin::$class, "__pow__", false))
    };
    ($class:ident rpow) => {
        Row::leaf("__rpow__(self, value, mod=None, /)", |cx, args| power(cx, args, Builtin::$class, "__rpow__", true))
    };

    ($class:ident concat) => { method!($class "__add__" "(self, value, /)" concat) };
    ($class:ident repeat) => { method!($class "__mul__" "(self, value, /)" repeat).twin("special_repeat") };
    ($class:ident rrepeat) => { method!($class "__rmul__" "(self, value, /)" repeat).twin("special_repeat") };
    ($class:ident iconcat) => { method!($class "__iadd__" "(self, value, /)" extend).twin("special_extend") };
    ($class:ident irepeat) => { method!($class "__imul__" "(self, value, /)" repeat_here).twin("special_repeat_here") };

    ($class:ident neg) => { unary!($class "__neg__" Neg) };
    ($class:ident pos) => { unary!($class "__pos__" Pos) };
    ($class:ident abs) => { unary!($class "__abs__" Abs) };
    ($class:ident invert) => { unary!($class "__invert__" Invert) };
    ($class:ident index) => { unary!($class "__index__" Pos) };
    ($class:ident int) => { method!($class "__int__" "(self, /)" trunc) };
    ($class:ident trunc) => { method!($class "__trunc__" "(self, /)" trunc) };
    ($class:ident floor) => { method!($class "__floor__" "(self, /)" floor) };
    ($class:ident ceil) => { method!($class "__ceil__" "(self, /)" ceil) };
    ($class:ident round) => { method!($class "__round__" "(self, ndigits=None, /)" round).twin("special_round") };
    ($class:ident float) => { method!($class "__float__" "(self, /)" to_float) };
    ($class:ident bool) => { method!($class "__bool__" "(self, /)" truth) };

    ($class:ident hash) => { method!($class "__hash__" "(self, /)" hashed).twin("special_hash") };

    ($class:ident len) => { method!($class "__len__" "(self, /)" len) };
    ($class:ident getitem) => { method!($class "__getitem__" "(self, key, /)" get_item).twin("getitem") };
    ($class:ident setitem) => { method!($class "__setitem__" "(self, key, value, /)" set_item).twin("setitem") };
    ($class:ident delitem) => { method!($class "__delitem__" "(self, key, /)" del_item).twin("delitem") };
    ($class:ident contains) => { method!($class "__contains__" "(self, key, /)" contains).twin("contains") };
    ($class:ident iter) => { method!($class "__iter__" "(self, /)" iterator).twin("special_iter") };
    ($class:ident reversed) => { method!($class "__reversed__" "(self, /)" reversed).twin("special_reversed") };
    ($class:ident newargs) => { method!($class "__getnewargs__" "(self, /)" new_args) };
    ($class:ident next) => {
        Row::threaded("__next__(self, /)", |thread, call| next(thread, call, Builtin::$class))
    };
}

macro_rules! method {
    ($class:ident $name:literal $params:literal $run:ident) => {
        Row::leaf(concat!($name, $params), |cx, args| {
            $run(cx, receiver(cx, args, Builtin::$class, $name)?, args)
        })
    };
}

macro_rules! order {
    ($class:ident $name:literal $op:ident $twin:literal) => {
        Row::leaf(concat!($name, "(self, value, /)"), |cx, args| {
            compare(cx, args, Builtin::$class, Comparison::$op)
        })
        .twin($twin)
    };
}

macro_rules! forward {
    ($class:ident $name:literal $op:ident) => {
        Row::leaf(concat!($name, "(self, value, /)"), |cx, args| {
            binary(cx, args, Builtin::$class, $name, BinaryOp::$op, false)
        })
    };
}

macro_rules! reflected {
    ($class:ident $name:literal $op:ident) => {
        Row::leaf(concat!($name, "(self, value, /)"), |cx, args| {
            binary(cx, args, Builtin::$class, $name, BinaryOp::$op, true)
        })
    };
}

macro_rules! in_place {
    ($class:ident $name:literal $op:ident $twin:literal) => {
        Row::leaf(concat!($name, "(self, value, /)"), |cx, args| {
            combine_here(cx, args, Builtin::$class, $name, SetOp::$op)
        })
        .twin($twin)
    };
}

macro_rules! unary {
    ($class:ident $name:literal $op:ident) => {
        Row::leaf(concat!($name, "(self, /)"), |cx, args| {
            let own = receiver(cx, args, Builtin::$class, $name)?;
            number::unary(cx, UnaryOp::$op, own).map(or_not_implemented)
        })
    };
}

/// The table: class and words.
macro_rules! classes {
    ($($class:ident: $($word:ident)*;)*) => {
        /// The special methods of each class.
        pub(crate) static CLASSES: &[(Builtin, &[Row])] =
            &[$((Builtin::$class, &[$(word!($class $word)),*])),*];
    };
}

classes! {
    Int: hash lt le eq ne gt ge add radd sub rsub mul rmul mod rmod divmod rdivmod pow rpow neg pos abs bool invert
        lshift rlshift rshift rrshift and rand xor rxor or ror int float floordiv rfloordiv truediv rtruediv index trunc
        floor ceil round newargs;
    Bool: invert and rand xor rxor or ror;
    Float: hash lt le eq ne gt ge add radd sub rsub mul rmul mod rmod divmod rdivmod pow rpow neg pos abs bool int
        float floordiv rfloordiv truediv rtruediv trunc floor ceil round newargs;
    Complex: hash lt le eq ne gt ge add radd sub rsub mul rmul truediv rtruediv pow rpow neg pos abs bool;
    Str: hash lt le eq ne gt ge iter mod rmod len getitem concat repeat rrepeat contains newargs;
    Bytes: hash lt le eq ne gt ge iter mod rmod len getitem concat repeat rrepeat contains newargs;
    Tuple: hash lt le eq ne gt ge iter len getitem concat repeat rrepeat contains newargs;
    List: lt le eq ne gt ge iter len getitem setitem delitem concat repeat rrepeat contains iconcat irepeat;
    Deque: lt le eq ne gt ge iter len getitem setitem delitem contains concat repeat rrepeat iconcat irepeat;
    Dict: lt le eq ne gt ge iter or ror ior len getitem setitem delitem contains;
    Set: lt le eq ne gt ge iter sub rsub and rand xor rxor or ror isub iand ixor ior len contains;
    FrozenSet: hash lt le eq ne gt ge iter sub rsub and rand xor rxor or ror len contains;
    Range: hash lt le eq ne gt ge iter bool len getitem contains;
    Slice: hash lt le eq ne gt ge;
    NoneType: hash lt le eq ne gt ge bool;
    NotImplementedType: bool;
    DictKeys: lt le eq ne gt ge iter sub rsub and rand xor rxor or ror len contains;
    DictValues: iter len;
    DictItems: lt le eq ne gt ge iter sub rsub and rand xor rxor or ror len contains;
    MappingProxy: hash lt le eq ne gt ge iter or ror len getitem contains reversed;
    Native: hash eq ne;
    BoundMethod: hash eq ne;
    Code: hash eq ne;
    Generator: iter;
    ListIterator: iter next;
    ListReverseIterator: iter next;
    TupleIterator: iter next;
    StrIterator: iter next;
    StrAsciiIterator: iter next;
    BytesIterator: iter next;
    RangeIterator: iter next;
    LongRangeIterator: iter next;
    DictKeyIterator: iter next;
    DictValueIterator: iter next;
    DictItemIterator: iter next;
    DictReverseKeyIterator: iter next;
    DictReverseValueIterator: iter next;
    DictReverseItemIterator: iter next;
    DequeIterator: iter next;
    DequeReverseIterator: iter next;
    SetIterator: iter next;
    SequenceIterator: iter next;
    CallableIterator: iter next;
    Reversed: iter next;
    Enumerate: iter next;
    Zip: iter next;
    Map: iter next;
    Filter: iter next;
    Count: iter next;
    Cycle: iter next;
    Repeat: iter next;
}

/// The classes whose `__hash__` is None.
pub(crate) static UNHASHABLE: &[Builtin] = &[
    Builtin::List,
    Builtin::Deque,
    Builtin::Dict,
    Builtin::Set,
    Builtin::DictKeys,
    Builtin::DictItems,
    Builtin::Cell,
];

/// `type(...)()`
pub(crate) static NEW_ELLIPSIS: Row = Row::leaf("ellipsis()", |_, _| Ok(Value::ELLIPSIS));
/// `type(NotImplemented)()`
pub(crate) static NEW_NOT_IMPLEMENTED: Row =
    Row::leaf("NotImplementedType()", |_, _| Ok(Value::NOT_IMPLEMENTED));

/// The built-in value that a method was called on.
fn receiver<'t>(cx: &'t Context, args: Args<'t>, class: Builtin, name: &str) -> Res<'t> {
    let object = args.at(0);
    if cx.class_of(object).is_a(cx, class) {
        return Ok(object.plain());
    }
    Err(wrong_receiver(cx, class, name, object))
}

#[cold]
fn wrong_receiver(cx: &Context, class: Builtin, name: &str, object: Value<'_>) -> Raised {
    cx.type_error(format_args!(
        "descriptor '{name}' requires a '{}' object but received a '{}'",
        class.name(),
        cx.type_name(object)
    ))
}

fn or_not_implemented(result: Option<Value<'_>>) -> Value<'_> {
    result.unwrap_or(Value::NOT_IMPLEMENTED)
}

fn is_set(value: Value<'_>) -> bool {
    matches!(value.kind(), Some(Kind::Set | Kind::FrozenSet))
}

/// Whether the operators of a class take such a second operand.
fn takes(class: Builtin, other: Value<'_>) -> bool {
    match class {
        Builtin::Int | Builtin::Bool => int::is_int(other),
        Builtin::Float => int::is_int(other) || float::value_of(other).is_some(),
        Builtin::Complex => other.kind() == Some(Kind::Complex) || takes(Builtin::Float, other),
        Builtin::Set | Builtin::FrozenSet => is_set(other),
        _ => other.kind() == Some(class.kind()),
    }
}

fn compare<'t>(cx: &'t Context, args: Args<'t>, class: Builtin, op: Comparison) -> Res<'t> {
    let own = receiver(cx, args, class, op.method())?;
    let other = args.at(1).plain();
    let ordered = !matches!(op, Comparison::Eq | Comparison::Ne);
    let comparable = match class {
        Builtin::DictKeys | Builtin::DictItems => is_set(other) || is_set_view(other),
        Builtin::MappingProxy => true,
        Builtin::NoneType => !ordered && other.is_none(),
        Builtin::Dict | Builtin::Range | Builtin::Complex => !ordered && takes(class, other),
        _ => takes(class, other),
    };
    if !comparable {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (own, other) = match (own.get::<Slice>(), other.get::<Slice>()) {
        (Some(own), Some(other)) => (cx.tuple(&own.parts())?, cx.tuple(&other.parts())?),
        _ => (own, other),
    };
    Ok(native_compare(cx, op, own, other)?.map_or(Value::NOT_IMPLEMENTED, Value::bool))
}

fn binary<'t>(
    cx: &'t Context,
    args: Args<'t>,
    class: Builtin,
    name: &str,
    op: BinaryOp,
    reflected: bool,
) -> Res<'t> {
    let own = receiver(cx, args, class, name)?;
    let other = args.at(1).plain();
    let taken = match class {
        Builtin::DictKeys | Builtin::DictItems | Builtin::MappingProxy => true,
        // Formatting takes any arguments.
        Builtin::Str | Builtin::Bytes => !reflected || takes(class, other),
        _ => takes(class, other),
    };
    if !taken {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let result = match (class, reflected) {
        (_, true) => native_binary(cx, op, other, own),
        (Builtin::Str | Builtin::Bytes, false) => native_binary(cx, op, own, args.at(1)),
        (_, false) => native_binary(cx, op, own, other),
    };
    result.map(or_not_implemented)
}

fn power<'t>(cx: &'t Context, args: Args<'t>, class: Builtin, name: &str, reflected: bool) -> Res<'t> {
    let own = receiver(cx, args, class, name)?;
    let other = args.at(1).plain();
    let modulus = args.get(2).filter(|modulus| !modulus.is_none()).map(Value::plain);
    if !takes(class, other) || modulus.is_some_and(|modulus| !takes(class, modulus)) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (base, exponent) = if reflected { (other, own) } else { (own, other) };
    let result = match modulus {
        Some(modulus) => number::power_mod(cx, base, exponent, modulus),
        None => number::binary(cx, BinaryOp::Pow, base, exponent),
    };
    result.map(or_not_implemented)
}

fn combine_here<'t>(cx: &'t Context, args: Args<'t>, class: Builtin, name: &str, op: SetOp) -> Res<'t> {
    let own = receiver(cx, args, class, name)?;
    let other = args.at(1);
    if class == Builtin::Set && !takes(class, other.plain()) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    match algebra::in_place(cx, op, own, other)? {
        Some(_) => Ok(args.at(0)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn concat<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    let other = args.at(1);
    match sequence::concat(cx, own, other.plain())? {
        Some(result) => Ok(result),
        None => Err(sequence::operand_error(cx, "+", own, other).unwrap_or(Raised)),
    }
}

fn repeat<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    match sequence::repeat(cx, own, args.at(1))? {
        Some(result) => Ok(result),
        None => Err(int::not_an_integer(cx, args.at(1))),
    }
}

fn extend<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    sequence::extend(cx, own, args.at(1)).map(|_| args.at(0))
}

fn repeat_here<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    match sequence::repeat_in_place(cx, own, args.at(1))? {
        Some(_) => Ok(args.at(0)),
        None => Err(int::not_an_integer(cx, args.at(1))),
    }
}

fn trunc<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    number::trunc(cx, own).map(or_not_implemented)
}

fn floor<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    number::floor(cx, own).map(or_not_implemented)
}

fn ceil<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    number::ceil(cx, own).map(or_not_implemented)
}

fn round<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    number::round(cx, own, args.get(1)).map(or_not_implemented)
}

fn to_float<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    number::to_float(cx, own).map(Value::float)
}

fn truth<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    sequence::truth(cx, own).map(Value::bool)
}

fn hashed<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    hash::hash(cx, algebra::unproxied(own)).map(|hash| cx.int(hash))
}

/// What `__new__` of the class makes an equal value of.
fn new_args<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    cx.tuple(&[own])
}

fn len<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    match sequence::len(own).and_then(|len| i64::try_from(len).ok()) {
        Some(len) => Ok(cx.int(len)),
        None => Err(cx.raise(Builtin::OverflowError, "Python int too large to convert to C ssize_t")),
    }
}

fn get_item<'t>(cx: &'t Context, _: Value<'t>, args: Args<'t>) -> Res<'t> {
    // A dict asks the `__missing__` of its own class.
    sequence::get_item(cx, args.at(0), args.at(1)).map(or_not_implemented)
}

fn set_item<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    sequence::set_item(cx, own, args.at(1), args.at(2)).map(|_| Value::NONE)
}

fn del_item<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    sequence::del_item(cx, own, args.at(1)).map(|_| Value::NONE)
}

fn contains<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    sequence::contains(cx, own, args.at(1)).map(|found| Value::bool(found == Some(true)))
}

fn iterator<'t>(cx: &'t Context, own: Value<'t>, args: Args<'t>) -> Res<'t> {
    match own.kind() {
        Some(Kind::Iter | Kind::Generator) => Ok(args.at(0)),
        _ => iterate::iter(cx, own).unwrap_or_else(|| Err(cx.needs_code())),
    }
}

fn reversed<'t>(cx: &'t Context, own: Value<'t>, _: Args<'t>) -> Res<'t> {
    iterate::reversed(cx, own).unwrap_or_else(|| Err(cx.needs_code()))
}

fn next(thread: &mut Thread, call: &Call, class: Builtin) -> Flow {
    let object = thread.arg_at(call, 0);
    let iterator = object.plain();
    if iterator.kind() != Some(Kind::Iter) {
        wrong_receiver(thread.cx(), class, "__next__", object);
        return Flow::Raised;
    }
    match thread.step(iterator.word(), call.cont) {
        EXHAUSTED => {
            thread.cx().raise_with(Builtin::StopIteration, &[]);
            Flow::Raised
        }
        flow => flow,
    }
}
