"""Java source as the neutral tree: values, builders, fields, local names, origins."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import Import, SourceTree
from llmaudit.connectors.code.values import (
    Blank,
    Choice,
    Items,
    Opaque,
    Scalar,
    Table,
    Text,
    Value,
)
from tests.connectors.code.syntax.probing import origins_probed, probed


def tree(source: str) -> SourceTree:
    return parse(source.encode(), "java", "A.java")


def in_method(body: str, head: str = "", fields: str = "") -> str:
    return f"{head}\nclass A {{ {fields} void run(String p) {{ {body} }} }}"


def value(source: str) -> Value:
    return probed(tree(source))


def origins(source: str) -> list[tuple[str, str]]:
    return origins_probed(tree(source))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('probe("x");', Text("x")),
        ('probe("a\\n\\u0062");', Text("a\nb")),
        ('probe("""\n    a\n    b""");', Text("a\nb")),
        ('probe("");', Blank()),
        ("probe(null);", Blank()),
        ("probe(3);", Scalar()),
        ('probe("a" + "b" + 1);', Opaque("interpolated", text="ab\0")),
        ('String m = "b"; probe("a" + m + "c");', Text("abc")),
        ('probe(String.format("a/%s", "b"));', Text("a/b")),
        ('probe(p.isEmpty() ? "a" : "b");', Choice((Text("a"), Text("b")))),
        ('probe(switch (p) { case "x" -> "a"; default -> "b"; });', Choice((Text("a"), Text("b")))),
        ('String m; m = "a"; probe(m);', Text("a")),
        ('{ var m = "a"; probe(m); } { var m = "b"; }', Text("a")),
        ('{ var m = "a"; } { var m = "b"; probe(m); }', Text("b")),
        ('for (String m : List.of("a", "b")) { probe(m); }', Choice((Text("a"), Text("b")))),
        ('probe(System.getenv("M"));', Opaque("environment")),
        (
            'probe(Optional.ofNullable(System.getenv("M")).orElse("a"));',
            Choice((Opaque("environment"), Text("a"))),
        ),
        ('probe(System.getenv().getOrDefault("M", "a"));', Opaque("unknown", Text("a"))),
        ('probe(Map.of("k", "v"));', Table({"k": Text("v")})),
        ('Map<String, String> m = new HashMap<>(); m.put("k", "v"); probe(m);',
         Table({"k": Text("v")})),
        ('probe(new HashMap<String, String>() {{ put("k", "v"); }});', Table({"k": Text("v")})),
        ('probe(Arrays.asList("a", "b"));', Items((Text("a"), Text("b")))),
        ('probe(new String[] {"a"});', Items((Text("a"),))),
        (
            'probe(P.builder().model("m").putMetadata("team", "t").build());',
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
            'P.Builder b = P.builder(); b.model("m"); if (x) { b.user("u"); } probe(b.build());',
            Table({"model": Text("m"), "user": Text("u")}, builder=True),
        ),
        (
            'P q = new P("a"); q.setModel("m"); probe(q);',
            Table({"0": Text("a"), "setModel": Text("m"), "model": Text("m")}, builder=True),
        ),
        ('P q = new P(); q.setModel("m"); probe(q.getModel());', Text("m")),
        ('ObjectNode n = mapper.createObjectNode(); n.put("model", "m"); probe(n);',
         Table({"model": Text("m")}, builder=True)),
        ('probe(b -> b.model("m"));', Table({"model": Text("m")}, builder=True)),
        ('probe(b -> { b.model("m"); });', Table({"model": Text("m")}, builder=True)),
    ],
)  # fmt: skip
def test_a_value_in_a_method(body: str, expected: Value) -> None:
    assert value(in_method(body)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (in_method("probe(M);", fields='static final String M = "a" + "b";'), Text("ab")),
        (in_method("probe(m);", fields='String m; A() { this.m = "a"; }'), Text("a")),
        (in_method("probe(m);", fields='String m; A() { m = "a"; }'), Text("a")),
        (in_method("probe(C.M);", fields='class C { static final String M = "a"; }'), Text("a")),
        (
            in_method("probe(m);", fields='@Value("${app.model:a}") String m;'),
            Opaque("parameter", Text("a")),
        ),
        (in_method("probe(m);", fields='@Value("${app.model}") String m;'), Opaque("parameter")),
        (in_method("probe(name());", fields='String name() { return "a"; }'), Text("a")),
        (
            in_method("probe(Model.GPT_4_1);", "import com.vendor.Model;"),
            Opaque("import", symbol="com.vendor.Model.GPT_4_1"),
        ),
        (
            in_method("probe(Api.Model.GPT_4_1.value());", "import com.vendor.Api;"),
            Opaque("import", symbol="com.vendor.Api.Model.GPT_4_1"),
        ),
        (
            in_method("probe(Model.GPT_4_1);", "import com.vendor.*;"),
            Opaque("import", symbol="com.vendor:Model.GPT_4_1"),
        ),
        (in_method('probe(Model.of("a"));', "import com.vendor.Model;"), Text("a")),
        (
            in_method("probe(com.vendor.Model.O1);"),
            Opaque("import", symbol="com.vendor.Model.O1"),
        ),
        (
            in_method("probe(O1);", "import static com.vendor.Model.O1;"),
            Opaque("import", symbol="com.vendor.Model.O1"),
        ),
    ],
)  # fmt: skip
def test_a_value_from_around_the_method(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            in_method("client.probe();", "import com.vendor.Client;", "private Client client;"),
            [("annotation", "com.vendor.Client")],
        ),
        (
            in_method("client.probe();", "import com.vendor.*;", "private Client client;"),
            [("annotation", "com.vendor:Client")],
        ),
        (
            in_method("client.probe();", "import com.vendor.Client;",
                      "Client client; A(Client client) { this.client = client; }"),
            [("annotation", "com.vendor.Client")],
        ),
        (in_method("Own o = get(); o.probe();"), [("open", ""), ("local", "Own")]),
        (in_method("own.probe();", fields="private Own own;"), [("local", "Own")]),
        (
            in_method("make().probe();", "import com.vendor.Client;",
                      "Client make() { return holder.get(); }"),
            [("annotation", "com.vendor.Client")],
        ),
        (
            in_method("com.vendor.Client c = com.vendor.Clients.open(); c.probe();"),
            [("call", "com.vendor.Clients.open"), ("annotation", "com.vendor.Client")],
        ),
        (
            in_method("for (Client c : clients) { c.probe(); }", "import com.vendor.Client;"),
            [("open", ""), ("annotation", "com.vendor.Client")],
        ),
        (
            in_method("try (var c = Client.open()) { c.probe(); }", "import com.vendor.Client;"),
            [("call", "com.vendor.Client.open")],
        ),
    ],
)  # fmt: skip
def test_where_an_object_comes_from(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


def test_imports_single_wide_and_static() -> None:
    source = "import a.b.C;\nimport a.d.*;\nimport static a.b.C.m;\nimport static a.E.*;\n"
    assert tree(source).imports == [
        Import("a.b", "C", "C", 1),
        Import("a.d", "*", "*", 2),
        Import("a.b.C", "m", "m", 3),
        Import("a.E", "*", "*", 4),
    ]


def test_calls_keep_their_span_and_broken_code_the_rest() -> None:
    source = 'class A { void f() { a.b()\n  .c(1); x = ; new B("y"); } }'
    found = tree(source)
    assert [found.data[start:end].decode() for start, end in found.calls] == [
        "a.b()",
        "a.b()\n  .c(1)",
        'new B("y")',
    ]


def test_a_long_sum_of_texts_is_read() -> None:
    assert value(in_method("probe(" + " + ".join(['"a"'] * 3000) + ");")) == Text("a" * 3000)
