"""Seats, usage and cost from the exports of SaaS administration."""

from __future__ import annotations

import glob
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from llmaudit import exports
from llmaudit.connectors import Collected, Run
from llmaudit.errors import LlmauditError, TrustError
from llmaudit.exports import Outcome, Schema, Table
from llmaudit.ledger import Ledger, Scope
from llmaudit.model import Evidence
from llmaudit.secrets import hider

_PROBLEMS_SHOWN = 5
_COLUMNS_SHOWN = 10


class Settings(BaseModel):
    """The entry of this connector in ``connectors:``.

    Attributes:
        paths: Files or globs, relative to the configuration's folder; ``**`` is any depth.
        schemas: Folder with further export schemas; one of the same id replaces a shipped one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: tuple[str, ...] = Field(min_length=1)
    schemas: str | None = None


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    shown: str
    scope: str


@dataclass(slots=True)
class _Seen:
    """What earlier files of the run brought, so that nothing is counted twice unsaid."""

    digests: dict[str, str] = field(default_factory=dict)
    days: dict[tuple[date, str], str] = field(default_factory=dict)


def collect(settings: Settings, run: Run, ledger: Ledger) -> Iterator[Collected]:
    """Read every export, one ledger line per file.

    Raises:
        ConfigError: The folder of further schemas, or a schema in it, cannot be used.
    """
    if settings.schemas is not None and run.confine is not None:
        raise TrustError(
            "a discovered configuration may not bring its own export schemas",
            "pass the configuration with --config",
        )
    schemas = exports.with_folder(run.root / settings.schemas if settings.schemas else None)
    hide = hider(run.catalogue)
    seen = _Seen()
    for file in _files(settings.paths, run, ledger, hide):
        with ledger.scope(f"exports/{file.scope}") as scope:
            yield from _read_file(file, schemas, run, scope, hide, seen)


def _files(
    patterns: tuple[str, ...], run: Run, ledger: Ledger, hide: Callable[[str], str]
) -> list[_File]:
    """The files the patterns name, sorted, each once; a pattern without one is a failure.

    A file can be named after a key: it goes by the redacted form.
    """
    found: dict[Path, str] = {}
    for pattern in patterns:
        # pathlib refuses an absolute pattern, which an explicit configuration may hold.
        matches = sorted(glob.glob(pattern, root_dir=run.root, recursive=True))  # noqa: PTH207
        if not matches:
            ledger.note(
                f"exports/{pattern}",
                "failed",
                f"no file matches {pattern}",
                fix="correct the path, or put the export there; paths start at the "
                "configuration's folder",
            )
        for match in matches:
            path = run.root / match
            if path.is_dir():
                folder = hide(match.rstrip("/"))
                ledger.note(
                    f"exports/{folder}",
                    "skipped" if glob.has_magic(pattern) else "failed",
                    f"{folder} is a folder; its files were not read",
                    fix=f"add {folder}/* to paths",
                )
            else:
                found[path] = hide(_shown(path, match))
    names = Counter(path.name for path in found)
    return [
        _File(path, shown, hide(path.name) if names[path.name] == 1 else shown)
        for path, shown in sorted(found.items(), key=lambda item: (item[1], str(item[0])))
    ]


def _shown(path: Path, match: str) -> str:
    """The path as it was configured; of an absolute one the name, which no machine changes."""
    return path.name if Path(match).is_absolute() else Path(match).as_posix()


def _read_file(
    file: _File,
    schemas: tuple[Schema, ...],
    run: Run,
    scope: Scope,
    hide: Callable[[str], str],
    seen: _Seen,
) -> Iterator[Collected]:
    data = exports.read_bytes(file.path, file.shown, run.confine)
    digest = hashlib.sha256(data).hexdigest()
    if (first := seen.digests.setdefault(digest, file.shown)) != file.shown:
        scope.end("skipped", f"the same bytes as {first}, which is counted once")
        return
    report = _Report()
    for table in exports.tables(data, file.shown):
        outcome = Outcome()
        try:
            yield from _read_table(table, file, schemas, run, hide, outcome, scope, report)
        except LlmauditError as error:
            report.failed.append(error)
        if table.note:
            report.notes.append(table.note)
        report.add(outcome, file.shown, seen)
    report.settle(scope)


def _read_table(
    table: Table,
    file: _File,
    schemas: tuple[Schema, ...],
    run: Run,
    hide: Callable[[str], str],
    outcome: Outcome,
    scope: Scope,
    report: _Report,
) -> Iterator[Collected]:
    if table.problem is not None:
        raise table.problem
    shown = f"{file.shown}!{table.name}" if table.name else file.shown
    found = exports.detect(table, schemas, file.path.name, shown, hide)
    report.schemas.append(found.schema.id)
    report.unread.extend(found.unread)
    source = f"exports:{file.scope}"
    for thing in exports.read(found, f"file:{shown}", source, run.people, hide, outcome):
        yield scope.saw(thing) if isinstance(thing, Evidence) else thing


@dataclass(slots=True)
class _Report:
    """What a file's tables came to, gathered for its one ledger line."""

    schemas: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    failed: list[LlmauditError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, list[int]] = field(default_factory=dict)
    bad_rows: int = 0
    rows: int = 0
    totals: int = 0
    no_person: int = 0
    concealed: int = 0
    twice: Counter[str] = field(default_factory=Counter)
    last_day: date | None = None

    def add(self, outcome: Outcome, shown: str, seen: _Seen) -> None:
        """Take over one table's outcome and note the days an earlier file had already."""
        self.rows += outcome.rows.all
        self.totals += outcome.rows.totals
        self.no_person += outcome.no_person
        self.concealed += outcome.concealed
        self.notes.extend(outcome.notes)
        if outcome.cut is not None:
            self.failed.append(outcome.cut)
        self.bad_rows += len(outcome.problems)
        for row, why in outcome.problems.items():
            self.problems.setdefault(why, []).append(row)
        for key in outcome.days:
            if (other := seen.days.setdefault(key, shown)) != shown:
                self.twice[other] += 1
        if outcome.last_day is not None:
            self.last_day = max(outcome.last_day, self.last_day or outcome.last_day)

    def settle(self, scope: Scope) -> None:
        """Write what was seen, what was not and why into the file's ledger line."""
        if self.failed and not self.schemas:
            raise self.failed[0]
        scope.seen = self.rows - self.totals - self.bad_rows
        scope.of = self.rows
        scope.skipped = self.totals
        scope.data_through = self.last_day
        scope.counts.update(
            {
                name: count
                for name, count in (
                    ("rows read", scope.seen),
                    ("rows that are totals", self.totals),
                    ("rows not read in full", self.bad_rows),
                )
                if count
            }
        )
        why, fix = self._unseen()
        told = [f"recognised as {', '.join(sorted(set(self.schemas)))}", *why, *self._known()]
        if why:
            scope.end("partial", "; ".join(told), fix="; ".join(fix))
        elif self.rows == self.totals:
            scope.end(
                "empty",
                "; ".join([*told, "it has a header and no rows of data"]),
                fix="if there was usage, export again with another period",
            )
        else:
            scope.why = "; ".join(told)

    def _unseen(self) -> tuple[list[str], list[str]]:
        """What keeps the file from being read as a whole, and what to do about each."""
        why: list[str] = []
        fix: list[str] = []
        if self.bad_rows:
            reasons = [
                f"{exports.rows_listed(rows)}: {what}" for what, rows in self.problems.items()
            ]
            why.append(
                f"{self.bad_rows} of {self.rows} rows were not read in full: "
                + ", ".join(reasons[:_PROBLEMS_SHOWN])
                + (", and for other reasons" if len(reasons) > _PROBLEMS_SHOWN else "")
            )
            fix.append("correct these rows, or export the file again")
        for error in self.failed:
            why.append(error.problem)
            fix.append(error.help)
        if self.concealed:
            why.append(f"seat holders whose names the vendor conceals: {self.concealed}")
            fix.append("have an administrator show names in reports, then export again")
        for other, days in sorted(self.twice.items()):
            why.append(
                f"days of a person that also stand in {other}: {days}; "
                "their amounts may be counted twice"
            )
            fix.append(f"keep one of this file and {other} if their periods overlap")
        if unclear := [note for note in self.notes if "two ways" in note]:
            why.extend(unclear)
            fix.append("export again, or write dates as 2026-10-31 and numbers as 1234.56")
        return why, [text for text in dict.fromkeys(fix) if text]

    def _known(self) -> list[str]:
        """What a reader should know although nothing is missing."""
        told = [note for note in dict.fromkeys(self.notes) if "two ways" not in note]
        if self.no_person:
            told.append(f"rows that name nobody and count for the application: {self.no_person}")
        if self.unread:
            shown = list(dict.fromkeys(self.unread))[:_COLUMNS_SHOWN]
            told.append(f"columns not read: {', '.join(shown)}")
        return told
