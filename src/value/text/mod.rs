//! Numbers as text, text as numbers, formatting, quoting, character classes and codecs.
//!
//! Everything here works on plain Rust data (`&[u8]`, `f64`, `i128`, big integers) and knows nothing of the heap,
//! of objects or of threads. A string is generalized UTF-8: UTF-8 in which a surrogate may stand as three bytes, as
//! in WTF-8, but where a high surrogate before a low one stays two code points, as it does in Python.
#![cfg_attr(not(test), expect(dead_code, reason = "the types and built-ins come to use it one by one"))]

pub(crate) mod error;
pub(crate) mod wtf8;

pub(crate) mod case;
pub(crate) mod class;
pub(crate) mod codec;
pub(crate) mod quote;
pub(crate) mod search;
pub(crate) mod unicode_version;

pub(crate) mod complex;
pub(crate) mod float;
pub(crate) mod float_hex;
pub(crate) mod format_spec;
pub(crate) mod percent;
pub(crate) mod str_format;

pub(crate) mod int;

#[cfg(test)]
mod oracle;
