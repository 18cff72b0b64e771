"""Where values stand in a JSON text, which the standard parser does not say.

The text must have been parsed as a whole before: these functions assume that it is valid.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def breaks(text: str) -> list[int]:
    """Offsets of the line ends, for `line`."""
    return [match.start() for match in re.finditer("\n", text)]


def line(breaks: list[int], at: int) -> int:
    """The 1-based line of an offset."""
    return bisect.bisect_left(breaks, at) + 1


def value(text: str, at: int) -> object:
    """The value that begins at an offset."""
    found: object = _DECODER.raw_decode(text, at)[0]
    return found


def top(text: str) -> dict[str, int]:
    """Offsets of the values of the outermost object, by key."""
    return members(text, _after_space(text, 0))


def members(text: str, at: int) -> dict[str, int]:
    """Offsets of the values of the object at ``at``; the last of equal keys counts."""
    return {key: start for key, _, start in _pairs(text, at)}


def keys(text: str, at: int) -> dict[str, int]:
    """Offsets of the keys of the object at ``at``; the last of equal keys counts."""
    return {key: start for key, start, _ in _pairs(text, at)}


def items(text: str, at: int) -> Iterator[int]:
    """Offsets of the elements of the array at ``at``."""
    at = _after_space(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, at)


def _pairs(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    at = _after_space(text, at + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        start = _after_space(text, _after_space(text, end) + 1)
        yield key, at, start
        at = _next(text, start)


def _next(text: str, at: int) -> int:
    """Past the value at ``at`` and the comma behind it."""
    _, end = _DECODER.raw_decode(text, at)
    end = _after_space(text, end)
    return _after_space(text, end + 1) if text[end] == "," else end


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
