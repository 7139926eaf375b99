//! Work that blocks, done where the main thread can leave it: Ctrl-C reaches a program that reads or waits for a server.
//!
//! One helping thread is kept for the next piece of work. A thread whose work was abandoned ends with it, and its result is
//! dropped. It must not know the GIL or what the work is.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use parking_lot::Mutex;

use super::os;
use super::parker::Parker;
use crate::vm::host::Reply;

/// The stack of a helping thread, in bytes.
const STACK: usize = 1 << 20;

type Work = Box<dyn FnOnce() -> Reply + Send>;

/// Does work for the main thread.
#[derive(Debug, Default)]
pub struct Helper {
    idle: Mutex<Option<Sender<Job>>>,
}

/// A piece of work, where its result goes, and who waits for it.
struct Job {
    work: Work,
    reply: Arc<Mutex<Option<Reply>>>,
    waiter: Arc<Parker>,
}

impl Helper {
    /// Does the work, waiting for it at `parker`. `None` if a signal was faster.
    pub fn run(&self, parker: &Arc<Parker>, work: Work) -> Option<Reply> {
        let idle = self.idle.lock().take();
        let Some(helper) = idle.or_else(start) else {
            // No further thread can be had: the work is done here, and a signal has to wait for it.
            return Some(work());
        };
        let reply = Arc::new(Mutex::new(None));
        let job = Job { work, reply: Arc::clone(&reply), waiter: Arc::clone(parker) };
        if let Err(refused) = helper.send(job) {
            return Some((refused.0.work)());
        }
        if !parker.wait_until(|| reply.lock().is_some()) {
            return None;
        }
        *self.idle.lock() = Some(helper);
        reply.lock().take()
    }
}

fn start() -> Option<Sender<Job>> {
    let (sender, receiver) = channel();
    os::spawn("blocking", STACK, move || serve(&receiver)).ok()?;
    Some(sender)
}

/// Until nobody can send any more.
fn serve(jobs: &Receiver<Job>) {
    for Job { work, reply, waiter } in jobs {
        let result = work();
        *reply.lock() = Some(result);
        waiter.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(reply: Option<Reply>) -> Option<i32> {
        reply?.downcast().ok().map(|number| *number)
    }

    #[test]
    fn work_is_done_elsewhere_by_the_same_thread_each_time() {
        let (helper, parker) = (Helper::default(), Arc::new(Parker::default()));
        let id = || helper.run(&parker, Box::new(|| Box::new(std::thread::current().id())));
        let id = || id().and_then(|reply| reply.downcast::<std::thread::ThreadId>().ok());
        let first = id();
        assert!(first.is_some() && first == id());
        assert_ne!(first.as_deref(), Some(&std::thread::current().id()));
    }

    #[test]
    fn work_is_left_alone_when_a_signal_arrives() {
        let (helper, parker) = (Helper::default(), Arc::new(Parker::default()));
        let (release, hold) = channel::<()>();
        let other = Arc::clone(&parker);
        let work = move || -> Reply {
            other.interrupt(|| ());
            // Ends only after the main thread has left.
            Box::new(hold.recv().is_ok())
        };
        assert!(helper.run(&parker, Box::new(work)).is_none());
        assert!(parker.take_interrupt());
        // The next work does not wait for it, and does not get its result.
        assert_eq!(number(helper.run(&parker, Box::new(|| Box::new(7)))), Some(7));
        assert!(release.send(()).is_ok());
        assert_eq!(number(helper.run(&parker, Box::new(|| Box::new(8)))), Some(8));
    }
}
