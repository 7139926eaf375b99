//! A frame: where a function stands, and what becomes of its result.

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
    pub(crate) unit: *const Unit,
    /// The function.
    pub(crate) function: Word,
    /// The generator it is the body of, or the instance it initialises, or nothing.
    pub(crate) companion: Word,
    /// The exception it is handling, or nothing: then that of the frame below counts.
    pub(crate) handled: Word,
    /// Its first register.
    pub(crate) base: u32,
    /// The op it executes, up to date whenever the thread leaves the loop's fast path.
    pub(crate) pc: u32,
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
        self.unit().code.ops[self.pc as usize]
    }

    /// How many of its registers hold values.
    pub fn height(&self) -> usize {
        self.unit().code.heights[self.pc as usize] as usize
    }
}
