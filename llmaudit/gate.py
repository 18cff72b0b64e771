"""From open findings to one exit code and one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from llmaudit.config import Policy
from llmaudit.model import (
    STOOD_BEFORE,
    Asset,
    AssetKind,
    Coverage,
    CoverageStatus,
    Report,
    names_others_only,
)
from llmaudit.policy import RULES
from llmaudit.policy.rule import Rule, is_gated

ExitCode = Literal[0, 1, 2, 3]

_INCOMPLETE: frozenset[CoverageStatus] = frozenset(
    {"partial", "denied", "failed", "throttled", "capped"}
)
_MANY: dict[AssetKind, str] = {
    "call": "calls",
    "sdk": "SDKs",
    "automation": "automations",
    "api_key": "keys",
    "secret": "secrets",
    "deployment": "deployments",
    "route": "routes",
    "project": "projects",
    "app": "apps",
    "seat": "seats",
    "egress": "egress routes",
    "expense": "expenses",
}
_RULES = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a gate ended.

    Attributes:
        exit_code: 0 the policy holds, 1 it is broken, 2 nothing can be concluded, 3 coverage
            is incomplete under ``--strict``.
        sentence: Why, on one line.
        broken: Ids of the rules beyond their allowance, also where ``--exit-zero`` hides it.
    """

    exit_code: ExitCode
    sentence: str
    broken: tuple[str, ...] = ()


def decide(
    report: Report,
    policy: Policy | None,
    *,
    strict: bool = False,
    exit_zero: bool = False,
    command: Literal["check", "scan"] = "check",
    since: str = "",
) -> Verdict:
    """Judge a report as a gate: open errors beyond what each rule allows.

    A share is taken per kind of asset, never over several, of those the rule can speak about:
    without what cannot be tagged (tag rules) and without test, example, generated and vendored
    code.

    Args:
        report: A run's report.
        policy: The policy in force; None has no allowances.
        strict: Incomplete coverage is not good enough.
        exit_zero: End with 0 all the same; never hides that nothing can be concluded.
        command: In ``check`` a code connector that failed leaves nothing to conclude.
        since: What a change was measured against; empty where all was judged. What stood
            before counts towards an allowance, but alone it breaks nothing.
    """
    lost = [
        line
        for line in report.coverage
        if command == "check" and line.connector == "code" and line.status == "failed"
    ]
    if lost:
        return Verdict(2, f"nothing can be concluded: code {lost[0].scope}: {lost[0].why}")
    broken, allowed = _weigh(report, policy)
    by_default = "" if policy is not None else " (no policy: the default rules)"
    if since:
        by_default += f" (new since {since})" if broken else f" (since {since})"
    if broken:
        sentence = f"POLICY BROKEN   {', '.join(text for _, text in broken)}{by_default}"
        return Verdict(0 if exit_zero else 1, sentence, tuple(rule for rule, _ in broken))
    unseen = Counter(line.status for line in report.coverage if line.status in _INCOMPLETE)
    if strict and unseen:
        return Verdict(0 if exit_zero else 3, _incomplete(unseen, report.coverage))
    return Verdict(0, f"policy holds: {', '.join(_held(report, allowed))}{by_default}")


def _weigh(report: Report, policy: Policy | None) -> tuple[list[tuple[str, str]], list[str]]:
    """Rules beyond their allowance with what is said of each, and those within one."""
    kinds = {asset.id: asset.kind for asset in report.assets}
    errors: dict[str, Counter[AssetKind]] = {}
    before: dict[str, Counter[AssetKind]] = {}
    for finding in report.findings:
        if finding.level == "error" and finding.state == "open":
            errors.setdefault(finding.rule, Counter())[kinds[finding.asset]] += 1
        elif finding.level == "error" and finding.state_reason == STOOD_BEFORE:
            before.setdefault(finding.rule, Counter())[kinds[finding.asset]] += 1
    broken: list[tuple[str, str]] = []
    within: list[str] = []
    for rule in sorted(errors, key=_rule_order):
        setting = policy.rules.get(rule) if policy is not None else None
        allow = str(setting.allow) if setting is not None else "0"
        if allow != "0":
            # An allowance is for the whole tree: a change has what is left of it.
            errors[rule] += before.get(rule, Counter())
        if allow.endswith("%"):
            beyond, told = _shares(rule, errors[rule], allow, report.assets)
        else:
            number = errors[rule].total()
            beyond = number > int(allow)
            told = f"{number} > {int(allow)}" if int(allow) else f"{number}"
            told = told if beyond else f"{number} of {int(allow)} allowed"
        if beyond:
            broken.append((rule, f"{rule} {told}"))
        else:
            within.append(f"{rule} {told}")
    return broken, within


def _shares(
    rule: str, errors: Counter[AssetKind], allow: str, assets: Sequence[Asset]
) -> tuple[bool, str]:
    """Whether any kind is beyond the share, and what is said of the kinds beyond, or of all."""
    limit = Decimal(allow.removesuffix("%").strip())
    of = _denominators(_RULES.get(rule), assets)
    parts: dict[bool, list[str]] = {True: [], False: []}
    for kind, number in sorted(errors.items()):
        # A finding is on an asset of its own, so that a denominator cannot be smaller.
        whole = max(of[kind], number)
        share = Decimal(100 * number) / whole
        beyond = share > limit
        sign = ">" if beyond else "<="
        parts[beyond].append(
            f"{number} of {whole} {_MANY[kind]} ({share:.1f} %) {sign} {limit:f} %"
        )
    beyond = bool(parts[True])
    return beyond, " and ".join(parts[beyond])


def _denominators(rule: Rule | None, assets: Iterable[Asset]) -> Counter[AssetKind]:
    return Counter(
        asset.kind
        for asset in assets
        if is_gated(asset)
        and (
            rule is None
            or (
                asset.kind in rule.kinds
                and rule.among(asset)
                and (rule.of_rows or not names_others_only(asset))
            )
        )
    )


def _rule_order(rule: str) -> tuple[int, str]:
    """In the order of `RULES`; a rule this version does not know comes last."""
    return (list(_RULES).index(rule) if rule in _RULES else len(_RULES)), rule


def _incomplete(unseen: Counter[CoverageStatus], coverage: Sequence[Coverage]) -> str:
    parts = ", ".join(f"{number} {status}" for status, number in sorted(unseen.items()))
    return (
        f"coverage is incomplete: {unseen.total()} of {len(coverage)} scopes ({parts}); the policy "
        "holds for what was seen"
    )


def _held(report: Report, allowed: list[str]) -> list[str]:
    """What the sentence says of a policy that holds."""
    if not report.assets:
        return ["nothing was found to judge"]
    counted: Counter[str] = Counter(
        finding.level
        if finding.state == "open"
        else STOOD_BEFORE
        if finding.state_reason == STOOD_BEFORE
        else finding.state
        for finding in report.findings
    )
    said = allowed or ["no open error"]
    for name, words in (
        ("warning", ("warning", "warnings")),
        ("note", ("note", "notes")),
        ("ignored", ("ignored", "ignored")),
        ("baseline", ("in the baseline", "in the baseline")),
        (STOOD_BEFORE, (STOOD_BEFORE, STOOD_BEFORE)),
    ):
        if number := counted[name]:
            said = [*said, f"{number} {words[number != 1]}"]
    return said
