"""What pytest hands to a test: fixtures of its class, file or conftest, and parameter sets."""

from __future__ import annotations

from collections.abc import Iterator

from llmaudit.connectors.code.syntax.tree import (
    Attr,
    Call,
    Expr,
    Name,
    Scope,
    Sequence,
    SourceTree,
    Str,
)


def fixture_of(name: str, test: Scope, tree: SourceTree) -> Scope | None:
    """The function whose result a parameter of that name is; None where no fixture has it."""
    holder: Scope | None = test.parent
    while holder is not None:
        found = _fixture_in(holder, name)
        if found is not None and found is not test:
            return found
        holder = holder.parent
    for other in tree.conftests() if tree.conftests is not None else ():
        found = _fixture_in(other.module, name)
        if found is not None:
            return found
    return None


def sets_of(name: str, test: Scope) -> Iterator[Expr]:
    """The values that ``pytest.mark.parametrize`` gives a parameter one after the other."""
    for around in test.decorators:
        if not isinstance(around, Call) or _last(around.function) != "parametrize":
            continue
        given = [argument.value for argument in around.arguments[:2]]
        if len(given) < 2 or not isinstance(given[1], Sequence):
            continue
        names = _names(given[0])
        if name not in names:
            continue
        for row in given[1].items:
            if len(names) == 1:
                yield row
            elif isinstance(row, Sequence) and len(row.items) == len(names):
                yield row.items[names.index(name)]


def _names(expr: Expr) -> list[str]:
    if isinstance(expr, Str) and expr.value:
        return [part.strip() for part in expr.value.split(",")]
    items = expr.items if isinstance(expr, Sequence) else ()
    return [item.value or "" for item in items if isinstance(item, Str)]


def _fixture_in(holder: Scope, name: str) -> Scope | None:
    for bound, bindings in holder.bindings.items():
        for binding in bindings:
            made = binding.defined
            if made is not None and made.kind == "function" and name == _named(made, bound):
                return made
    return None


def _named(function: Scope, bound: str) -> str:
    """The name a fixture goes by; empty where a function is none."""
    for around in function.decorators:
        called = around.function if isinstance(around, Call) else around
        if _last(called) != "fixture":
            continue
        given = around.arguments if isinstance(around, Call) else ()
        told = next((a.value for a in given if a.name == "name"), None)
        return (told.value or "") if isinstance(told, Str) else bound
    return ""


def _last(expr: Expr) -> str:
    return expr.name if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""
