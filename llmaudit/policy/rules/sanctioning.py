"""Rules on permission: is the use sanctioned, and still."""

from __future__ import annotations

import re

from llmaudit.model import Asset
from llmaudit.policy.rule import OWNED_KINDS, Broken, Judging, Rule, naming

_EXPERIMENTAL = re.compile(r"(?:^|[-_.:/@])(?:preview|experimental|exp|beta|alpha)(?:$|[-_.:/@\d])")
_PRODUCTION = {"prod", "production", "live", "prd"}


def _is_expired(asset: Asset) -> bool:
    return asset.verdict == "shadow" and asset.verdict_reason.startswith("expired")


def _shadow(asset: Asset, judging: Judging) -> Broken | None:
    if asset.verdict != "shadow" or _is_expired(asset):
        return None
    return Broken(
        f"{naming(asset)} is not a sanctioned use: {asset.verdict_reason}",
        "have it approved and list it under policy.sanctioned or in the register, or remove it",
    )


def _expired(asset: Asset, judging: Judging) -> Broken | None:
    if not _is_expired(asset):
        return None
    by = f", given by {asset.approved_by}" if asset.approved_by else ""
    return Broken(
        f"the approval of {naming(asset)} has {asset.verdict_reason}{by}",
        "renew the approval with a new date, or remove the use",
    )


def _experimental(asset: Asset, judging: Judging) -> Broken | None:
    if (asset.environment or "").casefold() not in _PRODUCTION:
        return None
    found = next((m for m in asset.models if _EXPERIMENTAL.search(m.casefold())), None)
    if found is None:
        return None
    return Broken(
        f"{naming(asset)} uses the experimental model {found} in production",
        "use a generally available model, or sanction this one until a date",
    )


SHADOW = Rule(
    "shadow",
    "Shadow use",
    OWNED_KINDS,
    "error",
    "Use that nobody approved runs outside every contract, budget and privacy review.",
    "A call to a provider that no entry of `policy.sanctioned` names.",
    "Have it approved: an entry in `policy.sanctioned`, or a decision from `llmaudit decide`.",
    "ISO/IEC 42001:2023, A.9 Use of AI systems.",
    _shadow,
)
SANCTION_EXPIRED = Rule(
    "sanction-expired",
    "Approval has run out",
    OWNED_KINDS,
    "error",
    "An approval with an end that nobody renewed is no approval.",
    "`until: 2026-06-30` on the sanctioned entry, and the use is still there.",
    "Renew or remove.",
    "docs/attribution.md",
    _expired,
)
EXPERIMENTAL_IN_PRODUCTION = Rule(
    "experimental-in-production",
    "Experimental model in production",
    ("call", "deployment", "route"),
    "warning",
    "Preview models change or end without notice and are outside the providers' terms of service "
    "for production.",
    '`model="gemini-2.5-pro-preview-06-05"` where the environment is prod.',
    "Use the generally available model.",
    "Google Cloud, Pre-GA Offerings Terms; Azure, Supplemental Terms for Previews.",
    _experimental,
)
