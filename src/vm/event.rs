//! What an observer is told: what a thread is doing, why the GIL changed hands, what the machine itself has to say.
//!
//! The runtime keeps accounts of it, a recorder writes it down, a report shows it. It must not know any of them.

use std::sync::Arc;

use minipy_compiler::Code;

/// What a thread waits for when it waits for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockName {
    /// A lock of the program, by the identity of the object.
    Object(u32),
    /// A lock of the interpreter's own, such as an output stream's or an import's.
    Internal(&'static str),
}

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs: bytecode with the GIL, or native work without.
    Running,
    /// It wants the GIL.
    Wanting,
    /// It waits for a lock.
    Lock(LockName),
    /// It sleeps.
    Sleeping,
    /// It is in a blocking call.
    Io,
}

impl State {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Wanting => "wanting",
            State::Lock(_) => "lock",
            State::Sleeping => "sleeping",
            State::Io => "io",
        }
    }
}

/// Why a thread lost the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Another thread's switch interval ran out.
    Interval,
    /// It went to block, or to work without the GIL.
    Blocking,
    /// It ended.
    Exit,
}

impl Cause {
    /// Every cause there is, in the order of the statistics.
    pub const ALL: [Cause; 3] = [Cause::Interval, Cause::Blocking, Cause::Exit];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Interval => "interval",
            Cause::Blocking => "blocking",
            Cause::Exit => "exit",
        }
    }
}

/// Where in a program a thread is.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it executes.
    pub code: Arc<Code>,
    /// The line of the source.
    pub line: u32,
}

/// What a thread of the machine tells of itself, beyond what it asks the runtime for.
#[derive(Clone, Copy, Debug)]
pub enum Note<'a> {
    /// What the program calls it.
    Name(&'a str),
    /// Where it is.
    At(&'a Place),
    /// What the program calls that which it is about to wait for.
    WaitsFor(&'a str),
    /// It collects garbage from now on: no thread runs meanwhile.
    CollectionBegins,
    /// It has collected.
    CollectionEnds,
}

/// Something that happened to a thread.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When, in nanoseconds on the clock of the run.
    pub at: u64,
    /// The thread's token.
    pub thread: u32,
    /// What.
    pub what: What<'a>,
}

/// What happened to a thread.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// It comes into being, and wants the GIL.
    Begins,
    /// It is in another state.
    Enters(State),
    /// It asks the holder of the GIL to let go.
    Requests,
    /// It has the GIL, and runs.
    Granted,
    /// It no longer has the GIL.
    LetsGo(Cause),
    /// It tells something.
    Notes(Note<'a>),
    /// It ends.
    Ends,
}

/// Is told what happens, in the order in which it happens. It is called under the runtime's own locks, so it is quick and asks
/// nothing back.
pub type Observer = dyn Fn(Event<'_>) + Send + Sync;
