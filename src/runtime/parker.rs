//! Where one thread waits for another to wake it, for a point in time, or for a signal.
//!
//! It must not know the GIL: whoever parks has let it go. The states, under one mutex:
//!
//! | token | interrupted | a thread that parks |
//! | --- | --- | --- |
//! | no | no | waits |
//! | yes | either | takes the token and goes on: a wake-up is never lost, not even to a signal |
//! | no | yes | goes on; the interrupt stays until a checkpoint takes it |

use super::bell::Bell;
use crate::sync::{Instant, Mutex};
use crate::vm::host::Wake;

/// The place where one thread waits.
#[derive(Debug, Default)]
pub struct Parker {
    state: Mutex<State>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct State {
    /// Somebody woke the thread, and it has not parked since.
    token: bool,
    /// A signal arrived, and no checkpoint has told the thread.
    interrupted: bool,
    /// It was announced that the thread waits without end, and nobody has taken that back.
    endless: bool,
}

impl Parker {
    /// [`park`](Self::park) without a deadline, for a wake-up that may come soon.
    pub fn park_soon_woken(&self) -> Wake {
        self.bell.linger();
        self.park(None)
    }

    /// Waits for a wake-up, until `deadline` at most. Only the thread whose place this is may call it.
    pub fn park(&self, deadline: Option<Instant>) -> Wake {
        let mut state = self.state.lock();
        self.bell.look();
        loop {
            if std::mem::take(&mut state.token) {
                return Wake::Unparked;
            }
            if state.interrupted {
                return Wake::Interrupted;
            }
            match deadline {
                None => self.bell.wait(&mut state),
                Some(deadline) if Instant::now() >= deadline => return Wake::TimedOut,
                Some(deadline) => self.bell.wait_until(&mut state, deadline),
            }
        }
    }

    /// Wakes the thread, now or when it parks next. Answers whether it was waiting without end, the first time.
    pub fn unpark(&self) -> bool {
        let mut state = self.state.lock();
        state.token = true;
        self.bell.ring();
        std::mem::take(&mut state.endless)
    }

    /// The thread is going to wait without end, unless it was woken already: then nothing is announced, and the answer is no.
    pub fn announce_endless(&self) -> bool {
        let mut state = self.state.lock();
        state.endless = !state.token;
        state.endless
    }

    /// Takes the announcement back, unless [`unpark`](Self::unpark) has done it.
    pub fn retract_endless(&self) -> bool {
        std::mem::take(&mut self.state.lock().endless)
    }

    /// Whether it waits without end and nothing has happened that it has yet to notice.
    pub fn is_stuck(&self) -> bool {
        let state = self.state.lock();
        state.endless && !state.token && !state.interrupted
    }

    /// Whether a park would end at once because the thread was woken. Takes that wake-up.
    pub fn take_token(&self) -> bool {
        std::mem::take(&mut self.state.lock().token)
    }

    /// Tells the thread of a signal. `request` asks it to take a checkpoint: nobody sees the signal without it, nor
    /// finds the request and no signal.
    pub fn interrupt(&self, request: impl FnOnce()) {
        let mut state = self.state.lock();
        state.interrupted = true;
        request();
        self.bell.ring();
    }

    /// Whether a signal arrived since the last call.
    pub fn take_interrupt(&self) -> bool {
        std::mem::take(&mut self.state.lock().interrupted)
    }

    /// Waits for `ready` to be true, which is looked at again after each [`ring`](Self::ring). False if a signal was faster.
    pub fn wait_until(&self, mut ready: impl FnMut() -> bool) -> bool {
        let mut state = self.state.lock();
        loop {
            if ready() {
                return true;
            }
            if state.interrupted {
                return false;
            }
            self.bell.wait(&mut state);
        }
    }

    /// Makes [`wait_until`](Self::wait_until) look again.
    pub fn ring(&self) {
        // Under the mutex the thread is either waiting or has not looked yet.
        let state = self.state.lock();
        self.bell.ring();
        drop(state);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_wake_up_before_the_park_is_kept_once() {
        let parker = Parker::default();
        parker.unpark();
        parker.unpark();
        assert_eq!(parker.park(None), Wake::Unparked);
        assert_eq!(parker.park(Some(Instant::now())), Wake::TimedOut);
    }

    #[test]
    fn a_wait_is_endless_until_a_wake_up_comes_before_it_or_after() {
        let parker = Parker::default();
        assert!(parker.announce_endless() && parker.is_stuck());
        assert!(parker.unpark() && !parker.is_stuck() && !parker.retract_endless());
        assert!(!parker.announce_endless());
        assert_eq!(parker.park(None), Wake::Unparked);
        assert!(!parker.is_stuck() && !parker.retract_endless());
    }

    #[test]
    fn a_park_ends_at_its_deadline() {
        let deadline = Instant::now() + Duration::from_millis(2);
        assert_eq!(Parker::default().park(Some(deadline)), Wake::TimedOut);
        assert!(Instant::now() >= deadline);
    }

    #[test]
    fn an_interrupt_stays_until_it_is_taken_and_loses_no_wake_up() {
        let parker = Parker::default();
        parker.interrupt(|| ());
        assert_eq!(parker.park(None), Wake::Interrupted);
        assert_eq!(parker.park(None), Wake::Interrupted);
        parker.unpark();
        assert_eq!(parker.park(None), Wake::Unparked);
        assert!(parker.take_interrupt());
        assert!(!parker.take_interrupt());
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let parker = Arc::new(Parker::default());
        let other = Arc::clone(&parker);
        let waker = std::thread::spawn(move || other.unpark());
        assert_eq!(parker.park(None), Wake::Unparked);
        assert!(waker.join().is_ok());
        let other = Arc::clone(&parker);
        let waker = std::thread::spawn(move || other.interrupt(|| ()));
        assert!(!parker.wait_until(|| false));
        assert!(waker.join().is_ok());
    }
}
