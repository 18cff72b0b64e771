from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.exports.values import Conventions, Survey, boolean, day, decimal, integer, is_null


def of_numbers(*cells: str, delimiter: str = ",") -> Conventions:
    survey = Survey()
    for cell in cells:
        survey.number(cell)
    return survey.decide(delimiter)


def of_days(*cells: str) -> Conventions:
    survey = Survey()
    for cell in cells:
        survey.day(cell)
    return survey.decide(",")


@pytest.mark.parametrize(
    ("cells", "delimiter", "point"),
    [
        (("1.234,56", "7"), ";", ","),
        (("1,234.56", "7"), ",", "."),
        (("0,5",), ";", ","),
        (("1.234.567",), ";", ","),
        (("1,234,567",), ",", "."),
        (("1,234", "0.5"), ",", "."),
        (("1.234", "0,5"), ";", ","),
        (("1234,567",), ";", ","),
        (("9,4E-05",), ";", ","),
        (("4.440000000000003",), ",", "."),
        (("1.125",), ",", "."),
        (("0,5", "0,6", "0.7"), ";", ","),
    ],
)
def test_the_decimal_separator_is_decided_per_file(cells, delimiter, point):
    assert of_numbers(*cells, delimiter=delimiter) == Conventions(point)


@pytest.mark.parametrize(
    ("delimiter", "point", "meaning"),
    [(",", ".", "grouped thousands"), (";", ",", "a decimal comma")],
)
def test_a_number_that_can_be_read_in_two_ways_is_said(delimiter, point, meaning):
    assert of_numbers("1,234", delimiter=delimiter) == Conventions(
        point, notes=(f"numbers like 1,234 can be read in two ways and were read as {meaning}",)
    )


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (("5/29/26",), "mdy"),
        (("29/5/26",), "dmy"),
        (("1/2/2026", "13/2/2026"), "dmy"),
        (("1/2/2026", "2/13/2026"), "mdy"),
        (("05.01.2026",), "dmy"),
        (("5/29/26", "5/30/26", "31/1/26"), "mdy"),
    ],
)
def test_the_order_of_day_and_month_is_decided_per_file(cells, order):
    assert of_days(*cells) == Conventions(order=order)


def test_a_date_that_can_be_read_in_two_ways_is_said():
    assert of_days("5/1/2026").notes == (
        "dates like 05/01/2026 can be read in two ways and were read month first",
    )


def test_a_day_equal_to_its_month_is_not_ambiguous():
    assert of_days("5/5/2026") == Conventions()


@pytest.mark.parametrize(
    ("cell", "point", "value"),
    [
        ("9.4E-05", ".", "0.000094"),
        ("4.440000000000003", ".", "4.440000000000003"),
        ("-2.5", ".", "-2.5"),
        ("\u22122,5", ",", "-2.5"),
        ("(12.50)", ".", "-12.50"),
        ("$1,234.50", ".", "1234.50"),
        ("EUR 3,50", ",", "3.50"),
        ("3,50 \u20ac", ",", "3.50"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        (".5", ".", "0.5"),
        ("-0", ".", "0"),
    ],
)
def test_decimal(cell, point, value):
    assert str(decimal(cell, point)) == str(Decimal(value))


@pytest.mark.parametrize(
    "cell",
    ["abc", "1.2.3", "1,23,4", "12,34", "1E999999", "1e", "--1", "", "0x10", "Infinity", "9" * 61],
)
def test_what_is_no_number_is_refused(cell):
    with pytest.raises(ValueError, match="is not a number"):
        decimal(cell, ".")


@given(st.decimals(allow_nan=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_number_reads_the_same_in_both_conventions(number):
    english = f"{number:,}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert decimal(english, ".") == decimal(german, ",") == number
    assert of_numbers(english, "0.5").point == "."
    assert of_numbers(german, "0,5", delimiter=";").point == ","


def test_integer():
    assert [integer(c, ".") for c in ("31104", "31104.0", "1,234,567", "-1")] == [
        31104,
        31104,
        1234567,
        -1,
    ]
    with pytest.raises(ValueError, match="is not a whole number"):
        integer("1.5", ".")


def test_boolean():
    assert [boolean(c) for c in ("True", "False", "TRUE", " no ", "1")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    with pytest.raises(ValueError, match="neither true nor false"):
        boolean("maybe")


@pytest.mark.parametrize(
    ("cell", "order", "value"),
    [
        ("2026-10-31", "mdy", date(2026, 10, 31)),
        ("2026-01-24T06:54:24.0000000Z ", "mdy", date(2026, 1, 24)),
        ("2026-01-24 06:54:24", "mdy", date(2026, 1, 24)),
        ("2026-01-24T00:30:00+02:00", "mdy", date(2026, 1, 23)),
        ("2026-01-24T23:30:00-0500", "mdy", date(2026, 1, 25)),
        ("5/29/26", "mdy", date(2026, 5, 29)),
        ("29/05/2026", "dmy", date(2026, 5, 29)),
        ("29.05.2026", "dmy", date(2026, 5, 29)),
        ("9/20/2023 4:05:03 AM", "mdy", date(2023, 9, 20)),
    ],
)
def test_day(cell, order, value):
    assert day(cell, order) == value


@pytest.mark.parametrize("cell", ["", "2026-13-01", "31/31/2026", "29/05/2026", "Total", "46000"])
def test_what_is_no_day_is_refused(cell):
    with pytest.raises(ValueError):  # noqa: PT011 - each reason has its own words
        day(cell, "mdy")


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_reads_the_same_in_every_spelling(on):
    assert day(on.isoformat(), "mdy") == on
    assert day(f"{on.month}/{on.day}/{on.year}", "mdy") == on
    assert day(f"{on.day:02}.{on.month:02}.{on.year}", "dmy") == on


def test_null():
    assert [c for c in ("", " - ", "None", "N/A", "null", "0", "no") if is_null(c)] == [
        "",
        " - ",
        "None",
        "N/A",
        "null",
    ]
