//! What the productions of the grammar build, one function for each.
//!
//! An action complains of what the grammar takes and the language does not (assignment targets, the order of
//! arguments and parameters). What needs the scopes of names is [`check`](crate::check)'s.

pub(crate) mod calls;
pub(crate) mod exprs;
pub(crate) mod fstrings;
pub(crate) mod params;
pub(crate) mod statements;
pub(crate) mod suites;
pub(crate) mod targets;
