"""Headers that a client's middleware adds, where this file holds what it does."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.scopes import entry_of, follow, lookup, made_by
from llmaudit.connectors.code.syntax.tree import (
    Call,
    Expr,
    Function,
    Mapping,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)
from llmaudit.connectors.code.value import Opaque, Table, Text, Value
from llmaudit.connectors.code.values import value_of


def added_headers(call: Call, scope: Scope, paths: tuple[str, ...], tree: SourceTree) -> Table:
    """Headers set by the functions and classes of this file that an argument is made of.

    Only what is written to something called headers counts; its value may be anything.
    """
    entries: dict[str, Value] = {}
    for path in paths:
        for expr, where in _at(call, path.split("."), scope):
            for acting in _acting(expr, where, tree):
                entries |= dict(_set_in(acting, tree))
    return Table(entries)


def _at(call: Call, keys: list[str], scope: Scope) -> list[tuple[Expr, Scope]]:
    """The expressions at an argument path."""
    held: list[tuple[Expr, Scope]] = [
        (argument.value, scope) for argument in call.arguments if argument.name == keys[0]
    ]
    for key in keys[1:]:
        inner: list[tuple[Expr, Scope]] = []
        for expr, where in held:
            found, spot = entry_of(expr, key, where)
            inner += [(one, spot) for one in found]
        held = inner
    return held


def _acting(expr: Expr, scope: Scope, tree: SourceTree) -> Iterator[Scope]:
    """Functions and classes of this file that an expression hands over."""
    made, where = follow(expr, scope)
    if isinstance(made, Sequence):
        for item in made.items:
            yield from _acting(item, where, tree)
    elif isinstance(made, Function) and made.scope is not None:
        yield made.scope
    elif isinstance(made, Name):
        found = lookup(made.id, where)
        yield from (b.defined for b in (found[1] if found else ()) if b.defined is not None)
    elif isinstance(made, Call):
        yield from made_by(made, where)[0]
        for argument in made.arguments:
            # `lambda do |request| ... end`, `wrap(function)`.
            if isinstance(argument.value, Function) and argument.value.scope is not None:
                yield argument.value.scope


def _set_in(acting: Scope, tree: SourceTree) -> Iterator[tuple[str, Value]]:
    scopes = [acting]
    for call, scope in tree.calls.values():
        if not _within(scope, acting):
            continue
        scopes += [scope] if scope not in scopes else []
        on_headers = b"header" in tree.data[call.function.start : call.function.end].lower()
        for argument in call.arguments:
            named = argument.name or ""
            if on_headers and named:
                yield named, value_of(argument.value, scope, tree)
            if (on_headers or "header" in named.lower()) and isinstance(argument.value, Mapping):
                for entry in argument.value.entries:
                    if isinstance(entry.key, Str) and entry.key.value:
                        yield entry.key.value, value_of(entry.value, scope, tree)
        if on_headers and len(call.arguments) > 1:
            key = value_of(call.arguments[0].value, scope, tree)
            if isinstance(key, Text):
                yield key.value, Opaque("unknown")
    for scope in scopes:
        for holder, changes in scope.changes.items():
            for change in changes if "header" in holder.lower() else ():
                if isinstance(change.key, Str) and change.key.value:
                    yield change.key.value, value_of(change.value, change.scope, tree)


def _within(scope: Scope | None, outer: Scope) -> bool:
    while scope is not None:
        if scope is outer:
            return True
        scope = scope.parent
    return False
