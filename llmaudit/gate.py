"""From open findings to one exit code and one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmaudit.config import Policy
from llmaudit.model import Asset, Coverage, Report
from llmaudit.policy import RULES

_INCOMPLETE = {"partial", "denied", "failed", "throttled", "capped", "api_disabled"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a gate ended.

    Attributes:
        code: 0 the policy holds, 1 it is broken, 2 nothing can be concluded, 3 coverage is
            incomplete under ``--strict``.
        sentence: Why, in one sentence.
        broken: Ids of the rules beyond their allowance.
    """

    code: int
    sentence: str
    broken: tuple[str, ...] = ()


def decide(
    report: Report,
    policy: Policy | None,
    *,
    strict: bool = False,
    exit_zero: bool = False,
    code_required: bool = True,
) -> Outcome:
    """Judge a report as a gate.

    Args:
        report: A run's report.
        policy: The policy in force; None has no allowances.
        strict: Incomplete coverage is not good enough.
        exit_zero: Report, but end with 0; never hides that nothing can be concluded.
        code_required: A code connector that failed means that nothing can be concluded.
    """
    lost = [
        line
        for line in report.coverage
        if code_required and line.connector == "code" and line.status == "failed"
    ]
    if lost:
        return Outcome(2, f"nothing can be concluded: {lost[0].scope}: {lost[0].why}")
    broken, held = _beyond_allowance(report, policy)
    unseen = _unseen(report.coverage)
    if broken:
        sentence = "policy broken: " + ", ".join(text for _, text in broken)
        return Outcome(0 if exit_zero else 1, sentence, tuple(rule for rule, _ in broken))
    if strict and unseen:
        return Outcome(
            0 if exit_zero else 3,
            f"policy holds for what was seen, but {len(unseen)} of {len(report.coverage)} scopes "
            "are incomplete",
        )
    sentence = "policy holds"
    if held:
        sentence += ": " + ", ".join(held)
    return Outcome(0, sentence)


def _beyond_allowance(
    report: Report, policy: Policy | None
) -> tuple[list[tuple[str, str]], list[str]]:
    counted = Counter(
        finding.rule
        for finding in report.findings
        if finding.level == "error" and finding.state == "open"
    )
    broken: list[tuple[str, str]] = []
    held: list[str] = []
    for rule in RULES:
        number = counted.get(rule.id, 0)
        if not number:
            continue
        setting = policy.rules.get(rule.id) if policy is not None else None
        allowance = str(setting.allow) if setting is not None else "0"
        of = [asset for asset in report.assets if asset.kind in rule.kinds and _gated(asset)]
        if allowance.endswith("%"):
            share = Decimal(100 * number) / Decimal(max(len(of), 1))
            told = f"{rule.id} {number} of {len(of)} ({share:.1f} %)"
            beyond = share > Decimal(allowance.rstrip("% "))
        else:
            told = f"{rule.id} {number}"
            beyond = number > int(allowance)
        if beyond:
            over = f" > {allowance.replace('%', ' %')}" if allowance != "0" else ""
            broken.append((rule.id, told + over))
        else:
            held.append(f"{told} within {allowance.replace('%', ' %')}")
    return broken, held


def _gated(asset: Asset) -> bool:
    return asset.kind != "call" or asset.context == "app"


def _unseen(coverage: Sequence[Coverage]) -> list[Coverage]:
    return [line for line in coverage if line.status in _INCOMPLETE]
