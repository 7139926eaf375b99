//! Operators and comparisons as values.

use minipy_grammar::Span;
use minipy_grammar::ast::{BinOp, CmpOp, Expr, ExprKind, UnaryOp};

use super::{Gen, fold};
use crate::code::Const;
use crate::op::{Form, Imm, Op, Reg};

impl Gen<'_> {
    pub(super) fn binary(&mut self, left: &Expr, op: BinOp, right: &Expr, dst: Reg, span: Span) {
        let mark = self.top;
        let left = self.operand(left, [right]);
        self.binary_with(left, op, right, Form::Plain, dst, span);
        self.top = mark;
    }

    /// The operation with its left operand evaluated already.
    pub(super) fn binary_with(
        &mut self,
        left: Reg,
        op: BinOp,
        right: &Expr,
        form: Form,
        dst: Reg,
        span: Span,
    ) {
        let mark = self.top;
        match (op, small_int(right)) {
            (BinOp::Add, Some(imm)) => self.emit(Op::AddInt { form, dst, left, imm }, span),
            (BinOp::Sub, Some(imm)) => self.emit(Op::SubInt { form, dst, left, imm }, span),
            _ => {
                let right = self.operand(right, []);
                self.emit(arithmetic(op, form, dst, left, right), span);
            }
        }
        self.top = mark;
    }

    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, dst: Reg, span: Span) {
        let mark = self.top;
        let src = match &operand.kind {
            // A comparison under `not` is one with it for a traceback, as in CPython.
            ExprKind::Compare { left, ops, comparators } if op == UnaryOp::Not && ops.len() == 1 => {
                let at = self.scratch();
                self.compare(left, ops, comparators, at, span);
                self.reserve()
            }
            _ => self.operand(operand, []),
        };
        let op = match op {
            UnaryOp::Invert => Op::Invert { dst, src },
            UnaryOp::Not => Op::Not { dst, src },
            UnaryOp::UAdd => Op::Pos { dst, src },
            UnaryOp::USub => Op::Neg { dst, src },
        };
        self.emit(op, span);
        self.top = mark;
    }

    pub(super) fn compare(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr], dst: Reg, span: Span) {
        let mark = self.top;
        if let ([op], [right]) = (ops, comparators) {
            let left = self.operand(left, [right]);
            let right = self.right_side(*op, right, &[]);
            self.emit(comparison(*op, dst, left, right), span);
            self.top = mark;
            return;
        }
        // The left operand takes the register where every intermediate result will be, so that the stack has no hole.
        self.in_steps(dst, span, |this, result| {
            let end = this.target();
            let mut left = this.push(left);
            for (index, (op, right)) in ops.iter().zip(comparators).enumerate() {
                let rest = &comparators[index + 1..];
                let right = this.right_side(*op, right, rest);
                this.emit(comparison(*op, result, left, right), span);
                if !rest.is_empty() {
                    this.branch_truth(result, false, end, span);
                }
                left = right;
            }
            this.top = mark;
            this.place(end);
        });
    }
}

impl Gen<'_> {
    /// The right operand of a comparison; a list of literals that is only searched is a constant tuple, a set a frozenset.
    pub(super) fn right_side(&mut self, op: CmpOp, right: &Expr, later: &[Expr]) -> Reg {
        if !matches!(op, CmpOp::In | CmpOp::NotIn) {
            return self.operand(right, later);
        }
        match constant_items(right).or_else(|| constant_set(right)) {
            Some(items) => self.push_const(&items, right.span),
            None if matches!(right.kind, ExprKind::Set(_)) => self.push_searched_set(right),
            None => self.operand(right, later),
        }
    }

    /// A set display that is only searched: the order of its items does not matter.
    fn push_searched_set(&mut self, display: &Expr) -> Reg {
        let at = self.scratch();
        if let ExprKind::Set(items) = &display.kind {
            self.set_at(items, at, display.span);
        }
        self.reserve()
    }

    pub(super) fn push_const(&mut self, value: &Const, span: Span) -> Reg {
        let dst = self.scratch();
        self.load_const(value, dst, span);
        self.reserve()
    }
}

/// The items of a list display of literals, as a tuple.
pub(super) fn constant_items(expr: &Expr) -> Option<Const> {
    let ExprKind::List(items) = &expr.kind else { return None };
    fold::fold_all(items).map(Const::Tuple)
}

/// A set display of literals, as a frozenset.
fn constant_set(expr: &Expr) -> Option<Const> {
    let ExprKind::Set(items) = &expr.kind else { return None };
    fold::fold_all(items).map(Const::FrozenSet)
}

/// An integer literal that fits an op's small operand.
pub(super) fn small_int(expr: &Expr) -> Option<Imm> {
    match fold::fold(expr)? {
        Const::Int(value) => i16::try_from(value).ok().map(Imm),
        _ => None,
    }
}

pub(super) fn arithmetic(op: BinOp, form: Form, dst: Reg, left: Reg, right: Reg) -> Op {
    match op {
        BinOp::Add => Op::Add { form, dst, left, right },
        BinOp::Sub => Op::Sub { form, dst, left, right },
        BinOp::Mult => Op::Mul { form, dst, left, right },
        BinOp::MatMult => Op::MatMul { form, dst, left, right },
        BinOp::Div => Op::Div { form, dst, left, right },
        BinOp::Mod => Op::Mod { form, dst, left, right },
        BinOp::Pow => Op::Pow { form, dst, left, right },
        BinOp::LShift => Op::LShift { form, dst, left, right },
        BinOp::RShift => Op::RShift { form, dst, left, right },
        BinOp::BitOr => Op::BitOr { form, dst, left, right },
        BinOp::BitXor => Op::BitXor { form, dst, left, right },
        BinOp::BitAnd => Op::BitAnd { form, dst, left, right },
        BinOp::FloorDiv => Op::FloorDiv { form, dst, left, right },
    }
}

pub(super) fn comparison(op: CmpOp, dst: Reg, left: Reg, right: Reg) -> Op {
    match op {
        CmpOp::Eq => Op::Eq { dst, left, right },
        CmpOp::NotEq => Op::Ne { dst, left, right },
        CmpOp::Lt => Op::Lt { dst, left, right },
        CmpOp::LtE => Op::Le { dst, left, right },
        CmpOp::Gt => Op::Gt { dst, left, right },
        CmpOp::GtE => Op::Ge { dst, left, right },
        CmpOp::Is => Op::Is { dst, left, right },
        CmpOp::IsNot => Op::IsNot { dst, left, right },
        CmpOp::In => Op::In { dst, left, right },
        CmpOp::NotIn => Op::NotIn { dst, left, right },
    }
}
