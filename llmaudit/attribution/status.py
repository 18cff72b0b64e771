"""Whether an asset's tags satisfy the policy: one status per asset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmaudit.attribution.required import Requirements
from llmaudit.attribution.tags import Candidate, effective, says, strongest_first
from llmaudit.model import Asset, EffectiveTag, Tagging, TagStatus, names_others_only

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

NOT_TAGGED_KINDS = frozenset({"sdk", "egress", "expense"})

_REMEMBERED = 20_000
_AT_CALL = frozenset({"call", "client"})
_WORST_FIRST: tuple[Tagging, ...] = ("untagged", "dynamic", "partial", "tagged", "untaggable")
_BY_TAGGING: dict[Tagging, TagStatus] = {
    "tagged": "complete",
    "partial": "partial",
    "untagged": "untagged",
    "dynamic": "dynamic",
    "untaggable": "untaggable",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the tags of an asset come to."""

    tags: Mapping[str, EffectiveTag]
    status: TagStatus | None
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    conflicting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Judgements given before: most assets of a run say the same as thousands of others.

    An asset that is judged like an earlier one shares its result, which saves the time and,
    for the tags, the memory.
    """

    judged: dict[object, Judged] = field(default_factory=dict)
    carries: dict[object, bool] = field(default_factory=dict)


def judge_tags(
    asset: Asset,
    by_key: Mapping[str, list[Candidate]],
    rules: Requirements,
    catalogue: Catalogue,
    known: Known,
) -> Judged:
    """Decide the effective tags of an asset and its ``tag_status``.

    The status is the first that holds of: None (a kind that bears no tags, or a register
    row that only names others), untaggable, conflicting, invalid, dynamic, complete, partial,
    untagged.

    Args:
        asset: The asset.
        by_key: Its candidates (`tags.candidates`).
        rules: The policy's required tags.
        catalogue: Says which api can carry tags.
        known: Of this run: the same rules and the same catalogue.
    """
    bears = asset.kind not in NOT_TAGGED_KINDS and not names_others_only(asset)
    is_call = asset.kind == "call"
    if is_call:
        carries = not bears or can_carry_tags(asset, catalogue, known.carries)
    else:
        carries = not bears or _has_place_for_tags(asset)
    tagging = worst_tagging(asset)
    said = tuple((key, tuple(map(says, found))) for key, found in by_key.items())
    case = (bears, is_call, carries, tagging, said)
    judged = known.judged.get(case)
    if judged is None:
        judged = _judge(by_key, rules, bears, is_call, carries, tagging)
        # An overruled tag is shown with its place, so that result is this asset's own.
        own = any(tag.overruled for tag in judged.tags.values())
        if not own and len(known.judged) < _REMEMBERED:
            known.judged[case] = judged
    return judged


def _judge(
    by_key: Mapping[str, list[Candidate]],
    rules: Requirements,
    bears: bool,
    is_call: bool,
    carries: bool,
    tagging: Tagging | None,
) -> Judged:
    """Judge by what `judge_tags` remembers results by, and by nothing else."""
    anywhere = by_key.get("*", [])
    keys = dict.fromkeys(k for k in (*rules.accepts, *sorted(by_key)) if k != "*")
    tags: dict[str, EffectiveTag] = {}
    differing: set[str] = set()
    for key in keys:
        found = by_key.get(key, [])
        if key in rules.accepts and anywhere:
            found = sorted([*found, *anywhere], key=strongest_first)
        if found:
            tags[key], conflict = effective(found)
            if conflict:
                differing.add(key)
    if not bears:
        return Judged(tags, None)
    if not rules.accepts:
        return Judged(tags, _BY_TAGGING[tagging] if tagging else None)
    if not carries and not any(tags[key].value is not None for key in rules.accepts if key in tags):
        return Judged(tags, "untaggable", tuple(rules.accepts))
    counted = tags
    if rules.at_call and is_call and carries:
        counted = {}
        for key in rules.accepts:
            at_source = [c for c in (*by_key.get(key, ()), *anywhere) if c.tag.source in _AT_CALL]
            if at_source:
                counted[key], _ = effective(sorted(at_source, key=strongest_first))
    return _status(tags, counted, differing, rules)


def _status(
    tags: Mapping[str, EffectiveTag],
    counted: Mapping[str, EffectiveTag],
    differing: set[str],
    rules: Requirements,
) -> Judged:
    missing: list[str] = []
    invalid: list[str] = []
    dynamic = False
    for key, accepted in rules.accepts.items():
        tag = counted.get(key)
        if tag is None or (tag.value is None and tag.source == "none"):
            missing.append(key)
        elif tag.value is None:
            dynamic = True
        elif not accepted(tag.value):
            invalid.append(key)
    conflicting = [key for key in rules.accepts if key in differing]
    status: TagStatus
    if conflicting:
        status = "conflicting"
    elif invalid:
        status = "invalid"
    elif dynamic:
        status = "dynamic"
    elif not missing:
        status = "complete"
    else:
        status = "untagged" if len(missing) == len(rules.accepts) else "partial"
    return Judged(tags, status, tuple(missing), tuple(invalid), tuple(conflicting))


def worst_tagging(asset: Asset) -> Tagging | None:
    """What the source says of a call; the worst where several connectors saw it."""
    if len(asset.evidence) == 1:
        only = asset.evidence[0]
        return only.tagging if only.kind == "call" else None
    seen = {evidence.tagging for evidence in asset.evidence if evidence.kind == "call"}
    return next((tagging for tagging in _WORST_FIRST if tagging in seen), None)


def _has_place_for_tags(asset: Asset) -> bool:
    """Whether anything that is not a call can be tagged where it stands.

    A secret's name in a file, a base URL, an agent's configuration have no place for tags; a
    declared resource says itself whether it has one.
    """
    return any(evidence.tagging != "untaggable" for evidence in asset.evidence)


def can_carry_tags(asset: Asset, catalogue: Catalogue, known: dict[object, bool]) -> bool:
    """Whether a call's api has a field for tags on the call or its client.

    A call whose provider or api is not known may have one.

    Args:
        asset: The call.
        catalogue: Says which fields an api has.
        known: Answers given before by this catalogue.
    """
    for evidence in asset.evidence:
        if evidence.kind != "call":
            continue
        provider = evidence.provider or asset.provider
        if provider is None or provider == "unknown" or evidence.api is None:
            return True
        api = (provider, evidence.api, evidence.sdk)
        carries = known.get(api)
        if carries is None:
            carries = known[api] = any(
                field.strength == "tag" and field.level in ("call", "client")
                for field in catalogue.tag_fields(*api)
            )
        if carries:
            return True
    return False
