"""Which redacted forms of keys, shown by different sources, stand for one key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from llmaudit.redact import normal_redaction

_HEAD_MOST, _TAIL_MOST = 40, 16
_TAIL_LEAST, _SHOWN_LEAST = 3, 4


@dataclass(frozen=True, slots=True)
class Shown:
    """One form under which a group of evidence shows its key.

    Attributes:
        group: Number of the group.
        source: The connector that showed it.
        provider: Catalogue id.
        organization: Empty where the source does not say.
        form: The redacted form in any spelling.
        ids: Kinds of identity the group has, such as ``key-sha256`` or ``key-id:openai``. Two
            groups that have a kind in common have different values of it, so different keys.
    """

    group: int
    source: str
    provider: str
    organization: str
    form: str
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the forms settle.

    Attributes:
        same: Groups that are one key, as lists of group numbers.
        ambiguous: For each group that could be another's key, but not surely, those others.
    """

    same: tuple[tuple[int, ...], ...]
    ambiguous: Mapping[int, frozenset[int]]


_Class = tuple[str, str, str]


def split_form(form: str) -> tuple[str, str] | None:
    """Head and tail of a redacted form; None where it shows too little to tell keys apart.

    At least four characters have to be shown, three of them at the end: a lone prefix is
    common to all keys of a provider.
    """
    head, dots, rest = normal_redaction(form).partition("...")
    tail = rest.rpartition("...")[2]
    if not dots or len(tail) < _TAIL_LEAST or len(head) + len(tail) < _SHOWN_LEAST:
        return None
    if len(head) > _HEAD_MOST or len(tail) > _TAIL_MOST:
        return None
    return head, tail


def compare_forms(shown: Iterable[Shown]) -> Verdicts:
    """Join groups by their redacted forms where that is unique, name them where it is not.

    Two forms fit where one of them shows a part of what the other shows: its head begins the
    other's head and its tail ends the other's tail. ``sk-...def`` fits ``sk-abc...xdef``;
    ``sk-abc...def`` does not fit ``sk-proj-abc...xdef``, nor ``sk-a...xdef`` ``sk-ab...def``,
    where each shows something that the other does not confirm.

    Groups are compared within one provider; an organisation that is not stated fits any.
    They are one key when each of them fits each other and every source shows the key once;
    anything else (two groups of one source fit, or a form fits two keys that differ) is
    ambiguous.

    Args:
        shown: Every form of every group, in any order.
    """
    classes: dict[_Class, list[Shown]] = defaultdict(list)
    lengths: dict[str, set[tuple[int, int]]] = defaultdict(set)
    sources: dict[int, set[str]] = defaultdict(set)
    for one in shown:
        parts = split_form(one.form)
        if parts is None:
            continue
        classes[(one.provider, *parts)].append(one)
        lengths[one.provider].add((len(parts[0]), len(parts[1])))
        sources[one.group].add(one.source)
    fits: dict[int, set[int]] = defaultdict(set)
    for key, members in classes.items():
        for covering in _covering(key, classes, lengths[key[0]]):
            for a, b in _pairs(members, classes[covering]):
                fits[a].add(b)
                fits[b].add(a)
    same: list[tuple[int, ...]] = []
    ambiguous: dict[int, frozenset[int]] = {}
    for component in _components(fits):
        shown_by = [source for group in component for source in sources[group]]
        if len(shown_by) == len(set(shown_by)) and all(
            len(fits[group]) == len(component) - 1 for group in component
        ):
            same.append(tuple(component))
        else:
            ambiguous.update({group: frozenset(fits[group]) for group in component})
    return Verdicts(tuple(sorted(same)), ambiguous)


def _covering(
    key: _Class, classes: Mapping[_Class, list[Shown]], lengths: set[tuple[int, int]]
) -> Iterator[_Class]:
    """The classes whose head and tail are part of this one's, itself among them."""
    provider, head, tail = key
    for ahead, behind in lengths:
        if ahead <= len(head) and behind <= len(tail):
            other = (provider, head[:ahead], tail[-behind:])
            if other in classes:
                yield other


def _pairs(some: list[Shown], others: list[Shown]) -> Iterator[tuple[int, int]]:
    """Pairs of groups that may be one key.

    Groups with a kind of identity in common are set apart before pairs are made: a tree
    with thousands of keys of one form must not cost their square.
    """
    for (ids, left), (other_ids, right) in product(_by_ids(some), _by_ids(others)):
        if ids & other_ids:
            continue
        for a, b in product(left, right):
            if a.group != b.group and _one_organization(a.organization, b.organization):
                yield a.group, b.group


def _by_ids(members: list[Shown]) -> list[tuple[frozenset[str], list[Shown]]]:
    split: dict[frozenset[str], list[Shown]] = defaultdict(list)
    for one in members:
        split[one.ids].append(one)
    return list(split.items())


def _one_organization(one: str, other: str) -> bool:
    return not one or not other or one.casefold() == other.casefold()


def _components(fits: Mapping[int, set[int]]) -> Iterator[list[int]]:
    seen: set[int] = set()
    for start in sorted(fits):
        if start in seen:
            continue
        seen.add(start)
        component = [start]
        for group in component:
            following = sorted(fits[group] - seen)
            seen.update(following)
            component.extend(following)
        yield sorted(component)
