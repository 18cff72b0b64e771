"""Kotlin source as the neutral tree: values, lambdas that fill, fields, local names, origins."""

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
    return parse(source.encode(), "kotlin", "A.kt")


def in_method(body: str, head: str = "", fields: str = "") -> str:
    return f"{head}\nclass A {{\n{fields}\nfun run(p: String) {{\n{body}\n}}\n}}"


def value(source: str) -> Value:
    return probed(tree(source))


def origins(source: str) -> list[tuple[str, str]]:
    return origins_probed(tree(source))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('probe("x")', Text("x")),
        ('probe("a\\n\\u0062")', Text("a\nb")),
        ('probe("""\n    a\n    b""")', Text("a\nb")),
        ('probe("")', Blank()),
        ("probe(null)", Blank()),
        ("probe(3)", Scalar()),
        ("probe(true)", Scalar()),
        ('probe("a" + "b" + 1)', Opaque("interpolated", text="ab\0")),
        ('val m = "b"; probe("a$m-${m}c")', Text("ab-bc")),
        ('probe("a/$p")', Opaque("interpolated", text="a/\0")),
        ('probe("\\$5 $ 6")', Text("$5 $ 6")),
        ('probe(if (p.isEmpty()) "a" else "b")', Choice((Text("a"), Text("b")))),
        ('probe(when (p) { "x" -> "a"; else -> "b" })', Choice((Text("a"), Text("b")))),
        ('probe(try { "a" } catch (e: Exception) { "b" })', Choice((Text("a"), Text("b")))),
        ('val m: String\nm = "a"\nprobe(m)', Text("a")),
        ('if (x) { val m = "a" }\nif (y) { val m = "b"; probe(m) }', Text("b")),
        ('for (m in listOf("a", "b")) { probe(m) }', Choice((Text("a"), Text("b")))),
        ('listOf("a", "b").forEach { m -> probe(m) }', Opaque("parameter")),
        ('probe(System.getenv("M"))', Opaque("environment")),
        (
            'probe(System.getenv("M") ?: "a")',
            Choice((Opaque("environment"), Text("a"))),
        ),
        ('probe(mapOf("k" to "v"))', Table({"k": Text("v")})),
        ('val m = mutableMapOf<String, String>(); m["k"] = "v"; probe(m)', Table({"k": Text("v")})),
        ('probe(listOf("a", "b"))', Items((Text("a"), Text("b")))),
        (
            'probe(Request(model = "m", user = "u"))',
            Table({"model": Text("m"), "user": Text("u")}, builder=True),
        ),
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
        (
            'probe(Request { model = "m"; header("k", "v") })',
            Table({"model": Text("m"), "header": Table({"k": Text("v")})}, builder=True),
        ),
        ('probe(Request().apply { model = "m" })', Table({"model": Text("m")}, builder=True)),
        ('val m = "a"; probe(m.trim())', Text("a")),
        ('val m = p.let { "a" }; probe(m)', Text("a")),
    ],
)
def test_a_value_in_a_function(body: str, expected: Value) -> None:
    assert value(in_method(body)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (in_method("probe(M)", 'const val M = "a" + "b"'), Text("ab")),
        (in_method("probe(m)", fields='private val m = "a"'), Text("a")),
        (in_method("probe(m)", fields='private val m by lazy { "a" }'), Text("a")),
        (in_method("probe(m)", fields='val m: String\n  get() = "a"'), Text("a")),
        (in_method("probe(M)", fields='companion object { const val M = "a" }'), Text("a")),
        (in_method("probe(C.M)", 'object C { const val M = "a" }'), Text("a")),
        ('class A(val m: String = "a") { fun run() { probe(m) } }', Opaque("parameter", Text("a"))),
        ('fun run(m: String = "a") { probe(m) }', Opaque("parameter", Text("a"))),
        (
            in_method("probe(m)", fields='@Value("\\${app.model:a}") lateinit var m: String'),
            Opaque("parameter", Text("a")),
        ),
        (in_method("probe(name())", fields='fun name() = "a"'), Text("a")),
        (
            in_method("probe(Model.GPT_4_1)", "import com.vendor.Model"),
            Opaque("import", symbol="com.vendor.Model.GPT_4_1"),
        ),
        (
            in_method("probe(ModelId(M))", 'import com.vendor.ModelId\nconst val M = "a"'),
            Text("a"),
        ),
        (
            in_method("probe(Kind.A.id)", 'enum class Kind(val id: String) { A("a"), B("b") }'),
            Text("a"),
        ),
    ],
)
def test_a_value_from_around_the_function(source: str, expected: Value) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "import com.vendor.Client\nclass A(private val c: Client) { fun run() { c.probe() } }",
            [("annotation", "com.vendor.Client")],
        ),
        (
            in_method("c?.probe()", "import com.vendor.*", "private var c: Client? = null"),
            [("annotation", "com.vendor:Client")],
        ),
        (
            in_method("c.probe()", "import com.vendor.Client", "lateinit var c: Client"),
            [("annotation", "com.vendor.Client")],
        ),
        (
            in_method("c.probe()", "import com.vendor.Client", 'val c by lazy { Client("k") }'),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("make().probe()", "import com.vendor.Client", "fun make() = Client()"),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("Client().use { it.probe() }", "import com.vendor.Client"),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("Client().use { c -> c.probe() }", "import com.vendor.Client"),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method("val c = Other(); c.probe()", "import com.vendor.Client as Other"),
            [("call", "com.vendor.Client")],
        ),
        (
            in_method(
                "a.probe()", "import com.v.Firebase\nimport com.v.ai.ai", "val a = Firebase.ai()"
            ),
            [("call", "com.v.ai.ai")],
        ),
        (in_method("own.probe()", fields="private val own: Own"), [("local", "Own")]),
    ],
)
def test_where_an_object_comes_from(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


def test_imports_single_wide_and_renamed() -> None:
    source = "import a.b.C\nimport a.d.*\nimport a.b.C as D\n"
    assert tree(source).imports == [
        Import("a.b", "C", "C", 1),
        Import("a.d", "*", "*", 2),
        Import("a.b", "C", "D", 3),
    ]


def test_calls_keep_their_span_and_broken_code_the_rest() -> None:
    source = 'fun f() {\n a.b()\n  .c(1) { d() }\n x = )\n e("y")\n}'
    found = tree(source)
    texts = [found.data[start:end].decode() for start, end in found.calls]
    assert "a.b()\n  .c(1) { d() }" in texts
    assert 'e("y")' in texts


def test_an_explicit_backing_field_hides_nothing() -> None:
    source = 'class A {\n val s: T<B>\n field = C("x")\n fun run() { probe("""a "b" c""") } }'
    assert value(source) == Text('a "b" c')


def test_a_long_sum_of_texts_is_read() -> None:
    assert value(in_method("probe(" + " + ".join(['"a"'] * 3000) + ")")) == Text("a" * 3000)
