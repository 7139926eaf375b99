//! Generators: a frame that stands in the heap while it does not run.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

use crate::heap::{Header, Kind, Object, Slot, Value};

use super::builtin::Builtin;
use super::context::{Context, Raised};
use super::function::{Function, FunctionPart};
use super::list::Store;

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

/// How many registers are taken from the heap at once: it makes room for a whole number of such blocks.
pub const BLOCK: usize = 4;

/// A generator.
#[repr(C)]
pub struct Generator {
    header: Header,
    function: Slot,
    /// Its registers while it does not run.
    window: Slot,
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
        let window = Store::new(cx, unit.register_count().next_multiple_of(BLOCK))?;
        for (slot, param) in window.slots().iter().zip(params) {
            slot.init(*param);
        }
        Ok(cx.local().make(Builtin::Generator.shape(), 0, |header| Generator {
            header,
            function: Slot::of(Value::object(function)),
            window: Slot::of(Value::object(window)),
            handled: Slot::new(None),
            name: Slot::new(function.part(FunctionPart::Name)),
            qualname: Slot::new(function.part(FunctionPart::Qualname)),
            pc: AtomicU32::new(0),
            height: AtomicU16::new(unit.code.locals.len() as u16),
            state: AtomicU8::new(GeneratorState::Created as u8),
        }))
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

    /// Its saved registers; a finished generator has none.
    #[inline(always)]
    pub fn window(&self) -> Option<&Store> {
        let window = self.window.word();
        // SAFETY: the slot holds nothing or the store that the generator was made with.
        (!window.is_nothing()).then(|| unsafe { &*window.address().cast::<Store>() })
    }

    /// What the registers that it goes on with held, in blocks, the last of them filled up with others.
    #[inline(always)]
    pub fn saved(&self) -> &[[Slot; BLOCK]] {
        let (blocks, _) = self.window().map_or(&[][..], Store::slots).as_chunks::<BLOCK>();
        let live = usize::from(self.height.load(Ordering::Relaxed)).div_ceil(BLOCK);
        &blocks[..live.min(blocks.len())]
    }

    /// Lets go of the registers when it has finished.
    pub fn drop_window(&self, cx: &Context) {
        cx.store(self, &self.window, None);
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
    pub fn name(&self) -> Value<'_> {
        self.name.get().unwrap_or(Value::NONE)
    }

    /// `__qualname__`
    pub fn qualname(&self) -> Value<'_> {
        self.qualname.get().unwrap_or(Value::NONE)
    }

    pub(super) fn slots(&self) -> [&Slot; 5] {
        [&self.function, &self.window, &self.handled, &self.name, &self.qualname]
    }
}
