//! A syntax tree as one line of text per statement, in a form that `oracle.py` can also print from CPython's `ast`.
//!
//! `Kind@start-end(parts)`, places in bytes; lists in square brackets, an absent part as `-`.

use std::fmt::Write;

use minipy_grammar::Span;
use minipy_grammar::ast::*;

/// The whole module.
pub(crate) fn dump(module: &Module) -> String {
    let mut out = String::new();
    for stmt in &module.body {
        out.push_str(&statement(stmt));
        out.push('\n');
    }
    out
}

fn node(kind: &str, span: Span, parts: &[String]) -> String {
    format!("{kind}@{}-{}({})", span.start, span.end, parts.join(" "))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(" "))
}

fn optional(item: Option<String>) -> String {
    item.unwrap_or_else(|| "-".into())
}

fn suite(body: &[Stmt]) -> String {
    list(body.iter().map(statement))
}

fn exprs(items: &[Expr]) -> String {
    list(items.iter().map(expr))
}

fn opt_expr(item: Option<&Expr>) -> String {
    optional(item.map(expr))
}

fn opt_name(item: Option<&Ident>) -> String {
    optional(item.map(|ident| ident.name.to_string()))
}

fn names(items: &[Ident]) -> String {
    list(items.iter().map(|ident| ident.name.to_string()))
}

fn aliases(items: &[Alias]) -> String {
    list(items.iter().map(|alias| format!("{}:{}", alias.name.name, opt_name(alias.asname.as_ref()))))
}

fn statement(stmt: &Stmt) -> String {
    let (kind, parts): (&str, Vec<String>) = match &stmt.kind {
        StmtKind::Expr(value) => ("Expr", vec![expr(value)]),
        StmtKind::Assign { targets, value } => ("Assign", vec![exprs(targets), expr(value)]),
        StmtKind::AugAssign { target, op, value } => {
            ("AugAssign", vec![expr(target), format!("{op:?}"), expr(value)])
        }
        StmtKind::AnnAssign { target, annotation, value, simple } => (
            "AnnAssign",
            vec![expr(target), expr(annotation), opt_expr(value.as_ref()), u8::from(*simple).to_string()],
        ),
        StmtKind::Return(value) => ("Return", vec![opt_expr(value.as_ref())]),
        StmtKind::Delete(targets) => ("Delete", vec![exprs(targets)]),
        StmtKind::Pass => ("Pass", vec![]),
        StmtKind::Break => ("Break", vec![]),
        StmtKind::Continue => ("Continue", vec![]),
        StmtKind::Global(items) => ("Global", vec![names(items)]),
        StmtKind::Nonlocal(items) => ("Nonlocal", vec![names(items)]),
        StmtKind::Raise { exc, cause } => ("Raise", vec![opt_expr(exc.as_ref()), opt_expr(cause.as_ref())]),
        StmtKind::Assert { test, msg } => ("Assert", vec![expr(test), opt_expr(msg.as_ref())]),
        StmtKind::Import(items) => ("Import", vec![aliases(items)]),
        StmtKind::ImportFrom { module, names, level } => {
            let names = match names {
                ImportNames::Star(_) => "[*:-]".into(),
                ImportNames::Names(items) => aliases(items),
            };
            ("ImportFrom", vec![opt_name(module.as_ref()), names, level.to_string()])
        }
        StmtKind::If { test, body, orelse } => ("If", vec![expr(test), suite(body), suite(orelse)]),
        StmtKind::While { test, body, orelse } => ("While", vec![expr(test), suite(body), suite(orelse)]),
        StmtKind::For { target, iter, body, orelse } => {
            ("For", vec![expr(target), expr(iter), suite(body), suite(orelse)])
        }
        StmtKind::With { items, body } => {
            let item =
                |item: &WithItem| format!("{}:{}", expr(&item.context), opt_expr(item.target.as_ref()));
            ("With", vec![list(items.iter().map(item)), suite(body)])
        }
        StmtKind::Try { body, handlers, orelse, finalbody, star } => {
            let kind = if *star { "TryStar" } else { "Try" };
            (kind, vec![suite(body), list(handlers.iter().map(handler)), suite(orelse), suite(finalbody)])
        }
        StmtKind::FunctionDef(def) => (
            "FunctionDef",
            vec![
                def.name.name.to_string(),
                type_params(&def.type_params),
                params(&def.params),
                suite(&def.body),
                exprs(&def.decorators),
                opt_expr(def.returns.as_ref()),
            ],
        ),
        StmtKind::ClassDef(def) => (
            "ClassDef",
            vec![
                def.name.name.to_string(),
                type_params(&def.type_params),
                arguments(&def.args),
                suite(&def.body),
                exprs(&def.decorators),
            ],
        ),
    };
    node(kind, stmt.span, &parts)
}

fn handler(handler: &ExceptHandler) -> String {
    let parts = [opt_expr(handler.typ.as_ref()), opt_name(handler.name.as_ref()), suite(&handler.body)];
    node("ExceptHandler", handler.span, &parts)
}

fn type_params(params: &[TypeParam]) -> String {
    list(params.iter().map(|param| {
        let mut parts = vec![param.name.name.to_string()];
        if param.kind == TypeParamKind::TypeVar {
            parts.push(opt_expr(param.bound.as_ref()));
        }
        parts.push(opt_expr(param.default.as_ref()));
        node(&format!("{:?}", param.kind), param.span, &parts)
    }))
}

fn params(params: &Params) -> String {
    let one = |param: &Param| {
        format!(
            "{}:{}={}",
            param.name.name,
            opt_expr(param.annotation.as_ref()),
            opt_expr(param.default.as_ref())
        )
    };
    let all = |items: &[Param]| list(items.iter().map(one));
    format!(
        "params({} {} {} {} {})",
        all(&params.posonly),
        all(&params.args),
        optional(params.vararg.as_ref().map(one)),
        all(&params.kwonly),
        optional(params.kwarg.as_ref().map(one))
    )
}

/// Positional arguments first, as CPython keeps them.
fn arguments(args: &[Arg]) -> String {
    let mut positional = Vec::new();
    let mut keywords = Vec::new();
    for arg in args {
        match arg {
            Arg::Positional(value) => positional.push(expr(value)),
            Arg::Keyword(name, value) => keywords.push(format!("{}={}", name.name, expr(value))),
            Arg::DoubleStarred(value) => keywords.push(format!("**{}", expr(value))),
        }
    }
    list(positional.into_iter().chain(keywords))
}

fn generators(items: &[Comprehension]) -> String {
    list(
        items
            .iter()
            .map(|item| format!("for({} {} {})", expr(&item.target), expr(&item.iter), exprs(&item.ifs))),
    )
}

fn expr(item: &Expr) -> String {
    let boxed = |item: &Option<Box<Expr>>| opt_expr(item.as_deref());
    let (kind, parts): (&str, Vec<String>) = match &item.kind {
        ExprKind::Constant(value) => ("Constant", vec![constant(value)]),
        ExprKind::Name(name) => ("Name", vec![name.to_string()]),
        ExprKind::JoinedStr(parts) => ("JoinedStr", vec![pieces(parts)]),
        ExprKind::BoolOp { op, values } => ("BoolOp", vec![format!("{op:?}"), exprs(values)]),
        ExprKind::NamedExpr { target, value } => ("NamedExpr", vec![target.name.to_string(), expr(value)]),
        ExprKind::BinOp { left, op, right } => ("BinOp", vec![expr(left), format!("{op:?}"), expr(right)]),
        ExprKind::UnaryOp { op, operand } => ("UnaryOp", vec![format!("{op:?}"), expr(operand)]),
        ExprKind::Lambda { params: list, body } => ("Lambda", vec![params(list), expr(body)]),
        ExprKind::IfExp { test, body, orelse } => ("IfExp", vec![expr(test), expr(body), expr(orelse)]),
        ExprKind::Dict(items) => {
            let item =
                |(key, value): &(Option<Expr>, Expr)| format!("{}:{}", opt_expr(key.as_ref()), expr(value));
            ("Dict", vec![list(items.iter().map(item))])
        }
        ExprKind::Set(items) => ("Set", vec![exprs(items)]),
        ExprKind::List(items) => ("List", vec![exprs(items)]),
        ExprKind::Tuple(items) => ("Tuple", vec![exprs(items)]),
        ExprKind::ListComp { elt, generators: rest } => ("ListComp", vec![expr(elt), generators(rest)]),
        ExprKind::SetComp { elt, generators: rest } => ("SetComp", vec![expr(elt), generators(rest)]),
        ExprKind::DictComp { key, value, generators: rest } => {
            ("DictComp", vec![expr(key), expr(value), generators(rest)])
        }
        ExprKind::GeneratorExp { elt, generators: rest } => {
            ("GeneratorExp", vec![expr(elt), generators(rest)])
        }
        ExprKind::Yield(value) => ("Yield", vec![boxed(value)]),
        ExprKind::YieldFrom(value) => ("YieldFrom", vec![expr(value)]),
        ExprKind::Compare { left, ops, comparators } => {
            ("Compare", vec![expr(left), list(ops.iter().map(|op| format!("{op:?}"))), exprs(comparators)])
        }
        ExprKind::Call { func, args } => ("Call", vec![expr(func), arguments(args)]),
        ExprKind::Attribute { value, attr } => ("Attribute", vec![expr(value), attr.name.to_string()]),
        ExprKind::Subscript { value, slice } => ("Subscript", vec![expr(value), expr(slice)]),
        ExprKind::Starred(value) => ("Starred", vec![expr(value)]),
        ExprKind::Slice { lower, upper, step } => ("Slice", vec![boxed(lower), boxed(upper), boxed(step)]),
    };
    node(kind, item.span, &parts)
}

fn pieces(parts: &[FStringPart]) -> String {
    list(parts.iter().map(|part| match part {
        FStringPart::Literal(text) => format!("'{}", hex(text)),
        FStringPart::Replacement { value, conversion, spec, .. } => {
            format!("{{{} {conversion:?} {}}}", expr(value), optional(spec.as_deref().map(pieces)))
        }
    }))
}

fn constant(value: &Constant) -> String {
    match value {
        Constant::Int(value) => format!("{value}"),
        Constant::BigInt { digits, radix } => format!("{digits}#{radix}"),
        Constant::Float(value) => format!("float {:016x}", value.to_bits()),
        Constant::Imaginary(value) => format!("imaginary {:016x}", value.to_bits()),
        Constant::Str(text) => format!("str {}", hex(text)),
        Constant::Bytes(text) => format!("bytes {}", hex(text)),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
