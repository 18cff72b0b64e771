"""From bytes to rows of text: encodings, delimiters, header spelling.

Nothing here knows a schema; the key register is read with the same functions.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from llmaudit.errors import LlmauditError

DELIMITERS = (",", ";", "\t", "|")
HEADER_ROWS = 30
CP1252_NOTE = "read as Windows-1252, because it is not UTF-8; accented names may be wrong"

_SEP_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text file whose encoding is known.

    Attributes:
        note: What a reader should know of the decoding, empty when it was certain.
    """

    data: bytes
    encoding: str
    note: str = ""

    def read(self) -> str:
        """The whole text with its newlines as they are."""
        return self.data.decode(self.encoding)

    def open(self) -> io.TextIOWrapper:
        """A stream that splits lines at LF, CRLF and CR alike, without a second copy."""
        return io.TextIOWrapper(io.BytesIO(self.data), encoding=self.encoding, newline="")


def decode(data: bytes, name: str) -> Text:
    """Find the encoding: a byte order mark, UTF-16 without one, UTF-8, Windows-1252.

    Args:
        data: The file's bytes.
        name: What to call the file in an error.

    Raises:
        LlmauditError: The bytes are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked(data, "utf-16", name)
    if data.startswith(b"\xef\xbb\xbf"):
        return _checked(data, "utf-8-sig", name)
    if (wide := _utf16_without_mark(data)) is not None:
        return _checked(data, wide, name)
    if b"\x00" in data:
        raise _not_text(name)
    try:
        return _checked(data, "utf-8", name)
    except LlmauditError:
        if _BINARY.search(data):
            raise
        return _checked(data, "cp1252", name, CP1252_NOTE)


def _checked(data: bytes, encoding: str, name: str, note: str = "") -> Text:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        raise _not_text(name) from None
    return Text(data, encoding, note)


def _not_text(name: str) -> LlmauditError:
    return LlmauditError(
        f"{name} is not a text file in UTF-8, UTF-16 or Windows-1252",
        "save it as CSV in UTF-8, or export it again",
    )


def _utf16_without_mark(data: bytes) -> str | None:
    """Latin text in UTF-16 has a NUL in nearly every pair, always on the same side."""
    head = data[:4096]
    if len(head) < 4 or len(data) % 2:
        return None
    pairs = len(head) // 2
    first, second = head[0::2].count(0), head[1::2].count(0)
    if second > pairs * 0.7 and first == 0:
        return "utf-16-le"
    if first > pairs * 0.7 and second == 0:
        return "utf-16-be"
    return None


def delimiters(text: Text) -> tuple[str, ...]:
    """The delimiters worth trying: the one a ``sep=`` line names, else the usual four."""
    with text.open() as stream:
        named = _SEP_LINE.match(stream.readline(16))
    return (named.group(1),) if named else DELIMITERS


def rows(text: Text, delimiter: str, name: str) -> Iterator[Row]:
    """The rows with their numbers as a spreadsheet shows them, 1-based, blank ones included.

    Raises:
        LlmauditError: A row cannot be parsed (a cell without end).
    """
    with text.open() as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                if number == 1 and _SEP_LINE.match(delimiter.join(cells)):
                    continue
                yield number, cells
        except csv.Error as error:
            raise LlmauditError(
                f"{name} cannot be read after row {number}: {error}",
                "look for a quotation mark that is never closed, or export the file again",
            ) from None


def table_width(head: list[Row], header_row: int) -> int:
    """Cells a row may have: as many as the header, or as most rows below it.

    A longer row has slipped: a delimiter stands in one of its cells without quotation marks.
    """
    header = next(len(cells) for number, cells in head if number == header_row)
    below = Counter(len(cells) for number, cells in head if number > header_row)
    usual = max(below, key=lambda length: (below[length], -length), default=0)
    return max(header, usual)


def header_name(cell: str) -> str:
    """One spelling for a column name: no BOM or hard space, one case, single spaces."""
    text = cell.replace("\ufeff", "").replace("\u00a0", " ")
    return " ".join(text.split()).casefold()


def header_names(cells: list[str]) -> list[str]:
    """The names of a header row; a repeated name becomes ``name#2``, ``name#3``."""
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        name = header_name(cell)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def rows_listed(numbers: list[int], unit: str = "row", shown: int = 5) -> str:
    """``row 4`` or ``rows 4, 9, 12 and 7 more``."""
    head = ", ".join(map(str, numbers[:shown]))
    more = len(numbers) - shown
    rest = f" and {more} more" if more > 0 else ""
    return f"{unit}{'s' if len(numbers) > 1 else ''} {head}{rest}"
