"""Objects of classes that the file itself writes: their parts, and what those are by default."""

from __future__ import annotations

from collections.abc import Callable

from llmaudit.connectors.code.scopes import lookup
from llmaudit.connectors.code.syntax.tree import Call, Expr, Name, Scope
from llmaudit.connectors.code.value import Table, Text, Value

Read = Callable[[Expr, Scope, int], Value]


def components(expr: Call, scope: Scope) -> list[str]:
    """The parts of a record or a data class of this file, in the order it is made with them."""
    made = _class_of(expr, scope)
    attributes = made.attributes.items() if made is not None else ()
    return [name for name, held in attributes if held[0].kind == "parameter"]


def defaults(expr: Call, scope: Scope, read: Read) -> Table:
    """What an object of a class of this file holds where it is made without it.

    ``data class Request(val model: String = "m")``, ``public string Model { get; set; } = "m"``.
    """
    made = _class_of(expr, scope)
    found: dict[str, Value] = {}
    for name, held in made.attributes.items() if made is not None else ():
        stated = [b for b in held if b.value is not None]
        # What a method assigns later is no default.
        if len(stated) != 1 or stated[0].value is None:
            continue
        if stated[0].kind != "parameter" and stated[0].scope.kind != "class":
            continue
        value = read(stated[0].value, stated[0].scope, 1)
        if isinstance(value, Text | Table):
            found[name] = value
    return Table(found)


def _class_of(expr: Call, scope: Scope) -> Scope | None:
    found = lookup(expr.function.id, scope) if isinstance(expr.function, Name) else None
    return next((b.defined for b in (found[1] if found else ()) if b.kind == "class"), None)
