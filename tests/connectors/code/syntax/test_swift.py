"""Swift's forms in the language-neutral tree."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.syntax import SourceTree, parse
from llmaudit.connectors.code.syntax.tree import Attr, Call, Import, Name, Scope
from llmaudit.connectors.code.value import Opaque, Scalar, Table, Text
from llmaudit.connectors.code.values import value_of


def tree_of(source: str) -> SourceTree:
    return parse(source.encode(), "swift", "App.swift")


def call_of(tree: SourceTree, name: str) -> tuple[Call, Scope]:
    """The call of anything by that name."""
    found = tree.callers_of(name)
    assert len(found) == 1, name
    return found[0]


def text(tree: SourceTree, call: Call) -> str:
    return tree.data[call.start : call.end].decode()


def test_imports() -> None:
    tree = tree_of(
        "import OpenAI\n@testable import Shop\n#if canImport(Ollama)\nimport Ollama\n#endif\n"
        "import class Vendor.Client\n"
    )
    assert tree.imports == [
        Import("OpenAI", "*", "*", 1),
        Import("Shop", "*", "*", 2),
        Import("Ollama", "*", "*", 4),
        Import("Vendor", "*", "*", 6),
        Import("Vendor", "Client", "Client", 6),
    ]


@pytest.mark.parametrize(
    ("source", "called"),
    [
        ("let a = try await client.ask(q)", "client.ask(q)"),
        ("let a = client?.ask(q)", "client?.ask(q)"),
        ("let a = client!.ask(q)", "client!.ask(q)"),
        ("client.ask(q) { a in\n  say(a)\n}", "client.ask(q) { a in\n  say(a)\n}"),
        ("client.ask { say($0) } no: { log($0) }", "client.ask { say($0) } no: { log($0) }"),
        ("for try await part in try client.ask(q) { print(part) }", "client.ask(q)"),
        ("if case .ok(let k) = try await client.ask(q) { print(k) }", "client.ask(q)"),
        ("async let a = client.ask(q)", "client.ask(q)"),
        ("let a = Task { await self.client.ask(q) }", "self.client.ask(q)"),
    ],
)  # fmt: skip
def test_calls(source: str, called: str) -> None:
    tree = tree_of(f"func f() async {{\n  {source}\n}}\n")
    call, scope = call_of(tree, "ask")
    assert (text(tree, call), scope.symbol) == (called, "f")


def test_the_engine_leaves_a_closing_brace_out() -> None:
    source = (
        "client.ask(q) { answer in\n  print(answer)\n}\nlet a = try await Client(k).send(q).text\n"
    )
    tree = tree_of(source)
    end = source.index("\n}")
    assert tree.call_at(0, end) == call_of(tree, "ask")
    start, last = source.index("await"), source.index(".text")
    assert tree.call_at(start, last) == call_of(tree, "send")


def test_labels_are_names_of_arguments() -> None:
    tree = tree_of('let a = client.ask("q", model: "m", options: nil) { done($0) }\n')
    call, scope = call_of(tree, "ask")
    assert [(a.name, type(a.value).__name__) for a in call.arguments] == [
        (None, "Str"), ("model", "Str"), ("options", "Const"), (None, "Function"),
    ]  # fmt: skip
    assert arguments_of(call, scope, tree).entries["model"] == Text("m")


def test_a_request_that_is_filled_step_by_step() -> None:
    tree = tree_of(
        """
        func send(key: String, prompt: String) async throws {
          var request = URLRequest(url: URL(string: "https://api.example.com/v1/" + "chat")!)
          request.httpMethod = "POST"
          request.setValue("Bearer \\(key)", forHTTPHeaderField: "Authorization")
          request.allHTTPHeaderFields?["X-Team"] = "search"
          var body: [String: Any] = ["model": "m"]
          body["user"] = key
          request.httpBody = try JSONSerialization.data(withJSONObject: body, options: [])
          let (data, _) = try await session.data(for: request)
        }
        """
    )
    call = next(c for c, _ in tree.callers_of("data") if c.arguments[0].name == "for")
    scope = tree.calls[call.start, call.end][1]
    assert arguments_of(call, scope, tree).entries["for"] == Table(
        {
            "url": Text("https://api.example.com/v1/chat"),
            "httpMethod": Text("POST"),
            "headers": Table(
                {
                    "Authorization": Opaque("interpolated", text="Bearer \0"),
                    "X-Team": Text("search"),
                }
            ),
            "httpBody": Table({"model": Text("m"), "user": Opaque("parameter")}),
        },
        builder=True,
    )


def value_in(source: str) -> object:
    """What ``it`` is given."""
    tree = tree_of(source)
    call, scope = call_of(tree, "it")
    return value_of(call.arguments[0].value, scope, tree)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('enum M: String { case a = "gpt-x", b }\nit(M.a.rawValue)', Text("gpt-x")),
        ('enum M: String { case a = "gpt-x" }\nit(.a)', Text("gpt-x")),
        ('it(.custom("gpt-x"))', Text("gpt-x")),
        ('it(Model(rawValue: "gpt-x"))', Text("gpt-x")),
        ('it("a\\u{41}\\n" + #"b"c"#)', Text('aA\nb"c')),
        ('it("""\n  {"a": "b"}\n  """.data(using: .utf8)!)', Text('{"a": "b"}')),
        ('it(String(format: "https://%@/v1", "host"))', Text("https://host/v1")),
        ('it(URL(string: "https://h")!.appendingPathComponent("v1/chat"))', Text("https://h/v1/chat")),
        ('var c = URLComponents()\nc.host = "h"\nc.path = "/v1"\nit(c.url!)', Text("https://h/v1")),
        (
            'struct S { let m: String; var n = "x" }\nit(S(m: "y"))',
            Table({"n": Text("x"), "m": Text("y")}),
        ),
        ('it(ProcessInfo.processInfo.environment["M"] ?? "x")', None),
        ("it(3)", Scalar()),
    ],
)  # fmt: skip
def test_values(source: str, value: object) -> None:
    found = value_in(source)
    if value is not None:
        assert found == value
    else:
        assert "Text(value='x')" in repr(found)


def test_a_default_is_what_counts_without_an_argument() -> None:
    source = """
        final class A {
          private let model: String
          init(model: String = "m") { self.model = model }
          func f() { it(model) }
        }
    """
    assert value_in(source) == Opaque("parameter", Text("m"))


def test_a_name_that_hides_itself() -> None:
    tree = tree_of(
        """
        import Vendor
        final class A {
          var client: Client?
          func f() {
            guard let client = client else { return }
            client.ask(q)
          }
        }
        """
    )
    call, scope = call_of(tree, "ask")
    assert isinstance(call.function, Attr)
    assert isinstance(call.function.value, Name)
    found = origins_of(call.function.value, scope, tree)
    assert [(o.kind, o.qualified) for o in found] == [("annotation", "Vendor:Client")]


def test_where_objects_come_from() -> None:
    tree = tree_of(
        """
        import Vendor
        typealias Api = Client
        final class A {
          private let one: Client = .init(key: "k")
          private lazy var two: Client = { let c = Client(key: "k"); return c }()
          var three: Client { Client(key: "k") }
          let four: any Asking
          init(four: any Asking) { self.four = four }
        }
        extension A {
          func f() { one.a(); two.b(); self.three.c(); four.d(); Api(key: "k").e() }
        }
        """
    )
    found = {}
    for name in "abcde":
        call, scope = call_of(tree, name)
        assert isinstance(call.function, Attr)
        found[name] = sorted({o.qualified for o in origins_of(call.function.value, scope, tree)})
    assert found == {
        "a": ["Vendor:Client"], "b": ["Vendor:Client"], "c": ["Vendor:Client"],
        "d": ["Vendor:Asking"], "e": ["Vendor:Client"],
    }  # fmt: skip


def test_what_callers_hand_in_by_label() -> None:
    tree = tree_of(
        """
        func send(_ path: String, with body: [String: Any]) { it(body) }
        send("chat", with: ["model": "m"])
        """
    )
    tree.by_callers = True
    call, scope = call_of(tree, "it")
    value = value_of(call.arguments[0].value, scope, tree)
    assert value == Table({"model": Text("m")})


def test_broken_parts_are_left_out() -> None:
    tree = tree_of("func f() {\n  client.ask(q)\n  let = = 3\n}\nfunc g() { client.tell(q) }\n")
    assert tree.broken
    assert text(tree, call_of(tree, "ask")[0]) == "client.ask(q)"


def test_comments() -> None:
    tree = tree_of("let a = 1 // team: search\n/* whole\n line */\n")
    assert [(c.text, c.line, c.alone) for c in tree.comments] == [
        ("team: search", 1, False),
        ("whole\n line", 2, True),
    ]
