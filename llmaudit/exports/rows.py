"""Rows of a known export as typed records, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from llmaudit.errors import LlmauditError
from llmaudit.exports.detect import Detected
from llmaudit.exports.schema import Column, Schema
from llmaudit.exports.values import Conventions, Survey, boolean, day, decimal, integer, is_null

Value = date | Decimal | int | bool | str

_SUM = re.compile(r"(grand\s+|sub[- ]?)?(totals?|sum|gesamt(summe)?|summe)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One data row.

    Attributes:
        row: Number of the row as a spreadsheet shows it.
        values: Value by role, ``tag:<key>`` or ``attribute:<key>``; what is empty is absent.
        problems: Why a column could not be read, by column.
    """

    row: int
    values: Mapping[str, Value]
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RowCount:
    """Data rows by what became of them; blank rows are none."""

    all: int = 0
    totals: int = 0


def slots(schema: Schema) -> dict[str, Column]:
    """Every value a schema reads, under the name it has in a Record."""
    return {
        **{str(role): column for role, column in schema.fields.items()},
        **{f"tag:{key}": column for key, column in schema.tags.items()},
        **{f"attribute:{key}": column for key, column in schema.attributes.items()},
    }


def conventions(found: Detected) -> Conventions:
    """One pass over the file to decide how it writes numbers and days."""
    survey = Survey()
    looks: list[tuple[int, Callable[[str], None]]] = []
    for column in slots(found.schema).values():
        index = found.columns.get(column.column)
        if index is not None and column.type in ("decimal", "integer"):
            looks.append((index, survey.number))
        elif index is not None and column.type == "date":
            looks.append((index, survey.day))
    with suppress(LlmauditError):  # the second pass says where the rows end
        for _, cells in found.data():
            for index, look in looks:
                if index < len(cells):
                    look(cells[index])
    return survey.decide(found.layout.delimiter)


def records(
    found: Detected, written: Conventions, hide: Callable[[str], str], count: RowCount
) -> Iterator[Record]:
    """The data rows, typed; sums and blank rows are left out and counted.

    Args:
        found: The table and its schema.
        written: How the file writes numbers and days.
        hide: Takes secrets out of a text cell.
        count: Counts what is left out.
    """
    reads = [
        (
            name,
            found.columns[column.column],
            [(found.columns[other], pattern) for other, pattern in column.where.items()],
            column.column,
            _reader(column, written, hide),
        )
        for name, column in slots(found.schema).items()
        if column.column in found.columns
    ]
    for row, cells in found.data():
        if not any(cell.strip() for cell in cells):
            continue
        count.all += 1
        if is_total(found, cells):
            count.totals += 1
            continue
        if len(cells) > found.width:
            yield Record(row, {}, {"the row": "has more cells than the table"})
            continue
        values: dict[str, Value] = {}
        problems: dict[str, str] = {}
        for name, index, where, heading, reader in reads:
            if index >= len(cells):
                continue
            if where and not all(
                i < len(cells) and pattern.search(cells[i].strip()) for i, pattern in where
            ):
                continue
            try:
                value = reader(cells[index])
            except ValueError as error:
                problems[heading] = str(error)
            else:
                if value is not None:
                    values[name] = value
        yield Record(row, values, problems)


def _reader(
    column: Column, written: Conventions, hide: Callable[[str], str]
) -> Callable[[str], Value | None]:
    """What a cell of the column means; days, models and names repeat, so answers are kept."""

    @lru_cache(maxsize=4096)
    def read(cell: str) -> Value | None:
        return None if is_null(cell) else _value(column, cell.strip(), written, hide)

    return read


def _value(
    column: Column, cell: str, written: Conventions, hide: Callable[[str], str]
) -> Value | None:
    match column.type:
        case "date":
            return day(cell, written.order, column.formats)
        case "decimal":
            return decimal(cell, written.point)
        case "integer":
            return integer(cell, written.point)
        case "boolean":
            return boolean(cell)
        case "identity":
            return cell
        case "text":
            if column.extract is None:
                return hide(cell)
            part = column.extract.search(cell)
            return hide(part[1]) if part else None


def is_total(found: Detected, cells: list[str]) -> bool:
    """Whether the row sums up others, by the rule its schema states."""
    rule = found.schema.totals

    def cell(name: str) -> str:
        index = found.columns.get(name)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    label = cell(rule.label) or next(text for text in map(str.strip, cells) if text)
    return bool(_SUM.match(label)) or not any(cell(name) for name in rule.blank)
