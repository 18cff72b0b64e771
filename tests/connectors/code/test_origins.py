"""Tracing an object to the SDK it comes from."""

from __future__ import annotations

import pytest

from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.syntax import parse
from llmaudit.connectors.code.syntax.tree import Attr


def origins(source: str, analyzer: str = "python") -> list[tuple[str, str]]:
    """Origins of the object that ``.probe()`` is called on."""
    tree = parse(source.encode(), analyzer, "x.py" if analyzer == "python" else "x.ts")
    for call, scope in tree.calls.values():
        if isinstance(call.function, Attr) and call.function.name == "probe":
            return [(o.kind, o.qualified) for o in origins_of(call.function.value, scope, tree)]
    raise AssertionError("the source does not call probe")


HEAD = "from sdk import Client\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (HEAD + "Client().probe()", [("call", "sdk.Client")]),
        (HEAD + "c = Client()\nc.a.b.probe()", [("call", "sdk.Client")]),
        ("import sdk as s\nc = s.Client()\nc.probe()", [("call", "sdk.Client")]),
        ("import sdk\nsdk.probe()", [("module", "sdk")]),
        ("import a.b\na.b.C().probe()", [("call", "a.b.C")]),
        (HEAD + "with Client() as c:\n    c.probe()", [("call", "sdk.Client")]),
        (HEAD + "def f(c: Client): c.probe()", [("annotation", "sdk.Client")]),
        (HEAD + "def f(c: 'Client | None' = None): c.probe()", [("annotation", "sdk.Client")]),
        (HEAD + "def f(c): c.probe()", [("open", "")]),
        (HEAD + "def get():\n    return Client()\nget().probe()", [("call", "sdk.Client")]),
        (
            HEAD + "class S:\n    def __init__(self, c=None):\n        self.c = c or Client()\n"
            "    def f(self): self.c.probe()",
            [("open", ""), ("call", "sdk.Client")],
        ),
        (
            HEAD + "class S:\n    @property\n    def c(self): return Client()\n"
            "    def f(self): self.c.probe()",
            [("call", "sdk.Client")],
        ),
        (
            HEAD + "class Own(Client):\n    pass\nOwn().probe()",
            [("call", "sdk.Client")],
        ),
        ("class Own:\n    pass\nOwn().probe()", [("local", "Own")]),
        ("x.probe()", [("open", "")]),
        (HEAD + "def Client(): return 1\nClient().probe()", [("open", "")]),
        (HEAD + "a = b\nb = a\na.probe()", []),
        (HEAD + "def f(c: 'Optional[Client]'): c.probe()", [("annotation", "sdk.Client")]),
        (
            "class Client:\n    def __init__(self):\n        from sdk import Client\n"
            "        self.c = Client()\n    def f(self): self.c.probe()",
            [("call", "sdk.Client")],
        ),
        (HEAD + "K = Client\nK().probe()", [("call", "sdk.Client")]),
        (
            "import sdk\ns = sdk\ns.a.Client().probe()",
            [("call", "sdk.a.Client"), ("module", "sdk.a")],
        ),
        (
            HEAD + "c = getattr(x, 'y', None) or Client()\nc.probe()",
            [("open", ""), ("call", "sdk.Client")],
        ),
        (
            HEAD + "c = None\ndef up():\n    global c\n    c = Client()\ndef f(): c.probe()",
            [("call", "sdk.Client")],
        ),
        (
            HEAD + "def make(): return Client(), 1\nc, n = make()\nc.probe()",
            [("call", "sdk.Client")],
        ),
        (
            HEAD + "def make():\n    yield Client()\nwith make() as c: c.probe()",
            [("call", "sdk.Client")],
        ),
        (HEAD + "d = {}\nd['a'] = Client()\nd['a'].probe()", [("call", "sdk.Client")]),
        (HEAD + "d = {'a': Client()}\nd.get('a').probe()", [("call", "sdk.Client")]),
        (HEAD + "for k, c in {'a': Client()}.items(): c.probe()", [("call", "sdk.Client")]),
        (
            "import importlib\nimportlib.import_module('sdk').Client().probe()",
            [("call", "sdk.Client"), ("module", "sdk")],
        ),
        (
            HEAD + "class Made:\n    def make(self): return Client()\n"
            "class S:\n    def __init__(self): self.m = Made(); self.c = self.m.make()\n"
            "    def f(self): self.c.probe()",
            [("call", "sdk.Client")],
        ),
        (
            HEAD + "class Base:\n    def f(self): self.c.probe()\n"
            "class Sub(Base):\n    def __init__(self): self.c = Client()",
            [("call", "sdk.Client")],
        ),
        (
            "from dataclasses import field\n"
            + HEAD
            + "class D:\n    c: object = field(default_factory=Client)\n"
            "    def f(self): self.c.probe()",
            [("call", "sdk.Client")],
        ),
        (
            "from t import wrap_sdk\n" + HEAD + "wrap_sdk(Client()).probe()",
            [("call", "t.wrap_sdk"), ("call", "sdk.Client")],
        ),
        (
            HEAD + "class S:\n    def f(self):\n        setattr(self, 'c', Client())\n"
            "        self.c.probe()",
            [("call", "sdk.Client")],
        ),
        (HEAD + "class Own:\n    class c:\n        pass\nOwn().c.probe()", [("local", "c")]),
    ],
)
def test_python_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import C from 'sdk'; new C().probe()", [("call", "sdk:default")]),
        ("import { C as D } from 'sdk'; const c = new D(); c.probe()", [("call", "sdk:C")]),
        ("import * as s from 'sdk'; s.probe()", [("module", "sdk:*")]),
        ("const { C } = require('sdk'); new C().probe()", [("call", "sdk:C")]),
        (
            "import C from 'sdk'; class S { c: C; f() { this.c.probe() } }",
            [("annotation", "sdk:default")],
        ),
        (
            "import C from 'sdk'; class S { constructor(private c: C) {} f() { this.c.probe() } }",
            [("annotation", "sdk:default")],
        ),
        (
            "import { make } from 'sdk'; const m = make('k').model({}); m.probe()",
            [("call", "sdk:make"), ("call", "sdk:make")],
        ),
    ],
)
def test_typescript_origins(source: str, expected: list[tuple[str, str]]) -> None:
    assert origins(source, "typescript") == expected


JS = 'import { Client } from "sdk";\n'
MADE, DECLARED = ("call", "sdk:Client"), ("annotation", "sdk:Client")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const c = wrapClient(new Client()); c.probe()", [MADE]),
        ("const c = (async () => new Client())(); (await c).probe()", [MADE]),
        ("let c; function init() { c = new Client(); } c.probe()", [MADE]),
        ("global.c = new Client(); global.c.probe()", [MADE]),
        ("const f = { make: () => new Client() }; f.make().probe()", [MADE]),
        ("const o = { c: new Client(), f() { this.c.probe(); } };", [MADE]),
        ("function f(): Promise<Client> { return cache(); } f().probe()", [DECLARED]),
        ("function f({ c }: { c: Client }) { c.probe(); }", [DECLARED]),
        ("interface D { c: Client } function f(d: D) { d.c.probe(); }", [DECLARED]),
        ("if (x) { const c = new Other(); } { const c = new Client(); c.probe(); }", [MADE]),
        ("let c; const get = () => (c ??= new Client()); get().probe()", [("open", ""), MADE]),
        ("const c = new Proxy(new Client(), {}); c.probe()", [MADE]),
    ],
)  # fmt: skip
def test_typescript_forms(source: str, expected: list[tuple[str, str]]) -> None:
    wrapping = 'import { wrapClient } from "tracing";\n'
    found = [
        o for o in origins(JS + wrapping + source, "typescript") if o[1] != "tracing:wrapClient"
    ]
    assert [o for o in found if o[0] != "open" or o in expected] == expected


@pytest.mark.parametrize(
    ("written", "package"),
    [
        ("npm:openai@4.77.0", "openai"),
        ("npm:@anthropic-ai/sdk@0.30/resources", "@anthropic-ai/sdk/resources"),
        ("jsr:@openai/openai@^4", "@jsr/openai__openai"),
        ("https://esm.sh/openai@4?target=deno", "openai"),
        ("https://esm.sh/v135/@google/generative-ai@0.21.0", "@google/generative-ai"),
        ("https://deno.land/x/openai@v4.69.0/mod.ts", "openai/mod.ts"),
        ("https://cdn.jsdelivr.net/npm/openai@4/+esm", "openai/+esm"),
        ("./npm:x", "./npm:x"),
        ("openai", "openai"),
    ],
)
def test_a_package_is_known_by_its_plain_name(written: str, package: str) -> None:
    tree = parse(f'import A from "{written}";'.encode(), "typescript", "x.ts")
    assert [entry.module for entry in tree.imports] == [package]
