"""What CPython says of a text, in the words of these tests.

    python3.13 oracle.py record      records anew what it says of every text in errors.jsonl:
                                     null where it compiles, else [kind, message, line, column, end line, end column]
    python3.13 oracle.py check       says `same` if nothing would change
    python3.13 oracle.py tree FILE   the syntax tree of a file, as support/dump.rs prints it
"""

import ast
import json
import pathlib
import struct
import sys
import warnings


def error(text):
    try:
        compile(text, "<test>", "exec", dont_inherit=True)
        return None
    except SyntaxError as e:
        return [type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset]
    except (RecursionError, MemoryError) as e:
        return [type(e).__name__, str(e), 0, 0, 0, 0]


class Dump:
    def __init__(self, data):
        self.starts = [0]
        for at, byte in enumerate(data):
            if byte == 10:
                self.starts.append(at + 1)

    def node(self, n, *parts, kind=None):
        start = self.starts[n.lineno - 1] + n.col_offset
        end = self.starts[n.end_lineno - 1] + n.end_col_offset
        return f"{kind or type(n).__name__}@{start}-{end}({' '.join(parts)})"

    def opt(self, n):
        return "-" if n is None else self.any(n)

    def list(self, items):
        return "[" + " ".join(self.any(i) if isinstance(i, ast.AST) else i for i in items) + "]"

    def any(self, n):
        return getattr(self, type(n).__name__, self.other)(n)

    def other(self, n):
        parts = []
        for field, value in ast.iter_fields(n):
            if field in ("ctx", "type_comment", "type_params", "type_ignores", "kind"):
                continue
            if isinstance(value, list):
                parts.append(self.list(value))
            elif isinstance(value, (ast.operator, ast.unaryop, ast.boolop)):
                parts.append(type(value).__name__)
            elif isinstance(value, ast.AST):
                parts.append(self.any(value))
            else:
                parts.append("-" if value is None else str(value))
        return self.node(n, *parts)

    def alias(self, n):
        return f"{n.name}:{n.asname or '-'}"

    def withitem(self, n):
        return f"{self.any(n.context_expr)}:{self.opt(n.optional_vars)}"

    def comprehension(self, n):
        return f"for({self.any(n.target)} {self.any(n.iter)} {self.list(n.ifs)})"

    def args(self, args, keywords):
        words = [f"{k.arg}={self.any(k.value)}" if k.arg else f"**{self.any(k.value)}" for k in keywords]
        return "[" + " ".join([self.any(a) for a in args] + words) + "]"

    def Call(self, n):
        return self.node(n, self.any(n.func), self.args(n.args, n.keywords))

    def ClassDef(self, n):
        return self.node(
            n, n.name, self.list(n.type_params), self.args(n.bases, n.keywords), self.list(n.body), self.list(n.decorator_list)
        )

    def FunctionDef(self, n):
        return self.node(
            n, n.name, self.list(n.type_params), self.any(n.args), self.list(n.body), self.list(n.decorator_list),
            self.opt(n.returns)
        )

    def TypeVar(self, n):
        return self.node(n, n.name, self.opt(n.bound), self.opt(n.default_value))

    def TypeVarTuple(self, n):
        return self.node(n, n.name, self.opt(n.default_value))

    ParamSpec = TypeVarTuple

    def arguments(self, n):
        one = lambda a, d: f"{a.arg}:{self.opt(a.annotation)}={self.opt(d)}"
        opt = lambda a: "-" if a is None else one(a, None)
        plain = n.posonlyargs + n.args
        defaults = [None] * (len(plain) - len(n.defaults)) + n.defaults
        both = [one(a, d) for a, d in zip(plain, defaults)]
        cut = len(n.posonlyargs)
        kwonly = [one(a, d) for a, d in zip(n.kwonlyargs, n.kw_defaults)]
        parts = [self.list(both[:cut]), self.list(both[cut:]), opt(n.vararg), self.list(kwonly), opt(n.kwarg)]
        return "params(" + " ".join(parts) + ")"

    def Compare(self, n):
        ops = "[" + " ".join(type(o).__name__ for o in n.ops) + "]"
        return self.node(n, self.any(n.left), ops, self.list(n.comparators))

    def Dict(self, n):
        return self.node(n, "[" + " ".join(f"{self.opt(k)}:{self.any(v)}" for k, v in zip(n.keys, n.values)) + "]")

    def NamedExpr(self, n):
        return self.node(n, n.target.id, self.any(n.value))

    def wtf8(self, text):
        return text.encode("utf-8", "surrogatepass").hex()

    def pieces(self, n):
        out = []
        for v in n.values:
            if isinstance(v, ast.Constant):
                out.append("'" + self.wtf8(v.value))
            else:
                conversion = {-1: "None", 115: "Str", 114: "Repr", 97: "Ascii"}[v.conversion]
                spec = "-" if v.format_spec is None else self.pieces(v.format_spec)
                out.append("{" + f"{self.any(v.value)} {conversion} {spec}" + "}")
        return "[" + " ".join(out) + "]"

    def JoinedStr(self, n):
        return self.node(n, self.pieces(n))

    def Constant(self, n):
        v = n.value
        if v is ...:
            text = "Ellipsis"
        elif v is None or isinstance(v, bool):
            text = str(v)
        elif isinstance(v, int):
            text = str(v) if v < 2**63 else f"{v}#10"
        elif isinstance(v, float):
            text = "float " + struct.pack(">d", v).hex()
        elif isinstance(v, complex):
            text = "imaginary " + struct.pack(">d", v.imag).hex()
        elif isinstance(v, str):
            text = "str " + self.wtf8(v)
        elif isinstance(v, bytes):
            text = "bytes " + v.hex()
        else:
            text = repr(v)
        return self.node(n, text)


def tree(data):
    dump = Dump(data)
    return "".join(dump.any(s) + "\n" for s in ast.parse(data).body)


def records():
    path = pathlib.Path(__file__).with_name("errors.jsonl")
    old = path.read_text(encoding="utf-8")
    texts = [json.loads(line)[0] for line in old.splitlines()]
    new = "".join(json.dumps([text, error(text)]) + "\n" for text in texts)
    return path, old, new


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 13):
        sys.exit(3)
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20000)
    if sys.argv[1] == "record":
        path, _, new = records()
        path.write_text(new, encoding="utf-8")
    elif sys.argv[1] == "check":
        _, old, new = records()
        print("same" if old == new else "different")
    else:
        with open(sys.argv[2], "rb") as file:
            print(tree(file.read()), end="")
