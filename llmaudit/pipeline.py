"""The stages in order. `run` is the table of contents."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from llmaudit import __version__, attribution, catalogue, connectors, identity, policy, sanction
from llmaudit import summary as figures
from llmaudit import usage as money
from llmaudit.bulk import collector_paused
from llmaudit.catalogue import Catalogue
from llmaudit.config import Config, Policy
from llmaudit.errors import ConfigError, LlmauditError
from llmaudit.ledger import Ledger
from llmaudit.model import (
    Asset,
    Coverage,
    Evidence,
    Finding,
    Period,
    Report,
    Repository,
    SpendSource,
    Usage,
)
from llmaudit.redact import People

SIDES = {
    "code": ("no code was scanned", "give a path, or add a connector of type code"),
    "cloud": ("no cloud account was read", "cloud connectors are not part of this version"),
    "keys": ("no key register or gateway was read", "add a connector of type registry"),
    "saas": (
        "no SaaS, identity, network or expense export was read: shadow use outside code and "
        "keys is not ruled out",
        "add a connector of type exports",
    ),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One run, fully stated: nothing below reads a clock, an environment or a flag.

    Attributes:
        entries: ``connectors:`` entries to run, in order, already allowed by the trust rules.
        root: Folder that relative paths in the configuration start from.
        confine: Folder nothing may be read outside of, None for a trusted configuration.
        policy: Policy in force; None judges by the defaults and says so.
        tree_tags: True when attribution and ignores come from a discovered file.
        baseline: An earlier Report; its open findings are not new.
        select, ignore: Rule ids to judge by, or to leave out.
    """

    config: Config
    config_digest: str
    policy: Policy | None
    entries: tuple[dict[str, object], ...]
    root: Path
    as_of: datetime
    people: People
    confine: Path | None = None
    by_tree: bool = False
    period: Period | None = None
    baseline: Report | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    honour_ignores: bool = True
    offline: bool = False
    repo_name: str | None = None
    jobs: int = 1
    progress: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """What the connectors saw and what they could not."""

    evidence: tuple[Evidence, ...]
    usage: tuple[Usage, ...]
    repositories: tuple[Repository, ...]
    coverage: tuple[Coverage, ...]


def run(request: Request) -> Report:
    """Collect, normalise, resolve, attribute, classify, judge, suppress: one Report.

    Raises:
        LlmauditError: Nothing can be concluded (a file the policy needs cannot be read, the
            scan engine is unusable, every connector failed).
    """
    rules = request.policy or Policy()
    known = catalogue.load()
    people, units = attribution.read_registers(rules.owners, request.root, request.people)

    seen = collect(request, known)
    with collector_paused():
        assets = identity.resolve(catalogue.normalise(seen.evidence, known))
        assets, spend = money.join(assets, seen.usage, request.period)
        # All of it lives on in the assets; a large run needs the room.
        seen = dataclasses.replace(seen, evidence=(), usage=())
        assets = attribution.attribute(
            assets,
            rules,
            known,
            repositories=seen.repositories,
            people=people,
            units=units,
            by_tree=request.by_tree,
            as_of=request.as_of.date(),
        )
        assets = sanction.classify(assets, rules.sanctioned, request.as_of.date())
        findings = policy.judge(
            assets,
            request.policy,
            as_of=request.as_of.date(),
            select=request.select,
            ignore=request.ignore,
            catalogue=known,
        )
        findings, warnings = policy.suppress(
            findings,
            assets,
            rules,
            baseline=request.baseline,
            by_tree=request.by_tree,
            honour_ignores=request.honour_ignores,
            as_of=request.as_of.date(),
        )
        return _report(request, seen, assets, spend, findings, warnings)


def against(report: Report, before: Report) -> Report:
    """The report of a changed tree, with what stood in it before the change set aside.

    Args:
        report: Of the tree as it is now.
        before: Of the tree as it was, judged by the same policy.
    """
    findings = policy.set_aside_earlier(report.findings, report.assets, before)
    report = dataclasses.replace(report, findings=tuple(sorted(findings, key=policy.order)))
    return dataclasses.replace(report, summary=figures.summarise(report))


def _report(
    request: Request,
    seen: Collection,
    assets: Iterable[Asset],
    spend: tuple[SpendSource, ...],
    findings: Iterable[Finding],
    warnings: Iterable[str],
) -> Report:
    """All of it, sorted, with the figures computed from it."""
    said = (*request.warnings, *attribution.codeowners_problems(seen.repositories), *warnings)
    report = Report(
        tool_version=__version__,
        as_of=request.as_of,
        period=request.period,
        organization=request.config.organization,
        config_digest=request.config_digest,
        policy=policy.in_force(request.policy),
        repositories=tuple(sorted(seen.repositories, key=lambda r: (r.repo, r.root))),
        assets=tuple(sorted(assets, key=lambda a: (a.kind, a.id))),
        findings=tuple(sorted(findings, key=policy.order)),
        coverage=tuple(sorted(seen.coverage, key=lambda c: (c.side, c.connector, c.scope))),
        spend=spend,
        warnings=tuple(dict.fromkeys(said)),
    )
    return dataclasses.replace(report, summary=figures.summarise(report))


def collect(request: Request, known: Catalogue) -> Collection:
    """Run every connector; what one of them cannot see never stops the others.

    Raises:
        LlmauditError: Every connector failed, so that nothing can be concluded.
    """
    evidence: list[Evidence] = []
    usage: list[Usage] = []
    repositories: list[Repository] = []
    coverage: list[Coverage] = []
    context = connectors.Run(
        root=request.root,
        confine=request.confine,
        as_of=request.as_of,
        period=request.period,
        organization=request.config.organization,
        catalogue=known,
        people=request.people,
        gateways=request.config.gateways,
        wrappers=request.config.wrappers,
        exclude=request.config.exclude,
        repo_name=request.repo_name,
        jobs=request.jobs,
        progress=request.progress,
    )
    for entry in request.entries:
        name = str(entry["type"])
        kind = connectors.KINDS[name]
        ledger = Ledger(name, kind.side)
        if request.offline and kind.network:
            ledger.note(name, "skipped", "--offline was given", fix="run without --offline")
        else:
            module = connectors.load(name)
            fields = {key: value for key, value in entry.items() if key != "type"}
            for thing in module.collect(module.Settings(**fields), context, ledger):
                if isinstance(thing, Evidence):
                    evidence.append(thing)
                elif isinstance(thing, Usage):
                    usage.append(thing)
                else:
                    repositories.append(thing)
            if not ledger.lines:
                ledger.note(name, "failed", "the connector named no scope")
        coverage.extend(ledger.lines)
    _refuse_when_nothing_worked(coverage)
    return Collection(
        tuple(evidence),
        tuple(usage),
        tuple(dict.fromkeys(repositories)),
        (*coverage, *_sides_not_supplied(coverage)),
    )


def _refuse_when_nothing_worked(coverage: Iterable[Coverage]) -> None:
    lines = list(coverage)
    if lines and all(line.status in ("failed", "denied") for line in lines):
        first = lines[0]
        raise LlmauditError(
            f"every connector failed; the first, {first.connector} on {first.scope}: {first.why}",
            first.fix,
        )
    if not lines:
        raise ConfigError("no connector is configured", "give a path or add a connector")


def _sides_not_supplied(coverage: Iterable[Coverage]) -> list[Coverage]:
    present = {line.side for line in coverage}
    return [
        Coverage(side, "everything", "not_configured", side=side, why=why, fix=fix)
        for side, (why, fix) in SIDES.items()
        if side not in present
    ]
