//! Which source each op of a code evaluates.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use minipy_grammar::Span;

use crate::pack::{PackedSpans, unpack_spans};

/// For each op, the source that it evaluates. Those of a packed code are read when somebody first asks, since only tracebacks do.
pub struct Spans {
    packed: PackedSpans,
    read: OnceLock<Box<[Span]>>,
}

impl Spans {
    /// Those that are still packed. Bytes that are damaged stand for none.
    pub(crate) fn packed(packed: PackedSpans) -> Spans {
        Spans { packed, read: OnceLock::new() }
    }
}

impl From<Vec<Span>> for Spans {
    fn from(spans: Vec<Span>) -> Spans {
        Spans { packed: PackedSpans::default(), read: OnceLock::from(spans.into_boxed_slice()) }
    }
}

impl Deref for Spans {
    type Target = [Span];

    fn deref(&self) -> &[Span] {
        self.read.get_or_init(|| unpack_spans(&self.packed).unwrap_or_default())
    }
}

impl PartialEq for Spans {
    fn eq(&self, other: &Spans) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
