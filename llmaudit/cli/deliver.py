"""Write a report in the formats and to the places that were asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmaudit.cli.streams import quiet_pipe
from llmaudit.errors import UsageError

if TYPE_CHECKING:
    from llmaudit.formats import Options
    from llmaudit.model import Report

DIALECTS = ("standard", "excel-eu")
STDOUT = "-"


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
