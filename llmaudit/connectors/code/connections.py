"""HTTP clients of languages that declare their types: whose they are, what is written to them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.rulebook import ScanRule
from llmaudit.connectors.code.scopes import dotted, lookup
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, Name, Scope, walk
from llmaudit.connectors.code.value import Blank, Value
from llmaudit.connectors.code.values import value_of
from llmaudit.connectors.code.view import FileView, Found

_WRITES = {"write", "writeBytes", "print", "println", "append", "writeUTF", "writeText"}
_STREAMS = {"getOutputStream", "outputStream"}
_CONVERTS = {"getBytes", "toByteArray", "encodeToByteArray"}


def is_client(rule: ScanRule, call: Call, scope: Scope, view: FileView) -> bool | None:
    """Whether a method stands on one of the clients that a rule names.

    Returns:
        None where the file does not show what it stands on.
    """
    function = call.function
    receiver = function.value if isinstance(function, Attr) else function
    origins = origins_of(receiver, scope, view.tree)
    for origin in origins:
        names = origin.qualified.replace(":", ".").replace("|", ".").split(".")
        if any(fnmatchcase(name, glob) for name in names for glob in rule.receivers):
            return True
    return False if any(origin.qualified for origin in origins) else None


def written_to(call: Call, scope: Scope, view: FileView) -> Value:
    """What the same function writes to the output stream of the call's connection."""
    function = call.function
    connection = dotted(function.value) if isinstance(function, Attr) else ""
    home = _method(scope)
    for other, where in view.tree.calls.values() if connection else ():
        write = other.function
        if not isinstance(write, Attr) or write.name not in _WRITES or not other.arguments:
            continue
        if _method(where) is not home:
            continue
        if _streams_to(write.value, where, connection):
            value = value_of(_text_of(other.arguments[0].value, where), where, view.tree)
            if not isinstance(value, Blank):
                return value
    return Blank()


def _method(scope: Scope) -> Scope:
    """The function with a name around a place, past the lambdas in it."""
    current = scope
    while current.parent is not None and not (current.kind == "function" and current.name):
        current = current.parent
    return current


def _streams_to(expr: Expr, scope: Scope, connection: str, depth: int = 4) -> bool:
    """Whether a stream or a writer is made of the connection's output."""
    for part in walk(expr):
        if isinstance(part, Attr) and part.name in _STREAMS and dotted(part.value) == connection:
            return True
        if isinstance(part, Name) and depth > 0:
            found = lookup(part.id, scope)
            for binding in found[1] if found else ():
                value = binding.value
                if value is not None and _streams_to(value, binding.scope, connection, depth - 1):
                    return True
    return False


def _text_of(expr: Expr, scope: Scope) -> Expr:
    """The text that bytes are made of (``byte[] input = json.getBytes()``)."""
    found = lookup(expr.id, scope) if isinstance(expr, Name) else None
    for binding in found[1] if found else ():
        value = binding.value
        if (
            isinstance(value, Call)
            and isinstance(value.function, Attr)
            and value.function.name in _CONVERTS
        ):
            return value.function.value
    return expr


def once_each(found: Iterable[Found]) -> list[Found]:
    """One request per connection: what reads its answer first, where several methods do."""
    kept: list[Found] = []
    seen: set[tuple[int, str]] = set()
    for one in sorted(found, key=lambda each: each.call.start):
        http = one.rule.http
        function = one.call.function
        if http is not None and http.once and isinstance(function, Attr):
            key = (id(_method(one.scope)), dotted(function.value))
            if key in seen:
                continue
            seen.add(key)
        kept.append(one)
    return kept
