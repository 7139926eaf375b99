//! Going on: what an op does with its result, and what becomes of the result of a frame.

use minipy_compiler::op::{Label, Offset, Op, Reg, Sense};

use crate::heap::{Value, Word};
use crate::value::{Builtin, Raised};

use super::frame::{Cont, Frame, Role, Stage};
use super::ops::NE_FROM_EQ;
use super::thread::{Flow, Thread};

/// What the loop does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// It goes on with the op at the program counter of the topmost frame.
    Go,
    /// It ends with this value.
    Stop(Word),
    /// It unwinds: an exception is pending in the topmost frame.
    Raised,
}

impl Thread {
    /// The op at the program counter has ended in this way. Not a part of the loop, where each op that calls it would look at
    /// all four by a table of jumps.
    #[inline(never)]
    pub(super) fn settle(&mut self, flow: Flow) -> Next {
        match flow {
            Flow::Done(word) => self.complete(word),
            Flow::Pushed => Next::Go,
            Flow::Raised => Next::Raised,
            Flow::Park => match self.serve().and_then(|()| self.after_wait()) {
                Ok(()) => Next::Go,
                Err(Raised) => Next::Raised,
            },
        }
    }

    /// After a wait that a signal ended, the signal is looked at.
    fn after_wait(&mut self) -> Result<(), Raised> {
        if self.wake == Some(super::host::Wake::Interrupted) {
            return self.checkpoint();
        }
        Ok(())
    }

    fn advance(&mut self) -> Next {
        self.frame_mut().skip(1);
        Next::Go
    }

    #[inline]
    pub(super) fn store(&mut self, dst: Reg, word: Word) -> Next {
        let place = self.frame().base as usize + dst.0 as usize;
        self.set(place, word);
        self.advance()
    }

    /// The loop that ends at the program counter goes on with this item.
    #[inline]
    pub(super) fn next_item(&mut self, dst: Reg, body: Offset, word: Word) -> Next {
        let place = self.frame().base as usize + dst.0 as usize;
        self.set(place, word);
        self.go(body)
    }

    /// The op at the program counter has this result.
    pub(super) fn complete(&mut self, word: Word) -> Next {
        let op = self.frame().op();
        match op {
            Op::JumpIfTrue { .. }
            | Op::JumpIfFalse { .. }
            | Op::Not { .. }
            | Op::In { .. }
            | Op::NotIn { .. } => self.test(word),
            _ if fused_branch(op).is_some() => self.test(word),
            Op::ForIter { dst, exit, .. } => {
                if word.is_nothing() {
                    return self.go(exit);
                }
                self.store(dst, word)
            }
            Op::ForNext { dst, body, .. } => {
                if word.is_nothing() {
                    return self.advance();
                }
                self.next_item(dst, body, word)
            }
            Op::YieldFrom { .. } => self.yield_value(word),
            Op::LoadMethod { base, .. } => {
                let place = self.frame().base as usize + base.0 as usize;
                self.set(place, Word::NONE_AT_ALL);
                self.set(place + 1, word);
                self.advance()
            }
            Op::CallKw { base, .. } | Op::CallMethodKw { base, .. } => self.store(base, word),
            _ => match result_register(op) {
                Some(dst) => self.store(dst, word),
                None => self.advance(),
            },
        }
    }

    /// The op at the program counter goes on with the truth of this.
    pub(super) fn test(&mut self, word: Word) -> Next {
        match self.truth(word) {
            Flow::Done(truth) => self.complete_truth(truth == Word::TRUE),
            Flow::Pushed => Next::Go,
            Flow::Raised | Flow::Park => Next::Raised,
        }
    }

    /// The op at the program counter has tested something.
    fn complete_truth(&mut self, truth: bool) -> Next {
        let op = self.frame().op();
        if let Some((sense, to)) = fused_branch(op) {
            return if truth == sense.0 { self.go(to) } else { self.advance() };
        }
        match op {
            Op::JumpIfTrue { to, .. } if truth => self.go_to(to),
            Op::JumpIfFalse { to, .. } if !truth => self.go_to(to),
            Op::Not { dst, .. } | Op::NotIn { dst, .. } => self.store(dst, Word::bool(!truth)),
            Op::In { dst, .. } => self.store(dst, Word::bool(truth)),
            _ => self.advance(),
        }
    }

    fn go(&mut self, to: Offset) -> Next {
        self.frame_mut().skip(to.0.into());
        Next::Go
    }

    fn go_to(&mut self, to: Label) -> Next {
        self.frame_mut().go_to(to.0);
        Next::Go
    }

    /// The topmost frame, which is the one below the one that returned, gets the result.
    pub(super) fn deliver(&mut self, cont: Cont, word: Word) -> Next {
        match cont {
            Cont::Stop => Next::Stop(word),
            Cont::Store(dst) => self.store(Reg(dst), word),
            Cont::Discard => self.advance(),
            // A comparison that a branch waits for goes on at once.
            Cont::Op(Stage::Candidate(candidate))
                if candidate < NE_FROM_EQ
                    && matches!(word, Word::TRUE | Word::FALSE)
                    && let Some((sense, to)) = fused_branch(self.frame().op()) =>
            {
                if (word == Word::TRUE) == sense.0 { self.go(to) } else { self.advance() }
            }
            Cont::Op(stage) => {
                let flow = self.deliver_to_op(stage, word);
                self.settle_stage(stage, flow)
            }
        }
    }

    fn settle_stage(&mut self, stage: Stage, flow: Flow) -> Next {
        match (stage, flow) {
            (Stage::Truth | Stage::Length, Flow::Done(truth)) => self.complete_truth(truth == Word::TRUE),
            _ => self.settle(flow),
        }
    }

    fn deliver_to_op(&mut self, stage: Stage, word: Word) -> Flow {
        let not_implemented = word == Value::NOT_IMPLEMENTED.word();
        match (stage, self.frame().op()) {
            (Stage::Truth | Stage::Length, _) => self.truth_answer(stage, word),
            (Stage::Candidate(n), op) if is_comparison(op) => {
                if not_implemented {
                    return self.compare_op(n + 1);
                }
                self.compare_result(n, word)
            }
            (Stage::Candidate(n), op) if is_binary(op) => {
                if not_implemented {
                    return self.binary_op(n + 1);
                }
                Flow::Done(word)
            }
            (Stage::Candidate(_), Op::GetIter { .. } | Op::GetYieldFromIter { .. }) => {
                self.checked_iterator(word)
            }
            (Stage::Candidate(_), Op::Raise { .. } | Op::RaiseFrom { .. }) => self.raise_instance(word),
            (Stage::Retry, Op::Unpack { .. } | Op::UnpackStar { .. }) => self.unpack_op(Some(word)),
            (Stage::Retry, _) => self.extend_op(Some(word)),
            _ => Flow::Done(word),
        }
    }

    /// A frame has returned: it is popped, and its result delivered.
    pub(super) fn return_from(&mut self, word: Word) -> Next {
        let Some(&Frame { role, cont, .. }) = self.frames.last() else { return Next::Stop(word) };
        if role == Role::Plain {
            self.frames.drop_last();
            return self.deliver(cont, word);
        }
        let Some(frame) = self.frames.pop() else { return Next::Stop(word) };
        match role {
            Role::Generator => self.finish_generator(frame, word),
            Role::Remembered => self.finish_remembered(frame, word),
            Role::Init | Role::Plain => self.finish_init(frame, word),
        }
    }

    fn finish_init(&mut self, frame: Frame, word: Word) -> Next {
        if word != Word::NONE {
            let cx = self.cx();
            cx.type_error(format_args!(
                "__init__() should return None, not '{}'",
                cx.type_name(self.live(word))
            ));
            if frame.cont == Cont::Stop {
                return Next::Stop(Word::NONE_AT_ALL);
            }
            return Next::Raised;
        }
        self.deliver(frame.cont, frame.companion)
    }

    /// Raises `StopIteration` with a value.
    pub(super) fn raise_stop_iteration(&self, value: Word) {
        let cx = self.cx();
        let value = self.live(value);
        if value.is_none() {
            cx.raise_with(Builtin::StopIteration, &[]);
        } else {
            cx.raise_with(Builtin::StopIteration, &[value]);
        }
    }
}

/// The register that the result of an op goes to; what is sent to a `yield` is no result.
fn result_register(op: Op) -> Option<Reg> {
    if matches!(op, Op::Yield { .. }) { None } else { op.dst() }
}

/// Of a comparison fused with a jump: which outcome jumps, and where to.
fn fused_branch(op: Op) -> Option<(Sense, Offset)> {
    match op {
        Op::BranchLt { sense, to, .. }
        | Op::BranchLe { sense, to, .. }
        | Op::BranchGt { sense, to, .. }
        | Op::BranchGe { sense, to, .. }
        | Op::BranchEq { sense, to, .. }
        | Op::BranchNe { sense, to, .. }
        | Op::BranchLtInt { sense, to, .. }
        | Op::BranchLeInt { sense, to, .. }
        | Op::BranchGtInt { sense, to, .. }
        | Op::BranchGeInt { sense, to, .. }
        | Op::BranchEqInt { sense, to, .. }
        | Op::BranchNeInt { sense, to, .. } => Some((sense, to)),
        _ => None,
    }
}

fn is_comparison(op: Op) -> bool {
    fused_branch(op).is_some()
        || matches!(
            op,
            Op::Lt { .. } | Op::Le { .. } | Op::Gt { .. } | Op::Ge { .. } | Op::Eq { .. } | Op::Ne { .. }
        )
}

fn is_binary(op: Op) -> bool {
    matches!(
        op,
        Op::Add { .. }
            | Op::Sub { .. }
            | Op::Mul { .. }
            | Op::MatMul { .. }
            | Op::Div { .. }
            | Op::FloorDiv { .. }
            | Op::Mod { .. }
            | Op::Pow { .. }
            | Op::LShift { .. }
            | Op::RShift { .. }
            | Op::BitAnd { .. }
            | Op::BitOr { .. }
            | Op::BitXor { .. }
            | Op::AddInt { .. }
            | Op::SubInt { .. }
    )
}
