"""TOML, properties and INI files as nodes."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from llmaudit.connectors.code.surfaces.nodes import DEPTH, Document, Items, Node, Scalar, Table

_PAIR = re.compile(r"^\s*([A-Za-z0-9_.\-\[\]/]+)\s*[=:]\s*(.*)$")
_SECTION = re.compile(r"^\s*\[([^\]]+)\]\s*$")


def read_toml(text: str) -> Document:
    """Read TOML; the parser gives no positions, so each key is looked up in the text."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Document(problems=[f"it is not valid TOML: {error}"])
    lines = text.splitlines()
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        for name in re.findall(r"[A-Za-z0-9_-]+", line.partition("=")[0]):
            places.setdefault(name, []).append(number)
    return Document([_node(values, 1, places, 0)])


def _node(value: Any, after: int, places: dict[str, list[int]], depth: int) -> Node:
    if depth >= DEPTH:
        return Scalar(None, after)
    if isinstance(value, dict):
        table = Table(after)
        for key, inner in value.items():
            known = places.get(str(key).split(".")[-1], [])
            line = next((one for one in known if one >= after), known[0] if known else after)
            table.entries.append((str(key), line, _node(inner, line, places, depth + 1)))
        return table
    if isinstance(value, list):
        return Items(after, [_node(inner, after, places, depth + 1) for inner in value])
    return Scalar(str(value).lower() if isinstance(value, bool) else str(value), after)


def read_pairs(text: str, marks: str = "#!;") -> Document:
    """Read ``name = value`` lines: properties, INI sections, key files.

    Args:
        text: The file.
        marks: Characters that begin a comment.
    """
    table = Table(1)
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare[0] in marks:
            continue
        head = _SECTION.match(bare)
        if head:
            section = f"{head[1].strip()}."
            continue
        pair = _PAIR.match(bare)
        if pair:
            table.entries.append(
                (section + pair[1], number, Scalar(pair[2].strip().strip("\"'"), number))
            )
    return Document([table])
