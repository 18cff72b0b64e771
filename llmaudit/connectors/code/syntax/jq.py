"""Objects that a jq program makes from nothing: ``jq -n --arg m "$M" '{model: $m}'``.

Source of the options and the syntax of objects: jq 1.8 manual.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Row

from llmaudit.connectors.code.syntax.strings import Span
from llmaudit.connectors.code.syntax.tree import Entry, Expr, Mapping, Name, Sequence, Str

_TWO = {"--arg", "--argjson", "--slurpfile", "--rawfile"}
_PIECE = re.compile(
    r'\s*(?:("(?:\\.|[^"\\])*")|(\$\w+)|([A-Za-z_][\w-]*)|([{}\[\],:])|(.))', re.DOTALL
)
_DEPTH = 20


def object_of(words: Row[Expr], span: Span) -> Expr | None:
    """The object a jq command writes; None where its program is not such a one."""
    given: dict[str, Expr] = {}
    program: str | None = None
    at = 0
    while at < len(words):
        word = words[at]
        text = word.value if isinstance(word, Str) else None
        if text in _TWO and at + 2 < len(words):
            name = words[at + 1]
            if isinstance(name, Str) and name.value:
                given[name.value] = words[at + 2]
            at += 3
            continue
        if program is None and text is not None and not text.startswith("-"):
            program = text
        at += 1
    if program is None or not program.lstrip().startswith("{"):
        return None
    found, _ = _value(_pieces(program), 0, given, span, 0)
    return found


def json_value(text: str, span: Span) -> Expr:
    """A JSON text's value."""
    found, _ = _value(_pieces(text), 0, {}, span, 0)
    return found


def _pieces(program: str) -> list[str]:
    return [next(g for g in match.groups() if g is not None) for match in _PIECE.finditer(program)]


def _value(
    pieces: Row[str], at: int, given: dict[str, Expr], span: Span, depth: int
) -> tuple[Expr, int]:
    """One value, and where what follows it begins."""
    piece = pieces[at] if at < len(pieces) else ""
    if depth > _DEPTH or not piece:
        return Expr(*span), len(pieces)
    if piece == "{":
        return _object(pieces, at + 1, given, span, depth)
    if piece == "[":
        items: list[Expr] = []
        at += 1
        while at < len(pieces) and pieces[at] != "]":
            item, at = _value(pieces, at, given, span, depth + 1)
            items.append(item)
            at = _skip(pieces, at, (",", "]"))
            at += at < len(pieces) and pieces[at] == ","
        return Sequence(*span, items=tuple(items)), at + 1
    if piece.startswith('"') and "\\(" not in piece:
        return Str(*span, value=piece[1:-1]), at + 1
    if piece.startswith("$"):
        return given.get(piece[1:], Name(*span, id=piece)), at + 1
    return Expr(*span), at + 1


def _object(
    pieces: Row[str], at: int, given: dict[str, Expr], span: Span, depth: int
) -> tuple[Expr, int]:
    entries: list[Entry] = []
    while at < len(pieces) and pieces[at] != "}":
        key = pieces[at].strip('"')
        if at + 1 < len(pieces) and pieces[at + 1] == ":":
            value, at = _value(pieces, at + 2, given, span, depth + 1)
        else:
            # `{$model}` is `{model: $model}`.
            value, at = given.get(key.lstrip("$"), Expr(*span)), at + 1
        name = Str(*span, value=key.lstrip("$"))
        entries.append(Entry(name, value, span[0], span[1]))
        at = _skip(pieces, at, (",", "}"))
        at += at < len(pieces) and pieces[at] == ","
    return Mapping(*span, entries=tuple(entries)), at + 1


def _skip(pieces: Row[str], at: int, ends: tuple[str, ...]) -> int:
    """Past what else belongs to a value (``| fromjson``), to what ends it."""
    depth = 0
    while at < len(pieces):
        piece = pieces[at]
        if depth == 0 and piece in ends:
            return at
        depth += piece in "{[("
        depth -= piece in "}])"
        at += 1
    return at
