//! Waiting: how a native function parks its thread or has work done that blocks, and how it goes on afterwards.
//!
//! Such a function returns [`Flow::Park`] with a request; the request is served with the GIL released, and then the function
//! is called again with the same arguments. It begins with [`Thread::take_wake`] or [`Thread::take_reply`], which say whether
//! it is called again. It holds no lock and no borrow of the heap meanwhile.
//!
//! A thread that waits for an object stands in the object's queue. Whoever wakes it takes it out of the queue. If it cannot
//! use the wake-up, because an interrupt came first, it passes it on: a wake-up is never lost.

use crate::heap::{Value, Word};
use crate::value::Raised;
use crate::value::dict::Dict;
use crate::value::lock::{Lock, ThreadHandle, Waiters};

use super::frame::Cont;
use super::host::{Reason, Reply, Request, Wake};
use super::thread::{Flow, Thread};

/// A wait of a thread, from the first call of the native function to the end of the last.
#[derive(Debug, Default)]
pub(super) struct Wait {
    /// Until when, in nanoseconds on the host's monotonic clock: kept while the thread parks again and again.
    deadline: Option<u64>,
    /// The object in whose queue it stands, or stood when it was woken; zero is none.
    queue: Option<Word>,
    /// Somebody has taken it out of the queue.
    was_called: bool,
    /// Garbage was collected for the sake of the call.
    collected: bool,
}

impl Wait {
    /// The object the collector has to keep.
    pub(super) fn root(&self) -> Word {
        self.queue.unwrap_or(Word::NONE_AT_ALL)
    }
}

impl Thread {
    /// If the native function is called again after it has parked: how that ended.
    #[inline(always)]
    pub fn take_wake(&mut self) -> Option<Wake> {
        let wake = self.wake.take();
        if wake.is_some() {
            self.wait.queue = None;
        } else {
            self.wait.deadline = None;
        }
        wake
    }

    /// Parks for at most `timeout` nanoseconds, counted from the first time that the call parks.
    pub fn park(&mut self, reason: Reason, timeout: Option<u64>) -> Flow {
        if self.wait.deadline.is_none() {
            self.wait.deadline = timeout.map(|timeout| self.vm().host.monotonic().saturating_add(timeout));
        }
        self.request = Some(Request::Park { reason, deadline: self.wait.deadline });
        Flow::Park
    }

    /// Parks at the end of the queue of `object`, a lock or the handle of a thread.
    pub fn park_in(&mut self, object: Word, reason: Reason, timeout: Option<u64>) -> Flow {
        let token = self.token();
        if let Some(waiters) = waiters(self.live(object))
            && waiters.push(self.cx(), token).is_err()
        {
            return Flow::Raised;
        }
        self.wait.queue = Some(object);
        self.park(reason, timeout)
    }

    /// It need not park after all.
    pub fn cancel_park(&mut self) {
        self.request = None;
        let token = self.token();
        if let Some(waiters) = self.wait.queue.take().and_then(|object| waiters(self.live(object))) {
            waiters.remove(self.cx(), token);
        }
    }

    /// Has work done with the GIL released.
    pub fn ask<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static) -> Flow {
        self.request = Some(Request::Blocking(Box::new(move || Box::new(work()) as Reply)));
        Flow::Park
    }

    /// Has garbage collected, the first time that a call asks: then it is called again. The second time it is told that that
    /// did not help.
    pub fn collect_once(&mut self) -> Option<Flow> {
        self.wait.collected = !self.wait.collected;
        self.wait.collected.then(|| {
            self.request = Some(Request::Collect);
            Flow::Park
        })
    }

    /// The call that had garbage collected has got what it wanted.
    pub fn end_collecting(&mut self) {
        self.wait.collected = false;
    }

    /// If the native function is called again after it has asked for work: what came of it. Nothing also if a signal came
    /// first that raised nothing: then it asks again.
    pub fn take_reply<T: 'static>(&mut self) -> Option<T> {
        self.reply.take().and_then(|reply| reply.downcast().ok()).map(|reply| *reply)
    }

    /// It has parked and goes on: it waits in no queue any more.
    pub(super) fn end_park(&mut self, wake: Wake) {
        self.wake = Some(wake);
        let Some(object) = self.wait.queue else { return };
        let token = self.token();
        self.wait.was_called =
            waiters(self.live(object)).is_some_and(|waiters| !waiters.remove(self.cx(), token));
    }

    /// An exception comes before the native function could be called again.
    pub(super) fn abandon_wait(&mut self) {
        self.reply = None;
        self.wake = None;
        if let Some(object) = self.wait.queue.take()
            && std::mem::take(&mut self.wait.was_called)
        {
            self.wake_first(object);
        }
    }

    /// Wakes the thread that waits longest for a lock or the end of a thread.
    #[inline]
    pub fn wake_first(&self, object: Word) {
        let next = waiters(self.live(object)).and_then(|waiters| waiters.pop(self.cx()));
        if let Some(token) = next {
            self.vm().host.unpark(token);
        }
    }

    /// Calls `function(*args, **keywords)` and runs until it returns: the life of a thread. All three are reached from
    /// elsewhere meanwhile.
    ///
    /// # Errors
    /// What the call raises.
    pub(crate) fn run_to_end(&mut self, function: Word, args: Word, keywords: Word) -> Result<Word, Raised> {
        self.nest()?;
        let mut flow = self.call_star(function, args, keywords, Cont::Stop);
        while flow == Flow::Park {
            self.serve()?;
            flow = self.call_star(function, args, keywords, Cont::Stop);
        }
        let result = match flow {
            Flow::Done(word) => Ok(word),
            Flow::Pushed => self.run(false),
            Flow::Raised | Flow::Park => Err(Raised),
        };
        self.unnest();
        result
    }

    /// How many calls are nested.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// The dict of what `threading.local` objects hold for this thread.
    pub(crate) fn local_dicts(&mut self) -> Word {
        if self.locals.is_nothing() {
            self.locals = Value::object(Dict::new(self.cx())).word();
        }
        self.locals
    }
}

fn waiters(object: Value<'_>) -> Option<Waiters<'_>> {
    match object.get::<Lock>() {
        Some(lock) => Some(lock.waiters()),
        None => object.get::<ThreadHandle>().map(ThreadHandle::waiters),
    }
}
