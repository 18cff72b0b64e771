"""Plain tables for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Columns under their names, two spaces apart; the last one is as wide as it likes."""
    if not rows:
        return "none\n"
    names = list(rows[0])
    lines = [[name.replace("_", " ").upper() for name in names]]
    lines += [[row[name] for name in names] for row in rows]
    widths = [max(len(line[number]) for line in lines) for number in range(len(names))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
