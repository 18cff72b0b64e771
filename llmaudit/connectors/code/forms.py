"""Fields of a form that is put together as text or part by part."""

from __future__ import annotations

import re

from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.tree import HOLE, Scope, SourceTree
from llmaudit.connectors.code.value import Blank, Items, Opaque, Table, Text, Value
from llmaudit.connectors.code.values import value_of

_PART = re.compile(r'name="(\w+)"[^"]*?\n\s*([^\r\n"]+)')
# Stands before what counts only by default.
_DEFAULT = "\1"
# Labels under which a function that adds a field takes its name and its value.
_NAMES = {"name", "named", "key", "paramName", "field", "fieldName", "forKey", "withName", "0"}
_VALUES = {"value", "string", "data", "content", "text", "0", "1"}


def form_of(value: Value) -> Table:
    """The fields of a multipart body whose lines were added one after the other."""
    pieces = value.values if isinstance(value, Items) else (value,)
    text = "".join(
        one.value if isinstance(one, Text) else "\n" if isinstance(one, Blank) else _known(one)
        for one in pieces
    )
    return Table({name: _field(held.strip()) for name, held in _PART.findall(text)})


def _field(held: str) -> Value:
    if _DEFAULT in held:
        return Opaque("parameter", Text(held.replace(_DEFAULT, "").strip()))
    return Text(held) if HOLE not in held else Opaque("unknown")


def _known(value: Value) -> str:
    if isinstance(value, Opaque) and isinstance(value.default, Text):
        return _DEFAULT + value.default.value
    return (value.text or HOLE) if isinstance(value, Opaque) else HOLE


def field_of(name: str, scope: Scope, tree: SourceTree) -> Value:
    """What a function of its own is given for a field of a form that is sent beside it.

    ``form.addField(named: "model", value: "m")``, ``.string(paramName: "model", value: "m")``.
    """
    home = scope.enclosing("function") or scope
    for call, where in tree.calls.values():
        if not home.start <= call.start <= call.end <= home.end or len(call.arguments) < 2:
            continue
        if dotted(call.function).rpartition(".")[2][:1].isupper():
            continue
        given = {a.name or str(n): a.value for n, a in enumerate(call.arguments[:3])}
        labels = [label for label in given if label in _NAMES]
        wanted = Text(name)
        called = next((n for n in labels if value_of(given[n], where, tree) == wanted), "")
        if not called:
            continue
        held = next((v for label, v in given.items() if label in _VALUES - {called}), None)
        value = value_of(held, where, tree) if held is not None else Blank()
        if isinstance(value, Text | Opaque):
            return value
    return Blank()
