"""The JSON report, version 1: the Report field by field, and the source of every other output.

Published as a JSON Schema in ``report.schema.json`` beside this file; read back by
`llmaudit.report_file`. Not rendered: the text of a CODEOWNERS file.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmaudit.formats import Options
from llmaudit.formats.figures import utc
from llmaudit.model import SCHEMA, Asset, Evidence, Location, Report, UsageTotal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ASSET_ORDER = (
    "id", "kind", "name", "provider", "models", "environment", "context", "verdict",
    "verdict_reason", "approved_by", "approved_until", "tagging", "tag_status", "tags",
    "missing_tags", "invalid_tags", "conflicting_tags", "owner", "unit", "same_as",
    "ambiguous_with", "relations", "usage", "evidence",
)  # fmt: skip
_EVIDENCE_ALWAYS = (
    "connector", "kind", "name", "provider", "sdk", "api", "model", "confidence", "tagging",
    "where", "symbol", "callers", "rule",
)  # fmt: skip
_EVIDENCE_EMPTY = {
    field.name: (
        field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    )
    for field in dataclasses.fields(Evidence)
}
# Raw in JSON these are legal, but a terminal that shows the file would obey some of them, and
# a lone surrogate cannot be encoded; ``##[`` is a command to the runner of a GitHub workflow.
_ESCAPED = re.compile(
    "(?<=##)\\[|[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_EXACT_DIGITS = 15


def render(report: Report, options: Options | None = None) -> str:  # noqa: ARG001
    """The report as JSON text, the same bytes for the same report.

    Each asset, finding and other entry stands on a line of its own: a report of a whole company
    is read by tools, compared by line and searched, and indented it would be twice the size.
    """
    parts = [f'"{name}": {_part(value)}' for name, value in document(report).items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _part(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_line, value)) + "\n]"
    return _line(value)


def _line(value: object) -> str:
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if line.isascii() and line.isprintable() and "##[" not in line:
        return line
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", line)


def document(report: Report) -> dict[str, Any]:
    """The report as the objects that JSON knows, keys in their published order."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "llmaudit", "version": report.tool_version},
        "as_of": _moment(report.as_of),
        "period": _plain(report.period),
        "organization": report.organization,
        "config_digest": report.config_digest,
        "policy": _plain(report.policy),
        "repositories": [
            {
                name: getattr(repository, name)
                for name in ("repo", "root", "commit", "dirty", "codeowners_path")
            }
            for repository in report.repositories
        ],
        "summary": _plain(report.summary, ordered=True),
        "assets": [_asset(asset) for asset in report.assets],
        "findings": _plain(report.findings),
        "coverage": _plain(report.coverage),
        "spend": _plain(report.spend),
        "warnings": list(report.warnings),
    }


def _asset(asset: Asset) -> dict[str, Any]:
    fields = {name: _plain(getattr(asset, name)) for name in _ASSET_ORDER if name != "environment"}
    fields["environment"] = {"value": asset.environment, "source": asset.environment_source}
    return {name: fields[name] for name in _ASSET_ORDER}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """The fields every piece of evidence has, then those of the others that are not empty.

    A report may hold hundreds of thousands of pieces; fields that are empty for nearly all of
    them would be most of the file.
    """
    shown: dict[str, Any] = {
        name: (
            (evidence.models[0] if evidence.models else None)
            if name == "model"
            else _plain(getattr(evidence, name))
        )
        for name in _EVIDENCE_ALWAYS
    }
    for field in dataclasses.fields(evidence):
        value = getattr(evidence, field.name)
        if field.name == "models":
            if len(value) > 1:
                shown["models"] = list(value)
        elif field.name not in shown and value != _EVIDENCE_EMPTY[field.name]:
            shown[field.name] = _plain(value)
    return shown


def _location(where: Location) -> dict[str, Any]:
    if where == Location(uri=where.uri) and where.uri is not None:
        return {"uri": where.uri}
    shown: dict[str, Any] = {
        name: getattr(where, name)
        for name in ("repo", "path", "line", "end_line", "column", "cell", "cell_line")
    }
    return shown if where.uri is None else {**shown, "uri": where.uri}


def _plain(value: object, *, ordered: bool = False) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case Location():
            return _location(value)
        case Evidence():
            return _evidence(value)
        case UsageTotal():
            return {**_fields(value), "requests": _number(value.requests)}
        case Mapping():
            items = value.items() if ordered else sorted(value.items())
            return {key: _plain(item, ordered=ordered) for key, item in items}
        case tuple() | list():
            return [_plain(item, ordered=ordered) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return _fields(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in the JSON report")


def _fields(value: DataclassInstance) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _number(value: Decimal) -> int | float:
    """A count as a JSON number: whole, or to the 15 digits that a double holds exactly."""
    if value == value.to_integral_value():
        return int(value)
    return float(f"{value:.{_EXACT_DIGITS}g}")


def _moment(value: datetime) -> str:
    return utc(value).isoformat().replace("+00:00", "Z")
