from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.model import Asset, Evidence, Location, Period, SpendSource, Usage, UsageTotal
from llmaudit.usage import join

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
KEY = "key-id:openai:key_1"
HASH = "key-sha256:" + "1" * 64
APP = "app:github-copilot"


def asset(name: str, *links: str) -> Asset:
    seen = Evidence("gateway", "api_key", name, Location(uri=name), same_as=links)
    return Asset(name, "api_key", name, (seen,), links)


ASSETS = (asset("key", KEY, HASH), asset("app", APP))


def used(link: str | None, amount: str | None = None, **rest: Any) -> Usage:
    fields: dict[str, Any] = {
        "source": "exports:a.csv",
        "day": date(2026, 10, 5),
        "currency": "USD" if amount else None,
        **rest,
    }
    return Usage(asset=link, amount=Decimal(amount) if amount else None, **fields)


def total(amount: str | None = None, **rest: Any) -> UsageTotal:
    fields: dict[str, Any] = {
        "month": "2026-10",
        "model": None,
        "charge_kind": "inference",
        "requests": Decimal(0),
        "input_tokens": 0,
        "output_tokens": 0,
        "cached_tokens": 0,
        "currency": "USD" if amount else None,
        "basis": "billed",
        "source": "exports:a.csv",
        **rest,
    }
    return UsageTotal(amount=Decimal(amount) if amount else None, **fields)


def spend(source: str, currency: str, *amounts: str, rows: int, outside: int = 0, **rest: Any):
    attributed, unattributed, outside_period = map(Decimal, amounts)
    return SpendSource(
        source,
        currency,
        rest.get("basis", "billed"),
        attributed + unattributed,
        attributed,
        unattributed,
        outside_period,
        rows,
        outside,
    )


def test_usage_is_summed_by_month_model_kind_currency_basis_and_source() -> None:
    (key, app), sources = join(
        ASSETS,
        [
            used(KEY, "1.10", model="gpt-4o", requests=Decimal(2), input_tokens=10),
            used(HASH, "2.20", model="gpt-4o", output_tokens=5, cached_tokens=3),
            used(KEY, "0.30", model="gpt-4o", day=date(2026, 10, 31), currency="EUR"),
            used(KEY, "0.30", model="gpt-4o", basis="estimated"),
            used(KEY, "0.30", model="gpt-4o", charge_kind="storage"),
            used(KEY, "0.30", model="gpt-4o", source="exports:b.csv"),
            used(KEY, "0.30", day=date(2026, 9, 30)),
            used(KEY, model="gpt-4o", input_tokens=7),
            used(APP, requests=Decimal("0.5")),
        ],
        None,
    )
    requests = Decimal(2)
    assert key.usage == (
        total("0.30", month="2026-09"),
        total(model="gpt-4o", input_tokens=7),
        total("0.30", model="gpt-4o", currency="EUR"),
        total(
            "3.30",
            model="gpt-4o",
            requests=requests,
            input_tokens=10,
            output_tokens=5,
            cached_tokens=3,
        ),
        total("0.30", model="gpt-4o", source="exports:b.csv"),
        total("0.30", model="gpt-4o", basis="estimated"),
        total("0.30", model="gpt-4o", charge_kind="storage"),
    )
    assert app.usage == (total(requests=Decimal("0.5")),)
    assert sources == (
        spend("exports:a.csv", "EUR", "0.30", "0", "0", rows=1),
        spend("exports:a.csv", "USD", "3.90", "0", "0", rows=4),
        spend("exports:a.csv", "USD", "0.30", "0", "0", rows=1, basis="estimated"),
        spend("exports:b.csv", "USD", "0.30", "0", "0", rows=1),
    )


def test_what_no_asset_has_is_unattributed_and_what_is_outside_the_period_is_counted() -> None:
    (key, app), sources = join(
        ASSETS,
        [
            used(KEY, "1.00", day=date(2026, 10, 1)),
            used(KEY, "2.00", day=date(2026, 11, 1)),
            used(None, "4.00", day=date(2026, 9, 30)),
            used(None, "8.00"),
            used("key-id:openai:gone", "16.00"),
            used("openai", "32.00", source="exports:c.csv", day=date(2027, 1, 1)),
        ],
        OCTOBER,
    )
    assert key.usage == (total("1.00"),)
    assert app is ASSETS[1]
    assert sources == (
        spend("exports:a.csv", "USD", "1.00", "24.00", "6.00", rows=3, outside=2),
        spend("exports:c.csv", "USD", "0", "0", "32.00", rows=0, outside=1),
    )


def test_a_source_without_money_has_no_spend_and_credits_are_a_currency() -> None:
    _, sources = join(
        ASSETS, [used(KEY, input_tokens=5), used(APP, "3", currency="credits")], OCTOBER
    )
    assert sources == (spend("exports:a.csv", "credits", "3", "0", "0", rows=1),)


def test_money_whose_currency_is_not_stated_is_kept_apart() -> None:
    (key, _), sources = join(ASSETS, [used(KEY, "3", currency=None)], OCTOBER)
    assert key.usage == (total("3", currency="unknown"),)
    assert sources == (spend("exports:a.csv", "unknown", "3", "0", "0", rows=1),)


def test_sums_are_exact_beyond_the_digits_of_a_usual_decimal() -> None:
    amounts = ["123456789012345.000000000000000001", "0.000000000000000000000009"]
    (key, _), (source,) = join(ASSETS, [used(KEY, amount) for amount in amounts], None)
    assert str(key.usage[0].amount) == "123456789012345.000000000000000001000009"
    assert source.total == source.attributed == key.usage[0].amount


AMOUNTS = st.decimals(-(10**15), 10**15, places=9) | st.sampled_from(
    [Decimal(0), Decimal("0.00"), Decimal("1E+3")]
)
USAGE = st.lists(
    st.builds(
        Usage,
        source=st.sampled_from(["a", "b"]),
        day=st.dates(date(2026, 9, 28), date(2026, 11, 3)),
        asset=st.sampled_from([KEY, HASH, APP, "app:other", None]),
        model=st.sampled_from([None, "", "gpt-4o"]),
        requests=st.none() | st.decimals(0, 100, places=2),
        input_tokens=st.none() | st.integers(0, 10**9),
        amount=st.none() | AMOUNTS,
        currency=st.sampled_from(["USD", "EUR", "credits"]),
        basis=st.sampled_from(["billed", "estimated"]),
    ),
    max_size=12,
)


@given(USAGE, st.sampled_from([None, OCTOBER]))
def test_every_amount_stands_in_exactly_one_place(rows: list[Usage], period: Period | None) -> None:
    assets, sources = join(ASSETS, rows, period)
    for source in sources:
        mine = [
            row
            for row in rows
            if row.amount is not None
            and (row.source, row.currency, row.basis)
            == (source.source, source.currency, source.basis)
        ]
        inside = [row for row in mine if period is None or row.day in period]
        on_assets = [
            amount.amount
            for asset in assets
            for amount in asset.usage
            if amount.amount is not None
            and (amount.source, amount.currency, amount.basis)
            == (source.source, source.currency, source.basis)
        ]
        assert Fraction(source.total) == Fraction(source.attributed) + Fraction(source.unattributed)
        assert Fraction(source.total) == sum(Fraction(row.amount or 0) for row in inside)
        assert Fraction(source.attributed) == sum(map(Fraction, on_assets))
        assert Fraction(source.total) + Fraction(source.outside_period) == sum(
            Fraction(row.amount or 0) for row in mine
        )
        assert (source.rows, source.rows_outside_period) == (
            len(inside),
            len(mine) - len(inside),
        )
    assert {(s.source, s.currency, s.basis) for s in sources} == {
        (row.source, row.currency, row.basis) for row in rows if row.amount is not None
    }
    assert sum(t.input_tokens for asset in assets for t in asset.usage) == sum(
        row.input_tokens or 0
        for row in rows
        if (period is None or row.day in period) and row.asset in (KEY, HASH, APP)
    )


@given(USAGE, st.randoms(use_true_random=False))
def test_the_order_of_usage_does_not_matter_not_even_for_the_digits(
    rows: list[Usage], chance: random.Random
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert repr(join(ASSETS, shuffled, OCTOBER)) == repr(join(ASSETS, rows, OCTOBER))
