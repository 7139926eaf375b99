//! Case of strings: full mappings, the final sigma, title case. It knows nothing of locales.

use icu_casemap::CaseMapper;
use icu_casemap::options::{LeadingAdjustment, TitlecaseOptions};
use icu_locale_core::LanguageIdentifier;

use super::{class, unicode_version, wtf8};

const CAPITAL_SIGMA: u32 = 0x3A3;
const SIGMA: u32 = 0x3C3;
const FINAL_SIGMA: u32 = 0x3C2;

/// `str.upper`
pub(crate) fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    map(text, |out, code_point, _| push_upper(out, code_point))
}

/// `str.lower`
pub(crate) fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    map(text, |out, code_point, at| push_lower(out, code_point, text, at))
}

/// `str.title`
pub(crate) fn title(text: &[u8]) -> Vec<u8> {
    let mut after_cased = false;
    map(text, |out, code_point, at| {
        if after_cased {
            push_lower(out, code_point, text, at);
        } else {
            push_title(out, code_point);
        }
        after_cased = class::is_cased(code_point);
    })
}

/// `str.capitalize`
pub(crate) fn capitalize(text: &[u8]) -> Vec<u8> {
    map(text, |out, code_point, at| match at {
        0 => push_title(out, code_point),
        _ => push_lower(out, code_point, text, at),
    })
}

/// `str.swapcase`
pub(crate) fn swapcase(text: &[u8]) -> Vec<u8> {
    map(text, |out, code_point, at| {
        if class::is_upper(code_point) {
            push_lower(out, code_point, text, at);
        } else if class::is_lower(code_point) {
            push_upper(out, code_point);
        } else {
            wtf8::push(out, code_point);
        }
    })
}

/// `str.casefold`
pub(crate) fn casefold(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    map(text, |out, code_point, _| {
        let folded = |c: char| CaseMapper::new().fold_string(c.encode_utf8(&mut [0; 4])).into_owned();
        push_mapped(out, code_point, |c| folded(c).chars().collect::<Vec<_>>());
    })
}

/// Calls `push` with each code point and its byte offset.
fn map(text: &[u8], mut push: impl FnMut(&mut Vec<u8>, u32, usize)) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some((code_point, after)) = wtf8::next(text, at) {
        push(&mut out, code_point, at);
        at = after;
    }
    out
}

fn push_upper(out: &mut Vec<u8>, code_point: u32) {
    match u8::try_from(code_point) {
        Ok(byte) if byte.is_ascii() => out.push(byte.to_ascii_uppercase()),
        _ => push_mapped(out, code_point, char::to_uppercase),
    }
}

fn push_lower(out: &mut Vec<u8>, code_point: u32, text: &[u8], at: usize) {
    match u8::try_from(code_point) {
        Ok(byte) if byte.is_ascii() => out.push(byte.to_ascii_lowercase()),
        _ if code_point == CAPITAL_SIGMA => {
            wtf8::push(out, if is_final(text, at) { FINAL_SIGMA } else { SIGMA })
        }
        _ => push_mapped(out, code_point, char::to_lowercase),
    }
}

fn push_title(out: &mut Vec<u8>, code_point: u32) {
    match u8::try_from(code_point) {
        Ok(byte) if byte.is_ascii() => out.push(byte.to_ascii_uppercase()),
        _ => push_mapped(out, code_point, |c| {
            let mut options = TitlecaseOptions::default();
            options.leading_adjustment = Some(LeadingAdjustment::None);
            let mut buffer = [0; 4];
            let segment = c.encode_utf8(&mut buffer);
            let mapper = CaseMapper::new();
            let titled = mapper.titlecase_segment_with_only_case_data_to_string(
                segment,
                &LanguageIdentifier::UNKNOWN,
                options,
            );
            titled.chars().collect::<Vec<_>>()
        }),
    }
}

/// Appends what `mapping` makes of a code point, unless it or its image is younger than the language's Unicode.
fn push_mapped<I: IntoIterator<Item = char>>(
    out: &mut Vec<u8>,
    code_point: u32,
    mapping: impl FnOnce(char) -> I,
) {
    let Some(character) = char::from_u32(code_point).filter(|_| !unicode_version::is_newer(code_point))
    else {
        return wtf8::push(out, code_point);
    };
    let start = out.len();
    for image in mapping(character).into_iter().map(u32::from) {
        if unicode_version::is_newer(image) {
            out.truncate(start);
            return wtf8::push(out, code_point);
        }
        wtf8::push(out, image);
    }
}

/// Whether the capital sigma at byte `at` ends a word: a cased letter before it and none after, case-ignorable ones
/// not counted (Unicode's condition Final_Sigma).
fn is_final(text: &[u8], at: usize) -> bool {
    let mut before = at;
    let cased_before = loop {
        match wtf8::previous(text, before) {
            Some((code_point, start)) if class::is_case_ignorable(code_point) => before = start,
            Some((code_point, _)) => break class::is_cased(code_point),
            None => break false,
        }
    };
    let after = text.get(at + 2..).unwrap_or_default();
    let next = wtf8::code_points(after).find(|&code_point| !class::is_case_ignorable(code_point));
    cased_before && !next.is_some_and(class::is_cased)
}
