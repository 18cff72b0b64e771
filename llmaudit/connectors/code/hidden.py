"""Whether a tree's own ignore files would keep a file from other scanners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pathspec

# Read by semgrep, by search tools, and by whatever lists a tree as git does. None of them decides
# what llmaudit reads: a call in a file they leave out is found, and said to be hidden.
_FILES = (".semgrepignore", ".ignore", ".gitignore")
_BYTES = 200_000


def hiding(root: Path) -> Callable[[str], str]:
    """A function that names the ignore file of a tree's root which leaves a path out.

    Args:
        root: The tree's root; ignore files deeper in it are not read.
    """
    specs = [(name, spec) for name in _FILES if (spec := _spec(root / name)) is not None]

    def hidden_by(path: str) -> str:
        return next((name for name, spec in specs if spec.match_file(path)), "")

    return hidden_by


def _spec(file: Path) -> pathspec.GitIgnoreSpec | None:
    try:
        if file.is_symlink() or not file.is_file():
            return None
        with file.open("rb") as stream:
            text = stream.read(_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    lines: list[str] = []
    for line in text.splitlines():
        # `:include .gitignore` is semgrep's own; that file is read here anyway.
        if line.startswith(":"):
            continue
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        lines.append(line)
    return pathspec.GitIgnoreSpec.from_lines(lines)
