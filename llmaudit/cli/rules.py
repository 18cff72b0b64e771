"""``llmaudit rules``: what is looked for in code, and what a policy can ask for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from llmaudit.cli.tables import table

rules_app = typer.Typer(
    help="List scan rules, or policy rules.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
PolicyRules = Annotated[
    bool, typer.Option("--policy", help="The rules a policy judges by, not the scan rules.")
]
Format = Annotated[str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")]


@rules_app.callback()
def _rules(context: typer.Context, policy: PolicyRules = False, format: Format = "text") -> None:
    if context.invoked_subcommand is None:
        list_rules(policy, format)


@rules_app.command("list")
def list_rules(policy: PolicyRules = False, format: Format = "text") -> None:
    """List the scan rules, or with --policy the policy rules."""
    import json

    from llmaudit.cli.streams import answer
    from llmaudit.errors import UsageError

    if format not in ("text", "json"):
        raise UsageError(f"a list of rules has no format {format!r}", "the formats are: json, text")
    listed = _policy_rules() if policy else _scan_rules()
    if format == "json":
        answer(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
        return
    answer(table([{key: _shown(value) for key, value in row.items()} for row in listed]))


def _scan_rules() -> list[dict[str, Any]]:
    from llmaudit.connectors.code import rulebook

    return [
        {
            "id": rule.id,
            "languages": list(rule.languages),
            "provider": rule.provider,
            "sdk": rule.sdk,
            "api": rule.api,
            "tier": rule.tier,
            "path": rule.path,
        }
        for _, rule in sorted(rulebook.load().rules.items())
    ]


def _policy_rules() -> list[dict[str, Any]]:
    from llmaudit.policy import PLANNED, RULES

    built = {
        rule.id: {
            "id": rule.id,
            "level": rule.level,
            "kinds": list(rule.kinds),
            "title": rule.title,
        }
        for rule in RULES
    }
    planned = {
        name: {"id": name, "level": "off", "kinds": [], "title": f"comes with {source}"}
        for name, source in PLANNED.items()
    }
    return [row for _, row in sorted({**planned, **built}.items())]


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
