"""What ``check`` is told of a change and of a baseline that is to be brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import UsageError

if TYPE_CHECKING:
    from llmaudit.model import Report


@dataclass(frozen=True, slots=True)
class Changed:
    """Which change to judge: since HEAD left ``base``, or without one what is staged."""

    base: str | None


@dataclass(frozen=True, slots=True)
class Update:
    """A baseline to write again after the run.

    Attributes:
        exists: Whether there is one to start from.
    """

    file: str
    exists: bool
    may_grow: bool


def chosen(base: str | None, *, staged: bool, baseline: str | None) -> Changed | None:
    """The change that ``--diff`` or ``--staged`` names; None to judge everything.

    Raises:
        UsageError: The options contradict each other.
    """
    if base is not None and staged:
        raise UsageError("--diff and --staged were both given", "give one of them")
    if base is None and not staged:
        return None
    if baseline is not None:
        raise UsageError(
            f"{'--staged' if staged else '--diff'} and --baseline were both given",
            "leave the baseline out: what stood before the change is set aside anyway",
        )
    return Changed(base)


def update_of(
    baseline: str | None, *, wanted: bool, may_grow: bool, partial: bool
) -> Update | None:
    """The baseline that ``--update-baseline`` is to write; None to write none.

    Args:
        baseline: ``--baseline``.
        wanted: ``--update-baseline``.
        may_grow: ``--baseline-may-grow``.
        partial: Whether the run leaves out paths, rules or what stood before a change.

    Raises:
        UsageError: The options contradict each other.
    """
    if not wanted:
        if may_grow:
            raise UsageError(
                "--baseline-may-grow was given without --update-baseline", "give both, or neither"
            )
        return None
    if baseline is None:
        raise UsageError(
            "--update-baseline was given without --baseline", "name the file with --baseline FILE"
        )
    if partial:
        raise UsageError(
            "--update-baseline would let go of what the run does not look at",
            "leave out PATH, --select, --ignore, --diff and --staged",
        )
    return Update(baseline, Path(baseline).exists() or not may_grow, may_grow)


def turn(update: Update, old: Report | None, run: Report, *, quiet: bool) -> None:
    """Write the baseline that a run leaves."""
    from llmaudit import formats, ratchet
    from llmaudit.cli.streams import say

    turned = ratchet.turn(old, run, may_grow=update.may_grow)
    formats.write(formats.render("json", turned.report), update.file)
    if not quiet:
        entered = f", taken in {turned.entered:,}" if update.may_grow else ""
        say(
            "note", f"{update.file}: findings kept {turned.kept:,}, let go {turned.left:,}{entered}"
        )
