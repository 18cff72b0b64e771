"""units.csv: one row per business unit, cost centre, environment and currency."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from llmaudit.formats.csv_assets import owner_name
from llmaudit.formats.figures import NONE, UNATTRIBUTED, cost, open_findings
from llmaudit.formats.units import (
    Group,
    groups,
    has_departed_owner,
    has_no_owner,
    has_status,
    is_at_risk,
    is_sanctioned,
    is_shadow,
    is_taggable,
    is_undecided,
)
from llmaudit.model import Asset, Report

if TYPE_CHECKING:
    from llmaudit.formats.csv import Cell, Row

UNIT_COLUMNS = (
    "ChargePeriodStart", "ChargePeriodEnd", "x_BusinessUnit", "x_CostCenter", "x_Environment",
    "x_TechnologyOwner", "x_FinanceOwner", "BillingCurrency", "x_Assets", "x_AssetsTaggable",
    "x_AssetsComplete", "x_AssetsPartial", "x_AssetsUntagged", "x_AssetsInvalid",
    "x_AssetsConflicting", "x_AssetsDynamic", "x_KeysTaggable", "x_KeysComplete",
    "x_AssetsNoOwner", "x_AssetsOrphaned", "x_AssetsSanctioned", "x_AssetsShadow",
    "x_AssetsUnknown", "x_AssetsNoBudget", "x_AssetsNoSpendLimit", "BilledCost",
    "EffectiveCost", "x_EstimatedCost", "x_TaggableCost", "x_UntaggableCost",
    "x_CompleteTagCost", "x_PartialCost", "x_UntaggedCost", "x_InvalidCost",
    "x_ConflictingCost", "x_DynamicCost", "x_NoOwnerCost", "x_OrphanedCost", "x_ShadowCost",
    "x_UnknownCost", "x_AtRiskCost", "x_TokenObservedCost", "x_TaggableTokens",
    "x_CompleteTagTokens", "x_ShadowTokens", "x_Requests", "x_PctTagPolicyCompliantCost",
    "x_PctUntaggedCost", "x_PctUnallocatedCost", "x_PctShadowCost", "x_PctCompleteTagAssets",
    "x_PctCompleteTagTokens", "x_BudgetAmount", "x_ForecastAmount", "x_BudgetVsActual",
    "x_OpenFindings", "x_OverdueFindings",
)  # fmt: skip
_HUNDREDTH = Decimal("0.01")
_STATUSES = {
    "Complete": "complete",
    "Partial": "partial",
    "Untagged": "untagged",
    "Invalid": "invalid",
    "Conflicting": "conflicting",
    "Dynamic": "dynamic",
}


def unit_rows(report: Report) -> list[Row]:
    """Rows sorted by unit, cost centre, environment and currency, ``(unattributed)`` last."""
    opened: dict[str, int] = {}
    for finding in open_findings(report):
        opened[finding.asset] = opened.get(finding.asset, 0) + 1
    period: dict[str, Cell] = {}
    if report.period:
        period = {"ChargePeriodStart": report.period.start, "ChargePeriodEnd": report.period.end}
    rows: list[Row] = []
    for group in groups(report):
        row: dict[str, Cell] = {
            **period,
            "x_BusinessUnit": group.business_unit,
            "x_CostCenter": group.cost_center,
            "x_Environment": group.environment,
            "x_TechnologyOwner": owner_name(group.technology_owner),
            "x_FinanceOwner": owner_name(group.finance_owner),
            "BillingCurrency": group.currency,
            **_counts(group),
            **_tokens(group),
            "x_OpenFindings": (
                sum(opened.get(asset.id, 0) for asset in group.assets) if group.is_first else 0
            ),
        }
        if group.currency is not None:
            row |= _costs(group)
        rows.append({**row, **_shares(row, is_unit=group.business_unit != UNATTRIBUTED)})
    return rows


def _counts(group: Group) -> dict[str, Cell]:
    def key(asset: Asset) -> bool:
        return asset.kind == "api_key"

    complete = has_status("complete")
    return {
        "x_Assets": len(group.assets) if group.is_first else 0,
        "x_AssetsTaggable": group.count(is_taggable),
        **{
            f"x_Assets{name}": group.count(has_status(status)) for name, status in _STATUSES.items()
        },
        "x_KeysTaggable": group.count(lambda asset: key(asset) and is_taggable(asset)),
        "x_KeysComplete": group.count(lambda asset: key(asset) and complete(asset)),
        "x_AssetsNoOwner": group.count(has_no_owner),
        "x_AssetsOrphaned": group.count(has_departed_owner),
        "x_AssetsSanctioned": group.count(is_sanctioned),
        "x_AssetsShadow": group.count(is_shadow),
        "x_AssetsUnknown": group.count(is_undecided),
    }


def _costs(group: Group) -> dict[str, Cell]:
    billed = group.billed(lambda _: True) + group.unattributed
    taggable = group.billed(is_taggable)
    currency = group.currency or ""
    estimated = sum(
        (cost(asset, currency, "estimated") for asset in group.assets), group.unattributed_estimate
    )
    with_tokens = {
        asset.id
        for asset in group.assets
        if any(total.input_tokens or total.output_tokens for total in asset.usage)
    }
    statuses = {
        "x_CompleteTagCost" if name == "Complete" else f"x_{name}Cost": group.billed(
            has_status(status)
        )
        for name, status in _STATUSES.items()
    }
    return {
        "BilledCost": billed,
        "x_EstimatedCost": estimated,
        "x_TaggableCost": taggable,
        "x_UntaggableCost": billed - taggable,
        **statuses,
        "x_NoOwnerCost": group.billed(has_no_owner),
        "x_OrphanedCost": group.billed(has_departed_owner),
        "x_ShadowCost": group.billed(is_shadow),
        "x_UnknownCost": group.billed(is_undecided),
        "x_AtRiskCost": group.billed(is_at_risk),
        "x_TokenObservedCost": group.billed(lambda asset: asset.id in with_tokens),
    }


def _tokens(group: Group) -> dict[str, Cell]:
    tokens = {"x_TaggableTokens": 0, "x_CompleteTagTokens": 0, "x_ShadowTokens": 0}
    requests = NONE
    complete = has_status("complete")
    for asset, total in group.totals():
        count = total.input_tokens + total.output_tokens
        requests += total.requests
        tokens["x_TaggableTokens"] += count * is_taggable(asset)
        tokens["x_CompleteTagTokens"] += count * complete(asset)
        tokens["x_ShadowTokens"] += count * is_shadow(asset)
    return {**tokens, "x_Requests": requests}


def _shares(row: Row, *, is_unit: bool) -> dict[str, Cell]:
    """Percentages, for reading only: a sum of them means nothing.

    What stands under ``(unattributed)`` is what nobody can be charged for, so it is the
    unallocated part; a unit's own row has none.
    """

    def share(part: str, whole: str) -> Cell:
        of, of_whole = row.get(part), row.get(whole)
        if not isinstance(of, int | Decimal) or not isinstance(of_whole, int | Decimal):
            return None
        if of_whole <= 0:
            return None
        return (Decimal(of) * 100 / Decimal(of_whole)).quantize(_HUNDREDTH, ROUND_HALF_EVEN)

    billed = row.get("BilledCost")
    has_cost = isinstance(billed, Decimal) and billed > 0
    return {
        "x_PctTagPolicyCompliantCost": share("x_CompleteTagCost", "BilledCost"),
        "x_PctUntaggedCost": share("x_UntaggedCost", "BilledCost"),
        "x_PctUnallocatedCost": Decimal(0 if is_unit else 100) if has_cost else None,
        "x_PctShadowCost": share("x_ShadowCost", "BilledCost"),
        "x_PctCompleteTagAssets": share("x_AssetsComplete", "x_AssetsTaggable"),
        "x_PctCompleteTagTokens": share("x_CompleteTagTokens", "x_TaggableTokens"),
    }
