//! Changes to a program's text that leave much of it as it was: pieces and lines too many, too few, or in the wrong place,
//! and literals that nobody expects.

use proptest::prelude::*;
use proptest::sample::Index;

/// What literals are replaced by.
const EXTREMES: &[&str] = &[
    "0",
    "-1",
    "1",
    "2**63",
    "-(2**63)",
    "2**64",
    "10**30",
    "10**9",
    "10**5",
    "0.0",
    "-0.0",
    "1e308",
    "float('nan')",
    "float('inf')",
    "''",
    "'\\ud800'",
    "'%s %d {} {0!r:>9}'",
    "'x' * 70000",
    "b''",
    "b'\\xff'",
    "()",
    "[]",
    "{}",
    "set()",
    "[[]] * 3",
    "range(10**12)",
    "iter([])",
    "None",
    "True",
    "...",
    "object()",
    "type",
    "(lambda *a, **k: a)",
    "(x for x in range(3))",
    "slice(None, -1, -2)",
    "Exception",
    "print",
    "sorted",
    "dict",
    "super",
];

/// One change.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    DeletePiece(Index),
    DuplicatePiece(Index),
    SwapPieces(Index, Index),
    DeleteLine(Index),
    DuplicateLine(Index),
    SwapLines(Index, Index),
    /// The place of the literal, and what it becomes.
    ReplaceLiteral(Index, Index),
    /// A name becomes another name of the program.
    ReplaceName(Index, Index),
}

/// Any change.
pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        1 => at().prop_map(Mutation::DeletePiece),
        1 => at().prop_map(Mutation::DuplicatePiece),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::SwapPieces(a, b)),
        1 => at().prop_map(Mutation::DeleteLine),
        1 => at().prop_map(Mutation::DuplicateLine),
        1 => (at(), at()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        4 => (at(), at()).prop_map(|(a, b)| Mutation::ReplaceLiteral(a, b)),
        3 => (at(), at()).prop_map(|(a, b)| Mutation::ReplaceName(a, b)),
    ]
}

impl Mutation {
    /// The changed text.
    pub(crate) fn apply(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut pieces = pieces(text);
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        match self {
            Mutation::DeletePiece(at) => drop(pieces.remove(at.index(pieces.len()))),
            Mutation::DuplicatePiece(at) => {
                let at = at.index(pieces.len());
                pieces.insert(at, pieces[at]);
            }
            Mutation::SwapPieces(a, b) => {
                let (a, b) = (a.index(pieces.len()), b.index(pieces.len()));
                pieces.swap(a, b);
            }
            Mutation::DeleteLine(at) => drop(lines.remove(at.index(lines.len()))),
            Mutation::DuplicateLine(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
            }
            Mutation::SwapLines(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
            }
            Mutation::ReplaceLiteral(at, by) => {
                if let Some(place) = choose(&pieces, *at, is_literal) {
                    pieces[place] = EXTREMES[by.index(EXTREMES.len())];
                }
            }
            Mutation::ReplaceName(at, by) => {
                if let (Some(place), Some(other)) =
                    (choose(&pieces, *at, is_name), choose(&pieces, *by, is_name))
                {
                    pieces[place] = pieces[other];
                }
            }
        }
        let whole_lines =
            matches!(self, Mutation::DeleteLine(_) | Mutation::DuplicateLine(_) | Mutation::SwapLines(..));
        if whole_lines { lines.concat() } else { pieces.concat() }
    }
}

/// One of the pieces that are wanted.
fn choose(pieces: &[&str], which: Index, wanted: fn(&str) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..pieces.len()).filter(|at| wanted(pieces[*at])).collect();
    (!places.is_empty()).then(|| places[which.index(places.len())])
}

fn is_literal(piece: &str) -> bool {
    piece.starts_with(|c: char| c.is_ascii_digit() || c == '\'' || c == '"')
}

fn is_name(piece: &str) -> bool {
    piece.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// A text in words, numbers, strings of one line, and single characters.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '\'' | '"' => string_length(rest, first),
            c if word(c) => rest.find(|c: char| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return at.max(1),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}
