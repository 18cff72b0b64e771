"""Figures that several formats show, so that they show the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from llmaudit.model import Asset, Basis, Finding, Level, Report

NONE = Decimal(0)
EXACT = Context(prec=400)
"""Sums in it lose no digit, however many a source gives."""

INCOMPLETE = ("partial", "untagged", "invalid", "conflicting", "dynamic")
TAGGABLE = ("complete", *INCOMPLETE)
UNATTRIBUTED = "(unattributed)"

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_CENT = Decimal("0.01")


def utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken to be in UTC, never in the machine's."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def cost(asset: Asset, currency: str, basis: Basis = "billed") -> Decimal:
    """What the asset cost in one currency, on one basis."""
    return sum(
        (
            total.amount
            for total in asset.usage
            if total.currency == currency and total.basis == basis and total.amount is not None
        ),
        NONE,
    )


def currencies(asset: Asset) -> tuple[str, ...]:
    """The currencies the asset has money in, sorted."""
    return tuple(
        sorted({t.currency for t in asset.usage if t.currency is not None and t.amount is not None})
    )


def lead_currency(report: Report) -> str | None:
    """The currency shown where only one fits: the one most assets are billed in.

    Ties go to the first by name; None where nothing was billed.
    """
    counted = Counter(
        currency
        for asset in report.assets
        for currency in currencies(asset)
        if cost(asset, currency)
    )
    return min(counted, key=lambda currency: (-counted[currency], currency)) if counted else None


def is_gated(asset: Asset) -> bool:
    """Whether the asset counts in shares.

    A call in a test, an example and the like does not; nor does a register row that only
    names others (a glob, a project).
    """
    if asset.kind == "call":
        return asset.context == "app"
    seen = asset.evidence
    return not all(evidence.register for evidence in seen) or not any(
        relation.type == "registers" for evidence in seen for relation in evidence.relates
    )


def open_findings(report: Report) -> tuple[Finding, ...]:
    """The findings nothing suppresses, in the report's order."""
    return tuple(finding for finding in report.findings if finding.state == "open")


def by_weight(report: Report) -> list[Finding]:
    """Open findings, the one to mend first at the front.

    Notes come last whatever they cost; before them cost in the lead currency decides, then
    callers, then the level.
    """
    assets = {asset.id: asset for asset in report.assets}
    currency = lead_currency(report)

    def weight(finding: Finding) -> tuple[bool, Decimal, int, int, str]:
        asset = assets.get(finding.asset)
        return (
            finding.level == "note",
            -cost(asset, currency) if asset and currency else NONE,
            -callers(asset) if asset else 0,
            _LEVELS.index(finding.level),
            finding.fingerprint,
        )

    return sorted(open_findings(report), key=weight)


def callers(asset: Asset) -> int:
    """The most callers any evidence of the asset has."""
    return max((evidence.callers or 0 for evidence in asset.evidence), default=0)


def by_level(findings: Iterable[Finding]) -> str:
    """``68 error, 80 warning, 23 note``, levels without findings left out."""
    counted = Counter(finding.level for finding in findings)
    return ", ".join(f"{counted[level]:,} {level}" for level in _LEVELS if counted[level])


def money(amount: Decimal) -> str:
    """An amount to two places with thousands grouped; a trace of money never reads as zero."""
    shown = amount.quantize(_CENT, ROUND_HALF_EVEN)
    if amount and not shown:
        return "<0.01" if amount > 0 else ">-0.01"
    return f"{shown:,}"


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """``54.5 %``; a part never reads as nothing and never as the whole unless it is.

    Empty where the whole is not positive, as no share can be told then.
    """
    if whole <= 0:
        return ""
    shown = f"{Decimal(part) * 100 / Decimal(whole):.1f}"
    if shown in ("0.0", "-0.0") and part:
        return "<0.1 %"
    return ">99.9 %" if shown == "100.0" and part < whole else f"{shown} %"


def counted(number: int, noun: str) -> str:
    """``1 call``, ``1,204 calls``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural(noun)}"


def plural(noun: str) -> str:
    """More than one of a kind of asset."""
    return noun if noun.endswith("s") else f"{noun}s"


def share(part: int, whole: int, noun: str = "") -> str:
    """``78 of 143 (54.5 %)``, ``78 of 143 calls (54.5 %)``, or ``none found`` of nothing."""
    named = f" {plural(noun)}" if noun else ""
    return f"{part:,} of {whole:,}{named} ({percent(part, whole)})" if whole else "none found"
