"""Rules on seats: is a paid seat used."""

from __future__ import annotations

from datetime import date

from llmaudit.model import Asset, Evidence
from llmaudit.policy.rule import Broken, Judging, Rule, naming

IDLE_DAYS = 30

_HELP = "ask the holder, or take the seat back"


def _idle(asset: Asset, judging: Judging) -> Broken | None:
    stated = [e for e in asset.evidence if not e.register]
    used = max((e.last_used for e in stated if e.last_used), default=None)
    if used is None:
        if not any(e.attributes.get("activity") == "none" for e in stated):
            return None
        return Broken(f"{naming(asset)} shows no activity in its export", _HELP)
    told = max((day for e in stated for day in _told_until(asset, e, judging)), default=used)
    days = (told - used).days
    if days < IDLE_DAYS:
        return None
    return Broken(
        f"{naming(asset)} was last used on {used}, {days} days before its export ends", _HELP
    )


def _told_until(asset: Asset, entry: Evidence, judging: Judging) -> list[date]:
    """The last day the export can speak of: what came later is not known to be idle."""
    written = entry.attributes.get("report_day", "")
    days = [date.fromisoformat(written)] if written else []
    days += [judging.last_days[app] for app in apps_of(asset) if app in judging.last_days]
    return [min(day, judging.as_of) for day in days]


def apps_of(asset: Asset) -> list[str]:
    """Catalogue ids of the applications a seat is for."""
    return [
        link.split(":")[1]
        for link in asset.same_as
        if link.startswith("seat:") and link.count(":") > 1
    ]


IDLE_SEAT = Rule(
    "idle-seat",
    "Seat that nobody uses",
    ("seat",),
    "warning",
    "A seat is paid for every month, used or not.",
    "A Microsoft 365 Copilot seat with an empty `Last Activity Date`, or one that was last used "
    f"{IDLE_DAYS} days or more before the last day its export speaks of.",
    "Take the seat back, or give it to somebody who waits for one.",
    "FinOps Foundation KPI library: licence utilisation, active to provisioned.",
    _idle,
)
