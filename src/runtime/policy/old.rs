//! The policy `old`: the GIL of Python up to 3.1 (`PyThread_acquire_lock` on `interpreter_lock`, with a semaphore, and the
//! ticker in `Python/ceval.c`).
//!
//! The holder lets go after every check interval, which is a number of ops, wakes one thread that waits, and *at once* asks
//! again like everybody else. Nothing is handed over and nobody is told to stay away, so whoever is faster wins. On one core
//! that is the thread that the system runs next. On several, the holder is there already while the woken thread is still on
//! its way: it comes, finds the lock held, and goes back to sleep. This is the GIL battle. A thread may lose every round of it.
//!
//! It must not know clocks or threads; see the parent module. Time plays no part in it: the switch interval is kept and
//! has no effect.
//!
//! # The lock
//!
//! It is one [`Word`]; real threads park at its address, and this machine has a queue in the place of their parking lot.
//!
//! | held | waited for | meaning |
//! | --- | --- | --- |
//! | no | no | free |
//! | yes | no | held, and nobody is parked; woken threads may be on their way |
//! | yes | yes | held, and threads are parked |
//! | no | yes | free, and threads are parked: those that were not woken by the last release |
//!
//! A third bit closes it, at the end of the process: nobody but the thread that has set it, while it held the word, takes it
//! from then on. The machine knows nothing of this.
//!
//! # A thread
//!
//! | state | in | awaits |
//! | --- | --- | --- |
//! | outside | | nothing; it runs native code, blocks, or has not started; or it has just let go and asks again at once |
//! | holding | | the end of its check interval |
//! | parked | `parked` | a release that wakes it, its predecessors having been woken before it |
//! | woken | `woken` | its own arrival |
//!
//! | event | state | condition | what happens |
//! | --- | --- | --- | --- |
//! | `Want` | outside | free | **taken**, whoever is parked or on the way |
//! | | outside | held | parked, behind the others |
//! | `Woken` | woken | free | **taken** |
//! | | woken | held: somebody was faster | parked again, behind the others |
//! | `Checkpoint` | holding | | free; the thread parked longest is woken; the holder is to ask again at once |
//! | `Release` | holding | | free; the thread parked longest is woken |
//! | `Exit` | holding | | as `Release` |
//! | | parked, woken | | forgotten; if it was on its way to a free lock, the next parked thread is woken |

use std::collections::VecDeque;

use super::{Action, Actions, Event, Nanos, ThreadId};

/// The lock as one byte, which the real driver changes with compare-and-swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Word(pub u8);

const HELD: u8 = 1;
const WAITED_FOR: u8 = 2;
const CLOSED: u8 = 4;

impl Word {
    /// Free, and nobody is parked.
    pub const FREE: Word = Word(0);

    /// Whether a thread has it.
    pub fn is_held(self) -> bool {
        self.0 & HELD != 0
    }

    /// Whether threads are parked.
    pub fn is_waited_for(self) -> bool {
        self.0 & WAITED_FOR != 0
    }

    /// What it becomes when a thread takes it; nothing if another has it.
    pub fn taken(self) -> Option<Word> {
        (!self.is_held()).then_some(Word(self.0 | HELD))
    }

    /// What it is to be while a thread parks; nothing if it is free.
    pub fn parked_at(self) -> Option<Word> {
        self.is_held().then_some(Word(self.0 | WAITED_FOR))
    }

    /// What it becomes when the holder lets go, and `more` threads stay parked.
    pub fn released(self, more: bool) -> Word {
        Word(self.0 & CLOSED | if more { WAITED_FOR } else { 0 })
    }

    /// What it becomes when the holder closes it.
    pub fn closed(self) -> Word {
        Word(self.0 | CLOSED)
    }

    /// Whether it has been closed.
    pub fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

/// The state of the lock. It is finite for a given set of threads, so a test can visit all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Old {
    interval: Nanos,
    word: Word,
    holder: Option<ThreadId>,
    /// In the order in which they parked.
    parked: VecDeque<ThreadId>,
    /// They have been woken and not arrived.
    woken: Vec<ThreadId>,
}

impl Old {
    /// A free lock.
    pub fn free(interval: Nanos) -> Old {
        Old { interval, word: Word::FREE, holder: None, parked: VecDeque::new(), woken: Vec::new() }
    }

    /// The switch interval, which has no effect.
    pub fn interval(&self) -> Nanos {
        self.interval
    }

    /// Changes the switch interval.
    pub fn set_interval(&mut self, interval: Nanos) {
        self.interval = interval;
    }

    /// Takes in one event.
    pub fn step(&mut self, event: Event) -> Actions {
        let mut out = Actions::new();
        let thread = event.thread();
        match event {
            Event::Want { .. } => {
                if self.holder != Some(thread)
                    && !self.parked.contains(&thread)
                    && !self.woken.contains(&thread)
                {
                    self.ask(thread, &mut out);
                }
            }
            Event::Woken { .. } => {
                if self.forget_woken(thread) {
                    self.ask(thread, &mut out);
                }
            }
            // Nobody has a timer, and whoever holds the lock runs alone.
            Event::TimerExpired { .. } | Event::Stop { .. } | Event::Resume { .. } => {}
            Event::Checkpoint { .. } => {
                if self.holder == Some(thread) {
                    out.push(Action::AskAgain { thread });
                    self.release(&mut out);
                }
            }
            Event::Release { .. } => {
                if self.holder == Some(thread) {
                    self.release(&mut out);
                }
            }
            Event::Exit { .. } => self.exit(thread, &mut out),
        }
        out
    }

    fn ask(&mut self, thread: ThreadId, out: &mut Actions) {
        if let Some(taken) = self.word.taken() {
            self.word = taken;
            self.holder = Some(thread);
            out.push(Action::Grant { thread });
        } else if let Some(word) = self.word.parked_at() {
            self.word = word;
            self.parked.push_back(thread);
        }
    }

    fn release(&mut self, out: &mut Actions) {
        self.holder = None;
        self.wake_one(out);
        self.word = self.word.released(!self.parked.is_empty());
    }

    fn wake_one(&mut self, out: &mut Actions) {
        if let Some(thread) = self.parked.pop_front() {
            self.woken.push(thread);
            out.push(Action::Wake { thread });
        }
    }

    fn exit(&mut self, thread: ThreadId, out: &mut Actions) {
        if self.holder == Some(thread) {
            return self.release(out);
        }
        self.parked.retain(|&parked| parked != thread);
        if self.forget_woken(thread) && self.woken.is_empty() && !self.word.is_held() {
            self.wake_one(out);
        }
        if self.parked.is_empty() {
            self.word = Word(self.word.0 & !WAITED_FOR);
        }
    }

    /// Says whether it had been woken.
    fn forget_woken(&mut self, thread: ThreadId) -> bool {
        let position = self.woken.iter().position(|&woken| woken == thread);
        position.map(|position| self.woken.remove(position)).is_some()
    }
}

#[cfg(test)]
mod tests;
