"""Set aside what was accepted: inline ignores, the policy's ignores, a baseline.

What is set aside stays in the report with its reason. An ignore that has run out, that names
no rule or that nothing needs is told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from llmaudit.config import IgnoreEntry, Policy
from llmaudit.globs import PathGlob, name_glob, path_glob
from llmaudit.identity import match_assets
from llmaudit.model import STOOD_BEFORE, Asset, Finding, InlineIgnore, Level, Report
from llmaudit.policy.rule import is_gated
from llmaudit.policy.rules import KNOWN_IDS, PLANNED, nearest_rule
from llmaudit.policy.rules.ownership import ORPHANED_OWNER

_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


def set_aside_earlier(
    findings: Sequence[Finding], assets: Sequence[Asset], before: Report
) -> tuple[Finding, ...]:
    """Set aside what a change neither added nor made worse.

    Not an acceptance: it holds for rules under ``policy.never_ignore`` as well, because what
    is asked is only what the change did.

    Args:
        findings: Of the changed tree, with their states.
        assets: What they are on.
        before: The tree before the change, judged by the same policy.
    """
    by_asset = {asset.id: asset for asset in assets}
    known = _Known(before, assets)
    result: list[Finding] = []
    for finding in findings:
        earlier = known.of(finding, by_asset[finding.asset]) if finding.state == "open" else None
        if (
            earlier is None
            or earlier.state == "ignored"
            or known.is_worse(finding, by_asset[finding.asset], earlier)
        ):
            result.append(finding)
        else:
            result.append(dataclasses.replace(finding, state="baseline", state_reason=STOOD_BEFORE))
    return tuple(result)


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

    A rule under ``policy.never_ignore`` stays open whatever an ignore or the baseline says.

    Args:
        findings: As judged.
        assets: What they are on.
        policy: Its ignores, never_ignore and trust.
        baseline: An earlier report: what it had open is not new.
        by_tree: The policy's own ignores are the audited tree's word.
        honour_ignores: False leaves every ignore aside (``--no-ignores``).
        as_of: The day on which an ignore must still run.

    Returns:
        Findings in the order given, and sentences for the reader.
    """
    by_asset = {asset.id: asset for asset in assets}
    entries, warnings = _entries(policy, by_tree, honour_ignores, as_of)
    inline = _Inline(policy.trust.inline_ignores, honour_ignores, as_of)
    known = _Known(baseline, assets)
    never = frozenset(policy.never_ignore)
    refused: list[str] = []
    result: list[Finding] = []
    for finding in findings:
        asset = by_asset[finding.asset]
        accepted = inline.of(finding, asset)
        accepted += [
            (entry.source.reason, entry.source.until)
            for entry in entries
            if entry.accepts(finding, asset)
        ]
        earlier = known.of(finding, asset)
        state = finding
        if earlier is not None:
            state = dataclasses.replace(state, first_seen=earlier.first_seen or state.first_seen)
        if finding.rule in never:
            if accepted:
                refused.append(
                    f"{finding.where}: {finding.rule} cannot be ignored (policy.never_ignore)"
                )
        elif accepted:
            reason, until = accepted[0]
            state = dataclasses.replace(
                state, state="ignored", state_reason=reason, state_until=until
            )
        elif earlier is not None and earlier.state != "ignored":
            state = dataclasses.replace(state, state="baseline", state_reason="in the baseline")
        result.append(state)
    warnings += refused
    warnings += inline.warnings(assets)
    warnings += [
        f"{entry} is needed by no finding of this run: remove it"
        for entry in entries
        if not entry.used
    ]
    return tuple(result), tuple(dict.fromkeys(warnings))


@dataclass(slots=True)
class _Entry:
    """An ignore of the policy that still runs, and whether anything needed it."""

    source: IgnoreEntry
    rule: Callable[[str], bool]
    asset: Callable[[str], bool] | None
    path: PathGlob | None
    used: bool = False

    def accepts(self, finding: Finding, asset: Asset) -> bool:
        """Whether every condition the entry states holds."""
        if not self.rule(finding.rule):
            return False
        if self.asset is not None and not any(map(self.asset, (asset.id, *asset.same_as))):
            return False
        path = finding.where.path
        if self.path is not None and (path is None or not self.path.matches(path)):
            return False
        self.used = True
        return True

    def __str__(self) -> str:
        return _ignore_named(self.source)


def _ignore_named(entry: IgnoreEntry) -> str:
    place = " and ".join(part for part in (entry.path, entry.asset) if part)
    return f"the policy's ignore of {entry.rule} on {place} ({entry.reason or 'no reason'})"


def _entries(
    policy: Policy, by_tree: bool, honour: bool, as_of: date
) -> tuple[list[_Entry], list[str]]:
    if not honour or not policy.ignores:
        return [], []
    if by_tree and not policy.trust.inline_ignores:
        return [], [
            f"{_ignores(len(policy.ignores))} of the tree's own configuration: not counted "
            "(trust.inline_ignores is false)"
        ]
    live: list[_Entry] = []
    warnings: list[str] = []
    for entry in policy.ignores:
        if entry.until is not None and entry.until < as_of:
            warnings.append(
                f"{_ignore_named(entry)} ran out on {entry.until}: renew it with a reason, or "
                "remove it"
            )
        elif not entry.reason.strip():
            warnings.append(f"{_ignore_named(entry)} does not count: it gives no reason")
        else:
            live.append(
                _Entry(
                    entry,
                    name_glob(entry.rule),
                    name_glob(entry.asset, fold=False) if entry.asset else None,
                    path_glob(entry.path) if entry.path else None,
                )
            )
    return live, warnings


def _ignores(number: int) -> str:
    return "1 ignore" if number == 1 else f"{number} ignores"


class _Inline:
    """The inline ignores of a run: which count, and which were needed."""

    def __init__(self, trusted: bool, honour: bool, as_of: date) -> None:
        self.trusted = trusted
        self.honour = honour
        self.as_of = as_of
        self.used: set[tuple[InlineIgnore, str]] = set()

    def of(self, finding: Finding, asset: Asset) -> list[tuple[str, date | None]]:
        """Reason and end of each ignore that accepts a finding."""
        if not self.honour or not self.trusted:
            return []
        counting = [
            ignore
            for entry in asset.evidence
            for ignore in entry.ignores
            if finding.rule in ignore.rules and not self._problem(ignore)
        ]
        self.used.update((ignore, finding.rule) for ignore in counting)
        return [(ignore.reason, ignore.until) for ignore in counting]

    def _problem(self, ignore: InlineIgnore) -> str:
        """Why an ignore does not count; empty when it does."""
        if ignore.problem or not ignore.reason.strip():
            return f"this ignore does not count: {ignore.problem or 'it gives no reason'}"
        if ignore.until is not None and ignore.until < self.as_of:
            return f"this ignore of {', '.join(ignore.rules)} ran out on {ignore.until}"
        return ""

    def warnings(self, assets: Iterable[Asset]) -> list[str]:
        """What is wrong with the ignores that stand in the code, by place."""
        if not self.honour:
            return []
        found = sorted(
            {ignore for asset in assets for entry in asset.evidence for ignore in entry.ignores},
            key=_place,
        )
        if found and not self.trusted:
            return [
                f"{_ignores(len(found))} in the code: not counted (trust.inline_ignores is false)"
            ]
        return [f"{ignore.where}: {said}" for ignore in found for said in self._said(ignore)]

    def _said(self, ignore: InlineIgnore) -> list[str]:
        if problem := self._problem(ignore):
            return [problem]
        said: list[str] = []
        for rule in ignore.rules:
            if rule in PLANNED:
                said.append(f"the ignored rule {rule} has no evidence in this version")
            elif rule not in KNOWN_IDS:
                near = nearest_rule(rule)
                said.append(f"there is no rule {rule!r}{f'; did you mean {near}?' if near else ''}")
            elif (ignore, rule) not in self.used:
                said.append(f"this ignore of {rule} is needed by no finding of this run: remove it")
        return said


def _place(ignore: InlineIgnore) -> tuple[str, str, int, int, tuple[str, ...], str]:
    where = ignore.where
    return (
        where.repo or "",
        where.path or where.uri or "",
        where.line or 0,
        where.column or 0,
        ignore.rules,
        ignore.reason,
    )


class _Known:
    """What an earlier report said of the same rule on the same thing."""

    def __init__(self, baseline: Report | None, assets: Sequence[Asset]) -> None:
        self.by_asset: dict[tuple[str, str], Finding] = {}
        self.by_fingerprint: dict[str, Finding] = {}
        self.old_id: dict[str, str] = {}
        self.old: dict[str, Asset] = {}
        if baseline is None:
            return
        self.old = {asset.id: asset for asset in baseline.assets}
        self.old_id = match_assets(baseline.assets, assets)
        for finding in baseline.findings:
            self.by_asset[finding.rule, finding.asset] = finding
            self.by_fingerprint[finding.fingerprint] = finding

    def of(self, finding: Finding, asset: Asset) -> Finding | None:
        """The earlier finding; by identity first, then across edits and moves of the code.

        A note does not stand for what has become worse since: an example that was moved into
        the application, an owner who was passed over and is now the last one named.
        """
        earlier = self.by_fingerprint.get(finding.fingerprint)
        if earlier is None and finding.asset in self.old_id:
            earlier = self.by_asset.get((finding.rule, self.old_id[finding.asset]))
        if earlier is None or earlier.level != "note" or finding.level == "note":
            return earlier
        old = self.old.get(earlier.asset)
        return None if old is not None and _is_worse(finding.rule, old, asset) else earlier

    def is_worse(self, finding: Finding, asset: Asset, earlier: Finding) -> bool:
        """Whether the same rule is broken further than it was, under the same policy."""
        if _LEVELS.index(finding.level) < _LEVELS.index(earlier.level):
            return True
        old = self.old.get(earlier.asset)
        if old is None:
            return False
        if finding.rule in ("shadow", "sanction-expired"):
            # Permission is given for a provider: another one is another use.
            return _settled(old.provider) and old.provider != asset.provider
        return any(
            set(now) - set(then)
            for now, then in (
                (asset.missing_tags, old.missing_tags),
                (asset.invalid_tags, old.invalid_tags),
                (asset.conflicting_tags, old.conflicting_tags),
            )
        )


def _settled(provider: str | None) -> bool:
    return provider not in (None, "unknown")


def _is_worse(rule: str, old: Asset, new: Asset) -> bool:
    if is_gated(new) and not is_gated(old):
        return True
    return rule == ORPHANED_OWNER.id and old.owner.status != new.owner.status
