//! The blocks a statement is nested in, and leaving them by `return`, `break` and `continue`.
//!
//! Leaving unwinds block by block, innermost first: a `with` calls `__exit__`, a handler restores the exception handled
//! before. A `finally` is entered with the reason in a register; its end goes on from there (see `finally`).
//! While the code of an exit is generated, the regions of the blocks it has left are suspended.

use minipy_grammar::Span;
use minipy_grammar::ast::Name;

use super::Gen;
use crate::builder::{Guard, Target};
use crate::limits::MAX_BLOCKS;
use crate::op::{Count, Op, Reg, WideImm};

/// How control leaves a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    Return,
    Break,
    Continue,
}

impl Exit {
    pub(super) const ALL: [Exit; 3] = [Exit::Return, Exit::Break, Exit::Continue];

    /// The reason as a `finally` keeps it: 0 is to go on, 1 an exception.
    pub(super) fn reason(self) -> i16 {
        match self {
            Exit::Return => 2,
            Exit::Break => 3,
            Exit::Continue => 4,
        }
    }
}

/// An index into the regions of the generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RegionIx(usize);

/// A block around the statement that is being generated.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Loop {
        head: Target,
        end: Target,
    },
    /// The body of a `try` with handlers.
    Try {
        region: RegionIx,
    },
    /// What a `finally` protects; `base` and two registers behind it hold the value, the exception handled, the reason.
    Finally {
        region: RegionIx,
        base: Reg,
        entry: Target,
        exits: Vec<Exit>,
    },
    /// A handler, or the body of a `finally`: the exception handled before is in `saved`.
    Handler {
        region: RegionIx,
        saved: Reg,
    },
    /// The body of an `except … as name`.
    Named {
        region: RegionIx,
        name: Name,
    },
    /// An `except` without a name: only counted.
    Unnamed,
    /// The body of a `with`, whose `__exit__` stands in `base`.
    With {
        region: RegionIx,
        base: Reg,
        span: Span,
    },
}

impl Block {
    fn region(&self) -> Option<RegionIx> {
        match self {
            Block::Loop { .. } | Block::Unnamed => None,
            Block::Try { region }
            | Block::Finally { region, .. }
            | Block::Handler { region, .. }
            | Block::Named { region, .. }
            | Block::With { region, .. } => Some(*region),
        }
    }
}

/// Ops whose exceptions go to one handler: stretches, since the code of exits is left out.
#[derive(Debug)]
pub(super) struct Region {
    target: Target,
    exc: Reg,
    stretches: Vec<(u32, u32)>,
    /// Where the current stretch began; none while it is suspended.
    since: Option<u32>,
}

/// The register so many behind `base`.
pub(super) fn behind(base: Reg, count: u16) -> Reg {
    Reg(base.0.saturating_add(count))
}

impl Gen<'_> {
    // Blocks.

    /// Opens a block; false if there are too many.
    pub(super) fn push_block(&mut self, block: Block, span: Span) -> bool {
        if self.blocks.len() >= MAX_BLOCKS {
            self.fail("too many statically nested blocks", span);
            return false;
        }
        self.blocks.push(block);
        true
    }

    /// Whether leaving the function from here may run code that rebinds its locals.
    pub(super) fn exit_changes_locals(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Finally { .. } | Block::Named { .. }))
    }

    // Regions.

    pub(super) fn open_region(&mut self, target: Target, exc: Reg) -> RegionIx {
        let since = Some(self.code.position());
        self.regions.push(Region { target, exc, stretches: Vec::new(), since });
        RegionIx(self.regions.len() - 1)
    }

    pub(super) fn suspend(&mut self, region: RegionIx) {
        let now = self.code.position();
        let region = &mut self.regions[region.0];
        if let Some(since) = region.since.take()
            && since < now
        {
            region.stretches.push((since, now));
        }
    }

    pub(super) fn resume(&mut self, region: RegionIx) {
        self.regions[region.0].since = Some(self.code.position());
    }

    /// Ends a region; false if it covers nothing, so that its handler is never reached.
    pub(super) fn close_region(&mut self, region: RegionIx) -> bool {
        self.suspend(region);
        let Region { target, exc, stretches, .. } = &mut self.regions[region.0];
        let (target, exc, stretches) = (*target, *exc, std::mem::take(stretches));
        let guards = stretches.iter().map(|(start, end)| Guard { start: *start, end: *end, target, exc });
        self.code.guards.extend(guards);
        !stretches.is_empty()
    }

    // Exits.

    /// Leaves the function or the innermost loop; a value to return stands in a register.
    pub(super) fn leave(&mut self, exit: Exit, mut value: Option<Reg>, span: Span) {
        if !self.live {
            return;
        }
        let mark = self.top;
        let mut suspended = Vec::new();
        let mut level = self.blocks.len();
        while self.live {
            let Some(outer) = level.checked_sub(1) else {
                self.leave_function(exit, value, span);
                break;
            };
            level = outer;
            if let Some(region) = self.blocks[level].region() {
                self.suspend(region);
                suspended.push(region);
            }
            match self.blocks[level].clone() {
                Block::Loop { head, end } => match exit {
                    Exit::Break => self.jump(end, span),
                    Exit::Continue => self.jump(head, span),
                    Exit::Return => {}
                },
                Block::Try { .. } | Block::Unnamed => {}
                Block::Handler { saved, .. } => self.emit(Op::LeaveHandler { saved }, span),
                Block::Named { name, .. } => self.forget_name(&name, span),
                Block::With { base, span, .. } => self.call_exit(base, span),
                Block::Finally { base, entry, .. } => {
                    self.enter_finally(exit, value.take(), base, entry, span);
                    if let Block::Finally { exits, .. } = &mut self.blocks[level]
                        && !exits.contains(&exit)
                    {
                        exits.push(exit);
                    }
                }
            }
        }
        suspended.into_iter().for_each(|region| self.resume(region));
        self.top = mark;
    }

    fn leave_function(&mut self, exit: Exit, value: Option<Reg>, span: Span) {
        match (exit, value) {
            (Exit::Return, Some(src)) => self.emit_last(Op::Return { src }, span),
            (Exit::Return, None) => self.emit_last(Op::ReturnNone {}, span),
            (Exit::Break, _) => self.fail("'break' outside loop", span),
            (Exit::Continue, _) => self.fail("'continue' not properly in loop", span),
        }
        self.live = false;
    }

    /// Goes into a `finally` with a reason to leave it again.
    fn enter_finally(&mut self, exit: Exit, value: Option<Reg>, base: Reg, entry: Target, span: Span) {
        let mark = self.top;
        let base_top = usize::from(base.0);
        match value {
            Some(src) if src != base => self.emit(Op::Move { dst: base, src }, span),
            Some(_) => {}
            None => self.emit(Op::LoadNone { dst: base }, span),
        }
        self.top = mark.max(base_top + 1);
        self.emit(Op::SaveHandler { saved: behind(base, 1) }, span);
        self.top = mark.max(base_top + 2);
        self.emit(Op::LoadInt { dst: behind(base, 2), value: WideImm(exit.reason().into()) }, span);
        self.top = base_top + 2;
        self.reserve();
        self.jump(entry, span);
        self.top = mark;
    }

    /// Calls the `__exit__` in `R[base]` with three times None, from copies above everything in use.
    fn call_exit(&mut self, base: Reg, span: Span) {
        let mark = self.top;
        let copy = self.scratch();
        for src in [base, behind(base, 1)] {
            let dst = self.scratch();
            self.emit(Op::Move { dst, src }, span);
            self.reserve();
        }
        self.push_nones(3, span);
        self.emit(Op::CallMethod { dst: copy, base: copy, argc: Count(3) }, span);
        self.top = mark;
    }
}
