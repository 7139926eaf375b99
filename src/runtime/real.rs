//! The host of operating-system threads: wall-clock time, one GIL.
//!
//! A thread of the language is a thread of the system with a port: its seat at the GIL and the place where it waits. The
//! first thread that is registered is the main one. Nothing here waits with the GIL held.

use std::ffi::OsString;
use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::RwLock;

use super::accounts::{LockName, Snapshot, State};
use super::barging::BargingGil;
use super::deadlock::Watch;
use super::figures::Figures;
use super::gil::Gil;
use super::helper::Helper;
use super::lock::{Closed, Lock, Seat};
use super::os;
use super::parker::Parker;
use super::policy::{After, PolicyKind, ThreadId};
use super::process::{MainThread, Process};
use super::settings::Settings;
use crate::vm::event::{Note, Observer};
use crate::vm::host::{Host, Input, Reason, Reply, Stream, Wake};
use crate::vm::thread::Thread;
use crate::vm::trap::{CheckpointMode, Trap, TrapBits};

/// The token of the main thread.
const MAIN: u32 = 0;

/// How often a thread that runs says where it is, if that is observed.
const TELL_INTERVAL: Duration = Duration::from_millis(5);

/// The native stack of the thread that asks for it, in bytes.
const ASKER_STACK: usize = 64 << 10;

/// The native stack of a thread of the language, in bytes. Only what is touched takes memory.
const STACK: usize = 16 << 20;

/// The host of operating-system threads. A clone is the same host.
#[derive(Clone)]
pub struct RealHost {
    shared: Arc<Shared>,
}

struct Shared {
    lock: Box<dyn Lock>,
    /// Under `old`, after how many ops a thread lets go.
    check_interval: AtomicU32,
    process: Arc<Process>,
    helper: Helper,
    /// By token; nothing where the thread has ended. Only the thread itself keeps its port while it works with it.
    ports: RwLock<Vec<Option<Arc<Port>>>>,
    watch: Watch,
    /// What is done when no thread will ever go on.
    on_deadlock: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Whether an observer is told what happens: then threads say where they are.
    is_observed: AtomicBool,
}

struct Port {
    seat: Seat,
    trap: Arc<Trap>,
    parker: Arc<Parker>,
}

impl RealHost {
    /// The host of a machine in this process.
    pub fn new(settings: Settings, process: Arc<Process>) -> RealHost {
        let lock: Box<dyn Lock> = match settings.policy {
            PolicyKind::Old => Box::new(BargingGil::new(settings)),
            PolicyKind::New | PolicyKind::IoFirst | PolicyKind::Off => Box::new(Gil::new(settings)),
        };
        let shared = Shared {
            lock,
            check_interval: AtomicU32::new(settings.check_interval.get()),
            process,
            helper: Helper::default(),
            ports: RwLock::default(),
            watch: Watch::default(),
            on_deadlock: OnceLock::new(),
            is_observed: AtomicBool::new(false),
        };
        RealHost { shared: Arc::new(shared) }
    }

    /// From now on `observer` is told what happens. To be called once.
    pub fn observe(&self, observer: Arc<Observer>) {
        self.shared.lock.observe(observer);
        self.shared.is_observed.store(true, Ordering::Relaxed);
        let shared = Arc::downgrade(&self.shared);
        // Without it a thread says where it is only when it lets go.
        let _: io::Result<_> = os::spawn("asker", ASKER_STACK, move || ask_where(&shared));
    }

    /// Has `report` called when every thread waits for another one. No thread runs meanwhile; when it returns, they wait on.
    pub fn on_deadlock(&self, report: Box<dyn Fn() + Send + Sync>) {
        // Who comes second comes too late.
        let _: Result<(), _> = self.shared.on_deadlock.set(report);
    }

    /// Does something while the world is stopped, on a thread that is none of the machine's. It has a line of its own in the
    /// accounts. Nothing is done once the machine is closed.
    pub fn visit(&self, name: &str, work: &mut dyn FnMut()) {
        let token = self.shared.register(Arc::new(Trap::new()));
        self.note(token, Note::Name(name));
        if self.shared.attach(token) {
            while !self.shared.stop_world(token, work) {}
            self.shared.detach(token);
        }
    }

    /// Where the time of the threads went so far.
    pub fn accounts(&self) -> Snapshot {
        self.shared.lock.snapshot()
    }

    /// The figures of the run so far.
    pub fn figures(&self) -> Figures {
        let mut settings = *self.settings();
        settings.switch_interval = self.shared.lock.switch_interval();
        Figures::new(&self.accounts(), &settings, os::process_time())
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        self.shared.lock.settings()
    }
}

impl Shared {
    fn port(&self, token: u32) -> Option<Arc<Port>> {
        self.ports.read().get(token as usize)?.clone()
    }

    fn register(&self, trap: Arc<Trap>) -> u32 {
        let mut ports = self.ports.write();
        let token = ports.len() as u32;
        let parker = Arc::new(Parker::default());
        if token == MAIN {
            let checkpoints = self.lock.settings().checkpoints;
            self.process.set_main(MainThread {
                trap: Arc::clone(&trap),
                parker: Arc::clone(&parker),
                checkpoints,
            });
        }
        let seat = self.lock.register(ThreadId(token), Arc::clone(&trap));
        self.watch.begins();
        ports.push(Some(Arc::new(Port { seat, trap, parker })));
        token
    }

    fn attach(&self, token: u32) -> bool {
        self.port(token).is_some_and(|port| self.lock.acquire(&port.seat, After::Start).is_ok())
    }

    fn detach(&self, token: u32) {
        if token == MAIN {
            self.process.forget_main();
        }
        let port = self.ports.write().get_mut(token as usize).and_then(Option::take);
        if port.is_some() && self.watch.ends() {
            self.look_for_deadlock();
        }
        // Nobody else keeps a port: others have looked at it under the lock only.
        if let Some(port) = port.and_then(Arc::into_inner) {
            self.lock.exit(port.seat);
        }
    }

    fn close(&self) {
        if let Some(port) = self.port(MAIN) {
            self.lock.close(&port.seat);
        }
    }

    /// Takes the GIL again. In a process that ends, this never happens: the thread stays here.
    fn return_to_gil(&self, port: &Port) {
        if self.lock.acquire(&port.seat, After::Blocking).is_err() {
            never_again();
        }
    }

    fn stop_world(&self, token: u32, work: &mut dyn FnMut()) -> bool {
        let Some(port) = self.port(token) else { return false };
        match self.lock.stop_world(&port.seat) {
            Ok(true) => {
                work();
                self.lock.resume_world(&port.seat);
                true
            }
            Ok(false) => false,
            Err(Closed) => never_again(),
        }
    }

    fn checkpoint(&self, token: u32, trap: &Trap) -> bool {
        let Some(port) = self.port(token) else { return false };
        let pending = trap.pending();
        if pending.contains(TrapBits::DROP_REQUEST) && self.lock.checkpoint(&port.seat).is_err() {
            never_again();
        }
        self.take_interrupt(token, trap)
    }

    fn take_interrupt(&self, token: u32, trap: &Trap) -> bool {
        if token != MAIN {
            return false;
        }
        if trap.pending().contains(TrapBits::INTERRUPT) {
            self.process.watch();
            trap.clear(TrapBits::INTERRUPT);
        }
        self.port(MAIN).is_some_and(|port| port.parker.take_interrupt())
    }

    fn park(&self, token: u32, reason: Reason, deadline: Option<u64>) -> Wake {
        let Some(port) = self.port(token) else { return Wake::Unparked };
        if port.parker.take_token() {
            return Wake::Unparked;
        }
        self.process.watch();
        let state = match reason {
            Reason::Sleep => State::Sleeping,
            Reason::Lock(identity) => State::Lock(LockName::Object(identity)),
            Reason::Join(_) => State::Lock(LockName::Internal("end of a thread")),
        };
        if deadline.is_none() && port.parker.announce_endless() && self.watch.waits() {
            self.look_for_deadlock();
        }
        self.lock.release(&port.seat, state);
        let wake = match deadline {
            None => {
                let wake = port.parker.park_soon_woken();
                if port.parker.retract_endless() {
                    self.watch.goes_on();
                }
                wake
            }
            Some(deadline) => {
                let rest = Duration::from_nanos(deadline.saturating_sub(os::monotonic()));
                port.parker.park(Instant::now().checked_add(rest))
            }
        };
        self.return_to_gil(&port);
        wake
    }

    fn unpark(&self, token: u32) {
        if let Some(Some(port)) = self.ports.read().get(token as usize)
            && port.parker.unpark()
        {
            self.watch.goes_on();
        }
    }

    /// The counts say that every thread waits without end. The caller still holds the GIL.
    fn look_for_deadlock(&self) {
        let before = self.watch.wake_ups();
        let all_stuck = self.ports.read().iter().flatten().all(|port| port.parker.is_stuck());
        if all_stuck
            && self.watch.wake_ups() == before
            && let Some(report) = self.on_deadlock.get()
        {
            report();
        }
    }

    /// Tells an observer where a thread is, and what it is going to wait for.
    fn tell_place(&self, thread: &Thread, waits: bool) {
        if !self.is_observed.load(Ordering::Relaxed) {
            return;
        }
        thread.trap().clear(TrapBits::TELL);
        let id = ThreadId(thread.token());
        if let Some(place) = thread.place() {
            self.lock.note(id, Note::At(&place));
        }
        if waits && let Some(subject) = thread.waits_for() {
            self.lock.note(id, Note::WaitsFor(&subject.to_string()));
        }
    }

    fn blocking(&self, token: u32, work: Box<dyn FnOnce() -> Reply + Send>) -> Option<Reply> {
        let Some(port) = self.port(token) else { return Some(work()) };
        self.process.watch();
        self.lock.release(&port.seat, State::Io);
        // Only the main thread is ever interrupted, so the others need not be able to leave.
        let reply = if token == MAIN { self.helper.run(&port.parker, work) } else { Some(work()) };
        self.return_to_gil(&port);
        reply
    }
}

/// Asks all threads, again and again, to say where they are at their next checkpoints.
fn ask_where(shared: &Weak<Shared>) {
    while let Some(shared) = shared.upgrade() {
        for port in shared.ports.read().iter().flatten() {
            port.trap.set(TrapBits::TELL, CheckpointMode::Loop);
        }
        drop(shared);
        std::thread::sleep(TELL_INTERVAL);
    }
}

/// Where a thread stays while the process ends around it.
fn never_again() -> ! {
    loop {
        std::thread::park();
    }
}

impl Host for RealHost {
    fn checkpoint(&self, thread: &Thread) -> bool {
        self.shared.tell_place(thread, false);
        self.shared.checkpoint(thread.token(), thread.trap())
    }

    fn tick(&self, thread: &Thread) {
        if let Err(Closed) = self.shared.lock.tick(ThreadId(thread.token())) {
            never_again();
        }
    }

    fn take_interrupt(&self, token: u32, trap: &Trap) -> bool {
        self.shared.take_interrupt(token, trap)
    }

    fn park(&self, thread: &Thread, reason: Reason, deadline: Option<u64>) -> Wake {
        self.shared.tell_place(thread, reason != Reason::Sleep);
        self.shared.park(thread.token(), reason, deadline)
    }

    fn unpark(&self, token: u32) {
        self.shared.unpark(token);
    }

    fn blocking(&self, thread: &Thread, work: Box<dyn FnOnce() -> Reply + Send>) -> Option<Reply> {
        self.shared.tell_place(thread, false);
        self.shared.blocking(thread.token(), work)
    }

    fn register(&self, trap: Arc<Trap>) -> u32 {
        self.shared.register(trap)
    }

    fn spawn(&self, token: u32, body: Box<dyn FnOnce() + Send>) -> Result<(), String> {
        self.shared.process.watch();
        let shared = Arc::clone(&self.shared);
        let run = move || {
            if shared.attach(token) {
                body();
                shared.detach(token);
            } else {
                // What it holds belongs to a machine that others are taking down.
                std::mem::forget(body);
            }
        };
        // The thread is not joined: it belongs to the process, which may end without it.
        os::spawn("python", STACK, run).map(drop).map_err(|error| {
            self.shared.detach(token);
            error.to_string()
        })
    }

    fn attach(&self, token: u32) -> bool {
        self.shared.attach(token)
    }

    fn detach(&self, token: u32) {
        self.shared.detach(token);
    }

    fn stop_world(&self, thread: &Thread, work: &mut dyn FnMut()) -> bool {
        self.shared.stop_world(thread.token(), work)
    }

    fn close(&self) {
        self.shared.close();
    }

    fn interrupt(&self) {
        self.shared.process.interrupt();
    }

    fn try_write(&self, stream: Stream, bytes: &[u8]) -> Option<io::Result<()>> {
        self.shared.process.streams().output(stream).try_write(bytes)
    }

    fn write(&self, stream: Stream, bytes: Vec<u8>) -> Box<dyn FnOnce() -> io::Result<()> + Send> {
        let output = Arc::clone(self.shared.process.streams().output(stream));
        Box::new(move || output.write(&bytes))
    }

    fn input(&self) -> Arc<Input> {
        Arc::clone(self.shared.process.streams().input())
    }

    fn monotonic(&self) -> u64 {
        os::monotonic()
    }

    fn wall_clock(&self) -> i128 {
        os::wall_clock()
    }

    fn process_time(&self) -> u64 {
        os::process_time()
    }

    fn thread_time(&self) -> u64 {
        os::thread_time()
    }

    fn entropy(&self, buffer: &mut [u8]) {
        // It fails only on systems that have none to give, and the buffer stays as it is.
        let _: Result<(), getrandom::Error> = getrandom::fill(buffer);
    }

    fn note(&self, token: u32, note: Note<'_>) {
        self.shared.lock.note(ThreadId(token), note);
    }

    fn figures(&self) -> String {
        self.figures().to_json()
    }

    fn process_id(&self) -> u32 {
        std::process::id()
    }

    fn processors(&self) -> Option<NonZeroUsize> {
        std::thread::available_parallelism().ok()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let text = |part: OsString| part.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn switch_interval(&self) -> f64 {
        self.shared.lock.switch_interval().as_secs_f64()
    }

    fn set_switch_interval(&self, seconds: f64) {
        let interval = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        self.shared.lock.set_switch_interval(interval);
    }

    fn check_interval(&self) -> Option<NonZeroU32> {
        let interval = NonZeroU32::new(self.shared.check_interval.load(Ordering::Relaxed));
        interval.filter(|_| self.settings().policy == PolicyKind::Old)
    }

    fn set_check_interval(&self, ops: NonZeroU32) {
        self.shared.check_interval.store(ops.get(), Ordering::Relaxed);
    }

    fn gil_enabled(&self) -> bool {
        self.shared.lock.is_exclusive()
    }

    fn policy_name(&self) -> &'static str {
        self.settings().policy.name()
    }

    fn checkpoint_mode(&self) -> Option<CheckpointMode> {
        let Settings { policy, checkpoints, .. } = self.settings();
        policy.has_interval().then_some(*checkpoints)
    }
}

#[cfg(test)]
mod tests;
