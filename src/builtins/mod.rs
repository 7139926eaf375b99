//! Built-in functions and the methods of the built-in types: rows of native functions, one file a type.
