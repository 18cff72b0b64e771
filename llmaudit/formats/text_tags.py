"""The table of tags, owners and shadow use: one column per kind of asset and per currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from llmaudit.formats.figures import (
    INCOMPLETE,
    TAGGABLE,
    lead_currency,
    money,
    percent,
    plural,
    share,
)
from llmaudit.formats.printable import printable
from llmaudit.formats.text_lines import NOUNS, Block, entry, fit, heading
from llmaudit.model import Report

_LABEL = 19
_GAP = 3
_LEADING_KINDS = 2

Figure = int | Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """One kind of asset, or the money of one currency and basis.

    Attributes:
        cells: By row label, a part and the whole it is a part of.
        head: The whole of the first row; a row of another whole names it.
    """

    title: str
    cells: Mapping[str, tuple[Figure, Figure]]
    head: Figure
    show: Callable[[Any], str]

    def parts(self, row: str) -> tuple[str, str, str]:
        """Part, ``of`` whole and percentage; each lines up with those of the other rows."""
        if row not in self.cells:
            return "", "", ""
        part, whole = self.cells[row]
        if row == _ROWS[0] and not whole:
            return "none taggable", "", ""
        named = row == _ROWS[0] or whole != self.head
        of = f" of {self.show(whole)}" if named else ""
        of_hundred = percent(part, whole)
        return self.show(part), of, f" ({of_hundred})" if of_hundred else ""


_ROWS = (
    "Complete tags",
    *(f"  {status}" for status in INCOMPLETE),
    "No owner",
    "Owner has left",
    "Shadow",
)
_STYLES = {"Complete tags": "green", "Shadow": "red", "No owner": "yellow"}


def tag_tables(report: Report, width: int) -> list[Block]:
    """As many tables as the columns need at this width, then the figures beside the table."""
    kinds, costs = _kinds(report.summary), _costs(report)
    ordered = [*kinds[:_LEADING_KINDS], *costs[:1], *kinds[_LEADING_KINDS:], *costs[1:]]
    tables = [_table(columns) for columns in _chunks(ordered, width)]
    if tables:
        tables[0] += _beside(report, width)
    return tables


def _kinds(summary: Mapping[str, Any]) -> list[Column]:
    tags = summary.get("tags", {}).get("by_count", {})
    owners = summary.get("owners", {}).get("by_count", {})
    shadow = summary.get("shadow", {}).get("by_count", {})
    return [
        _column(plural(noun), tags[kind], owners.get(kind), shadow.get(kind), int, "{:,}".format)
        for kind, noun in NOUNS.items()
        if kind in tags and any(tags[kind].values())
    ]


def _costs(report: Report) -> list[Column]:
    def rows(part: str) -> dict[tuple[str, str], Mapping[str, Any]]:
        found: Iterable[Mapping[str, Any]] = report.summary.get(part, {}).get("by_cost", [])
        return {(row["currency"], row["basis"]): row for row in found}

    tags, owners, shadow = rows("tags"), rows("owners"), rows("shadow")
    lead = lead_currency(report)
    keys = sorted(tags, key=lambda key: (key[1] != "billed", key[0] != lead, key))
    return [
        _column(
            f"{basis}, {printable(currency)} (of taggable)",
            tags[currency, basis],
            owners.get((currency, basis)),
            shadow.get((currency, basis)),
            Decimal,
            money,
        )
        for currency, basis in keys
    ]


def _column(
    title: str,
    tags: Mapping[str, Any],
    owners: Mapping[str, Any] | None,
    shadow: Mapping[str, Any] | None,
    read: Callable[[Any], Figure],
    show: Callable[[Any], str],
) -> Column:
    taggable = sum((read(tags.get(status, 0)) for status in TAGGABLE), read(0))
    cells = {_ROWS[0]: (read(tags.get("complete", 0)), taggable)}
    cells |= {f"  {status}": (read(tags.get(status, 0)), taggable) for status in INCOMPLETE}
    if owners is not None:
        cells["No owner"] = (read(owners["none"]), read(owners["of"]))
        cells["Owner has left"] = (read(owners["orphaned"]), read(owners["of"]))
    if shadow is not None:
        cells["Shadow"] = (read(shadow["shadow"]), read(shadow["of"]))
    return Column(title, cells, taggable, show)


def _chunks(columns: list[Column], width: int) -> list[list[Column]]:
    chunks: list[list[Column]] = []
    left = 0
    for column in columns:
        needed = _width(column) + _GAP
        if not chunks or left < needed:
            chunks.append([])
            left = width - _LABEL + _GAP
        chunks[-1].append(column)
        left -= needed
    return chunks


def _widths(column: Column) -> tuple[int, int, int]:
    shown = [column.parts(row) for row in _ROWS]
    first, of, share_ = (max(cell_len(parts[i]) for parts in shown) for i in range(3))
    return first, of, share_


def _width(column: Column) -> int:
    return max(cell_len(column.title), sum(_widths(column)))


def _table(columns: list[Column]) -> Block:
    gap = " " * _GAP
    titles = gap.join(fit(column.title, _width(column)) for column in columns)
    lines = [heading(" " * _LABEL + titles)]
    for row in _ROWS:
        nonzero = any(row in column.cells and column.cells[row][0] for column in columns)
        if row == _ROWS[0] or nonzero:
            cells = gap.join(_cell(column, row) for column in columns)
            line = Text(fit(f"  {row}", _LABEL), style=_STYLES.get(row, ""))
            lines.append(line.append(cells, style="default"))
    return lines


def _cell(column: Column, row: str) -> str:
    part, of, of_hundred = column.parts(row)
    first, second, third = _widths(column)
    text = fit(part, first, right=True) + fit(of, second) + fit(of_hundred, third, right=True)
    return fit(text, _width(column))


def _beside(report: Report, width: int) -> Block:
    """The figures that keep one path-map line, or an empty list, from making all look well."""
    tags = report.summary.get("tags", {})
    lines: Block = []
    untagged = _shares(tags.get("untagged_at_source", {}), "n")
    off_the_bill = _shares(tags.get("not_reaching_bill", {}), "n")
    if untagged or off_the_bill:
        parts = [f"untagged {untagged}"] if untagged else []
        parts += [f"complete but off the bill {off_the_bill}"] if off_the_bill else []
        lines.append(entry("  At the source", _LABEL, "; ".join(parts), width))
    if not report.policy.sanctioned_entries:
        by_count = report.summary.get("shadow", {}).get("by_count", {})
        unknown = _shares(
            {kind: figures for kind, figures in by_count.items() if figures.get("unknown")},
            "unknown",
        )
        if unknown:
            lines.append(
                entry("  Shadow", _LABEL, f"unknown for {unknown}: run llmaudit decide", width)
            )
    return lines


def _shares(by_kind: Mapping[str, Mapping[str, int]], part: str) -> str:
    """``64 of 143 calls (44.8 %), 3 of 31 keys (9.7 %)``; kinds without any are left out."""
    return ", ".join(
        share(by_kind[kind][part], by_kind[kind]["of"], noun)
        for kind, noun in NOUNS.items()
        if by_kind.get(kind, {}).get("of")
    )
