//! Generators: a frame that stands in the heap while it does not run. Its registers follow the object, in blocks that are copied
//! at once; beyond those that hold something (the height) stands what nobody looks at.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::function::{Function, FunctionPart};
use super::unit::Unit;

/// Where a generator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum GeneratorState {
    /// Made, not started.
    Created = 0,
    /// At a `yield`.
    Suspended = 1,
    /// Some thread runs it.
    Running = 2,
    /// Returned or raised.
    Finished = 3,
}

/// How many registers are copied at once: there is room for a whole number of such blocks.
pub const BLOCK: usize = 4;

/// A generator; room for its registers follows. The header's count is the number of blocks.
#[repr(C)]
pub struct Generator {
    header: Header,
    function: Slot,
    /// The exception it was handling when it yielded.
    handled: Slot,
    name: Slot,
    qualname: Slot,
    pc: AtomicU32,
    /// How many of the saved registers hold what it goes on with.
    height: AtomicU16,
    state: AtomicU8,
}

// SAFETY: repr(C), begins with the header, no drop glue, fields are atomic.
unsafe impl Object for Generator {
    const KIND: Kind = Kind::Generator;
}

impl Generator {
    /// A generator that will begin at the first op, with these registers (of parameters; the rest are holes).
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new<'t>(
        cx: &'t Context,
        function: &Function,
        params: &[Option<Value<'_>>],
    ) -> Result<&'t Generator, Raised> {
        let unit = function.unit(cx)?;
        let blocks = unit.register_count().div_ceil(BLOCK).max(1);
        let bytes = blocks * size_of::<[Slot; BLOCK]>();
        let make = |header| Generator {
            header,
            function: Slot::of(Value::object(function)),
            handled: Slot::new(None),
            name: Slot::new(function.part(FunctionPart::Name)),
            qualname: Slot::new(function.part(FunctionPart::Qualname)),
            pc: AtomicU32::new(0),
            height: AtomicU16::new(Generator::first_height(unit)),
            state: AtomicU8::new(GeneratorState::Created as u8),
        };
        let made = cx.local().make_sized(bytes, Builtin::Generator.shape(), blocks as u32, make, |place| {
            // SAFETY: the bytes behind the object belong to it; zero is a hole.
            unsafe { place.write_bytes(0, bytes) };
        });
        let generator: &Generator = made.map_err(|_| cx.memory_error())?;
        for (slot, param) in generator.blocks().as_flattened().iter().zip(params) {
            slot.init(*param);
        }
        Ok(generator)
    }

    /// How many registers hold something, or a hole, before the first op: those of the locals.
    fn first_height(unit: &Unit) -> u16 {
        unit.code.locals.len() as u16
    }

    /// Where it stands.
    #[inline(always)]
    pub fn state(&self) -> GeneratorState {
        match self.state.load(Ordering::Acquire) {
            0 => GeneratorState::Created,
            1 => GeneratorState::Suspended,
            2 => GeneratorState::Running,
            _ => GeneratorState::Finished,
        }
    }

    /// Claims the right to run it: the state it had, which is now `Running`. Two threads cannot both succeed.
    #[inline]
    pub fn claim(&self, cx: &Context) -> GeneratorState {
        let state = self.state();
        if matches!(state, GeneratorState::Created | GeneratorState::Suspended) {
            if !cx.local().heap().is_parallel() {
                self.state.store(GeneratorState::Running as u8, Ordering::Relaxed);
                return state;
            }
            let swapped = self.state.compare_exchange(
                state as u8,
                GeneratorState::Running as u8,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if swapped.is_err() {
                return GeneratorState::Running;
            }
        }
        state
    }

    /// Ends the right to run it.
    #[inline]
    pub fn release(&self, state: GeneratorState) {
        self.state.store(state as u8, Ordering::Release);
    }

    /// The function it was made by.
    #[inline(always)]
    pub fn function(&self) -> &Function {
        // SAFETY: a generator is made with its function.
        unsafe { &*self.function.word().address().cast::<Function>() }
    }

    /// The room for its registers: one block at least.
    #[inline(always)]
    pub fn blocks(&self) -> &[[Slot; BLOCK]] {
        let first = (self as *const Generator).wrapping_add(1).cast();
        // SAFETY: that many blocks follow the object.
        unsafe { std::slice::from_raw_parts(first, self.header.aux() as usize) }
    }

    /// The first block.
    #[inline(always)]
    pub fn first_block(&self) -> &[Slot; BLOCK] {
        // SAFETY: there is one at least.
        unsafe { self.blocks().get_unchecked(0) }
    }

    /// The blocks that take so many registers, or the first one.
    #[inline(always)]
    pub fn blocks_of(&self, height: usize) -> &[[Slot; BLOCK]] {
        let count = if height <= BLOCK { 1 } else { height.div_ceil(BLOCK) };
        debug_assert!(count <= self.blocks().len());
        // SAFETY: there are blocks for all registers of the unit, which has no height above their number.
        unsafe { self.blocks().get_unchecked(..count) }
    }

    /// What the registers that it goes on with held, in blocks, the last of them filled up with others.
    #[inline(always)]
    pub fn saved_blocks(&self) -> &[[Slot; BLOCK]] {
        self.blocks_of(self.height())
    }

    /// How many of its registers hold what it goes on with; none when it has finished.
    #[inline(always)]
    pub fn height(&self) -> usize {
        self.height.load(Ordering::Relaxed).into()
    }

    /// What the registers that it goes on with held.
    pub fn saved(&self) -> &[Slot] {
        let slots = self.blocks().as_flattened();
        &slots[..self.height().min(slots.len())]
    }

    /// Lets go of the registers when it has finished.
    pub fn drop_window(&self, cx: &Context) {
        self.height.store(0, Ordering::Relaxed);
        cx.store(self, &self.handled, None);
    }

    /// The op to go on with.
    #[inline(always)]
    pub fn pc(&self) -> u32 {
        self.pc.load(Ordering::Relaxed)
    }

    /// Sets the op to go on with, and how many registers that needs.
    #[inline(always)]
    pub fn set_pc(&self, pc: u32, height: u16) {
        self.pc.store(pc, Ordering::Relaxed);
        self.height.store(height, Ordering::Relaxed);
    }

    /// The exception it was handling when it yielded.
    #[inline(always)]
    pub fn handled(&self) -> &Slot {
        &self.handled
    }

    /// `__name__`
    pub fn name<'t>(&'t self, cx: &'t Context) -> Value<'t> {
        self.name.get().unwrap_or_else(|| self.function().lazy_unit().name(cx))
    }

    /// `__qualname__`
    pub fn qualname<'t>(&'t self, cx: &'t Context) -> Value<'t> {
        self.qualname.get().unwrap_or_else(|| self.function().lazy_unit().qualname(cx))
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        [&self.function, &self.handled, &self.name, &self.qualname].into_iter().chain(self.saved())
    }
}
