"""assets.csv: one row per asset and currency, and one per source for money on no asset."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from llmaudit.formats.figures import (
    TAGGABLE,
    UNATTRIBUTED,
    callers,
    cost,
    currencies,
    open_findings,
)
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Evidence, Report, SpendSource, UsageTotal

if TYPE_CHECKING:
    from llmaudit.formats.csv import Cell, Row

_BEFORE_TAGS = (
    "x_AssetId", "x_AssetCount", "x_AssetKind", "ResourceId", "ResourceName", "ResourceType",
    "ProviderName", "PublisherName", "InvoiceIssuerName", "ServiceCategory",
    "ServiceSubcategory", "ServiceName", "BillingAccountId", "BillingAccountName",
    "SubAccountId", "SubAccountName", "SubAccountType", "RegionId", "x_ApiKeyId", "x_Models",
    "x_Sdk", "x_Repository", "x_Path", "x_Line", "x_Symbol", "x_Callers", "x_Context",
    "x_Environment", "x_EnvironmentSource", "x_LifecycleStage", "x_Status", "x_StatusReason",
    "x_ApprovedBy", "x_ApprovedUntil", "x_Confidence", "x_Taggable", "x_TagCompliance",
    "x_MissingTags", "x_InvalidTags", "x_ConflictingTags", "x_TaggingAtSource",
    "x_TagReachesBill", "Tags", "x_TagSources",
)  # fmt: skip
_AFTER_TAGS = (
    "x_BusinessUnit", "x_CostCenter", "x_Owner", "x_OwnerType", "x_OwnerStatus",
    "x_OwnerSource", "x_TechnologyOwner", "x_FinanceOwner", "ChargePeriodStart",
    "ChargePeriodEnd", "BillingCurrency", "BilledCost", "EffectiveCost", "x_EstimatedCost",
    "x_CostBasis", "x_CostSource", "x_CostAssetId", "InvoiceId", "x_ChargeKinds",
    "x_DataThrough", "x_InputTokens", "x_CachedInputTokens", "x_OutputTokens", "x_Requests",
    "x_SeatsAssigned", "x_SeatsActive", "x_BudgetName", "x_BudgetAmount", "x_SpendLimit",
    "x_SpendLimitEnforced", "x_ContractId", "x_RenewalDate", "x_EmbeddedAi", "x_FirstSeen",
    "x_LastUsed", "x_OpenFindings", "x_Connectors", "x_EvidenceCount",
)  # fmt: skip
_PRODUCTION = ("live", "prd", "prod", "production")
_EXPERIMENT = ("experiment", "lab", "playground", "poc", "sandbox")


def asset_columns(report: Report) -> tuple[str, ...]:
    """The published columns, with one ``x_Tag_<key>`` per required tag in policy order."""
    return (*_BEFORE_TAGS, *(f"x_Tag_{key}" for key in report.policy.required), *_AFTER_TAGS)


def asset_rows(report: Report) -> list[Row]:
    """Rows in the report's order of assets, then the unattributed rows by source."""
    opened: dict[str, int] = {}
    for finding in open_findings(report):
        opened[finding.asset] = opened.get(finding.asset, 0) + 1
    rows: list[Row] = []
    for asset in report.assets:
        shared = {**_period(report), **_identity(asset), **_judgement(asset, report)}
        for index, currency in enumerate(currencies(asset) or (None,)):
            first = index == 0
            rows.append(
                {
                    **shared,
                    **_charges(asset, currency, report, first=first),
                    "x_AssetCount": int(first),
                    "x_OpenFindings": opened.get(asset.id, 0) if first else 0,
                    "x_EvidenceCount": len(asset.evidence) if first else 0,
                }
            )
    sources = sorted({(line.source, line.currency) for line in report.spend})
    return rows + [_unattributed(report, source, currency) for source, currency in sources]


def owner_name(value: str | None) -> str | None:
    """An owner as it is written in a cell: a handle without its leading ``@``."""
    return value.removeprefix("@") if value else None


def sub_account(asset: Asset) -> tuple[str | None, str | None]:
    """The innermost container of the asset and what kind of container it is."""
    project = _first(asset, lambda evidence: evidence.project)
    if project:
        return project, "Project"
    account = _first(asset, lambda evidence: evidence.account)
    return account, "Account" if account else None


def service_name(asset: Asset) -> str | None:
    """The provider's api that is used, or what kind of thing the asset is of."""
    return _first(asset, lambda evidence: evidence.api) or asset.provider


def _first(asset: Asset, read: Callable[[Evidence], str | None]) -> str | None:
    return next((value for evidence in asset.evidence if (value := read(evidence))), None)


def _period(report: Report) -> dict[str, Cell]:
    if report.period is None:
        return {}
    return {"ChargePeriodStart": report.period.start, "ChargePeriodEnd": report.period.end}


def _identity(asset: Asset) -> dict[str, Cell]:
    where = asset.where
    container, container_type = sub_account(asset)
    key_ids = [link for link in asset.same_as if link.startswith("key-id:")]
    return {
        "x_AssetId": asset.id,
        "x_AssetKind": asset.kind,
        "ResourceId": asset.same_as[0] if asset.same_as else None,
        "ResourceName": asset.name,
        "ResourceType": asset.kind,
        "ProviderName": asset.provider,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": service_name(asset),
        "BillingAccountId": _first(asset, lambda evidence: evidence.organization),
        "SubAccountId": container,
        "SubAccountType": container_type,
        "RegionId": _first(asset, lambda evidence: evidence.attributes.get("region")),
        "x_ApiKeyId": key_ids[0].split(":", 2)[-1] if key_ids else None,
        "x_Models": asset.models,
        "x_Sdk": _first(asset, lambda evidence: evidence.sdk),
        "x_Repository": where.repo,
        "x_Path": where.path,
        "x_Line": where.line,
        "x_Symbol": _first(asset, lambda evidence: evidence.symbol),
        "x_Callers": callers(asset) if asset.kind == "call" else None,
        "x_Context": asset.context,
        "x_Confidence": (
            "certain" if any(e.confidence == "certain" for e in asset.evidence) else "likely"
        ),
        "x_FirstSeen": min((e.first_seen for e in asset.evidence if e.first_seen), default=None),
        "x_LastUsed": max((e.last_used for e in asset.evidence if e.last_used), default=None),
        "x_Connectors": tuple(sorted({evidence.connector for evidence in asset.evidence})),
    }


def _judgement(asset: Asset, report: Report) -> dict[str, Cell]:
    unit, owner = asset.unit, asset.owner
    standing = {key: tag for key, tag in sorted(asset.tags.items()) if tag.value is not None}
    reaches = [standing[key].reaches_bill for key in report.policy.required if key in standing]
    return {
        "x_Environment": asset.environment,
        "x_EnvironmentSource": asset.environment_source,
        "x_LifecycleStage": _stage(asset.environment),
        "x_Status": asset.verdict,
        "x_StatusReason": asset.verdict_reason,
        "x_ApprovedBy": asset.approved_by,
        "x_ApprovedUntil": asset.approved_until,
        "x_Taggable": asset.tag_status in TAGGABLE if asset.tag_status else None,
        "x_TagCompliance": asset.tag_status,
        "x_MissingTags": asset.missing_tags,
        "x_InvalidTags": asset.invalid_tags,
        "x_ConflictingTags": asset.conflicting_tags,
        "x_TaggingAtSource": asset.tagging,
        "x_TagReachesBill": _all_reach(reaches),
        "Tags": _tags({key: tag.value for key, tag in standing.items()}),
        "x_TagSources": tuple(f"{key}={tag.source}" for key, tag in standing.items()),
        **{
            f"x_Tag_{key}": standing[key].value for key in report.policy.required if key in standing
        },
        "x_BusinessUnit": unit.business_unit if unit else None,
        "x_CostCenter": unit.cost_center if unit else None,
        "x_Owner": owner_name(owner.value),
        "x_OwnerType": _owner_type(owner.value),
        "x_OwnerStatus": owner.status,
        "x_OwnerSource": owner.source,
        "x_TechnologyOwner": owner_name(unit.technology_owner) if unit else None,
        "x_FinanceOwner": owner_name(unit.finance_owner) if unit else None,
    }


def _tags(values: Mapping[str, str | None]) -> str:
    """Tags as the JSON object FOCUS asks for; escaped throughout where a cell needs escapes."""
    text = json.dumps(values, ensure_ascii=False)
    return text if printable(text, cell=True) == text else json.dumps(values)


def _charges(asset: Asset, currency: str | None, report: Report, *, first: bool) -> dict[str, Cell]:
    """Money in one currency; what has no currency stands on the first row only."""
    totals = [
        total
        for total in asset.usage
        if total.currency == currency or (first and total.currency is None)
    ]
    charged = [total for total in totals if total.amount is not None]
    bases = {total.basis for total in charged}
    sources = tuple(sorted({total.source for total in charged}))
    seat = asset.kind == "seat"
    return {
        "BillingCurrency": currency,
        "BilledCost": cost(asset, currency) if currency and "billed" in bases else None,
        "x_EstimatedCost": (
            cost(asset, currency, "estimated") if currency and "estimated" in bases else None
        ),
        "x_CostBasis": _basis(bases),
        "x_CostSource": sources,
        "x_CostAssetId": asset.id if charged else None,
        "x_ChargeKinds": tuple(sorted({total.charge_kind for total in totals})),
        "x_DataThrough": _data_through(report, sources),
        **_tokens(totals),
        "x_SeatsAssigned": int(first) if seat else None,
        "x_SeatsActive": _active(asset, report, first=first) if seat else None,
    }


def _tokens(totals: list[UsageTotal]) -> dict[str, Cell]:
    if not totals:
        return {}
    return {
        "x_InputTokens": sum(total.input_tokens for total in totals),
        "x_CachedInputTokens": sum(total.cached_tokens for total in totals),
        "x_OutputTokens": sum(total.output_tokens for total in totals),
        "x_Requests": sum((total.requests for total in totals), Decimal(0)),
    }


def _active(asset: Asset, report: Report, *, first: bool) -> int | None:
    """Whether the seat was used in the period; None where the source does not say."""
    used = [evidence.last_used for evidence in asset.evidence if evidence.last_used]
    if report.period is None or not used:
        return None
    return int(first and max(used) >= report.period.start)


def _unattributed(report: Report, source: str, currency: str) -> Row:
    lines: dict[str, SpendSource] = {
        line.basis: line
        for line in report.spend
        if (line.source, line.currency) == (source, currency)
    }
    billed, estimated = lines.get("billed"), lines.get("estimated")
    return {
        **_period(report),
        "x_AssetCount": 0,
        "x_AssetKind": "unattributed",
        "ResourceName": UNATTRIBUTED,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "BillingCurrency": currency,
        "BilledCost": billed.unattributed if billed else None,
        "x_EstimatedCost": estimated.unattributed if estimated else None,
        "x_CostBasis": _basis(lines),
        "x_CostSource": (source,),
        "x_DataThrough": _data_through(report, (source,)),
        "x_OpenFindings": 0,
        "x_Connectors": (source.partition(":")[0],),
        "x_EvidenceCount": 0,
    }


def _basis(bases: Collection[str]) -> str:
    return "billed" if "billed" in bases else "estimated" if bases else "none"


def _data_through(report: Report, sources: tuple[str, ...]) -> date | None:
    """The day up to which every source of a row's money had data, where all of them say so."""
    days: list[date] = []
    for source in sources:
        connector, _, name = source.partition(":")
        days += [
            line.data_through
            for line in report.coverage
            if line.data_through is not None
            and line.connector == connector
            and line.scope.endswith(name)
        ][:1]
    return min(days) if sources and len(days) == len(sources) else None


def _stage(environment: str | None) -> str:
    name = (environment or "").casefold()
    if name in _PRODUCTION:
        return "production"
    return "experiment" if name in _EXPERIMENT else "unknown"


def _all_reach(reaches: list[bool | None]) -> bool | None:
    """False where a required tag is known to stay off the bill, true where all reach it."""
    if False in reaches:
        return False
    return True if reaches and None not in reaches else None


def _owner_type(value: str | None) -> str | None:
    """``@acme/search`` is a team, ``ana@example.com`` and ``@ana`` are people."""
    if not value:
        return None
    if value.startswith("@"):
        return "team" if "/" in value else "person"
    return "person" if "@" in value else "unknown"
