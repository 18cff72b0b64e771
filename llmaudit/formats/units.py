"""Figures per business unit, cost centre and environment, for units.csv and the summary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from llmaudit.formats.figures import (
    INCOMPLETE,
    NONE,
    TAGGABLE,
    UNATTRIBUTED,
    cost,
    currencies,
    is_gated,
)
from llmaudit.model import Asset, Report, UsageTotal


@dataclass(frozen=True, slots=True)
class Group:
    """The assets of one unit and environment, and the money of theirs in one currency.

    Attributes:
        business_unit, cost_center: ``(unattributed)`` and empty where no asset of the group
            has a listed cost centre.
        currency: None where nothing of the group has money.
        is_first: True for the first currency of the group; what has no currency (counts,
            tokens a source gives without money) is shown there only.
        unattributed: Billed money of sources that belongs to no asset.
        unattributed_estimate: Estimated money of sources that belongs to no asset.
    """

    business_unit: str
    cost_center: str
    environment: str
    technology_owner: str
    finance_owner: str
    currency: str | None
    is_first: bool
    assets: tuple[Asset, ...]
    unattributed: Decimal = NONE
    unattributed_estimate: Decimal = NONE

    def count(self, matches: Callable[[Asset], bool]) -> int:
        """Assets that match, on the first currency's row only, so that a column can be added."""
        return sum(1 for asset in self.assets if matches(asset)) if self.is_first else 0

    def billed(self, matches: Callable[[Asset], bool]) -> Decimal:
        """Billed money of the assets that match, in the group's currency."""
        return sum(
            (
                cost(asset, self.currency)
                for asset in self.assets
                if self.currency is not None and matches(asset)
            ),
            NONE,
        )

    def totals(self) -> Iterable[tuple[Asset, UsageTotal]]:
        """Usage of the assets that is shown on this row."""
        for asset in self.assets:
            for total in asset.usage:
                if total.currency == self.currency or (total.currency is None and self.is_first):
                    yield asset, total


def is_taggable(asset: Asset) -> bool:
    """Whether the asset counts in the denominator of tag shares."""
    return asset.tag_status in TAGGABLE and is_gated(asset)


def has_status(status: str) -> Callable[[Asset], bool]:
    """Whether a taggable asset has this tag status."""
    return lambda asset: is_taggable(asset) and asset.tag_status == status


def is_incomplete(asset: Asset) -> bool:
    """Whether a taggable asset lacks anything for a complete set of tags."""
    return is_taggable(asset) and asset.tag_status in INCOMPLETE


def has_no_owner(asset: Asset) -> bool:
    """Whether nobody answers for the asset; a hint names somebody who was near, no more."""
    return is_gated(asset) and asset.owner.status in ("none", "hint")


def has_departed_owner(asset: Asset) -> bool:
    """Whether everybody who was named for the asset has left."""
    return is_gated(asset) and asset.owner.status == "orphaned"


def is_ownerless(asset: Asset) -> bool:
    """Whether nobody who still works here answers for the asset."""
    return has_no_owner(asset) or has_departed_owner(asset)


def is_shadow(asset: Asset) -> bool:
    """Whether the asset is a use that nobody permitted."""
    return is_gated(asset) and asset.verdict == "shadow"


def is_sanctioned(asset: Asset) -> bool:
    """Whether the asset is a permitted use."""
    return is_gated(asset) and asset.verdict == "sanctioned"


def is_undecided(asset: Asset) -> bool:
    """Whether it is not known whether the asset is a permitted use."""
    return is_gated(asset) and asset.verdict == "unknown"


def is_at_risk(asset: Asset) -> bool:
    """Whether the asset is incomplete, ownerless or shadow; counted once."""
    return is_incomplete(asset) or is_ownerless(asset) or is_shadow(asset)


def groups(report: Report) -> tuple[Group, ...]:
    """One group per business unit, cost centre, environment and currency, sorted.

    Every asset is in exactly one unit and environment; what no unit claims, and the money
    of sources that belongs to no asset, stands under ``(unattributed)``, last.
    """
    members: dict[tuple[str, str, str], list[Asset]] = defaultdict(list)
    for asset in report.assets:
        unit = asset.unit
        key = (
            (unit.business_unit, unit.cost_center, asset.environment or "")
            if unit
            else (UNATTRIBUTED, "", asset.environment or "")
        )
        members[key].append(asset)

    loose: dict[str, dict[str, Decimal]] = defaultdict(lambda: {"billed": NONE, "estimated": NONE})
    for source in report.spend:
        if source.unattributed:
            loose[source.currency][source.basis] += source.unattributed
    nowhere = (UNATTRIBUTED, "", "")
    if loose:
        members.setdefault(nowhere, [])

    found: list[Group] = []
    for key in sorted(members, key=lambda key: (key[0] == UNATTRIBUTED, key)):
        assets = tuple(members[key])
        own = {currency for asset in assets for currency in currencies(asset)}
        named = sorted(own | (loose.keys() if key == nowhere else set()))
        shown: list[str | None] = [*named] or [None]
        unit = assets[0].unit if assets else None
        found += [
            Group(
                *key,
                technology_owner=unit.technology_owner if unit else "",
                finance_owner=unit.finance_owner if unit else "",
                currency=currency,
                is_first=index == 0,
                assets=assets,
                unattributed=loose[currency]["billed"] if currency and key == nowhere else NONE,
                unattributed_estimate=(
                    loose[currency]["estimated"] if currency and key == nowhere else NONE
                ),
            )
            for index, currency in enumerate(shown)
        ]
    return tuple(found)
