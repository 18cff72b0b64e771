"""Evidence to assets: union-find on ``same_as``, then redacted forms where they are unique.

``same_as`` is the only thing that says that two pieces of evidence are of one thing.
``relates`` never merges; once the assets stand, relations that name one of them point at it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from llmaudit.keyforms import Shown, compare_forms
from llmaudit.matching import CallKey, link_order, match_assets, parse_call_key
from llmaudit.model import ASSET_KINDS, Asset, AssetKind, Context, EffectiveTag, Evidence, Relation

__all__ = ["CallKey", "asset_id", "link_order", "match_assets", "parse_call_key", "resolve"]

PREFIXES: dict[AssetKind, str] = {
    "call": "call",
    "sdk": "sdk",
    "automation": "auto",
    "api_key": "key",
    "secret": "secret",
    "deployment": "dep",
    "route": "route",
    "project": "proj",
    "app": "app",
    "seat": "seat",
    "egress": "egress",
    "expense": "exp",
}

Members = tuple[Evidence, ...]

_DIGITS = 12
_CONTEXTS: tuple[Context, ...] = ("app", "example", "test", "generated", "vendored")
_NOBODY = frozenset({None, "", "*", "unknown"})
# One empty mapping for all: a later stage fills the field in a copy.
_NO_TAGS: Mapping[str, EffectiveTag] = {}
_UNIQUE_IDS = frozenset({"arn", "key-id", "key-sha256"})


def asset_id(links: Iterable[str], kind: AssetKind) -> str:
    """The id of an asset: prefix of its kind and digest of its first link.

    Args:
        links: Its links, at least one, in any order.
        kind: Its kind.

    Returns:
        ``<prefix>-<12 hex>``.
    """
    return _id(min(links, key=link_order), kind)


def _id(first_link: str, kind: AssetKind) -> str:
    digest = hashlib.sha256(first_link.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{PREFIXES[kind]}-{digest[:_DIGITS]}"


def resolve(evidence: Sequence[Evidence]) -> tuple[Asset, ...]:
    """Make one asset of all evidence of one thing.

    Evidence that shares a link, directly or over others, is of one thing. Evidence without
    a link is a thing of its own, named by its connector, kind, place and name. After that, a
    redacted form joins keys of one provider and organisation where it fits nothing else;
    where it does, the assets name each other in ``ambiguous_with``.

    Args:
        evidence: In any order; the result does not depend on it. Exact repetitions count
            once.

    Returns:
        Assets sorted by kind and id. Relations name an asset by its id where they named
        one of its links.
    """
    groups = _by_shared_links(evidence)
    verdicts = compare_forms(_shown_keys(groups))
    for joined in verdicts.same:
        groups[joined[0]] = _sorted([piece for number in joined for piece in groups[number]])
        for number in joined[1:]:
            groups[number] = ()
    links = [_links_of(members) for members in groups]
    ids = [
        _id(own[0], _kind(members)) if own else ""
        for own, members in zip(links, groups, strict=True)
    ]
    named = {relation.to for piece in evidence for relation in piece.relates}
    targets = {
        link: ids[number] for number, own in enumerate(links) for link in own if link in named
    }
    assets = [
        Asset(
            id=ids[number],
            kind=_kind(members),
            name=next((piece.name for piece in members if piece.name), links[number][0]),
            evidence=members,
            same_as=links[number],
            relations=_relations(members, ids[number], targets),
            ambiguous_with=tuple(
                sorted(ids[other] for other in verdicts.ambiguous.get(number, ()))
            ),
            provider=_provider(members),
            models=_models(members),
            context=_context(members),
            tags=_NO_TAGS,
        )
        for number, members in enumerate(groups)
        if members
    ]
    assets.sort(key=lambda asset: (asset.kind, asset.id))
    return tuple(assets)


def _by_shared_links(evidence: Sequence[Evidence]) -> list[Members]:
    """Union-find with path halving; a root is the lowest number of its set."""
    parent = list(range(len(evidence)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[str, int] = {}
    for number, piece in enumerate(evidence):
        for link in _links(piece):
            other = first.setdefault(link, number)
            if other != number:
                a, b = root(number), root(other)
                parent[max(a, b)] = min(a, b)
    several: dict[int, list[Evidence]] = {}
    for number, piece in enumerate(evidence):
        lowest = root(number)
        if lowest != number:
            several.setdefault(lowest, [evidence[lowest]]).append(piece)
    return [
        _sorted(several[number]) if number in several else (evidence[number],)
        for number in range(len(evidence))
        if parent[number] == number
    ]


def _links(evidence: Evidence) -> tuple[str, ...]:
    if evidence.same_as:
        return evidence.same_as
    where = evidence.where
    place = where.uri or f"{where.repo}:{where.path}:{where.line}:{where.column}"
    return (f"seen:{evidence.connector}:{evidence.kind}:{place}:{evidence.name}",)


def _shown_keys(groups: Iterable[Members]) -> Iterator[Shown]:
    for number, members in enumerate(groups):
        if all(piece.redacted is None for piece in members):
            continue
        ids = frozenset(_unique_ids(link for piece in members for link in piece.same_as))
        for piece in members:
            key = piece.redacted
            if key is not None and key.provider not in _NOBODY:
                provider = key.provider.casefold()
                yield Shown(number, piece.connector, provider, key.organization, key.form, ids)


def _unique_ids(links: Iterable[str]) -> Iterable[str]:
    """The kinds of link of which a key has only one; an id is the provider's own."""
    for link in links:
        kind, _, rest = link.partition(":")
        if kind in _UNIQUE_IDS:
            yield f"{kind}:{rest.partition(':')[0]}" if kind == "key-id" else kind


def _sorted(members: Iterable[Evidence]) -> Members:
    """Register rows last, then by connector, place and name; exact repetitions go."""
    by_place: dict[tuple[bool | int | str, ...], list[Evidence]] = defaultdict(list)
    for piece in members:
        where = piece.where
        place = (
            piece.register,
            piece.connector,
            where.repo or "",
            where.path or "",
            where.line or 0,
            where.column or 0,
            where.uri or "",
            piece.name,
        )
        by_place[place].append(piece)
    found: list[Evidence] = []
    for _, there in sorted(by_place.items(), key=itemgetter(0)):
        once = {_text(piece): piece for piece in there} if len(there) > 1 else {"": there[0]}
        found += [once[text] for text in sorted(once)]
    return tuple(found)


def _text(evidence: Evidence) -> str:
    """All that evidence says, equal for equal evidence: attributes have no order."""
    return "\0".join(
        repr(sorted(evidence.attributes.items()) if name == "attributes" else value)
        for name in Evidence.__slots__
        for value in (getattr(evidence, name),)
    )


def _links_of(members: Members) -> tuple[str, ...]:
    if len(members) == 1 and len(members[0].same_as) == 1:
        return members[0].same_as
    return tuple(sorted({link for piece in members for link in _links(piece)}, key=link_order))


def _kind(members: Members) -> AssetKind:
    if len(members) == 1:
        return members[0].kind
    seen = {piece.kind for piece in members if not piece.register}
    return min(seen or {piece.kind for piece in members}, key=ASSET_KINDS.index)


def _provider(members: Members) -> str | None:
    for piece in members:
        if piece.provider not in _NOBODY:
            return piece.provider
    return "unknown" if any(piece.provider == "unknown" for piece in members) else None


def _models(members: Members) -> tuple[str, ...]:
    if len(members) == 1 and len(members[0].models) < 2:
        return members[0].models
    return tuple(sorted({model for piece in members for model in piece.models}))


def _context(members: Members) -> Context:
    if len(members) == 1:
        return members[0].context or "app"
    seen = {piece.context for piece in members}
    return next((context for context in _CONTEXTS if context in seen), "app")


def _relations(members: Members, own_id: str, targets: Mapping[str, str]) -> tuple[Relation, ...]:
    """Relations to other things; one that names the asset itself says nothing."""
    if len(members) == 1 and not any(one.to in targets for one in members[0].relates):
        return _ordered(members[0].relates)
    found: set[Relation] = set()
    for piece in members:
        for relation in piece.relates:
            target = targets.get(relation.to)
            if target is None:
                found.add(relation)
            elif target != own_id:
                found.add(Relation(relation.type, target, relation.evidence))
    return _ordered(tuple(found))


def _ordered(relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
    if len(relations) < 2:
        return relations
    return tuple(sorted(set(relations), key=lambda one: (one.type, one.to, one.evidence)))
