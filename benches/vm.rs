//! The machine by itself: small functions of the language, run again and again in one process on the host of real threads.
//!
//! `benches/README.md` says how to read the numbers. What whole programs take is measured beside CPython by `vs_cpython`.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use minipy::runtime::process::Process;
use minipy::runtime::real::RealHost;
use minipy::runtime::settings::Settings;
use minipy::vm::{Options, Vm};
use minipy_compiler::Code;
use minipy_grammar::Source;

/// How often the loop of each function turns. The program finds it as the global `N`.
const TURNS: u64 = 1000;

/// A program; its function `run` is measured.
struct Program {
    name: &'static str,
    text: &'static str,
}

const fn program(name: &'static str, text: &'static str) -> Program {
    Program { name, text }
}

const GROUPS: &[(&str, &[Program])] =
    &[("dispatch", DISPATCH), ("calls", CALLS), ("attributes", ATTRIBUTES), ("allocation", ALLOCATION)];

const DISPATCH: &[Program] = &[
    program("for_range", "def run():\n    for i in range(N):\n        pass\n"),
    program("while_count", "def run():\n    i = 0\n    while i < N:\n        i += 1\n"),
    program(
        "int_arithmetic",
        "def run():\n    x = 1\n    for i in range(N):\n        x = (x * 31 + i) & 65535\n",
    ),
    program(
        "float_arithmetic",
        "def run():\n    x = 0.5\n    for i in range(N):\n        x = x * 0.25 + 1.5\n",
    ),
    program(
        "branches",
        "def run():
    low = high = 0
    for i in range(N):
        if i & 1 and i > 10:
            high += 1
        elif not i & 2:
            low += 1
",
    ),
    program(
        "global_counter",
        "counter = 0
def run():
    global counter
    for i in range(N):
        counter += 1
",
    ),
    program(
        "list_index",
        "items = list(range(16))
def run():
    xs = items
    for i in range(N):
        xs[i & 15] = xs[(i + 1) & 15]
",
    ),
    program(
        "dict_index",
        "table = {i: i for i in range(16)}
def run():
    d = table
    for i in range(N):
        d[i & 15] = d[(i + 1) & 15]
",
    ),
];

const CALLS: &[Program] = &[
    program("function", "def f(x):\n    return x\ndef run():\n    for i in range(N):\n        f(i)\n"),
    program(
        "defaults_and_keywords",
        "def f(x, y=2, *, z=3):\n    return x\ndef run():\n    for i in range(N):\n        f(i, z=i)\n",
    ),
    program(
        "star_arguments",
        "def f(*args, **kwargs):\n    return args\ndef run():\n    for i in range(N):\n        f(i, k=i)\n",
    ),
    program(
        "method",
        "class C:
    def f(self, x):
        return x
def run():
    c = C()
    for i in range(N):
        c.f(i)
",
    ),
    program(
        "closure",
        "def make(y):
    def f(x):
        return x + y
    return f
def run():
    f = make(1)
    for i in range(N):
        f(i)
",
    ),
    program("native", "def run():\n    s = 'text'\n    for i in range(N):\n        len(s)\n"),
    program(
        "native_method",
        "def run():\n    xs = []\n    for i in range(N):\n        xs.append(i)\n    xs.clear()\n",
    ),
    program(
        "generator",
        "def g():
    for i in range(N):
        yield i
def run():
    for i in g():
        pass
",
    ),
    program(
        "operator_method",
        "class C:
    def __add__(self, other):
        return self
def run():
    c = C()
    for i in range(N):
        c + i
",
    ),
];

const ATTRIBUTES: &[Program] = &[
    program(
        "read",
        "class C:
    def __init__(self):
        self.x = 1
def run():
    c = C()
    for i in range(N):
        c.x
",
    ),
    program(
        "write",
        "class C:
    pass
def run():
    c = C()
    for i in range(N):
        c.x = i
",
    ),
    program(
        "of_the_class",
        "class B:
    x = 1
class C(B):
    pass
def run():
    c = C()
    for i in range(N):
        c.x
",
    ),
    program(
        "property",
        "class C:
    @property
    def x(self):
        return 1
def run():
    c = C()
    for i in range(N):
        c.x
",
    ),
    program("of_a_module", "import math\ndef run():\n    for i in range(N):\n        math.pi\n"),
    program(
        "four_classes",
        "class A:
    def __init__(self):
        self.x = 1
class B(A):
    pass
class C(A):
    pass
class D(A):
    pass
objects = [A(), B(), C(), D()]
def run():
    xs = objects
    for i in range(N):
        xs[i & 3].x
",
    ),
];

const ALLOCATION: &[Program] = &[
    program("tuple", "def run():\n    for i in range(N):\n        t = (i, i)\n"),
    program("list", "def run():\n    for i in range(N):\n        t = [i, i]\n"),
    program("dict", "def run():\n    for i in range(N):\n        t = {'a': i, 'b': i}\n"),
    program("str", "def run():\n    s = 'a'\n    for i in range(N):\n        t = s + 'b'\n"),
    program("wide_int", "def run():\n    for i in range(N):\n        t = 1000000000000000 + i\n"),
    program(
        "instance",
        "class C:
    def __init__(self, x):
        self.x = x
def run():
    for i in range(N):
        C(i)
",
    ),
    program(
        "cycle",
        "def run():
    for i in range(N):
        t = []
        t.append(t)
",
    ),
    program(
        "surviving",
        "def run():
    t = None
    for i in range(N):
        t = (i, t)
",
    ),
];

fn machine(c: &mut Criterion) {
    let process = Process::start().expect("signals and standard streams are there");
    for (name, programs) in GROUPS {
        let mut group = c.benchmark_group(*name);
        group.throughput(Throughput::Elements(TURNS));
        for Program { name, text } in *programs {
            // A machine each: the garbage and the caches of one program are not the next one's.
            let host = Arc::new(RealHost::new(Settings::default(), Arc::clone(&process)));
            let (_vm, mut thread) = Vm::boot(host, Options::default()).expect("the machine boots");
            let code = compile(&format!("N = {TURNS}\n{text}"));
            thread.run_module(&code, "__main__", "bench").expect("the program runs");
            group.bench_function(*name, |bencher| {
                bencher.iter(|| thread.call_global("run").expect("the function returns"));
            });
        }
        group.finish();
    }
}

fn compile(text: &str) -> Arc<Code> {
    let source = Source::new("bench", text);
    let module = minipy_grammar::parse(&source).expect("the program is one");
    Arc::new(minipy_compiler::compile(&source, &module).expect("the program compiles"))
}

criterion_group!(benches, machine);
criterion_main!(benches);
