//! Searching, splitting and stripping runs of bytes: what the methods of `str` and `bytes` share. Knows nothing of objects.
//!
//! In valid WTF-8 a string is found only where a code point starts, so that searching needs no decoding.

pub(super) use crate::value::text::search::{find, rfind};
use crate::value::text::{class, search, wtf8};

/// What counts as one character.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// A code point of WTF-8.
    Text,
    /// A byte; only ASCII ones mean anything.
    Bytes,
}

impl Alphabet {
    /// The character at a place, and the place after it.
    #[inline]
    pub(super) fn next(self, hay: &[u8], at: usize) -> Option<(u32, usize)> {
        match self {
            Alphabet::Text => wtf8::next(hay, at),
            Alphabet::Bytes => hay.get(at).map(|byte| ((*byte).into(), at + 1)),
        }
    }

    /// The character that ends before a place, and the place where it starts.
    #[inline]
    pub(super) fn previous(self, hay: &[u8], end: usize) -> Option<(u32, usize)> {
        match self {
            Alphabet::Text => wtf8::previous(hay, end),
            Alphabet::Bytes => end.checked_sub(1).map(|at| (hay[at].into(), at)),
        }
    }

    /// Whether white space separates words with it.
    #[inline]
    pub(super) fn is_space(self, character: u32) -> bool {
        match self {
            Alphabet::Text => class::is_space(character),
            Alphabet::Bytes => matches!(character, 0x09..=0x0D | 0x20),
        }
    }

    fn is_line_break(self, character: u32) -> bool {
        match self {
            Alphabet::Text => class::is_line_break(character),
            Alphabet::Bytes => matches!(character, 0x0A | 0x0D),
        }
    }
}

/// How often a needle that is not empty occurs without overlap.
pub(super) fn count(hay: &[u8], needle: &[u8]) -> usize {
    match needle {
        // To prepare a search would take longer.
        [byte] if hay.len() < 64 => hay.iter().filter(|other| *other == byte).count(),
        [byte] => memchr::memchr_iter(*byte, hay).count(),
        _ => search::places(hay, needle).count(),
    }
}

/// The places where a needle that is not empty occurs without overlap, at most `max` of them.
pub(super) fn places(hay: &[u8], needle: &[u8], max: usize) -> Vec<usize> {
    match needle {
        [byte] => memchr::memchr_iter(*byte, hay).take(max).collect(),
        _ => search::places(hay, needle).take(max).collect(),
    }
}

/// How many separators `max` leaves of those that there are.
pub(super) fn count_up_to(hay: &[u8], separator: &[u8], max: usize) -> usize {
    if max == usize::MAX { count(hay, separator) } else { search::places(hay, separator).take(max).count() }
}

/// The parts between the first `max` separators.
pub(super) fn split<'a>(hay: &'a [u8], separator: &'a [u8], max: usize) -> impl Iterator<Item = &'a [u8]> {
    let mut places = search::places(hay, separator).take(max);
    let mut rest = Some(0);
    std::iter::from_fn(move || {
        let start = rest?;
        let place = places.next();
        rest = place.map(|place| place + separator.len());
        Some(&hay[start..place.unwrap_or(hay.len())])
    })
}

/// The parts between the last `max` separators.
pub(super) fn rsplit<'a>(hay: &'a [u8], separator: &[u8], max: usize) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = hay;
    while parts.len() < max {
        let Some(place) = rfind(rest, separator) else { break };
        parts.push(&rest[place + separator.len()..]);
        rest = &rest[..place];
    }
    parts.push(rest);
    parts.reverse();
    parts
}

/// The words between white space; after `max` of them the rest as it is.
pub(super) fn split_words(hay: &[u8], alphabet: Alphabet, max: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut at = skip(hay, 0, alphabet, true);
    while at < hay.len() {
        if parts.len() == max {
            parts.push(&hay[at..]);
            break;
        }
        let end = skip(hay, at, alphabet, false);
        parts.push(&hay[at..end]);
        at = skip(hay, end, alphabet, true);
    }
    parts
}

/// The words between white space, taken from the end; after `max` of them the rest as it is.
pub(super) fn rsplit_words(hay: &[u8], alphabet: Alphabet, max: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut end = skip_back(hay, hay.len(), alphabet, true);
    while end > 0 {
        if parts.len() == max {
            parts.push(&hay[..end]);
            break;
        }
        let start = skip_back(hay, end, alphabet, false);
        parts.push(&hay[start..end]);
        end = skip_back(hay, start, alphabet, true);
    }
    parts.reverse();
    parts
}

/// The first place from `at` on whose character is no white space (or is).
fn skip(hay: &[u8], mut at: usize, alphabet: Alphabet, spaces: bool) -> usize {
    while let Some((character, after)) = alphabet.next(hay, at)
        && alphabet.is_space(character) == spaces
    {
        at = after;
    }
    at
}

fn skip_back(hay: &[u8], mut end: usize, alphabet: Alphabet, spaces: bool) -> usize {
    while let Some((character, start)) = alphabet.previous(hay, end)
        && alphabet.is_space(character) == spaces
    {
        end = start;
    }
    end
}

/// The lines, with what ends them if `keep` says so.
pub(super) fn lines(hay: &[u8], alphabet: Alphabet, keep: bool) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some((character, mut after)) = alphabet.next(hay, at) {
        if alphabet.is_line_break(character) {
            if hay[at] == b'\r' && hay.get(after) == Some(&b'\n') {
                after += 1;
            }
            lines.push(&hay[start..if keep { after } else { at }]);
            start = after;
        }
        at = after;
    }
    if start < hay.len() {
        lines.push(&hay[start..]);
    }
    lines
}

/// Which ends are stripped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// `lstrip`
    Left,
    /// `rstrip`
    Right,
    /// `strip`
    Both,
}

/// Without the characters at its ends that are in `set`.
pub(super) fn strip(hay: &[u8], alphabet: Alphabet, ends: Ends, set: impl Fn(u32) -> bool) -> &[u8] {
    let (mut start, mut end) = (0, hay.len());
    if ends != Ends::Right {
        while let Some((character, after)) = alphabet.next(hay, start)
            && set(character)
        {
            start = after;
        }
    }
    if ends != Ends::Left {
        while end > start
            && let Some((character, before)) = alphabet.previous(hay, end)
            && set(character)
        {
            end = before;
        }
    }
    &hay[start..end]
}

/// With the first `max` occurrences of `old` replaced, as slices; nothing if there are none. An empty `old` occurs in front
/// of each character and at the end.
pub(super) fn replace<'a>(
    hay: &'a [u8],
    alphabet: Alphabet,
    old: &[u8],
    new: &'a [u8],
    max: usize,
) -> Option<Vec<&'a [u8]>> {
    let places = if old.is_empty() { gaps(hay, alphabet, max) } else { places(hay, old, max) };
    if places.is_empty() {
        return None;
    }
    let mut parts = Vec::with_capacity(places.len() * 2 + 1);
    let mut start = 0;
    for place in places {
        parts.push(&hay[start..place]);
        parts.push(new);
        start = place + old.len();
    }
    parts.push(&hay[start..]);
    Some(parts)
}

/// The places in front of each character and at the end, at most `max` of them.
fn gaps(hay: &[u8], alphabet: Alphabet, max: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while places.len() < max {
        places.push(at);
        match alphabet.next(hay, at) {
            Some((_, after)) => at = after,
            None => break,
        }
    }
    places
}

/// With spaces for tabs, or nothing if the result is longer than `limit` bytes.
pub(super) fn expand_tabs(hay: &[u8], alphabet: Alphabet, tab_size: usize, limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(hay.len());
    let (mut column, mut at) = (0, 0);
    while let Some((character, after)) = alphabet.next(hay, at) {
        if character == u32::from(b'\t') {
            let spaces = if tab_size == 0 { 0 } else { tab_size - column % tab_size };
            if out.len() + spaces > limit {
                return None;
            }
            out.resize(out.len() + spaces, b' ');
            column += spaces;
        } else {
            out.extend_from_slice(&hay[at..after]);
            column = if matches!(character, 0x0A | 0x0D) { 0 } else { column + 1 };
        }
        at = after;
    }
    Some(out)
}

/// How much padding goes to the left of centered text, of `padding` in all for that width.
pub(super) fn left_of_center(padding: usize, width: usize) -> usize {
    padding / 2 + (padding & width & 1)
}
