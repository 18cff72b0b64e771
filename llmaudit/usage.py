"""Usage to assets: measured amounts summed per asset, and every source's money tied out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from llmaudit.bulk import asset_copier
from llmaudit.model import Asset, Basis, Period, SpendSource, Usage, UsageTotal

UNKNOWN_CURRENCY = "unknown"

# Sums are exact: amounts with 18 decimal places in the trillions need some 30 digits.
_EXACT = Context(prec=400)
_NONE = Decimal(0)


def join(
    assets: Iterable[Asset], usage: Iterable[Usage], period: Period | None
) -> tuple[tuple[Asset, ...], tuple[SpendSource, ...]]:
    """Give each asset the usage that is measured on it, summed.

    An amount belongs to the asset that has its link, else to its source's unattributed row.
    What lies outside the period is excluded and counted, never prorated. Each source is
    summed for itself: where a gateway and a provider both report the same requests, both
    stand side by side and no figure adds the two.

    Args:
        assets: Resolved assets.
        usage: What sources measured, in any order.
        period: The days that count; None counts every day.

    Returns:
        The assets in the same order with ``usage`` filled, and one SpendSource per source,
        currency and basis, sorted; ``total == attributed + unattributed`` exactly. A source
        without money has none, and its rows that belong to no asset stand nowhere else.
    """
    assets, usage = tuple(assets), tuple(usage)
    wanted = {row.asset for row in usage if row.asset is not None}
    owner = {
        link: number
        for number, asset in enumerate(assets)
        for link in asset.same_as
        if link in wanted
    }
    totals: dict[int, dict[_Key, _Sums]] = {}
    ledgers: dict[tuple[str, str, Basis], _Ledger] = {}
    with localcontext(_EXACT):
        for row in usage:
            inside = period is None or row.day in period
            number = owner.get(row.asset) if row.asset is not None else None
            currency = None if row.amount is None else row.currency or UNKNOWN_CURRENCY
            if row.amount is not None and currency is not None:
                ledger = ledgers.setdefault((row.source, currency, row.basis), _Ledger())
                ledger.add(row.amount, inside=inside, on_asset=number is not None)
            if inside and number is not None:
                key = (
                    row.day.isoformat()[:7],
                    row.model,
                    row.charge_kind,
                    currency,
                    row.basis,
                    row.source,
                )
                totals.setdefault(number, {}).setdefault(key, _Sums()).add(row)
        spend = tuple(ledgers[place].source(*place) for place in sorted(ledgers))
    copied = asset_copier("usage")
    return (
        tuple(
            copied(asset, _totals(totals[number])) if number in totals else asset
            for number, asset in enumerate(assets)
        ),
        spend,
    )


_Key = tuple[str, str | None, str, str | None, Basis, str]


@dataclass(slots=True)
class _Sums:
    requests: Decimal = _NONE
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    amount: Decimal | None = None

    def add(self, row: Usage) -> None:
        self.requests += row.requests or _NONE
        self.input_tokens += row.input_tokens or 0
        self.output_tokens += row.output_tokens or 0
        self.cached_tokens += row.cached_tokens or 0
        if row.amount is not None:
            self.amount = row.amount + (_NONE if self.amount is None else self.amount)


@dataclass(slots=True)
class _Ledger:
    """Money of one source, currency and basis."""

    attributed: Decimal = _NONE
    unattributed: Decimal = _NONE
    outside: Decimal = _NONE
    rows: int = 0
    rows_outside: int = 0

    def add(self, amount: Decimal, *, inside: bool, on_asset: bool) -> None:
        if not inside:
            self.outside += amount
            self.rows_outside += 1
            return
        self.rows += 1
        if on_asset:
            self.attributed += amount
        else:
            self.unattributed += amount

    def source(self, name: str, currency: str, basis: Basis) -> SpendSource:
        return SpendSource(
            source=name,
            currency=currency,
            basis=basis,
            total=self.attributed + self.unattributed,
            attributed=self.attributed,
            unattributed=self.unattributed,
            outside_period=self.outside,
            rows=self.rows,
            rows_outside_period=self.rows_outside,
        )


def _totals(sums: dict[_Key, _Sums]) -> tuple[UsageTotal, ...]:
    return tuple(
        UsageTotal(
            month=month,
            model=model,
            charge_kind=charge_kind,
            requests=found.requests,
            input_tokens=found.input_tokens,
            output_tokens=found.output_tokens,
            cached_tokens=found.cached_tokens,
            amount=found.amount,
            currency=currency,
            basis=basis,
            source=source,
        )
        for (month, model, charge_kind, currency, basis, source), found in sorted(
            sums.items(), key=lambda item: tuple((part is not None, part or "") for part in item[0])
        )
    )
