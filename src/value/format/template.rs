//! `str.format` and `str.format_map`.

use crate::heap::Value;

use super::{Answers, Stop, finish, format, write_format};
use crate::value::class::class_flag;
use crate::value::context::{Context, Res};
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::text::str_format::{
    self, Accessor, Conversion, Field, First, MAX_DEPTH, NO_POSITIONAL, Numbering, TOO_DEEP,
};
use crate::value::{repr, sequence};

/// What a template takes its values from.
#[derive(Clone, Copy)]
pub struct Source<'t> {
    /// The positional arguments; `str.format_map` has none.
    pub args: Option<&'t [Value<'t>]>,
    /// The keyword arguments, or the mapping.
    pub mapping: Value<'t>,
}

/// `template.format(…)`. With a list of answers it can be resumed: the result is then a str, or a tuple of what is asked for,
/// of what, and a detail.
///
/// # Errors
/// Those of the template, of formatting and of the lookups; [`Context::needs_code`] if it cannot be resumed.
pub fn format_template<'t>(
    cx: &'t Context,
    template: &'t Str,
    source: Source<'t>,
    answers: Option<&'t List>,
) -> Res<'t> {
    let mut formatter =
        Formatter { cx, source, answers: Answers::new(cx, answers), numbering: Numbering::default() };
    let text = cx.scratch(|out| {
        formatter.render(out, template.as_bytes(), MAX_DEPTH)?;
        Ok(cx.wtf8(out)?)
    });
    finish(cx, text, answers.is_some())
}

struct Formatter<'t> {
    cx: &'t Context,
    source: Source<'t>,
    answers: Answers<'t>,
    numbering: Numbering,
}

impl<'t> Formatter<'t> {
    fn render(&mut self, out: &mut Vec<u8>, template: &[u8], depth: usize) -> Result<(), Stop<'t>> {
        if depth == 0 {
            return Err(self.answers.error(&TOO_DEEP));
        }
        for piece in str_format::pieces(template) {
            let piece = piece.map_err(|error| self.answers.error(&error))?;
            out.extend_from_slice(piece.literal);
            if let Some(field) = piece.field {
                self.field(out, &field, depth)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, out: &mut Vec<u8>, field: &Field<'_>, depth: usize) -> Result<(), Stop<'t>> {
        let value = self.value(field)?;
        let conversion = field.conversion().map_err(|error| self.answers.error(&error))?;
        let value = match conversion {
            None => value,
            Some(Conversion::Str) => self.answers.answer("str", value, |cx| repr::str_of(cx, value), none)?,
            Some(Conversion::Repr) => self.answers.answer("repr", value, |cx| repr::repr(cx, value), none)?,
            Some(Conversion::Ascii) => {
                self.answers.answer("ascii", value, |cx| repr::ascii(cx, value), none)?
            }
        };
        let mut expanded = Vec::new();
        let spec = if field.spec_is_template {
            self.render(&mut expanded, field.spec, depth - 1)?;
            &expanded[..]
        } else {
            field.spec
        };
        if self.answers.are_forgotten() {
            return Ok(write_format(self.cx, out, value, spec)?);
        }
        let text = self.answers.answer("format", value, |cx| format(cx, value, spec), |cx| cx.wtf8(spec))?;
        if let Some(text) = text.get::<Str>() {
            out.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }

    /// What the field names.
    fn value(&mut self, field: &Field<'_>) -> Result<Value<'t>, Stop<'t>> {
        let (first, accessors) =
            field.name(&mut self.numbering).map_err(|error| self.answers.error(&error))?;
        let mut value = match (first, self.source.args) {
            (First::Index(index), Some(args)) => match args.get(index) {
                Some(value) => *value,
                None => return Err(self.answers.error(&str_format::index_out_of_range(index))),
            },
            (First::Index(_), None) => return Err(self.answers.error(&NO_POSITIONAL)),
            (First::Key(key), _) => {
                let key = self.cx.wtf8(key)?;
                self.item(self.source.mapping, key)?
            }
        };
        for accessor in accessors {
            value = match accessor.map_err(|error| self.answers.error(&error))? {
                Accessor::Attribute(name) => {
                    self.answers.answer("attribute", value, |cx| Err(cx.needs_code()), |cx| cx.wtf8(name))?
                }
                Accessor::Index(index) => {
                    let index = self.cx.int(index as i64);
                    self.item(value, index)?
                }
                Accessor::Key(key) => {
                    let key = self.cx.wtf8(key)?;
                    self.item(value, key)?
                }
            };
        }
        Ok(value)
    }

    fn item(&mut self, container: Value<'t>, key: Value<'t>) -> Result<Value<'t>, Stop<'t>> {
        self.answers.answer("item", container, |cx| native_item(cx, container, key), |_| Ok(key))
    }
}

/// `container[key]` of a built-in container.
pub(super) fn native_item<'t>(cx: &'t Context, container: Value<'t>, key: Value<'t>) -> Res<'t> {
    if cx.class_of(container).has(class_flag::CUSTOM_ITEM) {
        return Err(cx.needs_code());
    }
    sequence::get_item(cx, container, key)?.ok_or_else(|| cx.needs_code())
}

fn none<'t>(_: &'t Context) -> Res<'t> {
    Ok(Value::NONE)
}
