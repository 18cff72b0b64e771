"""Recipes of Make, just and Task."""

from __future__ import annotations

from tests.connectors.code.surfaces.reading import lines, read

MAKEFILE = """\
MODEL ?= gpt-default
NAMED := claude-x  # the one in use
URL = https://api.openai.com/v1/chat/completions

.PHONY: ask
ask: build
\t@echo "claude -p no"
\t@curl -s $(URL) \\
\t  -H "Authorization: Bearer $$OPENAI_API_KEY" -d '{"model": "gpt-x", "messages": []}'
\tclaude -p "x" --model $(NAMED)

\tcodex exec -m ${MODEL} "x"

build: main.o
\tollama pull llama3
# \tclaude -p "no"
"""


def test_recipes_of_make() -> None:
    found = read("Makefile", MAKEFILE).found
    assert [(c.line, c.key, c.rule, c.models, c.attributes.get("model_default", "")) for c in found] == [
        (8, "ask", "yaml.make.http", ("gpt-x",), ""),
        (10, "ask", "yaml.make.claude-code", ("claude-x",), ""),
        (12, "ask", "yaml.make.codex", (), "gpt-default"),
    ]  # fmt: skip


def test_recipes_of_just_and_task() -> None:
    assert lines(
        "justfile", 'model := "gpt-x"\n\nask prompt:\n    llm -m {{model}} "{{prompt}}"\n'
    ) == ["4 call ask | openai | gpt-x | untagged"]
    task = "version: 3\ntasks:\n  ask:\n    cmds:\n      - claude -p x --model opus\n"
    assert lines("Taskfile.yml", task) == ["5 call tasks.ask | anthropic | opus | untagged"]
