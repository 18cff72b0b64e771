"""Rules on the code itself."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import CODE_KINDS, Broken, Judging, Rule, naming


def _hidden(asset: Asset, judging: Judging) -> Broken | None:
    by = next(
        (e.attributes["hidden_by"] for e in asset.evidence if "hidden_by" in e.attributes), ""
    )
    if not by:
        return None
    return Broken(
        f"{naming(asset)} is marked to be passed over by scanners ({by})",
        "remove the mark; to accept a finding write `llmaudit: ignore[rule] until=DATE reason`",
    )


HIDDEN_FROM_SCAN = Rule(
    "hidden-from-scan",
    "Call hidden from scanners",
    CODE_KINDS,
    "warning",
    "A call that asks scanners to look away is found anyway, and somebody should know why.",
    "`client.messages.create(...)  # nosemgrep`",
    "Remove the mark, or accept the finding openly with a reason and an end.",
    "docs/connectors/code.md",
    _hidden,
)
