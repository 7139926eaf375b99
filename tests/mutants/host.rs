//! A host of one thread for programs that may do anything: output is discarded, input is empty, clocks count what is asked of
//! them, and a program that has passed too many checkpoints is interrupted.

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use minipy::vm::event::Note;
use minipy::vm::host::{Host, Input, Reason, Reply, Stream, Wake};
use minipy::vm::thread::Thread;
use minipy::vm::trap::{CheckpointMode, Trap, TrapBits};
use parking_lot::Mutex;

/// How many checkpoints a program may pass after its first `KeyboardInterrupt`: a program may catch the exception.
const GRACE: i64 = 2_000;

/// What unwinds a program that goes on in spite of all interrupts.
pub(crate) struct Stopped;

/// The host.
pub(crate) struct BoundedHost {
    /// How many checkpoints are left before the program is interrupted; below zero, it has been. Nothing before it starts.
    left: Mutex<Option<i64>>,
    tokens: AtomicU32,
    clock: AtomicU64,
    input: Arc<Input>,
}

impl BoundedHost {
    /// A host for a machine that is still to be put together.
    pub(crate) fn new() -> BoundedHost {
        BoundedHost {
            left: Mutex::new(None),
            tokens: AtomicU32::new(0),
            clock: AtomicU64::new(0),
            input: Arc::new(Input::new(Box::new(io::empty()))),
        }
    }

    /// From now on the program is interrupted when it has passed so many checkpoints, and at each one behind those.
    pub(crate) fn start(&self, checkpoints: i64) {
        *self.left.lock() = Some(checkpoints);
    }

    fn is_over(&self) -> bool {
        let mut left = self.left.lock();
        let Some(left) = &mut *left else { return false };
        *left -= 1;
        if *left < -GRACE {
            // Without the words of a panic.
            resume_unwind(Box::new(Stopped));
        }
        *left < 0
    }

    /// The program can only be interrupted now.
    fn end(&self) {
        *self.left.lock() = Some(0);
    }
}

impl Host for BoundedHost {
    fn checkpoint(&self, _: &Thread) -> bool {
        self.is_over()
    }

    fn tick(&self, _: &Thread) {}

    fn take_interrupt(&self, _: u32, _: &Trap) -> bool {
        self.is_over()
    }

    fn park(&self, _: &Thread, _: Reason, deadline: Option<u64>) -> Wake {
        match deadline {
            Some(deadline) if !self.is_over() => {
                self.clock.fetch_max(deadline, Ordering::Relaxed);
                Wake::TimedOut
            }
            // There is no other thread: it would wait for ever.
            _ => {
                self.end();
                Wake::Interrupted
            }
        }
    }

    fn unpark(&self, _: u32) {}

    fn blocking(&self, _: &Thread, work: Box<dyn FnOnce() -> Reply + Send>) -> Option<Reply> {
        Some(work())
    }

    fn register(&self, trap: Arc<Trap>) -> u32 {
        // It comes by at every checkpoint, since nobody clears that.
        trap.set(TrapBits::INTERRUPT, CheckpointMode::Loop);
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }

    fn spawn(&self, _: u32, _: Box<dyn FnOnce() + Send>) -> Result<(), String> {
        Err("this host has one thread".to_owned())
    }

    fn attach(&self, _: u32) -> bool {
        true
    }

    fn detach(&self, _: u32) {}

    fn stop_world(&self, _: &Thread, work: &mut dyn FnMut()) -> bool {
        work();
        true
    }

    fn close(&self) {}

    fn interrupt(&self) {
        self.end();
    }

    fn try_write(&self, _: Stream, _: &[u8]) -> Option<io::Result<()>> {
        Some(Ok(()))
    }

    fn write(&self, _: Stream, _: Vec<u8>) -> Box<dyn FnOnce() -> io::Result<()> + Send> {
        Box::new(|| Ok(()))
    }

    fn input(&self) -> Arc<Input> {
        self.input.clone()
    }

    fn monotonic(&self) -> u64 {
        self.clock.fetch_add(1_000, Ordering::Relaxed)
    }

    fn wall_clock(&self) -> i128 {
        self.monotonic().into()
    }

    fn process_time(&self) -> u64 {
        self.monotonic()
    }

    fn thread_time(&self) -> u64 {
        self.monotonic()
    }

    fn entropy(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }

    fn process_id(&self) -> u32 {
        1
    }

    fn processors(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(1)
    }

    fn environment(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn switch_interval(&self) -> f64 {
        0.005
    }

    fn set_switch_interval(&self, _: f64) {}

    fn note(&self, _: u32, _: Note<'_>) {}

    fn figures(&self) -> String {
        String::new()
    }

    fn gil_enabled(&self) -> bool {
        true
    }

    fn check_interval(&self) -> Option<NonZeroU32> {
        None
    }

    fn set_check_interval(&self, _: NonZeroU32) {}

    fn policy_name(&self) -> &'static str {
        "none"
    }

    fn checkpoint_mode(&self) -> Option<CheckpointMode> {
        Some(CheckpointMode::Loop)
    }
}
