"""Cells to values. How a file writes numbers and days is decided once for the whole file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

NULLS = frozenset({"", "-", "\u2013", "\u2014", "none", "n/a", "na", "null", "nan"})

Order = Literal["mdy", "dmy"]
Point = Literal[".", ","]

_NUMBER = re.compile(r"([+-]?)([0-9][0-9.,' ]*|[.,][0-9]+)(?:[eE]([+-]?[0-9]{1,2}))?\Z")
_CURRENCY = re.compile(r"^(?:[A-Z]{3}\s|[$\u20ac\u00a3]\s?)|(?:\s[A-Z]{3}|\s?[$\u20ac\u00a3])$")
_LONGEST = 60
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?"
    r"\s?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
_PARTS = re.compile(
    r"([0-9]{1,2})([/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})"
    r"(?:,?\s+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s?[AaPp][Mm])?)?\Z"
)
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})


def is_null(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().casefold() in NULLS


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one file writes numbers and days.

    Attributes:
        point: Decimal separator.
        order: Order of day and month where a date does not begin with the year.
        notes: What could not be decided and was taken as the vendor writes it.
    """

    point: Point = "."
    order: Order = "mdy"
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Survey:
    """Collects what the cells of one file say about its conventions, then decides."""

    points: Counter[Point] = field(default_factory=Counter)
    orders: Counter[Order] = field(default_factory=Counter)
    unclear_number: bool = False
    unclear_date: bool = False
    dotted_date: bool = False

    def number(self, cell: str) -> None:
        """Look at a cell of a numeric column."""
        body = _plain(cell)
        dots, commas = body.count("."), body.count(",")
        if dots and commas:
            self.points["." if body.rfind(".") > body.rfind(",") else ","] += 1
        elif dots > 1 or commas > 1:
            self.points["," if dots else "."] += 1
        elif dots or commas:
            separator: Point = "." if dots else ","
            head, _, tail = re.split(r"[eE]", body)[0].partition(separator)
            if len(tail) != 3 or len(head.lstrip("+-")) > 3 or head.lstrip("+-") in ("", "0"):
                self.points[separator] += 1
            elif separator == ",":
                self.unclear_number = True

    def day(self, cell: str) -> None:
        """Look at a cell of a date column."""
        parts = _PARTS.match(cell.strip())
        if not parts:
            return
        first, second = int(parts[1]), int(parts[3])
        if first > 12 >= second:
            self.orders["dmy"] += 1
        elif second > 12 >= first:
            self.orders["mdy"] += 1
        elif parts[2] == ".":
            self.dotted_date = True
        elif first != second:
            self.unclear_date = True

    def decide(self, delimiter: str) -> Conventions:
        """The conventions of the file; the majority rules, so that one odd cell is one bad row.

        Args:
            delimiter: The file's delimiter; a semicolon goes with decimal commas.
        """
        notes: list[str] = []
        point: Point = "," if self.points[","] > self.points["."] else "."
        if self.unclear_number and not self.points:
            point = "," if delimiter == ";" else "."
            meaning = "a decimal comma" if point == "," else "grouped thousands"
            notes.append(f"numbers like 1,234 can be read in two ways and were read as {meaning}")
        if self.orders:
            order: Order = "dmy" if self.orders["dmy"] > self.orders["mdy"] else "mdy"
        else:
            order = "dmy" if self.dotted_date else "mdy"
            if self.unclear_date:
                first = "day" if order == "dmy" else "month"
                notes.append(
                    f"dates like 05/01/2026 can be read in two ways and were read {first} first"
                )
        return Conventions(point, order, tuple(notes))


def _plain(cell: str) -> str:
    """A number's characters without currency, hard spaces, or brackets for a minus."""
    text = cell.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-").strip()
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    sign = ""
    if text[:1] in ("+", "-"):
        sign, text = text[0], text[1:].strip()
    return sign + _CURRENCY.sub("", text, count=1).strip()


def decimal(cell: str, point: Point) -> Decimal:
    """A number of at most 60 characters as it is written, no rounding.

    Raises:
        ValueError: It is no number in the file's convention.
    """
    body = _plain(cell)
    match = _NUMBER.match(body) if len(body) <= _LONGEST else None
    if match is None:
        raise ValueError("is not a number")
    sign, digits, exponent = match.groups()
    grouping = "," if point == "." else "."
    whole, _, fraction = digits.partition(point)
    groups = re.split(f"[{re.escape(grouping)}' ]", whole)
    if len(groups) > 1 and not (
        1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    ):
        raise ValueError("is not a number in the way the rest of the file writes them")
    number = "".join(groups)
    if not (number or fraction) or not (number + fraction).isdigit():
        raise ValueError("is not a number in the way the rest of the file writes them")
    written = Decimal(f"{sign}{number or '0'}{'.' if fraction else ''}{fraction}E{exponent or 0}")
    return written or Decimal(0)


def integer(cell: str, point: Point) -> int:
    """A whole number; ``31104.0`` is one.

    Raises:
        ValueError: It is no whole number.
    """
    number = decimal(cell, point)
    if number != number.to_integral_value():
        raise ValueError("is not a whole number")
    return int(number)


def boolean(cell: str) -> bool:
    """True or false as exports write it.

    Raises:
        ValueError: It is neither.
    """
    text = cell.strip().casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("is neither true nor false")


def day(cell: str, order: Order, formats: Iterable[str] = ("iso", "slash", "dot")) -> date:
    """The UTC day of a date or timestamp; a timestamp without a zone keeps its own day.

    Raises:
        ValueError: It is no date in one of the formats.
    """
    text = cell.strip()
    if "iso" in formats and (iso := _ISO.match(text)):
        return _iso_day(iso)
    parts = _PARTS.match(text)
    if parts is None or ("slash" if parts[2] == "/" else "dot") not in formats:
        raise ValueError("is not a date such as 2026-10-31")
    first, second, year = int(parts[1]), int(parts[3]), int(parts[4])
    month, number = (first, second) if order == "mdy" else (second, first)
    try:
        return date(year if year > 99 else 2000 + year, month, number)
    except ValueError:
        raise ValueError("is not a date in the order the rest of the file writes them") from None


def _iso_day(match: re.Match[str]) -> date:
    year, month, number, hour, minute, second, zone = match.groups()
    plain = date(int(year), int(month), int(number))
    if hour is None or zone in (None, "Z", "UTC"):
        return plain
    offset = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    stamp = f"{plain.isoformat()}T{hour}:{minute}:{second or '00'}{offset}"
    return datetime.fromisoformat(stamp).astimezone(UTC).date()
