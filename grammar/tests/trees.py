"""Every construct that minipy has, for the comparison of trees."""
from __future__ import annotations
import a, b.c, d.e as f
from . import g
from ...h.i import (j, k as l,)
from m import *
x = 1; y = z = 2,; pass
x, *y = [a, b], = c
(x) = (y, z) = ()
a.b, c[d], [e, f] = g
x += 1; x -= yield_; a.b *= 2; a[0] @= m; x //= y; x **= 2; x >>= 1; x <<= 1; x &= 1; x ^= 1; x |= 1; x %= 1; x /= 1
v: int
v: int = 3
(v): int = *a, 4
a.b: c[d] = e
del x, (y), a.b, c[0]
del (a, [b])
assert x, "message"
assert (x, y)
raise
raise E
raise E(1) from None
print(a, *b, c=1, *e, **d, f=g,)
print(x for x in y)
print((x for x in y), 1)
print(x := 1, (y := 2))
if a: b
elif c: d
else: e
if (n := len(a)) > 10:
    pass
elif not n:
    if b:
        c
    else:
        d
while x:
    if y: break
    continue
else:
    z
for i in range(10): print(i)
for x, (y, *z) in a, b:
    pass
else:
    pass
for x in *a, b: pass
for a.b in c: pass
try:
    a
except: b
try:
    a
except A:
    b
except (B, C) as e:
    c
else:
    d
finally:
    e
try: a
finally: b
try:
    a
except* A as e:
    b
except* (B, C): c
with a: b
with a as b, c.d as e[0], f() as (g, *h): pass
with (a): pass
with (a, b): pass
with (a as b): pass
with (
    a as b,
    c,
): pass
with (a, b) as c: pass
with (a), b: pass
with (a).b: pass
with (yield_): pass
with (a := b): pass
with (*a, b): pass
with (x for x in y): pass
with (): pass
with (a, b)[0] as c: pass
def f(): pass
def f(a, b=1, /, c: int = 2, *args: str, d, e=3, **kw: 4) -> 5:
    """doc"""
    global g1, g2
    yield
    x = yield
    y = yield 1, *a
    z = yield from b
    await_ = (yield)
    return
    return a, *b
def f(a, /): pass
def f(*, a): pass
def f(*args: *Ts): pass
def f(a, b,): pass
def f(**kw,): pass
@a
@b.c(1)
@(d := e)
def outer():
    x = 1
    def inner():
        nonlocal x
        x = 2
@a
class A: pass
class B(): x = 1
class C(A, *b, metaclass=M, **kw):
    def m(self): return super().m()
lambda: 0
lambda x: x
lambda x, y=1, /, z=2, *a, k, l=3, **kw: (x, y)
lambda *, k: k
lambda *a, **k: (yield)
a or b or c and d and not e
not not a
a < b <= c != d == e > f >= g is h is not i in j not in k
a | b ^ c & d << e >> f + g - h * i / j // k % l @ m
a - b - c; a + b * c - d; (a + b) * c; a * (b + c) ** d; -a ** -b; ~a + +b; a ** b ** c; (a) + (b)
a if b else c if d else e
(a if b else c) if d else e
a.b.c(d)[e](f).g
a[b], a[b:c], a[:], a[b:], a[:c], a[::], a[b:c:d], a[::d], a[b, c:d, ...], a[*b], a[*b, c], a[b := 1], a[()], a[b,]
(), (a,), (a, b), (a), ((a)), (a, *b)
[], [a], [a, *b,]
{}, {a}, {a, *b}, {a: b}, {a: b, **c, d: e,}
[a for b in c], {a for b in c}, {a: b for c in d}, (a for b in c)
[a for b, *c in d if e if f for g in h or i if not j]
[x := 1, *y]
[(y := f(x), x / y) for x in z]
{a: b for c, d in e if lambda_}
0, 00, 1_000, 0x_ff, 0XFF, 0o17, 0b1_01, 1., .5, 1.5e-3, 1e5, 1_0.0_1e1_0, 1E+3, 123456789012345678901234567890
"a" 'b' """c
d""" r'\n' R"\x" u'é' U'f'
b'a' B"\x41\0\377" rb'\n' Rb"""a""" bR'b'
'\a\b\f\n\r\t\v\\\'\"\101\x41\u00e9\U0001F600\N{LATIN SMALL LETTER A}\N{BULLET}\q\
'
'\ud800\udc00 \udfff', "\0\08\777"
f'', f"a", F'{x}', fr'\n{x}\d', rF"{x}", f'{{}}{{{x}}}', f'{x!r}', f'{x!s:>10}', f'{x!a:}', f'{x:{y}}', f'{x:{y}.{z!r}}'
f'{x=}', f'{x = }', f'{x=!s}', f'{x=:>5}', f'{ x + 1 = !r:^{w}}', f'{x:=5}', f'{(x:=5)}', f'{x!=y}', f'{x==y}', f'{x<=y}'
f'a' 'b' f'{c}' "d{e}" rf'\{f}'
f'{x, *y}', f'{yield_}', f'{lambda_}', f'{(lambda x: x)}', f'{ {1: 2}[1] }', f'{x if y else z}', f'{x:%H:%M}'
f'{'nested'}', f"{f"{f"{1}"}"}", f'''{
    x  # comment
}''', f"{a['b']}", f'{x:{'>'}{10}}', f'\N{BULLET}{x}\x41\'', f'{x}\
b', f"{'\n'}", f'''{x
:>3}
'''
f'{"a" "b"}' f'{x!r}' f'\u00e9{{' f"}}"
None, True, False, ..., __debug__
match = case = type = _ = 1
match(x); type(x); case[0]; _.a
print; exec
if x:
	tab
	tab
# comment
if x: # comment

    # comment
  # less

    y
    # more

z = (1 +
  # inside
     2)
w = 1 + \
    2
ünï = ﬁ = 𝐱
x = [
    1,
    2,
]; y = {
}
def f[T](x: T) -> T: pass
def f[T: int, U: (int, str) = int, *Ts = *tuple[int], **P = [int],](): pass
class C[T]: pass
class C[T, *Ts = *tuple[()]](a, b=c): pass
1j, 0J, 1_0.5e3j, .5j, 00j, 1 + 2j, -3j
