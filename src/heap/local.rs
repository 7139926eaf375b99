//! One thread's share of the heap: where it allocates, and the one function that stores into an object.

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use super::block::{Block, CLASSES, MAX_CELL, cell_size, class_of};
use super::byte_lock::Held;
use super::collect::{Changed, Heap};
use super::header::{Header, Kind, Object, flag};
use super::large::{self, is_large};
use super::slot::Slot;
use super::word::{Value, Word};

/// The largest object there is, in bytes.
pub const MAX_OBJECT: usize = 1 << 40;

/// The system has no memory for an object of that size.
#[derive(Clone, Copy, Debug)]
pub struct OutOfMemory;

/// How many bytes a thread allocates before it counts them, at least.
const COUNT_STEP: usize = 1 << 14;
/// About how many bytes of free cells a thread takes at once. They count as allocated from then on: with whole blocks of every
/// size in use, a small program would seem to have filled its nursery.
const RUN: usize = 1 << 14;

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
    remembered: RefCell<Vec<Changed>>,
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
        const { assert!(align_of::<T>() <= 8) };
        let place = match self.allocate(size_of::<T>()) {
            Ok(place) => place,
            Err(OutOfMemory) => std::alloc::handle_alloc_error(Layout::new::<T>()),
        };
        let object = make(Header::new(T::KIND, shape, aux));
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
        const { assert!(align_of::<T>() <= 8) };
        debug_assert!(T::is_kind(kind));
        let bytes = size_of::<T>().checked_add(extra).ok_or(OutOfMemory)?;
        let place = self.allocate(bytes)?;
        let object = make(Header::new(kind, shape, aux));
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
        let word = word_of(value);
        // What is no object needs nobody to find it.
        if needs_barrier(owner) && word.is_pointer() {
            self.remember(owner, slot);
        }
        slot.set_raw(word);
    }

    /// Notes that a word is about to be stored into a slot of an object.
    pub fn note(&self, owner: &Header, slot: &Slot, word: Word) {
        if needs_barrier(owner) && word.is_pointer() {
            self.remember(owner, slot);
        }
    }

    /// Stores words into slots for which that was [noted](Self::note), or into which the collector does not look, or of an object
    /// for which [`needs_barrier`] says no.
    #[inline(always)]
    pub fn store_noted<const N: usize>(&self, slots: &[Slot; N], words: &[Word; N]) {
        for (slot, word) in slots.iter().zip(words) {
            slot.set_raw(*word);
        }
    }

    /// Moves what some slots of an object hold to as many others from `to` on, which may be partly the same. The lock of whom the
    /// slots belong to is held.
    pub fn move_slots(&self, owner: &Header, slots: &[Slot], from: Range<usize>, to: usize) {
        let count = slots[from.clone()].len();
        let moved_to = &slots[to..to + count];
        if self.heap.is_parallel() {
            // Others may read meanwhile: word by word, and none before it has been read.
            let copy = |index: usize| {
                let word = slots[from.start + index].word();
                if needs_barrier(owner) && word.is_pointer() {
                    self.remember(owner, &moved_to[index]);
                }
                moved_to[index].set_raw(word);
            };
            if to > from.start {
                (0..count).rev().for_each(copy)
            } else {
                (0..count).for_each(copy)
            }
            return;
        }
        if needs_barrier(owner) {
            let cards = moved_to.iter().step_by(large::CARD / size_of::<Slot>()).chain(moved_to.last());
            cards
                .take(if is_large(owner) { usize::MAX } else { 1 })
                .for_each(|slot| self.remember(owner, slot));
        }
        // SAFETY: both are inside the slots, and this is the only thread that runs.
        unsafe { ptr::copy(slots[from].as_ptr(), moved_to.as_ptr().cast_mut(), count) };
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

    /// Of a small object it is remembered that it was stored into, of a large one also where.
    #[cold]
    #[inline(never)]
    fn remember(&self, owner: &Header, slot: &Slot) {
        let object = std::ptr::from_ref(owner).cast_mut();
        if !is_large(object) {
            owner.set(flag::REMEMBERED);
            self.remembered.borrow_mut().push(Changed { object, part: 0 });
        } else {
            let offset = std::ptr::from_ref(slot) as usize - object as usize;
            // SAFETY: the slot stands in the object, which is alive.
            if let Some(part) = unsafe { large::note_store(object, offset) } {
                self.remembered.borrow_mut().push(Changed { object, part });
            }
        }
    }

    #[inline(always)]
    fn allocate(&self, bytes: usize) -> Result<*mut u8, OutOfMemory> {
        if bytes > MAX_CELL || cfg!(feature = "gc-malloc") {
            return self.allocate_large(bytes);
        }
        let class = class_of(bytes);
        let cursor = &self.cursors[class];
        let place = cursor.next.get();
        if place < cursor.end.get() {
            cursor.next.set(place.wrapping_add(cell_size(class)));
            return Ok(place);
        }
        self.refill(class)
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
                    let end = end.min(start + RUN.next_multiple_of(cell_size(class)));
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
    #[inline(never)]
    fn allocate_large(&self, bytes: usize) -> Result<*mut u8, OutOfMemory> {
        if bytes > MAX_OBJECT || !self.heap.has_room(bytes) {
            return Err(OutOfMemory);
        }
        let place = large::allocate(bytes).ok_or(OutOfMemory)?;
        self.heap.add_large(place.cast());
        self.count(bytes);
        Ok(place)
    }

    /// Leaves the cells that it has not used to other threads, and gives back the rest: the thread dies.
    pub fn close(&self) {
        for (class, cursor) in self.cursors.iter().enumerate() {
            let (next, end, block) =
                (cursor.next.get() as usize, cursor.end.get() as usize, cursor.block.get());
            if !block.is_null() {
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

#[inline(always)]
fn word_of(value: Option<Value<'_>>) -> Word {
    value.map_or(Word::NONE_AT_ALL, Value::word)
}

/// Whether a store into an object is to be remembered for the next collection: it is old, and that was not done yet.
#[inline(always)]
pub fn needs_barrier(owner: &Header) -> bool {
    owner.flags() & (flag::OLD | flag::REMEMBERED) == flag::OLD
}
