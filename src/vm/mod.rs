//! The virtual machine. It never sees an operating-system thread, a clock or the GIL.
#![expect(unsafe_code, reason = "registers are memory the collector knows; each block states its obligation")]

mod machine;
pub mod thread;
pub mod frame;
pub mod native;
mod signature;
pub mod host;
pub mod trap;

pub use machine::{NativeEntry, Options, RECURSION_LIMIT, Vm};
