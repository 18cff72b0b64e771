"""Rules on the code itself."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import Broken, Judging, Rule, naming


def _hidden(asset: Asset, judging: Judging) -> Broken | None:
    by = next((text for e in asset.evidence if (text := e.attributes.get("hidden_by"))), "")
    if not by:
        return None
    return Broken(
        f"{naming(asset)} is marked to be passed over by scanners ({by})",
        "remove the mark, or accept the finding in the open: "
        "llmaudit: ignore[hidden-from-scan] until=YYYY-MM-DD reason",
    )


HIDDEN_FROM_SCAN = Rule(
    "hidden-from-scan",
    "Call hidden from scanners",
    ("call", "automation"),
    "warning",
    "A call that asks scanners to look away is found all the same, and somebody should know why.",
    "`client.messages.create(...)  # nosemgrep`",
    "Remove the mark, or accept the finding in the open with a reason and an end.",
    "docs/connectors/code.md",
    _hidden,
)
