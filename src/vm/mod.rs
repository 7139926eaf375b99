//! The virtual machine. It never sees an operating-system thread, a clock or the GIL.

pub mod trap;
