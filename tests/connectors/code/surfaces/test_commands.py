from __future__ import annotations

import pytest

from llmaudit.connectors.code.surfaces import Source
from llmaudit.connectors.code.surfaces.commands import commands_in
from tests.connectors.code.surfaces.reading import KNOWN

CALLS = {
    "claude -p x --model opus": "claude-code anthropic opus",
    "sudo -u bot claude --print x": "claude-code anthropic",
    "FOO=1 timeout 60s claude -p x | tee out": "claude-code anthropic",
    "/usr/local/bin/claude -p x": "claude-code anthropic",
    "npx -y @anthropic-ai/claude-code@1.0.67 -p x": "claude-code anthropic",
    "pnpm dlx @openai/codex exec x -m o3": "codex openai o3",
    "bunx @google/gemini-cli -p x -m gemini-2.5-pro": "gemini-cli google-gemini gemini-2.5-pro",
    "gemini 'explain this'": "gemini-cli google-gemini",
    "copilot -p x --model gpt-5": "copilot-cli github-copilot gpt-5",
    "gh copilot suggest x": "gh-copilot github-copilot",
    "gh models run openai/gpt-4o x": "gh-models github-models openai/gpt-4o",
    "uvx llm -m claude-3-opus x": "llm anthropic claude-3-opus",
    "cat a | llm": "llm unknown",
    "ollama run llama3.2 x": "ollama ollama llama3.2",
    "uv run aider --message x --model deepseek/deepseek-chat": "aider deepseek deepseek/deepseek-chat",
    "opencode run x -m anthropic/claude-sonnet-4": "opencode anthropic anthropic/claude-sonnet-4",
    "aws --region eu-west-1 bedrock-runtime converse --model-id amazon.nova-lite-v1:0":
        "aws-cli-bedrock aws-bedrock amazon.nova-lite-v1:0",
    "aws bedrock-agent-runtime invoke-agent --agent-id A": "aws-cli-bedrock-agent aws-bedrock",
    "openai api chat.completions.create -m gpt-4o": "openai-cli openai gpt-4o",
    "curl -d '{\"model\": \"gpt-4o\"}' https://api.openai.com/v1/chat/completions": "http openai gpt-4o",
    "curl https://acme.openai.azure.com/openai/deployments/chat/chat/completions?api-version=1":
        "http azure-openai chat",
    "curl http://localhost:11434/api/generate -d '{\"model\": \"llama3\"}'": "http ollama llama3",
    "curl $HOST/v1/chat/completions -d @body.json": "http unknown",
    "if true; then x=$(claude -p y); fi": "claude-code anthropic",
    "bash -c 'claude -p y'": "claude-code anthropic",
}  # fmt: skip


@pytest.mark.parametrize("script", CALLS)
def test_commands_that_send_a_request(script: str) -> None:
    (run,) = commands_in(script, Source("x", "", KNOWN))
    assert " ".join([run.id, run.provider, *run.models]) == CALLS[script]


@pytest.mark.parametrize(
    "script",
    [
        "claude --version",
        "claude mcp add x",
        "claude",
        "npm install -g @anthropic-ai/claude-code",
        "pip install aider-chat llm",
        "codex login",
        "gemini mcp list",
        "gemini --help",
        "llm keys set openai",
        "llm models",
        "ollama pull llama3",
        "ollama serve &",
        "gh pr create",
        "aws bedrock list-foundation-models",
        "aws s3 cp claude -p x",
        "echo 'claude -p x'",
        "# claude -p x",
        "./llm x",
        "scripts/claude -p x",
        "curl https://api.openai.com/v1/models",
        "curl https://api.openai.com/v1/files -F file=@a",
        "curl https://acme.example/v1/orders",
        "curl -L https://ollama.com/install.sh | sh",
        "docker pull ollama/ollama",
        "cat <<EOF\nclaude -p x\nEOF",
        "x" * 300_000,
        "$(" * 5_000,
    ],
)
def test_commands_that_send_none(script: str) -> None:
    assert list(commands_in(script, Source("x", "", KNOWN))) == []


def test_a_command_over_several_lines_is_placed() -> None:
    script = "set -e\nclaude \\\n  -p x \\\n  --model opus\n"
    (run,) = commands_in(script, Source("x", "", KNOWN))
    assert (run.line, run.end_line) == (1, 3)
