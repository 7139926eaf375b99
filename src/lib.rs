//! A laboratory for the Global Interpreter Lock.
