"""Which asset of one report is which asset of another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from llmaudit.model import Asset

LINK_KINDS = (
    "arn",
    "key-id",
    "key-sha256",
    "call",
    "oauth-client",
    "deployment",
    "route",
    "project",
    "app",
    "seat",
    "sdk",
    "secret",
    "automation",
    "egress",
    "expense",
    "register",
)
_RANKS = {kind: rank for rank, kind in enumerate(LINK_KINDS)}
_CALL = re.compile(
    r"call:(?P<repo>[^:]*):(?P<place>.*):(?P<api>[^:]*):(?P<digest>[^:]*):(?P<ordinal>[0-9]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class CallKey:
    """The parts of a call's link.

    Attributes:
        path: Relative to the repository's root.
        symbol: Enclosing symbol, empty at the top of a module.
        digest: Of the call's text without tag arguments and white space.
        ordinal: Tells equal calls of one symbol apart.
    """

    repo: str
    path: str
    symbol: str
    api: str
    digest: str
    ordinal: int


def parse_call_key(link: str) -> CallKey:
    """Take a call's link apart.

    A symbol holds no slash, so the path ends at the first ``#`` after its last slash: both
    ``C#/app.py`` and the private method ``Chat.#ask`` are read as they were written.

    Args:
        link: ``call:<repo>:<path>#<symbol>:<api>:<digest>:<ordinal>``.

    Raises:
        ValueError: The link has another form.
    """
    found = _CALL.fullmatch(link)
    place = found["place"] if found else ""
    path, mark, symbol = place.partition("#")
    while mark and "/" in symbol:
        more, mark, symbol = symbol.partition("#")
        path = f"{path}#{more}"
    if not found or not mark:
        raise ValueError(f"{link!r} is not the key of a call")
    return CallKey(
        found["repo"], path, symbol, found["api"], found["digest"], int(found["ordinal"])
    )


def link_order(link: str) -> tuple[int, str]:
    """Sort key of links: the fixed order of their kinds, unknown kinds last, then the text."""
    return _RANKS.get(link.partition(":")[0], len(LINK_KINDS)), link


def match_assets(old: Iterable[Asset], new: Iterable[Asset]) -> dict[str, str]:
    """Find for each new asset the old one that it is.

    Any link in common settles it, so that a run over code alone and a full run meet. The
    calls that are left are matched as a multiset by repository, path, symbol and api (they
    were edited), then by repository, symbol, api and digest (their file was moved), then by
    repository, path, api and digest (their function was renamed, or the cell of a notebook
    edited around them); within a multiset in the order of their lines. A second equal call
    in a function has no counterpart, so it is new.

    Args:
        old: Assets of the earlier report.
        new: Assets of the later one.

    Returns:
        Ids of new assets and the ids of the old assets they are; an asset that is missing
        is new. Two new assets share an old one only where both hold a link of it.
    """
    old, new = tuple(old), tuple(new)
    by_link = {link: asset.id for asset in old for link in asset.same_as}
    matched: dict[str, str] = {}
    for asset in new:
        shared = [link for link in asset.same_as if link in by_link]
        if shared:
            matched[asset.id] = by_link[min(shared, key=link_order)]
    taken = set(matched.values())
    left_old = _calls(asset for asset in old if asset.id not in taken)
    left_new = _calls(asset for asset in new if asset.id not in matched)
    for likeness in (_edited, _moved, _renamed):
        pairs = _pair(left_old, left_new, likeness)
        matched.update(pairs)
        taken.update(pairs.values())
        left_old = [one for one in left_old if one[1].id not in taken]
        left_new = [one for one in left_new if one[1].id not in matched]
    return matched


_Call = tuple[CallKey, Asset]


def _edited(key: CallKey) -> Hashable:
    return key.repo, key.path, key.symbol, key.api


def _moved(key: CallKey) -> Hashable:
    return key.repo, key.symbol, key.api, key.digest


def _renamed(key: CallKey) -> Hashable:
    return key.repo, key.path, key.api, key.digest


def _calls(assets: Iterable[Asset]) -> list[_Call]:
    found: list[_Call] = []
    for asset in assets:
        key = next(filter(None, map(_call_key, asset.same_as)), None)
        if key is not None and asset.kind == "call":
            found.append((key, asset))
    return sorted(found, key=_by_line)


def _call_key(link: str) -> CallKey | None:
    try:
        return parse_call_key(link)
    except ValueError:
        return None


def _by_line(call: _Call) -> tuple[str, str, int, int, int, str]:
    key, asset = call
    where = asset.where
    return key.repo, key.path, where.line or 0, where.column or 0, key.ordinal, asset.id


def _pair(
    old: Iterable[_Call], new: Iterable[_Call], likeness: Callable[[CallKey], Hashable]
) -> dict[str, str]:
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for key, asset in old:
        waiting[likeness(key)].append(asset.id)
    for ids in waiting.values():
        ids.reverse()
    pairs: dict[str, str] = {}
    for key, asset in new:
        ids = waiting.get(likeness(key), [])
        if ids:
            pairs[asset.id] = ids.pop()
    return pairs
