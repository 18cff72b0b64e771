"""What ``check`` is told of a change and of a baseline that is to be brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import UsageError

if TYPE_CHECKING:
    from llmaudit.cli.request import Choices
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


def simulated(
    file: str,
    choices: Choices,
    *,
    partial: bool,
    outputs: list[str] | None,
    formats: list[str] | None,
    exit_zero: bool,
) -> int:
    """Say who would turn red under the policy; 1 where anybody is red.

    Raises:
        UsageError: The options ask for a scan as well, or for a format it has not.
    """
    import json
    import os

    from llmaudit import report_file
    from llmaudit.cli.request import build
    from llmaudit.cli.streams import answer
    from llmaudit.simulate import render_text, simulate, to_json

    if partial:
        raise UsageError(
            "--simulate judges a saved report, and scans nothing",
            "leave out PATH, --diff, --staged and --update-baseline",
        )
    name = (formats or ["text"])[-1]
    if outputs or len(formats or ()) > 1 or name not in ("text", "json"):
        raise UsageError(
            "a simulation is written to standard output, as text or json",
            "leave out -o, and give --format text or json",
        )
    rows = simulate(report_file.load(file), build(choices, os.environ, Path.cwd()))
    if name == "json":
        answer(json.dumps(to_json(rows), indent=2) + "\n")
    else:
        answer(render_text(rows))
    return int(any(row.turn.endswith(" red") for row in rows) and not exit_zero)
