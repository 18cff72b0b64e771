"""Take whole keys out of text that somebody typed into the wrong cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from llmaudit.redact import redacted_form

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

_SHORTEST = 16
_WORD = re.compile(rf"[^\s\"'`,;=:()<>\[\]{{}}|]{{{_SHORTEST},}}")


def keys_in(text: str, catalogue: Catalogue) -> list[str]:
    """Every whole key of a shape the catalogue knows, in the order in which they stand."""
    if len(text) < _SHORTEST:
        return []
    return [word for word in _WORD.findall(text) if catalogue.key(word)]


def hider(catalogue: Catalogue) -> Callable[[str], str]:
    """A function that returns a text with every such key in redacted form."""

    def word(match: re.Match[str]) -> str:
        return redacted_form(match[0]) if catalogue.key(match[0]) else match[0]

    @lru_cache(maxsize=8192)
    def hide(text: str) -> str:
        return _WORD.sub(word, text) if len(text) >= _SHORTEST else text

    return hide
