//! The trap word: how anybody asks a running thread to leave the fast path at its next checkpoint.
//!
//! Each thread has one [`Trap`]. A bit is a hint: the truth of a request lies with whoever set it, under that party's own
//! lock, so a stale bit costs one slow path and nothing else. It must not know what the requests mean.

use bitflags::bitflags;
use std::fmt;
use std::str::FromStr;

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

bitflags! {
    /// What a thread is asked to see to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TrapBits: u32 {
        /// Another thread wants the GIL.
        const DROP_REQUEST = 1 << 0;
        /// The world is to stop, for a collection or for anything else that needs it stopped.
        const COLLECT = 1 << 1;
        /// A signal arrived. Only the main thread is told.
        const INTERRUPT = 1 << 2;
        /// An exception is to be raised in the thread, or a callback run, at another thread's wish.
        const ASYNC = 1 << 3;
        /// The simulator or the debugger wants the thread back.
        const SIMULATOR = 1 << 4;
        /// An observer wants to know where the thread is.
        const TELL = 1 << 5;
    }
}

/// Where a thread may lose the GIL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CheckpointMode {
    /// At loop checkpoints and before every shared access: the race of the textbooks, CPython up to 3.9.
    #[default]
    Op,
    /// At function entries, backward jumps, returns of native calls and resumptions of generators: CPython since 3.10.
    Loop,
}

impl CheckpointMode {
    /// Every mode there is.
    pub const ALL: &[CheckpointMode] = &[CheckpointMode::Op, CheckpointMode::Loop];

    /// Its name after `--checkpoints`.
    pub fn name(self) -> &'static str {
        match self {
            CheckpointMode::Op => "op",
            CheckpointMode::Loop => "loop",
        }
    }
}

impl fmt::Display for CheckpointMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CheckpointMode {
    type Err = ();

    /// The mode called `name`.
    fn from_str(name: &str) -> Result<CheckpointMode, ()> {
        CheckpointMode::ALL.iter().copied().find(|mode| mode.name() == name).ok_or(())
    }
}

/// The trap word of one thread, in two copies: one for each kind of place that looks at it. Beside it, what the thread lets
/// others know while it runs.
#[derive(Debug, Default)]
pub struct Trap {
    /// Tested at loop checkpoints: function entry, backward jump, return of a native call, resumption of a generator.
    pub any: AtomicU32,
    /// Tested before every shared access. Holds what was set under [`CheckpointMode::Op`].
    pub at_op: AtomicU32,
    executed: AtomicU64,
}

impl Trap {
    /// A trap with nothing set.
    pub fn new() -> Trap {
        Trap { any: AtomicU32::new(0), at_op: AtomicU32::new(0), executed: AtomicU64::new(0) }
    }

    /// Sets `bits` where `mode` has the thread look. Wakes nobody: a thread that waits looks when it wakes up.
    pub fn set(&self, bits: TrapBits, mode: CheckpointMode) {
        self.any.fetch_or(bits.bits(), Ordering::Release);
        if mode == CheckpointMode::Op {
            self.at_op.fetch_or(bits.bits(), Ordering::Release);
        }
    }

    /// Clears `bits` everywhere. To be done before the request is served, so that a new one is not swallowed.
    pub fn clear(&self, bits: TrapBits) {
        self.any.fetch_and(!bits.bits(), Ordering::AcqRel);
        self.at_op.fetch_and(!bits.bits(), Ordering::AcqRel);
    }

    /// Everything that is set, wherever the thread is to look.
    pub fn pending(&self) -> TrapBits {
        let bits = self.any.load(Ordering::Acquire) | self.at_op.load(Ordering::Acquire);
        TrapBits::from_bits_truncate(bits)
    }

    /// How many ops the thread has executed, where they are counted: up to the end of its last turn, or to its last wait.
    pub fn executed(&self) -> u64 {
        self.executed.load(Ordering::Relaxed)
    }

    /// Counts ops. Only the thread itself does.
    pub(super) fn add_executed(&self, ops: u64) {
        self.executed.store(self.executed() + ops, Ordering::Relaxed);
    }

    /// The test of a loop checkpoint.
    #[inline(always)]
    pub fn at_loop(&self) -> bool {
        self.any.load(Ordering::Relaxed) != 0
    }

    /// The test before a shared access.
    #[inline(always)]
    pub fn at_shared_access(&self) -> bool {
        self.at_op.load(Ordering::Relaxed) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_decides_where_a_request_is_seen() {
        let trap = Trap::new();
        trap.set(TrapBits::DROP_REQUEST, CheckpointMode::Loop);
        assert!(trap.at_loop() && !trap.at_shared_access());
        trap.set(TrapBits::COLLECT, CheckpointMode::Op);
        assert!(trap.at_loop() && trap.at_shared_access());
        assert_eq!(trap.pending(), TrapBits::DROP_REQUEST | TrapBits::COLLECT);
    }

    #[test]
    fn clearing_leaves_the_other_bits() {
        let trap = Trap::new();
        trap.set(TrapBits::DROP_REQUEST | TrapBits::INTERRUPT, CheckpointMode::Op);
        trap.clear(TrapBits::DROP_REQUEST);
        assert_eq!(trap.pending(), TrapBits::INTERRUPT);
        trap.clear(TrapBits::INTERRUPT);
        assert!(!trap.at_loop() && !trap.at_shared_access());
    }

    #[test]
    fn modes_have_names() {
        for &mode in CheckpointMode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        assert_eq!("ops".parse::<CheckpointMode>(), Err(()));
    }
}
