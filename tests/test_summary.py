from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

import llmaudit.formats
from llmaudit.model import (
    TAG_STATUSES,
    Asset,
    Coverage,
    EffectiveTag,
    Evidence,
    Location,
    Owner,
    PolicyInForce,
    Relation,
    Report,
    SpendSource,
    Unit,
    UsageTotal,
)
from llmaudit.summary import summarise

SCHEMA = Path(llmaudit.formats.__file__).with_name("report.schema.json")
SUMMARY = Draft202012Validator(
    {
        "$defs": json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"],
        "$ref": "#/$defs/summary",
    }
)
COMMERCE = Unit("Commerce", "CC-1", "m.ruiz@example.com", "j.chen@example.com", "esc@example.com")
BILLED = EffectiveTag("search", "call", "metadata", reaches_bill=True)
LOST = EffectiveTag("search", "register", "register", reaches_bill=False)
UNCLEAR = EffectiveTag("search", "client", "extra_headers", reaches_bill=None)


def asset(name: str, kind: Any = "call", *evidence: Evidence, **rest: Any) -> Asset:
    seen = evidence or (Evidence("code", kind, name, Location("r", "a.py", 1)),)
    return Asset(f"{kind}-{name}", kind, name, seen, (f"{kind}:{name}",), **rest)


def cost(amount: str | None, currency: str = "USD", **rest: Any) -> UsageTotal:
    return UsageTotal(
        month="2026-10",
        model=None,
        charge_kind="inference",
        requests=Decimal(1),
        input_tokens=rest.get("tokens", 0),
        output_tokens=0,
        cached_tokens=0,
        amount=None if amount is None else Decimal(amount),
        currency=None if amount is None else currency,
        basis=rest.get("basis", "billed"),
        source="exports:a.csv",
    )


def report(*assets: Asset, spend: tuple[SpendSource, ...] = (), **rest: Any) -> Report:
    return Report(
        tool_version="1",
        as_of=datetime(2026, 11, 23, tzinfo=UTC),
        period=None,
        organization="Acme",
        config_digest="",
        policy=PolicyInForce(True, rest.get("required", ("team",))),
        repositories=(),
        assets=assets,
        findings=(),
        coverage=rest.get("coverage", ()),
        spend=spend,
    )


def unattributed(amount: str, currency: str = "USD", basis: Any = "billed") -> SpendSource:
    money = Decimal(amount)
    return SpendSource("exports:a.csv", currency, basis, money, Decimal(0), money, Decimal(0), 1, 0)


GLOB = Evidence(
    "registry",
    "api_key",
    "bots",
    Location(uri="file:keys.csv#row=2"),
    relates=(Relation("registers", "key-glob:openai:key_*"),),
    register=True,
)
ROW = replace(GLOB, relates=(), same_as=("key-id:openai:key_9",))


def test_every_figure_of_one_report() -> None:
    whole = report(
        asset(
            "a",
            provider="openai",
            tagging="tagged",
            tag_status="complete",
            tags={"team": BILLED, "other": LOST},
            owner=Owner("@acme/search", "tag", "active"),
            verdict="sanctioned",
            unit=COMMERCE,
        ),
        asset(
            "b",
            provider="openai",
            tagging="untagged",
            tag_status="complete",
            tags={"team": LOST},
            owner=Owner("p.novak", "codeowners", "orphaned"),
            verdict="shadow",
            unit=COMMERCE,
        ),
        asset("c", tagging="untagged", tag_status="untagged", owner=Owner("bob", "hint", "hint")),
        asset("d", tagging="untaggable", tag_status="untaggable", provider="ollama"),
        asset("e", tagging="dynamic", tag_status="dynamic", usage=(cost("1.10", tokens=7),)),
        asset(
            "f",
            tagging="untagged",
            tag_status="untagged",
            verdict="shadow",
            context="test",
            usage=(cost("0.05", tokens=1),),
        ),
        asset(
            "k",
            "api_key",
            ROW,
            provider="openai",
            tag_status="partial",
            verdict="sanctioned",
            owner=Owner("ana", "register", "active"),
            unit=COMMERCE,
            usage=(cost("10.00", tokens=100), cost("3", "credits"), cost(None, tokens=50)),
        ),
        asset("glob", "api_key", GLOB, verdict="shadow"),
        asset(
            "x", "expense", verdict="shadow", usage=(cost("20.00"), cost("5", basis="estimated"))
        ),
        spend=(
            unattributed("0.85"),
            unattributed("2", "EUR"),
            unattributed("0", "USD", "estimated"),
        ),
        coverage=(
            Coverage("code", "r", "ok"),
            Coverage("code", "s", "denied"),
            Coverage("registry", "keys.csv", "ok"),
        ),
    )
    assert summarise(whole) == snapshot(
        {
            "by_kind": {"api_key": 2, "call": 6, "expense": 1},
            "by_verdict": {"sanctioned": 2, "shadow": 3, "unknown": 3},
            "by_provider": {"ollama": 1, "openai": 3, "unknown": 4},
            "coverage": {"denied": 1, "ok": 2},
            "tags": {
                "by_count": {
                    "api_key": {
                        "of": 1,
                        "complete": 0,
                        "partial": 1,
                        "untagged": 0,
                        "invalid": 0,
                        "conflicting": 0,
                        "dynamic": 0,
                        "untaggable": 0,
                    },
                    "call": {
                        "of": 4,
                        "complete": 2,
                        "partial": 0,
                        "untagged": 1,
                        "invalid": 0,
                        "conflicting": 0,
                        "dynamic": 1,
                        "untaggable": 1,
                    },
                },
                "by_cost": [
                    {
                        "currency": "EUR",
                        "basis": "billed",
                        "total": "2",
                        "of": "0",
                        "complete": "0",
                        "partial": "0",
                        "untagged": "0",
                        "invalid": "0",
                        "conflicting": "0",
                        "dynamic": "0",
                        "untaggable": "0",
                        "unattributed": "2",
                    },
                    {
                        "currency": "USD",
                        "basis": "billed",
                        "total": "32.00",
                        "of": "11.10",
                        "complete": "0",
                        "partial": "10.00",
                        "untagged": "0",
                        "invalid": "0",
                        "conflicting": "0",
                        "dynamic": "1.10",
                        "untaggable": "20.05",
                        "unattributed": "0.85",
                    },
                    {
                        "currency": "USD",
                        "basis": "estimated",
                        "total": "5",
                        "of": "0",
                        "complete": "0",
                        "partial": "0",
                        "untagged": "0",
                        "invalid": "0",
                        "conflicting": "0",
                        "dynamic": "0",
                        "untaggable": "5",
                        "unattributed": "0",
                    },
                    {
                        "currency": "credits",
                        "basis": "billed",
                        "total": "3",
                        "of": "3",
                        "complete": "0",
                        "partial": "3",
                        "untagged": "0",
                        "invalid": "0",
                        "conflicting": "0",
                        "dynamic": "0",
                        "untaggable": "0",
                        "unattributed": "0",
                    },
                ],
                "by_tokens": {
                    "total": 158,
                    "of": 157,
                    "complete": 0,
                    "partial": 150,
                    "untagged": 0,
                    "invalid": 0,
                    "conflicting": 0,
                    "dynamic": 7,
                    "untaggable": 1,
                },
                "untagged_at_source": {"call": {"n": 2, "of": 4}},
                "not_reaching_bill": {"call": {"n": 1, "of": 2}},
            },
            "owners": {
                "by_count": {
                    "api_key": {"of": 1, "owned": 1, "none": 0, "orphaned": 0},
                    "call": {"of": 5, "owned": 1, "none": 3, "orphaned": 1},
                    "expense": {"of": 1, "owned": 0, "none": 1, "orphaned": 0},
                },
                "by_cost": [
                    {
                        "currency": "EUR",
                        "basis": "billed",
                        "total": "2",
                        "of": "0",
                        "owned": "0",
                        "none": "0",
                        "orphaned": "0",
                        "not_gated": "0",
                        "unattributed": "2",
                    },
                    {
                        "currency": "USD",
                        "basis": "billed",
                        "total": "32.00",
                        "of": "31.10",
                        "owned": "10.00",
                        "none": "21.10",
                        "orphaned": "0",
                        "not_gated": "0.05",
                        "unattributed": "0.85",
                    },
                    {
                        "currency": "USD",
                        "basis": "estimated",
                        "total": "5",
                        "of": "5",
                        "owned": "0",
                        "none": "5",
                        "orphaned": "0",
                        "not_gated": "0",
                        "unattributed": "0",
                    },
                    {
                        "currency": "credits",
                        "basis": "billed",
                        "total": "3",
                        "of": "3",
                        "owned": "3",
                        "none": "0",
                        "orphaned": "0",
                        "not_gated": "0",
                        "unattributed": "0",
                    },
                ],
            },
            "shadow": {
                "by_count": {
                    "api_key": {"of": 1, "sanctioned": 1, "shadow": 0, "unknown": 0},
                    "call": {"of": 5, "sanctioned": 1, "shadow": 1, "unknown": 3},
                    "expense": {"of": 1, "sanctioned": 0, "shadow": 1, "unknown": 0},
                },
                "by_cost": [
                    {
                        "currency": "EUR",
                        "basis": "billed",
                        "total": "2",
                        "of": "0",
                        "sanctioned": "0",
                        "shadow": "0",
                        "unknown": "0",
                        "not_gated": "0",
                        "unattributed": "2",
                    },
                    {
                        "currency": "USD",
                        "basis": "billed",
                        "total": "32.00",
                        "of": "31.10",
                        "sanctioned": "10.00",
                        "shadow": "20.00",
                        "unknown": "1.10",
                        "not_gated": "0.05",
                        "unattributed": "0.85",
                    },
                    {
                        "currency": "USD",
                        "basis": "estimated",
                        "total": "5",
                        "of": "5",
                        "sanctioned": "0",
                        "shadow": "5",
                        "unknown": "0",
                        "not_gated": "0",
                        "unattributed": "0",
                    },
                    {
                        "currency": "credits",
                        "basis": "billed",
                        "total": "3",
                        "of": "3",
                        "sanctioned": "3",
                        "shadow": "0",
                        "unknown": "0",
                        "not_gated": "0",
                        "unattributed": "0",
                    },
                ],
            },
            "by_unit": [
                {
                    "business_unit": "Commerce",
                    "cost_center": "CC-1",
                    "assets": 3,
                    "of": 3,
                    "complete": 2,
                    "no_owner": 0,
                    "orphaned": 1,
                    "shadow": 1,
                    "cost": [
                        {
                            "currency": "USD",
                            "basis": "billed",
                            "amount": "10.00",
                            "incomplete": "10.00",
                        },
                        {
                            "currency": "credits",
                            "basis": "billed",
                            "amount": "3",
                            "incomplete": "3",
                        },
                    ],
                    "technology_owner": "m.ruiz@example.com",
                    "finance_owner": "j.chen@example.com",
                },
                {
                    "business_unit": "(unattributed)",
                    "cost_center": "",
                    "assets": 4,
                    "of": 2,
                    "complete": 0,
                    "no_owner": 4,
                    "orphaned": 0,
                    "shadow": 1,
                    "cost": [
                        {"currency": "EUR", "basis": "billed", "amount": "2", "incomplete": "0"},
                        {
                            "currency": "USD",
                            "basis": "billed",
                            "amount": "22.00",
                            "incomplete": "1.10",
                        },
                        {"currency": "USD", "basis": "estimated", "amount": "5", "incomplete": "0"},
                    ],
                    "technology_owner": "",
                    "finance_owner": "",
                },
            ],
            "not_gated": {"call": 1},
        }
    )


def test_order_and_register_rows_that_only_name_others() -> None:
    found = summarise(report(asset("glob", "api_key", GLOB), asset("z", "seat"), asset("a", "app")))
    assert list(found["by_kind"].items()) == [("api_key", 1), ("app", 1), ("seat", 1)]
    assert list(found["owners"]["by_count"]) == ["app", "seat"]
    assert found["by_unit"] == [
        {
            "business_unit": "(unattributed)",
            "cost_center": "",
            "assets": 2,
            "of": 0,
            "complete": 0,
            "no_owner": 2,
            "orphaned": 0,
            "shadow": 0,
            "cost": [],
            "technology_owner": "",
            "finance_owner": "",
        }
    ]


@pytest.mark.parametrize(
    ("tags", "required", "n"),
    [
        ({"team": BILLED}, ("team",), 0),
        ({"team": LOST}, ("team",), 1),
        ({"team": UNCLEAR}, ("team",), 0),
        ({"team": BILLED, "cost_center": LOST}, ("team", "cost_center"), 1),
        ({"team": BILLED, "cost_center": LOST}, ("team",), 0),
        ({"team": LOST}, (), 1),
        ({}, (), 0),
    ],
)
def test_a_complete_asset_does_not_reach_the_bill_when_a_required_tag_does_not(
    tags: dict[str, EffectiveTag], required: tuple[str, ...], n: int
) -> None:
    found = summarise(
        report(
            asset("a", tag_status="complete", tags=tags),
            asset("b", tag_status="partial", tags={"team": LOST}),
            required=required,
        )
    )
    assert found["tags"]["not_reaching_bill"] == {"call": {"n": n, "of": 1}}


def test_money_is_plain_text_without_an_exponent() -> None:
    found = summarise(
        report(asset("a", "seat", tag_status="complete", usage=(cost("1E+3"), cost("1E-9"))))
    )
    assert found["tags"]["by_cost"][0]["complete"] == "1000.000000001"


def test_nothing_found_is_no_figure_at_all() -> None:
    assert summarise(report()) == snapshot(
        {
            "by_kind": {},
            "by_verdict": {},
            "by_provider": {},
            "coverage": {},
            "tags": {
                "by_count": {},
                "by_cost": [],
                "by_tokens": {
                    "total": 0,
                    "of": 0,
                    "complete": 0,
                    "partial": 0,
                    "untagged": 0,
                    "invalid": 0,
                    "conflicting": 0,
                    "dynamic": 0,
                    "untaggable": 0,
                },
                "untagged_at_source": {},
                "not_reaching_bill": {},
            },
            "owners": {"by_count": {}, "by_cost": []},
            "shadow": {"by_count": {}, "by_cost": []},
            "by_unit": [],
            "not_gated": {},
        }
    )


ASSETS = st.lists(
    st.builds(
        asset,
        st.uuids().map(str),
        st.sampled_from(["call", "api_key", "seat", "expense"]),
        provider=st.sampled_from([None, "openai", "unknown"]),
        context=st.sampled_from(["app", "test", "vendored"]),
        tag_status=st.none() | st.sampled_from(TAG_STATUSES),
        tagging=st.none() | st.sampled_from(["tagged", "untagged", "untaggable"]),
        tags=st.sampled_from([{}, {"team": LOST}]),
        verdict=st.sampled_from(["sanctioned", "shadow", "unknown"]),
        owner=st.sampled_from(
            [
                Owner(),
                Owner("a", "tag", "active"),
                Owner("b", "x", "hint"),
                Owner("c", "x", "orphaned"),
            ]
        ),
        unit=st.sampled_from([None, COMMERCE, Unit("Claims", "CC-2")]),
        usage=st.lists(
            st.builds(
                cost,
                st.none() | st.decimals(-999, 999, places=3).map(str),
                st.sampled_from(["USD", "EUR"]),
                basis=st.sampled_from(["billed", "estimated"]),
                tokens=st.integers(0, 99),
            ),
            max_size=2,
        ).map(tuple),
    ),
    max_size=6,
)
SPEND = st.lists(
    st.builds(unattributed, st.decimals(0, 99, places=2).map(str), st.sampled_from(["USD", "GBP"])),
    max_size=2,
).map(tuple)


@given(ASSETS, SPEND)
def test_the_parts_of_every_figure_add_up(
    assets: list[Asset], spend: tuple[SpendSource, ...]
) -> None:
    found = summarise(report(*assets, spend=spend))
    gated = [one for one in assets if one.kind != "call" or one.context == "app"]
    outside = {"tags": "untaggable", "owners": "not_gated", "shadow": "not_gated"}
    labels = {"of", "total", "currency", "basis"}
    for name, apart in outside.items():
        for kind, counts in found[name]["by_count"].items():
            parts = sum(n for part, n in counts.items() if part not in ("of", "untaggable"))
            assert counts["of"] == parts
            if name != "tags":
                assert counts["of"] == sum(one.kind == kind for one in gated)
        for entry in found[name]["by_cost"]:
            money = (entry["currency"], entry["basis"])
            beside = Fraction(entry[apart]) + Fraction(entry["unattributed"])
            parts = sum(
                Fraction(text)
                for part, text in entry.items()
                if part not in {*labels, apart, "unattributed"}
            )
            assert Fraction(entry["of"]) == parts
            assert Fraction(entry["total"]) == parts + beside
            assert Fraction(entry["total"]) == sum(
                Fraction(total.amount or 0)
                for one in assets
                for total in one.usage
                if (total.currency, total.basis) == money
            ) + sum(Fraction(s.unattributed) for s in spend if (s.currency, s.basis) == money)
            assert Fraction(entry["total"]) == sum(
                Fraction(row["amount"])
                for unit in found["by_unit"]
                for row in unit["cost"]
                if (row["currency"], row["basis"]) == money
            )
    tokens = found["tags"]["by_tokens"]
    assert tokens["total"] == tokens["of"] + tokens["untaggable"]
    assert sum(found["by_kind"].values()) == sum(found["by_verdict"].values()) == len(assets)
    assert sum(unit["assets"] for unit in found["by_unit"]) == len(gated)
    assert sum(found["not_gated"].values()) == len(assets) - len(gated)


@settings(max_examples=25)
@given(ASSETS, SPEND)
def test_every_summary_fits_the_published_schema_and_json(
    assets: list[Asset], spend: tuple[SpendSource, ...]
) -> None:
    found = summarise(report(*assets, spend=spend))
    assert json.loads(json.dumps(found)) == found
    assert found == summarise(report(*reversed(assets), spend=spend))
    SUMMARY.validate(found)
