# ruff: noqa: E501 - what a reader sees is wider than the code

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from llmaudit import formats
from llmaudit.formats import Options
from llmaudit.formats.csv_findings import FINDING_COLUMNS
from llmaudit.formats.csv_units import UNIT_COLUMNS
from llmaudit.model import TAG_STATUSES, Asset, Owner, Report, SpendSource
from tests.formats import sample
from tests.formats.reports import REPORTS, is_safe

Table = list[dict[str, str]]


def files(report: Report, **options: Any) -> dict[str, str]:
    output = formats.render("csv", report, Options(**options))
    assert not isinstance(output, str)
    return dict(output)


def read(text: str, delimiter: str = ",") -> Table:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def table(report: Report, name: str) -> Table:
    return read(files(report)[name])


def total(rows: Table, column: str, **where: str) -> Decimal:
    picked = [row for row in rows if all(row[key] == value for key, value in where.items())]
    return sum((Decimal(row[column] or 0) for row in picked), Decimal(0))


ASSET_COLUMNS = """
x_AssetId, x_AssetCount, x_AssetKind, ResourceId, ResourceName, ResourceType, ProviderName,
PublisherName, InvoiceIssuerName, ServiceCategory, ServiceSubcategory, ServiceName,
BillingAccountId, BillingAccountName, SubAccountId, SubAccountName, SubAccountType, RegionId,
x_ApiKeyId, x_Models, x_Sdk, x_Repository, x_Path, x_Line, x_Symbol, x_Callers, x_Context,
x_Environment, x_EnvironmentSource, x_LifecycleStage, x_Status, x_StatusReason, x_ApprovedBy,
x_ApprovedUntil, x_Confidence, x_Taggable, x_TagCompliance, x_MissingTags, x_InvalidTags,
x_ConflictingTags, x_TaggingAtSource, x_TagReachesBill, Tags, x_TagSources, x_Tag_team,
x_Tag_cost_center, x_Tag_environment, x_BusinessUnit, x_CostCenter, x_Owner, x_OwnerType,
x_OwnerStatus, x_OwnerSource, x_TechnologyOwner, x_FinanceOwner, ChargePeriodStart,
ChargePeriodEnd, BillingCurrency, BilledCost, EffectiveCost, x_EstimatedCost, x_CostBasis,
x_CostSource, x_CostAssetId, InvoiceId, x_ChargeKinds, x_DataThrough, x_InputTokens,
x_CachedInputTokens, x_OutputTokens, x_Requests, x_SeatsAssigned, x_SeatsActive, x_BudgetName,
x_BudgetAmount, x_SpendLimit, x_SpendLimitEnforced, x_ContractId, x_RenewalDate, x_EmbeddedAi,
x_FirstSeen, x_LastUsed, x_OpenFindings, x_Connectors, x_EvidenceCount
"""


def test_the_columns_are_the_published_ones_in_their_order() -> None:
    shown = {name: text.partition("\n")[0] for name, text in files(sample.report()).items()}

    assert shown["assets.csv"] == ",".join(ASSET_COLUMNS.replace(",", " ").split())
    assert shown["findings.csv"] == ",".join(FINDING_COLUMNS)
    assert shown["units.csv"] == ",".join(UNIT_COLUMNS)
    assert (len(FINDING_COLUMNS), len(UNIT_COLUMNS)) == (44, 57)


def test_every_row_has_every_column_and_no_name_of_its_own() -> None:
    for name in ("assets.csv", "findings.csv", "units.csv"):
        header, *rows = csv.reader(io.StringIO(files(sample.report())[name]))
        assert len(set(header)) == len(header)
        assert {len(row) for row in rows} == {len(header)}


def filled(row: dict[str, str]) -> dict[str, str]:
    return {column: cell for column, cell in row.items() if cell}


def test_an_asset_with_two_currencies_has_two_rows_and_counts_once() -> None:
    rows = [
        row
        for row in table(sample.report(), "assets.csv")
        if row["x_AssetId"] == "key-b002b002b002"
    ]

    assert filled(rows[0]) == snapshot(
        {
            "x_AssetId": "key-b002b002b002",
            "x_AssetCount": "1",
            "x_AssetKind": "api_key",
            "ResourceId": "key-id:openai:key_b002",
            "ResourceName": "claims batch",
            "ResourceType": "api_key",
            "ProviderName": "openai",
            "ServiceCategory": "AI and Machine Learning",
            "ServiceSubcategory": "Generative AI",
            "ServiceName": "openai",
            "SubAccountId": "acct-7",
            "SubAccountType": "Account",
            "x_ApiKeyId": "key_b002",
            "x_Context": "app",
            "x_LifecycleStage": "unknown",
            "x_Status": "unknown",
            "x_StatusReason": "project: an openai key connector or a register row would settle it",
            "x_Confidence": "certain",
            "x_Taggable": "true",
            "x_TagCompliance": "invalid",
            "x_MissingTags": "environment;team",
            "x_InvalidTags": "cost_center",
            "x_TagReachesBill": "true",
            "Tags": '{"cost_center": "cc2210"}',
            "x_TagSources": "cost_center=register",
            "x_Tag_cost_center": "cc2210",
            "x_BusinessUnit": "Claims",
            "x_CostCenter": "CC-2210",
            "x_Owner": "p.novak@example.com",
            "x_OwnerType": "person",
            "x_OwnerStatus": "orphaned",
            "x_OwnerSource": "register",
            "x_TechnologyOwner": "a.roth@example.com",
            "x_FinanceOwner": "j.chen@example.com",
            "ChargePeriodStart": "2026-10-01",
            "ChargePeriodEnd": "2026-11-01",
            "BillingCurrency": "EUR",
            "BilledCost": "44.10",
            "x_EstimatedCost": "5.25",
            "x_CostBasis": "billed",
            "x_CostSource": "exports:eu.csv",
            "x_CostAssetId": "key-b002b002b002",
            "x_ChargeKinds": "inference",
            "x_InputTokens": "0",
            "x_CachedInputTokens": "0",
            "x_OutputTokens": "0",
            "x_Requests": "2",
            "x_OpenFindings": "0",
            "x_Connectors": "registry",
            "x_EvidenceCount": "1",
        }
    )
    assert {c: (rows[0][c], rows[1][c]) for c in rows[0] if rows[0][c] != rows[1][c]} == snapshot(
        {
            "x_AssetCount": ("1", "0"),
            "BillingCurrency": ("EUR", "USD"),
            "BilledCost": ("44.10", "310.00"),
            "x_EstimatedCost": ("5.25", ""),
            "x_CostSource": ("exports:eu.csv", "exports:premium.csv"),
            "x_DataThrough": ("", "2026-10-31"),
            "x_InputTokens": ("0", "20000"),
            "x_CachedInputTokens": ("0", "2000"),
            "x_OutputTokens": ("0", "5000"),
            "x_Requests": ("2", "70"),
            "x_EvidenceCount": ("1", "0"),
        }
    )


def test_a_call_says_where_it_is_and_who_answers() -> None:
    row = next(r for r in table(sample.report(), "assets.csv") if r["x_Callers"] == "3")

    assert filled(row) == snapshot(
        {
            "x_AssetId": "call-3f2a3f2a3f2a",
            "x_AssetCount": "1",
            "x_AssetKind": "call",
            "ResourceId": "call:github.com/acme/search:svc/search/rank.py#handler:chat.completions:3f2a3f2a3f2a:0",
            "ResourceName": "openai chat.completions",
            "ResourceType": "call",
            "ProviderName": "openai",
            "ServiceCategory": "AI and Machine Learning",
            "ServiceSubcategory": "Generative AI",
            "ServiceName": "chat.completions",
            "x_Models": "gpt-4o",
            "x_Sdk": "openai-python",
            "x_Repository": "github.com/acme/search",
            "x_Path": "svc/search/rank.py",
            "x_Line": "88",
            "x_Symbol": "handler",
            "x_Callers": "3",
            "x_Context": "app",
            "x_Environment": "prod",
            "x_EnvironmentSource": "related",
            "x_LifecycleStage": "production",
            "x_Status": "sanctioned",
            "x_StatusReason": "every condition of entry 1 holds",
            "x_ApprovedBy": "AI board 2026-09",
            "x_ApprovedUntil": "2027-06-30",
            "x_Confidence": "certain",
            "x_Taggable": "true",
            "x_TagCompliance": "complete",
            "x_TaggingAtSource": "tagged",
            "x_TagReachesBill": "false",
            "Tags": '{"cost_center": "CC-1234", "environment": "prod", "team": "search"}',
            "x_TagSources": "cost_center=comment;environment=related;team=call",
            "x_Tag_team": "search",
            "x_Tag_cost_center": "CC-1234",
            "x_Tag_environment": "prod",
            "x_BusinessUnit": "Commerce",
            "x_CostCenter": "CC-1234",
            "x_Owner": "acme/search",
            "x_OwnerType": "team",
            "x_OwnerStatus": "active",
            "x_OwnerSource": "codeowners",
            "x_TechnologyOwner": "m.ruiz@example.com",
            "x_FinanceOwner": "j.chen@example.com",
            "ChargePeriodStart": "2026-10-01",
            "ChargePeriodEnd": "2026-11-01",
            "x_CostBasis": "none",
            "x_FirstSeen": "2026-03-02",
            "x_OpenFindings": "0",
            "x_Connectors": "code",
            "x_EvidenceCount": "1",
        }
    )


def test_money_on_no_asset_has_a_row_per_source_and_currency() -> None:
    rows = [
        filled(row)
        for row in table(sample.report(), "assets.csv")
        if row["x_AssetKind"] == "unattributed"
    ]

    assert rows == snapshot(
        [
            {
                "x_AssetCount": "0",
                "x_AssetKind": "unattributed",
                "ResourceName": "(unattributed)",
                "ServiceCategory": "AI and Machine Learning",
                "ServiceSubcategory": "Generative AI",
                "ChargePeriodStart": "2026-10-01",
                "ChargePeriodEnd": "2026-11-01",
                "BillingCurrency": "credits",
                "BilledCost": "0",
                "x_CostBasis": "billed",
                "x_CostSource": "exports:chatgpt.csv",
                "x_OpenFindings": "0",
                "x_Connectors": "exports",
                "x_EvidenceCount": "0",
            },
            {
                "x_AssetCount": "0",
                "x_AssetKind": "unattributed",
                "ResourceName": "(unattributed)",
                "ServiceCategory": "AI and Machine Learning",
                "ServiceSubcategory": "Generative AI",
                "ChargePeriodStart": "2026-10-01",
                "ChargePeriodEnd": "2026-11-01",
                "BillingCurrency": "EUR",
                "BilledCost": "3.90",
                "x_EstimatedCost": "0.75",
                "x_CostBasis": "billed",
                "x_CostSource": "exports:eu.csv",
                "x_OpenFindings": "0",
                "x_Connectors": "exports",
                "x_EvidenceCount": "0",
            },
            {
                "x_AssetCount": "0",
                "x_AssetKind": "unattributed",
                "ResourceName": "(unattributed)",
                "ServiceCategory": "AI and Machine Learning",
                "ServiceSubcategory": "Generative AI",
                "ChargePeriodStart": "2026-10-01",
                "ChargePeriodEnd": "2026-11-01",
                "BillingCurrency": "USD",
                "BilledCost": "93.20",
                "x_CostBasis": "billed",
                "x_CostSource": "exports:premium.csv",
                "x_DataThrough": "2026-10-31",
                "x_OpenFindings": "0",
                "x_Connectors": "exports",
                "x_EvidenceCount": "0",
            },
        ]
    )


@pytest.mark.parametrize("name", ["assets.csv", "units.csv"])
def test_the_money_adds_up_to_the_sources(name: str) -> None:
    report = sample.report()
    files_ = files(report)
    manifest = json.loads(files_["manifest.json"])
    rows = read(files_[name])

    assert {
        (line["currency"], line["column"]): Decimal(line["total"]) for line in manifest["totals"]
    } == {
        (line["currency"], line["column"]): total(
            rows, line["column"], BillingCurrency=line["currency"]
        )
        for line in manifest["totals"]
    }
    by_source: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for source in report.spend:
        column = "BilledCost" if source.basis == "billed" else "x_EstimatedCost"
        by_source[source.currency, column] += source.total
    assert {
        (line["currency"], line["column"]): Decimal(line["total"]) for line in manifest["totals"]
    } == by_source


def test_counts_add_up_to_the_assets() -> None:
    report = sample.report()
    assets, units = table(report, "assets.csv"), table(report, "units.csv")
    opened = sum(finding.state == "open" for finding in report.findings)
    tokens = sum(t.input_tokens for asset in report.assets for t in asset.usage)

    assert total(assets, "x_AssetCount") == total(units, "x_Assets") == len(report.assets)
    assert total(assets, "x_OpenFindings") == total(units, "x_OpenFindings") == opened
    assert total(assets, "x_InputTokens") == tokens
    assert total(assets, "x_EvidenceCount") == len(report.assets)
    assert total(assets, "x_Requests") == total(units, "x_Requests")
    assert total(assets, "x_SeatsAssigned") == 2
    assert total(assets, "x_SeatsActive") == 1


def test_cost_at_risk_is_counted_once_per_asset() -> None:
    rows = [
        (row["x_Rule"], row["x_State"], row["BillingCurrency"], row["x_CostAtRisk"],
         row["x_CostAtRiskPrimary"])
        for row in table(sample.report(), "findings.csv")
    ]  # fmt: skip

    assert rows == snapshot(
        [
            ("untagged", "open", "", "", "1"),
            ("orphaned-owner", "open", "", "", "0"),
            ("partly-tagged", "open", "", "", "1"),
            ("dynamic-tags", "open", "", "", "1"),
            ("untagged", "ignored", "", "", "0"),
            ("invalid-tag", "baseline", "USD", "310.00", "0"),
            ("shadow", "open", "USD", "1904.10", "1"),
            ("no-owner", "open", "USD", "1904.10", "0"),
            ("conflicting-tag", "open", "USD", "-5.5", "1"),
            ("idle-seat", "open", "USD", "19.004", "1"),
        ]
    )


def test_units_as_a_reader_sees_them() -> None:
    rows = [
        {
            column: row[column]
            for column in (
                "x_BusinessUnit", "x_CostCenter", "x_Environment", "BillingCurrency", "x_Assets",
                "x_AssetsTaggable", "x_AssetsComplete", "BilledCost", "x_EstimatedCost",
                "x_TaggableCost", "x_CompleteTagCost", "x_AtRiskCost",
                "x_PctTagPolicyCompliantCost", "x_PctUnallocatedCost", "x_PctCompleteTagAssets",
            )
        }
        for row in table(sample.report(), "units.csv")
    ]  # fmt: skip

    assert [list(row.values()) for row in rows] == snapshot(
        [
            [
                "Claims",
                "CC-2210",
                "",
                "EUR",
                "2",
                "2",
                "1",
                "44.10",
                "5.25",
                "44.10",
                "0",
                "44.10",
                "0.00",
                "0",
                "50.00",
            ],
            [
                "Claims",
                "CC-2210",
                "",
                "USD",
                "0",
                "0",
                "0",
                "349.00",
                "0",
                "349.00",
                "39.00",
                "310.00",
                "11.17",
                "0",
                "",
            ],
            [
                "Commerce",
                "CC-1234",
                "prod",
                "USD",
                "2",
                "2",
                "2",
                "1281.60",
                "0",
                "1281.60",
                "1281.60",
                "0",
                "100.00",
                "0",
                "100.00",
            ],
            [
                "(unattributed)",
                "",
                "",
                "EUR",
                "9",
                "6",
                "0",
                "3.90",
                "0.75",
                "0",
                "0",
                "0",
                "0.00",
                "100",
                "0.00",
            ],
            [
                "(unattributed)",
                "",
                "",
                "USD",
                "0",
                "0",
                "0",
                "2010.804",
                "0",
                "1917.604",
                "0",
                "1917.604",
                "0.00",
                "100",
                "",
            ],
            [
                "(unattributed)",
                "",
                "",
                "credits",
                "0",
                "0",
                "0",
                "880",
                "0",
                "880",
                "0",
                "880",
                "0.00",
                "100",
                "",
            ],
        ]
    )


@st.composite
def judged_assets(draw: st.DrawFn) -> tuple[Asset, ...]:
    found = []
    for index in range(draw(st.integers(0, 6))):
        plain = draw(st.sampled_from(sample.assets()))
        found.append(
            replace(
                plain,
                id=f"{plain.kind}-{index}",
                tag_status=draw(st.none() | st.sampled_from(TAG_STATUSES)),
                verdict=draw(st.sampled_from(["sanctioned", "shadow", "unknown"])),
                owner=draw(
                    st.sampled_from([Owner(), Owner("@a/b", "tag", "active"),
                                     Owner("@a/b", "tag", "orphaned")])
                ),
                unit=draw(st.none() | st.sampled_from([sample.COMMERCE, sample.CLAIMS])),
                environment=draw(st.none() | st.sampled_from(["prod", "dev"])),
                usage=tuple(
                    sample.usage(str(draw(st.decimals(0, 1000, places=3))), currency)
                    for currency in draw(st.lists(st.sampled_from(["USD", "EUR"]), max_size=2))
                ),
            )
        )  # fmt: skip
    return tuple(found)


@settings(max_examples=60, deadline=None)
@given(judged_assets(), st.decimals(0, 100, places=2))
def test_the_parts_of_a_unit_are_its_whole(assets: tuple[Asset, ...], loose: Decimal) -> None:
    attributed = sum(
        (t.amount or Decimal(0) for a in assets for t in a.usage if t.currency == "USD"), loose
    )
    spend = SpendSource(
        "exports:x", "USD", "billed", attributed, attributed - loose, loose, Decimal(0), 1, 0
    )
    report = replace(sample.nothing(), assets=assets, spend=(spend,))
    rows = table(report, "units.csv")

    assert total(rows, "BilledCost", BillingCurrency="USD") == attributed
    assert total(rows, "x_Assets") == len(assets)
    for row in rows:
        figure = {name: Decimal(cell) for name, cell in row.items() if cell and name in NUMBERS}
        assert figure["x_AssetsTaggable"] == sum(figure[f"x_Assets{part}"] for part in PARTS)
        if row["BillingCurrency"]:
            assert figure["x_TaggableCost"] + figure["x_UntaggableCost"] == figure["BilledCost"]
            assert figure["x_TaggableCost"] == figure["x_CompleteTagCost"] + sum(
                figure[f"x_{part}Cost"] for part in PARTS[1:]
            )
            risks = [f"x_{part}Cost" for part in (*PARTS[1:], "NoOwner", "Orphaned", "Shadow")]
            assert figure["x_AtRiskCost"] <= sum(figure[risk] for risk in risks)
            assert figure["x_AtRiskCost"] >= max(figure[risk] for risk in risks)


PARTS = ("Complete", "Partial", "Untagged", "Invalid", "Conflicting", "Dynamic")
NUMBERS = {column for column in UNIT_COLUMNS if "Cost" in column or "Assets" in column} - {
    "x_CostCenter"
}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(REPORTS)
def test_no_text_cell_is_a_formula_and_none_drives_a_terminal(report: Report) -> None:
    for dialect, delimiter in (("standard", ","), ("excel-eu", ";")):
        for name, text in files(report, csv_dialect=dialect).items():
            text.encode("utf-8")
            if not name.endswith(".csv"):
                continue
            assert is_safe(text.removeprefix("\ufeff").replace("\n", ""))
            body = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
            columns = next(body)
            for row in body:
                for column, cell in zip(columns, row, strict=True):
                    assert not cell.startswith(("=", "+", "@", "\t", "\r")), (column, cell)
                    if cell.startswith("-"):
                        Decimal(cell.replace(",", "."))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_formula_is_shown_not_run(start: str) -> None:
    asset = replace(sample.assets()[3], name=f"{start}1+1", verdict_reason=f"{start}a")
    report = replace(sample.report(), assets=(asset,))
    row = table(report, "assets.csv")[0]

    assert row["ResourceName"][0] == row["x_StatusReason"][0] == "'"
    # Its money is negative and stays a number.
    assert row["BilledCost"] == "-5.5"


def test_each_item_of_a_list_is_guarded() -> None:
    asset = replace(sample.assets()[0], models=("gpt-4o", "=1+1", "@cf/meta/llama"))
    row = table(replace(sample.report(), assets=(asset,)), "assets.csv")[0]

    assert row["x_Models"] == "gpt-4o;'=1+1;'@cf/meta/llama"


def test_tags_stay_json_whatever_they_hold() -> None:
    tags = {"team": sample.tag('"\x7f\u202e;=x', "call"), "none": sample.tag(None)}
    asset = replace(sample.assets()[0], tags=tags)
    row = table(replace(sample.report(), assets=(asset,)), "assets.csv")[0]

    assert json.loads(row["Tags"]) == {"team": '"\x7f\u202e;=x'}
    assert row["Tags"].isprintable()


def test_excel_in_europe_gets_a_mark_semicolons_and_decimal_commas() -> None:
    text = files(sample.report(), csv_dialect="excel-eu")["units.csv"]
    rows = read(text.removeprefix("\ufeff"), ";")
    standard = table(sample.report(), "units.csv")

    assert text.startswith("\ufeffChargePeriodStart;ChargePeriodEnd;")
    assert text.splitlines()[3] == snapshot(
        "2026-10-01;2026-11-01;Commerce;CC-1234;prod;m.ruiz@example.com;j.chen@example.com;USD;2;2;2;0;0;0;0;0;1;1;0;0;2;0;0;;;1281,60;;0;1281,60;0,00;1281,60;0;0;0;0;0;0;0;0;0;0;1281,60;1631250;1631250;0;7110,5;100,00;0,00;0;0,00;100,00;100,00;;;;0;"
    )
    assert [{c: v.replace(",", ".") for c, v in row.items()} for row in rows] == standard


def test_the_manifest_ties_the_tables_out() -> None:
    output = files(sample.report())
    manifest = json.loads(output["manifest.json"])

    for name, described in manifest["tables"].items():
        rows = read(output[name])
        assert described["rows"] == len(rows)
        assert described["columns"] == len(rows[0])
        assert described["sha256"] == hashlib.sha256(output[name].encode()).hexdigest()
        described["sha256"] = "..."
    assert manifest == snapshot(
        {
            "schema": "llmaudit.csv/1",
            "tool": {"name": "llmaudit", "version": "0.1.0"},
            "as_of": "2026-11-23T14:02:00Z",
            "organization": "Acme",
            "period": {"start": "2026-10-01", "end": "2026-11-01"},
            "dialect": "standard",
            "tables": {
                "assets.csv": {"rows": 18, "columns": 85, "sha256": "..."},
                "findings.csv": {"rows": 10, "columns": 44, "sha256": "..."},
                "units.csv": {"rows": 6, "columns": 57, "sha256": "..."},
            },
            "totals": [
                {
                    "currency": "EUR",
                    "basis": "billed",
                    "column": "BilledCost",
                    "total": "48.00",
                    "attributed": "44.10",
                    "unattributed": "3.90",
                    "outside_period": "12.50",
                    "rows": 9,
                    "rows_outside_period": 1,
                    "sources": ["exports:eu.csv"],
                },
                {
                    "currency": "EUR",
                    "basis": "estimated",
                    "column": "x_EstimatedCost",
                    "total": "6.00",
                    "attributed": "5.25",
                    "unattributed": "0.75",
                    "outside_period": "12.50",
                    "rows": 9,
                    "rows_outside_period": 1,
                    "sources": ["exports:eu.csv"],
                },
                {
                    "currency": "USD",
                    "basis": "billed",
                    "column": "BilledCost",
                    "total": "3641.404",
                    "attributed": "3548.204",
                    "unattributed": "93.20",
                    "outside_period": "12.50",
                    "rows": 9,
                    "rows_outside_period": 1,
                    "sources": ["exports:premium.csv"],
                },
                {
                    "currency": "credits",
                    "basis": "billed",
                    "column": "BilledCost",
                    "total": "880",
                    "attributed": "880",
                    "unattributed": "0",
                    "outside_period": "12.50",
                    "rows": 9,
                    "rows_outside_period": 1,
                    "sources": ["exports:chatgpt.csv"],
                },
            ],
        }
    )


def test_nothing_found_is_three_headers() -> None:
    output = files(sample.nothing())

    assert {name: text.count("\n") for name, text in output.items() if name[-4:] == ".csv"} == {
        "assets.csv": 1,
        "findings.csv": 1,
        "units.csv": 1,
    }
