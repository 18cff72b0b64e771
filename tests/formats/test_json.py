from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, get_args

import jsonschema
import pytest
from inline_snapshot import snapshot

from llmaudit import formats, model
from llmaudit.formats.json import document
from tests.formats import sample

SCHEMA: dict[str, Any] = json.loads(
    files("llmaudit.formats").joinpath("report.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def rendered(report: model.Report) -> str:
    text = formats.render("json", report)
    assert isinstance(text, str)
    return text


def problems(candidate: object) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(candidate)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("make", [sample.report, sample.code_only, sample.nothing])
def test_the_schema_validates_every_report(make: Any) -> None:
    assert problems(json.loads(rendered(make()))) == []


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


def test_the_schema_leaves_no_object_open() -> None:
    described = [node for node in objects(SCHEMA) if node.get("type") == "object"]

    assert len(described) > 30
    assert [node for node in described if "additionalProperties" not in node] == []
    assert [n for n in described if "properties" in n and n["additionalProperties"]] == []


def test_every_field_is_required_but_those_that_may_be_absent() -> None:
    lacking = [
        sorted(set(node["properties"]) - set(node["required"]))
        for node in objects(SCHEMA)
        if node.get("type") == "object" and "properties" in node
    ]

    assert sorted(names for names in lacking if names) == snapshot(
        [
            [
                "account",
                "attributes",
                "context",
                "environment",
                "first_seen",
                "ignores",
                "last_used",
                "models",
                "organization",
                "owner",
                "owner_source",
                "project",
                "redacted",
                "register",
                "relates",
                "same_as",
                "sanction",
                "tags",
                "weak_tag",
            ],
            ["uri"],
        ]
    )


def test_a_broken_report_is_refused() -> None:
    def refused(change: Callable[[dict[str, Any]], object]) -> str:
        whole = json.loads(rendered(sample.nothing()))
        change(whole)
        return problems(whole)[0]

    assert [
        refused(lambda r: r.pop("spend")),
        refused(lambda r: r.update(extra=1)),
        refused(lambda r: r["summary"]["by_kind"].update(fax=1)),
        refused(lambda r: r["period"] or r.update(period={"start": "2026-10-01"})),
        refused(lambda r: r.update(as_of="2026-11-23T00:00:00+00:00")),
    ] == snapshot(
        [
            "$: 'spend' is a required property",
            "$: Additional properties are not allowed ('extra' was unexpected)",
            "$.summary.by_kind: 'fax' is not one of ['call', 'sdk', 'automation', 'api_key', 'secret', 'deployment', 'route', 'project', 'app', 'seat', 'egress', 'expense']",  # noqa: E501
            "$.period: {'start': '2026-10-01'} is not valid under any of the given schemas",
            "$.as_of: '2026-11-23T00:00:00+00:00' does not match 'Z$'",
        ]
    )


@pytest.mark.parametrize(
    ("definition", "cls"),
    [
        ("file_position", model.Location),
        ("tag", model.Tag),
        ("relation", model.Relation),
        ("redacted_key", model.RedactedKey),
        ("inline_ignore", model.InlineIgnore),
        ("sanction", model.Sanction),
        ("usage", model.UsageTotal),
        ("spend_source", model.SpendSource),
        ("effective_tag", model.EffectiveTag),
        ("owner", model.Owner),
        ("unit", model.Unit),
        ("finding", model.Finding),
        ("coverage", model.Coverage),
        ("period", model.Period),
        ("policy", model.PolicyInForce),
    ],
)
def test_the_schema_has_the_fields_of_the_model(definition: str, cls: Any) -> None:
    fields = {field.name for field in dataclasses.fields(cls)}

    assert set(SCHEMA["$defs"][definition]["properties"]) == fields


def test_the_schema_has_the_fields_of_assets_and_evidence() -> None:
    asset = {field.name for field in dataclasses.fields(model.Asset)} - {"environment_source"}
    evidence = {field.name for field in dataclasses.fields(model.Evidence)} | {"model"}

    assert set(SCHEMA["$defs"]["asset"]["properties"]) == asset
    assert set(SCHEMA["$defs"]["evidence"]["properties"]) == evidence


def test_the_schema_has_the_names_of_the_model() -> None:
    assert SCHEMA["$defs"]["kind"]["enum"] == list(get_args(model.AssetKind))
    assert SCHEMA["$defs"]["coverage_status"]["enum"] == list(get_args(model.CoverageStatus))


def test_the_order_of_fields_is_published() -> None:
    shown = document(sample.report())
    call = next(asset for asset in shown["assets"] if asset["kind"] == "call")

    assert (list(shown), list(call), list(call["evidence"][0])) == snapshot(
        (
            [
                "schema",
                "tool",
                "as_of",
                "period",
                "organization",
                "config_digest",
                "policy",
                "repositories",
                "summary",
                "assets",
                "findings",
                "coverage",
                "spend",
                "warnings",
            ],
            [
                "id",
                "kind",
                "name",
                "provider",
                "models",
                "environment",
                "context",
                "verdict",
                "verdict_reason",
                "approved_by",
                "approved_until",
                "tagging",
                "tag_status",
                "tags",
                "missing_tags",
                "invalid_tags",
                "conflicting_tags",
                "owner",
                "unit",
                "same_as",
                "ambiguous_with",
                "relations",
                "usage",
                "evidence",
            ],
            [
                "connector",
                "kind",
                "name",
                "provider",
                "sdk",
                "api",
                "model",
                "confidence",
                "tagging",
                "where",
                "symbol",
                "callers",
                "rule",
                "same_as",
                "relates",
                "tags",
                "first_seen",
            ],
        )
    )


def test_money_is_text_without_an_exponent_and_counts_are_numbers() -> None:
    usage = document(sample.report())["assets"][0]["usage"]

    assert usage == snapshot(
        [
            {
                "month": "2026-10",
                "model": "gpt-4o",
                "charge_kind": "inference",
                "requests": 4100,
                "input_tokens": 900000,
                "output_tokens": 225000,
                "cached_tokens": 90000,
                "amount": "1250.40",
                "currency": "USD",
                "basis": "billed",
                "source": "exports:premium.csv",
            },
            {
                "month": "2026-10",
                "model": "gpt-4o-mini",
                "charge_kind": "inference",
                "requests": 3000.5,
                "input_tokens": 400000,
                "output_tokens": 100000,
                "cached_tokens": 40000,
                "amount": "31.20",
                "currency": "USD",
                "basis": "billed",
                "source": "exports:premium.csv",
            },
            {
                "month": "2026-10",
                "model": "gpt-4o",
                "charge_kind": "inference",
                "requests": 10,
                "input_tokens": 5000,
                "output_tokens": 1250,
                "cached_tokens": 500,
                "amount": None,
                "currency": None,
                "basis": "billed",
                "source": "exports:premium.csv",
            },
        ]
    )


def test_places_are_positions_or_resources() -> None:
    shown = document(sample.report())
    places = {asset["id"]: asset["evidence"][0]["where"] for asset in shown["assets"]}

    assert [places["call-d1d1d1d1d1d1"], places["app-b0b0b0b0b0b0"]] == snapshot(
        [
            {
                "repo": "github.com/acme/legacy",
                "path": "nb/Explore.ipynb",
                "line": 210,
                "end_line": 210,
                "column": None,
                "cell": 4,
                "cell_line": 2,
            },
            {"uri": "file:exports/chatgpt.csv"},
        ]
    )


def test_the_file_itself_drives_no_terminal_and_no_workflow() -> None:
    report = dataclasses.replace(
        sample.report(), warnings=("\x9b31m \u202e \ud800 ##[add-mask]x", "caf\u00e9 \u6f22")
    )
    text = rendered(report)

    assert text.splitlines()[-5:] == snapshot(
        [
            '"warnings": [',
            '"\\u009b31m \\u202e \\ud800 ##\\u005badd-mask]x",',
            '"café 漢"',
            "]",
            "}",
        ]
    )
    assert json.loads(text)["warnings"] == list(report.warnings)
    assert [line for line in text.splitlines() if line.lstrip().startswith("::")] == []


def test_the_same_report_gives_the_same_bytes() -> None:
    assert rendered(sample.report()) == rendered(sample.report())
