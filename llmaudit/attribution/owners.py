"""Who answers for an asset: the strongest source that names somebody who still works here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from llmaudit.attribution.registers import PeopleRegister
from llmaudit.attribution.tags import Candidate, is_placeholder
from llmaudit.links import RegisterRow
from llmaudit.model import Asset, Owner

LEVELS = {
    "tag": 0,
    "register": 1,
    "path_map": 2,
    "codeowners": 3,
    "related": 4,
    "key_owner": 5,
    "seat_holder": 5,
    "hint": 6,
}

NOBODY = Owner()

HUMAN = frozenset({"key_owner", "seat_holder"})
_BETWEEN = re.compile(r"[,;]")
_OWN_TAG = frozenset({"call", "client", "comment", "resource"})

# Level, nearness within the level, place (a tie-break that no order of reading changes),
# the names and the source as it is reported.
Named = tuple[int, tuple[int, ...], str, tuple[str, ...], str]


def owner_of(
    asset: Asset,
    by_key: Mapping[str, Iterable[Candidate]],
    *,
    mapped: str | None,
    code_owners: tuple[str, ...],
    rows: Iterable[RegisterRow],
    others: Iterable[tuple[int, Asset]],
    people: PeopleRegister,
    as_of: date,
) -> Owner:
    """Find the owner of an asset.

    Args:
        asset: The asset.
        by_key: Its tag candidates (`tags.candidates`).
        mapped: Owner by the path map, where that is trusted.
        code_owners: Owners by CODEOWNERS, where that is trusted.
        rows: What `links.match_register` found for it.
        others: What `links.related` found for it.
        people: Who works here.
        as_of: The day the question is asked for.

    Returns:
        The owner by the strongest source that names somebody living; those passed over
        stand beside. Orphaned when every source but hints names people who have left.
    """
    named = [
        *_by_tag(by_key.get("owner", ())),
        *_by_evidence(asset),
        *(
            _named("register", row.rank, str(row.row.where), row.row.owner)
            for row in rows
            if row.row.owner
        ),
        *_by_related(others),
    ]
    if mapped:
        named.append(_named("path_map", (), "", mapped))
    if code_owners:
        named.append((LEVELS["codeowners"], (), "", code_owners, "codeowners"))
    if not named:
        return NOBODY
    named.sort()
    passed: dict[str, None] = {}
    orphan: tuple[str, str] | None = None
    for _, _, _, names, source in named:
        living = [name for name in names if not people.departed(name, as_of)]
        gone = [name for name in names if name not in living]
        if gone and orphan is None and source != "hint":
            orphan = (", ".join(gone), source)
        passed.update(dict.fromkeys(gone))
        if living:
            return Owner(
                ", ".join(living),
                source,
                "hint" if source == "hint" else "active",
                tuple(passed),
            )
    if orphan is None:
        return Owner(passed_over=tuple(passed))
    value, source = orphan
    return Owner(value, source, "orphaned", tuple(n for n in passed if n not in value.split(", ")))


def _named(source: str, nearness: tuple[int, ...], place: str, value: str) -> Named:
    return LEVELS[source], nearness, place, _names(value), source


@lru_cache(maxsize=4096)
def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in _BETWEEN.split(value) if not is_placeholder(name))


def _by_tag(candidates: Iterable[Candidate]) -> Iterable[Named]:
    for one in candidates:
        source = "tag" if one.tag.source in _OWN_TAG else one.tag.source
        if one.literal is not None and source in LEVELS:
            nearness = (one.rank,) if source == "tag" else one.nearness
            yield _named(source, nearness, str(one.tag.where), one.literal)


def _by_evidence(asset: Asset) -> Iterable[Named]:
    for evidence in asset.evidence:
        if evidence.owner and not evidence.register:
            source = evidence.owner_source if evidence.owner_source in LEVELS else "hint"
            yield _named(source or "hint", (), str(evidence.where), evidence.owner)


def _by_related(others: Iterable[tuple[int, Asset]]) -> Iterable[Named]:
    for hops, other in others:
        for evidence in other.evidence:
            if not evidence.owner:
                continue
            if evidence.owner_source in HUMAN:
                source = "key_owner"
            elif evidence.register or evidence.owner_source in ("tag", "register", "related"):
                source = "related"
            else:
                continue
            yield _named(source, (hops,), str(evidence.where), evidence.owner)
