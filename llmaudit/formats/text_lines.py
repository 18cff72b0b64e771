"""Lines of the terminal summary: labels, wrapped bodies, cells of a fixed width."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len
from rich.text import Text

Block = list[Text]
"""Lines that belong together; blocks are set apart by an empty line."""

NOUNS = {
    "call": "call",
    "api_key": "key",
    "deployment": "deployment",
    "project": "project",
    "route": "route",
    "app": "app",
    "seat": "seat",
    "sdk": "SDK",
    "automation": "automation",
    "secret": "secret",
    "egress": "egress",
    "expense": "expense",
}
"""What a reader calls each kind of asset, in the order in which kinds are named."""

NO_BREAK = "\u00a0"
"""Holds two words on one line while a body is wrapped; shown as a space."""

LEVEL_STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}


def heading(text: str) -> Text:
    """The name of a block."""
    return Text(text, style="bold")


def labelled(label: str, indent: int, body: str, width: int) -> Text:
    """A heading and its sentence, wrapped beneath itself."""
    return entry(label, indent, body, width, label_style="bold")


def entry(
    label: str, indent: int, body: str, width: int, *, style: str = "", label_style: str = ""
) -> Text:
    """A label, then a body that starts at `indent` and is wrapped to the width there."""
    wrapped = textwrap.wrap(
        body.replace(" %", f"{NO_BREAK}%"),
        max(width - indent, 20),
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [line.replace(NO_BREAK, " ") for line in wrapped] or [""]
    text = Text(fit(label, indent - 1) + " " if indent else "", style=label_style)
    return text.append(("\n" + " " * indent).join(lines), style=style or "default")


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells; one too long loses its middle, not its ends."""
    if cell_len(text) > width:
        head, tail = (width - 1) // 3, width - 1 - (width - 1) // 3
        text = f"{_first(text, head)}…{_last(text, tail)}" if width > 1 else "…"[:width]
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def _first(text: str, cells: int) -> str:
    while cell_len(text) > cells:
        text = text[:-1]
    return text


def _last(text: str, cells: int) -> str:
    while cell_len(text) > cells:
        text = text[1:]
    return text
