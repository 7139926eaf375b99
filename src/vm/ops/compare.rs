//! Comparisons: native operands, and the special methods of classes written in the language (`do_richcompare` in CPython's
//! Objects/object.c).

use minipy_compiler::op::{Op, Reg};

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Special, class_flag};
use crate::value::compare::Comparison;
use crate::value::{Builtin, Context, Raised, algebra, compare};

use super::binary::noted_function;
use crate::vm::fast::str_at;
use crate::vm::frame::{Cont, Stage};
use crate::vm::thread::{Flow, Thread};

/// Compares two native values; `None` where they have no order.
///
/// # Errors
/// `needs_code`, `RecursionError`.
pub(crate) fn native_compare(
    cx: &Context,
    op: Comparison,
    a: Value<'_>,
    b: Value<'_>,
) -> Result<Option<bool>, Raised> {
    match op {
        Comparison::Eq => compare::equal(cx, a, b).map(Some),
        Comparison::Ne => compare::equal(cx, a, b).map(|equal| Some(!equal)),
        _ => {
            if let Some(result) = algebra::compare(cx, op, a, b)? {
                return Ok(Some(result));
            }
            Ok(compare::order(cx, a, b)?.map(|order| op.holds(order)))
        }
    }
}

/// Operator and operands of a comparison op or a fused branch.
#[inline(always)]
fn decode(thread: &Thread) -> Option<(Comparison, Word, Word)> {
    let frame = thread.frame();
    let at = |reg: Reg| thread.get(frame.base as usize + reg.0 as usize);
    Some(match frame.op() {
        Op::Lt { left, right, .. } | Op::BranchLt { left, right, .. } => {
            (Comparison::Lt, at(left), at(right))
        }
        Op::Le { left, right, .. } | Op::BranchLe { left, right, .. } => {
            (Comparison::Le, at(left), at(right))
        }
        Op::Gt { left, right, .. } | Op::BranchGt { left, right, .. } => {
            (Comparison::Gt, at(left), at(right))
        }
        Op::Ge { left, right, .. } | Op::BranchGe { left, right, .. } => {
            (Comparison::Ge, at(left), at(right))
        }
        Op::Eq { left, right, .. } | Op::BranchEq { left, right, .. } => {
            (Comparison::Eq, at(left), at(right))
        }
        Op::Ne { left, right, .. } | Op::BranchNe { left, right, .. } => {
            (Comparison::Ne, at(left), at(right))
        }
        Op::BranchLtInt { left, imm, .. } => (Comparison::Lt, at(left), Word::small(imm.0.into())),
        Op::BranchLeInt { left, imm, .. } => (Comparison::Le, at(left), Word::small(imm.0.into())),
        Op::BranchGtInt { left, imm, .. } => (Comparison::Gt, at(left), Word::small(imm.0.into())),
        Op::BranchGeInt { left, imm, .. } => (Comparison::Ge, at(left), Word::small(imm.0.into())),
        Op::BranchEqInt { left, imm, .. } => (Comparison::Eq, at(left), Word::small(imm.0.into())),
        Op::BranchNeInt { left, imm, .. } => (Comparison::Ne, at(left), Word::small(imm.0.into())),
        _ => return None,
    })
}

/// Candidates 0 and 1 are the two operands' methods; 2 and 3 are their `__eq__` standing in for `__ne__`.
pub(crate) const NE_FROM_EQ: u8 = 2;

impl Thread {
    /// The comparison at the program counter, from the candidate `from` on.
    pub(crate) fn compare_op(&mut self, from: u8) -> Flow {
        let Some((op, a, b)) = decode(self) else { return Flow::Raised };
        if from == 0
            && let Some(class) = self.class_of_both(a, b)
            && let Some((method, unit)) = noted_function(class, Special::of_comparison(op))
        {
            return self.push_method(method, unit, [a, b], Cont::Op(Stage::Candidate(0)));
        }
        self.compare(op, a, b, from)
    }

    #[inline(never)]
    fn compare(&mut self, op: Comparison, a: Word, b: Word, from: u8) -> Flow {
        if let (Some(left), Some(right)) = (str_at(a), str_at(b)) {
            // The order of code points is that of the bytes that encode them.
            return Flow::Done(Word::bool(op.holds(Some(left.as_bytes().cmp(right.as_bytes())))));
        }
        let cx = self.cx();
        let (left, right) = (self.live(a), self.live(b));
        let flag = match op {
            Comparison::Eq | Comparison::Ne => class_flag::CUSTOM_EQ,
            _ => class_flag::CUSTOM_ORDER,
        };
        if !cx.class_of(left).has(flag) && !cx.class_of(right).has(flag) {
            return match native_compare(cx, op, left, right) {
                Ok(Some(result)) => Flow::Done(Word::bool(result)),
                Ok(None) => self.no_order(op, a, b),
                Err(Raised) if cx.take_needs_code() => {
                    let name = op.method().trim_matches('_');
                    self.call_prelude(name, &[a, b], Cont::Op(Stage::Twin))
                }
                Err(Raised) => Flow::Raised,
            };
        }
        self.compare_candidates(op, a, b, from)
    }

    fn compare_candidates(&mut self, op: Comparison, a: Word, b: Word, from: u8) -> Flow {
        let last = if op == Comparison::Ne { 4 } else { 2 };
        for candidate in from..last {
            let cx = self.cx();
            let (left, right) = (cx.class_of(self.live(a)), cx.class_of(self.live(b)));
            let right_first = !std::ptr::eq(left, right) && right.is_subclass(left);
            let on_left = candidate.is_multiple_of(2) != right_first;
            let (receiver, other, method) = if on_left { (a, b, op) } else { (b, a, op.reflected()) };
            let method = if candidate >= NE_FROM_EQ { Comparison::Eq } else { method };
            let class = cx.class_of(self.live(receiver));
            let Some(found) = class.special(cx, Special::of_comparison(method)) else { continue };
            // What `object` defines is the default below; natively defined comparisons of built-in bases count.
            if found.kind() != Some(Kind::Function)
                && class
                    .defining(cx, cx.name(method.method()))
                    .is_some_and(|(definer, _)| definer.is(Builtin::Object))
            {
                continue;
            }
            let found = found.word();
            match self.call_special(found, receiver, &[other], Cont::Op(Stage::Candidate(candidate))) {
                Flow::Done(word) if word == Value::NOT_IMPLEMENTED.word() => {}
                Flow::Done(word) => return self.compare_result(candidate, word),
                flow => return flow,
            }
        }
        match op {
            Comparison::Eq => Flow::Done(Word::bool(a == b)),
            Comparison::Ne => Flow::Done(Word::bool(a != b)),
            _ => self.no_order(op, a, b),
        }
    }

    /// The result of a candidate, turned round where `__eq__` stood in for `__ne__`.
    pub(crate) fn compare_result(&mut self, candidate: u8, word: Word) -> Flow {
        if candidate < NE_FROM_EQ {
            return Flow::Done(word);
        }
        match super::native_truth(self.cx(), self.live(word)) {
            Some(truth) => Flow::Done(Word::bool(!truth)),
            None => self.call_prelude("negated", &[word], Cont::Op(Stage::Twin)),
        }
    }

    #[cold]
    fn no_order(&self, op: Comparison, a: Word, b: Word) -> Flow {
        let cx = self.cx();
        cx.type_error(format_args!(
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            cx.type_name(self.live(a)),
            cx.type_name(self.live(b))
        ));
        Flow::Raised
    }
}
