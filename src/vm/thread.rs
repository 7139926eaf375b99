//! A thread of the language: plain data.

use crate::heap::{Value, Word};
use crate::value::Context;

/// How a native function or an operation ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// With this result.
    Done(Word),
    /// With the context's pending exception.
    Raised,
    /// With a frame on the stack whose result will be that of the call.
    Pushed,
    /// Not yet: the thread is to wait, as its request says, and then the function is called again.
    Park,
}

/// A call of a native function: where its arguments stand.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    base: usize,
    count: usize,
}

/// A thread of the language.
pub struct Thread {
    context: Context,
}

impl Thread {
    /// What native code works with.
    #[inline(always)]
    pub fn cx(&self) -> &Context {
        &self.context
    }

    /// An argument of a native call.
    pub fn arg(&self, call: &Call, index: usize) -> Option<Value<'_>> {
        let _ = (call.base, call.count, index);
        None
    }
}
