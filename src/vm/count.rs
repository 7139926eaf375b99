//! Counting ops: a thread of a machine that asks for it runs in the counted loop, where each op is counted before it is executed.
//!
//! A host that sets a check interval hears of its end, as CPython up to 3.1 switched threads; and others may read how much a
//! thread has executed. Nothing of this costs anything where ops are not counted.

use std::num::NonZeroU32;

use crate::heap::Word;
use crate::value::Raised;

use super::dispatch;
use super::thread::Thread;

/// Counts the ops that a thread executes, if they are counted.
#[derive(Clone, Copy, Default)]
pub(super) struct OpCount {
    on: bool,
    /// How many may be executed before the turn is over.
    left: u32,
    /// What that number was when others were last told.
    reported: u32,
}

impl OpCount {
    /// The turn where the host sets none: so long that its end costs nothing.
    const LONGEST_TURN: u32 = 1 << 20;

    /// A turn is one op longer than the interval: CPython's ticker is at its end when it falls below zero. With the usual 100 that
    /// is a prime number, so that no loop has its ticks at the same op for ever.
    fn turn(interval: Option<NonZeroU32>, counted: bool) -> OpCount {
        let turn = interval.map_or(OpCount::LONGEST_TURN, |interval| interval.get().saturating_add(1));
        OpCount { on: counted || interval.is_some(), left: turn, reported: turn }
    }
}

impl Thread {
    /// Runs the topmost frame, and what it calls, until it returns; it begins with an exception pending if `raised`.
    ///
    /// # Errors
    /// The exception that leaves it is pending.
    pub(super) fn run(&mut self, raised: bool) -> Result<Word, Raised> {
        if !self.count.on {
            return dispatch::run::<false>(self, raised);
        }
        let result = dispatch::run::<true>(self, raised);
        self.report_count();
        result
    }

    /// Counts one op. Says whether the turn is over, and [`tick`](Self::tick) is due.
    #[inline(always)]
    pub(super) fn count_op(&mut self) -> bool {
        self.count.left -= 1;
        self.count.left == 0
    }

    /// A turn is over: the host may let others run.
    #[cold]
    pub(super) fn tick(&mut self) {
        self.report_count();
        self.start_turn();
        self.vm().host.tick(self);
    }

    /// Begins a turn: its length may have changed.
    pub(super) fn start_turn(&mut self) {
        self.count = OpCount::turn(self.vm().host.check_interval(), self.vm().options.count_ops);
    }

    /// Lets others see how many ops have been executed.
    pub(super) fn report_count(&mut self) {
        let executed = self.count.reported - self.count.left;
        self.count.reported = self.count.left;
        self.trap().add_executed(executed.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_are_counted_where_the_host_or_the_user_asks() {
        assert!(!OpCount::turn(None, false).on);
        assert!(OpCount::turn(None, true).on);
        let turn = OpCount::turn(NonZeroU32::new(7), false);
        assert!(turn.on);
        assert_eq!((turn.left, turn.reported), (8, 8));
        assert_eq!(OpCount::turn(NonZeroU32::new(u32::MAX), false).left, u32::MAX);
    }
}
