//! The disassembler: a code as text, for people.
//!
//! ```text
//! function f(n), at line 1, 3 registers
//!   1 | def f(n): return n + g
//!       0  shared  LoadGlobal   dst=r1, site=g
//!       1  by type Add          form=Plain, dst=r1, left=n (r0), right=r1
//!       2  sync    Return       src=r1
//! ```
//! First what it is: its parameters, the line it begins on, the size of its window. Then, under each line of source, the ops
//! that evaluate it: position, effect, name, operands. The effect says where a thread can be interrupted under
//! `--checkpoints op`: before a `shared` op, at a `sync` one, at a `by type` one unless its operands are numbers, never at a
//! `local` one. A register that belongs to a local bears its name; constants, names and the targets of
//! jumps (`L1`) are spelt out. A table of the stretches whose exceptions are handled follows, then the nested codes.
//! The same code always gives the same text. What each op does is said in the table in [`crate::op`].

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::code::{Code, CodeKind, Const, ImportSpec};
use crate::op::{Convert, Effect, FunctionParts, Operand, Reg};
use crate::verify::jump_target;

/// The text of a code and of all codes nested in it.
pub fn disassemble(code: &Code) -> String {
    let mut text = String::new();
    Listing::new(code).write(&mut text);
    for child in &code.children {
        text.push('\n');
        text.push_str(&disassemble(child));
    }
    text
}

struct Listing<'a> {
    code: &'a Code,
    /// The labels of all positions that are jumped to.
    labels: BTreeMap<u32, String>,
}

impl<'a> Listing<'a> {
    fn new(code: &'a Code) -> Self {
        let jumps = code.ops.iter().enumerate().filter_map(|(pc, op)| jump_target(pc, op));
        let targets = jumps
            .filter_map(|to| u32::try_from(to).ok())
            .chain(code.handlers.iter().map(|handler| handler.target));
        let mut labels: BTreeMap<u32, String> = targets.map(|to| (to, String::new())).collect();
        for (number, label) in labels.values_mut().enumerate() {
            *label = format!("L{}", number + 1);
        }
        Listing { code, labels }
    }

    fn write(&self, text: &mut String) {
        let code = self.code;
        text.push_str(&self.header());
        text.push('\n');
        let mut line = 0;
        for (pc, op) in code.ops.iter().enumerate() {
            let starts_at = code.spans.get(pc).map_or(0, |span| code.source.line_of(span.start));
            if starts_at != line {
                line = starts_at;
                push(text, format_args!("{line:3} | {}\n", code.source.line_text(line).trim_end()));
            }
            if let Some(label) = self.labels.get(&(pc as u32)) {
                push(text, format_args!("    {label}:\n"));
            }
            let effect = match op.effect() {
                Effect::Local => "local",
                Effect::Shared => "shared",
                Effect::Sync => "sync",
                Effect::ByType => "by type",
            };
            let operands: Vec<String> = op
                .operands()
                .into_iter()
                .map(|(field, operand)| format!("{field}={}", self.operand(pc, operand)))
                .collect();
            let row = format!("    {pc:5}  {effect:7}  {:14} {}", op.name(), operands.join(", "));
            text.push_str(row.trim_end());
            text.push('\n');
        }
        for handler in &code.handlers {
            let label = self.labels.get(&handler.target).map_or("?", String::as_str);
            push(
                text,
                format_args!(
                    "  exceptions of {}..{} go to {label}, in {}\n",
                    handler.start,
                    handler.end,
                    self.register(handler.exc)
                ),
            );
        }
    }

    fn header(&self) -> String {
        let code = self.code;
        let what = match (code.kind, code.is_generator) {
            (CodeKind::Module | CodeKind::Namespace, _) => format!("module {}", code.source.name()),
            (CodeKind::ClassBody, _) => format!("class {}", code.qualname),
            (CodeKind::Function, false) => format!("function {}({})", code.qualname, self.parameters()),
            (CodeKind::Function, true) => format!("generator {}({})", code.qualname, self.parameters()),
        };
        let plural = if code.register_count == 1 { "" } else { "s" };
        let mut header =
            format!("{what}, at line {}, {} register{plural}", code.first_line, code.register_count);
        let free: Vec<&str> = code.free.iter().map(|name| &**name).collect();
        if !free.is_empty() {
            push(&mut header, format_args!(", closes over {}", free.join(", ")));
        }
        header
    }

    fn parameters(&self) -> String {
        let code = self.code;
        let mut names = code.locals.iter().map(|name| name.to_string());
        let mut parameters: Vec<String> = names.by_ref().take(code.arg_count.into()).collect();
        let keyword_only: Vec<String> = names.by_ref().take(code.kwonly_count.into()).collect();
        if code.posonly_count > 0 {
            parameters.insert(usize::from(code.posonly_count).min(parameters.len()), "/".to_owned());
        }
        if code.has_varargs {
            parameters.extend(names.next().map(|name| format!("*{name}")));
        } else if code.kwonly_count > 0 {
            parameters.push("*".to_owned());
        }
        parameters.extend(keyword_only);
        if code.has_varkw {
            parameters.extend(names.next().map(|name| format!("**{name}")));
        }
        parameters.join(", ")
    }

    fn register(&self, reg: Reg) -> String {
        match self.code.locals.get(usize::from(reg.0)) {
            Some(name) if self.code.cells.contains(&reg) => format!("{name} (r{}, a cell)", reg.0),
            Some(name) => format!("{name} (r{})", reg.0),
            None => format!("r{}", reg.0),
        }
    }

    fn operand(&self, pc: usize, operand: Operand) -> String {
        let code = self.code;
        let name = |index: usize| code.names.get(index).map_or_else(|| "?".to_owned(), ToString::to_string);
        match operand {
            Operand::Reg(reg) => self.register(reg),
            Operand::Const(index) => {
                code.consts.get(index.0 as usize).map_or_else(|| "?".to_owned(), constant)
            }
            Operand::Name(index) => name(index.0.into()),
            Operand::Site(site) => {
                code.sites.get(usize::from(site.0)).map_or_else(|| "?".to_owned(), |n| name(n.0.into()))
            }
            Operand::KwNames(index) => {
                let names = code.kwnames.get(usize::from(index.0)).map(|names| names.join(", "));
                format!("({})", names.unwrap_or_default())
            }
            Operand::Import(index) => {
                code.imports.get(usize::from(index.0)).map_or_else(|| "?".to_owned(), import)
            }
            Operand::Child(index) => code
                .children
                .get(usize::from(index.0))
                .map_or_else(|| "?".to_owned(), |c| c.qualname.to_string()),
            Operand::Free(index) => {
                code.free.get(usize::from(index.0)).map_or_else(|| "?".to_owned(), ToString::to_string)
            }
            Operand::Label(to) => self.labels.get(&to.0).cloned().unwrap_or_default(),
            Operand::Offset(offset) => {
                let to = u32::try_from(pc as i64 + i64::from(offset.0)).unwrap_or_default();
                self.labels.get(&to).cloned().unwrap_or_default()
            }
            Operand::Count(count) => count.0.to_string(),
            Operand::Int(value) => value.to_string(),
            Operand::Form(form) => format!("{form:?}"),
            Operand::Sense(sense) => sense.to_string(),
            Operand::Convert(convert) => match convert {
                Convert::None => "none",
                Convert::Str => "!s",
                Convert::Repr => "!r",
                Convert::Ascii => "!a",
            }
            .to_owned(),
            Operand::Parts(parts) => function_parts(parts),
        }
    }
}

/// Writes to a string, which cannot fail.
fn push(text: &mut String, arguments: std::fmt::Arguments) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok(), "a string takes everything");
}

fn function_parts(parts: FunctionParts) -> String {
    let all = [
        (FunctionParts::DEFAULTS, "defaults"),
        (FunctionParts::KW_DEFAULTS, "keyword defaults"),
        (FunctionParts::ANNOTATIONS, "annotations"),
        (FunctionParts::CLOSURE, "closure"),
    ];
    let present: Vec<&str> =
        all.iter().filter(|(bit, _)| parts.0 & bit != 0).map(|(_, word)| *word).collect();
    if present.is_empty() { "none".to_owned() } else { present.join("+") }
}

fn import(spec: &ImportSpec) -> String {
    let dots = ".".repeat(spec.level as usize);
    match &spec.from {
        None => format!("{dots}{}", spec.module),
        Some(names) => format!("{dots}{} ({})", spec.module, names.join(", ")),
    }
}

fn constants(items: &[Const]) -> String {
    items.iter().map(constant).collect::<Vec<_>>().join(", ")
}

/// A constant as the source could spell it.
fn constant(value: &Const) -> String {
    match value {
        Const::None => "None".to_owned(),
        Const::True => "True".to_owned(),
        Const::False => "False".to_owned(),
        Const::Ellipsis => "...".to_owned(),
        Const::Int(value) => value.to_string(),
        Const::BigInt { digits, radix } => {
            let (sign, digits) = digits.strip_prefix('-').map_or(("", &**digits), |digits| ("-", digits));
            let prefix = match radix {
                2 => "0b",
                8 => "0o",
                16 => "0x",
                _ => "",
            };
            format!("{sign}{prefix}{digits}")
        }
        Const::Float(bits) => format!("{:?}", f64::from_bits(*bits)),
        Const::Complex(re, im) => {
            format!("({:?}, {:?}j)", f64::from_bits(*re), f64::from_bits(*im))
        }
        Const::Str(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Const::Bytes(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        Const::Tuple(items) => match &**items {
            [only] => format!("({},)", constant(only)),
            items => format!("({})", constants(items)),
        },
        Const::FrozenSet(items) => format!("frozenset({{{}}})", constants(items)),
    }
}
