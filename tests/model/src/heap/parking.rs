//! The parking lot of `src/heap/parking.rs`, made of the model checker's primitives: one queue under one mutex.

use loom::sync::{Condvar, Mutex, MutexGuard};

use crate::sync::atomic::{AtomicU8, Ordering};

/// A parked thread: the address of the byte, and a number that no other has.
type Ticket = (usize, u64);

#[derive(Debug, Default)]
struct Queue {
    parked: Vec<Ticket>,
    tickets: u64,
}

#[derive(Debug, Default)]
struct Lot {
    queue: Mutex<Queue>,
    bell: Condvar,
}

// One for each execution of a model.
loom::lazy_static! {
    static ref LOT: Lot = Lot::default();
}

fn queue() -> MutexGuard<'static, Queue> {
    LOT.queue.lock().expect("a panic ends the model")
}

/// Parks the calling thread at a byte until it is woken, unless the byte has another value than this.
pub fn park_while(byte: &AtomicU8, value: u8) {
    let mut queue = queue();
    if byte.load(Ordering::Relaxed) != value {
        return;
    }
    queue.tickets += 1;
    let ticket = (address(byte), queue.tickets);
    queue.parked.push(ticket);
    while queue.parked.contains(&ticket) {
        queue = LOT.bell.wait(queue).expect("a panic ends the model");
    }
}

/// Wakes the thread that has been parked longest, if there is one. The byte becomes `more` if others stay parked, else `none`.
pub fn wake_one(byte: &AtomicU8, more: u8, none: u8) {
    let mut queue = queue();
    let here = |ticket: &Ticket| ticket.0 == address(byte);
    if let Some(first) = queue.parked.iter().position(here) {
        queue.parked.remove(first);
    }
    let rest = if queue.parked.iter().any(here) { more } else { none };
    // Writes what the real one stores. Of a plain store the model does not know whether it came before or after another
    // thread's compare-and-swap, and then tries histories that cannot be.
    byte.swap(rest, Ordering::Release);
    LOT.bell.notify_all();
}

/// Wakes all that are parked at a byte.
pub fn wake_all(byte: &AtomicU8) {
    queue().parked.retain(|ticket| ticket.0 != address(byte));
    LOT.bell.notify_all();
}

fn address(byte: &AtomicU8) -> usize {
    std::ptr::from_ref(byte).addr()
}
