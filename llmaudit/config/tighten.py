"""Join an organisation's policy with a tree's own: the tree's may ask for more, never for less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmaudit.config.settings import (
    IgnoreEntry,
    Owners,
    PathRule,
    Policy,
    RequiredTag,
    RuleSetting,
    Trust,
)

_STRICTNESS = {"off": 0, "note": 1, "warning": 2, "error": 3}


@dataclass(frozen=True, slots=True)
class Tightened:
    """The policy in force.

    Attributes:
        warnings: One sentence for each thing the tree asked for in vain.
        by_tree: Whether every path map entry and ignore in it is the tree's own word.
    """

    policy: Policy
    warnings: tuple[str, ...]
    by_tree: bool


@dataclass(slots=True)
class _Refused:
    """Collects what would have loosened the organisation's policy."""

    name: str
    lines: list[str] = field(default_factory=list)

    def add(self, what: str, why: str) -> None:
        self.lines.append(f"{self.name}: {what} was dropped: {why}")


def tighten(org: Policy, tree: Policy, name: str, defaults: Mapping[str, str]) -> Tightened:
    """The organisation's policy with what the tree's adds to it.

    A level may be raised, an allowance lowered, a tag required, its values narrowed, a rule
    made impossible to ignore. The tree's path map, ignores and registers of owners count as
    far as the organisation's ``trust`` lets them. Its list of sanctioned uses never counts.

    Args:
        org: The policy that binds.
        tree: The policy of the audited tree.
        name: What to call the tree's file in a warning.
        defaults: Level of each rule where no policy sets one.
    """
    refused = _Refused(name)
    if tree.sanctioned is not None:
        refused.add("policy.sanctioned", "only the organisation's policy says what is permitted")
    attribution = _trusted_path_map(org, tree, refused)
    ignores = _trusted_ignores(org, tree, refused)
    policy = org.model_copy(
        update={
            "required_tags": _required_tags(org, tree, refused),
            "require_at": _require_at(org, tree, refused),
            "rules": _rules(org, tree, defaults, refused),
            "never_ignore": tuple(dict.fromkeys((*org.never_ignore, *tree.never_ignore))),
            "attribution": (*org.attribution, *attribution),
            "ignores": (*org.ignores, *ignores),
            "owners": _owners(org, tree, refused),
            "trust": _trust(org, tree),
        }
    )
    return Tightened(
        policy,
        tuple(refused.lines),
        bool(attribution or ignores) and not (org.attribution or org.ignores),
    )


def _rules(
    org: Policy, tree: Policy, defaults: Mapping[str, str], refused: _Refused
) -> dict[str, RuleSetting]:
    rules = dict(org.rules)
    for rule, asked in tree.rules.items():
        stated = org.rules.get(rule)
        level = stated.level if stated else defaults.get(rule, "off")
        wanted, bound = _STRICTNESS[asked.level], _STRICTNESS[level]
        if wanted < bound:
            refused.add(f"policy.rules.{rule}: {asked.level}", f"the organisation says {level}")
        elif wanted > bound or _allows_less(asked.allow, stated.allow if stated else "0"):
            rules[rule] = asked
        elif str(asked.allow) != str(stated.allow if stated else "0"):
            limit = stated.allow if stated else "0"
            refused.add(
                f"policy.rules.{rule}.allow: {asked.allow}", f"the organisation allows {limit}"
            )
    return rules


def _allows_less(asked: str | int, bound: str | int) -> bool:
    """Whether an allowance is surely smaller; a count and a share cannot be compared."""
    asked, bound = str(asked).replace(" ", ""), str(bound).replace(" ", "")
    if float(asked.removesuffix("%")) == 0:
        return float(bound.removesuffix("%")) > 0
    if asked.endswith("%") != bound.endswith("%"):
        return False
    return float(asked.removesuffix("%")) < float(bound.removesuffix("%"))


def _required_tags(org: Policy, tree: Policy, refused: _Refused) -> dict[str, RequiredTag]:
    tags = dict(org.required_tags)
    for key, asked in tree.required_tags.items():
        if key in tags:
            tags[key] = _narrowed(key, tags[key], asked, refused)
        else:
            tags[key] = asked
    return tags


def _narrowed(key: str, bound: RequiredTag, asked: RequiredTag, refused: _Refused) -> RequiredTag:
    place = f"policy.required_tags.{key}"
    values = bound.values
    if asked.values is not None:
        if values is None:
            values = asked.values
        else:
            allowed = {value.casefold() for value in values}
            for value in asked.values:
                if value.casefold() not in allowed:
                    refused.add(f"{place}.values: {value}", "the organisation does not list it")
            wanted = {value.casefold() for value in asked.values}
            values = tuple(value for value in values if value.casefold() in wanted)
    pattern, values_from = bound.pattern, bound.values_from
    if asked.pattern not in (None, pattern):
        if pattern is None:
            pattern = asked.pattern
        else:
            refused.add(f"{place}.pattern", f"the organisation's is {pattern}")
    if asked.values_from not in (None, values_from):
        if values_from is None:
            values_from = asked.values_from
        else:
            refused.add(f"{place}.values_from", "the organisation has a file of its own")
    for alias in asked.aliases:
        if alias not in bound.aliases:
            refused.add(f"{place}.aliases: {alias}", "a further spelling accepts more")
    return bound.model_copy(
        update={"values": values, "pattern": pattern, "values_from": values_from}
    )


def _require_at(org: Policy, tree: Policy, refused: _Refused) -> str:
    if org.require_at == "call" and "require_at" in tree.model_fields_set:
        if tree.require_at != "call":
            refused.add("policy.require_at: effective", "the organisation says call")
        return "call"
    return "call" if "call" in (org.require_at, tree.require_at) else "effective"


def _trusted_path_map(org: Policy, tree: Policy, refused: _Refused) -> tuple[PathRule, ...]:
    if tree.attribution and not org.trust.path_map:
        refused.add("policy.attribution", "the organisation sets trust.path_map: false")
        return ()
    return tree.attribution


def _trusted_ignores(org: Policy, tree: Policy, refused: _Refused) -> tuple[IgnoreEntry, ...]:
    if tree.ignores and not org.trust.inline_ignores:
        refused.add("policy.ignores", "the organisation sets trust.inline_ignores: false")
        return ()
    return tree.ignores


def _owners(org: Policy, tree: Policy, refused: _Refused) -> Owners:
    registers: dict[str, str | None] = {}
    for name in ("people", "units"):
        bound, asked = getattr(org.owners, name), getattr(tree.owners, name)
        if bound and asked and asked != bound:
            refused.add(f"policy.owners.{name}", "the organisation has a file of its own")
        registers[name] = bound or asked
    return Owners(codeowners=org.owners.codeowners and tree.owners.codeowners, **registers)


def _trust(org: Policy, tree: Policy) -> Trust:
    return Trust(
        inline_ignores=org.trust.inline_ignores and tree.trust.inline_ignores,
        codeowners=org.trust.codeowners and tree.trust.codeowners,
        path_map=org.trust.path_map and tree.trust.path_map,
    )
