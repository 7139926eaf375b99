//! Syntax tree to register bytecode.
