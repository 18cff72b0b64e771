"""A change as a unified diff that ``git apply`` takes."""

from __future__ import annotations

import difflib

from llmaudit.fix.plan import Change
from llmaudit.formats.printable import printable


def unified(change: Change, *, terminal: bool = False) -> str:
    """The diff of one file.

    Args:
        change: The file before and after.
        terminal: A terminal reads it: characters that would steer it are shown as escapes.
    """
    name = printable(change.path)
    before, after = _lines(change.before), _lines(change.after)
    out: list[str] = []
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        body, ending = (line[:-1], "\n") if line.endswith("\n") else (line, "")
        if terminal:
            body = "\t".join(printable(part, cell=True) for part in body.rstrip("\r").split("\t"))
        out.append(body + (ending or "\n\\ No newline at end of file\n"))
    return "".join(out)


def _lines(data: bytes) -> list[str]:
    """Lines by line feeds alone, as git counts them."""
    parts = data.decode("utf-8").split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
