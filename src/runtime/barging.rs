//! The GIL of the policy `old` for operating-system threads: they park at one word, and whoever is fastest has it.
//!
//! What the word becomes is [`super::policy::old`]'s to say; here it is changed with compare-and-swap, and the queue of the parked
//! is the parking lot's. A check interval is so short that at its end nothing may be locked: letting go and taking the word
//! again are two atomic operations, unless somebody is parked. The accounts are therefore told of a switch by the thread that
//! has won, and not by the one that has lost. It must not know the VM.

use std::time::Duration;

use super::accounts::{Accounts, Cause, Snapshot, State};
use super::clock::Clock;
use super::lock::{Closed, Lock, Seat};
use super::policy::old::Word;
use super::policy::{After, ThreadId};
use super::settings::Settings;
use crate::heap::parking;
use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::sync::{Arc, Mutex};
use crate::vm::event::{Note, Observer};
use crate::vm::trap::Trap;

/// A global interpreter lock for which threads fight.
#[derive(Debug)]
pub struct BargingGil {
    clock: Clock,
    settings: Settings,
    word: AtomicU8,
    /// Who has it, or lost it at a tick: written by whoever holds it.
    owner: AtomicU32,
    /// Who has closed the word.
    closer: AtomicU32,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    accounts: Accounts,
    /// Kept for whoever asks: it has no effect.
    switch_interval: Duration,
}

/// No thread has this number.
const NOBODY: u32 = u32::MAX;

impl BargingGil {
    /// A free GIL. Its clock starts at zero.
    pub fn new(settings: Settings) -> BargingGil {
        let books = Books { accounts: Accounts::default(), switch_interval: settings.switch_interval };
        BargingGil {
            clock: Clock::start(),
            settings,
            word: AtomicU8::new(Word::FREE.0),
            owner: AtomicU32::new(NOBODY),
            closer: AtomicU32::new(NOBODY),
            books: Mutex::new(books),
        }
    }

    fn take(&self, thread: ThreadId) -> Result<(), Closed> {
        let waits = self.try_take(thread).is_err();
        if waits {
            self.books.lock().accounts.enter(thread, State::Wanting, self.clock.now());
            self.take_or_park(thread)?;
        }
        // After a tick that nobody made use of there is nothing to tell.
        if waits || !self.owns(thread) {
            self.tell_of_grant(thread);
        }
        Ok(())
    }

    fn tell_of_grant(&self, thread: ThreadId) {
        let mut books = self.books.lock();
        let now = self.clock.now();
        let before = self.owner.swap(thread.0, Ordering::Relaxed);
        if before != NOBODY && before != thread.0 {
            books.accounts.let_go(ThreadId(before), Cause::Interval, now);
        }
        books.accounts.granted(thread, now);
    }

    /// Or says what hinders it.
    fn try_take(&self, thread: ThreadId) -> Result<(), Word> {
        let taken =
            |word| Word(word).taken().filter(|_| !self.is_closed(Word(word), thread)).map(|word| word.0);
        match self.word.fetch_update(Ordering::Acquire, Ordering::Acquire, taken) {
            Ok(_) => Ok(()),
            Err(word) => Err(Word(word)),
        }
    }

    fn take_or_park(&self, thread: ThreadId) -> Result<(), Closed> {
        let parked_at = |word| Word(word).parked_at().map(|word| word.0);
        loop {
            match self.try_take(thread) {
                Ok(()) => return Ok(()),
                Err(word) if self.is_closed(word, thread) => return Err(Closed),
                Err(_) => {}
            }
            if let Ok(word) = self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, parked_at)
                && let Some(word) = Word(word).parked_at()
                && !self.is_closed(word, thread)
            {
                parking::park_while(&self.word, word.0);
            }
        }
    }

    /// Frees the word and wakes the thread that has been parked longest.
    fn free(&self) {
        let alone = |word| (!Word(word).is_waited_for()).then_some(Word(word).released(false).0);
        if let Err(word) = self.word.fetch_update(Ordering::Release, Ordering::Relaxed, alone) {
            parking::wake_one(&self.word, Word(word).released(true).0, Word(word).released(false).0);
        }
    }

    /// Whether the thread, which is the one that asks, holds the word.
    fn owns(&self, thread: ThreadId) -> bool {
        self.owner.load(Ordering::Relaxed) == thread.0
    }

    /// Whether the word is closed to a thread.
    fn is_closed(&self, word: Word, thread: ThreadId) -> bool {
        word.is_closed() && self.closer.load(Ordering::Relaxed) != thread.0
    }
}

impl Lock for BargingGil {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn register(&self, thread: ThreadId, trap: Arc<Trap>) -> Seat {
        self.books.lock().accounts.birth(thread, trap, self.clock.now());
        Seat::of(thread)
    }

    fn acquire(&self, seat: &Seat, _: After) -> Result<(), Closed> {
        let thread = seat.thread();
        if self.owns(thread) { Ok(()) } else { self.take(thread) }
    }

    fn release(&self, seat: &Seat, state: State) {
        if !self.owns(seat.thread()) {
            return;
        }
        let mut books = self.books.lock();
        let now = self.clock.now();
        books.accounts.let_go(seat.thread(), Cause::Blocking, now);
        books.accounts.enter(seat.thread(), state, now);
        drop(books);
        self.owner.store(NOBODY, Ordering::Relaxed);
        self.free();
    }

    fn enter(&self, seat: &Seat, state: State) {
        self.books.lock().accounts.enter(seat.thread(), state, self.clock.now());
    }

    fn checkpoint(&self, _: &Seat) -> Result<bool, Closed> {
        Ok(false)
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn stop_world(&self, _: &Seat) -> Result<bool, Closed> {
        Ok(true)
    }

    fn resume_world(&self, _: &Seat) {}

    fn tick(&self, thread: ThreadId) -> Result<(), Closed> {
        self.free();
        self.take(thread)
    }

    fn exit(&self, seat: Seat) {
        let owns = self.owns(seat.thread());
        let mut books = self.books.lock();
        let now = self.clock.now();
        if owns {
            books.accounts.let_go(seat.thread(), Cause::Exit, now);
        }
        books.accounts.death(seat.thread(), now);
        drop(books);
        if owns {
            self.owner.store(NOBODY, Ordering::Relaxed);
            self.free();
        }
    }

    fn close(&self, seat: &Seat) {
        self.closer.store(seat.thread().0, Ordering::Relaxed);
        self.word.fetch_or(Word::FREE.closed().0, Ordering::Release);
        parking::wake_all(&self.word);
    }

    fn set_switch_interval(&self, interval: Duration) {
        self.books.lock().switch_interval = interval;
    }

    fn switch_interval(&self) -> Duration {
        self.books.lock().switch_interval
    }

    fn note(&self, thread: ThreadId, note: Note<'_>) {
        self.books.lock().accounts.note(thread, note, self.clock.now());
    }

    fn observe(&self, observer: Arc<Observer>) {
        self.books.lock().accounts.observe(observer);
    }

    fn snapshot(&self) -> Snapshot {
        self.books.lock().accounts.snapshot(self.clock.now())
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
