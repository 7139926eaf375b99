//! File objects: `open`, the standard streams and their methods.
//!
//! What blocks is done with the GIL released, in two steps: the work fills or empties the buffers of a [`Stream`], and then
//! the method is called again and finds what it needs there. So nothing is lost when a signal ends the waiting.

mod failure;
mod methods;
mod mode;
mod open;
mod stream;

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::heap::{Value, Word};
use crate::value::file::File;
use crate::value::{Context, Res};
use crate::vm::Vm;
use crate::vm::host;
use crate::vm::thread::{Call, Flow, Thread};

pub(crate) use failure::os_error;
pub(crate) use methods::{ROWS, TEXT_ROWS};
pub(crate) use open::{FUNCTIONS, standard_file};

use stream::{Failure, Need, Step, Stream};

/// What the table of resources holds for a file.
struct Open {
    stream: Mutex<Stream>,
    /// The standard stream that it is.
    standard: Option<Standard>,
}

/// A standard stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standard {
    Input,
    Output(host::Stream),
}

/// Writes out what every file has gathered: before another one is opened, and at the end of the program. A file that a
/// thread is writing just now is left to that thread.
pub(crate) fn flush_all(vm: &Vm) {
    flush(&vm.resources.all::<Open>());
}

fn flush(files: &[Arc<Open>]) {
    for file in files {
        if let Some(mut stream) = file.stream.try_lock() {
            // There is nobody to tell: the file object may be gone.
            let _: io::Result<()> = stream.serve(Need::Flush);
        }
    }
}

/// What stands behind the file that is the first argument.
fn opened(th: &Thread, call: &Call) -> Result<Arc<Open>, Failure> {
    let file = th.arg_at(call, 0).get::<File>().filter(|file| !file.is_closed());
    file.and_then(|file| th.vm().resources.get(file.number())).ok_or(Failure::Closed)
}

/// A method: tries the operation, and has the blocking work done that it needs, until it is done.
fn operate<T>(
    th: &mut Thread,
    call: &Call,
    mut operation: impl FnMut(&mut Stream) -> Result<Step<T>, Failure>,
    give: impl for<'t> FnOnce(&'t Context, T) -> Res<'t>,
) -> Flow {
    if let Some(Err(error)) = th.take_reply::<io::Result<()>>() {
        return failure::raise(th, call, Failure::Io(error));
    }
    let file = match opened(th, call) {
        Ok(file) => file,
        Err(failure) => return failure::raise(th, call, failure),
    };
    loop {
        let Some(mut stream) = file.stream.try_lock() else {
            // Another thread has it do something that blocks.
            return th.ask(move || {
                drop(file.stream.lock());
                io::Result::Ok(())
            });
        };
        let step = operation(&mut stream);
        drop(stream);
        match step {
            Ok(Step::Done(result)) => return Flow::of(give(th.cx(), result)),
            Ok(Step::Need(need)) if file.standard == Some(Standard::Input) && need != Need::Flush => {
                let input = th.vm().host.input();
                match input.take_line() {
                    Some(line) => file.stream.lock().feed(&line),
                    None => return th.ask(move || input.fill()),
                }
            }
            Ok(Step::Need(need)) => return th.ask(move || file.stream.lock().serve(need)),
            Err(failure) => return failure::raise(th, call, failure),
        }
    }
}

/// Writes to a standard stream: one write, unless the stream makes it wait.
fn write_standard(th: &mut Thread, call: &Call, stream: host::Stream, bytes: Vec<u8>, result: Word) -> Flow {
    let outcome = match th.take_reply::<io::Result<()>>() {
        Some(outcome) => outcome,
        None => {
            let host = th.vm().host.clone();
            match host.try_write(stream, &bytes) {
                Some(outcome) => outcome,
                None => return th.ask(host.write(stream, bytes)),
            }
        }
    };
    match outcome {
        Ok(()) => Flow::Done(result),
        Err(error) => failure::raise(th, call, Failure::Io(error)),
    }
}

/// The `io.UnsupportedOperation` with these words: its class is written in the language.
fn unsupported(th: &mut Thread, call: &Call, words: &str) -> Flow {
    match th.cx().str(words).map(Value::word) {
        Ok(words) => th.call_prelude("raise_unsupported", &[words], call.cont),
        Err(_) => Flow::Raised,
    }
}
