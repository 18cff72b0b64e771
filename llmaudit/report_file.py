"""Reads a saved JSON report back into a Report: the inverse of the json format."""

from __future__ import annotations

import dataclasses
import json
import re
import reprlib
import types
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from llmaudit.errors import ReportError
from llmaudit.model import (
    SCHEMA,
    Asset,
    Coverage,
    Evidence,
    Finding,
    Location,
    Period,
    PolicyInForce,
    Report,
    Repository,
    SpendSource,
)

_TOP = (
    "schema", "tool", "as_of", "period", "organization", "config_digest", "policy",
    "repositories", "summary", "assets", "findings", "coverage", "spend", "warnings",
)  # fmt: skip
_EVIDENCE_MAY_LACK = frozenset(field.name for field in dataclasses.fields(Evidence)) - {
    "connector", "kind", "name", "provider", "sdk", "api", "confidence", "tagging", "where",
    "symbol", "callers", "rule",
}  # fmt: skip
_Read = Callable[[object], object]
_HELP = "make the report again with llmaudit scan -o"


class _MisfitError(Exception):
    """A value that has not the shape its place asks for.

    The place grows outwards while the error passes through the containers, so that reading
    what fits builds no places.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = ""

    def inside(self, step: str) -> _MisfitError:
        """The same misfit, seen from the container one step further out."""
        self.place = step + self.place
        return self

    def __str__(self) -> str:
        return f"{self.place.removeprefix('.') or 'the report'} {self.problem}"


def load(path: str | Path) -> Report:
    """Read a report that ``--format json`` wrote.

    Args:
        path: The file; UTF-8, with or without a byte order mark.

    Returns:
        The Report as it was rendered, without the texts of CODEOWNERS files, which are not
        rendered.

    Raises:
        ReportError: The file cannot be read, is not JSON, is of another schema version, or a
            field is missing, unknown or of another type; the place is named.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: is not UTF-8 text, so not a JSON report", _HELP) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Report:
    """A report from the text of its JSON.

    Args:
        text: What ``--format json`` wrote.
        name: What errors call it.

    Raises:
        ReportError: As for `load`.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ReportError(
            f"{name}: is not JSON: {error.msg} at line {error.lineno}, column {error.colno}", _HELP
        ) from error
    except RecursionError as error:
        raise ReportError(f"{name}: is nested too deeply to be a report", _HELP) from error
    except _MisfitError as misfit:
        raise ReportError(f"{name}: {misfit}", _HELP) from misfit
    except ValueError as error:
        raise ReportError(f"{name}: holds a number of too many digits", _HELP) from error
    if not isinstance(document, dict) or "schema" not in document:
        raise ReportError(f"{name}: is JSON, but not an llmaudit report", _HELP)
    if document["schema"] != SCHEMA:
        found = reprlib.repr(document["schema"])
        raise ReportError(f"{name}: has schema {found}, this version reads {SCHEMA!r}", _HELP)
    try:
        return _report(document)
    except _MisfitError as misfit:
        raise ReportError(f"{name}: {misfit}", _HELP) from misfit


def _no_constant(text: str) -> object:
    raise _MisfitError(f"holds {text}, which is no number")


def _report(document: dict[str, Any]) -> Report:
    _check_keys(document, known=_TOP, required=_TOP)

    def read(hint: object, field: str) -> Any:
        try:
            return _reader(hint)(document[field])
        except _MisfitError as misfit:
            raise misfit.inside(f".{field}") from None

    return Report(
        tool_version=read(_Tool, "tool").version,
        as_of=read(datetime, "as_of"),
        period=read(Period | None, "period"),
        organization=read(str, "organization"),
        config_digest=read(str, "config_digest"),
        policy=read(PolicyInForce, "policy"),
        repositories=read(tuple[Repository, ...], "repositories"),
        assets=read(tuple[Asset, ...], "assets"),
        findings=read(tuple[Finding, ...], "findings"),
        coverage=read(tuple[Coverage, ...], "coverage"),
        spend=read(tuple[SpendSource, ...], "spend"),
        warnings=read(tuple[str, ...], "warnings"),
        summary=read(Mapping[str, Any], "summary"),
    )


@cache
def _reader(hint: object) -> _Read:
    """What reads a value of a declared type, and raises _MisfitError for one of another."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _object_reader(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        read = _reader(arguments[0])
        return lambda value: None if value is None else read(value)
    if origin is Literal:
        return _literal_reader(arguments)
    if origin is tuple:
        return _list_reader(_reader(arguments[0]))
    return _map_reader(_reader(arguments[1]))


def _literal_reader(choices: tuple[str, ...]) -> _Read:
    def read(value: object) -> object:
        if value not in choices:
            raise _MisfitError(f"is {reprlib.repr(value)}, not one of {', '.join(choices)}")
        return value

    return read


def _list_reader(read_item: _Read) -> _Read:
    def read(value: object) -> object:
        if not isinstance(value, list):
            raise _MisfitError("is not a list")
        items = []
        for item in value:
            try:
                items.append(read_item(item))
            except _MisfitError as misfit:
                raise misfit.inside(f"[{len(items)}]") from None
        return tuple(items)

    return read


def _map_reader(read_item: _Read) -> _Read:
    def read(value: object) -> object:
        items = {}
        for key, item in _mapping(value).items():
            try:
                items[key] = read_item(item)
            except _MisfitError as misfit:
                raise misfit.inside(f".{key if key.isprintable() else repr(key)}") from None
        return items

    return read


def _object_reader(cls: type) -> _Read:
    readers = {name: _reader(hint) for name, hint in get_type_hints(cls).items()}
    required = readers.keys() - _MAY_LACK.get(cls, frozenset())
    shape = _SHAPES.get(cls)

    def read(value: object) -> object:
        fields = _mapping(value)
        if shape:
            fields = shape(fields)
        if cls is not Location or fields.keys() != {"uri"}:
            _check_keys(fields, known=readers, required=required)
        read_fields = {}
        for name, item in fields.items():
            try:
                read_fields[name] = readers[name](item)
            except _MisfitError as misfit:
                raise misfit.inside(f".{name}") from None
        return cls(**read_fields)

    return read


def _asset_shape(fields: dict[str, Any]) -> dict[str, Any]:
    """The environment is one object with its source in JSON, two fields in the model."""
    environment = fields.get("environment")
    if not isinstance(environment, dict) or environment.keys() != {"value", "source"}:
        raise _MisfitError("is no object of a value and its source").inside(".environment")
    return {
        **fields,
        "environment": environment["value"],
        "environment_source": environment["source"],
    }


def _evidence_shape(fields: dict[str, Any]) -> dict[str, Any]:
    """``model`` is the first of ``models``, which stands only where there are several."""
    if "model" not in fields:
        raise _MisfitError("lacks 'model'")
    rest = {key: item for key, item in fields.items() if key != "model"}
    if "models" not in rest:
        rest["models"] = [] if fields["model"] is None else [fields["model"]]
    return rest


def _check_keys(
    value: dict[str, Any], *, known: Collection[str], required: Collection[str]
) -> None:
    for name in required:
        if name not in value:
            raise _MisfitError(f"lacks {min(set(required) - value.keys())!r}")
    for name in value:
        if name not in known:
            raise _MisfitError(f"has {name!r}, which {SCHEMA} does not know")


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _MisfitError("is not an object")
    return value


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise _MisfitError("is not text")
    return value


def _boolean(value: object) -> object:
    if not isinstance(value, bool):
        raise _MisfitError("is neither true nor false")
    return value


def _integer(value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _MisfitError("is not a whole number")
    return value


def _decimal(value: object) -> object:
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise _MisfitError("is not a decimal number")


def _day(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise _MisfitError("is not a date like 2026-10-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise _MisfitError(f"is not a date: {error}") from error


def _moment(value: object) -> object:
    if not isinstance(value, str):
        raise _MisfitError("is not a time like 2026-11-23T14:02:00Z")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _MisfitError(f"is not a time: {error}") from error


def _as_it_stands(value: object) -> object:
    """Part of the summary, its numbers as JSON has them."""
    if isinstance(value, dict):
        return {key: _as_it_stands(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_it_stands(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


@dataclasses.dataclass(frozen=True, slots=True)
class _Tool:
    """What wrote the report."""

    name: str
    version: str


_SHAPES: dict[type, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Asset: _asset_shape,
    Evidence: _evidence_shape,
}
_MAY_LACK: dict[type, frozenset[str]] = {
    Evidence: _EVIDENCE_MAY_LACK,
    Repository: frozenset({"codeowners"}),
    Location: frozenset({"uri"}),
}
_SCALARS: dict[object, _Read] = {
    str: _text,
    bool: _boolean,
    int: _integer,
    Decimal: _decimal,
    date: _day,
    datetime: _moment,
    Any: _as_it_stands,
}
