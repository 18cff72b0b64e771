"""Ruby source as the neutral tree: values, origins, calls and what is known of constants."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.arguments import arguments_of
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
    return parse(source.encode(), "ruby", "a.rb")


def value(source: str) -> Value:
    """The value of the first argument of the call of ``probe``."""
    read = tree(source)
    for call, scope in read.calls.values():
        if dotted(call.function) == "probe":
            return value_of(call.arguments[0].value, scope, read)
    raise AssertionError("the source does not call probe")


def origins(source: str) -> list[tuple[str, str]]:
    """Origins of what ``.probe`` is called on."""
    read = tree(source)
    for call, scope in read.calls.values():
        if isinstance(call.function, Attr) and call.function.name == "probe":
            return [(o.kind, o.qualified) for o in origins_of(call.function.value, scope, read)]
    raise AssertionError("the source does not call probe")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("probe 'x'", Text("x")),
        ('probe("a\\n")', Text("a\n")),
        ("probe('a\\n')", Text("a\\n")),
        ("probe(:x)", Text("x")),
        ('probe(:"claude-x")', Text("claude-x")),
        ("probe('')", Blank()),
        ("probe(nil)", Blank()),
        ("probe(3)", Scalar()),
        ('m = "b"\nprobe("a#{m}c")', Text("abc")),
        ('probe("a#{m}")', Opaque("interpolated", text="a\0")),
        ('probe("a" + "b")', Text("ab")),
        ('probe("a" \\\n "b")', Text("ab")),
        ("probe(<<~X)\n  one\n    two\nX\n", Text("one\n  two\n")),
        ("probe(<<~X, 1)\n  one\nX\nother", Text("one\n")),
        ("probe([1, 'a'])", Items((Scalar(), Text("a")))),
        ("probe(%w[a b])", Items((Text("a"), Text("b")))),
        ("probe({a: 'x', 'b' => 'y'})", Table({"a": Text("x"), "b": Text("y")})),
        ("h = {a: 'x'}\nprobe({**h, b: 'y'})", Table({"a": Text("x"), "b": Text("y")})),
        ("probe({a: 'x', **opts})", Table({"a": Text("x")}, open=True)),
        ("h = {}\nh[:a] = 'x'\nprobe(h)", Table({"a": Text("x")})),
        ("h = {a: 'x'}\nh.merge!(b: 'y')\nprobe(h)", Table({"a": Text("x"), "b": Text("y")})),
        ("h = {a: 'x'}\nprobe(h.merge(b: 'y'))", Table({"a": Text("x"), "b": Text("y")})),
        ("probe(a ? 'x' : 'y')", Choice((Text("x"), Text("y")))),
        ("probe(a || 'y')", Choice((Opaque("unknown"), Text("y")))),
        ("m = if a then 'x' else 'y' end\nprobe(m)", Choice((Text("x"), Text("y")))),
        (
            "m = case a\n when 1 then 'x'\n else 'y'\nend\nprobe(m)",
            Choice((Text("x"), Text("y"))),
        ),
        ("class A\n  M = 'x'\n  def f = probe(M)\nend", Text("x")),
        ("class A\n  M = 'x'.freeze\n  def f\n    probe(M)\n  end\nend", Text("x")),
        ("module A\n  M = 'x'\nend\nprobe(A::M)", Text("x")),
        ("def m\n  'x'\nend\nprobe(m)", Text("x")),
        ("class A\n  def m; @m ||= 'x'; end\n  def f; probe(m); end\nend", Text("x")),
        ("class A\n  attr_reader :m\n  def initialize; @m = 'x'; end\n  def f; probe(m); end\nend",
         Text("x")),
        ("def f(m = 'x') = probe(m)", Opaque("parameter", Text("x"))),
        ("def f(m: 'x') = probe(m)", Opaque("parameter", Text("x"))),
        ("probe(ENV.fetch('M', 'x'))", Opaque("environment", Text("x"))),
        ("probe(ENV['M'])", Opaque("environment")),
        ("a, b = 'x', 'y'\nprobe(b)", Text("y")),
        ("['x', 'y'].each { |m| probe(m) }", Choice((Text("x"), Text("y")))),
        ("m = 'x'\n[1].each do\n  m = 'y'\nend\nprobe(m)", Choice((Text("x"), Text("y")))),
        ("def f\n  return 'x' if a\n  'y'\nend\nprobe(f)", Choice((Text("x"), Text("y")))),
        ("x = {a: 'x'}.to_json\nprobe(x)", Table({"a": Text("x")})),
        ("def m(model) = probe(model:)", Opaque("parameter")),
    ],
)  # fmt: skip
def test_values(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Sdk::Client.new.probe", [("call", "Sdk.Client")]),
        ("::Sdk::Client.new(a: 1).probe(1)", [("call", "Sdk.Client")]),
        ("c = Sdk::Client.new do |f|\n  f.x\nend\nc.probe(1)", [("call", "Sdk.Client")]),
        ("Sdk.probe(1)", [("module", "Sdk")]),
        ("c = Sdk.chat(a: 1)\nc.b.probe", [("call", "Sdk.chat")]),
        ("class A\n  def initialize\n    @c = Sdk::Client.new\n  end\n"
         "  def f\n    @c.probe(1)\n  end\nend", [("call", "Sdk.Client")]),
        ("class A\n  def f\n    c.probe(1)\n  end\n  def c\n    @c ||= Sdk::Client.new\n  end\nend",
         [("call", "Sdk.Client")]),
        ("class A\n  def self.c = Sdk::Client.new\nend\nA.c.probe(1)", [("call", "Sdk.Client")]),
        ("@c = Sdk::Client.new\n@c.probe(1)", [("call", "Sdk.Client")]),
        ("$c = Sdk::Client.new\ndef f = $c.probe(1)", [("call", "Sdk.Client")]),
        ("let(:c) { Sdk::Client.new }\nit { c.probe(1) }", [("call", "Sdk.Client")]),
        ("module Sdk\n  class Own\n    def f = Sdk::Client.new.probe(1)\n  end\nend",
         [("call", "Sdk.Client")]),
        ("class Sdk\n  def self.client = new\nend\nSdk.new.probe(1)", [("local", "Sdk")]),
        ("class A < Sdk::Base\nend\nA.new.probe(1)", [("call", "Sdk.Base")]),
        ("def f(c)\n  c.probe(1)\nend", [("open", "")]),
    ],
)  # fmt: skip
def test_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


def test_arguments_with_and_without_braces_are_the_same() -> None:
    sources = ("probe(a: 'x', 'b' => 'y')", "probe({a: 'x', 'b' => 'y'})", "probe a: 'x', b: 'y'")
    found = []
    for source in sources:
        read = tree(source)
        call, scope = next(iter(read.calls.values()))
        table = arguments_of(call, scope, read)
        found.append({key: table.entries[key] for key in ("a", "b")})
    assert found == [{"a": Text("x"), "b": Text("y")}] * 3


def test_a_call_ends_where_its_arguments_do() -> None:
    source = "a.b(1) do |x|\n  x.c\nend\nd.e { |y| y }\nf.g"
    texts = sorted(source[start:end] for start, end in tree(source).calls)
    assert texts == ["a.b(1)", "d.e", "f.g", "x.c"]


def test_constants_of_the_file_are_nobody_elses() -> None:
    source = "class Own; end\nOwn.new\nSdk.new\nOther::A\nX = 1\nX\n"
    assert [(i.module, i.local) for i in tree(source).imports] == [
        ("Sdk", "Sdk"),
        ("Other", "Other"),
        ("Other", "Other::A"),
    ]


def test_comments_and_broken_code() -> None:
    read = tree("# one\na = 1 # two\ndef f(\nc.probe(1)\n")
    assert [(c.text, c.line, c.alone) for c in read.comments] == [
        ("one", 1, True),
        ("two", 2, False),
    ]
