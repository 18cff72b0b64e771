"""What a policy would do: judge a saved report by it, and say who would turn red."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from llmaudit import attribution, catalogue, gate, policy, sanction
from llmaudit.config import Policy
from llmaudit.formats.printable import printable
from llmaudit.model import Asset, Finding, Owner, Report
from llmaudit.pipeline import Request

SCHEMA = "llmaudit.simulation/1"
_NOBODY = "(none)"

Turn = Literal["turns red", "stays red", "turns green", "stays green"]
_TURNS: tuple[Turn, ...] = ("turns red", "stays red", "turns green", "stays green")


@dataclass(frozen=True, slots=True)
class Row:
    """One repository or business unit.

    Attributes:
        name: ``(none)`` for what belongs to none.
        turn: Red where its own gate would end with 1. Before: where the report has an open
            error on it.
        assets: How many it has.
        why: The gate's sentence under the policy.
    """

    kind: Literal["repository", "unit"]
    name: str
    turn: Turn
    assets: int
    why: str


def simulate(saved: Report, request: Request) -> tuple[Row, ...]:
    """Judge a report again, as if the policy of a request had been in force.

    Tags, owners, units and sanctions are decided anew from the evidence; nothing is scanned.
    The text of CODEOWNERS is not part of a report: an owner that came from it stays. Each
    repository and each unit is held against the policy, allowances included, on its own, as a
    check of it would be.

    Args:
        saved: Any earlier report.
        request: Its policy, registers, rules and clock.

    Returns:
        Repositories, then units; those that turn red first.

    Raises:
        LlmauditError: A file the policy needs cannot be read.
    """
    report = _judged(saved, request)
    return tuple(
        row
        for kind in ("repository", "unit")
        for row in sorted(
            _rows(kind, saved, report, request.policy),
            key=lambda row: (_TURNS.index(row.turn), row.name),
        )
    )


def _judged(saved: Report, request: Request) -> Report:
    rules = request.policy or Policy()
    known = catalogue.load()
    day = request.as_of.date()
    people, units = attribution.read_registers(rules.owners, request.root, request.people)
    attributed = attribution.attribute(
        saved.assets,
        rules,
        known,
        repositories=saved.repositories,
        people=people,
        units=units,
        by_tree=request.by_tree,
        as_of=day,
    )
    by_file = rules.owners.codeowners and rules.trust.codeowners
    kept = tuple(
        _with_owner(asset, was.owner) if by_file else asset
        for asset, was in zip(attributed, saved.assets, strict=True)
    )
    assets = sanction.classify(kept, rules.sanctioned, day)
    findings = policy.judge(
        assets,
        request.policy,
        as_of=day,
        select=request.select,
        ignore=request.ignore,
        catalogue=known,
    )
    findings, _ = policy.suppress(
        findings,
        assets,
        rules,
        baseline=request.baseline,
        by_tree=request.by_tree,
        honour_ignores=request.honour_ignores,
        as_of=day,
    )
    # What could not be seen then is no part of the question.
    return dataclasses.replace(saved, assets=tuple(assets), findings=tuple(findings), coverage=())


def _with_owner(asset: Asset, was: Owner) -> Asset:
    if asset.owner.value is None and was.source == "codeowners":
        return dataclasses.replace(asset, owner=was)
    return asset


def _rows(
    kind: Literal["repository", "unit"], saved: Report, report: Report, rules: Policy | None
) -> Iterable[Row]:
    group = {asset.id: name for asset in report.assets if (name := _group(kind, asset))}
    red_before = {
        group[finding.asset]
        for finding in saved.findings
        if _is_open_error(finding) and finding.asset in group
    }
    counted = Counter(group.values())
    for name, number in counted.items():
        own = {asset_id for asset_id, group_name in group.items() if group_name == name}
        part = dataclasses.replace(
            report,
            assets=tuple(asset for asset in report.assets if asset.id in own),
            findings=tuple(finding for finding in report.findings if finding.asset in own),
        )
        verdict = gate.decide(part, rules)
        before, after = name in red_before, bool(verdict.broken)
        turn: Turn = (
            ("stays red" if before else "turns red")
            if after
            else ("turns green" if before else "stays green")
        )
        yield Row(kind, name, turn, number, verdict.sentence)


def _group(kind: str, asset: Asset) -> str:
    """The repository of what lies in one; the unit of anything, also where it has none."""
    if kind == "repository":
        return asset.where.repo or ""
    return asset.unit.business_unit if asset.unit is not None else _NOBODY


def _is_open_error(finding: Finding) -> bool:
    return finding.level == "error" and finding.state == "open"


def render_text(rows: Iterable[Row]) -> str:
    """One line per repository and unit; names come from audited sources."""
    rows = tuple(rows)
    lines: list[str] = []
    for kind, title in (("repository", "REPOSITORIES"), ("unit", "UNITS")):
        own = [row for row in rows if row.kind == kind]
        turns = Counter(row.turn for row in own)
        said = ", ".join(
            # "2 turn red", "1 turns red"
            f"{turns[turn]:,} {turn if turns[turn] == 1 else turn.replace('s ', ' ', 1)}"
            for turn in _TURNS
            if turns[turn]
        )
        lines += ["", f"{title}   {said or 'none'}"]
        lines += [f"{row.turn:<11}  {printable(row.name)}  {printable(row.why)}" for row in own]
    return "\n".join(lines[1:]) + "\n"


def to_json(rows: Iterable[Row]) -> dict[str, Any]:
    """The rows as the objects that JSON knows."""
    return {"schema": SCHEMA, "rows": [dataclasses.asdict(row) for row in rows]}
