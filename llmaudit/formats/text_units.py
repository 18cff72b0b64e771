"""The table of business units: what is incomplete, and who is accountable for it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from rich.cells import cell_len
from rich.text import Text

from llmaudit.formats.figures import NONE, UNATTRIBUTED, money, plural, share
from llmaudit.formats.printable import printable
from llmaudit.formats.text_lines import NOUNS, Block, entry, fit, heading
from llmaudit.formats.units import (
    Group,
    groups,
    has_no_owner,
    has_status,
    is_incomplete,
    is_shadow,
    is_taggable,
)
from llmaudit.model import Report

_LABEL = 19
_GAP = 2
_SHOWN = 8
_FULL_WIDTH = 100


def unit_table(report: Report, width: int) -> Block:
    """One line per business unit and currency, most incomplete money first.

    Shares are of one kind of asset, the first of calls, keys and so on that units have.
    Under 100 columns the accountable people go first, then shadow and ownerless assets; the
    money goes last.
    """
    by_unit: dict[str, list[Group]] = defaultdict(list)
    for group in groups(report):
        by_unit[group.business_unit].append(group)
    if not by_unit.keys() - {UNATTRIBUTED}:
        return []
    kind = _kind_of_shares(report)
    named_currencies = {group.currency for group in groups(report) if group.currency}
    currency_width = max((cell_len(printable(name)) for name in named_currencies), default=0)

    def rank(unit: str) -> tuple[bool, Decimal, str]:
        worst = max(_incomplete(by_unit[unit]).values(), default=NONE)
        return unit == UNATTRIBUTED, -worst, unit

    named = [unit for unit in sorted(by_unit, key=rank) if unit != UNATTRIBUTED]
    shown = [*named[:_SHOWN], *([UNATTRIBUTED] if UNATTRIBUTED in by_unit else [])]
    rows = [_header(kind)] + [
        row for unit in shown for row in _rows(by_unit[unit], unit, kind, currency_width)
    ]
    lines = _aligned(rows, width, with_money=bool(named_currencies))
    if len(named) > _SHOWN:
        lines.append(entry("", 2, f"+ {len(named) - _SHOWN} more units (csv: units.csv)", width))
    return lines


def _kind_of_shares(report: Report) -> str:
    present = {asset.kind for asset in report.assets if is_taggable(asset)}
    return next((kind for kind in NOUNS if kind in present), "call")


def _header(kind: str) -> tuple[str, ...]:
    return (
        "BUSINESS UNIT",
        f"complete {plural(NOUNS[kind])}",
        "incomplete cost",
        "no owner",
        "shadow",
        "accountable: tech / finance",
    )


def _incomplete(members: list[Group]) -> dict[str | None, Decimal]:
    """Billed money of incompletely tagged assets per currency, zeros left out."""
    sums: dict[str | None, Decimal] = defaultdict(lambda: NONE)
    for group in members:
        if group.currency is not None:
            sums[group.currency] += group.billed(is_incomplete)
    return {currency: amount for currency, amount in sorted(sums.items()) if amount}


def _rows(members: list[Group], unit: str, kind: str, currency_width: int) -> list[tuple[str, ...]]:
    """The unit's line, and one more for the money of each further currency."""
    complete = has_status("complete")
    counts = (
        share(
            sum(g.count(lambda a: a.kind == kind and complete(a)) for g in members),
            sum(g.count(lambda a: a.kind == kind and is_taggable(a)) for g in members),
        ),
        f"{sum(g.count(has_no_owner) for g in members):,}",
        f"{sum(g.count(is_shadow) for g in members):,}",
    )
    costs = _incomplete(members) or dict.fromkeys([g.currency for g in members][:1], NONE)
    named = {name: printable(name) for name in costs if name is not None}
    first, *others = [
        f"{money(costs[name])} {shown:<{currency_width}}" for name, shown in named.items()
    ] or [""]
    people = _accountable(members) if unit != UNATTRIBUTED else "none: assign a cost centre"
    return [
        (printable(unit), counts[0], first, counts[1], counts[2], people),
        *(("", "", cost, "", "", "") for cost in others),
    ]


def _accountable(members: list[Group]) -> str:
    pairs = sorted({(group.technology_owner, group.finance_owner) for group in members})
    technology, finance = (_short(name) or "nobody" for name in pairs[0])
    more = f" (+ {len(pairs) - 1})" if len(pairs) > 1 else ""
    return f"{technology} / {finance}{more}"


def _short(person: str) -> str:
    """A person as colleagues know them: a handle, or a mail address up to its domain."""
    return printable(person.removeprefix("@").partition("@")[0])


def _aligned(rows: list[tuple[str, ...]], width: int, *, with_money: bool) -> Block:
    columns = [0, 1, *([2] if with_money else []), 3, 4, 5]
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(rows[0]))]
    widths[0] = _LABEL - _GAP - 2
    for goes in (5, 4, 3):
        needed = sum(widths[i] + _GAP for i in columns) - _GAP + 2
        if needed > width and (goes != 5 or width < _FULL_WIDTH):
            columns.remove(goes)
    lines: Block = []
    for number, row in enumerate(rows):
        indent = "  " if number else ""
        cells = [
            fit(indent + row[0], _LABEL - _GAP),
            *(fit(row[i], widths[i], right=i in (2, 3, 4)) for i in columns[1:] if i != 5),
        ]
        text = (" " * _GAP).join(cells)
        if 5 in columns:
            room = max(width - cell_len(text) - _GAP, 20)
            text += " " * _GAP + fit(row[5], min(widths[5], room))
        lines.append(heading(text) if number == 0 else Text(text))
    return lines
