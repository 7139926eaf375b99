//! What recurses natively where a program decides how deep: each recursion reaches its limit, raises Python's exception there
//! and goes on well; and what only seems to recurse has no limit of its own.

mod common;

use common::{minipy, wait};
use minipy::value::recursion::{ALL, Outcome};

/// A recursion of the table, and a program that goes as deep in it as `DEPTH` says.
struct Deep {
    what: &'static str,
    program: &'static str,
}

const fn deep(what: &'static str, program: &'static str) -> Deep {
    Deep { what, program }
}

/// Deeper than any limit.
const DEPTH: u32 = 100_000;

const DEEP: &[Deep] = &[
    deep("comparison", "a, b = nest([]), nest([])\nact(lambda: a == b)"),
    deep("comparison", "a, b = nest([]), nest([0])\nact(lambda: a < b)"),
    deep("comparison", "a, b = nest((), lambda x: (x,)), nest((), lambda x: (x,))\nact(lambda: a == b)"),
    deep("comparison", "a, b = nest({}, lambda x: {1: x}), nest({}, lambda x: {1: x})\nact(lambda: a == b)"),
    deep("comparison", "a, b = nest(0, slice), nest(0, slice)\nact(lambda: a == b)"),
    deep(
        "comparison",
        "a, b = [nest(frozenset(), lambda x: frozenset([x])) for _ in range(2)]\nact(lambda: a == b)",
    ),
    deep("comparison", "a, b = nest([]), nest([0])\nact(lambda: [[a], [b]].sort())"),
    deep("comparison", "a, b = nest([]), nest([])\nact(lambda: a in [b])"),
    deep("hash", "a = nest((), lambda x: (x,))\nact(lambda: hash(a))"),
    deep("hash", "a = nest(0, slice)\nact(lambda: {a})"),
    deep("repr", "a = nest([])\nact(lambda: repr(a))"),
    deep("repr", "a = nest({}, lambda x: {1: x})\nact(lambda: str(a))"),
    deep("repr", "a = nest(ValueError(), ValueError)\nact(lambda: repr(a))"),
    deep("repr", "a = nest(len, staticmethod)\nact(lambda: f'{a}')"),
    deep("repr", "a = nest({}, type(object.__dict__))\nact(lambda: repr(a))"),
    deep("isinstance", "a = nest(str, lambda x: (x,))\nact(lambda: isinstance(1, a))"),
    deep("issubclass", "a = nest(str, lambda x: (x,))\nact(lambda: issubclass(int, a))"),
    deep("enumerate and zip", "a = nest(iter([1]), enumerate)\nact(lambda: list(a))"),
    deep("enumerate and zip", "a = nest(iter([1]), zip)\nact(lambda: next(a))"),
    deep(
        "callables behind callables",
        "class C:\n def m(self, *a): return len(a)\nM = type(C().m)\na = nest(C().m, lambda x: M(x, 1))\nact(lambda: a())",
    ),
    deep(
        "native calls",
        "class D:\n def __get__(self, obj, cls): return lambda *a: obj + 1\nclass A:\n __add__ = D()\nact(lambda: A() + 1)",
    ),
    deep(
        "native calls",
        "class D:\n def __get__(self, obj, cls): return obj()\nclass A:\n __call__ = D()\nact(lambda: A()())",
    ),
];

/// What every program begins with: `nest` wraps a value again and again, `act` prints what an action raises, twice, since
/// the limit holds for each time.
const BEGINNING: &str = "
def nest(value, wrap=lambda x: [x]):
    for _ in range(DEPTH): value = wrap(value)
    return value
def act(action):
    for _ in range(2):
        try: action()
        except RecursionError as error: print(error)
";

#[track_caller]
fn prints(program: &str, expected: &str) {
    let text = format!("DEPTH = {DEPTH}{BEGINNING}{program}\nprint('well')\n");
    let ended = wait(minipy(&["run", "-c", &text]).spawn().expect("the command starts"));
    let said = (ended.out.as_str(), ended.err.as_str(), ended.status.as_str());
    assert_eq!(said, (expected, "", "0"), "{program}");
}

#[test]
fn every_recursion_ends_at_its_limit() {
    for Deep { what, program } in DEEP {
        let recursion = ALL.iter().find(|recursion| recursion.what == *what).expect("it is in the table");
        let doing = match recursion.outcome {
            Outcome::Error(doing) => doing,
            Outcome::Frames => "",
        };
        let line = format!("maximum recursion depth exceeded{doing}\n");
        prints(program, &format!("{line}{line}well\n"));
    }
}

#[test]
fn every_recursion_of_the_table_is_tried() {
    for recursion in ALL {
        assert!(DEEP.iter().any(|deep| deep.what == recursion.what), "{}", recursion.what);
        assert!(recursion.limit < DEPTH);
    }
}

/// Loops: they go as deep as there is memory.
#[test]
fn what_does_not_recurse_has_no_limit() {
    for (program, expected) in [
        ("a = nest({1: 2}, type(object.__dict__))\nprint(len(a), a[1], 1 in a, bool(a))", "1 2 True True\n"),
        ("a = nest(frozenset(), lambda x: frozenset([x]))\nprint(hash(a) == hash(frozenset(a)))", "True\n"),
        ("a = nest([])\ndel a\nb = [[i] for i in range(DEPTH)]\nprint(len(b))", "100000\n"),
        (
            "e = nest(None, lambda x: setattr(n := ValueError(), '__cause__', x) or n)\nprint(len(repr(e)))",
            "12\n",
        ),
        (
            "C = object\nfor _ in range(1500): C = type('C', (C,), {})\nC.__mro__[-2].x = 1\nprint(C.x, len(C.__mro__))",
            "1 1501\n",
        ),
        (
            "C = type('C', tuple(type('B', (), {'x': i}) for i in range(5000)), {})\nprint(C.x, len(C.__mro__))",
            "0 5002\n",
        ),
        (
            "C = object\nfor _ in range(40): C = type('C', (type('L', (C,), {}), type('R', (C,), {})), {})\n\
             C.__mro__[-2].__len__ = lambda self: 7\nprint(len(C()))",
            "7\n",
        ),
        (
            "import sys\nsys.setrecursionlimit(10**6)\ndef g(n):\n if n: yield from g(n - 1)\n else: yield 1\n\
             a = g(50000)\nprint(next(a))\ntry: a.throw(ValueError(2))\nexcept ValueError as e: print(e)",
            "1\n2\n",
        ),
        (
            "def g(n):\n try:\n  if n: yield from g(n - 1)\n  else: yield 1\n finally: done.append(n)\n\
             done = []\na = g(200)\nnext(a)\na.close()\nprint(done == list(range(201)))",
            "True\n",
        ),
    ] {
        prints(program, &format!("{expected}well\n"));
    }
}

/// Frames: `sys.getrecursionlimit()` counts them.
#[test]
fn calls_end_at_the_recursion_limit() {
    for program in [
        "def f(): f()\nact(f)",
        "class A:\n def __repr__(self): return repr(self)\nact(lambda: repr(A()))",
        "class A:\n def __repr__(self): return '%r' % [self]\nact(lambda: repr([A()]))",
        "class A:\n def __str__(self): return '{}'.format(self)\nact(lambda: str(A()))",
        "class A:\n def __format__(self, spec): return format(self, spec)\nact(lambda: f'{A()}')",
        "class A:\n def __eq__(self, other): return [self] == [other]\nact(lambda: A() == A())",
        "class A:\n def __hash__(self): return hash((self,))\nact(lambda: {A()})",
        "class A:\n def __getattr__(self, name): return getattr(self, name + 'x')\nact(lambda: A().y)",
        "class A:\n @property\n def p(self): return self.p\nact(lambda: A().p)",
        "class A:\n def __iter__(self): return iter(self)\nact(lambda: list(A()))",
        "class A(dict):\n def __missing__(self, key): return self[key]\nact(lambda: A()[1])",
        "def key(x): return sorted([2, 1], key=key)\nact(lambda: sorted([2, 1], key=key))",
        "def g(n): yield from g(n + 1)\nact(lambda: next(g(0)))",
        "a = nest(iter([1]), lambda x: map(str, x))\nact(lambda: list(a))",
        "a = nest(list, lambda x: list[x])\nact(lambda: repr(a))",
        "import json\na = nest([])\nact(lambda: json.dumps(a))",
        "import json\nact(lambda: json.loads('[' * DEPTH))",
        "f = lambda: exec('f()')\nact(f)",
    ] {
        let ended = {
            let text = format!("DEPTH = {DEPTH}{BEGINNING}{program}\nprint('well')\n");
            wait(minipy(&["run", "-c", &text]).spawn().expect("the command starts"))
        };
        let lines: Vec<&str> = ended.out.lines().collect();
        let too_deep = |line: &&str| line.starts_with("maximum recursion depth exceeded");
        let fits =
            matches!(lines[..], [ref first, ref second, "well"] if too_deep(first) && too_deep(second));
        assert!(fits && ended.status == "0", "{program}:\n{}{}", ended.out, ended.err);
    }
}
