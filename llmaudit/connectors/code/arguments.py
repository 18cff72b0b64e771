"""A call's arguments as one table of values."""

from __future__ import annotations

import re

from llmaudit.connectors.code import builders
from llmaudit.connectors.code.scopes import dotted, elements_of, follow
from llmaudit.connectors.code.syntax.tree import Arg, Attr, Call, Expr, Scope, SourceTree
from llmaudit.connectors.code.values import Choice, Opaque, Table, Value, merge, value_of

_OPTION = re.compile(r"With[A-Z]")
# Languages whose SDKs take options as further arguments (`New(ctx, params, options...)`).
_OPTIONS_LAST = ("go",)


def arguments_of(call: Call, scope: Scope, tree: SourceTree, names: tuple[str, ...] = ()) -> Table:
    """A call's arguments as one table: named ones by name, positional ones by number.

    Where the only argument is a command object (``client.send(new Command({...}))``) its own
    arguments are taken.
    """
    parts: list[Value] = []
    options = Table()
    position = 0
    for argument, where in spread_out(call, scope):
        value = value_of(argument.value, where, tree)
        if argument.spread == "**":
            parts.append(value)
        elif argument.spread == "*":
            # Where options are arguments of their own, what is handed on may be any of them.
            hidden = position == 0 or tree.language in _OPTIONS_LAST
            parts.append(Table(open=True) if hidden else Table())
        elif argument.name is not None:
            parts.append(Table({argument.name: value}))
        else:
            option = _option(argument.value, where)
            if option is not None:
                name, given = option
                values = [value_of(one.value, where, tree) for one in given]
                options = builders.with_setter(options, name, values)
                continue
            if position == 0 and isinstance(value, Opaque | Choice):
                value = _command(argument.value, where, tree) or value
            key = names[position] if position < len(names) else str(position)
            parts.append(Table({str(position): value, key: value}))
            if tree.language == "ruby" and isinstance(value, Table):
                # A hash is the same to a method, with its braces or without.
                parts.append(value)
            position += 1
    return merge((*parts, Table(options.entries, options.open)))


def spread_out(call: Call, scope: Scope) -> list[tuple[Arg, Scope]]:
    """The arguments, those of a list that this file holds one by one."""
    found: list[tuple[Arg, Scope]] = []
    for argument in call.arguments:
        held = elements_of(argument.value, scope) if argument.spread == "*" else None
        if held is None:
            found.append((argument, scope))
        else:
            found += [(Arg(value), where) for value, where in held]
    return found


def _option(expr: Expr, scope: Scope) -> tuple[str, tuple[Arg, ...]] | None:
    """A functional option, ``WithModel("m")``, as the named argument it stands for."""
    made, _ = follow(expr, scope)
    if not isinstance(made, Call) or made.new:
        return None
    name = made.function.name if isinstance(made.function, Attr) else dotted(made.function)
    return (name, made.arguments) if _OPTION.match(name) else None


def _command(expr: Expr, scope: Scope, tree: SourceTree) -> Value | None:
    made, where = follow(expr, scope)
    if isinstance(made, Call) and made.new and made.arguments:
        return value_of(made.arguments[0].value, where, tree)
    return None
