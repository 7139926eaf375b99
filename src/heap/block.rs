//! Blocks: 64 KiB of equal cells, the arenas that hold them and their marks, and the size classes there are.
//!
//! An object of up to [`MAX_CELL`] bytes stands in a cell of its size class. A cell is free when its mark is not set and
//! the cursor of the thread that owns the block has not passed it since the last collection.

use std::alloc::{Layout, alloc, dealloc};
use std::sync::atomic::{AtomicU64, Ordering};

use super::pages;

/// Size and alignment of a block, in bytes.
pub(super) const BLOCK: usize = 1 << 16;
/// Size and alignment of what is asked of the system at once, in bytes.
const ARENA: usize = 1 << 22;
/// So many arenas are not made of large pages, of which a small program would use little.
const SMALL_ARENAS: usize = 4;
/// The unit of sizes and marks, in bytes.
pub(super) const GRANULE: usize = 16;
/// What processors pass to each other, in bytes.
const LINE: usize = 64;
/// The largest object that stands in a block, in bytes.
pub(super) const MAX_CELL: usize = 8176;

const SIZES: [usize; 44] = [
    16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 272, 288, 304, 320, 336, 352,
    368, 384, 400, 416, 432, 448, 464, 480, 496, 512, 640, 768, 896, 1024, 1280, 1536, 2048, 2560, 3200,
    4352, 5920, 8176,
];

/// How many size classes there are.
pub(super) const CLASSES: usize = SIZES.len();

/// The class of each size, by granules.
static CLASS_OF: [u8; MAX_CELL / GRANULE + 1] = {
    let mut table = [0; MAX_CELL / GRANULE + 1];
    let mut granules = 0;
    let mut class = 0;
    while granules < table.len() {
        if granules * GRANULE > SIZES[class] {
            class += 1;
        }
        table[granules] = class as u8;
        granules += 1;
    }
    table
};

/// The size class of an object of `bytes`, which are at most [`MAX_CELL`].
#[inline(always)]
pub(super) fn class_of(bytes: usize) -> usize {
    CLASS_OF[bytes.div_ceil(GRANULE)] as usize
}

/// Bytes of a cell of a class.
#[inline(always)]
pub(super) fn cell_size(class: usize) -> usize {
    SIZES[class]
}

/// What an arena begins with, in place of its first block: bits for each granule of the arena that say of the object which
/// begins there what [`Marks`] name.
///
/// The bits of an arena stand side by side because bits at the start of each block, 64 KiB from each other, would compete
/// for a few sets of the processor's caches.
#[repr(C)]
struct Arena {
    marks: [[AtomicU64; ARENA / GRANULE / 64]; 2],
}

const _: () = assert!(size_of::<Arena>() <= BLOCK);

/// Two sets of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Marks {
    /// Those that stay: a collection reached them.
    Kept,
    /// Those that the running trace has reached.
    Traced,
}

/// Words of marks that belong to one block.
const MARK_WORDS: usize = BLOCK / GRANULE / 64;

/// The word and the bit that are the mark of an address.
///
/// # Safety
/// - The address is that of a cell in a block that was taken.
#[inline(always)]
unsafe fn mark_of<'a>(address: usize, marks: Marks) -> (&'a AtomicU64, u64) {
    let arena = (address & !(ARENA - 1)) as *const Arena;
    let granule = (address & (ARENA - 1)) / GRANULE;
    // SAFETY: arenas are aligned to their size and begin with the marks, and the granule is inside the arena.
    let word = unsafe { &(*arena).marks[marks as usize][granule / 64] };
    (word, 1 << (granule % 64))
}

/// Marks the object at `address`; says whether it was not marked before.
///
/// # Safety
/// - The world is stopped, and the address is that of a cell in a block that was taken.
#[inline(always)]
pub(super) unsafe fn mark<T>(address: *const T, marks: Marks) -> bool {
    // SAFETY: the caller's promise.
    let (word, bit) = unsafe { mark_of(address as usize, marks) };
    let old = word.load(Ordering::Relaxed);
    word.store(old | bit, Ordering::Relaxed);
    old & bit == 0
}

/// Whether the object at `address` is marked.
///
/// # Safety
/// - The world is stopped, and the address is that of a cell in a block that was taken.
pub(super) unsafe fn is_marked<T>(address: *const T, marks: Marks) -> bool {
    // SAFETY: the caller's promise.
    let (word, bit) = unsafe { mark_of(address as usize, marks) };
    word.load(Ordering::Relaxed) & bit != 0
}

/// What a block begins with; its cells follow.
#[repr(C)]
pub(super) struct Block {
    class: u8,
    /// How many of its cells were marked when last somebody counted.
    survivors: u32,
    /// Its place in the list of blocks in use.
    place: u32,
}

/// Where the first cell begins, in bytes from the start of the block.
const FIRST_CELL: usize = 64;

const _: () = assert!(size_of::<Block>() <= FIRST_CELL);

impl Block {
    fn marks(&self, marks: Marks) -> &[AtomicU64; MARK_WORDS] {
        let start = self as *const Block as usize;
        // SAFETY: a block stands in an arena; its first address has the first of its marks, which were initialised when the
        // block was taken.
        unsafe { &*std::ptr::from_ref(mark_of(start, marks).0).cast() }
    }

    fn clear_marks(&self, marks: Marks) {
        for word in self.marks(marks) {
            word.store(0, Ordering::Relaxed);
        }
    }

    fn keep_traced(&self) {
        for (kept, traced) in self.marks(Marks::Kept).iter().zip(self.marks(Marks::Traced)) {
            kept.store(traced.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    fn count_kept(&self) -> usize {
        self.marks(Marks::Kept).iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    /// [`free_run`](Self::free_run) without the cells that stand in one cache line with an object: that may be another
    /// thread's, and whoever writes to a line takes it away from the others.
    pub(super) fn free_lines(&self, from: usize) -> Option<(usize, usize)> {
        let size = SIZES[self.class as usize];
        let (mut start, mut end) = self.free_run(from)?;
        loop {
            if start > FIRST_CELL {
                start += (start.next_multiple_of(LINE) - start).next_multiple_of(size);
            }
            let room = if end + size > BLOCK { end } else { end & !(LINE - 1) };
            if start + size <= room {
                return Some((start, start + (room - start) / size * size));
            }
            (start, end) = self.free_run(end)?;
        }
    }

    /// The next run of free cells at or behind `from` (an offset into the block, 0 at first): its start and end.
    pub(super) fn free_run(&self, from: usize) -> Option<(usize, usize)> {
        let size = SIZES[self.class as usize];
        let mut start = from.max(FIRST_CELL);
        loop {
            if start + size > BLOCK {
                return None;
            }
            // Only a cell's first granule is ever marked.
            let marked = self.next_kept(start);
            if marked > start {
                return Some((start, start + (marked - start) / size * size));
            }
            start += size;
        }
    }

    /// The first granule at or behind an offset that is marked as kept, or the end of the block.
    fn next_kept(&self, offset: usize) -> usize {
        let marks = self.marks(Marks::Kept);
        let granule = offset / GRANULE;
        let mut place = granule / 64;
        let mut word = marks[place].load(Ordering::Relaxed) & (!0 << (granule % 64));
        while word == 0 {
            place += 1;
            match marks.get(place) {
                Some(next) => word = next.load(Ordering::Relaxed),
                None => return BLOCK,
            }
        }
        (place * 64 + word.trailing_zeros() as usize) * GRANULE
    }
}

/// All blocks of a heap, in use and free.
pub(super) struct Blocks {
    arenas: Vec<*mut u8>,
    /// How many blocks of the last arena were never used: its last ones.
    fresh: usize,
    /// Blocks that have a class.
    used: Vec<*mut Block>,
    empty: Vec<*mut Block>,
    /// Blocks that were taken since the last collection: the only ones in which objects can have become old at the next.
    taken: Vec<*mut Block>,
    /// By class, blocks in which survivors stand and cells may be free.
    sweepable: Vec<Vec<*mut Block>>,
    /// By class, blocks that a thread left behind, and the offset from which on cells may be free.
    left: Vec<Vec<(*mut Block, usize)>>,
    /// Bytes that survived the last collection.
    live: usize,
}

// SAFETY: the pointers lead to blocks that the heap owns; whoever holds the lock round this may use them.
unsafe impl Send for Blocks {}

const ARENA_LAYOUT: Layout = match Layout::from_size_align(ARENA, ARENA) {
    Ok(layout) => layout,
    Err(_) => panic!("the arena's layout is valid"),
};

impl Blocks {
    /// No blocks yet.
    pub(super) fn new() -> Blocks {
        Blocks {
            arenas: Vec::new(),
            fresh: 0,
            used: Vec::new(),
            empty: Vec::new(),
            taken: Vec::new(),
            sweepable: vec![Vec::new(); CLASSES],
            left: vec![Vec::new(); CLASSES],
            live: 0,
        }
    }

    /// Until the next collection a block is one thread's, which may leave it to another.
    pub(super) fn give_back(&mut self, class: usize, block: *mut Block, offset: usize) {
        self.left[class].push((block, offset));
    }

    /// A block in which cells of `class` may be free, and from which offset on; none where the system has no memory left.
    pub(super) fn take(&mut self, class: usize) -> Option<(*mut Block, usize)> {
        if let Some(left) = self.left[class].pop() {
            return Some(left);
        }
        if let Some(block) = self.sweepable[class].pop() {
            self.taken.push(block);
            return Some((block, 0));
        }
        let block = match self.empty.pop() {
            Some(block) => block,
            None => self.grow()?,
        };
        // SAFETY: an empty block is BLOCK bytes that nobody else uses, in an arena.
        unsafe {
            block.write(Block { class: class as u8, survivors: 0, place: self.used.len() as u32 });
            (*block).clear_marks(Marks::Kept);
            (*block).clear_marks(Marks::Traced);
        }
        self.used.push(block);
        self.taken.push(block);
        Some((block, 0))
    }

    /// A block that was never used.
    fn grow(&mut self) -> Option<*mut Block> {
        if self.fresh == 0 {
            // SAFETY: the layout has a size.
            let arena = unsafe { alloc(ARENA_LAYOUT) };
            if arena.is_null() {
                return None;
            }
            if self.arenas.len() >= SMALL_ARENAS {
                // SAFETY: the arena is ARENA bytes.
                unsafe { pages::prefer_large(arena, ARENA) };
            }
            self.arenas.push(arena);
            self.fresh = ARENA / BLOCK - 1;
        }
        let arena = self.arenas.last()?;
        let offset = ARENA - self.fresh * BLOCK;
        self.fresh -= 1;
        // SAFETY: the offset is inside the arena.
        Some(unsafe { arena.add(offset) }.cast())
    }

    /// Forgets all marks of a sort.
    pub(super) fn clear_marks(&self, marks: Marks) {
        for block in &self.used {
            // SAFETY: used blocks are initialised, and the world is stopped.
            unsafe { (**block).clear_marks(marks) };
        }
    }

    /// What was traced is what is kept.
    pub(super) fn keep_traced(&self) {
        for block in &self.used {
            // SAFETY: used blocks are initialised, and the world is stopped.
            unsafe { (**block).keep_traced() };
        }
    }

    /// After marking: sorts the blocks into empty and sweepable ones. Unless marks were taken away (the collection was a
    /// `full` one), only those blocks are looked at in which there can be new ones. Returns the bytes
    /// that survive in blocks, and the bytes of those blocks.
    pub(super) fn retire(&mut self, full: bool) -> (usize, usize) {
        self.left.iter_mut().for_each(Vec::clear);
        let taken = std::mem::take(&mut self.taken);
        if full {
            self.sweepable.iter_mut().for_each(Vec::clear);
            // From the end, since an empty block gives its place to the last one.
            for place in (0..self.used.len()).rev() {
                self.sort(self.used[place]);
            }
        } else {
            for block in &taken {
                self.sort(*block);
            }
        }
        self.taken = taken;
        self.taken.clear();
        (self.live, self.used.len() * BLOCK)
    }

    fn sort(&mut self, block: *mut Block) {
        // SAFETY: the block is in use, so it is initialised, and the world is stopped.
        let header = unsafe { &mut *block };
        let (class, size) = (header.class as usize, cell_size(header.class as usize));
        let count = header.count_kept();
        self.live = self.live + count * size - header.survivors as usize * size;
        header.survivors = count as u32;
        if count == 0 {
            let place = header.place;
            self.used.swap_remove(place as usize);
            if let Some(moved) = self.used.get(place as usize) {
                // SAFETY: as above; it is not the block whose header is borrowed.
                unsafe { (**moved).place = place };
            }
            self.empty.push(block);
        } else if count < (BLOCK - FIRST_CELL) / size {
            self.sweepable[class].push(block);
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for arena in &self.arenas {
            // SAFETY: the arena was allocated with this layout, and the heap's objects die with the heap.
            unsafe { dealloc(*arena, ARENA_LAYOUT) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_shared_with_an_object() {
        for (class, size) in SIZES.into_iter().enumerate() {
            let mut blocks = Blocks::new();
            let (block, _) = blocks.take(class).expect("there is memory");
            // SAFETY: the block lives as long as `blocks`, and only this thread knows it.
            let block = unsafe { &*block };
            let start = std::ptr::from_ref(block).cast::<u8>();
            let cells = (BLOCK - FIRST_CELL) / size;
            let objects: Vec<usize> =
                (0..cells).filter(|n| n % 97 > 90 || n % 31 == 5).map(|n| FIRST_CELL + n * size).collect();
            for offset in &objects {
                // SAFETY: the cell is in this block, and nobody else is there.
                assert!(unsafe { mark(start.wrapping_add(*offset), Marks::Kept) });
            }
            let lines = |offset: usize| offset / LINE..=(offset + size - 1) / LINE;
            let taken: Vec<usize> = objects.iter().flat_map(|object| lines(*object)).collect();
            let (mut from, mut free) = (0, 0);
            while let Some((begin, end)) = block.free_lines(from) {
                assert!(begin >= from && end <= BLOCK && (end - begin).is_multiple_of(size) && begin < end);
                for cell in (begin..end).step_by(size) {
                    assert_eq!((cell - FIRST_CELL) % size, 0, "size {size}");
                    assert!(lines(cell).all(|line| !taken.contains(&line)), "size {size}, cell at {cell}");
                }
                free += (end - begin) / size;
                from = end;
            }
            assert!(free > 0 && free <= cells - objects.len(), "size {size}");
        }
    }
}
