"""The decision sheet: one row per use that somebody has to decide on.

The filled sheet is a register: the registry connector reads it back, and what was unknown is
settled.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from llmaudit.model import Asset, Report, Verdict

COLUMNS = (
    "provider",
    "scope_kind",
    "scope",
    "current",
    "assets",
    "calls",
    "keys",
    "seats",
    "models",
    "cost",
    "example",
    "decision",
    "approved_by",
    "until",
    "reason",
)
_ORDER: dict[Verdict, int] = {"unknown": 0, "shadow": 1, "sanctioned": 2}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class _Row:
    assets: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    verdicts: set[Verdict] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    example: str = ""


def rows(report: Report) -> list[dict[str, str]]:
    """One row per provider and key, project, account, app or repository; undecided first."""
    found: dict[tuple[str, str, str], _Row] = defaultdict(_Row)
    for asset in report.assets:
        if all(entry.register for entry in asset.evidence) and _only_names_others(asset):
            continue
        kind, scope = _scope(asset)
        row = found[asset.provider or "unknown", kind, scope]
        row.assets += 1
        row.kinds[asset.kind] += 1
        row.verdicts.add(asset.verdict)
        row.models |= set(asset.models)
        row.example = row.example or str(asset.where)
        for total in asset.usage:
            if total.amount is not None:
                row.cost[f"{total.currency} {total.basis}"] += total.amount
    ordered = sorted(
        found.items(), key=lambda item: (min(_ORDER[v] for v in item[1].verdicts), item[0])
    )
    return [_cells(*key, row) for key, row in ordered]


def render(report: Report) -> str:
    """The sheet as CSV, its last four columns empty."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(report):
        writer.writerow({name: _guarded(text) for name, text in row.items()})
    return sheet.getvalue()


def _scope(asset: Asset) -> tuple[str, str]:
    """The narrowest thing a person decides on for this asset."""
    if asset.kind in ("api_key", "secret"):
        link = next((x for x in asset.same_as if x.startswith("key-id:")), "")
        return "key", link.split(":", 2)[2] if link else asset.name
    for link in asset.same_as:
        kind, _, rest = link.partition(":")
        if kind in ("app", "seat"):
            return "app", rest.split(":")[0]
    entry = next((e for e in asset.evidence if e.project or e.account), None)
    if entry is not None:
        return ("project", entry.project) if entry.project else ("account", entry.account or "")
    return "repository", asset.where.repo or asset.name


def _cells(provider: str, kind: str, scope: str, row: _Row) -> dict[str, str]:
    current = sorted(row.verdicts, key=_ORDER.__getitem__)
    return {
        "provider": provider,
        "scope_kind": kind,
        "scope": scope,
        "current": "; ".join(current),
        "assets": str(row.assets),
        "calls": str(row.kinds["call"]),
        "keys": str(row.kinds["api_key"]),
        "seats": str(row.kinds["seat"]),
        "models": "; ".join(_few(sorted(row.models))),
        "cost": "; ".join(f"{amount:f} {unit}" for unit, amount in sorted(row.cost.items())),
        "example": row.example,
        "decision": "",
        "approved_by": "",
        "until": "",
        "reason": "",
    }


def _few(names: Iterable[str], most: int = 5) -> list[str]:
    listed = list(names)
    return listed if len(listed) <= most else [*listed[:most], f"and {len(listed) - most} more"]


def _only_names_others(asset: Asset) -> bool:
    return any(r.type == "registers" for entry in asset.evidence for r in entry.relates)


def _guarded(text: str) -> str:
    """A text cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
