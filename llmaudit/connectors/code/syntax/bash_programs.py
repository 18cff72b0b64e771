"""Names of the programs that a shell runs."""

from __future__ import annotations

import re

# Where programs are that somebody installed.
_INSTALLED = (
    "/", "~/", "$HOME/", "@", "node_modules/.bin/", "./node_modules/.bin/", ".venv/bin/",
    "./.venv/bin/",
)  # fmt: skip


def program_name(word: str) -> str:
    """A program's or package's name without folder and version.

    A script of the project's own is no vendor's program, whatever it is called: its name is its
    path.
    """
    if "/" in word and not word.startswith(_INSTALLED):
        return word
    name = word if word.startswith("@") else word.rpartition("/")[2]
    return re.sub(r"(?<=.)@[\w.^~-]+$", "", name)
