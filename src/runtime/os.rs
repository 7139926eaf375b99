//! What the runtime asks of the operating system: starting threads, signal masks, clocks, descriptors.
//!
//! The one file of `runtime/` that may hold unsafe code. It must not know the GIL or the VM. What only sharpens timing is
//! quietly left out on a system that has no such thing.
#![expect(unsafe_code, reason = "a few requests to the system have no safe wrapper")]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::time::{ClockId, clock_gettime};

use super::process::SignalBell;

/// An allocation of so many bytes goes back to the system at once when it is freed. An arena of the heap takes as many with what its
/// alignment costs, and is to stand apart from what is freed.
const LARGEST_KEPT: i32 = 1 << 23;
/// At most so many free bytes are kept at the end of the allocator's memory.
const MOST_KEPT: i32 = 1 << 26;

/// Prepares the main thread. The threads it starts inherit what it is given here.
pub fn prepare_main() {
    keep_memory();
    sharpen_timers();
}

/// Has the allocator keep what it is given back, up to a point: it is soon wanted again, and each page that comes fresh from
/// the system costs more than what is written to it.
fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the options exist, and it is before any other thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MOST_KEPT);
    }
}

/// Starts a thread that no signal reaches, so that every signal goes to the main thread. `name` is for debuggers; the
/// system may cut it short. `stack` is in bytes.
///
/// The mask is set before the thread exists and is inherited: there is no moment at which it could be hit.
pub fn spawn<F>(name: &str, stack: usize, body: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    // A name ends at a zero byte, which the library would refuse.
    let name = name.split('\0').next().unwrap_or_default().to_owned();
    let _blocked = SignalsBlocked::new()?;
    Builder::new().name(name).stack_size(stack).spawn(move || {
        sharpen_timers();
        body();
    })
}

/// Lets timed waits end as soon as they are due. Linux otherwise gathers wake-ups within 50 microseconds, which is a tenth
/// of the default switch interval.
fn sharpen_timers() {
    #[cfg(target_os = "linux")]
    let _: Result<(), _> = nix::sys::prctl::set_timerslack(1);
}

/// While it lives, the calling thread receives no signals.
struct SignalsBlocked {
    before: nix::sys::signal::SigSet,
}

impl SignalsBlocked {
    fn new() -> io::Result<SignalsBlocked> {
        use nix::sys::signal::{SigSet, SigmaskHow};
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        Ok(SignalsBlocked { before })
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // A mask that came from the system is one it takes back.
        let _: Result<(), _> = self.before.thread_set_mask();
    }
}

/// Has the signal handler ring the bell when one of these signals arrives, after all that it was told to do before.
pub(super) fn ring_on(signals: &[i32], bell: &Arc<SignalBell>) -> io::Result<()> {
    for signal in signals {
        let bell = Arc::clone(bell);
        // SAFETY: a handler may neither allocate nor wait: to ring the bell is to store to atomics, and no more.
        unsafe { signal_hook::low_level::register(*signal, move || bell.ring()) }?;
    }
    Ok(())
}

/// Whether the process was started with SIGINT ignored.
pub fn ignores_interrupts() -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY:
    // - No action is set; the present one is written to a place of its type.
    // - All zero bytes are a valid action, should the call fail.
    let action = unsafe {
        libc::sigaction(libc::SIGINT, std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

/// The standard input, output and error stream, without a buffer.
pub fn standard_files() -> io::Result<[File; 3]> {
    let file = |descriptor: BorrowedFd<'_>| descriptor.try_clone_to_owned().map(File::from);
    Ok([file(io::stdin().as_fd())?, file(io::stdout().as_fd())?, file(io::stderr().as_fd())?])
}

/// Whether a write of up to a page ends at once, be it in an error. If `wait`, when it does.
pub fn takes_output(file: &File, wait: bool) -> bool {
    let timeout = if wait { PollTimeout::NONE } else { PollTimeout::ZERO };
    let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
    poll(&mut polled, timeout).is_ok() && polled[0].any().unwrap_or(false)
}

/// Nanoseconds of a clock that never goes back.
pub fn monotonic() -> u64 {
    read_clock(ClockId::CLOCK_MONOTONIC) as u64
}

/// Nanoseconds since the epoch.
pub fn wall_clock() -> i128 {
    read_clock(ClockId::CLOCK_REALTIME)
}

/// Nanoseconds of processor time of the process.
pub fn process_time() -> u64 {
    read_clock(ClockId::CLOCK_PROCESS_CPUTIME_ID) as u64
}

/// Nanoseconds of processor time of the calling thread.
pub fn thread_time() -> u64 {
    read_clock(ClockId::CLOCK_THREAD_CPUTIME_ID) as u64
}

/// All systems that the command runs on have these clocks.
fn read_clock(clock: ClockId) -> i128 {
    clock_gettime(clock)
        .map_or(0, |time| i128::from(time.tv_sec()) * 1_000_000_000 + i128::from(time.tv_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: usize = 256 * 1024;

    #[test]
    fn a_thread_is_born_with_all_signals_blocked() {
        use nix::sys::signal::{SigSet, Signal};
        let before = SigSet::thread_get_mask().expect("a mask");
        let child = spawn("worker", STACK, || {
            let mask = SigSet::thread_get_mask().expect("a mask");
            assert!(mask.contains(Signal::SIGINT) && mask.contains(Signal::SIGTERM));
        });
        assert!(child.expect("starts").join().is_ok());
        assert_eq!(SigSet::thread_get_mask().expect("a mask"), before);
    }

    #[test]
    fn any_name_will_do() {
        prepare_main();
        for name in ["", "a\0b", "a name that is longer than the system has room for"] {
            let expected = name.split('\0').next().map(str::to_owned);
            let child = spawn(name, STACK, move || {
                assert_eq!(std::thread::current().name().map(str::to_owned), expected);
            });
            assert!(child.expect("starts").join().is_ok());
        }
    }
}
