"""findings.csv: one row per finding, suppressed ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmaudit.formats.csv_assets import owner_name, service_name, sub_account
from llmaudit.formats.figures import cost, currencies, lead_currency
from llmaudit.model import Asset, Finding, Report

if TYPE_CHECKING:
    from llmaudit.formats.csv import Cell, Row

FINDING_COLUMNS = (
    "x_FindingId", "x_Rule", "x_RuleTitle", "x_Level", "x_State", "x_StateReason",
    "x_StateUntil", "x_AssetId", "x_AssetKind", "ResourceId", "ResourceName", "ProviderName",
    "ServiceName", "SubAccountId", "SubAccountName", "x_Repository", "x_Path", "x_Line",
    "x_Environment", "x_Status", "x_TagCompliance", "x_MissingTags", "x_BusinessUnit",
    "x_CostCenter", "x_Owner", "x_OwnerStatus", "x_TechnologyOwner", "x_FinanceOwner",
    "ChargePeriodStart", "ChargePeriodEnd", "BillingCurrency", "x_CostAtRisk",
    "x_CostAtRiskPrimary", "x_CostBasis", "x_FirstSeen", "x_AgeDays", "x_DueDate", "x_Overdue",
    "x_EscalateTo", "x_Message", "x_Fix", "x_FixCommand", "x_PolicyLine", "x_HelpUrl",
)  # fmt: skip


def finding_rows(report: Report) -> list[Row]:
    """Rows in the report's order of findings."""
    assets = {asset.id: asset for asset in report.assets}
    lead = lead_currency(report)
    charged: set[str] = set()
    rows: list[Row] = []
    for finding in report.findings:
        asset = assets.get(finding.asset)
        is_open = finding.state == "open"
        primary = is_open and asset is not None and asset.id not in charged
        if primary:
            charged.add(finding.asset)
        rows.append(
            {
                **_finding(finding, report),
                **(_asset(asset) if asset else {}),
                **(_cost_at_risk(asset, lead) if asset else {}),
                "x_CostAtRiskPrimary": int(primary),
            }
        )
    return rows


def _finding(finding: Finding, report: Report) -> dict[str, Cell]:
    age = (report.as_of.date() - finding.first_seen).days if finding.first_seen else None
    return {
        "x_FindingId": finding.fingerprint,
        "x_Rule": finding.rule,
        "x_Level": finding.level,
        "x_State": finding.state,
        "x_StateReason": finding.state_reason,
        "x_StateUntil": finding.state_until,
        "x_AssetId": finding.asset,
        "x_Repository": finding.where.repo,
        "x_Path": finding.where.path,
        "x_Line": finding.where.line,
        "ChargePeriodStart": report.period.start if report.period else None,
        "ChargePeriodEnd": report.period.end if report.period else None,
        "x_FirstSeen": finding.first_seen,
        "x_AgeDays": age,
        "x_Message": finding.message,
        "x_Fix": finding.help,
    }


def _asset(asset: Asset) -> dict[str, Cell]:
    unit = asset.unit
    return {
        "x_AssetKind": asset.kind,
        "ResourceId": asset.same_as[0] if asset.same_as else None,
        "ResourceName": asset.name,
        "ProviderName": asset.provider,
        "ServiceName": service_name(asset),
        "SubAccountId": sub_account(asset)[0],
        "x_Environment": asset.environment,
        "x_Status": asset.verdict,
        "x_TagCompliance": asset.tag_status,
        "x_MissingTags": asset.missing_tags,
        "x_BusinessUnit": unit.business_unit if unit else None,
        "x_CostCenter": unit.cost_center if unit else None,
        "x_Owner": owner_name(asset.owner.value),
        "x_OwnerStatus": asset.owner.status,
        "x_TechnologyOwner": owner_name(unit.technology_owner) if unit else None,
        "x_FinanceOwner": owner_name(unit.finance_owner) if unit else None,
        "x_EscalateTo": owner_name(unit.escalate_to) if unit else None,
    }


def _cost_at_risk(asset: Asset, lead: str | None) -> dict[str, Cell]:
    """Billed money of the asset, in the report's lead currency where the asset has any."""
    billed = {name: amount for name in currencies(asset) if (amount := cost(asset, name))}
    if not billed:
        return {"x_CostBasis": "none"}
    currency = lead if lead in billed else min(billed)
    return {
        "BillingCurrency": currency,
        "x_CostAtRisk": billed[currency],
        "x_CostBasis": "billed",
    }
