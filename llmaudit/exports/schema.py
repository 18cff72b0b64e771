"""The shape of an export, as data: one YAML file per report of a vendor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from llmaudit.errors import ConfigError
from llmaudit.exports.decode import header_name

FieldType = Literal["date", "decimal", "integer", "text", "boolean", "identity"]
Role = Literal[
    "day",
    "report_day",
    "last_activity",
    "person",
    "account",
    "model",
    "charge_kind",
    "requests",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "amount",
]

_ROLE_TYPES: dict[Role, tuple[FieldType, ...]] = {
    "day": ("date",),
    "report_day": ("date",),
    "last_activity": ("date",),
    "person": ("identity",),
    "account": ("text",),
    "model": ("text",),
    "charge_kind": ("text",),
    "requests": ("decimal", "integer"),
    "input_tokens": ("integer",),
    "output_tokens": ("integer",),
    "cached_tokens": ("integer",),
    "amount": ("decimal",),
}
_CONTENT = re.compile(
    r"\b(prompts?|content|completion|message text|conversation|transcript|api[ _-]?key|secret|"
    r"password|token value)\b"
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Verified(_Strict):
    """How sure the column names are, and who says so."""

    source: str
    grade: Literal["A", "A-", "B"]
    date: date


class Match(_Strict):
    """Which header sets are this export. Spelling is compared without case, order never counts.

    Attributes:
        required: Columns that must all stand.
        optional: Columns of some generations.
        forbid: Columns that prove it to be a sibling.
        filename: Regular expression on the file's name; only breaks a tie.
    """

    required: tuple[str, ...] = Field(min_length=1)
    optional: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    filename: re.Pattern[str] | None = None

    @field_validator("required", "optional", "forbid")
    @classmethod
    def _one_spelling(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(header_name(name) for name in names)


class Column(_Strict):
    """One column that is read.

    Attributes:
        column: Header of the column.
        type: What its cells hold.
        formats: For a date, the spellings the vendor writes; ``iso`` covers a day and a
            timestamp with any number of decimals.
        tz: Zone of a timestamp that names none.
        where: Read the cell only in rows in which these other columns match these patterns.
        extract: Pattern with one group; a cell it does not match gives nothing.
    """

    column: str
    type: FieldType
    formats: tuple[Literal["iso", "slash", "dot"], ...] = ("iso", "slash", "dot")
    tz: Literal["utc", "unknown"] = "utc"
    where: dict[str, re.Pattern[str]] = Field(default_factory=dict)
    extract: re.Pattern[str] | None = None

    @field_validator("column")
    @classmethod
    def _spelling(cls, name: str) -> str:
        return header_name(name)

    @field_validator("where")
    @classmethod
    def _where_spelling(cls, where: dict[str, re.Pattern[str]]) -> dict[str, re.Pattern[str]]:
        return {header_name(name): pattern for name, pattern in where.items()}

    @model_validator(mode="after")
    def _no_content(self) -> Column:
        if self.type in ("text", "identity") and _CONTENT.search(self.column):
            raise ValueError(f"column {self.column!r} may hold content or a key; it is never read")
        if self.extract is not None and self.extract.groups != 1:
            raise ValueError("extract needs exactly one group")
        return self


class TagColumn(Column):
    """A column that tags whoever the row belongs to."""

    type: FieldType = "text"
    reaches_bill: bool | None = None


class AttributeColumn(Column):
    """A fact kept on the seat: its latest value, every value, or whether it ever was true."""

    keep: Literal["latest", "all", "any"] = "latest"


class Totals(_Strict):
    """Which rows are sums of the others and are dropped.

    A row is one when its ``label`` cell, or its first filled cell where that is empty, begins
    with a word for a sum, or when all ``blank`` cells are empty.
    """

    label: str
    blank: tuple[str, ...] = Field(min_length=1)

    @field_validator("label")
    @classmethod
    def _label_spelling(cls, name: str) -> str:
        return header_name(name)

    @field_validator("blank")
    @classmethod
    def _blank_spelling(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(header_name(name) for name in names)


class Schema(_Strict):
    """One export of one vendor.

    Attributes:
        app: Catalogue id of the application the seats belong to.
        provider: Catalogue id of who runs and bills it.
        kind: ``usage`` has one row per amount, ``seats`` one per person.
        docs: Where an administrator exports it.
        concealed: Pattern of an identity the vendor has already replaced by a digest.
        currency: ISO 4217, or ``credits`` for a vendor's own unit; None without money.
        grain: Columns that together tell one row from another.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    name: str
    app: str
    app_name: str
    provider: str
    kind: Literal["usage", "seats"]
    docs: str
    verified: Verified
    match: Match
    fields: dict[Role, Column]
    tags: dict[str, TagColumn] = Field(default_factory=dict)
    attributes: dict[str, AttributeColumn] = Field(default_factory=dict)
    concealed: re.Pattern[str] | None = None
    currency: str | None = Field(default=None, pattern=r"^([A-Z]{3}|credits)$")
    totals: Totals
    grain: tuple[str, ...]

    @field_validator("grain")
    @classmethod
    def _grain_spelling(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(header_name(name) for name in names)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Schema:
        known = {*self.match.required, *self.match.optional}
        for column in self.columns():
            for name in (column.column, *column.where):
                if name not in known:
                    raise ValueError(f"column {name!r} is neither required nor optional")
        for name in (*self.grain, self.totals.label, *self.totals.blank):
            if name not in known:
                raise ValueError(f"column {name!r} is neither required nor optional")
        if both := known.intersection(self.match.forbid):
            raise ValueError(f"column {min(both)!r} is both expected and forbidden")
        for role, column in self.fields.items():
            if column.type not in _ROLE_TYPES[role]:
                raise ValueError(f"{role} cannot be of type {column.type}")
        if "person" not in self.fields or (self.kind == "usage") != ("day" in self.fields):
            raise ValueError("a person is needed, and a day in usage and only there")
        if ("amount" in self.fields) != (self.currency is not None):
            raise ValueError("an amount needs a currency, and a currency an amount")
        return self

    def columns(self) -> tuple[Column, ...]:
        """Every column that is read; no other is."""
        return (*self.fields.values(), *self.tags.values(), *self.attributes.values())


def parse(text: str, name: str) -> Schema:
    """Read one schema file.

    Raises:
        ConfigError: It is no YAML, or not the shape of a schema.
    """
    import yaml

    try:
        data: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise ConfigError(f"export schema {name} is not YAML: {_first_line(error)}") from None
    try:
        return Schema.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(
            f"export schema {name}: {place}: {first['msg'].removeprefix('Value error, ')}",
            "docs/connectors/exports.md describes the shape of a schema",
        ) from None


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@cache
def list_schemas() -> tuple[Schema, ...]:
    """The schemas that are shipped, sorted by id."""
    folder = files("llmaudit.exports")
    return tuple(
        parse(item.read_text(encoding="utf-8"), item.name)
        for item in sorted(folder.iterdir(), key=lambda i: i.name)
        if item.name.endswith(".yaml")
    )


def with_folder(folder: Path | None) -> tuple[Schema, ...]:
    """The shipped schemas and those of a folder, which replace shipped ones of the same id.

    Raises:
        ConfigError: The folder or one of its schemas cannot be used.
    """
    if folder is None:
        return list_schemas()
    if not folder.is_dir():
        raise ConfigError(
            f"schemas folder {folder.name} is not a folder", "give a folder of *.yaml"
        )
    return _by_id((*list_schemas(), *(_read(path) for path in sorted(folder.glob("*.yaml")))))


def _read(path: Path) -> Schema:
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"export schema {path.name} cannot be read: {error}") from None


def _by_id(schemas: Iterable[Schema]) -> tuple[Schema, ...]:
    last = {schema.id: schema for schema in schemas}
    return tuple(last[key] for key in sorted(last))
