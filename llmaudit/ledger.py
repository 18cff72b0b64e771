"""The ledger: one Coverage line per connector and scope, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from llmaudit.errors import LlmauditError
from llmaudit.model import Coverage, CoverageStatus

T = TypeVar("T")


@dataclass
class Scope:
    """What is being looked at now; becomes one Coverage line when it ends.

    A connector calls `saw` for each thing it read, `skip` for each it left out on purpose
    and `end` where it knows better than ok, empty, partial or failed.
    """

    connector: str
    name: str
    side: str
    seen: int = 0
    of: int | None = None
    skipped: int = 0
    principal: str | None = None
    data_through: date | None = None
    status: CoverageStatus | None = None
    why: str = ""
    permission: str = ""
    fix: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def saw(self, thing: T) -> T:
        """Count one thing and hand it on, so that ``yield scope.saw(row)`` reads well."""
        self.seen += 1
        return thing

    def skip(self, count: int = 1) -> None:
        """Count things left out on purpose."""
        self.skipped += count

    def end(self, status: CoverageStatus, why: str, *, fix: str = "", permission: str = "") -> None:
        """State how the scope ended and why, with the way out."""
        self.status, self.why = status, why
        self.fix = fix or self.fix
        self.permission = permission or self.permission

    def line(self) -> Coverage:
        """The Coverage line of the scope as it stands."""
        return Coverage(
            connector=self.connector,
            scope=self.name,
            status=self.status or ("ok" if self.seen else "empty"),
            side=self.side,
            seen=self.seen,
            of=self.of,
            skipped=self.skipped,
            principal=self.principal,
            data_through=self.data_through,
            why=self.why,
            permission=self.permission,
            fix=self.fix,
            counts=dict(sorted(self.counts.items())),
        )


class Ledger:
    """Collects the Coverage lines of a run.

    Args:
        connector: Name that stands in each line.
        side: The side of evidence the connector belongs to: code, cloud, keys or saas.
    """

    def __init__(self, connector: str, side: str) -> None:
        self.connector = connector
        self.side = side
        self.lines: list[Coverage] = []

    @contextmanager
    def scope(self, name: str) -> Iterator[Scope]:
        """Look at one scope; whatever happens inside becomes exactly one line.

        An exception ends the scope as partial (something was seen) or failed, never the
        run; an interrupt from the keyboard passes through. Errors that leave nothing to
        conclude about the whole run are raised outside any scope.
        """
        scope = Scope(self.connector, name, self.side)
        try:
            yield scope
        except LlmauditError as error:
            scope.end("partial" if scope.seen else "failed", error.problem, fix=error.help)
        except Exception as error:
            # Not the error's own text: it may quote what was read, or name this machine.
            said = (error.strerror or "") if isinstance(error, OSError) else ""
            status: CoverageStatus = "partial" if scope.seen else "failed"
            scope.end(status, said.lower() or f"an unexpected {type(error).__name__}")
        finally:
            self.lines.append(scope.line())

    def note(
        self, name: str, status: CoverageStatus, why: str, *, seen: int = 0, fix: str = ""
    ) -> None:
        """Write a line about something that needs no work inside a scope."""
        self.lines.append(
            Coverage(self.connector, name, status, side=self.side, seen=seen, why=why, fix=fix)
        )
