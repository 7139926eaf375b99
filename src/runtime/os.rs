//! What the runtime asks of the operating system about threads: signal masks, timers, starting a thread.
//!
//! The one file of `runtime/` that may hold unsafe code, of which it has none so far. It must not know the GIL or the VM.
//! Where a system has no such thing, a request is quietly not served: none of them changes what a program prints.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Prepares the main thread. The threads it starts inherit what it is given here.
pub fn prepare_main() {
    sharpen_timers();
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
    #[cfg(unix)]
    before: nix::sys::signal::SigSet,
}

#[cfg(unix)]
impl SignalsBlocked {
    fn new() -> io::Result<SignalsBlocked> {
        use nix::sys::signal::{SigSet, SigmaskHow};
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        Ok(SignalsBlocked { before })
    }
}

#[cfg(unix)]
impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // A mask that came from the system is one it takes back.
        let _: Result<(), _> = self.before.thread_set_mask();
    }
}

#[cfg(not(unix))]
impl SignalsBlocked {
    fn new() -> io::Result<SignalsBlocked> {
        Ok(SignalsBlocked {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: usize = 256 * 1024;

    #[cfg(unix)]
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
