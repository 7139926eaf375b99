//! `float`: always a word.

use crate::heap::Value;

/// The float, if it is one; instances of subclasses count.
#[inline(always)]
pub fn value_of(value: Value<'_>) -> Option<f64> {
    value.as_float().or_else(|| value.header()?.payload()?.as_float())
}
