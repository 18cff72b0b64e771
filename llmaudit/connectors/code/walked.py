"""What methods and functions of Python give: pairs that a loop walks over, texts put together."""

from __future__ import annotations

from collections.abc import Callable

from llmaudit.connectors.code.syntax.tree import HOLE, Attr, Call, Expr, Scope
from llmaudit.connectors.code.texts import fill
from llmaudit.connectors.code.value import Items, Opaque, Scalar, Table, Text, Value, pairs


def walked(
    expr: Call, name: str, scope: Scope, read: Callable[[Expr, Scope, int], Value]
) -> Value | None:
    """What a call gives that a loop walks over; None for any other.

    Args:
        name: What is called, its parts joined by dots.
        read: Reads an expression of the call in a scope, so many steps further.
    """
    given = [argument.value for argument in expr.arguments if not argument.name]
    function = expr.function
    if isinstance(function, Attr) and function.name in ("items", "values", "keys") and not given:
        held = pairs(read(function.value, scope, 1))
        place = {"keys": 0, "values": 1}.get(function.name)
        if held is None or place is None:
            return held
        return Items(tuple(p.values[place] for p in held.values if isinstance(p, Items)))
    if name in ("list", "tuple", "sorted", "reversed", "set", "enumerate", "tqdm") and given:
        whole = read(given[0], scope, 1)
        if isinstance(whole, Table) and not whole.open and not whole.builder:
            whole = Items(tuple(Text(key) for key in whole.entries))
        if not isinstance(whole, Items):
            return None
        if name == "enumerate":
            return Items(tuple(Items((Scalar(), one)) for one in whole.values))
        return whole
    if name == "zip" and given:
        columns = [read(one, scope, 1) for one in given]
        known = [one.values if isinstance(one, Items) else () for one in columns]
        longest = max(map(len, known))
        unread = Opaque("unknown")
        return Items(
            tuple(
                Items(tuple(c[row] if row < len(c) else unread for c in known))
                for row in range(longest)
            )
        )
    return None


def python_method(
    function: Attr, given: list[Expr], scope: Scope, read: Callable[[Expr, Scope, int], Value]
) -> Value | None:
    """``"/".join([base, path])``; None for others."""
    if function.name == "join" and len(given) == 1:
        between, texts = read(function.value, scope, 1), read(given[0], scope, 1)
        if isinstance(between, Text) and isinstance(texts, Items) and texts.values:
            return fill(between.value.join(HOLE for _ in texts.values), texts.values)
    return None
