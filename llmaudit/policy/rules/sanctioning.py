"""Rules on permission: is the use sanctioned, and still; is its model fit for production."""

from __future__ import annotations

import re

from llmaudit.model import Asset
from llmaudit.policy.rule import OWNED_KINDS, Broken, Judging, Rule, naming

_EXPERIMENTAL = re.compile(
    r"(?:^|[-_.:/@])(?:preview|experimental|exp|beta|alpha)(?:$|[-_.:/@\d])", re.IGNORECASE
)
_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
_EXPIRED = "expired "


def _is_expired(asset: Asset) -> bool:
    return asset.verdict == "shadow" and asset.verdict_reason.startswith(_EXPIRED)


def _shadow(asset: Asset, judging: Judging) -> Broken | None:
    if asset.verdict != "shadow" or _is_expired(asset):
        return None
    return Broken(
        f"{naming(asset)} is not a sanctioned use: {asset.verdict_reason}",
        "have it approved under policy.sanctioned or in the register, or remove it",
    )


def _sanction_expired(asset: Asset, judging: Judging) -> Broken | None:
    if not _is_expired(asset):
        return None
    given = f", given by {asset.approved_by}," if asset.approved_by else ""
    ended = asset.verdict_reason.removeprefix(_EXPIRED)
    return Broken(
        f"the approval of {naming(asset)}{given} ended on {ended}",
        "renew the approval with a new date, or remove the use",
    )


def _experimental(asset: Asset, judging: Judging) -> Broken | None:
    if (asset.environment or "").casefold() not in _PRODUCTION:
        return None
    named = [("model", model) for model in asset.models]
    named += [("SDK", e.sdk) for e in asset.evidence if e.sdk]
    found = next((one for one in named if _EXPERIMENTAL.search(one[1])), None)
    if found is None:
        return None
    what, name = found
    return Broken(
        f"{naming(asset)} uses the experimental {what} {name} in production",
        f"use a generally available {what}, or accept this one until a date",
    )


SHADOW = Rule(
    "shadow",
    "Shadow use",
    OWNED_KINDS,
    "warning",
    "Use that nobody approved runs outside every contract, budget and privacy review.",
    "A call to a provider that no entry of `policy.sanctioned` permits, or a use that was decided "
    "to be shadow. Where nothing is decided nothing is shadow.",
    "Have it approved: an entry in `policy.sanctioned`, or a decision from `llmaudit decide`.",
    "ISO/IEC 42001:2023, Annex A.9, Use of AI systems.",
    _shadow,
)
SANCTION_EXPIRED = Rule(
    "sanction-expired",
    "Approval has run out",
    OWNED_KINDS,
    "warning",
    "An approval with an end that nobody renewed is no approval.",
    "`until: 2026-06-30` on the sanctioned entry, and the use is still there.",
    "Renew the approval, or remove the use.",
    "docs/attribution.md",
    _sanction_expired,
)
EXPERIMENTAL_IN_PRODUCTION = Rule(
    "experimental-in-production",
    "Experimental model in production",
    ("call", "sdk", "automation", "deployment", "route"),
    "warning",
    "Preview models are changed and shut down sooner than generally available ones.",
    '`model="gemini-2.5-pro-preview-06-05"` where the environment is prod.',
    "Use the generally available model.",
    "Google, Gemini deprecations: gemini-2.5-pro-preview-06-05 lived from June to December 2025.",
    _experimental,
)
