"""Rules on owners: is there one, and is that person still here."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import OWNED_KINDS, Broken, Judging, Rule, naming


def _no_owner(asset: Asset, judging: Judging) -> Broken | None:
    if asset.owner.status not in ("none", "hint"):
        return None
    hint = f"; {asset.owner.value} is only a hint" if asset.owner.value else ""
    where = (
        "name one in CODEOWNERS, or in the policy's attribution"
        if asset.kind in ("call", "sdk", "automation")
        else "name one in the key register, or in an owner tag"
    )
    return Broken(f"nobody owns {naming(asset)}{hint}", where)


def _orphaned(asset: Asset, judging: Judging) -> Broken | None:
    if asset.owner.status == "orphaned":
        return Broken(
            f"{naming(asset)} belongs to {asset.owner.value}, who has left",
            f"hand it to somebody who works here (owner read from: {asset.owner.source})",
        )
    if asset.owner.passed_over:
        return Broken(
            f"{naming(asset)} still names {', '.join(asset.owner.passed_over)}, who has left; "
            f"{asset.owner.value} answers for it now",
            "replace the departed owner where it stands",
        )
    return None


NO_OWNER = Rule(
    "no-owner",
    "No owner",
    OWNED_KINDS,
    "warning",
    "A use that nobody owns is never switched off, and no one explains its cost.",
    "A call under a path without a CODEOWNERS line.",
    "Add an owner: tag, key register, policy attribution or CODEOWNERS, in this order of weight.",
    "FinOps Framework, principle: everyone takes ownership for their technology usage.",
    _no_owner,
)
ORPHANED_OWNER = Rule(
    "orphaned-owner",
    "Owner has left",
    OWNED_KINDS,
    "warning",
    "A key of somebody who left is the one that is neither rotated nor reviewed.",
    "The register names p.novak@example.com; people.csv says that she left in September.",
    "Name a new owner at the source the report shows.",
    "NIST SP 800-53 Rev. 5, PS-4 Personnel Termination.",
    _orphaned,
)
