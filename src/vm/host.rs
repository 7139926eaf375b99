//! What the machine asks of its runtime: everything that blocks or that the program does not determine.

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use parking_lot::Mutex;

use super::event::Note;
use super::thread::Thread;
use super::trap::{CheckpointMode, Trap};

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
    /// A signal arrived that the main thread has to look at: its next checkpoint says so once.
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
    /// To have garbage collected: something has run out that garbage may hold.
    Collect,
    /// To have work done that blocks and touches no object, with the GIL released.
    Blocking(Box<dyn FnOnce() -> Reply + Send>),
}

/// What blocking work has found: data that is no heap value; the native function that asked knows its type.
pub type Reply = Box<dyn std::any::Any + Send>;

/// A standard stream that is written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// `sys.stdout`
    Out,
    /// `sys.stderr`
    Err,
}

/// The standard input of a machine.
///
/// Reading is in two steps, so that no input is lost when a thread gives up waiting for it: blocking work [fills](Self::fill)
/// the buffer, and the thread that wanted the input takes it from there when it has the GIL again.
pub struct Input {
    /// Held while a thread waits for input.
    source: Mutex<Box<dyn io::Read + Send>>,
    buffer: Mutex<Buffer>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// How many times the source has been read.
    reads: u64,
    /// What that number was when the buffer last did not have what was wanted.
    seen: u64,
    ended: bool,
}

impl Input {
    /// How much is read from the source at a time, in bytes.
    const CHUNK: usize = 8192;

    /// What `source` provides.
    pub fn new(source: Box<dyn io::Read + Send>) -> Input {
        Input { source: Mutex::new(source), buffer: Mutex::default() }
    }

    /// The next line with its end, without waiting. At the end of the input it may lack the end, and then is empty.
    /// `None`: [`fill`](Self::fill) is to be called first.
    pub fn take_line(&self) -> Option<Vec<u8>> {
        let mut buffer = self.buffer.lock();
        let end = buffer.bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        match end {
            Some(end) => Some(buffer.bytes.drain(..end).collect()),
            None => buffer.take_rest(),
        }
    }

    /// All the rest of the input, without waiting. `None`: [`fill`](Self::fill) is to be called first.
    pub fn take_all(&self) -> Option<Vec<u8>> {
        self.buffer.lock().take_rest()
    }

    /// Waits for more input than there was when it was last wanted. To be called as blocking work.
    ///
    /// # Errors
    /// Where the source cannot be read.
    pub fn fill(&self) -> io::Result<()> {
        let mut source = self.source.lock();
        if self.buffer.lock().is_news() {
            // Somebody else has read in the meantime, perhaps for a thread that has left.
            return Ok(());
        }
        let mut chunk = [0; Input::CHUNK];
        let count = uninterrupted(|| source.read(&mut chunk))?;
        let mut buffer = self.buffer.lock();
        buffer.reads += 1;
        buffer.ended = count == 0;
        buffer.bytes.extend_from_slice(&chunk[..count]);
        Ok(())
    }
}

/// Does work of the system again where a signal came between.
pub(crate) fn uninterrupted<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Buffer {
    /// Everything up to the end of the input, if that has been reached. A terminal goes on after its end.
    fn take_rest(&mut self) -> Option<Vec<u8>> {
        if std::mem::take(&mut self.ended) {
            return Some(std::mem::take(&mut self.bytes));
        }
        self.seen = self.reads;
        None
    }

    /// Whether the source has been read since the buffer lacked something.
    fn is_news(&self) -> bool {
        self.reads != self.seen
    }
}

/// The runtime of a machine.
pub trait Host: Send + Sync {
    /// The thread's trap word was set: clears and serves what is the host's in it. Drops the GIL if that was asked, and
    /// says whether a signal arrived.
    fn checkpoint(&self, thread: &Thread) -> bool;
    /// The thread has executed as many ops as [`check_interval`](Self::check_interval) lets it.
    fn tick(&self, thread: &Thread);
    /// Whether a signal arrived that the thread with this token and this trap word has to look at, once for each: what
    /// native work asks that cannot take a checkpoint.
    fn take_interrupt(&self, token: u32, trap: &Trap) -> bool;
    /// Waits as asked, the GIL released.
    fn park(&self, thread: &Thread, reason: Reason, deadline: Option<u64>) -> Wake;
    /// Wakes the thread with this token, now or when it parks next.
    fn unpark(&self, token: u32);
    /// Runs blocking work with the GIL released. `None`: a signal arrived that the main thread has to look at, and the
    /// work goes on without it.
    fn blocking(&self, thread: &Thread, work: Box<dyn FnOnce() -> Reply + Send>) -> Option<Reply>;
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
    /// Does `work` while no other thread of the machine is attached. False if another thread stopped the world first: then the
    /// work was not done, and perhaps there is no more need of it.
    fn stop_world(&self, thread: &Thread, work: &mut dyn FnMut()) -> bool;
    /// Nobody but the main thread, which calls, attaches any more: the process ends. No other runs when this returns.
    fn close(&self);
    /// Does as if a signal had arrived that the main thread has to look at.
    fn interrupt(&self);

    /// Writes all bytes to a standard stream with one system call, unless that would have to wait: then `None`, and
    /// nothing is written. A program whose standard output nobody reads any more is ended here.
    fn try_write(&self, stream: Stream, bytes: &[u8]) -> Option<io::Result<()>>;
    /// What does so however long it takes: blocking work.
    fn write(&self, stream: Stream, bytes: Vec<u8>) -> Box<dyn FnOnce() -> io::Result<()> + Send>;
    /// The standard input.
    fn input(&self) -> Arc<Input>;

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
    /// The number of the process.
    fn process_id(&self) -> u32;
    /// How many processors there are, if that is known.
    fn processors(&self) -> Option<NonZeroUsize>;
    /// The variables of the environment: name and value.
    fn environment(&self) -> Vec<(String, String)>;

    /// Hears what is told of the thread with this token.
    fn note(&self, token: u32, note: Note<'_>);
    /// The figures of the run so far, as JSON.
    fn figures(&self) -> String;

    /// The switch interval in seconds.
    fn switch_interval(&self) -> f64;
    /// Sets the switch interval in seconds, which are positive.
    fn set_switch_interval(&self, seconds: f64);
    /// After how many ops a thread is to [`tick`](Self::tick). Nothing where ops need not be counted: that does not change.
    fn check_interval(&self) -> Option<NonZeroU32>;
    /// Sets that number, for the turns that begin from now on, if there is one.
    fn set_check_interval(&self, ops: NonZeroU32);
    /// Whether there is a GIL.
    fn gil_enabled(&self) -> bool;
    /// How the threads are switched, for reports.
    fn policy_name(&self) -> &'static str;
    /// The mode in which threads ask each other to let the GIL go. Nothing where they do not.
    fn checkpoint_mode(&self) -> Option<CheckpointMode>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives one piece at a time, then its end again and again.
    struct Pieces(Vec<&'static [u8]>);

    impl io::Read for Pieces {
        fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            place[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn input(pieces: &[&'static [u8]]) -> Input {
        Input::new(Box::new(Pieces(pieces.to_vec())))
    }

    fn line(input: &Input) -> Vec<u8> {
        loop {
            match input.take_line() {
                Some(line) => return line,
                None => assert!(input.fill().is_ok()),
            }
        }
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let input = input(&[b"a", b"b\nc\nd", b"e"]);
        assert_eq!(input.take_line(), None);
        assert_eq!([line(&input), line(&input), line(&input)], [&b"ab\n"[..], b"c\n", b"de"]);
        assert_eq!([line(&input), line(&input)], [b"", b""]);
    }

    #[test]
    fn a_terminal_goes_on_after_its_end() {
        let input = input(&[b"a\n", b"", b"b\n"]);
        assert_eq!([line(&input), line(&input), line(&input)], [&b"a\n"[..], b"", b"b\n"]);
    }

    #[test]
    fn the_rest_is_what_no_line_has_taken() {
        let input = input(&[b"a\nb\n", b"c"]);
        assert_eq!(line(&input), b"a\n");
        for _ in 0..2 {
            assert_eq!(input.take_all(), None);
            assert!(input.fill().is_ok());
        }
        assert_eq!(input.take_all().as_deref(), Some(&b"b\nc"[..]));
    }

    #[test]
    fn input_that_nobody_waited_for_stays() {
        let input = input(&[b"late\n", b"more\n"]);
        assert_eq!(input.take_line(), None);
        // The first is work whose thread has left it; the second does not wait for what is there.
        assert!(input.fill().is_ok() && input.fill().is_ok());
        assert_eq!(input.take_line().as_deref(), Some(&b"late\n"[..]));
        assert_eq!(input.take_line(), None);
    }
}
