"""The tag value that counts for a key: where each stands and what it overruled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from llmaudit.attribution.required import Requirements
from llmaudit.links import SCOPES, RegisterRow
from llmaudit.model import Asset, EffectiveTag, Evidence, Tag

RANKS = {
    "call": 0,
    "client": 1,
    "comment": 2,
    "path_map": 3,
    "resource": 4,
    "related": 4,
    "register": 5,
}
PLACEHOLDERS = frozenset({"", "-", "--", "n/a", "na", "none", "null", "tbd", "todo", "unknown"})

_REGISTER = RANKS["register"]
_ANY_KEY = frozenset({"", "*", "**"})
_SCOPE_OF_KIND = {"api_key": 0, "secret": 0, "deployment": 1, "seat": 2, "app": 3, "project": 4}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One tag that may count for an asset.

    Attributes:
        rank: Of its source, lower overrules higher.
        nearness: Among equal ranks: hops to a related asset, or how closely a register row
            names the asset.
        counts: False for the audited tree's word where it is not trusted.
    """

    rank: int
    nearness: tuple[int, ...]
    tag: Tag
    counts: bool = True

    @property
    def literal(self) -> str | None:
        """The value where it is one that counts; None for dynamic and placeholder values."""
        value = self.tag.value
        if not self.counts or value is None or is_placeholder(value):
            return None
        return value.strip()

    @property
    def dynamic(self) -> bool:
        """Whether the source may hold a value that was not readable."""
        return self.counts and self.tag.value is None


@lru_cache(maxsize=4096)
def is_placeholder(value: str) -> bool:
    """Whether a value stands for no value, such as ``unknown``, ``n/a`` or ``-``."""
    return value.strip().casefold() in PLACEHOLDERS


def candidates(
    asset: Asset,
    rules: Requirements,
    *,
    mapped: Iterable[Candidate],
    rows: Iterable[RegisterRow],
    others: Iterable[tuple[int, Asset]],
) -> dict[str, list[Candidate]]:
    """Every tag that may count for an asset, by canonical key, the strongest first.

    Args:
        asset: The asset.
        rules: Gives each key its canonical name.
        mapped: Tags the path map gives it.
        rows: What `links.match_register` found for it.
        others: What `links.related` found for it.

    Returns:
        Candidates by key; what may hold any key stands under ``"*"``.
    """
    found = list(mapped)
    for evidence in asset.evidence:
        if evidence.tags or evidence.tagging == "dynamic":
            found += _own(evidence)
    for row in rows:
        if row.rank:
            found += [_registered(tag, row.rank) for tag in row.row.tags]
    for hops, other in others:
        for evidence in other.evidence:
            if evidence.register:
                rank = (_SCOPE_OF_KIND.get(other.kind, len(SCOPES)), 0, hops)
                found += [_registered(tag, rank) for tag in evidence.tags]
            else:
                found += [
                    Candidate(RANKS["related"], (hops,), replace(tag, source="related"))
                    for tag in evidence.tags
                ]
    by_key: dict[str, list[Candidate]] = {}
    if not found:
        return by_key
    for candidate in _distinct(found):
        key = candidate.tag.key.strip()
        by_key.setdefault("*" if key in _ANY_KEY else rules.canonical(key), []).append(candidate)
    return by_key


def _distinct(found: list[Candidate]) -> list[Candidate]:
    if len(found) > 1:
        found.sort(key=strongest_first)
        found = [one for at, one in enumerate(found) if at == 0 or one != found[at - 1]]
    return found


def _own(evidence: Evidence) -> list[Candidate]:
    if evidence.register:
        return [_registered(tag, ()) for tag in evidence.tags]
    found = [Candidate(RANKS.get(tag.source, RANKS["related"]), (), tag) for tag in evidence.tags]
    if evidence.tagging == "dynamic" and not any(c.tag.value is None for c in found):
        # The code read says that tags may pass here without naming a key.
        found.append(Candidate(RANKS["call"], (), Tag("*", None, "call", where=evidence.where)))
    return found


def _registered(tag: Tag, nearness: tuple[int, ...]) -> Candidate:
    own = tag if tag.source == "register" else replace(tag, source="register")
    return Candidate(_REGISTER, nearness, own)


def says(candidate: Candidate) -> tuple[object, ...]:
    """All that counts of a candidate once candidates stand in their order: all but its place."""
    tag = candidate.tag
    return (
        candidate.rank,
        candidate.nearness,
        candidate.counts,
        tag.key,
        tag.value,
        tag.source,
        tag.mechanism,
        tag.reaches_bill,
        tag.by_tree,
    )


def strongest_first(candidate: Candidate) -> tuple[object, ...]:
    """Sort key of candidates: by rank, then nearness, then by what they are."""
    tag = candidate.tag
    return (
        candidate.rank,
        candidate.nearness,
        tag.key,
        tag.mechanism,
        tag.value is None,
        tag.value or "",
        (tag.where.repo or "", str(tag.where)) if tag.where is not None else (),
        tag.by_tree,
        repr(tag.reaches_bill),
        candidate.counts,
    )


def effective(found: Sequence[Candidate]) -> tuple[EffectiveTag, bool]:
    """The value that counts, and whether counting sources differ.

    A dynamic source neither satisfies nor blocks: the strongest literal counts. A wider
    register row is a default that a closer one replaces, so the two do not conflict.

    Args:
        found: Candidates of one key, strongest first; not empty.
    """
    literals = [one.literal for one in found]
    value = next((literal for literal in literals if literal is not None), None)
    if value is None:
        open_ = next((c for c in found if c.dynamic), None)
        rest = tuple(c.tag for c in found if c is not open_)
        if open_ is None:
            return EffectiveTag(None, "none", "", None, rest), False
        tag = open_.tag
        return (
            EffectiveTag(None, tag.source, tag.mechanism, tag.reaches_bill, rest, tag.by_tree),
            False,
        )
    tag = found[literals.index(value)].tag
    closest = next(
        (c.nearness for c, text in zip(found, literals, strict=True) if text and _is_row(c)), None
    )
    agreeing: list[Tag] = []
    overruled: list[Tag] = []
    conflict = False
    for one, literal in zip(found, literals, strict=True):
        if closest is not None and _is_row(one) and one.nearness > closest:
            continue
        if literal is not None and literal.casefold() == value.casefold():
            agreeing.append(one.tag)
        else:
            overruled.append(one.tag)
            conflict = conflict or literal is not None
    bills = {one.reaches_bill for one in agreeing}
    return (
        EffectiveTag(
            value,
            tag.source,
            tag.mechanism,
            True if True in bills else False if False in bills else None,
            tuple(overruled),
            all(one.by_tree for one in agreeing),
        ),
        conflict,
    )


def _is_row(candidate: Candidate) -> bool:
    return candidate.rank == _REGISTER
