//! Running the command from a test.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// After this long a command counts as hanging, and is killed. Far above what any takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How a command ended.
pub(crate) struct Ended {
    /// What it printed.
    pub(crate) out: String,
    /// What it complained.
    pub(crate) err: String,
    /// Its exit status; `signal N` or `hanging` where there is none.
    pub(crate) status: String,
}

/// The command, with nothing to read.
pub(crate) fn minipy(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minipy"));
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Kills a command that hangs.
pub(crate) struct Limit {
    watchdog: JoinHandle<bool>,
    /// While it is there, the watchdog waits.
    running: Sender<()>,
}

impl Limit {
    /// The time of this command begins now, and ends when the limit is dropped.
    pub(crate) fn on(child: &Child) -> Limit {
        let id = Pid::from_raw(child.id().cast_signed());
        let (running, end) = channel();
        let watchdog = std::thread::spawn(move || {
            let hanging = end.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout);
            if hanging {
                let _: nix::Result<()> = kill(id, Signal::SIGKILL);
            }
            hanging
        });
        Limit { watchdog, running }
    }

    /// Whether it was reached.
    fn reached(self) -> bool {
        drop(self.running);
        self.watchdog.join().expect("the watchdog ends")
    }
}

/// Waits for the end of a command.
pub(crate) fn wait(child: Child) -> Ended {
    let limit = Limit::on(&child);
    let output = child.wait_with_output().expect("a command can be waited for");
    let status = match (limit.reached(), output.status.code(), output.status.signal()) {
        (true, ..) => "hanging".to_owned(),
        (false, Some(code), _) => code.to_string(),
        (false, None, signal) => format!("signal {}", signal.unwrap_or_default()),
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { out: text(output.stdout), err: text(output.stderr), status }
}
