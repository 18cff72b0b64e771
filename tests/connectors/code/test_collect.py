"""The connector as a whole: what it yields, and that every file is accounted for."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from llmaudit import catalogue
from llmaudit.config import Gateway, Wrapper
from llmaudit.connectors import Run, code
from llmaudit.connectors.code import engine, rulebook
from llmaudit.errors import UsageError
from llmaudit.ledger import Ledger
from llmaudit.model import Coverage, Evidence, Repository
from llmaudit.precompiled import digest_of
from llmaudit.redact import People

CALL = """from openai import OpenAI

client = OpenAI()


def ask():
    return client.chat.completions.create(model="gpt-4o", messages=[])
"""


def scan(
    root: Path,
    paths: Sequence[str] = (".",),
    gateways: tuple[Gateway, ...] = (),
    wrappers: tuple[Wrapper, ...] = (),
) -> tuple[list[Evidence], list[Coverage]]:
    """Evidence and ledger lines of the tree."""
    run = Run(
        root=root,
        confine=None,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="",
        catalogue=catalogue.load(),
        people=People(b"k"),
        gateways=gateways,
        wrappers=wrappers,
    )
    ledger = Ledger("code", "code")
    seen = list(code.collect(code.Settings(paths=tuple(paths)), run, ledger))
    return [thing for thing in seen if isinstance(thing, Evidence)], ledger.lines


def calls(evidence: list[Evidence]) -> list[Evidence]:
    return [one for one in evidence if one.kind == "call"]


def test_a_call_has_place_identity_and_facts(tmp_path: Path) -> None:
    (tmp_path / "svc").mkdir()
    (tmp_path / "svc" / "app.py").write_text(CALL)
    evidence, _ = scan(tmp_path)
    (call,) = evidence
    assert (call.where.path, call.where.line, call.where.end_line, call.where.column) == (
        "svc/app.py",
        7,
        7,
        12,
    )
    assert (call.provider, call.sdk, call.api, call.models) == (
        "openai",
        "openai-python",
        "chat.completions",
        ("gpt-4o",),
    )
    assert (call.symbol, call.tagging, call.confidence, call.context) == (
        "ask",
        "untagged",
        "certain",
        "app",
    )
    repo, digest, ordinal = call.where.repo, *call.same_as[0].rsplit(":", 2)[1:]
    assert call.same_as == (f"call:{repo}:svc/app.py#ask:chat.completions:{digest}:{ordinal}",)
    assert ordinal == "1"


def test_equal_calls_of_one_function_are_told_apart(tmp_path: Path) -> None:
    line = '    client.chat.completions.create(model="gpt-4o", messages=[])\n'
    (tmp_path / "a.py").write_text(
        f"from openai import OpenAI\nclient = OpenAI()\ndef ask():\n{line}{line}"
    )
    evidence, _ = scan(tmp_path)
    first, second = (call.same_as[0] for call in calls(evidence))
    assert first[:-1] == second[:-1]
    assert (first[-1], second[-1]) == ("1", "2")


def test_a_tag_or_another_layout_leaves_the_identity(tmp_path: Path) -> None:
    forms = [
        'client.chat.completions.create(model="gpt-4o", messages=[])',
        'client.chat.completions.create(\n    model="gpt-4o",\n    messages=[],\n)',
        'client.chat.completions.create(model="gpt-4o", metadata={"team": "a"}, messages=[])',
        'client.chat.completions.create(model="gpt-4o", messages=[], user="u")',
    ]
    links = set()
    for form in forms:
        (tmp_path / "a.py").write_text(f"from openai import OpenAI\nclient = OpenAI()\n{form}\n")
        links |= {call.same_as for call in calls(scan(tmp_path)[0])}
    assert len(links) == 1


def test_a_notebook_call_is_placed_in_its_cell(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# x"]},
        {
            "cell_type": "code",
            "id": "ab12",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["%pip install openai\n", "from openai import OpenAI\n", "c = OpenAI()"],
        },
        {
            "cell_type": "code",
            "id": "cd34",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["\n", "c.responses.create(model='gpt-4.1', input='x')"],
        },
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(book, indent=1)
    (tmp_path / "n.ipynb").write_text(text)
    (call,) = calls(scan(tmp_path)[0])
    assert (call.where.cell, call.where.cell_line, call.symbol) == (2, 2, "cd34")
    assert "responses.create" in text.splitlines()[(call.where.line or 0) - 1]


def test_an_sdk_without_a_call_is_told_once_per_place(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\nanthropic>=0.40\n")
    (tmp_path / "a.py").write_text("import anthropic\n")
    evidence, _ = scan(tmp_path)
    assert [(e.kind, e.name, str(e.where), e.attributes["seen_as"]) for e in evidence] == [
        ("sdk", "anthropic-python", "requirements.txt:2", "dependency"),
        ("sdk", "anthropic-python", "a.py:1", "import"),
    ]
    assert len({e.same_as for e in evidence}) == 1


def test_comments_give_tags_and_ignores(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from openai import OpenAI\nc = OpenAI()\n"
        "# llmaudit: team=search\n"
        "c.responses.create(model='m', input='x')  # llmaudit: ignore[untagged] demo\n"
    )
    (call,) = calls(scan(tmp_path)[0])
    assert [(t.key, t.value, t.source, t.by_tree) for t in call.tags] == [
        ("team", "search", "comment", True)
    ]
    assert [(i.rules, i.reason) for i in call.ignores] == [(("untagged",), "demo")]


def test_a_suppressing_comment_of_another_scanner_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / ".semgrepignore").write_text("*\n")
    (tmp_path / "a.py").write_text(CALL.replace("messages=[])", "messages=[])  # nosemgrep"))
    (call,) = calls(scan(tmp_path)[0])
    assert call.attributes["hidden_by"] == "nosemgrep comment"


def test_a_gateway_is_the_provider_and_its_headers_are_tags(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from openai import OpenAI\n"
        "c = OpenAI(base_url='https://llm.acme.example/v1', default_headers={'X-Unit': 'u1'})\n"
        "c.chat.completions.create(model='m', messages=[])\n"
    )
    gateway = Gateway(
        host="llm.acme.example", provider="litellm", tag_headers={"X-Unit": "business_unit"}
    )
    (call,) = calls(scan(tmp_path, gateways=(gateway,))[0])
    assert (call.provider, call.tagging) == ("litellm", "tagged")
    assert [(t.key, t.value, t.source) for t in call.tags] == [("business_unit", "u1", "client")]


WRAPPED = {
    "a.py": (
        {"import": "acme_llm.Client.complete"},
        "from acme_llm import Client\nclient = Client()\n"
        "client.complete('x', model='m', metadata={'team': 'a'})\nother.complete('x')\n",
    ),
    "a.ts": (
        {"import": "@acme/llm:complete", "language": "typescript"},
        "import { complete as ask } from '@acme/llm';\n"
        "ask({ model: 'm', metadata: { team: 'a' } });\ncomplete({});\n",
    ),
    "b.js": (
        {"import": "@acme/llm:Client.complete", "language": "javascript"},
        "const { Client } = require('@acme/llm');\nconst c = new Client();\n"
        "c.complete({ model: 'm', metadata: { team: 'a' } });\nd.complete({});\n",
    ),
    "a.go": (
        {"import": "acme.example/llm:Complete", "language": "go"},
        'package a\nimport "acme.example/llm"\nfunc f() { llm.Complete(llm.Request{Model: "m"}) }\n'
        "func g(o Other) { o.Complete(1) }\n",
    ),
    "b.go": (
        {"import": "acme.example/llm:Client.Complete", "language": "go"},
        'package a\nimport "acme.example/llm"\n'
        'func f(c *llm.Client) { c.Complete(llm.Request{Model: "m"}) }\n'
        "func g(o Other) { o.Complete(1) }\n",
    ),
    "A.java": (
        {"import": "com.acme.llm.Client.complete", "language": "java"},
        "import com.acme.llm.Client;\nclass A { Client client;\n"
        '  void f(Other o) { client.complete("x"); o.complete("x"); } }\n',
    ),
    "A.kt": (
        {"import": "com.acme.llm.Client.complete", "language": "kotlin"},
        "import com.acme.llm.Client\nclass A(private val client: Client) {\n"
        '  fun f(o: Other) { client.complete("x"); o.complete("x") } }\n',
    ),
    "A.scala": (
        {"import": "com.acme.llm.Client.complete", "language": "scala"},
        "import com.acme.llm.Client\nclass A(client: Client) {\n"
        '  def f(o: Other) = { client.complete("x"); o.complete("x") } }\n',
    ),
    "A.cs": (
        {"import": "Acme.Llm:Client.Complete", "language": "csharp"},
        "using Acme.Llm;\nclass A { Client client;\n"
        '  void F(Other o) { client.Complete("x"); o.Complete("x"); } }\n',
    ),
    "a.rb": (
        {"import": "Acme:Client.complete", "language": "ruby"},
        "client = Acme::Client.new\nclient.complete('x')\nother.complete('x')\n",
    ),
    "a.php": (
        {"import": "Acme:Client.complete", "language": "php"},
        "<?php\nuse Acme\\Client;\n$c = new Client();\n$c->complete('x');\n$o->complete('x');\n",
    ),
    "a.rs": (
        {"import": "acme_llm:Client.complete", "language": "rust"},
        "use acme_llm::Client;\nfn f() { let c = Client::new(); c.complete(1); }\n"
        "fn g(o: Other) { o.complete(1); }\n",
    ),
    "a.swift": (
        {"import": "AcmeLLM:Client.complete", "language": "swift"},
        'import AcmeLLM\nlet c = Client()\nc.complete("x")\nlet o = Other()\no.complete("x")\n',
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_configured_wrapper_is_a_call_in_every_language(tmp_path: Path, name: str) -> None:
    entry, source = WRAPPED[name]
    (tmp_path / name).write_text(source)
    wrapper = Wrapper.model_validate({**entry, "provider": "openai"})
    (call,) = calls(scan(tmp_path, wrappers=(wrapper,))[0])
    assert (call.provider, call.sdk, call.api) == (
        "openai",
        wrapper.module,
        wrapper.name.split(".")[-1],
    )
    if "metadata" in source:
        assert (call.models, call.tagging) == (("m",), "tagged")
    assert calls(scan(tmp_path)[0]) == []


@pytest.mark.parametrize("wrong", ["complete", "acme:", ":complete", "$X.complete", "a b.c"])
def test_a_wrapper_that_names_no_function_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Wrapper.model_validate({"import": wrong, "provider": "openai"})


def test_a_configured_wrapper_is_followed_across_files(tmp_path: Path) -> None:
    (tmp_path / "clients.py").write_text("from acme_llm import Client\nclient = Client()\n")
    (tmp_path / "use.py").write_text(
        "from clients import client\nclient.complete('x', model='m')\n"
    )
    wrapper = Wrapper.model_validate({"import": "acme_llm.Client.complete", "provider": "openai"})
    (call,) = calls(scan(tmp_path, wrappers=(wrapper,))[0])
    assert (call.where.path, call.models) == ("use.py", ("m",))


def test_a_configured_wrapper_is_a_call(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from acme_llm import complete as ask\nask('x', model='m', metadata={'team': 'a'})\n"
    )
    wrapper = Wrapper.model_validate({"import": "acme_llm.complete", "provider": "openai"})
    (call,) = calls(scan(tmp_path, wrappers=(wrapper,))[0])
    assert (call.provider, call.sdk, call.api, call.tagging) == (
        "openai",
        "acme_llm",
        "complete",
        "tagged",
    )
    assert calls(scan(tmp_path)[0]) == []


def test_every_file_ends_once_and_the_counts_add_up(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CALL)
    (tmp_path / "plain.py").write_text("x = 1\n")
    (tmp_path / "broken.py").write_text("def f(:\n" + CALL)
    (tmp_path / "wide.py").write_bytes(CALL.encode("utf-16"))
    (tmp_path / "bin.py").write_bytes(b"\0\1\2" * 5000)
    (tmp_path / "bad.ipynb").write_text("{")
    (tmp_path / "main.ex").write_text("defmodule A do end\n")
    (tmp_path / "notes.md").write_text("client.chat.completions.create(model='x')\n")
    (tmp_path / "requirements.txt").write_text("openai\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "out.py").symlink_to("/etc/hostname")
    with (tmp_path / "huge.py").open("wb") as huge:
        huge.truncate(50_000_000)
    evidence, (line,) = scan(tmp_path)
    assert {c.where.path for c in calls(evidence)} >= {"app.py", "wide.py"}
    assert line.status == "partial"
    assert line.of == sum(line.counts.values()) == 12
    assert line.seen == sum(n for k, n in line.counts.items() if k.startswith("scanned"))
    assert line.skipped == line.of - line.seen
    kinds = {label.partition(":")[0] for label in line.counts}
    assert kinds == {"scanned", "not relevant", "unsupported", "skipped", "error"}
    assert "bad.ipynb" in line.why
    assert "files read as utf-16-le: 1" in line.why


def test_an_empty_tree_is_empty_not_clean(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    _, (line,) = scan(tmp_path)
    assert (line.status, line.why.partition(";")[0]) == ("empty", "there is no file")


def test_several_roots_are_several_lines(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(CALL)
        subprocess.run(["git", "init", "-q", str(tmp_path / name)], check=True)
    evidence, lines = scan(tmp_path, ["one", "two"])
    assert [line.scope for line in lines] == ["local/one", "local/two"]
    assert [call.where.repo for call in evidence] == ["local/one", "local/two"]


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file or folder"):
        scan(tmp_path, ["nowhere"])


def test_the_same_tree_gives_the_same_evidence(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.py").write_text(CALL)
    assert scan(tmp_path) == scan(tmp_path)


def test_a_standalone_path_is_a_tree_of_its_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    inner = tmp_path / "examples" / "shop"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text(CALL)
    (inner / "CODEOWNERS").write_text("* @acme/shop\n")
    settings = code.Settings(
        paths=("examples/shop",), standalone=True, repository="git.acme.example/acme/shop"
    )
    run = Run(
        root=tmp_path,
        confine=None,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="",
        catalogue=catalogue.load(),
        people=People(b"k"),
    )
    ledger = Ledger("code", "code")
    repository, call = list(code.collect(settings, run, ledger))
    assert isinstance(repository, Repository)
    assert isinstance(call, Evidence)
    assert (repository.repo, repository.root, repository.codeowners) == (
        "git.acme.example/acme/shop",
        "examples/shop",
        "* @acme/shop\n",
    )
    assert (call.where.path, call.context) == ("a.py", "app")


def test_a_key_in_the_code_is_nowhere_in_what_is_yielded(tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "Qx7" * 31 + "AA"
    (tmp_path / "a.py").write_text(
        "from openai import OpenAI\n"
        f"c = OpenAI(api_key='{key}', base_url='https://x.example/{key}')\n"
        f"# llmaudit: team={key}\n"
        f"c.chat.completions.create(model='{key}', messages=[], metadata={{'a': '{key}'}}, "
        f"extra_headers={{'X-Team': 'Bearer {key}'}})  # llmaudit: ignore[untagged] {key}\n"
    )
    (tmp_path / "b.ts").write_text(f"import OpenAI from 'openai'; const x = {key} = ;\n")
    (tmp_path / "requirements.txt").write_text(f"openai=={key}\n{key} @@\n")
    evidence, lines = scan(tmp_path)
    assert len(calls(evidence)) == 1
    assert key not in repr(evidence) + repr(lines)


def test_a_cache_in_the_audited_tree_hides_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text(CALL)
    book = rulebook.load()
    nothing = ["Some", ["Pred", ["Idents", ["no file holds this word"]]]]
    planted = tmp_path / "cache" / "llmaudit"
    planted.mkdir(parents=True)
    body = json.dumps({e["id"]: nothing for e in book.engine}).encode()
    digest = digest_of({"rules": book.digest.encode(), "engine": engine.core()[1].encode()})
    source = Path(engine.__file__).read_bytes()
    digest = digest_of({"files": digest.encode(), "by": source})
    place = hashlib.sha256(str(rulebook.folder().resolve()).encode()).hexdigest()[:12]
    head = f"{digest} {hashlib.sha256(body).hexdigest()}\n".encode()
    (planted / f"prefilter-{place}.json").write_bytes(head + body)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert len(calls(scan(tmp_path, ["a.py"])[0])) == 1
