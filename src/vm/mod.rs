//! The virtual machine. It never sees an operating-system thread, a clock or the GIL.
#![expect(unsafe_code, reason = "registers are memory the collector knows; each block states its obligation")]

mod machine;
pub(crate) mod boot;
pub(crate) mod script;
mod prelude;
mod run;
pub mod thread;
pub mod frame;
mod count;
mod dispatch;
mod fast;
mod call;
mod bind;
mod resume;
pub(crate) mod remember;
mod unwind;
mod generators;
pub(crate) mod ops;
pub mod native;
mod signature;
pub mod host;
pub mod event;
mod wait;
pub mod inspect;
pub(crate) mod resource;
pub mod trap;
pub(crate) mod traceback;

pub use machine::{NativeEntry, Options, RECURSION_LIMIT, Vm};
pub use run::{Launch, NoEntry};
