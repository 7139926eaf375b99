//! Threads that park at a byte: the slow path of locks that are one byte large.
//!
//! The queues are [`parking_lot_core`]'s, first in, first out. A byte is written in here under the lock of its queue, so that a
//! thread that is about to park either sees the write and stays awake, or is seen and woken.

use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, park, unpark_all, unpark_one};

use crate::sync::atomic::{AtomicU8, Ordering};

/// Parks the calling thread at a byte until it is woken, unless the byte has another value than this.
pub fn park_while(byte: &AtomicU8, value: u8) {
    // SAFETY:
    // - The key is the address of a byte that is borrowed, so nobody else parks at it for another purpose.
    // - The callbacks neither panic nor park.
    unsafe {
        park(
            address(byte),
            || byte.load(Ordering::Relaxed) == value,
            || (),
            |_, _| (),
            DEFAULT_PARK_TOKEN,
            None,
        );
    }
}

/// Wakes the thread that has been parked longest, if there is one. The byte becomes `more` if others stay parked, else `none`.
pub fn wake_one(byte: &AtomicU8, more: u8, none: u8) {
    // SAFETY: as in `park_while`.
    unsafe {
        unpark_one(address(byte), |result| {
            byte.store(if result.have_more_threads { more } else { none }, Ordering::Release);
            DEFAULT_UNPARK_TOKEN
        });
    }
}

/// Wakes all that are parked at a byte.
pub fn wake_all(byte: &AtomicU8) {
    // SAFETY: as in `park_while`.
    unsafe {
        unpark_all(address(byte), DEFAULT_UNPARK_TOKEN);
    }
}

fn address(byte: &AtomicU8) -> usize {
    std::ptr::from_ref(byte).addr()
}
