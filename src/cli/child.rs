//! Running this command, or another Python, as a process of its own: what is measured there is not disturbed by what ran before.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::Complaint;

/// How a process ended that ended well.
pub(super) struct Finished {
    /// What it wrote on standard error.
    pub(super) err: String,
    /// Processor time in the program.
    pub(super) user: Duration,
    /// Processor time in the system.
    pub(super) system: Duration,
}

/// A command that runs minipy itself.
pub(super) fn minipy() -> Result<Command, Complaint> {
    std::env::current_exe().map(Command::new).map_err(Complaint::System)
}

/// Runs a command to its end. What it prints is dropped.
pub(super) fn finish(command: &mut Command) -> Result<Finished, Complaint> {
    let before = usage()?;
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| failure(command, &error.to_string()))?;
    let after = usage()?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(failure(command, &format!("{}\n{err}", output.status)));
    }
    Ok(Finished { err, user: after.0.saturating_sub(before.0), system: after.1.saturating_sub(before.1) })
}

fn failure(command: &Command, problem: &str) -> Complaint {
    let name = command.get_program().to_string_lossy().into_owned();
    let is_code = |word: &OsStr| word.to_string_lossy().contains('\n');
    let words = command.get_args().filter(|word| !is_code(word)).map(OsStr::to_string_lossy);
    let command = [name.into()].into_iter().chain(words).collect::<Vec<_>>().join(" ");
    Complaint::Child { command, problem: problem.trim_end().to_owned() }
}

/// The processor time of all processes that were waited for: in the program and in the system.
fn usage() -> Result<(Duration, Duration), Complaint> {
    let usage =
        getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| Complaint::System(io::Error::from(error)))?;
    let duration = |time: TimeVal| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    Ok((duration(usage.user_time()), duration(usage.system_time())))
}
