"""Following a value through one file."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.values import (
    Blank,
    Choice,
    Items,
    Opaque,
    Scalar,
    Table,
    Text,
    Value,
    value_of,
)


def value(source: str, analyzer: str = "python") -> Value:
    """The value of the first argument of the call of ``probe`` in the source."""
    tree = parse(source.encode(), analyzer, "x.py" if analyzer == "python" else "x.ts")
    for call, scope in tree.calls.values():
        if dotted(call.function) == "probe":
            return value_of(call.arguments[0].value, scope, tree)
    raise AssertionError("the source does not call probe")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("probe('x')", Text("x")),
        ("probe('x' 'y')", Text("xy")),
        ("probe(f'x')", Text("x")),
        ("probe('')", Blank()),
        ("probe(None)", Blank()),
        ("probe(3)", Scalar()),
        ("m = 'x'\nprobe(m)\nm = 'y'", Text("x")),
        ("m = 'x'\nm = 'y'\nprobe(m)", Text("y")),
        ("m = 'x'\nif a:\n    m = 'y'\nprobe(m)", Choice((Text("x"), Text("y")))),
        (
            "m = 'x'\nif a:\n    m = 'y'\nelse:\n    m = 'z'\nprobe(m)",
            Choice((Text("y"), Text("z"))),
        ),
        ("if a:\n    m = 'x'\nelif b:\n    m = 'y'\n    probe(m)\nelse:\n    m = 'z'", Text("y")),
        ("m = 'x'\nfor i in n:\n    probe(m)\n    m = 'y'", Choice((Text("x"), Text("y")))),
        ("try:\n    m = 'x'\nexcept E:\n    m = 'y'\nprobe(m)", Choice((Text("x"), Text("y")))),
        ("def f():\n    probe(m)\nm = 'x'\nm = 'y'", Choice((Text("x"), Text("y")))),
        ("def f(m):\n    m = 'x'\n    probe(m)", Text("x")),
        (
            "def f(m):\n    if not m:\n        m = 'x'\n    probe(m)",
            Choice((Opaque("parameter"), Text("x"))),
        ),
        ("m = 'x'\n[probe(m) for m in ('a', 'b')]", Choice((Text("a"), Text("b")))),
        ("[m for m in n]\nm = 'x'\nprobe(m)", Text("x")),
        ("d = {'a': 'b'}\nprobe(d)\nd['c'] = 'e'", Table({"a": Text("b")})),
        ("d = {}\nif a:\n    d['a'] = 'b'\nelse:\n    probe(d)", Table()),
        (
            "match a:\n    case 1:\n        m = 'x'\n        probe(m)\n"
            "    case _:\n        m = 'y'",
            Text("x"),
        ),
        ("M = 'x'\nprobe(M)", Text("x")),
        ("M = 'x'\ndef f():\n    M = 'y'\n    probe(M)", Text("y")),
        ("def f(m): probe(m)", Opaque("parameter")),
        ("def f(m='x'): probe(m)", Opaque("parameter", Text("x"))),
        ("probe('x' if a else 'y')", Choice((Text("x"), Text("y")))),
        ("probe(a or 'y')", Choice((Opaque("unknown"), Text("y")))),
        ("probe(f'a{b}')", Opaque("interpolated", text="a\0")),
        ("probe({'a': 'b'} | {'c': 'd'})", Table({"a": Text("b"), "c": Text("d")})),
        (
            "d = {'a': 'b', 'c': None}\nprobe({k: v for k, v in d.items() if v})",
            Table({"a": Text("b"), "c": Blank()}),
        ),
        ("def f(d): probe({k: v for k, v in d.items()})", Table(open=True)),
        ("probe({k: v for k, v in d})", Opaque("unknown")),
        ("probe([1, 'b'][1])", Text("b")),
        ("def make(): return 1, 'm'\nn, m = make()\nprobe(m)", Text("m")),
        ("class M(Enum):\n    A = 'x'\nprobe(M.A.value)", Text("x")),
        ("class S:\n    m: str = Field('x', description='y')\ns = S()\nprobe(s.m)", Text("x")),
        ("class S:\n    m: str\ns = S(m='x')\nprobe(s.m)", Text("x")),
        (
            "class S:\n    @property\n    def p(self): return {'a': 'b'}\n"
            "    def f(self): probe(self.p)",
            Table({"a": Text("b")}),
        ),
        (
            "d = {}\nfor k in ('a', 'b'): d[k] = x\nprobe(d)",
            Table({"a": Opaque("unknown"), "b": Opaque("unknown")}),
        ),
        ("from s import M\nprobe(M)", Opaque("import")),
        ("import os\nprobe(os.getenv('M', 'x'))", Opaque("environment", Text("x"))),
        ("import os\nprobe(os.environ['M'])", Opaque("environment")),
        ("probe(['a', 'b'])", Items((Text("a"), Text("b")))),
        ("probe({'a': 'b'})", Table({"a": Text("b")})),
        ("d = {'a': 'b'}\nprobe({**d, 'c': 'd'})", Table({"a": Text("b"), "c": Text("d")})),
        ("probe({**unknown, 'c': 'd'})", Table({"c": Text("d")}, open=True)),
        ("probe(dict(a='b', **{'c': 'd'}))", Table({"a": Text("b"), "c": Text("d")})),
        (
            "d = {}\nd['a'] = 'b'\nd.update(c='d')\nprobe(d)",
            Table({"a": Text("b"), "c": Text("d")}),
        ),
        ("d = {'a': 'b'}\nd |= other()\nprobe(d)", Table({"a": Text("b")}, open=True)),
        ("d = {'a': 'b'}\nprobe(d['a'])", Text("b")),
        ("d = {'a': 'b'}\nprobe(d.get('c', 'z'))", Text("z")),
        ("class S:\n    M = 'x'\nprobe(S.M)", Text("x")),
        ("class S:\n    M = 'x'\n    def f(self): probe(self.M)", Text("x")),
        (
            "class S:\n    def __init__(self): self.m = 'x'\n    def f(self): probe(self.m)",
            Text("x"),
        ),
        (
            "class B:\n    M = 'x'\nclass S(B):\n    def f(self): probe(self.M)",
            Text("x"),
        ),
        ("def make(): return {'a': 'b'}\nprobe(make())", Table({"a": Text("b")})),
        ("probe(Config(labels={'a': 'b'}))", Table({"labels": Table({"a": Text("b")})})),
        ("import json\nprobe(json.dumps({'a': 'b'}))", Table({"a": Text("b")})),
        ("x = x\nprobe(x)", Opaque("unknown")),
        ("for m in ('a', 'b'):\n    probe(m)", Choice((Text("a"), Text("b")))),
    ],
)
def test_python_values(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const m = 'x'; probe(m)", Text("x")),
        ("probe(`x`)", Text("x")),
        ("probe(`a${b}`)", Opaque("interpolated", text="a\0")),
        ("const d = {a: 'b'}; probe({...d, c: 'd'})", Table({"a": Text("b"), "c": Text("d")})),
        ("function f(o) { probe({...o}) }", Table(open=True)),
        ("const a = 'b'; probe({a})", Table({"a": Text("b")})),
        ("const d: any = {}; d.a = 'b'; probe(d)", Table({"a": Text("b")})),
        ("probe(x ?? 'y')", Choice((Opaque("unknown"), Text("y")))),
        ("probe(process.env['M'])", Opaque("environment")),
        ("class S { m = 'x'; f() { probe(this.m) } }", Text("x")),
        ("const { m } = { m: 'x' }; probe(m)", Text("x")),
        ("const make = () => ({ a: 'b' }); probe(make())", Table({"a": Text("b")})),
        ("probe(JSON.stringify({ a: 'b' } as any))", Table({"a": Text("b")})),
        (
            "let m: string; if (a) { m = 'x' } else { m = 'y' }\nprobe(m)",
            Choice((Text("x"), Text("y"))),
        ),
        ("probe(null)", Blank()),
        ("probe(undefined)", Blank()),
    ],
)
def test_typescript_values(source: str, expected: Value) -> None:
    assert value(source, "typescript") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("B = 'https://h.example'\nprobe(f'{B}/v1')", Text("https://h.example/v1")),
        ("probe(BASE + '/v1')", Opaque("interpolated", text="\0/v1")),
        (
            "import os\nB = os.getenv('B', 'http://h')\nprobe(B + '/v1')",
            Opaque("interpolated", Text("http://h/v1"), "\0/v1"),
        ),
        ("probe('%s/v1/%d' % ('a', n))", Opaque("interpolated", text="a/v1/\0")),
        ("probe('{}/v1'.format('a'))", Text("a/v1")),
        ("probe(urljoin('http://h/', '/v1'))", Text("http://h/v1")),
        ("probe(['a'] + ['b'])", Items((Text("a"), Text("b")))),
        ("a = {'x': 'y'}\nprobe(a | {'z': 'w'})", Table({"x": Text("y"), "z": Text("w")})),
        (
            "probe(Request.builder().model('m').putMetadata('team', 't').build())",
            Table(
                {
                    "model": Text("m"),
                    "putMetadata": Table({"team": Text("t")}),
                    "metadata": Table({"team": Text("t")}),
                },
                builder=True,
            ),
        ),
        (
            "probe(lambda b: b.modelId('m').withUser('u'))",
            Table({"modelId": Text("m"), "withUser": Text("u"), "user": Text("u")}, builder=True),
        ),
    ],
)
def test_texts_and_tables_that_are_put_together(source: str, expected: Value) -> None:
    assert value(source) == expected


def test_a_template_is_filled_with_what_is_known() -> None:
    source = "const base = 'https://h.example'; probe(`${base}/v1/${id}`)"
    assert value(source, "typescript") == Opaque("interpolated", text="https://h.example/v1/\0")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("enum M { A = 'x' } probe(M.A)", Text("x")),
        ("const { m = 'x' } = {}; probe(m)", Text("x")),
        ("const { m = 'x' } = { m: 'y' }; probe(m)", Text("y")),
        (
            "function f(o) { const { m = 'x' } = o; probe(m) }",
            Choice((Opaque("parameter"), Text("x"))),
        ),
        ("const [, b] = ['x', 'y']; probe(b)", Text("y")),
        ("const l = ['x', 'y']; probe(l[1])", Text("y")),
        ("for (const m of ['x', 'y']) probe(m)", Choice((Text("x"), Text("y")))),
        ("['x'].map((m) => probe(m))", Text("x")),
        ("const o = {}; Object.assign(o, { a: 'x' }); probe(o)", Table({"a": Text("x")})),
        ("const o = {}; if (y) { o.a = 'x'; } probe(o)", Table({"a": Text("x")})),
        ("probe({ ...(y && { a: 'x' }) })", Table({"a": Text("x")})),
        ("let m; if (y) m = 'x'; else m = 'z'; probe(m)", Choice((Text("x"), Text("z")))),
        ("{ const m = 'x'; } { const m = 'y'; probe(m) }", Text("y")),
        ("const f = () => { if (y) { const m = 'x'; return m; } }; probe(f())", Text("x")),
        ("probe((() => 'x')())", Text("x")),
        ("probe('x' || y)", Text("x")),
        ("const o = { m: 'x', f() { probe(this.m); } };", Text("x")),
        ("probe(process.env.M)", Opaque("environment")),
    ],
)
def test_typescript_forms(source: str, expected: Value) -> None:
    assert value(source, "typescript") == expected
