//! How an exception with its family is drawn: one below the other, and what a group holds in boxes, as CPython 3.13's
//! `traceback` draws them.

use crate::vm::thread::Thread;

use super::family::Member;
use super::{format_traceback, last_lines, notes};

/// How deep groups nest that are shown.
pub(super) const MAX_DEPTH: usize = 10;
/// How many exceptions of a group are shown.
const MAX_WIDTH: usize = 15;

/// The parts of the text (WTF-8), each of whole lines.
pub(super) fn draw(thread: &mut Thread, family: &[Member], limit: Option<i64>) -> Vec<Vec<u8>> {
    let mut drawing = Drawing { thread, family, limit, depth: 0, needs_close: false, parts: Vec::new() };
    drawing.chain(0);
    drawing.parts
}

struct Drawing<'a> {
    thread: &'a mut Thread,
    family: &'a [Member],
    limit: Option<i64>,
    /// How many boxes stand around what is drawn; those of the outermost group count twice.
    depth: usize,
    /// Whether the box that is drawn is its group's last and not closed yet.
    needs_close: bool,
    parts: Vec<Vec<u8>>,
}

impl Drawing<'_> {
    /// An exception below those that led to it. It recurses through the groups it stands in, which are few.
    fn chain(&mut self, last: usize) {
        let mut links = vec![(last, None)];
        while let Some((origin, message)) = self.family[links[links.len() - 1].0].origin {
            if let Some(link) = links.last_mut() {
                link.1 = Some(message);
            }
            links.push((origin, None));
        }
        for (place, message) in links.into_iter().rev() {
            if let Some(message) = message {
                self.emit(message.as_bytes(), '|');
            }
            match &self.family[place].held {
                None => self.exception(place, "Traceback (most recent call last):\n", '|'),
                Some(_) if self.depth > MAX_DEPTH => {
                    self.emit(format!("... (max_group_depth is {MAX_DEPTH})\n").as_bytes(), '|');
                }
                Some(held) => self.group(place, held),
            }
        }
    }

    fn exception(&mut self, place: usize, heading: &str, margin: char) {
        let Member { exception, traceback, .. } = self.family[place];
        let mut parts = Vec::new();
        let entries = traceback.map(|traceback| format_traceback(self.thread, traceback, self.limit));
        if let Some(entries) = entries.filter(|entries| !entries.is_empty()) {
            self.emit(heading.as_bytes(), margin);
            parts.extend(entries.into_iter().map(String::into_bytes));
        }
        last_lines(self.thread, &mut parts, exception, traceback);
        notes(self.thread, &mut parts, exception);
        parts.iter().for_each(|part| self.emit(part, '|'));
    }

    fn group(&mut self, place: usize, held: &[usize]) {
        let outermost = self.depth == 0;
        self.depth += usize::from(outermost);
        let margin = if outermost { '+' } else { '|' };
        self.exception(place, "Exception Group Traceback (most recent call last):\n", margin);
        let boxes = held.len().min(MAX_WIDTH + 1);
        self.needs_close = false;
        for (index, held_place) in held.iter().enumerate().take(boxes) {
            // A group inside may close the box.
            self.needs_close |= index + 1 == boxes;
            let corner = if index == 0 { "+-" } else { "  " };
            let title = if index < MAX_WIDTH { (index + 1).to_string() } else { "...".to_owned() };
            self.line(&format!("{corner}+---------------- {title} ----------------\n"));
            self.depth += 1;
            if index < MAX_WIDTH {
                self.chain(*held_place);
            } else {
                let more = held.len() - MAX_WIDTH;
                let plural = if more > 1 { "s" } else { "" };
                self.emit(format!("and {more} more exception{plural}\n").as_bytes(), '|');
            }
            if index + 1 == boxes && self.needs_close {
                self.line("+------------------------------------\n");
                self.needs_close = false;
            }
            self.depth -= 1;
        }
        self.depth -= usize::from(outermost);
    }

    /// A line of the boxes themselves.
    fn line(&mut self, text: &str) {
        self.parts.push(format!("{:width$}{text}", "", width = 2 * self.depth).into_bytes());
    }

    /// Text inside the boxes.
    fn emit(&mut self, text: &[u8], margin: char) {
        if self.depth == 0 {
            return self.parts.push(text.to_vec());
        }
        let margin = format!("{:width$}{margin} ", "", width = 2 * self.depth).into_bytes();
        let lines = lines(text).into_iter().flat_map(|line| [&margin, line]);
        self.parts.push(lines.flatten().copied().collect());
    }
}

/// What ends a line besides `\r\n`, as `str.splitlines` has it.
const LINE_ENDS: [&str; 10] =
    ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\u{85}", "\u{2028}", "\u{2029}"];

/// The lines of a text (WTF-8) with their ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let end = if rest.starts_with(b"\r\n") {
            2
        } else {
            LINE_ENDS.iter().find(|end| rest.starts_with(end.as_bytes())).map_or(0, |end| end.len())
        };
        at += end.max(1);
        if end > 0 {
            lines.push(&text[start..at]);
            start = at;
        }
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}
