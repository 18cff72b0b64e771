"""The policy's required tags, compiled: how a key may be spelt and which values it may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from llmaudit.attribution.registers import UnitsRegister, allowed_values
from llmaudit.attribution.tables import normal_key
from llmaudit.errors import ConfigError

if TYPE_CHECKING:
    from llmaudit.config import Policy

_COST_CENTER = "costcenter"
_SAME_KEY = {"costcentre": _COST_CENTER}
_CANONICAL = {_COST_CENTER: "cost_center"}

Accepts = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Requirements:
    """The policy's required tags, compiled once per run.

    Attributes:
        names: Canonical key by every spelling of it, normalised.
        accepts: For each required key, in the policy's order, whether a value is allowed.
        at_call: Whether tags must stand at the source where the api can carry them.
    """

    names: Mapping[str, str]
    accepts: Mapping[str, Accepts]
    at_call: bool
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def canonical(self, key: str) -> str:
        """The name a key goes by: the required one, else one spelling per normalised key."""
        name = self._known.get(key)
        if name is None:
            normal = _normal(key)
            name = self.names.get(normal) or _CANONICAL.get(normal) or key.strip().casefold()
            self._known[key] = name
        return name


def requirements(
    policy: Policy, units: UnitsRegister, *, by_tree: bool, as_of: date
) -> Requirements:
    """Compile ``policy.required_tags``.

    Raises:
        ConfigError: A pattern is no regular expression, a spelling belongs to two keys, or a
            ``values_from`` file cannot be used.
    """
    names: dict[str, str] = {}
    accepts: dict[str, Accepts] = {}
    for key, tag in policy.required_tags.items():
        for spelling in (key, *tag.aliases):
            owner = names.setdefault(_normal(spelling), key)
            if owner != key:
                raise ConfigError(
                    f"policy.required_tags: {spelling!r} stands for both {owner!r} and {key!r}",
                    "remove the alias from one of them",
                )
        checks: list[Accepts] = []
        if tag.values is not None:
            checks.append(frozenset(value.casefold() for value in tag.values).__contains__)
        if tag.values_from is not None:
            listed = allowed_values(
                key, tag.aliases, tag.values_from, units, by_tree=by_tree, as_of=as_of
            )
            checks.append(listed.__contains__)
        if units.given and names.get(_COST_CENTER) == key:
            checks.append(lambda value: units.find(value, as_of) is not None)
        accepts[key] = _accepts(key, tag.pattern, tuple(checks))
    return Requirements(names, accepts, policy.require_at == "call")


def _accepts(key: str, pattern: str | None, folded_checks: tuple[Accepts, ...]) -> Accepts:
    expression = None
    if pattern is not None:
        try:
            expression = re.compile(pattern)
        except re.error as error:
            raise ConfigError(
                f"policy.required_tags.{key}.pattern {pattern!r} is no regular expression: {error}",
                "the pattern must match the whole value",
            ) from error

    def accepted(value: str) -> bool:
        if expression is not None and expression.fullmatch(value) is None:
            return False
        folded = value.casefold()
        return all(check(folded) for check in folded_checks)

    return accepted


def _normal(key: str) -> str:
    normal = normal_key(key)
    return _SAME_KEY.get(normal, normal)
