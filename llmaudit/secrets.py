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


def keys_in(text: str, catalogue: Catalogue) -> list[str]:
    """Every whole key of a shape the catalogue knows, in the order in which they stand."""
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
    return re.compile("|".join(f"(?:{key.pattern})" for key in catalogue.key_patterns))
