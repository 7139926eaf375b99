//! `str % args` and `bytes % args`.

use crate::heap::Value;

use super::template::native_item;
use super::{Answers, Stop, finish};
use crate::value::bytes::{self, Bytes};
use crate::value::class::class_flag;
use crate::value::context::{Context, Res};
use crate::value::int::{self, Integer};
use crate::value::list::List;
use crate::value::repr;
use crate::value::str::Str;
use crate::value::text::percent::{
    self as text, Amount, Conversion, Kind, NOT_ENOUGH, Piece, STAR_WANTS_INT, Target, WANTS_MAPPING,
};
use crate::value::text::{float_hex, int::Int};
use crate::value::tuple::Tuple;

/// `format % args`, where the format is a str or bytes. With a list of answers it can be resumed: the result is then of the
/// format's type, or a tuple of what is asked for, of what, and a detail.
///
/// # Errors
/// Those of the format, of formatting and of the lookups; [`Context::needs_code`] if it cannot be resumed.
pub fn percent<'t>(
    cx: &'t Context,
    format: Value<'t>,
    args: Value<'t>,
    answers: Option<&'t List>,
) -> Res<'t> {
    let (template, target) = match (format.get::<Str>(), format.get::<Bytes>()) {
        (Some(format), _) => (format.as_bytes(), Target::Str),
        (_, Some(format)) => (format.as_bytes(), Target::Bytes),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    let mut formatter = Formatter {
        cx,
        target,
        mapping: is_mapping(cx, args).then_some(args),
        args: Arguments::new(args),
        answers: Answers::new(cx, answers),
    };
    let text = cx.scratch(|out| {
        formatter.render(out, template)?;
        match target {
            Target::Str => Ok(cx.wtf8(out)?),
            Target::Bytes => Ok(bytes::value(cx, out)?),
        }
    });
    finish(cx, text, answers.is_some())
}

/// Whether keys can be looked up in the arguments: they can be subscripted, and are no tuple, str or bytes.
fn is_mapping(cx: &Context, args: Value<'_>) -> bool {
    use crate::heap::Kind;
    match args.plain().kind() {
        Some(Kind::Tuple | Kind::Str) | None => false,
        Some(Kind::List | Kind::Dict | Kind::Range | Kind::MappingProxy | Kind::Bytes) => true,
        Some(_) => cx.class_of(args).lookup_str(cx, "__getitem__").is_some(),
    }
}

/// The arguments that are left.
enum Arguments<'t> {
    /// Of a tuple.
    Several(&'t [Value<'t>]),
    /// A single value.
    One(Value<'t>),
    /// The single value was taken.
    Taken,
}

impl<'t> Arguments<'t> {
    fn new(args: Value<'t>) -> Arguments<'t> {
        match args.get::<Tuple>() {
            Some(tuple) => Arguments::Several(tuple.items()),
            None => Arguments::One(args),
        }
    }

    fn next(&mut self) -> Option<Value<'t>> {
        match self {
            Arguments::Several(items) => {
                let (first, rest) = items.split_first()?;
                *items = rest;
                Some(*first)
            }
            Arguments::One(value) => {
                let value = *value;
                *self = Arguments::Taken;
                Some(value)
            }
            Arguments::Taken => None,
        }
    }

    /// The next one for a `*`, which a single value cannot be.
    fn next_of_several(&mut self) -> Option<Value<'t>> {
        if matches!(self, Arguments::Several(_)) { self.next() } else { None }
    }

    fn is_empty(&self) -> bool {
        match self {
            Arguments::Several(items) => items.is_empty(),
            Arguments::One(_) => false,
            Arguments::Taken => true,
        }
    }
}

struct Formatter<'t> {
    cx: &'t Context,
    target: Target,
    mapping: Option<Value<'t>>,
    args: Arguments<'t>,
    answers: Answers<'t>,
}

impl<'t> Formatter<'t> {
    fn render(&mut self, out: &mut Vec<u8>, template: &[u8]) -> Result<(), Stop<'t>> {
        for piece in text::pieces(template, self.target) {
            match piece {
                Piece::Literal(literal) => out.extend_from_slice(literal),
                Piece::Conversion(conversion) => self.conversion(out, conversion)?,
            }
        }
        if self.mapping.is_none() && !self.args.is_empty() {
            return Err(self.answers.error(&self.target.not_all_converted()));
        }
        Ok(())
    }

    fn conversion(&mut self, out: &mut Vec<u8>, mut conversion: Conversion<'_>) -> Result<(), Stop<'t>> {
        if conversion.wants_mapping {
            let Some(mapping) = self.mapping else { return Err(self.answers.error(&WANTS_MAPPING)) };
            if let Some(key) = conversion.key {
                let key = match self.target {
                    Target::Str => self.cx.wtf8(key)?,
                    Target::Bytes => bytes::value(self.cx, key)?,
                };
                let item =
                    self.answers.answer("item", mapping, |cx| native_item(cx, mapping, key), |_| Ok(key))?;
                self.args = Arguments::One(item);
            }
        }
        if conversion.width == Amount::Argument {
            let width = self.star()?;
            conversion.set_width(width.as_text()).map_err(|error| self.answers.error(&error))?;
        }
        if conversion.precision == Amount::Argument {
            let precision = self.star()?;
            conversion.set_precision(precision.as_text()).map_err(|error| self.answers.error(&error))?;
        }
        conversion.complete().map_err(|error| self.answers.error(&error))?;
        let Some(value) = self.args.next() else { return Err(self.answers.error(&NOT_ENOUGH)) };
        let kind = conversion.kind().map_err(|error| self.answers.error(&error))?;
        self.value(out, &conversion, kind, value)
    }

    fn star(&mut self) -> Result<Integer, Stop<'t>> {
        match self.args.next_of_several() {
            Some(value) => int::integer_of(value).ok_or_else(|| self.answers.error(&STAR_WANTS_INT)),
            None => Err(self.answers.error(&NOT_ENOUGH)),
        }
    }

    fn value(
        &mut self,
        out: &mut Vec<u8>,
        conversion: &Conversion<'_>,
        kind: Kind,
        value: Value<'t>,
    ) -> Result<(), Stop<'t>> {
        let cx = self.cx;
        let rendered = match kind {
            Kind::Str => {
                let text = self.answers.answer("str", value, |cx| repr::str_of(cx, value), nothing)?;
                conversion.render_text(out, content(text))
            }
            Kind::Repr => {
                let text = self.answers.answer("repr", value, |cx| repr::repr(cx, value), nothing)?;
                conversion.render_text(out, content(text))
            }
            Kind::Ascii => {
                let text = self.answers.answer("ascii", value, |cx| repr::ascii(cx, value), nothing)?;
                conversion.render_text(out, content(text))
            }
            Kind::Bytes => {
                let value = self.number(conversion, "bytes", value, &["__bytes__"], |value| {
                    Ok(value.get::<Bytes>().is_some().then_some(value))
                })?;
                conversion.render_text(out, content(value))
            }
            Kind::Decimal => {
                let names = ["__int__", "__index__"];
                let value = self.number(conversion, "int", value, &names, |value| whole(cx, value))?;
                conversion.render_int(out, integer(value).as_text(), cx.max_digits())
            }
            Kind::Integer => {
                let value = self.number(conversion, "index", value, &["__index__"], int_only)?;
                conversion.render_int(out, integer(value).as_text(), cx.max_digits())
            }
            Kind::Float => {
                let names = ["__float__", "__index__"];
                let value = self.number(conversion, "float", value, &names, |value| float(cx, value))?;
                conversion.render_float(out, value.plain().as_float().unwrap_or(0.0))
            }
            Kind::Character => return self.character(out, conversion, value),
        };
        rendered.map_err(|error| self.answers.error(&error))
    }

    /// The value as `native` makes it, or by one of the special methods that its class has.
    fn number(
        &mut self,
        conversion: &Conversion<'_>,
        what: &'static str,
        value: Value<'t>,
        methods: &[&'static str],
        native: impl FnOnce(Value<'t>) -> Result<Option<Value<'t>>, crate::value::Raised>,
    ) -> Result<Value<'t>, Stop<'t>> {
        let cx = self.cx;
        let wrong = || conversion.wrong_type(cx.type_name(value));
        let found = |cx: &'t Context| match native(value)? {
            Some(number) => Ok(number),
            None => {
                let class = cx.class_of(value);
                let written = !class.has(class_flag::BUILTIN);
                if written && methods.iter().any(|name| class.lookup_str(cx, name).is_some()) {
                    return Err(cx.needs_code());
                }
                Err(cx.text_error(&wrong()))
            }
        };
        self.answers.answer(what, value, found, |cx| cx.wtf8(&wrong().message))
    }

    fn character(
        &mut self,
        out: &mut Vec<u8>,
        conversion: &Conversion<'_>,
        value: Value<'t>,
    ) -> Result<(), Stop<'t>> {
        let single = match self.target {
            Target::Str => value.get::<Str>().and_then(Str::single),
            Target::Bytes => match value.get::<Bytes>().map(Bytes::as_bytes) {
                Some([byte]) => Some(u32::from(*byte)),
                _ => None,
            },
        };
        let rendered = match single {
            Some(character) => conversion.render_character(out, character),
            None => {
                let value = self.number(conversion, "index", value, &["__index__"], int_only)?;
                conversion
                    .character(integer(value).as_text())
                    .and_then(|character| conversion.render_character(out, character))
            }
        };
        rendered.map_err(|error| self.answers.error(&error))
    }
}

/// The bytes of a str or of bytes.
fn content<'t>(value: Value<'t>) -> &'t [u8] {
    match (value.get::<Str>(), value.get::<Bytes>()) {
        (Some(text), _) => text.as_bytes(),
        (_, Some(bytes)) => bytes.as_bytes(),
        _ => &[],
    }
}

fn integer(value: Value<'_>) -> Integer {
    int::integer_of(value).unwrap_or(Integer::Fixed(0))
}

fn int_only(value: Value<'_>) -> Result<Option<Value<'_>>, crate::value::Raised> {
    Ok(int::is_int(value).then_some(value))
}

/// `int(value)` of a number.
fn whole<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Value<'t>>, crate::value::Raised> {
    match value.plain().as_float() {
        Some(float) => match float_hex::to_int(float) {
            Ok(Int::Small(small)) => Ok(Some(int::wide(cx, small))),
            Ok(Int::Big(big)) => int::big(cx, &big).map(Some),
            Err(error) => Err(cx.text_error(&error)),
        },
        None => int_only(value),
    }
}

/// `float(value)` of a number.
fn float<'t>(cx: &'t Context, value: Value<'t>) -> Result<Option<Value<'t>>, crate::value::Raised> {
    if value.plain().as_float().is_some() {
        return Ok(Some(value));
    }
    match int::integer_of(value).map(|integer| integer.as_text().to_float()) {
        Some(Ok(float)) => Ok(Some(Value::float(float))),
        Some(Err(error)) => Err(cx.text_error(&error)),
        None => Ok(None),
    }
}

fn nothing<'t>(_: &'t Context) -> Res<'t> {
    Ok(Value::NONE)
}
