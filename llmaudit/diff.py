"""What changed from one report to the next: assets, what is decided of them, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from llmaudit.identity import match_assets
from llmaudit.model import Asset, Finding, Level, Location, Owner, Report
from llmaudit.summary import summarise

SCHEMA = "llmaudit.diff/1"

# A connector that was cut short by a limit may not have come to an asset that is still there.
_LOOKED = frozenset({"ok", "empty", "partial"})
_STANDING = frozenset({"open", "baseline"})
_LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an asset that is not as it was; None where it had, or has, no value."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """An asset of the new report that is not as the old one had it."""

    asset: Asset
    was: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from the old report to the new one, everything sorted.

    Attributes:
        old_as_of, new_as_of: When each report was true, ISO in UTC.
        added: Assets of the new report that the old one has not.
        gone: Assets of the old report that the new run looked for and did not find.
        unseen: Assets of the old report that the new run could not have found: none of the
            connectors that saw them ran, or their repository was not scanned.
        new_findings: Open findings of the new report that did not stand in the old one.
        fixed_findings: Findings that stood in the old report and are no more, except those
            on unseen assets.
    """

    old_as_of: str
    new_as_of: str
    added: tuple[Asset, ...]
    gone: tuple[Asset, ...]
    unseen: tuple[Asset, ...]
    changed: tuple[Changed, ...]
    new_findings: tuple[Finding, ...]
    fixed_findings: tuple[Finding, ...]


def compare(old: Report, new: Report) -> Diff:
    """Compare two reports, matching assets as `identity.match_assets` does.

    Args:
        old: The earlier report.
        new: The later one; the two may come from different connectors.
    """
    matched = match_assets(old.assets, new.assets)
    origins = _origins(old, new, matched)
    before = {asset.id: asset for asset in old.assets}
    kept = {origin for own in origins.values() for origin in own}
    left = [asset for asset in old.assets if asset.id not in kept]
    looked = {line.connector for line in new.coverage if line.status in _LOOKED}
    scanned = {repository.repo for repository in new.repositories}
    gone = [asset for asset in left if _was_looked_for(asset, looked, scanned)]
    gone_ids = {asset.id for asset in gone}
    changed = []
    for asset in new.assets:
        was = before.get(matched.get(asset.id, ""))
        changes = _changes(was, asset) if was is not None else ()
        if was is not None and changes:
            changed.append(Changed(asset, was.id, changes))
    stood = {(f.rule, f.asset) for f in old.findings if f.state in _STANDING}
    stands = {(f.rule, origin) for f in new.findings for origin in origins[f.asset]}
    return Diff(
        old_as_of=_moment(old),
        new_as_of=_moment(new),
        added=_sorted(asset for asset in new.assets if asset.id not in matched),
        gone=_sorted(gone),
        unseen=_sorted(asset for asset in left if asset.id not in gone_ids),
        changed=tuple(
            sorted(changed, key=lambda c: _order(c.asset.kind, c.asset.where, c.asset.id))
        ),
        new_findings=_sorted_findings(
            finding
            for finding in new.findings
            if finding.state == "open"
            and stood.isdisjoint(
                (finding.rule, old_id) for old_id in origins.get(finding.asset, ())
            )
        ),
        fixed_findings=_sorted_findings(
            finding
            for finding in old.findings
            if finding.state in _STANDING
            and (finding.rule, finding.asset) not in stands
            and (finding.asset in kept or finding.asset in gone_ids)
        ),
    )


def only_new(report: Report, diff: Diff) -> Report:
    """The later report with what is new alone: assets that came or changed, new findings."""
    findings = diff.new_findings
    kept = {asset.id for asset in diff.added}
    kept |= {one.asset.id for one in diff.changed} | {finding.asset for finding in findings}
    plain = replace(
        report,
        assets=tuple(asset for asset in report.assets if asset.id in kept),
        findings=findings,
    )
    return replace(plain, summary=summarise(plain))


def _origins(old: Report, new: Report, matched: Mapping[str, str]) -> Mapping[str, set[str]]:
    """For each new asset every old one it is made of: two may have turned out to be one."""
    by_link = {link: asset.id for asset in old.assets for link in asset.same_as}
    origins: dict[str, set[str]] = defaultdict(set)
    for new_id, old_id in matched.items():
        origins[new_id].add(old_id)
    for asset in new.assets:
        for link in asset.same_as:
            if link in by_link:
                origins[asset.id].add(by_link[link])
    return origins


def _was_looked_for(asset: Asset, looked: set[str], scanned: set[str]) -> bool:
    return any(
        evidence.connector in looked
        and (evidence.where.repo is None or evidence.where.repo in scanned)
        for evidence in asset.evidence
    )


def _changes(was: Asset, now: Asset) -> tuple[Change, ...]:
    pairs = (
        ("provider", was.provider, now.provider),
        ("models", ", ".join(was.models) or None, ", ".join(now.models) or None),
        ("verdict", was.verdict, now.verdict),
        ("tag_status", was.tag_status, now.tag_status),
        ("owner", _owner(was.owner), _owner(now.owner)),
    )
    return tuple(Change(field, before, after) for field, before, after in pairs if before != after)


def _owner(owner: Owner) -> str | None:
    if owner.value is None or owner.status == "active":
        return owner.value
    return f"{owner.value} ({owner.status})"


def render_text(diff: Diff) -> str:
    """The differences as plain text, one line per change.

    Names come from audited sources: what could drive a terminal or start a line of its own
    is shown as an escape. Repositories are named where there are several.
    """
    counts = {
        "added": len(diff.added),
        "gone": len(diff.gone),
        "not looked at": len(diff.unseen),
        "changed": len(diff.changed),
        "new findings": len(diff.new_findings),
        "fixed findings": len(diff.fixed_findings),
    }
    summary = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    lines = [f"{diff.old_as_of} -> {diff.new_as_of}", summary or "nothing changed"]
    several = len(_repositories(diff)) > 1
    for section in _sections(diff):
        rows = [
            f"{what:<7}  {kind:<10}  {_shown(_place(where, several=several))}  {_shown(rest)}"
            for what, kind, where, rest in section
        ]
        if rows:
            lines += ["", *rows]
    return "\n".join(lines) + "\n"


_Row = tuple[str, str, Location, str]


def _sections(diff: Diff) -> Iterator[Iterator[_Row]]:
    yield (("added", asset.kind, asset.where, _facts(asset)) for asset in diff.added)
    yield (("gone", asset.kind, asset.where, _facts(asset)) for asset in diff.gone)
    yield (("unseen", asset.kind, asset.where, _facts(asset)) for asset in diff.unseen)
    yield (
        (
            "changed",
            one.asset.kind,
            one.asset.where,
            "; ".join(
                f"{c.field} {c.before or 'none'} -> {c.after or 'none'}" for c in one.changes
            ),
        )
        for one in diff.changed
    )
    for what, findings in (("new", diff.new_findings), ("fixed", diff.fixed_findings)):
        yield ((what, f.level, f.where, f"{f.rule}: {f.message}") for f in findings)


def _change(change: Change) -> str:
    return f"{change.field} {change.before or 'none'} -> {change.after or 'none'}"


def _facts(asset: Asset) -> str:
    """What a reader knows the asset by; a call's name repeats its path."""
    name = asset.name.removeprefix(f"{asset.where.path}:")
    facts = [
        " ".join(((asset.provider or "provider unknown"), *asset.models)),
        *([f"tags {asset.tag_status}"] if asset.tag_status else []),
        f"verdict {asset.verdict}",
    ]
    return f"{name}: {', '.join(facts)}"


def _place(where: Location, *, several: bool) -> str:
    return f"{where.repo} {where}" if several and where.repo else str(where)


def _repositories(diff: Diff) -> set[str]:
    shown = (
        *(asset.where for asset in (*diff.added, *diff.gone, *diff.unseen)),
        *(one.asset.where for one in diff.changed),
        *(finding.where for finding in (*diff.new_findings, *diff.fixed_findings)),
    )
    return {where.repo for where in shown if where.repo}


def _shown(text: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def to_json(diff: Diff) -> dict[str, Any]:
    """The differences as the objects that JSON knows."""
    return {
        "schema": SCHEMA,
        "old_as_of": diff.old_as_of,
        "new_as_of": diff.new_as_of,
        "added": [_asset_object(asset) for asset in diff.added],
        "gone": [_asset_object(asset) for asset in diff.gone],
        "unseen": [_asset_object(asset) for asset in diff.unseen],
        "changed": [
            {
                **_asset_object(one.asset),
                "was": one.was,
                "changes": [
                    {"field": c.field, "before": c.before, "after": c.after} for c in one.changes
                ],
            }
            for one in diff.changed
        ],
        "new_findings": [_finding_object(finding) for finding in diff.new_findings],
        "fixed_findings": [_finding_object(finding) for finding in diff.fixed_findings],
    }


def _asset_object(asset: Asset) -> dict[str, Any]:
    return {
        "id": asset.id,
        "kind": asset.kind,
        "name": asset.name,
        "provider": asset.provider,
        "models": list(asset.models),
        "verdict": asset.verdict,
        "tag_status": asset.tag_status,
        "owner": asset.owner.value,
        "where": _where_object(asset.where),
    }


def _finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "asset": finding.asset,
        "where": _where_object(finding.where),
        "message": finding.message,
        "help": finding.help,
        "fingerprint": finding.fingerprint,
    }


def _where_object(where: Location) -> dict[str, Any]:
    if where.path is None:
        return {"uri": where.uri}
    return {"repo": where.repo, "path": where.path, "line": where.line}


def _moment(report: Report) -> str:
    moment = report.as_of
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat().replace("+00:00", "Z")


def _order(name: str, where: Location, id: str) -> tuple[str, str, str, int, str, str]:
    return name, where.repo or "", where.path or "", where.line or 0, where.uri or "", id


def _asset_order(asset: Asset) -> tuple[str, str, str, int, str, str]:
    return _order(asset.kind, asset.where, asset.id)


def _sorted(assets: Iterable[Asset]) -> tuple[Asset, ...]:
    return tuple(sorted(assets, key=_asset_order))


def _sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        sorted(
            findings,
            key=lambda one: (
                _LEVELS.index(one.level),
                *_order(one.rule, one.where, one.fingerprint),
            ),
        )
    )
