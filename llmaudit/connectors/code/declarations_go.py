"""Go's manifest, ``go.mod``; ``go.sum`` adds nothing that a tree asks for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmaudit.connectors.code.declarations import Declared

_MODULE = re.compile(r"^\s*module\s+\"?([^\s\"]+)", re.MULTILINE)
_BLOCK = re.compile(r"(\w+)\s*\($")
_REQUIRED = re.compile(r"\"?([\w.~/-]+\.[\w.~/-]+)\"?\s+(v\S+)")


def module_path(text: str) -> str:
    """The path under which the module's packages are imported; empty where none is stated."""
    found = _MODULE.search(text)
    return found.group(1) if found else ""


def go_mod(text: str) -> Iterator[Declared | str]:
    """``go.mod``: what it requires directly, and what it replaces that by."""
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        row, _, remark = line.partition("//")
        row = row.strip()
        opened = _BLOCK.match(row)
        if opened:
            block = opened.group(1)
            continue
        if row == ")":
            block = ""
            continue
        verb, _, rest = row.partition(" ")
        if block:
            verb, rest = block, row
        if verb == "replace":
            # `replace old => new v1.2.3`: the new module is what is built.
            rest = rest.partition("=>")[2]
        if verb in ("require", "replace") and remark.strip() != "indirect":
            found = _REQUIRED.match(rest.strip())
            if found:
                yield Declared(number, "go", found.group(1), found.group(2))
            elif verb == "require" and rest.strip():
                yield f"line {number}: not a requirement that can be read"
