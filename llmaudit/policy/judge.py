"""Hold every asset against every rule."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from llmaudit.config import Policy
from llmaudit.errors import UsageError
from llmaudit.links import SCOPES, index_links, match_register, related
from llmaudit.model import Asset, Finding, Level, PolicyInForce, names_others_only
from llmaudit.policy.rule import (
    Broken,
    DefaultLevel,
    Judging,
    Rule,
    is_gated,
    plain,
)
from llmaudit.policy.rules import KNOWN_IDS, RULES, nearest_rule
from llmaudit.policy.rules.seats import apps_of

if TYPE_CHECKING:
    from llmaudit.catalogue import Catalogue

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_BY_KEY = SCOPES.index("key")


def judge(
    assets: Sequence[Asset],
    policy: Policy | None,
    *,
    as_of: date,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    catalogue: Catalogue | None = None,
) -> tuple[Finding, ...]:
    """Every rule each asset breaks.

    Args:
        assets: Attributed and classified.
        policy: None judges by the rules' own levels, and leaves no-owner out.
        as_of: The only clock.
        select: Rule ids to judge by; empty means all.
        ignore: Rule ids to leave out.
        catalogue: Lets the help name the field of the very api; a general help without.

    Returns:
        Findings, all open. In test, example, generated and vendored code only notes.

    Raises:
        UsageError: ``select`` or ``ignore`` names no rule, so that a misspelt rule cannot
            pass for one that nothing breaks.
    """
    _refuse_unknown((*select, *ignore))
    judging = _judging(assets, policy, as_of, catalogue)
    by_kind: dict[str, list[tuple[Rule, Level]]] = {}
    for rule in RULES:
        level: DefaultLevel = policy.level(rule.id, rule.level) if policy else rule.level
        if level == "off" or rule.id in ignore or (select and rule.id not in select):
            continue
        for kind in rule.kinds:
            by_kind.setdefault(kind, []).append((rule, level))
    found: list[Finding] = []
    for asset in assets:
        row = names_others_only(asset)
        for rule, stated in by_kind.get(asset.kind, ()):
            if row and not rule.of_rows:
                continue
            broken = rule.check(asset, judging)
            if broken is not None:
                found.append(_finding(rule, stated, asset, broken, as_of))
    return tuple(found)


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
    text = json.dumps(policy.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return PolicyInForce(
        True,
        tuple(policy.required_tags),
        len(policy.sanctioned or ()),
        hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        if name not in KNOWN_IDS:
            near = nearest_rule(name)
            raise UsageError(
                f"there is no rule {name!r}",
                f"did you mean {near}?" if near else "llmaudit rules list --policy shows them",
            )


def _judging(
    assets: Sequence[Asset], policy: Policy | None, as_of: date, catalogue: Catalogue | None
) -> Judging:
    last_days: dict[str, date] = {}
    for asset in assets:
        if asset.kind == "seat":
            used = [e.last_used for e in asset.evidence if e.last_used and not e.register]
            for app in apps_of(asset) if used else ():
                last_days[app] = max(*used, last_days.get(app, date.min))
    listed = {
        asset.provider
        for asset in assets
        if asset.kind == "api_key"
        and asset.provider is not None
        and any(not e.register and e.connector != "code" for e in asset.evidence)
    }
    return Judging(
        as_of,
        has_policy=policy is not None,
        required=tuple(policy.required_tags) if policy is not None else (),
        at_call=policy is not None and policy.require_at == "call",
        catalogue=catalogue,
        registered=_registered(assets),
        listed=frozenset(listed),
        last_days=last_days,
    )


def _registered(assets: Sequence[Asset]) -> frozenset[str] | None:
    """Keys that a key register names; None without one: a decision sheet is no register."""
    keys = [asset for asset in assets if asset.kind == "api_key"]
    if not any(
        entry.register and not any(x.startswith("register:decision:") for x in entry.same_as)
        for asset in keys
        for entry in asset.evidence
    ):
        return None
    index = index_links(assets)
    return frozenset(
        asset.id
        for asset in keys
        if any(
            not row.rank or row.rank[0] == _BY_KEY
            for row in match_register(asset, index, related(asset, index))
        )
    )


def _finding(rule: Rule, level: Level, asset: Asset, broken: Broken, as_of: date) -> Finding:
    identity = asset.same_as[0] if asset.same_as else asset.id
    digest = hashlib.sha256(f"{rule.id}\0{identity}".encode("utf-8", "surrogatepass"))
    return Finding(
        rule.id,
        level if is_gated(asset) and not broken.only_note else "note",
        asset.id,
        asset.where,
        # A large run says the same of many assets: each text is kept once.
        sys.intern(plain(broken.message)),
        sys.intern(plain(broken.help)),
        digest.hexdigest()[:16],
        first_seen=as_of,
    )
