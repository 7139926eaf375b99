//! Calls and the arguments of classes.

use super::exprs;
use crate::ast::{Arg, Comprehension, Expr, ExprKind};
use crate::build::Build;
use crate::source::Span;

/// A generator expression without parentheses of its own, which only a sole argument may be.
pub(crate) fn bare_generator(
    cx: &mut Build<'_>,
    elt: Expr,
    generators: Vec<Comprehension>,
    l: u32,
    r: u32,
) -> Arg {
    exprs::no_unpacking(cx, &elt);
    Arg::Positional(cx.expr(ExprKind::GeneratorExp { elt: Box::new(elt), generators }, l, r))
}

/// `func(args)`: the function begins at `l`, the parentheses stand from `open` to `end`, the closing one at `close`.
pub(crate) fn call(
    cx: &mut Build<'_>,
    func: Expr,
    mut args: Vec<Arg>,
    l: u32,
    open: u32,
    close: u32,
    end: u32,
) -> Expr {
    let sole = args.len() == 1 && !has_trailing_comma(cx, open, close);
    if let (true, [Arg::Positional(generator)]) = (sole, args.as_mut_slice())
        && is_bare_generator(generator)
    {
        // As in CPython, the parentheses of the call are the generator's.
        generator.span = Span::new(open, end);
        generator.parenthesized = true;
    }
    check(cx, &args, close);
    cx.expr(ExprKind::Call { func: Box::new(func), args }, l, end)
}

/// The arguments of a class statement, closed at `close`.
pub(crate) fn class_args(cx: &mut Build<'_>, args: Vec<Arg>, close: u32) -> Vec<Arg> {
    if let [Arg::Positional(Expr { kind: ExprKind::GeneratorExp { elt, .. }, parenthesized: false, .. })] =
        args.as_slice()
    {
        let clause = elt.span.end + cx.rest(elt.span.end).find("for").unwrap_or(0) as u32;
        cx.complain(Span::new(clause, clause + 3), "invalid syntax");
    }
    check(cx, &args, close);
    args
}

fn has_trailing_comma(cx: &Build<'_>, open: u32, close: u32) -> bool {
    // A comment could hide it, but then the only harm is the place of a span.
    cx.slice(open, close).trim_end().ends_with(',')
}

fn is_bare_generator(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::GeneratorExp { .. }) && !expr.parenthesized
}

/// Positional before keyword arguments, `*` before `**`.
fn check(cx: &mut Build<'_>, args: &[Arg], close: u32) {
    let (mut keyword, mut unpacking) = (false, false);
    for (index, arg) in args.iter().enumerate() {
        match arg {
            Arg::Keyword(..) => keyword = true,
            Arg::DoubleStarred(_) => unpacking = true,
            Arg::Positional(value) if is_bare_generator(value) => {
                cx.complain(value.span, "Generator expression must be parenthesized");
            }
            Arg::Positional(value) if matches!(value.kind, ExprKind::Starred(_)) => {
                if unpacking {
                    let from = comma_before(cx, args, index);
                    let message = "iterable argument unpacking follows keyword argument unpacking";
                    cx.complain(Span::new(from, value.span.end), message);
                }
            }
            Arg::Positional(_) if unpacking => {
                let message = "positional argument follows keyword argument unpacking";
                cx.complain(Span::new(close, close + 1), message);
            }
            Arg::Positional(_) if keyword => {
                cx.complain(Span::new(close, close + 1), "positional argument follows keyword argument");
            }
            Arg::Positional(_) => {}
        }
    }
}

/// Where the comma before an argument stands.
fn comma_before(cx: &Build<'_>, args: &[Arg], index: usize) -> u32 {
    let span = |arg: &Arg| match arg {
        Arg::Positional(value) | Arg::Keyword(_, value) | Arg::DoubleStarred(value) => value.span,
    };
    let before = index.checked_sub(1).map_or(0, |before| span(&args[before]).end);
    let between = cx.slice(before, span(&args[index]).start);
    before + between.find(',').unwrap_or(0) as u32
}
