//! The heap shared by the threads of a machine, and its collector: stop-the-world, mark and lazy sweep, non-moving.
//!
//! Marks are sticky: a collection keeps the marks of the last one, so that what survived counts as old and only the roots and
//! the old objects that were stored into since are looked at. When much is old, the next collections also trace it, each a
//! part of it, so that no pause is as long as the heap is large.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::block::{Block, Blocks, Marks};
use super::header::{Header, flag};
use super::large::{self, Large, is_large};
use super::mark::{Marker, Trace, Visit};

/// A collection is due when so many bytes were allocated since the last: at least, so that what is allocated and dies stays in
/// the processor's caches.
const MIN_NURSERY: usize = 1 << 20;
/// And at most, so that a collection is short that finds them all alive.
const MAX_NURSERY: usize = 4 << 20;
/// While threads run at once, so many times that: they allocate faster, each has a processor's caches for itself, and all stand
/// still while one of them collects.
const PARALLEL_NURSERIES: usize = 4;
/// No trace begins before what survives takes so many bytes.
const MIN_HELD: usize = 4 << 20;
/// A trace goes on by one object for each so many bytes that are allocated.
const STEP: usize = 32;

/// What a collection looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// What was made since the last one, and a part of what is older if there is much of it.
    Due,
    /// The same, but there is always much of it, and parts are small: for tests.
    Stress,
    /// Everything.
    All,
}

/// An old object that was stored into, and where.
pub(super) struct Changed {
    pub(super) object: *mut Header,
    /// The part of a large object.
    pub(super) part: u32,
}

// SAFETY: the heap owns the object; the pointer is followed only while the world is stopped.
unsafe impl Send for Changed {}

impl Changed {
    /// Forgets that it was stored into; returns which bytes may have changed, of a large object.
    ///
    /// # Safety
    /// - The object was not freed, and the world is stopped.
    pub(super) unsafe fn forget(&self) -> Option<Range<usize>> {
        // SAFETY: the caller's promise; a part is noted of a large object only.
        unsafe {
            if is_large(self.object) {
                return Some(large::forget_store(self.object, self.part));
            }
            (*self.object).clear(flag::REMEMBERED);
        }
        None
    }
}

/// What the threads of one machine allocate from.
pub struct Heap {
    blocks: Mutex<Blocks>,
    large: Mutex<Large>,
    remembered: Mutex<Vec<Changed>>,
    /// The trace that runs.
    trace: Mutex<Option<Trace>>,
    /// Whether a collection is due.
    pub(super) due: AtomicBool,
    allocated: AtomicUsize,
    /// A collection is due when so many bytes were allocated since the last.
    nursery: AtomicUsize,
    /// Bytes of the blocks in which something survived, and of the large objects that did.
    held: AtomicUsize,
    /// A trace begins when it is so many. They are counted and not those of the survivors: where one object in a whole block is
    /// alive, the others' room is of use to nobody but their like.
    held_at_trace: AtomicUsize,
    live: AtomicUsize,
    /// Whether more than one thread may be running at this moment.
    parallel: AtomicBool,
    /// Where identities come from.
    pub identities: AtomicU32,
    collections: AtomicUsize,
    /// How many bytes objects may take.
    limit: AtomicUsize,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap {
            blocks: Mutex::new(Blocks::new()),
            large: Mutex::new(Large::default()),
            remembered: Mutex::new(Vec::new()),
            trace: Mutex::new(None),
            due: AtomicBool::new(false),
            allocated: AtomicUsize::new(0),
            nursery: AtomicUsize::new(MIN_NURSERY),
            held: AtomicUsize::new(0),
            held_at_trace: AtomicUsize::new(MIN_HELD),
            live: AtomicUsize::new(0),
            parallel: AtomicBool::new(false),
            identities: AtomicU32::new(1),
            collections: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Heap {
    /// How many collections there have been.
    pub fn collections(&self) -> usize {
        self.collections.load(Ordering::Relaxed)
    }

    /// Whether a collection is due.
    pub fn is_due(&self) -> bool {
        self.due.load(Ordering::Relaxed)
    }

    /// Whether more than one thread may be running at this moment, so that changes of objects need their locks.
    #[inline(always)]
    pub fn is_parallel(&self) -> bool {
        // Acquire: whoever was the other thread has ended, and its changes are to be seen.
        self.parallel.load(Ordering::Acquire)
    }

    /// Says so. Before a second thread can run, and after it has ended.
    pub fn set_parallel(&self, parallel: bool) {
        self.parallel.store(parallel, Ordering::Release);
    }

    /// Bytes that survived the last collection.
    pub fn live_bytes(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Limits how many bytes objects may take. Small objects may go beyond it until the next collection.
    pub fn set_limit(&self, limit: Option<usize>) {
        self.limit.store(limit.unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Whether objects may take so many bytes more.
    pub fn has_room(&self, bytes: usize) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == usize::MAX {
            return true;
        }
        let taken = self.live.load(Ordering::Relaxed).saturating_add(self.allocated.load(Ordering::Relaxed));
        taken.saturating_add(bytes) <= limit
    }

    /// A block in which cells of `class` may be free, and from which offset on; none where the system has no memory left.
    pub(super) fn take_block(&self, class: usize) -> Option<(*mut Block, usize)> {
        self.blocks.lock().take(class)
    }

    /// Takes back a block of a thread that dies, of which `left` bytes from `offset` on were counted and not used.
    pub(super) fn give_back(&self, class: usize, block: *mut Block, offset: usize, left: usize) {
        self.blocks.lock().give_back(class, block, offset);
        // What was not counted yet may be less than that.
        let _ = self
            .allocated
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| Some(bytes.saturating_sub(left)));
    }

    /// Counts allocated bytes; says whether a collection is due.
    pub(super) fn count(&self, bytes: usize) -> bool {
        let before = self.allocated.fetch_add(bytes, Ordering::Relaxed);
        let nurseries = if self.is_parallel() { PARALLEL_NURSERIES } else { 1 };
        if before + bytes > self.nursery.load(Ordering::Relaxed) * nurseries {
            self.due.store(true, Ordering::Relaxed);
            return true;
        }
        false
    }

    pub(super) fn add_large(&self, object: *mut Header) {
        self.large.lock().add(object);
    }

    pub(super) fn add_remembered(&self, objects: &mut Vec<Changed>) {
        self.remembered.lock().append(objects);
    }

    /// Collects. `roots` shows every word that a thread or the machine holds outside the heap; `after` is called when all that
    /// lives was reached, and before anything is freed.
    ///
    /// # Safety
    /// - The world is stopped, every thread's allocator is retired, and the roots are all there are.
    pub unsafe fn collect(
        &self,
        extent: Extent,
        visit: Visit,
        roots: impl FnOnce(&mut Marker),
        after: impl FnOnce(&Marker),
    ) {
        let live = self.live.load(Ordering::Relaxed);
        let running = self.trace.lock().take().filter(|_| extent != Extent::All);
        let runs = running.is_some();
        let begins = match extent {
            Extent::Due => {
                !runs && self.held.load(Ordering::Relaxed) >= self.held_at_trace.load(Ordering::Relaxed)
            }
            Extent::Stress => !runs,
            Extent::All => false,
        };
        let mut marker = Marker::new(visit, running.unwrap_or_default(), begins || extent == Extent::All);
        for changed in std::mem::take(&mut *self.remembered.lock()) {
            // SAFETY: a remembered object was alive when it was stored into, and that was since the last collection.
            unsafe {
                match extent {
                    Extent::All => drop(changed.forget()),
                    _ => marker.look_again(&changed, runs),
                }
            }
        }
        if extent == Extent::All {
            self.clear_marks(Marks::Kept);
        }
        if begins {
            self.clear_marks(Marks::Traced);
        }
        if begins || runs {
            marker.begin_tracing();
        }
        roots(&mut marker);
        marker.drain();
        let mut is_whole = extent == Extent::All;
        if begins || runs {
            marker.step(self.step(extent, live));
            if marker.trace.is_done() {
                marker.end_tracing();
                is_whole = true;
            } else {
                *self.trace.lock() = Some(std::mem::take(&mut marker.trace));
            }
        }
        after(&marker);
        if is_whole && extent != Extent::All {
            self.blocks.lock().keep_traced();
            self.large.lock().keep_traced();
        }
        self.finish(is_whole);
    }

    fn clear_marks(&self, marks: Marks) {
        self.blocks.lock().clear_marks(marks);
        self.large.lock().clear_marks(marks);
    }

    /// How many objects a trace goes on in one collection.
    fn step(&self, extent: Extent, live: usize) -> usize {
        match extent {
            Extent::Stress => 64 + live / 512,
            _ => self.nursery.load(Ordering::Relaxed) / STEP,
        }
    }

    /// Frees what is not kept. `is_whole` says that objects were looked at that had survived before.
    fn finish(&self, is_whole: bool) {
        let (small, blocks) = self.blocks.lock().retire(is_whole);
        let large = self.large.lock().retire(is_whole);
        let (live, held) = (small + large, blocks + large);
        self.held.store(held, Ordering::Relaxed);
        let before = self.live.swap(live, Ordering::Relaxed);
        if is_whole {
            self.held_at_trace.store((held * 2).max(MIN_HELD), Ordering::Relaxed);
        } else {
            self.size_nursery(live - before);
        }
        self.allocated.store(0, Ordering::Relaxed);
        self.due.store(false, Ordering::Relaxed);
        self.collections.fetch_add(1, Ordering::Relaxed);
    }

    /// Where much survives, objects get more time to die.
    fn size_nursery(&self, survived: usize) {
        let nursery = self.nursery.load(Ordering::Relaxed);
        let size = if survived > nursery / 4 {
            (nursery * 2).min(MAX_NURSERY)
        } else if survived < nursery / 16 {
            (nursery / 2).max(MIN_NURSERY)
        } else {
            nursery
        };
        self.nursery.store(size, Ordering::Relaxed);
    }
}
