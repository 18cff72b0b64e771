"""A call's arguments as one table of values."""

from __future__ import annotations

import re

from llmaudit.connectors.code import builders
from llmaudit.connectors.code.scopes import dotted, follow
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, Scope, SourceTree
from llmaudit.connectors.code.values import Choice, Opaque, Table, Value, merge, value_of

_OPTION = re.compile(r"With[A-Z]")


def arguments_of(call: Call, scope: Scope, tree: SourceTree, names: tuple[str, ...] = ()) -> Table:
    """A call's arguments as one table: named ones by name, positional ones by number.

    Where the only argument is a command object (``client.send(new Command({...}))``) its own
    arguments are taken.
    """
    parts: list[Value] = []
    position = 0
    for argument in call.arguments:
        value = value_of(argument.value, scope, tree)
        if argument.spread == "**":
            parts.append(value)
        elif argument.spread == "*":
            parts.append(Table(open=True) if position == 0 else Table())
        elif argument.name is not None:
            parts.append(Table({argument.name: value}))
        else:
            option = _option(argument.value, scope, tree)
            if option is not None:
                parts.append(option)
                continue
            if position == 0 and isinstance(value, Opaque | Choice):
                value = _command(argument.value, scope, tree) or value
            key = names[position] if position < len(names) else str(position)
            parts.append(Table({str(position): value, key: value}))
            if tree.language == "ruby" and isinstance(value, Table):
                # A hash is the same to a method, with its braces or without.
                parts.append(value)
            position += 1
    return merge(parts)


def _option(expr: Expr, scope: Scope, tree: SourceTree) -> Table | None:
    """A functional option, ``WithModel("m")``, as the named argument it stands for."""
    if not isinstance(expr, Call):
        return None
    name = expr.function.name if isinstance(expr.function, Attr) else dotted(expr.function)
    if not _OPTION.match(name):
        return None
    values = [value_of(argument.value, scope, tree) for argument in expr.arguments]
    return builders.with_setter(Table(), name, values)


def _command(expr: Expr, scope: Scope, tree: SourceTree) -> Value | None:
    made, where = follow(expr, scope)
    if isinstance(made, Call) and made.new and made.arguments:
        return value_of(made.arguments[0].value, where, tree)
    return None
