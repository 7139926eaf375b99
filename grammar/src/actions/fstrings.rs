//! String literals, f-strings, and runs of them.

use crate::ast::{Constant, Conversion, Expr, ExprKind, FStringPart, Ident};
use crate::build::{Build, leaf};
use crate::literals::{self, Prefix};
use crate::source::Span;

/// One literal of a run such as `"a" f"{b}"`.
pub(crate) enum Part {
    Plain(Span),
    Formatted { opening: Span, pieces: Vec<Piece>, span: Span },
}

/// A piece of an f-string whose text is not decoded yet: only its opening tells whether it is raw.
pub(crate) enum Piece {
    Text(Span),
    Field(Box<Field>),
}

/// A replacement field.
pub(crate) struct Field {
    value: Expr,
    /// The text of `{value=}` behind the brace, with the white space behind `=`.
    debug: Option<Span>,
    conversion: Option<Ident>,
    spec: Option<Vec<Piece>>,
    span: Span,
}

pub(crate) fn plain(l: u32, r: u32) -> Part {
    Part::Plain(Span::new(l, r))
}

/// An f-string whose opening ends at `m`.
pub(crate) fn formatted(l: u32, m: u32, pieces: Vec<Piece>, r: u32) -> Part {
    Part::Formatted { opening: Span::new(l, m), pieces, span: Span::new(l, r) }
}

pub(crate) fn text(l: u32, r: u32) -> Piece {
    Piece::Text(Span::new(l, r))
}

#[expect(clippy::too_many_arguments, reason = "as many as the production has parts")]
pub(crate) fn field(
    cx: &mut Build<'_>,
    mut list: Vec<Piece>,
    value: Expr,
    debug: Option<(u32, u32)>,
    conversion: Option<Ident>,
    spec: Option<Vec<Piece>>,
    l: u32,
    r: u32,
) -> Vec<Piece> {
    let debug = debug.map(|(start, end)| {
        let rest = cx.rest(end);
        Span::new(start, end + (rest.len() - rest.trim_start().len()) as u32)
    });
    list.push(Piece::Field(Box::new(Field { value, debug, conversion, spec, span: Span::new(l, r) })));
    list
}

/// `!r`, the mark at `l`.
pub(crate) fn conversion(cx: &mut Build<'_>, l: u32, name: Ident) -> Ident {
    if name.span.start != l + 1 {
        let message = "f-string: conversion type must come right after the exclamanation mark";
        cx.complain(Span::new(l, name.span.end), message);
    } else if conversion_named(&name.name).is_none() {
        let message =
            format!("f-string: invalid conversion character '{}': expected 's', 'r', or 'a'", name.name);
        cx.complain(name.span, message);
    }
    name
}

fn conversion_named(name: &str) -> Option<Conversion> {
    match name {
        "s" => Some(Conversion::Str),
        "r" => Some(Conversion::Repr),
        "a" => Some(Conversion::Ascii),
        _ => None,
    }
}

/// A run of literals: one string, one bytes literal or one f-string.
pub(crate) fn strings(cx: &mut Build<'_>, parts: Vec<Part>, l: u32, r: u32) -> Expr {
    let is_bytes = |cx: &Build<'_>, part: &Part| match part {
        Part::Plain(span) => Prefix::of(cx.slice(span.start, span.end)).bytes,
        Part::Formatted { .. } => false,
    };
    let bytes = parts.iter().filter(|part| is_bytes(cx, part)).count();
    let mixed = bytes > 0 && bytes < parts.len();
    let formatted = parts.iter().any(|part| matches!(part, Part::Formatted { .. }));
    let mut run = Run { parts: Vec::new(), text: Vec::new() };
    for part in parts {
        match part {
            Part::Plain(span) => plain_text(cx, span, &mut run.text),
            Part::Formatted { opening, pieces, span } => {
                let raw = Prefix::of(cx.slice(opening.start, opening.end)).raw;
                run.pieces(cx, pieces, raw, span, false);
            }
        }
    }
    if mixed {
        let span = behind(cx, r);
        cx.complain(span, "cannot mix bytes and nonbytes literals");
        return leaf(ExprKind::Constant(Constant::None), l, r);
    }
    let kind = if formatted {
        ExprKind::JoinedStr(run.finish())
    } else if bytes > 0 {
        ExprKind::Constant(Constant::Bytes(run.text.into()))
    } else {
        ExprKind::Constant(Constant::Str(run.text.into()))
    };
    cx.expr(kind, l, r)
}

/// About where the token behind `end` stands, which is what CPython has read when it sees a mixture.
fn behind(cx: &Build<'_>, end: u32) -> Span {
    let rest = cx.rest(end);
    let next = rest.trim_start_matches([' ', '\t']);
    let at = end + (rest.len() - next.len()) as u32;
    let word = next.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count() as u32;
    Span::new(at, at + word.max(1))
}

/// Adds the value of a literal without fields.
fn plain_text(cx: &mut Build<'_>, span: Span, out: &mut Vec<u8>) {
    let literal = cx.slice(span.start, span.end);
    let prefix = Prefix::of(literal);
    let body = literal.get(prefix.opening..literal.len() - prefix.closing).unwrap_or("");
    let decode = if prefix.bytes { literals::bytes } else { literals::string };
    match decode(body, prefix.raw, span) {
        Ok(text) if out.is_empty() => *out = text,
        Ok(text) => out.extend_from_slice(&text),
        Err(error) => cx.note(error),
    }
}

/// Pieces of an f-string with adjacent text joined.
struct Run {
    parts: Vec<FStringPart>,
    text: Vec<u8>,
}

impl Run {
    fn finish(mut self) -> Vec<FStringPart> {
        self.flush();
        self.parts
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(FStringPart::Literal(std::mem::take(&mut self.text).into()));
        }
    }

    fn pieces(&mut self, cx: &mut Build<'_>, pieces: Vec<Piece>, raw: bool, literal: Span, in_spec: bool) {
        for piece in pieces {
            match piece {
                Piece::Text(span) => self.text(cx, span, raw, in_spec),
                Piece::Field(field) => self.field(cx, *field, raw, literal),
            }
        }
    }

    /// Decodes a stretch of text; braces are doubled outside format specs only.
    fn text(&mut self, cx: &mut Build<'_>, span: Span, raw: bool, in_spec: bool) {
        let text = cx.slice(span.start, span.end);
        let decoded =
            if in_spec { literals::string(text, raw, span) } else { literals::formatted(text, raw, span) };
        match decoded {
            Ok(decoded) => self.text.extend_from_slice(&decoded),
            Err(error) => cx.note(error),
        }
    }

    fn field(&mut self, cx: &mut Build<'_>, field: Field, raw: bool, literal: Span) {
        let Field { value, debug, conversion, spec, span } = field;
        let mut conversion =
            conversion.and_then(|name| conversion_named(&name.name)).unwrap_or(Conversion::None);
        if let Some(debug) = debug {
            let text = literals::unix_lines(cx.slice(debug.start, debug.end));
            self.text.extend_from_slice(text.as_bytes());
            if conversion == Conversion::None && spec.is_none() {
                conversion = Conversion::Repr;
            }
        }
        self.flush();
        let spec = spec.map(|pieces| {
            let mut run = Run { parts: Vec::new(), text: Vec::new() };
            run.pieces(cx, pieces, raw, literal, true);
            run.finish()
        });
        self.parts.push(FStringPart::Replacement { value: Box::new(value), conversion, spec, span });
    }
}
