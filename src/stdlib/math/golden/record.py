"""Writes functions.txt: what CPython 3.13's math makes of numbers. Run it with python3.13."""

import math
import pathlib
import random

random.seed(2)

FLOATS = [0.0, -0.0, 0.1, 0.5, -0.5, 1.0, -1.0, 1.5, 2.5, -7.5, 100.0, 1e16, 1e22, 1e300, 5e-324, -5e-324, 1e-20,
          1e-8, 171.5, -171.5, 710.0, -745.0, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")]
INTS = [0, 1, -1, 2, 3, 5, 10, -10, 23, 24, 170, 171, 2**53 + 1, 10**20, -(10**20)]
BIG = [10**400, 2**1024, 2**2000 + 12345, 3**700, -(10**400)]
ONE = """acos acosh asin asinh atan atanh cbrt cos cosh degrees erf erfc exp exp2 expm1 fabs frexp gamma isfinite isinf
isnan lgamma log log10 log1p log2 modf radians sin sinh sqrt tan tanh ulp""".split()
TWO = "atan2 copysign fmod pow remainder nextafter isclose log".split()


def answer(name, *arguments):
    try:
        return repr(getattr(math, name)(*arguments))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def some_float():
    return random.choice([1, 1, -1]) * random.choice([random.random(), random.random() * 10 ** random.randint(-20, 20),
                                                      random.random() * 10, random.random() * 200, random.gauss(0, 30)])


def cases():
    for name in ONE:
        for x in FLOATS + INTS + BIG[:1] + [some_float() for _ in range(25)]:
            yield name, x
    for name in ("log", "log2", "log10"):
        for x in BIG:
            yield name, x
    for name in TWO:
        for _ in range(60):
            yield name, random.choice(FLOATS + [some_float()]), random.choice(FLOATS + [some_float(), 2, 0.5])
    for _ in range(60):
        yield "fma", *random.choices(FLOATS + [some_float(), some_float()], k=3)
        yield "ldexp", random.choice(FLOATS + [some_float()]), random.choice([0, 1, -1, 10, -1070, 1023, 5000, -10**30, 10**30])
        yield "hypot", *[some_float() for _ in range(random.randint(0, 5))]
        yield "hypot", *random.choices(FLOATS, k=2)
        a, b = random.randint(-100, 1000), random.randint(-5, 1000)
        yield "gcd", a * 6, b * 10, 2**100 * 30
        yield "lcm", a * 6, b * 10, 2**70
        yield "comb", a, b // 4
        yield "perm", a, b // 30
        yield "isqrt", random.getrandbits(random.randint(1, 300))
    for n in (0, 1, 2, 5, 20, 100, -1, 10**30, 1000):
        yield "factorial", n
        yield "perm", n
        yield "isqrt", n * n - 1
    yield from [("gcd",), ("lcm",), ("hypot",), ("comb", 10**40, 10**30), ("perm", 10**40, 10**30), ("comb", 60, 30)]
    yield from [("hypot", 5e-324, 5e-324), ("hypot", 1e-310, 3e-310, 2e-310), ("hypot", 1e308, 1e308), ("log", 2, 1)]


here = pathlib.Path(__file__).parent
text = "# CPython 3.13's answers; golden/record.py writes them again\n"
for name, *arguments in cases():
    text += "\t".join([name, " ".join(map(repr, arguments)), answer(name, *arguments)]) + "\n"
(here / "functions.txt").write_text(text)
