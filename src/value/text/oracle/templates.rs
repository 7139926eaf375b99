//! `str.format` and `%`, driven as the interpreter drives them, with a handful of values.

use dashu_int::IBig;

use super::super::error::{Error, Kind, Result};
use super::super::format_spec::{format_float, format_int, format_str};
use super::super::int::{DEFAULT_MAX_DIGITS, Int, IntRef};
use super::super::percent::{self, Amount, Target};
use super::super::str_format::{self, Accessor, First, Numbering};
use super::super::{float, float_hex, quote};
use super::numbers::float_literal;
use super::{Cases, Random, literal};

#[derive(Clone, Debug)]
enum Value {
    Int(IBig),
    Float(f64),
    Str(&'static str),
    Bytes(&'static [u8]),
    List(Vec<Value>),
}

impl Value {
    fn type_name(&self) -> &'static str {
        match self {
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
        }
    }

    fn literal(&self) -> String {
        match self {
            Value::Int(value) => format!("{value:#x}"),
            Value::Float(value) => float_literal(*value),
            Value::Str(text) => literal(text.as_bytes()),
            Value::Bytes(bytes) => quote::repr_bytes(bytes),
            Value::List(_) => self.repr(),
        }
    }

    fn repr(&self) -> String {
        match self {
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float::repr(*value),
            Value::Str(text) => quote::repr_str(text.as_bytes()),
            Value::Bytes(bytes) => quote::repr_bytes(bytes),
            Value::List(items) => {
                format!("[{}]", items.iter().map(Value::repr).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn str(&self) -> String {
        if let Value::Str(text) = self { (*text).to_owned() } else { self.repr() }
    }

    fn format(&self, spec: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let written = match self {
            Value::Int(value) => format_int(&mut out, IntRef::from(value), spec, "int", DEFAULT_MAX_DIGITS),
            Value::Float(value) => format_float(&mut out, *value, spec, "float"),
            Value::Str(text) => format_str(&mut out, text.as_bytes(), spec),
            other if spec.is_empty() => return Ok(other.str().into_bytes()),
            other => {
                let name = other.type_name();
                Err(type_error(&format!("unsupported format string passed to {name}.__format__")))
            }
        };
        written.map(|()| out)
    }
}

fn type_error(message: &str) -> Error {
    Error::new(Kind::Type, message.to_owned())
}

fn expand(template: &[u8], args: &[Value], numbering: &mut Numbering, depth: usize) -> Result<Vec<u8>> {
    if depth == 0 {
        return Err(str_format::TOO_DEEP);
    }
    let mut out = Vec::new();
    for piece in str_format::pieces(template) {
        let piece = piece?;
        out.extend_from_slice(piece.literal);
        let Some(field) = piece.field else { continue };
        let (first, accessors) = field.name(numbering)?;
        let mut value = match first {
            First::Index(index) => {
                args.get(index).ok_or_else(|| str_format::index_out_of_range(index))?.clone()
            }
            First::Key(b"k") => Value::Str("keyword"),
            // The tests' stand-in for a `KeyError`.
            First::Key(key) => return Err(type_error(&String::from_utf8_lossy(key))),
        };
        for accessor in accessors {
            value = match (accessor?, value) {
                (Accessor::Attribute(b"real"), value @ (Value::Int(_) | Value::Float(_))) => value,
                (Accessor::Index(index), Value::List(items)) if index < items.len() => items[index].clone(),
                (other, value) => return Err(type_error(&format!("{other:?} of {value:?}"))),
            };
        }
        let value = match field.conversion()? {
            None => value,
            Some(conversion) => {
                let text = match conversion {
                    str_format::Conversion::Str => value.str(),
                    str_format::Conversion::Repr => value.repr(),
                    str_format::Conversion::Ascii => quote::escape_non_ascii(value.repr().as_bytes()),
                };
                Value::Str(text.leak())
            }
        };
        let spec = match field.spec_is_template {
            true => expand(field.spec, args, numbering, depth - 1)?,
            false => field.spec.to_vec(),
        };
        out.extend(value.format(&spec)?);
    }
    Ok(out)
}

#[test]
fn templates_expand() {
    let args = [
        Value::Int(IBig::from(42)),
        Value::Str("żó'ł"),
        Value::List(vec![Value::Int(7.into()), Value::List(vec![Value::Str("deep")])]),
        Value::Float(-2.5),
    ];
    let list: Vec<String> = args.iter().map(Value::literal).collect();
    let mut templates: Vec<String> = [
        "",
        "{",
        "}",
        "{{}}",
        "{}",
        "{!}",
        "{0!r",
        "{0!rr}",
        "{0!x}",
        "{0!\x01}",
        "{0!é}",
        "{0",
        "{0:",
        "{0:{",
        "{a{",
        "{2[}",
        "{2[]}",
        "{0.}",
        "{2[0]x}",
        "{}{0}",
        "{0}{}",
        "{5}",
        "{k}",
        "{99999999999999999999}",
        "{2[99999999999999999999]}",
        "{:{:{}}}",
        "{:{}}",
        "{0:{{}}}",
        "{.real}",
        "{2[0]}",
        "{2[1][0]}",
        "{!r:>9}",
        "{!r}",
        "{0:}}",
        "a}b",
        "{0!}",
        "{0!",
        "{:}",
        "{١}",
        "{2[0]",
        "{2[0",
        "{1!r:{0}.{0}}",
        "{3:{0}}",
        "{0}}",
        "{0..a}",
        "{!s:}",
        "{0!r:",
        "{:{:5}}",
        "{0:{}}",
        "{:{0}}",
        "{1!a}",
        "{1!s:*^9}",
        "{k!r:>{0}}",
        "{2}",
        "{2:5}",
        "{0.real.real}",
        "é{0}ę{1}",
        "{{{0}}}",
        "{0:{{}",
        "{0:}{1}",
        "{ }",
        "{0!s:{k}}",
        "{k.real}x",
        "{}{}{}{}{}",
        "{2[0}",
        "{2[0]]}",
        "{!\u{1F600}}",
        "{0:\u{1F600}>5}",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut random = Random(5);
    let parts = [
        "{", "}", "{{", "}}", "0", "1", "2", "[", "]", "[0]", ".real", ".", "!", "!r", ":", ":>9", "{}",
        "{0}", "k", "a", "é",
    ];
    for _ in 0..6000 {
        templates.push((0..1 + random.below(7)).map(|_| random.pick(&parts)).collect());
    }
    let mut cases = Cases::default();
    for template in templates {
        let ours = expand(template.as_bytes(), &args, &mut Numbering::default(), str_format::MAX_DEPTH);
        // What a value lacks is for the interpreter to say, not for this module.
        if matches!(&ours, Err(Error { kind: Kind::Type, .. })) {
            continue;
        }
        let expression = format!("{}.format({}, k='keyword')", literal(template.as_bytes()), list.join(", "));
        cases.text(expression, ours);
    }
    cases.text("'{}'.format_map({})".to_owned(), Err::<&[u8], _>(str_format::NO_POSITIONAL));
    cases.agree("templates");
}

fn percent(format: &[u8], target: Target, args: &[Value]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut args = args.iter();
    let mut next = || args.next().ok_or(percent::NOT_ENOUGH);
    for piece in percent::pieces(format, target) {
        let mut conversion = match piece {
            percent::Piece::Literal(text) => {
                out.extend_from_slice(text);
                continue;
            }
            percent::Piece::Conversion(conversion) => conversion,
        };
        if conversion.wants_mapping {
            return Err(percent::WANTS_MAPPING);
        }
        if conversion.width == Amount::Argument {
            let Value::Int(width) = next()? else { return Err(percent::STAR_WANTS_INT) };
            conversion.set_width(width.into())?;
        }
        if conversion.precision == Amount::Argument {
            let Value::Int(precision) = next()? else { return Err(percent::STAR_WANTS_INT) };
            conversion.set_precision(precision.into())?;
        }
        conversion.complete()?;
        percent_value(&mut out, &conversion, target, next()?)?;
    }
    match args.next() {
        Some(_) => Err(target.not_all_converted()),
        None => Ok(out),
    }
}

fn percent_value(
    out: &mut Vec<u8>,
    conversion: &percent::Conversion<'_>,
    target: Target,
    value: &Value,
) -> Result<()> {
    let wrong = || conversion.wrong_type(value.type_name());
    let int = |out: &mut Vec<u8>, value: &Int| conversion.render_int(out, value.as_ref(), DEFAULT_MAX_DIGITS);
    match (conversion.kind()?, value) {
        (percent::Kind::Str, value) => conversion.render_text(out, value.str().as_bytes()),
        (percent::Kind::Repr, value) => conversion.render_text(out, value.repr().as_bytes()),
        (percent::Kind::Ascii, value) => {
            conversion.render_text(out, quote::escape_non_ascii(value.repr().as_bytes()).as_bytes())
        }
        (percent::Kind::Bytes, Value::Bytes(bytes)) => conversion.render_text(out, bytes),
        (percent::Kind::Decimal, Value::Float(value)) => int(out, &float_hex::to_int(*value)?),
        (percent::Kind::Decimal | percent::Kind::Integer, Value::Int(value)) => {
            int(out, &Int::from_big(value.clone()))
        }
        (percent::Kind::Float, Value::Float(value)) => conversion.render_float(out, *value),
        (percent::Kind::Float, Value::Int(value)) => {
            conversion.render_float(out, conversion.float(value.into(), "int")?)
        }
        (percent::Kind::Character, Value::Int(value)) => {
            conversion.render_character(out, conversion.character(value.into())?)
        }
        (percent::Kind::Character, Value::Str(text))
            if target == Target::Str && text.chars().count() == 1 =>
        {
            conversion.render_character(out, text.chars().next().map_or(0, u32::from))
        }
        (percent::Kind::Character, &Value::Bytes(&[byte])) if target == Target::Bytes => {
            conversion.render_character(out, byte.into())
        }
        _ => Err(wrong()),
    }
}

#[test]
fn percent_formats() {
    let mut random = Random(6);
    let big = IBig::from(10).pow(30);
    let values = [
        Value::Int(0.into()),
        Value::Int(1.into()),
        Value::Int((-255).into()),
        Value::Int(65.into()),
        Value::Int(0x20AC.into()),
        Value::Int(big),
        Value::Int((-1).into()),
        Value::Int(256.into()),
        Value::Int(123456.into()),
        Value::Float(3.7),
        Value::Float(-0.0),
        Value::Float(1234567.891),
        Value::Float(f64::INFINITY),
        Value::Float(f64::NAN),
        Value::Str("a"),
        Value::Str("żółć"),
        Value::Str(""),
        Value::Bytes(b"xyz"),
        Value::Bytes(b"\xff"),
        Value::List(vec![Value::Int(1.into())]),
        Value::Int(IBig::from(10).pow(400)),
        Value::Int(3.into()),
        Value::Int((-7).into()),
    ];
    let mut cases = Cases::default();
    for round in 0..14_000 {
        let target = if round % 3 == 0 { Target::Bytes } else { Target::Str };
        let mut format = String::from(random.pick(&["", "", "a", "é%%"]));
        for _ in 0..1 + random.below(2) {
            format.push('%');
            let mut part = |chance: usize, from: &[&str]| {
                if random.below(20) < chance {
                    format.push_str(random.pick(from));
                }
            };
            part(1, &["(a)", "(", "(a"]);
            part(5, &["+", "-", " ", "#", "0"]);
            part(5, &["+", "-", " ", "#", "0"]);
            part(4, &["0", "#", "-0", "+0"]);
            part(7, &["*", "1", "5", "9", "12", "20"]);
            part(6, &[".0", ".1", ".3", ".", ".7", ".12", ".*", ".50"]);
            part(1, &["l", "h", "L", "99999999999999999999", ".99999999999999999999"]);
            part(
                19,
                &[
                    "d", "d", "i", "u", "o", "x", "X", "e", "E", "f", "F", "g", "G", "c", "s", "r", "a", "s",
                    "b", "y", "%", "é", "\u{1}", "T",
                ],
            );
        }
        if target == Target::Bytes && !format.is_ascii() {
            continue; // CPython's words for a bad byte above 127 depend on what stands before it.
        }
        let args: Vec<Value> =
            (0..random.below(5)).map(|_| values[random.below(values.len())].clone()).collect();
        let ours = percent(format.as_bytes(), target, &args);
        let list: Vec<String> = args.iter().map(|value| value.literal() + ", ").collect();
        let expression = match target {
            Target::Str => format!("{} % ({})", literal(format.as_bytes()), list.concat()),
            // Shown through latin-1, as one character a byte.
            Target::Bytes => {
                format!("({} % ({})).decode('latin-1')", quote::repr_bytes(format.as_bytes()), list.concat())
            }
        };
        let ours = match target {
            Target::Str => ours,
            Target::Bytes => {
                ours.map(|bytes| bytes.iter().copied().map(char::from).collect::<String>().into_bytes())
            }
        };
        cases.text(expression, ours);
    }
    cases.agree("percent");
}
