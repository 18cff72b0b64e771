"""What the readers of Java, Kotlin and Scala share: local names, collections, setters."""

from __future__ import annotations

import re
from collections.abc import Sequence as Row

from llmaudit.connectors.code.syntax.strings import Span
from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Change,
    Entry,
    Expr,
    Import,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
)

# What a lambda fills that names no parameter, as a name that no code has.
SELF = "this@"
# Factories of the standard libraries and Guava.
_PAIRED = {"Map.of", "ImmutableMap.of", "Collections.singletonMap", "Map.entry"}
_ENTRIES = {"Map.ofEntries", "ImmutableMap.ofEntries"}
_LISTED = {
    "List.of", "Set.of", "Arrays.asList", "Collections.singletonList", "Collections.singleton",
    "ImmutableList.of", "ImmutableSet.of", "Stream.of", "List", "Seq", "Set", "Vector", "Array",
    "listOf", "setOf", "mutableListOf", "arrayOf", "arrayListOf", "mutableSetOf", "listOfNotNull",
}  # fmt: skip
_EMPTY_MAPS = {"Map.of", "Collections.emptyMap", "emptyMap", "mapOf", "Map.empty", "Map"}
_MAPS = re.compile(r"^(?:Concurrent|Linked|Tree|Enum|Weak)?(?:Hash)?Map$|^Properties$")
_LISTS = re.compile(r"^(?:Array|Linked|CopyOnWriteArray)List$|^(?:Linked|Tree)?HashSet$")
# Methods by which an object's or a builder's parts are set in a statement of its own.
_SETTER = re.compile(r"^(?:set|with|put|add|append|header|queryParam)(?=[A-Z]|$)")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "s": " ", "0": "\0"}


class Locals:
    """Names of local variables, one stack of blocks per file.

    A name that two blocks of one function declare stands for two variables: the second goes by
    another id, so that a function's scope holds both.
    """

    def __init__(self) -> None:
        self._blocks: list[dict[str, str]] = [{}]

    def open(self) -> None:
        """Enter a block."""
        self._blocks.append({})

    def close(self) -> None:
        """Leave the innermost block."""
        self._blocks.pop()

    def declare(self, name: str, scope: Scope) -> str:
        """The id of a variable that the innermost block declares."""
        number, known = 1, name
        while known in scope.bindings:
            number += 1
            known = f"{name}'{number}"
        self._blocks[-1][name] = known
        return known

    def rename(self, name: str, known: str) -> None:
        """Let a variable that the innermost block declares go by another id."""
        self._blocks[-1][name] = known

    def known(self, name: str) -> str | None:
        """The id of a local variable; None where no block around declares the name."""
        return next((block[name] for block in reversed(self._blocks) if name in block), None)


def imported(parts: Row[str], tree: SourceTree, line: int, span: Span) -> Expr | None:
    """``com.vendor.Client.NAME`` written in full, as if its class were imported; else None."""
    at = next((i for i, part in enumerate(parts) if part[:1].isupper()), 0)
    if at < 2 or not all(part[:1].islower() for part in parts[:at]):
        return None
    module, name = ".".join(parts[:at]), parts[at]
    local = name
    if any(e.local == name and (e.module, e.name) != (module, name) for e in tree.imports):
        # The other class of that name is why it is written in full.
        local = f"{name}@{module.replace('.', '/')}"
    if not any(e.local == local for e in tree.imports):
        tree.imports.append(Import(module, name, local, line))
    found: Expr = Name(*span, id=local)
    for part in parts[at + 1 :]:
        found = Attr(*span, value=found, name=part)
    return found


def collection(span: Span, name: str, given: list[Expr], *, new: bool) -> Expr | None:
    """A map or a list that a factory or a constructor makes; None where it makes none."""
    if new:
        kind = name.rpartition(".")[2]
        if _MAPS.match(kind):
            return Mapping(*span, entries=tuple(Entry(None, e, e.start, e.end) for e in given[:1]))
        return Sequence(*span, items=()) if _LISTS.match(kind) and not given else None
    if name in _PAIRED and given and len(given) % 2 == 0:
        pairs = zip(given[::2], given[1::2], strict=True)
        return Mapping(*span, entries=tuple(Entry(k, v, k.start, v.end) for k, v in pairs))
    if name in _ENTRIES:
        return Mapping(*span, entries=tuple(Entry(None, e, e.start, e.end) for e in given))
    if name in _EMPTY_MAPS and not given:
        return Mapping(*span)
    return Sequence(*span, items=tuple(given)) if name in _LISTED else None


def changes_by(call: Expr, building: bool) -> tuple[Expr, list[tuple[str, tuple[Expr, ...]]]]:
    """What a statement's chain of calls begins with, and the setters among its links.

    Args:
        call: The statement's expression.
        building: Whether every method counts, as on a builder.
    """
    setters: list[tuple[str, tuple[Expr, ...]]] = []
    at = call
    last = call.function.name if isinstance(call, Call) and isinstance(call.function, Attr) else ""
    if not building and not _SETTER.match(last):
        # `client.withRetries(3).send(request)` sets nothing that lasts.
        return head_of(call), []
    while isinstance(at, Call) and isinstance(at.function, Attr):
        given = tuple(a.value for a in at.arguments if not a.name and not a.spread)
        if given and (building or _SETTER.match(at.function.name)):
            setters.append((at.function.name, given))
        at = at.function.value
    return at, setters[::-1]


def head_of(call: Expr) -> Expr:
    """What a chain of calls begins with."""
    while isinstance(call, Call) and isinstance(call.function, Attr):
        call = call.function.value
    return call


def place_setters(root: Expr, setters: list[tuple[str, tuple[Expr, ...]]], scope: Scope) -> None:
    """Keep what a statement sets on a variable or a field, where that is bound."""
    own = isinstance(root, Attr) and isinstance(root.value, Name) and root.value.id == "this"
    name = root.name if isinstance(root, Attr) else root.id if isinstance(root, Name) else ""
    home: Scope | None = scope
    while home is not None and (own or name not in home.bindings) and home.kind != "class":
        home = home.parent
    if not name or home is None or (isinstance(root, Attr) and not own):
        return
    for setter, given in setters:
        if setter == "put" and len(given) == 2:
            change = Change(given[0], given[1], scope)
        elif setter == "putAll":
            change = Change(None, given[0], scope)
        else:
            items = Sequence(*_span(given[0]), items=given)
            change = Change(None, items, scope, setter=setter)
        for key in (name, f"this.{name}") if home.kind == "class" else (name,):
            home.changes.setdefault(key, []).append(change)


def unescape(text: str) -> str:
    """The value of a Java, Kotlin or Scala string's inside."""
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        body = match.group(1)
        if body[0] == "u":
            return chr(int(body.lstrip("u"), 16))
        return _ESCAPES.get(body, "" if body == "\n" else body)

    return re.sub(r"\\(u+[0-9a-fA-F]{4}|.)", one, text, flags=re.DOTALL)


def text_block(inside: str) -> str:
    """The value of a text between three quotes."""
    lines = inside.lstrip(" \t").removeprefix("\n").split("\n")
    return unescape("\n".join(line.strip() for line in lines))


def _span(expr: Expr) -> Span:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column
