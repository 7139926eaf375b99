//! What the machine asks of its runtime: everything that blocks or that the program does not determine.

use std::sync::Arc;

use super::thread::Thread;
use super::trap::Trap;

/// Why a thread waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// `time.sleep`
    Sleep,
    /// For the lock with this identity.
    Lock(u32),
    /// For the end of the thread with this token.
    Join(u32),
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// Another thread woke it.
    Unparked,
    /// The deadline passed.
    TimedOut,
    /// A signal arrived that the main thread has to look at.
    Interrupted,
}

/// What a thread asks for when it cannot go on.
pub enum Request {
    /// To wait, at most until a point of the monotonic clock.
    Park {
        /// Why.
        reason: Reason,
        /// Nanoseconds on [`Host::monotonic`].
        deadline: Option<u64>,
    },
    /// To have work done that blocks and touches no object, with the GIL released.
    Blocking(Box<dyn FnOnce() -> Reply + Send>),
}

/// What blocking work has found: data that is no heap value; the native function that asked knows its type.
pub type Reply = Box<dyn std::any::Any + Send>;

/// The runtime of a machine.
pub trait Host: Send + Sync {
    /// The thread's trap word was set: drops the GIL if that was asked, and says whether a signal arrived.
    fn checkpoint(&self, thread: &Thread) -> bool;
    /// Waits as asked, the GIL released.
    fn park(&self, thread: &Thread, reason: Reason, deadline: Option<u64>) -> Wake;
    /// Wakes the thread with this token, now or when it parks next.
    fn unpark(&self, token: u32);
    /// Runs blocking work with the GIL released.
    fn blocking(&self, thread: &Thread, work: Box<dyn FnOnce() -> Reply + Send>) -> Reply;
    /// A token for a new thread, whose trap word this is; the thread that will use it may not run yet.
    fn register(&self, trap: Arc<Trap>) -> u32;
    /// Starts a thread of the operating system that attaches as the thread with this token and then runs `body`.
    ///
    /// # Errors
    /// Where the system starts no further thread.
    fn spawn(&self, token: u32, body: Box<dyn FnOnce() + Send>) -> Result<(), String>;
    /// The calling thread of the operating system becomes the thread with this token and takes the GIL.
    /// False where the process ends and no thread attaches any more.
    fn attach(&self, token: u32) -> bool;
    /// The thread with this token ends and gives the GIL back.
    fn detach(&self, token: u32);
    /// Nobody attaches any more: the process ends.
    fn close(&self);

    /// Nanoseconds of a clock that never goes back.
    fn monotonic(&self) -> u64;
    /// Nanoseconds since the epoch.
    fn wall_clock(&self) -> i128;
    /// Nanoseconds of processor time of the process.
    fn process_time(&self) -> u64;
    /// Nanoseconds of processor time of the calling thread.
    fn thread_time(&self) -> u64;
    /// Fills a buffer with random bytes.
    fn entropy(&self, buffer: &mut [u8]);

    /// The switch interval in seconds.
    fn switch_interval(&self) -> f64;
    /// Sets the switch interval in seconds, which are positive.
    fn set_switch_interval(&self, seconds: f64);
    /// Whether there is a GIL.
    fn gil_enabled(&self) -> bool;
    /// How the threads are switched, for reports.
    fn policy_name(&self) -> &'static str;
    /// The mode in which requests to drop the GIL are made.
    fn checkpoint_mode(&self) -> super::trap::CheckpointMode;
}
