"""Which export is this? Decided by the set of its column names, never by a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from llmaudit.errors import LlmauditError
from llmaudit.exports.decode import HEADER_ROWS, Row, header_name, header_names, table_width
from llmaudit.exports.files import Layout, Table
from llmaudit.exports.schema import Schema

_COLUMN_NAME = re.compile(r"[^\W\d_][\w .()/#%&:+-]{0,59}\Z")
_NEAREST = 3
_LISTED = 40


@dataclass(frozen=True, slots=True)
class Detected:
    """A table whose export is known.

    Attributes:
        header_row: Number of the row the header stands in, 1-based.
        columns: Position of each column by its name.
        width: Most cells a row has; a longer one has slipped out of its columns.
        unread: Columns no schema field reads and the schema does not know, as spelt.
    """

    schema: Schema
    layout: Layout
    header_row: int
    columns: dict[str, int]
    width: int
    unread: tuple[str, ...]

    def data(self) -> Iterator[Row]:
        """A fresh pass over the rows below the header."""
        for number, cells in self.layout.rows():
            if number > self.header_row:
                yield number, cells


@dataclass(frozen=True, slots=True)
class _Fit:
    rank: tuple[int, int, bool]
    schema: Schema
    layout: Layout
    row: int
    width: int
    names: tuple[str, ...]
    cells: tuple[str, ...]


def detect(
    table: Table,
    schemas: Sequence[Schema],
    file_name: str,
    shown: str,
    hide: Callable[[str], str] = str,
) -> Detected:
    """Find the schema whose required columns all stand, most of them first.

    Args:
        table: What was found in the file.
        schemas: The schemas to choose from.
        file_name: The file's own name, which only breaks a tie.
        shown: What to call the table in an error.
        hide: Takes secrets out of a text; used on the column names an error lists.

    Raises:
        LlmauditError: No schema fits, two fit equally well, or the table is empty.
    """
    heads = {layout.delimiter: _head(layout) for layout in table.layouts}
    if any(head.whole and not _filled(head.rows) for head in heads.values()):
        raise LlmauditError(f"{shown} is empty", "export it again; an export has a header row")
    fits = [
        fit
        for layout in table.layouts
        for fit in _fits(layout, heads[layout.delimiter].rows, schemas, file_name)
    ]
    if not fits:
        rows = [row for head in heads.values() for row in head.rows]
        raise _unknown(rows, schemas, shown, hide)
    best = max(fit.rank for fit in fits)
    ties = {fit.schema.id: fit for fit in reversed(fits) if fit.rank == best}
    if len(ties) > 1:
        raise LlmauditError(
            f"{shown} fits {' and '.join(sorted(ties))} equally well",
            "keep the name the vendor gave the file, or remove one of the two schemas",
        )
    return _detected(next(iter(ties.values())), hide)


@dataclass(frozen=True, slots=True)
class _Head:
    """The rows a header may stand in; not whole when a row among them cannot be parsed."""

    rows: list[Row]
    whole: bool


def _head(layout: Layout) -> _Head:
    rows: list[Row] = []
    try:
        rows.extend(islice(layout.rows(), HEADER_ROWS))
    except LlmauditError:
        return _Head(rows, whole=False)
    return _Head(rows, whole=True)


def _filled(rows: Sequence[Row]) -> bool:
    return any(header_name(cell) for _, cells in rows for cell in cells)


def _fits(
    layout: Layout, head: list[Row], schemas: Sequence[Schema], file_name: str
) -> Iterator[_Fit]:
    for number, cells in head:
        names = header_names(cells)
        present = set(names)
        fitting = [
            _Fit(
                _rank(schema, present, file_name),
                schema,
                layout,
                number,
                table_width(head, number),
                tuple(names),
                tuple(cells),
            )
            for schema in schemas
            if present.issuperset(schema.match.required) and present.isdisjoint(schema.match.forbid)
        ]
        if fitting:
            yield from fitting
            return


def _rank(schema: Schema, present: set[str], file_name: str) -> tuple[int, int, bool]:
    match = schema.match
    named = match.filename is not None and match.filename.search(file_name) is not None
    return len(match.required), len(present.intersection(match.optional)), named


def _detected(fit: _Fit, hide: Callable[[str], str]) -> Detected:
    known = {*fit.schema.match.required, *fit.schema.match.optional}
    return Detected(
        fit.schema,
        fit.layout,
        fit.row,
        {name: index for index, name in enumerate(fit.names) if name},
        fit.width,
        tuple(
            _column(cell, hide) + (" (stands twice; the first was read)" if "#" in name else "")
            for name, cell in zip(fit.names, fit.cells, strict=True)
            if name and name not in known
        ),
    )


def _unknown(
    rows: Sequence[Row], schemas: Sequence[Schema], shown: str, hide: Callable[[str], str]
) -> LlmauditError:
    """The header as it stands and what each of the three nearest schemas would still need."""

    def wanted(cells: list[str]) -> tuple[int, int]:
        present = set(header_names(cells))
        overlap = max((len(present.intersection(s.match.required)) for s in schemas), default=0)
        return overlap, sum(1 for cell in cells if cell.strip())

    header = max((cells for _, cells in rows), key=wanted, default=[])
    present = set(header_names(header))
    near = sorted(
        (s for s in schemas if present.intersection(s.match.required)),
        key=lambda s: (
            -len(present.intersection(s.match.required)) / len(s.match.required),
            s.id,
        ),
    )[:_NEAREST]
    listed = [_column(cell, hide) for cell in header if cell.strip()]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return LlmauditError(
        f"{shown} is no export that is known; its columns are: {', '.join(listed[:_LISTED])}{more}",
        "nearest: " + "; ".join(f"{s.id} {_lacks(s, present)}" for s in near)
        if near
        else "no known export has one of them; `llmaudit sources` lists the exports that are known",
    )


def _lacks(schema: Schema, present: set[str]) -> str:
    missing = [name for name in schema.match.required if name not in present]
    forbidden = [name for name in schema.match.forbid if name in present]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        return f"lacks {', '.join(missing[:5])}{more}"
    return f"does not have {', '.join(forbidden)}"


def _column(cell: str, hide: Callable[[str], str]) -> str:
    """A column name fit to print: what is no name may be anything, even a key."""
    text = " ".join(cell.split())
    if _COLUMN_NAME.match(text) and "@" not in text and hide(text) == text:
        return text
    return "(not a column name)"
