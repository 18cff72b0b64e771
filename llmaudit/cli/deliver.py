"""Write a report in the formats and to the places that were asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.cli.streams import quiet_pipe
from llmaudit.errors import UsageError

if TYPE_CHECKING:
    from llmaudit.formats import Options, RuleText
    from llmaudit.model import Report

DIALECTS = ("standard", "excel-eu")
STDOUT = "-"
LONGEST_JOB_SUMMARY = 1024 * 1024
"""Bytes that GitHub takes per step; a larger summary is not shown at all."""
LEAST_JOB_SUMMARY = 4_000


def pairs(
    outputs: Sequence[str] | None, formats: Sequence[str] | None
) -> tuple[tuple[str, str], ...]:
    """Which format goes where: ``--format`` and ``-o`` in the order they were given.

    An output without a format is the JSON report; a format without an output goes to standard
    output.

    Returns:
        Format and place, in order; the place ``-`` is standard output.

    Raises:
        UsageError: There is no such format, or two answers would share standard output.
    """
    from llmaudit.formats import NAMES

    places, names = list(outputs or ()), list(formats or ())
    for name in names:
        if name not in NAMES:
            raise UsageError(
                f"there is no format {name!r}", f"the formats are: {', '.join(sorted(NAMES))}"
            )
    if len(names) > len(places) + 1:
        raise UsageError(
            f"{len(names)} formats were given and {len(places)} places to write to",
            "give one -o for each --format; - is standard output",
        )
    if len(names) > len(places):
        places.append(STDOUT)
    names += ["json"] * (len(places) - len(names))
    for place in places:
        if places.count(place) > 1:
            shown = "standard output" if place == STDOUT else place
            raise UsageError(f"two outputs would go to {shown}", "give each its own -o")
    return tuple(zip(names, places, strict=True))


def dialect(name: str) -> str:
    """The CSV dialect of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in DIALECTS:
        raise UsageError(
            f"there is no CSV dialect {name!r}", f"the dialects are: {', '.join(DIALECTS)}"
        )
    return name


def deliver(report: Report, wanted: Sequence[tuple[str, str]], options: Options) -> None:
    """Render every output before the first is written, so that a failure writes none.

    Args:
        report: What to show.
        wanted: What `pairs` returned.
        options: The reader's choices; terminal facts are filled in here.
    """
    from llmaudit import formats

    saved = next((place for name, place in wanted if name == "json" and place != STDOUT), "")
    on_terminal = sys.stdout.isatty()
    if any(name == "sarif" for name, _ in wanted):
        options = replace(options, rules=_rule_texts(), rules_url=_rules_url())
    shown = replace(
        options,
        saved_as=options.saved_as or saved,
        width=shutil.get_terminal_size((100, 24)).columns if on_terminal else 100,
        color=formats.wants_color(os.environ, is_terminal=on_terminal),
    )
    rendered = [
        (
            formats.render(name, report, shown if place == STDOUT else replace(shown, color=False)),
            place,
        )
        for name, place in wanted
    ]
    for output, place in rendered:
        with quiet_pipe():
            formats.write(output, place)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(name == "github" for name, _ in wanted):
        _add_job_summary(report, options, summary)


def _add_job_summary(report: Report, options: Options, path: str) -> None:
    """Add the markdown to the page of a GitHub job, after what the step wrote there before."""
    from llmaudit import formats
    from llmaudit.cli.streams import say

    file = Path(path)
    try:
        room = LONGEST_JOB_SUMMARY - (file.stat().st_size if file.exists() else 0)
        if room < LEAST_JOB_SUMMARY:
            say("warning", "the job summary of this step is full: nothing was added to it")
            return
        text = formats.render("markdown", report, replace(options, longest=room))
        with file.open("ab") as stream:
            stream.write(str(text).encode("utf-8"))
    except OSError as error:
        say("warning", f"the job summary cannot be written: {error.strerror or error}")


def _rule_texts() -> dict[str, RuleText]:
    from llmaudit.formats import RuleText
    from llmaudit.policy import RULES

    return {
        rule.id: RuleText(rule.title, rule.level, rule.why, rule.example, rule.satisfy, rule.source)
        for rule in RULES
    }


def _rules_url() -> str:
    """Where the installed package says that its rules are documented; empty where it does not."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        named = metadata("llmaudit").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    urls = dict(str(text).split(", ", 1) for text in named if ", " in text)
    return str(urls.get("Rules", ""))
