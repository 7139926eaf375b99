//! What goes wrong in a conversion: an exception class and CPython's words, as data.

use std::borrow::Cow;
use std::fmt;

/// The exception class that an [`Error`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
    /// `IndexError`
    Index,
    /// `LookupError`
    Lookup,
    /// `MemoryError`
    Memory,
}

impl Kind {
    /// The name of the class in the language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Value => "ValueError",
            Kind::Type => "TypeError",
            Kind::Overflow => "OverflowError",
            Kind::Index => "IndexError",
            Kind::Lookup => "LookupError",
            Kind::Memory => "MemoryError",
        }
    }
}

/// A failed conversion. The message is text of the language: it may quote a lone surrogate of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// The exception class.
    pub(crate) kind: Kind,
    /// CPython's message, as generalized UTF-8.
    pub(crate) message: Cow<'static, [u8]>,
}

/// The result of everything in this module tree that can fail.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` whose message is a constant.
    pub(crate) const fn fixed(kind: Kind, message: &'static str) -> Error {
        Error { kind, message: Cow::Borrowed(message.as_bytes()) }
    }

    /// An error of `kind` with a message made for the occasion.
    pub(crate) fn new(kind: Kind, message: impl Into<Vec<u8>>) -> Error {
        Error { kind, message: Cow::Owned(message.into()) }
    }

    /// A `ValueError` with a constant message.
    pub(crate) const fn value(message: &'static str) -> Error {
        Error::fixed(Kind::Value, message)
    }
}

/// Padding and precision beyond this many characters are a `MemoryError`: an allocation that fails would end the process.
pub(crate) const MAX_PADDING: usize = 1 << 30;

/// The `MemoryError` for a width or precision beyond [`MAX_PADDING`].
pub(crate) fn check_padding(count: usize) -> Result<()> {
    if count > MAX_PADDING { Err(Error::fixed(Kind::Memory, "")) } else { Ok(()) }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), String::from_utf8_lossy(&self.message))
    }
}
