from __future__ import annotations

import pytest

from llmaudit.connectors.code.surfaces import surface_of
from tests.connectors.code.surfaces.reading import lines, read


def test_claude_code() -> None:
    settings = """\
    {"model": "opus", "permissions": {"allow": ["Bash(npm test)"]},
     "env": {"ANTHROPIC_BASE_URL": "https://llm.acme.example", "CLAUDE_CODE_USE_BEDROCK": "1",
             "ANTHROPIC_AUTH_TOKEN": "x"}}
    """
    assert lines(".claude/settings.json", settings) == [
        "1 automation claude-code | aws-bedrock | opus | uses ANTHROPIC_AUTH_TOKEN"
        " | by llm.acme.example",
        "2 route llm.acme.example | unknown",
        "3 secret ANTHROPIC_AUTH_TOKEN | anthropic",
    ]
    agent = """\
    ---
    name: code-reviewer
    description: Use it when: code changed. Example: "review"
    model: sonnet
    ---
    You review.
    """
    assert lines(".claude/agents/review/code.md", agent) == [
        "1 automation claude-code:code-reviewer | anthropic | sonnet"
    ]
    assert lines("pkg/CLAUDE.md", "# Rules\n") == ["1 automation claude-code | anthropic"]
    assert lines(".claude/agents/x.md", "---\nmodel: inherit\n---\n") == [
        "1 automation claude-code:x | anthropic"
    ]


def test_mcp_servers_are_named_and_their_keys_are_not_shown() -> None:
    text = """\
    {"mcpServers": {
      "github": {"command": "npx", "args": ["-y", "x"], "env": {"GITHUB_TOKEN": "x"}},
      "search": {"url": "https://mcp.acme.example", "env": {"PERPLEXITY_API_KEY": "secretvalue"}}}}
    """
    found = read(".mcp.json", text)
    assert found.found[0].attributes == {"mcp_servers": "github;search"}
    assert lines(".mcp.json", text) == [
        "1 automation claude-code | anthropic | uses PERPLEXITY_API_KEY",
        "3 secret PERPLEXITY_API_KEY | perplexity",
    ]
    assert "secretvalue" not in repr(found.found)
    (cursor,) = read(".cursor/mcp.json", '{"mcpServers": {"a": {}}}').found
    assert (cursor.key, cursor.provider, dict(cursor.attributes)) == (
        "cursor",
        "cursor",
        {"mcp_servers": "a"},
    )
    (copilot,) = read(".vscode/mcp.json", '{"servers": {"b": {}}, "inputs": []}').found
    assert (copilot.key, dict(copilot.attributes)) == ("github-copilot", {"mcp_servers": "b"})


def test_codex_continue_and_aider() -> None:
    codex = """\
    model = "gpt-5-codex"
    model_provider = "azure"
    [model_providers.azure]
    base_url = "https://acme.openai.azure.com/openai"
    env_key = "AZURE_OPENAI_API_KEY"
    [mcp_servers.docs]
    command = "x"
    """
    assert lines(".codex/config.toml", codex) == [
        "1 automation codex | openai | gpt-5-codex | uses AZURE_OPENAI_API_KEY"
        " | by acme.openai.azure.com",
        "4 route acme.openai.azure.com | azure-openai",
        "5 secret AZURE_OPENAI_API_KEY | azure-openai",
    ]
    cont = """\
    name: x
    models:
      - name: main
        provider: anthropic
        model: claude-sonnet-4-5
        apiKey: ${{ secrets.ANTHROPIC_API_KEY }}
    """
    assert lines(".continue/config.yaml", cont) == [
        "1 automation continue | anthropic | claude-sonnet-4-5 | uses ANTHROPIC_API_KEY",
        "6 secret ANTHROPIC_API_KEY | anthropic",
    ]
    assert lines(".aider.conf.yml", "model: deepseek/deepseek-chat\nweak-model: gpt-4o-mini\n") == [
        "1 automation aider | deepseek | deepseek/deepseek-chat,gpt-4o-mini"
    ]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("AGENTS.md", "agents-md"),
        ("docs/GEMINI.md", "gemini-cli"),
        (".gemini/settings.json", "gemini-cli"),
        (".github/copilot-instructions.md", "github-copilot"),
        (".github/agents/triage.agent.md", "github-copilot:triage"),
        (".github/prompts/x.prompt.md", "github-copilot"),
        (".cursor/rules/style.mdc", "cursor"),
        (".cursorrules", "cursor"),
        (".windsurf/rules/a.md", "windsurf"),
        (".clinerules", "cline"),
        ("opencode.json", "opencode"),
        (".opencode/agent/docs.md", "opencode:docs"),
        (".coderabbit.yaml", "coderabbit"),
        (".kiro/steering/a.md", "kiro"),
        (".junie/guidelines.md", "junie"),
        ("app/claude_desktop_config.json", "mcp"),
    ],
)
def test_files_of_tools(path: str, key: str) -> None:
    assert [one.key for one in read(path, "").found] == [key]


def test_other_documents_are_no_agent() -> None:
    assert [surface_of(p) for p in ("README.md", "docs/agents.txt", ".claude/x.png")] == [None] * 3


def test_a_dev_container() -> None:
    text = """\
    {
      "image": "x", // base
      "features": {"ghcr.io/anthropics/devcontainer-features/claude-code:1": {},
                   "ghcr.io/devcontainers/features/node:1": {}},
      "remoteEnv": {"OPENAI_API_KEY": "${localEnv:OPENAI_API_KEY}"},
    }
    """
    assert lines(".devcontainer/devcontainer.json", text) == [
        "3 automation claude-code | anthropic",
        "5 secret OPENAI_API_KEY | openai",
    ]
