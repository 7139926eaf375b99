//! Displays and f-strings.
//!
//! A short display collects its items in registers; a long one appends them to a list as it goes, so that a table of
//! ten thousand rows needs a handful of registers.

use minipy_grammar::Span;
use minipy_grammar::ast::{Conversion, Expr, ExprKind, FStringPart};

use super::expr::string;
use super::{Gen, fold};
use crate::code::Const;
use crate::limits::MAX_DISPLAY;
use crate::op::{Convert, Count, Op, Reg};

/// Fewer constant items than this are loaded one by one.
const MIN_CONSTANT_ITEMS: usize = 3;

impl Gen<'_> {
    pub(super) fn list(&mut self, items: &[Expr], dst: Reg, span: Span) {
        if items.iter().any(is_starred) || items.len() > MAX_DISPLAY || constants(items).is_some() {
            self.in_steps(dst, span, |this, at| this.list_at(items.iter(), at, span));
            return;
        }
        let (base, count) = self.push_all(items);
        self.emit(Op::BuildList { dst, base, count }, span);
        self.top = base.0.into();
    }

    pub(super) fn tuple<'e>(&mut self, items: impl Iterator<Item = &'e Expr> + Clone, dst: Reg, span: Span) {
        let count = items.clone().count();
        if count > MAX_DISPLAY || items.clone().any(is_starred) {
            let at = self.scratch();
            self.list_at(items, at, span);
            self.reserve();
            self.emit(Op::ListToTuple { dst, src: at }, span);
            self.top -= 1;
            return;
        }
        let (base, count) = self.push_all(items);
        self.emit(Op::BuildTuple { dst, base, count }, span);
        self.top = base.0.into();
    }

    pub(super) fn set(&mut self, items: &[Expr], dst: Reg, span: Span) {
        if constants(items).is_some() {
            return self.in_steps(dst, span, |this, at| this.set_of_constants(items, at, span));
        }
        if items.iter().any(is_starred) || items.len() > MAX_DISPLAY {
            return self.in_steps(dst, span, |this, at| this.set_at(items, at, span));
        }
        let (base, count) = self.push_all(items);
        self.emit(Op::BuildSet { dst, base, count }, span);
        self.top = base.0.into();
    }

    /// A set of literals, built in the steps that decide the order in which CPython iterates it: it makes a frozenset of
    /// them, another one of its items when it merges constants, and adds that to an empty set where the display stands.
    fn set_of_constants(&mut self, items: &[Expr], at: Reg, span: Span) {
        let mark = self.top;
        self.set_at(items, at, span);
        self.reserve();
        let order = self.scratch();
        self.emit(Op::BuildList { dst: order, base: order, count: Count(0) }, span);
        self.reserve();
        self.emit(Op::ListExtend { list: order, items: at }, span);
        let merged = self.scratch();
        self.emit(Op::BuildSet { dst: merged, base: merged, count: Count(0) }, span);
        self.reserve();
        self.emit(Op::SetUpdate { set: merged, items: order }, span);
        self.emit(Op::BuildSet { dst: at, base: at, count: Count(0) }, span);
        self.emit(Op::SetUpdate { set: at, items: merged }, span);
        self.top = mark;
    }

    pub(super) fn dict(&mut self, items: &[(Option<Expr>, Expr)], dst: Reg, span: Span) {
        let pairs = || items.iter().map(|(key, value)| (key.as_ref(), value));
        if items.len() * 2 <= MAX_DISPLAY && items.iter().all(|(key, _)| key.is_some()) {
            let base = self.scratch();
            for (key, value) in pairs() {
                key.map(|key| self.push(key));
                self.push(value);
            }
            self.emit(Op::BuildDict { dst, base, count: Count(items.len() as u16) }, span);
            self.top = base.0.into();
            return;
        }
        self.in_steps(dst, span, |this, dict| {
            this.emit(Op::BuildDict { dst: dict, base: dict, count: Count(0) }, span);
            this.reserve();
            for (key, value) in pairs() {
                let mark = this.top;
                match key {
                    Some(key) => {
                        let key = this.operand(key, [value]);
                        let value = this.operand(value, []);
                        this.emit(Op::DictInsert { dict, key, value }, span);
                    }
                    None => {
                        let items = this.operand(value, []);
                        this.emit(Op::DictUpdate { dict, items }, span);
                    }
                }
                this.top = mark;
            }
            this.top -= 1;
        });
    }

    /// Evaluates all of them into registers side by side.
    fn push_all<'e>(&mut self, items: impl IntoIterator<Item = &'e Expr>) -> (Reg, Count) {
        let base = self.scratch();
        let mut count = 0;
        for item in items {
            self.push(item);
            count += 1;
        }
        (base, Count(count))
    }

    /// Makes a list in the first free register `at`, item by item.
    pub(super) fn list_at<'e>(&mut self, items: impl Iterator<Item = &'e Expr> + Clone, at: Reg, span: Span) {
        let leading = items.clone().take(MAX_DISPLAY).take_while(|item| !is_starred(item)).count();
        let folded = items.clone().map(fold::fold).collect::<Option<Box<[Const]>>>();
        if let Some(folded) = folded.filter(|folded| folded.len() >= MIN_CONSTANT_ITEMS) {
            self.emit(Op::BuildList { dst: at, base: at, count: Count(0) }, span);
            self.reserve();
            let all = self.scratch();
            self.load_const(&Const::Tuple(folded), all, span);
            self.reserve();
            self.emit(Op::ListExtend { list: at, items: all }, span);
            self.top -= 2;
            return;
        }
        let (base, count) = self.push_all(items.clone().take(leading));
        self.emit(Op::BuildList { dst: at, base, count }, span);
        self.top = at.0.into();
        self.reserve();
        for item in items.skip(leading) {
            let mark = self.top;
            if let ExprKind::Starred(items) = &item.kind {
                let source = self.operand(items, []);
                self.emit(Op::ListExtend { list: at, items: source }, span);
            } else {
                let value = self.operand(item, []);
                self.emit(Op::ListAppend { list: at, value }, span);
            }
            self.top = mark;
        }
        self.top -= 1;
    }

    /// Makes a set in the first free register `at`, item by item.
    pub(super) fn set_at(&mut self, items: &[Expr], at: Reg, span: Span) {
        let leading = items.iter().take(MAX_DISPLAY).take_while(|item| !is_starred(item)).count();
        let (base, count) = self.push_all(&items[..leading]);
        self.emit(Op::BuildSet { dst: at, base, count }, span);
        self.top = at.0.into();
        self.reserve();
        for item in &items[leading..] {
            let mark = self.top;
            if let ExprKind::Starred(items) = &item.kind {
                let source = self.operand(items, []);
                self.emit(Op::SetUpdate { set: at, items: source }, span);
            } else {
                let value = self.operand(item, []);
                self.emit(Op::SetAdd { set: at, value }, span);
            }
            self.top = mark;
        }
        self.top -= 1;
    }

    // f-strings.

    pub(super) fn fstring(&mut self, parts: &[FStringPart], dst: Reg, span: Span) {
        match parts {
            [] => self.load_const(&string(b""), dst, span),
            [FStringPart::Literal(text)] => self.load_const(&string(text), dst, span),
            [FStringPart::Replacement { .. }] => self.fstring_part(&parts[0], dst, span),
            _ => {
                let base = self.scratch();
                for part in parts {
                    if self.top - usize::from(base.0) == MAX_DISPLAY {
                        let count = Count(MAX_DISPLAY as u16);
                        self.emit(Op::BuildString { dst: base, base, count }, span);
                        self.top = usize::from(base.0) + 1;
                    }
                    let at = self.scratch();
                    self.fstring_part(part, at, span);
                    self.reserve();
                }
                let count = Count((self.top - usize::from(base.0)) as u16);
                self.emit(Op::BuildString { dst, base, count }, span);
                self.top = base.0.into();
            }
        }
    }

    fn fstring_part(&mut self, part: &FStringPart, dst: Reg, whole: Span) {
        let (value, conversion, spec, span) = match part {
            FStringPart::Literal(text) => return self.load_const(&string(text), dst, whole),
            FStringPart::Replacement { value, conversion, spec, span } => (value, conversion, spec, *span),
        };
        let convert = match conversion {
            Conversion::None => Convert::None,
            Conversion::Str => Convert::Str,
            Conversion::Repr => Convert::Repr,
            Conversion::Ascii => Convert::Ascii,
        };
        let mark = self.top;
        match spec.as_deref() {
            None | Some([]) => {
                let src = self.operand(value, []);
                self.emit(Op::Format { convert, dst, src }, span);
            }
            Some(parts) => {
                let inner = parts.iter().filter_map(|part| match part {
                    FStringPart::Replacement { value, .. } => Some(&**value),
                    FStringPart::Literal(_) => None,
                });
                // A field nested deeper than one level counts as one that may rebind, too.
                let src = self.operand(value, inner);
                let spec = self.scratch();
                self.fstring(parts, spec, span);
                self.reserve();
                self.emit(Op::FormatSpec { convert, dst, src, spec }, span);
            }
        }
        self.top = mark;
    }
}

fn is_starred(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Starred(_))
}

/// The values of three or more items that are all constant.
fn constants(items: &[Expr]) -> Option<()> {
    (items.len() >= MIN_CONSTANT_ITEMS && items.iter().all(|item| fold::fold(item).is_some())).then_some(())
}
