//! `_thread.lock` and the handle of a started thread: their state and their queues of waiters are heap data, so that
//! whoever looks at the heap sees who waits for what.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::list::List;
use super::unit::Unit;

/// A lock. It barges: a release wakes the first waiter and hands nothing over.
#[repr(C)]
pub struct Lock {
    header: Header,
    /// Tokens of the threads that wait, oldest first.
    waiters: Slot,
    /// 0 if it is free, else who acquired it.
    holder: AtomicU32,
    /// Where the program acquired it last: the op, and its unit or null.
    pc: AtomicU32,
    unit: AtomicPtr<Unit>,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Lock {
    const KIND: Kind = Kind::Lock;
}

impl Lock {
    /// A free lock.
    pub fn new(cx: &Context) -> &Lock {
        cx.local().make(Builtin::Lock.shape(), 0, |header| Lock {
            header,
            waiters: Slot::new(None),
            holder: AtomicU32::new(0),
            pc: AtomicU32::new(0),
            unit: AtomicPtr::new(std::ptr::null_mut()),
        })
    }

    /// Takes it if it is free.
    #[inline]
    pub fn try_acquire(&self, thread: u32) -> bool {
        self.holder.compare_exchange(0, thread, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Frees it; says whether it was taken.
    #[inline]
    pub fn release(&self) -> bool {
        self.holder.swap(0, Ordering::Release) != 0
    }

    /// The identity of the thread that acquired it; 0 if it is free.
    pub fn holder(&self) -> u32 {
        self.holder.load(Ordering::Acquire)
    }

    /// Remembers where it was acquired, for whoever asks why it is not free.
    #[inline]
    pub fn note_place(&self, unit: *const Unit, pc: u32) {
        self.pc.store(pc, Ordering::Relaxed);
        self.unit.store(unit.cast_mut(), Ordering::Relaxed);
    }

    /// Where it was acquired last. To be asked while the world is stopped.
    pub fn place(&self) -> Option<(&Unit, u32)> {
        // SAFETY: it is null or was a frame's unit, and units live as long as the world.
        let unit = unsafe { self.unit.load(Ordering::Relaxed).as_ref() }?;
        Some((unit, self.pc.load(Ordering::Relaxed)))
    }

    /// Who waits.
    pub fn waiters(&self) -> Waiters<'_> {
        Waiters { owner: self.header(), slot: &self.waiters }
    }

    pub(super) fn slots(&self) -> [&Slot; 1] {
        [&self.waiters]
    }
}

/// What `_thread` knows of a thread it started.
#[repr(C)]
pub struct ThreadHandle {
    header: Header,
    waiters: Slot,
    /// What the thread runs, until it has begun.
    start: Slot,
    ident: AtomicU32,
    done: AtomicU32,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for ThreadHandle {
    const KIND: Kind = Kind::ThreadHandle;
}

impl ThreadHandle {
    /// The handle of a thread that will run `start`, a tuple of function, arguments and keyword arguments.
    pub fn new<'t>(cx: &'t Context, start: Option<Value<'_>>) -> &'t ThreadHandle {
        cx.local().make(Builtin::ThreadHandle.shape(), 0, |header| ThreadHandle {
            header,
            waiters: Slot::new(None),
            start: Slot::new(start),
            ident: AtomicU32::new(0),
            done: AtomicU32::new(0),
        })
    }

    /// The identity of the thread; 0 before it was started.
    pub fn ident(&self) -> u32 {
        self.ident.load(Ordering::Acquire)
    }

    /// Sets the identity.
    pub fn set_ident(&self, ident: u32) {
        self.ident.store(ident, Ordering::Release);
    }

    /// Whether the thread has ended.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire) != 0
    }

    /// Says that the thread has ended.
    pub fn set_done(&self) {
        self.done.store(1, Ordering::Release);
    }

    /// What the thread runs.
    pub fn start(&self) -> Option<Value<'_>> {
        self.start.get()
    }

    /// Sets what the thread is to run.
    pub fn set_start(&self, cx: &Context, start: Value<'_>) {
        cx.store(self, &self.start, Some(start));
    }

    /// Lets go of what the thread runs.
    pub fn clear_start(&self, cx: &Context) {
        cx.store(self, &self.start, None);
    }

    /// Who joins.
    pub fn waiters(&self) -> Waiters<'_> {
        Waiters { owner: self.header(), slot: &self.waiters }
    }

    pub(super) fn slots(&self) -> [&Slot; 2] {
        [&self.waiters, &self.start]
    }
}

/// A queue of threads that wait for something. Each operation is one step under the lock of the owner; the list is the
/// owner's own.
pub struct Waiters<'t> {
    owner: &'t Header,
    slot: &'t Slot,
}

impl<'t> Waiters<'t> {
    fn list(&self) -> Option<&'t List> {
        self.slot.get().and_then(|list| list.get())
    }

    /// Adds a thread at the end.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn push(&self, cx: &Context, thread: u32) -> Result<(), Raised> {
        let token = cx.int(thread.into());
        let _held = cx.lock_at(self.owner);
        match self.list() {
            Some(list) => list.push(cx, token),
            None => {
                cx.store_at(self.owner, self.slot, Some(cx.list(&[token])?));
                Ok(())
            }
        }
    }

    /// Takes the thread that waits longest.
    pub fn pop(&self, cx: &Context) -> Option<u32> {
        let _held = cx.lock_at(self.owner);
        let list = self.list()?;
        u32::try_from(list.take(cx, 0).ok()?.as_small()?).ok()
    }

    /// Removes a thread that waits no longer; says whether it was there.
    pub fn remove(&self, cx: &Context, thread: u32) -> bool {
        let _held = cx.lock_at(self.owner);
        let Some(list) = self.list() else { return false };
        matches!(list.remove(cx, cx.int(thread.into())), Ok(true))
    }

    /// The threads, in order.
    pub fn tokens(&self) -> Vec<u32> {
        let tokens = self.list().into_iter().flat_map(List::iter);
        tokens.filter_map(|token| u32::try_from(token.as_small()?).ok()).collect()
    }
}
