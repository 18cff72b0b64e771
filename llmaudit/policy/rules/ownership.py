"""Rules on owners: is there one, and is that person still here."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import CODE_KINDS, OWNED_KINDS, Broken, Judging, Rule, naming


def _no_owner(asset: Asset, judging: Judging) -> Broken | None:
    if not judging.has_policy or asset.owner.status not in ("none", "hint"):
        return None
    hint = f"; {asset.owner.value} is only a hint" if asset.owner.value else ""
    where = (
        "name one in CODEOWNERS or under policy.attribution"
        if asset.kind in CODE_KINDS or any(e.where.path for e in asset.evidence)
        else "name one in the key register or in an owner tag"
    )
    return Broken(f"nobody owns {naming(asset)}{hint}", where)


def _orphaned(asset: Asset, judging: Judging) -> Broken | None:
    owner = asset.owner
    if owner.status == "orphaned":
        return Broken(
            f"the owner of {naming(asset)}, {owner.value}, has left",
            f"name somebody who works here (this owner was read from: {owner.source})",
        )
    if owner.status == "active" and owner.passed_over:
        return Broken(
            f"{naming(asset)} still names {', '.join(owner.passed_over)}, who has left; "
            f"{owner.value} answers for it (read from: {owner.source})",
            "name somebody who works here where the departed owner stands",
            only_note=True,
        )
    return None


NO_OWNER = Rule(
    "no-owner",
    "No owner",
    OWNED_KINDS,
    "warning",
    "A use that nobody owns is never switched off, and no one explains its cost.",
    "A call under a path without a CODEOWNERS line. Without a policy the rule says nothing.",
    "Name an owner: a tag, the key register, the policy's attribution or CODEOWNERS.",
    "FinOps Framework, principle: everyone takes ownership for their technology usage.",
    _no_owner,
)
ORPHANED_OWNER = Rule(
    "orphaned-owner",
    "Owner has left",
    OWNED_KINDS,
    "warning",
    "The key of somebody who left is the one that is neither rotated nor reviewed.",
    "The register names p.novak@example.com, and people.csv says that she left in September. Where "
    "another source names somebody who still works here, it is a note whatever the level.",
    "Name a new owner where the old one was read.",
    "NIST SP 800-53 Rev. 5, PS-4, Personnel Termination.",
    _orphaned,
)
