"""Three tables for a spreadsheet or a warehouse, and a manifest to tie them out.

FOCUS column names where one exists, ``x_`` before the others; see ``docs/formats/csv.md``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from typing import Literal

from llmaudit.formats import Options
from llmaudit.formats.csv_assets import asset_columns, asset_rows
from llmaudit.formats.csv_findings import FINDING_COLUMNS, finding_rows
from llmaudit.formats.csv_units import UNIT_COLUMNS, unit_rows
from llmaudit.formats.figures import EXACT, utc
from llmaudit.formats.printable import printable
from llmaudit.model import Report

SCHEMA = "llmaudit.csv/1"

Cell = str | int | bool | Decimal | date | tuple[str, ...] | None
Row = Mapping[str, Cell]
Dialect = Literal["standard", "excel-eu"]

# A spreadsheet runs a cell that begins with one of these; a line feed may be skipped over.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BYTE_ORDER_MARK = "\ufeff"


def render(report: Report, options: Options | None = None) -> dict[str, str]:
    """``assets.csv``, ``findings.csv``, ``units.csv`` and ``manifest.json``."""
    with localcontext(EXACT):
        return _render(report, options.csv_dialect if options else "standard")


def _render(report: Report, dialect: Dialect) -> dict[str, str]:
    tables = {
        "assets.csv": (asset_columns(report), asset_rows(report)),
        "findings.csv": (FINDING_COLUMNS, finding_rows(report)),
        "units.csv": (UNIT_COLUMNS, unit_rows(report)),
    }
    texts = {name: _table(columns, rows, dialect) for name, (columns, rows) in tables.items()}
    manifest = {
        "schema": SCHEMA,
        "tool": {"name": "llmaudit", "version": report.tool_version},
        "as_of": utc(report.as_of).isoformat().replace("+00:00", "Z"),
        "organization": report.organization,
        "period": report.period
        and {"start": report.period.start.isoformat(), "end": report.period.end.isoformat()},
        "dialect": dialect,
        "tables": {
            name: {
                "rows": len(rows),
                "columns": len(columns),
                "sha256": hashlib.sha256(texts[name].encode()).hexdigest(),
            }
            for name, (columns, rows) in tables.items()
        },
        "totals": _totals(report),
    }
    return {**texts, "manifest.json": json.dumps(manifest, indent=1, ensure_ascii=True) + "\n"}


def _table(columns: tuple[str, ...], rows: Iterable[Row], dialect: Dialect) -> str:
    stream = io.StringIO()
    european = dialect == "excel-eu"
    if european:
        stream.write(_BYTE_ORDER_MARK)
    writer = csv.writer(stream, delimiter=";" if european else ",", lineterminator="\n")
    writer.writerow([_text(column) for column in columns])
    for row in rows:
        writer.writerow([_cell(row.get(column), european=european) for column in columns])
    return stream.getvalue()


def _cell(value: Cell, *, european: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            shown = format(value, "f")
            return shown.replace(".", ",") if european else shown
        case date():
            return value.isoformat()
        case tuple():
            return _text(";".join(_text(item) for item in value))
        case str():
            return _text(value)


def _text(value: str) -> str:
    """Text that shows itself in a spreadsheet and does nothing."""
    return ("'" if value.startswith(_FORMULA) else "") + printable(value, cell=True)


def _totals(report: Report) -> list[dict[str, object]]:
    """What the money columns of assets.csv and units.csv add up to."""
    totals: list[dict[str, object]] = []
    for currency, basis in sorted({(line.currency, line.basis) for line in report.spend}):
        lines = [line for line in report.spend if (line.currency, line.basis) == (currency, basis)]
        total = {
            name: format(sum((getattr(line, name) for line in lines), Decimal(0)), "f")
            for name in ("total", "attributed", "unattributed", "outside_period")
        }
        totals.append(
            {
                "currency": currency,
                "basis": basis,
                "column": "BilledCost" if basis == "billed" else "x_EstimatedCost",
                **total,
                "rows": sum(line.rows for line in lines),
                "rows_outside_period": sum(line.rows_outside_period for line in lines),
                "sources": sorted({line.source for line in lines}),
            }
        )
    return totals
