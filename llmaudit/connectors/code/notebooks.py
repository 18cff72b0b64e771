"""Jupyter notebooks (nbformat 2 to 4) to one Python source with a map back to cells and lines."""

from __future__ import annotations

import ast
import bisect
import hashlib
import io
import json
import re
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmaudit.connectors.code import positions

# Cell magics whose body is run as Python in the notebook's own kernel.
_PYTHON_MAGICS = frozenset(
    {"capture", "debug", "heat", "ipytest", "lprun", "memit", "mprun", "prun", "pyinstrument"}
    | {"pypy", "python", "python2", "python3", "scalene", "snakeviz", "time", "timeit"}
)
# Magics whose own line carries a Python statement that is run.
_STATEMENT_MAGICS = re.compile(
    r"%%?(?:debug|lprun|memit|mprun|prun|snakeviz|time|timeit)\s+"
    r"(?:-(?:[nrpslTDtf]\s*\S+|\w+)\s+)*(?=[^\s-])"
)
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w.,\s\[\]'\"*]+?=\s*)([!%]\S.*)$")
_HELP = re.compile(r"^\s*(?:\?{1,2}\s*[%\w.*]+|[%\w.*\[\]'\"]+\?{1,2})\s*;?\s*$")
_PIECE = re.compile(
    r"""(?P<triple>'{3}|"{3})|(?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<comment>#.*)|(?P<open>[([{])|(?P<close>[)\]}])"""
)
# Languages whose cells are Python and more.
_SUPERSETS = {"coconut", "sage", "sagemath"}
_KERNELS = {"bash": "bash", "deno": "typescript", "ir": "r", "javascript": "javascript"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell in the extracted source.

    Attributes:
        index: 0-based, counting cells of every kind.
        id: The cell's own id (nbformat 4.5), else the start of its source's SHA-256.
        first_line: Its first line in the extracted source, 1-based.
        raw_lines: For each of its lines the line in the notebook's file, 1-based.
    """

    index: int
    id: str
    first_line: int
    raw_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of the extracted source stands; lines are 1-based, the cell 0-based."""

    cell: int
    cell_id: str
    cell_line: int
    raw_line: int


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a notebook holds.

    Attributes:
        source: Lines of the code cells, one after the other. Magics became ``pass``.
        cells: The code cells, in order.
        skipped: Code cells that are not Python, with the language or magic that says so, or
            that are not complete, as (cell index, reason).
        language: The kernel's language where it is not Python; nothing was extracted then.
        problem: Why the notebook cannot be read; nothing was extracted then.
    """

    source: str = ""
    cells: tuple[Cell, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()
    language: str = ""
    problem: str = ""

    def place(self, line: int) -> Place:
        """Where a line of the source stands in the notebook.

        Raises:
            IndexError: The source has no such line.
        """
        at = bisect.bisect_right(self.cells, line, key=lambda cell: cell.first_line) - 1
        if at < 0 or line - self.cells[at].first_line >= len(self.cells[at].raw_lines):
            raise IndexError(f"the notebook's source has no line {line}")
        cell = self.cells[at]
        offset = line - cell.first_line
        return Place(cell.index, cell.id, offset + 1, cell.raw_lines[offset])


@dataclass(frozen=True, slots=True)
class _RawCell:
    index: int
    fields: Mapping[str, Any]
    lines: tuple[str, ...]
    raw_lines: tuple[int, ...]


def extract(text: str) -> Notebook:
    """Take the Python out of a notebook's JSON.

    Args:
        text: The whole file.
    """
    if not text.strip():
        return Notebook(problem="the file is empty")
    try:
        document = json.loads(text)
        language = _language(document)
        if language:
            return Notebook(language=language)
        raw = list(_code_cells(text, document))
    except json.JSONDecodeError as error:
        return Notebook(problem=f"line {error.lineno}: not valid JSON: {error.msg.lower()}")
    except RecursionError:
        return Notebook(problem="its JSON is nested too deeply")
    except (ValueError, TypeError, KeyError, AttributeError):
        return Notebook(problem="valid JSON, but not in the form of a notebook")
    cells: list[Cell] = []
    skipped: list[tuple[int, str]] = []
    source: list[str] = []
    for cell in raw:
        lines, reason = _python(cell)
        if reason:
            skipped.append((cell.index, reason))
        cells.append(Cell(cell.index, _identity(cell), len(source) + 1, cell.raw_lines))
        source.extend(lines)
    joined = "".join(f"{line}\n" for line in source)
    # JSON can spell half of a surrogate pair, which no encoding of text can hold.
    clean = joined.encode("utf-8", "replace").decode()
    return Notebook(clean, tuple(cells), tuple(skipped))


def _language(document: Mapping[str, Any]) -> str:
    """The kernel's language in lower case; empty for Python and where nothing is said."""
    metadata = document.get("metadata") or {}
    spec = metadata.get("kernelspec") or {}
    said = (metadata.get("language_info") or {}).get("name") or spec.get("language")
    name = str(said or _KERNELS.get(str(spec.get("name", "")).lower(), "python")).lower()
    return "" if "python" in name or name in _SUPERSETS else name


def _identity(cell: _RawCell) -> str:
    own = cell.fields.get("id")
    if isinstance(own, str) and own:
        return own
    whole = "\n".join(cell.lines).encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).hexdigest()[:12]


def _code_cells(text: str, document: Mapping[str, Any]) -> Iterator[_RawCell]:
    """Walk the JSON again by position, so that equal strings keep their own lines."""
    breaks = positions.breaks(text)
    top = positions.top(text)
    if "cells" in document:
        lists = [(document["cells"], top["cells"])]
    else:
        starts = positions.items(text, top["worksheets"])
        sheets = [
            (sheet, positions.members(text, at))
            for sheet, at in zip(document["worksheets"], starts, strict=True)
        ]
        lists = [(sheet["cells"], places["cells"]) for sheet, places in sheets if "cells" in sheet]
    index = 0
    for cells, start in lists:
        for fields, at in zip(cells, positions.items(text, start), strict=True):
            if fields.get("cell_type") == "code":
                members = positions.members(text, at)
                place = members.get("source", members.get("input"))
                lines, raw = _lines(text, place, breaks) if place is not None else ((), ())
                yield _RawCell(index, fields, lines, raw)
            index += 1


def _lines(text: str, at: int, breaks: list[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Lines of a cell, and the line of the file that each begins on."""
    literals = list(positions.items(text, at)) if text[at] == "[" else [at]
    lines: list[str] = []
    raw_lines: list[int] = []
    continues = False
    for literal in literals:
        piece = positions.value(text, literal)
        if not isinstance(piece, str):
            raise TypeError("a cell's source holds something else than text")
        raw_line = positions.line(breaks, literal)
        first, *rest = piece.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if continues:
            lines[-1] += first
        else:
            lines.append(first)
            raw_lines.append(raw_line)
        lines.extend(rest)
        raw_lines.extend(raw_line for _ in rest)
        # A piece that ends its line leaves an empty one behind, which the next piece fills.
        continues = bool(lines[-1])
        if not continues:
            lines.pop()
            raw_lines.pop()
    return tuple(lines), tuple(raw_lines)


def _python(cell: _RawCell) -> tuple[tuple[str, ...], str]:
    """The cell's lines as Python, as many as before, and why it was skipped if it was."""
    language = _cell_language(cell.fields)
    if language:
        return _commented(cell.lines), language
    lines = _dedented(cell.lines)
    if _parses(lines):
        return lines, ""
    first = next((line.strip() for line in lines if line.strip()), "")
    magic = re.match(r"%%(\w[\w.]*)", first)
    if magic and magic.group(1) not in _PYTHON_MAGICS:
        return _commented(cell.lines), f"%%{magic.group(1)}"
    without = tuple(_without_magics(lines))
    if not _parses(without) and not _is_complete(without):
        # An open bracket or string would swallow the cells that follow.
        return _commented(cell.lines), "not complete Python"
    return without, ""


def _cell_language(fields: Mapping[str, Any]) -> str:
    metadata = fields.get("metadata") or {}
    said = fields.get("language") or (metadata.get("vscode") or {}).get("languageId") or "python"
    return "" if "python" in str(said).lower() else str(said).lower()


def _commented(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"# {line}" if line.strip() else "" for line in lines)


def _dedented(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without the indent of the first line, which the kernel takes away as well."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return tuple(line.removeprefix(indent) for line in lines) if indent else lines


def _parses(lines: tuple[str, ...]) -> bool:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            # What the parser thinks of a cell's escapes is no concern of the reader.
            warnings.simplefilter("ignore")
            compile("\n".join(lines), "cell", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_complete(lines: tuple[str, ...]) -> bool:
    """Whether every bracket and string of a cell is closed, so that the next cell is its own."""
    source = "".join(f"{line}\n" for line in lines)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return False
    # Before Python 3.12 a stray quote is an error token, not an exception.
    return not any(t.type == tokenize.ERRORTOKEN and t.string[:1] in "\"'" for t in tokens)


def _without_magics(lines: tuple[str, ...]) -> Iterator[str]:
    """Turn magics, shell lines and help requests into Python, line for line.

    Only the beginning of a statement can be one: ``% (a, b)`` on a line of its own is a
    modulo inside brackets or text inside a string.
    """
    depth, quote, continued, shell = 0, "", False, False
    for line in lines:
        if shell:
            yield f"# {line}"
            shell = line.rstrip().endswith("\\")
            continue
        if depth == 0 and not quote and not continued:
            body = line.lstrip()
            indent = line[: len(line) - len(body)]
            statement = _STATEMENT_MAGICS.match(body)
            assigned = _ASSIGNED_MAGIC.match(line)
            if statement:
                # The statement keeps its column: `%time x` is as long as `if 1: x`.
                line = indent + "if 1:".ljust(statement.end()) + body[statement.end() :]
            elif body[:1] in ("%", "!") or _HELP.match(line):
                yield f"{indent}pass  # {body}"
                shell = body.rstrip().endswith("\\")
                continue
            elif assigned:
                yield f"{assigned.group(1)}None  # {assigned.group(2)}"
                shell = line.rstrip().endswith("\\")
                continue
        depth, quote = _open_after(line, depth, quote)
        continued = line.endswith("\\")
        yield line


def _open_after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets and which triple quote are open at the end of a line."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + 3, ""
            continue
        piece = _PIECE.search(line, at)
        if piece is None or piece["comment"] is not None:
            break
        at = piece.end()
        quote = piece["triple"] or ""
        depth = max(0, depth + (piece["open"] is not None) - (piece["close"] is not None))
    return depth, quote
