"""Dates and times as they are given on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from llmaudit.errors import UsageError
from llmaudit.model import Period


def as_of(text: str | None, environment: Mapping[str, str]) -> datetime:
    """The only clock of a run: what was given, else SOURCE_DATE_EPOCH, else now; UTC.

    Raises:
        UsageError: The text is no ISO date or time, or SOURCE_DATE_EPOCH no number.
    """
    if text is not None:
        return _moment(text)
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {epoch!r}, not a number of seconds", "set it, or unset it"
        ) from None


def _moment(text: str) -> datetime:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--as-of {text!r} is neither a date nor a time",
            "write 2026-11-23 or 2026-11-23T14:02Z",
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def period(text: str | None) -> Period | None:
    """A month (``2026-10``) or days ``START:END`` without the last; None counts every day.

    Raises:
        UsageError: It is neither, or it ends before it starts.
    """
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text):
            start = date.fromisoformat(f"{text}-01")
            end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        else:
            first, _, last = text.partition(":")
            start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise UsageError(
            f"--period {text!r} is neither a month nor two days",
            "write 2026-10, or 2026-10-01:2026-11-01 (the second day is not included)",
        ) from None
    if start >= end:
        raise UsageError(
            f"--period {text!r} holds no day", "the second day is the first that does not count"
        )
    return Period(start, end)
