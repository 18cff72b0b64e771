"""The installed command on each mechanism: what it writes, what it leaves, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run

_POLICY = """\
version: 1
policy:
  required_tags: {team:, cost_center:}
  require_at: call
  rules: {untagged: error, no-owner: off, tag-not-reaching-bill: off}
  attribution:
    - {path: "**", tags: {team: search, cost_center: cc-1}}
"""
_PY = 'metadata={"team": "search", "cost_center": "cc-1"}'
_JS = 'metadata: { team: "search", cost_center: "cc-1" }'
_OPENAI = "from openai import OpenAI\nclient = OpenAI()\n"
_JS_OPENAI = 'import OpenAI from "openai";\nconst client = new OpenAI();\n'
_BEDROCK = 'import boto3\nclient = boto3.client("bedrock-runtime")\n'
_TAGS = '{"team": "search", "cost_center": "cc-1"}'

EDITED = {
    "one line": (
        "a.py",
        _OPENAI + 'client.responses.create(model="gpt-4o", input="x")\n',
        _OPENAI + f'client.responses.create(model="gpt-4o", input="x", {_PY})\n',
    ),
    "comment behind the last comma": (
        "a.py",
        _OPENAI + 'client.responses.create(\n    model="gpt-4o",\n    input=q,  # asked\n)\n',
        _OPENAI
        + f'client.responses.create(\n    model="gpt-4o",\n    input=q,  # asked\n    {_PY},\n)\n',
    ),
    "comment behind the last argument": (
        "a.py",
        _OPENAI + 'client.responses.create(\n    model="gpt-4o",\n    input=q  # asked\n)\n',
        _OPENAI
        + f'client.responses.create(\n    model="gpt-4o",\n    input=q,  # asked\n    {_PY}\n)\n',
    ),
    "a conversation that the provider keeps": (
        "a.py",
        _OPENAI + 'client.chat.completions.create(model="m", messages=[], store=True)\n',
        _OPENAI + f'client.chat.completions.create(model="m", messages=[], store=True, {_PY})\n',
    ),
    "one tag stands": (
        "a.py",
        _OPENAI + 'client.responses.create(model="gpt-4o", input=q, metadata={"team": "search"})\n',
        _OPENAI + f'client.responses.create(model="gpt-4o", input=q, {_PY})\n',
    ),
    "BOM, CRLF, text beyond ASCII before the call": (
        "a.py",
        "\ufeff"
        + (_OPENAI + 'é = "ü"; client.responses.create(model="m", input=é)\n').replace(
            "\n", "\r\n"
        ),
        "\ufeff"
        + (_OPENAI + f'é = "ü"; client.responses.create(model="m", input=é, {_PY})\n').replace(
            "\n", "\r\n"
        ),
    ),
    "Bedrock": (
        "a.py",
        _BEDROCK + 'client.converse(modelId="amazon.nova-lite-v1:0", messages=[])\n',
        _BEDROCK + 'client.converse(modelId="amazon.nova-lite-v1:0", messages=[], '
        f"requestMetadata={_TAGS})\n",
    ),
    "Vertex AI by the Gen AI SDK": (
        "a.py",
        "from google import genai\nclient = genai.Client(vertexai=True)\n"
        'client.models.generate_content(model="gemini-2.5-pro", contents=q, '
        "config={})\n",
        "from google import genai\nclient = genai.Client(vertexai=True)\n"
        'client.models.generate_content(model="gemini-2.5-pro", contents=q, '
        f'config={{"labels": {_TAGS}}})\n',
    ),
    "LiteLLM": (
        "a.py",
        'import litellm\nlitellm.completion(model="openai/gpt-4o", messages=m)\n',
        f'import litellm\nlitellm.completion(model="openai/gpt-4o", messages=m, {_PY})\n',
    ),
    "LangChain": (
        "a.py",
        "from langchain_openai import ChatOpenAI\n"
        'llm = ChatOpenAI(model="gpt-4o")\nllm.invoke("x", config={"callbacks": []})\n',
        "from langchain_openai import ChatOpenAI\n"
        'llm = ChatOpenAI(model="gpt-4o")\n'
        f'llm.invoke("x", config={{"callbacks": [], "metadata": {_TAGS}}})\n',
    ),
    "JavaScript": (
        "a.js",
        _JS_OPENAI + 'client.responses.create({ model: "gpt-4o", input: q });\n',
        _JS_OPENAI + f'client.responses.create({{ model: "gpt-4o", input: q, {_JS} }});\n',
    ),
    "TypeScript": (
        "a.ts",
        _JS_OPENAI + 'client.responses.create({\n\tmodel: "gpt-4o",\n\tinput: q as string,\n});\n',
        _JS_OPENAI
        + 'client.responses.create({\n\tmodel: "gpt-4o",\n\tinput: q as string,\n'
        + f"\t{_JS},\n}});\n",
    ),
}
LEFT = {
    "a conversation that the provider does not keep": (
        "a.py",
        _OPENAI + 'client.chat.completions.create(model="m", messages=[], store=False)\n',
        "openai refuses metadata without store=true",
    ),
    "no field": (
        "a.py",
        _OPENAI + 'client.embeddings.create(model="text-embedding-3-small", input=q)\n',
        "use one project and key per team",
    ),
    "keyword spread": (
        "a.py",
        _OPENAI
        + 'def f(**more):\n    client.responses.create(model="gpt-4o", input="x", **more)\n',
        "what it is given at run time may hold tags already",
    ),
    "Go": (
        "a.go",
        'package a\n\nimport "github.com/sashabaranov/go-openai"\n\nfunc f() {\n'
        '\tc := openai.NewClient("k")\n'
        '\tc.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Model: "gpt-4o"})\n}\n',
        "give Metadata the tags team=search, cost_center=cc-1, and store=true beside it",
    ),
}


def _tree(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / "llmaudit.yaml").write_text(_POLICY)
    file = tmp_path / name
    file.write_bytes(text.encode())
    return file


def _calls(tmp_path: Path) -> list[dict[str, Any]]:
    ran = run("scan", "-q", "--format", "json", "--as-of", "2026-11-23", ".", cwd=tmp_path)
    return [a for a in json.loads(ran.out)["assets"] if a["kind"] == "call"]


@pytest.mark.parametrize("case", EDITED)
def test_calls_are_given_their_tags(tmp_path: Path, case: str) -> None:
    name, before, after = EDITED[case]
    file = _tree(tmp_path, name, before)
    file.chmod(0o640)
    dry = run("fix", ".", cwd=tmp_path)
    assert file.read_bytes() == before.encode()
    ran = run("fix", "--write", ".", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, dry.out)
    assert file.read_bytes() == after.encode()
    assert file.stat().st_mode & 0o777 == 0o640
    again = run("fix", "--write", ".", cwd=tmp_path)
    assert again.out == ""
    (call,) = _calls(tmp_path)
    assert (call["tagging"], call["tag_status"]) == ("tagged", "complete")
    assert run("check", ".", cwd=tmp_path).code == 0


@pytest.mark.parametrize("case", LEFT)
def test_calls_that_are_left_say_why(tmp_path: Path, case: str) -> None:
    name, text, why = LEFT[case]
    file = _tree(tmp_path, name, text)
    ran = run("fix", "--write", ".", cwd=tmp_path)
    assert (ran.code, ran.out, file.read_text()) == (0, "", text)
    assert why in ran.err


def test_git_takes_the_difference(tmp_path: Path) -> None:
    import subprocess

    name, before, after = EDITED["one line"]
    file = _tree(tmp_path, name, before)
    diff = run("fix", "-q", ".", cwd=tmp_path).out
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=tmp_path, check=True)
    assert file.read_text() == after


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    name, before, _ = EDITED["one line"]
    outside = tmp_path / "outside.py"
    outside.write_text(before)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "llmaudit.yaml").write_text(_POLICY)
    (tree / name).symlink_to(outside)
    assert run("fix", "--write", ".", cwd=tree).out == ""
    assert outside.read_text() == before


def test_the_team_of_codeowners(tmp_path: Path) -> None:
    file = _tree(tmp_path, "a.py", EDITED["one line"][1])
    (tmp_path / "llmaudit.yaml").write_text("version: 1\npolicy:\n  required_tags: {team:}\n")
    (tmp_path / "CODEOWNERS").write_text("* @acme/ranking\n")
    run("fix", "--write", ".", cwd=tmp_path)
    assert 'metadata={"team": "ranking"})' in file.read_text()


def test_a_tag_that_is_none_is_refused(tmp_path: Path) -> None:
    ran = run("fix", "--set", "team", ".", cwd=tmp_path)
    assert (ran.code, ran.err) == (
        2,
        "error: --set 'team' is no tag\nhelp: write --set team=search\n",
    )
