"""The decision sheet: one row per use that somebody has to decide on.

The filled sheet is a register: the registry connector reads it back, and what was unknown is
settled.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from llmaudit.errors import UsageError
from llmaudit.model import (
    Asset,
    AssetKind,
    Location,
    Report,
    UsageTotal,
    Verdict,
    names_others_only,
)
from llmaudit.redact import normal_redaction

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
TO_FILL = COLUMNS[-4:]

_ORDER: dict[Verdict, int] = {"unknown": 0, "shadow": 1, "sanctioned": 2}
_NO_SCOPE: frozenset[AssetKind] = frozenset({"egress", "expense"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MOST_MODELS = 5


@dataclass(slots=True)
class _Row:
    kinds: Counter[AssetKind] = field(default_factory=Counter)
    verdicts: set[Verdict] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    places: list[Location] = field(default_factory=list)

    def urgency(self) -> int:
        """What is undecided comes first."""
        return min(_ORDER[verdict] for verdict in self.verdicts)


def rows(report: Report) -> list[dict[str, str]]:
    """One row per provider and key, project, account, app or repository; undecided first.

    A register row that only names others has no row of its own, what it names has. Egress and
    expenses have none: no register row can name them.
    """
    found: dict[tuple[str, str, str], _Row] = defaultdict(_Row)
    for asset in report.assets:
        if asset.kind in _NO_SCOPE or names_others_only(asset):
            continue
        kind, scope = _scope(asset)
        row = found[asset.provider or "unknown", kind, _literal(scope)]
        row.kinds[asset.kind] += 1
        row.verdicts.add(asset.verdict)
        row.models.update(asset.models)
        row.places.append(asset.where)
        for total in asset.usage:
            if total.amount is not None:
                row.cost[_unit(total)] += total.amount
    ordered = sorted(found.items(), key=lambda item: (item[1].urgency(), item[0]))
    return [_cells(*key, row) for key, row in ordered]


def render(report: Report) -> str:
    """The sheet as CSV, the columns to fill empty."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(report):
        writer.writerow({name: _guarded(text) for name, text in row.items()})
    return sheet.getvalue()


def write(report: Report, path: str | Path) -> None:
    """Write the sheet, but never over one that somebody has begun to fill.

    Args:
        report: A run's report.
        path: The file to write; replaced as a whole or left as it was.

    Raises:
        UsageError: The file holds something else than an empty sheet, or cannot be written.
    """
    target = Path(path).resolve()
    data = render(report).encode("utf-8", "backslashreplace")
    try:
        if target.exists() and not _is_unfilled(target):
            raise UsageError(
                f"{path} exists and is no empty decision sheet: its decisions would be lost",
                "name another file with -o, or move this one away",
            )
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with beside.open("xb") as stream:
                stream.write(data)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}", "name another place with -o"
        ) from error


def _is_unfilled(path: Path) -> bool:
    try:
        text = path.read_bytes().decode("utf-8")
        table = csv.DictReader(io.StringIO(text))
        return tuple(table.fieldnames or ()) == COLUMNS and not any(
            (row.get(name) or "").strip() for row in table for name in TO_FILL
        )
    except (UnicodeDecodeError, csv.Error):
        return False


def _unit(total: UsageTotal) -> str:
    estimated = " estimated" if total.basis == "estimated" else ""
    return f"{total.currency or 'of no currency'}{estimated}"


def _scope(asset: Asset) -> tuple[str, str]:
    """The narrowest thing that a person decides on for this asset, as a register names it."""
    if asset.kind in ("api_key", "secret"):
        return "key", _key_name(asset)
    for link in asset.same_as:
        kind, _, rest = link.partition(":")
        if kind in ("app", "seat"):
            return "app", rest.partition(":")[0]
    if asset.kind == "app":
        return "app", asset.name
    projects = sorted({e.project for e in asset.evidence if e.project})
    accounts = sorted({e.account for e in asset.evidence if e.account})
    if projects or accounts:
        return ("project", projects[0]) if projects else ("account", accounts[0])
    for link in asset.same_as:
        kind, _, rest = link.partition(":")
        if kind == "project":
            return "project", rest.partition(":")[2] or rest
    if asset.kind == "deployment":
        return "deployment", asset.name
    return "repository", asset.where.repo or asset.name


def _key_name(asset: Asset) -> str:
    """A key's id, else its redacted form: what a register row can name it by."""
    ids = [link.split(":", 2)[2] for link in asset.same_as if link.startswith("key-id:")]
    forms = [normal_redaction(e.redacted.form) for e in asset.evidence if e.redacted]
    return next(iter((*sorted(ids), *sorted(forms))), asset.name)


def _literal(scope: str) -> str:
    """A name that holds a star would decide every name: one of any character does not."""
    return scope.replace("*", "?")


def _cells(provider: str, kind: str, scope: str, row: _Row) -> dict[str, str]:
    return {
        "provider": provider,
        "scope_kind": kind,
        "scope": scope,
        "current": "; ".join(verdict for verdict in _ORDER if verdict in row.verdicts),
        "assets": str(row.kinds.total()),
        "calls": str(row.kinds["call"]),
        "keys": str(row.kinds["api_key"]),
        "seats": str(row.kinds["seat"]),
        "models": "; ".join(_few(sorted(row.models))),
        "cost": "; ".join(f"{amount:f} {unit}" for unit, amount in sorted(row.cost.items())),
        "example": str(min(row.places, key=_by_place)),
        **dict.fromkeys(TO_FILL, ""),
    }


def _by_place(where: Location) -> tuple[str, str, int, str]:
    return where.repo or "", where.path or "", where.line or 0, where.uri or ""


def _few(names: Iterable[str]) -> list[str]:
    listed = list(names)
    left = len(listed) - _MOST_MODELS
    return [*listed[:_MOST_MODELS], f"and {left} more"] if left > 0 else listed


def _guarded(text: str) -> str:
    """A text cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
