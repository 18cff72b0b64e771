"""Scala source as the neutral tree: values, comprehensions, patterns, members, origins."""

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
    return parse(source.encode(), "scala", "A.scala")


def in_method(body: str, head: str = "", fields: str = "") -> str:
    return f"{head}\nclass A {{\n{fields}\ndef run(p: String): Unit = {{\n{body}\n}}\n}}"


def value(source: str) -> Value:
    return probed(tree(source))


def origins(source: str) -> list[tuple[str, str]]:
    return origins_probed(tree(source))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('probe("x")', Text("x")),
        ('probe("a\\n\\u0062")', Text("a\nb")),
        ('probe("""a "b" c""")', Text('a "b" c')),
        ('probe("""\n  |{"a": 1}\n  |""".stripMargin)', Text('\n{"a": 1}\n')),
        ('probe("")', Blank()),
        ("probe(null)", Blank()),
        ("probe(None)", Blank()),
        ("probe(3)", Scalar()),
        ('probe("a" + "b" + 1)', Opaque("interpolated", text="ab\0")),
        ('val m = "b"; probe(s"a$m-${m}c")', Text("ab-bc")),
        ('probe(s"a/$p")', Opaque("interpolated", text="a/\0")),
        ('val m = "b"; probe(f"$m%s x $$y")', Text("b x $y")),
        ('val m = "b"; probe(uri"https://h/$m")', Text("https://h/b")),
        ('probe(if (p.isEmpty) "a" else "b")', Choice((Text("a"), Text("b")))),
        ('probe(p match { case "x" => "a"; case _ => "b" })', Choice((Text("a"), Text("b")))),
        ('probe(try "a" catch { case e: Exception => "b" })', Choice((Text("a"), Text("b")))),
        ('{ val m = "a" }\n{ val m = "b"; probe(m) }', Text("b")),
        ('for (m <- List("a", "b")) probe(m)', Choice((Text("a"), Text("b")))),
        ('List("a", "b").foreach { m => probe(m) }', Choice((Text("a"), Text("b")))),
        ('probe(sys.env("M"))', Opaque("environment")),
        ('probe(sys.env.get("M").getOrElse("a"))', Choice((Opaque("environment"), Text("a")))),
        ('probe(sys.env.getOrElse("M", "a"))', Opaque("unknown", Text("a"))),
        ('probe(Map("k" -> "v", ("l", "w")))', Table({"k": Text("v"), "l": Text("w")})),
        ('probe(Map("k" -> "v") ++ Map("l" -> "w"))', Table({"k": Text("v"), "l": Text("w")})),
        ('probe(Map("k" -> "v") + ("l" -> "w"))', Table({"k": Text("v"), "l": Text("w")})),
        ('probe(Map("k" -> "v").asJava)', Table({"k": Text("v")})),
        ("probe(Map.empty)", Table()),
        ('probe(ujson.Obj("model" -> "m"))', Table({"model": Text("m")})),
        ('probe(Json.obj("model" -> "m").toString)', Table({"model": Text("m")})),
        ('probe(MultiPart(MultiItem("model", "m")))', Table({"model": Text("m")})),
        ('val m = mutable.Map("k" -> "v"); m("l") = "w"; probe(m)',
         Table({"k": Text("v"), "l": Text("w")})),
        ('probe(Seq("a", "b"))', Items((Text("a"), Text("b")))),
        (
            'probe(Settings(model = "m", user = Some("u")))',
            Table({"model": Text("m"), "user": Text("u")}, builder=True),
        ),
        (
            'val s = Settings(model = "m"); probe(s.copy(user = "u"))',
            Table({"model": Text("m"), "user": Text("u")}, builder=True),
        ),
        ('probe(Request.simple(model = "m"))', Table({"model": Text("m")})),
        (
            'probe(P.builder().model("m").putMetadata("team", "t").build())',
            Table(
                {
                    "model": Text("m"),
                    "putMetadata": Table({"team": Text("t")}),
                    "metadata": Table({"team": Text("t")}),
                },
                builder=True,
            ),
        ),
        ('val b = P.builder(); b.model("m"); probe(b.build())',
         Table({"model": Text("m")}, builder=True)),
    ],
)  # fmt: skip
def test_a_value_in_a_method(body: str, expected: Value) -> None:
    assert value(in_method(body)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (in_method("probe(m)", fields='private val m = "a" + "b"'), Text("ab")),
        (in_method("probe(m)", fields='lazy val m = "a"'), Text("a")),
        (in_method("probe(m)", fields='def m: String = "a"'), Text("a")),
        ('class A { def run() = probe(M) }\nobject A { val M = "a" }', Text("a")),
        (in_method("probe(C.M)", 'object C { val M = "a" }'), Text("a")),
        ('class A(m: String = "a") { def run() = probe(m) }', Opaque("parameter", Text("a"))),
        ('trait B { val m = "a" }\nclass A extends B { def run() = probe(m) }', Text("a")),
        (
            in_method("probe(Kind.A.id)", 'enum Kind(val id: String) { case A extends Kind("a") }'),
            Text("a"),
        ),
        (
            in_method("probe(ModelId.gpt_4o)", "import com.vendor.ModelId"),
            Opaque("import", symbol="com.vendor.ModelId.gpt_4o"),
        ),
        (
            in_method('probe("us." + ModelId.gpt_4o)', "import com.vendor.ModelId"),
            Opaque("interpolated", text="us.\0", symbol="com.vendor.ModelId.gpt_4o"),
        ),
        ('object A:\n  val m = "a"\n  def run(): Unit =\n    probe(m)\n', Text("a")),
    ],
)
def test_a_value_from_around_the_method(source: str, expected: Value) -> None:
    assert value(source) == expected


CLIENT = "import com.vendor.{Client, Other => Renamed}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            f"{CLIENT}\nclass A(c: Client) {{ def run() = c.probe() }}",
            [("annotation", "com.vendor.Client")],
        ),
        (
            in_method("c.probe()", "import com.vendor._", "val c: Client"),
            [("annotation", "com.vendor:Client")],
        ),
        (in_method("c.probe()", CLIENT, "val c = new Renamed"), [("call", "com.vendor.Other")]),
        (in_method("make.probe()", CLIENT, "def make = Client()"), [("call", "com.vendor.Client")]),
        (
            in_method("for { c <- Client.open() } yield c.probe()", CLIENT),
            [("call", "com.vendor.Client.open")],
        ),
        (
            in_method("Client() match { case Right(c) => c.probe(); case _ => () }", CLIENT),
            [("call", "com.vendor.Client")],
        ),
        (in_method("Client().use { c => c.probe() }", CLIENT), [("call", "com.vendor.Client")]),
        (in_method("Some(Client()).foreach(_.probe())", CLIENT), [("call", "com.vendor.Client")]),
        (
            in_method("Client().map { case c => c.probe() }", CLIENT),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("val (c, n) = (Client(), 1); c.probe()", CLIENT),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("ZIO.serviceWithZIO[Client](_.probe())", CLIENT),
            [("call", "com.vendor.Client")],
        ),
        (in_method("com.vendor.Api.open().probe()"), [("call", "com.vendor.Api.open")]),
        (in_method("own.probe()", fields="val own: Own"), [("local", "Own")]),
    ],
)
def test_where_an_object_comes_from(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


def test_imports_of_every_form() -> None:
    source = (
        "import a.b.C\nimport a.d._\nimport a.e.*\nimport a.f.{G, H => I, _}\nimport b.c as d\n"
        "import k.l, m.n\nimport a.f\nimport f.X\n"
    )
    assert tree(source).imports == [
        Import("a.b", "C", "C", 1),
        Import("a.d", "*", "*", 2),
        Import("a.e", "*", "*", 3),
        Import("a.f", "G", "G", 4),
        Import("a.f", "H", "I", 4),
        Import("a.f", "*", "*", 4),
        Import("b", "c", "d", 5),
        Import("k", "l", "l", 6),
        Import("m", "n", "n", 6),
        Import("a", "f", "f", 7),
        Import("a.f", "X", "X", 8),
    ]


def test_calls_keep_their_span_and_broken_code_the_rest() -> None:
    source = 'object A { def f() = {\n a.b()\n  .c(1) { d() }\n x = )\n e("y")\n } }'
    found = tree(source)
    texts = [found.data[start:end].decode() for start, end in found.calls]
    assert "a.b()\n  .c(1)" in texts
    assert "a.b()\n  .c(1) { d() }" in texts
    assert 'e("y")' in texts


def test_a_method_between_two_operands_is_a_call() -> None:
    found = tree('object A { client send "x" }')
    assert [found.data[start:end].decode() for start, end in found.calls] == ['client send "x"']


def test_a_long_sum_of_texts_is_read() -> None:
    assert value(in_method("probe(" + " + ".join(['"a"'] * 3000) + ")")) == Text("a" * 3000)
