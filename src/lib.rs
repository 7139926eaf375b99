//! A laboratory for Python's Global Interpreter Lock: the virtual machine, its runtime and its command.

pub mod builtins;
pub mod heap;
pub mod runtime;
pub mod trace;
pub mod stdlib;
pub mod value;
pub mod vm;
pub mod cli;
pub mod sync;
