"""Every rule finds its calls and nothing that looks like them, through the whole scanner.

A line of a fixture that ends in ``expect: rule=... provider=...`` holds a call; every other
line holds none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from llmaudit import catalogue
from llmaudit.connectors import Run, code
from llmaudit.connectors.code import engine, rulebook
from llmaudit.ledger import Ledger
from llmaudit.model import Evidence
from llmaudit.redact import People

FIXTURES = Path(__file__).parent / "fixtures"
EXPECT = re.compile(r"expect: (.*)$")
FILES = sorted(p.relative_to(FIXTURES).as_posix() for p in FIXTURES.glob("*/*"))


@cache
def found() -> dict[str, dict[int, Evidence]]:
    """The calls the scanner finds, by file and line."""
    run = Run(
        root=FIXTURES,
        confine=None,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        period=None,
        organization="",
        catalogue=catalogue.load(),
        people=People(b"k"),
    )
    seen: dict[str, dict[int, Evidence]] = defaultdict(dict)
    for thing in code.collect(code.Settings(), run, Ledger("code", "code")):
        if isinstance(thing, Evidence) and thing.kind == "call":
            path = Path(thing.where.path or "").as_posix().rpartition("fixtures/")[2]
            line = thing.where.line or 0
            assert line not in seen[path], f"{path}:{line} was found twice"
            seen[path][line] = thing
    return seen


@pytest.mark.parametrize("name", FILES)
def test_a_fixture_holds_exactly_the_calls_it_says(name: str) -> None:
    wanted: dict[int, dict[str, str]] = {}
    for number, line in enumerate((FIXTURES / name).read_text().splitlines(), 1):
        match = EXPECT.search(line)
        if match:
            wanted[number] = dict(pair.split("=", 1) for pair in match.group(1).split())
    got = {
        line: {
            key: value
            for key, value in {
                "rule": call.rule,
                "provider": call.provider,
                "model": ";".join(call.models),
                "tagging": call.tagging,
                "default": str(call.attributes.get("model_default", "")),
                "confidence": call.confidence,
            }.items()
            if key in wanted.get(line, {"rule": "", "provider": ""})
        }
        for line, call in found().get(name, {}).items()
    }
    assert got == wanted


def test_no_rule_is_dead() -> None:
    matched = {call.rule for calls in found().values() for call in calls.values()}
    calls = {rule.id for rule in rulebook.load().rules.values() if rule.role == "call"}
    assert calls - matched == set()


def test_every_rule_names_literals_a_match_must_hold() -> None:
    filters = engine.necessary_literals(rulebook.load().engine)
    empty = sorted(rule for rule, value in filters.items() if value in ("None", None))
    assert empty == []


def test_every_rule_names_a_provider_and_an_sdk_of_the_catalogue() -> None:
    known = catalogue.load()
    sdks = {sdk.id for sdk in known.sdks}
    for rule in rulebook.load().rules.values():
        assert rule.provider in {*known.providers, "unknown"}, rule.id
        without = rulebook.RAW_HTTP if rule.http else rulebook.COMMAND_LINE
        has_none = bool(rule.http or rule.command_line)
        assert rule.sdk in sdks or (has_none and rule.sdk == without), rule.id
        assert set(rule.providers.values()) <= {*known.providers, "unknown"}, rule.id
