//! Marking: following pointers from the roots.
//!
//! Two sets of marks are kept. What is [`Marks::Kept`] stays, and is closed at the end of every collection: what an object in it
//! leads to is in it as well. What is [`Marks::Traced`] is the part of it that the running trace has reached; the trace goes on a
//! step in each collection, after the young objects, and when it has reached everything that the roots lead to, the rest goes.
//! Between two steps the program may store into objects that the trace has left behind. They are the same ones whose stores
//! are remembered for the young objects' sake, so they are looked at again; and what becomes old meanwhile counts as traced.

use std::ops::Range;
use std::ptr::NonNull;

use super::block::{self, Marks};
use super::collect::Changed;
use super::header::{Header, flag};
use super::large::{self, is_large};
use super::word::Word;

/// How the fields of an object are found.
#[derive(Clone, Copy)]
pub struct Visit {
    /// Calls [`Marker::word`] for each.
    pub all: fn(&Header, &mut Marker),
    /// The same for those that stand in these bytes of the object. There may be others.
    pub part: fn(&Header, Range<usize>, &mut Marker),
}

/// How many objects are fetched from memory at once while marking.
const NEAR: usize = 8;

/// A large object is traced in parts of so many bytes.
const PART: usize = 1 << 15;

/// How many bytes of a large object are as much work as one small object.
const WORK: usize = 1 << 7;

/// What the running trace has reached and not looked into yet.
#[derive(Default)]
pub(super) struct Trace {
    objects: Vec<*mut Header>,
    /// Large objects, and the byte up to which they were looked into.
    parts: Vec<(*mut Header, usize)>,
}

// SAFETY: the heap owns the objects; the pointers are followed only while the world is stopped.
unsafe impl Send for Trace {}

impl Trace {
    pub(super) fn is_done(&self) -> bool {
        self.objects.is_empty() && self.parts.is_empty()
    }
}

/// Follows pointers from the roots.
pub struct Marker {
    visit: Visit,
    /// What was kept just now and not looked into yet.
    pending: Vec<*mut Header>,
    pub(super) trace: Trace,
    /// Whether what is met belongs to the trace.
    tracing: bool,
    wants_all: bool,
    /// The set that tells what was reached.
    result: Marks,
}

impl Marker {
    pub(super) fn new(visit: Visit, trace: Trace, wants_all: bool) -> Marker {
        Marker { visit, pending: Vec::new(), trace, tracing: false, wants_all, result: Marks::Kept }
    }

    /// Whether it wants to be shown also those roots that it was shown before and that are still the same.
    pub fn wants_all(&self) -> bool {
        self.wants_all
    }

    /// Marks what a word points to.
    #[inline(always)]
    pub fn word(&mut self, word: Word) {
        if !word.is_pointer() {
            return;
        }
        let object = word.address();
        // SAFETY: words that the collector is shown point to objects that were alive at the last checkpoint.
        unsafe {
            if mark(object, Marks::Kept) {
                self.pending.push(object);
                if self.tracing {
                    mark(object, Marks::Traced);
                }
            } else if self.tracing && mark(object, Marks::Traced) {
                self.trace.objects.push(object);
            }
        }
    }

    /// Whether what a word points to was reached: when the marking has ended, whether it stays alive.
    pub fn has_reached(&self, word: Word) -> bool {
        // SAFETY: the caller's word points to an object that was alive at the last collection: nothing is freed yet.
        !word.is_pointer() || unsafe { is_marked(word.address(), self.result) }
    }

    /// From now on what is met belongs to the trace.
    pub(super) fn begin_tracing(&mut self) {
        self.tracing = true;
    }

    /// What is traced is what was reached.
    pub(super) fn end_tracing(&mut self) {
        self.result = Marks::Traced;
    }

    /// Looks into an old object again that was stored into. `traces` says that a trace runs.
    ///
    /// # Safety
    /// - The object was not freed.
    pub(super) unsafe fn look_again(&mut self, changed: &Changed, traces: bool) {
        // SAFETY: the caller's promise.
        let (object, part) = unsafe {
            self.tracing = traces && is_marked(changed.object, Marks::Traced);
            (&*changed.object, changed.forget())
        };
        match part {
            Some(part) => (self.visit.part)(object, part, self),
            None => (self.visit.all)(object, self),
        }
        self.tracing = false;
    }

    /// Keeps what can be reached from what is kept.
    pub(super) fn drain(&mut self) {
        let mut near = Near::default();
        while let Some(object) = near.next(&mut self.pending) {
            // SAFETY: the object was reached, so it is alive.
            let header = unsafe { &*object };
            header.set_alone(flag::OLD);
            (self.visit.all)(header, self);
        }
    }

    /// Traces on, for as much work as so many objects are.
    pub(super) fn step(&mut self, objects: usize) {
        let mut left = objects.cast_signed();
        let mut near = Near::default();
        while left > 0 {
            if let Some(object) = near.next(&mut self.trace.objects) {
                left -= 1;
                if is_large(object) {
                    self.trace.parts.push((object, 0));
                } else {
                    // SAFETY: the object was reached, so it is alive.
                    (self.visit.all)(unsafe { &*object }, self);
                }
            } else if let Some((object, from)) = self.trace.parts.pop() {
                // SAFETY: the object was reached, so it is alive; it is large.
                let size = unsafe { large::size(object) };
                let to = size.min(from + PART);
                if to < size {
                    self.trace.parts.push((object, to));
                }
                // SAFETY: as above.
                (self.visit.part)(unsafe { &*object }, from..to, self);
                left -= ((to - from) / WORK).cast_signed();
            } else {
                break;
            }
        }
        near.give_back(&mut self.trace.objects);
        debug_assert!(self.pending.is_empty(), "what a kept object leads to is kept");
    }
}

/// Objects that the processor has been told to fetch from memory, and that are looked at a little later.
#[derive(Default)]
struct Near {
    objects: [Option<NonNull<Header>>; NEAR],
    place: usize,
}

impl Near {
    /// The next object to be looked at. Nothing when there is none on the stack and none on the way.
    #[inline(always)]
    fn next(&mut self, stack: &mut Vec<*mut Header>) -> Option<*mut Header> {
        for _ in 0..=NEAR {
            let next = stack.pop().and_then(NonNull::new);
            if let Some(next) = next {
                prefetch(next.as_ptr());
            }
            let object = std::mem::replace(&mut self.objects[self.place], next);
            self.place = (self.place + 1) % NEAR;
            if let Some(object) = object {
                return Some(object.as_ptr());
            }
        }
        None
    }

    fn give_back(self, stack: &mut Vec<*mut Header>) {
        stack.extend(self.objects.into_iter().flatten().map(NonNull::as_ptr));
    }
}

/// # Safety
/// - The object was not freed, and the world is stopped.
#[inline(always)]
unsafe fn mark(object: *const Header, marks: Marks) -> bool {
    // SAFETY: the caller's promise; an object that is not large stands in a block.
    unsafe { if is_large(object) { large::mark(object, marks) } else { block::mark(object, marks) } }
}

/// # Safety
/// - The object was not freed, and the world is stopped.
unsafe fn is_marked(object: *const Header, marks: Marks) -> bool {
    // SAFETY: the caller's promise; an object that is not large stands in a block.
    unsafe {
        if is_large(object) { large::is_marked(object, marks) } else { block::is_marked(object, marks) }
    }
}

#[inline(always)]
fn prefetch(object: *const Header) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it is a hint that does nothing but to the caches, and every x86_64 has it.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(object.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = object;
}
