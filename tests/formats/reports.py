"""Reports drawn by hypothesis: any value that the model's types allow."""

from __future__ import annotations

import dataclasses
import types
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from llmaudit.model import Asset, Evidence, Report, Repository, UsageTotal

# Surrogates and control characters included: a file may be called anything.
TEXT = st.text(st.characters(), max_size=6)
MONEY = st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.sampled_from(
    [Decimal("1E+3"), Decimal("-0.000000000000000000001"), Decimal("0E-10")]
)
COUNTS = st.integers(0, 10**12).map(Decimal) | st.decimals(0, 10**6, places=4)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(0, 10**15),
    Decimal: MONEY,
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Any: _JSON,
}
_FIELDS: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (UsageTotal, "requests"): COUNTS,
    # Not rendered, so not read back.
    (Repository, "codeowners"): st.none(),
}


def is_safe(text: str) -> bool:
    """Whether no character controls, hides, turns around or cannot be encoded."""
    return not {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type of the model."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.none() | of(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        least = 1 if arguments[0] is Evidence else 0
        return st.lists(of(arguments[0]), min_size=least, max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXT, of(arguments[1]), max_size=2)
    hints = get_type_hints(hint)
    return st.builds(
        hint,
        **{
            field.name: (
                _FIELDS[hint, field.name]
                if (hint, field.name) in _FIELDS
                else of(hints[field.name])
            )
            for field in dataclasses.fields(hint)
        },
    )


REPORTS: st.SearchStrategy[Report] = st.deferred(lambda: of(Report))
ASSETS: st.SearchStrategy[Asset] = st.deferred(lambda: of(Asset))
