//! Character classes per code point and per string, as CPython 3.13 (Unicode 15.1) has them.
//!
//! The data is the ICU library's, compiled in. It knows a later Unicode: what that added reads as unassigned here
//! ([`is_newer`]), and the few characters it reclassified are named where they matter. A test compares every code point.

use std::borrow::Cow;

use icu_properties::props::{
    CaseIgnorable, Cased, GeneralCategory, Lowercase, NumericType, Uppercase, XidContinue, XidStart,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::{unicode_version, wtf8};

/// The general category, `Cn` for what Unicode 15.1 had not assigned.
pub(crate) fn category(code_point: u32) -> GeneralCategory {
    match code_point {
        0x295 => GeneralCategory::LowercaseLetter,
        0x1171E => GeneralCategory::NonspacingMark,
        _ if unicode_version::is_newer(code_point) => GeneralCategory::Unassigned,
        _ => CodePointMapData::<GeneralCategory>::new().get32(code_point),
    }
}

fn numeric_type(code_point: u32) -> NumericType {
    match code_point {
        // Cuneiform signs that got a value after Unicode 15.1.
        0x12038 | 0x12039 | 0x12079 | 0x12226 | 0x1222B | 0x1230B | 0x1230D | 0x12399 => NumericType::None,
        _ if unicode_version::is_newer(code_point) => NumericType::None,
        _ => CodePointMapData::<NumericType>::new().get32(code_point),
    }
}

fn ascii(code_point: u32) -> Option<u8> {
    u8::try_from(code_point).ok().filter(u8::is_ascii)
}

/// A letter: categories L*.
pub(crate) fn is_alpha(code_point: u32) -> bool {
    use GeneralCategory as C;
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_alphabetic(),
        None => matches!(
            category(code_point),
            C::UppercaseLetter | C::LowercaseLetter | C::TitlecaseLetter | C::ModifierLetter | C::OtherLetter
        ),
    }
}

/// A decimal digit, of any script.
pub(crate) fn is_decimal(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_digit(),
        None => numeric_type(code_point) == NumericType::Decimal,
    }
}

/// A digit: also superscripts, circled ones and their like.
pub(crate) fn is_digit(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_digit(),
        None => matches!(numeric_type(code_point), NumericType::Decimal | NumericType::Digit),
    }
}

/// Anything with a numeric value: also fractions, Roman numerals and ideographs.
pub(crate) fn is_numeric(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_digit(),
        None => numeric_type(code_point) != NumericType::None,
    }
}

/// A letter or anything numeric.
pub(crate) fn is_alnum(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_alphanumeric(),
        None => is_alpha(code_point) || is_numeric(code_point),
    }
}

/// White space: what `str.isspace`, `split` and `strip` go by.
pub(crate) fn is_space(code_point: u32) -> bool {
    matches!(
        code_point,
        0x09..=0x0D | 0x1C..=0x20 | 0x85 | 0xA0 | 0x1680 | 0x2000..=0x200A | 0x2028 | 0x2029 | 0x202F | 0x205F | 0x3000
    )
}

/// A line boundary of `str.splitlines`; a carriage return with a line feed is one, which the caller joins.
pub(crate) fn is_line_break(code_point: u32) -> bool {
    matches!(code_point, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029)
}

/// Property Uppercase.
pub(crate) fn is_upper(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_uppercase(),
        None => {
            !unicode_version::is_newer(code_point)
                && CodePointSetData::new::<Uppercase>().contains32(code_point)
        }
    }
}

/// Property Lowercase.
pub(crate) fn is_lower(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_lowercase(),
        None => {
            code_point == 0x295
                || !unicode_version::is_newer(code_point)
                    && CodePointSetData::new::<Lowercase>().contains32(code_point)
        }
    }
}

/// Category Lt: digraphs such as U+01C5.
pub(crate) fn is_title(code_point: u32) -> bool {
    ascii(code_point).is_none() && category(code_point) == GeneralCategory::TitlecaseLetter
}

/// Property Cased.
pub(crate) fn is_cased(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_alphabetic(),
        None => {
            code_point == 0x295
                || !unicode_version::is_newer(code_point)
                    && CodePointSetData::new::<Cased>().contains32(code_point)
        }
    }
}

/// Property Case_Ignorable.
pub(crate) fn is_case_ignorable(code_point: u32) -> bool {
    code_point == 0x1171E
        || !unicode_version::is_newer(code_point)
            && CodePointSetData::new::<CaseIgnorable>().contains32(code_point)
}

/// What `repr` shows as it is: no control, format, private, surrogate or unassigned character, no separator but the space.
pub(crate) fn is_printable(code_point: u32) -> bool {
    use GeneralCategory as C;
    match ascii(code_point) {
        Some(byte) => matches!(byte, b' '..=b'~'),
        None => !matches!(
            category(code_point),
            C::Control
                | C::Format
                | C::Surrogate
                | C::PrivateUse
                | C::Unassigned
                | C::LineSeparator
                | C::ParagraphSeparator
                | C::SpaceSeparator
        ),
    }
}

/// What may start a name.
pub(crate) fn is_identifier_start(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_alphabetic() || byte == b'_',
        None => {
            !unicode_version::is_newer(code_point)
                && CodePointSetData::new::<XidStart>().contains32(code_point)
        }
    }
}

/// What may go on in a name.
pub(crate) fn is_identifier_continue(code_point: u32) -> bool {
    match ascii(code_point) {
        Some(byte) => byte.is_ascii_alphanumeric() || byte == b'_',
        None => {
            !unicode_version::is_newer(code_point)
                && CodePointSetData::new::<XidContinue>().contains32(code_point)
        }
    }
}

/// The value of a decimal digit of any script.
pub(crate) fn decimal_value(code_point: u32) -> Option<u32> {
    if !is_decimal(code_point) {
        return None;
    }
    Some(match code_point {
        // The mathematical digits stand in five runs without a gap.
        0x1D7CE..=0x1D7FF => (code_point - 0x1D7CE) % 10,
        // All others start at a multiple of sixteen, or at six above one.
        _ if is_decimal(code_point & !0xF) => code_point & 0xF,
        _ => (code_point & 0xF).saturating_sub(6),
    })
}

/// Digits that are no decimals: ranges with the value of their first.
const DIGITS: [(u32, u32, u32); 21] = [
    (0xB2, 0xB3, 2),
    (0xB9, 0xB9, 1),
    (0x1369, 0x1371, 1),
    (0x19DA, 0x19DA, 1),
    (0x2070, 0x2070, 0),
    (0x2074, 0x2079, 4),
    (0x2080, 0x2089, 0),
    (0x2460, 0x2468, 1),
    (0x2474, 0x247C, 1),
    (0x2488, 0x2490, 1),
    (0x24EA, 0x24EA, 0),
    (0x24F5, 0x24FD, 1),
    (0x24FF, 0x24FF, 0),
    (0x2776, 0x277E, 1),
    (0x2780, 0x2788, 1),
    (0x278A, 0x2792, 1),
    (0x10A40, 0x10A43, 1),
    (0x10E60, 0x10E68, 1),
    (0x11052, 0x1105A, 1),
    (0x1F100, 0x1F100, 0),
    (0x1F101, 0x1F10A, 0),
];

/// The value of a digit, decimal or not.
pub(crate) fn digit_value(code_point: u32) -> Option<u32> {
    let other = || DIGITS.iter().find(|&&(first, last, _)| (first..=last).contains(&code_point));
    decimal_value(code_point).or_else(|| other().map(|&(first, _, value)| value + code_point - first))
}

/// Text with digits of all scripts as ASCII digits and white space as spaces, for `int` and `float`; what no number can
/// contain becomes `?`. Pure ASCII stays as it is, as in CPython.
pub(crate) fn to_ascii_digits(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let plain = |code_point| match ascii(code_point) {
        Some(byte) => byte,
        None if is_space(code_point) => b' ',
        None => decimal_value(code_point).map_or(b'?', |digit| b'0' + digit as u8),
    };
    Cow::Owned(wtf8::code_points(text).map(plain).collect())
}

/// Whether `text` has a character and all are in the class: `isalpha`, `isdigit`, `isspace` and their like.
pub(crate) fn all(text: &[u8], class: fn(u32) -> bool) -> bool {
    !text.is_empty() && wtf8::code_points(text).all(class)
}

/// `str.isprintable`: the empty string is.
pub(crate) fn all_printable(text: &[u8]) -> bool {
    wtf8::code_points(text).all(is_printable)
}

/// `str.isupper`: no lower-case or title-case character, and an upper-case one.
pub(crate) fn all_upper(text: &[u8]) -> bool {
    wtf8::code_points(text).any(is_upper) && !wtf8::code_points(text).any(|c| is_lower(c) || is_title(c))
}

/// `str.islower`: no upper-case or title-case character, and a lower-case one.
pub(crate) fn all_lower(text: &[u8]) -> bool {
    wtf8::code_points(text).any(is_lower) && !wtf8::code_points(text).any(|c| is_upper(c) || is_title(c))
}

/// `str.istitle`: capitals follow uncased characters only, small letters cased ones only, and there is a cased one.
pub(crate) fn all_title(text: &[u8]) -> bool {
    let (mut any, mut after_cased) = (false, false);
    for code_point in wtf8::code_points(text) {
        let capital = is_upper(code_point) || is_title(code_point);
        let small = !capital && is_lower(code_point);
        if capital && after_cased || small && !after_cased {
            return false;
        }
        after_cased = capital || small;
        any |= after_cased;
    }
    any
}

/// `str.isidentifier`
pub(crate) fn is_identifier(text: &[u8]) -> bool {
    let mut code_points = wtf8::code_points(text);
    code_points.next().is_some_and(is_identifier_start) && code_points.all(is_identifier_continue)
}
