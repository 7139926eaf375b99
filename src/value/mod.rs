//! The built-in types, one file each, and the text behind them.

pub(crate) mod text;
