//! What stands for `src/vm/`.

#[rustfmt::skip]
#[path = "../../../../src/vm/event.rs"]
pub mod event;

#[rustfmt::skip]
#[expect(dead_code, reason = "ops are counted in the dispatch loop")]
#[path = "../../../../src/vm/trap.rs"]
pub mod trap;
