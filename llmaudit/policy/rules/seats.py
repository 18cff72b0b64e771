"""Rules on seats: is a paid seat used."""

from __future__ import annotations

from llmaudit.model import Asset
from llmaudit.policy.rule import Broken, Judging, Rule, naming

_IDLE_DAYS = 30


def _idle(asset: Asset, judging: Judging) -> Broken | None:
    stated = [e for e in asset.evidence if not e.register]
    if not stated or any(total.requests or total.amount for total in asset.usage):
        return None
    used = [e.last_used for e in stated if e.last_used is not None]
    if used:
        days = (judging.as_of - max(used)).days
        if days <= _IDLE_DAYS:
            return None
        return Broken(
            f"{naming(asset)} has not been used for {days} days, since {max(used)}",
            "take the seat back, or ask its holder",
        )
    if not any(entry.attributes.get("activity") == "none" for entry in stated):
        return None
    return Broken(f"{naming(asset)} was never used", "take the seat back, or ask its holder")


IDLE_SEAT = Rule(
    "idle-seat",
    "Seat that nobody uses",
    ("seat",),
    "warning",
    "A seat is paid for every month, used or not.",
    "A Microsoft 365 Copilot licence with an empty `Last Activity Date`.",
    "Take the licence back, or give it to somebody who waits for one.",
    "FinOps Framework, scope SaaS: licence utilisation.",
    _idle,
)
