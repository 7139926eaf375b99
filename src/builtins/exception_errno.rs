//! Which subclass of `OSError` an error number of the operating system means.

use crate::value::Builtin;

/// The subclass for an error number; `OSError` itself for those without one.
#[cfg(unix)]
pub(crate) fn os_error_class(errno: i64) -> Builtin {
    use nix::errno::Errno;

    let Ok(errno) = i32::try_from(errno) else { return Builtin::OSError };
    match Errno::from_raw(errno) {
        Errno::EAGAIN | Errno::EALREADY | Errno::EINPROGRESS => Builtin::BlockingIOError,
        Errno::EPIPE | Errno::ESHUTDOWN => Builtin::BrokenPipeError,
        Errno::ECHILD => Builtin::ChildProcessError,
        Errno::ECONNABORTED => Builtin::ConnectionAbortedError,
        Errno::ECONNREFUSED => Builtin::ConnectionRefusedError,
        Errno::ECONNRESET => Builtin::ConnectionResetError,
        Errno::EEXIST => Builtin::FileExistsError,
        Errno::ENOENT => Builtin::FileNotFoundError,
        Errno::EISDIR => Builtin::IsADirectoryError,
        Errno::ENOTDIR => Builtin::NotADirectoryError,
        Errno::EINTR => Builtin::InterruptedError,
        Errno::EACCES | Errno::EPERM => Builtin::PermissionError,
        Errno::ESRCH => Builtin::ProcessLookupError,
        Errno::ETIMEDOUT => Builtin::TimeoutError,
        _ => Builtin::OSError,
    }
}

/// The subclass for an error number; `OSError` itself for those without one.
#[cfg(not(unix))]
pub(crate) fn os_error_class(errno: i64) -> Builtin {
    // The numbers that every C library shares.
    match errno {
        1 | 13 => Builtin::PermissionError,
        2 => Builtin::FileNotFoundError,
        3 => Builtin::ProcessLookupError,
        4 => Builtin::InterruptedError,
        10 => Builtin::ChildProcessError,
        11 => Builtin::BlockingIOError,
        17 => Builtin::FileExistsError,
        20 => Builtin::NotADirectoryError,
        21 => Builtin::IsADirectoryError,
        32 => Builtin::BrokenPipeError,
        _ => Builtin::OSError,
    }
}
