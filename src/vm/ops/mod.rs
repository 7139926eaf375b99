//! The semantics of the operators, once: what an op does when the loop's fast path does not apply.

pub(crate) mod attr;
pub(crate) mod attr_cache;
mod attr_op;
mod binary;
mod compare;
mod item;
mod iterate;
mod truth;
mod scope;
mod build;
mod raise;
mod import;
mod rare;

pub(crate) use binary::native_binary;
pub(crate) use compare::{NE_FROM_EQ, native_compare};
pub(crate) use iterate::{EXHAUSTED, is_iterator};
pub(crate) use raise::matches;
pub(crate) use truth::native_truth;
