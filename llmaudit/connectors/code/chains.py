"""What a chain of calls was given on its way: setters before a request, a builder's parts."""

from __future__ import annotations

from llmaudit.connectors.code.arguments import arguments_of
from llmaudit.connectors.code.builders import with_setter
from llmaudit.connectors.code.scopes import dotted, function_of, is_own_method, lookup
from llmaudit.connectors.code.syntax.tree import Attr, Call, Expr, Name, Scope, SourceTree, Str
from llmaudit.connectors.code.value import Choice, Opaque, Table, Text, merge
from llmaudit.connectors.code.values import value_of

_LINKS = 40
_TYPED = {"java", "kotlin", "scala"}
_HOPS = 3
# Languages whose HTTP clients make a request step by step, kept in a name between the steps.
_KEPT = ("rust",)


def chain_of(call: Call, scope: Scope, tree: SourceTree, depth: int = _HOPS) -> Table:
    """What the calls before this one in its chain were given, as a builder's setters."""
    table = Table()
    links, at = links_of(call)
    if isinstance(at, Name | Str):
        held = value_of(at, scope, tree)
        ways = held.options if isinstance(held, Choice) else (held,)
        begun = [way for way in ways if isinstance(way, Table)]
        if isinstance(at, Name) and tree.language in _KEPT and not begun:
            begun = _begun(at, scope, tree, depth)
        if begun:
            # On some ways more is set: `if key { request = request.header(...) }`.
            table = merge((table, *begun))
        elif isinstance(held, Text | Opaque):
            # `url.WithHeader(k, v).PostJsonAsync(body)`
            table = merge((table, Table({"start": held})))
    for link in reversed(links):
        name = link.function.name if isinstance(link.function, Attr) else ""
        if isinstance(link.function, Name):
            name = link.function.id
        values = [value_of(argument.value, scope, tree) for argument in link.arguments
                  if not argument.name and not argument.spread]  # fmt: skip
        if tree.language in _KEPT and is_own_method(link, scope):
            # `self.authorized(request).send()`: a request that a function adds to.
            given = [a.value for a in link.arguments if isinstance(a.value, Name)]
            table = merge((table, *(t for g in given for t in _begun(g, scope, tree, depth))))
            table = merge((table, *_returned(link, scope, tree, depth)))
        table = with_setter(table, name, values) if name else table
        named = [Table({a.name: value_of(a.value, scope, tree)}) for a in link.arguments
                 if a.name]  # fmt: skip
        table = merge((table, *named))
    return Table(table.entries)


def _begun(name: Name, scope: Scope, tree: SourceTree, depth: int) -> list[Table]:
    """What a request was given that a name stands for: ``let request = client.post(url)``."""
    found = lookup(name.id, scope) if depth > 0 else None
    tables: list[Table] = []
    for binding in found[1] if found else ():
        made = binding.value
        if isinstance(made, Call):
            tables.append(whole_chain(made, binding.scope, tree, depth - 1))
    return tables


def whole_chain(made: Call, scope: Scope, tree: SourceTree, depth: int = _HOPS) -> Table:
    """What a chain of calls was given, its last one among them."""
    ended = Call(*_place(made), function=Attr(*_place(made), value=made, name=""))
    return chain_of(ended, scope, tree, depth)


def _returned(link: Call, scope: Scope, tree: SourceTree, depth: int) -> list[Table]:
    """What a request was given that a function of this file begins: ``self.request().json(b)``."""
    defined = function_of(link, scope) if depth > 0 else None
    made = [
        one for one in (defined.returns if defined is not None else ()) if isinstance(one, Call)
    ]
    if defined is None:
        return []
    return [whole_chain(one, defined, tree, depth - 1) for one in made]


def _place(expr: Expr) -> tuple[int, int, int, int, int]:
    return expr.start, expr.end, expr.line, expr.end_line, expr.column


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
