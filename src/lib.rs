//! A laboratory for Python's Global Interpreter Lock: the virtual machine, its runtime and its command.

pub mod heap;
pub mod value;
pub mod vm;
pub mod builtins;
pub mod runtime;
