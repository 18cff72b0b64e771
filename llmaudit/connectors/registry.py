"""Key registers: who owns which key, under which tags, and whether somebody allowed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from llmaudit.catalogue import normalise
from llmaudit.connectors import Collected, Run
from llmaudit.exports import read_bytes, register, rows_listed
from llmaudit.exports.named import PROBLEM, Named, read_csv, read_yaml
from llmaudit.exports.values import Conventions, Survey, day
from llmaudit.ledger import Ledger, Scope
from llmaudit.model import AssetKind, Evidence, Location, RedactedKey, Relation, Sanction, Tag
from llmaudit.redact import key_sha256, normal_redaction, redacted_form
from llmaudit.secrets import hider, keys_in

CONNECTOR = "registry"


class Settings(BaseModel):
    """The entry of this connector in ``connectors:``.

    Attributes:
        path: One register, relative to the configuration's folder; CSV, or YAML by its suffix.
        paths: More of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    paths: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_a_file(self) -> Settings:
        if not self.files():
            raise ValueError("name a register with path: or paths:")
        return self

    def files(self) -> tuple[str, ...]:
        """Every register, each once."""
        return tuple(dict.fromkeys((*((self.path,) if self.path else ()), *self.paths)))


@dataclass(slots=True)
class _Sheet:
    """One register while it is read; remembers what its ledger line must say."""

    named: Named
    shown: str
    run: Run
    hide: Callable[[str], str]
    written: Conventions
    formats: tuple[str, ...]
    providers: dict[str, str] = field(default_factory=lambda: {"*": "*"})
    problems: dict[str, list[int]] = field(default_factory=dict)
    rows: int = 0
    undecided: int = 0
    refused: int = 0

    def problem(self, what: str, row: int) -> None:
        self.problems.setdefault(what, []).append(row)

    def where(self, row: int) -> Location:
        return Location(uri=f"file:{self.shown}#{self.named.unit}={row}")


def collect(settings: Settings, run: Run, ledger: Ledger) -> Iterator[Collected]:
    """Read every register, one ledger line per file; an unusable row costs only itself."""
    hide = hider(run.catalogue)
    for configured in settings.files():
        path = run.root / configured
        shown = hide(path.name if Path(configured).is_absolute() else Path(configured).as_posix())
        with ledger.scope(shown) as scope:
            sheet = _open(path, shown, run, hide)
            read = _decision if {"scope_kind", "scope"} <= sheet.named.names else _registered
            try:
                for number, row in sheet.named.rows():
                    sheet.rows += 1
                    if PROBLEM in row:
                        sheet.problem(row[PROBLEM], number)
                        continue
                    evidence = read(sheet, number, row)
                    if evidence is not None:
                        yield scope.saw(evidence)
            finally:
                _settle(sheet, scope)


def _open(path: Path, shown: str, run: Run, hide: Callable[[str], str]) -> _Sheet:
    data = read_bytes(path, shown, run.confine)
    if path.suffix.casefold() in (".yaml", ".yml"):
        named = read_yaml(data, shown, register.COLUMNS, "keys")
    else:
        named = read_csv(data, shown, register.COLUMNS)
    survey = Survey()
    for _, row in named.rows():
        for name in ("until", "review_date"):
            survey.day(row.get(name, ""))
    written = survey.decide("")
    # An end that may be a month too late would loosen a decision: such a date is refused.
    formats = ("iso",) if written.notes else ("iso", "slash", "dot")
    return _Sheet(named, shown, run, hide, written, formats)


def _registered(sheet: _Sheet, number: int, row: Mapping[str, str]) -> Evidence | None:
    """One register row; None where it names nothing that exists at a provider."""
    row = _without_secrets(sheet, number, row)
    what = _key(sheet, number, row) or _scope(sheet, row)
    if what is None:
        sheet.problem("no provider, or no key, project, account, app or repository", number)
        return None
    review = _date(sheet, number, row, "review_date")
    attributes = {"review_date": review.isoformat()} if review else {}
    if what.kind == "api_key":
        attributes |= {name: row[name] for name in ("app", "repository") if name in row}
    return Evidence(
        connector=CONNECTOR,
        kind=what.kind,
        name=row.get("name") or what.name,
        where=sheet.where(number),
        same_as=what.same_as,
        relates=what.relates,
        redacted=what.redacted,
        provider=what.provider,
        environment=row.get("environment"),
        project=row.get("project"),
        account=row.get("account"),
        tags=_tags(sheet, number, row),
        owner=row.get("owner"),
        owner_source="register" if "owner" in row else None,
        sanction=_sanction(sheet, number, row, "sanctioned"),
        register=True,
        attributes=attributes,
    )


def _decision(sheet: _Sheet, number: int, row: Mapping[str, str]) -> Evidence | None:
    """One row of a filled decision sheet; None where nothing was decided."""
    row = _without_secrets(sheet, number, row)
    if "decision" not in row:
        sheet.undecided += 1
        return None
    kind = row.get("scope_kind", "").casefold()
    sanction = _sanction(sheet, number, row, "decision")
    if sanction is None:
        return None
    if kind not in register.SCOPE_KINDS or "scope" not in row:
        sheet.problem(
            f"scope_kind is none of {', '.join(register.SCOPE_KINDS)}, or no scope", number
        )
        return None
    provider, name = _named_scope(sheet, kind, row.get("provider", "*"), row["scope"])
    return Evidence(
        connector=CONNECTOR,
        kind=register.SCOPE_KINDS[kind],
        name=f"decision: {provider} {kind} {name}",
        where=sheet.where(number),
        same_as=(f"register:decision:{provider}:{kind}:{name}",),
        relates=(Relation("registers", f"{kind}:{provider}:{name}", sheet.shown),),
        provider=None if provider == "*" else provider,
        sanction=sanction,
        register=True,
    )


@dataclass(frozen=True, slots=True)
class _What:
    """What a register row is about."""

    kind: AssetKind
    name: str
    provider: str
    same_as: tuple[str, ...]
    relates: tuple[Relation, ...] = ()
    redacted: RedactedKey | None = None


def _key(sheet: _Sheet, number: int, row: Mapping[str, str]) -> _What | None:
    """The key a row names: by a whole key that is refused, redacted, by a glob, or by its id."""
    column = next((name for name in register.KEY_COLUMNS if name in row), None)
    if column is None:
        return None
    text = row[column]
    catalogue = sheet.run.catalogue
    if secrets := keys_in(text, catalogue):
        return _refused(sheet, number, secrets[0], row.get("provider"))
    shape = column if column != "key" else register.key_shape(text)
    if "provider" not in row and shape == "redacted":
        known = catalogue.redacted(text)
        provider = known.id if known else ""
    else:
        provider = _provider(sheet, row.get("provider", ""))
    if not provider:
        return None
    if shape == "redacted":
        form = normal_redaction(text)
        return _What(
            "api_key",
            f"{provider} {form}",
            provider,
            (f"register:{provider}:{form}",),
            redacted=RedactedKey(provider, "", form),
        )
    if shape == "key_glob":
        named = Relation("registers", f"key-glob:{provider}:{text}", sheet.shown)
        return _What(
            "api_key", f"{provider} {text}", provider, (f"register:{provider}:{text}",), (named,)
        )
    return _What("api_key", f"{provider} {text}", provider, (f"key-id:{provider}:{text}",))


def _refused(sheet: _Sheet, number: int, secret: str, provider: str | None) -> _What:
    """A whole key never enters the model; its digest still joins what other sources know."""
    sheet.refused += 1
    sheet.problem("a whole secret key stands in it; only its redacted form was taken", number)
    pattern = sheet.run.catalogue.key(secret)
    owner = _provider(sheet, provider or (pattern.provider if pattern else ""))
    form = redacted_form(secret)
    return _What(
        "api_key",
        f"{owner} {form}",
        owner,
        (f"key-sha256:{key_sha256(secret)}",),
        redacted=RedactedKey(owner, "", form),
    )


def _scope(sheet: _Sheet, row: Mapping[str, str]) -> _What | None:
    """What a row without a key registers: the first of project, account, app, repository."""
    kind = next((name for name in reversed(register.SCOPE_COLUMNS) if name in row), None)
    if kind is None or not (row.get("provider") or kind == "app"):
        return None
    provider, name = _named_scope(sheet, kind, row.get("provider", "*"), row[kind])
    return _What(
        register.SCOPE_KINDS[kind],
        f"{provider} {kind} {name}",
        provider,
        (f"register:{provider}:{kind}:{name}",),
        (Relation("registers", f"{kind}:{provider}:{name}", sheet.shown),),
    )


def _named_scope(sheet: _Sheet, kind: str, provider: str, name: str) -> tuple[str, str]:
    """Provider and name as links spell them; an application goes by its catalogue id."""
    if kind == "app" and (app := sheet.run.catalogue.app(name)) is not None:
        return app.provider, app.id
    return _provider(sheet, provider), name


def _provider(sheet: _Sheet, spelt: str) -> str:
    """The catalogue's id of a provider as somebody spelt it; ``*`` is any provider."""
    if spelt not in sheet.providers:
        named = Evidence(CONNECTOR, "api_key", "", Location(), provider=spelt or "*")
        (normal,) = normalise((named,), sheet.run.catalogue)
        sheet.providers[spelt] = (normal.provider or spelt).casefold() if spelt else ""
    return sheet.providers[spelt]


def _without_secrets(sheet: _Sheet, number: int, row: Mapping[str, str]) -> dict[str, str]:
    """The row with keys taken out of every cell but the key's own, which is judged apart."""
    clean = {
        name: cell if name in register.KEY_COLUMNS else sheet.hide(cell)
        for name, cell in row.items()
        if cell
    }
    if any(clean[name] != row[name] for name in clean):
        sheet.refused += 1
        sheet.problem("a whole secret key stands in it; only its redacted form was taken", number)
    return clean


def _tags(sheet: _Sheet, number: int, row: Mapping[str, str]) -> tuple[Tag, ...]:
    """The row's tags; no provider's bill can be split by what only a register says."""
    named = [(name, row[name]) for name in register.TAG_COLUMNS if name in row]
    free = sorted(
        (name.removeprefix("tag:"), cell) for name, cell in row.items() if name.startswith("tag:")
    )
    return tuple(
        Tag(
            key,
            value,
            source="register",
            mechanism="register",
            reaches_bill=False,
            where=sheet.where(number),
            by_tree=sheet.run.confine is not None,
        )
        for key, value in (*named, *free)
    )


def _sanction(sheet: _Sheet, number: int, row: Mapping[str, str], column: str) -> Sanction | None:
    """The row's decision; one whose end cannot be read is left out, never made endless."""
    text = row.get(column, "").casefold()
    if not text:
        return None
    if text not in register.YES and text not in register.NO:
        sheet.problem(f"{column} is neither yes nor no (sanctioned or shadow)", number)
        return None
    until = _date(sheet, number, row, "until")
    if until is None and "until" in row:
        return None
    return Sanction(
        "sanctioned" if text in register.YES else "shadow",
        row.get("approved_by", ""),
        until,
        row.get("reason", ""),
    )


def _date(sheet: _Sheet, number: int, row: Mapping[str, str], column: str) -> date | None:
    if column not in row:
        return None
    try:
        return day(row[column], sheet.written.order, sheet.formats)
    except ValueError:
        sheet.problem(f"{column} cannot be read as a date such as 2026-10-31", number)
        return None


def _settle(sheet: _Sheet, scope: Scope) -> None:
    """Write into the register's ledger line what was read and what was not."""
    scope.of = sheet.rows
    scope.skipped = sheet.undecided
    if sheet.undecided:
        scope.counts["rows without a decision"] = sheet.undecided
    if sheet.refused:
        scope.counts["rows with a whole secret key"] = sheet.refused
    why = [
        f"{rows_listed(sorted(set(numbers)), sheet.named.unit)}: {what}"
        for what, numbers in sheet.problems.items()
    ]
    for column in sheet.named.unknown:
        near = register.COLUMNS.nearest(column)
        meant = f", nearest is {near}" if near else ""
        why.append(f"unknown column {sheet.hide(column)!r}{meant}")
    if sheet.named.note:
        why.append(sheet.named.note)
    if why:
        fix = "correct the rows named"
        if sheet.refused:
            fix = "remove the keys from the file and rotate them: they stood in plain text"
        elif not sheet.problems:
            fix = "rename the columns; a column of your own begins with tag:"
        scope.end("partial", "; ".join(why), fix=fix)
