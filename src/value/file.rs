//! File objects: a number that stands for what is open in the machine's table of resources, and what a program may ask of it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::Context;

/// A file object.
#[repr(C)]
pub struct File {
    header: Header,
    name: Slot,
    mode: Slot,
    encoding: Slot,
    errors: Slot,
    number: u32,
    closed: AtomicBool,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic or never change.
unsafe impl Object for File {
    const KIND: Kind = Kind::File;
}

/// What a program may ask of a file object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named after the attributes")]
pub enum FilePart {
    Name,
    Mode,
    Encoding,
    Errors,
}

impl File {
    /// A file object of a built-in class, for the resource with this number.
    pub fn new<'t>(cx: &'t Context, class: Builtin, number: u32, parts: [Value<'_>; 4]) -> &'t File {
        let [name, mode, encoding, errors] = parts;
        cx.local().make(class.shape(), 0, |header| File {
            header,
            name: Slot::of(name),
            mode: Slot::of(mode),
            encoding: Slot::of(encoding),
            errors: Slot::of(errors),
            number,
            closed: AtomicBool::new(false),
        })
    }

    /// The number of the resource.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A part.
    pub fn part(&self, part: FilePart) -> Value<'_> {
        let slot = match part {
            FilePart::Name => &self.name,
            FilePart::Mode => &self.mode,
            FilePart::Encoding => &self.encoding,
            FilePart::Errors => &self.errors,
        };
        slot.get().unwrap_or(Value::NONE)
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Says that it is closed.
    pub fn set_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn slots(&self) -> [&Slot; 4] {
        [&self.name, &self.mode, &self.encoding, &self.errors]
    }
}
