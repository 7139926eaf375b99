//! `for` and `while`.

use minipy_grammar::Span;
use minipy_grammar::ast::{Expr, Stmt};

use super::Gen;
use super::exits::Block;

impl Gen<'_> {
    pub(super) fn while_loop(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt], span: Span) {
        let (head, otherwise, end) = (self.target(), self.target(), self.target());
        self.place_head(head);
        self.jump_if(test, false, otherwise);
        if self.push_block(Block::Loop { head, end }, span) {
            self.block(body);
            self.blocks.pop();
        }
        self.jump(head, test.span);
        self.place(otherwise);
        self.block(orelse);
        self.place(end);
    }

    pub(super) fn for_loop(
        &mut self,
        target: &Expr,
        iter: &Expr,
        body: &[Stmt],
        orelse: &[Stmt],
        span: Span,
    ) {
        let mark = self.top;
        let (head, otherwise, end) = (self.target(), self.target(), self.target());
        let iterator = self.push_iter(iter);
        self.place_head(head);
        if self.push_block(Block::Loop { head, end }, span) {
            let item = self.for_iter(target, iterator, otherwise, iter.span);
            self.block(body);
            self.blocks.pop();
            self.for_next(item, iterator, head, iter.span);
        }
        self.top = mark;
        self.place(otherwise);
        self.block(orelse);
        self.place(end);
    }
}
