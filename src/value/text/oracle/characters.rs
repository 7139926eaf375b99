//! Classes and case mappings of every code point, and of words.

use super::super::{case, class, quote, wtf8};
use super::{Cases, literal};

type Class = fn(u32) -> bool;
type Mapping = fn(&[u8]) -> Vec<u8>;

fn character(code_point: u32) -> Vec<u8> {
    wtf8::encode(code_point, &mut [0; 4]).to_vec()
}

fn runs(class: impl Fn(u32) -> bool) -> String {
    let mut out = Vec::new();
    let mut start = None;
    for code_point in 0..=wtf8::MAX + 1 {
        let inside = code_point <= wtf8::MAX && class(code_point);
        match start {
            None if inside => start = Some(code_point),
            Some(first) if !inside => {
                out.push(format!("{first:x}-{:x}", code_point - 1));
                start = None;
            }
            _ => {}
        }
    }
    out.join(" ")
}

fn changes(mapping: impl Fn(u32) -> Option<Vec<u8>>) -> String {
    let mut out = Vec::new();
    for code_point in 0..=wtf8::MAX {
        let Some(image) = mapping(code_point) else { continue };
        let image: Vec<u32> = wtf8::code_points(&image).collect();
        if image != [code_point] {
            let parts: Vec<String> = image.iter().map(|c| format!("{c:x}")).collect();
            out.push(format!("{code_point:x}>{}", parts.join("+")));
        }
    }
    out.join(" ")
}

#[test]
fn every_code_point_is_in_its_classes() {
    let mut cases = Cases::default();
    let classes: [(&str, Class); 12] = [
        ("isalpha", class::is_alpha),
        ("isalnum", class::is_alnum),
        ("isdecimal", class::is_decimal),
        ("isdigit", class::is_digit),
        ("isnumeric", class::is_numeric),
        ("isspace", class::is_space),
        ("isprintable", class::is_printable),
        ("islower", class::is_lower),
        ("isidentifier", class::is_identifier_start),
        ("istitle", |c| class::is_title(c) || class::is_upper(c)),
        ("isupper", class::is_upper),
        ("isascii", |c| c < 0x80),
    ];
    for (name, class) in classes {
        cases.text(format!("runs(str.{name})"), Ok(runs(class)));
    }
    let continues = runs(class::is_identifier_continue);
    cases.text("runs(lambda c: ('a' + c).isidentifier())".into(), Ok(continues));
    cases
        .text("runs(lambda c: len(('a' + c + 'a').splitlines()) > 1)".into(), Ok(runs(class::is_line_break)));
    cases.text(
        "runs(lambda c: c.swapcase() != c or c.title() != c)".into(),
        Ok(runs(|c| {
            let text = character(c);
            case::swapcase(&text) != text || case::title(&text) != text
        })),
    );
    let digit = |value: fn(u32) -> Option<u32>| changes(|c| value(c).map(|digit| character(digit + 1)));
    cases.text(
        "__import__('unicodedata') and changes(lambda c: chr(__import__('unicodedata').digit(c, ord(c) - 1) + 1))".into(),
        Ok(digit(class::digit_value)),
    );
    cases.text(
        "changes(lambda c: chr(__import__('unicodedata').decimal(c, ord(c) - 1) + 1))".into(),
        Ok(digit(class::decimal_value)),
    );
    cases.agree("classes");
}

#[test]
fn every_code_point_has_its_cases() {
    let mut cases = Cases::default();
    let mappings: [(&str, Mapping); 6] = [
        ("upper", case::upper),
        ("lower", case::lower),
        ("title", case::title),
        ("capitalize", case::capitalize),
        ("swapcase", case::swapcase),
        ("casefold", case::casefold),
    ];
    for (name, mapping) in mappings {
        let all = changes(|c| Some(mapping(&character(c))));
        cases.text(format!("changes(str.{name})"), Ok(all));
    }
    // Case-ignorable and cased, as the final sigma sees them.
    let ends = |text: &[u8]| case::lower(text).ends_with("ς".as_bytes());
    let of = |c: u32, head: &str, tail: &str| [head.as_bytes(), &character(c), tail.as_bytes()].concat();
    cases.text(
        r"runs(lambda c: ('A' + c + '\u03a3').lower()[-1] == '\u03c2')".into(),
        Ok(runs(|c| ends(&of(c, "A", "Σ")))),
    );
    cases.text(
        r"runs(lambda c: (c + '\u03a3').lower()[-1] == '\u03c2')".into(),
        Ok(runs(|c| ends(&of(c, "", "Σ")))),
    );
    cases.agree("case_mappings");
}

#[test]
fn words_change_case() {
    let mut cases = Cases::default();
    let words: [&[u8]; 22] = [
        b"",
        b"hello World",
        "ΑΣ".as_bytes(),
        "ΑΣ.Σ Σ ΑΣΑ".as_bytes(),
        "Straße ǆungla ŉ ﬁn".as_bytes(),
        b"a\xED\xA0\x80b",
        b"\xED\xA0\x80",
        "it's THE 3rd dAy".as_bytes(),
        "ᾳᾼ ΐ".as_bytes(),
        "İıI".as_bytes(),
        "ÀÉ àé".as_bytes(),
        "ǅ".as_bytes(),
        "ǅa".as_bytes(),
        "x\u{301}Σ\u{301}".as_bytes(),
        b"Hello",
        b"Hello World 3",
        b"HELLO",
        b"hello_1",
        b"1a",
        "²3".as_bytes(),
        "½".as_bytes(),
        " \t\u{3000}".as_bytes(),
    ];
    for word in words {
        let mut test =
            |name: &str, ours: Vec<u8>| cases.text(format!("{}.{name}()", literal(word)), Ok(ours));
        test("upper", case::upper(word));
        test("lower", case::lower(word));
        test("title", case::title(word));
        test("capitalize", case::capitalize(word));
        test("swapcase", case::swapcase(word));
        test("casefold", case::casefold(word));
        let mut is = |name: &str, ours: bool| {
            let ours = if ours { "True" } else { "False" };
            cases.plain(format!("{}.{name}()", literal(word)), Ok(ours));
        };
        is("isupper", class::all_upper(word));
        is("islower", class::all_lower(word));
        is("istitle", class::all_title(word));
        is("isidentifier", class::is_identifier(word));
        is("isprintable", class::all_printable(word));
        is("isalpha", class::all(word, class::is_alpha));
        is("isdigit", class::all(word, class::is_digit));
        is("isnumeric", class::all(word, class::is_numeric));
        is("isspace", class::all(word, class::is_space));
        cases.text(format!("repr({})", literal(word)), Ok(quote::repr_str(word)));
        cases.text(
            format!("ascii({})", literal(word)),
            Ok(quote::escape_non_ascii(quote::repr_str(word).as_bytes())),
        );
    }
    for text in
        ["a'b", "a\"b", "a'b\"c", "\\ \t\n\r\0\x1b\x7f", "é\u{85}\u{a0}\u{200b}\u{1F600}\u{E000}\u{10FFFF}"]
    {
        cases.text(format!("repr({})", literal(text.as_bytes())), Ok(quote::repr_str(text.as_bytes())));
        let bytes = quote::repr_bytes(text.as_bytes());
        cases.text(format!("repr({bytes})"), Ok(bytes));
        cases.text(
            format!("repr({}.encode())", literal(text.as_bytes())),
            Ok(quote::repr_bytes(text.as_bytes())),
        );
    }
    cases.agree("words");
}
