//! The standard streams of the process, unbuffered: what a program prints is one system call, and is seen at once.
//!
//! It must not know the GIL: a write that would have to wait is refused, for the caller to release what it holds first.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use parking_lot::Mutex;

use super::os;
use crate::vm::host::{Input, Stream};

/// The exit status of a program whose output nobody reads any more: that of a program that SIGPIPE ended, as shells say it.
pub const BROKEN_PIPE_STATUS: i32 = 128 + 13;

/// What a pipe or a terminal that is ready takes without waiting, in bytes: `_POSIX_PIPE_BUF` is 512, and all systems that
/// the command runs on have a page.
const TAKEN_AT_ONCE: usize = 4096;

/// The standard streams.
pub struct Streams {
    out: Arc<Output>,
    err: Arc<Output>,
    input: Arc<Input>,
}

impl Streams {
    /// Those of the process.
    ///
    /// # Errors
    /// Where the process has no descriptor left.
    pub fn open() -> io::Result<Streams> {
        let [input, out, err] = os::standard_files()?;
        Ok(Streams {
            out: Arc::new(Output::new(out, true)),
            err: Arc::new(Output::new(err, false)),
            input: Arc::new(Input::new(Box::new(input))),
        })
    }

    /// One to write to.
    pub fn output(&self, stream: Stream) -> &Arc<Output> {
        match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        }
    }

    /// The one to read from.
    pub fn input(&self) -> &Arc<Input> {
        &self.input
    }
}

/// A stream that is written to.
pub struct Output {
    file: Mutex<File>,
    /// A write never waits for anybody: it is a file.
    immediate: bool,
    /// There is no point in the program without it.
    vital: bool,
}

impl Output {
    fn new(file: File, vital: bool) -> Output {
        let immediate = file.metadata().is_ok_and(|metadata| metadata.is_file());
        Output { file: Mutex::new(file), immediate, vital }
    }

    /// Writes all bytes if it can be done without waiting; else `None`, and nothing is written.
    pub fn try_write(&self, bytes: &[u8]) -> Option<io::Result<()>> {
        let mut file = self.file.try_lock()?;
        let at_once = self.immediate || (bytes.len() <= TAKEN_AT_ONCE && os::takes_output(&file, false));
        at_once.then(|| self.judge(put(&mut file, bytes)))
    }

    /// Writes all bytes, however long it takes.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let result = put(&mut self.file.lock(), bytes);
        self.judge(result)
    }

    /// Ends the program when nobody reads what it prints.
    fn judge(&self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe && self.vital => {
                std::process::exit(BROKEN_PIPE_STATUS)
            }
            result => result,
        }
    }
}

/// Writes all bytes, also to a descriptor that somebody has set not to wait.
fn put(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                os::takes_output(file, true);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;

    use super::*;

    fn pipe() -> (io::PipeReader, Output) {
        let (reader, writer) = io::pipe().expect("a pipe");
        (reader, Output::new(File::from(OwnedFd::from(writer)), false))
    }

    #[test]
    fn a_full_pipe_refuses_rather_than_waits() {
        let (mut reader, output) = pipe();
        let chunk = [b'x'; TAKEN_AT_ONCE];
        let mut written = 0;
        while output.try_write(&chunk).is_some_and(|result| result.is_ok()) {
            written += chunk.len();
        }
        assert!(written >= TAKEN_AT_ONCE);
        let mut read = vec![0; written];
        assert!(reader.read_exact(&mut read).is_ok());
        assert!(output.try_write(b"again").is_some_and(|result| result.is_ok()));
    }

    #[test]
    fn much_is_written_where_waiting_is_allowed() {
        let (mut reader, output) = pipe();
        let much = vec![b'y'; 1 << 20];
        assert!(output.try_write(&much).is_none());
        let writer = std::thread::spawn(move || output.write(&much).is_ok());
        let mut read = Vec::new();
        assert!(reader.read_to_end(&mut read).is_ok());
        assert_eq!(read.len(), 1 << 20);
        assert!(writer.join().is_ok_and(|written| written));
    }

    #[test]
    fn a_closed_pipe_is_an_error_at_once() {
        let (reader, output) = pipe();
        drop(reader);
        let kind = |result: io::Result<()>| result.map_err(|error| error.kind());
        assert_eq!(output.try_write(b"x").map(kind), Some(Err(ErrorKind::BrokenPipe)));
        assert_eq!(kind(output.write(b"x")), Err(ErrorKind::BrokenPipe));
    }
}
