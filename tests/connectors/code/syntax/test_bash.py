"""Shell source as the neutral tree: what words expand to, and what options of HTTP clients say."""

from __future__ import annotations

import re

import pytest

from llmaudit.connectors.code import rulebook
from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.surfaces import known
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import Call, Name, Scope, SourceTree
from llmaudit.connectors.code.values import (
    Blank,
    Choice,
    Items,
    Opaque,
    Table,
    Text,
    Value,
    value_of,
)


def tree(source: str) -> SourceTree:
    return parse(source.encode(), "bash", "a.sh")


def called(source: str, name: str) -> tuple[Call, Scope, SourceTree]:
    read = tree(source)
    for call, scope in read.calls.values():
        if isinstance(call.function, Name) and call.function.id == name:
            return call, scope, read
    raise AssertionError(f"the source does not call {name}")


def value(source: str) -> Value:
    """The value of the first word after ``probe``."""
    call, scope, read = called(source, "probe")
    return value_of(call.arguments[0].value, scope, read)


def given(source: str, name: str = "curl") -> dict[str, Value]:
    """The named arguments of an HTTP client."""
    call, scope, read = called(source, name)
    return dict(arguments_of(call, scope, read).entries)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("probe x", Text("x")),
        ("probe 'a b'", Text("a b")),
        ("probe 'a$b'", Text("a$b")),
        ('probe "a\\"b"', Text('a"b')),
        ("probe $'a\\nb'", Text("a\nb")),
        ("probe ''", Blank()),
        ("probe a\\ b", Text("a b")),
        ("probe a'b'\"c\"", Text("abc")),
        ("X=y; probe $X", Text("y")),
        ('X=y; probe "a${X}b"', Text("ayb")),
        ('probe "a$X"', Opaque("interpolated", text="a\0")),
        ("export X=y; probe $X", Text("y")),
        ("readonly X=y\nprobe $X", Text("y")),
        ("X=a; X+=b; probe $X", Text("ab")),
        ('probe "${X:-y}"', Choice((Opaque("unknown"), Text("y")))),
        ("X=${X:-y}; probe $X", Choice((Opaque("unknown"), Text("y")))),
        ("X=${1:-y}; probe $X", Choice((Opaque("unknown"), Text("y")))),
        ("probe $(echo a b)", Text("a b")),
        ("probe `echo a`", Text("a")),
        ('probe "$(printf \'{"m": "%s"}\' x)"', Text('{"m": "x"}')),
        ("probe \"$(cat <<'X'\na$b\nX\n)\"", Text("a$b\n")),
        ("Y=z; probe \"$(cat <<X\na$Y\nX\n)\"", Text("az\n")),
        ("f() { echo a; echo b; }\nprobe $(f)", Text("ab")),
        ("if c; then X=a; else X=b; fi; probe $X", Choice((Text("a"), Text("b")))),
        ("f() { if c; then echo a; else echo b; fi; }\nprobe $(f)",
         Choice((Text("a"), Text("b")))),
        ("f() { local X=a; }\nprobe $X", Opaque("unknown")),
        ("f() { X=a; }\nprobe $X", Text("a")),
        ("for X in a b; do probe $X; done", Choice((Text("a"), Text("b")))),
        ("probe $(jq -n '{a: \"x\", b: {c: [1]}}')",
         Table({"a": Text("x"), "b": Table({"c": Items((Opaque("unknown"),))})})),
        ("probe $(jq -n --arg m x '{model: $m, $m, n: ($m | length)}')",
         Table({"model": Text("x"), "m": Text("x"), "n": Opaque("unknown")})),
        ("probe $(jq . file)", Opaque("unknown")),
        ("probe $(unknown)", Opaque("call")),
    ],
)  # fmt: skip
def test_a_word_is_what_it_expands_to(source: str, expected: Value) -> None:
    assert value(source) == expected


GET = {"method": Text("GET")}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("curl https://a.example", {"url": Text("https://a.example"), **GET}),
        ("curl -s --url https://a.example", {"url": Text("https://a.example"), **GET}),
        ("curl -d x https://a.example",
         {"body": Text("x"), "url": Text("https://a.example")}),
        ("curl -sSdx -XPUT u", {"body": Text("x"), "method": Text("PUT"), "url": Text("u")}),
        ("curl --data=x u", {"body": Text("x"), "url": Text("u")}),
        ("curl -o out -w '%{http_code}' u --json '{}'", {"url": Text("u"), "body": Text("{}")}),
        ("curl u -H 'A: b' -H \"C: d\" -d x",
         {"url": Text("u"), "body": Text("x"), "headers": Items((Text("A: b"), Text("C: d")))}),
        ("curl u -F model=m -F file=@f", {"url": Text("u"), "body": Table({"model": Text("m")})}),
        ("curl u -d @- <<< x", {"url": Text("u"), "body": Text("x")}),
        ("curl u -d @- <<X\nbody\nX\n", {"url": Text("u"), "body": Text("body\n")}),
        ("echo x | curl u -d @-", {"url": Text("u"), "body": Text("x")}),
        ("echo x > f.json\ncurl u -d @f.json", {"url": Text("u"), "body": Text("x")}),
        ("cat <<X > $F\nx\nX\ncurl u -d @$F", {"url": Text("u"), "body": Text("x\n")}),
        ("curl u -d @f.json", {"url": Text("u"), "body": Opaque("unknown")}),
        ("A=(-d x); A+=(u); curl \"${A[@]}\"", {"body": Text("x"), "url": Text("u")}),
        ("sudo -u app /usr/bin/curl -d x u", {"body": Text("x"), "url": Text("u")}),
        ("docker exec c bash -lc \"curl -d '\\\"x\\\"' u\"",
         {"body": Text('"x"'), "url": Text("u")}),
        ("X=u; ssh h \"curl -d x $X\"", {"body": Text("x"), "url": Text("u")}),
        ("eval 'curl -d x u'", {"body": Text("x"), "url": Text("u")}),
    ],
)  # fmt: skip
def test_options_of_curl_are_named(source: str, expected: dict[str, Value]) -> None:
    assert given(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("wget --post-data=x --header='A: b' u",
         {"body": Text("x"), "url": Text("u"), "headers": Items((Text("A: b"),))}),
        ("wget -O out u", {"url": Text("u"), **GET}),
    ],
)  # fmt: skip
def test_options_of_wget_are_named(source: str, expected: dict[str, Value]) -> None:
    assert given(source, "wget") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("http POST u a=x b:='{\"c\": \"d\"}' A:b",
         {"method": Text("POST"), "url": Text("u"), "headers": Items((Text("A:b"),)),
          "body": Table({"a": Text("x"), "b": Table({"c": Text("d")})})}),
        ("http u", {"url": Text("u"), **GET}),
        ("echo x | http u", {"url": Text("u"), "body": Text("x")}),
    ],
)  # fmt: skip
def test_items_of_httpie_are_named(source: str, expected: dict[str, Value]) -> None:
    assert given(source, "http") == expected


def test_a_call_stands_where_its_program_does() -> None:
    source = 'x() {\n  sudo curl u\n}\ndocker run i sh -c "wget \\"u\\""\nx\n'
    read = tree(source)
    assert [
        (source[start:end], call.line, call.end_line)
        for (start, end), (call, _) in sorted(read.calls.items())
    ] == [
        ("curl", 2, 2),
        ("docker", 4, 4),
        ("wget", 4, 4),
        ("x", 5, 5),
    ]


def test_comments_are_kept_and_strings_hold_no_calls() -> None:
    read = tree("# one\necho 'curl u' # two\ncat <<X\ncurl u\nX\n")
    assert [(c.text, c.line, c.alone) for c in read.comments] == [
        ("one", 1, True),
        ("two", 2, False),
    ]
    names = [c.function.id for c, _ in read.calls.values() if isinstance(c.function, Name)]
    assert names == ["echo", "cat"]


def test_a_script_of_the_project_is_no_program_of_a_vendor() -> None:
    names = [
        call.function.id
        for call, _ in tree(
            "./claude -p x\n~/bin/claude -p x\nnpx @openai/codex@1 e x"
        ).calls.values()
        if isinstance(call.function, Name)
    ]
    assert names == ["./claude", "claude", "@openai/codex"]


def test_the_rule_knows_every_program_of_the_table() -> None:
    rule = next(r for r in rulebook.load().rules.values() if r.command_line)
    entry = next(e for e in rulebook.load().engine if e["id"] == rule.id)
    pattern = re.compile(entry["pattern-regex"])
    assert [name for name in known.commands() if not pattern.fullmatch(name)] == []


@pytest.mark.parametrize(
    "source",
    ["", "curl", "curl -d", "if", "x=(", "$(", "cat <<X", "\xff\x00", "bash -c", "jq -n '{a'",
     "curl \"${A[@]}\"", "A=(${A[@]}); curl \"${A[@]}\"", "X=$X; curl $X", "bash -c '" * 50],
)  # fmt: skip
def test_what_is_broken_does_no_harm(source: str) -> None:
    read = tree(source)
    for call, scope in read.calls.values():
        arguments_of(call, scope, read)
