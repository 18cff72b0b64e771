"""What a chain of calls was given on its way: setters before a request, a builder's parts."""

from __future__ import annotations

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.builders import with_setter
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, Name, Scope, SourceTree, Str
from llmaudit.connectors.code.value import Opaque, Table, Text, merge
from llmaudit.connectors.code.values import value_of

_LINKS = 40
_TYPED = {"java", "kotlin", "scala"}


def chain_of(call: Call, scope: Scope, tree: SourceTree) -> Table:
    """What the calls before this one in its chain were given, as a builder's setters."""
    table = Table()
    links, at = links_of(call)
    if isinstance(at, Name | Str):
        held = value_of(at, scope, tree)
        if isinstance(held, Table):
            table = merge((table, held))
        elif isinstance(held, Text | Opaque):
            # `url.WithHeader(k, v).PostJsonAsync(body)`
            table = merge((table, Table({"start": held})))
    for link in reversed(links):
        name = link.function.name if isinstance(link.function, Attr) else ""
        if isinstance(link.function, Name):
            name = link.function.id
        values = [value_of(argument.value, scope, tree) for argument in link.arguments
                  if not argument.name and not argument.spread]  # fmt: skip
        table = with_setter(table, name, values) if name else table
        named = [Table({a.name: value_of(a.value, scope, tree)}) for a in link.arguments
                 if a.name]  # fmt: skip
        table = merge((table, *named))
    return Table(table.entries)


def links_of(call: Call) -> tuple[list[Call], Expr]:
    """The calls before this one in its chain, the last first, and what they all start from."""
    links: list[Call] = []
    at: Expr = call.function
    while isinstance(at, Attr | Call) and len(links) < _LINKS:
        if isinstance(at, Call):
            links.append(at)
            at = at.function
        else:
            at = at.value
    return links, at


def made_of(call: Call, scope: Scope, tree: SourceTree) -> Table:
    """What a construction was given: its arguments, and the setters of the builder it ends."""
    built = value_of(call, scope, tree)
    arguments = arguments_of(call, scope, tree)
    name = dotted(call.function).rpartition(".")[2]
    if isinstance(call.function, Attr):
        name = call.function.name
    first = arguments.entries.get("0")
    if first is not None and name not in arguments.entries:
        # `chats.create("m")`, `GenerativeModel("m", vertex)`: also by the name that takes it.
        arguments = Table({**arguments.entries, name: first}, arguments.open)
    if tree.language in _TYPED and not name[:1].isupper():
        # A setter's arguments are only the setter's.
        named = {key: value for key, value in arguments.entries.items() if not key.isdigit()}
        arguments = Table(named, arguments.open)
    if isinstance(built, Table) and built.builder:
        return merge((Table(built.entries, built.open), arguments))
    return arguments
