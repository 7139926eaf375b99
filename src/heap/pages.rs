//! What the heap tells the system about the memory it takes. It is advice: without it everything works as well, and slower.

/// Size and alignment of a large page where they are smallest, in bytes.
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 1 << 21;

/// Says that the memory is soon used from one end to the other, so that it is best made of large pages: each saves five
/// hundred interruptions when it is first touched, and as many entries of the processor's tables of addresses.
///
/// # Safety
/// - The memory belongs to the caller.
#[cfg(target_os = "linux")]
pub(super) unsafe fn prefer_large(memory: *mut u8, bytes: usize) {
    use nix::sys::mman::{MmapAdvise, madvise};
    let std::ops::Range { start, end } = large_pages(memory as usize, bytes);
    if let Some(first) = std::ptr::NonNull::new(memory.with_addr(start).cast())
        && start < end
    {
        // Refused by a system that has no large pages, which is as well.
        // SAFETY: the range lies in the caller's memory, whose contents this leaves as they are.
        let _: Result<(), _> = unsafe { madvise(first, end - start, MmapAdvise::MADV_HUGEPAGE) };
    }
}

/// Other systems choose by themselves.
///
/// # Safety
/// - The memory belongs to the caller.
#[cfg(not(target_os = "linux"))]
pub(super) unsafe fn prefer_large(_memory: *mut u8, _bytes: usize) {}

/// The addresses of the large pages that lie wholly in a piece of memory.
#[cfg(target_os = "linux")]
fn large_pages(start: usize, bytes: usize) -> std::ops::Range<usize> {
    start.next_multiple_of(LARGE_PAGE)..(start + bytes) & !(LARGE_PAGE - 1)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn no_page_reaches_beyond_the_memory() {
        assert_eq!(large_pages(LARGE_PAGE, 2 * LARGE_PAGE), LARGE_PAGE..3 * LARGE_PAGE);
        assert_eq!(large_pages(LARGE_PAGE - 16, 2 * LARGE_PAGE), LARGE_PAGE..2 * LARGE_PAGE);
        assert!(large_pages(LARGE_PAGE + 16, LARGE_PAGE).is_empty());
    }
}
