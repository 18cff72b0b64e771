"""Inline comments: ``llmaudit: team=search`` gives tags, ``llmaudit: ignore[...]`` accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from llmaudit.connectors.code.syntax.tree import Comment
from llmaudit.model import InlineIgnore, Location, Tag

_MARK = re.compile(r"\bllmaudit:\s*(.*)$", re.IGNORECASE)
_IGNORE = re.compile(r"^ignore(?:\[([^\]]*)\])?\s*(.*)$", re.IGNORECASE)
_UNTIL = re.compile(r"\buntil=(\S+)\s*")
_PAIR = re.compile(r"([A-Za-z_][\w.-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s,;]+)")


def comments_of(by_line: Mapping[int, Comment], first: int, last: int) -> list[Comment]:
    """Comments on a call's lines, and those standing alone directly above it."""
    found = [by_line[line] for line in range(first, last + 1) if line in by_line]
    line = first - 1
    while line in by_line and by_line[line].alone:
        found.insert(0, by_line[line])
        line -= 1
    return found


def read_comment(text: str, where: Location) -> tuple[list[Tag], list[InlineIgnore]]:
    """Tags and ignores in one comment.

    Args:
        text: The comment without its marker.
        where: Its place.
    """
    match = _MARK.search(text)
    if match is None:
        return [], []
    body = match.group(1).strip()
    ignore = _IGNORE.match(body)
    if ignore is not None:
        return [], [_ignore(ignore.group(1) or "", ignore.group(2), where)]
    tags = [
        Tag(key, value.strip("\"'"), "comment", "comment", None, where, by_tree=True)
        for key, value in _PAIR.findall(body)
    ]
    return tags, []


def _ignore(names: str, rest: str, where: Location) -> InlineIgnore:
    rules = tuple(name.strip() for name in names.split(",") if name.strip())
    until, problem = None, ""
    stated = _UNTIL.search(rest)
    if stated is not None:
        try:
            until = date.fromisoformat(stated.group(1))
        except ValueError:
            problem = f"until={stated.group(1)} is not a date like 2027-03-31"
        rest = rest.replace(stated.group(0), "", 1)
    reason = rest.strip(" -:*/")
    if not rules:
        problem = "it names no rule; write ignore[untagged]"
    elif not problem and not reason:
        problem = "it gives no reason"
    return InlineIgnore(rules, until, reason, where, problem)
