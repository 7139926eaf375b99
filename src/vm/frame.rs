//! A frame: where a function stands, and what becomes of its result; and the stack of a thread's frames.

use std::alloc::{Layout, dealloc, handle_alloc_error, realloc};
use std::ptr::{NonNull, null_mut};

use minipy_compiler::op::Op;

use crate::heap::Word;
use crate::value::function::Function;
use crate::value::unit::Unit;

/// What the frame below does with the result of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cont {
    /// The loop ends: the frame was the bottom one of a run.
    Stop,
    /// Its register.
    Store(u16),
    /// The op at its program counter goes on, at this stage.
    Op(Stage),
    /// Nothing: the result is dropped, and the op at its program counter is done.
    Discard,
}

/// How far the op of the frame below has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The special method of the place `n` in the op's order of candidates returned.
    Candidate(u8),
    /// The truth of the result was asked (`__bool__`).
    Truth,
    /// The truth of the result was asked (`__len__`).
    Length,
    /// A twin in the prelude returned the op's result.
    Twin,
    /// A twin returned what the op's operand is to be replaced by, and the op begins anew.
    Retry,
    /// `__getattr__` returned.
    Fallback,
}

/// A frame.
#[derive(Clone, Copy)]
pub struct Frame {
    /// The op it executes, up to date whenever the thread leaves the loop's fast path.
    pub(crate) ip: *const Op,
    pub(crate) unit: *const Unit,
    /// The function.
    pub(crate) function: Word,
    /// What its role is about: the generator it is the body of, the instance it initialises; or nothing.
    pub(crate) companion: Word,
    /// The exception it is handling, or nothing: then that of the frame below counts.
    pub(crate) handled: Word,
    /// Its first register.
    pub(crate) base: u32,
    pub(crate) cont: Cont,
    pub(crate) role: Role,
}

/// What a frame is, beyond the body of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Nothing beyond it.
    Plain,
    /// The body of a generator, which is its companion.
    Generator,
    /// An `__init__`: its result must be None, and its companion takes the place of the result.
    Init,
    /// Its result is remembered; its companion says by whom and for which arguments.
    Remembered,
}

impl Frame {
    /// Its code with constants and caches.
    #[inline(always)]
    pub fn unit(&self) -> &Unit {
        // SAFETY: units live as long as the machine.
        unsafe { &*self.unit }
    }

    /// Its function.
    #[inline(always)]
    pub fn function(&self) -> &Function {
        // SAFETY: a frame is made with its function, which it keeps alive.
        unsafe { &*self.function.address().cast::<Function>() }
    }

    /// The op it executes.
    #[inline(always)]
    pub fn op(&self) -> Op {
        // SAFETY: it points into the ops of the unit's code, which ends with a return or a jump.
        unsafe { *self.ip }
    }

    /// The index of the op it executes.
    #[inline]
    pub fn pc(&self) -> u32 {
        // SAFETY: both point into the ops of the unit's code.
        unsafe { self.ip.offset_from(self.unit().ops()) as u32 }
    }

    /// Goes on with the op at an index.
    #[inline]
    pub fn go_to(&mut self, pc: u32) {
        // SAFETY: the compiler's verifier holds that labels are inside the ops.
        self.ip = unsafe { self.unit().ops().add(pc as usize) };
    }

    /// Goes on with the op so many further.
    #[inline]
    pub fn skip(&mut self, distance: isize) {
        // SAFETY: the compiler's verifier holds that offsets stay inside the ops, which end with a return or a jump.
        self.ip = unsafe { self.ip.offset(distance) };
    }

    /// How many of its registers hold values.
    pub fn height(&self) -> usize {
        self.unit().height_at(self.pc())
    }
}

/// The frames of a thread, the running one last.
pub struct Frames {
    bottom: *mut Frame,
    /// Behind the last.
    top: *mut Frame,
    /// Where the next may not stand before [`Frames::reserve`] was asked.
    end: *mut Frame,
    capacity: usize,
}

impl Frames {
    /// None yet, and room for none.
    pub(crate) const fn new() -> Frames {
        Frames { bottom: null_mut(), top: null_mut(), end: null_mut(), capacity: 0 }
    }

    /// How many there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.iter().len()
    }

    /// Outermost first.
    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Frame> {
        if self.bottom.is_null() {
            return [].iter();
        }
        // SAFETY: both point into one allocation, and what is between them is initialised.
        unsafe { std::slice::from_raw_parts(self.bottom, self.top.offset_from(self.bottom) as usize).iter() }
    }

    /// The running one, if there is one.
    #[inline(always)]
    pub(crate) fn last(&self) -> Option<&Frame> {
        // SAFETY: above the bottom, a frame stands below the top.
        (self.top != self.bottom).then(|| unsafe { &*self.top.sub(1) })
    }

    /// The address of the running one.
    #[inline(always)]
    pub(crate) fn running(&self) -> *mut Frame {
        debug_assert!(self.top != self.bottom);
        self.top.wrapping_sub(1)
    }

    /// Whether there is room for one more.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.top != self.end
    }

    /// Puts one on top; there is room for it.
    #[inline(always)]
    pub(crate) fn push(&mut self, frame: Frame) {
        debug_assert!(self.has_room());
        // SAFETY: below the end is memory of ours.
        unsafe {
            self.top.write(frame);
            self.top = self.top.add(1);
        }
    }

    /// Takes the topmost off.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let frame = *self.last()?;
        self.drop_last();
        Some(frame)
    }

    /// Takes the topmost off, which there is.
    #[inline(always)]
    pub(crate) fn drop_last(&mut self) {
        self.top = self.running();
    }

    /// Makes room for one more, unless there are `limit` already. Says whether there is room.
    #[cold]
    pub(crate) fn reserve(&mut self, limit: usize) -> bool {
        let len = self.len();
        if len < limit && len == self.capacity {
            self.grow(len);
        }
        self.set_limit(limit);
        self.has_room()
    }

    /// Has [`Frames::reserve`] asked before there are more than `limit`.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.end = self.bottom.wrapping_add(self.capacity.min(limit.max(self.len())));
    }

    fn grow(&mut self, len: usize) {
        let capacity = (len * 2).max(64);
        let layout = Frames::layout(capacity);
        // SAFETY: the old allocation, if there is one, has the old capacity's layout; the new one is larger than nothing.
        let bottom = unsafe {
            match NonNull::new(self.bottom) {
                Some(old) => realloc(old.as_ptr().cast(), Frames::layout(self.capacity), layout.size()),
                None => std::alloc::alloc(layout),
            }
        };
        let Some(bottom) = NonNull::new(bottom) else { handle_alloc_error(layout) };
        self.bottom = bottom.as_ptr().cast();
        self.top = self.bottom.wrapping_add(len);
        self.capacity = capacity;
    }

    fn layout(capacity: usize) -> Layout {
        match Layout::array::<Frame>(capacity) {
            Ok(layout) => layout,
            Err(_) => unreachable!("registers are exhausted before frames"),
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        if !self.bottom.is_null() {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.bottom.cast(), Frames::layout(self.capacity)) };
        }
    }
}

const _: () = assert!(size_of::<Frame>() == 56);
