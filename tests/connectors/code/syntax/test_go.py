"""Go source as the language-neutral tree."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.origins import Origin, origins_of
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.go import package_name
from llmaudit.connectors.code.syntax.tree import Attr, Call, Import, Scope, SourceTree
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

HEAD = 'package main\nimport ("os"; "fmt"; ai "acme.example/ai/v2"; "acme.example/option")\n'


def read(source: str) -> SourceTree:
    return parse((HEAD + source).encode(), "go", "x.go")


def probe(tree: SourceTree) -> tuple[Call, Scope]:
    """The call of ``probe``, or of the method of that name."""
    for call, scope in tree.calls.values():
        function = call.function
        if (function.name if isinstance(function, Attr) else dotted(function)) == "probe":
            return call, scope
    raise AssertionError("the source does not call probe")


def value(source: str) -> Value:
    tree = read(source)
    call, scope = probe(tree)
    return value_of(call.arguments[0].value, scope, tree)


def origins(source: str) -> list[tuple[str, str]]:
    tree = read(source)
    call, scope = probe(tree)
    function = call.function
    assert isinstance(function, Attr)
    found: tuple[Origin, ...] = origins_of(function.value, scope, tree)
    return [(o.kind, o.qualified) for o in found]


MADE = ("call", "acme.example/ai/v2:NewClient")
DECLARED = ("annotation", "acme.example/ai/v2:Client")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('func f() { probe("x") }', Text("x")),
        ("func f() { probe(`x\\n`) }", Text("x\\n")),
        ('func f() { probe("a\\u0062\\x63\\144\\n") }', Text("abcd\n")),
        ('func f() { probe("") }', Blank()),
        ("func f() { probe(nil) }", Blank()),
        ("func f() { probe(3) }", Scalar()),
        ("func f() { probe(-3) }", Scalar()),
        ('func f() { probe("a" + "b") }', Text("ab")),
        ('func f(x string) { probe("a" + x) }', Opaque("interpolated", text="a\0")),
        ('func f(x string) { probe(fmt.Sprintf("a/%s", x)) }', Opaque("interpolated", text="a/\0")),
        ('func f() { probe(M) }\nconst M = "x"', Text("x")),
        ('func f() { probe(m) }\nvar m, n = "x", "y"', Text("x")),
        ('const (\n A K = "a"\n B = "b"\n)\nfunc f() { probe(B) }', Text("b")),
        ('func f() { m, err := "x", g(); probe(m) }', Text("x")),
        ("func f(m string) { probe(m) }", Opaque("parameter")),
        ('func f() { m := os.Getenv("M"); probe(m) }', Opaque("environment")),
        (
            'func f() { m := os.Getenv("M")\n if m == "" { m = "x" }\n probe(m) }',
            Choice((Opaque("environment"), Text("x"))),
        ),
        (
            'func f(a bool) { var m string\n if a { m = "x" } else { m = "y" }\n probe(m) }',
            Choice((Blank(), Text("x"), Text("y"))),
        ),
        ('func f() { { m := "x"; use(m) }\n m := "y"; probe(m) }', Text("y")),
        ('func f() { switch a { case 1: m := "x"; use(m)\n case 2: m := "y"; probe(m) } }', Text("y")),
        ('func f() { for _, m := range []string{"x", "y"} { probe(m) } }', Choice((Text("x"), Text("y")))),
        ('func f() { probe(ai.P{Model: "x", N: 1}) }', Table({"Model": Text("x"), "N": Scalar()})),
        ('func f() { probe(&ai.P{Model: "x"}) }', Table({"Model": Text("x")})),
        ("func f() { probe(ai.P{}) }", Table()),
        ('func f() { probe(map[string]string{"a": "b"}) }', Table({"a": Text("b")})),
        ('func f(k string) { probe(map[string]string{k: "b"}) }', Table(open=True)),
        ('const K = "a"\nfunc f() { probe(map[string]string{K: "b"}) }', Table({"a": Text("b")})),
        ('func f() { probe(ai.Tags{"a": "b"}) }', Table({"a": Text("b")})),
        ('func f() { probe([]ai.M{{Role: "x"}}) }', Items((Table({"Role": Text("x")}),))),
        ('func f() { p := ai.P{A: "x"}\n p.B = "y"\n probe(p) }', Table({"A": Text("x"), "B": Text("y")})),
        (
            'func f() { p := ai.P{T: map[string]string{"a": "x"}}\n p.T["b"] = "y"\n probe(p) }',
            Table({"T": Table({"a": Text("x"), "b": Text("y")})}),
        ),
        ('func f() { m := map[string]any{}\n m["a"] = "x"\n probe(m) }', Table({"a": Text("x")})),
        ('func f() { p := new(ai.P)\n p.A = "x"\n probe(p) }', Table({"A": Text("x")})),
        ('func f() { xs := []string{"a"}\n xs = append(xs, "b")\n probe(xs) }', Items((Text("a"), Text("b")))),
        ('func f() { var xs []string\n xs = append(xs, "b")\n probe(xs) }', Items((Text("b"),))),
        ('func m() string { return "x" }\nfunc f() { probe(m()) }', Text("x")),
        ('func m() (s string, err error) { s = "x"; return }\nfunc f() { v, _ := m(); probe(v) }', Text("x")),
        ("type S struct { m string }\nfunc (s *S) f() { probe(s.m) }", Opaque("unknown")),
        (
            'type S struct { m string }\nfunc n() *S { return &S{m: "x"} }\nfunc (s *S) f() { probe(s.m) }',
            Text("x"),
        ),
        ('type S struct { m string }\nfunc (s *S) g() { s.m = "x" }\nfunc (s *S) f() { probe(s.m) }', Text("x")),
        ('func f() { s := &S{m: "x"}; probe(s.m) }\ntype S struct { m string }', Text("x")),
        ('type S struct{}\nfunc (s S) m() string { return "x" }\nfunc (s S) f() { probe(s.m()) }', Text("x")),
        ('func f() { probe([]byte("x")) }', Text("x")),
        ('func f() { probe(ai.String("x")) }', Text("x")),
        ('func f() { probe(ai.Opt[string]("x")) }', Text("x")),
        ("func f() { probe(ai.ModelLarge) }", Opaque("import", symbol="acme.example/ai/v2:ModelLarge")),
        (
            'type B struct { M string `json:"model,omitempty"`; N int `json:"-"` }\n'
            'func f() { b := B{N: 1}\n b.M = "x"\n probe(b) }',
            Table({"N": Scalar(), "M": Text("x"), "model": Text("x")}),
        ),
        (
            'type B struct { M string `json:"model"` }\nfunc f() { probe(B{M: "x"}) }',
            Table({"M": Text("x"), "model": Text("x")}),
        ),
        (
            'func f() { r := ai.P{}\n r.Header.Set("A", "x")\n r.Header.Add("B", "y")\n r.SetBody("z")\n probe(r) }',
            Table({"Header": Table({"A": Text("x"), "B": Text("y")}), "body": Text("z")}),
        ),
        ('func f() { h := map[string]string{}\n h.Set("A", "x")\n probe(h) }', Table({"A": Text("x")})),
        ("func f() { var p ai.P\n p.A = 1\n probe(p) }", Table({"A": Scalar()})),
        ('func f() { m := make(map[string]string)\n m["a"] = "x"\n probe(m) }', Table({"a": Text("x")})),
        ('func f() { m := make([]string, 0)\n m = append(m, "x")\n probe(m) }', Items((Text("x"),))),
        ('var m = flag.String("model", "x", "")\nfunc f() { probe(*m) }', Opaque("environment", Text("x"))),
        (
            'func f() { var m string\n c.Flags().StringVarP(&m, "model", "m", "x", "")\n probe(m) }',
            Choice((Blank(), Opaque("environment", Text("x")))),
        ),
        ("func f() { probe(func() {}) }", Opaque("unknown")),
    ],
)  # fmt: skip
def test_values(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("func f() { c := ai.NewClient(); c.probe() }", [MADE]),
        ("func f() { c, err := ai.NewClient(); c.Chat.probe() }", [MADE]),
        ("var c *ai.Client\nfunc f() { c.probe() }", [DECLARED]),
        ("func f() { c.probe() }\nvar c *ai.Client\nfunc init() { c = ai.NewClient() }", [DECLARED, MADE]),
        ("func f(c *ai.Client) { c.probe() }", [DECLARED]),
        ("type S struct { c *ai.Client }\nfunc (s *S) f() { s.c.probe() }", [DECLARED]),
        ("type S struct { cs map[string]*ai.Client }\nfunc (s *S) f() { s.cs[k].probe() }", [DECLARED]),
        ("type S struct { c *ai.Client }\nfunc f(s *S) { s.c.probe() }", [DECLARED]),
        ("type S struct { *ai.Client }\nfunc (s *S) f() { s.Messages.probe() }", [DECLARED]),
        ("type S struct { *ai.Client }\nfunc (s *S) f() { s.probe() }", [DECLARED]),
        ("type S struct { *ai.Client }\nfunc f() { s := &S{Client: ai.NewClient()}; s.probe() }", [DECLARED, MADE]),
        ("type B struct { c *ai.Client }\ntype S struct { B }\nfunc (s *S) f() { s.c.probe() }", [DECLARED]),
        ("type S struct { c any }\nfunc n() *S { c := ai.NewClient(); return &S{c: &c} }\n"
         "func (s *S) f() { s.c.probe() }", [MADE]),
        ("func n() *ai.Client { return ai.NewClient() }\nfunc f() { n().probe() }", [MADE]),
        ("func f() { go func() { c := ai.NewClient(); c.probe() }() }", [MADE]),
        ("func f(x any) { c := x.(*ai.Client); c.probe() }",
         [("module", "acme.example/ai/v2:Client")]),
        ("func f(x any) { switch c := x.(type) { case *ai.Client: c.probe() } }", []),
        ("func f() { ai.probe() }", [("module", "acme.example/ai/v2")]),
        ("type S struct{}\nfunc f() { s := &S{}; s.probe() }", [("local", "S")]),
        ("func f() { c := ai.Make[string](1); c.probe() }", [("call", "acme.example/ai/v2:Make")]),
        ("type I interface { probe() }\ntype S struct { c I }\nfunc f(s *S) { s.c.probe() }", [("open", "")]),
    ],
)  # fmt: skip
def test_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('func f() { probe(c, option.WithHeader("A", "b"), option.WithHeader("C", "d")) }',
         Table({"0": Opaque("unknown"), "WithHeader": Table({"A": Text("b"), "C": Text("d")}),
                "header": Table({"A": Text("b"), "C": Text("d")})})),
        ('func f() { o := []option.O{option.WithKey("k")}\n if x { o = append(o, option.WithBaseURL("u")) }\n'
         " probe(o...) }",
         Table({"WithKey": Text("k"), "key": Text("k"), "WithBaseURL": Text("u"), "baseURL": Text("u")})),
        ("func f(o ...option.O) { probe(o...) }", Table(open=True)),
        ("func f(o ...option.O) { probe(c, o...) }", Table({"0": Opaque("unknown")}, open=True)),
    ],
)  # fmt: skip
def test_arguments(source: str, expected: Table) -> None:
    tree = read(source)
    call, scope = probe(tree)
    assert arguments_of(call, scope, tree) == expected


def test_imports_symbols_and_comments() -> None:
    tree = parse(
        b'package p\nimport (\n\t"a.example/go-ai"\n\t. "b.example/x"\n\t_ "c.example/y"\n)\n'
        b"// one\ntype S struct{}\nfunc (s *S) F() { g() /* two */ }\nfunc (t *T) G() { func() { h() }() }",
        "go",
        "x.go",
    )  # fmt: skip
    assert tree.imports == [
        Import("a.example/go-ai", "", "ai", 3),
        Import("b.example/x", "*", "*", 4),
        Import("c.example/y", "", "", 5),
    ]
    assert [(c.text, c.line, c.alone) for c in tree.comments] == [
        ("one", 7, True),
        ("two", 9, False),
    ]
    symbols = {dotted(call.function): scope.symbol for call, scope in tree.calls.values()}
    assert symbols == {"g": "S.F", "h": "T.G", "": "T.G"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("github.com/o/openai-go/v3", "openai"),
        ("github.com/o/go-openai", "openai"),
        ("github.com/o/anthropic-sdk-go", "anthropic"),
        ("gopkg.in/yaml.v3", "yaml"),
        ("net/http", "http"),
        ("github.com/o/go-sdk/mcp", "mcp"),
        ("", ""),
    ],
)
def test_package_names(path: str, name: str) -> None:
    assert package_name(path) == name


def test_broken_source_gives_what_can_be_read() -> None:
    tree = read("func f() { a( }\nfunc g() { probe(ai.P{Model: ) }\nfunc h() { b() }")
    assert "b" in {dotted(call.function) for call, _ in tree.calls.values()}
