"""Tables that people keep themselves, in CSV or YAML: rows by column name, spelling forgiven."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from llmaudit.errors import LlmauditError
from llmaudit.exports.decode import HEADER_ROWS, Text, decode, delimiters, rows, table_width

if TYPE_CHECKING:
    import yaml

_GUARDED = re.compile(r"'[=+\-@\t\r]")
_DEEPEST = 10

# The only name in a row that has slipped out of its columns; its cell says so.
PROBLEM = "(problem)"

NamedRow = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a table may have.

    Attributes:
        spellings: Canonical name by spelling, the spellings squeezed by `squeeze`.
        keys: A header row has at least one of these canonical names.
        prefix: Columns that begin with it are free; they keep the rest as it is spelt.
    """

    spellings: Mapping[str, str]
    keys: frozenset[str]
    prefix: str

    def name(self, cell: str) -> str | None:
        """The canonical name of a header cell, None for an unknown one."""
        text = cell.strip().lstrip("\ufeff")
        if text.casefold().startswith(self.prefix) and text[len(self.prefix) :].strip():
            return self.prefix + text[len(self.prefix) :].strip()
        return self.spellings.get(squeeze(text))

    def nearest(self, cell: str) -> str:
        """The canonical name whose spelling is nearest to an unknown one, empty for none."""
        close = difflib.get_close_matches(squeeze(cell), self.spellings, n=1, cutoff=0.7)
        return self.spellings[close[0]] if close else ""


@dataclass(frozen=True, slots=True)
class Named:
    """A table that was opened.

    Attributes:
        unit: What its row numbers count: ``row`` of a sheet or ``line`` of a text.
        names: Canonical names of the columns that stand.
        unknown: Columns as spelt that mean nothing.
        rows: A fresh pass over its rows: number, and cell by canonical column.
        note: What a reader should know of the decoding.
    """

    unit: str
    names: frozenset[str]
    unknown: tuple[str, ...]
    rows: Callable[[], Iterator[NamedRow]]
    note: str = ""


def squeeze(text: str) -> str:
    """``CostCenter``, ``cost-center`` and ``Cost Center`` alike."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def read_csv(data: bytes, shown: str, columns: Columns) -> Named:
    """Open a CSV table; the delimiter is the one that yields the most known columns.

    Raises:
        LlmauditError: It is no text, or no row of its first 30 is a header.
    """
    text = decode(data, shown)
    if not data.strip():
        raise LlmauditError(f"{shown} is empty", "its first row names the columns")
    best: tuple[int, str, int, list[str], int] | None = None
    for delimiter in delimiters(text):
        head = _head(text, delimiter, shown)
        for number, cells in head:
            names = [columns.name(cell) for cell in cells]
            known = sum(name is not None for name in names)
            if columns.keys.intersection(names) and (best is None or known > best[0]):
                best = (known, delimiter, number, cells, table_width(head, number))
    if best is None:
        raise LlmauditError(
            f"{shown} has no header row that names {' or '.join(sorted(columns.keys))}",
            "let its first row name the columns",
        )
    _, delimiter, header, cells, width = best
    names = [columns.name(cell) for cell in cells]
    return Named(
        "row",
        frozenset(name for name in names if name),
        tuple(
            cell.strip()
            for cell, name in zip(cells, names, strict=True)
            if cell.strip() and name is None
        ),
        partial(_csv_rows, text, delimiter, shown, header, names, width),
        text.note,
    )


def _head(text: Text, delimiter: str, shown: str) -> list[tuple[int, list[str]]]:
    head: list[tuple[int, list[str]]] = []
    try:
        head.extend(islice(rows(text, delimiter, shown), HEADER_ROWS))
    except LlmauditError:
        return head  # the header may stand above the row that cannot be parsed
    return head


def _csv_rows(
    text: Text, delimiter: str, shown: str, header: int, names: list[str | None], width: int
) -> Iterator[NamedRow]:
    for number, cells in rows(text, delimiter, shown):
        if number <= header or not any(cell.strip() for cell in cells):
            continue
        if len(cells) > width:
            yield number, {PROBLEM: "has more cells than the table"}
            continue
        row: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=False):
            if name and (value := _unguarded(cell)):
                row.setdefault(name, value)
        yield number, row


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it as a formula."""
    text = cell.strip()
    return text[1:].strip() if _GUARDED.match(text) else text


def read_yaml(data: bytes, shown: str, columns: Columns, key: str) -> Named:
    """Open a YAML table: a list of mappings, or such a list under ``key``.

    Every scalar is taken as it is written, so ``0012`` stays ``0012`` and ``yes`` stays ``yes``.

    Raises:
        LlmauditError: It is no YAML, or not of that shape.
    """
    text = decode(data, shown)
    root = _compose(text.read(), shown)
    from yaml import MappingNode, ScalarNode, SequenceNode

    if isinstance(root, MappingNode):
        root = next(
            (v for k, v in root.value if isinstance(k, ScalarNode) and k.value == key), root
        )
    if not isinstance(root, SequenceNode) or not all(
        isinstance(item, MappingNode) for item in root.value
    ):
        raise LlmauditError(
            f"{shown} is not a list of entries", f"write a list, or a list under `{key}:`"
        )
    unknown: dict[str, None] = {}
    parsed = [
        (_line(item.start_mark), _yaml_row(item, columns, unknown, shown)) for item in root.value
    ]
    return Named(
        "line",
        frozenset(name for _, row in parsed for name in row),
        tuple(unknown),
        lambda: iter(parsed),
        text.note,
    )


def _yaml_row(
    item: yaml.MappingNode, columns: Columns, unknown: dict[str, None], shown: str
) -> dict[str, str]:
    from yaml import MappingNode, ScalarNode

    row: dict[str, str] = {}
    for key_node, value in item.value:
        spelt = key_node.value if isinstance(key_node, ScalarNode) else ""
        if squeeze(spelt) == "tags" and isinstance(value, MappingNode):
            for tag, cell in value.value:
                row[f"{columns.prefix}{_scalar(tag, shown)}"] = _scalar(cell, shown)
            continue
        name = columns.name(spelt)
        if name is None:
            unknown[spelt or "(a key that is no text)"] = None
        elif cell_text := _scalar(value, shown):
            row[name] = cell_text
    return row


def _scalar(node: yaml.Node, shown: str) -> str:
    from yaml import ScalarNode

    if not isinstance(node, ScalarNode):
        raise LlmauditError(
            f"{shown} has a list or mapping in line {_line(node.start_mark)} where one value "
            "is expected",
            "write one value per name; only `tags:` takes a mapping",
        )
    return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value).strip()


def _line(mark: Any) -> int:
    return int(mark.line) + 1


def _compose(text: str, shown: str) -> yaml.Node | None:
    """The document as nodes with their lines, refused before it can grow or nest too deep."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise LlmauditError(
                    f"{shown} uses a YAML alias in line {_line(event.start_mark)}",
                    "write the entry out",
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise LlmauditError(
                    f"{shown} nests deeper than {_DEEPEST} levels", "write a flat list of entries"
                )
        root: yaml.Node | None = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be parsed"
        raise LlmauditError(f"{shown} is not YAML: {what}{place}", "correct the line") from None
    return root
