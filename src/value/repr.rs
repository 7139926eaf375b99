//! `repr()`, `str()` and `ascii()` of every value, as far as no code of the language is needed.
//!
//! A value whose class finds `__repr__` or `__str__` in a class written in the language makes the whole answer
//! [`Context::needs_code`], however deep it lies.

mod exception;
mod object;

pub use object::address;

use std::fmt;
use std::io::Write as _;

use crate::heap::{Kind, Value};

use super::bytes::Bytes;
use super::class::{Type, class_flag};
use super::context::{Context, Raised, Res};
use super::deque::Deque;
use super::dict::Dict;
use super::drain::collect_native;
use super::exception::Exception;
use super::int::{self, Integer};
use super::iterate::endless;
use super::list::List;
use super::range::Range;
use super::record::{ClassMethod, Iter, MappingProxy, StaticMethod};
use super::recursion::REPR;
use super::set::Set;
use super::slice::Slice;
use super::str::Str;
use super::text::{float, quote};
use super::tuple::Tuple;
use super::{Builtin, function};

/// `repr(value)`
///
/// # Errors
/// [`Context::needs_code`], `RecursionError`, `ValueError` for an integer of too many digits, `MemoryError`.
pub fn repr<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    cx.written(|out| write_repr(cx, out, value))
}

/// `str(value)`
///
/// # Errors
/// As [`repr`].
pub fn str_of<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    if let Some(small) = value.as_small() {
        return cx.ascii_str(itoa::Buffer::new().format(small).as_bytes());
    }
    match text_of(cx, value)? {
        Some(text) => Ok(text),
        None => cx.written(|out| write_unless_text(cx, out, value)),
    }
}

/// `ascii(value)`
///
/// # Errors
/// As [`repr`].
pub fn ascii<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    cx.scratch(|out| {
        write_repr(cx, out, value)?;
        if out.is_ascii() { cx.wtf8(out) } else { cx.str(&quote::escape_non_ascii(out)) }
    })
}

/// What `object.__repr__` gives, whatever the class.
///
/// # Errors
/// `MemoryError`
pub fn default_repr<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    cx.written(|out| {
        Printer { cx, out, open: Vec::new() }.nameless(value);
        Ok(())
    })
}

/// What `type.__repr__` gives, whatever the metaclass.
///
/// # Errors
/// `MemoryError`
pub fn class_repr<'t>(cx: &'t Context, class: Value<'t>) -> Res<'t> {
    cx.written(|out| {
        Printer { cx, out, open: Vec::new() }.class(class);
        Ok(())
    })
}

/// What the `__repr__` of the value's built-in class gives, whatever a subclass has.
///
/// # Errors
/// As [`repr`].
pub fn repr_builtin<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    cx.written(|out| Printer { cx, out, open: Vec::new() }.builtin(value))
}

/// What the `__str__` of the value's built-in class gives, whatever a subclass has.
///
/// # Errors
/// As [`repr`].
pub fn str_builtin<'t>(cx: &'t Context, value: Value<'t>) -> Res<'t> {
    let plain = value.plain();
    if plain.kind() == Some(Kind::Str) {
        return Ok(plain);
    }
    cx.written(|out| write_unless_text(cx, out, value))
}

/// Appends `repr(value)`.
///
/// # Errors
/// As [`repr`].
pub fn write_repr<'t>(cx: &'t Context, out: &mut Vec<u8>, value: Value<'t>) -> Result<(), Raised> {
    Printer { cx, out, open: Vec::new() }.value(value)
}

/// Appends `str(value)`.
///
/// # Errors
/// As [`repr`].
pub fn write_str<'t>(cx: &'t Context, out: &mut Vec<u8>, value: Value<'t>) -> Result<(), Raised> {
    match text_of(cx, value)?.and_then(|text| text.get::<Str>()) {
        Some(text) => {
            out.extend_from_slice(text.as_bytes());
            Ok(())
        }
        None => write_unless_text(cx, out, value),
    }
}

/// Whether a class finds this special method (`__repr__`, `__str__`, `__format__`) in a class written in the language.
#[inline]
pub fn is_custom(cx: &Context, class: &Type, name: &str) -> bool {
    class.has(class_flag::CUSTOM_REPR) && finds_custom(cx, class, name)
}

#[cold]
fn finds_custom(cx: &Context, class: &Type, name: &str) -> bool {
    class.defining(cx, cx.intern(name)).is_some_and(|(class, _)| !class.has(class_flag::BUILTIN))
}

/// `str(value)` where that is the value itself or the string that it carries.
fn text_of<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Value<'t>>, Raised> {
    if value.header().is_none() {
        return Ok(None);
    }
    if is_custom(cx, cx.class_of(value), "__str__") {
        return Err(cx.needs_code());
    }
    let plain = value.plain();
    Ok((plain.kind() == Some(Kind::Str)).then_some(plain))
}

fn write_unless_text<'t>(cx: &'t Context, out: &mut Vec<u8>, value: Value<'t>) -> Result<(), Raised> {
    if let Some(mapping) = value.get::<MappingProxy>().and_then(MappingProxy::mapping) {
        return write_str(cx, out, mapping);
    }
    match value.get::<Exception>() {
        Some(exception) => exception::write_str(cx, out, value, exception),
        None => write_repr(cx, out, value),
    }
}

/// Writes values, and knows which containers it is in the middle of.
struct Printer<'p, 't> {
    cx: &'t Context,
    out: &'p mut Vec<u8>,
    open: Vec<Value<'t>>,
}

impl<'t> Printer<'_, 't> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn format(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn value(&mut self, value: Value<'t>) -> Result<(), Raised> {
        if let Some(small) = value.as_small() {
            self.text(itoa::Buffer::new().format(small));
            return Ok(());
        }
        if value.header().is_some() && is_custom(self.cx, self.cx.class_of(value), "__repr__") {
            return Err(self.cx.needs_code());
        }
        self.builtin(value)
    }

    /// As the built-in class shows it.
    fn builtin(&mut self, value: Value<'t>) -> Result<(), Raised> {
        let plain = value.plain();
        match plain.kind() {
            None => {
                self.immediate(plain);
                Ok(())
            }
            Some(Kind::Str) => {
                if let Some(text) = plain.get::<Str>() {
                    quote::write_repr_str(self.out, text.as_bytes());
                }
                Ok(())
            }
            Some(Kind::Int | Kind::BigInt) => self.integer(plain),
            Some(Kind::Complex) => {
                if let Some(parts) = super::complex::value_of(plain) {
                    self.text(&super::text::complex::repr(parts.re, parts.im));
                }
                Ok(())
            }
            Some(kind) => {
                let cx = self.cx;
                cx.nested(&REPR, || self.deep(value, plain, kind))
            }
        }
    }

    fn immediate(&mut self, value: Value<'_>) {
        if let Some(small) = value.as_small() {
            self.text(itoa::Buffer::new().format(small));
        } else if let Some(number) = value.as_float() {
            float::write_repr(self.out, number);
        } else {
            self.text(match value.as_bool() {
                Some(true) => "True",
                Some(false) => "False",
                None if value.is_none() => "None",
                None if value.is(Value::ELLIPSIS) => "Ellipsis",
                None => "NotImplemented",
            });
        }
    }

    fn integer(&mut self, value: Value<'_>) -> Result<(), Raised> {
        let Some(integer) = int::integer_of(value) else { return Ok(()) };
        let written = integer.as_text().write_decimal(self.out, self.cx.max_digits());
        written.map_err(|error| self.cx.text_error(&error))
    }

    /// What may hold other values.
    fn deep(&mut self, value: Value<'t>, plain: Value<'t>, kind: Kind) -> Result<(), Raised> {
        match kind {
            Kind::Bytes => {
                let bytes = plain.get::<Bytes>().map_or(&[][..], Bytes::as_bytes);
                self.text(&quote::repr_bytes(bytes));
                Ok(())
            }
            Kind::List => self.guarded(value, "[...]", |printer| {
                let items = plain.get::<List>().map_or_else(Vec::new, |list| list.to_vec(printer.cx));
                printer.items("[", &items, "]")
            }),
            Kind::Deque => self.guarded(value, "[...]", |printer| {
                let Some(deque) = plain.get::<Deque>() else { return Ok(()) };
                printer.class_name(value);
                printer.items("([", &deque.to_vec(printer.cx), "]")?;
                if let Some(limit) = deque.limit() {
                    printer.format(format_args!(", maxlen={limit}"));
                }
                printer.text(")");
                Ok(())
            }),
            Kind::Tuple => self.guarded(value, "(...)", |printer| {
                let items = plain.get::<Tuple>().map_or(&[][..], Tuple::items);
                printer.items("(", items, if items.len() == 1 { ",)" } else { ")" })
            }),
            Kind::Dict => self.guarded(value, "{...}", |printer| match plain.get::<Dict>() {
                Some(dict) => printer.dict(dict),
                None => Ok(()),
            }),
            Kind::Set | Kind::FrozenSet => self.set(value, plain),
            Kind::DictView => self.guarded(value, "...", |printer| {
                let items = collect_native(printer.cx, plain)?.unwrap_or_default();
                printer.class_name(value);
                printer.items("([", &items, "])")
            }),
            Kind::Range => self.range(plain),
            Kind::Slice => match plain.get::<Slice>() {
                Some(slice) => self.items("slice(", &slice.parts(), ")"),
                None => Ok(()),
            },
            Kind::Exception => self.exception(value, plain),
            Kind::StaticMethod => {
                let wrapped = plain.get::<StaticMethod>().and_then(StaticMethod::function);
                self.wrapped(value, "<staticmethod(", wrapped, ")>")
            }
            Kind::ClassMethod => {
                let wrapped = plain.get::<ClassMethod>().and_then(ClassMethod::function);
                self.wrapped(value, "<classmethod(", wrapped, ")>")
            }
            Kind::MappingProxy => {
                let wrapped = plain.get::<MappingProxy>().and_then(MappingProxy::mapping);
                self.wrapped(value, "mappingproxy(", wrapped, ")")
            }
            Kind::BoundMethod => match plain.get::<function::BoundMethod>() {
                Some(method) => {
                    self.text("<bound method ");
                    self.function_name(method.function());
                    self.wrapped(value, " of ", Some(method.receiver()), ">")
                }
                None => Ok(()),
            },
            Kind::File => self.file(value, plain),
            Kind::Iter => self.iterator(value, plain),
            _ => {
                self.object(value, plain, kind);
                Ok(())
            }
        }
    }

    /// Runs `write` unless the value is being written further up; then writes `again`.
    fn guarded(
        &mut self,
        value: Value<'t>,
        again: &str,
        write: impl FnOnce(&mut Self) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        if self.open.iter().any(|open| open.is(value)) {
            self.text(again);
            return Ok(());
        }
        // What stands in itself twice is written twice at every level.
        self.cx.check_room(self.out.len())?;
        self.open.push(value);
        let written = write(self);
        self.open.pop();
        written
    }

    fn items(&mut self, start: &str, items: &[Value<'t>], end: &str) -> Result<(), Raised> {
        self.text(start);
        for (index, item) in items.iter().enumerate() {
            self.cx.poll(index)?;
            if index > 0 {
                self.text(", ");
            }
            self.value(*item)?;
        }
        self.text(end);
        Ok(())
    }

    fn dict(&mut self, dict: &'t Dict) -> Result<(), Raised> {
        self.text("{");
        for (index, (key, value)) in dict.items(self.cx).into_iter().enumerate() {
            self.cx.poll(index)?;
            if index > 0 {
                self.text(", ");
            }
            self.value(key)?;
            self.text(": ");
            self.value(value)?;
        }
        self.text("}");
        Ok(())
    }

    fn set(&mut self, value: Value<'t>, plain: Value<'t>) -> Result<(), Raised> {
        let Some(set) = plain.get::<Set>() else { return Ok(()) };
        let bare = self.cx.class_of(value).is(Builtin::Set);
        let items = set.keys(self.cx);
        if self.open.iter().any(|open| open.is(value)) || items.is_empty() {
            self.class_name(value);
            self.text(if items.is_empty() { "()" } else { "(...)" });
            return Ok(());
        }
        self.guarded(value, "", |printer| {
            if bare {
                return printer.items("{", &items, "}");
            }
            printer.class_name(value);
            printer.items("({", &items, "})")
        })
    }

    fn range(&mut self, plain: Value<'t>) -> Result<(), Raised> {
        let Some(range) = plain.get::<Range>() else { return Ok(()) };
        let [start, stop, step, _] = range.parts();
        let parts = [start, stop, step];
        self.items("range(", if step.as_small() == Some(1) { &parts[..2] } else { &parts }, ")")
    }

    /// `count` and `repeat` of `itertools` show how they go on.
    fn iterator(&mut self, value: Value<'t>, plain: Value<'t>) -> Result<(), Raised> {
        let class = self.cx.class_of(value);
        match plain.get::<Iter>() {
            Some(it) if class.layout() == Builtin::Count => {
                let (next, step) = endless::count_state(it);
                self.class_name(value);
                self.format(format_args!("({next}"));
                if step != 1 {
                    self.format(format_args!(", {step}"));
                }
                self.text(")");
            }
            Some(it) if class.layout() == Builtin::Repeat => {
                let (item, left) = endless::repeat_state(it);
                self.class_name(value);
                self.items("(", &[item], "")?;
                if let Some(left) = left {
                    self.format(format_args!(", {left}"));
                }
                self.text(")");
            }
            _ => self.object(value, plain, Kind::Iter),
        }
        Ok(())
    }

    fn exception(&mut self, value: Value<'t>, plain: Value<'t>) -> Result<(), Raised> {
        let args = plain.get::<Exception>().map_or(&[][..], Exception::args);
        self.guarded(value, "...", |printer| {
            printer.class_name(value);
            printer.items("(", args, ")")
        })
    }

    fn wrapped(
        &mut self,
        value: Value<'t>,
        start: &str,
        wrapped: Option<Value<'t>>,
        end: &str,
    ) -> Result<(), Raised> {
        self.text(start);
        self.guarded(value, "...", |printer| printer.value(wrapped.unwrap_or(Value::NONE)))?;
        self.text(end);
        Ok(())
    }

    /// The `__name__` of the value's class.
    fn class_name(&mut self, value: Value<'t>) {
        self.name(self.cx.class_of(value).name());
    }

    /// A name: a str, or a question mark.
    fn name(&mut self, name: Value<'_>) {
        match name.get::<Str>() {
            Some(name) => self.out.extend_from_slice(name.as_bytes()),
            None => self.text("?"),
        }
    }
}

impl Integer {
    /// As the text side takes it.
    pub(crate) fn as_text(&self) -> super::text::int::IntRef<'_> {
        match self {
            Integer::Fixed(fixed) => super::text::int::IntRef::Small(*fixed),
            Integer::Big(big) => super::text::int::IntRef::Big(big),
        }
    }
}
