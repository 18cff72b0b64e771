from __future__ import annotations

from importlib.resources import files

import pytest
from inline_snapshot import snapshot

from llmaudit.errors import ConfigError
from llmaudit.exports import list_schemas
from llmaudit.exports.schema import parse

TEXT = files("llmaudit.exports").joinpath("github-premium-legacy.yaml").read_text("utf-8")


def test_the_shipped_schemas():
    assert [
        (s.id, s.app, s.kind, s.currency, s.verified.grade) for s in list_schemas()
    ] == snapshot(
        [
            ("github-ai-usage", "github-copilot", "usage", "USD", "A"),
            ("github-premium-legacy", "github-copilot", "usage", None, "A"),
            ("github-premium-requests", "github-copilot", "usage", "USD", "A"),
            ("microsoft-copilot-user-detail", "microsoft-365-copilot", "seats", None, "A"),
            ("openai-chatgpt-credit-usage", "chatgpt", "usage", "credits", "A"),
        ]
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind: usage", "kind: usage\ncolour: red", "colour"),
        ("grade: A", "grade: U", "verified.grade"),
        ("column: Model", "column: Colour", "neither required nor optional"),
        ("column: Requests Used, type: decimal", "column: Requests Used, type: text", "cannot be"),
        ("required: [Timestamp", "forbid: [User]\n  required: [Timestamp", "both expected and"),
        ("day: {", "report_day: {", "a day in usage"),
        ("requests: {", "amount: {", "an amount needs a currency"),
        ("id: github", "id: Git hub", "id"),
        ("Model, Requests", "Prompt, Model, Requests", ""),
    ],
)
def test_a_schema_is_validated(old, new, why):
    assert old in TEXT
    changed = TEXT.replace(old, new)
    if not why:
        # A column of content may stand in the header; reading it is what is refused.
        parse(changed, "own.yaml")
        why, changed = "never read", changed.replace("column: Model", "column: Prompt")
    with pytest.raises(ConfigError) as caught:
        parse(changed, "own.yaml")
    assert caught.value.problem.startswith("export schema own.yaml: ")
    assert why in caught.value.problem


def test_a_schema_that_is_no_yaml():
    with pytest.raises(ConfigError, match=r"own\.yaml is not YAML"):
        parse("a: [", "own.yaml")


def test_schemas_of_the_same_app_never_fit_the_same_header():
    """Only one of two siblings may fit a header that has exactly the columns of the other."""
    schemas = list_schemas()
    for one in schemas:
        columns = {*one.match.required, *one.match.optional}
        fitting = [
            s.id
            for s in schemas
            if columns.issuperset(s.match.required) and columns.isdisjoint(s.match.forbid)
        ]
        assert fitting == [one.id]
