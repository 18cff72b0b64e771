"""Open what an administrator handed over: one file, a ZIP, a GZ or a workbook, within bounds."""

from __future__ import annotations

import gzip
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from llmaudit.errors import LlmauditError, TrustError
from llmaudit.exports.decode import Row, decode, delimiters, rows

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MAX_BYTES = 64 * 1024 * 1024
MAX_MEMBERS = 200
MAX_RATIO = 200
MAX_SHEET_CELLS = 5_000_000

_RATIO_FLOOR = 1024 * 1024
_CELL = re.compile(rb'\br="([A-Z]{0,3})([0-9]{1,7})"')


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to read a table: its delimiter, and a fresh pass over its rows per call."""

    delimiter: str
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was found in a file.

    Attributes:
        name: Member or sheet; empty for a plain file.
        layouts: The ways it can be read; the schema that matches best decides.
        note: What a reader should know of the decoding.
        problem: Why this part could not be opened; then it has no layout.
    """

    name: str
    layouts: tuple[Layout, ...] = ()
    note: str = ""
    problem: LlmauditError | None = None


def read_bytes(path: Path, shown: str, confine: Path | None, cap: int = MAX_BYTES) -> bytes:
    """The bytes of one regular file.

    Args:
        path: The file; a symbolic link is followed, but not out of ``confine``.
        shown: What to call it in an error.
        confine: Folder it must lie in once every link is resolved; None for anywhere.
        cap: Most bytes that are read.

    Raises:
        TrustError: The file lies outside ``confine``.
        LlmauditError: It cannot be read, is no regular file, or is too large.
    """
    try:
        real = path.resolve(strict=True)
        if confine is not None and not real.is_relative_to(confine.resolve()):
            raise TrustError(
                f"{shown} lies outside the audited tree, which a discovered configuration "
                "may not read",
                "pass the configuration with --config, or copy the file into the tree",
            )
        mode = real.stat().st_mode
        if stat.S_ISDIR(mode):
            raise LlmauditError(f"{shown} is a folder", f"name its files: {shown}/*")
        if not stat.S_ISREG(mode):
            raise LlmauditError(f"{shown} is not a regular file", "give a file or a copy of it")
        with real.open("rb") as stream:
            data = stream.read(cap + 1)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LlmauditError(
            f"{shown} cannot be read: {reason}", "check the path and its permissions"
        ) from None
    if len(data) > cap:
        raise LlmauditError(
            f"{shown} is larger than {cap // (1024 * 1024)} MiB, the most that is read of one file",
            "export a shorter period, or split the file",
        )
    return data


def tables(data: bytes, shown: str) -> Iterator[Table]:
    """Every table in a file: itself, the members of an archive, the sheets of a workbook.

    Raises:
        LlmauditError: The file as a whole cannot be opened.
    """
    if data.startswith(b"PK\x03\x04"):
        archive = _archive(data, shown)
        if "xl/workbook.xml" in archive.namelist():
            yield from _sheets(data, archive, shown)
        else:
            yield from _members(archive, shown)
    elif data.startswith(b"\x1f\x8b"):
        yield _table(_inflate_gz(data, shown), shown, "")
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LlmauditError(
            f"{shown} is an old or password-protected Excel file",
            "save it without a password as .xlsx or CSV",
        )
    else:
        yield _table(data, shown, "")


def _table(data: bytes, shown: str, name: str) -> Table:
    text = decode(data, shown)

    def layout(delimiter: str) -> Layout:
        return Layout(delimiter, partial(rows, text, delimiter, shown))

    return Table(name, tuple(layout(d) for d in delimiters(text)), text.note)


def _inflate_gz(data: bytes, shown: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            inflated = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise LlmauditError(
            f"{shown} is a damaged gzip file", "download the export again"
        ) from None
    _check_size(len(inflated), len(data), shown)
    return inflated


def _check_size(unpacked: int, packed: int, shown: str, cap: int = MAX_BYTES) -> None:
    if unpacked > cap:
        raise LlmauditError(
            f"{shown} unpacks to more than {cap // (1024 * 1024)} MiB",
            "unpack it yourself and give the files one by one",
        )
    if unpacked > _RATIO_FLOOR and unpacked > packed * MAX_RATIO:
        raise LlmauditError(
            f"{shown} unpacks to more than {MAX_RATIO} times its size, like a decompression bomb",
            "unpack it yourself and give the files one by one",
        )


def _archive(data: bytes, shown: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise LlmauditError(f"{shown} is a damaged ZIP file", "download the export again") from None
    if len(archive.namelist()) > MAX_MEMBERS:
        raise LlmauditError(
            f"{shown} holds {len(archive.namelist())} files; at most {MAX_MEMBERS} are opened",
            "unpack it and give the files that matter",
        )
    return archive


def _members(archive: zipfile.ZipFile, shown: str) -> Iterator[Table]:
    left = MAX_BYTES
    for info in sorted(archive.infolist(), key=lambda i: i.filename):
        name = info.filename
        if info.is_dir() or name.startswith("__MACOSX/"):
            continue
        try:
            _check_member_name(name, shown)
            data = _inflate(archive, info, f"{shown}!{name}", left)
            left -= len(data)
            _check_not_packed(data, f"{shown}!{name}")
            yield _table(data, f"{shown}!{name}", name)
        except LlmauditError as problem:
            yield Table(name, problem=problem)


def _check_member_name(name: str, shown: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise LlmauditError(
            f"{shown} holds a file whose name leads outside the archive; it is not opened",
            "unpack it with a tool you trust and give the files",
        )


def _check_not_packed(data: bytes, shown: str) -> None:
    if data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise LlmauditError(
            f"{shown} is packed once more; archives inside archives are not opened",
            "unpack it and give its files",
        )


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, cap: int) -> bytes:
    """One member, never more than ``cap`` bytes, whatever its header claims."""
    if info.flag_bits & 1:
        raise LlmauditError(f"{shown} is password-protected", "unpack it and give its files")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LlmauditError(
            f"{shown} is packed by a method other than deflate", "unpack it and give its files"
        )
    try:
        with archive.open(info) as stream:
            data = stream.read(cap + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise LlmauditError(f"{shown} is damaged", "download the export again") from None
    if len(data) > cap:
        raise LlmauditError(
            f"{shown} unpacks to more than the rest of its archive leaves room for",
            "unpack it yourself and give the files one by one",
        )
    _check_size(len(data), info.compress_size, shown)
    return data


def _sheets(data: bytes, archive: zipfile.ZipFile, shown: str) -> Iterator[Table]:
    _check_workbook(archive, shown)
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
        for name in visible:
            yield Table(name, (Layout("", partial(_sheet_rows, book.get_sheet_by_name(name))),))
    except (CalamineError, ValueError):
        raise _damaged(shown) from None
    except BaseException as error:
        # A panic in the parser's native code derives from BaseException; it concerns this file.
        if type(error).__name__ == "PanicException":
            raise _damaged(shown) from None
        raise


def _damaged(shown: str) -> LlmauditError:
    return LlmauditError(
        f"{shown} is a damaged workbook",
        "open it in a spreadsheet program and save it again, or as CSV",
    )


def _check_workbook(archive: zipfile.ZipFile, shown: str) -> None:
    """Refuse a workbook that would unpack, or spread two far cells, into all of the memory."""
    left = 4 * MAX_BYTES
    for info in archive.infolist():
        data = _inflate(archive, info, shown, left)
        left -= len(data)
        if info.filename.startswith("xl/worksheets/"):
            last_row = last_column = 1
            for letters, digits in _CELL.findall(data):
                last_row = max(last_row, int(digits))
                last_column = max(last_column, _column_number(letters))
            if last_row * last_column > MAX_SHEET_CELLS:
                raise LlmauditError(
                    f"{shown} has a sheet that spans {last_row} rows by {last_column} columns; at "
                    f"most {MAX_SHEET_CELLS} cells are read",
                    "save the sheet as CSV",
                )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet_rows(sheet: CalamineSheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        yield number, [cell_text(cell) for cell in cells]


def cell_text(cell: object) -> str:
    """A cell as an export would have written it: ISO dates, whole numbers without ``.0``."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    isoformat = getattr(cell, "isoformat", None)
    return str(isoformat()) if isoformat else str(cell)
