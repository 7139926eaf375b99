//! The files of minipy that synchronise threads, compiled with the primitives of a model checker in the place of the real
//! ones: `sync.rs` and `heap/parking.rs` here stand for those of the same names there. The files themselves are the same.
//!
//! `tests/` runs them under [loom](https://docs.rs/loom), which tries the orders in which threads can meet and the values that
//! weak memory lets them see, and finds deadlocks, which a lost wake-up is.

pub mod heap;
pub mod runtime;
pub mod sync;
pub mod vm;
