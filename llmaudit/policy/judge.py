"""Hold every asset against every rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date

from llmaudit.config import Policy
from llmaudit.model import Asset, Finding, Level, PolicyInForce
from llmaudit.policy.rule import Judging, Rule
from llmaudit.policy.rules import RULES

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def judge(
    assets: Sequence[Asset],
    policy: Policy | None,
    *,
    as_of: date,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Every rule each asset breaks.

    Args:
        assets: Attributed and classified.
        policy: None judges by the rules' own levels.
        select: Rule ids to judge by; empty means all.
        ignore: Rule ids to leave out.

    Returns:
        Findings, all open. A call outside the application's own code is noted, never gated.
    """
    judging = Judging(
        as_of,
        tuple(policy.required_tags) if policy is not None else (),
        frozenset(entry.connector for asset in assets for entry in asset.evidence),
    )
    rules = [
        (rule, level)
        for rule in RULES
        if (not select or rule.id in select) and rule.id not in ignore
        for level in (policy.level(rule.id, rule.level) if policy else rule.level,)
        if level != "off"
    ]
    by_kind: dict[str, list[tuple[Rule, Level]]] = {}
    for rule, level in rules:
        for kind in rule.kinds:
            by_kind.setdefault(kind, []).append((rule, level))
    return tuple(
        finding
        for asset in assets
        if not _names_others_only(asset)
        for rule, level in by_kind.get(asset.kind, ())
        if (finding := _finding(rule, level, asset, judging)) is not None
    )


def order(finding: Finding) -> tuple[int, str, str, int, str, str]:
    """Errors first, then by place and rule."""
    where = finding.where
    return (
        _LEVELS.index(finding.level),
        where.repo or "",
        where.path or where.uri or "",
        where.line or 0,
        finding.rule,
        finding.fingerprint,
    )


def in_force(policy: Policy | None) -> PolicyInForce:
    """What a report says of the policy it was judged by."""
    if policy is None:
        return PolicyInForce(False)
    text = json.dumps(policy.model_dump(mode="json"), sort_keys=True)
    return PolicyInForce(
        True,
        tuple(policy.required_tags),
        len(policy.sanctioned or ()),
        hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def _finding(rule: Rule, level: Level, asset: Asset, judging: Judging) -> Finding | None:
    broken = rule.check(asset, judging)
    if broken is None:
        return None
    if asset.kind == "call" and asset.context != "app":
        level = "note"
    identity = asset.same_as[0] if asset.same_as else asset.id
    return Finding(
        rule.id,
        level,
        asset.id,
        asset.where,
        broken.message,
        broken.help,
        hashlib.sha256(f"{rule.id}\0{identity}".encode()).hexdigest()[:16],
        first_seen=judging.as_of,
    )


def _names_others_only(asset: Asset) -> bool:
    """A register row or decision that is only about what it names: its asset is judged."""
    return all(entry.register for entry in asset.evidence) and any(
        relation.type == "registers" for entry in asset.evidence for relation in entry.relates
    )
