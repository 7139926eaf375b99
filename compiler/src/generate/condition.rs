//! Expressions as conditions: control flow instead of truth values.

use minipy_grammar::Span;
use minipy_grammar::ast::{BoolOp, CmpOp, Constant, Expr, ExprKind, UnaryOp};

use super::operator::{comparison, small_int};
use super::{Gen, fold};
use crate::builder::Target;
use crate::op::{Imm, Offset, Op, Reg, Sense};

impl Gen<'_> {
    /// Goes to `target`, which lies ahead, if the truth of `expr` is `sense`; goes on otherwise.
    pub(super) fn jump_if(&mut self, expr: &Expr, sense: bool, target: Target) {
        if !self.live {
            return;
        }
        if let Some(value) = fold::fold(expr) {
            if fold::truth(&value) == sense {
                self.jump(target, expr.span);
            }
            return;
        }
        match &expr.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => self.jump_if(operand, !sense, target),
            ExprKind::BoolOp { op, values } => {
                let Some((last, others)) = values.split_last() else { return };
                if (*op == BoolOp::Or) == sense {
                    values.iter().for_each(|value| self.jump_if(value, sense, target));
                } else {
                    let on = self.target();
                    others.iter().for_each(|value| self.jump_if(value, !sense, on));
                    self.jump_if(last, sense, target);
                    self.place(on);
                }
            }
            ExprKind::IfExp { test, body, orelse } => {
                let (otherwise, end) = (self.target(), self.target());
                self.jump_if(test, false, otherwise);
                self.jump_if(body, sense, target);
                self.jump(end, expr.span);
                self.place(otherwise);
                self.jump_if(orelse, sense, target);
                self.place(end);
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.jump_if_compares(left, ops, comparators, sense, target, expr.span);
            }
            ExprKind::NamedExpr { target: name, value } if self.local_of(&name.name).is_some() => {
                self.bind_expr(&name.name, value, expr.span);
                if let Some(variable) = self.local_of(&name.name) {
                    self.branch_truth(variable.reg, sense, target, expr.span);
                }
            }
            _ => {
                let mark = self.top;
                let cond = self.operand(expr, []);
                self.branch_truth(cond, sense, target, expr.span);
                self.top = mark;
            }
        }
    }

    fn jump_if_compares(
        &mut self,
        left: &Expr,
        ops: &[CmpOp],
        comparators: &[Expr],
        sense: bool,
        target: Target,
        span: Span,
    ) {
        let mark = self.top;
        let end = self.target();
        let mut left = self.operand(left, comparators);
        for (index, (op, right)) in ops.iter().zip(comparators).enumerate() {
            let rest = &comparators[index + 1..];
            if rest.is_empty() {
                self.jump_if_compare(left, *op, right, sense, target, span);
            } else {
                let right = self.right_side(*op, right, rest);
                let out = if sense { end } else { target };
                self.jump_if_registers(left, *op, right, false, out, span);
                left = right;
            }
        }
        self.top = mark;
        self.place(end);
    }

    /// The last comparison of a chain, whose right side may fit into the op.
    fn jump_if_compare(
        &mut self,
        left: Reg,
        op: CmpOp,
        right: &Expr,
        sense: bool,
        target: Target,
        span: Span,
    ) {
        if let (ExprKind::Constant(Constant::None), CmpOp::Is | CmpOp::IsNot) = (&right.kind, op) {
            return self.branch_none(left, (op == CmpOp::Is) == sense, target, span);
        }
        if let (Some(imm), CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE | CmpOp::Eq | CmpOp::NotEq) =
            (small_int(right), op)
        {
            return self.branch_near(target, span, |to| with_int(op, Sense(sense), left, imm, to));
        }
        let right = self.right_side(op, right, &[]);
        self.jump_if_registers(left, op, right, sense, target, span);
    }

    fn jump_if_registers(
        &mut self,
        left: Reg,
        op: CmpOp,
        right: Reg,
        sense: bool,
        target: Target,
        span: Span,
    ) {
        if let CmpOp::In | CmpOp::NotIn = op {
            let dst = self.scratch();
            self.emit(comparison(op, dst, left, right), span);
            self.reserve();
            self.branch_truth(dst, sense, target, span);
            self.top -= 1;
            return;
        }
        self.branch_near(target, span, |to| with_register(op, sense, left, right, to));
    }
}

fn with_register(op: CmpOp, sense: bool, left: Reg, right: Reg, to: Offset) -> Op {
    let flipped = Sense(!sense);
    let sense = Sense(sense);
    match op {
        CmpOp::Lt => Op::BranchLt { sense, left, right, to },
        CmpOp::LtE => Op::BranchLe { sense, left, right, to },
        CmpOp::Gt => Op::BranchGt { sense, left, right, to },
        CmpOp::GtE => Op::BranchGe { sense, left, right, to },
        CmpOp::Eq => Op::BranchEq { sense, left, right, to },
        CmpOp::NotEq => Op::BranchNe { sense, left, right, to },
        CmpOp::IsNot => Op::BranchIs { sense: flipped, left, right, to },
        CmpOp::Is | CmpOp::In | CmpOp::NotIn => Op::BranchIs { sense, left, right, to },
    }
}

fn with_int(op: CmpOp, sense: Sense, left: Reg, imm: Imm, to: Offset) -> Op {
    match op {
        CmpOp::Lt => Op::BranchLtInt { sense, left, imm, to },
        CmpOp::LtE => Op::BranchLeInt { sense, left, imm, to },
        CmpOp::Gt => Op::BranchGtInt { sense, left, imm, to },
        CmpOp::GtE => Op::BranchGeInt { sense, left, imm, to },
        CmpOp::NotEq => Op::BranchNeInt { sense, left, imm, to },
        _ => Op::BranchEqInt { sense, left, imm, to },
    }
}
