//! What stands for `src/runtime/`.

#[rustfmt::skip]
#[path = "../../../../src/runtime/accounts.rs"]
pub mod accounts;
#[rustfmt::skip]
#[path = "../../../../src/runtime/barging.rs"]
pub mod barging;
#[rustfmt::skip]
#[path = "../../../../src/runtime/bell.rs"]
pub mod bell;
#[rustfmt::skip]
#[path = "../../../../src/runtime/clock.rs"]
pub mod clock;
#[rustfmt::skip]
#[path = "../../../../src/runtime/gil.rs"]
pub mod gil;
#[rustfmt::skip]
#[path = "../../../../src/runtime/lock.rs"]
pub mod lock;
#[rustfmt::skip]
#[path = "../../../../src/runtime/policy/mod.rs"]
pub mod policy;
#[rustfmt::skip]
#[path = "../../../../src/runtime/settings.rs"]
pub mod settings;
