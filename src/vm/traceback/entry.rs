//! One entry of a traceback: the `File` line, the source lines, and the carets under them, as CPython 3.13's `traceback`
//! module lays them out.

use std::collections::BTreeSet;

use icu_properties::CodePointMapData;
use icu_properties::props::EastAsianWidth;
use minipy_compiler::Code;
use minipy_grammar::ast::{Expr, ExprKind, StmtKind};
use minipy_grammar::{Source, Span};

use super::anchors::{Anchors, Place, find_anchors, single_function};

/// How often an entry is shown before further ones of the same line are only counted.
const REPEATS_SHOWN: usize = 3;

/// The texts of the entries for these ops, outermost first; repeated ones are folded into a line that counts them.
pub(super) fn format_entries<'c>(
    entries: impl Iterator<Item = (&'c Code, u32)>,
    format: fn(&Code, u32) -> String,
) -> Vec<String> {
    let mut texts = Vec::new();
    let mut last: Option<(&str, u32, &str)> = None;
    let mut count = 0;
    for (code, pc) in entries {
        let place = (code.source.name(), line_of(code, pc), &*code.name);
        if last != Some(place) {
            texts.extend(repeated(count));
            last = Some(place);
            count = 0;
        }
        count += 1;
        if count <= REPEATS_SHOWN {
            texts.push(format(code, pc));
        }
    }
    texts.extend(repeated(count));
    texts
}

/// The line the op at `pc` stands on.
pub(in crate::vm) fn line_of(code: &Code, pc: u32) -> u32 {
    code.source.line_of(span_of(code, pc).start)
}

/// What the op at `pc` evaluates.
pub(super) fn span_of(code: &Code, pc: u32) -> Span {
    code.spans.get(pc as usize).copied().unwrap_or(code.span)
}

/// The text of one entry.
pub(super) fn format_entry(code: &Code, pc: u32) -> String {
    heading(code, pc) + &excerpt(&code.source, span_of(code, pc))
}

/// The text of one entry with nothing but its line.
pub(super) fn format_line(code: &Code, pc: u32) -> String {
    let line = code.source.line_text(line_of(code, pc)).trim();
    let line = if line.is_empty() { String::new() } else { format!("    {line}\n") };
    heading(code, pc) + &line
}

fn heading(code: &Code, pc: u32) -> String {
    format!("  File \"{}\", line {}, in {}\n", code.source.name(), line_of(code, pc), code.name)
}

/// The source lines of a span with their carets, indented by four; empty if there is nothing on them.
fn excerpt(source: &Source, span: Span) -> String {
    let (start, end) = source.range(span);
    let original: Vec<&str> = (start.line..=end.line).map(|line| source.line_text(line).trim_end()).collect();
    let lines: Vec<Vec<char>> = dedent(&original).iter().map(|line| line.chars().collect()).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return String::new() };
    if lines.iter().all(|line| line.iter().all(|c| c.is_whitespace())) {
        return String::new();
    }
    let count = |line: Option<&&str>| line.map_or(0, |line| line.chars().count());
    let removed = count(original.first()) - first.len();
    let from = (start.column as usize).min(count(original.first())).saturating_sub(removed);
    let to = (end.column as usize).min(count(original.last())).saturating_sub(removed).min(last.len());
    let anchors = find_anchors(&segment(&lines, from, to));
    let carets = shows_carets(&lines, from, to, anchors.as_ref());
    indent(&shown_lines(&Shown { lines: &lines, from, to, anchors, carets }))
}

/// Takes the blanks away that all lines begin with; lines of blanks become empty.
fn dedent<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    let blank = |line: &str| line.bytes().all(|b| matches!(b, b' ' | b'\t'));
    let margin_of = |line: &'l str| &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let margin = lines.iter().filter(|line| !blank(line)).map(|line| margin_of(line));
    let margin = margin.reduce(|a, b| {
        let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        &a[..common]
    });
    let margin = margin.map_or(0, str::len);
    lines.iter().map(|line| if blank(line) { "" } else { &line[margin..] }).collect()
}

/// The source of the span itself.
fn segment(lines: &[Vec<char>], from: usize, to: usize) -> String {
    let last = lines.len() - 1;
    let mut segment = String::new();
    for (number, line) in lines.iter().enumerate() {
        let end = if number == last { to } else { line.len() };
        let start = if number == 0 { from.min(end) } else { 0 };
        if number > 0 {
            segment.push('\n');
        }
        segment.extend(&line[start..end]);
    }
    segment
}

/// Whether carets say more than the lines alone.
fn shows_carets(lines: &[Vec<char>], from: usize, to: usize, anchors: Option<&Anchors>) -> bool {
    if is_whole_call(lines, from, to) {
        return false;
    }
    let filled = |part: &[char]| part.iter().any(|c| !c.is_whitespace());
    let before = lines.first().is_some_and(|line| filled(&line[..from.min(line.len())]));
    let behind = lines.last().is_some_and(|line| filled(&line[to.min(line.len())..]));
    anchors.is_some() || before || behind
}

/// Whether the lines are `return f(…)` or `name = f(…)` and the span is the call.
fn is_whole_call(lines: &[Vec<char>], from: usize, to: usize) -> bool {
    // The statement is put into a loop of a function, where every statement is at home.
    const MARGIN: &str = "  ";
    const ABOVE: u32 = 2;
    if lines.first().and_then(|line| line.first()).is_none_or(|c| c.is_whitespace()) {
        return false;
    }
    let mut text = String::from("def _():\n while _:\n");
    for line in lines {
        text.push_str(MARGIN);
        text.extend(line);
        text.push('\n');
    }
    let source = Source::new("", text);
    let Some(function) = single_function(&source) else { return false };
    let Some(StmtKind::While { body, .. }) = function.body.into_iter().next().map(|stmt| stmt.kind) else {
        return false;
    };
    let call = match body.first().map(|stmt| &stmt.kind) {
        Some(StmtKind::Return(Some(value))) => match &value.kind {
            ExprKind::Call { func, .. } if matches!(func.kind, ExprKind::Name(_)) => value,
            _ => return false,
        },
        Some(StmtKind::Assign { targets, value }) if matches!(value.kind, ExprKind::Call { .. }) => {
            match &targets[..] {
                [Expr { kind: ExprKind::Name(_), .. }] => value,
                _ => return false,
            }
        }
        _ => return false,
    };
    // As in CPython, columns of bytes are compared with columns of characters.
    let column = |offset: u32| {
        let line = source.line_of(offset);
        (line - ABOVE, (offset - source.line_start(line)) as usize - MARGIN.len())
    };
    column(call.span.start) == (1, from) && column(call.span.end) == (lines.len() as u32, to)
}

struct Shown<'l> {
    lines: &'l [Vec<char>],
    from: usize,
    to: usize,
    anchors: Option<Anchors>,
    carets: bool,
}

/// The first and the last line and those around the anchors, with their carets; what is left out is counted.
fn shown_lines(shown: &Shown<'_>) -> Vec<String> {
    let last = shown.lines.len() - 1;
    let mut significant = BTreeSet::from([0, last]);
    if let Some(anchors) = &shown.anchors {
        for line in [anchors.left.line, anchors.right.line] {
            significant.extend((line.saturating_sub(1)..=line + 1).filter(|line| *line <= last));
        }
    }
    let mut out = Vec::new();
    let mut before: Option<usize> = None;
    for line in significant {
        match before.map_or(1, |before| line - before) {
            2 => push_line(&mut out, shown, line - 1),
            distance @ 3.. => out.push(format!("...<{} lines>...", distance - 1)),
            _ => {}
        }
        push_line(&mut out, shown, line);
        before = Some(line);
    }
    out
}

fn push_line(out: &mut Vec<String>, shown: &Shown<'_>, number: usize) {
    let line = &shown.lines[number];
    out.push(line.iter().collect());
    if !shown.carets {
        return;
    }
    let blanks = line.iter().take_while(|c| c.is_whitespace()).count();
    let from = display_width(&shown.lines[0], shown.from);
    let is_last = number + 1 == shown.lines.len();
    let width = display_width(line, if is_last { shown.to } else { line.len() });
    let edges = shown.anchors.as_ref().map(|anchors| {
        let edge = |place: Place| {
            let offset = place.column + if place.line == 0 { shown.from } else { 0 };
            (place.line, display_width(&shown.lines[place.line], offset))
        };
        (edge(anchors.left), edge(anchors.right))
    });
    let caret = |column: usize| {
        if column < blanks || (number == 0 && column < from) {
            return ' ';
        }
        match edges {
            Some((left, right)) if (number, column) >= left && (number, column) < right => '^',
            Some(_) => '~',
            None => '^',
        }
    };
    out.push((0..width).map(caret).collect());
}

/// How many columns the first characters of a line take on a screen.
fn display_width(line: &[char], offset: usize) -> usize {
    if line.iter().all(char::is_ascii) {
        return offset;
    }
    let widths = CodePointMapData::<EastAsianWidth>::new();
    let wide = |c: &char| matches!(widths.get(*c), EastAsianWidth::Wide | EastAsianWidth::Fullwidth);
    line.iter().take(offset).map(|c| if wide(c) { 2 } else { 1 }).sum()
}

fn indent(lines: &[String]) -> String {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    dedent(&lines).iter().map(|line| format!("    {line}\n")).collect()
}

fn repeated(count: usize) -> Option<String> {
    let more = count.checked_sub(REPEATS_SHOWN).filter(|more| *more > 0)?;
    let times = if more > 1 { "times" } else { "time" };
    Some(format!("  [Previous line repeated {more} more {times}]\n"))
}
