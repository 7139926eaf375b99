//! Blocks: 64 KiB of equal cells with a bitmap of marks beside them, and the size classes there are.
//!
//! An object of up to [`MAX_CELL`] bytes stands in a cell of its size class. A cell is free when its mark is not set and
//! the cursor of the thread that owns the block has not passed it since the last collection.

use std::alloc::{Layout, alloc, dealloc};
use std::sync::atomic::{AtomicU64, Ordering};

/// Size and alignment of a block, in bytes.
pub(super) const BLOCK: usize = 1 << 16;
/// How many blocks are asked of the system at once.
const BLOCKS_AN_ARENA: usize = 16;
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

/// What a block begins with; its cells follow.
#[repr(C, align(16))]
pub(super) struct Block {
    marks: [AtomicU64; BLOCK / GRANULE / 64],
    class: u8,
}

/// Where the first cell begins, in bytes from the start of the block.
const FIRST_CELL: usize = size_of::<Block>();

impl Block {
    /// The block an address inside it belongs to.
    #[inline(always)]
    pub(super) fn of<T>(address: *const T) -> *mut Block {
        (address as usize & !(BLOCK - 1)) as *mut Block
    }

    /// Marks the cell at `address`; says whether it was not marked before.
    ///
    /// # Safety
    /// - The world is stopped and `self` is the block of `address`.
    #[inline(always)]
    pub(super) unsafe fn mark<T>(&self, address: *const T) -> bool {
        let granule = (address as usize & (BLOCK - 1)) / GRANULE;
        let (word, bit) = (&self.marks[granule / 64], 1 << (granule % 64));
        let old = word.load(Ordering::Relaxed);
        word.store(old | bit, Ordering::Relaxed);
        old & bit == 0
    }

    /// Whether the object at an address in this block is marked.
    ///
    /// # Safety
    /// - The address is inside this block, and the world is stopped.
    pub(super) unsafe fn has_marked<T>(&self, address: *const T) -> bool {
        self.is_marked(address as usize & (BLOCK - 1))
    }

    /// Forgets all marks, before a full collection.
    pub(super) fn clear_marks(&self) {
        for word in &self.marks {
            word.store(0, Ordering::Relaxed);
        }
    }

    /// How many cells are marked.
    pub(super) fn count_marks(&self) -> usize {
        self.marks.iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    /// The size class of its cells.
    pub(super) fn class(&self) -> usize {
        self.class as usize
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
        while start + size <= BLOCK && self.is_marked(start) {
            start += size;
        }
        if start + size > BLOCK {
            return None;
        }
        let mut end = start + size;
        while end + size <= BLOCK && !self.is_marked(end) {
            end += size;
        }
        Some((start, end))
    }

    #[inline(always)]
    fn is_marked(&self, offset: usize) -> bool {
        let granule = offset / GRANULE;
        self.marks[granule / 64].load(Ordering::Relaxed) >> (granule % 64) & 1 == 1
    }
}

/// All blocks of a heap, in use and free.
pub(super) struct Blocks {
    arenas: Vec<*mut u8>,
    /// Blocks that have a class.
    pub(super) used: Vec<*mut Block>,
    empty: Vec<*mut Block>,
    /// By class, blocks in which survivors stand and cells may be free.
    sweepable: Vec<Vec<*mut Block>>,
    /// By class, blocks that a thread left behind, and the offset from which on cells may be free.
    left: Vec<Vec<(*mut Block, usize)>>,
}

// SAFETY: the pointers lead to blocks that the heap owns; whoever holds the lock round this may use them.
unsafe impl Send for Blocks {}

const ARENA: Layout = match Layout::from_size_align(BLOCK * BLOCKS_AN_ARENA, BLOCK) {
    Ok(layout) => layout,
    Err(_) => panic!("the arena's layout is valid"),
};

impl Blocks {
    /// No blocks yet.
    pub(super) fn new() -> Blocks {
        Blocks {
            arenas: Vec::new(),
            used: Vec::new(),
            empty: Vec::new(),
            sweepable: vec![Vec::new(); CLASSES],
            left: vec![Vec::new(); CLASSES],
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
            return Some((block, 0));
        }
        if self.empty.is_empty() {
            self.grow()?;
        }
        let block = self.empty.pop()?;
        // SAFETY: an empty block is BLOCK bytes that nobody else uses.
        unsafe {
            (&raw mut (*block).class).write(class as u8);
            for word in 0..BLOCK / GRANULE / 64 {
                (&raw mut (*block).marks[word]).write(AtomicU64::new(0));
            }
        }
        self.used.push(block);
        Some((block, 0))
    }

    fn grow(&mut self) -> Option<()> {
        // SAFETY: the layout has a size.
        let arena = unsafe { alloc(ARENA) };
        if arena.is_null() {
            return None;
        }
        self.arenas.push(arena);
        for index in (0..BLOCKS_AN_ARENA).rev() {
            // SAFETY: the offset is inside the arena.
            self.empty.push(unsafe { arena.add(index * BLOCK) }.cast());
        }
        Some(())
    }

    /// After marking: sorts the blocks into empty and sweepable ones. Returns the bytes that survive in them.
    pub(super) fn retire_all(&mut self) -> usize {
        let mut live = 0;
        self.sweepable.iter_mut().for_each(Vec::clear);
        self.left.iter_mut().for_each(Vec::clear);
        let (sweepable, empty) = (&mut self.sweepable, &mut self.empty);
        self.used.retain(|block| {
            // SAFETY: used blocks are initialised, and the world is stopped.
            let (count, class) = unsafe { ((**block).count_marks(), (**block).class()) };
            if count == 0 {
                empty.push(*block);
                return false;
            }
            live += count * cell_size(class);
            if count < (BLOCK - FIRST_CELL) / cell_size(class) {
                sweepable[class].push(*block);
            }
            true
        });
        live
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for arena in &self.arenas {
            // SAFETY: the arena was allocated with this layout, and the heap's objects die with the heap.
            unsafe { dealloc(*arena, ARENA) };
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
                assert!(unsafe { block.mark(start.wrapping_add(*offset)) });
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
