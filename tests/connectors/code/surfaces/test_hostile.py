"""Input that is broken, endless, deep, huge or full of secrets."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from llmaudit import catalogue
from llmaudit.connectors.code.surfaces import Place, may_hold, to_evidence
from llmaudit.connectors.code.surfaces.hcl_nodes import read_hcl
from llmaudit.connectors.code.surfaces.json_nodes import read_json
from llmaudit.connectors.code.surfaces.nodes import walk
from llmaudit.connectors.code.surfaces.yaml_nodes import read_yaml
from llmaudit.secrets import hider
from tests.connectors.code.surfaces.reading import KNOWN, read, shown
from tests.connectors.code.test_collect import scan

KEY = "sk-proj-" + "aB3" * 20 + "T3BlbkFJ" + "xY9" * 20


def test_aliases_are_not_expanded() -> None:
    bomb = "a0: &a0 {OPENAI_API_KEY: x}\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
    )
    started = time.process_time()
    (root,) = read_yaml(bomb).tables
    assert sum(1 for _ in walk(root)) < 1_000
    surface = read("docker-compose.yml", "services:\n  a:\n    image: ollama/ollama\n" + bomb)
    assert [shown(one) for one in surface.found] == ["2 deployment a | ollama"]
    assert time.process_time() - started < 5


def test_an_alias_to_itself_ends() -> None:
    document = read_yaml("a: &a\n  <<: *a\n  b: 1\n")
    assert document.problems == []
    assert document.tables[0].text("a", "b") == "1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("".join(" " * n + "a:\n" for n in range(300)), "nested deeper than 100 levels"),
        ("a: [1, 2", "what stands after it is not read"),
        ("a: 1\n b: 2\n", "what stands after it is not read"),
    ],
)
def test_broken_and_deep_yaml_is_read_as_far_as_it_goes(text: str, problem: str) -> None:
    assert any(problem in one for one in read_yaml(text).problems)


def test_a_deep_row_of_brackets_is_a_problem_whichever_parser_meets_it() -> None:
    # Newer parsers stop at a depth of their own, older ones at the missing end.
    assert read_yaml("[" * 50_000).problems != []


def test_broken_and_deep_json_and_hcl() -> None:
    assert read_json("[" * 100_000).problems != []
    assert read_json('{"a": ' * 300 + "1" + "}" * 300).problems == [
        "line 1: nested deeper than 100 levels; what lies deeper is left out"
    ]
    broken = read_json('{"a": 1,\n "b": ,\n "c": 3}')
    assert broken.problems == ["line 2: it is not valid JSON; what is around it is read"]
    assert [table.text("c") for table in broken.tables] == ["3"]
    assert read_hcl("a = " + "[" * 100_000).problems != []
    hcl = read_hcl('resource "a" "b" {\n  x = \n}\nlocals { y = 1 }\n')
    assert [name for name, _, _ in hcl.tables[0].entries][-1] == "locals"


def test_a_key_that_stands_twice_counts_once_more() -> None:
    (root,) = read_yaml("a: 1\na: 2\n").tables
    assert (root.text("a"), len(root.entries)) == ("2", 2)


def test_what_stands_before_a_break_is_found() -> None:
    text = "jobs:\n  a:\n    steps:\n      - uses: openai/codex-action@v1\n      - run: [unclosed\n"
    surface = read(".github/workflows/x.yml", text)
    assert [shown(one) for one in surface.found] == ["4 call a.1 | openai | untagged"]
    assert surface.problems == [
        "line 6: did not find expected ',' or ']'; what stands after it is not read"
    ]
    assert surface.failed is False


def test_no_value_of_a_secret_leaves_the_reader() -> None:
    env = f"OPENAI_API_KEY={KEY}\nANTHROPIC_API_KEY=plain-value-of-a-secret\n"
    compose = (
        "services:\n  a:\n    image: ollama/ollama\n    environment:\n"
        f"      OPENAI_API_KEY: {KEY}\n      X: {KEY}\n    labels: {{team: {KEY}}}\n"
    )
    tf = f'resource "aws_bedrock_guardrail" "g" {{\n  tags = {{ {KEY.replace("-", "_")} = "{KEY}" }}\n}}\n'
    mcp = json.dumps({"mcpServers": {KEY: {"env": {"OPENAI_API_KEY": KEY}}}})
    for path, text in (
        (".env", env),
        ("compose.yaml", compose),
        ("a.tf", tf),
        (".mcp.json", mcp),
        (".github/workflows/a.yml", f"jobs:\n  {KEY}:\n    steps:\n    - run: claude -p {KEY}\n"),
    ):
        place = Place("local/x", path, "app", hider(KNOWN))
        evidence = list(to_evidence(read(path, text).found, place, KNOWN))
        assert evidence
        assert KEY not in repr(evidence)
        assert "plain-value-of-a-secret" not in repr(evidence)
    found = list(
        to_evidence(read(".env", env).found, Place("r", ".env", "app", hider(KNOWN)), KNOWN)
    )
    assert [(one.kind, one.name, one.provider) for one in found] == [
        ("api_key", "sk-proj-...9xY9", "openai"),
        ("secret", "OPENAI_API_KEY", "openai"),
        ("secret", "ANTHROPIC_API_KEY", "anthropic"),
    ]


def test_a_file_without_its_literals_is_not_parsed() -> None:
    known = catalogue.load()
    assert may_hold("a.json", b'{"nodes": [{"type": "n8n-nodes-base.slack"}]}', known) is False
    assert may_hold("a.json", b'{"openai": {"embedding": 1}}', known) is False
    assert may_hold("a.json", b'{"type": "N8N-nodes-langchain.lmChatOpenAi"}', known) is True
    assert may_hold("config/a.json", b'{"openai": {"embedding": 1}}', known) is True
    assert may_hold("a.yaml", b"services:\n  a: {image: ollama/ollama}\n", known) is True
    assert may_hold("notes.toml", b"openai = 1", known) is False
    assert may_hold(".env", "OPENAI_API_KEY=x".encode("utf-16"), known) is True
    assert may_hold("main.tf", b"openai_api_key = 1", known) is True


def test_every_configuration_ends_once_in_the_ledger(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ai.yml": "jobs:\n  a:\n    steps:\n      - uses: openai/codex-action@v1\n",
        ".github/workflows/ci.yml": "jobs: {}\n",
        ".github/workflows/bad.yml": "jobs:\n  openai: [\n",
        "data.json": '{"a": 1}',
        "big.json": '{"openai": "' + "x" * 2_100_000 + '"}',
        "talk.json": '{"openai": 1}',
        ".env.example": "OPENAI_API_KEY=\n",
        "CLAUDE.md": "# x\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    evidence, (line,) = scan(tmp_path)
    assert line.counts == {
        "not relevant": 2,
        "not relevant: data over the size limit, not looked into": 1,
        "scanned: configuration": 3,
        "scanned: no literal of a rule": 1,
        "scanned: partly, a configuration could not be read whole": 1,
    }
    assert line.of == len(files)
    assert (line.status, ".github/workflows/bad.yml: line 3" in line.why) == ("partial", True)
    assert [(one.kind, one.where.path, one.context, one.same_as[0]) for one in evidence] == [
        ("secret", ".env.example", "example", f"secret:{line.scope}:OPENAI_API_KEY"),
        (
            "call",
            ".github/workflows/ai.yml",
            "app",
            f"call:{line.scope}:.github/workflows/ai.yml#a.1:agent:9599bd0420c3:1",
        ),
        ("automation", "CLAUDE.md", "app", f"automation:{line.scope}:claude-code"),
    ]
