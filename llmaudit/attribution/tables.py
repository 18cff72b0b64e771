"""Read the small CSV files an organisation keeps about its people and cost centres."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from llmaudit.errors import ConfigError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One row by normalised header; ``number`` counts from 1 with the header, as sheets do."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file as text cells, stripped.

    Attributes:
        name: The path as the configuration gives it, for messages.
        columns: Normalised headers and how the file spells them.
        rows: Rows that are not empty.
    """

    name: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]

    def require(self, *columns: str) -> None:
        """Refuse the file unless it has each of the columns.

        Raises:
            ConfigError: A column is missing; names the nearest header.
        """
        for column in columns:
            if column not in self.columns:
                raise ConfigError(
                    f"{self.name} has no column {column!r}", _nearest(column, self.columns)
                )

    def day(self, row: Row, column: str) -> date | None:
        """A cell as a date; None when empty or without such a column.

        Raises:
            ConfigError: The cell is not a date as YYYY-MM-DD.
        """
        text = row.cells.get(column, "")
        if not text:
            return None
        if not _DATE.fullmatch(text):
            raise self.wrong(row, column, f"{text!r} is not a date", "write it as YYYY-MM-DD")
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise self.wrong(row, column, f"there is no day {text}") from error

    def wrong(self, row: Row, column: str, problem: str, help: str = "") -> ConfigError:
        """The error that names file, row and column of a cell that cannot be used."""
        header = self.columns.get(column, column)
        return ConfigError(f"{self.name} row {row.number}, column {header!r}: {problem}", help)


def normal_key(text: str) -> str:
    """One spelling for keys and headers: case, ``-``, ``_`` and spaces do not count."""
    return re.sub(r"[-_\s]+", "", text.casefold())


def read_table(path: Path, name: str, aliases: Mapping[str, Iterable[str]]) -> Table:
    """Read a CSV file (UTF-8 or UTF-16 with a BOM; comma, semicolon or tab).

    Args:
        path: Where it is.
        name: How messages call it.
        aliases: Known columns and their other spellings; a header that is neither keeps its
            normalised spelling.

    Raises:
        ConfigError: The file is missing, unreadable, not text, without a header, or a row
            is longer than the header.
    """
    text = _decode(path, name)
    known = {normal_key(word): column for column, more in aliases.items() for word in more}
    known |= {normal_key(column): column for column in aliases}
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    columns: dict[int, str] = {}
    spelt: dict[str, str] = {}
    rows: list[Row] = []
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1
        ):
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if not columns:
                for at, header in enumerate(stripped):
                    column = known.get(normal_key(header), normal_key(header))
                    if column in spelt:
                        raise ConfigError(
                            f"{name} row {number}: the columns {spelt[column]!r} and "
                            f"{header!r} mean the same",
                            "keep one of them",
                        )
                    if column:
                        columns[at], spelt[column] = column, header
                continue
            if len(stripped) > len(columns) and any(stripped[max(columns) + 1 :]):
                raise ConfigError(
                    f"{name} row {number} has {len(stripped)} cells, the header {len(columns)}",
                    'put a cell that holds the delimiter between double quotes ("a, b")',
                )
            rows.append(
                Row(number, {columns[at]: c for at, c in enumerate(stripped) if at in columns})
            )
    except csv.Error as error:
        raise ConfigError(f"{name} cannot be read as CSV: {error}") from error
    if not columns:
        raise ConfigError(f"{name} is empty", f"start it with the header {','.join(aliases)}")
    return Table(name, spelt, tuple(rows))


def _decode(path: Path, name: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{name} cannot be read: {error.strerror or type(error).__name__}",
            "paths are relative to the folder of the configuration file",
        ) from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{name} is not {encoding.removesuffix('-sig').upper()} text (byte {error.start})",
            "save it as CSV UTF-8",
        ) from error


def _nearest(column: str, columns: Mapping[str, str]) -> str:
    by_spelling = {normal_key(header): header for header in columns.values()}
    near = difflib.get_close_matches(normal_key(column), by_spelling, n=1, cutoff=0.5)
    if near:
        return f"the nearest header is {by_spelling[near[0]]!r}"
    return f"its headers are: {', '.join(columns.values())}"
