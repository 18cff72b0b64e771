"""Files the engine cannot parse, matched by their own reader.

The engine's grammar of a language may be older than the language (C#'s collection expressions,
primary constructors). Where it stumbles, the patterns that only name a method or a class are
looked for in the tree that this package reads; what asks for more is left to the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmaudit.connectors.code.engine import Match
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.tree import Attr, Call, Name, SourceTree

# Languages whose readers follow the language more closely than the engine does.
LANGUAGES = ("csharp", "swift")
_PATTERN = re.compile(
    r"(new\s+)?(\$[A-Z_\d]+\.)?([A-Za-z_][\w.]*)\((\.\.\.|(?:\$[A-Z_\d]+(?:, )?)*)\)"
)


@dataclass(frozen=True, slots=True)
class Written:
    """One pattern: names after anything (``$C.Chat.Create(...)``), or a construction.

    ``given`` is how many arguments it has; None for any number.
    """

    rule: str
    names: tuple[str, ...]
    new: bool
    open: bool
    given: int | None = None


def written_of(entries: Iterable[Mapping[str, Any]], language: str) -> dict[str, list[Written]]:
    """The patterns of a language that name no more than a call, by the last name in them."""
    found: dict[str, list[Written]] = {}
    for entry in entries:
        if language not in entry["languages"] or "patterns" in entry:
            continue
        options = entry.get("pattern-either") or [{"pattern": entry.get("pattern", "")}]
        for option in options:
            match = _PATTERN.fullmatch(str(option.get("pattern", "")))
            if match is None:
                continue
            names = tuple(match.group(3).split("."))
            given = None if match.group(4) == "..." else match.group(4).count("$")
            one = Written(entry["id"], names, bool(match.group(1)), bool(match.group(2)), given)
            found.setdefault(names[-1], []).append(one)
    return found


def matches_in(
    tree: SourceTree, written: Mapping[str, Sequence[Written]], seen: Iterable[Match]
) -> tuple[Match, ...]:
    """Matches of one file: those the engine found, and those it had no eyes for."""
    found = {(match.rule, match.start, match.end): match for match in seen}
    for (start, end), (call, _) in tree.calls.items():
        for rule in _rules_of(call, written):
            key = (rule, start, end)
            found.setdefault(key, Match(rule, start, end, call.line, False))
    return tuple(sorted(found.values(), key=lambda match: (match.start, match.end, match.rule)))


def _rules_of(call: Call, written: Mapping[str, Sequence[Written]]) -> Iterator[str]:
    function = call.function
    names: list[str] = []
    while isinstance(function, Attr):
        names.append(function.name)
        function = function.value
    if call.new:
        # `Vendor.Chat.Client`, and the adapter's name of a class written in full.
        names = [re.split(r"[.@]", dotted(call.function))[-1 if names else 0]]
    elif isinstance(function, Name):
        names.append(function.id)
    else:
        names.append("")
    for one in written.get(names[0], ()) if names else ():
        wanted = one.names[::-1]
        if one.new != call.new or (not one.open and not one.new):
            continue
        if one.given is not None and one.given != len(call.arguments):
            continue
        if one.new or (len(names) > len(wanted) and tuple(names[: len(wanted)]) == wanted):
            yield one.rule
