//! Puts positions into the jumps of a finished code.
//!
//! A jump to a jump goes to its end directly. A fused branch reaches 32 KiB of ops; one whose target is further is
//! turned round, over an ordinary jump that follows it. A branch back is never far: whoever emits one sees how far it goes.

use crate::builder::Builder;
use crate::code::Handler;
use crate::op::{Label, Offset, Op, Sense};

/// How far back a branch with a distance may go, in ops as they are emitted: so far that it stays in reach where each of them
/// is turned round.
pub(crate) const MAX_BACK: u32 = i16::MAX as u32 / (1 + MAX_GROWTH);

/// How many jumps in a row are followed: a bound, since a chain never needs more in code that people write.
const MAX_JUMP_CHAIN: usize = 16;

/// Resolves every jump of the code and returns its exception table.
pub(crate) fn assemble(code: &mut Builder) -> Box<[Handler]> {
    let destinations = destinations(code);
    let far = far_branches(code, &destinations);
    let moved = insert_trampolines(code, &far);
    for at in 0..code.ops.len() {
        set_label(&mut code.ops[at], |label| Label(moved.at(destinations[label.0 as usize])));
    }
    let distances = std::mem::take(&mut code.distances);
    for ((at, target), far) in distances.into_iter().zip(&far) {
        let at = moved.at(at) as usize;
        // What stands behind a branch back may lead elsewhere in turn; it has to land there itself.
        let places = if is_backward(&code.ops[at]) { &code.targets } else { &destinations };
        let to = moved.at(places[target.label().0 as usize]);
        if *far {
            turn_round(code, at, to);
        } else {
            let distance = i64::from(to) - at as i64;
            set_offset(&mut code.ops[at], Offset(distance as i16));
        }
    }
    let handlers = code.guards.iter().map(|guard| Handler {
        start: moved.at(guard.start),
        end: moved.at(guard.end),
        target: moved.at(code.targets[guard.target.label().0 as usize]),
        exc: guard.exc,
    });
    handlers.collect()
}

/// For each target, the position where a jump to it ends up.
fn destinations(code: &Builder) -> Vec<u32> {
    let follow = |mut at: u32| {
        for _ in 0..MAX_JUMP_CHAIN {
            match code.ops.get(at as usize) {
                Some(Op::Jump { to }) => at = code.targets[to.0 as usize],
                _ => break,
            }
        }
        at
    };
    code.targets.iter().map(|at| follow(*at)).collect()
}

fn is_backward(op: &Op) -> bool {
    matches!(op, Op::ForNext { .. })
}

/// How many ops a far branch grows by, at most.
const MAX_GROWTH: u32 = 2;

/// How many ops a far branch grows by.
fn growth(op: &Op) -> u32 {
    match op {
        Op::ForIter { .. } => MAX_GROWTH,
        op if is_backward(op) => 0,
        _ => 1,
    }
}

/// For each branch with a distance, whether its target is out of reach.
fn far_branches(code: &Builder, destinations: &[u32]) -> Vec<bool> {
    let mut far = vec![false; code.distances.len()];
    if code.ops.len() <= i16::MAX as usize {
        return far;
    }
    // Every branch may grow: whoever is out of reach then is taken as far.
    let mut grown = vec![0; code.ops.len() + 1];
    for (at, _) in &code.distances {
        grown[*at as usize + 1] = growth(&code.ops[*at as usize]);
    }
    for at in 1..grown.len() {
        grown[at] += grown[at - 1];
    }
    let place = |at: u32| i64::from(at) + i64::from(grown[at as usize]);
    for ((at, target), far) in code.distances.iter().zip(&mut far) {
        *far = place(destinations[target.label().0 as usize]) - place(*at) > i64::from(i16::MAX);
    }
    far
}

/// Where ops have moved to; empty if none has.
struct Moved(Vec<u32>);

impl Moved {
    fn at(&self, position: u32) -> u32 {
        self.0.get(position as usize).copied().unwrap_or(position)
    }
}

fn insert_trampolines(code: &mut Builder, far: &[bool]) -> Moved {
    if !far.contains(&true) {
        return Moved(Vec::new());
    }
    let mut room = vec![0; code.ops.len()];
    for ((at, _), far) in code.distances.iter().zip(far) {
        if *far {
            room[*at as usize] = growth(&code.ops[*at as usize]);
        }
    }
    let (ops, spans, heights) =
        (std::mem::take(&mut code.ops), std::mem::take(&mut code.spans), std::mem::take(&mut code.heights));
    let mut moved = Vec::with_capacity(ops.len() + 1);
    let rows = ops.into_iter().zip(spans).zip(heights).zip(room);
    for (((op, span), height), room) in rows {
        moved.push(code.position());
        code.push(op, span, height);
        for _ in 0..room {
            // The label 0 exists, since this branch has a target; `turn_round` sets the right one.
            code.push(Op::Jump { to: Label(0) }, span, height);
        }
    }
    moved.push(code.position());
    Moved(moved)
}

/// Makes the far branch at `at` reach `to` with the jumps behind it.
fn turn_round(code: &mut Builder, at: usize, to: u32) {
    set_offset(&mut code.ops[at], Offset(2));
    if let Op::ForIter { .. } = code.ops[at] {
        code.ops[at + 1] = Op::Jump { to: Label(at as u32 + 3) };
        code.ops[at + 2] = Op::Jump { to: Label(to) };
    } else {
        flip(&mut code.ops[at]);
        code.ops[at + 1] = Op::Jump { to: Label(to) };
    }
}

fn set_label(op: &mut Op, place: impl FnOnce(Label) -> Label) {
    if let Op::Jump { to }
    | Op::JumpBack { to }
    | Op::JumpIfTrue { to, .. }
    | Op::JumpIfFalse { to, .. }
    | Op::BranchNone { to, .. } = op
    {
        *to = place(*to);
    }
}

fn set_offset(op: &mut Op, offset: Offset) {
    match op {
        Op::BranchLt { to, .. }
        | Op::BranchLe { to, .. }
        | Op::BranchGt { to, .. }
        | Op::BranchGe { to, .. }
        | Op::BranchEq { to, .. }
        | Op::BranchNe { to, .. }
        | Op::BranchLtInt { to, .. }
        | Op::BranchLeInt { to, .. }
        | Op::BranchGtInt { to, .. }
        | Op::BranchGeInt { to, .. }
        | Op::BranchEqInt { to, .. }
        | Op::BranchNeInt { to, .. }
        | Op::BranchIs { to, .. }
        | Op::ForIter { exit: to, .. }
        | Op::ForNext { body: to, .. } => *to = offset,
        _ => unreachable!("only these carry a distance"),
    }
}

fn flip(op: &mut Op) {
    match op {
        Op::BranchLt { sense, .. }
        | Op::BranchLe { sense, .. }
        | Op::BranchGt { sense, .. }
        | Op::BranchGe { sense, .. }
        | Op::BranchEq { sense, .. }
        | Op::BranchNe { sense, .. }
        | Op::BranchLtInt { sense, .. }
        | Op::BranchLeInt { sense, .. }
        | Op::BranchGtInt { sense, .. }
        | Op::BranchGeInt { sense, .. }
        | Op::BranchEqInt { sense, .. }
        | Op::BranchNeInt { sense, .. }
        | Op::BranchIs { sense, .. } => *sense = Sense(!sense.0),
        _ => unreachable!("only these have a sense and a distance"),
    }
}
