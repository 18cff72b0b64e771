"""A call's arguments as one table of values."""

from __future__ import annotations

import re

from llmaudit.connectors.code import builders
from llmaudit.connectors.code.scopes import bound, changes_of, dotted, elements_of, follow
from llmaudit.connectors.code.syntax.tree import (
    Arg,
    Attr,
    Call,
    Expr,
    Function,
    Item,
    Name,
    Scope,
    SourceTree,
)
from llmaudit.connectors.code.values import (
    Choice,
    Opaque,
    Table,
    Text,
    Value,
    merge,
    value_of,
)

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
            if tree.language == "python" and _is_shared(argument.value, where):
                parts.append(Table(open=True))
        elif argument.spread == "*":
            # Where options are arguments of their own, what is handed on may be any of them.
            hidden = position == 0 or tree.language in _OPTIONS_LAST
            parts.append(Table(open=True) if hidden else Table())
        elif argument.name is not None:
            if isinstance(argument.value, Function):
                value = _filled(argument.value, tree) or value
            parts.append(Table({argument.name: value}))
        else:
            option = option_of(argument.value, where)
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


def _is_shared(expr: Expr, scope: Scope) -> bool:
    """Whether others may fill a mapping too that is spread into a call.

    One of the module that functions change, and what a method gives that a subclass may replace.
    """
    found = bound(expr, scope) if isinstance(expr, Name) else None
    if found is None:
        return False
    holder, bindings = found
    if holder.kind == "module" and scope is not holder:
        changes = changes_of(expr.id, scope, holder) if isinstance(expr, Name) else []
        return any(change.scope is not holder for change in changes)
    for binding in bindings:
        made = binding.value.value if isinstance(binding.value, Item) else binding.value
        function = made.function if isinstance(made, Call) else None
        if isinstance(function, Attr) and dotted(function.value) in ("self", "cls"):
            return True
    return False


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


def _filled(block: Function, tree: SourceTree) -> Table | None:
    """What a block sets on its parameter: ``req.body = x``, ``req.url u``, ``req.headers[k] = v``.

    None where it sets nothing.
    """
    inner = block.scope
    if inner is None:
        return None
    names = [n for n, held in inner.bindings.items() if held[0].kind == "parameter"]
    table = Table()
    for name in names[:1]:
        for holder, changes in inner.changes.items():
            head, _, rest = holder.partition(".")
            for change in changes if head == name else ():
                value = value_of(change.value, change.scope, tree)
                key = value_of(change.key, change.scope, tree) if change.key else None
                one = Table({key.value: value}) if isinstance(key, Text) else value
                table = merge((table, merge_under(table, rest, one) if rest else one))
        for call, scope in tree.calls.values():
            function = call.function
            if scope is inner and isinstance(function, Attr) and dotted(function.value) == name:
                values = [value_of(a.value, scope, tree) for a in call.arguments]
                table = builders.with_setter(table, function.name, values)
    return Table(table.entries) if table.entries else None


def merge_under(table: Table, key: str, value: Value) -> Table:
    """A table with one more value merged in under a key."""
    before = table.entries.get(key)
    return Table({key: merge((before, value)) if isinstance(before, Table) else value})


def option_of(expr: Expr, scope: Scope) -> tuple[str, tuple[Arg, ...]] | None:
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
