"""C# source as the neutral tree: values, origins, calls and what brings names."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.names import last_name
from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import Attr, SourceTree
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


def tree(source: str) -> SourceTree:
    return parse(source.encode(), "csharp", "A.cs")


def value(source: str) -> Value:
    """The value of the first argument of the call of ``Probe``."""
    read = tree(source)
    for call, scope in read.calls.values():
        if dotted(call.function) == "Probe":
            return value_of(call.arguments[0].value, scope, read)
    raise AssertionError("the source does not call Probe")


def origins(source: str) -> list[tuple[str, str]]:
    """Kinds and classes of what ``.Probe`` is called on."""
    read = tree(source)
    for call, scope in read.calls.values():
        if isinstance(call.function, Attr) and call.function.name == "Probe":
            found = origins_of(call.function.value, scope, read)
            return [(o.kind, last_name(o.qualified)) for o in found]
    raise AssertionError("the source does not call Probe")


def inside(members: str) -> str:
    return f"using Sdk;\nclass A {{ {members} }}\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('Probe("x");', Text("x")),
        ('Probe("a\\tb");', Text("a\tb")),
        ('Probe(@"a\\t""b""");', Text('a\\t"b"')),
        ('Probe("""raw "x" text""");', Text('raw "x" text')),
        ('Probe("");', Blank()),
        ("Probe(null);", Blank()),
        ("Probe(3);", Scalar()),
        ('var m = "b"; Probe($"a{m}c");', Text("abc")),
        ('Probe($"{{x}} {m}");', Opaque("interpolated", text="{x} \0")),
        ('Probe("a" + "b");', Text("ab")),
        ('Probe(a ? "x" : "y");', Choice((Text("x"), Text("y")))),
        ('Probe(p switch { "a" => "x", _ => "y" });', Choice((Text("x"), Text("y")))),
        ('Probe(new[] { "a", "b" });', Items((Text("a"), Text("b")))),
        ('string[] m = { "a" }; Probe(m);', Items((Text("a"),))),
        ('Probe(new List<string> { "a" });', Items((Text("a"),))),
        ('Probe(["a", "b"]);', Items((Text("a"), Text("b")))),
        ('var m = "x"; Probe(new { model = m, m });', Table({"model": Text("x"), "m": Text("x")})),
        ('Probe(new Dictionary<string, string> { ["a"] = "x" });', Table({"a": Text("x")})),
        ('Probe(new Dictionary<string, string>() { { "a", "x" } });', Table({"a": Text("x")})),
        ('var d = new Dictionary<string, string>(); d["a"] = "x"; Probe(d);',
         Table({"a": Text("x")})),
        ('var d = new Dictionary<string, string>(); d.Add("a", "x"); Probe(d);',
         Table({"a": Text("x")})),
        ('var o = new Options { Model = "m" }; Probe(o);', Table({"Model": Text("m")})),
        ('Options o = new() { Model = "m" }; Probe(o);', Table({"Model": Text("m")})),
        ('var o = new Options("m") { N = 1 }; Probe(o);',
         Table({"0": Text("m"), "N": Scalar()})),
        ('var o = new Options { A = "x" }; o.Model = "m"; Probe(o);',
         Table({"A": Text("x"), "Model": Text("m")})),
        ('var o = new Options { A = "x" }; o.Tags["k"] = "v"; Probe(o);',
         Table({"A": Text("x"), "Tags": Table({"k": Text("v")})})),
        ('var o = new Options { Tags = { ["k"] = "v" } }; Probe(o);',
         Table({"Tags": Table({"k": Text("v")})})),
        ('var o = new Options { A = "x" }; Probe(o with { A = "y" });', Table({"A": Text("y")})),
        ('Probe(Environment.GetEnvironmentVariable("M"));', Opaque("environment")),
        ('Probe(new Uri("https://a"));', Text("https://a")),
        ('foreach (var m in new[] { "a", "b" }) { Probe(m); }', Choice((Text("a"), Text("b")))),
        (inside('const string M = "x"; void F() { Probe(M); }'), Text("x")),
        (inside('string M { get; set; } = "x"; void F() { Probe(this.M); }'), Text("x")),
        (inside('string M => "x"; void F() { Probe(M); }'), Text("x")),
        (inside('void F(string m = "x") { Probe(m); }'), Opaque("parameter", Text("x"))),
        ('static class M { public const string A = "x"; }\nclass B { void F() { Probe(M.A); } }',
         Text("x")),
    ],
)  # fmt: skip
def test_values(source: str, expected: Value) -> None:
    found = value(source)
    if isinstance(found, Table):
        found = Table(found.entries, found.open)
    assert found == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("new Client().Probe();", [("call", "Client")]),
        ("var c = new Client(1); c.Probe();", [("call", "Client")]),
        ("Client c = new(1); await c.Probe();", [("call", "Client"), ("annotation", "Client")]),
        ("using var c = new Client(); c?.Probe();", [("call", "Client")]),
        (inside("Client c = new(); void F() { c.Probe(); }"),
         [("call", "Client"), ("annotation", "Client")]),
        (inside("readonly Client c; A(Client given) { c = given; } void F() { this.c.Probe(); }"),
         [("annotation", "Client")]),
        ("class A(Client c) { void F() => c.Probe(); }", [("annotation", "Client")]),
        (inside("Client C => new Client(); void F() { C.Probe(); }"), [("call", "Client")]),
        (inside("void F(Client c) { c.Probe(); }"), [("annotation", "Client")]),
        (inside("void F(Client? c) { c!.Probe(); }"), [("annotation", "Client")]),
        (inside("Client Make() { return new(1); } void F() { Make().Probe(); }"),
         [("call", "Client")]),
        ("services.GetRequiredService<Client>().Probe();", [("annotation", "Client")]),
        ("var c = services.GetRequiredService<Client>(); c.Probe();", [("annotation", "Client")]),
        ("if (x is Client c) { c.Probe(); }", [("annotation", "Client")]),
        ("new Sdk.Chat.Client().Probe();", [("call", "Client")]),
        ("class Client { }\nclass B { void F() { new Client().Probe(); } }", [("local", "Client")]),
        ("unknown.Probe();", [("open", "")]),
    ],
)  # fmt: skip
def test_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert list(dict.fromkeys(origins(source))) == expected


def test_arguments_by_name_and_by_place() -> None:
    read = tree('a.Create("p", model: "m", options: new() { N = "n" });')
    call, scope = next(c for c in read.calls.values() if isinstance(c[0].function, Attr))
    assert arguments_of(call, scope, read, ("prompt",)) == Table(
        {
            "0": Text("p"),
            "prompt": Text("p"),
            "model": Text("m"),
            "options": Table({"N": Text("n")}),
        }
    )


def test_what_brings_names() -> None:
    source = "using A.B;\nusing C = D.E;\nusing static F.G;\nnamespace H.I;\nclass J : K.L { }\n"
    assert [(i.module, i.name, i.local, i.types_only) for i in tree(source).imports] == [
        ("", "*", "*", True),
        ("A.B", "*", "*", False),
        ("D.E", "", "C", False),
        ("F", "G", "G", False),
        ("H.I", "*", "*", True),
        ("H", "*", "*", True),
        ("K", "L", "L@K", False),
    ]


def test_calls_end_where_they_do_in_the_source() -> None:
    source = "await a.B<T>(1).ConfigureAwait(false);\nx?.Y(2)?.Z();\n"
    texts = sorted(source[start:end] for start, end in tree(source).calls)
    assert texts == ["a.B<T>(1)", "a.B<T>(1).ConfigureAwait(false)", "x?.Y(2)", "x?.Y(2)?.Z()"]
