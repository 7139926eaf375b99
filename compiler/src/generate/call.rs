//! Calls.
//!
//! Arguments stand in registers side by side. Where one is starred, or there are very many, they are collected in a tuple
//! and a dict. As in CPython all positional arguments are evaluated before any keyword argument.

use minipy_grammar::Span;
use minipy_grammar::ast::{Arg, Expr, ExprKind, Ident, Name};

use super::binding::Place;
use super::exits::behind;
use super::expr::attribute_part;
use super::{Gen, fold};
use crate::code::{CodeKind, Const};
use crate::limits::MAX_DIRECT_ARGS;
use crate::op::{Count, Op, Reg};
use crate::scopes::ScopeKind;

/// The arguments of a call, sorted.
pub(super) struct Args<'e> {
    positional: Vec<&'e Expr>,
    keywords: Vec<(Option<&'e Ident>, &'e Expr)>,
}

impl<'e> Args<'e> {
    pub(super) fn of(args: &'e [Arg]) -> Args<'e> {
        let mut sorted = Args { positional: Vec::with_capacity(args.len()), keywords: Vec::new() };
        for arg in args {
            match arg {
                Arg::Positional(value) => sorted.positional.push(value),
                Arg::Keyword(name, value) => sorted.keywords.push((Some(name), value)),
                Arg::DoubleStarred(value) => sorted.keywords.push((None, value)),
            }
        }
        sorted
    }

    pub(super) fn are_direct(&self) -> bool {
        self.positional.len() + self.keywords.len() <= MAX_DIRECT_ARGS
            && !self.positional.iter().any(|arg| matches!(arg.kind, ExprKind::Starred(_)))
            && self.keywords.iter().all(|(name, _)| name.is_some())
    }

    fn names(&self) -> Box<[Name]> {
        self.keywords.iter().filter_map(|(name, _)| name.map(|name| name.name.clone())).collect()
    }
}

impl Gen<'_> {
    pub(super) fn call(&mut self, func: &Expr, args: &[Arg], dst: Reg, span: Span) {
        let mark = self.top;
        let base = self.scratch();
        let args = Args::of(args);
        match &func.kind {
            _ if !args.are_direct() => {
                self.push(func);
                self.star_call(&args, 0, base, dst, self.call_span(func, span));
            }
            ExprKind::Attribute { value, attr } => {
                let obj = self.operand(value, []);
                let site = self.attribute_site(&attr.name);
                self.top = mark;
                self.reserve_many(2);
                let height = usize::from(usize::from(obj.0) >= mark);
                self.top = mark + height;
                self.emit(Op::LoadMethod { base, obj, site }, self.attribute_span(func));
                self.top = mark + 2;
                self.method_call(&args, base, dst, attribute_part(self.shared.source, span, attr));
            }
            ExprKind::Name(name)
                if &**name == "super" && args.positional.is_empty() && args.keywords.is_empty() =>
            {
                self.super_call(func, base, dst, span);
            }
            _ => {
                self.push(func);
                self.direct_call(&args, 0, base, dst, span);
            }
        }
        self.top = mark;
    }

    fn call_span(&self, func: &Expr, span: Span) -> Span {
        match &func.kind {
            ExprKind::Attribute { attr, .. } => attribute_part(self.shared.source, span, attr),
            _ => span,
        }
    }

    /// Calls `R[base]` with the `given` arguments that stand behind it and then `args`.
    pub(super) fn direct_call(&mut self, args: &Args, given: u16, base: Reg, dst: Reg, span: Span) {
        let argc = self.push_args(args, given);
        if args.keywords.is_empty() {
            return self.emit(Op::Call { dst, base, argc }, span);
        }
        let names = self.code.keyword_names(args.names());
        self.emit(Op::CallKw { base, argc, names }, span);
        self.move_result(base, dst, span);
    }

    fn method_call(&mut self, args: &Args, base: Reg, dst: Reg, span: Span) {
        let argc = self.push_args(args, 0);
        if args.keywords.is_empty() {
            return self.emit(Op::CallMethod { dst, base, argc }, span);
        }
        let names = self.code.keyword_names(args.names());
        self.emit(Op::CallMethodKw { base, argc, names }, span);
        self.move_result(base, dst, span);
    }

    fn push_args(&mut self, args: &Args, given: u16) -> Count {
        for value in args.positional.iter().copied().chain(args.keywords.iter().map(|(_, value)| *value)) {
            self.push(value);
        }
        Count(given + (args.positional.len() + args.keywords.len()) as u16)
    }

    fn move_result(&mut self, base: Reg, dst: Reg, span: Span) {
        if base != dst {
            self.top = usize::from(base.0) + 1;
            self.emit(Op::Move { dst, src: base }, span);
        }
    }

    /// Calls `R[base]` with the `given` arguments that stand behind it and then `args`, of which some are starred.
    pub(super) fn star_call(&mut self, args: &Args, given: u16, base: Reg, dst: Reg, span: Span) {
        let tuple = behind(base, 1);
        match args.positional.as_slice() {
            [only] if given == 0 && matches!(only.kind, ExprKind::Starred(_)) => {
                let ExprKind::Starred(value) = &only.kind else { return };
                let mark = self.top;
                let src = self.operand(value, []);
                self.scratch();
                self.emit(Op::StarTuple { dst: tuple, src, func: base }, span);
                self.top = mark;
            }
            positional if given == 0 => {
                let folded = positional.iter().map(|arg| fold::fold(arg)).collect::<Option<Box<[Const]>>>();
                match folded {
                    Some(folded) => self.load_const(&Const::Tuple(folded), tuple, span),
                    None => self.tuple(positional.iter().copied(), tuple, span),
                }
            }
            positional => self.tuple_behind(positional, given, tuple, span),
        }
        self.top = tuple.0.into();
        self.reserve();
        self.keyword_dict(args, base, span);
        self.emit(Op::CallStar { dst, base }, span);
    }

    /// Makes a tuple of the `given` registers from `at` on and the arguments behind them.
    fn tuple_behind(&mut self, positional: &[&Expr], given: u16, at: Reg, span: Span) {
        self.emit(Op::BuildList { dst: at, base: at, count: Count(given) }, span);
        self.top = usize::from(at.0) + 1;
        for arg in positional {
            let mark = self.top;
            if let ExprKind::Starred(items) = &arg.kind {
                let items = self.operand(items, []);
                self.emit(Op::ListExtend { list: at, items }, span);
            } else {
                let value = self.operand(arg, []);
                self.emit(Op::ListAppend { list: at, value }, span);
            }
            self.top = mark;
        }
        self.emit(Op::ListToTuple { dst: at, src: at }, span);
    }

    /// Puts the keyword arguments into a dict in the next register; unbinds it if there are none.
    fn keyword_dict(&mut self, args: &Args, func: Reg, span: Span) {
        let dict = self.scratch();
        if args.keywords.is_empty() {
            self.emit(Op::Unbind { dst: dict }, span);
            self.reserve();
            return;
        }
        let leading = args.keywords.iter().take_while(|(name, _)| name.is_some()).count();
        self.emit(Op::BuildDict { dst: dict, base: dict, count: Count(0) }, span);
        self.reserve();
        self.insert_keywords(&args.keywords[..leading], dict, span);
        let mut rest = &args.keywords[leading..];
        while let Some(((name, value), others)) = rest.split_first() {
            let mark = self.top;
            if name.is_none() {
                let items = self.operand(value, []);
                self.emit(Op::DictMerge { dict, items, func }, span);
                rest = others;
            } else {
                // Names behind a `**`: merged as a dict of their own, which finds a name given twice.
                let named = rest.iter().take_while(|(name, _)| name.is_some()).count();
                let items = self.scratch();
                self.emit(Op::BuildDict { dst: items, base: items, count: Count(0) }, span);
                self.reserve();
                self.insert_keywords(&rest[..named], items, span);
                self.emit(Op::DictMerge { dict, items, func }, span);
                rest = &rest[named..];
            }
            self.top = mark;
        }
    }

    fn insert_keywords(&mut self, keywords: &[(Option<&Ident>, &Expr)], dict: Reg, span: Span) {
        for (name, value) in keywords {
            let mark = self.top;
            let key = self.scratch();
            self.load_str(name.map_or("", |name| &name.name), key, span);
            self.reserve();
            let value = self.operand(value, []);
            self.emit(Op::DictInsert { dict, key, value }, span);
            self.top = mark;
        }
    }

    /// `super()`: in a method it finds the class and the first argument by itself.
    fn super_call(&mut self, func: &Expr, base: Reg, dst: Reg, span: Span) {
        let class: Name = "__class__".into();
        let global = matches!(self.find(&"super".into()), Place::Global);
        self.push(func);
        let Some(first) = self.first_argument().filter(|_| global) else {
            return self.emit(Op::Call { dst, base, argc: Count(0) }, span);
        };
        let Place::Free(free) = self.find(&class) else {
            return self.emit(Op::Call { dst, base, argc: Count(0) }, span);
        };
        let at = self.scratch();
        self.emit(Op::LoadFree { dst: at, free }, span);
        self.reserve();
        let at = self.scratch();
        let frame_scope = std::mem::replace(&mut self.scope, self.frame);
        self.load_mangled(&first, at, span);
        self.scope = frame_scope;
        self.reserve();
        self.emit(Op::CallSuper { dst, base }, span);
    }

    /// The first parameter of the function, if it has one that is given by position.
    fn first_argument(&self) -> Option<Name> {
        let scope = self.shared.scopes.get(self.frame);
        let is_function = self.kind == CodeKind::Function && scope.kind != ScopeKind::Module;
        self.locals.first().filter(|_| is_function && self.has_first_argument).cloned()
    }
}
