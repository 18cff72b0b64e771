"""Which tags a call lacks where it stands, and the values that are known for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from llmaudit.attribution.required import Requirements
from llmaudit.config import Policy
from llmaudit.model import Asset, Evidence

_AT_SOURCE = ("call", "client")
_TEAM = re.compile(r"@[^/\s@]+/([^/\s@]+)")


def anything(_: str) -> bool:
    """Where nothing is required of a value."""
    return True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and the required keys that nothing gives a value for."""

    tags: Mapping[str, str]
    unknown: tuple[str, ...]


def wanted(
    asset: Asset,
    evidence: Evidence,
    rules: Requirements,
    policy: Policy,
    given: Mapping[str, str],
) -> Wanted:
    """The tags that a call lacks at its source.

    A value comes from the command line, else from what attribution found (the path map, an
    inline comment, a register), else for ``team`` and ``owner`` from the owner, else from the
    policy where it permits a single value. A value that the policy refuses is no value.

    Args:
        asset: The call, attributed.
        evidence: Where it stands.
        rules: The policy's required tags, compiled.
        policy: Those tags as they are written.
        given: Tags of the command line.
    """
    standing = {rules.canonical(tag.key) for tag in evidence.tags if tag.source in _AT_SOURCE}
    keys = dict.fromkeys([*rules.accepts, *map(rules.canonical, given)])
    if not keys:
        # Nothing is required: what is known of the call is what it can say.
        keys = dict.fromkeys([*asset.tags, "team"])
    tags: dict[str, str] = {}
    unknown: list[str] = []
    for key in keys:
        if key in standing:
            continue
        value = _value(key, asset, rules, policy, given)
        if value is not None:
            tags[key] = value
        elif key in rules.accepts:
            unknown.append(key)
    return Wanted(tags, tuple(unknown))


def _value(
    key: str, asset: Asset, rules: Requirements, policy: Policy, given: Mapping[str, str]
) -> str | None:
    accepted = rules.accepts.get(key, anything)
    effective = asset.tags.get(key)
    required = policy.required_tags.get(key)
    found = [
        next((value for name, value in given.items() if rules.canonical(name) == key), None),
        effective.value if effective is not None else None,
        _by_owner(key, asset),
        required.values[0] if required and required.values and len(required.values) == 1 else None,
    ]
    return next(
        (value for value in found if value and value.isprintable() and accepted(value)), None
    )


def _by_owner(key: str, asset: Asset) -> str | None:
    """A team's handle is its name; a person's is nobody's budget."""
    owner = asset.owner
    if owner.status != "active" or owner.value is None or key not in ("team", "owner"):
        return None
    team = _TEAM.fullmatch(owner.value)
    return team[1] if team else None
