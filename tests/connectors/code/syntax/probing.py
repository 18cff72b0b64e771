"""What an adapter's tests ask of a parsed source: the argument, or the object, of a probe."""

from __future__ import annotations

from llmaudit.connectors.code.origins import origins_of
from llmaudit.connectors.code.scopes import dotted
from llmaudit.connectors.code.syntax.tree import Attr, SourceTree
from llmaudit.connectors.code.values import Value, value_of


def probed(read: SourceTree) -> Value:
    """The value of the first argument of the call of ``probe``."""
    for call, scope in read.calls.values():
        if dotted(call.function) == "probe":
            return value_of(call.arguments[0].value, scope, read)
    raise AssertionError("the source does not call probe")


def origins_probed(read: SourceTree) -> list[tuple[str, str]]:
    """Origins of what ``.probe`` is called on."""
    for call, scope in read.calls.values():
        if isinstance(call.function, Attr) and call.function.name == "probe":
            return [(o.kind, o.qualified) for o in origins_of(call.function.value, scope, read)]
    raise AssertionError("the source does not call probe")
