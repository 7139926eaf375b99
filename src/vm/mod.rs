//! The virtual machine. It never sees an operating-system thread, a clock or the GIL.
#![expect(unsafe_code, reason = "registers are memory the collector knows; each block states its obligation")]

pub mod native;
pub mod thread;
pub mod trap;
