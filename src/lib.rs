//! A laboratory for the Global Interpreter Lock.

pub mod vm;

pub mod runtime;
