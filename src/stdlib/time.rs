//! `time`: clocks and sleeping, all of them the host's.

use crate::heap::{Value, Word};
use crate::value::{Raised, int};
use crate::vm::host::{Reason, Wake};
use crate::vm::native::Row;
use crate::vm::thread::{Call, Flow, Thread};

use super::ModuleDef;
use crate::builtins::seconds::{nanoseconds, seconds};

/// The module.
pub(crate) static MODULE: ModuleDef =
    ModuleDef { name: "time", rows: ROWS, constants: super::no_constants, source: None };

static ROWS: &[Row] = &[
    Row::threaded("sleep(seconds, /)", sleep).doc("Waits for a number of seconds, with the GIL released."),
    Row::threaded("time()", |th, _| in_seconds(th.vm().host.wall_clock()))
        .doc("Seconds since the epoch, a float."),
    Row::threaded("time_ns()", |th, _| whole(th, th.vm().host.wall_clock()))
        .doc("Nanoseconds since the epoch."),
    Row::threaded("monotonic()", |th, _| in_seconds(th.vm().host.monotonic().into()))
        .doc("Seconds of a clock that never goes back."),
    Row::threaded("monotonic_ns()", |th, _| whole(th, th.vm().host.monotonic().into()))
        .doc("Nanoseconds of a clock that never goes back."),
    Row::threaded("perf_counter()", |th, _| in_seconds(th.vm().host.monotonic().into()))
        .doc("Seconds of the clock with the highest resolution."),
    Row::threaded("perf_counter_ns()", |th, _| whole(th, th.vm().host.monotonic().into()))
        .doc("Nanoseconds of the clock with the highest resolution."),
    Row::threaded("process_time()", |th, _| in_seconds(th.vm().host.process_time().into()))
        .doc("Seconds of processor time that the process has used."),
    Row::threaded("process_time_ns()", |th, _| whole(th, th.vm().host.process_time().into()))
        .doc("Nanoseconds of processor time that the process has used."),
    Row::threaded("thread_time()", |th, _| in_seconds(th.vm().host.thread_time().into()))
        .doc("Seconds of processor time that the thread has used."),
    Row::threaded("thread_time_ns()", |th, _| whole(th, th.vm().host.thread_time().into()))
        .doc("Nanoseconds of processor time that the thread has used."),
];

fn in_seconds(clock: i128) -> Flow {
    Flow::Done(Value::float(seconds(clock)).word())
}

fn whole(th: &Thread, clock: i128) -> Flow {
    Flow::Done(int::wide(th.cx(), clock).word())
}

fn sleep(th: &mut Thread, call: &Call) -> Flow {
    if th.take_wake() == Some(Wake::TimedOut) {
        return Flow::Done(Word::NONE);
    }
    let cx = th.cx();
    let timeout = nanoseconds(cx, th.arg_at(call, 0)).and_then(|nanoseconds| {
        u64::try_from(nanoseconds).map_err(|_| cx.value_error("sleep length must be non-negative"))
    });
    match timeout {
        Ok(timeout) => th.park(Reason::Sleep, Some(timeout)),
        Err(Raised) => Flow::Raised,
    }
}
