//! The heap: the value word, objects and where they stand, collection. Knows nothing of what the kinds mean.
#![expect(unsafe_code, reason = "the heap is where memory is managed; each block states its obligation")]

mod block;
mod byte_lock;
mod collect;
mod header;
mod large;
mod local;
mod mark;
mod pages;
pub mod parking;
mod slot;
#[cfg(all(test, not(loom)))]
mod tests;
mod word;

pub use byte_lock::Held;
pub use collect::{Extent, Heap};
pub use header::{Header, Kind, Object, flag};
pub use local::{Local, MAX_OBJECT, OutOfMemory, needs_barrier};
pub use mark::{Marker, Visit};
pub use slot::Slot;
pub use word::{MAX_SMALL, MIN_SMALL, Value, Word};
