//! `_thread.lock`: acquiring and releasing. An uncontended one costs one atomic operation and asks nobody.

use crate::builtins::seconds::nanoseconds;
use crate::heap::{Value, Word};
use crate::value::lock::Lock;
use crate::value::{Builtin, Context, Raised, Res, hash, int};
use crate::vm::host::{Reason, Wake};
use crate::vm::native::{Args, Row};
use crate::vm::thread::{Call, Flow, Thread};

/// `_thread.lock()`
pub(crate) static NEW: Row = Row::leaf("lock()", new);

/// Methods of lock.
pub(crate) static ROWS: &[Row] = &[
    Row::threaded("acquire(self, blocking=True, timeout=-1)", acquire).doc(
        "Takes the lock; waits for it if it is taken and `blocking` says so, at most `timeout` seconds.",
    ),
    Row::threaded("acquire_lock(self, blocking=True, timeout=-1)", acquire),
    Row::threaded("release(self, /)", release)
        .doc("Frees the lock, whoever took it, and wakes the first that waits."),
    Row::threaded("release_lock(self, /)", release),
    Row::leaf("locked(self, /)", locked).doc("Whether it is taken."),
    Row::leaf("locked_lock(self, /)", locked),
    Row::threaded("__enter__(self, /)", enter),
    Row::threaded("__exit__(self, type=None, value=None, traceback=None, /)", release),
];

/// The longest timeout in seconds, as `TIMEOUT_MAX` says.
pub(crate) const TIMEOUT_MAX: i64 = i64::MAX / crate::builtins::seconds::NANOSECONDS;

/// A free lock.
pub(crate) fn new<'t>(cx: &'t Context, _: Args<'t>) -> Res<'t> {
    Ok(Value::object(Lock::new(cx)))
}

fn locked<'t>(_: &'t Context, args: Args<'t>) -> Res<'t> {
    Ok(Value::bool(args.at(0).get::<Lock>().is_some_and(|lock| lock.holder() != 0)))
}

/// For how long a call may wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all.
    No,
    /// For so many nanoseconds.
    For(u64),
    /// Until it has what it waits for.
    Endless,
}

impl Patience {
    fn nanoseconds(self) -> Option<u64> {
        match self {
            Patience::No => Some(0),
            Patience::For(nanoseconds) => Some(nanoseconds),
            Patience::Endless => None,
        }
    }

    /// Reads `blocking` and `timeout` as `lock_acquire_parse_args` of CPython does.
    fn read(
        cx: &Context,
        blocking: Option<Value<'_>>,
        timeout: Option<Value<'_>>,
    ) -> Result<Patience, Raised> {
        let unset = -crate::builtins::seconds::NANOSECONDS;
        let timeout = timeout.map_or(Ok(unset), |timeout| nanoseconds(cx, timeout))?;
        let blocking = blocking.is_none_or(says_yes);
        if !blocking && timeout != unset {
            return Err(cx.value_error("can't specify a timeout for a non-blocking call"));
        }
        match u64::try_from(timeout) {
            _ if !blocking => Ok(Patience::No),
            _ if timeout == unset => Ok(Patience::Endless),
            Ok(nanoseconds) => Ok(Patience::For(nanoseconds)),
            Err(_) => Err(cx.value_error("timeout value must be a non-negative number")),
        }
    }
}

/// The truth of a flag.
fn says_yes(flag: Value<'_>) -> bool {
    !(flag.is_none() || int::fixed_of(flag) == Some(0) || flag.plain().as_float() == Some(0.0))
}

fn acquire(th: &mut Thread, call: &Call) -> Flow {
    let patience = match (th.arg(call, 1), th.arg(call, 2)) {
        (None, None) => Patience::Endless,
        (blocking, timeout) => match Patience::read(th.cx(), blocking, timeout) {
            Ok(patience) => patience,
            Err(Raised) => return Flow::Raised,
        },
    };
    take(th, call, patience)
}

fn enter(th: &mut Thread, call: &Call) -> Flow {
    take(th, call, Patience::Endless)
}

/// Takes the lock, or waits in its queue and then tries again: a release hands nothing over.
#[inline]
fn take(th: &mut Thread, call: &Call, patience: Patience) -> Flow {
    let wake = th.take_wake();
    let me = th.ident();
    let Some(lock) = th.arg_at(call, 0).get::<Lock>() else { return no_lock(th, call) };
    if lock.try_acquire(me) {
        th.note_acquired(lock);
        return Flow::Done(Word::TRUE);
    }
    if patience == Patience::No || wake == Some(Wake::TimedOut) {
        return Flow::Done(Word::FALSE);
    }
    let (object, identity) = (Value::object(lock).word(), hash::identity_hash(th.cx(), Value::object(lock)));
    let flow = th.park_in(object, Reason::Lock(identity as u32), patience.nanoseconds());
    // Without a GIL it may have been freed before this thread stood in the queue.
    if flow == Flow::Park
        && let Some(lock) = th.arg_at(call, 0).get::<Lock>().filter(|lock| lock.try_acquire(me))
    {
        th.note_acquired(lock);
        th.cancel_park();
        return Flow::Done(Word::TRUE);
    }
    flow
}

fn release(th: &mut Thread, call: &Call) -> Flow {
    let Some(lock) = th.arg_at(call, 0).get::<Lock>() else { return no_lock(th, call) };
    if !lock.release() {
        th.cx().raise(Builtin::RuntimeError, "release unlocked lock");
        return Flow::Raised;
    }
    th.wake_first(Value::object(lock).word());
    Flow::Done(Word::NONE)
}

#[cold]
fn no_lock(th: &Thread, call: &Call) -> Flow {
    let cx = th.cx();
    let given = cx.type_name(th.arg_at(call, 0));
    cx.type_error(format_args!("descriptor requires a '_thread.lock' object but received a '{given}'"));
    Flow::Raised
}
