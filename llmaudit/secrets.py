"""Take whole keys out of text that somebody wrote into the wrong place."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from llmaudit.redact import redacted_form

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

_SHORTEST = 16
# No word, however long, mixes digits and letters over so many characters.
_RANDOM = r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{20}"


def keys_in(text: str, catalogue: Catalogue) -> list[str]:
    """Every whole key of a form or prefix the catalogue knows, in the order in which they stand."""
    return [match[0] for match in _any_key(catalogue).finditer(text)]


def hider(catalogue: Catalogue) -> Callable[[str], str]:
    """A function that returns a text with every such key in redacted form."""
    pattern = _any_key(catalogue)

    @lru_cache(maxsize=8192)
    def hide(text: str) -> str:
        if len(text) < _SHORTEST:
            return text
        return pattern.sub(lambda match: redacted_form(match[0]), text)

    return hide


@lru_cache(maxsize=4)
def _any_key(catalogue: Catalogue) -> re.Pattern[str]:
    """The known forms first, then whatever begins as a key does and holds a random run.

    Vendors change the length and the inside of their keys more often than the prefix, and a
    key that is not recognised would enter the report as the name of something.
    """
    heads = sorted({key.prefix for key in catalogue.key_patterns}, key=lambda p: (-len(p), p))
    whole = "|".join(f"(?:{key.pattern})" for key in catalogue.key_patterns)
    begun = "|".join(map(re.escape, heads))
    return re.compile(rf"{whole}|(?<![A-Za-z0-9])(?:{begun})[\w-]{{0,40}}?{_RANDOM}[\w-]*")
