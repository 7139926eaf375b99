//! The clock of the accounts and of the policies' timers.

use std::time::Duration;

use super::policy::Nanos;
use crate::sync::Instant;

/// Counts nanoseconds from its start.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that stands at zero, and goes.
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    /// What it shows.
    pub fn now(&self) -> Nanos {
        let elapsed = self.start.elapsed();
        elapsed.as_secs() * 1_000_000_000 + Nanos::from(elapsed.subsec_nanos())
    }

    /// The instant at which it shows `time`, if the system's clock reaches as far.
    pub fn instant(&self, time: Nanos) -> Option<Instant> {
        self.start.checked_add(Duration::from_nanos(time))
    }
}
