//! What a process has once, however many machines live in it: its signals and its standard streams.
//!
//! A signal handler does next to nothing: it writes to a pipe and sets the main thread's trap bit. A thread of this file reads
//! the pipe and tells the main thread through its trap word and its parker, so that Ctrl-C reaches a program that computes,
//! sleeps, waits for a lock or reads. Most programs are over before a signal arrives: that thread starts when the main thread
//! first waits or finds the bit set, and when there is another thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::os;
use super::parker::Parker;
use super::settings::CheckpointMode;
use super::streams::Streams;
use crate::vm::trap::{Trap, TrapBits};

/// The stack of the thread that reads signals, in bytes.
const STACK: usize = 1 << 20;

/// The process.
pub struct Process {
    streams: Streams,
    main: Arc<Mutex<Option<MainThread>>>,
    on_quit: Arc<Mutex<Option<OnQuit>>>,
    bell: Arc<SignalBell>,
    /// Where signals arrive, as long as no thread reads them.
    unread: Mutex<Option<Signals>>,
    is_watched: AtomicBool,
}

/// What the signal handler touches beside the pipe. It runs between any two instructions of the main thread: all is atomic.
#[derive(Default)]
pub(super) struct SignalBell {
    has_rung: AtomicBool,
    main: OnceLock<(Arc<Trap>, CheckpointMode)>,
}

impl SignalBell {
    /// A signal arrived, and stands in the pipe.
    pub(super) fn ring(&self) {
        self.has_rung.store(true, Ordering::SeqCst);
        if let Some((trap, checkpoints)) = self.main.get() {
            trap.set(TrapBits::INTERRUPT, *checkpoints);
        }
    }
}

/// What is done when Ctrl-\ is pressed.
type OnQuit = Box<dyn Fn() + Send>;

/// How the main thread is reached.
pub(super) struct MainThread {
    pub(super) trap: Arc<Trap>,
    pub(super) parker: Arc<Parker>,
    pub(super) checkpoints: CheckpointMode,
}

impl Process {
    /// Takes over the signals and the standard streams. To be called by the main thread before there are others.
    ///
    /// # Errors
    /// Where the system refuses a descriptor.
    pub fn start() -> io::Result<Arc<Process>> {
        os::prepare_main();
        let bell = Arc::default();
        let mut unread = None;
        // Whoever started the process with Ctrl-C ignored, as shells do for jobs in the background, means it.
        if !os::ignores_interrupts() {
            let signals = [SIGINT, SIGQUIT];
            // The handler does things in this order: who hears the bell finds the signal in the pipe.
            unread = Some(Signals::new(signals)?);
            os::ring_on(&signals, &bell)?;
        }
        let unread = Mutex::new(unread);
        let (main, on_quit, is_watched) = (Arc::default(), Arc::default(), AtomicBool::new(false));
        Ok(Arc::new(Process { streams: Streams::open()?, main, on_quit, bell, unread, is_watched }))
    }

    /// Has a thread read the signals, those that have arrived and those to come, if none does yet.
    pub(super) fn watch(&self) {
        if self.is_watched.load(Ordering::Relaxed) || self.is_watched.swap(true, Ordering::SeqCst) {
            return;
        }
        let Some(signals) = self.unread.lock().take() else { return };
        let (told, quit) = (Arc::clone(&self.main), Arc::clone(&self.on_quit));
        // Where the system has no thread left, a program is better off without signals than not at all.
        let _: io::Result<_> = os::spawn("signals", STACK, move || watch(signals, &told, &quit));
    }

    /// Its standard streams.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// From now on Ctrl-C is this thread's, unless another has it.
    pub(super) fn set_main(&self, main: MainThread) {
        let known = self.bell.main.set((Arc::clone(&main.trap), main.checkpoints));
        self.main.lock().get_or_insert(main);
        // The bell knows the first main thread only, and from now on.
        if known.is_err() || self.bell.has_rung.load(Ordering::SeqCst) {
            self.watch();
        }
    }

    /// Has `report` called when Ctrl-\ is pressed (SIGQUIT), on a thread of its own; the program goes on.
    pub fn on_quit(&self, report: impl Fn() + Send + 'static) {
        *self.on_quit.lock() = Some(Box::new(report));
    }

    /// Does as if a signal had arrived.
    pub(super) fn interrupt(&self) {
        if let Some(main) = &*self.main.lock() {
            main.interrupt();
        }
    }

    /// From now on Ctrl-C ends the process.
    pub fn forget_main(&self) {
        *self.main.lock() = None;
    }

    /// Ends the process as Ctrl-C ends one that knows nothing of signals, so that a shell that started it stops as well.
    pub fn end_by_interrupt(&self) -> ! {
        self.forget_main();
        // Failing that, with the status that stands for it.
        let _: io::Result<()> = emulate_default_handler(SIGINT);
        std::process::exit(128 + SIGINT)
    }
}

fn watch(mut signals: Signals, main: &Mutex<Option<MainThread>>, on_quit: &Mutex<Option<OnQuit>>) {
    for signal in signals.forever() {
        if signal == SIGQUIT {
            match &*on_quit.lock() {
                Some(report) => report(),
                None => drop(emulate_default_handler(signal)),
            }
            continue;
        }
        match &*main.lock() {
            Some(main) => main.interrupt(),
            None => drop(emulate_default_handler(signal)),
        }
    }
}

impl MainThread {
    /// The parker holds the truth; the trap word is cleared before the parker is asked.
    fn interrupt(&self) {
        self.parker.interrupt(|| self.trap.set(TrapBits::INTERRUPT, self.checkpoints));
    }
}
