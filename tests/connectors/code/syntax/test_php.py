"""PHP source as the neutral tree: values, origins, calls and what names mean."""

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
    return parse(f"<?php\n{source}".encode(), "php", "a.php")


def value(source: str) -> Value:
    """The value of the first argument of the call of ``probe``."""
    read = tree(source)
    for call, scope in read.calls.values():
        if dotted(call.function) == "probe":
            return value_of(call.arguments[0].value, scope, read)
    raise AssertionError("the source does not call probe")


def origins(source: str) -> list[tuple[str, str]]:
    """Origins of what ``->probe()`` is called on."""
    read = tree(source)
    for call, scope in read.calls.values():
        if isinstance(call.function, Attr) and call.function.name == "probe":
            return [(o.kind, o.qualified) for o in origins_of(call.function.value, scope, read)]
    raise AssertionError("the source does not call probe")


def inside(members: str) -> str:
    return f"use Sdk\\Client;\nclass A {{ {members} }}\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("probe('x');", Text("x")),
        ("probe('a\\'b\\n');", Text("a'b\\n")),
        ('probe("a\\n");', Text("a\n")),
        ("probe('');", Blank()),
        ("probe(null);", Blank()),
        ("probe(3);", Scalar()),
        ("$m = 'b'; probe(\"a{$m}c\");", Text("abc")),
        ('probe("a$m");', Opaque("interpolated", text="a\0")),
        ("probe('a' . 'b' . 'c');", Text("abc")),
        ("probe(<<<X\n  one\n    two\n  X);", Text("one\n  two")),
        ("probe(<<<'X'\n  $raw\n  X);", Text("$raw")),
        ("probe(['a', 'b']);", Items((Text("a"), Text("b")))),
        ("probe(['a' => 'x', 'b' => 'y']);", Table({"a": Text("x"), "b": Text("y")})),
        ("probe(array('a' => 'x'));", Table({"a": Text("x")})),
        ("probe(['a' => 'x', ...$more]);", Table({"a": Text("x")}, open=True)),
        ("$d = []; $d['a'] = 'x'; probe($d);", Table({"a": Text("x")})),
        ("$d = ['a' => 'x']; $d['m']['k'] = 'v'; probe($d);",
         Table({"a": Text("x"), "m": Table({"k": Text("v")})})),
        ("$l = ['a']; $l[] = 'b'; probe($l);", Items((Text("a"), Text("b")))),
        ("probe(array_merge(['a' => 'x'], ['a' => 'y']));", Table({"a": Text("y")})),
        ("probe(['a' => 'x'] + ['a' => 'y', 'b' => 'z']);",
         Table({"a": Text("x"), "b": Text("z")})),
        ("$a = 'x'; probe(compact('a'));", Table({"a": Text("x")})),
        ("probe(json_encode(['a' => 'x']));", Table({"a": Text("x")})),
        ("probe($a ? 'x' : 'y');", Choice((Text("x"), Text("y")))),
        ("probe(match ($a) { 1 => 'x', default => 'y' });", Choice((Text("x"), Text("y")))),
        ("const M = 'x'; probe(M);", Text("x")),
        ("define('M', 'x'); probe(M);", Text("x")),
        ("foreach (['x', 'y'] as $k => $m) { probe($m); }", Choice((Text("x"), Text("y")))),
        ("probe(env('M', 'x'));", Opaque("environment", Text("x"))),
        ("probe($_ENV['M']);", Opaque("environment")),
        ("function f($m = 'x') { probe($m); }", Opaque("parameter", Text("x"))),
        ("function f() { return 'x'; } probe(f());", Text("x")),
        (inside("const M = 'x'; function f() { probe(self::M); }"), Text("x")),
        (inside("const M = 'x'; function f() { probe(static::M); }"), Text("x")),
        (inside("private string $m = 'x'; function f() { probe($this->m); }"), Text("x")),
        (inside("private static $m = 'x'; function f() { probe(self::$m); }"), Text("x")),
        ("enum M: string { case A = 'x'; }\nprobe(M::A->value);", Text("x")),
        ("class M { const A = 'x'; }\nprobe(M::A);", Text("x")),
        ("[$a, $b] = ['x', 'y']; probe($b);", Text("y")),
    ],
)  # fmt: skip
def test_values(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("use Sdk\\Client; (new Client('k'))->probe();", [("call", "Sdk.Client")]),
        ("use Sdk\\Client as C; $c = new C; $c?->probe();", [("call", "Sdk.Client")]),
        ("use Sdk\\{Client, Other}; $c = new Client(); $c->probe();", [("call", "Sdk.Client")]),
        ("Sdk::probe();", [("module", "Sdk")]),
        ("namespace App; \\Sdk::client('k')->probe();", [("call", "Sdk.client")]),
        ("namespace App; Sdk::client('k')->probe();", [("call", "App.Sdk.client")]),
        ("namespace App; use Sdk; Sdk::client('k')->probe();", [("call", "Sdk.client")]),
        ("namespace App; $c = new \\Sdk\\Client(); $c->probe();", [("call", "Sdk.Client")]),
        (inside("function __construct(private Client $c) {} function f() { $this->c->probe(); }"),
         [("annotation", "Sdk.Client")]),
        (inside("private ?Client $c = null; function f() { $this->c->probe(); }"),
         [("annotation", "Sdk.Client")]),
        (inside("/** @var Client */ private $c; function f() { $this->c->probe(); }"),
         [("annotation", "Sdk.Client")]),
        (inside("function f(Client $c) { $c->probe(); }"), [("annotation", "Sdk.Client")]),
        (inside("function c() { return new Client(); } function f() { $this->c()->probe(); }"),
         [("call", "Sdk.Client")]),
        ("class Own {}\n(new Own())->probe();", [("local", "Own")]),
        ("class Own extends \\Sdk\\Base {}\n(new Own())->probe();", [("call", "Sdk.Base")]),
        ("$c->probe();", [("open", "")]),
    ],
)  # fmt: skip
def test_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert list(dict.fromkeys(origins(source))) == expected


def test_what_is_set_on_a_curl_handle() -> None:
    read = tree(
        "$h = curl_init('u');\ncurl_setopt($h, CURLOPT_POSTFIELDS, 'b');\n"
        "curl_setopt_array($h, [CURLOPT_URL => 'v']);\ncurl_exec($h);\n"
    )
    call, scope = next(c for c in read.calls.values() if dotted(c[0].function) == "curl_exec")
    assert arguments_of(call, scope, read) == Table(
        {"0": Table({"CURLOPT_POSTFIELDS": Text("b"), "CURLOPT_URL": Text("v")}, open=True)}
    )


def test_named_and_spread_arguments() -> None:
    read = tree("$c->create('p', model: 'm', ...$more);")
    call, scope = next(iter(read.calls.values()))
    table = arguments_of(call, scope, read)
    assert (table.entries, table.open) == ({"0": Text("p"), "model": Text("m")}, True)


def test_a_call_begins_as_the_engine_counts_it() -> None:
    source = "(new A())->b();\n$x->y()?->z(1);\n"
    read = tree(source)
    texts = sorted(read.data[start:end].decode() for start, end in read.calls)
    assert texts == ["$x->y()", "$x->y()?->z(1)", "new A()", "new A())->b()"]


def test_comments_and_pages() -> None:
    read = parse(b"<p><?= f(1) ?></p>\n<?php // one\n# two\n$a = 1; /* three */\n", "php", "a.php")
    assert [(c.text, c.line, c.alone) for c in read.comments] == [
        ("one", 2, False),
        ("two", 3, True),
        ("three", 4, False),
    ]
    assert [call.line for call, _ in read.calls.values()] == [1]


def test_order_and_branches_decide_what_a_variable_holds() -> None:
    read = tree(
        "$model = 'first';\n"
        "one($model);\n"
        "if ($long) { $model = 'long'; two($model); } else { $model = 'short'; }\n"
        "three($model);\n"
        "$data['model'] = 'built';\n"
        "four($data);\n"
    )
    given = {
        dotted(call.function): value_of(call.arguments[0].value, scope, read)
        for call, scope in read.calls.values()
    }
    assert given == {
        "one": Text("first"),
        "two": Text("long"),
        "three": Choice((Text("long"), Text("short"))),
        "four": Table({"model": Text("built")}),
    }
