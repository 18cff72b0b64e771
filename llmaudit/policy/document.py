"""The part of docs/rules.md that is made of the rules themselves."""

from __future__ import annotations

from llmaudit.policy.rule import Rule
from llmaudit.policy.rules import PLANNED, RULES

_PLANNED = """\
A policy may name these rules already. No connector of this version brings their evidence, so they
find nothing, and a policy that asks for one is told so in a warning.
"""


def document() -> str:
    """The sections "Rules" and "Planned" of docs/rules.md, in Markdown."""
    planned = _table(("rule", "comes with"), sorted(PLANNED.items()))
    return "\n".join(("## Rules\n", *map(_section, RULES), "## Planned\n", _PLANNED, planned))


def parts(rule: Rule) -> tuple[tuple[str, str], ...]:
    """What is said of a rule, under the names it is said under."""
    return (
        ("Applies to", ", ".join(rule.kinds)),
        ("Default level", rule.level),
        ("Why", rule.why),
        ("Example", rule.example),
        ("How to satisfy", rule.satisfy),
        ("Source", rule.source),
    )


def _section(rule: Rule) -> str:
    return f"### {rule.id}\n\n{rule.title}.\n\n{_table(('', ''), parts(rule))}"


def _table(head: tuple[str, str], rows: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str:
    cells = [head, *((one, other.replace("|", r"\|")) for one, other in rows)]
    lines = ["|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|" for line in cells]
    return "\n".join((lines[0], "|---|---|", *lines[1:])) + "\n"
