//! Packed code: what it keeps, and what is refused.

use std::sync::Arc;

use minipy_compiler::{Code, Const, Malformed, Packed, compile, pack, unpack};
use minipy_grammar::{Source, parse};
use proptest::prelude::*;

const PROGRAM: &str = "\
import a.b, c
from d import e
class C(a):
    '''A docstring.'''
    def f(self, x, /, y=1.5, *z, k=-7, **kw) -> int:
        '''Another.'''
        try:
            return [lambda: x + y for _ in z if not kw]
        except OSError as error:
            raise ValueError(f'{error!r:>{k}}') from error
        finally:
            print(x, end='\\ud800', sep=b'\\xff')
print(1 << 70, 2**100, -(2**63), 0.1, (1, ('a', None, True), False, ...), 'ä€𝄞')
";

fn program() -> (Arc<Source>, Code) {
    let source = Source::new("<program>", PROGRAM);
    let module = parse(&source).expect("it is a program");
    let code = compile(&source, &module).expect("it compiles");
    (source, code)
}

#[test]
fn code_comes_out_as_it_went_in() {
    let (source, code) = program();
    assert_eq!(unpack(&pack(&code), &source), Ok(code));
}

#[test]
fn the_text_is_whose_unpacks() {
    let (_, code) = program();
    let other = Source::new("<other>", PROGRAM);
    let unpacked = unpack(&pack(&code), &other).expect("it unpacks");
    assert_eq!(unpacked.source.name(), "<other>");
    assert_eq!(unpacked.children[0].source.name(), "<other>");
}

#[test]
fn nested_codes_stay_packed_until_they_are_opened() {
    let (source, code) = program();
    let packed = pack(&code);
    let opened = Packed::new(&packed, &source).and_then(|packed| packed.open()).expect("it opens");
    assert!(opened.code.children.is_empty());
    assert_eq!(opened.children.len(), code.children.len());
    for (child, compiled) in opened.children.iter().zip(&code.children) {
        assert_eq!(child.names(), Ok([&*compiled.name, &*compiled.qualname]));
        assert_eq!(child.open().map(|opened| opened.code.ops), Ok(compiled.ops.clone()));
    }
}

#[test]
fn numbers_at_the_limits_come_out_as_they_went_in() {
    let source = Source::new("<empty>", "");
    let mut code = compile(&source, &parse(&source).expect("it is a program")).expect("it compiles");
    let floats = [0, 1, u64::MAX, f64::NAN.to_bits(), (-0.0f64).to_bits()].map(Const::Float);
    code.consts = [i64::MIN, i64::MAX, 0, -1, 1].map(Const::Int).into_iter().chain(floats).collect();
    code.register_count = u16::MAX;
    code.span = minipy_grammar::Span { start: u32::MAX, end: 0 };
    assert_eq!(unpack(&pack(&code), &source), Ok(code));
}

#[test]
fn other_versions_and_parts_are_refused() {
    let (source, code) = program();
    let mut packed = pack(&code);
    for length in 0..packed.len() {
        assert_eq!(unpack(&packed[..length], &source), Err(Malformed), "the first {length} bytes");
    }
    packed.push(0);
    assert_eq!(unpack(&packed, &source), Err(Malformed), "a byte too many");
    packed.pop();
    packed[0] += 1;
    assert_eq!(unpack(&packed, &source), Err(Malformed), "another version");
}

#[test]
fn endless_nesting_is_refused() {
    let source = Source::new("<empty>", "");
    let mut code = compile(&source, &parse(&source).expect("it is a program")).expect("it compiles");
    code.consts = Box::new([(0..10_000).fold(Const::None, |inner, _| Const::Tuple(Box::new([inner])))]);
    assert_eq!(unpack(&pack(&code), &source), Err(Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let (source, code) = program();
        let mut packed = pack(&code);
        for (place, byte) in changes {
            let place = place.index(packed.len());
            packed[place] = byte;
        }
        // Some damage makes another code: of that one, the bytes say all.
        if let Ok(other) = unpack(&packed, &source) {
            prop_assert_eq!(unpack(&pack(&other), &source), Ok(other));
        }
    }
}
