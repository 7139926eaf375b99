//! What threads synchronise with, by name: the primitives under the GIL, the parkers and the locks of objects.
//!
//! What uses them names them through here alone, so that a model checker can put its own in their place: see `tests/model/`.
//! It must not know what they are used for.

pub use std::hint::spin_loop;
pub use std::sync::Arc;
pub use std::sync::atomic;
pub use std::time::Instant;

pub use parking_lot::{Condvar, Mutex, MutexGuard};

/// How often a waiter looks again before it parks, where holders are quick.
pub const SPINS: u32 = 40;
