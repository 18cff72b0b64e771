"""Scripts in a word: ``bash -c '...'``, ``ssh host "..."``, ``eval "..."``."""

from __future__ import annotations

import re
from collections.abc import Sequence as Row
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmaudit.connectors.code.syntax.nodes import text_of
from llmaudit.connectors.code.syntax.tree import Call

if TYPE_CHECKING:
    from tree_sitter import Node

_SHELLS = {"bash", "sh", "zsh", "dash", "ash", "ksh"}
# Programs whose last word is a script.
_TAKE_ONE = {"eval", "ssh", "watch"}
_ESCAPED = re.compile(rb'\\([\\"$`])')


@dataclass(frozen=True, slots=True)
class Script:
    """A script that stands in a word; ``origin`` has each byte's offset in the file."""

    data: bytes
    origin: tuple[int, ...]
    line: int

    def moved(self, call: Call, key: tuple[int, int]) -> tuple[Call, tuple[int, int]]:
        """A call of the script with the place in the file."""
        first, last = self.origin[key[0]], self.origin[key[1] - 1] + 1
        start, end = self.origin[call.start], self.origin[call.end - 1] + 1
        line, end_line = call.line + self.line, call.end_line + self.line
        return replace(call, start=start, end=end, line=line, end_line=end_line), (first, last)


def script_of(words: Row[Node], data: bytes) -> Script | None:
    """The script among a command's words; None where there is none."""
    texts = [text_of(word).strip("\"'").rpartition("/")[2] for word in words]
    for at in range(len(words) - 2):
        if texts[at] in _SHELLS and re.fullmatch(r"-\w*c", texts[at + 1]):
            return _read(words[at + 2], data)
    if texts[0] in _TAKE_ONE and len(words) > 1:
        return _read(words[-1], data)
    return None


def _read(word: Node, data: bytes) -> Script | None:
    if word.type not in ("raw_string", "string"):
        return None
    start, end = word.start_byte + 1, word.end_byte - 1
    line = word.start_point[0]
    inner = data[start:end]
    if word.type == "raw_string":
        return Script(inner, tuple(range(start, end)), line)
    text, origin, at = bytearray(), list[int](), 0
    for match in _ESCAPED.finditer(inner):
        text += inner[at : match.start()] + match[1]
        origin += [*range(start + at, start + match.start()), start + match.end() - 1]
        at = match.end()
    text += inner[at:]
    origin += range(start + at, end)
    return Script(bytes(text), tuple(origin), line)
