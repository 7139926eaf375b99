//! Code points of a string: iteration, counting, encoding. It knows nothing of character classes or codecs.
//!
//! All functions take generalized UTF-8 (see the module above). On other input they still end and never panic, but
//! the code points they give are unspecified.

/// The largest code point.
pub(crate) const MAX: u32 = 0x10_FFFF;

/// Whether `code_point` is a surrogate, which no UTF encodes.
pub(crate) const fn is_surrogate(code_point: u32) -> bool {
    matches!(code_point, 0xD800..=0xDFFF)
}

/// The code point that starts at byte `at`, and the offset after it; none at the end.
#[inline]
pub(crate) fn next(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let first = *text.get(at)?;
    if first < 0x80 {
        return Some((u32::from(first), at + 1));
    }
    let tail = |offset: usize| u32::from(text.get(at + offset).copied().unwrap_or(0) & 0x3F);
    let (code_point, width) = match first {
        ..0xE0 => (u32::from(first & 0x1F) << 6 | tail(1), 2),
        0xE0..0xF0 => (u32::from(first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3),
        _ => (u32::from(first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
    };
    Some((code_point, (at + width).min(text.len())))
}

/// The code point that ends before byte `end`, and the offset where it starts; none at the start.
#[inline]
pub(crate) fn previous(text: &[u8], end: usize) -> Option<(u32, usize)> {
    let mut at = end.min(text.len()).checked_sub(1)?;
    while at > 0 && text[at] & 0xC0 == 0x80 {
        at -= 1;
    }
    Some((next(text, at)?.0, at))
}

/// Iterates over the code points of `text`.
pub(crate) fn code_points(text: &[u8]) -> CodePoints<'_> {
    CodePoints { text, at: 0 }
}

/// The iterator of [`code_points`].
#[derive(Clone, Debug)]
pub(crate) struct CodePoints<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let (code_point, at) = next(self.text, self.at)?;
        self.at = at;
        Some(code_point)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let bytes = self.text.len() - self.at;
        (bytes.div_ceil(4), Some(bytes))
    }
}

/// How many code points `text` has.
#[inline]
pub(crate) fn count(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// The byte offset of the code point with the given index; the length if there are not so many.
pub(crate) fn byte_offset(text: &[u8], index: usize) -> usize {
    let starts = text.iter().enumerate().filter(|&(_, &byte)| byte & 0xC0 != 0x80);
    starts.map(|(at, _)| at).nth(index).unwrap_or(text.len())
}

/// Writes a code point to a buffer, of which it gives the part that is written; one above [`MAX`] is U+FFFD.
#[inline]
pub(crate) fn encode(code_point: u32, buffer: &mut [u8; 4]) -> &[u8] {
    let low = |shift: u32| 0x80 | (code_point >> shift & 0x3F) as u8;
    let (bytes, width) = match code_point {
        0..0x80 => ([code_point as u8, 0, 0, 0], 1),
        0x80..0x800 => ([0xC0 | (code_point >> 6) as u8, low(0), 0, 0], 2),
        0x800..0x1_0000 => ([0xE0 | (code_point >> 12) as u8, low(6), low(0), 0], 3),
        0x1_0000..=MAX => ([0xF0 | (code_point >> 18) as u8, low(12), low(6), low(0)], 4),
        _ => ([0xEF, 0xBF, 0xBD, 0], 3),
    };
    *buffer = bytes;
    &buffer[..width]
}

/// Appends a code point; one above [`MAX`] is appended as U+FFFD.
#[inline]
pub(crate) fn push(out: &mut Vec<u8>, code_point: u32) {
    out.extend_from_slice(encode(code_point, &mut [0; 4]));
}

/// Whether `text` is generalized UTF-8.
pub(crate) fn is_valid(mut text: &[u8]) -> bool {
    loop {
        let Err(error) = std::str::from_utf8(text) else { return true };
        text = &text[error.valid_up_to()..];
        match text {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, rest @ ..] => text = rest,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_survive_a_round_trip() {
        let sample = [0, 0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xD800, 0xDC00, 0xDFFF, 0xFFFF, 0x1_0000, MAX];
        let mut text = Vec::new();
        for code_point in sample {
            push(&mut text, code_point);
        }
        assert!(is_valid(&text));
        assert_eq!(code_points(&text).collect::<Vec<_>>(), sample);
        assert_eq!(count(&text), sample.len());
        let mut end = text.len();
        for &code_point in sample.iter().rev() {
            assert_eq!(
                previous(&text, end).map(|(found, at)| (found, std::mem::replace(&mut end, at)).0),
                Some(code_point)
            );
        }
        assert_eq!(byte_offset(&text, 2), 2);
        assert_eq!(byte_offset(&text, 99), text.len());
    }

    #[test]
    fn broken_text_ends() {
        for text in [&b"\xF0"[..], b"\xE2\x82", b"\x80\x80", b"a\xFFb", b"\xED\xA0"] {
            assert!(!is_valid(text));
            assert!(code_points(text).count() <= text.len());
        }
    }
}
