"""Set aside what was accepted: inline ignores, the policy's ignores, a baseline.

What is set aside stays in the report with its reason. An ignore that has run out, that names
nothing or that nothing needs is told.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase

import pathspec

from llmaudit.config import IgnoreEntry, Policy
from llmaudit.identity import match_assets
from llmaudit.model import Asset, Finding, InlineIgnore, Report
from llmaudit.policy.rules import KNOWN_IDS


def suppress(
    findings: Sequence[Finding],
    assets: Sequence[Asset],
    policy: Policy,
    *,
    baseline: Report | None,
    by_tree: bool,
    honour_ignores: bool,
    as_of: date,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Give each finding its state.

    Args:
        baseline: An earlier report: what it knew is not new.
        by_tree: The policy's own ignores are the audited tree's word.
        honour_ignores: False leaves every ignore aside (``--no-ignores``).

    Returns:
        Findings in the order given, and sentences for the reader.
    """
    warnings: list[str] = []
    by_asset = {asset.id: asset for asset in assets}
    entries = _entries(policy, by_tree, honour_ignores, as_of, warnings)
    inline = _Inline(policy, honour_ignores, as_of)
    known = _known(baseline, assets)
    never = set(policy.never_ignore)
    used: set[int] = set()
    result: list[Finding] = []
    for finding in findings:
        asset = by_asset[finding.asset]
        state = None
        accepted = inline.of(finding, asset)
        for number, (entry, applies) in entries.items():
            if fnmatchcase(finding.rule, entry.rule) and applies(finding, asset):
                used.add(number)
                accepted = accepted or (entry.reason, entry.until)
        if accepted is not None and finding.rule in never:
            warnings.append(
                f"{finding.where}: {finding.rule} cannot be ignored (policy.never_ignore)"
            )
        elif accepted is not None:
            state = dataclasses.replace(
                finding, state="ignored", state_reason=accepted[0], state_until=accepted[1]
            )
        earlier = known.get((finding.rule, finding.asset))
        if state is None and earlier is not None and finding.rule not in never:
            state = dataclasses.replace(
                finding,
                state="baseline",
                state_reason="in the baseline",
                first_seen=earlier.first_seen or finding.first_seen,
            )
        result.append(state or finding)
    warnings += inline.warnings(by_asset.values())
    warnings += [
        f"the ignore of {entry.rule} on {entry.path or entry.asset} ({entry.reason}) is not "
        "needed any more: remove it"
        for number, (entry, _) in entries.items()
        if number not in used
    ]
    return tuple(result), tuple(dict.fromkeys(warnings))


def nearest_rule(name: str) -> str:
    """The known rule id most like a misspelt one; empty when none is."""
    return next(iter(difflib.get_close_matches(name, sorted(KNOWN_IDS), 1, 0.5)), "")


class _Applies:
    """Whether an ignore entry is about a finding's place or asset."""

    def __init__(self, entry: IgnoreEntry) -> None:
        self.asset = entry.asset
        self.spec = (
            pathspec.GitIgnoreSpec.from_lines([entry.path]) if entry.path is not None else None
        )

    def __call__(self, finding: Finding, asset: Asset) -> bool:
        """True when every stated condition holds."""
        if self.asset is not None and not any(
            fnmatchcase(name, self.asset) for name in (asset.id, asset.name, *asset.same_as)
        ):
            return False
        return self.spec is None or (
            finding.where.path is not None and self.spec.match_file(finding.where.path)
        )


def _entries(
    policy: Policy, by_tree: bool, honour: bool, as_of: date, warnings: list[str]
) -> dict[int, tuple[IgnoreEntry, _Applies]]:
    if not honour or not policy.ignores:
        return {}
    if by_tree and not policy.trust.inline_ignores:
        warnings.append(
            f"{len(policy.ignores)} ignores of the tree's own configuration do not count "
            "(trust.inline_ignores is false)"
        )
        return {}
    live: dict[int, tuple[IgnoreEntry, _Applies]] = {}
    for number, entry in enumerate(policy.ignores):
        if entry.until is not None and entry.until < as_of:
            warnings.append(
                f"the ignore of {entry.rule} on {entry.path or entry.asset} ran out on "
                f"{entry.until}: renew it with a reason, or remove it"
            )
        else:
            live[number] = (entry, _Applies(entry))
    return live


class _Inline:
    """The inline ignores of a run: which count, and which were needed."""

    def __init__(self, policy: Policy, honour: bool, as_of: date) -> None:
        self.trusted = policy.trust.inline_ignores
        self.honour = honour
        self.as_of = as_of
        self.used: set[tuple[InlineIgnore, str]] = set()

    def of(self, finding: Finding, asset: Asset) -> tuple[str, date | None] | None:
        """Reason and end of the ignore that accepts a finding."""
        if not self.honour or not self.trusted:
            return None
        for entry in asset.evidence:
            for ignore in entry.ignores:
                if finding.rule in ignore.rules and self._counts(ignore):
                    self.used.add((ignore, finding.rule))
                    return ignore.reason, ignore.until
        return None

    def _counts(self, ignore: InlineIgnore) -> bool:
        return not ignore.problem and (ignore.until is None or ignore.until >= self.as_of)

    def warnings(self, assets: Iterable[Asset]) -> list[str]:
        """What is wrong with the ignores that stand in the code."""
        if not self.honour:
            return []
        found = [ignore for asset in assets for entry in asset.evidence for ignore in entry.ignores]
        if not self.trusted:
            return (
                [f"{len(found)} inline ignores do not count (trust.inline_ignores is false)"]
                if found
                else []
            )
        said: list[str] = []
        for ignore in found:
            if ignore.problem:
                said.append(f"{ignore.where}: this ignore does not count: {ignore.problem}")
            elif ignore.until is not None and ignore.until < self.as_of:
                said.append(f"{ignore.where}: this ignore ran out on {ignore.until}")
            else:
                for rule in ignore.rules:
                    if rule not in KNOWN_IDS:
                        near = nearest_rule(rule)
                        hint = f"; did you mean {near}?" if near else ""
                        said.append(f"{ignore.where}: there is no rule {rule}{hint}")
                    elif (ignore, rule) not in self.used:
                        said.append(
                            f"{ignore.where}: the ignore of {rule} is not needed: remove it"
                        )
        return said


def _known(baseline: Report | None, assets: Sequence[Asset]) -> dict[tuple[str, str], Finding]:
    """The baseline's findings that were open or known, by rule and today's asset id."""
    if baseline is None:
        return {}
    earlier: dict[str, list[Finding]] = {}
    for finding in baseline.findings:
        if finding.state in ("open", "baseline"):
            earlier.setdefault(finding.asset, []).append(finding)
    return {
        (finding.rule, new): finding
        for new, old in match_assets(baseline.assets, assets).items()
        for finding in earlier.get(old, ())
    }
