from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.cli import times
from llmaudit.errors import UsageError
from llmaudit.model import Period


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T14:02", datetime(2026, 11, 23, 14, 2, tzinfo=UTC)),
        ("2026-11-23T14:02Z", datetime(2026, 11, 23, 14, 2, tzinfo=UTC)),
        ("2026-11-23T01:00+02:00", datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc(text: str, moment: datetime) -> None:
    assert times.as_of(text, {"SOURCE_DATE_EPOCH": "0"}) == moment


def test_the_environment_comes_before_the_clock() -> None:
    assert times.as_of(None, {"SOURCE_DATE_EPOCH": "86400"}) == datetime(1970, 1, 2, tzinfo=UTC)
    now = times.as_of(None, {})
    assert now.microsecond == 0
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@given(st.dates(date(1, 1, 1), date(9999, 11, 30)))
def test_a_month_is_all_of_its_days(day: date) -> None:
    period = times.period(f"{day:%Y-%m}" if day.year > 999 else f"{day.year:04}-{day.month:02}")
    assert period is not None
    assert day in period
    assert (period.start.day, period.end.day) == (1, 1)
    assert 28 <= (period.end - period.start).days <= 31


def test_days_are_half_open() -> None:
    assert times.period("2026-10-05:2026-10-07") == Period(date(2026, 10, 5), date(2026, 10, 7))
    assert times.period(None) is None


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-10-01", "2026-10-07:2026-10-05", "9999-12"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        times.period(text)
