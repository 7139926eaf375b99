//! Checks what the machine and its collector rely on, by abstract interpretation over every path of a code.
//!
//! - Every register below an op's height has been written on every path to it, and whatever an op reads lies below:
//!   a collection that keeps the registers below the height and forgets the others changes nothing.
//! - A call forgets everything from the register of its callee on; what is read later must be written again.
//! - At a handler the registers below its height are those of every op that can lead there, and the exception.
//! - A local is read only where it is bound or has been checked.
//! - Jumps stay inside, only `JumpBack` and `ForNext` go backward, no path runs off the end, indices exist.
//!
//! Used by tests, and by every compilation of a debug build. Knows nothing of how the code was made.

use crate::code::Code;
use crate::op::{FunctionParts, Label, Op, Operand, Reg};

/// Checks a code and all codes nested in it.
///
/// # Errors
/// What is wrong first: the code's name, the position of the op, and why.
pub fn verify(code: &Code) -> Result<(), String> {
    Verifier::new(code).run().map_err(|(pc, why)| {
        let op = code.ops.get(pc).map(|op| format!("{op:?}")).unwrap_or_default();
        format!("{} at {pc}: {op}: {why}", code.qualname)
    })?;
    code.children.iter().try_for_each(|child| verify(child))
}

type Complaint = (usize, String);

/// A set of registers.
#[derive(Clone, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn empty(size: usize) -> Set {
        Set(vec![0; size.div_ceil(64)])
    }

    fn add(&mut self, reg: usize) {
        self.0[reg / 64] |= 1 << (reg % 64);
    }

    fn remove(&mut self, reg: usize) {
        self.0[reg / 64] &= !(1 << (reg % 64));
    }

    fn has(&self, reg: usize) -> bool {
        self.0[reg / 64] >> (reg % 64) & 1 == 1
    }

    fn keep_below(&mut self, end: usize) {
        for (index, word) in self.0.iter_mut().enumerate() {
            let from = index * 64;
            if from >= end {
                *word = 0;
            } else if end - from < 64 {
                *word &= (1 << (end - from)) - 1;
            }
        }
    }

    /// Keeps what is also in `other`; whether that is less.
    fn intersect(&mut self, other: &Set) -> bool {
        let mut changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            changed |= *word & !other != 0;
            *word &= other;
        }
        changed
    }
}

/// What is known when an op begins.
#[derive(Clone)]
struct State {
    written: Set,
    bound: Set,
}

impl State {
    /// Keeps what is also in `other`; whether that is less.
    fn intersect(&mut self, other: &State) -> bool {
        self.written.intersect(&other.written) | self.bound.intersect(&other.bound)
    }
}

/// What an op does to registers.
#[derive(Default)]
struct Access {
    reads: Vec<(usize, usize)>,
    writes: Vec<(usize, usize)>,
    /// The first register that a call forgets.
    forgets: Option<usize>,
    /// Whether it may read an unbound local.
    may_be_unbound: bool,
}

struct Verifier<'a> {
    code: &'a Code,
    states: Vec<Option<State>>,
    work: Vec<usize>,
}

impl<'a> Verifier<'a> {
    fn new(code: &'a Code) -> Self {
        Verifier { code, states: vec![None; code.ops.len()], work: Vec::new() }
    }

    fn run(mut self) -> Result<(), Complaint> {
        let code = self.code;
        if code.ops.is_empty() || code.spans.len() != code.ops.len() || code.heights.len() != code.ops.len() {
            return Err((0, "ops, spans and heights differ in number".to_owned()));
        }
        let size = usize::from(code.register_count);
        if code.locals.len() > size || code.param_count() > code.locals.len() {
            return Err((0, "the window is too small for the locals".to_owned()));
        }
        let mut entry = State { written: Set::empty(size), bound: Set::empty(size) };
        (0..code.locals.len()).for_each(|reg| entry.written.add(reg));
        (0..code.param_count()).for_each(|reg| entry.bound.add(reg));
        self.flow(0, 0, &entry)?;
        while let Some(pc) = self.work.pop() {
            self.step(pc)?;
        }
        Ok(())
    }

    /// Merges `state` into what is known at `to`.
    fn flow(&mut self, from: usize, to: usize, state: &State) -> Result<(), Complaint> {
        let Some(known) = self.states.get_mut(to) else {
            return Err((from, format!("goes on at {to}, behind the end")));
        };
        match known {
            None => *known = Some(state.clone()),
            Some(known) => {
                if !known.intersect(state) {
                    return Ok(());
                }
            }
        }
        self.work.push(to);
        Ok(())
    }

    fn step(&mut self, pc: usize) -> Result<(), Complaint> {
        let code = self.code;
        let op = &code.ops[pc];
        let Some(mut state) = self.states[pc].clone() else { return Ok(()) };
        let height = usize::from(code.heights[pc]);
        let size = usize::from(code.register_count);
        if height > size {
            return Err((pc, format!("height {height} of {size} registers")));
        }
        if height < code.locals.len() {
            return Err((pc, format!("height {height} is below the locals")));
        }
        if let Some(hole) = (0..height).find(|reg| !state.written.has(*reg)) {
            return Err((pc, format!("r{hole} below height {height} may not be written")));
        }
        self.indices(pc, op)?;
        state.written.keep_below(height);
        let access = access(op);
        for (from, to) in &access.reads {
            for reg in *from..*to {
                if reg >= height {
                    return Err((pc, format!("reads r{reg} at height {height}")));
                }
                if reg < code.locals.len() && !access.may_be_unbound && !state.bound.has(reg) {
                    return Err((pc, format!("reads r{reg}, which may be unbound")));
                }
            }
        }
        if let Some(forgets) = access.forgets {
            state.written.keep_below(forgets);
        }
        self.flow_to_handler(pc, &state)?;
        if let Op::Move { dst, src } = op {
            let bound = state.bound.has(src.0.into());
            self.write(pc, &mut state, dst.0.into(), bound)?;
        } else {
            let bound = !matches!(op, Op::Unbind { .. } | Op::LoadMethod { .. });
            for (from, to) in &access.writes {
                for reg in *from..*to {
                    self.write(pc, &mut state, reg, bound)?;
                }
            }
        }
        if let Op::CheckLocal { src, .. } = op {
            state.bound.add(src.0.into());
        }
        self.successors(pc, op, &state)
    }

    fn write(&self, pc: usize, state: &mut State, reg: usize, bound: bool) -> Result<(), Complaint> {
        if reg >= usize::from(self.code.register_count) {
            return Err((pc, format!("writes r{reg} of {}", self.code.register_count)));
        }
        state.written.add(reg);
        if bound {
            state.bound.add(reg);
        } else {
            state.bound.remove(reg);
        }
        Ok(())
    }

    fn flow_to_handler(&mut self, pc: usize, state: &State) -> Result<(), Complaint> {
        let Some(handler) = self.code.handler(pc as u32) else { return Ok(()) };
        let target = handler.target as usize;
        let Some(height) = self.code.heights.get(target) else {
            return Err((pc, "its handler is behind the end".to_owned()));
        };
        let mut state = state.clone();
        state.written.keep_below((*height).into());
        self.write(pc, &mut state, handler.exc.0.into(), true)?;
        self.flow(pc, target, &state)
    }

    fn successors(&mut self, pc: usize, op: &Op, state: &State) -> Result<(), Complaint> {
        let mut jumping = state.clone();
        let mut going_on = state.clone();
        if let Some(before) = &self.states[pc] {
            // At the end of an iteration the item is as it was; only what was written before counts.
            match op {
                Op::ForIter { .. } => jumping.intersect(before),
                Op::ForNext { .. } => going_on.intersect(before),
                _ => false,
            };
        }
        self.branch(pc, op, &jumping)?;
        if ends_path(op) { Ok(()) } else { self.flow(pc, pc + 1, &going_on) }
    }

    /// Follows the jump of an op, if it has one.
    fn branch(&mut self, pc: usize, op: &Op, state: &State) -> Result<(), Complaint> {
        let Some(to) = jump_target(pc, op) else { return Ok(()) };
        let backward = matches!(op, Op::JumpBack { .. } | Op::ForNext { .. });
        let Ok(to) = usize::try_from(to) else { return Err((pc, "jumps before the start".to_owned())) };
        if backward != (to <= pc) {
            return Err((pc, format!("jumps the wrong way, to {to}")));
        }
        self.flow(pc, to, state)
    }

    fn indices(&self, pc: usize, op: &Op) -> Result<(), Complaint> {
        let code = self.code;
        for (field, operand) in op.operands() {
            let (index, count) = match operand {
                Operand::Const(index) => (index.0 as usize, code.consts.len()),
                Operand::Name(index) => (index.0.into(), code.names.len()),
                Operand::Site(index) => (index.0.into(), code.sites.len()),
                Operand::KwNames(index) => (index.0.into(), code.kwnames.len()),
                Operand::Import(index) => (index.0.into(), code.imports.len()),
                Operand::Child(index) => (index.0.into(), code.children.len()),
                Operand::Free(index) => (index.0.into(), code.free.len()),
                _ => continue,
            };
            if index >= count {
                return Err((pc, format!("{field} {index} of {count}")));
            }
        }
        Ok(())
    }
}

/// Whether the op behind is not reached from this one.
fn ends_path(op: &Op) -> bool {
    matches!(
        op,
        Op::Jump { .. }
            | Op::JumpBack { .. }
            | Op::Return { .. }
            | Op::ReturnNone {}
            | Op::Raise { .. }
            | Op::RaiseFrom { .. }
            | Op::RaiseAgain {}
            | Op::Reraise { .. }
    )
}

/// Where an op may jump to.
pub(crate) fn jump_target(pc: usize, op: &Op) -> Option<i64> {
    op.operands().into_iter().find_map(|(_, operand)| match operand {
        Operand::Label(Label(to)) => Some(to.into()),
        Operand::Offset(offset) => Some(pc as i64 + i64::from(offset.0)),
        _ => None,
    })
}

/// Registers side by side.
fn run(base: Reg, from: usize, count: usize) -> (usize, usize) {
    let base = usize::from(base.0) + from;
    (base, base + count)
}

fn access(op: &Op) -> Access {
    let (mut reads, mut writes, mut forgets) = (Vec::new(), Vec::new(), None);
    let may_be_unbound = matches!(op, Op::CheckLocal { .. } | Op::MakeCell { .. });
    match *op {
        Op::Unpack { src, base, count } => {
            reads.push(run(src, 0, 1));
            writes.push(run(base, 0, count.0.into()));
        }
        Op::UnpackStar { after, src, base, before } => {
            reads.push(run(src, 0, 1));
            writes.push(run(base, 0, usize::from(before.0) + 1 + usize::from(after.0)));
        }
        Op::LoadMethod { base, obj, .. } => {
            reads.push(run(obj, 0, 1));
            writes.push(run(base, 0, 2));
        }
        Op::BuildSlice { dst, base } => {
            reads.push(run(base, 0, 3));
            writes.push(run(dst, 0, 1));
        }
        Op::BuildTuple { dst, base, count }
        | Op::BuildList { dst, base, count }
        | Op::BuildSet { dst, base, count }
        | Op::BuildString { dst, base, count } => {
            reads.push(run(base, 0, count.0.into()));
            writes.push(run(dst, 0, 1));
        }
        Op::BuildDict { dst, base, count } => {
            reads.push(run(base, 0, 2 * usize::from(count.0)));
            writes.push(run(dst, 0, 1));
        }
        Op::Call { dst, base, argc } => {
            reads.push(run(base, 0, 1 + usize::from(argc.0)));
            writes.push(run(dst, 0, 1));
            forgets = Some(base.0.into());
        }
        Op::CallMethod { dst, base, argc } => {
            reads.push(run(base, 0, 2 + usize::from(argc.0)));
            writes.push(run(dst, 0, 1));
            forgets = Some(base.0.into());
        }
        Op::CallKw { base, argc, .. } => {
            reads.push(run(base, 0, 1 + usize::from(argc.0)));
            writes.push(run(base, 0, 1));
            forgets = Some(base.0.into());
        }
        Op::CallMethodKw { base, argc, .. } => {
            reads.push(run(base, 0, 2 + usize::from(argc.0)));
            writes.push(run(base, 0, 1));
            forgets = Some(base.0.into());
        }
        Op::CallStar { dst, base } | Op::CallSuper { dst, base } => {
            reads.push(run(base, 0, 3));
            writes.push(run(dst, 0, 1));
            forgets = Some(base.0.into());
        }
        Op::MakeFunction { parts, dst, base, .. } => {
            let all = [
                FunctionParts::DEFAULTS,
                FunctionParts::KW_DEFAULTS,
                FunctionParts::ANNOTATIONS,
                FunctionParts::CLOSURE,
            ];
            reads.push(run(base, 0, all.into_iter().filter(|part| parts.0 & part != 0).count()));
            writes.push(run(dst, 0, 1));
        }
        Op::PrepareWith { ctx, base } => {
            reads.push(run(ctx, 0, 1));
            writes.push(run(base, 0, 4));
        }
        Op::LoadExcInfo { base, exc } => {
            reads.push(run(exc, 0, 1));
            writes.push(run(base, 0, 3));
        }
        Op::MakeCell { reg } => {
            reads.push(run(reg, 0, 1));
            writes.push(run(reg, 0, 1));
        }
        Op::YieldFrom { dst, iter } => {
            reads.extend([run(dst, 0, 1), run(iter, 0, 1)]);
            writes.push(run(dst, 0, 1));
        }
        Op::EnterHandler { exc, saved } => {
            reads.push(run(exc, 0, 1));
            writes.push(run(saved, 0, 1));
        }
        Op::SaveHandler { saved } => writes.push(run(saved, 0, 1)),
        _ => {
            for (field, operand) in op.operands() {
                if let Operand::Reg(reg) = operand {
                    if field == "dst" { &mut writes } else { &mut reads }.push(run(reg, 0, 1));
                }
            }
        }
    }
    Access { reads, writes, forgets, may_be_unbound }
}
