//! Encodings with every error handler, on broken text and broken bytes.

use super::super::codec::{self, CodecError, Encoding};
use super::super::{quote, wtf8};
use super::{Cases, Random, literal, show, show_error};

const ENCODINGS: [&str; 10] = [
    "utf-8",
    "utf-8-sig",
    "ascii",
    "latin-1",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "UTF_32_LE",
    "utf-32-be",
];
const HANDLERS: [&str; 8] = [
    "strict",
    "ignore",
    "replace",
    "backslashreplace",
    "xmlcharrefreplace",
    "surrogateescape",
    "surrogatepass",
    "nonsense",
];

fn failure(error: CodecError, object: &[u8]) -> String {
    show_error(&match error {
        CodecError::Encode(error) => format!("UnicodeEncodeError: {}", error.message(object)),
        CodecError::Decode(error) => format!("UnicodeDecodeError: {}", error.message(object)),
        CodecError::Other(error) => error.to_string(),
    })
}

#[test]
fn every_encoding_with_every_handler() {
    let mut random = Random(7);
    let mut cases = Cases::default();
    let points = [
        0x41, 0x7F, 0x80, 0xE9, 0xFF, 0x100, 0x20AC, 0xD800, 0xDBFF, 0xDC80, 0xDCFF, 0xDC00, 0xDFFF, 0xFEFF,
        0xFFFF, 0x1_F600, 0x10_FFFF,
    ];
    let bytes = [
        0, 0x41, 0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBB, 0xBF, 0xC0, 0xC2, 0xC3, 0xD8, 0xDC, 0xE0,
        0xE2, 0xEF, 0xED, 0xF0, 0xF4, 0xF5, 0xFE, 0xFF,
    ];
    for _ in 0..12_000 {
        let (name, handler) = (random.pick(&ENCODINGS), random.pick(&HANDLERS));
        let Some(encoding) = Encoding::from_name(name) else { panic!("{name}") };
        let mut text = Vec::new();
        (0..random.below(6)).for_each(|_| wtf8::push(&mut text, random.pick(&points)));
        let ours = codec::encode(&text, encoding, handler);
        let ours = ours.map_or_else(|error| failure(error, &text), |bytes| quote::repr_bytes(&bytes));
        cases.0.push((format!("{}.encode('{name}', '{handler}')", literal(&text)), ours));
        let mut object: Vec<u8> = (0..random.below(9)).map(|_| random.pick(&bytes)).collect();
        if random.below(4) == 0 {
            object.splice(
                0..0,
                random
                    .pick(&[
                        &b"\xFF\xFE"[..],
                        b"\xFE\xFF",
                        b"\xFF\xFE\0\0",
                        b"\0\0\xFE\xFF",
                        b"\xEF\xBB\xBF",
                        b"a",
                    ])
                    .to_vec(),
            );
        }
        if name.contains("32") && random.below(2) == 0 {
            let unit: u32 = random.pick(&[0xD800, 0xDFFF, 0x11_0000, 0x41, 0xD880_0000]);
            object.splice(0..0, if name.ends_with("be") { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        let ours = codec::decode(&object, encoding, handler);
        let ours = ours.map_or_else(|error| failure(error, &object), |text| show(&text));
        cases.0.push((format!("{}.decode('{name}', '{handler}')", quote::repr_bytes(&object)), ours));
    }
    cases.agree("codecs");
}
