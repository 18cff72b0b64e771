"""Attribution that does not arrive, calls that hide, and how many stand behind a wrapper."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmaudit.connectors.code.hidden import hiding
from tests.connectors.code.test_link import project

HEAD = (
    "import anthropic\nimport litellm\nfrom google import genai\nfrom openai import OpenAI\n"
    "c = OpenAI()\na = anthropic.Anthropic()\ng = genai.Client(api_key=k)\n"
)


def said(root: Path, line: str) -> str:
    (call,) = project(root, {"app.py": f"{HEAD}{line}\n"})
    return call.attributes.get("ineffective", "")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("c.responses.create(model='gpt-4o', input='x', metadata={'team': 'a'})", ""),
        (
            "c.embeddings.create(model='m', input='x', extra_body={'metadata': {'team': 'a'}})",
            "metadata: this API has no metadata",
        ),
        ("c.responses.create(model='gpt-4o', input='x', tags=['a'])", "tags: there is no such"),
        (
            f"c.responses.create(model='gpt-4o', input='x', metadata={{'team': '{'a' * 600}'}})",
            "metadata takes values of 512 characters: team's is longer",
        ),
        (
            "c.responses.create(model='gpt-4o', input='x', metadata="
            + str({f"k{n}": "v" for n in range(17)})
            + ")",
            "metadata takes 16 keys, 17 stand",
        ),
        (
            "a.messages.create(model='m', max_tokens=9, messages=[], metadata={'team': 'a'})",
            "metadata: only user_id is a field of it",
        ),
        (
            "a.messages.create(model='m', max_tokens=9, messages=[], metadata={'user_id': 'a'})",
            "",
        ),
        (
            "g.models.generate_content(model='m', contents='x', config={'labels': {'team': 'a'}})",
            "labels: the Gemini API takes no labels",
        ),
        (
            "OpenAI(base_url='https://api.openai.com/v1', default_headers="
            "{'Helicone-Property-Team': 'a'}).responses.create(model='m', input='x')",
            "helicone-property-team is read by helicone, but the call goes to api.openai.com",
        ),
        (
            "OpenAI(base_url='https://oai.helicone.ai/v1', default_headers="
            "{'Helicone-Property-Team': 'a'}).responses.create(model='m', input='x')",
            "",
        ),
    ],
)
def test_a_form_that_does_not_arrive_is_said_with_its_source(
    tmp_path: Path, line: str, expected: str
) -> None:
    found = said(tmp_path, line)
    assert found.startswith(expected)
    assert bool(found) == bool(expected)
    assert not found or found.endswith(")")


def test_what_a_trees_ignore_files_leave_out_is_found_and_said_to_be_hidden(tmp_path: Path) -> None:
    call = "from openai import OpenAI\nOpenAI().responses.create(model='m', input='x')"
    calls = project(
        tmp_path,
        {
            ".semgrepignore": ":include .gitignore\nsecret/\n[\n",
            "secret/a.py": call,
            "open/b.py": call,
            "open/c.py": f"{call}  # nosemgrep",
        },
    )
    assert {c.where.path: c.attributes.get("hidden_by", "") for c in calls} == {
        "secret/a.py": ".semgrepignore",
        "open/b.py": "",
        "open/c.py": "nosemgrep comment",
    }


def test_an_ignore_file_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("*\n")
    (tmp_path / ".semgrepignore").symlink_to(tmp_path / "elsewhere")
    assert hiding(tmp_path)("a.py") == ""


def test_callers_of_a_wrapper_are_counted_across_files(tmp_path: Path) -> None:
    calls = project(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/llm.py": (
                "from openai import OpenAI\n\nclient = OpenAI()\n\n\n"
                "def ask(text):\n    return client.responses.create(model='m', input=text)\n\n\n"
                "class Bot:\n    def say(self, text):\n"
                "        return client.responses.create(model='m', input=text)\n\n"
                "    def twice(self, text):\n        return self.say(text), self.say(text)\n\n\n"
                "client.responses.create(model='m', input='once')\n"
            ),
            "app/a.py": "from .llm import Bot, ask\n\nask('x')\nask('y')\nBot().say('z')\n",
            "app/b.py": "from app import llm\n\n\ndef ask(x):\n    return x\n\n\n"
            "ask(1)\nllm.ask('x')\n",
        },
    )
    assert {(c.symbol or "", c.callers) for c in calls} == {("ask", 3), ("Bot.say", 3), ("", None)}
