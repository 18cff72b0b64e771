"""docs/rules.md and the rules say the same, both ways."""

from __future__ import annotations

import re
from pathlib import Path

from llmaudit.policy import PLANNED, RULES, document

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")


def test_the_file_ends_with_what_the_rules_say():
    assert TEXT[TEXT.index("## Rules\n") :] == document()


def test_every_rule_has_its_section_and_every_section_its_rule():
    listed = TEXT.partition("\n## Rules\n")[2].partition("\n## Planned\n")[0]
    documented = {
        name: (title, dict(re.findall(r"^\| ([A-Z].*?) \| (.*) \|$", table, re.MULTILINE)))
        for name, title, table in re.findall(
            r"^### (.*)\n\n(.*)\.\n((?:\n?\|.*)+)", listed, re.MULTILINE
        )
    }
    assert documented == {
        rule.id: (
            rule.title,
            {
                "Applies to": ", ".join(rule.kinds),
                "Default level": rule.level,
                "Why": rule.why,
                "Example": rule.example,
                "How to satisfy": rule.satisfy,
                "Source": rule.source,
            },
        )
        for rule in RULES
    }
    assert list(documented) == [rule.id for rule in RULES]
    assert listed.count("\n### ") == len(RULES)


def test_every_planned_rule_is_listed_with_what_brings_its_evidence():
    listed = TEXT.partition("\n## Planned\n")[2]
    assert dict(re.findall(r"^\| ([a-z-]+[a-z]) \| (.*) \|$", listed, re.MULTILINE)) == {
        **PLANNED,
        "rule": "comes with",
    }


def test_the_sources_in_the_project_exist():
    named = {found for rule in RULES for found in re.findall(r"docs/[\w/]+\.md", rule.source)}
    assert named
    root = Path(__file__).parents[2]
    assert [name for name in sorted(named) if not (root / name).exists()] == []
