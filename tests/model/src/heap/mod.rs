//! What stands for `src/heap/`.

pub mod parking;

#[rustfmt::skip]
#[path = "../../../../src/heap/byte_lock.rs"]
mod byte_lock;

/// The lock of an object.
#[derive(Debug)]
pub struct ObjectLock(byte_lock::ByteLock);

impl ObjectLock {
    /// A free lock.
    #[expect(clippy::new_without_default, reason = "the lock itself has none")]
    pub fn new() -> ObjectLock {
        ObjectLock(byte_lock::ByteLock::new())
    }

    /// Takes it until the result is dropped.
    pub fn hold(&self) -> byte_lock::Held<'_> {
        self.0.hold()
    }
}
