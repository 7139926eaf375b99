//! One thread's share of the heap: where it allocates, and the one function that stores into an object.

use std::alloc::{Layout, alloc};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::block::{BLOCK, Block, CLASSES, GRANULE, MAX_CELL, cell_size, class_of};
use super::byte_lock::Held;
use super::collect::Heap;
use super::header::{Header, Kind, Object, flag};
use super::slot::Slot;
use super::word::Value;

/// The largest object there is, in bytes.
pub const MAX_OBJECT: usize = 1 << 40;

/// The system has no memory for an object of that size.
#[derive(Clone, Copy, Debug)]
pub struct OutOfMemory;

/// How many bytes a thread allocates before it counts them, at least.
const COUNT_STEP: usize = 1 << 14;

/// Bytes in front of a large object: its size, for the collector.
pub(super) const LARGE_PREFIX: usize = 16;

/// A run of free cells of one class, and the block it lies in.
struct Cursor {
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
    block: Cell<*mut Block>,
}

/// A thread's allocator. Not shared; other threads' collections look at it while its thread stands still.
pub struct Local {
    heap: Arc<Heap>,
    cursors: [Cursor; CLASSES],
    remembered: RefCell<Vec<*mut Header>>,
    /// Bytes that were allocated and not counted yet.
    uncounted: Cell<usize>,
    alarm: Box<dyn Fn() + Send>,
}

impl Local {
    /// An allocator that takes its blocks from `heap` and calls `alarm` when it finds a collection due.
    pub fn new(heap: Arc<Heap>, alarm: Box<dyn Fn() + Send>) -> Local {
        let cursors = std::array::from_fn(|_| Cursor {
            next: Cell::new(std::ptr::null_mut()),
            end: Cell::new(std::ptr::null_mut()),
            block: Cell::new(std::ptr::null_mut()),
        });
        Local { heap, cursors, remembered: RefCell::new(Vec::new()), uncounted: Cell::new(0), alarm }
    }

    /// The heap it takes from.
    pub fn heap(&self) -> &Arc<Heap> {
        &self.heap
    }

    /// Makes an object of fixed size: `make` fills it behind the header.
    #[inline(always)]
    pub fn make<T: Object>(&self, shape: u32, aux: u32, make: impl FnOnce(Header) -> T) -> &T {
        let (place, flags) = match self.allocate(size_of::<T>()) {
            Ok(made) => made,
            Err(OutOfMemory) => std::alloc::handle_alloc_error(Layout::new::<T>()),
        };
        let object = make(Header::new(T::KIND, shape, flags, aux));
        // SAFETY: the cell has room for T, which has no drop glue; nobody else knows it.
        unsafe {
            place.cast::<T>().write(object);
            &*place.cast::<T>()
        }
    }

    /// Makes an object followed by `extra` bytes, which `fill` initialises (it is given their address).
    ///
    /// # Errors
    /// Where there is no memory.
    #[inline]
    pub fn make_sized<T: Object>(
        &self,
        extra: usize,
        shape: u32,
        aux: u32,
        make: impl FnOnce(Header) -> T,
        fill: impl FnOnce(*mut u8),
    ) -> Result<&T, OutOfMemory> {
        self.make_kind(T::KIND, extra, shape, aux, make, fill)
    }

    /// [`make_sized`](Self::make_sized) for a type that is the layout of several kinds.
    ///
    /// # Errors
    /// Where there is no memory.
    #[inline]
    pub fn make_kind<T: Object>(
        &self,
        kind: Kind,
        extra: usize,
        shape: u32,
        aux: u32,
        make: impl FnOnce(Header) -> T,
        fill: impl FnOnce(*mut u8),
    ) -> Result<&T, OutOfMemory> {
        debug_assert!(T::is_kind(kind));
        let bytes = size_of::<T>().checked_add(extra).ok_or(OutOfMemory)?;
        let (place, flags) = self.allocate(bytes)?;
        let object = make(Header::new(kind, shape, flags, aux));
        // SAFETY: the place has room for T and `extra` bytes; nobody else knows it. `fill` initialises the rest.
        unsafe {
            place.cast::<T>().write(object);
            fill(place.add(size_of::<T>()));
            Ok(&*place.cast::<T>())
        }
    }

    /// The one function that stores a value into an object. `owner` is the header of the object the slot stands in.
    #[inline(always)]
    pub fn store(&self, owner: &Header, slot: &Slot, value: Option<Value<'_>>) {
        self.barrier(owner);
        slot.set_raw(super::word::Word(value.map_or(0, |value| value.word().0)));
    }

    /// Stores values into the first slots of an object, one after the other.
    #[inline]
    pub fn store_all(&self, owner: &Header, slots: &[Slot], values: &[Option<Value<'_>>]) {
        self.barrier(owner);
        for (slot, value) in slots.iter().zip(values) {
            slot.set_raw(super::word::Word(value.map_or(0, |value| value.word().0)));
        }
    }

    /// Keeps other threads from changing an object until the result is dropped. Where no other thread runs, which only this
    /// thread could change, it does nothing.
    ///
    /// Until then nobody may run code of the language, take a checkpoint, block, or take another object's lock but by
    /// [`lock_both`](Self::lock_both); of an object that only this one leads to, it may.
    #[inline(always)]
    pub fn lock<'t>(&self, object: &'t Header) -> Held<'t> {
        if self.heap.is_parallel() { object.lock.hold() } else { Held::nothing() }
    }

    /// [`lock`](Self::lock) of two objects, which may be one: in the order of their identities, so that no two threads wait
    /// for each other.
    pub fn lock_both<'t>(&self, one: &'t Header, other: &'t Header) -> (Held<'t>, Held<'t>) {
        if !self.heap.is_parallel() || std::ptr::eq(one, other) {
            return (self.lock(one), Held::nothing());
        }
        let identity = |object: &Header| object.identity(&self.heap.identities);
        let (first, second) = if identity(one) < identity(other) { (one, other) } else { (other, one) };
        (first.lock.hold(), second.lock.hold())
    }

    /// Says that `owner` is about to be written to in bulk.
    #[inline(always)]
    pub fn barrier(&self, owner: &Header) {
        if owner.flags() & (flag::OLD | flag::REMEMBERED) == flag::OLD {
            self.remember(owner);
        }
    }

    #[cold]
    fn remember(&self, owner: &Header) {
        owner.set(flag::REMEMBERED);
        self.remembered.borrow_mut().push(std::ptr::from_ref(owner).cast_mut());
    }

    #[inline(always)]
    fn allocate(&self, bytes: usize) -> Result<(*mut u8, u8), OutOfMemory> {
        if bytes > MAX_CELL || cfg!(feature = "gc-malloc") {
            return self.allocate_large(bytes);
        }
        let class = class_of(bytes);
        let cursor = &self.cursors[class];
        let place = cursor.next.get();
        if place < cursor.end.get() {
            cursor.next.set(place.wrapping_add(cell_size(class)));
            return Ok((place, 0));
        }
        self.refill(class).map(|place| (place, 0))
    }

    /// Moves the cursor of a class to the next run of free cells and takes the first of them.
    #[cold]
    #[inline(never)]
    fn refill(&self, class: usize) -> Result<*mut u8, OutOfMemory> {
        let cursor = &self.cursors[class];
        let mut block = cursor.block.get();
        let mut from = if block.is_null() { 0 } else { cursor.end.get() as usize - block as usize };
        loop {
            if !block.is_null() {
                // SAFETY: the block is this thread's until the next collection.
                let run = unsafe {
                    if self.heap.is_parallel() { (*block).free_lines(from) } else { (*block).free_run(from) }
                };
                if let Some((start, end)) = run {
                    self.count(end - start);
                    let place = block.cast::<u8>().wrapping_add(start);
                    cursor.block.set(block);
                    cursor.end.set(block.cast::<u8>().wrapping_add(end));
                    cursor.next.set(place.wrapping_add(cell_size(class)));
                    return Ok(place);
                }
            }
            (block, from) = self.heap.take_block(class).ok_or(OutOfMemory)?;
        }
    }

    #[cold]
    fn allocate_large(&self, bytes: usize) -> Result<(*mut u8, u8), OutOfMemory> {
        if bytes > MAX_OBJECT || !self.heap.has_room(bytes) {
            return Err(OutOfMemory);
        }
        let layout = large_layout(bytes);
        // SAFETY: the layout has a size.
        let base = unsafe { alloc(layout) };
        if base.is_null() {
            return Err(OutOfMemory);
        }
        // SAFETY: the allocation begins with LARGE_PREFIX bytes of ours.
        let place = unsafe {
            base.cast::<usize>().write(bytes);
            base.add(LARGE_PREFIX)
        };
        self.heap.add_large(place.cast());
        self.count(bytes);
        Ok((place, flag::LARGE))
    }

    /// Leaves the cells that it has not used to other threads, and gives back the rest: the thread dies.
    pub fn close(&self) {
        for (class, cursor) in self.cursors.iter().enumerate() {
            let (next, end, block) =
                (cursor.next.get() as usize, cursor.end.get() as usize, cursor.block.get());
            if next < end {
                self.heap.give_back(class, block, next - block as usize, end - next);
            }
        }
        self.retire();
    }

    /// Gives back the blocks and the list of remembered objects, before a collection.
    pub fn retire(&self) {
        self.uncounted.set(0);
        for cursor in &self.cursors {
            cursor.next.set(std::ptr::null_mut());
            cursor.end.set(std::ptr::null_mut());
            cursor.block.set(std::ptr::null_mut());
        }
        self.heap.add_remembered(&mut self.remembered.borrow_mut());
    }

    /// Counts allocated bytes, many at a time: other threads count at the same place.
    fn count(&self, bytes: usize) {
        let bytes = self.uncounted.replace(0) + bytes;
        if bytes < COUNT_STEP {
            self.uncounted.set(bytes);
        } else if self.heap.count(bytes) {
            (self.alarm)();
        }
    }
}

/// The allocation behind a large object of `bytes`.
pub(super) fn large_layout(bytes: usize) -> Layout {
    let size = (bytes + LARGE_PREFIX).next_multiple_of(GRANULE);
    match Layout::from_size_align(size, GRANULE) {
        Ok(layout) => layout,
        Err(_) => unreachable!("sizes are at most MAX_OBJECT"),
    }
}

const _: () = assert!(BLOCK.is_multiple_of(GRANULE));
