"""The baseline as a ratchet: what was mended leaves it, what is new does not enter unasked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from llmaudit import policy, summary
from llmaudit.matching import match_assets
from llmaudit.model import Asset, Finding, Report

# Of a scope that was read in part, what is missing may only not have been seen.
_WHOLE = frozenset({"ok", "empty"})


@dataclass(frozen=True, slots=True)
class Turned:
    """A baseline after a run.

    Attributes:
        report: The new baseline.
        kept, left, entered: How many findings it holds on, has let go, and has taken in.
    """

    report: Report
    kept: int
    left: int
    entered: int


def turn(old: Report | None, run: Report, *, may_grow: bool = False) -> Turned:
    """The baseline after a run that was judged against it.

    It keeps what the run set aside because of it, and what the run could not have seen. An
    ignored finding leaves it: when its ignore ends it is to be heard of.

    Args:
        old: The baseline the run was given; None where there was none.
        run: The run's report, of a whole run: no rule and no path left out.
        may_grow: Take in every open finding too.

    Returns:
        The new baseline, a report as any other.
    """
    kept = [finding for finding in run.findings if finding.state == "baseline"]
    entered = [finding for finding in run.findings if may_grow and finding.state == "open"]
    unseen = _unseen(old, run) if old is not None else ((), ())
    findings = [
        *(dataclasses.replace(finding, state="baseline") for finding in (*kept, *entered)),
        *unseen[1],
    ]
    held = sum(f.state != "ignored" for f in old.findings) if old is not None else 0
    stays = len(kept) + len(unseen[1])
    report = dataclasses.replace(
        run,
        assets=tuple(sorted((*run.assets, *unseen[0]), key=lambda a: (a.kind, a.id))),
        findings=tuple(sorted(findings, key=policy.order)),
        warnings=(),
    )
    return Turned(
        dataclasses.replace(report, summary=summary.summarise(report)),
        kept=stays,
        left=max(held - stays, 0),
        entered=len(entered),
    )


def _unseen(old: Report, run: Report) -> tuple[Sequence[Asset], Sequence[Finding]]:
    """What of the old baseline the run did not come to, and so cannot let go."""
    whole = {line.connector for line in run.coverage if line.status in _WHOLE}
    whole -= {line.connector for line in run.coverage if line.status not in _WHOLE}
    scanned = {repository.repo for repository in run.repositories}
    matched = set(match_assets(old.assets, run.assets).values())
    links = {link for asset in run.assets for link in asset.same_as}
    assets = [
        asset
        for asset in old.assets
        if asset.id not in matched
        and links.isdisjoint(asset.same_as)
        and not any(
            entry.connector in whole and (entry.where.repo is None or entry.where.repo in scanned)
            for entry in asset.evidence
        )
    ]
    ids = {asset.id for asset in assets}
    findings: list[Finding] = [
        dataclasses.replace(finding, state="baseline")
        for finding in old.findings
        if finding.asset in ids and finding.state != "ignored"
    ]
    needed = {finding.asset for finding in findings}
    return [asset for asset in assets if asset.id in needed], findings
