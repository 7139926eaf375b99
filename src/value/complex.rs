//! `complex`: a pair of floats in a cell. What its operators do is in `number`.

use crate::heap::{Header, Kind, Object, Value};

use super::builtin::Builtin;
use super::context::Context;

/// A complex number.
#[repr(C)]
pub struct Complex {
    header: Header,
    parts: Parts,
}

// SAFETY: repr(C), begins with the header, no drop glue, immutable.
unsafe impl Object for Complex {
    const KIND: Kind = Kind::Complex;
}

/// Its parts.
#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(C)]
pub struct Parts {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

impl Complex {
    /// A complex number.
    pub fn make(cx: &Context, parts: Parts) -> Value<'_> {
        Value::object(cx.local().make(Builtin::Complex.shape(), 0, |header| Complex { header, parts }))
    }
}

/// The parts, if it is one; instances of subclasses count.
pub fn value_of(value: Value<'_>) -> Option<Parts> {
    value.plain().get::<Complex>().map(|complex| complex.parts)
}
