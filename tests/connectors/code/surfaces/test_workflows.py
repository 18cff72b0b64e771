from __future__ import annotations

import pytest

from llmaudit.connectors.code.surfaces import Place, to_evidence
from tests.connectors.code.surfaces.reading import KNOWN, lines, read

WORKFLOW = ".github/workflows/review.yml"


def steps(*texts: str) -> str:
    """A workflow of one job with these steps, each on its own lines."""
    head = "on: push\njobs:\n  review:\n    runs-on: x\n    steps:\n"
    return head + "".join(f"      - {text}\n" for text in texts)


def test_an_action_is_a_call_with_its_model_and_its_key() -> None:
    text = """\
    on: [pull_request]
    env:
      ANTHROPIC_BASE_URL: https://llm.acme.example/anthropic
    jobs:
      review:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - name: Review
            uses: anthropics/claude-code-action@v1
            with:
              anthropic_api_key: ${{ secrets.ACME_CLAUDE }}
              claude_args: |
                --max-turns 3
                --model claude-opus-4-1
    """
    assert lines(WORKFLOW, text) == [
        "3 route llm.acme.example | unknown",
        "10 call review.Review | anthropic | claude-opus-4-1 | untagged | uses ACME_CLAUDE"
        " | by llm.acme.example",
        "12 secret ACME_CLAUDE | anthropic",
    ]
    call = read(WORKFLOW, text).found[1]
    assert (call.rule, call.sdk, call.api, call.end_line) == (
        "yaml.github-actions.claude-code-action",
        "claude-code-action",
        "agent",
        13,
    )
    assert read(WORKFLOW, text).found[2].variable == "ANTHROPIC_API_KEY"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{uses: openai/codex-action@v1, with: {model: o3}}", "openai | o3"),
        ("{uses: actions/ai-inference@v1}", "github-models"),
        ("{uses: actions/ai-inference@v1, with: {model: mistral-ai/x}}", "github-models | mistral-ai/x"),
        ("{uses: 'google-github-actions/run-gemini-cli@v0', with: {gemini_model: gemini-2.5-pro}}",
         "google-gemini | gemini-2.5-pro"),
        ("{uses: anthropics/claude-code-base-action@beta, with: {use_bedrock: 'true', model: us.anthropic.claude-x}}",
         "aws-bedrock | us.anthropic.claude-x"),
        ("{uses: anthropics/claude-code-action@v1, with: {model: '${{ inputs.model }}'}}", "anthropic"),
        ("{uses: anthropics/claude-code-action@v1, with: {settings: '{\"model\": \"sonnet\"}'}}",
         "anthropic | sonnet"),
        ("{uses: Codium-ai/pr-agent@main, env: {OPENAI_KEY: x, config.model: gpt-4o}}",
         "openai | gpt-4o"),
        ("{uses: 'docker://codiumai/pr-agent:0.26', env: {ANTHROPIC_API_KEY: x}}", "anthropic"),
        ("{uses: sst/opencode/github@latest, with: {model: anthropic/claude-sonnet-4}}",
         "anthropic | anthropic/claude-sonnet-4"),
        ("{uses: anc95/ChatGPT-CodeReview@main, env: {MODEL: gpt-4o-mini}}", "openai | gpt-4o-mini"),
        ("{uses: actions/ai-inference@v1, with: {endpoint: https://api.openai.com/v1}}", "openai"),
    ],
)  # fmt: skip
def test_actions_and_who_runs_the_model(step: str, expected: str) -> None:
    (call,) = [one for one in read(WORKFLOW, steps(step)).found if one.kind == "call"]
    assert " | ".join([call.provider or "-", *call.models]) == expected


def test_an_unknown_action_that_takes_a_providers_key_runs_it_likely() -> None:
    text = steps(
        "{uses: acme/gpt-review@v2, with: {openai-api-key: '${{ secrets.KEY }}', model: gpt-4o}}",
        "{uses: ./.github/actions/review, with: {openai-api-key: '${{ secrets.KEY }}'}}",
        "{uses: acme/publish@v1, with: {HF_TOKEN: '${{ secrets.HF_TOKEN }}'}}",
        "{uses: acme/maps@v1, with: {google_api_key: '${{ secrets.MAPS }}'}}",
    )
    assert lines(WORKFLOW, text) == [
        "6 call review.1 | openai | gpt-4o | untagged | uses KEY | likely",
        "6 secret KEY | openai",
        "8 secret HF_TOKEN | huggingface | likely",
    ]


def test_commands_of_a_script_are_calls_on_their_own_lines() -> None:
    text = """\
    jobs:
      a/b c:
        steps:
          - run: npm install -g @anthropic-ai/claude-code
          - id: run
            env:
              ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}
            run: |
              claude --version
              claude mcp add x
              git diff | claude -p "review ${{ github.sha }}" \\
                --model claude-sonnet-4-5
              curl https://api.openai.com/v1/models
              curl -sS https://api.openai.com/v1/chat/completions \\
                -d '{"model": "gpt-4o", "messages": []}'
          - run: codex exec "fix"
          - shell: python
            run: |
              claude -p x
    """
    assert lines(WORKFLOW, text) == [
        "7 secret ANTHROPIC_API_KEY | anthropic",
        "11 call a-b-c.run | anthropic | claude-sonnet-4-5 | untagged | uses ANTHROPIC_API_KEY",
        "14 call a-b-c.run | openai | gpt-4o | untagged",
        "16 call a-b-c.3 | openai | untagged",
    ]
    assert [one.end_line for one in read(WORKFLOW, text).found] == [None, 12, 15, 16]


def test_headers_and_telemetry_decide_the_tagging() -> None:
    def tagged(env: str) -> str:
        text = steps("{uses: anthropics/claude-code-action@v1, env: {" + env + "}}")
        (one,) = lines(WORKFLOW, text)
        return one.partition("| anthropic | ")[2]

    assert tagged('ANTHROPIC_CUSTOM_HEADERS: "X-Team: search"') == "tagged | X-Team=search"
    assert tagged('ANTHROPIC_CUSTOM_HEADERS: "${{ vars.HEADERS }}"') == "dynamic"
    assert tagged('ANTHROPIC_CUSTOM_HEADERS: "anthropic-beta: x"') == "untagged"
    assert tagged("OTEL_RESOURCE_ATTRIBUTES: team=search") == "partial"
    assert tagged('ANTHROPIC_CUSTOM_HEADERS: ""') == "untagged"


def test_a_composite_action_is_read_and_what_it_hands_on_is_not_told_twice() -> None:
    text = """\
    name: x
    runs:
      using: composite
      steps:
        - uses: anthropics/claude-code-base-action@v1
          env:
            ANTHROPIC_API_KEY: ${{ inputs.key }}
            ANTHROPIC_BASE_URL: ${{ env.ANTHROPIC_BASE_URL }}
    """
    assert lines("tools/review/action.yml", text) == ["5 call 1 | anthropic | untagged"]


def test_secrets_are_named_and_never_shown() -> None:
    key = "sk-ant-api03-" + "Ab3dEf6hIj" * 9 + "_-x" + "AA"
    text = steps("{run: ./x, env: {OPENAI_API_KEY: " + key + "}}")
    (secret,) = read(WORKFLOW, text).found
    assert (secret.key, secret.exposed) == ("OPENAI_API_KEY", key)
    assert key not in repr(secret)


def test_gitea_and_forgejo_keep_workflows_too() -> None:
    text = steps("{uses: openai/codex-action@v1}")
    for path in (".gitea/workflows/a.yaml", ".forgejo/workflows/a.yml"):
        assert lines(path, text) == ["6 call review.1 | openai | untagged"]


def test_comments_beside_a_step_give_tags_and_accept_findings() -> None:
    text = """\
    jobs:
      a:
        steps:
          # llmaudit: team=search
          - uses: openai/codex-action@v1 # nosemgrep
          - run: claude -p x  # llmaudit: ignore[untagged] until=2027-03-31 trial
    """
    surface = read(WORKFLOW, text)
    place = Place("local/x", WORKFLOW, "app", str, surface.comments)
    first, second = to_evidence(surface.found, place, KNOWN)
    assert [(tag.key, tag.value, tag.source, tag.by_tree) for tag in first.tags] == [
        ("team", "search", "comment", True)
    ]
    assert (dict(first.attributes), first.ignores) == ({"hidden_by": "nosemgrep comment"}, ())
    assert [(one.rules, str(one.until), one.reason) for one in second.ignores] == [
        (("untagged",), "2027-03-31", "trial")
    ]


def test_service_containers_and_another_provider_behind_a_base_url() -> None:
    text = """\
    jobs:
      a:
        services:
          llm: {image: ollama/ollama}
        env: {ANTHROPIC_BASE_URL: https://api.moonshot.cn/anthropic}
        steps:
          - uses: anthropics/claude-code-action@v1
    """
    assert lines(WORKFLOW, text) == [
        "4 deployment a.llm | ollama",
        "5 route api.moonshot.cn | moonshot",
        "7 call a.1 | anthropic | untagged | by api.moonshot.cn",
    ]
    assert read(WORKFLOW, text).found[2].attributes["also_providers"] == "moonshot"


EXPRESSIONS = """\
on:
  workflow_call:
    inputs:
      model: {type: string, default: gpt-input}
env: {MODEL: gpt-env, NEXT: '${{ env.MODEL }}'}
jobs:
  review:
    runs-on: x
    strategy: {matrix: {model: [gpt-a, gpt-b], include: [{model: gpt-c}]}}
    steps:
      - {uses: openai/codex-action@v1, with: {model: "MODEL_HERE"}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt-x", (("gpt-x",), "")),
        ("${{ env.MODEL }}", (("gpt-env",), "")),
        ("${{ env.NEXT }}", (("gpt-env",), "")),
        ("${{ env.OTHER || 'gpt-other' }}", ((), "gpt-other")),
        ("${{ vars.MODEL || 'gpt-default' }}", ((), "gpt-default")),
        ("${{ inputs.model }}", ((), "gpt-input")),
        ("${{ inputs.model || 'gpt-never' }}", ((), "gpt-input")),
        ("${{ github.event.inputs.unknown || 'gpt-late' }}", ((), "gpt-late")),
        ("${{ github.ref == 'x' && 'gpt-left' || 'gpt-right' }}", (("gpt-left", "gpt-right"), "")),
        ("${{ matrix.model }}", (("gpt-a", "gpt-b", "gpt-c"), "")),
        ("${{ vars.MODEL }}", ((), "")),
        ("a-${{ env.MODEL }}", ((), "")),
    ],
)
def test_what_an_expression_says_of_the_model(
    text: str, expected: tuple[tuple[str, ...], str]
) -> None:
    (call,) = read(WORKFLOW, EXPRESSIONS.replace("MODEL_HERE", text)).found
    assert (call.models, call.attributes["model_default"]) == expected


def test_a_key_that_is_told_by_its_secret_or_stands_in_the_step() -> None:
    text = steps(
        "{uses: acme/reviewer@v1, with: {key: '${{ secrets.GROQ_API_KEY }},${{ secrets.GEMINI_API_KEY }}'}}",
        "{uses: acme/reviewer@v1, env: {OPENAI_API_KEY: '${{ secrets.K }}', MODEL: gpt-x}}",
        "{uses: acme/publish@v1, with: {token: '${{ secrets.GITHUB_TOKEN }}'}}",
        "{uses: actions/github-script@v7, env: {OPENAI_API_KEY: '${{ secrets.K }}'}}",
    )
    calls = [one for one in read(WORKFLOW, text).found if one.kind == "call"]
    assert [(c.line, c.provider, c.models, c.confidence, c.tagging) for c in calls] == [
        (6, "groq", (), "likely", "untagged"),
        (7, "openai", ("gpt-x",), "likely", "untagged"),
    ]
    assert calls[0].attributes["also_providers"] == "google-gemini"


def test_a_workflow_that_stands_elsewhere() -> None:
    text = steps("{uses: openai/codex-action@v1, with: {model: o3}}")
    assert lines("examples/workflows/review.yml", text) == [
        "6 call review.1 | openai | o3 | untagged"
    ]
    # A list of jobs of something else.
    assert (
        lines("jobs.yml", "jobs:\n  a:\n    steps:\n      - {uses: openai/codex-action@v1}\n") == []
    )


def test_a_script_knows_the_steps_before_it_and_its_variables() -> None:
    text = """\
    on: push
    env: {MODEL: gpt-env}
    jobs:
      review:
        runs-on: x
        steps:
          - run: |
              jq -n --arg p "$P" '{model: "gpt-file", messages: [{role: "user", content: $p}]}' > body.json
          - run: |
              curl https://api.openai.com/v1/chat/completions -d @body.json -H "X-Team: search"
              URL=https://api.openai.com/v1/chat/completions
              curl "$URL" -d "{\\"model\\": \\"$MODEL\\", \\"messages\\": []}"
              claude -p x --model "${CLAUDE_MODEL:-opus}"
              codex exec x -m "$MODEL"
              curl "$ELSEWHERE" -d '{"model": "gpt-x"}'
    """
    found = read(WORKFLOW, text).found
    assert [(c.line, c.provider, c.models, c.attributes.get("model_default", ""), c.tagging)
            for c in found] == [
        (10, "openai", ("gpt-file",), "", "tagged"),
        (12, "openai", ("gpt-env",), "", "untagged"),
        (13, "anthropic", (), "opus", "untagged"),
        (14, "openai", ("gpt-env",), "", "untagged"),
    ]  # fmt: skip
