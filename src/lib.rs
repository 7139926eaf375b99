//! A laboratory for the Global Interpreter Lock.

mod value;
