"""Rust source as the language-neutral tree."""

# ruff: noqa: E501
from __future__ import annotations

import pytest

from llmaudit.connectors.code.origins import Origin, origins_of
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax import parse
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

HEAD = "use ai::{Client, config::Config, LARGE};\nuse std::{env, sync::Arc};\n"


def read(source: str) -> SourceTree:
    return parse((HEAD + source).encode(), "rust", "x.rs")


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
    assert isinstance(call.function, Attr)
    found: tuple[Origin, ...] = origins_of(call.function.value, scope, tree)
    return [(o.kind, o.qualified) for o in found]


MADE = ("call", "ai.Client")
DECLARED = ("annotation", "ai.Client")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('fn f() { probe("x") }', Text("x")),
        ('fn f() { probe(r#"a"b"#) }', Text('a"b')),
        ('fn f() { probe("a\\u{62}\\x63\\n\\\n   d") }', Text("abc\nd")),
        ('fn f() { probe("") }', Blank()),
        ("fn f() { probe(-3) }", Scalar()),
        ('fn f() { probe("x".to_string()) }', Text("x")),
        ('fn f() { probe(String::from("x")) }', Text("x")),
        ('fn f() { probe(&"x".into()) }', Text("x")),
        ('fn f() { probe(Some("x")) }', Text("x")),
        ("fn f() { probe(String::new()) }", Blank()),
        ("fn f() { probe(M) }\nconst M: &str = \"x\";", Text("x")),
        ('fn f() { let m = "x"; use_it(m); let m = "y"; probe(m) }', Text("y")),
        ('fn f() { let m = "x"; probe(m); let m = "y"; use_it(m) }', Text("x")),
        ('fn f(a: bool) { let m = if a { "x" } else { "y" }; probe(m) }', Choice((Text("x"), Text("y")))),
        ('fn f(a: A) { let m = match a { A::X => "x", _ => { let n = "y"; n } }; probe(m) }', Choice((Text("x"), Text("y")))),
        ("fn f(m: &str) { probe(m) }", Opaque("parameter")),
        ('fn f() { probe(env::var("M").unwrap_or_else(|_| "x".into())) }', Choice((Opaque("environment"), Text("x")))),
        ('fn f(m: Option<String>) { probe(m.unwrap_or("x".to_string())) }', Choice((Opaque("parameter"), Text("x")))),
        ('fn f(b: &str) { probe(format!("{b}/v1/{}", "chat")) }', Opaque("interpolated", text="\0/v1/chat")),
        ('fn f() { let b = "h"; probe(format!("{}/{x}/{{0}}", b, x = "y")) }', Text("h/y/{0}")),
        ('fn f() { probe("a".to_owned() + "b") }', Text("ab")),
        ('fn f() { probe(vec!["x", "y"]) }', Items((Text("x"), Text("y")))),
        (
            'fn f() { let m = "x"; probe(json!({"model": m, "n": -1, "t": ["a", null], "o": {"k": true}})) }',
            Table({"model": Text("x"), "n": Scalar(), "t": Items((Text("a"), Blank())), "o": Table({"k": Scalar()})}),
        ),
        ('fn f() { probe(P { model: "x".into(), n: 1, ..Default::default() }) }', Table({"model": Text("x"), "n": Scalar()})),
        ("fn f(p: P) { probe(P { n: 1, ..p }) }", Table({"n": Scalar()}, open=True)),
        ('fn f() { let model = "x"; probe(P { model }) }', Table({"model": Text("x")})),
        ('fn f() { probe(PArgs::default().model("x").build()?) }', Table({"model": Text("x")}, builder=True)),
        ('fn f() { probe(P::new("x", 1).with_tag("a", "b")) }', Table({"0": Text("x"), "1": Scalar(), "with_tag": Table({"a": Text("b")}), "tag": Table({"a": Text("b")})}, builder=True)),
        ('fn f() { let mut m = HashMap::new(); m.insert("a".to_string(), "x"); probe(m) }', Table({"a": Text("x")})),
        ('fn f() { let mut p = P { a: "x" }; p.b = "y"; probe(p) }', Table({"a": Text("x"), "b": Text("y")})),
        ('struct S { m: String }\nimpl S { fn new() -> Self { Self { m: "x".into() } }\n fn f(&self) { probe(&self.m) } }', Text("x")),
        ('struct S { m: String }\nimpl S { fn m(&self) -> &str { "x" }\n fn f(&self) { probe(self.m()) } }', Text("x")),
        ('fn m() -> &str { let a = "x"; a }\nfn f() { probe(m()) }', Text("x")),
        ('fn m(a: bool) -> &str { if a { let b = "x"; return b; } "y" }\nfn f() { probe(m(c)) }', Choice((Text("x"), Text("y")))),
        ('fn f() { if let Some(m) = Some("x") { probe(m) } }', Text("x")),
        ('fn f() { let (a, m) = ("x", "y"); probe(m) }', Text("y")),
        ('fn f() { for m in ["x", "y"] { probe(m) } }', Choice((Text("x"), Text("y")))),
        ("fn f() { probe(LARGE) }", Opaque("import", symbol="ai.LARGE")),
        ("fn f() { probe(ai::models::SMALL) }", Opaque("import", symbol="ai.models.SMALL")),
        ('lazy_static! { static ref M: String = "x".into(); }\nfn f() { probe(M) }', Text("x")),
    ],
)  # fmt: skip
def test_values(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("fn f() { let c = Client::new(); c.probe() }", [MADE]),
        ("fn f() { let c = Arc::new(Client::new()); c.probe() }", [MADE]),
        ("fn f() { let c = ai::Client::new(); c.probe() }", [MADE]),
        ("fn f() { let c = Client::with_config(Config::new()); c.probe() }", [("call", "ai.Client.with_config")]),
        ("fn f(c: &Client<Config>) { c.probe() }", [DECLARED, ("annotation", "ai.config.Config")]),
        ("fn f(c: Option<Arc<Client>>) { c.unwrap().probe() }", [MADE, DECLARED]),
        ("struct S { c: Arc<Client> }\nimpl S { fn f(&self) { self.c.probe() } }", [DECLARED]),
        ("struct S { c: Client }\nfn f(s: &S) { s.c.probe() }", [DECLARED]),
        ("struct S { c: X }\nimpl S { fn new() -> Self { let c = Client::new(); S { c } }\n fn f(&self) { self.c.probe() } }", [MADE]),
        ("fn c() -> Client { Client::new() }\nfn f() { c().probe() }", [MADE]),
        ("struct S;\nimpl S { fn c(&self) -> &Self { self } }\nfn f(s: S) { s.c().probe() }", [("local", "S")]),
        ("static C: OnceLock<Client> = OnceLock::new();\nfn f() { C.get().unwrap().probe() }", [MADE]),
        ("fn f() { let ai = ai::Client::new(); ai::Client::new().probe() }", [MADE]),
        ("fn f() { tokio::spawn(async move { let c = Client::new(); c.probe().await }); }", [MADE]),
    ],
)  # fmt: skip
def test_origins(source: str, expected: list[tuple[str, str]]) -> None:
    found = origins(source)
    assert [pair for pair in found if pair[0] != "open"][: len(expected)] == expected


def test_imports_symbols_and_comments() -> None:
    tree = parse(
        b"use a::{self, b::{C, D as E}, f::*};\nuse crate::g;\nextern crate h;\n/// one\nstruct S;\nimpl Trait for S {\n    fn m(&self) { x::y(); /* two */ }\n}\nimpl Other { fn n() { z() } }\n",
        "rust",
        "x.rs",
    )
    assert tree.imports == [
        Import("a", "", "a", 1),
        Import("a.b", "C", "C", 1),
        Import("a.b", "D", "E", 1),
        Import("a.f", "*", "*", 1),
        Import("crate", "g", "g", 2),
        Import("h", "", "h", 3),
        Import("x", "", "x", 7),
    ]
    assert [(c.text, c.line, c.alone) for c in tree.comments] == [
        ("one", 4, True),
        ("two", 7, False),
    ]
    symbols = {dotted(call.function): scope.symbol for call, scope in tree.calls.values()}
    assert symbols == {"x.y": "S.m", "z": "Other.n"}


def test_calls_in_macros_stand_where_they_are_written_and_are_told_apart() -> None:
    source = 'fn f() {\n    a.seen();\n    println!("{}", b.one(\n        2));\n    tokio::select! { r = c.two() => { d.three() } }\n    vec![json!({"k": e.four()})];\n}\n'
    tree = parse(source.encode(), "rust", "x.rs")
    found = {
        source.encode()[start:end].decode(): (call.line, call.column, (start, end) in tree.unseen)
        for (start, end), (call, _) in tree.calls.items()
    }
    assert found == {
        "a.seen()": (2, 5, False),
        "b.one(\n        2)": (3, 20, True),
        "c.two()": (5, 26, True),
        "d.three()": (5, 39, True),
        "e.four()": (6, 22, True),
    }


def test_broken_source_gives_what_can_be_read() -> None:
    tree = read("fn f() { a( }\nfn g() { let x = ; b() }\nfn h() { c() }")
    assert "c" in {dotted(call.function) for call, _ in tree.calls.values()}
