//! The heap shared by the threads of a machine, and its collector: stop-the-world, mark and lazy sweep, non-moving.
//!
//! Marks are sticky: a young collection keeps the marks of the last one, so that what survived counts as old and only
//! the roots and the old objects that were stored into since are looked at.

use std::alloc::dealloc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::block::{Block, Blocks};
use super::header::{Header, flag};
use super::local::{LARGE_PREFIX, large_layout};
use super::word::Word;

/// A collection is due when at least so many bytes were allocated since the last.
const MIN_NURSERY: usize = 4 << 20;
/// A full collection is not due before the heap holds so many bytes.
const MIN_FULL: usize = 8 << 20;

/// What the threads of one machine allocate from.
pub struct Heap {
    blocks: Mutex<Blocks>,
    large: Mutex<Vec<LargePtr>>,
    remembered: Mutex<Vec<LargePtr>>,
    /// Whether a collection is due.
    pub(super) due: AtomicBool,
    allocated: AtomicUsize,
    nursery: AtomicUsize,
    live_at_full: AtomicUsize,
    live: AtomicUsize,
    /// Whether more than one thread may be running at this moment.
    parallel: AtomicBool,
    /// Where identities come from.
    pub identities: AtomicU32,
    collections: AtomicUsize,
    /// How many bytes objects may take.
    limit: AtomicUsize,
}

/// An address that may go from thread to thread: the heap's lock guards what it leads to.
#[derive(Clone, Copy)]
struct LargePtr(*mut Header);

// SAFETY: the heap owns the object; the pointer is followed only while the world is stopped.
unsafe impl Send for LargePtr {}

impl Default for Heap {
    fn default() -> Heap {
        Heap {
            blocks: Mutex::new(Blocks::new()),
            large: Mutex::new(Vec::new()),
            remembered: Mutex::new(Vec::new()),
            due: AtomicBool::new(false),
            allocated: AtomicUsize::new(0),
            nursery: AtomicUsize::new(MIN_NURSERY),
            live_at_full: AtomicUsize::new(MIN_FULL),
            live: AtomicUsize::new(0),
            parallel: AtomicBool::new(false),
            identities: AtomicU32::new(1),
            collections: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
        }
    }
}

/// How the fields of an object are found: calls [`Marker::word`] for each.
pub type Visit = fn(&Header, &mut Marker);

/// Follows pointers from the roots.
pub struct Marker {
    pending: Vec<*mut Header>,
    young: bool,
}

impl Marker {
    /// Whether what earlier collections have reached is still marked.
    pub fn is_young(&self) -> bool {
        self.young
    }

    /// Marks what a word points to.
    #[inline(always)]
    pub fn word(&mut self, word: Word) {
        if word.is_pointer() {
            self.object(word.address());
        }
    }

    /// Whether what a word points to was reached: when the marking has ended, whether it stays alive.
    pub fn has_reached(&self, word: Word) -> bool {
        if !word.is_pointer() {
            return true;
        }
        let object = word.address();
        // SAFETY: the caller's word points to an object that was alive at the last collection: nothing is freed yet.
        let header = unsafe { &*object };
        if header.has(flag::LARGE) {
            return header.has(flag::MARKED);
        }
        // SAFETY: an object that is not large stands in a block; the world is stopped.
        unsafe { (*Block::of(object)).has_marked(object) }
    }

    #[inline(always)]
    fn object(&mut self, object: *mut Header) {
        // SAFETY: words that the collector is shown point to objects that were alive at the last checkpoint.
        let header = unsafe { &*object };
        let fresh = if header.has(flag::LARGE) {
            let fresh = !header.has(flag::MARKED);
            header.set_alone(flag::MARKED);
            fresh
        } else {
            // SAFETY: an object that is not large stands in a block; the world is stopped.
            unsafe { (*Block::of(object)).mark(object) }
        };
        if fresh {
            self.pending.push(object);
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
        if before + bytes > self.nursery.load(Ordering::Relaxed) {
            self.due.store(true, Ordering::Relaxed);
            return true;
        }
        false
    }

    pub(super) fn add_large(&self, object: *mut Header) {
        self.large.lock().push(LargePtr(object));
    }

    pub(super) fn add_remembered(&self, objects: &mut Vec<*mut Header>) {
        self.remembered.lock().extend(objects.drain(..).map(LargePtr));
    }

    /// Collects. `full` looks at everything; otherwise what survived an earlier collection stays. `after` is called when
    /// all that lives was reached, and before anything is freed.
    ///
    /// # Safety
    /// - The world is stopped, every thread's allocator is retired, and `roots` shows every word that a thread or the
    ///   machine holds outside the heap.
    pub unsafe fn collect(
        &self,
        full: bool,
        visit: Visit,
        roots: impl FnOnce(&mut Marker),
        after: impl FnOnce(&Marker),
    ) {
        let full = full || self.live.load(Ordering::Relaxed) >= self.live_at_full.load(Ordering::Relaxed);
        let mut marker = Marker { pending: Vec::new(), young: !full };
        let remembered = std::mem::take(&mut *self.remembered.lock());
        if full {
            self.clear_marks();
        }
        for entry in &remembered {
            // SAFETY: a remembered object is an old one, which no young collection frees; a full one has freed
            // nothing yet.
            let object = unsafe { &*entry.0 };
            object.clear(flag::REMEMBERED);
            if !full {
                visit(object, &mut marker);
            }
        }
        roots(&mut marker);
        while let Some(object) = marker.pending.pop() {
            // SAFETY: the object was reached, so it is alive.
            let header = unsafe { &*object };
            header.set_alone(flag::OLD);
            visit(header, &mut marker);
        }
        after(&marker);
        self.finish(full);
    }

    fn clear_marks(&self) {
        for block in &self.blocks.lock().used {
            // SAFETY: used blocks are initialised, and the world is stopped.
            unsafe { (**block).clear_marks() };
        }
        for entry in &*self.large.lock() {
            // SAFETY: listed large objects are alive.
            unsafe { (*entry.0).clear(flag::MARKED) };
        }
    }

    fn finish(&self, full: bool) {
        let mut live = self.blocks.lock().retire_all();
        self.large.lock().retain(|entry| {
            // SAFETY: the object is listed, so it was not freed yet; its size stands in front of it.
            unsafe {
                let base = entry.0.cast::<u8>().sub(LARGE_PREFIX);
                let bytes = base.cast::<usize>().read();
                if (*entry.0).has(flag::MARKED) {
                    live += bytes;
                    return true;
                }
                dealloc(base, large_layout(bytes));
            }
            false
        });
        self.live.store(live, Ordering::Relaxed);
        if full {
            self.live_at_full.store((live * 2).max(MIN_FULL), Ordering::Relaxed);
        }
        self.nursery.store((live / 2).max(MIN_NURSERY), Ordering::Relaxed);
        self.allocated.store(0, Ordering::Relaxed);
        self.due.store(false, Ordering::Relaxed);
        self.collections.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for entry in &*self.large.lock() {
            // SAFETY: listed large objects were allocated with this layout and die with the heap.
            unsafe {
                let base = entry.0.cast::<u8>().sub(LARGE_PREFIX);
                dealloc(base, large_layout(base.cast::<usize>().read()));
            }
        }
    }
}
